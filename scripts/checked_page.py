"""A page of the service in headless Chromium, and what must hold on each of its screens: for
check_capture.py and check_desk.py. Not a program by itself."""

import base64
import json
import os
import pathlib
import shutil
import ssl
import tempfile
import time
import urllib.request

import axe
from check_report import Browser

# The headless shell is left out: it refuses cameras.
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

# What the browser's end raises, and a check that is not met.
Failed = RuntimeError


def expect(good, what):
    if not good:
        raise Failed(what)


def chromium():
    """The program, or None, which is printed."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        print("skipped: no Chromium here (Debian: apt-get install chromium; or set CHROMIUM)")
    return program


def browser_with(program, profile, camera="works", video=None, insecure=False):
    """A browser whose camera plays this video, is refused, or is not there."""
    flags = ["--mute-audio", "--use-fake-ui-for-media-stream" + ("=deny" if camera == "denied" else "")]
    if camera != "none":
        flags.append("--use-fake-device-for-media-stream")
        if video:
            flags.append(f"--use-file-for-fake-video-capture={pathlib.Path(video).resolve()}")
    if insecure:
        flags.append("--ignore-certificate-errors")
    return Browser(program, profile, *flags, patience=30)


# Put into the page before its own scripts: what it asks of the camera and when, shakes of the phone,
# words of a step that are added, and breaches of policy.
WATCH = """
window.__seen = {camera: [], policy: [], agreed: false, shakes: 0, steps: []};
if (navigator.mediaDevices) {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wanted) => {
    __seen.camera.push({wanted: JSON.stringify(wanted), agreed: __seen.agreed});
    return real(wanted);
  };
}
Navigator.prototype.vibrate = () => { __seen.shakes++; return true; };
addEventListener('securitypolicyviolation', e => __seen.policy.push(e.violatedDirective + ' ' + e.blockedURI));
addEventListener('click', e => {
  if (e.target.closest && e.target.closest('[data-do=agree]')) __seen.agreed = true;
}, true);
addEventListener('DOMContentLoaded', () => {
  const box = document.getElementById('stage-step');
  if (box) new MutationObserver(all => {
    if (all.some(m => m.addedNodes.length)) __seen.steps.push(box.textContent);
  }).observe(box, {childList: true, subtree: true});
});
"""

STATE = """JSON.stringify((() => {
  const open = [...document.querySelectorAll('[data-screen]')].filter(s => !s.hidden);
  const h1 = open.length ? open[0].querySelector('h1') : null;
  return {screen: open.map(s => s.dataset.screen).join('+'), title: h1 ? h1.textContent : '',
    focused: h1 !== null && document.activeElement === h1,
    levels: open.length ? [...open[0].querySelectorAll('h1,h2,h3,h4')].filter(h => h.offsetParent).map(h => +h.tagName[1]) : [],
    text: open.length ? open[0].innerText : ''};
})())"""

# What is wider than the window or smaller than a finger. An enlarged photo scrolls in its own frame.
MEASURE = """JSON.stringify((() => {
  const out = [], wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) out.push('scrolls sideways: ' + document.documentElement.scrollWidth + ' > ' + wide);
  for (const e of document.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect();
    if (!box.width || e.closest('svg') && e.tagName !== 'svg' || e.closest('.view > *')) continue;
    if (box.right > wide + 1 || box.left < -1) out.push('is cut off: ' + e.tagName + ' ' + (e.id || e.textContent.trim().slice(0, 30)));
    if (e.matches('button, select, textarea, input:not([type=radio]):not([type=checkbox]), .choices label, .box, #filter label') && (box.height < 44 || box.width < 44))
      out.push('is too small to touch: ' + e.tagName + ' ' + (e.id || e.textContent.trim().slice(0, 30)) + ' ' + box.width + 'x' + box.height);
  }
  return out.slice(0, 8);
})())"""

SCHEMES = ("light", "dark")


class Page:
    """A page at an address. `secrets` must be in no address that is asked for; `before` is a script that
    runs before the page's own."""

    # The screens that axe-core has seen: its rules are the same at each visit.
    examined = set()

    def __init__(self, browser, options, address, secrets, lang="en", width=360, height=740, font=None, before=""):
        self.browser, self.options, self.secrets = browser, options, secrets
        self.base = options.base.rstrip("/")
        self.context = browser.call("Target.createBrowserContext")["browserContextId"]
        self.target = browser.call("Target.createTarget", url="about:blank",
                                   browserContextId=self.context)["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime", "Accessibility", "DOM"):
            self.call(f"{domain}.enable")
        agent = browser.call("Browser.getVersion")["userAgent"].replace("Headless", "")
        self.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=lang)
        self.width, self.height = width, height
        self.size(width, height)
        self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH + before)
        browser.events.clear()
        # Requests as (method, address, body); the heads of what went over a socket; what is wrong.
        self.sent, self.socket, self.problems = [], [], []
        self.call("Page.navigate", url=self.base + address)
        if font:
            self.until(lambda s: s["screen"] not in ("", "loading"), "a first screen")
            self.run(f"document.documentElement.style.fontSize = '{font}'")

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def size(self, width, height, **more):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 800, **more)

    def run(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, userGesture=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise Failed(f"{expression[:80]}: {json.dumps(answer['exceptionDetails'])[:300]}")
        return answer["result"].get("value")

    def seen(self):
        return json.loads(self.run("JSON.stringify(__seen)"))

    def state(self):
        state = json.loads(self.run(STATE))
        self.sort_events()
        return state

    def asked_for(self, address):
        own = (self.base + "/", self.base.replace("http", "ws", 1) + "/", "data:", f"blob:{self.base}")
        if not address.startswith(own):
            self.problems.append(f"a request to another origin: {address[:80]}")
        if any(secret in address.split("#")[0] for secret in self.secrets):
            self.problems.append(f"a secret is in an address: {address[:80]}")

    def sort_events(self):
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            method, params = event.get("method"), event.get("params", {})
            if method == "Network.requestWillBeSent":
                request = params["request"]
                self.sent.append((request["method"], request["url"], request.get("postData", ""), request["headers"]))
                self.asked_for(request["url"])
            elif method == "Network.webSocketCreated":
                self.asked_for(params["url"])
            elif method == "Network.webSocketFrameSent":
                frame = params["response"]
                binary = frame["opcode"] == 2
                self.socket.append(base64.b64decode(frame["payloadData"])[:10] if binary else frame["payloadData"])
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
        self.measure(name)
        self.shot(name)
        self.axe(name)

    def measure(self, name):
        self.problems += [f"{name}: {p}" for p in json.loads(self.run(MEASURE))]

    def axe(self, name):
        """The rules of axe-core, in light and in dark colours, once for each screen and language."""
        what = (type(self), name, self.run("document.documentElement.lang"))
        if what in Page.examined:
            return
        Page.examined.add(what)
        for scheme in reversed(SCHEMES):
            self.scheme(scheme)
            if scheme == "dark":
                self.shot(f"{name}-dark")
            self.problems += [f"{name}: axe, {scheme}: {v}" for v in axe.violations(self.run)]

    def scheme(self, name):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def shot(self, name):
        if self.options.shots:
            data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
            lang = self.run("document.documentElement.lang")
            width = self.run("innerWidth")
            who = self.secrets[0].split(".")[0] if self.secrets else "page"
            file = pathlib.Path(self.options.shots) / f"{width}-{lang}-{who}-{name}.png"
            file.write_bytes(base64.b64decode(data))

    def names(self, where):
        """Every control and picture must have a name for screen readers."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        wanted = {"button", "link", "textbox", "combobox", "radio", "checkbox", "progressbar", "image", "img",
                  "Video", "video", "progressIndicator", "ComboBoxSelect", "group", "radiogroup", "heading", "slider", "form"}
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

    def finish(self):
        """Whatever the check was: the policy, the camera and the console."""
        try:
            seen = self.seen()
            self.problems += [f"policy: {p}" for p in seen["policy"]]
            self.problems += ["the camera was asked for before consent" for c in seen["camera"] if not c["agreed"]]
            self.sort_events()
        finally:
            self.close()
        if self.problems:
            raise Failed("; ".join(self.problems[:6]))

    def close(self):
        self.browser.call("Target.disposeBrowserContext", browserContextId=self.context)


def words(options, lang):
    """The capture page's words in a language."""
    context = ssl._create_unverified_context() if options.insecure else None
    with urllib.request.urlopen(f"{options.base.rstrip('/')}/texts/{lang}.json", context=context) as answer:
        return json.load(answer)


def common_options(parser):
    parser.add_argument("--base", required=True, help="the server, such as https://127.0.0.1:8443")
    parser.add_argument("--shots", metavar="FOLDER", help="keep pictures of the screens there")
    parser.add_argument("--insecure", action="store_true", help="take a self-signed certificate")
    parser.add_argument("--only", metavar="NAME", help="only the checks with this in their name")


def run_checks(browser, options, checks):
    """Goes through checks, each a name, what opens a page, and what is done with the page. Gives whether
    all are good."""
    if options.shots:
        pathlib.Path(options.shots).mkdir(parents=True, exist_ok=True)
    good = True
    for name, opened, check in checks:
        begun, page = time.time(), None
        try:
            page = opened(browser)
            check(page)
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
    return good


def profile():
    return tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
