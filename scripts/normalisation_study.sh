#!/usr/bin/env bash
# Measures how group-blind score normalisations change the fairness between groups (FairFace) and
# the false non-matches (LFW), cross-validated over people, and writes docs/normalisation/. The
# templates are personal data: they go to the folder of the first argument, or to the cache, and
# are made only if they are missing there; they never go into the repository.
#
#   scripts/normalisation_study.sh [TEMPLATES]
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=peers/environment.sh
source scripts/peers/environment.sh

data="${EVENMATCH_DATA:-../shared/data}"
templates="${1:-${XDG_CACHE_HOME:-$HOME/.cache}/evenmatch/normalisation}"
for set in fairface lfw; do
    if [ ! -f "$data/$set.csv" ]; then
        echo "skipped: no manifest at $data/$set.csv (set EVENMATCH_DATA)"
        exit 0
    fi
done
python="$(make_environment normalisation scripts/peers/requirements-normalisation.txt)"
for set in fairface lfw; do
    if [ ! -f "$templates/$set/templates.parquet" ]; then
        cargo run --quiet --release --bin evenmatch -- embed --manifest "$data/$set.csv" \
            --out "$templates/$set"
    fi
done
"$python" -B scripts/normalisation_study.py --data "$data" \
    --fairface "$templates/fairface" --lfw "$templates/lfw" --out docs/normalisation
