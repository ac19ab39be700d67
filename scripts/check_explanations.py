#!/usr/bin/env python3
"""Opens the texts for applicants in headless Chromium at phone width, in every language.

    scripts/check_explanations.py [FOLDER_FOR_SCREENSHOTS]

For explanations and disclosures, 360 pixels wide, it checks: the right language and direction,
nothing wider than the screen, headings in order, landmarks, contrast, no request and no message on
the console; in languages written from right to left, text starts at the right. Every page must be
in the accessibility tree with all its headings. It leaves screenshots in the folder for inspection.

Set CHROMIUM to choose the browser. Without one, it installs Debian's (as root, with apt-get);
otherwise it prints that it skips and exits with 0.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from check_report import NAMES, Browser  # noqa: E402

WIDTH, HEIGHT = 360, 740
RIGHT_TO_LEFT = {"ar", "fa-AF"}

LOOK = """(() => {
  const problems = [];
  const say = (element, what) => problems.push(
    `${what}: <${element.tagName.toLowerCase()}> ${element.textContent.trim().slice(0, 40)}`);
  const visible = [...document.body.querySelectorAll('*')];
  for (const element of visible) {
    const box = element.getBoundingClientRect();
    if (box.left < -0.5 || box.right > innerWidth + 0.5) say(element, 'beyond the screen');
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth) say(element, 'overflows');
    if (!box.height && element.textContent.trim()) say(element, 'is not shown');
    if (element.getAttribute('aria-hidden') || element.hidden) say(element, 'is hidden');
  }
  const light = rgb => {
    const [r, g, b] = rgb.match(/[\\d.]+/g).slice(0, 3).map(v => {
      v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  let contrast = 99, least = 99;
  for (const element of visible) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(style.color), light(ground(element))].sort((x, y) => y - x);
    const found = (a + 0.05) / (b + 0.05);
    contrast = Math.min(contrast, found);
    if (found < 4.5) say(element, `contrast ${found.toFixed(2)}`);
    least = Math.min(least, parseFloat(style.fontSize));
    if (parseFloat(style.fontSize) < 12) say(element, 'letters under 12 pixels');
  }
  const range = document.createRange();
  range.selectNodeContents(document.querySelector('main p'));
  const lines = [...range.getClientRects()];
  const of = tag => document.querySelectorAll(tag).length;
  return JSON.stringify({
    problems, contrast, least,
    lang: document.documentElement.lang, dir: document.documentElement.dir,
    direction: getComputedStyle(document.querySelector('h2') ?? document.body).direction,
    wide: document.documentElement.scrollWidth,
    levels: [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1]),
    landmarks: [of('body > header'), of('body > main'), of('body > footer')],
    unnamed: [...document.querySelectorAll('section')].filter(s => !document.getElementById(
      s.getAttribute('aria-labelledby'))?.textContent.trim()).length,
    tables: [...document.querySelectorAll('table')].filter(t => !t.caption ||
      ![...t.querySelectorAll('tbody tr')].every(r => r.querySelector('th[scope=row]'))).length,
    foreign: [...document.querySelectorAll('bdi,code')].filter(
      e => getComputedStyle(e).unicodeBidi !== 'isolate').length,
    ids: [...document.querySelectorAll('[id]')].map(e => e.id),
    scripts: of('script'),
    left: Math.min(...lines.map(l => l.left)), right: Math.max(...lines.map(l => l.right)),
  });
})()"""


def judge(seen, language):
    problems = list(seen["problems"])
    rtl = language in RIGHT_TO_LEFT
    for name, wanted in (("lang", language), ("dir", "rtl" if rtl else "ltr"),
                         ("direction", "rtl" if rtl else "ltr"), ("landmarks", [1, 1, 1]),
                         ("unnamed", 0), ("tables", 0), ("foreign", 0), ("scripts", 0)):
        if seen[name] != wanted:
            problems.append(f"{name} is {seen[name]}, not {wanted}")
    if seen["wide"] > WIDTH:
        problems.append(f"the page is {seen['wide']} wide in a window of {WIDTH}")
    if seen["levels"].count(1) != 1 or seen["levels"][0] != 1:
        problems.append(f"there must be one h1, and it first: {seen['levels']}")
    if any(after > before + 1 for before, after in zip(seen["levels"], seen["levels"][1:])):
        problems.append(f"a heading's level is skipped: {seen['levels']}")
    if len(set(seen["ids"])) != len(seen["ids"]):
        problems.append("an id occurs twice")
    margin = WIDTH - seen["right"] if rtl else seen["left"]
    if not 0 < margin < 60:
        problems.append(f"text begins {margin:.0f} pixels from its side of the screen")
    return problems


def check(browser, page, folder):
    language = page.name.split(".")[0]
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Network", "Log", "Runtime", "Accessibility"):
        browser.call(f"{domain}.enable", session)
    browser.call("Emulation.setDeviceMetricsOverride", session, width=WIDTH, height=HEIGHT,
                 deviceScaleFactor=1, mobile=True)
    browser.events.clear()
    browser.call("Page.navigate", session, url=page.as_uri())
    browser.wait_for("Page.loadEventFired")
    result = browser.call("Runtime.evaluate", session, expression=LOOK)
    seen = json.loads(result["result"]["value"])
    problems = judge(seen, language)
    tree = browser.call("Accessibility.getFullAXTree", session)["nodes"]
    told = [node for node in tree if node.get("role", {}).get("value") == "heading"
            and not node["ignored"] and node.get("name", {}).get("value", "").strip()]
    if len(told) != len(seen["levels"]):
        problems.append(f"a screen reader is told {len(told)} of {len(seen['levels'])} headings")
    for event in browser.events:
        method, params = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            asked = params["request"]["url"]
            if asked != page.as_uri() and not asked.startswith("data:"):
                problems.append(f"a request for {asked}")
        elif method == "Log.entryAdded":
            problems.append(f"console: {params['entry']['text']}")
    content = browser.call("Page.getLayoutMetrics", session)["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": min(content["height"], 15000), "scale": 1}
    shot = browser.call("Page.captureScreenshot", session, format="png", clip=clip,
                        captureBeyondViewport=True)["data"]
    (folder / f"{page.stem}.png").write_bytes(base64.b64decode(shot))
    browser.call("Target.closeTarget", targetId=target)
    for problem in problems:
        print(f"{page.stem}: {problem}")
    if not problems:
        print(f"{page.stem}: good ({len(seen['levels'])} headings, contrast from "
              f"{seen['contrast']:.1f}, letters from {seen['least']:.0f} pixels)")
    return not problems


def chromium():
    """A browser, installed if necessary and permitted; or None."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    apt = shutil.which("apt-get")
    if found or not apt or os.geteuid() != 0:
        return found
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
             "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run([apt, "update"], check=False, **quiet)
    subprocess.run([apt, "install", "-y", "--no-install-recommends", "chromium"], check=False,
                   **quiet)
    return shutil.which("chromium")


def main():
    if len(sys.argv) > 2 or sys.argv[1:2] in (["-h"], ["--help"]):
        sys.exit(__doc__)
    program = chromium()
    if not program:
        print("skipped: no Chromium here (Debian: apt-get install chromium; or set CHROMIUM)")
        return 0
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) == 2 else tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    root = pathlib.Path(__file__).resolve().parent.parent
    subprocess.run(["cargo", "test", "--quiet", "--workspace", "--all-features", "--test", "it", "--",
                    "pages_for_the_browser"],
                   cwd=root, check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "EVENMATCH_PAGES": str(folder)})
    pages = sorted(folder.glob("*.html"))
    languages = {path.stem for path in (root / "crates" / "explain" / "messages").glob("*.ftl")}
    if {page.name.split(".")[0] for page in pages} != languages:
        sys.exit(f"there are not pages in every language: {[page.name for page in pages]}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            good = [check(browser, page, folder) for page in pages]
        finally:
            browser.close()
    print(f"{sum(good)} of {len(good)} pages are good; screenshots: {folder}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
