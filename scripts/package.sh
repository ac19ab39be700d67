#!/usr/bin/env bash
# Builds each crate from what would be published of it. Cargo takes the other crates of the
# workspace from a registry that it makes for the occasion, and never looks again at a version it
# has unpacked or compiled before; ours keep theirs between commits. So nothing of an earlier run
# may be left: not the build, and not what Cargo unpacked into its home.
set -euo pipefail
cd "$(dirname "$0")/.."

target=target/packages
forget() {
    rm -rf "$target"
    for unpacked in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/evenmatch{,-*}-0.*; do
        rm -rf "$unpacked"
    done
}

trap forget EXIT
forget
CARGO_PROFILE_DEV_OPT_LEVEL=0 CARGO_PROFILE_DEV_DEBUG=0 cargo package --quiet --workspace \
    --exclude evenmatch-testkit --exclude evenmatch-testfaces --allow-dirty --target-dir "$target"
