#!/usr/bin/env bash
# Runs every test. Fetches the models and the demonstration photos first. With EVENMATCH_OFFLINE set,
# it fetches nothing, and tests print that they skip if something they need is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${EVENMATCH_OFFLINE:-}" ]; then
    cargo run --quiet --all-features -- models fetch
    EVENMATCH_DEMO_PHOTOS="$(python3 scripts/demo_photos.py)"
    EVENMATCH_FACELESS="$(python3 scripts/faceless_photos.py)"
    export EVENMATCH_DEMO_PHOTOS EVENMATCH_FACELESS
    # From here on a missing model is a failure, and fetching itself is tested too.
    export EVENMATCH_TEST_NETWORK=1
fi
cargo test --all-features "$@"
