// What the person reads before anything happens, their consent, and the way that they choose.

import * as camera from "./camera.js";
import { state, offer, go } from "./flow.js";
import { id, text, show, message } from "./screens.js";
import { contactWords } from "./trouble.js";

function showNotice() {
  show("notice", () => {
    const info = state.info;
    const operator = info.operator || {};
    id("notice-what").textContent = text(info.purpose === "enrol" ? "notice_enrol" : "notice_verify");
    id("notice-who").textContent = operator.name || text("notice_who_unknown");
    id("notice-why").textContent = operator.purpose || text("notice_why_unknown");
    id("notice-keep").textContent = info.keep_days ? text("notice_keep_days", info.keep_days) : text("notice_keep_unknown");
    id("notice-contact-title").hidden = !operator.contact;
    fillContact(id("notice-contact"), operator.contact || "");
    id("photos-box").hidden = typeof info.review_days !== "number";
    id("photos-days").textContent = text("photos_days", info.review_days);
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

/** Whether a person may see the pictures. Where the page does not ask, nobody has said yes. */
export function photosForReview() {
  return typeof state.info.review_days === "number" && id("photos-ok").checked;
}

function refuse() {
  state.agreed = false;
  id("photos-ok").checked = false;
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
  go("on-with-way");
}

/** What is asked of the server for a session. */
export function wish() {
  const without = [...document.querySelectorAll("input[name=without]:checked")].map((box) => box.value);
  const time = Number(document.querySelector("input[name=time]:checked").value);
  const photos = photosForReview();
  return state.way === "move"
    ? { consent: true, movement: true, without, time, photos_for_review: photos }
    : { consent: true, movement: false, without: [], time: 1, photos_for_review: photos };
}

for (const radio of document.querySelectorAll("input[name=way]")) radio.addEventListener("change", wayChanged);

offer({
  "language-chosen": showNotice, "notice": showNotice, "refuse": refuse, "ways": showWays, "way-chosen": wayChosen,
  "agree": () => {
    state.agreed = true;
    showWays();
  },
});
