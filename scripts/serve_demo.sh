#!/usr/bin/env bash
# Starts the service on this machine with a self-signed certificate, and prints two links to open: one
# enrols, one verifies. Everything is in a folder that is deleted at the end.
#
#   scripts/serve_demo.sh [ADDRESS:PORT]
set -euo pipefail
cd "$(dirname "$0")/.."

listen="${1:-127.0.0.1:8443}"
program="${EVENMATCH_PROGRAM:-}"
if [ -z "$program" ]; then
    cargo build --release --package evenmatch-cli
    program="${CARGO_TARGET_DIR:-target}/release/evenmatch"
fi
"$program" models fetch

folder="$(mktemp -d)"
trap 'kill "${service:-0}" 2> /dev/null || true; rm -rf "$folder"' EXIT
"$program" keys new "$folder/evenmatch.key"
place=(--data "$folder/people" --key-file "$folder/evenmatch.key")
cat > "$folder/operator.toml" << 'OPERATOR'
name = "The demonstration on this machine"
purpose = "To try out Evenmatch. Nobody decides anything by it."
contact = "whoever started it"
OPERATOR
"$program" serve "${place[@]}" --listen "$listen" --tls-self-signed \
    --operator "$folder/operator.toml" 2> "$folder/log" &
service=$!
until grep -q '^listening' "$folder/log"; do
    kill -0 "$service" 2> /dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.2
done

link() { "$program" link new demo --purpose "$1" --minutes 120 --base "https://$listen" "${place[@]}" 2> /dev/null; }
key() { "$program" keys api new "$1" --scope "$2" "${place[@]}" 2> /dev/null; }
cat << WORDS

The browser will warn of the certificate, which this machine signed itself: go on from there.

1. Open this link, and enrol your face:
   $(link enrol)

2. Then open this one, and verify it:
   $(link verify)

3. What was not confirmed waits at the review desk, https://$listen/review. The key for it:
   $(key reviewer review)

A backend's key, for /openapi.json's calls:
   $(key backend enrol,verify,read,appeal,delete,link,audit)

Ctrl-C ends it and deletes everything.
WORDS
wait "$service"
