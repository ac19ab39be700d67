//! How often the audit's 95 % intervals contain the true rate, for rates with a known true value.
//!
//! `cargo bench --bench coverage` prints the table of `docs/COVERAGE.md`. Each person has an
//! individual disposition; a mated comparison fails if a normal score that includes this
//! disposition falls below a threshold, and a pair of different people matches if the sum of both
//! dispositions and noise is above one. Designs: *sparse lists*, *dense all-pairs* data, *heavy
//! tails* of photos per person, and photos by Zipf's law, where one person owns most pairs: there,
//! both weighings are measured.
#![allow(clippy::print_stdout)]

use std::collections::HashMap;

use evenmatch_audit::{
    Bounds, DyadMoments, Rate, Share, Weigh, clustered_interval, clustered_interval_of_people,
    dyadic_interval, dyadic_interval_of_people,
};
use evenmatch_testkit::Random;
use statrs::distribution::{ContinuousCDF, Normal};

const RUNS: usize = 2000;
const CONFIDENCE: f64 = 0.95;

/// Photos per person: a Pareto tail with exponent 1.5, cut at `most`.
fn photos(random: &mut Random, most: usize) -> usize {
    ((1.0 - random.unit()).powf(-1.0 / 1.5) as usize).clamp(1, most)
}

/// The threshold that a standard normal exceeds with this probability.
fn upper(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(1.0 - probability)
}

/// Mated comparisons: one share per person. `own` is the personal part of the variance.
fn mated(random: &mut Random, trials: &[usize], rate: f64, own: f64) -> Bounds {
    let threshold = upper(rate);
    let shares: Vec<Share> = trials
        .iter()
        .map(|&m| {
            let person = random.normal() * own.sqrt();
            let errors = (0..m)
                .filter(|_| person + random.normal() * (1.0 - own).sqrt() > threshold)
                .count();
            Share { errors: errors as u64, trials: m as u64 }
        })
        .collect();
    clustered_interval(&shares, CONFIDENCE)
}

/// Photos per person by Zipf's law: the first has `most`, the next half as many, and so on, but
/// nobody fewer than `least`.
fn zipf(people: usize, most: usize, least: u64) -> Vec<u64> {
    (1..=people).map(|rank| ((most as f64 / rank as f64).round() as u64).max(least)).collect()
}

/// How many of `n` trials succeed: by the lengths of runs of failures, which is exact and fast for
/// small rates.
fn binomial(random: &mut Random, n: u64, rate: f64) -> u64 {
    if rate > 0.5 {
        return n - binomial(random, n, 1.0 - rate);
    }
    if rate < 1e-12 {
        return 0;
    }
    let (mut at, mut found) = (0_u64, 0);
    loop {
        let run = ((1.0 - random.unit()).ln() / f64::ln_1p(-rate)).floor();
        at += 1 + run.min(1e15) as u64;
        if at > n {
            return found;
        }
        found += 1;
    }
}

/// All mated pairs of people with these numbers of photos; `own` as in [`mated`].
fn mated_by(random: &mut Random, photos: &[u64], rate: f64, own: f64, weigh: Weigh) -> Bounds {
    let (threshold, normal) = (upper(rate), Normal::standard());
    let several = photos.iter().filter(|n| **n > 1);
    let shares: Vec<Share> = several
        .map(|n| {
            let trials = n * (n - 1) / 2;
            let person = random.normal() * own.sqrt();
            let rate = normal.cdf((person - threshold) / (1.0 - own).sqrt());
            Share { errors: binomial(random, trials, rate), trials }
        })
        .collect();
    match weigh {
        Weigh::People => clustered_interval_of_people(&shares, CONFIDENCE),
        Weigh::Comparisons => clustered_interval(&shares, CONFIDENCE),
    }
}

/// All pairs of photos of different people. `own` is the part of the variance that both people's
/// dispositions have, and `pair` the part of the pair of people.
fn pairs_by(
    random: &mut Random,
    photos: &[u64],
    rate: f64,
    (own, pair): (f64, f64),
    weigh: Weigh,
) -> Bounds {
    let (threshold, normal) = (upper(rate), Normal::standard());
    let people = photos.len();
    let dispositions: Vec<f64> =
        (0..people).map(|_| random.normal() * (own / 2.0).sqrt()).collect();
    let mut found = Vec::with_capacity(people * people / 2);
    for (a, b) in all_pairs(people) {
        let both = dispositions[a] + dispositions[b] + random.normal() * pair.sqrt();
        let rate = normal.cdf((both - threshold) / (1.0 - own - pair).sqrt());
        let trials = photos[a] * photos[b];
        found.push((a, b, Share { errors: binomial(random, trials, rate), trials }));
    }
    if weigh == Weigh::People {
        return dyadic_interval_of_people(&found, people, CONFIDENCE);
    }
    let mut shares = vec![Share::default(); people];
    let mut moments = DyadMoments::default();
    let (mut errors, mut trials) = (0, 0);
    for (a, b, of) in found {
        for person in [a, b] {
            shares[person].errors += of.errors;
            shares[person].trials += of.trials;
        }
        let (e, n) = (u128::from(of.errors), u128::from(of.trials));
        moments.ee += e * e;
        moments.en += e * n;
        moments.nn += n * n;
        errors += of.errors;
        trials += of.trials;
    }
    dyadic_interval(Rate::new(errors, trials), &shares, &moments, CONFIDENCE)
}

/// Pairs of different people, as indices; the same two people may occur in several pairs.
fn pairs(
    random: &mut Random,
    people: usize,
    pairs: &[(usize, usize)],
    rate: f64,
    own: f64,
) -> Bounds {
    let threshold = upper(rate);
    let dispositions: Vec<f64> =
        (0..people).map(|_| random.normal() * (own / 2.0).sqrt()).collect();
    let mut shares = vec![Share::default(); people];
    let mut dyads: HashMap<(usize, usize), (u128, u128)> = HashMap::new();
    let mut all = 0;
    for &(a, b) in pairs {
        let noise = random.normal() * (1.0 - own).sqrt();
        let error = u64::from(dispositions[a] + dispositions[b] + noise > threshold);
        all += error;
        for person in [a, b] {
            shares[person].errors += error;
            shares[person].trials += 1;
        }
        let dyad = dyads.entry((a.min(b), a.max(b))).or_default();
        *dyad = (dyad.0 + u128::from(error), dyad.1 + 1);
    }
    let mut moments = DyadMoments::default();
    for (e, n) in dyads.into_values() {
        moments.ee += e * e;
        moments.en += e * n;
        moments.nn += n * n;
    }
    shares.retain(|share| share.trials > 0);
    dyadic_interval(Rate::new(all, pairs.len() as u64), &shares, &moments, CONFIDENCE)
}

fn measure(name: &str, rate: f64, mut run: impl FnMut(&mut Random) -> Bounds) {
    let mut random = Random::new(42);
    let (mut held, mut low, mut high, mut width) = (0, 0, 0, 0.0);
    for _ in 0..RUNS {
        let bounds = run(&mut random);
        low += usize::from(rate < bounds.low);
        high += usize::from(rate > bounds.high);
        held += usize::from(rate >= bounds.low && rate <= bounds.high);
        width += bounds.high - bounds.low;
    }
    let percent = |n: usize| 100.0 * n as f64 / RUNS as f64;
    println!(
        "| {name} | {rate} | {:.1} | {:.1} | {:.1} | {:.5} |",
        percent(held),
        percent(low),
        percent(high),
        width / RUNS as f64
    );
}

fn main() {
    println!("| design | true rate | held, % | too high, % | too low, % | mean width |");
    println!("|---|---|---|---|---|---|");
    unequal();
    for rate in [0.01, 0.05] {
        measure("FNMR, sparse list: 2,000 people, 1 comparison each", rate, |r| {
            mated(r, &[1; 2000], rate, 0.5)
        });
        measure("FNMR, 500 people, 6 comparisons each", rate, |r| mated(r, &[6; 500], rate, 0.5));
        measure(
            "FNMR, heavy tail: 1,000 people, photos Pareto 1.5 (≤ 30), consecutive pairs",
            rate,
            |r| {
                let trials: Vec<usize> = (0..1000).map(|_| photos(r, 30)).collect();
                mated(r, &trials, rate, 0.5)
            },
        );
        measure(
            "FNMR, heavy tail: 1,000 people, photos Pareto 1.5 (≤ 10), all pairs",
            rate,
            |r| {
                let trials: Vec<usize> =
                    (0..1000).map(|_| photos(r, 9) + 1).map(|k| k * (k - 1) / 2).collect();
                mated(r, &trials, rate, 0.5)
            },
        );
    }
    for rate in [0.003, 0.01] {
        measure("FMR, sparse list: 3,000 pairs of 6,000 people", rate, |r| {
            let list: Vec<_> = (0..3000).map(|i| (2 * i, 2 * i + 1)).collect();
            pairs(r, 6000, &list, rate, 0.5)
        });
        measure("FMR, list: 3,000 random pairs of 2,000 people", rate, |r| {
            let list = random_pairs(r, 3000, |r| r.below(2000));
            pairs(r, 2000, &list, rate, 0.5)
        });
        measure("FMR, dense: all pairs of 100 people", rate, |r| {
            pairs(r, 100, &all_pairs(100), rate, 0.2)
        });
        measure("FMR, dense: all pairs of 300 people", rate, |r| {
            pairs(r, 300, &all_pairs(300), rate, 0.2)
        });
        measure(
            "FMR, heavy tail: 5,000 pairs of photos of 1,000 people (Pareto 1.5, ≤ 30)",
            rate,
            |r| {
                let owners: Vec<usize> =
                    (0..1000).flat_map(|person| vec![person; photos(r, 30)]).collect();
                let list = random_pairs(r, 5000, |r| owners[r.below(owners.len())]);
                pairs(r, 1000, &list, rate, 0.2)
            },
        );
    }
}

/// Very unequal numbers of photos, both weighings.
fn unequal() {
    for rate in [0.01, 0.05] {
        for (people, most, least) in [(1000, 400, 2), (1000, 400, 1), (200, 400, 1), (200, 20, 1)] {
            let photos = zipf(people, most, least);
            let several = photos.iter().filter(|n| **n > 1).count();
            for weigh in [Weigh::People, Weigh::Comparisons] {
                let name = format!(
                    "FNMR, Zipf: {several} people with 2 to {most} photos, all pairs, by {}",
                    weigh.name()
                );
                measure(&name, rate, |r| mated_by(r, &photos, rate, 0.5, weigh));
            }
        }
    }
    for rate in [0.001, 0.01] {
        for (people, most) in [(200, 400), (100, 20)] {
            let photos = zipf(people, most, 1);
            for weigh in [Weigh::People, Weigh::Comparisons] {
                let name = format!(
                    "FMR, Zipf: {people} people with 1 to {most} photos, all pairs, by {}",
                    weigh.name()
                );
                measure(&name, rate, |r| pairs_by(r, &photos, rate, (0.2, 0.2), weigh));
            }
        }
    }
}

fn all_pairs(people: usize) -> Vec<(usize, usize)> {
    (0..people).flat_map(|a| (a + 1..people).map(move |b| (a, b))).collect()
}

fn random_pairs(
    random: &mut Random,
    n: usize,
    pick: impl Fn(&mut Random) -> usize,
) -> Vec<(usize, usize)> {
    let mut list = Vec::with_capacity(n);
    while list.len() < n {
        let (a, b) = (pick(random), pick(random));
        if a != b {
            list.push((a, b));
        }
    }
    list
}
