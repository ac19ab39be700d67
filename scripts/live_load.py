#!/usr/bin/env python3
"""Offers 32 live sessions at ten frames per second to a service on this machine, and measures.

    scripts/live_load.py [--seconds 300] [--people 32]

Each of them goes the applicant's way: a link, a session or a place in line, frames until the service says that
it is over, the decision, and then again with a new link. As on the page, at most two frames of a session are
under way, and a picture that would have to wait is dropped. Frames are 640x480 JPEGs of moving photos, made
with ffmpeg beforehand, so that the client takes little of the processor's time: it says how much.

It prints the time from a frame to its guidance, the frames per second that were reached, how long people
waited in line, and the memory of the service after a minute and at the end. It exits with 1 if 95 % of the
times are not within 400 ms, if memory grows by more than 5 %, if somebody in line loses their place, or if
there are errors.

The photos are those of ../shared/data (or EVENMATCH_DATA); without them, or without ffmpeg, it says that it
skips. The program is EVENMATCH_PROGRAM, or else the release build.
"""

import argparse
import asyncio
import collections
import csv
import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("EVENMATCH_DATA", FOLDER / "../shared/data"))
PROGRAM = os.environ.get("EVENMATCH_PROGRAM") or os.path.join(
    os.environ.get("CARGO_TARGET_DIR", FOLDER / "target"), "release/evenmatch"
)
FACES = 8
RATE = 10
# Pictures of one face, which come again after that: more than a session has at its shortest.
PICTURES = 200
UNDER_WAY = 2
MOST_MS, MOST_GROWTH = 400, 0.05
# A face that drifts over a grey wall, with noise: no picture is like the one before.
MOVING = (
    "scale=560:560,crop=480:480:x='40+30*sin(n/9)':y='40+25*cos(n/13)',"
    "noise=alls=7:allf=t,pad=640:480:80:0:gray"
)


class Measured:
    def __init__(self):
        self.times, self.waits, self.rates = [], [], []
        self.errors, self.counts = collections.Counter(), collections.Counter()
        self.furthest = 0


class Connection:
    """A connection that is kept, with one request at a time."""

    def __init__(self, port):
        self.port, self.reader, self.writer, self.free = port, None, None, True

    async def ask(self, method, path, who, body=b"", kind="application/json"):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {who}\r\n"
            f"content-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        answer = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(lines[0].split()[1]), headers, json.loads(answer) if answer else {}

    def close(self):
        if self.writer:
            self.writer.close()


def complain(measured, what, status, answer):
    measured.errors[f"{what}: {status} {answer.get('error', {}).get('kind', answer)}"] += 1


async def in_line(connection, who, measured):
    """Asks until there is a place. Returns the session."""
    began, place = time.monotonic(), None
    while True:
        status, headers, answer = await connection.ask("POST", "/v1/capture/session", who, b'{"consent": true}')
        if status == 201:
            measured.waits.append(time.monotonic() - began)
            return answer["session"]
        if status != 202:
            complain(measured, "begin", status, answer)
            return None
        measured.counts["told to wait"] += 1
        if answer["place"] < 1 or (place is not None and answer["place"] > place):
            measured.errors[f"place {answer['place']} in line after place {place}"] += 1
        place = answer["place"]
        measured.furthest = max(measured.furthest, place)
        await asyncio.sleep(float(headers["retry-after"]))


async def capture(connections, session, who, pictures, measured):
    """Sends frames until the session is over."""
    over, began, sent, under_way = asyncio.Event(), time.monotonic(), 0, set()
    answered = 0

    async def send(connection, at, picture):
        nonlocal answered
        start = time.monotonic()
        path = f"/v1/capture/session/{session}/frame?at={at}"
        try:
            status, _, answer = await connection.ask("POST", path, who, picture, "image/jpeg")
        except (OSError, EOFError) as fault:
            measured.errors[f"frame: {fault!r}"] += 1
            over.set()
            return
        connection.free = True
        if status == 200:
            measured.times.append(1000 * (time.monotonic() - start))
            measured.counts["faces seen"] += answer["face"] == "seen"
            answered += 1
            if answer["over"]:
                over.set()
        elif status == 409 and answer["error"]["kind"] == "too_late":
            measured.counts["frames overtaken"] += 1
        else:
            complain(measured, "frame", status, answer)
            over.set()

    try:
        while not over.is_set():
            free = next((one for one in connections if one.free), None)
            if free:
                free.free = False
                at = int(1000 * (time.monotonic() - began))
                task = asyncio.create_task(send(free, at, pictures[sent % len(pictures)]))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            else:
                measured.counts["pictures dropped"] += 1
            sent += 1
            await asyncio.sleep(max(0.0, began + sent / RATE - time.monotonic()))
        await asyncio.gather(*under_way)
    finally:
        # At the end of the measurement some are left.
        for task in under_way:
            task.cancel()
    measured.rates.append(answered / (time.monotonic() - began))


async def applicant(port, key, subjects, faces, until, measured):
    connections = [Connection(port) for _ in range(UNDER_WAY)]
    try:
        while time.monotonic() < until:
            subject, face = next(subjects)
            wanted = json.dumps({"subject": subject, "purpose": "verify", "minutes": 120}).encode()
            status, headers, answer = await connections[0].ask("POST", "/v1/links", f"Bearer {key}", wanted)
            if status != 201:
                if status == 503:
                    measured.counts["busy, asked again"] += 1
                else:
                    complain(measured, "link", status, answer)
                await asyncio.sleep(1)
                continue
            who = f"Link {answer['link'].split('#')[1]}"
            session = await in_line(connections[0], who, measured)
            if session is None:
                await asyncio.sleep(1)
                continue
            await capture(connections, session, who, faces[face], measured)
            while True:
                finish = f"/v1/capture/session/{session}/finish"
                status, headers, answer = await connections[0].ask("POST", finish, who)
                if status != 503:
                    break
                measured.counts["busy, asked again"] += 1
                await asyncio.sleep(float(headers["retry-after"]))
            if status == 200:
                measured.counts["sessions decided"] += 1
            else:
                complain(measured, "finish", status, answer)
    finally:
        for connection in connections:
            connection.close()


def memory(process):
    """Resident memory in MiB."""
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def processor_time(process):
    """Seconds of processor time that the process has taken."""
    after_name = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, after_name[11:13])) / os.sysconf("SC_CLK_TCK")


def round_robin(count):
    """The next person and their face; nobody comes so often that their attempts run out."""
    number = 0
    while True:
        yield f"person{number % count}", number % FACES
        number += 1


async def load(service, port, key, faces, arguments, measured):
    began = time.monotonic()
    count = people_needed(arguments)
    connection = Connection(port)
    for number in range(count):
        path = f"/v1/subjects/person{number}/enrolment"
        photo = faces[number % FACES][0]
        status, _, answer = await connection.ask("POST", path, f"Bearer {key}", photo, "image/jpeg")
        if status != 201:
            sys.exit(f"no enrolment: {status} {answer}")
    connection.close()
    print(f"{count} people enrolled in {time.monotonic() - began:.0f} s", flush=True)

    subjects = round_robin(count)
    until = time.monotonic() + arguments.seconds
    people = [
        asyncio.create_task(applicant(port, key, subjects, faces, until, measured))
        for _ in range(arguments.people)
    ]
    cpu, taken = time.process_time(), processor_time(service.pid)
    first = min(60, arguments.seconds / 2)
    await asyncio.sleep(first)
    early = memory(service.pid)
    await asyncio.sleep(until - time.monotonic())
    late, cpu = memory(service.pid), time.process_time() - cpu
    taken = processor_time(service.pid) - taken
    for one in people:
        one.cancel()
    ended = await asyncio.gather(*people, return_exceptions=True)
    for fault in ended:
        if isinstance(fault, Exception):
            measured.errors[repr(fault)] += 1
    return first, early, late, cpu / arguments.seconds, taken


def people_needed(arguments):
    # A session takes ten seconds or more, and five attempts within ten minutes are allowed.
    return arguments.people * (2 + arguments.seconds // 60)


def make_faces(folder):
    """Frames of FACES people."""
    with (DATA / "lfw.csv").open() as rows:
        photos = {row["subject_id"]: DATA / row["path"] for row in csv.DictReader(rows)}
    faces = []
    for number, (_, photo) in enumerate(sorted(photos.items())[:FACES]):
        place = folder / str(number)
        place.mkdir()
        order = ["ffmpeg", "-v", "error", "-loop", "1", "-i", photo, "-vf", MOVING, "-frames:v", str(PICTURES)]
        subprocess.run([*order, "-q:v", "4", str(place / "%04d.jpg")], check=True)
        faces.append([file.read_bytes() for file in sorted(place.iterdir())])
    return faces


def start(folder):
    place = ["--data", str(folder / "people"), "--key-file", str(folder / "key")]
    run = lambda *order: subprocess.run(  # noqa: E731
        [PROGRAM, *order], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ).stdout
    run("keys", "new", str(folder / "key"))
    key = run("keys", "api", "new", "load", "--scopes", "enrol,link", *place).strip()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "log"
    order = [PROGRAM, "serve", *place, "--behind-proxy", "--listen", f"127.0.0.1:{port}"]
    with log.open("w") as errors:
        service = subprocess.Popen(order, stderr=errors)
    while "listening" not in log.read_text():
        if service.poll() is not None:
            sys.exit(f"the service does not start: {log.read_text()}")
        time.sleep(0.1)
    return service, port, key


def report(measured, arguments, first, early, late, cpu, taken):
    times = sorted(measured.times)
    at = lambda share: times[min(len(times) - 1, int(share * len(times)))]  # noqa: E731
    growth = late / early - 1
    waits, rates = sorted(measured.waits), measured.rates
    spent = 1000 * taken / len(times)
    rows = [
        ("sessions offered at the same time", f"{arguments.people}"),
        ("sessions begun / decided", f"{len(waits)} / {measured.counts['sessions decided']}"),
        ("frames answered", f"{len(times)} ({len(times) / arguments.seconds:.1f} per second)"),
        ("frame to guidance, 50 %", f"{at(0.50):.0f} ms"),
        ("frame to guidance, 95 %", f"{at(0.95):.0f} ms (at most {MOST_MS})"),
        ("frame to guidance, 99 %", f"{at(0.99):.0f} ms"),
        ("frames per second of a session", f"{sum(rates) / max(1, len(rates)):.1f} of {RATE}"),
        ("frames with the face seen", f"{100 * measured.counts['faces seen'] / len(times):.0f} %"),
        ("pictures dropped", f"{measured.counts['pictures dropped']}"),
        ("frames overtaken", f"{measured.counts['frames overtaken']}"),
        ("told to wait, with a place in line", f"{measured.counts['told to wait']}"),
        ("furthest place in line", f"{measured.furthest}"),
        ("wait for a session, median / longest", f"{waits[len(waits) // 2]:.0f} / {waits[-1]:.0f} s"),
        ("busy, asked again", f"{measured.counts['busy, asked again']}"),
        (f"memory after {first:.0f} s / at the end", f"{early:.0f} / {late:.0f} MiB ({100 * growth:+.1f} %)"),
        # If the machine is busy with something else, times are long and this is not.
        ("processor time of the service", f"{taken / arguments.seconds:.2f} cores, {spent:.0f} ms per frame"),
        ("processor time of this client", f"{cpu:.2f} cores"),
        ("errors", f"{sum(measured.errors.values())}"),
    ]
    for name, value in rows:
        print(f"{name:38} {value}")
    for error, count in measured.errors.items():
        print(f"  {count} x {error}")
    return at(0.95) <= MOST_MS and growth <= MOST_GROWTH and not measured.errors


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--people", type=int, default=32)
    arguments = parser.parse_args()
    if not (DATA / "lfw.csv").is_file():
        print(f"skipped: no photos at {DATA} (set EVENMATCH_DATA)")
        return
    if not shutil.which("ffmpeg"):
        print("skipped: ffmpeg is not installed (Debian: apt-get install ffmpeg)")
        return
    # Two connections for each of them, and those of the service.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    measured = Measured()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        faces = make_faces(folder)
        service, port, key = start(folder)
        try:
            figures = asyncio.run(load(service, port, key, faces, arguments, measured))
        finally:
            service.kill()
            service.wait()
        faults = [line for line in (folder / "log").read_text().splitlines() if "fault" in line]
        measured.errors.update(faults)
    if not measured.times or not measured.waits:
        sys.exit(f"no frame was answered: {dict(measured.errors)}")
    if not report(measured, arguments, *figures):
        sys.exit("failed: see the rows above")


if __name__ == "__main__":
    main()
