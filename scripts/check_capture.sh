#!/usr/bin/env bash
# The capture page in headless Chromium, against the service itself on real networks: from the link to
# the result. The camera plays a photo. Where liveness is not asked for, its person matches; where it is
# required, a photo in front of the camera does not pass. Skips aloud without Chromium or photos.
#
#   scripts/check_capture.sh [ARGUMENTS OF check_capture.py]
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

serve off 8471
serve require 8472
"$program" enrol carol "$photo" --data "$folder/off" --key-file "$folder/key" > /dev/null 2>&1

check() { scripts/check_capture.py --video "$folder/photo.y4m" "$@"; }
check --base http://127.0.0.1:8471 --link-match "$(link off alice verify)" \
    --link-enrol "$(link off bob enrol)" --link-open "$(link off alice verify)" \
    --link-hidden "$(link off alice verify)" --link-weak "$(link off alice verify)" \
    --link-lost "$(link off alice verify)" --link-denied "$(link off alice verify)" \
    --link-delete "$(link off carol verify)" "$@"
check --base http://127.0.0.1:8472 --link-undecided "$(link require alice verify)" \
    --link-photo "$(link require alice verify)" "$@"
