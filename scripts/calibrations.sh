#!/usr/bin/env bash
# Makes the shipped calibrations (models/calibrations/) again from the real photos. They hold only
# aggregate numbers, weights of random features, and centroids of at least five people each. The date
# is the date of the data's description, so that the same build, models and photos give the same
# bytes. It takes about an hour on two cores; the templates stay in WORK, and a run that stopped goes
# on from them.
#
#   scripts/calibrations.sh TRAIN [WORK] [DATE]
#
# TRAIN is the folder that fairface_train.sh, beside the data, has written: 30,000 photos of
# FairFace's training part. Keep TRAIN and WORK outside the repository.
set -euo pipefail
cd "$(dirname "$0")/.."
data="${EVENMATCH_DATA:-../shared/data}"
train="${1:-}"
date="${3:-2026-11-30}"
if [ ! -f "$data/lfw.csv" ] || [ ! -f "$train/people.csv" ]; then
    echo "skipped: no data set at $data (set EVENMATCH_DATA) or no FairFace training photos at" \
        "'$train' (first argument)"
    exit 0
fi
cargo build --quiet --release --bin evenmatch
program="${EVENMATCH:-${CARGO_TARGET_DIR:-target}/release/evenmatch}"
work="${2:-}"
if [ -z "$work" ]; then
    work="$(mktemp -d)"
    trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work"

# Ages in bands, and two of three people of the training part for forming the normaliser. Nobody is
# in both lists.
ln -sfn "$(realpath "$data")" "$work/data"
ln -sfn "$(realpath "$train")" "$work/train"
bands='function band(age) {
    sub(/\r$/, "", age)
    if (age == "20-29" || age == "30-39" || age == "40-49") return "20-49"
    if (age == "50-59" || age == "60-69") return "50-69"
    return age == "more than 70" ? "70+" : age
}'
head="path,subject_id,sex,race,age"
people() { # FOLDER CONDITION LIST
    awk -F, -v OFS=, "$bands FNR > 1 && $2"' { print "'"$1"'/" $1, $2, $3, $4, band($5) }' "$3"
}
{
    echo "$head"
    people train 'substr($2, 2) % 3 != 0' "$train/people.csv"
} > "$work/forming.csv"
{
    echo "$head"
    people train 'substr($2, 2) % 3 == 0' "$train/people.csv"
    people data 1 "$data/fairface.csv"
} > "$work/measured.csv"

labels="labels by annotators, not reviewed for label errors; datasets/README.md"
fairface="10,000 photos of FairFace's training part and half of a 5,000-photo subset of its \
validation part (CC BY 4.0), one photo a person, $labels"
small="half of a 5,000-photo subset of FairFace validation (CC BY 4.0), one photo a person, $labels"
lfw="half of LFW deep-funneled, press photographs, labels not reviewed; datasets/README.md"
every="race,sex,age,race*sex,race*age,sex*age,race*sex*age"

make() { # NAME FORM LIST WORK ATTRIBUTES DESCRIPTION MORE…
    name="$1" form="$2" list="$3" store="$4" by="$5" description="$6"
    shift 6
    # Photos are acquired once; later calibrations of the same list reuse them.
    "$program" calibrate --manifest "$list" --work "$work/$store" --resume --templates "$form" \
        --date "$date" --name "$name" --by "$by" --description "$description" \
        --out "models/calibrations/$name.toml" "$@"
}
evidence=(--evidence "$work/data/lfw.csv" --evidence-description "$lfw")
forming=(--form-on "$work/forming.csv")
# FairFace holds some people under several names, one of them under seventeen. Of 24 pairs of photos
# with a cosine between 0.7 and 0.8, picked at random, at least 23 show the same person
# (docs/FAIRNESS.md).
repeated=(--repeated-from 0.7)

make fairface mirrored "$work/measured.csv" measured "$every" "$fairface" \
    --normalise learned --even race,sex,age "${forming[@]}" "${evidence[@]}" "${repeated[@]}"
make fairface-cohort mirrored "$work/measured.csv" measured "$every" "$fairface" \
    --normalise cohort "${forming[@]}" "${evidence[@]}" "${repeated[@]}"
make fairface-raw mirrored "$work/measured.csv" measured "$every" "$fairface" "${evidence[@]}" \
    "${repeated[@]}"
make lfw mirrored "$work/data/lfw.csv" measured.lfw sex "$lfw" \
    --normalise models/calibrations/fairface.toml
make lfw-raw mirrored "$work/data/lfw.csv" measured.lfw sex "$lfw"

# Of plain templates, without labels: for those who ask for --templates plain.
pairs="race,sex,race*sex"
make fairface-plain-raw plain "$work/data/fairface.csv" plain "$pairs" "$small" "${evidence[@]}" \
    "${repeated[@]}"
make fairface-plain plain "$work/data/fairface.csv" plain "$pairs" "$small" \
    --normalise cohort --cohort "$work/data/lfw.csv:250" "${evidence[@]}" "${repeated[@]}"
make lfw-plain plain "$work/data/lfw.csv" plain.lfw sex "$lfw" \
    --normalise models/calibrations/fairface-plain.toml
make lfw-plain-raw plain "$work/data/lfw.csv" plain.lfw sex "$lfw"
