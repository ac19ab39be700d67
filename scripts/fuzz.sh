#!/usr/bin/env bash
# Runs every fuzz target for SECONDS each (default 60) and fails at the first crash.
#
#   scripts/fuzz.sh [SECONDS] [TARGET...]
#
# Needs cargo-fuzz, and installs it into fuzz/target if it is missing. The stable compiler is used:
# RUSTC_BOOTSTRAP unlocks its fuzzing flags. No sanitizer is used.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds="${1:-60}"
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then targets=(decode manifest records_csv records_jsonl); fi

export PATH="$PWD/fuzz/target/tools/bin:$PATH" RUSTC_BOOTSTRAP=1
if ! command -v cargo-fuzz >/dev/null; then
    cargo install --quiet --locked --version 0.13.2 --root fuzz/target/tools cargo-fuzz
fi
cargo run --quiet --release --manifest-path fuzz/Cargo.toml --example seeds fuzz/corpus/decode
cargo fuzz build --fuzz-dir fuzz --sanitizer none
for target in "${targets[@]}"; do
    # Hide what decoders print about bad files, which would bury the fuzzer's output.
    cargo fuzz run --fuzz-dir fuzz --sanitizer none "$target" -- -max_total_time="$seconds" -close_fd_mask=3
    echo "$target: $seconds s without a crash"
done
