//! Every non-mated pair of a sample set, counted without keeping pairs.
//!
//! The number of comparisons between two people, or two groups, follows in closed form from how
//! many samples each has; only comparisons at or above a threshold are examined one by one. So an
//! audit passes over the templates three times: for histograms, for the scores in the bins that
//! contain thresholds, and for the errors at the thresholds.

use std::collections::HashMap;

use rayon::prelude::*;

use super::cohort::{Cohort, Family};
use super::intake::{FirstPass, Intake};
use super::operating_point::{EqualErrorRate, Outside, allowed, crossing, from_the_top};
use super::sample_set::{Coded, SampleSet};
use super::select::{BINS, GROUP_BINS, Scale, bin_from_the_top};
use super::tally::{self, FamilyTally, Job, STAGES, each_dyad};
use super::unit_sizes::UnitSizes;
use super::weigh::{ONE, Weigh, weight};
use crate::Result;
use crate::records::MISSING;
use evenmatch_core::random::mix;
use evenmatch_scores::crossmatch::{self, ClassHistograms, CrossMatch, ScoredPair, Shard};

/// Pairs above a threshold kept in memory at a time (128 MiB).
const PAIRS_AT_ONCE: u64 = 16 << 20;

/// Pairs looked through at a time for a threshold (64 MiB).
const AT_ONCE: u64 = 4 << 20;

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
    /// Present if each pair of people counts once.
    people: Option<OfPeople>,
}

/// What comparisons weigh where each pair of people counts once.
struct OfPeople {
    /// By row of the matrix: templates of the person it shows.
    templates: Vec<u32>,
    /// By row: a whole over that number. A comparison weighs the product of both rows' factors in
    /// the histograms; curves do not need the last digits.
    factors: Vec<u32>,
    /// The whole, of a factor.
    whole: u32,
    /// Pairs of different people who both have a template.
    pairs: u64,
    /// What the non-mated scores in the matrix's bins weigh.
    bins: Vec<u64>,
}

impl OfPeople {
    /// `person` of each row.
    fn new(matrix: &CrossMatch, person: &[u32]) -> Result<(Vec<u64>, Self)> {
        let mut own: HashMap<u32, u32> = HashMap::new();
        person.iter().for_each(|person| *own.entry(*person).or_default() += 1);
        let people = own.len() as u64;
        let pairs = people * people.saturating_sub(1) / 2;
        // The weights of all pairs together fit 62 bits, and a factor 24.
        let bits = (62 - (u64::BITS - pairs.leading_zeros())) / 2;
        let whole = 1_u32 << bits.min(24);
        let templates: Vec<u32> = person.iter().map(|person| own[person]).collect();
        let factors: Vec<u32> = templates.iter().map(|n| factor(whole, *n)).collect();
        let (counts, weights) = matrix.histograms_weighed(&factors, Shard::whole())?;
        let bins = sum(&weights);
        Ok((sum(&counts), OfPeople { templates, factors, whole, pairs, bins }))
    }

    /// What a comparison weighs, in units of [`ONE`]: as in the tally of errors.
    fn weight(&self, pair: &ScoredPair) -> u64 {
        let templates = |row: u32| u64::from(self.templates[row as usize]);
        weight(templates(pair.a) * templates(pair.b))
    }

    /// The same, in the units of the histograms.
    fn product(&self, pair: &ScoredPair) -> u64 {
        let factor = |row: u32| u64::from(self.factors[row as usize]);
        factor(pair.a) * factor(pair.b)
    }
}

/// A whole over `n`, rounded, and never nothing.
fn factor(whole: u32, n: u32) -> u32 {
    ((whole + n / 2) / n.max(1)).max(1)
}

impl AllPairs {
    pub(super) fn new(coded: Coded, set: &SampleSet, weigh: Weigh) -> Result<(Intake, Self)> {
        let Coded { intake, matrix, persona, failure, sample_of_row } = coded;
        let (counts, people) = match weigh {
            Weigh::Comparisons => (sum(&matrix.histograms(Shard::whole())), None),
            Weigh::People => {
                let person = |sample: &u32| intake.personas.subject(persona[*sample as usize]);
                let person: Vec<u32> = sample_of_row.iter().map(person).collect();
                let (counts, people) = OfPeople::new(&matrix, &person)?;
                (counts, Some(people))
            }
        };
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
            people,
        };
        Ok((intake, pairs))
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
        if let Some((weighed, people)) = seen.weighed.as_mut().zip(self.people.as_ref()) {
            weighed.one[1] = u64::from(people.whole).pow(2);
            for (bin, weight) in people.bins.iter().enumerate() {
                weighed.nonmated[bin * finer] += weight;
            }
        }
        for family in &cohort.families {
            let sizes = self.sizes(family);
            for (index, groups) in &family.views {
                let Some(index) = *index else { continue };
                let labelled = sizes.labelled(groups);
                seen.unlabelled[index] += all.trials + all.failed - labelled;
                if !seen.groups[index].is_empty() {
                    let weighed = seen.weighed.as_mut().map(|w| w.groups[index].as_mut_slice());
                    let bins = (seen.groups[index].as_mut_slice(), weighed);
                    self.look_at_groups(bins, (family, &sizes), groups, set)?;
                }
            }
        }
        Ok(())
    }

    /// Histograms of the non-mated scores within each group of a view.
    fn look_at_groups(
        &self,
        (bins, weighed): (&mut [u32], Option<&mut [u64]>),
        (family, sizes): (&Family, &UnitSizes),
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
        let coarser = crossmatch::BINS / GROUP_BINS;
        let found = match (&self.people, weighed) {
            (Some(people), Some(weighed)) => {
                let own = |persona: &u32| {
                    sizes.acquired(family.unit_of_persona[*persona as usize] as usize) as u32
                };
                let factors = self.persona_of_row.iter().map(|p| factor(people.whole, own(p)));
                let factors: Vec<u32> = factors.collect();
                let (counts, weights) = matrix.histograms_weighed(&factors, Shard::whole())?;
                for group in 0..count.min(matrix.classes()) {
                    let place = (2 * group + 1) * GROUP_BINS;
                    for (bin, n) in weights.get(group as u16, group as u16).iter().enumerate() {
                        weighed[place + bin / coarser] += n;
                    }
                }
                counts
            }
            _ => matrix.histograms(Shard::whole()),
        };
        for group in 0..count.min(matrix.classes()) {
            let place = (2 * group + 1) * GROUP_BINS;
            for (bin, n) in found.get(group as u16, group as u16).iter().enumerate() {
                let cell = &mut bins[place + bin / coarser];
                *cell = cell.saturating_add(u32::try_from(*n).unwrap_or(u32::MAX));
            }
        }
        Ok(())
    }

    /// The threshold of each target FMR under the tie contract; `None` without comparisons.
    pub(crate) fn thresholds(&self, targets: &[f64]) -> Vec<Option<f64>> {
        match &self.people {
            None => targets.iter().map(|target| self.threshold(*target)).collect(),
            Some(people) => self.thresholds_of_people(people, targets),
        }
    }

    /// All at once, from the highest score down: the weight above a score is not known from the
    /// bins to the last digit.
    fn thresholds_of_people(&self, people: &OfPeople, targets: &[f64]) -> Vec<Option<f64>> {
        let allowed: Vec<u64> =
            targets.iter().map(|target| allowed(*target, people.pairs * ONE)).collect();
        // Where the bins say that every target has been passed; they may err by a little.
        let most = allowed.iter().max().map_or(0.0, |most| *most as f64) / ONE as f64;
        let enough = 1.001 * most * f64::from(people.whole).powi(2);
        let mut found: Vec<Option<Option<f64>>> = vec![None; targets.len()];
        let (mut above, mut in_bins, mut lowest) = (0_u64, 0_u64, None);
        let mut end = self.counts.len();
        while end > 0 && found.contains(&None) {
            let (mut start, mut pairs) = (end, 0);
            while start > 0 && (pairs == 0 || pairs < AT_ONCE && in_bins as f64 <= enough) {
                start -= 1;
                pairs += self.counts[start];
                in_bins += people.bins[start];
            }
            let descending = self.pairs_in(start, end);
            end = start;
            for ties in descending.chunk_by(|a, b| a.score == b.score) {
                let score = f64::from(ties[0].score);
                above += ties.iter().map(|pair| people.weight(pair)).sum::<u64>();
                for (found, _) in found.iter_mut().zip(&allowed).filter(|(_, a)| above > **a) {
                    found.get_or_insert(lowest.or(Some(score.next_up())));
                }
                lowest = Some(score);
            }
        }
        found.into_iter().map(|found| found.unwrap_or(lowest)).collect()
    }

    /// Non-mated pairs in bins from `start` to before `end`, by descending score.
    fn pairs_in(&self, start: usize, end: usize) -> Vec<ScoredPair> {
        let high = if end == crossmatch::BINS { f32::INFINITY } else { crossmatch::edge(end) };
        self.matrix.pairs_between(crossmatch::edge(start), high, Shard::whole())
    }

    /// The threshold of one target where each comparison counts once.
    fn threshold(&self, target: f64) -> Option<f64> {
        let total: u64 = self.counts.iter().sum();
        let allowed = allowed(target, total);
        let (bin, above) = bin_from_the_top(&self.counts, 0, allowed)?;
        let mut scores = self.scores_in(bin);
        scores.reverse();
        let next = (bin + 1..self.counts.len()).find(|bin| self.counts[*bin] > 0);
        let fallback = next.and_then(|bin| self.scores_in(bin).first().copied()).map(|s| s.0);
        from_the_top(&scores, above, allowed, fallback)
    }

    /// Sorted non-mated scores of a bin, with their weights in the units of the histograms.
    fn scores_in(&self, bin: usize) -> Vec<(f64, u64)> {
        if let Some(people) = &self.people {
            let pairs = self.pairs_in(bin, bin + 1).into_iter().rev();
            return pairs.map(|pair| (pair.score.into(), people.product(&pair))).collect();
        }
        let high =
            if bin + 1 == crossmatch::BINS { f32::INFINITY } else { crossmatch::edge(bin + 1) };
        let found = self.matrix.between(crossmatch::edge(bin), high, Shard::whole());
        found.into_iter().map(|score| (score.into(), 1)).collect()
    }

    /// The equal error rate's threshold and rate, exactly; `mated` is sorted, each score with its
    /// weight.
    pub(crate) fn equal_error(&self, mated: &[(f64, u64)]) -> Option<EqualErrorRate> {
        let bins = self.people.as_ref().map_or(&self.counts, |people| &people.bins);
        let weigh = |scores: &[(f64, u64)]| scores.iter().map(|s| s.1).sum::<u64>();
        let totals = [weigh(mated), bins.iter().sum()];
        if totals.contains(&0) {
            return None;
        }
        let mut below = 0;
        let (mut first, mut weight_below) = (0, 0);
        for (bin, n) in bins.iter().enumerate() {
            let end = if bin + 1 == self.counts.len() {
                f64::INFINITY
            } else {
                f64::from(crossmatch::edge(bin + 1))
            };
            let upto = mated.partition_point(|s| s.0 < end);
            let within = weigh(&mated[first..upto]);
            let fnmr = (weight_below + within) as f64 / totals[0] as f64;
            let fmr = 1.0 - (below + n) as f64 / totals[1] as f64;
            if fmr > fnmr {
                below += n;
                (first, weight_below) = (upto, weight_below + within);
                continue;
            }
            let next = (bin + 1..self.counts.len()).find(|bin| self.counts[*bin] > 0);
            let above = next
                .and_then(|bin| self.scores_in(bin).first().copied())
                .into_iter()
                .chain(mated.get(upto).copied())
                .map(|score| score.0)
                .reduce(f64::min);
            let outside = Outside { totals, below: [weight_below, below], above };
            return crossing(&mated[first..upto], &self.scores_in(bin), outside);
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
        for (per, tallies) in tally.people.iter_mut().flat_map(tally::OfPeople::each) {
            let ones = sizes.of_people(per);
            for (pairs, (_, groups)) in tallies.iter_mut().zip(&job.family.views) {
                pairs.fill(&ones, groups);
                pairs.fill_boot(&ones, groups, job);
            }
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
            for (per, tallies) in tally.people.iter_mut().flat_map(tally::OfPeople::each) {
                let ones = sizes.of_people(per);
                tallies.par_iter_mut().zip(&job.family.views).for_each(|(pairs, (_, groups))| {
                    each_dyad(&entries, job.points, |a, b, dyad| {
                        let one = dyad.as_one(sizes.trials((a, b), per));
                        pairs.add_errors((a, b), &one, &ones, groups, job);
                    });
                });
            }
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
