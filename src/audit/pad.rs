//! Presentation attack detection by ISO/IEC 30107-3, from the same records.
//!
//! APCER and BPCER are over presentations that got an answer; the share without an answer is
//! beside them. An attack is accepted end to end if presentation attack detection did not stop
//! it (pass, or not asked) and its score reaches the threshold.

use std::collections::BTreeMap;

use super::cohort::View;
use super::estimate::Sample;
use super::interval::IntervalMethod;
use super::operating_point::allowed;
use super::rates::Rate;
use super::report::{PadEndToEnd, PadPoint, PadReport, RateCell, SpeciesReport};
use super::select;
use super::spool::{Row, Spool, workers};
use super::tally::MAX_POINTS;
use crate::Result;
use crate::record::{MISSING, Mating, PadOutcome};

#[derive(Debug, Clone, Copy, Default)]
struct Outcomes {
    pass: u64,
    fail: u64,
    silent: u64,
    presented: u64,
    accepted: [u64; MAX_POINTS],
}

impl Outcomes {
    fn add(&mut self, row: &Row, thresholds: &[f64]) {
        self.presented += 1;
        match row.pad_outcome {
            PadOutcome::Pass => self.pass += 1,
            PadOutcome::Fail => self.fail += 1,
            PadOutcome::NonResponse => self.silent += 1,
            PadOutcome::NotChecked => {}
        }
        if matches!(row.pad_outcome, PadOutcome::Pass | PadOutcome::NotChecked) {
            for (n, threshold) in self.accepted.iter_mut().zip(thresholds) {
                *n += u64::from(row.score >= *threshold);
            }
        }
    }

    fn merge(&mut self, other: &Outcomes) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.silent += other.silent;
        self.presented += other.presented;
        self.accepted.iter_mut().zip(other.accepted).for_each(|(a, b)| *a += b);
    }

    fn answered(&self) -> u64 {
        self.pass + self.fail
    }
}

#[derive(Clone)]
struct Counts {
    species: Vec<Outcomes>,
    bona_fide: Outcomes,
    groups: Vec<Vec<Outcomes>>,
}

/// What the PAD numbers need from the audit.
pub(crate) struct PadJob<'a> {
    pub(crate) views: &'a [View],
    /// Species names by code.
    pub(crate) species: Vec<&'a str>,
    pub(crate) thresholds: &'a [f64],
    pub(crate) reported: &'a (dyn Fn(&Row) -> bool + Sync),
    pub(crate) confidence: f64,
    pub(crate) least: u64,
    /// Everyone's FRR by operating point.
    pub(crate) frr: Vec<Option<f64>>,
}

/// The PAD section; `None` where no record has a species or an outcome.
pub(crate) fn pad(spool: &mut Spool, job: &PadJob<'_>) -> Result<Option<PadReport>> {
    let empty = Counts {
        species: vec![Outcomes::default(); job.species.len()],
        bona_fide: Outcomes::default(),
        groups: job.views.iter().map(|v| vec![Outcomes::default(); v.groups.len()]).collect(),
    };
    let mut parts = workers(|| empty.clone());
    spool.scan(&mut parts, |counts, row| {
        if !(job.reported)(row) {
            return;
        }
        if let Some(species) = usize::from(row.species).checked_sub(1) {
            if let Some(outcomes) = counts.species.get_mut(species) {
                outcomes.add(row, job.thresholds);
            }
            return;
        }
        if row.pad_outcome == PadOutcome::NotChecked || row.mating == Mating::NonMated {
            return;
        }
        counts.bona_fide.add(row, &[]);
        for (view, groups) in job.views.iter().zip(&mut counts.groups) {
            let group = view.group_of_persona[row.probe as usize];
            if group != MISSING {
                groups[usize::from(group)].add(row, &[]);
            }
        }
    })?;
    let mut counts = empty;
    for part in &parts {
        counts.bona_fide.merge(&part.bona_fide);
        counts.species.iter_mut().zip(&part.species).for_each(|(a, b)| a.merge(b));
        for (a, b) in counts.groups.iter_mut().zip(&part.groups) {
            a.iter_mut().zip(b).for_each(|(a, b)| a.merge(b));
        }
    }
    if counts.bona_fide.presented == 0 && counts.species.iter().all(|s| s.presented == 0) {
        return Ok(None);
    }
    let at_bpcer = points(spool, job)?;
    Ok(Some(report(job, &counts, at_bpcer)))
}

fn cell(job: &PadJob<'_>, errors: u64, trials: u64, least: u64) -> RateCell {
    Sample::independent(Rate::new(errors, trials)).cell(
        job.confidence,
        IntervalMethod::Exact,
        least,
    )
}

fn report(job: &PadJob<'_>, counts: &Counts, at_bpcer: Vec<PadPoint>) -> PadReport {
    let named = || job.species.iter().map(|name| (*name).to_owned()).zip(&counts.species);
    let species: BTreeMap<String, SpeciesReport> = named()
        .filter(|(_, o)| o.presented > 0)
        .map(|(name, o)| {
            let apcer = cell(job, o.pass, o.answered(), 1);
            let asked = o.answered() + o.silent;
            (name, SpeciesReport { apcer, non_response: cell(job, o.silent, asked, 1) })
        })
        .collect();
    let worst = |a: &(String, f64), b: &(String, f64)| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0));
    let worst_species = named()
        .filter(|(_, o)| o.answered() > 0)
        .map(|(name, o)| (name, o.pass as f64 / o.answered() as f64))
        .max_by(worst)
        .map(|(name, _)| name);
    let bona_fide = &counts.bona_fide;
    let end_to_end = job
        .thresholds
        .iter()
        .enumerate()
        .filter(|_| counts.species.iter().any(|o| o.presented > 0))
        .map(|(point, &threshold)| {
            let iapar: BTreeMap<String, RateCell> = named()
                .filter(|(_, o)| o.presented > 0)
                .map(|(name, o)| (name, cell(job, o.accepted[point], o.presented, 1)))
                .collect();
            let worst = named()
                .filter(|(_, o)| o.presented > 0)
                .map(|(_, o)| o.accepted[point] as f64 / o.presented as f64)
                .reduce(f64::max);
            let frr = job.frr.get(point).copied().flatten();
            PadEndToEnd { threshold, iapar, riapar: worst.zip(frr).map(|(a, b)| a + b) }
        })
        .collect();
    let group_cells = |view: &View, outcomes: &[Outcomes]| {
        let cells = outcomes.iter().map(|o| cell(job, o.fail, o.answered(), job.least));
        view.groups.iter().cloned().zip(cells).collect()
    };
    PadReport {
        species,
        worst_species,
        bpcer: cell(job, bona_fide.fail, bona_fide.answered(), 1),
        bona_fide_non_response: cell(
            job,
            bona_fide.silent,
            bona_fide.answered() + bona_fide.silent,
            1,
        ),
        bpcer_by_group: job
            .views
            .iter()
            .zip(&counts.groups)
            .map(|(view, outcomes)| (view.name.clone(), group_cells(view, outcomes)))
            .collect(),
        at_bpcer,
        end_to_end,
    }
}

/// APCER at BPCER 10 % and 1 %: the largest observed bona fide PAD score `t` such that at most
/// the target share lies below it.
fn points(spool: &mut Spool, job: &PadJob<'_>) -> Result<Vec<PadPoint>> {
    let bona_fide = |row: &Row| {
        let counts = row.species == 0 && row.mating != Mating::NonMated && (job.reported)(row);
        (counts && row.pad_score.is_finite()).then_some(row.pad_score)
    };
    let mut points = Vec::new();
    for target in [0.10, 0.01] {
        let mut totals = workers(|| 0_u64);
        spool.scan(&mut totals, |n, row| *n += u64::from(bona_fide(row).is_some()))?;
        let total: u64 = totals.iter().sum();
        let allowed = allowed(target, total);
        let Some(threshold) = select::refuse_at_most(spool, bona_fide, allowed)? else {
            return Ok(Vec::new());
        };
        let mut parts = workers(|| (0_u64, vec![(0_u64, 0_u64); job.species.len()]));
        spool.scan(&mut parts, |(below, species), row| {
            if let Some(score) = bona_fide(row) {
                *below += u64::from(score < threshold);
            } else if let Some(code) = usize::from(row.species).checked_sub(1)
                && row.pad_score.is_finite()
                && (job.reported)(row)
                && let Some((errors, trials)) = species.get_mut(code)
            {
                *errors += u64::from(row.pad_score >= threshold);
                *trials += 1;
            }
        })?;
        let below = parts.iter().map(|part| part.0).sum();
        let apcer = job.species.iter().enumerate().filter_map(|(code, name)| {
            let errors = parts.iter().map(|part| part.1[code].0).sum();
            let trials: u64 = parts.iter().map(|part| part.1[code].1).sum();
            (trials > 0).then(|| ((*name).to_owned(), cell(job, errors, trials, 1)))
        });
        points.push(PadPoint {
            target_bpcer: target,
            threshold,
            bpcer: cell(job, below, total, 1),
            apcer: apcer.collect(),
        });
    }
    Ok(points)
}
