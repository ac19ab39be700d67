#!/usr/bin/env python3
"""Prints the licences of all packages that are linked into the program `evenmatch`: their names, and the
texts and notices that come with them, each text once.

    scripts/licences.py > third-party-licences.txt
"""

import json
import pathlib
import subprocess
import sys

ROOT = "evenmatch-cli"
FILES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE", "COPYRIGHT")


def linked():
    """The packages that the root links on this platform, without those that only build or test it."""
    host = next(
        line.split()[1]
        for line in subprocess.check_output(["rustc", "-vV"], text=True).splitlines()
        if line.startswith("host:")
    )
    order = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", host]
    found = json.loads(subprocess.check_output(order))
    packages = {package["id"]: package for package in found["packages"]}
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    due = [one for one, package in packages.items() if package["name"] == ROOT]
    seen = set(due)
    while due:
        for needed in nodes[due.pop()]["deps"]:
            is_linked = any(kind["kind"] is None for kind in needed["dep_kinds"])
            if is_linked and needed["pkg"] not in seen:
                seen.add(needed["pkg"])
                due.append(needed["pkg"])
    others = [packages[one] for one in seen if packages[one]["source"]]
    return sorted(others, key=lambda package: (package["name"], package["version"]))


def texts(package):
    folder = pathlib.Path(package["manifest_path"]).parent
    named = [file for file in folder.rglob("*") if file.name.upper().startswith(FILES)]
    if package["license_file"]:
        named.append(folder / package["license_file"])
    for file in sorted(set(named)):
        if file.is_file() and file.suffix not in (".rs", ".py", ".c", ".h", ".toml"):
            yield file.read_text(errors="replace").strip()


def main():
    packages = linked()
    if not packages:
        sys.exit("no packages: is this the workspace's folder?")
    owners = {}
    print("The program evenmatch contains these packages:\n")
    for package in packages:
        name = f"{package['name']} {package['version']}"
        found = list(texts(package))
        terms = package["license"] or "see its text below"
        print(f"  {name}: {terms}" + ("" if found else " (the package contains no text of it)"))
        for text in found:
            owners.setdefault(text, []).append(name)
    for text, names in owners.items():
        print(f"\n{'-' * 80}\n{', '.join(dict.fromkeys(names))}\n{'-' * 80}\n\n{text}")


if __name__ == "__main__":
    main()
