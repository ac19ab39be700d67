"""axe-core, which finds what a screen reader or a weak eye would stumble on. Not a program by itself.

It is fetched once with npm, in a pinned version, into a folder for caches outside the repository, and its
digest is compared at every use. Without npm or a registry, whoever asks is told so once and goes on.
"""

import base64
import functools
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile

VERSION = "4.14.1"
# `npm view axe-core@4.14.1 dist.integrity`
INTEGRITY = "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
PATIENCE_S = 180

# WCAG 2.2 at A and AA, and what is good practice beyond it. The size of targets is off unless asked for.
RUN = """axe.run(document, {
  runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']},
  rules: {'target-size': {enabled: true}}, resultTypes: ['violations'],
}).then(found => JSON.stringify(found.violations.map(v => v.id + ': ' + v.help + ': ' + v.nodes.slice(0, 3).map(
  n => n.html.slice(0, 90) + ' (' + n.failureSummary.replace(/\\s+/g, ' ').slice(0, 200) + ')').join('; '))))"""


def fetch(archive):
    """Asks npm for the archive. Says why where it does not come."""
    if not shutil.which("npm"):
        return "npm is not installed"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        try:
            done = subprocess.run(["npm", "pack", f"axe-core@{VERSION}", "--silent", "--pack-destination", folder],
                                  capture_output=True, text=True, timeout=PATIENCE_S, cwd=folder)
        except subprocess.TimeoutExpired:
            return f"npm took more than {PATIENCE_S} s"
        found = list(pathlib.Path(folder).glob("*.tgz"))
        if done.returncode or not found:
            return f"npm: {done.stderr.strip()[:200] or 'no archive came'}"
        found[0].replace(archive)
    return None


@functools.cache
def source():
    """The script's text, or None where it cannot be had, which is printed. A wrong digest is an error."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    archive = cache / "evenmatch" / "axe" / f"axe-core-{VERSION}.tgz"
    problem = None if archive.is_file() else fetch(archive)
    if problem:
        print(f"skipped: axe-core {VERSION} is not here, so its rules are not checked ({problem})", flush=True)
        return None
    digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != INTEGRITY:
        raise RuntimeError(f"{archive} has the digest {digest}, not {INTEGRITY}: delete it and run again")
    with tarfile.open(archive) as files:
        return files.extractfile("package/axe.min.js").read().decode()


def violations(run):
    """What breaks a rule on the page in which `run` evaluates an expression."""
    script = source()
    if script is None:
        return []
    if run("typeof axe") == "undefined":
        run(script + "\n1")
    return json.loads(run(RUN))
