#!/usr/bin/env bash
# Runs every test. Models and demonstration photos are fetched first; with EVENMATCH_OFFLINE set,
# nothing is fetched, and tests that need what is missing say that they skip. The last lines say
# how many skipped, and why.
set -euo pipefail
cd "$(dirname "$0")/.."

# Everything in one build: by itself, the command would be built with other features of the same
# packages, which takes minutes.
cargo test --quiet --workspace --all-features --no-run

if [ -z "${EVENMATCH_OFFLINE:-}" ]; then
    "${CARGO_TARGET_DIR:-target}/debug/evenmatch" models fetch
    EVENMATCH_DEMO_PHOTOS="$(python3 scripts/demo_photos.py)"
    EVENMATCH_FACELESS="$(python3 scripts/faceless_photos.py)"
    export EVENMATCH_DEMO_PHOTOS EVENMATCH_FACELESS
    scripts/ffmpeg.sh
    # From here on a missing model fails a test, and fetching itself is tested too.
    export EVENMATCH_TEST_NETWORK=1
    require=models
    if [ -f "${EVENMATCH_DATA:-../shared/data}/lfw.csv" ]; then
        require=models,photos
    fi
    export EVENMATCH_REQUIRE="${EVENMATCH_REQUIRE-$require}"
fi

EVENMATCH_SKIPPED="$(mktemp)"
export EVENMATCH_SKIPPED
report() {
    local skipped
    skipped="$(wc -l < "$EVENMATCH_SKIPPED")"
    echo "$skipped skips (EVENMATCH_REQUIRE=${EVENMATCH_REQUIRE:-})"
    cut -f 2,3 "$EVENMATCH_SKIPPED" | sed 's/^/  /'
    rm -f "$EVENMATCH_SKIPPED"
}
trap report EXIT

cargo test --workspace --all-features "$@"
