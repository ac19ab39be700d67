"""Ways through the capture page in which a part of the browser is replaced: a socket that never opens or
falls silent, a server that says what a reviewer found. They need nothing of the server but an open link.
For check_capture.py; not a program by itself."""

import json
import time

from checked_page import expect
from capture_ways import times_rise

SOCKET_NEVER_OPENS = "window.WebSocket = class { close() {} };"
SOCKET_THROWS = "window.WebSocket = class { constructor() { throw new Error('blocked'); } };"

# Answers as the server would, with what `__guide` says for each picture; without an answer, it is silent.
SOCKET_OF_OUR_OWN = """
window.__frames = 0;
window.WebSocket = class {
  constructor(url) {
    this.readyState = 0;
    setTimeout(() => { this.readyState = 1; this.onopen(); }, 50);
  }
  send(data) {
    if (typeof data === 'string') { window.__first = data; return; }
    const said = __guide(__frames++);
    if (said) data.slice(0, 8).arrayBuffer().then(head => setTimeout(() => {
      const at = Number(new DataView(head).getBigUint64(0));
      if (this.onmessage) this.onmessage({data: JSON.stringify(Object.assign({at}, said))});
    }, 20));
  }
  close() { this.readyState = 3; }
};
"""
GUIDE = "const __guidance = {face: 'seen', advice: [], over: false, done: 0.1};"
SOCKET_FALLS_SILENT = SOCKET_OF_OUR_OWN + GUIDE + """
window.__guide = n => n < 6 ? Object.assign({asked: 'look', step: 0}, __guidance) : null;
"""
STEPS = [("look", 0), ("blink", 1), ("look", 2), ("blink", 3), ("blink", 4)]
SOCKET_REPEATS_A_STEP = SOCKET_OF_OUR_OWN + GUIDE + f"""
window.__steps = {json.dumps(STEPS)};
window.__guide = n => {{
  const [asked, step] = __steps[Math.min(Math.floor(n / 8), __steps.length - 1)];
  return Object.assign({{asked, step}}, __guidance);
}};
"""


def answers(**stubs):
    """A script that answers calls to these paths (with `_` for `/`) itself."""
    stubs = {"/v1/" + path.replace("_", "/"): body for path, body in stubs.items()}
    return f"""
const __stubs = {json.dumps(stubs)}, __fetch = window.fetch;
window.fetch = (path, more) => {{
  const stub = (!more || !more.method || more.method === 'GET') && __stubs[String(path).split('?')[0]];
  return stub ? Promise.resolve(new Response(JSON.stringify(stub), {{status: 200}})) : __fetch(path, more);
}};
"""


def decided(decision, **state):
    shown = {"number": 17, "outcome": "non_match", "title": "A title", "paragraphs": ["Some words."],
             "appeal": "none", "may_appeal": False, "review": None, **decision}
    operator = {"name": None, "contact": None, "purpose": None}
    return answers(capture_decision=shown, capture={
        "state": "decided", "purpose": "verify", "expires_in_s": 60, "operator": operator, "keep_days": 90,
        "attempts_left": 2, "review_days": 30, "read_only": False, "decision": shown, **state})


CONFIRMED = decided({"review": "confirmed", "appeal": "overturned"})
NOT_CONFIRMED = decided({"review": "not_confirmed", "appeal": "upheld"})
MAY_ASK_AGAIN = decided({"review": "not_confirmed", "may_appeal": True})
UNDER_REVIEW = decided({"appeal": "under_review"})
READ_ONLY = decided({"outcome": "undecided", "may_appeal": True}, read_only=True)


def shown(page, control):
    return page.run(f"(e => !!e && !e.hidden && e.offsetParent !== null)(document.getElementById('{control}'))")


def check_confirmed(page, w):
    text = page.screen("result")["text"]
    expect(w["review_confirmed"] in text and w["next_match"] in text, f"it is not told: {text[:200]!r}")
    expect(w["appeal_overturned"] not in text and w["next_non_match"] not in text, "it says two things")
    expect(not shown(page, "again"), "it offers another try")


def check_not_confirmed(page, w):
    text = page.screen("result")["text"]
    expect(w["review_not_confirmed"] in text and w["next_ask_people"] in text, f"it is not told: {text[:200]!r}")
    expect(w["appeal_upheld"] not in text and w["next_ask_again"] not in text, "it says two things")


def check_may_ask_again(page, w):
    text = page.screen("result")["text"]
    expect(w["review_not_confirmed"] in text and w["next_ask_again"] in text, f"it is not told: {text[:200]!r}")
    expect(shown(page, "may-appeal"), "it does not offer what it says")


def check_under_review(page, w):
    text = page.screen("result")["text"]
    expect(w["appeal_under_review"] in text and w["next_non_match"] in text, f"it is not told: {text[:200]!r}")


def check_read_only(page, w):
    page.screen("result")
    expect(not shown(page, "again"), "it offers another try")
    expect(shown(page, "may-appeal"), "it offers no appeal")


def check_photos(page, w):
    page.to_notice()
    expect(shown(page, "photos-ok"), "the page does not ask whether a person may see the photos")
    expect(not page.run("document.getElementById('photos-ok').checked"), "the box is marked already")
    page.run("document.getElementById('photos-ok').click()")
    page.press("agree")
    page.screen("ways")
    page.press("way-chosen")
    page.screen("camera")
    page.press("open-camera")
    page.screen("stage")
    page.press("start")
    page.until(lambda s: page.run("document.getElementById('asked').textContent") != "", "first step", 30)
    expect([w["photos_for_review"] for w in page.wishes()] == [True], f"what was asked: {page.wishes()}")
    page.press("stop")
    page.titled(w["abort_title"])


def check_http(page, w):
    page.to_live()
    keeps_to_http(page, w)


def keeps_to_http(page, w):
    end = time.time() + 15
    while len(page.frames()[1]) < 5 and time.time() < end:
        time.sleep(0.2)
    over, http = page.frames()
    expect(not over and len(http) >= 5, f"{len(over)} pictures over a socket, {len(http)} by HTTP")
    times_rise(page)
    expect(w["reconnecting"] not in page.state()["text"], "it speaks of a weak connection")
    page.press("stop")
    page.titled(w["abort_title"])


def check_silent_socket(page, w):
    page.to_live()
    end = time.time() + 20
    while not page.frames()[1] and time.time() < end:
        expect(w["reconnecting"] not in page.state()["text"], "it speaks of a weak connection")
        time.sleep(0.2)
    expect(json.loads(page.run("__first")) == {"link": page.token}, "the first message is not the link")
    expect(page.run("__frames") <= 8, f"{page.run('__frames')} pictures went into a silent socket")
    keeps_to_http(page, w)


def check_repeated_step(page, w):
    page.to_live()
    last = w["step"].replace("{n}", "4")
    page.until(lambda s: last in s["text"], "the last step", 30)
    seen = page.seen()
    expect(seen["shakes"] == len(STEPS), f"{seen['shakes']} signals for {len(STEPS)} steps")
    said = [words for words in seen["steps"] if w["ask_blink"] in words]
    expect(len(said) == 3, f"of three blinks, screen readers hear {said}")
    expect(said[-1] != said[-2], "the repeated step reads as the one before")
    page.press("stop")
    page.titled(w["abort_title"])
