// The judgement: the answer, the reason, and one more look before it is sent.

import { id, problem } from "./screens.js";
import { answerWords } from "./words.js";

const ANSWERS = { yes: true, no: false, unsure: null };
// What was written for a case, until it is sent: a lost connection or a glance at the list costs no words.
const drafts = new Map();
let number = 0;

const marked = () => document.querySelector("input[name=same]:checked");

/** Gets the form ready for a case. */
export function prepare(one) {
  number = one.number;
  const draft = drafts.get(number) || { same: "", reason: "" };
  for (const radio of document.querySelectorAll("input[name=same]")) radio.checked = radio.value === draft.same;
  id("reason").value = draft.reason;
  id("answer-problem").textContent = "";
  problem("", "reason-problem", id("reason"));
}

function keep() {
  drafts.set(number, { same: marked() ? marked().value : "", reason: id("reason").value });
}

/** The case is judged, or no longer open: its draft is not needed. */
export const drop = (done) => drafts.delete(done);
export const dropAll = () => drafts.clear();

/** What is in the form, or null where something is missing, which it says. */
export function judgement() {
  const reason = id("reason").value.trim();
  problem(reason ? "" : "Say why. Whoever reads it later must be able to follow you.", "reason-problem", id("reason"));
  id("answer-problem").textContent = marked() ? "" : "Choose an answer.";
  if (!marked()) document.querySelector("input[name=same]").focus();
  return marked() && reason ? { same_person: ANSWERS[marked().value], reason } : null;
}

/** Fills the screen that asks once more. */
export function askOnceMore(said) {
  id("confirm-title").textContent = "Send your judgement of case " + number + "?";
  id("confirm-question").textContent = id("question").textContent;
  id("confirm-answer").textContent = answerWords(said.same_person);
  id("confirm-reason").textContent = said.reason;
  id("confirm-what").textContent = "You cannot change it afterwards. It is recorded with your name. When enough "
    + "reviewers agree, the case closes, the applicant is told, and the photos are deleted.";
  id("confirm-problem").textContent = "";
}

id("judge").addEventListener("input", keep);
