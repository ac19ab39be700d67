// One case: what the program says, what the person says, and, once judged, what everybody found.

import { forgetPhotos, showPhotos } from "./photos.js";
import { id, make, fill, terms } from "./screens.js";
import { answerWords, count, decimals, livenessWords, resultWords, time, whyHere } from "./words.js";

let current = null;

export const open = () => current;

/** Fills the screen with a case. `needed` is how many people must agree. */
export function showCase(one, needed) {
  current = one;
  id("case-title").textContent = "Case " + one.number;
  id("case-news").textContent = "";
  showPhotos(one.photos, one.closed);
  id("why-here").textContent = whyHere(one);
  facts(one);
  const done = one.judged_by_me || one.closed;
  id("judge").hidden = done;
  id("columns").classList.toggle("alone", done);
  id("hidden-score").hidden = done;
  const both = Boolean(one.photos.probe && one.photos.reference);
  id("question").textContent = both ? "Do both photos show the same person?" : "Is it the same person?";
  id("judge-without").hidden = both;
  after(one, done, needed);
}

/** Nothing of a case stays in the page once it is left. */
export function forgetCase() {
  current = null;
  forgetPhotos();
  for (const name of ["reasons", "findings", "notes", "about", "after-facts", "judgements"]) fill(id(name));
  for (const name of ["why-here", "liveness", "after-state", "case-news"]) id(name).textContent = "";
}

function facts(one) {
  const decisive = () => make("span", { class: "badge" }, "decisive");
  fill(id("reasons"), ...one.reasons.map((reason) =>
    make("li", {}, reason.meaning + " ", ...(reason.decisive ? [decisive()] : []))));
  if (!one.reasons.length) fill(id("reasons"), make("li", {}, "The program gave no reason."));
  id("liveness").textContent = livenessWords(one.liveness.outcome);
  id("findings").hidden = !one.liveness.findings.length;
  fill(id("findings"), ...one.liveness.findings.map((words) => make("li", {}, words)));
  fill(id("notes"), ...(one.notes.length
    ? one.notes.map((words) => make("blockquote", { dir: "auto" }, words))
    : [make("p", {}, "The person wrote nothing.")]));
  terms(id("about"), [["Decided by the program", time(one.time)], ["Pseudonym of the person", one.subject]]);
}

function after(one, done, needed) {
  id("after").hidden = !done;
  if (!done) return;
  id("after-title").textContent = one.judged_by_me ? "After your judgement" : "How it ended";
  id("after-state").textContent = one.closed ? resultWords(one.result) : waitsFor(one, needed);
  terms(id("after-facts"), scores(one));
  id("judgements-title").hidden = !one.judgements.length;
  fill(id("judgements"), ...one.judgements.map((each) =>
    make("li", {}, make("b", {}, each.by), ": " + answerWords(each.same_person) + ". ",
      make("q", { dir: "auto" }, each.reason))));
}

/** The threshold alone says nothing where no score was reached. */
function scores(one) {
  if (typeof one.score !== "number") {
    return one.judged_by_me ? [["Similarity score", "None. The program did not get as far as comparing the photos."]] : [];
  }
  const pairs = [["Similarity score", decimals(one.score)]];
  if (typeof one.threshold === "number") {
    const side = one.score >= one.threshold ? "at or above" : "below";
    pairs.push(["Threshold", decimals(one.threshold) + ": the score is " + side + " it. From the threshold on, the program says match."]);
  }
  return pairs;
}

/** How many people are still needed: those who could tell must agree. */
function waitsFor(one, needed) {
  const said = (same) => one.judgements.filter((each) => each.same_person === same).length;
  const still = Math.max(1, needed - Math.max(said(true), said(false)));
  const split = said(true) > 0 && said(false) > 0 ? " Reviewers do not agree so far." : "";
  return "Your judgement is recorded." + split + " The case stays open: "
    + count(still, "more reviewer is needed.", "more reviewers are needed.");
}
