#!/usr/bin/env bash
# Runs the tests of the PostgreSQL store on their own server: a new cluster in a temporary folder, on
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
