// Asking for the camera, and what to do where it cannot be had.

import { link } from "./calls.js";
import * as camera from "./camera.js";
import { state, offer, go } from "./flow.js";
import { id, text, show, message } from "./screens.js";
import { readySound } from "./signal.js";
import { contactWords } from "./trouble.js";

const photo = () => go("photo");

/** The screen that the chosen way begins with. */
function onWithWay() {
  if (state.way === "photo") return photo();
  if (camera.isOpen()) return openCamera();
  showCamera();
}

function showCamera() {
  const why = camera.impossible();
  if (why === "insecure") {
    return message({
      title: "insecure_title", body: ["insecure_body", contactWords], actions: [["photo_instead", photo]],
    });
  }
  if (why) return showInApp();
  id("camera-state").textContent = "";
  id("camera-elsewhere").hidden = true;
  show("camera");
}

function showInApp() {
  message({
    title: "inapp_title", body: ["inapp_body", "link_private"], link: link(),
    actions: [["photo_instead", photo], ["try_again", openCamera]],
  });
}

async function openCamera() {
  if (!state.agreed) return go("notice");
  readySound();
  id("camera-state").textContent = text("camera_waiting");
  // Some apps neither ask nor refuse.
  const slow = setTimeout(() => {
    id("camera-state").textContent = text("camera_slow");
    id("camera-elsewhere").hidden = false;
  }, 12000);
  try {
    await camera.open();
    if (!camera.canvasIsTrue()) {
      camera.close();
      return message({
        title: "canvas_title", body: ["canvas_body"],
        actions: [["photo_instead", photo], ["try_again", openCamera]],
      });
    }
    await go("check");
  } catch (e) {
    camera.close();
    cameraRefused(e);
  } finally {
    clearTimeout(slow);
    id("camera-state").textContent = "";
  }
}

/** Says why the camera could not be had, and what helps. */
export function cameraRefused(e) {
  const ways = [["try_again", openCamera], ["photo_instead", photo]];
  const name = e && e.name;
  if (name === "NotAllowedError" || name === "SecurityError") {
    if (camera.looksInApp()) return showInApp();
    return message({ title: "denied_title", body: ["denied_body", deniedKey()], actions: ways });
  }
  if (name === "NotFoundError") {
    return message({ title: "none_title", body: ["none_body", "link_private"], link: link(), actions: ways.reverse() });
  }
  if (name === "NotReadableError" || name === "AbortError") {
    return message({ title: "busy_title", body: ["busy_body"], actions: ways });
  }
  if (name === "TypeError" || name === "NotSupportedError") return showInApp();
  console.info("capture: camera:", name);
  message({ title: "busy_title", body: ["busy_body"], actions: ways });
}

/** Which words tell how to allow the camera. Every browser on an iPhone has the settings of Safari's kind. */
function deniedKey() {
  const agent = navigator.userAgent;
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1)) return "denied_safari";
  if (/Firefox\//.test(agent)) return "denied_firefox";
  if (/Chrome\/|Chromium\//.test(agent)) return "denied_chrome";
  return "denied_other";
}

offer({ "on-with-way": onWithWay, "open-camera": openCamera, "in-app": showInApp });
