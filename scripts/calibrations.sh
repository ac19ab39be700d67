#!/usr/bin/env bash
# Makes the shipped calibrations (models/calibrations/) again from the real photos: aggregate
# numbers only. The date is that of the data's description, so that the same build, models and
# photos give the same bytes.
#
#   scripts/calibrations.sh [DATE]
set -euo pipefail
cd "$(dirname "$0")/.."
data="${EVENMATCH_DATA:-../shared/data}"
date="${1:-2026-11-23}"
if [ ! -f "$data/lfw.csv" ]; then
    echo "skipped: no data set at $data (set EVENMATCH_DATA)"
    exit 0
fi
cargo build --quiet --release --bin evenmatch
program="${CARGO_TARGET_DIR:-target}/release/evenmatch"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

make() { # NAME ATTRIBUTES DESCRIPTION
    "$program" calibrate --manifest "$data/$1.csv" --work "$work/$1" --date "$date" --name "$1" \
        --by "$2" --description "$3" --out "models/calibrations/$1.toml"
}
make fairface "race,sex,race*sex" "half of a 5,000-photo subset of FairFace validation (CC BY 4.0), \
one photo a person, labels by annotators, not reviewed for label errors; datasets/README.md"
make lfw "sex" "half of LFW deep-funneled by person, press photographs, labels not reviewed; \
datasets/README.md"
