#!/usr/bin/env python3
"""Writes the reference values that the parity test compares Evenmatch with.

Runs OpenCV's own pipeline (scripts/peers/opencv_pipeline.py) over every 31st
photo of LFW and writes

  tests/data/parity/opencv_lfw.csv     faces of each photo, keyed by its SHA-256
  tests/data/parity/opencv_scores.csv  cosines of consecutive selected photos
  tests/data/parity/opencv.json        versions, settings and model digests

and, only with --out FOLDER and never inside the repository, because this is
biometric data,

  FOLDER/opencv_embeddings.csv         sha256, crop_sha256, 128 raw values
  FOLDER/opencv_crops.bgr              aligned crops, 112x112x3 bytes each (BGR,
                                       row-major), in the order of that CSV
  FOLDER/opencv_pixels.bgr             decoded photos, BGR, row-major, one after
                                       another in the order of opencv_lfw.csv

The parity test reads FOLDER through EVENMATCH_PARITY_DIR. With --against FOLDER
nothing is written; this OpenCV is compared with the values stored there. This is
how OpenCV 4 cross-checks the OpenCV 5 reference.

  python -m venv V && V/bin/pip install -r scripts/peers/requirements.txt
  V/bin/python scripts/parity_reference.py --out CACHE/parity
"""

import argparse
import csv
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
import opencv_pipeline as peer
import cv2
import numpy as np

FACE_COLUMNS = [
    "x", "y", "w", "h",
    "right_eye_x", "right_eye_y", "left_eye_x", "left_eye_y", "nose_x", "nose_y",
    "right_mouth_x", "right_mouth_y", "left_mouth_x", "left_mouth_y", "score",
]


def number(value):
    """Nine significant digits: enough to give back the same 32-bit float."""
    return format(float(value), ".9g")


def run(pipeline, paths):
    """One dictionary per photo, in order."""
    results = []
    for path in paths:
        digest = peer.sha256(path.read_bytes())
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            sys.exit(f"OpenCV cannot decode photo {digest}")
        faces = pipeline.detect(image)
        result = {"sha256": digest, "pixels": image, "count": len(faces)}
        if len(faces):
            result["face"] = peer.largest(faces)
            result["crop"] = pipeline.align(image, result["face"])
            result["embedding"] = pipeline.feature(result["crop"])
        results.append(result)
    return results


def write_faces(results, path):
    with path.open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle, lineterminator="\n")
        out.writerow(["sha256", "width", "height", "pixels_sha256", "faces", *FACE_COLUMNS])
        for r in results:
            face = [number(v) for v in r["face"]] if r["count"] else [""] * len(FACE_COLUMNS)
            pixels = peer.sha256(r["pixels"].tobytes())
            out.writerow([r["sha256"], *r["pixels"].shape[1::-1], pixels, r["count"], *face])


def write_scores(results, path):
    """Consecutive photos i, i+1 of the selection in which both have a face."""
    with path.open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle, lineterminator="\n")
        out.writerow(["sha256_a", "sha256_b", "cosine"])
        for a, b in zip(results, results[1:]):
            if a["count"] and b["count"]:
                score = peer.cosine(a["embedding"], b["embedding"])
                out.writerow([a["sha256"], b["sha256"], number(score)])


def write_settings(results, step, path):
    settings = {
        "opencv": cv2.__version__,
        "numpy": np.__version__,
        "source": "lfw.csv, every %dth row from the first" % step,
        "photos": len(results),
        "photos_without_face": sum(r["count"] == 0 for r in results),
        "score_threshold": peer.SCORE_THRESHOLD,
        "nms_threshold": peer.NMS_THRESHOLD,
        "top_k": peer.TOP_K,
        "input_size": "the photo's own; OpenCV pads right and bottom with 0 to multiples of 32",
        "threads": 1,
        "models": peer.DIGESTS,
    }
    path.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def write_embeddings(results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    found = [r for r in results if r["count"]]
    with (folder / "opencv_embeddings.csv").open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle, lineterminator="\n")
        out.writerow(["sha256", "crop_sha256", *(f"e{i}" for i in range(128))])
        for r in found:
            crop_digest = peer.sha256(r["crop"].tobytes())
            out.writerow([r["sha256"], crop_digest, *map(number, r["embedding"])])
    with (folder / "opencv_crops.bgr").open("wb") as handle:
        for r in found:
            handle.write(r["crop"].tobytes())
    with (folder / "opencv_pixels.bgr").open("wb") as handle:
        for r in results:
            handle.write(r["pixels"].tobytes())


def compare(pipeline, results, folder):
    """Compares this OpenCV with a stored run: detection, crops, embedding, and all three together."""
    with (folder / "opencv_embeddings.csv").open(newline="", encoding="utf-8") as handle:
        rows = {r["sha256"]: (i, r) for i, r in enumerate(csv.DictReader(handle))}
    with (peer.REPOSITORY / "tests/data/parity/opencv_lfw.csv").open(newline="") as handle:
        stored = {r["sha256"]: r for r in csv.DictReader(handle)}
    crops = np.fromfile(folder / "opencv_crops.bgr", np.uint8).reshape(-1, 112, 112, 3)
    counts, faces, pixels, features, whole = 0, [], [], [], []
    for r in results:
        counts += int(stored[r["sha256"]]["faces"]) != r["count"]
        if not r["count"] or r["sha256"] not in rows:
            continue
        index, row = rows[r["sha256"]]
        kept = np.array([float(row[f"e{i}"]) for i in range(128)], np.float32)
        values = np.array([float(stored[r["sha256"]][c]) for c in FACE_COLUMNS])
        faces.append(np.abs(values - r["face"]).max())
        pixels.append(np.abs(crops[index].astype(int) - r["crop"]).max())
        same_crop = pipeline.feature(crops[index])
        features.append((np.abs(same_crop - kept).max(), peer.cosine(same_crop, kept)))
        whole.append(peer.cosine(r["embedding"], kept))
    features = np.array(features)
    print(f"OpenCV {cv2.__version__} against the stored run, {len(whole)} photos with a face")
    print(f"  photos whose number of faces differs: {counts}")
    print(f"  largest face, box, landmarks, score: max |difference| {max(faces):.3g}")
    print(f"  aligned crops: max |difference| {max(pixels)} grey levels")
    print(f"  embedding of the SAME crop: max |difference| {features[:, 0].max():.3g}, "
          f"min cosine {features[:, 1].min():.9f}")
    print(f"  whole pipeline: cosine median {np.median(whole):.6f}, "
          f"1st percentile {np.percentile(whole, 1):.6f}, min {min(whole):.6f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder outside the repository for embeddings and crops")
    parser.add_argument("--against", type=Path, help="compare with this stored folder, write nothing")
    parser.add_argument("--models", type=Path, help="folder of the two original ONNX files")
    parser.add_argument("--step", type=int, default=31, help="take every STEP-th photo (31)")
    args = parser.parse_args()
    if args.out and args.out.resolve().is_relative_to(peer.REPOSITORY):
        parser.error("--out is inside the repository; embeddings are biometric data and must stay outside")

    cv2.setNumThreads(1)
    pipeline = peer.Pipeline(peer.models_dir(args.models))
    results = run(pipeline, peer.every(peer.lfw_paths(peer.data_root()), args.step))
    if args.against:
        compare(pipeline, results, args.against)
        return
    if args.step != 31:
        parser.error("the committed reference is made with --step 31")
    folder = peer.REPOSITORY / "tests" / "data" / "parity"
    folder.mkdir(parents=True, exist_ok=True)
    write_faces(results, folder / "opencv_lfw.csv")
    write_scores(results, folder / "opencv_scores.csv")
    write_settings(results, args.step, folder / "opencv.json")
    if args.out:
        write_embeddings(results, args.out)
    print(f"{len(results)} photos, {sum(r['count'] == 0 for r in results)} without a face, "
          f"{sum(r['count'] > 1 for r in results)} with several")


if __name__ == "__main__":
    main()
