//! How many comparisons there are between people, in closed form from how many samples each has.
//!
//! Two units with `a` and `b` samples are compared `a·b` times. Over all unordered pairs of
//! different units of one group, `Σ x_i·x_j = ((Σx)² − Σx²) / 2`; between two groups it is the
//! product of both sums, minus the pairs of units that are one subject. With x the samples that
//! have a template this counts comparisons; with x all samples it counts transactions; and with
//! squares it gives the sums over distinct pairs of people that dyadic variances need.

use super::cohort::Family;
use super::resample::{Mask, Planes, pair_counters};
use super::tally::{Dyad, Job, MAX_POINTS, PairTally, Per};
use crate::records::MISSING;

/// Samples of each unit of a family.
pub(crate) struct UnitSizes {
    /// With a template.
    acquired: Vec<u64>,
    /// All.
    all: Vec<u64>,
    /// Units of each subject that has more than one.
    shared: Vec<Vec<u32>>,
}

/// Comparisons, and transactions that ended before one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) trials: u64,
    pub(crate) failed: u64,
}

/// What is summed over pairs of units: the units themselves, samples with a template, all samples,
/// the products of the last two, and whether there is a sample with a template.
const FEATURES: usize = 7;

fn features(acquired: u64, all: u64) -> [u128; FEATURES] {
    let (a, t) = (u128::from(acquired), u128::from(all));
    [1, a, t, a * a, a * t, t * t, u128::from(a > 0)]
}

/// Sums over unordered pairs of units of different subjects, by pair of groups.
struct Products {
    groups: usize,
    sums: Vec<[u128; FEATURES]>,
    squares: Vec<[u128; FEATURES]>,
    /// Empty if sums across groups are not requested.
    same_subject: Vec<[u128; FEATURES]>,
}

impl Products {
    fn of(&self, g: usize, h: usize) -> [u128; FEATURES] {
        std::array::from_fn(|f| {
            let (x, y) = (self.sums[g][f], self.sums[h][f]);
            if g == h {
                (x * x - self.squares[g][f]) / 2
            } else {
                x * y - self.same_subject[g.min(h) * self.groups + g.max(h)][f]
            }
        })
    }
}

impl UnitSizes {
    pub(crate) fn new(family: &Family) -> Self {
        let mut of_subject: Vec<Vec<u32>> = Vec::new();
        for (unit, &subject) in family.subject_of_unit.iter().enumerate() {
            let subject = subject as usize;
            if subject >= of_subject.len() {
                of_subject.resize(subject + 1, Vec::new());
            }
            of_subject[subject].push(unit as u32);
        }
        of_subject.retain(|units| units.len() > 1);
        UnitSizes {
            acquired: vec![0; family.units],
            all: vec![0; family.units],
            shared: of_subject,
        }
    }

    pub(crate) fn add(&mut self, unit: usize, acquired: bool) {
        self.acquired[unit] += u64::from(acquired);
        self.all[unit] += 1;
    }

    /// All non-mated pairs, whatever their groups.
    pub(crate) fn everyone(&self) -> Totals {
        let (trials, all) = (self.pairs(&self.acquired), self.pairs(&self.all));
        Totals { trials: trials as u64, failed: (all - trials) as u64 }
    }

    /// `Σ x_i·x_j` over all pairs of units of different subjects.
    fn pairs(&self, x: &[u64]) -> u128 {
        let sum: u128 = x.iter().map(|x| u128::from(*x)).sum();
        let squares: u128 = x.iter().map(|x| u128::from(*x).pow(2)).sum();
        // Units of one subject do not form non-mated pairs.
        let own: u128 = self.shared.iter().map(|units| within(units, x)).sum();
        (sum * sum - squares) / 2 - own
    }

    /// Non-mated pairs in which both sides have a group, failures included.
    pub(crate) fn labelled(&self, groups: &[u16]) -> u64 {
        self.pairs(&grouped(&self.all, groups)) as u64
    }

    /// The sums of each group and, if requested, of each pair of groups.
    fn products(&self, groups: &[u16], count: usize, across: bool) -> Products {
        let mut products = Products {
            groups: count,
            sums: vec![[0; FEATURES]; count],
            squares: vec![[0; FEATURES]; count],
            same_subject: if across { vec![[0; FEATURES]; count * count] } else { Vec::new() },
        };
        for (unit, &group) in groups.iter().enumerate().filter(|(_, g)| **g != MISSING) {
            let group = usize::from(group);
            for (f, x) in features(self.acquired[unit], self.all[unit]).into_iter().enumerate() {
                products.sums[group][f] += x;
                products.squares[group][f] += x * x;
            }
        }
        for units in self.shared.iter().filter(|_| across) {
            for (place, &i) in units.iter().enumerate() {
                for &j in &units[place + 1..] {
                    let (g, h) = (groups[i as usize], groups[j as usize]);
                    if g == MISSING || h == MISSING || g == h {
                        continue;
                    }
                    let (g, h) = (usize::from(g.min(h)), usize::from(g.max(h)));
                    let of =
                        |unit: u32| features(self.acquired[unit as usize], self.all[unit as usize]);
                    let cell = &mut products.same_subject[g * count + h];
                    for (sum, (x, y)) in cell.iter_mut().zip(of(i).into_iter().zip(of(j))) {
                        *sum += x * y;
                    }
                }
            }
        }
        products
    }

    /// The sizes if every pair of people were one comparison or one transaction: a unit has one
    /// sample if it has any.
    pub(super) fn of_people(&self, per: Per) -> UnitSizes {
        let samples = match per {
            Per::Comparison => &self.acquired,
            Per::Transaction => &self.all,
        };
        let one: Vec<u64> = samples.iter().map(|n| (*n).min(1)).collect();
        UnitSizes { acquired: one.clone(), all: one, shared: self.shared.clone() }
    }

    /// How many of what counts a pair of units has.
    pub(super) fn trials(&self, (a, b): (usize, usize), per: Per) -> u64 {
        let Totals { trials, failed } = self.pair(a, b);
        match per {
            Per::Comparison => trials,
            Per::Transaction => trials + failed,
        }
    }

    /// Samples of a unit with a template.
    pub(super) fn acquired(&self, unit: usize) -> u64 {
        self.acquired[unit]
    }

    fn pair(&self, a: usize, b: usize) -> Totals {
        let trials = self.acquired[a] * self.acquired[b];
        Totals { trials, failed: self.all[a] * self.all[b] - trials }
    }
}

/// The numbers of the units that have a group, and 0 for the others.
fn grouped(x: &[u64], groups: &[u16]) -> Vec<u64> {
    x.iter().zip(groups).map(|(x, group)| if *group == MISSING { 0 } else { *x }).collect()
}

fn within(units: &[u32], x: &[u64]) -> u128 {
    let values = || units.iter().map(|&unit| u128::from(x[unit as usize]));
    let (sum, squares) = (values().sum::<u128>(), values().map(|x| x * x).sum::<u128>());
    (sum * sum - squares) / 2
}

impl PairTally {
    /// Adds every non-mated pair without its errors.
    pub(super) fn fill(&mut self, sizes: &UnitSizes, groups: &[u16]) {
        let across = self.counts_across();
        let products = sizes.products(groups, self.groups, across);
        for g in 0..self.groups {
            let end = if across { self.groups } else { g + 1 };
            for h in g..end {
                let [dyads, n, all, nn, nt, tt, compared] = products.of(g, h);
                let Some(cell) = self.cell_mut(g, h) else { continue };
                cell.trials += n as u64;
                cell.failed += (all - n) as u64;
                cell.dyads += dyads as u64;
                cell.compared += compared as u64;
                cell.nn += nn as u64;
                cell.nf += (nt - nn) as u64;
                cell.ff += (tt + nn - 2 * nt) as u64;
            }
        }
        let each = vec![1; groups.len()];
        self.dyads += sizes.pairs(&grouped(&each, groups)) as u64;
        let labelled = sizes.labelled(groups);
        let everyone = sizes.everyone();
        self.unlabelled += everyone.trials + everyone.failed - labelled;
        for (unit, &group) in groups.iter().enumerate().filter(|(_, g)| **g != MISSING) {
            let sums = &products.sums[usize::from(group)];
            let (a, t) = (sizes.acquired[unit], sizes.all[unit]);
            let trials = a * (sums[1] as u64 - a);
            self.units[unit].trials += trials as u32;
            self.units[unit].failed += (t * (sums[2] as u64 - t) - trials) as u32;
            if let Some(cross) = &mut self.cross {
                for (h, sums) in products.sums.iter().enumerate() {
                    if h != usize::from(group) {
                        cross.trials[unit * self.groups + h] += (a * sums[1] as u64) as u32;
                    }
                }
            }
        }
        let Some(cross) = &mut self.cross else { return };
        for units in &sizes.shared {
            for &i in units {
                for &j in units {
                    let (g, h) = (groups[i as usize], groups[j as usize]);
                    if g != h && g != MISSING && h != MISSING {
                        let own = sizes.acquired[i as usize] * sizes.acquired[j as usize];
                        cross.trials[i as usize * self.groups + usize::from(h)] -= own as u32;
                    }
                }
            }
        }
    }

    /// Adds the trials of bootstrap replicates.
    pub(super) fn fill_boot(&mut self, sizes: &UnitSizes, groups: &[u16], job: &Job<'_>) {
        let Some(boot) = &mut self.boot else { return };
        let masks: Vec<Mask> = (0..groups.len()).map(|unit| job.mask(unit)).collect();
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); boot.len()];
        for (unit, group) in groups.iter().enumerate() {
            if let Some(members) = members.get_mut(usize::from(*group)) {
                members.push(unit);
            }
        }
        for (members, counters) in members.iter().zip(boot) {
            let of = |x: &[u64]| pair_counters(members.iter().map(|&unit| (masks[unit], x[unit])));
            let trials = of(&sizes.acquired);
            let all = of(&sizes.all).values();
            let failed = all.iter().zip(trials.values()).map(|(all, n)| all - n);
            counters.failed.merge(&Planes::from_values(failed));
            counters.trials.merge(&trials);
        }
    }

    /// Adds the errors of a pair of units; the number of their comparisons was added before. With
    /// the sizes of [`UnitSizes::of_people`], errors are shares of the pair.
    pub(super) fn add_errors(
        &mut self,
        (a, b): (usize, usize),
        errors: &Dyad,
        sizes: &UnitSizes,
        groups: &[u16],
        job: &Job<'_>,
    ) {
        let (g, h) = (groups[a], groups[b]);
        if g == MISSING || h == MISSING {
            return;
        }
        let (g, h) = (usize::from(g), usize::from(h));
        let Totals { trials, failed } = sizes.pair(a, b);
        for point in 0..job.points.min(MAX_POINTS) {
            let Some(cell) = self.cell_mut(g, h) else { break };
            let e = errors.errors[point];
            cell.errors[point] += e;
            cell.ee[point] += u128::from(e) * u128::from(e);
            cell.en[point] += e * trials;
            cell.ef[point] += e * failed;
        }
        self.add_shares((a, g), (b, h), errors, job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms_count_what_a_double_loop_counts() {
        // Units 1 and 2 are one subject in two groups; unit 4 has no group.
        let subject_of_unit = vec![0, 1, 1, 2, 3, 4];
        let groups = [0, 0, 1, 1, MISSING, 0];
        let (acquired, all) = ([2_u64, 1, 3, 0, 2, 4], [3_u64, 1, 3, 2, 2, 5]);
        let family = Family {
            units: 6,
            unit_of_persona: (0..6).collect(),
            subject_of_unit: subject_of_unit.clone(),
            views: vec![(Some(0), groups.to_vec())],
        };
        let mut sizes = UnitSizes::new(&family);
        for unit in 0..6 {
            (0..all[unit]).for_each(|sample| sizes.add(unit, sample < acquired[unit]));
        }
        let products = sizes.products(&groups, 2, true);
        let mut expected = [[[0_u128; FEATURES]; 2]; 2];
        let (mut everyone, mut labelled) = ([0_u64; 2], 0);
        for i in 0..6 {
            for j in i + 1..6 {
                if subject_of_unit[i] == subject_of_unit[j] {
                    continue;
                }
                everyone[0] += acquired[i] * acquired[j];
                everyone[1] += all[i] * all[j];
                if groups[i] == MISSING || groups[j] == MISSING {
                    continue;
                }
                labelled += all[i] * all[j];
                let (g, h) = (groups[i].min(groups[j]), groups[i].max(groups[j]));
                let (x, y) = (features(acquired[i], all[i]), features(acquired[j], all[j]));
                let cell = &mut expected[usize::from(g)][usize::from(h)];
                cell.iter_mut().zip(x.iter().zip(y)).for_each(|(sum, (x, y))| *sum += x * y);
            }
        }
        for (g, h) in [(0, 0), (0, 1), (1, 1)] {
            assert_eq!(products.of(g, h), expected[g][h], "{g} {h}");
        }
        let totals = sizes.everyone();
        assert_eq!([totals.trials, totals.trials + totals.failed], everyone);
        assert_eq!(sizes.labelled(&groups), labelled);
    }
}
