// The camera: one question to the person, one stream, and pictures read from a canvas.

const video = document.getElementById("video");
const canvas = document.createElement("canvas");
let stream = null;
let ended = null;

/** Why no camera can be had here at all, or "" where it is worth asking. Only trying shows more: what
 *  `permissions.query` answers is wrong in several browsers. */
export function impossible() {
  if (!window.isSecureContext) return "insecure";
  // Apps that show pages in a view of their own often leave this out.
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return "in_app";
  return "";
}

/** Whether the browser calls itself the page view of some other app. Used only to choose the words after
 *  a refusal, never to turn anybody away. */
export function looksInApp() {
  return /FBAN|FBAV|Instagram|Line\/|MicroMessenger|TikTok|musical_ly|Snapchat|GSA\/|; wv\)/.test(navigator.userAgent);
}

const wishes = () => ({ facingMode: { ideal: "user" }, width: { ideal: 640 }, height: { ideal: 480 } });

function stopTracks() {
  if (stream) for (const track of stream.getTracks()) {
    track.onended = null;
    track.onmute = null;
    track.stop();
  }
  stream = null;
  video.srcObject = null;
}

async function ask(wanted) {
  try {
    return await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch (e) {
    if (e.name === "OverconstrainedError") return navigator.mediaDevices.getUserMedia({ video: true, audio: false });
    if (e.name === "NotReadableError" || e.name === "AbortError") {
      // Often the camera is still being let go, by this page or another. Once more, after a moment.
      stopTracks();
      await new Promise((resolve) => setTimeout(resolve, 800));
      return navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    }
    throw e;
  }
}

async function use(fresh) {
  stopTracks();
  stream = fresh;
  const track = stream.getVideoTracks()[0];
  track.onended = () => ended && ended();
  // A phone call mutes the camera on some phones without ending it; a short gap is no reason to stop.
  track.onmute = () => setTimeout(() => stream && track.muted && ended && ended(), 2500);
  video.srcObject = stream;
  const settings = track.getSettings ? track.getSettings() : {};
  document.body.classList.toggle("away", settings.facingMode === "environment");
  try {
    await video.play();
  } catch (e) {
    // Without a gesture some browsers wait; `autoplay` starts it as soon as they allow it.
  }
}

/** Opens the camera, or wakes the one already open: some phones ask the person again at every call. */
export async function open() {
  const track = stream && stream.getVideoTracks()[0];
  if (track && track.readyState === "live") {
    track.enabled = true;
    try {
      await video.play();
    } catch (e) {
      // As above.
    }
    return;
  }
  stopTracks();
  await use(await ask(wishes()));
}

/** Sends nothing and sees nothing, but keeps the permission. */
export function rest() {
  if (stream) for (const track of stream.getTracks()) track.enabled = false;
}

export const close = stopTracks;
export const isOpen = () => Boolean(stream && stream.getVideoTracks()[0].readyState === "live");
export function onEnded(what) {
  ended = what;
}

async function cameras() {
  try {
    return (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === "videoinput");
  } catch (e) {
    return [];
  }
}

/** Whether there is another camera to choose: the first may be infrared, covered or broken. */
export async function hasOthers() {
  return (await cameras()).length > 1;
}

export async function switchCamera() {
  const all = await cameras();
  const track = stream && stream.getVideoTracks()[0];
  const now = track && track.getSettings ? track.getSettings().deviceId : "";
  const next = all[(all.findIndex((d) => d.deviceId === now) + 1) % all.length];
  stopTracks();
  if (!next) return use(await ask(wishes()));
  const wanted = { deviceId: { exact: next.deviceId }, width: { ideal: 640 }, height: { ideal: 480 } };
  try {
    return await use(await ask(wanted));
  } catch (e) {
    return use(await ask(wishes()));
  }
}

/** Whether the canvas gives back what was drawn. Privacy tools add noise, answer white or fail, and then
 *  every frame would look forged. The colours are drawn in blocks, far from any rounding. */
export function canvasIsTrue() {
  const side = 16;
  const colours = [[200, 40, 90], [20, 160, 220], [128, 128, 128], [250, 240, 10]];
  const probe = document.createElement("canvas");
  probe.width = side * colours.length;
  probe.height = side;
  try {
    const c = probe.getContext("2d");
    colours.forEach((rgb, i) => {
      c.fillStyle = "rgb(" + rgb.join(",") + ")";
      c.fillRect(i * side, 0, side, side);
    });
    const data = c.getImageData(0, 0, probe.width, side).data;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < probe.width; x++) {
        const rgb = colours[Math.floor(x / side)];
        for (let k = 0; k < 3; k++) {
          // One level is what a browser against fingerprinting may add; it does no harm to a photo.
          if (Math.abs(data[(y * probe.width + x) * 4 + k] - rgb[k]) > 3) return false;
        }
      }
    }
    return true;
  } catch (e) {
    return false;
  }
}

/** Light before the start: "good", "low", "high", "behind", or "" while there is no picture. It looks at
 *  the middle, where the face is, against the rim. The bounds are wide, for dark skin in good light is not
 *  a dark picture; and it is only ever advice. */
export function light() {
  const w = 32;
  const h = 24;
  if (!video.videoWidth) return "";
  const small = document.createElement("canvas");
  small.width = w;
  small.height = h;
  let data;
  try {
    const c = small.getContext("2d");
    c.drawImage(video, 0, 0, w, h);
    data = c.getImageData(0, 0, w, h).data;
  } catch (e) {
    return "";
  }
  const sum = { face: 0, faceCount: 0, rim: 0, rimCount: 0 };
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const i = (y * w + x) * 4;
      const luma = 0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2];
      const dx = (x + 0.5 - w / 2) / (w * 0.22);
      const dy = (y + 0.5 - h / 2) / (h * 0.36);
      const part = dx * dx + dy * dy <= 1 ? "face" : "rim";
      sum[part] += luma;
      sum[part + "Count"]++;
    }
  }
  const face = sum.face / sum.faceCount;
  const rim = sum.rim / sum.rimCount;
  if (face > 225) return "high";
  if (rim - face > 90 && face < 90) return "behind";
  if (face < 35) return "low";
  return "good";
}

/** Calls `each(now)` once for every new picture of the video, and gives back what stops it. A timer alone
 *  would see the same picture twice in dim light, when cameras slow down. */
export function everyPicture(each) {
  let on = true;
  let last = -1;
  if (video.requestVideoFrameCallback) {
    const seen = (now, about) => {
      if (!on) return;
      if (about.presentedFrames !== last) {
        last = about.presentedFrames;
        each(now);
      }
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  } else {
    const look = (now) => {
      if (!on) return;
      if (video.currentTime !== last && video.readyState >= 2) {
        last = video.currentTime;
        each(now);
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }
  return () => {
    on = false;
  };
}

/** Draws the picture now shown, `width` wide and not mirrored. Must be called from `everyPicture`. */
export function draw(width) {
  if (!video.videoWidth) return false;
  const height = Math.round((video.videoHeight * width) / video.videoWidth);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.getContext("2d", { alpha: false }).drawImage(video, 0, 0, width, height);
  return true;
}

const LARGEST = 200 * 1024;

/** The drawn picture as JPEG, in a lower quality where it would be too large for the server. */
export async function jpeg() {
  for (const quality of [0.8, 0.6, 0.4]) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob && blob.size <= LARGEST) return blob;
  }
  return null;
}
