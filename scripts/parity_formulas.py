#!/usr/bin/env python3
"""Checks that the formulas of docs/PARITY.md are what OpenCV 5 really computes.

Each stage is written out again in numpy from the formulas and run beside OpenCV
over the parity selection: decoding and suppression on the network's raw heads,
the similarity transform, and the bilinear warp.

  V/bin/python scripts/parity_formulas.py     (V as in parity_reference.py)
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
import opencv_pipeline as peer
import cv2
import numpy as np

F = np.float32
STRIDES = (8, 16, 32)
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], F
)
TEMPLATE_MEAN = np.array([56.0262, 71.9008], F)


def padded(length):
    return ((length - 1) // 32 + 1) * 32


def heads(net, image):
    """The twelve raw outputs for the padded photo."""
    height, width = image.shape[:2]
    canvas = np.zeros((padded(height), padded(width), 3), np.uint8)
    canvas[:height, :width] = image
    net.setInput(canvas.transpose(2, 0, 1)[None].astype(F), "input")
    names = [f"{kind}_{s}" for kind in ("cls", "obj", "bbox", "kps") for s in STRIDES]
    return dict(zip(names, net.forward(names))), canvas.shape[1]


def decode(outputs, width):
    """Candidates at or above the threshold: stride by stride, then row-major."""
    found = []
    for s in STRIDES:
        cls, obj = (np.clip(outputs[f"{k}_{s}"].reshape(-1), F(0), F(1)) for k in ("cls", "obj"))
        bbox, kps = outputs[f"bbox_{s}"].reshape(-1, 4), outputs[f"kps_{s}"].reshape(-1, 10)
        score = np.sqrt(cls * obj)
        for i in np.flatnonzero(score >= F(peer.SCORE_THRESHOLD)):
            cell = np.array([i % (width // s), i // (width // s)], F)
            centre = (cell + bbox[i, :2]) * F(s)
            size = np.exp(bbox[i, 2:]) * F(s)
            marks = (kps[i].reshape(5, 2) + cell) * F(s)
            found.append(np.concatenate([centre - size / F(2), size, marks.reshape(-1), score[i : i + 1]]))
    return np.array(found, F).reshape(-1, 15)


def overlap(a, b):
    """Intersection over union of boxes truncated to integers."""
    area = float(a[2] * a[3]), float(b[2] * b[3])
    if area[0] + area[1] <= 0:
        return F(1)
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = float(w * h) if w > 0 and h > 0 else 0.0
    return F(1) - F(1 - shared / (area[0] + area[1] - shared))


def suppress(rows):
    if len(rows) < 2:
        return rows
    boxes = np.trunc(rows[:, :4]).astype(np.int64)
    order = [i for i in np.argsort(-rows[:, 14], kind="stable") if rows[i, 14] > F(peer.SCORE_THRESHOLD)]
    kept = []
    for i in order[: peer.TOP_K]:
        if all(overlap(boxes[i], boxes[k]) <= F(peer.NMS_THRESHOLD) for k in kept):
            kept.append(i)
    return rows[kept]


def similarity(face):
    """Photo to crop; closed form of the two-dimensional Umeyama solution."""
    marks = face[4:14].reshape(5, 2)
    mean = marks.sum(axis=0, dtype=F) / F(5)
    s, d = marks - mean, TEMPLATE - TEMPLATE_MEAN
    spread = (s * s).sum(dtype=np.float64)
    a = (d * s).sum(dtype=np.float64) / spread
    b = ((d[:, 1] * s[:, 0]).sum(dtype=np.float64) - (d[:, 0] * s[:, 1]).sum(dtype=np.float64)) / spread
    linear = np.array([[a, -b], [b, a]])
    shift = TEMPLATE_MEAN.astype(np.float64) - linear @ mean.astype(np.float64)
    return np.column_stack([linear, shift])


def warp(image, forward):
    """warpAffine of OpenCV 5: float32 coordinates, weights and result, zero outside."""
    (a, b, c), (d, e, f) = forward
    det = 1 / (a * e - b * d)
    i00, i01, i10, i11 = e * det, -b * det, -d * det, a * det
    i02, i12 = -i00 * c - i01 * f, -i10 * c - i11 * f
    x, y = np.arange(peer.CROP)[None, :], np.arange(peer.CROP, dtype=np.float64)[:, None]
    # A product of two float32 is exact in float64: rounding once is a fused multiply-add.
    sx = (np.float64(F(i00)) * x + (y * i01 + i02).astype(F)).astype(F)
    sy = (np.float64(F(i10)) * x + (y * i11 + i12).astype(F)).astype(F)
    ix, iy = np.floor(sx).astype(int), np.floor(sy).astype(int)
    ax, ay = ((v - w.astype(F)).astype(F)[..., None] for v, w in ((sx, ix), (sy, iy)))

    def at(row, column):
        inside = (row >= 0) & (row < image.shape[0]) & (column >= 0) & (column < image.shape[1])
        value = image[np.clip(row, 0, image.shape[0] - 1), np.clip(column, 0, image.shape[1] - 1)]
        return np.where(inside[..., None], value, 0).astype(F)

    fused = lambda p, t, q: (p.astype(np.float64) + t.astype(np.float64) * (q - p)).astype(F)
    top = fused(at(iy, ix), ax, at(iy, ix + 1))
    bottom = fused(at(iy + 1, ix), ax, at(iy + 1, ix + 1))
    return np.clip(np.rint(fused(top, ay, bottom)), 0, 255).astype(np.uint8)


def main():
    cv2.setNumThreads(1)
    models = peer.models_dir()
    pipeline = peer.Pipeline(models)
    net = cv2.dnn.readNetFromONNX(str(models / peer.DETECTOR))
    rows, same_count, transforms, bytes_off, bytes_all, worst = [], 0, [], 0, 0, 0
    photos = peer.every(peer.lfw_paths(peer.data_root()), 31)
    for path in photos:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        theirs = pipeline.detect(image)
        ours = suppress(decode(*heads(net, image)))
        same_count += len(theirs) == len(ours)
        if len(theirs) == len(ours):
            rows.append(np.abs(theirs - ours).max())
        for face in theirs:
            matrix = similarity(face)
            crop = pipeline.align(image, face).astype(int)
            off = np.abs(crop - warp(image, matrix))
            bytes_off, bytes_all, worst = bytes_off + (off > 0).sum(), bytes_all + off.size, max(worst, off.max())
    print(f"OpenCV {cv2.__version__}, {len(photos)} photos")
    print(f"  same faces in the same order: {same_count}; rows: max |difference| {max(rows):.3g}")
    print(f"  crops: {bytes_off} of {bytes_all} bytes differ, by at most {worst}")


if __name__ == "__main__":
    main()
