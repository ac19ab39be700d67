//! Every non-mated pair of a sample set, counted without keeping pairs.
//!
//! The number of comparisons between two people, or two groups, follows in closed form from how
//! many samples each has; only comparisons at or above a threshold are examined one by one. So an
//! audit passes over the templates three times: for histograms, for the scores in the bins that
//! contain thresholds, and for the errors at the thresholds.

use rayon::prelude::*;

use super::cohort::{Cohort, Family};
use super::intake::{FirstPass, Intake};
use super::operating_point::{EqualErrorRate, Outside, allowed, crossing, from_the_top};
use super::sample_set::{Coded, SampleSet};
use super::select::{BINS, GROUP_BINS, Scale};
use super::tally::{FamilyTally, Job, STAGES, each_dyad};
use super::unit_sizes::UnitSizes;
use crate::Result;
use crate::records::MISSING;
use evenmatch_core::random::mix;
use evenmatch_scores::crossmatch::{self, ClassHistograms, CrossMatch, ScoredPair, Shard};

/// Pairs above a threshold kept in memory at a time (128 MiB).
const PAIRS_AT_ONCE: u64 = 16 << 20;

/// What happened to one sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SampleOutcome {
    pub(crate) persona: u32,
    /// Index into [`STAGES`]; `None` for a sample with a template.
    pub(crate) lost_at: Option<usize>,
    /// Attempt at which the face was found; 0 if unknown.
    pub(crate) attempt: u8,
}

/// The non-mated pairs of a set.
pub(crate) struct AllPairs {
    matrix: CrossMatch,
    /// By row of the matrix.
    persona_of_row: Vec<u32>,
    samples: Vec<SampleOutcome>,
    /// By code: photos without a template.
    failures: Vec<u64>,
    /// Non-mated scores in the matrix's bins.
    counts: Vec<u64>,
}

impl AllPairs {
    pub(super) fn new(coded: Coded, set: &SampleSet) -> (Intake, Self) {
        let Coded { intake, matrix, persona, failure, sample_of_row } = coded;
        let counts = sum(&matrix.histograms(Shard::whole()));
        let mut failures = vec![0; intake.names.failures.len()];
        failure.iter().filter(|c| **c > 0).for_each(|c| failures[usize::from(*c) - 1] += 1);
        let pairs = AllPairs {
            matrix,
            persona_of_row: sample_of_row.iter().map(|&s| persona[s as usize]).collect(),
            samples: persona
                .iter()
                .zip(&set.samples)
                .map(|(&persona, sample)| SampleOutcome {
                    persona,
                    lost_at: sample.failure.as_ref().map(|failure| {
                        let place = STAGES.iter().position(|stage| *stage == failure.stage);
                        place.unwrap_or(STAGES.len() - 1)
                    }),
                    attempt: sample.attempt,
                })
                .collect(),
            failures,
            counts,
        };
        (intake, pairs)
    }

    pub(crate) fn samples(&self) -> &[SampleOutcome] {
        &self.samples
    }

    /// The scale that the matrix's bins divide evenly.
    pub(crate) fn scale() -> Scale {
        Scale::new(-1.0, 1.0)
    }

    /// Adds these pairs to the first pass.
    pub(crate) fn look(
        &self,
        seen: &mut FirstPass,
        cohort: &Cohort,
        set: &SampleSet,
    ) -> Result<()> {
        let sizes = self.sizes(&cohort.families[0]);
        let all = sizes.everyone();
        seen.nonmated += all.trials + all.failed;
        seen.reported += all.trials + all.failed;
        seen.failures.clone_from(&self.failures);
        let finer = BINS / crossmatch::BINS;
        for (bin, n) in self.counts.iter().enumerate() {
            seen.nonmated_bins[bin * finer] += n;
        }
        for family in &cohort.families {
            let sizes = self.sizes(family);
            for (index, groups) in &family.views {
                let Some(index) = *index else { continue };
                let labelled = sizes.labelled(groups);
                seen.unlabelled[index] += all.trials + all.failed - labelled;
                if !seen.groups[index].is_empty() {
                    self.look_at_groups(&mut seen.groups[index], family, groups, set)?;
                }
            }
        }
        Ok(())
    }

    /// Histograms of the non-mated scores within each group of a view.
    fn look_at_groups(
        &self,
        bins: &mut [u32],
        family: &Family,
        groups: &[u16],
        set: &SampleSet,
    ) -> Result<()> {
        let count = bins.len() / (2 * GROUP_BINS);
        let classes: Vec<u16> = self
            .persona_of_row
            .iter()
            .map(|&persona| match groups[family.unit_of_persona[persona as usize] as usize] {
                MISSING => count as u16,
                group => group,
            })
            .collect();
        let subjects = self
            .persona_of_row
            .iter()
            .map(|&persona| {
                family.subject_of_unit[family.unit_of_persona[persona as usize] as usize]
            })
            .collect();
        let matrix = set.matrix(subjects, classes)?;
        let found = matrix.histograms(Shard::whole());
        let coarser = crossmatch::BINS / GROUP_BINS;
        for group in 0..count.min(matrix.classes()) {
            let place = (2 * group + 1) * GROUP_BINS;
            for (bin, n) in found.get(group as u16, group as u16).iter().enumerate() {
                let cell = &mut bins[place + bin / coarser];
                *cell = cell.saturating_add(u32::try_from(*n).unwrap_or(u32::MAX));
            }
        }
        Ok(())
    }

    /// The threshold of a target FMR under the tie contract; `None` without comparisons.
    pub(crate) fn threshold(&self, target: f64) -> Option<f64> {
        let total: u64 = self.counts.iter().sum();
        let allowed = allowed(target, total);
        let mut above = 0;
        let mut last = None;
        for (bin, &n) in self.counts.iter().enumerate().rev().filter(|(_, n)| **n > 0) {
            last = Some((bin, above));
            if above + n > allowed {
                break;
            }
            above += n;
        }
        let (bin, above) = last?;
        let mut scores = self.scores_in(bin);
        scores.reverse();
        let next = (bin + 1..self.counts.len()).find(|bin| self.counts[*bin] > 0);
        let fallback = next.and_then(|bin| self.scores_in(bin).first().copied());
        from_the_top(&scores, above, allowed, fallback)
    }

    /// Sorted non-mated scores of a bin.
    fn scores_in(&self, bin: usize) -> Vec<f64> {
        let high =
            if bin + 1 == crossmatch::BINS { f32::INFINITY } else { crossmatch::edge(bin + 1) };
        let found = self.matrix.between(crossmatch::edge(bin), high, Shard::whole());
        found.into_iter().map(f64::from).collect()
    }

    /// The equal error rate's threshold and rate, exactly; `mated` is sorted.
    pub(crate) fn equal_error(&self, mated: &[f64]) -> Option<EqualErrorRate> {
        let totals = [mated.len() as u64, self.counts.iter().sum()];
        if totals.contains(&0) {
            return None;
        }
        let mut below = 0;
        for (bin, n) in self.counts.iter().enumerate() {
            let edge = f64::from(crossmatch::edge(bin));
            let end = if bin + 1 == self.counts.len() {
                f64::INFINITY
            } else {
                f64::from(crossmatch::edge(bin + 1))
            };
            let below_mated = mated.partition_point(|s| *s < edge);
            let upto = mated.partition_point(|s| *s < end);
            let fnmr = upto as f64 / totals[0] as f64;
            let fmr = 1.0 - (below + n) as f64 / totals[1] as f64;
            if fmr > fnmr {
                below += n;
                continue;
            }
            let next = (bin + 1..self.counts.len()).find(|bin| self.counts[*bin] > 0);
            let above = next
                .and_then(|bin| self.scores_in(bin).first().copied())
                .into_iter()
                .chain(mated.get(upto).copied())
                .reduce(f64::min);
            let outside = Outside { totals, below: [below_mated as u64, below], above };
            return crossing(&mated[below_mated..upto], &self.scores_in(bin), outside);
        }
        None
    }

    fn sizes(&self, family: &Family) -> UnitSizes {
        let mut sizes = UnitSizes::new(family);
        for sample in &self.samples {
            let unit = family.unit_of_persona[sample.persona as usize] as usize;
            sizes.add(unit, sample.lost_at.is_none());
        }
        sizes
    }

    /// Adds these pairs to a family's tally.
    pub(crate) fn tally(&self, tally: &mut FamilyTally, job: &Job<'_>) {
        let sizes = self.sizes(job.family);
        for (pairs, (_, groups)) in tally.pairs.iter_mut().zip(&job.family.views) {
            pairs.fill(&sizes, groups);
            pairs.fill_boot(&sizes, groups, job);
        }
        let Some(lowest) = job.thresholds.iter().copied().reduce(f64::min) else { return };
        let mut floor = lowest as f32;
        if f64::from(floor) > lowest {
            floor = floor.next_down();
        }
        let first = crossmatch::bin(floor.clamp(-1.0, 1.0));
        let expected: u64 = self.counts[first..].iter().sum();
        let rounds = expected.div_ceil(PAIRS_AT_ONCE).max(1);
        for round in 0..rounds {
            let mut entries = self.entries(job, floor, round, rounds);
            entries.par_sort_unstable();
            tally.pairs.par_iter_mut().zip(&job.family.views).for_each(|(pairs, (_, groups))| {
                each_dyad(&entries, job.points, |a, b, dyad| {
                    pairs.add_errors((a, b), dyad, &sizes, groups, job);
                });
            });
        }
    }

    /// Packed pairs of people above the lowest threshold, for this round.
    fn entries(&self, job: &Job<'_>, floor: f32, round: u64, rounds: u64) -> Vec<u64> {
        let unit = |row: u32| {
            u64::from(job.family.unit_of_persona[self.persona_of_row[row as usize] as usize])
        };
        let mut entries = Vec::new();
        for part in 0..rounds as usize {
            let Ok(shard) = Shard::new(part, rounds as usize) else { continue };
            let found = self.matrix.at_or_above(floor, shard);
            entries.extend(found.iter().filter_map(|ScoredPair { a, b, score }| {
                let (a, b) = (unit(*a), unit(*b));
                let (a, b) = (a.min(b), a.max(b));
                let ours = rounds == 1 || mix(a << 32 | b) % rounds == round;
                ours.then(|| super::tally::packed(a, b, f64::from(*score), job.thresholds))
            }));
        }
        entries
    }
}

fn sum(histograms: &ClassHistograms) -> Vec<u64> {
    let mut total = vec![0; crossmatch::BINS];
    let classes = histograms.classes() as u16;
    for g in 0..classes {
        for h in g..classes {
            total.iter_mut().zip(histograms.get(g, h)).for_each(|(sum, n)| *sum += n);
        }
    }
    total
}
