#!/usr/bin/env bash
# Makes sure that ffmpeg is there, which the tests on recordings read videos with. If it is not
# installed, it installs Debian's (as root, with apt-get); otherwise it prints that those tests skip.
set -euo pipefail

installed() { command -v ffmpeg > /dev/null && command -v ffprobe > /dev/null; }
if ! installed && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    (apt-get update && apt-get install -y --no-install-recommends ffmpeg) > /dev/null 2>&1 || true
fi
if ! installed; then
    echo "skipped: ffmpeg is not installed (Debian: apt-get install ffmpeg)"
fi
