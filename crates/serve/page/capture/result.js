// The result and what the person can do about it: an appeal, what is held, deleting it.

import { patient, json } from "./calls.js";
import * as camera from "./camera.js";
import { state, offer, go } from "./flow.js";
import { id, lang, text, show, shown, message, paragraphs, rebuild } from "./screens.js";
import { fail } from "./trouble.js";

/** The decision in the language that is shown. */
export async function getDecision() {
  return (await patient("GET", "/v1/capture/decision?lang=" + lang())).body;
}

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

/** What a person found, or how far the appeal is; "" where nobody looks. */
function looked(decision) {
  if (decision.review) return text("review_" + decision.review);
  return decision.appeal === "none" ? "" : text("appeal_" + decision.appeal);
}

function next(decision) {
  if (decision.review === "confirmed") return "next_match";
  if (decision.review === "not_confirmed") return decision.may_appeal ? "next_ask_again" : "next_ask_people";
  return "next_" + decision.outcome;
}

function showDecision(decision) {
  state.decision = decision;
  state.back = () => showDecision(decision);
  // A person's word ends it, and an old link may only be read.
  id("again").hidden = decision.outcome === "match" || decision.review === "confirmed" || state.info.read_only === true;
  id("may-appeal").hidden = !decision.may_appeal;
  show("result", () => {
    id("result-title").textContent = decision.title;
    paragraphs(id("result-words"), decision.paragraphs);
    id("result-next").textContent = text(next(decision));
    id("result-appeal").textContent = looked(decision);
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
  if (shown() === "notice") state.back = () => go("notice");
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

offer({
  "outcome": outcome, "decision": showDecision, "enrolled": showEnrolled, "appeal": () => show("appeal"),
  "send-appeal": sendAppeal, "held": held, "return": () => state.back(), "delete": askDelete,
});
