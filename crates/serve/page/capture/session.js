// One session in front of the camera: asks for a place, sends pictures, tells what comes back.

import { call, patient, pause, json, PATIENCE_MS } from "./calls.js";
import { everyPicture, draw, jpeg } from "./camera.js";
import { openLine } from "./socket.js";

const AT_ONCE = 2;
const CAMERA_SILENT_MS = 10000;
// One picture that did not work, or that a later one overtook, says nothing about the next.
const SKIPPED = ["too_late", "corrupt", "limit_exceeded"];

/** Asks for a session until there is a place. `waiting(place)` hears of the line; `wanted()` says whether
 *  to go on asking. Gives null when it is no longer wanted. */
export async function place(wish, waiting, wanted, trouble) {
  while (wanted()) {
    const answer = await patient("POST", "/v1/capture/session", json(wish), trouble);
    if (answer.status !== 202) {
      if (wanted()) return answer.body;
      abort(answer.body.session);
      return null;
    }
    waiting(answer.body.place);
    await pause(Math.min(Math.max(answer.after, 1), 30) * 1000);
  }
  return null;
}

const path = (session) => "/v1/capture/session/" + encodeURIComponent(session);

/** Ends a session that is not to count. Nobody waits for the answer: the page may be going away. */
export function abort(session) {
  call("DELETE", path(session), { keepalive: true }).catch(() => {});
}

/** Sends pictures until the server says that it is over. `hears` has: guide(answer), trouble(bool),
 *  over(), failed(refusal). Gives back what stops it. */
export function send(session, hears) {
  const width = session.width || 640;
  let gap = 1000 / (session.frames_per_s || 10);
  let on = true;
  let busy = 0;
  let encoding = false;
  let first = null;
  let at = 0;
  let newestAnswer = -1;
  let lastDrawn = -Infinity;
  let seen = Date.now();
  // A connection in trouble: since when, and how long to wait before the next picture.
  let since = 0;
  let wait = 0;
  let notBefore = 0;

  // The socket, where there is one; without one, or once it fails, pictures go by HTTP to the end.
  let line = null;
  let opening = true;
  openLine(session.socket).then((opened) => {
    opening = false;
    if (on) line = opened;
    else if (opened) opened.close();
  });

  const carry = async (body, when) => {
    if (line) return line.send(body, when);
    const answer = await call("POST", path(session.session) + "/frame?at=" + when,
      { body, type: "image/jpeg", timeout: 8000 });
    return answer.body;
  };

  const end = (what, with_) => {
    if (!on) return;
    on = false;
    clearInterval(watch);
    if (line) line.close();
    stopPictures();
    if (what) hears[what](with_);
  };

  const sendOne = async (when) => {
    busy++;
    try {
      // One picture is made at a time, so that pictures leave in the order in which they were taken.
      encoding = true;
      const body = await jpeg();
      encoding = false;
      if (!body || !on) return;
      const answer = await carry(body, when);
      if (!on) return;
      if (since) {
        since = 0;
        wait = 0;
        notBefore = 0;
        hears.trouble(false);
      }
      if (answer.over) return end("over");
      // Two are under way, so an older answer may come after a newer one; the person hears the newest.
      if (when >= newestAnswer) {
        newestAnswer = when;
        hears.guide(answer);
      }
    } catch (e) {
      if (!on) return;
      if (e.kind === "no_line") {
        // No trouble yet, and nothing to tell: pictures go another way. The one that was under way is old.
        line = null;
      } else if (e.kind === "lost" || e.kind === "busy") {
        const now = Date.now();
        if (!since) {
          since = now;
          hears.trouble(true);
        } else if (now - since > PATIENCE_MS) {
          return end("failed", e);
        }
        if (now >= notBefore) {
          wait = Math.min(wait ? wait * 2 : 500, 4000);
          notBefore = now + wait;
        }
      } else if (e.kind === "too_fast") {
        gap = Math.min(gap * 1.5, 1000);
        notBefore = Date.now() + Math.max(e.after * 1000, gap);
      } else if (!SKIPPED.includes(e.kind) && ![400, 413, 415].includes(e.status)) {
        end("failed", e);
      }
    } finally {
      busy--;
    }
  };

  const stopPictures = everyPicture((now) => {
    // Pictures that cannot go now are dropped: an old picture says nothing about now. While the
    // connection is in trouble, one at a time tries it.
    seen = Date.now();
    if (!on || opening || encoding || busy >= (since ? 1 : AT_ONCE) || Date.now() < notBefore) return;
    // Cameras do not keep exact time; without the slack a camera of 10 pictures a second would send 5.
    if (now - lastDrawn < gap * 0.9) return;
    if (!draw(width)) return;
    lastDrawn = now;
    if (first === null) first = now;
    // Clocks may be coarse or step back; what is sent never falls.
    at = Math.max(at, Math.round(now - first));
    sendOne(at);
  });

  // Some cameras stop without a word.
  const watch = setInterval(() => {
    if (Date.now() - seen > CAMERA_SILENT_MS) end("failed", { kind: "camera" });
  }, 1000);

  return () => end(null);
}

/** Asks for the outcome. */
export async function finish(session, lang, trouble) {
  const answer = await patient("POST", path(session) + "/finish?lang=" + lang, { timeout: 30000 }, trouble);
  return answer.body;
}
