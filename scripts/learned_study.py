#!/usr/bin/env python3
"""Normalisers fitted to labelled people, compared: evenness between groups against missed people.

    learned_study.py --forming STORE LIST --measured STORE LIST --lfw STORE LIST --out DIR

Each STORE is a folder that `evenmatch embed` wrote for the LIST beside it; scripts/calibrations.sh
leaves all three in its work folder. Normalisers are fitted to the first list; FairFace's groups are
measured on the second, missed people on LFW (the first ten photos of each person). Nobody is in two
of them, and no method sees LFW. Writes learned.csv (every method and strength), by_chance.csv (what
equal groups of these sizes would show) and learned.svg into DIR. The method that ships is fitted in
Rust (crates/scores/src/normalise/learned); here all of them are in numpy, in single precision, so
that the last digits may differ.

Needs the packages of scripts/peers/requirements-learned.txt.
"""

import argparse
import csv
from pathlib import Path

import numba
import numpy as np
import pyarrow.parquet as parquet

RATES = (1e-2, 1e-3)
LFW_RATES = (1e-2, 1e-3, 1e-4, 1e-5)
FIT_RATES = (1e-2, 3e-3, 1e-3)
PARTITIONS = (("race",), ("sex",), ("age",), ("race", "sex"), ("race", "age"), ("sex", "age"))
# The groups that are levelled in what ships: of race×sex, each of which is large, and of age, which is
# in no intersection whose groups are all large.
LEVELLED = (2, 3)
SHIPS = ("nearest centroids and levels", "share 0.15 rounds 60")
DENSITIES = (("race",), ("race", "sex"), ("age",), ("race", "age"), ("race", "sex", "age"))
MEASURED = (("race",), ("race", "sex"), ("age",), ("sex",))
DUPLICATE = 0.8
WIDTH = 0.05
FEATURES = 3072
# Groups of fewer people are left out of the ratios: their rates are mostly chance.
LEAST = 60


def unit(x):
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype("f4")


def load(store, manifest):
    """Unit templates, and the manifest's row of each."""
    table = parquet.read_table(Path(store) / "templates.parquet", columns=["entry", "template"])
    with open(manifest, newline="") as lines:
        rows = list(csv.DictReader(lines))
    entries, templates = table["entry"].to_pylist(), table["template"].to_pylist()
    found = [(e, t) for e, t in zip(entries, templates) if t is not None]
    return unit(np.stack([np.frombuffer(t, "<f4") for _, t in found])), [rows[e] for e, _ in found]


def groups(rows, names):
    labels = ["×".join(row[name] for name in names) for row in rows]
    known = sorted(set(labels))
    place = {label: k for k, label in enumerate(known)}
    return np.array([place[label] for label in labels]), len(known)


class Pairs:
    """Every pair of different people with a cosine of at least `floor`."""

    def __init__(self, x, rows, floor):
        self.x, self.rows, n = x, rows, len(x)
        kept = []
        for first in range(0, n, 1000):
            cosine = x[first : first + 1000] @ x.T
            cosine[np.arange(n)[None] <= np.arange(first, first + len(cosine))[:, None]] = -9
            a, b = np.nonzero(cosine > floor)
            kept.append(((a + first).astype("i4"), b.astype("i4"), cosine[a, b]))
        a, b, cosine = (np.concatenate(part) for part in zip(*kept))
        real = cosine <= DUPLICATE
        self.a, self.b, self.cosine = a[real], b[real], cosine[real]
        self.total = n * (n - 1) // 2 - int((~real).sum())

    def scores(self, h):
        return self.cosine - h[self.a] - h[self.b]

    def threshold(self, scores, rate):
        place = len(scores) - int(rate * self.total)
        return np.partition(scores, place)[place]

    def evenness(self, h):
        """Largest over geometric mean of the groups' rates, by partition and rate."""
        scores, found = self.scores(h), {}
        for rate in RATES:
            hits = scores >= self.threshold(scores, rate)
            for names in MEASURED:
                group, count = groups(self.rows, names)
                size = np.bincount(group, minlength=count)
                within = hits & (group[self.a] == group[self.b])
                errors = np.bincount(group[self.a[within]], minlength=count)
                large = size >= LEAST
                rates = np.maximum(errors, 3)[large] / (size * (size - 1) / 2)[large]
                found["×".join(names), rate] = rates.max() / np.exp(np.log(rates).mean())
        return found

    def by_chance(self, h, shuffles=200):
        """The same ratios where labels are shuffled among people: half of the time, and 95 % of it.

        The threshold is the one at which all pairs have the rate that pairs within groups had.
        """
        scores, found, random = self.scores(h), [], np.random.default_rng(1)
        for rate in RATES:
            hits = scores >= self.threshold(scores, rate)
            for names in MEASURED:
                group, count = groups(self.rows, names)
                size = np.bincount(group, minlength=count)
                pairs = size * (size - 1) / 2
                large = size >= LEAST
                within = hits & (group[self.a] == group[self.b])
                level = within.sum() / pairs.sum()
                equal = scores >= self.threshold(scores, level)
                a, b, ratios = self.a[equal], self.b[equal], []
                for _ in range(shuffles):
                    other = random.permutation(group)
                    errors = np.bincount(other[a][other[a] == other[b]], minlength=count)
                    rates = (np.maximum(errors, 3) / pairs)[large]
                    ratios.append(rates.max() / np.exp(np.log(rates).mean()))
                half, most = np.quantile(ratios, (0.5, 0.95))
                found.append({
                    "groups": "×".join(names),
                    "fmr": rate,
                    "half": round(float(half), 3),
                    "95 %": round(float(most), 3),
                })
        return found


class Missed:
    """Mated pairs of the first ten photos of each person, non-mated ones of the first."""

    def __init__(self, x, rows):
        self.x, people = x, {}
        for place, row in enumerate(rows):
            people.setdefault(row["subject_id"], []).append(place)
        firsts = np.array([own[0] for own in people.values()])
        mated = [
            (a, b)
            for own in people.values()
            for k, a in enumerate(own[:10])
            for b in own[k + 1 : 10]
        ]
        self.mated = np.array(mated).T
        a, b = np.triu_indices(len(firsts), 1)
        self.others = firsts[a], firsts[b]

    def scores(self, h, pairs):
        a, b = pairs
        return np.einsum("ij,ij->i", self.x[a], self.x[b]) - h[a] - h[b]

    def rates(self, h):
        mated = self.scores(h, self.mated)
        others = np.sort(self.scores(h, self.others))
        found = []
        for rate in LFW_RATES:
            found.append(100 * (mated < others[len(others) - int(rate * len(others))]).mean())
        return found


@numba.njit(cache=True)
def count(a, b, cosine, group, h, thresholds, sums):
    for n in range(len(a)):
        score = cosine[n] - h[a[n]] - h[b[n]]
        for k in range(len(thresholds)):
            over = (score - thresholds[k]) / WIDTH + 0.5
            if over <= 0:
                break
            over = min(over, 1.0)
            for p in range(len(group)):
                if group[p, n] >= 0:
                    sums[p, k, group[p, n]] += over


@numba.njit(cache=True)
def slopes(a, b, cosine, group, h, thresholds, of_group, of_person):
    for n in range(len(a)):
        score = cosine[n] - h[a[n]] - h[b[n]]
        slope = 0.0
        for k in range(len(thresholds)):
            over = (score - thresholds[k]) / WIDTH + 0.5
            if over <= 0:
                break
            if over < 1:
                for p in range(len(group)):
                    if group[p, n] >= 0:
                        slope += of_group[p, k, group[p, n]]
        of_person[a[n]] -= slope / WIDTH
        of_person[b[n]] -= slope / WIDTH


class Rates:
    """How far each group's rate is from the common one, and the gradient of the sum of squares."""

    def __init__(self, x, rows):
        pairs = Pairs(x, rows, 0.2)
        plain = pairs.cosine
        self.thresholds = np.array([pairs.threshold(plain, f) for f in FIT_RATES], "f4")
        of = [groups(rows, names) for names in PARTITIONS]
        self.person = [group for group, _ in of]
        self.sizes = [np.bincount(group, minlength=n) for group, n in of]
        same = [np.where(g[pairs.a] == g[pairs.b], g[pairs.a], -1) for g, _ in of]
        some = (np.array(same) >= 0).any(0)
        self.a, self.b, self.cosine = pairs.a[some], pairs.b[some], plain[some]
        self.group = np.array(same, "i2")[:, some].copy()
        self.most = max(n for _, n in of)

    def errors(self, h):
        sums = np.zeros((len(PARTITIONS), len(FIT_RATES), self.most))
        args = (self.a, self.b, self.cosine, self.group, h.astype("f4"), self.thresholds)
        count(*args, sums)
        found = []
        for p, size in enumerate(self.sizes):
            expected = np.outer(FIT_RATES, size * (size - 1) / 2)
            ratio = np.log((sums[p, :, : len(size)] + 1) / (expected + 1))
            precise = np.minimum(expected, 400)
            precise = precise / (precise + 20)
            level = (ratio * precise).sum(1, keepdims=True) / precise.sum(1, keepdims=True)
            found.append((ratio - level, precise, sums[p, :, : len(size)] + 1))
        return found, args

    def gradient(self, h):
        found, args = self.errors(h)
        of_group = np.zeros((len(PARTITIONS), len(FIT_RATES), self.most))
        for p, (error, precise, sums) in enumerate(found):
            weight = precise / precise.sum(1, keepdims=True)
            of_group[p, :, : error.shape[1]] = 2 * weight * error / sums
        of_person = np.zeros(len(h))
        slopes(*args, of_group, of_person)
        return of_person.astype("f4")


def density(x, rows, partitions):
    """The mean of the highest hundredth of a person's similarities within the own groups."""
    total, number = np.zeros(len(x)), np.zeros(len(x))
    for names in partitions:
        group, groups_ = groups(rows, names)
        for k in range(groups_):
            own = np.nonzero(group == k)[0]
            if len(own) < LEAST:
                continue
            top = max(3, round(0.01 * len(own)))
            for first in range(0, len(own), 2000):
                part = own[first : first + 2000]
                similar = x[part] @ x[own].T
                similar[similar > DUPLICATE] = -1
                total[part] += np.partition(similar, len(own) - top, 1)[:, -top:].mean(1)
                number[part] += 1
    known = number > 0
    return np.where(known, total / np.maximum(number, 1) - (total[known] / number[known]).mean(), 0)


class Random:
    """Random features, of mean 0 and total variance 1 on the people who form the normaliser."""

    def __init__(self, x, seed=1):
        random = np.random.default_rng(seed)
        directions = random.normal(size=(x.shape[1], FEATURES))
        self.directions = (directions / np.linalg.norm(directions, axis=0)).astype("f4")
        self.shift = (0.1 * random.normal(size=FEATURES)).astype("f4")
        raw = self.raw(x)
        self.mean, self.spread = raw.mean(0), raw.std(0).mean() * FEATURES**0.5

    def raw(self, x):
        return np.maximum(x @ self.directions + self.shift, 0)

    def of(self, x):
        return (self.raw(x) - self.mean) / self.spread


def small_groups_weigh(rows, balance=0.5):
    weights = np.ones(len(rows))
    for name in ("race", "sex", "age"):
        group, number = groups(rows, (name,))
        size = np.bincount(group, minlength=number)
        weights *= (len(rows) / (number * size))[group] ** balance
    return weights / weights.mean()


class Ridge:
    def __init__(self, phi, weights):
        self.phi, self.weights = phi, weights
        self.root = np.sqrt(weights).astype("f4")
        self.centre = (phi * weights[:, None].astype("f4")).mean(0)
        self.centred = phi - self.centre
        self.scaled = self.centred * self.root[:, None]
        self.gram, self.inverse = (self.scaled.T @ self.scaled).astype("f8"), {}

    def solve(self, penalty, target):
        if penalty not in self.inverse:
            matrix = self.gram + penalty * np.trace(self.gram) * np.eye(len(self.gram))
            self.inverse[penalty] = np.linalg.inv(matrix)
        target = target - (target * self.weights).mean()
        right = self.scaled.T @ (target * self.root).astype("f4")
        return self.inverse[penalty] @ right.astype("f8")


def bent(h, knee, below):
    return np.where(h < knee, knee + below * (h - knee), h)


def centroids(x, most=1024, rounds=15, least=5):
    """Mean directions of at least `least` people each, rounded to signed bytes."""
    found = x[:most]
    for _ in range(rounds):
        nearest = np.concatenate([(part @ found.T).argmax(1) for part in np.array_split(x, 20)])
        sums = np.zeros((len(found), x.shape[1]))
        np.add.at(sums, nearest, x)
        found = unit(sums[np.bincount(nearest, minlength=len(found)) >= least])
    return unit(np.round(found / np.abs(found).max(1, keepdims=True) * 127))


def nearest(among, most):
    """How similar the nearest of `among` are, on average."""

    def of(t):
        parts = (t[k : k + 1000] @ among.T for k in range(0, len(t), 1000))
        return np.concatenate([np.partition(p, -most, 1)[:, -most:].mean(1) for p in parts])

    return of


def levelled(ridge, rates, base, rounds, knee, below, on=LEVELLED, step=0.35, penalty=3e-4):
    """Levels of groups on top of the weights `base`: weights, the knee, and what is left of h below
    it.

    One round corrects `step` of what is measured of the groups of each partition of `on`.
    """
    levels = [np.zeros(len(size)) for size in rates.sizes]
    slope = np.log(10) / (rates.thresholds[-1] - rates.thresholds[0])
    for done in range(rounds + 1):
        target = sum(levels[p][rates.person[p]] for p in on)
        weights = base + ridge.solve(penalty, target)
        h = ridge.centred @ weights.astype("f4")
        at = np.quantile(h, knee)
        if done == rounds:
            return weights.astype("f4"), at, below
        found = rates.errors(bent(h, at, below))[0]
        for p in on:
            error, precise, _ = found[p]
            # Small groups, whose rates are mostly chance, are corrected less.
            levels[p] += step * (error * precise).mean(0) / (2 * slope)


class Linear:
    """h = w·φ, for the direct objective."""

    def __init__(self, weights):
        self.values, self.start = {"w": weights.copy()}, weights

    def forward(self, phi):
        self.phi = phi
        return phi @ self.values["w"]

    def backward(self, slope, pull):
        return {"w": self.phi.T @ slope + pull * (self.values["w"] - self.start)}


class Network:
    """h = v·relu(W x + b), 128 → 64 → 1."""

    def __init__(self, x, seed=1, hidden=64):
        random = np.random.default_rng(seed)
        self.values = {
            "W": random.normal(size=(x.shape[1], hidden)).astype("f4"),
            "b": np.zeros(hidden, "f4"),
            "v": (0.0025 * random.normal(size=hidden)).astype("f4"),
        }

    def forward(self, x):
        self.x = x
        self.hidden = np.maximum(x @ self.values["W"] + self.values["b"], 0)
        return self.hidden @ self.values["v"]

    def backward(self, slope, pull):
        inner = slope[:, None] * self.values["v"] * (self.hidden > 0)
        shrink = pull * self.values["v"]
        return {"W": self.x.T @ inner, "b": inner.sum(0), "v": self.hidden.T @ slope + shrink}


def descend(model, inputs, gradient, rounds, rate, pull):
    """Adam on all people at once: D. Kingma, J. Ba, ICLR 2015."""
    first = {k: np.zeros_like(v) for k, v in model.values.items()}
    second = {k: np.zeros_like(v) for k, v in model.values.items()}
    for done in range(1, rounds + 1):
        slope = gradient(model.forward(inputs))
        step = rate * (1 if done < rounds / 2 else 0.3 if done < 0.8 * rounds else 0.1)
        for name, own in model.backward(slope - slope.mean(), pull).items():
            first[name] = 0.9 * first[name] + 0.1 * own
            second[name] = 0.99 * second[name] + 0.01 * own * own
            move = first[name] / (1 - 0.9**done)
            scale = np.sqrt(second[name] / (1 - 0.99**done)) + 1e-8
            model.values[name] = (model.values[name] - step * move / scale).astype("f4")


def methods(x, rows):
    """Every method at several strengths: name, strength, h of templates."""
    yield "plain cosine", "", lambda t: np.zeros(len(t))
    # Without labels: the nearest 20 of everyone who forms it.
    for share in (0.3, 0.5, 0.7):
        of = nearest(x, 20)
        yield "nearest 20, no labels", share, lambda t, of=of, share=share: share * of(t)
    random, rates = Random(x), Rates(x, rows)
    ridge = Ridge(random.of(x), small_groups_weigh(rows))
    near = density(x, rows, DENSITIES)

    def linear(weights, knee=0.0, below=1.0):
        return lambda t: bent((random.of(t) - ridge.centre) @ weights, knee, below)

    for share in (0.3, 0.5, 0.7):
        yield "density of own groups, random features", share, linear(
            ridge.solve(1e-5, share * near).astype("f4")
        )
    # No knee, a floor, and knees.
    half = ridge.solve(1e-5, 0.5 * near)
    for kind, knee, below in (
        ("no knee", 0.0, 1.0),
        ("floor 0.3", 0.3, 0.0),
        ("knee 0.3", 0.3, 0.25),
        ("knee 0.5", 0.5, 0.25),
    ):
        for rounds in (10, 60):
            made = levelled(ridge, rates, half, rounds, knee, below)
            yield "density and levels, random features", f"{kind} rounds {rounds}", linear(*made)
    for rounds in (30, 60):
        every = range(len(PARTITIONS))
        made = levelled(ridge, rates, half, rounds, 0.5, 0.25, every, 0.25)
        yield "density and levels of all pairs of attributes", f"rounds {rounds}", linear(*made)
    # Mixtures with the density that needs no label, which levels then correct. The people who form it
    # are their own nearest ones, and count among the others only.
    alone = nearest(x, 21)(x) * 21 / 20 - 1 / 20
    cohort = nearest(centroids(x), 5)
    mixtures = [("nearest 20 and levels", nearest(x, 20), alone, (0.2, 0.3, 0.4), (60,))]
    name = "nearest centroids and levels"
    mixtures.append((name, cohort, cohort(x), (0.1, 0.15, 0.2, 0.3), (60,)))
    mixtures.append((name, cohort, cohort(x), (0.15,), (10, 30)))
    for name, of, own, shares, all_rounds in mixtures:
        for share in shares:
            for rounds in all_rounds:
                mixed = Shifted(rates, share * (own - own.mean()))
                made = levelled(ridge, mixed, 0.0, rounds, 0.3, 0.0)
                yield name, f"share {share} rounds {rounds}", lambda t, of=of, made=made, share=share: (
                    linear(*made)(t) + share * of(t)
                )
    start = ridge.solve(1e-5, 0.5 * near).astype("f4")
    for pull in (10.0, 100.0, 300.0):
        model = Linear(start)
        descend(model, ridge.centred, rates.gradient, 80, 0.003, pull)
        yield "direct objective, random features", f"pull {pull:g}", linear(model.values["w"])
    for pull in (0.1, 1.0):
        model = Network(x)
        descend(model, x, rates.gradient, 200, 0.0003, pull)
        yield "direct objective, small network", f"pull {pull:g}", model.forward


class Shifted:
    """The rates of people whose scores are already lowered by something else."""

    def __init__(self, rates, by):
        self.rates, self.by = rates, by
        self.sizes, self.person, self.thresholds = rates.sizes, rates.person, rates.thresholds

    def errors(self, h):
        return self.rates.errors(h + self.by)


def drawn(points):
    """Missed people against the evenness of race×sex, both at 1e-3, one colour a method."""
    colours = "#444 #0072b2 #e69f00 #009e73 #cc79a7 #d55e00 #56b4e9 #b5a800 #7a4fbf".split()
    names = list(dict.fromkeys(point["method"] for point in points))
    left, top, width, height = 60, 20, 520, 320
    place_x = lambda value: left + width * (value - 1) / 2.2
    place_y = lambda value: top + height * (1 - (value - 0.6) / 0.6)
    shapes = [
        f'<text x="{left + width / 2}" y="{top + height + 36}" text-anchor="middle">race×sex, '
        "largest rate over geometric mean, FMR 0.1 %</text>",
        f'<text transform="translate(16 {top + height / 2}) rotate(-90)" text-anchor="middle">LFW '
        "pairs missed, %, FMR 0.1 %</text>",
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#999"/>',
    ]
    for tick in (1.0, 1.5, 2.0, 2.5, 3.0):
        shapes.append(
            f'<text x="{place_x(tick):.0f}" y="{top + height + 16}" text-anchor="middle">{tick}'
            "</text>"
        )
    for tick in (0.6, 0.8, 1.0, 1.2):
        shapes.append(f'<text x="{left - 8}" y="{place_y(tick) + 4:.0f}" text-anchor="end">{tick}</text>')
    for k, name in enumerate(names):
        colour = colours[k % len(colours)]
        outside = 0
        for point in points:
            if point["method"] == name:
                x, y = place_x(point["race×sex 0.001"]), place_y(point["lfw 0.001"])
                if x > left + width or y < top:
                    outside += 1
                    continue
                shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')
        y = top + height + 60 + 18 * k
        shapes.append(f'<circle cx="{left + 6}" cy="{y - 4}" r="4" fill="{colour}"/>')
        beyond = f" ({outside} outside the picture)" if outside else ""
        shapes.append(f'<text x="{left + 18}" y="{y}">{name}{beyond}</text>')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 '
        f'{top + height + 70 + 18 * len(names)}" font-family="sans-serif" font-size="13">'
        '<rect width="100%" height="100%" fill="#fff"/>' + "".join(shapes) + "</svg>\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("forming", "measured", "lfw"):
        parser.add_argument(f"--{name}", nargs=2, required=True, metavar=("STORE", "LIST"))
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    x, rows = load(*options.forming)
    measured = Pairs(*load(*options.measured), 0.2)
    missed = Missed(*load(*options.lfw))
    points, chance = [], []
    for method, strength, h in methods(x, rows):
        even = measured.evenness(h(measured.x).astype("f4"))
        rates = missed.rates(h(missed.x).astype("f4"))
        point = {"method": method, "strength": strength}
        point |= {f"{name} {rate:g}": round(float(value), 3) for (name, rate), value in even.items()}
        point |= {f"lfw {f:g}": round(float(r), 3) for f, r in zip(LFW_RATES, rates)}
        points.append(point)
        print(point, flush=True)
        if (method, strength) == SHIPS:
            chance = measured.by_chance(h(measured.x).astype("f4"))
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "learned.csv", "w", newline="") as lines:
        writer = csv.DictWriter(lines, points[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(points)
    with open(options.out / "by_chance.csv", "w", newline="") as lines:
        writer = csv.DictWriter(lines, ("groups", "fmr", "half", "95 %"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(chance)
    (options.out / "learned.svg").write_text(drawn(points))


if __name__ == "__main__":
    main()
