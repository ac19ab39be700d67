// The list of cases.

import { list } from "./calls.js";
import { id, make, fill } from "./screens.js";
import { appealWords, count, resultWords, time, whyHere } from "./words.js";

// As many are shown at least, where there are as many, before one must ask for more.
const AT_LEAST = 20;

let cases = [];
let more = false;
let closedToo = false;

const filter = () => document.querySelector("input[name=filter]:checked").value;
const wanted = () => (filter() === "mine" ? cases.filter((one) => !one.closed && !one.by_me) : cases);

/** Forgets what was loaded: somebody else may sign in. */
export function forget() {
  cases = [];
  more = false;
  document.querySelector("input[name=filter][value=mine]").checked = true;
  fill(id("cases"));
  id("count").textContent = "";
}

/** Loads the list from its start, or goes on with it, and shows it. */
export async function load(on) {
  const before = on ? wanted().length : 0;
  if (!on) {
    closedToo = filter() === "all";
    cases = [];
  }
  do {
    const last = cases.length ? cases[cases.length - 1].number : 0;
    const page = await list(closedToo, last);
    cases.push(...page.cases);
    more = page.more && page.cases.length > 0;
  } while (more && wanted().length < before + AT_LEAST);
  render(before);
}

/** Open cases come first, and of these, those that this reviewer has yet to judge; then the oldest. */
function order(a, b) {
  return a.closed - b.closed || a.by_me - b.by_me || a.number - b.number;
}

function render(before) {
  const shown = wanted().slice().sort(order);
  fill(id("cases"), ...shown.map(card));
  id("more").hidden = !more;
  const words = { mine: "waiting for you", open: "open", all: "in all" }[filter()];
  id("count").textContent = shown.length
    ? count(shown.length, "case ", "cases ") + words + (more ? ", and there are more." : ".")
    : "No case is " + (filter() === "all" ? "here." : words + ".");
  // Whoever asked for more reads on at the first new one.
  const next = before && id("cases").querySelectorAll("button")[before];
  if (next) next.focus();
}

function card(one) {
  const state = one.closed ? "Closed" : one.by_me ? "You have judged it" : one.appeal === "none" ? "To review" : "Appeal";
  const button = make("button", { type: "button", "data-case": one.number }, "Open case " + one.number);
  if (!one.closed && !one.by_me) button.className = "main";
  return make("li", {},
    make("h2", {}, "Case " + one.number + " ", make("span", { class: "badge" }, state)),
    make("p", { class: "small" }, time(one.time)),
    make("p", {}, one.closed ? resultOf(one) : whyHere(one)),
    make("p", { class: "push small" }, kept(one) + " " + (one.judged
      ? count(one.judged, "person has judged it.", "people have judged it.") : "Nobody has judged it yet.")),
    button);
}

/** The list does not say what the result of a closed case was; the case itself does. */
function resultOf(one) {
  return one.result ? resultWords(one.result) : ["This case is closed.", appealWords(one.appeal)].filter(Boolean).join(" ");
}

function kept(one) {
  if (one.closed) return "";
  return { 0: "No photo was kept.", 1: "One photo was kept." }[one.photos.length] || "Both photos were kept.";
}
