#!/usr/bin/env python3
"""OpenCV's own pipeline, one thread, per image: decode, detect, align, feature.

Prints one JSON line of medians in milliseconds over N photos spread evenly over
lfw.csv (row i*n/N). The warm-up photos are not counted. `cpu_per_wall` shows
that one thread ran; well under 1, something else took the processor meanwhile.
`cpu_ms` is the mean processor time an image, which such company disturbs less.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import opencv_pipeline as peer
import cv2

STAGES = ("decode", "detect", "align", "embed", "total")
WARM_UP = 5


def measure(pipeline, path):
    """Milliseconds of each stage, or None where no face was found."""
    marks = [time.perf_counter()]
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    marks.append(time.perf_counter())
    faces = pipeline.detect(image)
    marks.append(time.perf_counter())
    if not len(faces):
        return None
    crop = pipeline.align(image, peer.largest(faces))
    marks.append(time.perf_counter())
    pipeline.feature(crop)
    marks.append(time.perf_counter())
    stages = [(b - a) * 1e3 for a, b in zip(marks, marks[1:])]
    return [*stages, sum(stages)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--root", type=Path, help="folder that holds lfw.csv")
    parser.add_argument("--folder", type=Path, help="measure every JPEG of this folder instead")
    parser.add_argument("--models", type=Path, help="folder of the two original ONNX files")
    args = parser.parse_args()

    cv2.setNumThreads(1)
    pipeline = peer.Pipeline(peer.models_dir(args.models))
    if args.folder:
        paths = sorted(args.folder.glob("*.jpg"))
    else:
        paths = peer.spread(peer.lfw_paths(args.root or peer.data_root()), args.photos)
    if not paths:
        parser.error("no photos to measure")
    for path in paths[:WARM_UP]:
        measure(pipeline, path)
    wall, cpu = time.perf_counter(), time.process_time()
    times = [measure(pipeline, path) for path in paths]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    found = [t for t in times if t]
    if not found:
        parser.error("no face in any photo")
    medians = {f"{s}_ms": round(statistics.median(t[i] for t in found), 4) for i, s in enumerate(STAGES)}
    print(json.dumps({
        "peer": f"opencv {cv2.__version__}", "photos": len(paths), "faces": len(found),
        "threads": cv2.getNumThreads(), "cpu_per_wall": round(cpu / wall, 3),
        "cpu_ms": round(cpu * 1e3 / len(paths), 4), **medians,
    }))


if __name__ == "__main__":
    main()
