//! The null hypothesis of equal rates: group labels permuted between people.
//!
//! People with equal trials and errors are exchangeable, so a permutation is drawn as one
//! hypergeometric number per group and class of equal people, exactly and fast. With false matches
//! an error belongs to two people: each takes the whole pair, and since such shares vary less than
//! pairs do, the deviations from the common rate are widened by `c = √(V_dyadic / V_permuted)` (√2
//! for a sparse list, 2 for dense all-pairs data).

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::random::{hypergeometric, log_factorials};
use super::tally::MAX_POINTS;
use evenmatch_core::random::SplitMix;

/// A person's trials and errors per operating point; errors are in units of [`Null::one`].
pub(crate) type Outcome = (u32, [u64; MAX_POINTS]);

/// What is permuted.
pub(crate) struct Null {
    /// Group index and outcome of each person with a trial.
    classes: Vec<(Outcome, usize)>,
    capacity: Vec<usize>,
    log_factorial: Vec<f64>,
    /// The unit of errors: 1, or a whole person where shares of errors are counted.
    one: f64,
}

/// Rates of every group in every permutation, at one operating point.
pub(crate) struct NullRates {
    groups: usize,
    /// Where this operating point's rates begin in each draw.
    from: usize,
    draws: Arc<Vec<Vec<f64>>>,
}

impl NullRates {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.draws.iter().map(|draw| &draw[self.from..self.from + self.groups])
    }
}

/// Classes of at most this many people are dealt out one by one, which is faster for them than one
/// hypergeometric number per group.
const ONE_BY_ONE: usize = 12;
/// With more groups than this, people are dealt out one by one if a class has no more people than
/// there are groups, and places are found with a tree: the work grows with people plus groups, not
/// with their product.
const MANY_GROUPS: usize = 64;
const LEAST: usize = 999;
const MOST: usize = 4999;
const EFFORT: usize = 20_000_000;

impl Null {
    /// People with their group (below `groups`) and outcome; `one` is the unit of errors.
    pub(crate) fn new(
        people: impl Iterator<Item = (usize, Outcome)>,
        groups: usize,
        one: u64,
    ) -> Self {
        let mut classes: BTreeMap<Outcome, usize> = BTreeMap::new();
        let mut capacity = vec![0; groups];
        for (group, outcome) in people {
            *classes.entry(outcome).or_default() += 1;
            capacity[group] += 1;
        }
        let total = capacity.iter().sum();
        Null {
            classes: classes.into_iter().collect(),
            capacity,
            log_factorial: log_factorials(total),
            one: one as f64,
        }
    }

    /// How many permutations are drawn: more if they are cheap.
    pub(crate) fn replicates(&self) -> usize {
        let groups = self.capacity.len();
        let effort = match groups > MANY_GROUPS {
            // Each place takes a walk down the tree, and each rate a position in a sorted list.
            true => 12 * self.classes.iter().map(|(_, n)| (*n).min(groups)).sum::<usize>() + groups,
            false => self.classes.len(),
        };
        (EFFORT / effort.max(1)).clamp(LEAST, MOST)
    }

    /// The largest class that is dealt out one by one.
    fn one_by_one(&self) -> usize {
        let groups = self.capacity.len();
        if groups > MANY_GROUPS { groups } else { ONE_BY_ONE }
    }

    /// Rates by operating point; `widen` is `c` per operating point.
    pub(crate) fn rates(
        &self,
        replicates: usize,
        widen: &[f64],
        seed: u64,
        stream: u64,
    ) -> Vec<NullRates> {
        let groups = self.capacity.len();
        let points = widen.len();
        let mut all_trials = 0_u64;
        let mut all_errors = [0_u64; MAX_POINTS];
        for ((trials, errors), count) in &self.classes {
            all_trials += u64::from(*trials) * *count as u64;
            for (sum, e) in all_errors.iter_mut().zip(errors) {
                *sum += *e * *count as u64;
            }
        }
        let draws: Vec<Vec<f64>> = (0..replicates)
            .into_par_iter()
            .map(|replicate| {
                let mut random = SplitMix::new(seed, stream.wrapping_add(replicate as u64));
                let (trials, errors) = self.draw(&mut random);
                let mut rates = Vec::with_capacity(points * groups);
                for (point, widen) in widen.iter().enumerate() {
                    let common = all_errors[point] as f64 / (all_trials as f64 * self.one);
                    for group in 0..groups {
                        let rate = errors[group][point] as f64 / (trials[group] as f64 * self.one);
                        rates.push((common + widen * (rate - common)).max(0.0));
                    }
                }
                rates
            })
            .collect();
        let draws = Arc::new(draws);
        let at = |point| NullRates { groups, from: point * groups, draws: Arc::clone(&draws) };
        (0..points).map(at).collect()
    }

    /// Trials and errors of each group after one permutation.
    fn draw(&self, random: &mut SplitMix) -> (Vec<u64>, Vec<[u64; MAX_POINTS]>) {
        let mut places = Places::new(&self.capacity);
        let one_by_one = self.one_by_one();
        let mut left: usize = self.capacity.iter().sum();
        let mut trials = vec![0_u64; self.capacity.len()];
        let mut errors = vec![[0_u64; MAX_POINTS]; self.capacity.len()];
        let mut give = |group: usize, outcome: &Outcome, count: usize| {
            trials[group] += u64::from(outcome.0) * count as u64;
            for (sum, e) in errors[group].iter_mut().zip(outcome.1) {
                *sum += e * count as u64;
            }
        };
        for (outcome, count) in &self.classes {
            if *count <= one_by_one {
                for _ in 0..*count {
                    let group = places.take(random, left);
                    left -= 1;
                    give(group, outcome, 1);
                }
                continue;
            }
            let (mut todo, mut room_left) = (*count, left);
            for group in 0..self.capacity.len() {
                if todo == 0 {
                    break;
                }
                let room = places.free[group];
                let taken = hypergeometric(random, &self.log_factorial, room_left, room, todo);
                room_left -= room;
                places.remove(group, taken);
                todo -= taken;
                give(group, outcome, taken);
            }
            left -= *count;
        }
        (trials, errors)
    }
}

/// Free places by group. With many groups, also as a tree of sums (P. Fenwick, 1994).
struct Places {
    free: Vec<usize>,
    /// `tree[i]`, counted from 1, sums the `i & −i` groups that end with group `i − 1`; empty with
    /// few groups.
    tree: Vec<usize>,
}

impl Places {
    fn new(capacity: &[usize]) -> Self {
        let free = capacity.to_vec();
        if free.len() <= MANY_GROUPS {
            return Places { free, tree: Vec::new() };
        }
        let mut tree = vec![0; free.len() + 1];
        for i in 1..tree.len() {
            tree[i] += free[i - 1];
            let parent = i + (i & i.wrapping_neg());
            if parent < tree.len() {
                tree[parent] += tree[i];
            }
        }
        Places { free, tree }
    }

    /// Takes one of `left` free places, all equally likely, and returns its group.
    fn take(&mut self, random: &mut SplitMix, left: usize) -> usize {
        // Multiplied and shifted, a number below 2^32 is uniform to within 2^-32 of a place.
        let at = (((random.next() >> 32) * left as u64) >> 32) as usize;
        let group = if self.tree.is_empty() { self.search(at) } else { self.descend(at) };
        self.remove(group, 1);
        group
    }

    /// The group of the place `at`, by trying one after another.
    fn search(&self, mut at: usize) -> usize {
        let holds = |room: &usize| {
            let found = at < *room;
            at = at.wrapping_sub(*room);
            found
        };
        self.free.iter().position(holds).unwrap_or_default()
    }

    /// The same, with the tree.
    fn descend(&self, mut at: usize) -> usize {
        let mut group = 0;
        let mut step = self.free.len().next_power_of_two();
        while step > 0 {
            if let Some(sum) = self.tree.get(group + step).filter(|sum| **sum <= at) {
                at -= *sum;
                group += step;
            }
            step /= 2;
        }
        group.min(self.free.len() - 1)
    }

    fn remove(&mut self, group: usize, places: usize) {
        self.free[group] -= places;
        let mut i = group + 1;
        while let Some(sum) = self.tree.get_mut(i) {
            *sum -= places;
            i += i & i.wrapping_neg();
        }
    }
}

/// `(1 + #{T* ≥ T}) / (1 + B)`; a permutation without a statistic does not count as extreme.
pub(crate) fn p_value(observed: f64, null: impl Iterator<Item = Option<f64>>) -> f64 {
    let (mut extreme, mut all) = (1_u64, 1_u64);
    for statistic in null {
        all += 1;
        // Equal statistics calculated in another order may differ in the last bits.
        extreme += u64::from(statistic.is_some_and(|t| t >= observed * (1.0 - 1e-12)));
    }
    extreme as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(rates: [f64; 2], each: usize, seed: u64) -> Vec<(usize, Outcome)> {
        let mut random = SplitMix::new(seed, 9);
        (0..2 * each)
            .map(|i| {
                let group = i % 2;
                let errors = (0..3).filter(|_| random.unit() < rates[group]).count() as u64;
                (group, (3, [errors, 0, 0, 0, 0, 0, 0, 0]))
            })
            .collect()
    }

    fn p(rates: [f64; 2], seed: u64) -> f64 {
        let people = people(rates, 300, seed);
        let null = Null::new(people.iter().copied(), 2, 1);
        let observed = |group| {
            let errors: u64 = people.iter().filter(|p| p.0 == group).map(|p| p.1.1[0]).sum();
            errors as f64 / 900.0
        };
        let gap = (observed(0) - observed(1)).abs();
        let drawn = null.rates(999, &[1.0], 5, 6);
        p_value(gap, drawn[0].iter().map(|x| Some((x[0] - x[1]).abs())))
    }

    #[test]
    fn equal_groups_rarely_look_different_and_different_ones_do() {
        let small = (0..200).filter(|seed| p([0.1, 0.1], *seed) <= 0.1).count();
        assert!((5..=38).contains(&small), "{small} of 200 at 10 %");
        assert!(p([0.05, 0.15], 1) < 0.01);
    }

    #[test]
    fn the_tree_finds_the_place_that_a_search_finds() {
        let mut random = SplitMix::new(3, 4);
        let capacity: Vec<usize> = (0..200).map(|_| (random.next() % 5) as usize).collect();
        let mut places = Places::new(&capacity);
        assert!(!places.tree.is_empty());
        for left in (1..=capacity.iter().sum()).rev() {
            for at in 0..left {
                assert_eq!(places.descend(at), places.search(at), "{at} of {left}");
            }
            places.take(&mut random, left);
        }
        assert!(places.free.iter().all(|room| *room == 0));
    }

    #[test]
    fn many_groups_are_dealt_out_in_full() {
        let people: Vec<(usize, Outcome)> = (0..900)
            .map(|i| (i % 300, (1, [u64::from(i % 7 == 0), 0, 0, 0, 0, 0, 0, 0])))
            .collect();
        let null = Null::new(people.iter().copied(), 300, 1);
        let (trials, errors) = null.draw(&mut SplitMix::new(1, 1));
        assert_eq!(trials, vec![3; 300]);
        assert_eq!(errors.iter().map(|e| e[0]).sum::<u64>(), 129);
    }

    #[test]
    fn totals_are_kept_by_every_permutation() {
        let people = people([0.1, 0.4], 50, 3);
        let null = Null::new(people.iter().copied(), 2, 1);
        let errors: u64 = people.iter().map(|p| p.1.1[0]).sum();
        let mut random = SplitMix::new(1, 1);
        for _ in 0..50 {
            let (trials, drawn) = null.draw(&mut random);
            assert_eq!(trials, [150, 150]);
            assert_eq!(drawn[0][0] + drawn[1][0], errors);
        }
    }
}
