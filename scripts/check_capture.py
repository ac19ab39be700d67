#!/usr/bin/env python3
"""Opens the capture page in headless Chromium and goes the ways that applicants go.

    scripts/check_capture.py --base http://127.0.0.1:8099 --link-match TOKEN [--video FILE.y4m]
        [--link-undecided TOKEN] [--link-enrol TOKEN] [--link-expired TOKEN] [--link-open TOKEN]
        [--link-weak TOKEN] [--link-lost TOKEN] [--link-hidden TOKEN] [--link-denied TOKEN]
        [--link-waiting TOKEN] [--link-review TOKEN] [--shots FOLDER] [--insecure] [--only NAME]

It checks: from the link over consent and the session to the result; pictures over the socket, and by HTTP
where there is none; a step that comes twice; consent to photos for a review and what the review found;
appeal, what is held and the receipt; a refused and a missing camera; a connection that comes back and one
that does not; an old link; Arabic at 360 pixels; twice the size; names for screen readers; sizes of what is
touched; that no camera is asked for before consent; that a hidden tab ends the session; and always: nothing
on the console, no request to another origin, no breach of the content security policy, and the rules of
axe-core in light and dark colours (axe.py; skips aloud without npm). A check whose link is not given is left
out, and says so. Links are used up by match, undecided and enrol; the others only need to be open (one link
may serve several of them), and that of review, of a service that keeps photos for reviews. --video is played
by the camera (Y4M); without it, Chromium's own test picture.

It needs Chromium (set CHROMIUM to choose the program) and installs nothing: without a browser, it says
so and exits with 0. It talks to the browser over the debugging pipe, so it needs no package.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import capture_stubs as stubs  # noqa: E402
import capture_ways as ways  # noqa: E402
from checked_page import browser_with, chromium, common_options, profile, run_checks, words  # noqa: E402

# Name, link, camera, language, width and the size of the font, check. A link may serve several checks.
CHECKS = [
    ("match", "match", "works", "en", {}, ways.check_match),
    ("undecided, appeal, held", "undecided", "works", "en", {}, ways.check_undecided),
    ("enrol", "enrol", "works", "en", {}, ways.check_enrol),
    ("photos for review", "review", "works", "en", {}, stubs.check_photos),
    ("socket never opens", "open", "works", "en", {"before": stubs.SOCKET_NEVER_OPENS}, stubs.check_http),
    ("socket blocked", "open", "works", "en", {"before": stubs.SOCKET_THROWS}, stubs.check_http),
    ("socket falls silent", "open", "works", "en", {"before": stubs.SOCKET_FALLS_SILENT}, stubs.check_silent_socket),
    ("repeated step", "open", "works", "en", {"before": stubs.SOCKET_REPEATS_A_STEP}, stubs.check_repeated_step),
    ("review: confirmed", "open", "works", "en", {"before": stubs.CONFIRMED}, stubs.check_confirmed),
    ("review: not confirmed", "open", "works", "fr", {"before": stubs.NOT_CONFIRMED}, stubs.check_not_confirmed),
    ("review: ask again", "open", "works", "ar", {"before": stubs.MAY_ASK_AGAIN}, stubs.check_may_ask_again),
    ("review under way", "open", "works", "zh-Hans", {"before": stubs.UNDER_REVIEW}, stubs.check_under_review),
    ("link that may only be read", "open", "works", "uk", {"before": stubs.READ_ONLY}, stubs.check_read_only),
    ("size of the page", "open", "works", "ru", {}, ways.check_size),
    ("refuse", "open", "works", "en", {}, ways.check_refuse),
    ("Arabic at 360", "open", "works", "ar", {}, ways.check_arabic),
    ("names and sizes", "open", "works", "en", {}, ways.check_names),
    ("200 % text at 360", "open", "works", "uk", {"font": "200%"}, ways.check_narrow),
    ("200 % zoom of 640", "open", "works", "ru", {"width": 320, "height": 400}, ways.check_narrow),
    ("200 % zoom of 360", "open", "works", "fr", {"width": 180, "height": 370}, ways.check_narrow),
    ("hidden tab", "hidden", "works", "en", {}, ways.check_hidden),
    ("turned phone", "hidden", "works", "en", {}, ways.check_turned),
    ("place in the line", "waiting", "works", "en", {}, ways.check_waiting),
    ("canvas changed", "open", "works", "en", {}, ways.check_canvas),
    ("in-app browser", "open", "works", "en", {}, ways.check_in_app),
    ("photo instead", "photo", "works", "en", {}, ways.check_photo),
    ("weak connection", "weak", "works", "en", {}, ways.check_weak),
    ("lost connection", "lost", "works", "en", {}, ways.check_lost),
    ("link too old", "expired", "works", "en", {}, ways.check_expired),
    ("link used", "used", "works", "en", {}, ways.check_used),
    ("unknown link", "unknown", "works", "en", {}, ways.check_unknown),
    ("camera refused", "denied", "denied", "en", {}, ways.check_denied),
    ("no camera", "denied", "none", "en", {}, ways.check_no_camera),
    ("held and deleted", "delete", "works", "en", {}, ways.check_delete),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    common_options(parser)
    for name in sorted({check[1] for check in CHECKS}):
        parser.add_argument(f"--link-{name}", metavar="TOKEN", default="not-a-link" if name == "unknown" else None)
    parser.add_argument("--video", metavar="FILE.y4m")
    options = parser.parse_args()
    program = chromium()
    if not program:
        return 0
    good = True
    for camera in ("works", "denied", "none"):
        due = []
        for name, link, needs, lang, view, way in CHECKS:
            if needs != camera or options.only and options.only not in name:
                continue
            token = getattr(options, f"link_{link}")
            if not token:
                print(f"{name}: left out (no --link-{link})")
                continue
            due.append((
                name,
                lambda browser, token=token, lang=lang, view=view: ways.Capture(
                    browser, options, token, lang=lang, **view),
                lambda page, lang=lang, way=way: way(page, words(options, lang)),
            ))
        if not due:
            continue
        with profile() as folder:
            browser = browser_with(program, folder, camera, options.video, options.insecure)
            good = run_checks(browser, options, due) and good
            browser.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
