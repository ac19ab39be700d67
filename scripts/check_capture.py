#!/usr/bin/env python3
"""Opens the capture page in headless Chromium and goes the ways that applicants go.

    scripts/check_capture.py --base http://127.0.0.1:8099 --link-match TOKEN [--video FILE.y4m]
        [--link-undecided TOKEN] [--link-enrol TOKEN] [--link-expired TOKEN] [--link-open TOKEN]
        [--link-weak TOKEN] [--link-lost TOKEN] [--link-hidden TOKEN] [--link-denied TOKEN]
        [--link-waiting TOKEN] [--shots FOLDER] [--insecure] [--only NAME]

It checks: from the link over consent and the session to the result; appeal, what is held and the receipt;
a refused and a missing camera; a connection that comes back and one that does not; an old link; Arabic at
360 pixels; twice the size; names for screen readers; sizes of what is touched; that no camera is asked
for before consent; that a hidden tab ends the session; and always: nothing on the console, no request to
another origin, no breach of the content security policy. A check whose link is not given is left out, and
says so. Links are used up by match, undecided and enrol; the others only need to be open (one link may
serve several of them). --video is played by the camera (Y4M); without it, Chromium's own test picture.

It needs Chromium (set CHROMIUM to choose the program) and installs nothing: without a browser, it says
so and exits with 0. It talks to the browser over the debugging pipe, so it needs no package.
"""

import argparse
import base64
import json
import os
import pathlib
import shutil
import ssl
import sys
import tempfile
import time
import urllib.request
from urllib.parse import urlsplit

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from check_report import Browser  # noqa: E402

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# The headless shell is left out: it refuses cameras.


# What the browser's end raises, and a check that is not met.
Failed = RuntimeError


def browser_with(program, profile, camera, video, insecure):
    """A browser whose camera plays this video, is refused, or is not there."""
    flags = ["--mute-audio", "--use-fake-ui-for-media-stream" + ("=deny" if camera == "denied" else "")]
    if camera != "none":
        flags.append("--use-fake-device-for-media-stream")
        if video:
            flags.append(f"--use-file-for-fake-video-capture={pathlib.Path(video).resolve()}")
    if insecure:
        flags.append("--ignore-certificate-errors")
    return Browser(program, profile, *flags, patience=30)


# Put into the page before its own scripts: what it asks of the camera and when, and breaches of policy.
WATCH = """
window.__seen = {camera: [], policy: [], agreed: false, titles: []};
if (navigator.mediaDevices) {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wanted) => {
    __seen.camera.push({wanted: JSON.stringify(wanted), agreed: __seen.agreed});
    return real(wanted);
  };
}
addEventListener('securitypolicyviolation', e => __seen.policy.push(e.violatedDirective + ' ' + e.blockedURI));
addEventListener('click', e => {
  if (e.target.closest && e.target.closest('[data-do=agree]')) __seen.agreed = true;
}, true);
"""

STATE = """JSON.stringify((() => {
  const open = [...document.querySelectorAll('[data-screen]')].filter(s => !s.hidden);
  const h1 = open.length ? open[0].querySelector('h1') : null;
  return {screen: open.map(s => s.dataset.screen).join('+'), title: h1 ? h1.textContent : '',
    focused: h1 !== null && document.activeElement === h1,
    levels: open.length ? [...open[0].querySelectorAll('h1,h2,h3,h4')].filter(h => h.offsetParent).map(h => +h.tagName[1]) : [],
    text: open.length ? open[0].innerText : ''};
})())"""

# What is wider than the window, smaller than a finger, or hides a part of itself.
MEASURE = """JSON.stringify((() => {
  const out = [], wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) out.push('scrolls sideways: ' + document.documentElement.scrollWidth + ' > ' + wide);
  for (const e of document.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect();
    if (!box.width || e.closest('svg') && e.tagName !== 'svg') continue;
    if (box.right > wide + 1 || box.left < -1) out.push('is cut off: ' + e.tagName + ' ' + (e.id || e.textContent.trim().slice(0, 30)));
    if (e.matches('button, select, textarea, input:not([type=radio]):not([type=checkbox]), .choices label') && (box.height < 44 || box.width < 44))
      out.push('is too small to touch: ' + e.tagName + ' ' + (e.id || e.textContent.trim().slice(0, 30)) + ' ' + box.width + 'x' + box.height);
  }
  return out.slice(0, 8);
})())"""


class Page:
    def __init__(self, browser, options, token, lang="en", width=360, height=740, font=None):
        self.browser, self.options, self.token = browser, options, token
        self.base = options.base.rstrip("/")
        self.context = browser.call("Target.createBrowserContext")["browserContextId"]
        self.target = browser.call("Target.createTarget", url="about:blank",
                                   browserContextId=self.context)["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime", "Accessibility", "DOM"):
            self.call(f"{domain}.enable")
        agent = browser.call("Browser.getVersion")["userAgent"].replace("Headless", "")
        self.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=lang)
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=True)
        self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        browser.events.clear()
        self.sent, self.problems, self.offline = [], [], False
        self.call("Page.navigate", url=f"{self.base}/capture#{token}")
        if font:
            self.until(lambda s: s["screen"] not in ("", "loading"), "a first screen")
            self.run(f"document.documentElement.style.fontSize = '{font}'")

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def run(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, userGesture=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise Failed(f"{expression[:80]}: {json.dumps(answer['exceptionDetails'])[:300]}")
        return answer["result"].get("value")

    def state(self):
        state = json.loads(self.run(STATE))
        self.sort_events()
        return state

    def sort_events(self):
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            method, params = event.get("method"), event.get("params", {})
            if method == "Network.requestWillBeSent":
                request = params["request"]
                self.sent.append((request["method"], request["url"]))
                url = request["url"]
                if not url.startswith((self.base + "/", "data:", f"blob:{self.base}")):
                    self.problems.append(f"a request to another origin: {url[:80]}")
                if self.token in url.split("#")[0]:
                    self.problems.append(f"the token is in an address: {url[:80]}")
            elif method == "Log.entryAdded":
                entry = params["entry"]
                # That an answer was not 2xx is the browser's own note, and expected where the page meets one.
                if entry["source"] != "network":
                    self.problems.append(f"console: {entry['text'][:200]}")
            elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                self.problems.append(f"console: {json.dumps(params['args'])[:200]}")
            elif method == "Runtime.exceptionThrown":
                self.problems.append(f"script: {json.dumps(params['exceptionDetails'])[:300]}")
        self.browser.events.clear()

    def until(self, good, what, timeout=15):
        end = time.time() + timeout
        while True:
            state = self.state()
            if good(state):
                return state
            if time.time() > end:
                raise Failed(f"no {what} after {timeout} s; the page shows {state['screen']}: "
                             f"{state['text'][:120]!r}")
            time.sleep(0.15)

    def screen(self, name, timeout=15):
        state = self.until(lambda s: s["screen"] == name, f"screen {name}", timeout)
        self.look(name, state)
        return state

    def titled(self, words, timeout=15):
        state = self.until(lambda s: s["title"] == words, f"title {words!r}", timeout)
        self.look(state["screen"] + "-" + "".join(c for c in words[:24] if c.isalnum()), state)
        return state

    def look(self, name, state):
        """What must hold on every screen."""
        if not state["focused"]:
            self.problems.append(f"{name}: the focus is not on the heading")
        before = 0
        for level in state["levels"]:
            if level > before + 1:
                self.problems.append(f"{name}: heading {level} follows heading {before}")
            before = level
        if state["levels"].count(1) != 1:
            self.problems.append(f"{name}: {state['levels'].count(1)} main headings")
        self.problems += [f"{name}: {p}" for p in json.loads(self.run(MEASURE))]
        self.shot(name)

    def shot(self, name):
        if self.options.shots:
            data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
            lang = self.run("document.documentElement.lang")
            width = self.run("innerWidth")
            file = pathlib.Path(self.options.shots) / f"{width}-{lang}-{self.token.split('.')[0]}-{name}.png"
            file.write_bytes(base64.b64decode(data))

    def press(self, do):
        found = self.run(f"(() => {{ const b = document.querySelector('[data-screen]:not([hidden]) [data-do=\"{do}\"]');"
                         "if (!b || b.hidden || b.disabled) return false; b.click(); return true; })()")
        if not found:
            raise Failed(f"there is no button {do} on {self.state()['screen']}")

    def press_action(self, number):
        self.run(f"document.querySelectorAll('#message-actions button')[{number}].click()")

    def names(self, where):
        """Every control and picture must have a name for screen readers."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        wanted = {"button", "link", "textbox", "combobox", "radio", "checkbox", "progressbar", "image", "img",
                  "Video", "video", "progressIndicator", "ComboBoxSelect", "group", "radiogroup", "heading"}
        count = 0
        for node in nodes:
            role = node.get("role", {}).get("value")
            if node.get("ignored") or role not in wanted:
                continue
            count += 1
            if not node.get("name", {}).get("value", "").strip():
                self.problems.append(f"{where}: a {role} has no name")
        if not count:
            self.problems.append(f"{where}: the accessibility tree is empty")

    def to_camera(self, way="move"):
        self.screen("language")
        self.press("language-chosen")
        self.screen("notice")
        self.press("agree")
        self.screen("ways")
        self.run(f"document.querySelector('input[name=way][value={way}]').click()")
        self.press("way-chosen")

    def to_stage(self, way="move"):
        self.to_camera(way)
        self.screen("camera")
        if json.loads(self.run("JSON.stringify(__seen.camera)")):
            raise Failed("the camera was asked for before its button was pressed")
        self.press("open-camera")
        self.screen("stage")
        self.until(lambda s: self.run("document.getElementById('video').videoWidth") > 0, "picture")

    def to_live(self, way="move"):
        self.to_stage(way)
        self.press("start")
        self.until(lambda s: self.run("document.getElementById('asked').textContent") != "", "first step", 30)
        self.look("live", self.state())

    def frames(self):
        self.sort_events()
        return [url for method, url in self.sent if method == "POST" and "/frame?at=" in url]

    def finish(self):
        """Whatever the check was: the policy, the camera and the console."""
        try:
            seen = json.loads(self.run("JSON.stringify(__seen)"))
            self.problems += [f"policy: {p}" for p in seen["policy"]]
            self.problems += ["the camera was asked for before consent" for c in seen["camera"] if not c["agreed"]]
            self.sort_events()
        finally:
            self.browser.call("Target.disposeBrowserContext", browserContextId=self.context)
        if self.problems:
            raise Failed("; ".join(self.problems[:6]))


def words(options, lang):
    context = ssl._create_unverified_context() if options.insecure else None
    with urllib.request.urlopen(f"{options.base.rstrip('/')}/texts/{lang}.json", context=context) as answer:
        return json.load(answer)


def expect(good, what):
    if not good:
        raise Failed(what)


def times_rise(page):
    times = [int(url.split("at=")[1]) for url in page.frames()]
    expect(len(times) > 3, f"only {len(times)} pictures were sent")
    expect(times == sorted(times), f"times fall: {times}")


# --- The checks: each takes an opened page and the words in its language ---

def check_match(page, w):
    page.to_live()
    page.until(lambda s: s["screen"] == "result", "result", 90)
    state = page.screen("result")
    expect(w["next_match"] in state["text"], f"not a match: {state['text'][:200]!r}")
    times_rise(page)
    expect(len(json.loads(page.run("JSON.stringify(__seen.camera)"))) == 1, "more than one getUserMedia")
    expect(page.run("document.getElementById('video').srcObject === null"), "the camera is still open")


def check_undecided(page, w):
    page.to_live("still")
    page.until(lambda s: s["screen"] == "result", "result", 90)
    state = page.screen("result")
    expect(w["next_undecided"] in state["text"], f"not undecided: {state['text'][:200]!r}")
    page.names("result")
    page.press("appeal")
    page.screen("appeal")
    page.names("appeal")
    page.run("document.getElementById('note').value = 'My hair was longer.'")
    page.press("send-appeal")
    page.until(lambda s: w["appeal_open"] in s["text"], "open appeal")
    page.look("result-appealed", page.state())
    page.press("held")
    page.screen("held")
    page.press("delete")
    page.titled(w["delete_title"])
    page.press_action(0)
    page.screen("result")
    # Opened again, the link leads to its result.
    page.call("Page.reload")
    page.until(lambda s: s["screen"] == "result", "result after a reload")


def check_delete(page, w):
    page.screen("language")
    page.press("language-chosen")
    page.screen("notice")
    page.press("held")
    page.screen("held")
    page.press("return")
    page.screen("notice")
    page.press("held")
    page.screen("held")
    page.press("delete")
    page.titled(w["delete_title"])
    page.press_action(1)
    page.titled(w["deleted_title"])
    page.names("deleted")
    with tempfile.TemporaryDirectory() as folder:
        page.browser.call("Browser.setDownloadBehavior", behavior="allow", browserContextId=page.context,
                          downloadPath=folder)
        page.press_action(0)
        end = time.time() + 10
        while not list(pathlib.Path(folder).glob("*.json")):
            expect(time.time() < end, "the receipt was not saved")
            time.sleep(0.2)
        time.sleep(0.3)
        json.loads(next(pathlib.Path(folder).glob("*.json")).read_text())


def check_enrol(page, w):
    page.to_live()
    page.until(lambda s: s["title"] == w["enrolled_title"], "registration", 90)
    page.screen("result")


def check_refuse(page, w):
    page.screen("language")
    page.press("language-chosen")
    page.screen("notice")
    page.press("refuse")
    page.titled(w["no_title"])
    expect(not [u for m, u in page.sent if m == "POST"], "something was sent")
    page.press_action(0)
    page.screen("notice")


def check_expired(page, w):
    page.titled(w["link_expired_title"])


def check_used(page, w):
    page.titled(w["link_used_title"])


def check_unknown(page, w):
    page.titled(w["unknown_link_title"])


def check_denied(page, w):
    page.to_camera()
    page.screen("camera")
    page.press("open-camera")
    page.titled(w["denied_title"])
    page.names("denied")
    page.press_action(1)
    page.screen("photo")
    page.names("photo")
    page.press("send-photo")
    page.until(lambda s: w["photo_none"] in s["text"], "words on the missing photo")


def check_no_camera(page, w):
    page.to_camera()
    page.screen("camera")
    page.press("open-camera")
    page.titled(w["none_title"])
    expect(page.run("document.getElementById('link').value").endswith("#" + page.token), "no link to copy")


def go_offline(page, offline):
    page.call("Network.emulateNetworkConditions", offline=offline, latency=0, downloadThroughput=-1,
              uploadThroughput=-1)


def check_weak(page, w):
    page.to_live()
    go_offline(page, True)
    page.until(lambda s: w["reconnecting"] in s["text"], "words on the weak connection", 15)
    page.look("live-weak", page.state())
    time.sleep(3)
    go_offline(page, False)
    page.until(lambda s: s["screen"] != "stage", "end of the session", 90)
    page.until(lambda s: s["screen"] == "result", "result", 20)


def check_lost(page, w):
    page.to_live()
    begun = time.time()
    go_offline(page, True)
    page.titled(w["lost_title"], 60)
    expect(time.time() - begun >= 20, f"gave up after {time.time() - begun:.0f} s")
    go_offline(page, False)
    page.press_action(0)
    page.screen("stage", 30)
    expect(len(json.loads(page.run("JSON.stringify(__seen.camera)"))) == 1, "the camera was asked for again")


def check_hidden(page, w):
    page.to_live()
    other = page.browser.call("Target.createTarget", url="about:blank", browserContextId=page.context)["targetId"]
    page.browser.call("Target.activateTarget", targetId=other)
    time.sleep(1)
    really = page.run("document.hidden")
    if not really:
        # This browser shows all its tabs: tell the page what another would.
        page.run("Object.defineProperty(document, 'hidden', {get: () => true, configurable: true});"
                 "document.dispatchEvent(new Event('visibilitychange')); delete document.hidden")
    page.browser.call("Target.closeTarget", targetId=other)
    page.browser.call("Target.activateTarget", targetId=page.target)
    state = page.titled(w["abort_title"])
    expect(w["abort_hidden"] in state["text"], "it does not say why")
    expect(any(m == "DELETE" and "/v1/capture/session/" in u for m, u in page.sent), "the session was not ended")
    page.press_action(0)
    page.screen("stage")
    page.press("start")
    page.until(lambda s: page.run("document.getElementById('asked').textContent") != "", "new first step", 30)
    page.press("stop")
    page.until(lambda s: w["abort_stopped"] in s["text"], "words on Stop")
    expect(len(json.loads(page.run("JSON.stringify(__seen.camera)"))) == 1, "the camera was asked for again")


def check_turned(page, w):
    page.to_live()
    page.call("Emulation.setDeviceMetricsOverride", width=740, height=360, deviceScaleFactor=1, mobile=True,
              screenOrientation={"type": "landscapePrimary", "angle": 90})
    state = page.titled(w["abort_title"])
    expect(w["abort_turned"] in state["text"], "it does not say why")


def check_waiting(page, w):
    page.to_stage()
    page.press("start")
    page.until(lambda s: w["wait_body"] in s["text"], "place in the line", 10)
    page.look("stage-waiting", page.state())
    page.until(lambda s: page.run("document.getElementById('asked').textContent") != "", "first step", 60)


def check_canvas(page, w):
    page.to_camera()
    page.screen("camera")
    page.run("CanvasRenderingContext2D.prototype.getImageData = function (x, y, w, h) "
             "{ return new ImageData(w, h); }; 1")
    page.press("open-camera")
    page.titled(w["canvas_title"])


def check_in_app(page, w):
    page.to_camera()
    page.screen("camera")
    page.run("navigator.mediaDevices.getUserMedia = () => Promise.reject(new TypeError('no')); 1")
    page.press("open-camera")
    page.titled(w["inapp_title"])
    page.names("in app")


def check_photo(page, w):
    page.to_camera("photo")
    page.screen("photo")
    # A small photo, made by the browser itself.
    made = page.run("new Promise(done => { const c = document.createElement('canvas'); c.width = 640; c.height = 480;"
                    "c.getContext('2d').fillRect(0, 0, 99, 99); c.toBlob(b => { const r = new FileReader();"
                    "r.onload = () => done(r.result); r.readAsDataURL(b); }, 'image/jpeg'); })")
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(base64.b64decode(made.split(",")[1]))
        file.flush()
        root = page.call("DOM.getDocument")["root"]["nodeId"]
        node = page.call("DOM.querySelector", nodeId=root, selector="#photo")["nodeId"]
        page.call("DOM.setFileInputFiles", files=[file.name], nodeId=node)
        page.until(lambda s: not page.run("document.getElementById('photo-shown').hidden"), "the photo shown")
        page.names("photo chosen")
        page.press("send-photo")
        page.screen("result", 60)


def parade(page, names):
    """Every screen of the page, one after the other, as far as its words are fixed."""
    for name in json.loads(page.run("JSON.stringify([...document.querySelectorAll('[data-screen]')].map(s => s.dataset.screen))")):
        page.run(f"document.querySelectorAll('[data-screen]').forEach(s => {{ s.hidden = s.dataset.screen !== {name!r}; }})")
        page.problems += [f"{name}: {p}" for p in json.loads(page.run(MEASURE))]
        page.shot(f"parade-{name}")
        if names and name not in ("loading", "stage", "message", "result", "photo"):
            page.names(name)


def check_arabic(page, w):
    page.screen("language")
    expect(page.run("document.documentElement.dir") == "rtl", "the page does not run from right to left")
    expect(page.run("document.documentElement.lang") == "ar", "the language is not set")
    page.press("language-chosen")
    page.screen("notice")
    page.press("agree")
    page.screen("ways")
    page.press("way-chosen")
    page.screen("camera")
    page.press("open-camera")
    page.screen("stage")
    page.press("start")
    page.until(lambda s: s["text"].find(w["ask_turn_left"]) >= 0 or page.run(
        "document.getElementById('asked').textContent") != "", "first step", 30)
    time.sleep(2.5)
    page.look("live", page.state())
    page.names("live")
    # Left stays left: the drawing is not turned over with the direction of the writing.
    expect(page.run("getComputedStyle(document.getElementById('drawing')).transform") == "none", "the drawing is turned")
    page.press("stop")
    page.titled(w["abort_title"])
    # The language may change on any screen.
    page.run("(s => { s.value = 'fr'; s.dispatchEvent(new Event('change')); })(document.getElementById('language'))")
    page.until(lambda s: page.run("document.documentElement.lang + document.documentElement.dir") == "frltr", "French")


def check_narrow(page, w):
    page.screen("language")
    parade(page, False)


def check_names(page, w):
    page.screen("language")
    page.names("language")
    page.press("language-chosen")
    page.screen("notice")
    parade(page, True)


# Name, link, camera, language, width and the size of the font, check. A link may serve several checks.
CHECKS = [
    ("match", "match", "works", "en", {}, check_match),
    ("undecided, appeal, held", "undecided", "works", "en", {}, check_undecided),
    ("enrol", "enrol", "works", "en", {}, check_enrol),
    ("refuse", "open", "works", "en", {}, check_refuse),
    ("Arabic at 360", "open", "works", "ar", {}, check_arabic),
    ("names and sizes", "open", "works", "en", {}, check_names),
    ("200 % text at 360", "open", "works", "uk", {"font": "200%"}, check_narrow),
    ("200 % zoom of 640", "open", "works", "ru", {"width": 320, "height": 400}, check_narrow),
    ("200 % zoom of 360", "open", "works", "fr", {"width": 180, "height": 370}, check_narrow),
    ("hidden tab", "hidden", "works", "en", {}, check_hidden),
    ("turned phone", "hidden", "works", "en", {}, check_turned),
    ("place in the line", "waiting", "works", "en", {}, check_waiting),
    ("canvas changed", "open", "works", "en", {}, check_canvas),
    ("in-app browser", "open", "works", "en", {}, check_in_app),
    ("photo instead", "photo", "works", "en", {}, check_photo),
    ("weak connection", "weak", "works", "en", {}, check_weak),
    ("lost connection", "lost", "works", "en", {}, check_lost),
    ("link too old", "expired", "works", "en", {}, check_expired),
    ("link used", "used", "works", "en", {}, check_used),
    ("unknown link", "unknown", "works", "en", {}, check_unknown),
    ("camera refused", "denied", "denied", "en", {}, check_denied),
    ("no camera", "denied", "none", "en", {}, check_no_camera),
    ("held and deleted", "delete", "works", "en", {}, check_delete),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, help="the server, such as https://127.0.0.1:8443")
    for name in sorted({check[1] for check in CHECKS}):
        parser.add_argument(f"--link-{name}", metavar="TOKEN", default="not-a-link" if name == "unknown" else None)
    parser.add_argument("--video", metavar="FILE.y4m")
    parser.add_argument("--shots", metavar="FOLDER")
    parser.add_argument("--insecure", action="store_true", help="take a self-signed certificate")
    parser.add_argument("--only", metavar="NAME", help="only the checks with this in their name")
    options = parser.parse_args()
    if options.shots:
        pathlib.Path(options.shots).mkdir(parents=True, exist_ok=True)
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        print("skipped: no Chromium here (Debian: apt-get install chromium; or set CHROMIUM)")
        return 0
    good = True
    for camera in ("works", "denied", "none"):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            browser = None
            for name, link, needs, lang, view, check in CHECKS:
                if needs != camera or options.only and options.only not in name:
                    continue
                token = getattr(options, f"link_{link}")
                if not token:
                    print(f"{name}: left out (no --link-{link})")
                    continue
                browser = browser or browser_with(
                    program, profile, camera, options.video, options.insecure)
                begun, page = time.time(), None
                try:
                    page = Page(browser, options, token, lang, **view)
                    check(page, words(options, lang))
                    page.finish()
                    print(f"{name}: good ({time.time() - begun:.0f} s)", flush=True)
                except (Failed, OSError) as error:
                    good = False
                    more = f" (also: {'; '.join(page.problems[:4])})" if page and page.problems else ""
                    print(f"{name}: FAILED: {error}{more}", flush=True)
                    if page:
                        try:
                            page.shot("FAILED")
                        except (Failed, OSError):
                            pass
            if browser:
                browser.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
