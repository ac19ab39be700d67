// The calls to the server: always the page's own origin, always with the link's token.

const KEEP = "evenmatch-link";
// A weak connection gets this long to come back before the page gives up.
export const PATIENCE_MS = 25000;

let token = "";

/** Takes the token from the address, or, after a reload that lost it, from this tab's memory. The address
 *  keeps it: an in-app browser hands exactly this address on when told to open it elsewhere. */
export function readToken() {
  token = decodeURIComponent(location.hash.slice(1)).trim();
  try {
    if (token) sessionStorage.setItem(KEEP, token);
    else token = sessionStorage.getItem(KEEP) || "";
  } catch (e) {
    // Storage may be blocked; the address is enough.
  }
  return token;
}

export function link() {
  return location.origin + "/capture#" + encodeURIComponent(token);
}

/** The first words over a socket, which has no headers: the link. */
export const proof = () => JSON.stringify({ link: token });

/** What the server refused, or `lost` where no answer came. */
export class Refusal extends Error {
  constructor(kind, status, after) {
    super(kind);
    this.kind = kind;
    this.status = status;
    this.after = after;
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** One request. `options`: body, type, headers, timeout, keepalive, as ("json" or "text"). */
export async function call(method, path, options) {
  const o = options || {};
  const headers = Object.assign({ authorization: "Link " + token }, o.headers);
  if (o.type) headers["content-type"] = o.type;
  const stopper = new AbortController();
  const timer = setTimeout(() => stopper.abort(), o.timeout || 10000);
  try {
    const answer = await fetch(path, {
      method, headers, body: o.body, signal: stopper.signal, keepalive: o.keepalive === true,
      cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer",
    });
    const after = Number(answer.headers.get("retry-after")) || 0;
    if (!answer.ok) {
      const said = await answer.json().catch(() => ({}));
      const kind = (said.error && said.error.kind) || "";
      // A proxy without the server behind it answers 502 to 504: for the applicant, that is a lost connection.
      const lost = answer.status >= 502 && answer.status <= 504 && !kind;
      throw new Refusal(lost ? "lost" : kind || "error", answer.status, after);
    }
    if (answer.status === 204) return { status: 204, after, body: null };
    const body = o.as === "text" ? await answer.text() : await answer.json();
    return { status: answer.status, after, body };
  } catch (e) {
    if (e instanceof Refusal) throw e;
    throw new Refusal("lost", 0, 0);
  } finally {
    clearTimeout(timer);
  }
}

/** As `call`, but a lost connection is tried again, ever more slowly, before giving up. `trouble` is told
 *  with true when trying again begins and with false when it is over. */
export async function patient(method, path, options, trouble) {
  const until = Date.now() + PATIENCE_MS;
  let wait = 500;
  let told = false;
  for (;;) {
    try {
      const answer = await call(method, path, options);
      if (told) trouble(false);
      return answer;
    } catch (e) {
      if (e.kind !== "lost" || Date.now() + wait > until) throw e;
      if (!told && trouble) {
        told = true;
        trouble(true);
      }
      await pause(wait);
      wait = Math.min(wait * 2, 4000);
    }
  }
}

export const json = (value) => ({ body: JSON.stringify(value), type: "application/json" });
