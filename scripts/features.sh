#!/usr/bin/env bash
# The feature sets that users are told of, each built and tested as a user gets it, and the promise
# that the audit alone stays small.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== evenmatch-audit depends on at most 90 crates, and on no native code"
tree="$(cargo tree --package evenmatch-audit --edges normal,build --prefix none --format '{p}' | awk '{print $1}' | sort -u)"
count="$(wc -l <<< "$tree")"
echo "$count crates"
[ "$count" -le 90 ] || { echo "error: more than 90 crates" >&2; exit 1; }
for banned in mozjpeg mozjpeg-sys image ort ort-sys rusqlite libsqlite3-sys imageproc rustfft zstd-sys cc; do
    if grep -qx "$banned" <<< "$tree"; then
        echo "error: evenmatch-audit depends on $banned" >&2
        exit 1
    fi
done

echo "== evenmatch-audit without features, and with Parquet"
cargo test --quiet --package evenmatch-audit
cargo test --quiet --package evenmatch-audit --features parquet

echo "== evenmatch without features: an engine of the user's own"
cargo test --quiet --manifest-path tests/bare/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}/bare"

echo "== evenmatch-registry with and without PostgreSQL, evenmatch-lab without ONNX Runtime"
for features in "" postgres; do
    cargo check --quiet --package evenmatch-registry --no-default-features --features "$features"
done
cargo check --quiet --package evenmatch-lab --no-default-features
