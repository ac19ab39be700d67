//! Counting at the thresholds: errors and trials of every person, of every distinct pair of
//! people, and of every cell of groups, in exact integers.

use std::collections::HashMap;

use rayon::prelude::*;

use super::cohort::{Family, View};
use super::resample::{Planes, both, mask, scaled};
use super::row_cache::{Row, RowCache, workers};
use super::variance::{DyadMoments, Share};
use super::weigh::{ONE, Weigh, weight};
use crate::records::{FailureStage, MISSING, Mating};
use crate::{Error, ErrorKind, Result, Stage};

/// Most thresholds of one audit.
pub(crate) const MAX_POINTS: usize = 8;
/// Stages at which a transaction can end before a comparison.
pub(crate) const STAGES: [FailureStage; 5] = [
    FailureStage::Decode,
    FailureStage::Detect,
    FailureStage::Quality,
    FailureStage::Liveness,
    FailureStage::Other,
];
/// Attempts that are told apart; later ones count with the last.
pub(crate) const ATTEMPTS: usize = 8;

/// Mated transactions of one unit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MatedUnit {
    /// Compared.
    pub(crate) trials: u32,
    /// Ended before a comparison, by stage.
    pub(crate) failed: [u32; STAGES.len()],
    /// Score below the threshold, by operating point.
    pub(crate) errors: [u32; MAX_POINTS],
    /// Face found at attempt 1, 2, ….
    pub(crate) found: [u32; ATTEMPTS],
}

impl MatedUnit {
    pub(crate) fn all_failed(&self) -> u64 {
        self.failed.iter().map(|n| u64::from(*n)).sum()
    }

    pub(crate) fn transactions(&self) -> u64 {
        u64::from(self.trials) + self.all_failed()
    }

    fn merge(&mut self, other: &MatedUnit) {
        self.trials += other.trials;
        self.failed.iter_mut().zip(other.failed).for_each(|(a, b)| *a += b);
        self.errors.iter_mut().zip(other.errors).for_each(|(a, b)| *a += b);
        self.found.iter_mut().zip(other.found).for_each(|(a, b)| *a += b);
    }
}

/// Non-mated pairs of one unit, within its group.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PairUnit {
    pub(crate) trials: u32,
    pub(crate) failed: u32,
    /// In the units of [`PairTally::one`].
    pub(crate) errors: [u64; MAX_POINTS],
}

/// Non-mated pairs between two groups.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cell {
    pub(crate) trials: u64,
    pub(crate) failed: u64,
    pub(crate) errors: [u64; MAX_POINTS],
    /// Distinct pairs of people, and those among them with a comparison.
    pub(crate) dyads: u64,
    pub(crate) compared: u64,
    pub(super) nn: u64,
    pub(super) nf: u64,
    pub(super) ff: u64,
    pub(super) ee: [u128; MAX_POINTS],
    pub(super) en: [u64; MAX_POINTS],
    pub(super) ef: [u64; MAX_POINTS],
}

impl Cell {
    fn add(&mut self, dyad: &Dyad, points: usize) {
        let (n, f) = (dyad.trials, dyad.failed);
        self.trials += n;
        self.failed += f;
        self.dyads += 1;
        self.compared += u64::from(n > 0);
        self.nn += n * n;
        self.nf += n * f;
        self.ff += f * f;
        for point in 0..points {
            let e = dyad.errors[point];
            self.errors[point] += e;
            self.ee[point] += u128::from(e) * u128::from(e);
            self.en[point] += e * n;
            self.ef[point] += e * f;
        }
    }

    /// Products of errors and comparisons, in the units of errors.
    pub(crate) fn fmr_moments(&self, point: usize, one: u64) -> DyadMoments {
        let one = u128::from(one);
        DyadMoments {
            ee: self.ee[point],
            en: u128::from(self.en[point]) * one,
            nn: u128::from(self.nn) * one * one,
        }
    }

    /// Products of errors and transactions, in the units of errors.
    pub(crate) fn far_moments(&self, point: usize, one: u64) -> DyadMoments {
        let one = u128::from(one);
        DyadMoments {
            ee: self.ee[point],
            en: u128::from(self.en[point] + self.ef[point]) * one,
            nn: u128::from(self.nn + 2 * self.nf + self.ff) * one * one,
        }
    }

    /// Products of failures and transactions.
    pub(crate) fn fta_moments(&self) -> DyadMoments {
        let [ee, en, nn] =
            [self.ff, self.nf + self.ff, self.nn + 2 * self.nf + self.ff].map(u128::from);
        DyadMoments { ee, en, nn }
    }
}

/// One distinct pair of people.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Dyad {
    pub(super) trials: u64,
    pub(super) failed: u64,
    pub(super) errors: [u64; MAX_POINTS],
}

/// What counts once where people are weighed: a pair of people, over its comparisons or over its
/// transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Per {
    Comparison,
    Transaction,
}

impl Dyad {
    /// The pair as a single trial, and its errors as a share of what it has of this kind: `n`
    /// comparisons or transactions. A pair without any is no trial.
    pub(super) fn as_one(&self, n: u64) -> Dyad {
        let weight = weight(n);
        Dyad { trials: u64::from(n > 0), failed: 0, errors: self.errors.map(|e| e * weight) }
    }
}

/// Bootstrap counters of one group.
#[derive(Debug, Clone, Default)]
pub(crate) struct BootCounters {
    pub(crate) trials: Planes,
    pub(crate) failed: Planes,
    pub(crate) errors: Vec<Planes>,
}

impl BootCounters {
    fn new(points: usize) -> Self {
        BootCounters { errors: vec![Planes::default(); points], ..BootCounters::default() }
    }
}

/// Non-mated pairs under one view.
pub(crate) struct PairTally {
    pub(crate) groups: usize,
    /// The unit of errors: 1 for counts; where each pair of people is one trial, its errors are a
    /// share in units of 1/[`ONE`].
    pub(crate) one: u64,
    /// Pairs in which both people are in one group.
    within: Vec<Cell>,
    /// Pairs across groups, at `g·groups + h` for g < h; `None` if there are so many groups that
    /// their square would take too much memory.
    across: Option<Vec<Cell>>,
    pub(crate) units: Vec<PairUnit>,
    /// Distinct people with whom a unit is compared, summed over units.
    pub(crate) dyads: u64,
    pub(super) cross: Option<Cross>,
    pub(crate) boot: Option<Vec<BootCounters>>,
    /// Pairs in which a side has no group.
    pub(crate) unlabelled: u64,
}

/// Trials and errors of a unit against each group.
pub(super) struct Cross {
    pub(super) trials: Vec<u32>,
    pub(super) errors: HashMap<u64, [u64; MAX_POINTS]>,
}

/// Counters that the cross-cohort shares of one view may take (128 MiB).
const CROSS_LIMIT: usize = 32 << 20;

impl PairTally {
    /// `detailed`: whether pairs across groups are counted.
    fn new(
        (groups, detailed): (usize, bool),
        units: usize,
        points: usize,
        boot: bool,
        one: u64,
    ) -> Self {
        let across = groups > 1 && detailed;
        let cross = across && groups * units <= CROSS_LIMIT;
        PairTally {
            groups,
            one,
            within: vec![Cell::default(); groups],
            across: across.then(|| vec![Cell::default(); groups * groups]),
            units: vec![PairUnit::default(); units],
            dyads: 0,
            cross: cross.then(|| Cross { trials: vec![0; groups * units], errors: HashMap::new() }),
            boot: boot.then(|| vec![BootCounters::new(points); groups]),
            unlabelled: 0,
        }
    }

    /// The pairs within a group.
    pub(crate) fn within(&self, group: usize) -> &Cell {
        &self.within[group]
    }

    /// The pairs across two groups, in either order; `None` if they are not counted.
    pub(crate) fn across(&self, g: usize, h: usize) -> Option<&Cell> {
        self.across.as_ref().map(|cells| &cells[g.min(h) * self.groups + g.max(h)])
    }

    /// The cell of two groups, in either order, or of one; `None` if it is not counted.
    pub(super) fn cell_mut(&mut self, g: usize, h: usize) -> Option<&mut Cell> {
        if g == h {
            return self.within.get_mut(g);
        }
        self.across.as_mut().map(|cells| &mut cells[g.min(h) * self.groups + g.max(h)])
    }

    /// Whether pairs across groups are counted.
    pub(super) fn counts_across(&self) -> bool {
        self.across.is_some()
    }

    fn add(&mut self, a: usize, b: usize, dyad: &Dyad, group_of: &[u16], job: &Job<'_>) {
        let (g, h) = (group_of[a], group_of[b]);
        if g == MISSING || h == MISSING {
            self.unlabelled += dyad.trials + dyad.failed;
            return;
        }
        let (g, h) = (usize::from(g), usize::from(h));
        self.dyads += 1;
        if let Some(cell) = self.cell_mut(g, h) {
            cell.add(dyad, job.points);
        }
        if g == h {
            for unit in [a, b] {
                self.units[unit].trials += dyad.trials as u32;
                self.units[unit].failed += dyad.failed as u32;
            }
            if let Some(boot) = &mut self.boot {
                let mask = both(&job.mask(a), &job.mask(b));
                boot[g].trials.add(&mask, dyad.trials);
                boot[g].failed.add(&mask, dyad.failed);
            }
        } else if let Some(cross) = &mut self.cross {
            cross.trials[a * self.groups + h] += dyad.trials as u32;
            cross.trials[b * self.groups + g] += dyad.trials as u32;
        }
        self.add_shares((a, g), (b, h), dyad, job);
    }

    /// Adds a pair's errors to what is kept for both units, of groups `g` and `h`.
    pub(super) fn add_shares(
        &mut self,
        (a, g): (usize, usize),
        (b, h): (usize, usize),
        dyad: &Dyad,
        job: &Job<'_>,
    ) {
        if dyad.errors.iter().all(|e| *e == 0) {
            return;
        }
        if g == h {
            for unit in [a, b] {
                let sums = &mut self.units[unit].errors;
                sums.iter_mut().zip(dyad.errors).for_each(|(sum, e)| *sum += e);
            }
            if let Some(boot) = &mut self.boot {
                let mask = both(&job.mask(a), &job.mask(b));
                for (planes, e) in boot[g].errors.iter_mut().zip(dyad.errors) {
                    planes.add(&mask, scaled(e, self.one));
                }
            }
        } else if let Some(cross) = &mut self.cross {
            for index in [a * self.groups + h, b * self.groups + g] {
                let errors = cross.errors.entry(index as u64).or_default();
                errors.iter_mut().zip(dyad.errors).for_each(|(sum, e)| *sum += e);
            }
        }
    }

    /// Shares of the people on both sides of a cell of two different groups, each with its members;
    /// `None` if keeping them would take too much memory.
    pub(crate) fn cross_shares<'a>(
        &'a self,
        (g, of_g): (usize, &'a [u32]),
        (h, of_h): (usize, &'a [u32]),
        point: usize,
    ) -> Option<impl Iterator<Item = Share> + 'a> {
        let cross = self.cross.as_ref()?;
        let groups = self.groups;
        let share = move |unit: u32, other: usize| {
            let index = unit as usize * groups + other;
            let trials = u64::from(cross.trials[index]) * self.one;
            let errors = cross.errors.get(&(index as u64)).map_or(0, |e| e[point]);
            (trials > 0).then_some(Share { errors, trials })
        };
        // In the order of the units, so that sums are the same whatever the groups.
        let (mut of_g, mut of_h) = (of_g.iter().peekable(), of_h.iter().peekable());
        let next = move || match (of_g.peek(), of_h.peek()) {
            (Some(a), Some(b)) if a < b => of_g.next().map(|unit| (*unit, h)),
            (_, Some(_)) => of_h.next().map(|unit| (*unit, g)),
            _ => of_g.next().map(|unit| (*unit, h)),
        };
        Some(std::iter::from_fn(next).filter_map(move |(unit, other)| share(unit, other)))
    }
}

/// Everything that is counted in one family.
pub(crate) struct FamilyTally {
    pub(crate) mated: Vec<MatedUnit>,
    /// One for each view of the family, in its order.
    pub(crate) pairs: Vec<PairTally>,
    /// The same where each pair of people counts once; absent where each comparison does.
    pub(super) people: Option<OfPeople>,
    /// Photos of each unit as transactions, if the photos are known.
    pub(crate) photos: Option<Vec<MatedUnit>>,
}

/// Pairs of people as single trials, one tally for each view of the family.
pub(super) struct OfPeople {
    pub(super) comparisons: Vec<PairTally>,
    pub(super) transactions: Vec<PairTally>,
}

impl OfPeople {
    pub(super) fn each(&mut self) -> [(Per, &mut Vec<PairTally>); 2] {
        [(Per::Comparison, &mut self.comparisons), (Per::Transaction, &mut self.transactions)]
    }
}

impl FamilyTally {
    /// The pairs as they weigh in rates over comparisons.
    pub(crate) fn over_comparisons(&self, place: usize) -> &PairTally {
        self.people.as_ref().map_or(&self.pairs[place], |people| &people.comparisons[place])
    }

    /// The pairs as they weigh in rates over transactions.
    pub(crate) fn over_transactions(&self, place: usize) -> &PairTally {
        self.people.as_ref().map_or(&self.pairs[place], |people| &people.transactions[place])
    }

    pub(crate) fn weigh(&self) -> Weigh {
        if self.people.is_some() { Weigh::People } else { Weigh::Comparisons }
    }
}

/// What to count.
pub(crate) struct Job<'a> {
    pub(crate) thresholds: &'a [f64],
    pub(crate) points: usize,
    /// Stage of each failure code.
    pub(crate) stages: &'a [FailureStage],
    /// Whether rates are reported on a row.
    pub(crate) reported: &'a (dyn Fn(&Row) -> bool + Sync),
    pub(crate) family: &'a Family,
    /// All views of the cohort.
    pub(crate) views: &'a [View],
    pub(crate) subject_keys: &'a [u64],
    pub(crate) seed: u64,
    /// Whether bootstrap replicates are requested.
    pub(crate) boot: bool,
    pub(crate) weigh: Weigh,
}

impl Job<'_> {
    pub(crate) fn mask(&self, unit: usize) -> super::resample::Mask {
        mask(self.seed, self.subject_keys[self.family.subject_of_unit[unit] as usize])
    }
}

/// Buckets of pairs, by the lower unit.
const BUCKETS: usize = 64;
/// Pairs kept in memory at a time (128 MiB).
const PAIRS_AT_ONCE: u64 = 16 << 20;
/// Bits of a packed pair: unit, unit, failure and errors.
const UNIT_BITS: u32 = 24;
const FLAG_BITS: u32 = 16;

struct Worker {
    mated: Vec<MatedUnit>,
    buckets: Vec<Vec<u64>>,
}

/// Counts one family; `nonmated` is the number of reported non-mated rows.
pub(crate) fn tally(cache: &mut RowCache, job: &Job<'_>, nonmated: u64) -> Result<FamilyTally> {
    let family = job.family;
    if family.units >= 1 << UNIT_BITS {
        return Err(Error::new(
            ErrorKind::LimitExceeded,
            Stage::Audit,
            format!("{} people are more than the maximum of 16.7 million", family.units),
        )
        .next("audit the records in parts"));
    }
    let empty = |one: u64| -> Vec<PairTally> {
        let tallies = family.views.iter().map(|(view, groups)| {
            let count = groups.iter().filter(|g| **g != MISSING).max().map_or(0, |g| *g + 1);
            let count = if view.is_none() { 1 } else { usize::from(count) };
            let detailed = view.is_some_and(|view| job.views[view].detailed);
            PairTally::new((count, detailed), family.units, job.points, job.boot, one)
        });
        tallies.collect()
    };
    let mut pairs = empty(1);
    let mut people = (job.weigh == Weigh::People)
        .then(|| OfPeople { comparisons: empty(ONE), transactions: empty(ONE) });
    let rounds = nonmated.div_ceil(PAIRS_AT_ONCE).max(1);
    let mut mated = Vec::new();
    for round in 0..rounds {
        let workers = count(cache, job, round, rounds)?;
        let mut buckets: Vec<Vec<Vec<u64>>> = (0..BUCKETS).map(|_| Vec::new()).collect();
        for worker in workers {
            if mated.is_empty() {
                mated = worker.mated;
            } else {
                mated
                    .iter_mut()
                    .zip(&worker.mated)
                    .for_each(|(a, b): (&mut MatedUnit, _)| a.merge(b));
            }
            buckets.iter_mut().zip(worker.buckets).for_each(|(all, part)| all.push(part));
        }
        let sorted: Vec<Vec<u64>> = buckets
            .into_par_iter()
            .map(|parts| {
                let mut entries = parts.concat();
                entries.sort_unstable();
                entries
            })
            .collect();
        let add = |tallies: &mut Vec<PairTally>, of: &(dyn Fn(&Dyad) -> Dyad + Sync)| {
            tallies.par_iter_mut().zip(&family.views).for_each(|(tally, (_, groups))| {
                for entries in &sorted {
                    each_dyad(entries, job.points, |a, b, dyad| {
                        tally.add(a, b, &of(dyad), groups, job);
                    });
                }
            });
        };
        add(&mut pairs, &|dyad| *dyad);
        for (per, tallies) in people.iter_mut().flat_map(OfPeople::each) {
            add(tallies, &|dyad| {
                dyad.as_one(match per {
                    Per::Comparison => dyad.trials,
                    Per::Transaction => dyad.trials + dyad.failed,
                })
            });
        }
    }
    Ok(FamilyTally { mated, pairs, people, photos: None })
}

fn count(cache: &mut RowCache, job: &Job<'_>, round: u64, rounds: u64) -> Result<Vec<Worker>> {
    let family = job.family;
    let mated_units = if round == 0 { family.units } else { 0 };
    let mut workers = workers(|| Worker {
        mated: vec![MatedUnit::default(); mated_units],
        buckets: (0..BUCKETS).map(|_| Vec::new()).collect(),
    });
    let per_bucket = family.units.div_ceil(BUCKETS).max(1);
    cache.scan(&mut workers, |worker, row| {
        if row.species != 0 || !(job.reported)(row) {
            return;
        }
        let probe = family.unit_of_persona[row.probe as usize];
        match row.mating {
            Mating::Mated if round == 0 => {
                count_mated(&mut worker.mated[probe as usize], row, job);
            }
            Mating::NonMated => {
                let reference = family.unit_of_persona[row.reference as usize];
                let (a, b) = (probe.min(reference), probe.max(reference));
                if rounds > 1
                    && evenmatch_core::random::mix(u64::from(a) << 32 | u64::from(b)) % rounds
                        != round
                {
                    return;
                }
                let packed = packed(a.into(), b.into(), row.score, job.thresholds);
                worker.buckets[a as usize / per_bucket].push(packed);
            }
            _ => {}
        }
    })?;
    Ok(workers)
}

fn count_mated(unit: &mut MatedUnit, row: &Row, job: &Job<'_>) {
    if row.attempt > 0 {
        unit.found[usize::from(row.attempt - 1).min(ATTEMPTS - 1)] += 1;
    }
    if row.score.is_nan() {
        let stage = usize::from(row.failure).checked_sub(1).and_then(|code| job.stages.get(code));
        let stage = stage.copied().unwrap_or(FailureStage::Other);
        let place = STAGES.iter().position(|s| *s == stage).unwrap_or(STAGES.len() - 1);
        unit.failed[place] += 1;
        return;
    }
    unit.trials += 1;
    for (errors, threshold) in unit.errors.iter_mut().zip(job.thresholds) {
        *errors += u32::from(row.score < *threshold);
    }
}

/// Two units and the result of their comparison. Bit 0: nothing was compared; bit 1 + k: a false
/// match at operating point k.
pub(super) fn packed(a: u64, b: u64, score: f64, thresholds: &[f64]) -> u64 {
    let bit = |(point, threshold): (usize, &f64)| u64::from(score >= *threshold) << (point + 1);
    let flags =
        if score.is_nan() { 1 } else { thresholds.iter().enumerate().map(bit).sum::<u64>() };
    (a << UNIT_BITS | b) << FLAG_BITS | flags
}

pub(super) fn each_dyad(
    entries: &[u64],
    points: usize,
    mut visit: impl FnMut(usize, usize, &Dyad),
) {
    let mut rest = entries;
    while let Some(&first) = rest.first() {
        let pair = first >> FLAG_BITS;
        let mut dyad = Dyad::default();
        let mut taken = 0;
        for &entry in rest.iter().take_while(|entry| **entry >> FLAG_BITS == pair) {
            taken += 1;
            if entry & 1 == 1 {
                dyad.failed += 1;
                continue;
            }
            dyad.trials += 1;
            if entry & ((1 << FLAG_BITS) - 1) != 0 {
                for point in 0..points {
                    dyad.errors[point] += entry >> (point + 1) & 1;
                }
            }
        }
        let a = (pair >> UNIT_BITS) as usize;
        let b = (pair & ((1 << UNIT_BITS) - 1)) as usize;
        visit(a, b, &dyad);
        rest = &rest[taken..];
    }
}
