#!/usr/bin/env python3
"""Fetches the demonstration photos and prints the folder that contains them.

Three portraits of one person and one of another, press photographs that are part of the source
distribution of `face-recognition` 1.3.0, and an image without a face that is made here. They are
kept in a cache folder outside the repository (set EVENMATCH_DEMO_PHOTOS to override it), and every
file is checked against its SHA-256. Needs only Python 3.8 with pip.

To read the metadata of a source distribution, pip runs its setup.py. pip is therefore given the
digest, which it checks before it runs anything.
"""
import hashlib
import os
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib

PACKAGE = "face-recognition==1.3.0"
SDIST = "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec"
MEMBERS = "face_recognition-1.3.0/tests/test_images/"
PHOTOS = {
    "obama.jpg": "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
    "obama2.jpg": "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
    "obama3.jpg": "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
    "biden.jpg": "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
}
NO_FACE = "no-face.png"


def say(text):
    print(text, file=sys.stderr)


def fail(text):
    sys.exit(f"error: {text}")


def cache_folder():
    named = os.environ.get("EVENMATCH_DEMO_PHOTOS")
    if named:
        return named
    if sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "evenmatch", "demo-photos")


def is_right(path, digest):
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest() == digest
    except FileNotFoundError:
        return False


def put(path, data):
    """Writes a temporary file next to the target and moves it there in one step."""
    handle, partial = tempfile.mkstemp(prefix=".partial-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise


def download(folder):
    """Downloads the source distribution into the folder; pip checks it, and so does this."""
    wanted = os.path.join(folder, "requirements.txt")
    with open(wanted, "w") as file:
        file.write(f"{PACKAGE} --hash=sha256:{SDIST}\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    pip += ["--no-input", "--no-deps", "--require-hashes", "--no-binary=face-recognition"]
    pip += ["--retries", "2", "--dest", folder, "--requirement", wanted]
    # With isolation, pip fetches setuptools for the build; without, it uses the installed one.
    tries = [pip, pip + ["--no-build-isolation"]]
    results = []
    for command in tries:
        results.append(subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
        if results[-1].returncode == 0:
            break
    else:
        words = results[0].stderr.decode(errors="replace").strip().splitlines()[-3:]
        fail("pip could not download the demonstration photos: " + " ".join(words))
    archives = [name for name in os.listdir(folder) if name.endswith(".tar.gz")]
    if len(archives) != 1 or not is_right(os.path.join(folder, archives[0]), SDIST):
        fail(f"pip delivered another file than {PACKAGE}")
    return os.path.join(folder, archives[0])


def fetch(folder):
    with tempfile.TemporaryDirectory(prefix="evenmatch-demo-") as work:
        say(f"downloading {PACKAGE} for its test photos ...")
        with tarfile.open(download(work)) as archive:
            for name, digest in PHOTOS.items():
                data = archive.extractfile(MEMBERS + name).read()
                if hashlib.sha256(data).hexdigest() != digest:
                    fail(f"{name} is not the photo that was examined")
                put(os.path.join(folder, name), data)


def picture_without_a_face(width=480, height=640):
    """A PNG of a wall and a floor, lit from one side."""
    rows = []
    for y in range(height):
        row = bytearray([0])
        for x in range(width):
            light = 120 + 80 * x // width
            row += bytes((light, light - 8, light - 20) if y < 440 else (light // 2, 60, 40))
        rows.append(bytes(row))

    def chunk(kind, body):
        checksum = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def main():
    folder = cache_folder()
    os.makedirs(folder, exist_ok=True)
    if not all(is_right(os.path.join(folder, name), digest) for name, digest in PHOTOS.items()):
        fetch(folder)
    put(os.path.join(folder, NO_FACE), picture_without_a_face())
    print(folder)


main()
