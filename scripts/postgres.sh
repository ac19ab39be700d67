#!/usr/bin/env bash
# Runs the tests of the PostgreSQL store, and the service over it, on their own server: a new cluster in a temporary folder, on
# a socket in that folder, without a network port. If no server is installed, it installs Debian's
# (as root, with apt-get); otherwise it prints that it skips.
set -euo pipefail
cd "$(dirname "$0")/.."

newest() { find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1; }
bin="$(newest)"
if [ -z "$bin" ] && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    (apt-get update && apt-get install -y --no-install-recommends postgresql) > /dev/null 2>&1 || true
    bin="$(newest)"
fi
if [ -z "$bin" ] || [ ! -x "$bin/initdb" ]; then
    echo "skipped: no PostgreSQL server is installed (Debian: apt-get install postgresql)"
    exit 0
fi

folder="$(mktemp -d)"
# The server refuses to run as root, so an ordinary user of the system runs it.
as=()
if [ "$(id -u)" = 0 ]; then
    if ! id postgres > /dev/null 2>&1; then
        echo "skipped: the server does not run as root, and there is no user postgres"
        exit 0
    fi
    chown postgres "$folder"
    as=(runuser -u postgres --)
fi
chmod 755 "$folder"
stop() {
    "${as[@]}" "$bin/pg_ctl" -D "$folder/cluster" -m immediate stop > /dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT

(cd "$folder" && "${as[@]}" "$bin/initdb" -D "$folder/cluster" -U evenmatch --auth=trust > /dev/null)
(cd "$folder" && "${as[@]}" "$bin/pg_ctl" -D "$folder/cluster" -w -l "$folder/log" \
    -o "-c listen_addresses='' -c unix_socket_directories=$folder" start > /dev/null)

export EVENMATCH_TEST_POSTGRES="host=$folder user=evenmatch dbname=postgres"
# As scripts/test.sh builds it, so that nothing is built twice.
cargo test --workspace --all-features --test it postgres_store:: -- --nocapture

# The service over the same server: enrol, verify, delete.
photo="${EVENMATCH_DATA:-../shared/data}/lfw.csv"
if [ ! -f "$photo" ]; then
    echo "skipped the service: no photos (set EVENMATCH_DATA)"
    exit 0
fi
photo="$(dirname "$photo")/$(sed -n 2p "$photo" | cut -d , -f 1)"
program="${EVENMATCH_PROGRAM:-${CARGO_TARGET_DIR:-target}/debug/evenmatch}"
(cd "$folder" && "${as[@]}" "$bin/createdb" -h "$folder" -U evenmatch service)
data="$(mktemp -d)"
trap 'kill "${service:-0}" 2> /dev/null || true; rm -rf "$data"; stop' EXIT
"$program" keys new "$data/key" 2> /dev/null
place=(--data "$data/people" --key-file "$data/key")
printf 'liveness = "off"\n' > "$data/policy.toml"
"$program" serve "${place[@]}" --postgres "host=$folder user=evenmatch dbname=service" \
    --listen 127.0.0.1:8473 --behind-proxy --policy "$data/policy.toml" 2> "$data/log" &
service=$!
until grep -q '^listening' "$data/log"; do
    kill -0 "$service" 2> /dev/null || { cat "$data/log" >&2; exit 1; }
    sleep 0.2
done
key="$("$program" keys api new test --scope enrol,verify,delete "${place[@]}" 2> /dev/null)"
ask() { # METHOD PATH WANTED [FILE]
    local got
    got="$(curl --silent --output "$data/answer" --write-out '%{http_code}' --request "$1" \
        --header "authorization: Bearer $key" ${4:+--data-binary "@$4"} "http://127.0.0.1:8473$2")"
    [ "$got" = "$3" ] || { echo "$1 $2: $got instead of $3"; cat "$data/answer"; exit 1; }
}
ask GET /readyz 200
ask POST /v1/subjects/alice/enrolment 201 "$photo"
ask POST /v1/subjects/alice/verifications 200 "$photo"
grep -q '"outcome":"match"' "$data/answer"
ask DELETE /v1/subjects/alice 200
ask POST /v1/subjects/alice/verifications 404 "$photo"
kill "$service"
wait "$service" || { echo "the service did not stop by itself"; cat "$data/log"; exit 1; }
echo "the service over PostgreSQL: good"
