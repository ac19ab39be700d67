// In front of the camera: the check of the picture, the line, the steps.

import * as camera from "./camera.js";
import { state, offer, go } from "./flow.js";
import { wish } from "./notice.js";
import { cameraRefused } from "./opening.js";
import { id, lang, text, show, shown, message } from "./screens.js";
import * as session from "./session.js";
import { readySound, signal, keepAwake, letSleep } from "./signal.js";
import { fail, interrupted } from "./trouble.js";

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
    guide = { asked: "", step: 0, advice: "", pending: "", since: 0, changed: 0, trouble: false };
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
  setWords(id("step"), guide.asked && guide.step ? text("step", guide.step) : "");
  setWords(id("asked"), guide.asked ? text("ask_" + step) : "");
  for (const part of id("drawing").querySelectorAll("[data-step]")) {
    if (part.dataset.step === step) part.removeAttribute("hidden");
    else part.setAttribute("hidden", "");
  }
  if (guide.asked) id("drawing").removeAttribute("hidden");
  setWords(id("stage-advice"), guide.trouble ? text("reconnecting") : guide.advice ? text(guide.advice) : "");
}

/** Puts new, empty elements in place of the step's words. Screen readers say what is added, but not words
 *  that are set to what they were: a step that comes twice would be heard once. */
function freshStep() {
  for (const name of ["step", "asked"]) {
    const old = id(name);
    old.parentNode.replaceChild(old.cloneNode(false), old);
  }
}

const ADVICE = ["more_light", "come_closer", "hold_still", "look_straight", "clear_view"];

function heard(answer) {
  const now = Date.now();
  const step = answer.step || 0;
  if (answer.asked && (answer.asked !== guide.asked || step !== guide.step)) {
    if (answer.asked === guide.asked) freshStep();
    guide.asked = answer.asked;
    guide.step = step;
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
    go("outcome", await session.finish(ended, lang(), () => {}));
  } catch (e) {
    fail(e);
  }
}

/** Ends the session because of something that is nobody's fault, and says what it was. */
export function interrupt(reason) {
  if (!state.live) return;
  const live = state.live;
  state.live = null;
  live.stop();
  session.abort(live.id);
  letSleep();
  interrupted(reason);
}

function stop() {
  if (state.live) return interrupt("abort_stopped");
  // Still in the line: nothing has begun, so there is nothing to tell.
  state.run++;
  showCheck();
}

offer({
  "check": showCheck, "switch": switchCamera, "start": start, "stop": stop,
  "leave-stage": () => clearInterval(lightTimer),
});
