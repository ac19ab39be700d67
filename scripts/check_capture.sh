#!/usr/bin/env bash
# The pages in headless Chromium, against the service itself on real networks: from the link to the result,
# and the review desk. The camera plays a photo. Where liveness is not asked for, its person matches; where it
# is required, a photo in front of the camera does not pass, a simulated person who does each step does, and a
# recording of that does not. Two reviewers overturn an appeal, and the applicant's page says so. Skips aloud
# without Chromium or photos.
#
#   scripts/check_capture.sh [ARGUMENTS OF check_capture.py AND check_desk.py]
set -euo pipefail
cd "$(dirname "$0")/.."

data="${EVENMATCH_DATA:-../shared/data}"
program="${EVENMATCH_PROGRAM:-${CARGO_TARGET_DIR:-target}/debug/evenmatch}"
if [ ! -f "$data/lfw.csv" ]; then
    echo "skipped: no photos at $data (set EVENMATCH_DATA)"
    exit 0
fi
scripts/ffmpeg.sh
command -v ffmpeg > /dev/null || exit 0
folder="$(mktemp -d)"
services=()
trap 'kill "${services[@]}" 2> /dev/null || true; rm -rf "$folder"' EXIT

photo="$data/$(sed -n 2p "$data/lfw.csv" | cut -d , -f 1)"
ffmpeg -v error -loop 1 -i "$photo" -t 30 -r 15 -pix_fmt yuv420p \
    -vf "scale=480:480,pad=640:480:80:0:gray" "$folder/photo.y4m"
"$program" keys new "$folder/key" 2> /dev/null
printf 'liveness = "off"\n' > "$folder/off.toml"
printf 'liveness = "require"\n' > "$folder/require.toml"
printf 'liveness = "off"\n[review]\nphoto_days = 7\nreviewers = 2\n' > "$folder/review.toml"

# Starts a service with a policy; its address goes to $folder/POLICY.address.
serve() { # POLICY PORT
    local place=(--data "$folder/$1" --key-file "$folder/key")
    "$program" serve "${place[@]}" --listen "127.0.0.1:$2" --behind-proxy \
        --policy "$folder/$1.toml" 2> "$folder/$1.log" &
    services+=($!)
    until grep -q '^listening' "$folder/$1.log"; do
        kill -0 "${services[-1]}" 2> /dev/null || { cat "$folder/$1.log" >&2; exit 1; }
        sleep 0.2
    done
    "$program" enrol alice "$photo" "${place[@]}" > /dev/null 2>&1
}
link() { # POLICY SUBJECT PURPOSE
    "$program" link new "$2" --purpose "$3" --data "$folder/$1" --key-file "$folder/key" 2> /dev/null \
        | sed 's/.*#//'
}

key() { # SCOPE
    "$program" keys api new "reviewer $RANDOM" --scope "$1" --data "$folder/review" \
        --key-file "$folder/key" 2> /dev/null
}

serve off 8471
serve require 8472
serve review 8474
"$program" enrol carol "$photo" --data "$folder/off" --key-file "$folder/key" > /dev/null 2>&1
# It ends while the other checks run.
expired="$("$program" link new alice --purpose verify --minutes 1 --data "$folder/require" \
    --key-file "$folder/key" 2> /dev/null | sed 's/.*#//')"

check() { scripts/check_capture.py --video "$folder/photo.y4m" "$@"; }
check --base http://127.0.0.1:8471 --link-match "$(link off alice verify)" \
    --link-enrol "$(link off bob enrol)" --link-open "$(link off alice verify)" \
    --link-hidden "$(link off alice verify)" --link-weak "$(link off alice verify)" \
    --link-lost "$(link off alice verify)" --link-denied "$(link off alice verify)" \
    --link-delete "$(link off carol verify)" "$@"

# An applicant who agrees that photos are kept, is not confirmed, and appeals; two people have to agree.
base=http://127.0.0.1:8474
present() { # TOKEN PHOTO
    curl --silent --fail --request POST --header "authorization: Link $1" --header 'x-consent: yes' \
        --header 'x-photos-for-review: yes' --data-binary "@$2" "$base/v1/capture/photo?lang=en"
}
first="$(sed -n 2p "$data/lfw.csv" | cut -d , -f 2)"
other="$data/$(awk -F , -v first="$first" 'NR > 1 && $2 != first { print $1; exit }' "$data/lfw.csv")"
present "$(link review dora enrol)" "$photo" > /dev/null
dora="$(link review dora verify)"
number="$(present "$dora" "$other" | sed 's/.*"number":\([0-9]*\).*/\1/')"
curl --silent --fail --output /dev/null --request POST --header "authorization: Link $dora" \
    --data '{"note":"I wore my hair up."}' "$base/v1/capture/appeal"
scripts/check_desk.py --base "$base" --key "$(key review)" --key2 "$(key review)" \
    --bad-scope "$(key enrol)" --link "$dora" --number "$number" "$@"
check --base "$base" --link-review "$(link review alice verify)" "$@"

# Two people who can be simulated.
perform="${EVENMATCH_PERFORM:-${CARGO_TARGET_DIR:-target}/debug/examples/perform}"
people=()
if [ -x "$perform" ]; then
    while [ "${#people[@]}" -lt 2 ] && read -r path; do
        if "$perform" "$data/$path" < /dev/null 2> /dev/null; then people+=("$data/$path"); fi
    done < <(awk -F , 'NR > 1 && !seen[$2]++ { print $1 }' "$data/lfw.csv")
    "$program" enrol eve "${people[0]}" --data "$folder/require" --key-file "$folder/key" > /dev/null 2>&1
    scripts/check_live.py --base http://127.0.0.1:8472 --perform "$perform" --photo "${people[0]}" \
        --other "${people[1]}" --link-live "$(link require eve verify)" \
        "$(link require eve verify)" "$(link require eve verify)" --link-other "$(link require eve verify)" --link-replay "$(link require eve verify)"
else
    echo "skipped: no simulated person (cargo build -p evenmatch-lab --example perform)"
fi
check --base http://127.0.0.1:8472 --link-undecided "$(link require alice verify)" \
    --link-photo "$(link require alice verify)" --link-expired "$expired" "$@"
