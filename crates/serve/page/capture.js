// The capture page: from the link to the result. This file opens the link and watches over the page; the
// screens and their parts are in capture/. It all uses only what browsers of 2018 know, for the phones that
// people have.

import { readToken, patient } from "./capture/calls.js";
import * as camera from "./capture/camera.js";
import { state, offer, go, listenToButtons } from "./capture/flow.js";
import {
  id, lang, show, shown, preferred, loadLanguage, offerLanguages, copyLink, focusHeading,
} from "./capture/screens.js";
import { fail, linkProblem } from "./capture/trouble.js";
import { getDecision } from "./capture/result.js";
import { interrupt } from "./capture/stage.js";
import "./capture/notice.js";
import "./capture/opening.js";
import "./capture/photo.js";

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
    if (shown() === "result" && state.decision) go("decision", await getDecision());
    if (shown() === "held") await go("held");
  } catch (e) {
    // The old words stay; they are better than none.
    id("language").value = lang();
  }
}

/**
 * A link opens at its result again, and so does a try whose answer was lost. Who has seen the result and
 * may try again goes on with `otherwise`. A link that may only be read has nothing else than its result.
 */
async function route(otherwise) {
  const made = state.info.decision;
  const seen = !made || (state.decision && state.decision.number === made.number);
  const only = state.info.read_only === true;
  if (state.info.state !== "decided" && seen && !only) return otherwise();
  if (only && state.info.state !== "decided" && !made) return linkProblem("link_expired");
  if (state.info.purpose === "enrol") return go("enrolled", { enrolled: true });
  try {
    go("decision", await getDecision());
  } catch (e) {
    fail(e);
  }
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
    go("on-with-way");
  });
}

offer({ "again": again, "copy": copyLink });
listenToButtons();

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
