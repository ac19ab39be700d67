#!/usr/bin/env python3
"""Kills the service again and again, and checks that nothing that it acknowledged is lost.

    scripts/check_kill.py [--rounds 50] [--seed 1] [--threads 4]

In each round, several threads enrol, verify, appeal, delete, and make, use and revoke links, with an API key.
At a random moment the process gets SIGKILL. It is started again on the same folder, and then: who was
enrolled is known, decisions can be explained, appeals are open, who was deleted stays deleted and the receipt
is valid, links are as they were left, attempts are not forgotten, and the ledger is whole. What was under way
when the process ended may have happened or not, but not in part: a deletion without an answer that did happen
has left its receipt.

The photos are those of ../shared/data (or EVENMATCH_DATA); without them it says that it skips. The program is
EVENMATCH_PROGRAM, or else the debug build. The seed fixes when the process is killed and what the threads
choose, but not how they take turns. 50 rounds take about four minutes on two cores.
"""

import argparse
import collections
import csv
import http.client
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

FOLDER = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("EVENMATCH_DATA", FOLDER / "../shared/data"))
PROGRAM = os.environ.get("EVENMATCH_PROGRAM") or os.path.join(
    os.environ.get("CARGO_TARGET_DIR", FOLDER / "target"), "debug/evenmatch"
)
SCOPES = "enrol,verify,read,appeal,delete,link"
# The service's limit (crates/serve/src/access/attempts.rs), and a time that is certainly within it.
MOST_ATTEMPTS, WITHIN = 5, 570
PEOPLE = 24
# Seconds after which a round ends in any case.
PATIENCE = 60
# Everything about so many people of earlier rounds is checked again in each round, and all of it at the end.
AGAIN = 10


class Lost(Exception):
    """Something that was acknowledged is not there."""


class Person:
    """One subject and what the service has acknowledged about it. One thread at a time owns it."""

    def __init__(self, name, photos):
        self.name, self.photos = name, photos
        # new, enrolled or deleted; and what was asked for without an answer: enrol, delete, verify, appeal.
        self.state, self.open = "new", set()
        self.decisions, self.appeals, self.links = {}, set(), []
        self.attempts = []
        self.receipt = None


class Link:
    def __init__(self, answer):
        self.id, self.secret = answer["id"], answer["link"].split("#")[1]
        self.state, self.decision, self.open = "open", None, False


class Service:
    """The process, which ends and starts again on the same folder."""

    def __init__(self, folder):
        self.folder, self.process = folder, None
        self.place = ["--data", str(folder / "people"), "--key-file", str(folder / "key")]
        (folder / "policy.toml").write_text('liveness = "off"\n')
        self.run("keys", "new", str(folder / "key"))
        self.key = self.run("keys", "api", "new", "check", "--scopes", SCOPES, *self.place).strip()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @staticmethod
    def run(*arguments):
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise Lost(f"evenmatch {' '.join(arguments[:3])}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self):
        log = self.folder / "log"
        order = [PROGRAM, "serve", *self.place, "--behind-proxy", "--listen", f"127.0.0.1:{self.port}"]
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                [*order, "--policy", str(self.folder / "policy.toml")], stderr=errors
            )
        for _ in range(600):
            if "listening" in log.read_text():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise Lost(f"the service does not start: {log.read_text()}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def faults(self):
        return [line for line in (self.folder / "log").read_text().splitlines() if "fault" in line]


class Client:
    """One connection."""

    def __init__(self, service):
        self.service = service
        self.connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)

    def ask(self, method, path, body=None, link=None, **headers):
        """Status and body. A busy service is asked again."""
        who = f"Link {link}" if link else f"Bearer {self.service.key}"
        headers = {"authorization": who, **{name.replace("_", "-"): text for name, text in headers.items()}}
        while True:
            self.connection.request(method, path, body=body, headers=headers)
            answer = self.connection.getresponse()
            text = answer.read()
            if answer.status != 503:
                break
            time.sleep(0.05)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.status, json.loads(text) if is_json else text.decode()


class Worker(threading.Thread):
    """Works on people of its own until the process is killed."""

    def __init__(self, client, people, mine, number, randomness, killing, counts):
        super().__init__()
        self.client, self.people, self.number = client, people, number
        self.random, self.killing, self.counts = randomness, killing, counts
        self.mine, self.fault, self.made, self.answers = list(mine), None, 0, 0

    def run(self):
        try:
            while True:
                self.step()
                self.answers += 1
        except (OSError, http.client.HTTPException) as end:
            # The kill is announced before it happens.
            if not self.killing.is_set():
                self.fault = f"a connection ended by itself: {end!r}"
        except Exception as fault:  # noqa: BLE001: the main thread reports it
            self.fault = repr(fault)

    def expect(self, answer, *statuses):
        if answer[0] not in statuses:
            raise Lost(f"unexpected answer {answer}")
        return answer

    def photo(self, photos):
        # With a comment of its own, since no camera takes the same photo twice: equal files lead to decisions
        # with the same id, and appeals are about an id.
        jpeg, comment = self.random.choice(photos).read_bytes(), self.random.randbytes(16)
        return jpeg[:2] + b"\xff\xfe\x00\x12" + comment + jpeg[2:]

    def step(self):
        enrolled = [person for person in self.mine if person.state == "enrolled"]
        if len(enrolled) < 3:
            return self.enrol()
        person = self.random.choice(enrolled)
        steps = [self.enrol, self.verify, self.verify, self.appeal, self.delete, self.link, self.use, self.revoke]
        step = self.random.choice(steps)
        return step() if step == self.enrol else step(person)

    def enrol(self):
        self.made += 1
        own = self.random.choice(self.people)
        person = Person(f"{self.number}-{self.made}", own)
        self.mine.append(person)
        person.open.add("enrol")
        path = f"/v1/subjects/{person.name}/enrolment"
        status, _ = self.expect(self.client.ask("POST", path, own[0].read_bytes()), 201, 422)
        person.state = "enrolled" if status == 201 else "refused"
        person.open.clear()
        self.counts["enrolments"] += status == 201

    def presented(self, person):
        """A photo of the person, or more often of another one, whose attempts count."""
        if self.random.random() < 0.3:
            return True, self.photo(person.photos[1:])
        others = [photos for photos in self.people if photos is not person.photos]
        return False, self.photo(self.random.choice(others))

    def decided(self, person, began, number, outcome):
        person.decisions[number] = outcome
        person.attempts = [] if outcome == "match" else [*person.attempts, began]
        self.counts["decisions"] += 1

    def verify(self, person):
        own, photo = self.presented(person)
        began = time.time()
        # If it matches, it also ends the count of attempts, with an answer or without.
        before, person.attempts = person.attempts, [] if own else person.attempts
        person.open.add("verify")
        path = f"/v1/subjects/{person.name}/verifications"
        status, answer = self.expect(self.client.ask("POST", path, photo), 200, 429)
        person.open.clear()
        person.attempts = before
        if status == 200:
            self.decided(person, began, int(answer["id"]), answer["outcome"])

    def appeal(self, person):
        numbers = sorted(set(person.decisions) - person.appeals)
        if not numbers:
            return
        number = self.random.choice(numbers)
        person.open.add("appeal")
        path = f"/v1/subjects/{person.name}/decisions/{number}/appeal"
        self.expect(self.client.ask("POST", path, b"It was I"), 201)
        person.open.clear()
        person.appeals.add(number)
        self.counts["appeals"] += 1

    def delete(self, person):
        person.open.add("delete")
        _, person.receipt = self.expect(self.client.ask("DELETE", f"/v1/subjects/{person.name}"), 200)
        person.open.clear()
        person.state = "deleted"
        self.counts["deletions"] += 1

    def link(self, person):
        wanted = json.dumps({"subject": person.name, "purpose": "verify", "minutes": 120})
        answer = self.client.ask("POST", "/v1/links", wanted, content_type="application/json")
        person.links.append(Link(self.expect(answer, 201)[1]))
        self.counts["links"] += 1

    def use(self, person):
        links = [link for link in person.links if link.state == "open"]
        if not links:
            return
        link = self.random.choice(links)
        own, photo = self.presented(person)
        began = time.time()
        before, person.attempts = person.attempts, [] if own else person.attempts
        person.open.add("verify")
        link.open = True
        answer = self.client.ask("POST", "/v1/capture/photo", photo, link=link.secret, x_consent="yes")
        status, answer = self.expect(answer, 200, 429)
        person.open.clear()
        link.open = False
        person.attempts = before
        if status == 200:
            told = answer["decision"]
            link.decision = told["number"]
            link.state = "used" if told["outcome"] == "match" else "open"
            self.decided(person, began, told["number"], told["outcome"])
            self.counts["links used"] += 1

    def revoke(self, person):
        links = [link for link in person.links if link.state == "open"]
        if not links:
            return
        link = self.random.choice(links)
        link.open = True
        self.expect(self.client.ask("DELETE", f"/v1/links/{link.id}"), 204)
        link.state, link.open = "revoked", False
        self.counts["links revoked"] += 1


def check_link(client, person, link):
    status, answer = client.ask("GET", "/v1/capture", link=link.secret)
    what = f"link {link.id} of {person.name} ({link.state}): {status} {answer}"
    if person.state == "deleted":
        if status < 400:
            raise Lost(f"works after the deletion: {what}")
        return
    if link.open and status == 410:
        # The revocation without an answer happened.
        link.state, link.open = "revoked", False
    if link.state == "revoked":
        if status != 410:
            raise Lost(f"works after its revocation: {what}")
        return
    if status != 200:
        raise Lost(what)
    number = answer["decision"] and answer["decision"]["number"]
    if link.open:
        # A decision without an answer may have used it.
        link.state = "used" if answer["state"] == "decided" else "open"
        link.open, link.decision = False, number
        if number:
            person.decisions.setdefault(number, answer["decision"]["outcome"])
    expected = ("decided" if link.state == "used" else "open", link.decision)
    if (answer["state"], number) != expected:
        raise Lost(f"expected {expected}: {what}")
    counted = sum(time.time() - began < WITHIN for began in person.attempts)
    if answer["attempts_left"] > MOST_ATTEMPTS - counted:
        raise Lost(f"{counted} attempts were made: {what}")


def check_person(client, person):
    """Compares what the service says now with what it acknowledged, and learns how open requests ended."""
    status, told = client.ask("GET", f"/v1/subjects/{person.name}")
    if status not in (200, 404):
        raise Lost(f"{person.name}: {status} {told}")
    if "enrol" in person.open:
        person.state = "enrolled" if status == 200 else "new"
    if "delete" in person.open and status == 404:
        person.state = "deleted"
    if (status == 200) != (person.state == "enrolled"):
        raise Lost(f"{person.name} is {person.state}, and the service says {status} {told}")
    deleted_now = "delete" in person.open and person.state == "deleted"
    if person.state == "enrolled":
        decisions = {one["entry"]: one for one in told["decisions"]}
        for number, outcome in person.decisions.items():
            if decisions.get(number, {}).get("outcome") != outcome:
                raise Lost(f"decision {number} about {person.name}: {decisions.get(number)}")
            if number in person.appeals and decisions[number]["appeal"] != "open":
                raise Lost(f"the appeal against {number}: {decisions[number]}")
            status, text = client.ask("GET", f"/v1/subjects/{person.name}/decisions/{number}")
            if status != 200 or not text:
                raise Lost(f"decision {number} cannot be explained: {status} {text}")
        extra = set(decisions) - set(person.decisions)
        if len(extra) > 1 or (extra and "verify" not in person.open and not any(one.open for one in person.links)):
            raise Lost(f"decisions {extra} about {person.name} were not asked for")
        person.decisions.update({number: decisions[number]["outcome"] for number in extra})
        person.appeals.update(number for number, one in decisions.items() if one["appeal"] == "open")
    if not deleted_now:
        for link in person.links:
            check_link(client, person, link)
    person.open.clear()
    return deleted_now


def check_receipt(service, public_key, person):
    file = service.folder / "receipt.json"
    file.write_text(json.dumps(person.receipt))
    ledger = str(service.folder / "people/ledger")
    service.run("receipt", str(file), "--public-key", public_key, "--subject", person.name, "--ledger", ledger)


def adopt_receipts(service, people, known):
    """Finds the receipts of deletions that happened without an answer."""
    ids = json.loads(service.run("receipt", "show", *service.place))["undelivered"]
    found = {}
    for one in ids:
        if one not in known:
            receipt = json.loads(service.run("receipt", "show", one, *service.place))
            found[receipt["receipt"]] = receipt
    for person in people:
        for receipt in found.values():
            person.receipt = receipt
            try:
                check_receipt(service, service.public_key, person)
                break
            except Lost:
                person.receipt = None
        if person.receipt is None:
            raise Lost(f"{person.name} was deleted, and there is no receipt ({len(found)} without an owner)")


def photos():
    """People with two photos or more, as lists of files."""
    by_name = collections.defaultdict(list)
    with (DATA / "lfw.csv").open() as rows:
        for row in csv.DictReader(rows):
            by_name[row["subject_id"]].append(DATA / row["path"])
    several = [files for _, files in sorted(by_name.items()) if len(files) >= 2]
    return several[:PEOPLE]


def one_round(service, number, arguments, counts, pool, everybody):
    randomness = random.Random(f"{arguments.seed} {number}")
    killing = threading.Event()
    workers = []
    # Each goes on with people of earlier rounds.
    there = [person for person in everybody if person.state == "enrolled"]
    randomness.shuffle(there)
    for thread in range(arguments.threads):
        before = there[3 * thread : 3 * thread + 3]
        own = random.Random(f"{arguments.seed} {number} {thread}")
        name = f"{number}-{thread}"
        workers.append(Worker(Client(service), pool, before, name, own, killing, counts))
    for worker in workers:
        worker.start()
    # After so many steps, and not after a time, so that a slow machine does as much as a fast one.
    steps, latest = randomness.randint(1, arguments.steps), time.monotonic() + PATIENCE
    while sum(worker.answers for worker in workers) < steps and time.monotonic() < latest:
        time.sleep(0.005)
    time.sleep(randomness.uniform(0, 0.3))
    killing.set()
    faults = service.faults()
    service.kill()
    for worker in workers:
        worker.join()
    faults += [worker.fault for worker in workers if worker.fault]
    if faults:
        raise Lost("; ".join(faults))
    # Before anything writes again.
    service.run("ledger", "verify", "--data", str(service.folder / "people"))
    service.start()
    client = Client(service)
    mine = [person for worker in workers for person in worker.mine]
    counts["requests without an answer"] += sum(
        bool(person.open) or any(link.open for link in person.links) for person in mine
    )
    receipts = [person for person in mine if person.receipt]
    orphans = [person for person in mine if check_person(client, person)]
    if orphans:
        known = {person.receipt["receipt"] for person in [*everybody, *mine] if person.receipt}
        adopt_receipts(service, orphans, known)
        counts["deletions without an answer"] += len(orphans)
        for person in orphans:
            # The links may be left until the deletion is asked for again.
            person.links = []
    for person in [*receipts, *orphans]:
        check_receipt(service, service.public_key, person)
    others = [person for person in everybody if person not in mine]
    for person in randomness.sample(others, min(AGAIN, len(others))):
        check_person(client, person)
    service.run("ledger", "verify", "--enrolments", *service.place)
    everybody += [person for person in mine if person not in everybody]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--steps", type=int, default=60, help="steps until the kill, at most")
    arguments = parser.parse_args()
    if not (DATA / "lfw.csv").is_file():
        print(f"skipped: no photos at {DATA} (set EVENMATCH_DATA)")
        return
    began, counts, everybody = time.time(), collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        service = Service(pathlib.Path(folder))
        try:
            service.start()
            service.public_key = service.run("ledger", "key", *service.place).split()[0]
            pool = photos()
            for number in range(1, arguments.rounds + 1):
                one_round(service, number, arguments, counts, pool, everybody)
                print(f"round {number}: {dict(counts)}, {time.time() - began:.0f} s", flush=True)
            client = Client(service)
            for person in everybody:
                check_person(client, person)
                if person.receipt:
                    check_receipt(service, service.public_key, person)
        except Lost as lost:
            sys.exit(f"failed with seed {arguments.seed}: {lost}")
        finally:
            if service.process:
                service.kill()
    print(f"{arguments.rounds} kills, nothing lost: {dict(counts)}, {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
