#!/usr/bin/env bash
# Makes the shipped calibrations (models/calibrations/) again from the real photos. They hold only
# aggregate numbers, and centroids of at least five people each. The date is the date of the data's
# description, so that the same build, models and photos give the same bytes.
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

fairface="a 5,000-photo subset of FairFace validation (CC BY 4.0), one photo a person, labels by \
annotators, not reviewed for label errors; datasets/README.md"
lfw="LFW deep-funneled, press photographs, labels not reviewed; datasets/README.md"

make() { # NAME DATA ATTRIBUTES DESCRIPTION MORE…
    name="$1" set="$2" by="$3" description="$4"
    shift 4
    # Photos are acquired once; later calibrations of the same set reuse them from the work folder.
    "$program" calibrate --manifest "$data/$set.csv" --work "$work/set.$set" --resume \
        --date "$date" --name "$name" --by "$by" --description "half of $description" \
        --out "models/calibrations/$name.toml" "$@"
}
make lfw-raw lfw sex "$lfw"
make fairface-raw fairface "race,sex,race*sex" "$fairface" \
    --evidence "$data/lfw.csv" --evidence-description "half of $lfw"
make fairface fairface "race,sex,race*sex" "$fairface" \
    --normalise cohort --cohort "$data/lfw.csv:250" \
    --evidence "$data/lfw.csv" --evidence-description "half of $lfw"
make lfw lfw sex "$lfw" --normalise models/calibrations/fairface.toml
