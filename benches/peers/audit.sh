#!/usr/bin/env bash
# Audits 10 million records with evenmatch and with a pandas script, in turn, and prints the ratio.
#
#   benches/peers/audit.sh [ROWS]
#
# The records, about 65 bytes a row, are made once and kept in FOLDER (default:
# target/bench-records); ROUNDS (default 3) runs are taken of each. evenmatch does far more work
# here: checks, intervals, differentials, permutation tests and the report.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=../../scripts/peers/environment.sh
source scripts/peers/environment.sh
rows=${1:-10000000}
target=${CARGO_TARGET_DIR:-target}
folder=${FOLDER:-$target/bench-records}
records=$folder/records-$rows.csv

python="$(make_environment pandas scripts/peers/requirements-audit.txt)"
cargo build --quiet --release --bin evenmatch --example synthetic_records
mkdir -p "$folder"
[ -s "$records" ] || "$target/release/examples/synthetic_records" --rows "$rows" --out "$records"

"$python" - "$target/release/evenmatch" "$records" "$folder/report" benches/peers/audit_pandas.py <<'PY'
import os, resource, subprocess, sys, time

program, records, report, peer = sys.argv[1:]
ours = [program, "audit", "--records", records, "--out", report, "--fmr", "1e-3",
        "--by", "race,sex,age,race×sex"]
theirs = [sys.executable, peer, records, "1e-3"]

def run(command):
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in (0, 1, 3):
        sys.exit(f"failed: {' '.join(command)}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

open(records, "rb").read(1)
rounds = int(os.environ.get("ROUNDS", "3"))
results = {"evenmatch": [], "pandas": []}
for _ in range(rounds):
    results["evenmatch"].append(run(ours))
    results["pandas"].append(run(theirs))
median = {}
for name, runs in results.items():
    runs.sort()
    seconds, cpu, memory = runs[len(runs) // 2]
    median[name] = seconds
    print(f"{name:>10}: {seconds:6.1f} s (cpu {cpu:.1f} s), {memory:.0f} MiB")
print(f"ratio {median['evenmatch'] / median['pandas']:.3f} (limit 0.15)")
PY
