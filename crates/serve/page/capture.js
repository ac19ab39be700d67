// The capture page: from the link to the result. This file holds the way through the screens; the parts
// are in capture/. It uses only what browsers of 2018 know, for the phones that people have.

import { readToken, link, call, patient, json } from "./capture/calls.js";
import * as camera from "./capture/camera.js";
import * as session from "./capture/session.js";
import {
  id, lang, text, show, shown, message, paragraphs, preferred, loadLanguage, offerLanguages, copyLink, rebuild,
  focusHeading,
} from "./capture/screens.js";

const state = {
  info: null,       // what GET /v1/capture said
  agreed: false,    // set by the button alone, never kept
  way: "move",
  live: null,       // the session under way: {id, stop}
  run: 0,           // counts starts, so that an answer to an earlier one is not taken for this one
  decision: null,
  back: null,       // where "back" leads from what is held and the appeal
  receipt: null,
};

// --- Start and the link ---

async function begin() {
  offerLanguages((code) => changeLanguage(code));
  try {
    await loadLanguage(preferred());
  } catch (e) {
    // Without words there is nothing to show; the ten lines of the loading screen appear by themselves.
    return;
  }
  if (!readToken()) return linkProblem("unknown_link");
  try {
    await readState();
    route(() => show("language"));
  } catch (e) {
    fail(e);
  }
}

async function readState() {
  state.info = (await patient("GET", "/v1/capture")).body;
}

async function changeLanguage(code) {
  try {
    await loadLanguage(code);
    // Words that came from the server come again, in the new language.
    if (shown() === "result" && state.decision) showDecision(await getDecision());
    if (shown() === "held") await held();
  } catch (e) {
    // The old words stay; they are better than none.
    id("language").value = lang();
  }
}

/**
 * A link opens at its result again, and so does a try whose answer was lost. Who has seen the result and
 * may try again goes on with `otherwise`.
 */
async function route(otherwise) {
  const made = state.info.decision;
  const seen = !made || (state.decision && state.decision.number === made.number);
  if (state.info.state !== "decided" && seen) return otherwise();
  if (state.info.purpose === "enrol") return showEnrolled({ enrolled: true });
  try {
    showDecision(await getDecision());
  } catch (e) {
    fail(e);
  }
}

async function getDecision() {
  return (await patient("GET", "/v1/capture/decision?lang=" + lang())).body;
}

function linkProblem(kind) {
  camera.close();
  message({ title: kind + "_title", body: [kind + "_body", contactWords] });
}

/** Shows what went wrong. None of these screens says no: none of them is a decision. */
function fail(e) {
  const kind = e.kind || "error";
  camera.rest();
  if (/^(unknown_link|link_(expired|used|revoked))$/.test(kind)) return linkProblem(kind);
  if (kind === "no_movement_left") {
    show("ways");
    id("ways-problem").textContent = text("too_few");
    return;
  }
  if (kind === "no_session") return interrupted("abort_old");
  if (kind === "camera") return interrupted("abort_camera");
  if (kind === "too_many_attempts") {
    const minutes = Math.max(1, Math.ceil((e.after || 60) / 60));
    return message({
      title: "too_many_title", body: [() => text("too_many_body", minutes), contactWords],
      actions: [["try_again", again]],
    });
  }
  const name = kind === "lost" ? "lost" : "error";
  if (name === "error") console.info("capture:", kind);
  message({ title: name + "_title", body: [name + "_body"], actions: [["begin_again", again]] });
}

function contactWords() {
  const contact = state.info && state.info.operator && state.info.operator.contact;
  return contact ? text("notice_contact") + " " + contact : "";
}

/** Goes on where the person was: asks the server first, for the link may have been decided meanwhile. */
async function again() {
  try {
    await readState();
  } catch (e) {
    return fail(e);
  }
  route(() => {
    if (!state.agreed) return show("language");
    if (state.way === "photo") return showPhoto();
    if (camera.isOpen()) return openCamera();
    showCamera();
  });
}

// --- Notice and consent ---

function showNotice() {
  show("notice", () => {
    const info = state.info;
    const operator = info.operator || {};
    id("notice-what").textContent = text(info.purpose === "enrol" ? "notice_enrol" : "notice_verify");
    paragraphs(id("notice-who"), []);
    id("notice-who").textContent = operator.name || text("notice_who_unknown");
    id("notice-why").textContent = operator.purpose || text("notice_why_unknown");
    id("notice-keep").textContent = info.keep_days ? text("notice_keep_days", info.keep_days) : text("notice_keep_unknown");
    id("notice-contact-title").hidden = !operator.contact;
    fillContact(id("notice-contact"), operator.contact || "");
    const limits = [text("notice_link_time", Math.max(1, Math.floor(info.expires_in_s / 60)))];
    if (typeof info.attempts_left === "number") limits.push(text("notice_attempts", info.attempts_left));
    id("notice-limits").textContent = limits.join(" · ");
  });
}

function fillContact(element, contact) {
  element.textContent = "";
  const mail = /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+$/.test(contact);
  const phone = /^\+?[\d\s()-]{5,}$/.test(contact);
  const site = /^https:\/\/[^\s<>"]+$/.test(contact);
  if (!mail && !phone && !site) {
    element.textContent = contact;
    return;
  }
  const a = document.createElement("a");
  a.href = mail ? "mailto:" + contact : phone ? "tel:" + contact.replace(/[^\d+]/g, "") : contact;
  a.rel = "noreferrer";
  a.dir = "ltr";
  a.textContent = contact;
  element.append(a);
}

function refuse() {
  state.agreed = false;
  message({
    title: "no_title", body: ["no_body", "no_next", contactWords], calm: true,
    actions: [["no_change", showNotice]],
  });
}

// --- The ways ---

function showWays() {
  camera.rest();
  id("ways-problem").textContent = "";
  show("ways");
  wayChanged();
}

/** Time and movements matter only to the ways that have them. */
function wayChanged() {
  const way = document.querySelector("input[name=way]:checked").value;
  id("more-ways").hidden = way !== "move";
}

function wayChosen() {
  state.way = document.querySelector("input[name=way]:checked").value;
  if (state.way === "photo") return showPhoto();
  if (camera.isOpen()) return openCamera();
  showCamera();
}

function wish() {
  const without = [...document.querySelectorAll("input[name=without]:checked")].map((box) => box.value);
  const time = Number(document.querySelector("input[name=time]:checked").value);
  return state.way === "move"
    ? { consent: true, movement: true, without, time }
    : { consent: true, movement: false, without: [], time: 1 };
}

// --- The camera ---

function showCamera() {
  const why = camera.impossible();
  if (why === "insecure") {
    return message({
      title: "insecure_title", body: ["insecure_body", contactWords], actions: [["photo_instead", showPhoto]],
    });
  }
  if (why) return showInApp();
  id("camera-state").textContent = "";
  id("camera-elsewhere").hidden = true;
  show("camera");
}

function showInApp() {
  message({
    title: "inapp_title", body: ["inapp_body", "link_private"], link: link(),
    actions: [["photo_instead", showPhoto], ["try_again", openCamera]],
  });
}

async function openCamera() {
  if (!state.agreed) return showNotice();
  readySound();
  id("camera-state").textContent = text("camera_waiting");
  // Some apps neither ask nor refuse.
  const slow = setTimeout(() => {
    id("camera-state").textContent = text("camera_slow");
    id("camera-elsewhere").hidden = false;
  }, 12000);
  try {
    await camera.open();
    if (!camera.canvasIsTrue()) {
      camera.close();
      return message({
        title: "canvas_title", body: ["canvas_body"],
        actions: [["photo_instead", showPhoto], ["try_again", openCamera]],
      });
    }
    await showCheck();
  } catch (e) {
    camera.close();
    cameraRefused(e);
  } finally {
    clearTimeout(slow);
    id("camera-state").textContent = "";
  }
}

function cameraRefused(e) {
  const ways = [["try_again", openCamera], ["photo_instead", showPhoto]];
  const name = e && e.name;
  if (name === "NotAllowedError" || name === "SecurityError") {
    if (camera.looksInApp()) return showInApp();
    return message({ title: "denied_title", body: ["denied_body", deniedKey()], actions: ways });
  }
  if (name === "NotFoundError") {
    return message({ title: "none_title", body: ["none_body", "link_private"], link: link(), actions: ways.reverse() });
  }
  if (name === "NotReadableError" || name === "AbortError") {
    return message({ title: "busy_title", body: ["busy_body"], actions: ways });
  }
  if (name === "TypeError" || name === "NotSupportedError") return showInApp();
  console.info("capture: camera:", name);
  message({ title: "busy_title", body: ["busy_body"], actions: ways });
}

/** Which words tell how to allow the camera. Every browser on an iPhone has the settings of Safari's kind. */
function deniedKey() {
  const agent = navigator.userAgent;
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1)) return "denied_safari";
  if (/Firefox\//.test(agent)) return "denied_firefox";
  if (/Chrome\/|Chromium\//.test(agent)) return "denied_chrome";
  return "denied_other";
}

// --- The stage: check of the picture, waiting, steps ---

let lightTimer = 0;

/** Shows what belongs to a part of the stage: "check", "waiting" or "live". */
function stage(part) {
  clearInterval(lightTimer);
  const on = (name, yes) => {
    id(name).hidden = !yes;
  };
  document.body.classList.toggle("live", part === "live");
  on("progress-box", part === "live");
  on("start", part === "check");
  on("stage-photo", part === "check");
  on("stage-back", part === "check");
  on("stop", part !== "check");
  on("stage-body", part !== "live");
  if (part !== "check") on("switch", false);
  id("drawing").setAttribute("hidden", "");
  id("asked").textContent = "";
  id("stage-advice").textContent = "";
  const titles = { check: "check_title", waiting: "wait_title", live: "live_title" };
  const fill = () => {
    id("stage-title").textContent = text(titles[part]);
    if (part === "check") id("stage-body").textContent = text("check_body");
    if (part === "waiting") {
      id("stage-body").textContent = state.placeInLine ? text("wait_body") : text("loading");
      id("stage-advice").textContent = state.placeInLine ? text("wait_place", state.placeInLine) : "";
    }
    if (part === "live") guideWords();
  };
  show("stage", fill);
  return fill;
}

async function showCheck() {
  stage("check");
  let before = "";
  lightTimer = setInterval(() => {
    const now = camera.light();
    // Said only when it is the same twice: the light of a moving hand is no news.
    if (now && now === before) setWords(id("stage-advice"), text("light_" + now));
    before = now;
  }, 600);
  id("switch").hidden = !(await camera.hasOthers());
}

async function switchCamera() {
  try {
    await camera.switchCamera();
  } catch (e) {
    camera.close();
    cameraRefused(e);
  }
}

/** Setting the same words again would make screen readers say them again. */
function setWords(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

async function start() {
  readySound();
  const run = ++state.run;
  const wanted = () => run === state.run;
  state.placeInLine = 0;
  const fill = stage("waiting");
  keepAwake();
  try {
    const got = await session.place(wish(), (place) => {
      state.placeInLine = place;
      if (wanted() && shown() === "stage") fill();
    }, wanted, (bad) => setWords(id("stage-advice"), bad ? text("reconnecting") : ""));
    if (!got) return;
    state.live = { id: got.session, stop: () => {} };
    if (document.hidden) return interrupt("abort_hidden");
    guide = { asked: "", advice: "", pending: "", since: 0, changed: 0, trouble: false };
    id("progress").value = 0;
    stage("live");
    state.live.stop = session.send(got, {
      guide: heard,
      trouble: (bad) => {
        guide.trouble = bad;
        guideWords();
      },
      over: () => finish(got.session),
      failed: (e) => {
        if (e.kind !== "no_session") session.abort(got.session);
        state.live = null;
        fail(e);
      },
    });
  } catch (e) {
    if (wanted()) fail(e);
  } finally {
    if (!state.live) letSleep();
  }
}

// What the person is told now.
let guide = {};

function guideWords() {
  const known = id("drawing").querySelector("[data-step='" + guide.asked + "']");
  const step = known ? guide.asked : "look";
  setWords(id("asked"), guide.asked ? text("ask_" + step) : "");
  for (const part of id("drawing").querySelectorAll("[data-step]")) {
    if (part.dataset.step === step) part.removeAttribute("hidden");
    else part.setAttribute("hidden", "");
  }
  if (guide.asked) id("drawing").removeAttribute("hidden");
  setWords(id("stage-advice"), guide.trouble ? text("reconnecting") : guide.advice ? text(guide.advice) : "");
}

const ADVICE = ["more_light", "come_closer", "hold_still", "look_straight", "clear_view"];

function heard(answer) {
  const now = Date.now();
  if (answer.asked && answer.asked !== guide.asked) {
    guide.asked = answer.asked;
    signal();
  }
  let advice = "";
  if (answer.face === "not_seen") advice = "face_not_seen";
  else if (answer.face === "several") advice = "face_several";
  else {
    const first = (answer.advice || []).find((a) => ADVICE.includes(a));
    if (first) advice = "adv_" + first;
  }
  // Advice changes only when it has lasted and the last was there long enough to be read: words that
  // come and go ten times a second help nobody.
  if (advice !== guide.pending) {
    guide.pending = advice;
    guide.since = now;
  }
  if (advice !== guide.advice && now - guide.since > 600 && now - guide.changed > 1500) {
    guide.advice = advice;
    guide.changed = now;
  }
  if (typeof answer.done === "number") {
    id("progress").value = Math.max(id("progress").value, Math.min(100, Math.round(answer.done * 100)));
  }
  guideWords();
}

async function finish(ended) {
  state.live = null;
  letSleep();
  camera.rest();
  message({ title: "finishing_title", body: ["finishing_body"] });
  try {
    outcome(await session.finish(ended, lang(), () => {}));
  } catch (e) {
    fail(e);
  }
}

/** Ends the session because of something that is nobody's fault, and says what it was. */
function interrupt(reason) {
  if (!state.live) return;
  const live = state.live;
  state.live = null;
  live.stop();
  session.abort(live.id);
  letSleep();
  interrupted(reason);
}

function interrupted(reason) {
  camera.rest();
  message({
    title: "abort_title", body: [reason, "abort_body"],
    actions: [["begin_again", again], ["photo_instead", showPhoto]],
  });
}

function stop() {
  if (state.live) return interrupt("abort_stopped");
  // Still in the line: nothing has begun, so there is nothing to tell.
  state.run++;
  showCheck();
}

// --- Sound, vibration, screen ---

let sound = null;

/** Browsers let a page make sounds only after a touch, so this is called from one. */
function readySound() {
  try {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!sound && Context) sound = new Context();
    if (sound && sound.state === "suspended") sound.resume().catch(() => {});
  } catch (e) {
    sound = null;
  }
}

/** A short sound and a short shake at each new step, for those who cannot look at the words. */
function signal() {
  try {
    if (sound && sound.state === "running") {
      const tone = sound.createOscillator();
      const volume = sound.createGain();
      const t = sound.currentTime;
      tone.frequency.value = 660;
      volume.gain.setValueAtTime(0.0001, t);
      volume.gain.exponentialRampToValueAtTime(0.15, t + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, t + 0.18);
      tone.connect(volume);
      volume.connect(sound.destination);
      tone.start(t);
      tone.stop(t + 0.2);
    }
    if (navigator.vibrate) navigator.vibrate(80);
  } catch (e) {
    // The words are there.
  }
}

let awake = null;

async function keepAwake() {
  try {
    if (navigator.wakeLock) awake = await navigator.wakeLock.request("screen");
  } catch (e) {
    awake = null;
  }
}

function letSleep() {
  if (awake) awake.release().catch(() => {});
  awake = null;
}

// --- A photo instead ---

let shownUrl = "";

function showPhoto(problem) {
  if (!state.agreed) return showNotice();
  camera.close();
  state.run++;
  clearInterval(lightTimer);
  show("photo", () => {
    id("photo-problem").textContent = typeof problem === "string" ? text(problem) : "";
  });
}

function photoPicked() {
  const file = id("photo").files[0];
  if (shownUrl) URL.revokeObjectURL(shownUrl);
  shownUrl = "";
  id("photo-problem").textContent = "";
  const good = Boolean(file && /^image\/(jpeg|png)$/.test(file.type));
  id("photo-shown").hidden = !good;
  if (good) {
    shownUrl = URL.createObjectURL(file);
    id("photo-shown").src = shownUrl;
  } else if (file) {
    id("photo-problem").textContent = text("photo_bad");
  }
}

async function sendPhoto() {
  const file = id("photo").files[0];
  if (!file || !/^image\/(jpeg|png)$/.test(file.type)) {
    id("photo-problem").textContent = text(file ? "photo_bad" : "photo_none");
    id("photo").focus();
    return;
  }
  state.way = "photo";
  message({ title: "finishing_title", body: ["finishing_body"] });
  try {
    // Sent once: if the answer is lost, "begin again" first asks whether there is a result already.
    outcome((await call("POST", "/v1/capture/photo?lang=" + lang(), {
      body: file, type: file.type, headers: { "x-consent": "yes" }, timeout: 90000,
    })).body);
  } catch (e) {
    if (e.status === 413) showPhoto("photo_big");
    else if (e.status === 415 || e.status === 400) showPhoto("photo_bad");
    else fail(e);
  }
}

// --- The result ---

function outcome(answer) {
  camera.close();
  if (answer.decision) return showDecision(answer.decision);
  showEnrolled(answer);
}

function showEnrolled(answer) {
  state.decision = null;
  const done = answer.enrolled;
  state.back = () => showEnrolled(answer);
  id("again").hidden = done;
  id("may-appeal").hidden = true;
  show("result", () => {
    id("result-title").textContent = text(done ? "enrolled_title" : "not_enrolled_title");
    paragraphs(id("result-words"), answer.reasons || []);
    id("result-next").textContent = text(done ? "enrolled_body" : "not_enrolled_body");
    id("result-appeal").textContent = "";
    id("result-number").textContent = "";
  });
}

function showDecision(decision) {
  state.decision = decision;
  state.back = () => showDecision(decision);
  id("again").hidden = decision.outcome === "match";
  id("may-appeal").hidden = !decision.may_appeal;
  show("result", () => {
    id("result-title").textContent = decision.title;
    paragraphs(id("result-words"), decision.paragraphs);
    id("result-next").textContent = text("next_" + decision.outcome);
    id("result-appeal").textContent = decision.appeal === "none" ? "" : text("appeal_" + decision.appeal);
    id("result-number").textContent = text("number", decision.number);
  });
}

async function sendAppeal() {
  try {
    const made = await patient("POST", "/v1/capture/appeal?lang=" + lang(), json({ note: id("note").value.slice(0, 2000) }));
    id("note").value = "";
    showDecision(made.body);
  } catch (e) {
    // The first try may have arrived although its answer was lost.
    if (e.kind !== "appeal_open") return fail(e);
    try {
      showDecision(await getDecision());
    } catch (e2) {
      fail(e2);
    }
  }
}

// --- What is held ---

async function held() {
  if (shown() === "notice") state.back = showNotice;
  try {
    const page = (await patient("GET", "/v1/capture/held?lang=" + lang(), { as: "text" })).body;
    // Only known elements and their text are taken over below. Styles and handlers go before the page is
    // even read, for browsers report them against this page's policy although nothing runs.
    const plain = page.replace(/<style[\s\S]*?<\/style>/gi, "")
      .replace(/\s(style|on[a-z]+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, "");
    const other = new DOMParser().parseFromString(plain, "text/html");
    const into = id("held-words");
    into.textContent = "";
    rebuild(other.body, into);
    into.lang = other.documentElement.lang || lang();
    if (shown() !== "held") show("held");
  } catch (e) {
    fail(e);
  }
}

function askDelete() {
  message({
    title: "delete_title", body: ["delete_body"], calm: true,
    actions: [["delete_no", () => state.back()], ["delete_yes", reallyDelete]],
  });
}

async function reallyDelete() {
  try {
    state.receipt = (await patient("DELETE", "/v1/capture/held")).body;
    message({ title: "deleted_title", body: ["deleted_body"], actions: [["receipt_save", saveReceipt]] });
  } catch (e) {
    fail(e);
  }
}

function saveReceipt() {
  const url = URL.createObjectURL(new Blob([JSON.stringify(state.receipt, null, 2)], { type: "application/json" }));
  const a = document.createElement("a");
  a.href = url;
  a.download = "deletion-receipt.json";
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

// --- Buttons and what happens to the page ---

const actions = {
  "language-chosen": showNotice,
  "agree": () => {
    state.agreed = true;
    showWays();
  },
  "refuse": refuse, "notice": showNotice, "held": held, "ways": showWays, "way-chosen": wayChosen,
  "open-camera": openCamera, "in-app": showInApp, "photo": () => showPhoto(), "start": start,
  "switch": switchCamera, "stop": stop, "send-photo": sendPhoto, "again": again,
  "appeal": () => show("appeal"), "send-appeal": sendAppeal, "return": () => state.back(),
  "delete": askDelete, "copy": copyLink,
};
const running = new Set();

// A second press while the first is still at work does nothing, but for Start: who left the line may
// begin again while the older try still waits for its answer, which it then ignores.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-do]");
  if (!button || (running.has(button.dataset.do) && button.dataset.do !== "start")) return;
  running.add(button.dataset.do);
  try {
    await actions[button.dataset.do]();
  } finally {
    running.delete(button.dataset.do);
  }
});
for (const radio of document.querySelectorAll("input[name=way]")) radio.addEventListener("change", wayChanged);
id("photo").addEventListener("change", photoPicked);

document.addEventListener("visibilitychange", () => {
  if (document.hidden) interrupt("abort_hidden");
  else if (shown() === "message") focusHeading("message");
});
addEventListener("pagehide", () => interrupt("abort_hidden"));
if (screen.orientation && screen.orientation.addEventListener) {
  screen.orientation.addEventListener("change", () => interrupt("abort_turned"));
} else {
  addEventListener("orientationchange", () => interrupt("abort_turned"));
}
camera.onEnded(() => interrupt("abort_camera"));
// Another link opened in this tab changes only the fragment, and would otherwise do nothing.
addEventListener("hashchange", () => location.reload());

begin();
