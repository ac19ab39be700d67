// Words for what the server says in codes.

import { make } from "./screens.js";

const OUTCOME = {
  match: "The program found a match.",
  non_match: "The program found no match.",
  undecided: "The program could not decide.",
};
const DISPOSITION = {
  confirmed: "",
  person_must_look: "Nobody is refused before a person has reviewed it.",
  refused: "The person was refused by the program alone.",
  not_decided: "A person must review it, or the applicant needs another photo.",
};
const APPEAL = {
  open: "The applicant has appealed.",
  under_review: "The applicant has appealed, and the review has begun.",
  upheld: "The applicant had appealed. The result stayed.",
  overturned: "The applicant had appealed. The result was changed.",
};
const RESULT = {
  confirmed: "This case is closed. The result: it is the same person. The photos are deleted.",
  not_confirmed: "This case is closed. The result: it could not be confirmed that it is the same person. The photos are deleted.",
};
const LIVENESS = {
  passed: "Yes, as far as the program can tell.",
  failed: "The program thinks not.",
  inconclusive: "The program could not tell.",
  not_checked: "The program did not check this.",
};
const REFUSED = {
  no_key: "This key does not work. Check that you copied all of it.",
  missing_scope: "This key may not review. Ask for a key with the scope “review”.",
  lost: "The server does not answer. Check your connection, then try again.",
  look_first: "The page has opened the case again. Check it, then send your judgement once more.",
  already_judged: "You have judged this case already.",
  closed: "This case was closed while you looked. Your judgement was not sent.",
  unknown_decision: "There is no such case any more.",
};
const ANSWERS = { true: "Yes, the same person", false: "No, two different people", null: "I cannot tell" };

const of = (table, code) => (Object.prototype.hasOwnProperty.call(table, code) ? table[code] : "");

export const appealWords = (code) => of(APPEAL, code);
export const resultWords = (code) => of(RESULT, code) || "This case is closed.";
export const livenessWords = (code) => of(LIVENESS, code) || code;
export const refusedWords = (kind) => of(REFUSED, kind) || "Something went wrong (" + kind + "). Try again in a moment.";
export const answerWords = (same) => ANSWERS[String(same)];

/** Why somebody must review this case. */
export function whyHere(one) {
  return [of(OUTCOME, one.outcome) || one.outcome, of(DISPOSITION, one.disposition), of(APPEAL, one.appeal)]
    .filter(Boolean).join(" ");
}

/** A time in words, with the exact one for programs. */
export function time(stamp) {
  const when = new Date(stamp);
  if (Number.isNaN(when.getTime())) return String(stamp);
  const words = when.toLocaleString("en-GB", {
    day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit",
  });
  return make("time", { datetime: stamp }, words);
}

export const count = (n, one, many) => n + " " + (n === 1 ? one : many);
export const decimals = (value) => value.toFixed(3);
