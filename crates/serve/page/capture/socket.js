// Pictures over a WebSocket: one connection for the whole session, where HTTP needs a request for each
// picture. It is a help only: proxies block it, and connections die without a word, so whoever uses it
// must be ready to go on without it.

import { proof, Refusal } from "./calls.js";

const OPEN_MS = 3000;
const SILENT_MS = 4000;
const HEAD_BYTES = 8;

function address(path) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** Eight bytes, the most significant first. JavaScript's shifts end at 32 bits, hence two halves. */
function head(at) {
  const view = new DataView(new ArrayBuffer(HEAD_BYTES));
  view.setUint32(0, Math.floor(at / 0x100000000));
  view.setUint32(4, at % 0x100000000);
  return view.buffer;
}

/** Opens the socket at `path`. Gives null where there is none, or none in time. */
export function openLine(path) {
  return new Promise((resolve) => {
    let socket;
    if (!path || !window.WebSocket) return resolve(null);
    try {
      socket = new WebSocket(address(path));
    } catch (e) {
      return resolve(null);
    }
    const give = (line) => {
      clearTimeout(late);
      socket.onopen = null;
      if (!line) {
        socket.onclose = null;
        socket.close();
      }
      resolve(line);
    };
    const late = setTimeout(() => give(null), OPEN_MS);
    socket.onclose = () => give(null);
    socket.onopen = () => {
      const line = lineOver(socket);
      socket.send(proof());
      give(line);
    };
  });
}

/** The line over an open socket. `send(jpeg, at)` gives the server's answer, or fails as a call does; it
 *  fails with `no_line` where the line is dead, and it is dead then for good. */
function lineOver(socket) {
  // Answers come in the order of the pictures, so the oldest picture waits for the next answer.
  const waiting = [];
  let silence = 0;
  let dead = false;

  const die = () => {
    dead = true;
    clearTimeout(silence);
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
    for (const picture of waiting.splice(0)) picture.fail(new Refusal("no_line", 0, 0));
  };
  const listen = () => {
    clearTimeout(silence);
    if (waiting.length) silence = setTimeout(die, SILENT_MS);
  };

  socket.onclose = die;
  socket.onmessage = (event) => {
    let said;
    try {
      said = JSON.parse(event.data);
    } catch (e) {
      return die();
    }
    // What belongs to no picture is a refusal of the line itself: HTTP says the reason again.
    if (!waiting.length || said.at !== waiting[0].at) return die();
    const picture = waiting.shift();
    listen();
    if (said.error) picture.fail(new Refusal(said.error.kind || "error", 0, 0));
    else picture.done(said);
  };

  return {
    send: (jpeg, at) => new Promise((done, fail) => {
      if (dead || socket.readyState !== 1) return fail(new Refusal("no_line", 0, 0));
      waiting.push({ at, done, fail });
      if (waiting.length === 1) listen();
      socket.send(new Blob([head(at), jpeg]));
    }),
    close: die,
  };
}
