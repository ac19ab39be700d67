#!/usr/bin/env bash
# Shows that acquisition and cross-match give the same bytes in shards on two Dask workers as in one
# process: on every 20th photo of LFW, or on the given manifest and folder of photos.
#
#   scripts/scale_out.sh [MANIFEST ROOT]
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=peers/environment.sh
source scripts/peers/environment.sh

data="${EVENMATCH_DATA:-../shared/data}"
manifest="${1:-$data/lfw.csv}"
root="${2:-$(dirname "$manifest")}"
if [ ! -f "$manifest" ]; then
    echo "skipped: no manifest at $manifest (set EVENMATCH_DATA)"
    exit 0
fi
python="$(make_environment dask scripts/peers/requirements-dask.txt)"
out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT
if [ $# -eq 0 ]; then
    awk 'NR == 1 || NR % 20 == 0' "$manifest" > "$out/people.csv"
    manifest="$out/people.csv"
fi
program="${EVENMATCH_PROGRAM:-}"
if [ -z "$program" ]; then
    cargo build --quiet --release --bin evenmatch
    program="${CARGO_TARGET_DIR:-target}/release/evenmatch"
fi

"$python" -B scripts/scale_out_dask.py --evenmatch "$program" --manifest "$manifest" --root "$root" \
    --out "$out/dask" --shards 5
"$program" embed --manifest "$manifest" --root "$root" --out "$out/one"
"$program" crossmatch --manifest "$manifest" --templates "$out/one" --out "$out/one.json"
cmp "$out/one/templates.parquet" "$out/dask/templates/templates.parquet"
cmp "$out/one.json" "$out/dask/crossmatch.json"
echo "one process and Dask give the same bytes"
