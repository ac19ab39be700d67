#!/usr/bin/env python3
"""The trade-off of group-blind score normalisations: fairness against false non-matches.

    normalisation_study.py --data DATA --fairface STORE --lfw STORE --out DIR [--jobs 2]

DATA has fairface.csv and lfw.csv; each STORE is a folder that `evenmatch embed` wrote for one of
them. scripts/normalisation_study.sh makes the stores and the Python environment, and runs this.
Writes curve.csv (every method and strength), curve.svg and summary.md into DIR.

Nothing is measured on people that a normaliser has seen. FairFace, one photo a person, is split
into four folds of people; pairs between two folds are scored by a normaliser of the other two
(pairs inside fold p by one of folds p+1 and p+2) and of `m` people of LFW. LFW is split into two
halves of people; each is scored by a normaliser of half of FairFace and of `m` people of the
other half, and the scores of both are pooled. All of it is repeated with three seeds.

The group labels serve the measurement alone; no normaliser reads them.
"""

import os

# One thread per worker, so that the order of sums does not depend on the number of cores.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import csv
import hashlib
import math
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from html import escape
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet

FMRS = (1e-3, 3e-3, 1e-2)
SEEDS = (1, 2, 3)
FOLDS = 4
COHORT_SIZES = (250, 0, 400)
USUAL_M = 250
DUPLICATE = 0.8
PHOTOS_OF_A_PERSON = 10
REPLICATES = 200
# Sets of photos keep at least these shares of their highest scores for the bootstrap: enough for
# the threshold of every replicate.
FAIRFACE_KEPT, LFW_KEPT = 0.04, 0.01
BARRED = np.float32(-99)
LFW_BAR, FAIRNESS_BAR = 1.05, 1.30
GRID = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
FINE_GRID = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.75)


# ---------------------------------------------------------------- data


def read_store(store, manifest):
    """Unit templates, and the manifest's row of each."""
    table = parquet.read_table(store / "templates.parquet", columns=["entry", "template"])
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    if table.schema.metadata[b"evenmatch.manifest"].decode() != digest:
        raise SystemExit(f"{store} was made for another manifest than {manifest}")
    with open(manifest, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = [(e, t) for e, t in zip(*(table.column(c).to_pylist() for c in table.column_names)) if t]
    templates = np.stack([np.frombuffer(t, "<f4") for _, t in found])
    return unit(templates), [rows[e] for e, _ in found]


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def codes(labels):
    return np.unique(labels, return_inverse=True)[1].astype(np.int16)


class FairFace:
    """One photo per person, with the groups between which rates are compared."""

    def __init__(self, templates, rows):
        subjects = [row["subject_id"] for row in rows]
        if len(set(subjects)) != len(subjects):
            raise SystemExit("FairFace is expected to have one photo a person")
        self.templates = templates
        self.race = codes([row["race"] for row in rows])
        self.racesex = codes([row["race"] + "|" + row["sex"] for row in rows])
        self.comparable = templates @ templates.T <= DUPLICATE
        np.fill_diagonal(self.comparable, False)
        self.duplicates = np.argwhere(np.triu(~self.comparable, 1))


class Lfw:
    """Several photos of some people."""

    def __init__(self, templates, rows):
        self.templates = templates
        self.person = codes([row["subject_id"] for row in rows])
        self.photos = np.bincount(self.person)
        counted = np.zeros(len(self.photos), int)
        self.number = np.zeros(len(rows), int)
        for photo, person in enumerate(self.person):
            self.number[photo] = counted[person]
            counted[person] += 1
        self.firsts = np.flatnonzero(self.number == 0)


# ---------------------------------------------------------------- normalisers


class Cohort:
    """The people a normaliser is fitted on; what several methods need is calculated once."""

    def __init__(self, templates, seed):
        self.seed = seed
        self.raw = templates
        self.mean = templates.mean(0)
        self.centred = unit(templates - self.mean)
        self.memory = {}

    def once(self, key, work):
        if key not in self.memory:
            self.memory[key] = work()
        return self.memory[key]

    def rows(self, centred):
        return self.centred if centred else self.raw

    def centroids(self, centred, count, number, shipped=False):
        """Of clustering `number`; see `spherical_k_means`."""

        def work():
            chance = np.random.default_rng([self.seed, count, number])
            return spherical_k_means(self.rows(centred), count, chance, 5 if shipped else 1)

        found = self.once(("k-means", centred, count, number, shipped), work)
        return as_signed_bytes(found) if shipped else found

    def comparable_pairs(self):
        """Cosines inside the cohort, without those of a person with themself and duplicates."""

        def work():
            cosines = self.raw @ self.raw.T
            cosines[cosines > DUPLICATE] = BARRED
            np.fill_diagonal(cosines, BARRED)
            return cosines

        return self.once("pairs", work)


def spherical_k_means(rows, count, chance, least):
    """Unit centroids. With `least` above 1, smaller clusters are dissolved into their neighbours."""
    centroids = rows[chance.choice(len(rows), count, replace=False)]
    for _ in range(15):
        centroids = mean_directions(rows, nearest(rows, centroids), centroids)
    while least > 1:
        cluster = nearest(rows, centroids)
        enough = np.bincount(cluster, minlength=len(centroids)) >= least
        if enough.all():
            return mean_directions(rows, cluster, centroids)
        centroids = centroids[enough]
    return centroids


def nearest(rows, centroids):
    return (rows @ centroids.T).argmax(1)


def mean_directions(rows, cluster, before):
    member = np.zeros((len(before), len(rows)), np.float32)
    member[cluster, np.arange(len(rows))] = 1
    sums = member @ rows
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.where(lengths > 0, sums / np.maximum(lengths, 1e-9), before)


def as_signed_bytes(centroids):
    """What the rounding of a calibration file leaves."""
    return unit(np.round(centroids / np.abs(centroids).max(1, keepdims=True) * 127))


def largest_of_rows(similarities, count):
    return np.partition(similarities, -count, axis=1)[:, -count:]


class Plain:
    """Cosines, of templates as they are or seen from the cohort's mean."""

    def __init__(self, centred=False):
        self.centred = centred

    def fit(self, cohort):
        return Fitted(cohort, self.centred, lambda rows: (np.zeros(len(rows), np.float32),))


class Fitted:
    """A fitted normaliser: score = cosine − β · (h(a) + h(b)), unless a subclass says otherwise."""

    def __init__(self, cohort, centred, describe):
        self.mean = cohort.mean if centred else None
        self.describe = describe

    def directions(self, templates):
        return templates if self.mean is None else unit(templates - self.mean)

    def score(self, cosines, a, b, beta):
        return cosines - np.float32(beta) * (a[0][:, None] + b[0][None, :])


class FittedScaled(Fitted):
    """½ [(cosine − β m) / σ^β] of both sides; β = 1 is the S-norm and β = 0 the cosine."""

    def score(self, cosines, a, b, beta):
        (mean_a, sd_a), (mean_b, sd_b) = a, b
        by_a, by_b = (0.5 * sd ** -np.float32(beta) for sd in (sd_a, sd_b))
        level_a, level_b = np.float32(beta) * mean_a * by_a, np.float32(beta) * mean_b * by_b
        scaled = cosines * (by_a[:, None] + by_b[None, :])
        return scaled - (level_a[:, None] + level_b[None, :])


class FittedPairs(Fitted):
    """cosine − β · threshold of the two sides' clusters."""

    thresholds = None

    def score(self, cosines, a, b, beta):
        return cosines - np.float32(beta) * self.thresholds[np.ix_(a[0], b[0])]


class TopOfCohort:
    """h: half the mean of the k largest cosines with the cohort."""

    def __init__(self, k, centred=False):
        self.k, self.centred = k, centred

    def fit(self, cohort):
        rows = cohort.rows(self.centred)
        half_mean = lambda x: (0.5 * largest_of_rows(x @ rows.T, self.k).mean(1),)
        return Fitted(cohort, self.centred, half_mean)


class SNorm:
    """Mean and standard deviation of the k largest cosines with the cohort, or of all."""

    def __init__(self, k=None):
        self.k = k

    def fit(self, cohort):
        def moments(x):
            similar = x @ cohort.raw.T
            similar = largest_of_rows(similar, self.k) if self.k else similar
            return similar.mean(1), similar.std(1)

        def describe(x):
            mean, deviation = moments(x)
            return mean, deviation / usual

        # In units of a typical deviation, scores stay close to cosines; their order is the same.
        usual = moments(cohort.raw)[1].mean()
        return FittedScaled(cohort, False, describe)


class ClusterThresholds:
    """Thresholds of the clusters that the two sides fall into (fair score normalisation)."""

    def __init__(self, count, of_pairs):
        self.count, self.of_pairs = count, of_pairs

    def fit(self, cohort):
        centroids = cohort.centroids(False, self.count, 0)
        cluster = nearest(cohort.raw, centroids)
        pairs = cohort.comparable_pairs()
        everywhere = threshold_of(pairs)
        # With any member on one side; an empty cluster takes the threshold of all.
        single = np.array([threshold_of(pairs[cluster == c], everywhere) for c in range(self.count)])
        if not self.of_pairs:
            return Fitted(cohort, False, lambda x: (0.5 * single[nearest(x, centroids)],))
        both = 0.5 * (single[:, None] + single[None, :])
        for c in range(self.count):
            for d in range(self.count):
                both[c, d] = threshold_of(pairs[np.ix_(cluster == c, cluster == d)], both[c, d])
        fitted = FittedPairs(cohort, False, lambda x: (nearest(x, centroids),))
        fitted.thresholds = both.astype(np.float32)
        return fitted


def threshold_of(scores, otherwise=None):
    """At a false match rate of 0.1 % among the pairs that are not barred."""
    scores = scores[scores > BARRED]
    if len(scores) == 0:
        return otherwise
    rank = max(1, int(len(scores) * 1e-3))
    return np.float32(np.partition(scores, -rank)[-rank])


class Ridge:
    """h: half the mean of the 10 largest cosines with others, as regression predicts it."""

    # Of 0.1, 1 and 10 those with the least error when one of a cohort is left out.
    PENALTIES = {1: 1.0, 2: 0.1}

    def __init__(self, power):
        self.power = power

    def kernel(self, a, b):
        return (a @ b.T + 1.0) ** self.power

    def fit(self, cohort):
        target = largest_of_rows(cohort.comparable_pairs(), 10).mean(1)
        level = target.mean()
        penalty = np.float32(self.PENALTIES[self.power]) * np.eye(len(target), dtype=np.float32)
        gram = self.kernel(cohort.raw, cohort.raw) + penalty
        weights = np.linalg.solve(gram, target - level)
        return Fitted(
            cohort, False, lambda x: (0.5 * (self.kernel(x, cohort.raw) @ weights + level),)
        )


class Centroids:
    """h: half the mean of the t largest cosines with centroids, averaged over clusterings."""

    CLUSTERINGS = 8

    def __init__(self, count, t, centred, shipped=False):
        self.count, self.t, self.centred, self.shipped = count, t, centred, shipped

    def fit(self, cohort):
        every = [
            cohort.centroids(self.centred, self.count, number, self.shipped)
            for number in range(self.CLUSTERINGS)
        ]

        def describe(x):
            of = [largest_of_rows(x @ centroids.T, self.t).mean(1) for centroids in every]
            return (0.5 * np.mean(of, axis=0),)

        return Fitted(cohort, self.centred, describe)


RAW = ("raw cosine", "")
CENTRED = ("centred cosine", "")
CHOSEN = ("centroids, centred", "K=128 S=8 t=5")
SHIPPED = ("centroids, centred, as shipped", "K=128 S=8 t=5, 5 people or more a centroid, 8 bits")
CHOSEN_BETA = 1.3
DETAILED = (RAW, CHOSEN, SHIPPED)


def methods(m):
    """(method, parameters, normaliser, strengths) of every combination that is tried with this m."""
    centroids = lambda c, k, t: (
        "centroids, centred" if c else "centroids",
        f"K={k} S=8 t={t}",
        Centroids(k, t, c),
        FINE_GRID,
    )
    shipped = (*SHIPPED, Centroids(128, 5, True, shipped=True), FINE_GRID)
    if m != USUAL_M:
        return [centroids(True, 128, 3), centroids(True, 128, 5), shipped]
    tried = [(*RAW, Plain(), (0.0,)), (*CENTRED, Plain(True), (0.0,))]
    for name, centred in (("top-k mean", False), ("top-k mean, centred", True)):
        tried += [(name, f"k={k}", TopOfCohort(k, centred), GRID) for k in (5, 20, 50)]
    tried += [("S-norm", "whole cohort", SNorm(), GRID)]
    tried += [("adaptive S-norm", f"k={k}", SNorm(k), GRID) for k in (50, 200)]
    thresholds = lambda k, of_pairs: (f"K={k}", ClusterThresholds(k, of_pairs), GRID)
    tried += [("cluster thresholds", *thresholds(k, False)) for k in (20, 100)]
    tried += [("cluster-pair thresholds", *thresholds(20, True))]
    tried += [("ridge regression", *of, GRID) for of in (("linear", Ridge(1)), ("quadratic", Ridge(2)))]
    tried += [centroids(c, k, t) for c in (False, True) for k in (64, 128, 256) for t in (3, 5)]
    return [*tried, shipped]


# ---------------------------------------------------------------- measurement


def places_of_largest(scores, count):
    """Flat places of the `count` largest scores and perhaps some more."""
    flat = scores.reshape(-1)
    sample = flat[::101]
    expected = min(len(sample) - 1, 2 * count // 101 + 50)
    limit = np.partition(sample, -expected)[-expected]
    places = np.flatnonzero(flat >= limit)
    if len(places) < count:
        limit = np.partition(flat, -count)[-count]
        places = np.flatnonzero(flat >= limit)
    return places


def accepted(pairs, fmr):
    """How many of so many non-mated pairs a threshold at this rate lets through.

    With the scores in ascending order the threshold is that at the 0-based place ⌈n (1 − f)⌉.
    """
    return max(1, pairs - math.ceil(pairs * (1 - fmr)))


def inequality(hits, pairs):
    """Largest rate of a group over the smallest, and over the geometric mean of all.

    A group without any false match counts as one with half of one.
    """
    rates = np.maximum(hits, 0.5) / pairs
    return rates.max() / rates.min(), rates.max() / np.exp(np.log(rates).mean())


class FairFaceSplit:
    """The folds of one seed, and the pairs that are scored, in one fixed order."""

    def __init__(self, faces, lfw, seed, m):
        chance = np.random.default_rng([seed, 0])
        fold = chance.permutation(len(faces.templates)) % FOLDS
        more = lfw.templates[chance.permutation(lfw.firsts)[:m]]
        self.faces, self.seed = faces, seed
        self.members = [np.flatnonzero(fold == f) for f in range(FOLDS)]
        self.blocks = [(p, q) for p in range(FOLDS) for q in range(p, FOLDS)]
        self.masks, sides = [], []
        for p, q in self.blocks:
            mask = faces.comparable[np.ix_(self.members[p], self.members[q])]
            self.masks.append(np.triu(mask) if p == q else mask)
            i, j = np.nonzero(self.masks[-1])
            sides.append((self.members[p][i], self.members[q][j]))
        self.a, self.b = (np.concatenate(s).astype(np.int16) for s in zip(*sides))
        self.groups = []
        for label in (faces.race, faces.racesex):
            of_pair = np.where(label[self.a] == label[self.b], label[self.a], -1)
            self.groups.append((of_pair, np.bincount(of_pair[of_pair >= 0])))
        self.cohorts = {}
        for p, q in self.blocks:
            folds = self.cohort_folds(p, q)
            if folds not in self.cohorts:
                known = faces.templates[np.isin(fold, folds)]
                self.cohorts[folds] = Cohort(np.vstack([known, more]), seed)

    @staticmethod
    def cohort_folds(p, q):
        if p == q:
            return tuple(sorted(((p + 1) % FOLDS, (p + 2) % FOLDS)))
        return tuple(f for f in range(FOLDS) if f not in (p, q))

    def prepare(self, method):
        """Everything that does not depend on the strength."""
        fitted = {folds: method.fit(cohort) for folds, cohort in self.cohorts.items()}
        self.prepared = []
        for (p, q), mask in zip(self.blocks, self.masks):
            of = fitted[self.cohort_folds(p, q)]
            a, b = (of.directions(self.faces.templates[self.members[f]]) for f in (p, q))
            self.prepared.append((of, a @ b.T, of.describe(a), of.describe(b), mask))

    def scores(self, beta):
        parts = [of.score(cosines, a, b, beta)[mask] for of, cosines, a, b, mask in self.prepared]
        return np.concatenate(parts)

    def figures(self, scores):
        """For each rate: the inequality between races, and between races by sex."""
        top = places_of_largest(scores, accepted(len(scores), max(FMRS)))
        values, out = scores[top], []
        for fmr in FMRS:
            rank = accepted(len(scores), fmr)
            let_through = top[values >= np.partition(values, -rank)[-rank]]
            for of_pair, pairs in self.groups:
                group = of_pair[let_through]
                out += inequality(np.bincount(group[group >= 0], minlength=len(pairs)), pairs)
        return out

    def top(self, scores):
        """The highest scores in descending order, for the bootstrap: (person, person)."""
        places = places_of_largest(scores, int(len(scores) * FAIRFACE_KEPT))
        places = places[np.argsort(-scores[places], kind="stable")]
        return self.a[places], self.b[places]


class LfwSplit:
    """The halves of one seed."""

    def __init__(self, faces, lfw, seed, m):
        chance = np.random.default_rng([seed, 1])
        half = chance.permutation(len(lfw.photos)) % 2
        self.lfw, self.halves, self.nonmated = lfw, [], 0
        for h in (0, 1):
            photos = np.flatnonzero(half[lfw.person] == h)
            others = lfw.firsts[half[lfw.person[lfw.firsts]] != h]
            n = len(faces.templates)
            known = faces.templates[chance.permutation(n)[: n // 2]]
            more = lfw.templates[chance.permutation(others)[:m]]
            cohort = Cohort(np.vstack([known, more]), seed)
            same = lfw.person[photos][:, None] == lfw.person[photos][None, :]
            few = lfw.number[photos] < PHOTOS_OF_A_PERSON
            mated = np.nonzero(np.triu(same & few[:, None] & few[None, :], 1))
            barred = np.tril(np.ones_like(same)) | same
            self.nonmated += int((~barred).sum())
            self.halves.append((photos, cohort, mated, barred))
        self.mated_person = np.concatenate([lfw.person[p[m[0]]] for p, _, m, _ in self.halves])

    def prepare(self, method):
        self.prepared = []
        for photos, cohort, mated, barred in self.halves:
            of = method.fit(cohort)
            x = of.directions(self.lfw.templates[photos])
            cosines = x @ x.T
            described = of.describe(x)
            self.prepared.append((of, cosines, described, mated, barred, photos))

    def scores(self, beta, kept):
        """Scores of all mated pairs, and of the highest `kept` or more non-mated ones."""
        mated_scores, high, sides = [], [], []
        for of, cosines, described, mated, barred, photos in self.prepared:
            scores = of.score(cosines, described, described, beta)
            mated_scores.append(scores[mated])
            np.copyto(scores, BARRED, where=barred)
            places = places_of_largest(scores, kept)
            high.append(scores.reshape(-1)[places])
            sides.append([self.lfw.person[photos[side]] for side in np.divmod(places, len(photos))])
        a, b = (np.concatenate(s) for s in zip(*sides))
        return np.concatenate(mated_scores), np.concatenate(high), a, b

    def fnmr(self, beta):
        rank = accepted(self.nonmated, FMRS[0])
        mated, high, _, _ = self.scores(beta, rank)
        return 100 * float((mated < np.partition(high, -rank)[-rank]).mean())

    def top(self, beta):
        """For the bootstrap: mated scores and persons, and the highest non-mated, descending."""
        mated, high, a, b = self.scores(beta, int(self.nonmated / 2 * LFW_KEPT))
        order = np.argsort(-high, kind="stable")
        return mated, self.mated_person, high[order], a[order], b[order]

    def people(self):
        """The people of each half."""
        return [np.unique(self.lfw.person[photos]) for photos, *_ in self.halves]


def study_seed(job):
    """All figures of one seed: {(method, parameters, β, m): figures}, and pairs in detail."""
    faces, lfw, seed = job
    figures, details = {}, {}
    for m in COHORT_SIZES:
        fair, mates = FairFaceSplit(faces, lfw, seed, m), LfwSplit(faces, lfw, seed, m)
        for name, parameters, method, strengths in methods(m):
            began = time.monotonic()
            fair.prepare(method)
            mates.prepare(method)
            for beta in strengths:
                scores = fair.scores(beta)
                figures[name, parameters, beta, m] = [*fair.figures(scores), mates.fnmr(beta)]
                detailed = (name, parameters) in DETAILED and beta in (0.0, CHOSEN_BETA)
                if detailed and m == USUAL_M:
                    details[name, parameters] = (fair.top(scores), mates.top(beta), mates.people())
            took = time.monotonic() - began
            print(f"seed {seed}, m={m}: {name} {parameters} {took:.1f} s", flush=True)
    raw = figures[*RAW, 0.0, USUAL_M][-1]
    return {key: [*values, values[-1] / raw] for key, values in figures.items()}, details


# ---------------------------------------------------------------- uncertainty


def weighted_pairs(label, weights, duplicates):
    """Weight of all pairs inside each group; a group of everybody for all pairs."""
    total, squares = (np.bincount(label, w) for w in (weights, weights**2))
    pairs = (total**2 - squares) / 2
    a, b = duplicates.T
    inside = label[a] == label[b]
    np.subtract.at(pairs, label[a][inside], (weights[a] * weights[b])[inside])
    return pairs


def weighted_figures(faces, top, weights, labels):
    """As `FairFaceSplit.figures`, with people counted as often as their weights say."""
    a, b = top
    of_pair = weights[a] * weights[b]
    reached = np.cumsum(of_pair)
    everybody = weighted_pairs(np.zeros(len(weights), int), weights, faces.duplicates)[0]
    groups = [(label, weighted_pairs(label, weights, faces.duplicates)) for label in labels]
    out = []
    for fmr in FMRS:
        count = np.searchsorted(reached, everybody * fmr * (1 + 1e-12), side="right")
        assert count < len(reached), "more of the highest scores have to be kept"
        for label, pairs in groups:
            inside = label[a[:count]] == label[b[:count]]
            group = label[a[:count]][inside]
            hits = np.bincount(group, of_pair[:count][inside], minlength=len(pairs))
            out += inequality(hits, pairs)
    return out


def weighted_fnmr(lfw, detail, weights):
    """As `LfwSplit.fnmr`. A person drawn twice brings their mated pairs twice."""
    (mated, person, high, a, b), halves = detail
    everybody = 0.0
    for half in halves:
        photos = weights[half] * lfw.photos[half]
        everybody += (photos.sum() ** 2 - (photos**2).sum()) / 2
    reached = np.cumsum(weights[a] * weights[b])
    count = np.searchsorted(reached, everybody * FMRS[0] * (1 + 1e-12), side="right")
    assert 0 < count < len(reached), "more of the highest scores have to be kept"
    return 100 * np.average(mated < high[count - 1], weights=weights[person])


def bootstrap(faces, lfw, seeds):
    """{method: replicates × (figures, FNMR, ratio)}; each replicate is a mean over the seeds."""
    chance = np.random.default_rng(7)
    labels = (faces.race, faces.racesex)
    out = defaultdict(list)
    for _ in range(REPLICATES):
        drawn = [
            np.bincount(chance.integers(0, n, n), minlength=n).astype(float)
            for n in (len(faces.templates), len(lfw.photos))
        ]
        raw = [weighted_fnmr(lfw, details[RAW][1:], drawn[1]) for details in seeds]
        for key in DETAILED:
            every = []
            for details, raw_fnmr in zip(seeds, raw):
                fnmr = weighted_fnmr(lfw, details[key][1:], drawn[1])
                fair = weighted_figures(faces, details[key][0], drawn[0], labels)
                every.append([*fair, fnmr, fnmr / raw_fnmr])
            out[key].append(np.mean(every, axis=0))
    return {key: np.array(replicates) for key, replicates in out.items()}


def noise_floor(faces, seeds):
    """Figures with the labels shuffled among people, so that all groups' true rates are equal."""
    chance = np.random.default_rng(8)
    ones = np.ones(len(faces.templates))
    out = []
    for _ in range(REPLICATES):
        labels = [label[chance.permutation(len(label))] for label in (faces.race, faces.racesex)]
        every = [weighted_figures(faces, details[CHOSEN][0], ones, labels) for details in seeds]
        out.append(np.mean(every, axis=0))
    return np.array(out)


# ---------------------------------------------------------------- reports

FIGURES = [
    f"{group}_{ratio}_fmr{fmr:g}"
    for fmr in FMRS
    for group in ("race", "racesex")
    for ratio in ("max_min", "max_geomean")
] + ["lfw_fnmr_percent", "lfw_ratio_to_raw"]
RACE = FIGURES.index("race_max_geomean_fmr0.001")
RATIO = FIGURES.index("lfw_ratio_to_raw")


class Point:
    """One method, one strength: means and standard deviations over the seeds."""

    def __init__(self, key, values):
        self.name, self.parameters, self.beta, self.m = key
        self.method = key[:2]
        self.means, self.sds = np.mean(values, axis=0), np.std(values, axis=0, ddof=1)
        self.race, self.ratio = self.means[RACE], self.means[RATIO]
        self.chosen = key == (*CHOSEN, CHOSEN_BETA, USUAL_M)


def write_csv(points, path):
    head = ["method", "parameters", "beta", "m"]
    for figure in FIGURES:
        head += [figure, figure + "_sd"]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*head, "chosen"])
        for point in points:
            figures = [f"{v:.4f}" for pair in zip(point.means, point.sds) for v in pair]
            # Plain and centred cosines have no strength, and plain ones no cohort either.
            beta = "" if point.method in (RAW, CENTRED) else point.beta
            m = "" if point.method == RAW else point.m
            chosen = "yes" if point.chosen else ""
            writer.writerow([point.name, point.parameters, beta, m, *figures, chosen])


def best_under_bar(points):
    """The fairest point among those that keep to the bar on false non-matches, or None."""
    return min((p for p in points if p.ratio <= LFW_BAR), key=lambda p: p.race, default=None)


def by_name(points):
    names = defaultdict(list)
    for point in points:
        if point.m == USUAL_M:
            names[point.name].append(point)
    return names


# Mid tones, about as far from white as from black, to be visible on any background.
TONES = ("#d1495b", "#2f7ed8", "#2a9461", "#b07d12", "#8f5fd6", "#d9702b", "#1592a6", "#c2559d", "#6b8e23", "#7a7a7a")
INK = "#787878"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 940, 640, 70, 250, 56, 60
X_RANGE, Y_RANGE = (0.8, 1.3), (1.0, 2.4)


def x_of(ratio):
    return LEFT + (ratio - X_RANGE[0]) / (X_RANGE[1] - X_RANGE[0]) * (WIDTH - LEFT - RIGHT)


def y_of(race):
    return HEIGHT - BOTTOM - (race - Y_RANGE[0]) / (Y_RANGE[1] - Y_RANGE[0]) * (HEIGHT - TOP - BOTTOM)


def text(x, y, words, anchor="start", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


def line(x1, y1, x2, y2, more=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"{more}/>'


def axes():
    left, right, bottom = x_of(X_RANGE[0]), x_of(X_RANGE[1]), y_of(Y_RANGE[0])
    out = [line(left, bottom, right, bottom), line(left, TOP, left, bottom)]
    for tick in np.arange(X_RANGE[0], X_RANGE[1] + 0.01, 0.1):
        x = x_of(tick)
        out += [line(x, bottom, x, bottom + 5), text(x, bottom + 19, f"{tick:.1f}", "middle")]
    for tick in np.arange(Y_RANGE[0], Y_RANGE[1] + 0.01, 0.2):
        y = y_of(tick)
        out += [line(left - 5, y, left, y), text(left - 9, y + 4, f"{tick:.1f}", "end")]
    middle = (TOP + bottom) / 2
    out += [
        text((left + right) / 2, bottom + 42, "LFW false non-match rate, ratio to raw cosine (FMR 0.1 %)", "middle"),
        text(20, middle, "FairFace races: largest false match rate / geometric mean", "middle",
             f' transform="rotate(-90 20 {middle:.1f})"'),
    ]
    dashed = ' stroke-dasharray="6 4"'
    out += [
        line(x_of(LFW_BAR), TOP, x_of(LFW_BAR), bottom, dashed),
        text(x_of(LFW_BAR) + 4, TOP + 10, f"bar {LFW_BAR:.2f}"),
        line(left, y_of(FAIRNESS_BAR), right, y_of(FAIRNESS_BAR), dashed),
        text(right, y_of(FAIRNESS_BAR) - 5, f"bar {FAIRNESS_BAR:.2f}", "end"),
    ]
    return out


def curve(points, start, tone, more):
    """A line from β = 0 on, cut off at the frame by the clip path."""
    path = [(x_of(p.ratio), y_of(p.race)) for p in [start, *sorted(points, key=lambda p: p.beta)]]
    spots = " ".join(f"{x:.1f},{y:.1f}" for x, y in path)
    return f'<polyline points="{spots}" fill="none" stroke="{tone}"{more}/>', path


def write_svg(points, path):
    plain = {key: next(p for p in points if p.method == key) for key in (RAW, CENTRED)}
    inside, legend = [], []
    families = {n: g for n, g in by_name(points).items() if n not in (RAW[0], CENTRED[0], SHIPPED[0])}
    for number, (name, members) in enumerate(families.items()):
        tone = TONES[number % len(TONES)]
        # So that neighbours in the list differ in more than colour.
        dashes = ' stroke-dasharray="7 3"' if number % 2 else ""
        best = best_under_bar(members) or min(members, key=lambda p: p.race)
        shown = CHOSEN[1] if name == CHOSEN[0] else best.parameters
        start = plain[CENTRED if "centred" in name else RAW]
        for parameters in dict.fromkeys(p.parameters for p in members):
            of = [p for p in members if p.parameters == parameters]
            bold = parameters == shown
            more = dashes + ' stroke-width="2.2"' if bold else ' stroke-width="0.8" stroke-opacity="0.4"'
            drawn, spots = curve(of, start, tone, more)
            inside.append(drawn)
            if bold:
                inside += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{tone}"/>' for x, y in spots]
        y = TOP + 20 + 34 * number
        x = WIDTH - RIGHT + 24
        legend += [line(x, y - 4, x + 22, y - 4, f'{dashes} stroke="{tone}" stroke-width="3"'), text(x + 30, y, name),
                   text(x + 30, y + 14, shown, more=' font-size="11"')]
    y = TOP + 20 + 34 * len(families)
    for key in (RAW, CENTRED):
        point, x = plain[key], WIDTH - RIGHT + 24
        full = INK if key == RAW else "none"
        mark = f'width="9" height="9" fill="{full}" stroke="{INK}" stroke-width="2"/>'
        inside.append(f'<rect x="{x_of(point.ratio) - 4.5:.1f}" y="{y_of(point.race) - 4.5:.1f}" {mark}')
        legend += [f'<rect x="{x + 6:.1f}" y="{y - 9:.1f}" {mark}', text(x + 30, y, key[0])]
        y += 22
    chosen = next(p for p in points if p.chosen)
    ring = lambda x, y: f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="none" stroke="{INK}" stroke-width="2.5"/>'
    inside.append(ring(x_of(chosen.ratio), y_of(chosen.race)))
    legend += [ring(WIDTH - RIGHT + 35, y - 4), text(WIDTH - RIGHT + 54, y, f"chosen: β = {CHOSEN_BETA}")]
    description = (
        f"One line for each method over its strength β; thin lines are its other parameters. Lower is "
        f"fairer, further left misses fewer mated pairs. Raw cosine: {plain[RAW].race:.2f} at ratio 1. "
        f"Chosen: {chosen.race:.2f} at ratio {chosen.ratio:.2f}."
    )
    frame = f'x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"'
    path.write_text("\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-labelledby="title desc" font-family="sans-serif" font-size="13">',
        '<title id="title">Fairness between races against false non-matches, by method of normalisation</title>',
        f'<desc id="desc">{escape(description)}</desc>',
        f'<clipPath id="frame"><rect {frame}/></clipPath>',
        f'<g fill="{INK}" stroke="none">',
        text(LEFT, 26, "Group-blind score normalisations, cross-validated over people", more=' font-size="16"'),
        text(LEFT, 44, "one line a method over its strength β; thin: its other parameters", more=' font-size="12"'),
        "</g>",
        f'<g fill="{INK}" stroke="{INK}">',
        # A stroke of their own would smudge the letters.
        *(part.replace("<text", '<text stroke="none"') for part in axes()),
        "</g>",
        '<g clip-path="url(#frame)">', *inside, "</g>",
        f'<g fill="{INK}">', *legend, "</g>",
        "</svg>", "",
    ]), encoding="utf-8")


def interval(replicates, digits=2):
    low, high = np.percentile(replicates, (2.5, 97.5))
    return f"{low:.{digits}f} to {high:.{digits}f}"


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def methods_table(points):
    out = [
        row("Method", "Parameters", "β", "Race max/geomean", "Race max/min", "Race×sex max/geomean",
            "LFW FNMR %", "Ratio to raw"),
        row(*["---"] * 3, *["--:"] * 5),
    ]
    racesex = FIGURES.index("racesex_max_geomean_fmr0.001")
    for name, members in by_name(points).items():
        best = best_under_bar(members)
        if best is None:
            least = min(members, key=lambda p: p.ratio)
            out.append(row(name, f"none under the bar; the least ratio is {least.ratio:.2f}", *[""] * 6))
            continue
        beta = "" if best.method in (RAW, CENTRED) else f"{best.beta:g}"
        figure = lambda i, digits=2: f"{best.means[i]:.{digits}f} ± {best.sds[i]:.{digits}f}"
        out.append(row(name, best.parameters, beta, figure(RACE), figure(RACE - 1), figure(racesex),
                       figure(RATIO - 1, 3), figure(RATIO)))
    return out


def details_table(points, replicates):
    out = [
        row("Figure", *("raw cosine", "chosen", "as shipped")),
        row("---", *["---"] * 3),
    ]
    of = {key: next(p for p in points if p.method == key and p.m == USUAL_M and p.beta in (0.0, CHOSEN_BETA))
          for key in DETAILED}
    for i, figure in enumerate(FIGURES):
        digits = 3 if figure == "lfw_fnmr_percent" else 2
        cells = [f"{of[key].means[i]:.{digits}f} ({interval(replicates[key][:, i], digits)}; "
                 f"mean {replicates[key][:, i].mean():.{digits}f})" for key in DETAILED]
        out.append(row(f"`{figure}`", *cells))
    return out


def sizes_table(points):
    out = [row("Method", "Parameters", "m", "Race max/geomean", "Race max/min", "Ratio to raw"),
           row(*["---"] * 2, *["--:"] * 4)]
    for point in sorted((p for p in points if p.beta == CHOSEN_BETA), key=lambda p: (p.method, p.m)):
        if point.method in (CHOSEN, SHIPPED, (CHOSEN[0], "K=128 S=8 t=3")):
            cells = [f"{point.means[i]:.2f} ± {point.sds[i]:.2f}" for i in (RACE, RACE - 1, RATIO)]
            out.append(row(point.name, point.parameters, point.m, *cells))
    return out


def floor_table(floor):
    out = [row("Figure", "Mean", "95 % range"), row("---", "--:", "--:")]
    for i, figure in enumerate(FIGURES[: len(floor[0])]):
        out.append(row(f"`{figure}`", f"{floor[:, i].mean():.2f}", interval(floor[:, i])))
    return out


def write_summary(points, replicates, floor, sizes, path):
    faces, lfw = sizes
    path.write_text("\n".join([
        "# Score normalisations compared",
        "",
        "Generated by `scripts/normalisation_study.sh`; don't edit. All points are in",
        "[`curve.csv`](curve.csv), drawn in [`curve.svg`](curve.svg).",
        "",
        f"FairFace: {len(faces.templates)} people, one photo each; {len(faces.duplicates)} pairs with "
        f"a cosine above {DUPLICATE} are left out.",
        f"LFW: {len(lfw.templates)} photos of {len(lfw.photos)} people.",
        "No pair is scored by a normaliser that was fitted on either person. Thresholds are at one",
        "false match rate (FMR) over all pairs; LFW's false non-match rate (FNMR) is at FMR 0.1 % of",
        "LFW. ± is the standard deviation over three seeds of the folds, not an interval. max/min",
        "and max/geomean are of the groups' own false match rates; 1 is equality.",
        "",
        f"## The fairest point of each method with an LFW ratio of at most {LFW_BAR:.2f}",
        "",
        f"FMR 0.1 %; m = {USUAL_M} people of LFW in each cohort. The points were picked by the figures",
        "that are shown, so that these flatter, and the more the more parameters were tried.",
        "",
        *methods_table(points),
        "",
        "## The chosen normaliser",
        "",
        f"{CHOSEN[0]}, {CHOSEN[1]}, β = {CHOSEN_BETA}, m = {USUAL_M}. It was chosen on these two sets of",
        "photos. *As shipped* is the same with centroids of at least five people each, rounded to",
        "signed bytes, as a calibration file has them. In brackets: the 95 % percentile interval and",
        f"the mean of {REPLICATES} bootstrap replicates over people. The threshold is found anew in each,",
        "the normaliser is not fitted anew. A replicate has noise of its own on top of the sample's,",
        "which raises a largest rate over the others: replicates lie above the figures rather than",
        "around them.",
        "",
        *details_table(points, replicates),
        "",
        f"With other numbers of LFW people in the cohort (FMR 0.1 %, β = {CHOSEN_BETA}):",
        "",
        *sizes_table(points),
        "",
        "## What equal groups would show",
        "",
        f"The chosen normaliser's scores with the labels shuffled among people, {REPLICATES} times. If",
        "every group had the same rate, groups of these sizes would still show ratios such as these:",
        "",
        *floor_table(floor),
        "",
    ]), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name in ("data", "fairface", "lfw", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()

    began = time.monotonic()
    faces = FairFace(*read_store(args.fairface, args.data / "fairface.csv"))
    lfw = Lfw(*read_store(args.lfw, args.data / "lfw.csv"))
    with ProcessPoolExecutor(args.jobs) as workers:
        results = list(workers.map(study_seed, [(faces, lfw, seed) for seed in SEEDS]))
    figures, details = zip(*results)
    points = [Point(key, [of[key] for of in figures]) for key in figures[0]]
    args.out.mkdir(parents=True, exist_ok=True)
    write_csv(points, args.out / "curve.csv")
    write_svg(points, args.out / "curve.svg")
    write_summary(points, bootstrap(faces, lfw, details), noise_floor(faces, details), (faces, lfw),
                  args.out / "summary.md")
    print(f"{args.out}: {len(points)} points in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
