// A photo instead of the camera.

import { call } from "./calls.js";
import * as camera from "./camera.js";
import { state, offer, go } from "./flow.js";
import { photosForReview } from "./notice.js";
import { id, lang, text, show, message } from "./screens.js";
import { fail } from "./trouble.js";

let shownUrl = "";

function showPhoto(problem) {
  if (!state.agreed) return go("notice");
  camera.close();
  state.run++;
  go("leave-stage");
  show("photo", () => {
    id("photo-problem").textContent = typeof problem === "string" ? text(problem) : "";
  });
}

function photoPicked() {
  const file = id("photo").files[0];
  if (shownUrl) URL.revokeObjectURL(shownUrl);
  shownUrl = "";
  id("photo-problem").textContent = "";
  const good = Boolean(file && /^image\/(jpeg|png)$/.test(file.type));
  id("photo-shown").hidden = !good;
  if (good) {
    shownUrl = URL.createObjectURL(file);
    id("photo-shown").src = shownUrl;
  } else if (file) {
    id("photo-problem").textContent = text("photo_bad");
  }
}

async function sendPhoto() {
  const file = id("photo").files[0];
  if (!file || !/^image\/(jpeg|png)$/.test(file.type)) {
    id("photo-problem").textContent = text(file ? "photo_bad" : "photo_none");
    id("photo").focus();
    return;
  }
  state.way = "photo";
  message({ title: "finishing_title", body: ["finishing_body"] });
  try {
    const headers = { "x-consent": "yes" };
    if (photosForReview()) headers["x-photos-for-review"] = "yes";
    // Sent once: if the answer is lost, "begin again" first asks whether there is a result already.
    go("outcome", (await call("POST", "/v1/capture/photo?lang=" + lang(), {
      body: file, type: file.type, headers, timeout: 90000,
    })).body);
  } catch (e) {
    if (e.status === 413) showPhoto("photo_big");
    else if (e.status === 415 || e.status === 400) showPhoto("photo_bad");
    else fail(e);
  }
}

id("photo").addEventListener("change", photoPicked);

offer({ "photo": showPhoto, "send-photo": sendPhoto });
