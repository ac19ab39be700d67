//! From presentations to rates: APCER, BPCER, shares without an answer, and both systems end to end.

use std::collections::BTreeMap;

use super::counts::Counts;
use super::presentations::{PadJob, Presentation, SIMULATED_PREFIX, presentations};
use super::report::{PadEndToEnd, PadGroup, PadPoint, PadPointGroup, PadReport, SpeciesReport};
use super::{curve, prose};
use crate::Result;
use crate::cells::{Estimate, RateCell};
use crate::cohort::View;
use crate::differential_intervals::over_overall;
use crate::rate_sample::RateSample;
use crate::records::{MISSING, PadOutcome};
use crate::row_cache::RowCache;

/// BPCER values at which APCER is reported.
const TARGETS: [f64; 2] = [0.10, 0.01];

/// The PAD section; `None` if no record has a species or an outcome.
pub(crate) fn pad(cache: &mut RowCache, job: &PadJob<'_>) -> Result<Option<PadReport>> {
    let all = presentations(cache, job)?;
    if all.iter().all(|presentation| presentation.species.is_none() && !presentation.judged()) {
        return Ok(None);
    }
    let mut evidence = PadEvidence { job, bona_fide: Vec::new(), attacks: Vec::new() };
    evidence.attacks.resize_with(job.species.len(), Vec::new);
    for presentation in all {
        match presentation.species {
            None => evidence.bona_fide.push(presentation),
            Some(code) => {
                if let Some(attacks) = evidence.attacks.get_mut(usize::from(code)) {
                    attacks.push(presentation);
                }
            }
        }
    }
    Ok(Some(evidence.report()))
}

struct PadEvidence<'a> {
    job: &'a PadJob<'a>,
    bona_fide: Vec<Presentation>,
    /// By code of the species.
    attacks: Vec<Vec<Presentation>>,
}

type ByGroup<T> = BTreeMap<String, BTreeMap<String, T>>;

impl PadEvidence<'_> {
    fn report(&self) -> PadReport {
        let job = self.job;
        let scores = sorted_scores(&self.bona_fide);
        let species = self.by_species(|attacks| {
            let own = sorted_scores(attacks);
            Some((attacks, curve::curve(&scores, &own)))
        });
        let species: BTreeMap<String, SpeciesReport> = species
            .into_iter()
            .map(|(name, (attacks, curve))| {
                let report = SpeciesReport {
                    apcer: self.cell(&apcer(attacks).sample(None), 1),
                    non_response: self.cell(&non_response(attacks.iter()).sample(None), 1),
                    simulated: name.starts_with(SIMULATED_PREFIX),
                    curve,
                };
                (name, report)
            })
            .collect();
        let everyone = || self.bona_fide.iter();
        let failed = Whole::of(bpcer(everyone()));
        let silent = Whole::of(non_response(everyone()));
        let away = Whole::of(turned_away(everyone()));
        let unanswered = Whole::of(non_response(self.attacks.iter().flatten()));
        let groups = self.by_group(|members| {
            let (cell, bpcer_over_overall) = self.part(&failed, bpcer(members.bona_fide()));
            let (turned, turned_away_over_overall) =
                self.part(&away, turned_away(members.bona_fide()));
            let attacks = non_response(members.attacks.iter().copied());
            let group = PadGroup {
                non_response: self.part(&silent, non_response(members.bona_fide())).0,
                turned_away: turned,
                attack_non_response: self.part(&unanswered, attacks).0,
                bpcer_over_overall,
                turned_away_over_overall,
            };
            (cell, group)
        });
        let pick = |cell: &(RateCell, PadGroup)| cell.0.clone();
        PadReport {
            worst_species: worst(species.iter().map(|(name, s)| (name, &s.apcer))),
            notice: prose::notice(&species),
            species,
            bpcer: self.cell(&failed.sample, 1),
            bona_fide_non_response: self.cell(&silent.sample, 1),
            bona_fide_turned_away: Some(self.cell(&away.sample, 1)),
            bpcer_by_group: mapped(&groups, pick),
            groups: mapped(&groups, |cell| cell.1.clone()),
            at_bpcer: TARGETS.iter().filter_map(|t| self.at_bpcer(*t, &scores)).collect(),
            end_to_end: (0..job.thresholds.len())
                .filter(|_| self.attacks.iter().any(|attacks| !attacks.is_empty()))
                .map(|point| self.end_to_end(point))
                .collect(),
        }
    }

    /// At the threshold that classifies at most the target share of bona fide presentations as
    /// attacks.
    fn at_bpcer(&self, target: f64, scores: &[f64]) -> Option<PadPoint> {
        let threshold = curve::threshold(scores, target)?;
        let scored = |p: &Presentation| p.curve_score().is_some();
        let below = |p: &Presentation| p.curve_score().is_some_and(|score| score < threshold);
        let everyone = Whole::of(Counts::of(self.bona_fide.iter(), scored, below));
        let apcer = self.by_species(|attacks| {
            let passed = |p: &Presentation| p.curve_score().is_some_and(|s| s >= threshold);
            let counts = Counts::of(attacks.iter(), scored, passed);
            let sample = counts.sample(None);
            (sample.rate.trials() > 0).then(|| self.cell(&sample, 1))
        });
        Some(PadPoint {
            target_bpcer: target,
            threshold,
            bpcer: self.cell(&everyone.sample, 1),
            worst_species: worst(apcer.iter()),
            apcer,
            groups: self.by_group(|members| {
                let counts = Counts::of(members.bona_fide(), scored, below);
                let (bpcer, over_overall) = self.part(&everyone, counts);
                PadPointGroup { bpcer, over_overall }
            }),
        })
    }

    fn end_to_end(&self, point: usize) -> PadEndToEnd {
        let job = self.job;
        let threshold = job.thresholds[point];
        let claims = |p: &Presentation| p.claims;
        let accepted = |p: &Presentation| p.accepted(threshold);
        let samples = self.by_species(|attacks| {
            let sample = Counts::of(attacks.iter(), claims, accepted).sample(None);
            (sample.rate.trials() > 0).then_some(sample)
        });
        let iapar: BTreeMap<String, RateCell> =
            samples.iter().map(|(name, sample)| (name.clone(), self.cell(sample, 1))).collect();
        let worst_species = worst(iapar.iter());
        // A mated claim that was never judged says nothing about the whole system.
        let genuine = |p: &Presentation| p.claims && p.judged();
        let rejected = |p: &Presentation| !p.accepted(threshold);
        let rejections = Whole::of(Counts::of(self.bona_fide.iter(), genuine, rejected));
        let judged = rejections.sample.rate.trials() > 0;
        let frr = if judged { Some(&rejections.sample) } else { job.frr.get(point) };
        let both = worst_species.as_ref().and_then(|name| samples.get(name)).zip(frr);
        let interval = both.and_then(|(iapar, frr)| self.sum(iapar, frr));
        PadEndToEnd {
            threshold,
            iapar,
            worst_species,
            frr: judged.then(|| self.cell(&rejections.sample, 1)),
            frr_by_group: match judged {
                true => self.by_group(|members| {
                    let counts = Counts::of(members.bona_fide(), genuine, rejected);
                    self.part(&rejections, counts).0
                }),
                false => BTreeMap::new(),
            },
            riapar: interval.map(|sum| sum.value),
            riapar_interval: interval,
        }
    }

    /// The sum of two independent rates, by squaring and adding the distances of their bounds
    /// (G. Zou and A. Donner, 2008).
    fn sum(&self, a: &RateSample, b: &RateSample) -> Option<Estimate> {
        a.rate.value().and(b.rate.value())?;
        let (x, y) = (a.p, b.p);
        let bounds = |sample: &RateSample| sample.exact(self.job.confidence).0;
        let (of_x, of_y) = (bounds(a), bounds(b));
        let value = x + y;
        Some(Estimate {
            value,
            low: Some((value - (x - of_x.low).hypot(y - of_y.low)).max(0.0)),
            high: Some(value + (of_x.high - x).hypot(of_y.high - y)),
        })
    }

    fn cell(&self, sample: &RateSample, least: u64) -> RateCell {
        sample.exact_cell(self.job.confidence, least)
    }

    /// A group's rate, and the same over everyone's.
    fn part(&self, whole: &Whole, counts: Counts) -> (RateCell, Option<Estimate>) {
        let sample = counts.sample(Some(whole.sample.design_effect()));
        let covariance = counts.covariance(&sample, &whole.counts, &whole.sample);
        let (confidence, least) = (self.job.confidence, self.job.least);
        let over = over_overall(&sample, &whole.sample, covariance, confidence, least);
        (self.cell(&sample, least), over)
    }

    /// Something for each species that was presented, by name.
    fn by_species<'s, T>(
        &'s self,
        about: impl Fn(&'s [Presentation]) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let presented = self.job.species.iter().zip(&self.attacks);
        presented
            .filter(|(_, attacks)| !attacks.is_empty())
            .filter_map(|(name, attacks)| Some(((*name).to_owned(), about(attacks)?)))
            .collect()
    }

    /// Something for each group, from its presentations.
    fn by_group<T>(&self, about: impl Fn(&Members<'_>) -> T) -> ByGroup<T> {
        let of_view = |view: &View| {
            let mut members: Vec<Members<'_>> = Vec::new();
            members.resize_with(view.groups.len(), Members::default);
            let group = |p: &Presentation| {
                let group = view.group_of_persona[p.persona as usize];
                (group != MISSING).then_some(usize::from(group))
            };
            for presentation in &self.bona_fide {
                if let Some(group) = group(presentation) {
                    members[group].bona_fide.push(presentation);
                }
            }
            for presentation in self.attacks.iter().flatten() {
                if let Some(group) = group(presentation) {
                    members[group].attacks.push(presentation);
                }
            }
            let named = view.groups.iter().cloned().zip(members.iter().map(&about));
            (view.name.clone(), named.collect())
        };
        self.job.views.iter().map(of_view).collect()
    }
}

/// The presentations of one group.
#[derive(Default)]
struct Members<'a> {
    bona_fide: Vec<&'a Presentation>,
    attacks: Vec<&'a Presentation>,
}

impl<'a> Members<'a> {
    fn bona_fide(&self) -> impl Iterator<Item = &'a Presentation> + '_ {
        self.bona_fide.iter().copied()
    }
}

/// Everyone's rate, with which a group's is compared.
struct Whole {
    counts: Counts,
    sample: RateSample,
}

impl Whole {
    fn of(counts: Counts) -> Self {
        Whole { sample: counts.sample(None), counts }
    }
}

/// Attacks classified as bona fide, of those with an answer.
fn apcer(attacks: &[Presentation]) -> Counts {
    let passed = |p: &Presentation| p.outcome == PadOutcome::Pass;
    Counts::of(attacks.iter(), Presentation::answered, passed)
}

/// Bona fide presentations classified as attacks, of those with an answer.
fn bpcer<'a>(bona_fide: impl Iterator<Item = &'a Presentation>) -> Counts {
    Counts::of(bona_fide, Presentation::answered, |p| p.outcome == PadOutcome::Fail)
}

/// Presentations without an answer, of those that were judged.
fn non_response<'a>(presentations: impl Iterator<Item = &'a Presentation>) -> Counts {
    let silent = |p: &Presentation| p.outcome == PadOutcome::NonResponse;
    Counts::of(presentations, Presentation::judged, silent)
}

/// Presentations that were not let through, of those that were judged.
fn turned_away<'a>(presentations: impl Iterator<Item = &'a Presentation>) -> Counts {
    Counts::of(presentations, Presentation::judged, Presentation::turned_away)
}

fn sorted_scores(presentations: &[Presentation]) -> Vec<f64> {
    let mut scores: Vec<f64> = presentations.iter().filter_map(Presentation::curve_score).collect();
    scores.sort_unstable_by(f64::total_cmp);
    scores
}

/// The name with the largest rate; among equals, the first by name.
fn worst<'a>(cells: impl Iterator<Item = (&'a String, &'a RateCell)>) -> Option<String> {
    let rate = |cell: &RateCell| match cell {
        RateCell::Measured(rate) => Some(rate.rate),
        RateCell::Insufficient { .. } => None,
    };
    cells
        .filter_map(|(name, cell)| Some((name, rate(cell)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(a.0)))
        .map(|(name, _)| name.clone())
}

fn mapped<T, U>(groups: &ByGroup<T>, of: impl Fn(&T) -> U) -> ByGroup<U> {
    let inner = |groups: &BTreeMap<String, T>| -> BTreeMap<String, U> {
        groups.iter().map(|(name, value)| (name.clone(), of(value))).collect()
    };
    groups.iter().map(|(name, groups)| (name.clone(), inner(groups))).collect()
}
