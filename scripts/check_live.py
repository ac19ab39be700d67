#!/usr/bin/env python3
"""A live person on the capture page: in headless Chromium, a simulated person is in front of the camera,
is told each step when it is due, does it, and is let in; a recording of that answer is not.

    scripts/check_live.py --base http://127.0.0.1:8099 --perform target/debug/examples/perform
        --photo FILE --other FILE --link-live TOKEN [TOKEN …] --link-other TOKEN --link-replay TOKEN

The steps of a challenge never leave the server, so no video can be made beforehand, and Chromium's own
fake camera cannot be used. A canvas takes its place: it shows what `perform` renders for the time that has
passed, and `perform` hears the steps that the page asks for. From `getUserMedia` on, everything is the
page's own. --photo shows the enrolled person, and --other shows somebody else.

It needs Chromium (set CHROMIUM to choose the program) and installs nothing: without a browser, it says so
and exits with 0.
"""

import argparse
import base64
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from capture_ways import Capture  # noqa: E402
from checked_page import Failed, browser_with, chromium, common_options, expect, profile, run_checks, words  # noqa: E402

# Pictures per second that are offered to the page: fewer than the ten that it takes, so that it takes each
# once. Of a picture that comes twice, and the next one late, a judge sees a jump.
RATE = 8
# A camera that shows nothing for so many milliseconds is no camera.
GAP = 200

# Takes the camera's place: a canvas with a stream, and what the page shows to the person.
CAMERA = """
window.__camera = document.createElement('canvas');
__camera.width = 640; __camera.height = 480;
const pen = __camera.getContext('2d', {alpha: false});
window.__show = async (text) => {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  pen.drawImage(await createImageBitmap(new Blob([bytes], {type: 'image/jpeg'})), 0, 0);
  __stream.getVideoTracks()[0].requestFrame();
  const step = document.querySelector('#drawing:not([hidden]) [data-step]:not([hidden])');
  return step ? step.dataset.step : '';
};
if (navigator.mediaDevices) {
  // A frame for each picture and no other, as a camera gives them.
  window.__stream = __camera.captureStream(0);
  navigator.mediaDevices.getUserMedia = async () => __stream;
}
"""


class Performer:
    """The simulated person. What was shown is kept, so that it can be shown again."""

    def __init__(self, program, photo):
        self.process = subprocess.Popen([program, photo], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.photo, self.shown = photo, []

    def tell(self, what, at):
        self.process.stdin.write(f"{what} {at}\n".encode())
        self.process.stdin.flush()

    def frame(self, at):
        self.tell("frame", at)
        length = int.from_bytes(self.process.stdout.read(4), "big")
        expect(length > 0, "nobody on this photo can be simulated")
        picture = self.process.stdout.read(length)
        self.shown.append((at, picture))
        return picture

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class Recording:
    """Shows what a performer showed, whatever is asked for."""

    def __init__(self, shown):
        self.shown = shown

    def tell(self, what, at):
        pass

    def frame(self, at):
        return max((one for one in self.shown if one[0] <= at), default=self.shown[0])[1]


def session(page, person, w):
    """From the link to the result, with a person in front of the camera."""
    page.to_camera()
    page.screen("camera")
    begun = time.time()

    def show():
        at = int(1000 * (time.time() - begun))
        picture = base64.b64encode(person.frame(at)).decode()
        return at, page.run(f"__show('{picture}')")

    show()
    page.press("open-camera")
    end = time.time() + 5
    while page.state()["screen"] != "stage" or not page.run("document.getElementById('video').videoWidth"):
        expect(time.time() < end, "the page shows no picture")
        show()
    page.press("start")
    before, steps, end = "", [], time.time() + 120
    due = time.time()
    while page.run("document.querySelector('[data-screen=stage]').hidden") is False:
        expect(time.time() < end, f"the session does not end; asked so far: {steps}")
        at, step = show()
        if step != before:
            before = step
            if step and step != "look":
                person.tell(step, at)
                steps.append(step)
        due = max(due + 1 / RATE, time.time() - 1 / RATE)
        time.sleep(max(0, due - time.time()))
    state = page.until(lambda s: s["screen"] == "result", "result", 60)
    return state["text"], steps


def check_live(page, person, w):
    """A live person is let in. Where the machine has so much other work that the camera leaves gaps, nothing
    can be said: a movement then looks like a jump."""
    worst = []
    for turn, token in enumerate(page.options.link_live):
        if turn:
            page.call("Page.navigate", url="about:blank")
            page.call("Page.navigate", url=f"{page.base}/capture#{token}")
        shown = person()
        text, steps = session(page, shown, w)
        expect(len(steps) >= 2, f"the person was asked for {steps}")
        if w["next_match"] in text:
            return
        times = [at for at, _ in shown.shown]
        worst.append(max(b - a for a, b in zip(times, times[1:])))
        print(f"try {turn + 1}: not let in; asked for {steps}; longest gap {worst[-1]} ms: {text[:300]!r}")
    expect(min(worst) > GAP, "the live person was never let in")
    print(f"nothing can be said: this machine is too busy for a camera (gaps of {worst} ms)")


def check_not(page, person, w):
    text, steps = session(page, person(), w)
    expect(w["next_match"] not in text, f"let in: {text[:300]!r}; asked for {steps}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("perform", "photo", "other", "link-other", "link-replay"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--link-live", metavar="TOKEN", nargs="+", required=True, help="one for each try")
    common_options(parser)
    options = parser.parse_args()
    program = chromium()
    if not program:
        return 0
    people = []

    def perform(photo):
        people.append(Performer(options.perform, photo))
        return people[-1]

    due = [
        (name, lambda browser, token=token: Capture(browser, options, token, before=CAMERA),
         lambda page, person=person, check=check: check(page, person, words(options, "en")))
        for name, token, person, check in [
            ("a live person", options.link_live[0], lambda: perform(options.photo), check_live),
            ("another live person", options.link_other, lambda: perform(options.other), check_not),
            # What the person showed last, who was let in.
            ("a recording of the answer", options.link_replay,
             lambda: Recording(next(one.shown for one in people[::-1] if one.photo == options.photo)), check_not),
        ]
    ]
    with profile() as folder:
        browser = browser_with(program, folder, insecure=options.insecure)
        good = run_checks(browser, options, due)
        browser.close()
    for one in people:
        one.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
