#!/usr/bin/env python3
"""What most people write: FMR, FNMR and DET points by group with pandas and scikit-learn.

    audit_pandas.py RECORDS.csv TARGET_FMR

It computes rates alone: no intervals, no differentials, no checks of the file. For every group
of race, sex and race x sex: FMR and FNMR at the threshold for the target FMR, and the DET curve.
"""

import sys
import time

import numpy as np
import pandas as pd
from sklearn.metrics import det_curve


def rates(table, threshold):
    mated = table["mated"].to_numpy() == 1
    accepted = table["score"].to_numpy() >= threshold
    fmr, fnmr, _ = det_curve(mated, table["score"])
    return {
        "fmr": float(accepted[~mated].mean()),
        "fnmr": float((~accepted[mated]).mean()),
        "eer": float(fmr[np.argmin(np.abs(fmr - fnmr))]),
    }


def main():
    start = time.perf_counter()
    path, target = sys.argv[1], float(sys.argv[2])
    table = pd.read_csv(path)
    fta = float(table["score"].isna().mean())
    table = table[table["score"].notna()]
    nonmated = np.sort(table.loc[table["mated"] == 0, "score"].to_numpy())
    threshold = nonmated[int(np.ceil(len(nonmated) * (1 - target)))]
    edges = [0, 13, 18, 30, 45, 60, 75, 200]
    for side in ("probe", "reference"):
        table[f"{side}_age"] = pd.cut(table[f"{side}_age"], edges, right=False)
        table[f"{side}_race_sex"] = table[f"{side}_race"] + "x" + table[f"{side}_sex"]
    print("everyone", "fta", fta, rates(table, threshold))
    for attribute in ("race", "sex", "age", "race_sex"):
        same = table[table[f"probe_{attribute}"] == table[f"reference_{attribute}"]]
        for group, part in same.groupby(f"probe_{attribute}", observed=True):
            print(attribute, group, rates(part, threshold))
    print(f"seconds {time.perf_counter() - start:.1f}", file=sys.stderr)


if __name__ == "__main__":
    main()
