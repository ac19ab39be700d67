#!/usr/bin/env python3
"""Opens the review desk in headless Chromium and does what a case worker does.

    scripts/check_desk.py --base http://127.0.0.1:8099 --key REVIEWER_KEY [--key2 REVIEWER_KEY]
        [--link TOKEN] [--number N] [--bad-scope KEY] [--shots FOLDER] [--insecure] [--only NAME]

It checks: a wrong key is refused and forgotten; signing in and out; the list and its filter; one case at 360
pixels and on a desktop; the score is absent before judging, and there after; the frame and the points over
the photos, and their size; a judgement without an answer or a reason is not sent, and one that is sent is
asked for once more; the way by keyboard alone; Back and Forward of the browser open no case; what remains
in the page after signing out. Case N is judged "the same person" by the owner of the first key, and, where
the service wants two, of the second; if --link is the link of its applicant, who has appealed, their page
must then say that a person confirmed it. And always: nothing on the console, no request to another origin,
no key in an address, no breach of the content security policy, and the rules of axe-core in light and dark
colours (axe.py; skips aloud without npm).

Without --number, no case is judged. It needs Chromium (set CHROMIUM to choose the program) and installs
nothing: without a browser, it says so and exits with 0.
"""

import argparse
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from capture_ways import Capture  # noqa: E402
from checked_page import (  # noqa: E402
    Failed, Page, browser_with, chromium, common_options, expect, profile, run_checks, words,
)

REASON = "The same scar over the left eye, the same ears."
DESKTOP = {"width": 1280, "height": 900}
NOT_A_KEY = "evk_0000000000000000000000000000000000000000"


class Desk(Page):
    def __init__(self, browser, options, key=None, **view):
        self.key = key or options.key
        super().__init__(browser, options, "/review", [self.key], **view)

    def shot(self, name):
        # A file is not named after a key.
        kept, self.secrets = self.secrets, ["desk"]
        try:
            super().shot(name)
        finally:
            self.secrets = kept

    def type(self, words):
        self.call("Input.insertText", text=words)

    def press_key(self, key, times=1):
        codes = {"Tab": 9, "Enter": 13, " ": 32, "ArrowDown": 40, "ArrowRight": 39}
        text = {"Enter": "\r", " ": " "}.get(key)
        for _ in range(times):
            for kind in ("keyDown", "keyUp"):
                more = {"text": text} if text and kind == "keyDown" else {}
                self.call("Input.dispatchKeyEvent", type=kind, key=key, code={" ": "Space"}.get(key, key),
                          windowsVirtualKeyCode=codes[key], **more)

    def tab_to(self, good, what):
        """Goes on by Tab until the focus is where `good` (an expression about `e`) is true."""
        for _ in range(60):
            self.press_key("Tab")
            if self.run(f"(e => {good})(document.activeElement)"):
                return
        raise Failed(f"Tab does not reach {what}")

    def click(self, control):
        found = self.run(f"(e => {{ if (!e || e.disabled || e.offsetParent === null) return false; e.click(); return true; }})"
                         f"(document.querySelector('[data-screen]:not([hidden]) {control}, header {control}'))")
        if not found:
            raise Failed(f"there is no {control} on {self.state()['screen']}")

    def enter(self, key):
        self.until(lambda s: s["screen"] == "sign-in", "signing in")
        self.run("document.getElementById('key').focus()")
        self.type(key)
        self.click("button[type=submit]")

    def sign_in(self):
        self.enter(self.key)
        return self.screen("cases")

    def open(self, number):
        """Opens a case, whichever filter and page of the list it is on."""
        self.click("input[value=open]")
        card = f"[data-case=\"{number}\"]"
        end = time.time() + 20
        while not self.run(f"!!document.querySelector('{card}')"):
            expect(time.time() < end, f"case {number} is not in the list")
            if self.run("!document.getElementById('more').hidden"):
                self.click("#more")
            time.sleep(0.3)
        self.click(card)
        return self.titled(f"Case {number}")

    def looks(self):
        self.state()
        return [url for method, url, *_ in self.sent if url.split("?")[0].endswith("/look")]

    def judgements(self):
        self.state()
        return [json.loads(body) for method, url, body, _ in self.sent
                if method == "POST" and url.split("?")[0].endswith("/judgement")]

    def answer(self, value, reason):
        self.run(f"document.querySelector('input[name=same][value={value}]').click()")
        self.run("document.getElementById('reason').focus()")
        self.type(reason)


def first_case(page):
    found = page.run("(b => b && b.dataset.case)(document.querySelector('[data-case]'))")
    if not found:
        page.click("input[value=open]")
        page.until(lambda s: page.run("!!document.querySelector('[data-case]')"), "an open case")
        found = page.run("document.querySelector('[data-case]').dataset.case")
    return int(found)


def check_sign_in(page):
    page.screen("sign-in")
    page.names("sign-in")
    page.enter(NOT_A_KEY)
    page.until(lambda s: "does not work" in s["text"], "words on the wrong key")
    expect(page.run("document.getElementById('key').value") == "", "the page keeps the wrong key")
    expect(page.run("document.activeElement.id") == "key", "the focus is not on the field")
    page.axe("sign-in-wrong")
    page.run("document.getElementById('key').value = 'ключ'")
    page.click("button[type=submit]")
    page.until(lambda s: "does not work" in s["text"], "words on a key that no header takes")
    if page.options.bad_scope:
        page.enter(page.options.bad_scope)
        page.until(lambda s: "may not review" in s["text"], "words on a key without the scope")
    page.sign_in()
    page.names("cases")
    expect(page.run("document.getElementById('key').value") == "", "the page keeps the key")
    expect(page.run("document.cookie") == "", "scripts can read the cookie")
    kept = page.run("JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + location.href")
    expect(page.key not in kept, "the key is stored")
    page.call("Page.reload")
    page.until(lambda s: s["screen"] == "cases", "the list after a reload")
    page.click("#sign-out")
    page.until(lambda s: "signed out" in s["text"], "words on signing out")
    page.screen("sign-in")
    page.call("Page.reload")
    page.until(lambda s: s["screen"] == "sign-in", "signing in after a reload")
    others = [head for _, url, _, head in page.sent if "/v1/review/" in url and head.get("x-evenmatch") != "desk"]
    expect(not others, "a call without the header x-evenmatch")


def check_look(page):
    page.sign_in()
    expect(not page.looks(), "a case was opened without being asked for")
    number = page.options.number or first_case(page)
    text = page.open(number)["text"]
    page.names("case")
    expect(len(page.looks()) == 1, f"looked {len(page.looks())} times")
    expect("recorded" in text, "it does not say that the look is recorded")
    score = page.run("document.getElementById('after-facts').textContent + document.getElementById('after').hidden")
    expect(score == "true" and "The score is hidden" in text, f"before judging, it shows {score!r}")
    look_at_photos(page)
    # Not without an answer, nor without a reason.
    page.click("#judge button[type=submit]")
    text = page.until(lambda s: "Choose an answer" in s["text"], "words on the missing answer")["text"]
    expect("Say why" in text, "it does not ask for the reason")
    page.axe("case-missing")
    page.answer("unsure", "")
    page.click("#judge button[type=submit]")
    page.until(lambda s: "Choose an answer" not in s["text"] and "Say why" in s["text"], "words on the reason alone")
    expect(page.run("document.activeElement.id") == "reason", "the focus is not on what is missing")
    page.answer("unsure", "A draft")
    page.click("#judge button[type=submit]")
    page.screen("confirm")
    page.names("confirm")
    page.click("[data-back]")
    page.titled(f"Case {number}")
    expect(page.run("document.getElementById('reason').value") == "A draft", "going back costs the reason")
    page.click("[data-back]")
    page.screen("cases")
    expect(page.run("document.querySelectorAll('img').length") == 0, "photos stay in the page")
    before = len(page.looks())
    page.run("history.forward()")
    time.sleep(0.5)
    page.until(lambda s: s["screen"] == "cases", "the list after Forward")
    expect(len(page.looks()) == before, "Forward opened a case")
    expect(not page.judgements(), "a judgement was sent without being confirmed")


def look_at_photos(page):
    count = page.run("document.querySelectorAll('#photos img').length")
    if count < 2:
        expect("Invite the person" in page.state()["text"], "it does not say what to do without photos")
    if not count:
        return
    page.until(lambda s: page.run("[...document.querySelectorAll('#photos img')].every(i => i.naturalWidth > 0)"), "photos")
    boxes = json.loads(page.run("JSON.stringify([...document.querySelectorAll('#photos figure')].map("
                                "f => Math.round(f.getBoundingClientRect().top)))"))
    # Where 360 pixels are enlarged twice, there is no room for two.
    expect(len(set(boxes)) == 1 or page.width < 320, f"the photos are not side by side: {boxes}")
    expect(page.run("getComputedStyle(document.querySelector('.sheet svg')).display") == "none", "marks before they are asked for")
    page.run("document.getElementById('marks').click()")
    expect(page.run("document.querySelector('.sheet svg').getBoundingClientRect().width > 50"), "no marks")
    page.run("(z => { z.value = 250; z.dispatchEvent(new Event('input')); })(document.getElementById('zoom'))")
    wide = page.run("(v => v.scrollWidth / v.clientWidth)(document.querySelector('.view'))")
    expect(2.2 < wide < 2.8, f"at 250 % the photo is {wide} times as wide")
    middle = json.loads(page.run("(v => JSON.stringify([v.scrollLeft, v.scrollTop]))(document.querySelector('.view'))"))
    expect(middle[0] > 0, f"the enlarged photo shows its corner: {middle}")
    page.measure("case enlarged")
    page.shot("case-enlarged")
    page.axe("case-enlarged")
    page.run("(z => { z.value = 100; z.dispatchEvent(new Event('input')); })(document.getElementById('zoom'))")


def check_keyboard(page):
    """From the key to the confirmation without a pointer, and back to the list without sending."""
    page.screen("sign-in")
    page.tab_to("e.id === 'key'", "the key")
    page.type(page.key)
    page.press_key("Enter")
    page.until(lambda s: s["screen"] == "cases" and s["focused"], "the list")
    first_case(page)
    page.tab_to("e.dataset.case", "a case")
    page.press_key("Enter")
    page.until(lambda s: s["screen"] == "case" and s["focused"], "the case")
    if page.run("document.getElementById('judge').hidden"):
        return
    if page.run("!!document.querySelector('.view')"):
        page.tab_to("e.id === 'marks'", "the marks")
        page.press_key(" ")
        expect(page.run("document.getElementById('marks').checked"), "the space bar does not show the marks")
        page.tab_to("e.id === 'zoom'", "the size")
        page.press_key("ArrowRight", 4)
        expect(page.run("document.getElementById('zoom').value") == "200", "arrows do not change the size")
        page.tab_to("e.className === 'view'", "the enlarged photo")
    page.tab_to("e.name === 'same'", "the answers")
    page.press_key(" ")
    page.press_key("ArrowDown")
    page.tab_to("e.id === 'reason'", "the reason")
    page.type(REASON)
    page.press_key("Tab")
    page.press_key("Enter")
    page.until(lambda s: s["screen"] == "confirm" and s["focused"], "the confirmation")
    expect("No, two different people" in page.state()["text"], "the answer is another one")
    page.tab_to("e.dataset.back !== undefined", "the way back")
    page.press_key("Enter")
    page.until(lambda s: s["screen"] == "case" and s["focused"], "the case again")


def judge(page):
    """Judges the case, and gives whether it is closed."""
    number = page.options.number
    page.sign_in()
    text = page.open(number)["text"]
    expect("Similarity score" not in text and REASON not in text, "it shows the score or what another reviewer found")
    page.answer("yes", REASON)
    page.click("#judge button[type=submit]")
    text = page.screen("confirm")["text"]
    expect(REASON in text and "Yes, the same person" in text, f"it does not repeat what is sent: {text!r}")
    page.click("#send")
    page.titled(f"Case {number}")
    expect(page.judgements() == [{"same_person": True, "reason": REASON}], f"what was sent: {page.judgements()}")
    text = page.state()["text"]
    expect("Similarity score" in text and REASON in text, f"no score or judgement afterwards: {text[:300]!r}")
    expect(page.run("document.getElementById('judge').hidden"), "it asks again")
    closed = "is closed" in text
    expect(closed or "more reviewer" in text, f"it does not say how it goes on: {text[:300]!r}")
    if closed:
        expect(page.run("document.querySelectorAll('img').length") == 0, "photos remain after the review")
    page.names("judged")
    page.axe("case-closed" if closed else "case-judged")
    page.run("history.back()")
    page.screen("cases")
    return closed


def check_judge(page):
    # The same person in a second window, who is late.
    late = Desk(page.browser, page.options, **DESKTOP)
    late.sign_in()
    late.open(page.options.number)
    late.answer("no", "Too late.")
    closed = judge(page)
    late.click("#judge button[type=submit]")
    late.screen("confirm")
    late.click("#send")
    late.titled(f"Case {page.options.number}")
    text = late.until(lambda s: "judged this case already" in s["text"] or "was closed" in s["text"], "why not")["text"]
    expect(REASON in text, "it does not show what was judged")
    late.finish()
    if not closed and page.options.key2:
        second = Desk(page.browser, page.options, page.options.key2, **DESKTOP)
        closed = judge(second)
        second.finish()
    page.click("input[value=all]")
    page.until(lambda s: f"Case {page.options.number}" in s["text"], "the judged case in the list of all")
    page.look("cases-all", page.state())
    if not closed:
        print("the case waits for another reviewer (no --key2), so the applicant's page is not opened")
    elif page.options.link:
        applicant = Capture(page.browser, page.options, page.options.link)
        said = words(page.options, "en")
        applicant.until(lambda s: said["review_confirmed"] in s["text"], "word of the review for the applicant")
        applicant.screen("result")
        applicant.call("Page.reload")
        applicant.until(lambda s: said["review_confirmed"] in s["text"], "the same after a reload")
        expect(said["next_non_match"] not in applicant.state()["text"], "it still speaks of the old result")
        applicant.finish()


def check_lost(page):
    """The eight hours end, and the connection does."""
    page.sign_in()
    page.call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    page.click("#refresh")
    page.titled("No connection")
    page.call("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    page.click("#retry")
    page.screen("cases")
    page.call("Network.clearBrowserCookies")
    page.click("#refresh")
    page.until(lambda s: "no longer signed in" in s["text"], "words on the end of the session")
    page.screen("sign-in")


# Name, view, whether it needs a case to judge, check.
CHECKS = [
    ("sign in and out", {}, False, check_sign_in),
    ("a case at 360", {}, False, check_look),
    ("a case on a desktop", DESKTOP, False, check_look),
    ("200 % zoom of 360", {"width": 180, "height": 370}, False, check_look),
    ("keyboard", DESKTOP, False, check_keyboard),
    ("lost connection", {}, False, check_lost),
    ("judge, and tell the applicant", DESKTOP, True, check_judge),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    common_options(parser)
    parser.add_argument("--key", required=True, help="an API key with the scope review")
    parser.add_argument("--key2", help="another one, where two people must agree")
    parser.add_argument("--bad-scope", metavar="KEY", help="an API key without the scope review")
    parser.add_argument("--link", metavar="TOKEN", help="the link of the applicant of case N")
    parser.add_argument("--number", metavar="N", type=int, help="the case to judge")
    options = parser.parse_args()
    program = chromium()
    if not program:
        return 0
    due = []
    for name, view, judges, check in CHECKS:
        if options.only and options.only not in name:
            continue
        if judges and not options.number:
            print(f"{name}: left out (no --number)")
            continue
        due.append((name, lambda browser, view=view: Desk(browser, options, **view), check))
    with profile() as folder:
        browser = browser_with(program, folder, insecure=options.insecure)
        good = run_checks(browser, options, due)
        browser.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
