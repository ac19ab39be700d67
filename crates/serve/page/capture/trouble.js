// What went wrong, in words. None of these screens says no: none of them is a decision.

import * as camera from "./camera.js";
import { state, go } from "./flow.js";
import { id, text, show, message } from "./screens.js";

export function linkProblem(kind) {
  camera.close();
  message({ title: kind + "_title", body: [kind + "_body", contactWords] });
}

/** Shows the screen for a refusal or a fault. */
export function fail(e) {
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
      actions: [["try_again", () => go("again")]],
    });
  }
  const name = kind === "lost" ? "lost" : "error";
  if (name === "error") console.info("capture:", kind);
  message({ title: name + "_title", body: [name + "_body"], actions: [["begin_again", () => go("again")]] });
}

/** How to reach the people who gave the link, or nothing. */
export function contactWords() {
  const contact = state.info && state.info.operator && state.info.operator.contact;
  return contact ? text("notice_contact") + " " + contact : "";
}

/** Says that the session ended because of something that is nobody's fault, and what it was. */
export function interrupted(reason) {
  camera.rest();
  message({
    title: "abort_title", body: [reason, "abort_body"],
    actions: [["begin_again", () => go("again")], ["photo_instead", () => go("photo")]],
  });
}
