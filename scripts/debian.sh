#!/usr/bin/env bash
# Builds the Debian package, and prints its path last. With EVENMATCH_PROGRAM, that program is packed and
# nothing is compiled. cargo-deb packs it, and is installed into a cache folder if it is missing; where it
# cannot be had, the script prints that it skips, and prints no path.
#
#   scripts/debian.sh [OPTIONS OF cargo deb, such as --fast]
set -euo pipefail
cd "$(dirname "$0")/.."

version=3.8.0
tools="${XDG_CACHE_HOME:-$HOME/.cache}/evenmatch/tools"
if [ "$("$tools/bin/cargo-deb" --version 2> /dev/null)" != "cargo-deb $version" ]; then
    # Without its default features it needs no C library, and runs Debian's own `xz`.
    # A registry that does not answer must not stop whatever calls this.
    timeout 240 cargo install --quiet --locked --version "$version" --no-default-features --force --root "$tools" cargo-deb \
        >&2 || true
fi
for needed in "$tools/bin/cargo-deb" xz strip dpkg-shlibdeps; do
    if ! command -v "$needed" > /dev/null; then
        echo "skipped: there is no ${needed##*/} (cargo-deb is installed by cargo; the others are Debian's" \
            "packages xz-utils, binutils and dpkg-dev)" >&2
        exit 0
    fi
done

program="${EVENMATCH_PROGRAM:-}"
if [ -z "$program" ]; then
    cargo build --release --package evenmatch-cli
    program="${CARGO_TARGET_DIR:-target}/release/evenmatch"
fi

# crates/cli/Cargo.toml names the files of this folder.
stage=target/debian
rm -rf "$stage"
mkdir -p "$stage"
# Line tables would make the package four times as large.
strip --strip-unneeded -o "$stage/evenmatch" "$program"
"$program" man --out "$stage/man" 2> /dev/null
for shell in bash zsh fish; do
    "$program" completions "$shell" > "$stage/completions.$shell"
done
scripts/licences.py | gzip -9n > "$stage/third-party-licences.txt.gz"
gzip -9nc CHANGELOG.md > "$stage/changelog.gz"

"$tools/bin/cargo-deb" --package evenmatch-cli --no-build --no-strip --no-dbgsym --locked --quiet \
    --output "$stage/" "$@" >&2
ls "$stage"/*.deb
