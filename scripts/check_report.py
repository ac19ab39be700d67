#!/usr/bin/env python3
"""Renders report.html in headless Chromium and checks what a reader sees.

    scripts/check_report.py REPORT.html [FOLDER_FOR_SCREENSHOTS]

At desktop, tablet and phone width, and with scripts off, it checks: no message on the console, no
request other than the file itself, no horizontal scrolling of the page, nothing beyond its right
edge, no table that scrolls sideways except those with one column per group, headings in order, a
title in every chart, and a PDF that prints. It leaves screenshots in the folder for inspection.

It needs Chromium (set CHROMIUM to choose the program) and installs nothing: without a browser, it
says so and exits with 0. It talks to the browser over the debugging pipe, so it needs no package.
"""

import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile

VIEWS = [("desktop", 1200, 900, False), ("tablet", 800, 1100, False), ("phone", 360, 740, True)]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "chrome-headless-shell")


class Browser:
    """A browser at the other end of two pipes; messages are JSON, each ended by a zero byte."""

    def __init__(self, program, profile, *flags, patience=None):
        """More flags for the browser, and how many seconds it may be silent."""
        self.patience = patience
        to_child, self.out = os.pipe()
        self.inp, from_child = os.pipe()

        def place_pipes():
            # Either may already be 3 or 4, so go through numbers that are certainly free.
            a, b = os.dup(to_child), os.dup(from_child)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-quic", "--disable-sync", *flags,
             "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=place_pipes, pass_fds=(3, 4),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_child)
        os.close(from_child)
        self.buffer, self.last, self.events = b"", 0, []

    def receive(self):
        while b"\0" not in self.buffer:
            if not select.select([self.inp], [], [], self.patience)[0]:
                raise RuntimeError("the browser does not answer")
            chunk = os.read(self.inp, 1 << 20)
            if not chunk:
                raise RuntimeError("the browser ended")
            self.buffer += chunk
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method):
        while True:
            for index, event in enumerate(self.events):
                if event.get("method") == method:
                    return self.events.pop(index)
            self.events.append(self.receive())

    def close(self):
        try:
            self.call("Browser.close")
        except (RuntimeError, OSError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


# What sticks out on the right, with everything that can be opened open; of the elements within one
# another, only the outermost.
CUT_OFF = """(() => {
  document.querySelectorAll('details').forEach(d => { d.open = true; });
  const out = [];
  const name = e => `<${e.tagName.toLowerCase()} class="${e.className}"> `
    + e.textContent.trim().slice(0, 40);
  for (const e of document.body.querySelectorAll('*')) {
    if (e.closest('.skip, thead') || e.closest('svg') !== null && e.tagName !== 'svg') continue;
    const scroller = e.closest('.scroll');
    if (scroller && scroller !== e) continue;
    if (scroller && !scroller.querySelector('table.matrix')) out.push('scrolls: ' + name(e));
    if (e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5
        && !out.some(o => o.element && o.element.contains(e)))
      out.push({element: e, text: 'is cut off: ' + name(e)});
    if (getComputedStyle(e).overflowX !== 'visible' && !scroller
        && e.scrollWidth > e.clientWidth + 1 && e.tagName !== 'svg')
      out.push('hides a part: ' + name(e));
  }
  return JSON.stringify(out.map(o => o.text ?? o).slice(0, 10));
})()"""

OUTLINE = """JSON.stringify({
  levels: [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1]),
  untitled: [...document.querySelectorAll('svg[role=img]')].filter(s => !s.querySelector('title')).length,
  charts: document.querySelectorAll('svg[role=img]').length,
  lang: document.documentElement.lang,
  ids: [...document.querySelectorAll('[id]')].map(e => e.id),
  links: [...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute('href').slice(1)),
  small: [...document.querySelectorAll('svg[role=img] text')].map(
    t => t.getBoundingClientRect()).filter(r => r.height > 0 && r.height < 10).length,
})"""


def outline_problems(outline):
    problems, before = [], 0
    for level in outline["levels"]:
        if level > before + 1:
            problems.append(f"heading {level} follows heading {before}")
        before = level
    if outline["levels"].count(1) != 1:
        problems.append("there must be one h1")
    if outline["untitled"] or not outline["charts"]:
        problems.append(f"{outline['untitled']} of {outline['charts']} charts lack a title")
    if not outline["lang"]:
        problems.append("the page names no language")
    if len(set(outline["ids"])) != len(outline["ids"]):
        problems.append("an id occurs twice")
    problems += [f"#{link} leads nowhere" for link in outline["links"]
                 if link not in outline["ids"]]
    if outline["small"]:
        problems.append(f"{outline['small']} chart labels are under 10 pixels tall")
    return problems


def check(browser, url, view, scripts, folder):
    name, width, height, mobile = view
    name += "" if scripts else "-without-scripts"
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Network", "Log", "Runtime"):
        browser.call(f"{domain}.enable", session)
    browser.call("Emulation.setDeviceMetricsOverride", session, width=width, height=height,
                 deviceScaleFactor=1, mobile=mobile)
    browser.call("Emulation.setScriptExecutionDisabled", session, value=not scripts)
    browser.events.clear()
    browser.call("Page.navigate", session, url=url)
    browser.wait_for("Page.loadEventFired")
    metrics = browser.call("Page.getLayoutMetrics", session)
    content = metrics["cssContentSize"]
    problems = []
    if content["width"] > width:
        problems.append(f"the page is {content['width']} wide in a window of {width}")
    if scripts:
        result = browser.call("Runtime.evaluate", session, expression=OUTLINE)
        problems += outline_problems(json.loads(result["result"]["value"]))
        result = browser.call("Runtime.evaluate", session, expression=CUT_OFF)
        problems += json.loads(result["result"]["value"])
        pdf = browser.call("Page.printToPDF", session, printBackground=False)["data"]
        (folder / f"{name}.pdf").write_bytes(base64.b64decode(pdf))
    # Pictures taller than this are refused by the graphics library.
    clip = {"x": 0, "y": 0, "width": width, "height": min(content["height"], 15000), "scale": 1}
    shot = browser.call("Page.captureScreenshot", session, format="png", clip=clip,
                        captureBeyondViewport=True)["data"]
    (folder / f"{name}.png").write_bytes(base64.b64decode(shot))
    for event in browser.events:
        method, params = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            asked = params["request"]["url"]
            if asked != url and not asked.startswith("data:"):
                problems.append(f"a request for {asked}")
        elif method == "Log.entryAdded":
            problems.append(f"console: {params['entry']['text']}")
        elif method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            problems.append(f"script: {json.dumps(params)[:200]}")
    browser.call("Target.closeTarget", targetId=target)
    for problem in problems:
        print(f"{name}: {problem}")
    if not problems:
        print(f"{name}: good ({content['width']:.0f} x {content['height']:.0f})")
    return not problems


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    report = pathlib.Path(sys.argv[1]).resolve()
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        print("skipped: no Chromium here (Debian: apt-get install chromium; or set CHROMIUM)")
        return 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            good = [check(browser, report.as_uri(), view, scripts, folder)
                    for view in VIEWS for scripts in (True, False)]
        finally:
            browser.close()
    print(f"screenshots: {folder}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
