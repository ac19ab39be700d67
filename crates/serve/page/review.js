// The review desk: a case worker signs in, opens a case, compares, judges. This file leads from screen to
// screen; what they show is in review/. No case number is ever in the address: to open a case is recorded,
// and reloading the page or pressing Forward must not do that by itself.

import * as calls from "./review/calls.js";
import * as cases from "./review/cases.js";
import { forgetCase, open, showCase } from "./review/case.js";
import { askOnceMore, drop, dropAll, judgement, prepare } from "./review/judgement.js";
import { id, problem, show, shown } from "./review/screens.js";
import { refusedWords } from "./review/words.js";

const state = { reviewer: "", needed: 1, said: null, opened: null };

async function begin() {
  history.replaceState({ screen: "cases" }, "");
  try {
    await signedIn();
  } catch (e) {
    if (e.kind === "no_key") showSignIn("");
    else trouble(e, begin);
  }
}

// --- Signing in and out ---

function showSignIn(news) {
  forgetCase();
  cases.forget();
  id("who").hidden = true;
  id("key-problem").textContent = "";
  show("sign-in");
  id("sign-in-news").textContent = news;
}

/** Asks who is signed in, and shows them the list. What one person wrote is not for the next. */
async function signedIn() {
  const me = await calls.me();
  if (state.reviewer !== me.reviewer) dropAll();
  state.reviewer = me.reviewer;
  state.needed = me.reviewers_needed;
  id("reviewer").textContent = me.reviewer;
  id("who").hidden = false;
  id("needed").textContent = me.reviewers_needed > 1
    ? me.reviewers_needed + " reviewers must agree before a case closes." : "";
  await showList("");
}

async function signIn(event) {
  event.preventDefault();
  const field = id("key");
  const key = field.value.trim();
  field.value = "";
  id("key-problem").textContent = "";
  if (!key) return problem("Enter your key.", "key-problem", field);
  try {
    await calls.signIn(key);
    problem("", "key-problem", field);
    await signedIn();
  } catch (e) {
    // Right after signing in, this means that the browser does not keep the cookie.
    if (shown() === "sign-in") problem(refusedWords(e.kind), "key-problem", field);
    else trouble(e, begin);
  }
}

async function signOut() {
  try {
    await calls.signOut();
  } catch (e) {
    if (e.kind !== "no_key") return trouble(e, signOut);
  }
  dropAll();
  state.reviewer = "";
  showSignIn("You are signed out.");
}

/** What any call may meet: the eight hours are over, or nothing answers. */
function trouble(e, again) {
  if (e.kind === "no_key") return showSignIn("You are no longer signed in. Sign in again.");
  id("trouble-title").textContent = e.kind === "lost" ? "No connection" : "That did not work";
  id("trouble-words").textContent = refusedWords(e.kind);
  show("trouble");
  id("retry").onclick = () => again();
}

// --- The list ---

async function showList(news) {
  forgetCase();
  state.said = null;
  try {
    await cases.load(false);
    show("cases");
    id("cases-news").textContent = news;
  } catch (e) {
    trouble(e, () => showList(news));
  }
}

async function reload(on) {
  id("cases-news").textContent = "";
  try {
    await cases.load(on);
  } catch (e) {
    trouble(e, () => showList(""));
  }
}

// --- One case ---

async function openCase(number) {
  // A second press must not open, and record, a second time.
  if (state.opened === number) return;
  state.opened = number;
  try {
    const one = await calls.look(number);
    history.pushState({ screen: "case" }, "");
    showOne(one, "");
  } catch (e) {
    if (e.kind === "unknown_decision") await showList(refusedWords(e.kind));
    else trouble(e, () => showList(""));
  } finally {
    state.opened = null;
  }
}

function showOne(one, news) {
  showCase(one, state.needed);
  prepare(one);
  show("case");
  id("case-news").textContent = news;
}

function toConfirm(event) {
  event.preventDefault();
  state.said = judgement();
  if (!state.said) return;
  askOnceMore(state.said);
  history.pushState({ screen: "confirm" }, "");
  show("confirm");
}

async function send() {
  const { number } = open();
  id("send").disabled = true;
  id("confirm-problem").textContent = "";
  try {
    arrive(await calls.judge(number, state.said), "");
  } catch (e) {
    if (e.kind === "lost") id("confirm-problem").textContent = refusedWords(e.kind);
    else if (["already_judged", "closed", "look_first"].includes(e.kind)) await lookAgain(number, e.kind);
    else trouble(e, () => showList(""));
  } finally {
    id("send").disabled = false;
  }
}

/** The case has moved on meanwhile, or an answer was lost: shows how it stands now. */
async function lookAgain(number, kind) {
  try {
    arrive(await calls.look(number), refusedWords(kind));
  } catch (e) {
    trouble(e, () => showList(""));
  }
}

/** From the confirmation to the case, as the server has it now. The browser's Back must then lead to the
 *  list, and not to a confirmation of what is sent. */
function arrive(one, news) {
  if (one.judged_by_me || one.closed) drop(one.number);
  state.said = null;
  arrived = () => showOne(one, news);
  history.back();
}

let arrived = null;

addEventListener("popstate", (event) => {
  const where = (event.state && event.state.screen) || "cases";
  if (shown() === "sign-in") return;
  if (arrived) {
    arrived();
    arrived = null;
  } else if (where === "case" && open()) {
    show("case");
  } else if (where === "confirm" && open() && state.said) {
    show("confirm");
  } else {
    showList("");
  }
});

// --- Buttons ---

id("sign-in-form").addEventListener("submit", signIn);
id("sign-out").addEventListener("click", signOut);
id("judge").addEventListener("submit", toConfirm);
id("send").addEventListener("click", send);
id("refresh").addEventListener("click", () => reload(false));
id("more").addEventListener("click", () => reload(true));
id("filter").addEventListener("change", () => reload(false));
id("cases").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-case]");
  if (button) openCase(Number(button.dataset.case));
});
for (const button of document.querySelectorAll("[data-back]")) button.addEventListener("click", () => history.back());

begin();
