"""The ways that applicants go through the capture page, for check_capture.py. Each takes an opened page
and the words in its language. Not a program by itself."""

import base64
import json
import pathlib
import ssl
import tempfile
import time
import urllib.request
import zlib

from checked_page import Failed, Page, expect

# The page must come quickly on a network of 2G.
MOST_BYTES = 60_000


class Capture(Page):
    def __init__(self, browser, options, token, **view):
        super().__init__(browser, options, f"/capture#{token}", [token], **view)
        self.token = token

    def press(self, do):
        found = self.run(f"(() => {{ const b = document.querySelector('[data-screen]:not([hidden]) [data-do=\"{do}\"]');"
                         "if (!b || b.hidden || b.disabled) return false; b.click(); return true; })()")
        if not found:
            raise Failed(f"there is no button {do} on {self.state()['screen']}")

    def press_action(self, number):
        self.run(f"document.querySelectorAll('#message-actions button')[{number}].click()")

    def to_notice(self):
        self.screen("language")
        self.press("language-chosen")
        return self.screen("notice")

    def to_camera(self, way="move"):
        self.to_notice()
        self.press("agree")
        self.screen("ways")
        self.run(f"document.querySelector('input[name=way][value={way}]').click()")
        self.press("way-chosen")

    def to_stage(self, way="move"):
        self.to_camera(way)
        self.screen("camera")
        if self.seen()["camera"]:
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
        """The times of the pictures that were sent: over the socket, and by HTTP."""
        self.state()
        http = [int(url.split("at=")[1]) for method, url, *_ in self.sent
                if method == "POST" and "/frame?at=" in url]
        return [int.from_bytes(head[:8], "big") for head in self.socket if isinstance(head, bytes)], http

    def wishes(self):
        """What was asked for with each session."""
        self.state()
        return [json.loads(body) for method, url, body, _ in self.sent
                if method == "POST" and url.endswith("/v1/capture/session")]


def times_rise(page):
    over, http = page.frames()
    times = over + http
    expect(len(times) > 3, f"only {len(times)} pictures were sent")
    expect(times == sorted(times), f"times fall: {times}")


# --- The checks: each takes an opened page and the words in its language ---

def check_match(page, w):
    page.to_live()
    page.until(lambda s: s["screen"] == "result", "result", 90)
    state = page.screen("result")
    expect(w["next_match"] in state["text"], f"not a match: {state['text'][:200]!r}")
    times_rise(page)
    over, http = page.frames()
    expect(len(over) > 3 and not http, f"{len(over)} pictures over the socket, {len(http)} by HTTP")
    expect(json.loads(page.socket[0]) == {"link": page.token}, "the first message over the socket is not the link")
    expect([w["photos_for_review"] for w in page.wishes()] == [False], "photos for review without consent")
    expect(len(page.seen()["camera"]) == 1, "more than one getUserMedia")
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
    page.to_notice()
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


def check_size(page, w):
    """What a phone on a slow network loads before the first screen, compressed."""
    page.screen("language")
    context = ssl._create_unverified_context() if page.options.insecure else None
    size = 0
    for url in {url for _, url, *_ in page.sent if url.startswith(page.base) and "/v1/" not in url}:
        with urllib.request.urlopen(url.split("#")[0], context=context) as answer:
            size += len(zlib.compress(answer.read(), 9))
    expect(5_000 < size < MOST_BYTES, f"the page has {size} bytes")


def check_refuse(page, w):
    page.to_notice()
    page.press("refuse")
    page.titled(w["no_title"])
    expect(not [u for m, u, *_ in page.sent if m == "POST"], "something was sent")
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
    expect(len(page.seen()["camera"]) == 1, "the camera was asked for again")


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
    expect(any(m == "DELETE" and "/v1/capture/session/" in u for m, u, *_ in page.sent), "the session was not ended")
    page.press_action(0)
    page.screen("stage")
    page.press("start")
    page.until(lambda s: page.run("document.getElementById('asked').textContent") != "", "new first step", 30)
    page.press("stop")
    page.until(lambda s: w["abort_stopped"] in s["text"], "words on Stop")
    expect(len(page.seen()["camera"]) == 1, "the camera was asked for again")


def check_turned(page, w):
    page.to_live()
    page.size(740, 360, screenOrientation={"type": "landscapePrimary", "angle": 90})
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
        page.measure(name)
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
