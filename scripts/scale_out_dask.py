#!/usr/bin/env python3
"""Runs acquisition and cross-match as shards on Dask, which schedules and retries them.

    scale_out_dask.py --evenmatch PROGRAM --manifest people.csv --root PHOTOS --out DIR
                      [--shards 8] [--scheduler tcp://host:8786]

Without --scheduler, it starts two workers on this machine. Every worker runs `evenmatch embed
--shard i/n` and `evenmatch crossmatch --tiles i/n`, so a worker needs the program, its models, the
manifest, the photos and DIR (a shared folder), but no data from Dask. Shards are ordinary files: an
existing one is not made again (--resume), and the merged files are the same, byte for byte, as those
of one machine, as scripts/scale_out.sh shows.
"""

import argparse
import subprocess
from pathlib import Path

from dask.distributed import Client, LocalCluster


def step(command):
    """Runs one command; the end of its output is the error, which Dask shows after its retries."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    return command[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--evenmatch", type=Path, default=Path("evenmatch"))
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--scheduler", help="address of a running Dask scheduler")
    args = parser.parse_args()

    program = str(args.evenmatch)
    args.out.mkdir(parents=True, exist_ok=True)
    folder = lambda kind, i: str(args.out / f"{kind}-{i}")
    people = ["--manifest", str(args.manifest), "--root", str(args.root)]
    shards = range(args.shards)
    cluster = None if args.scheduler else LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with Client(args.scheduler or cluster) as client:
        embed = [[program, "embed", *people, "--jobs", "1", "--resume", "--shard", f"{i}/{args.shards}",
                  "--out", folder("templates", i)] for i in shards]
        client.gather(client.map(step, embed, retries=2, pure=False))
        templates = str(args.out / "templates")
        step([program, "merge", *[folder("templates", i) for i in shards], "--out", templates])

        tiles = [[program, "crossmatch", "--manifest", str(args.manifest), "--templates", templates, "--jobs", "1",
                  "--tiles", f"{i}/{args.shards}", "--out", folder("tiles", i) + ".json"] for i in shards]
        client.gather(client.map(step, tiles, retries=2, pure=False))
        step([program, "merge", *[folder("tiles", i) + ".json" for i in shards],
              "--out", str(args.out / "crossmatch.json")])
    if cluster:
        cluster.close()
    print(args.out / "crossmatch.json")


if __name__ == "__main__":
    main()
