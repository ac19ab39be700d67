#!/usr/bin/env python3
"""Writes the manifest (path,subject_id and attributes) of a set of photos.

  make_manifest.py folders PHOTOS > people.csv             one folder per person
  make_manifest.py rfw RFW > people.csv                    RACE/PERSON/photo
  make_manifest.py fairface DIR --labels fairface_label_val.csv > people.csv
  make_manifest.py bfw DIR > people.csv                    GROUP/PERSON/photo, such as asian_females
  make_manifest.py muct DIR > people.csv                   i000qa-fn.jpg: subject, camera, light, sex
  make_manifest.py folders PHOTOS --labels labels.csv > people.csv

--labels for folders, rfw and bfw is a CSV with `subject_id` and attribute columns, which are
added to every photo of that person. Paths are relative to the folder; give it to evenmatch as
--root. Nothing is copied. The rows are sorted, so the same folder always gives the same bytes.
"""

import argparse
import csv
import re
import sys
from pathlib import Path

PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
MUCT = re.compile(r"i(\d{3})([qrstuv])([a-e])-([fm])([gn])$")


def photos(root):
    return sorted(p.relative_to(root) for p in root.rglob("*") if p.suffix.lower() in PHOTOS)


def folders(root, _):
    for path in photos(root):
        if len(path.parts) >= 2:
            yield {"path": path, "subject_id": path.parts[-2]}


def rfw(root, _):
    for path in photos(root):
        if len(path.parts) >= 3:
            yield {"path": path, "subject_id": f"{path.parts[-3]}/{path.parts[-2]}", "race": path.parts[-3]}


def bfw(root, _):
    for path in photos(root):
        if len(path.parts) >= 3:
            group = path.parts[-3]
            race, _, sex = group.partition("_")
            sex = {"females": "female", "males": "male"}.get(sex, sex)
            yield {"path": path, "subject_id": f"{group}/{path.parts[-2]}", "race": race, "sex": sex}


def muct(root, _):
    for path in photos(root):
        found = MUCT.match(path.stem)
        if found:
            subject, light, camera, sex, glasses = found.groups()
            yield {"path": path, "subject_id": subject, "sex": {"f": "female", "m": "male"}[sex],
                   "light": light, "camera": camera, "glasses": {"g": "yes", "n": "no"}[glasses]}


def fairface(root, labels):
    for row in labels:
        yield {"path": row["file"], "subject_id": Path(row["file"]).stem, "sex": row["gender"].lower(),
               "race": row["race"], "age": row["age"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("layout", choices=["folders", "rfw", "bfw", "muct", "fairface"])
    parser.add_argument("root", type=Path)
    parser.add_argument("--labels", type=Path)
    args = parser.parse_args()
    if not args.root.is_dir():
        parser.error(f"{args.root} is not a folder")
    labels = []
    if args.labels:
        with args.labels.open(newline="", encoding="utf-8-sig") as handle:
            labels = list(csv.DictReader(handle))
    if args.layout == "fairface" and not labels:
        parser.error("fairface needs --labels, the CSV that comes with the photos")
    layout = {"folders": folders, "rfw": rfw, "bfw": bfw, "muct": muct, "fairface": fairface}[args.layout]
    rows = list(layout(args.root, labels))
    if not rows:
        parser.error(f"{args.root} contains no photos in this layout")
    extra = {}
    if labels and args.layout != "fairface":
        if "subject_id" not in labels[0]:
            parser.error(f"{args.labels} has no column subject_id")
        extra = {row.pop("subject_id"): row for row in labels}
    columns = list(rows[0])
    columns += [c for c in next(iter(extra.values()), {}) if c not in columns]
    writer = csv.DictWriter(sys.stdout, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({**extra.get(row["subject_id"], {}), **row})


if __name__ == "__main__":
    main()
