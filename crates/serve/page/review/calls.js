// The calls to the server. Who is signed in is in a cookie that no script can read; the header tells the
// server that this page asks, and not a form of some other page.

const LONGEST_MS = 20000;

/** What the server refused, or `lost` where no answer came. */
export class Refusal extends Error {
  constructor(kind, status) {
    super(kind);
    this.kind = kind;
    this.status = status;
  }
}

/** One request. `more`: body (sent as JSON), headers. */
async function call(method, path, more) {
  const o = more || {};
  const headers = Object.assign({ "x-evenmatch": "desk" }, o.headers);
  if (o.body) headers["content-type"] = "application/json";
  const stopper = new AbortController();
  const timer = setTimeout(() => stopper.abort(), LONGEST_MS);
  try {
    const answer = await fetch("/v1/review/" + path, {
      method, headers, body: o.body && JSON.stringify(o.body), signal: stopper.signal,
      cache: "no-store", credentials: "same-origin", referrerPolicy: "no-referrer",
    });
    if (!answer.ok) {
      const said = await answer.json().catch(() => ({}));
      throw new Refusal((said.error && said.error.kind) || "error", answer.status);
    }
    return answer.status === 204 ? null : await answer.json();
  } catch (e) {
    if (e instanceof Refusal) throw e;
    throw new Refusal("lost", 0);
  } finally {
    clearTimeout(timer);
  }
}

export function signIn(key) {
  // A header takes only such characters; what has others is no key, and `fetch` would fail as if offline.
  if (!/^[\x21-\x7e]+$/.test(key)) return Promise.reject(new Refusal("no_key", 401));
  return call("POST", "session", { headers: { authorization: "Bearer " + key } });
}

export const signOut = () => call("DELETE", "session");
export const me = () => call("GET", "me");

/** The cases after a number, oldest first. */
export function list(closedToo, after) {
  const query = new URLSearchParams();
  if (closedToo) query.set("all", "1");
  if (after) query.set("after", String(after));
  const asked = query.toString();
  return call("GET", "cases" + (asked ? "?" + asked : ""));
}

/** Opens a case. The server records it. */
export const look = (number) => call("POST", "cases/" + number + "/look?lang=en");

export const judge = (number, judgement) =>
  call("POST", "cases/" + number + "/judgement?lang=en", { body: judgement });
