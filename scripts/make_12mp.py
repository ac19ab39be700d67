#!/usr/bin/env python3
"""Makes 12-megapixel selfies for the large-photo benchmark from LFW photos.

  V/bin/python scripts/make_12mp.py CACHE/selfies12mp     (V as in bench_peers.sh)

Each is a 4000x3000 JPEG, quality 90 to 95, chroma 4:2:0 as phones write it,
with the face 35 to 50 % of the frame's height. LFW has no such detail, so the
photo is enlarged, its surroundings are a strongly blurred copy, and sensor noise
is added in linear light (shot noise that grows with the signal, plus read noise,
both spread over about two pixels as demosaicing does). The noise gain is then
adjusted until the file has 2 to 4 MB, like real ones, because the cost of
entropy decoding depends on the bytes. The photos measure speed and agreement
of two decoding paths; they say nothing about recognition of real phone photos.

Every number is drawn from one seed, so the same versions give the same files.
The output shows real people: it must stay outside the repository.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
import opencv_pipeline as peer
import cv2
import numpy as np

WIDTH, HEIGHT = 4000, 3000
SMALLEST, LARGEST = 2_000_000, 4_000_000
FEATHER = 120
SEED = 20_240_601


def linear(image):
    return (image.astype(np.float32) / 255) ** 2.2


def encoded(light):
    return np.clip(light, 0, 1) ** (1 / 2.2) * 255


def frame(photo, face, share, centre):
    """The photo enlarged so that its face takes `share` of the height, over a blurred copy."""
    scale = share * HEIGHT / face[3]
    middle = face[:2] + face[2:4] / 2
    place = np.array([[scale, 0, centre[0] - scale * middle[0]], [0, scale, centre[1] - scale * middle[1]]])
    sharp = cv2.warpAffine(photo, place, (WIDTH, HEIGHT), flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    left, top = np.maximum(place[:, 2] + FEATHER, 0).astype(int)
    right, bottom = (place[:, 2] + scale * np.array(photo.shape[1::-1]) - FEATHER).astype(int)
    mask[top : max(bottom, 0), left : max(right, 0)] = 1
    mask = cv2.blur(mask, (FEATHER, FEATHER))[..., None]
    # A tenth of the size and a wide blur: no second face survives in the surroundings.
    small = cv2.resize(photo, (WIDTH // 10, HEIGHT // 10), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 25)
    around = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return (mask * sharp + (1 - mask) * around).astype(np.float32)


def grain(rng):
    """Two fields of unit noise, softened as by demosaicing: one for shot, one for read noise."""
    fields = []
    for _ in range(2):
        field = rng.standard_normal((HEIGHT, WIDTH, 3), dtype=np.float32)
        field = cv2.GaussianBlur(field, (0, 0), 0.7)
        fields.append(field / field.std())
    return fields


def encode(light, noise, gain, quality):
    shot, read = noise
    noisy = light + gain * (0.02 * np.sqrt(light) * shot + 0.002 * read)
    pixels = np.rint(encoded(noisy)).astype(np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    done, data = cv2.imencode(".jpg", pixels, options)
    if not done:
        sys.exit("OpenCV could not encode the photo")
    return data.tobytes()


def selfie(photo, face, rng):
    """JPEG bytes; the noise gain is bisected until the file is as large as a phone's photo."""
    share = rng.uniform(0.35, 0.50)
    centre = np.array([WIDTH * rng.uniform(0.42, 0.58), HEIGHT * rng.uniform(0.45, 0.55)])
    quality = int(rng.integers(90, 96))
    light = linear(frame(photo, face, share, centre))
    noise = grain(rng)
    wanted = rng.uniform(2.2e6, 3.8e6)
    low, high = 0.0, 4.0
    for _ in range(7):
        gain = (low + high) / 2
        data = encode(light, noise, gain, quality)
        if abs(len(data) - wanted) < 1e5:
            break
        low, high = (gain, high) if len(data) < wanted else (low, gain)
    if not SMALLEST <= len(data) <= LARGEST:
        sys.exit(f"a selfie of {len(data)} bytes: outside {SMALLEST} to {LARGEST}")
    return data, share, quality, gain


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--models", type=Path, help="folder of the two original ONNX files")
    args = parser.parse_args()
    if args.folder.resolve().is_relative_to(peer.REPOSITORY):
        parser.error("the folder lies inside the repository; photos of people may not")
    args.folder.mkdir(parents=True, exist_ok=True)

    cv2.setNumThreads(1)
    pipeline = peer.Pipeline(peer.models_dir(args.models))
    candidates = iter(peer.every(peer.lfw_paths(peer.data_root()), 97))
    made = 0
    while made < args.count:
        path = next(candidates, None)
        if path is None:
            sys.exit(f"only {made} photos with exactly one clear face")
        photo = cv2.imread(str(path), cv2.IMREAD_COLOR)
        faces = pipeline.detect(photo)
        # One clear face: the benchmark compares two decoding paths of the same person.
        if len(faces) != 1 or faces[0, 14] < 0.85:
            continue
        data, share, quality, gain = selfie(photo, faces[0], np.random.default_rng([SEED, made]))
        (args.folder / f"selfie_{made:02}.jpg").write_bytes(data)
        # What a detector sees at an eighth: the one face, at the height asked for.
        eighth = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_COLOR_8)
        seen = pipeline.detect(eighth)
        height = f"{peer.largest(seen)[3] / eighth.shape[0]:.0%}" if len(seen) else "-"
        print(f"selfie_{made:02}.jpg  {len(data) / 1e6:.2f} MB  quality {quality}  noise gain {gain:.2f}  "
              f"face {share:.0%} asked, {height} found, {len(seen)} face(s)", flush=True)
        made += 1


if __name__ == "__main__":
    main()
