//! From tallies to the report's attributes: rates of groups, differentials, cross-cohort cells.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::cells::{Differential, Differentials, ErrorDifferentials, RateCell, Rates};
use super::cohort::Cohort;
use super::compared;
use super::differential::holm;
use super::differential_intervals::{ComparedGroup, GroupComparison, combined, over_overall};
use super::funnel::funnel;
use super::groups::{GroupRates, Grouped, ReferenceGroup};
use super::permute::{Null, NullRates, Outcome};
use super::rate_sample::RateSample;
use super::report::{AttributeReport, CrossCohort, GroupReport};
use super::settings::AuditSettings;
use super::tally::{Cell, FamilyTally};
use evenmatch_core::random::mix;

/// Everyone's rates, by operating point.
pub(crate) fn overall_rates(
    cohort: &Cohort,
    tallies: &[FamilyTally],
    points: usize,
    seed: u64,
) -> Vec<GroupRates> {
    let everyone = Grouped::new(cohort, &cohort.families[0], &tallies[0], 0, seed);
    (0..points).map(|point| everyone.rates(0, point, None)).collect()
}

/// What the attributes are assembled from.
pub(crate) struct Assembly<'a> {
    pub(crate) cohort: &'a Cohort,
    pub(crate) tallies: &'a [FamilyTally],
    pub(crate) settings: &'a AuditSettings,
    pub(crate) overall: &'a [GroupRates],
    pub(crate) boot: bool,
}

/// One attribute with its rates, and its permutations, at every operating point.
pub(crate) struct ViewResult<'a> {
    /// Index into [`Cohort::views`].
    pub(crate) index: usize,
    grouped: Grouped<'a>,
    /// By operating point and group.
    rates: Vec<Vec<GroupRates>>,
    /// Permuted FMR, FNMR and FRR by operating point, on the groups with enough trials.
    nulls: [Vec<Option<NullRates>>; 3],
}

/// The three error types that have differentials.
const ERRORS: [&str; 3] = ["false match rate", "false non-match rate", "false reject rate"];

fn pick(rates: &GroupRates, error: usize) -> &RateSample {
    [&rates.fmr, &rates.fnmr, &rates.frr][error]
}

impl<'a> Assembly<'a> {
    /// Rates and permutations of every attribute, in the order of the views.
    pub(crate) fn views(&self) -> Vec<ViewResult<'a>> {
        let mut results: Vec<ViewResult<'a>> = Vec::with_capacity(self.cohort.views.len());
        for (family, tally) in self.cohort.families.iter().zip(self.tallies) {
            for (place, (index, _)) in family.views.iter().enumerate() {
                let Some(index) = *index else { continue };
                let grouped = Grouped::new(self.cohort, family, tally, place, self.settings.seed);
                results.push(self.view(index, grouped));
            }
        }
        results.sort_by_key(|view| view.index);
        results
    }

    fn view(&self, index: usize, grouped: Grouped<'a>) -> ViewResult<'a> {
        let groups = grouped.members.len();
        let points = self.overall.len();
        let rates: Vec<Vec<GroupRates>> = (0..points)
            .map(|point| {
                let reference =
                    ReferenceGroup { rates: &self.overall[point], base: &self.tallies[0] };
                (0..groups).map(|g| grouped.rates(g, point, Some(&reference))).collect()
            })
            .collect();
        let mut nulls = [const { Vec::new() }; 3];
        let nulls_of: Vec<Option<(Null, Vec<f64>)>> =
            (0..3).map(|error| self.null(&grouped, &rates, error)).collect();
        // One number of permutations for all attributes, since combined measures pair them up.
        let replicates =
            nulls_of.iter().flatten().map(|(null, _)| null.replicates()).min().unwrap_or(0);
        for (error, null) in nulls_of.into_iter().enumerate() {
            nulls[error] = match null {
                Some((null, widen)) => {
                    let name = &self.cohort.views[index].name;
                    let stream = name.bytes().fold(error as u64, |h, b| mix(h ^ u64::from(b)));
                    let drawn = null.rates(replicates, &widen, self.settings.seed, stream);
                    drawn.into_iter().map(Some).collect()
                }
                None => (0..points).map(|_| None).collect(),
            };
        }
        ViewResult { index, grouped, rates, nulls }
    }

    fn enough(&self, sample: &RateSample) -> bool {
        sample.rate.trials() >= self.settings.least_trials.max(1)
    }

    /// The people to permute for an error type, and the factor by which deviations are widened.
    fn null(
        &self,
        grouped: &Grouped<'_>,
        rates: &[Vec<GroupRates>],
        error: usize,
    ) -> Option<(Null, Vec<f64>)> {
        let first = rates.first()?;
        let included: Vec<usize> =
            (0..first.len()).filter(|g| self.enough(pick(&first[*g], error))).collect();
        if included.len() < 2 {
            return None;
        }
        let outcomes = |group: usize| -> Vec<Outcome> {
            match error {
                0 => grouped.pair_outcomes(group),
                1 => grouped.mated_outcomes(group),
                _ => grouped.transaction_outcomes(group),
            }
        };
        let people: Vec<(usize, Outcome)> = included
            .iter()
            .enumerate()
            .flat_map(|(place, &group)| outcomes(group).into_iter().map(move |o| (place, o)))
            .collect();
        let widen = (0..rates.len())
            .map(|point| if error == 0 { widen(grouped, &included, &people, point) } else { 1.0 })
            .collect();
        Some((Null::new(people.into_iter(), included.len(), grouped.one()), widen))
    }

    /// Groups of a view with rates and numbers of people.
    pub(crate) fn named_groups<'b>(
        &'b self,
        view: &'b ViewResult<'_>,
        point: usize,
    ) -> Vec<(&'b str, &'b GroupRates, u64)> {
        let names = &self.cohort.views[view.index];
        names
            .groups
            .iter()
            .zip(&view.rates[point])
            .zip(&names.subjects)
            .map(|((name, rates), subjects)| (name.as_str(), rates, *subjects))
            .collect()
    }

    /// Rates as the report prints them.
    pub(crate) fn rates(&self, rates: &GroupRates) -> Rates {
        let cell = |sample: &RateSample| self.cell(sample);
        Rates {
            fmr: cell(&rates.fmr),
            fnmr: cell(&rates.fnmr),
            fta: cell(&rates.fta),
            fta_people: rates.fta_people.as_ref().map(cell),
            far: cell(&rates.far),
            frr: cell(&rates.frr),
        }
    }

    fn cell(&self, sample: &RateSample) -> RateCell {
        let settings = self.settings;
        sample.cell(settings.confidence, settings.interval, settings.least_trials)
    }

    /// All attributes at an operating point, with p-values adjusted within each error type.
    pub(crate) fn attributes(
        &self,
        views: &[ViewResult<'_>],
        point: usize,
    ) -> BTreeMap<String, AttributeReport> {
        let mut reports: Vec<(String, AttributeReport)> = views
            .iter()
            .map(|view| (self.cohort.views[view.index].name.clone(), self.attribute(view, point)))
            .collect();
        type Pick = fn(&mut Differentials) -> Vec<&mut Differential>;
        let kinds: [Pick; 4] = [
            |d| all(&mut d.fmr),
            |d| all(&mut d.fnmr),
            |d| all(&mut d.frr),
            |d| d.combined.values_mut().collect(),
        ];
        for kind in kinds {
            let mut tests: Vec<&mut Differential> =
                reports.iter_mut().flat_map(|(_, r)| kind(&mut r.differentials)).collect();
            let adjusted = holm(&tests.iter().map(|t| t.p_value).collect::<Vec<_>>());
            tests.iter_mut().zip(adjusted).for_each(|(test, p)| test.p_holm = p);
        }
        for (name, report) in &mut reports {
            report.sentence = compared::attribute(name, report);
        }
        reports.into_iter().collect()
    }

    fn attribute(&self, view: &ViewResult<'_>, point: usize) -> AttributeReport {
        let settings = self.settings;
        let names = &self.cohort.views[view.index];
        let overall = &self.overall[point];
        let rates = &view.rates[point];
        let shape = (settings.confidence, settings.interval, settings.least_trials);
        let mut groups = BTreeMap::new();
        for (g, name) in names.groups.iter().enumerate() {
            let own = &rates[g];
            let over = |error: usize| {
                over_overall(
                    pick(own, error),
                    pick(overall, error),
                    own.with_overall[error],
                    settings.confidence,
                    settings.least_trials,
                )
            };
            groups.insert(
                name.clone(),
                GroupReport {
                    rates: self.rates(own),
                    fmr_over_overall: over(0),
                    fnmr_over_overall: over(1),
                    funnel: funnel(&view.grouped, g, point, own, shape),
                    subjects: names.subjects[g],
                },
            );
        }
        let fields: Vec<GroupComparison<'_>> =
            (0..3).map(|error| self.field(view, point, error)).collect();
        let combined = combined(&fields[0], &fields[1]);
        let value = |name: &str| combined.get(name).map(|d: &Differential| d.value);
        AttributeReport {
            groups,
            differentials: Differentials {
                fmr: fields[0].differentials(),
                fnmr: fields[1].differentials(),
                frr: fields[2].differentials(),
                garbe: value("garbe"),
                inequity_rate: value("inequity_rate"),
                fdr: value("fdr"),
                combined,
            },
            cross_cohort: self.cross(view, point),
            sentence: String::new(),
        }
    }

    fn field<'b>(
        &'b self,
        view: &'b ViewResult<'_>,
        point: usize,
        error: usize,
    ) -> GroupComparison<'b> {
        let names = &self.cohort.views[view.index].groups;
        let groups = names
            .iter()
            .zip(&view.rates[point])
            .filter(|(_, rates)| self.enough(pick(rates, error)))
            .map(|(name, rates)| ComparedGroup {
                name,
                sample: pick(rates, error),
                with_overall: rates.with_overall[error],
            })
            .collect();
        GroupComparison {
            error: ERRORS[error],
            groups,
            overall: pick(&self.overall[point], error),
            null: view.nulls[error].get(point).and_then(Option::as_ref),
            confidence: self.settings.confidence,
            boot: self.boot,
            floors: OnceCell::new(),
        }
    }

    fn cross(&self, view: &ViewResult<'_>, point: usize) -> CrossCohort {
        let names = &self.cohort.views[view.index].groups;
        let groups = names.len();
        if groups > 1 && !view.grouped.counts_across() {
            return CrossCohort { groups: Vec::new(), fmr: Vec::new() };
        }
        let cell = |g: usize, h: usize| {
            let sample = if g == h {
                view.rates[point][g].fmr.clone()
            } else {
                view.grouped.cross(g, h, point, &self.overall[point])?
            };
            (sample.rate.trials() > 0).then(|| self.cell(&sample))
        };
        let upper: BTreeMap<(usize, usize), Option<RateCell>> = (0..groups)
            .flat_map(|g| (g..groups).map(move |h| (g, h)))
            .map(|(g, h)| ((g, h), cell(g, h)))
            .collect();
        let at = |g: usize, h: usize| upper.get(&(g.min(h), g.max(h))).cloned().flatten();
        let fmr = (0..groups).map(|g| (0..groups).map(|h| at(g, h)).collect()).collect();
        CrossCohort { groups: names.clone(), fmr }
    }
}

fn all(differentials: &mut ErrorDifferentials) -> Vec<&mut Differential> {
    [
        &mut differentials.max_minus_min,
        &mut differentials.max_over_min,
        &mut differentials.max_over_geomean,
        &mut differentials.worst_over_overall,
        &mut differentials.gini,
    ]
    .into_iter()
    .filter_map(Option::as_mut)
    .collect()
}

/// `√(V_dyadic / V_permuted)` of the pooled within-cohort rate: a permuted person carries half of
/// each of their pairs, so `V_permuted = ¼ Σ r_i² / N²`.
fn widen(
    grouped: &Grouped<'_>,
    included: &[usize],
    people: &[(usize, Outcome)],
    point: usize,
) -> f64 {
    let pairs = grouped.tally.over_comparisons(grouped.place);
    let one = pairs.one as f64;
    let cells = || included.iter().map(|&g| pairs.within(g));
    let errors: u64 = cells().map(|cell| cell.errors[point]).sum();
    let trials: u64 = cells().map(|cell| cell.trials).sum();
    let p = errors as f64 / (trials as f64 * one);
    let residual = |(n, e): &Outcome| e[point] as f64 - p * f64::from(*n) * one;
    let squares: f64 = people.iter().map(|(_, outcome)| residual(outcome).powi(2)).sum();
    let products = |cell: &Cell| cell.fmr_moments(point, pairs.one).residual_product(p, p);
    let doubled: f64 = cells().map(products).sum();
    let widen = (4.0 * (squares - doubled) / squares).sqrt();
    if widen.is_finite() { widen.clamp(1.0, 2.0) } else { 2.0 }
}
