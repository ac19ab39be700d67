//! From counts to the rates of everyone and of each group.

use super::cohort::{Cohort, Family};
use super::interval::{Bounds, IntervalMethod};
use super::permute::Outcome;
use super::rate_sample::{Dependence, RateSample};
use super::rates::Rate;
use super::resample::{Planes, mask, replicate_rates};
use super::tally::{FamilyTally, MatedUnit, PairUnit};
use super::variance::{DyadMoments, RateVariance, Share, variance};

/// The rates of one set of people at one operating point.
#[derive(Debug, Clone)]
pub(crate) struct GroupRates {
    pub(crate) fmr: RateSample,
    pub(crate) fnmr: RateSample,
    pub(crate) fta: RateSample,
    pub(crate) far: RateSample,
    pub(crate) frr: RateSample,
    /// Covariances of FMR, FNMR and FRR with everyone's.
    pub(crate) with_overall: [f64; 3],
}

/// Everyone's rates, with which a group's are compared.
pub(crate) struct ReferenceGroup<'a> {
    pub(crate) rates: &'a GroupRates,
    pub(crate) base: &'a FamilyTally,
}

/// A view's counts, with its units sorted by group.
pub(crate) struct Grouped<'a> {
    pub(crate) family: &'a Family,
    pub(crate) tally: &'a FamilyTally,
    /// Position of the view in its family.
    pub(crate) place: usize,
    /// Units of each group, ascending.
    pub(crate) members: Vec<Vec<u32>>,
    seed: u64,
    cohort: &'a Cohort,
    boot: bool,
}

impl<'a> Grouped<'a> {
    pub(crate) fn new(
        cohort: &'a Cohort,
        family: &'a Family,
        tally: &'a FamilyTally,
        place: usize,
        seed: u64,
    ) -> Self {
        let pairs = &tally.pairs[place];
        let mut members = vec![Vec::new(); pairs.groups];
        for (unit, group) in family.views[place].1.iter().enumerate() {
            if let Some(members) = members.get_mut(usize::from(*group)) {
                members.push(unit as u32);
            }
        }
        Grouped { family, tally, place, members, seed, cohort, boot: pairs.boot.is_some() }
    }

    fn mated(&self, group: usize) -> impl Iterator<Item = &'a MatedUnit> + '_ {
        self.members[group].iter().map(|&unit| &self.tally.mated[unit as usize])
    }

    fn paired(&self, group: usize) -> impl Iterator<Item = &'a PairUnit> + '_ {
        let units = &self.tally.pairs[self.place].units;
        self.members[group].iter().map(move |&unit| &units[unit as usize])
    }

    /// Outcomes of false matches, for permutation.
    pub(crate) fn pair_outcomes(&self, group: usize) -> impl Iterator<Item = Outcome> + '_ {
        self.paired(group).filter(|u| u.trials > 0).map(|u| (u.trials, u.errors))
    }

    /// Outcomes of false non-matches.
    pub(crate) fn mated_outcomes(&self, group: usize) -> impl Iterator<Item = Outcome> + '_ {
        self.mated(group).filter(|u| u.trials > 0).map(|u| (u.trials, u.errors))
    }

    /// Outcomes of false rejections over transactions.
    pub(crate) fn transaction_outcomes(&self, group: usize) -> impl Iterator<Item = Outcome> + '_ {
        self.mated(group).filter(|u| u.transactions() > 0).map(|u| {
            let failed = u.all_failed() as u32;
            (u.trials + failed, u.errors.map(|e| e + failed))
        })
    }

    /// Rates of mated transactions by any count, clustered by person.
    pub(crate) fn clustered(
        &self,
        group: usize,
        count: impl Fn(&MatedUnit) -> Share + Copy,
        design_effect: Option<f64>,
    ) -> RateSample {
        let shares = || self.mated(group).map(count).filter(|share| share.trials > 0);
        clustered(shares, design_effect, None)
    }

    /// The rates of a group at an operating point.
    pub(crate) fn rates(
        &self,
        group: usize,
        point: usize,
        reference: Option<&ReferenceGroup<'_>>,
    ) -> GroupRates {
        let pairs = &self.tally.pairs[self.place];
        let cell = pairs.within(group);
        let effect =
            |pick: fn(&GroupRates) -> &RateSample| reference.map(|r| pick(r.rates).design_effect());
        let boot = pairs.boot.as_ref().map(|boot| &boot[group]);
        let paired = |count: fn(&PairUnit, usize) -> Share| {
            self.paired(group).map(move |u| count(u, point)).filter(|share| share.trials > 0)
        };
        let fmr = dyadic(
            Rate::new(cell.errors[point], cell.trials),
            || paired(|u, point| Share { errors: u.errors[point].into(), trials: u.trials.into() }),
            &cell.fmr_moments(point),
            effect(|r| &r.fmr),
            boot.map(|b| replicate_rates(&b.errors[point], &b.trials)),
        );
        let transactions = boot.map(|b| {
            let mut sum = b.trials.clone();
            sum.merge(&b.failed);
            sum
        });
        let far = dyadic(
            Rate::new(cell.errors[point], cell.trials + cell.failed),
            || {
                paired(|u, point| Share {
                    errors: u.errors[point].into(),
                    trials: u64::from(u.trials) + u64::from(u.failed),
                })
            },
            &cell.far_moments(point),
            effect(|r| &r.far),
            boot.zip(transactions).map(|(b, all)| replicate_rates(&b.errors[point], &all)),
        );
        let both = || {
            self.paired(group).zip(self.mated(group)).map(|(pair, mated)| Share {
                errors: u64::from(pair.failed) + mated.all_failed(),
                trials: u64::from(pair.trials) + u64::from(pair.failed) + mated.transactions(),
            })
        };
        let failed = cell.failed + self.mated(group).map(MatedUnit::all_failed).sum::<u64>();
        let all =
            cell.trials + cell.failed + self.mated(group).map(MatedUnit::transactions).sum::<u64>();
        let fta = dyadic(
            Rate::new(failed, all),
            || both().filter(|share| share.trials > 0),
            &cell.fta_moments(),
            effect(|r| &r.fta),
            None,
        );
        let fnmr_share =
            |u: &MatedUnit| Share { errors: u.errors[point].into(), trials: u.trials.into() };
        let frr_share = |u: &MatedUnit| Share {
            errors: u64::from(u.errors[point]) + u.all_failed(),
            trials: u.transactions(),
        };
        let mated = |count: fn(&MatedUnit, usize) -> Share| {
            move || self.mated(group).map(move |u| count(u, point)).filter(|s| s.trials > 0)
        };
        let fnmr = clustered(
            mated(|u, point| Share { errors: u.errors[point].into(), trials: u.trials.into() }),
            effect(|r| &r.fnmr),
            self.boot.then(|| self.mated_replicates(group, fnmr_share)),
        );
        let frr = clustered(
            mated(|u, point| Share {
                errors: u64::from(u.errors[point]) + u.all_failed(),
                trials: u.transactions(),
            }),
            effect(|r| &r.frr),
            self.boot.then(|| self.mated_replicates(group, frr_share)),
        );
        let mut rates = GroupRates { fmr, fnmr, fta, far, frr, with_overall: [0.0; 3] };
        if let Some(reference) = reference {
            rates.with_overall = self.covariances(group, point, &rates, reference);
        }
        rates
    }

    fn mated_replicates(&self, group: usize, count: impl Fn(&MatedUnit) -> Share) -> Vec<f64> {
        let (mut errors, mut trials) = (Planes::default(), Planes::default());
        for &unit in &self.members[group] {
            let share = count(&self.tally.mated[unit as usize]);
            if share.trials > 0 {
                let subject = self.family.subject_of_unit[unit as usize];
                let mask = mask(self.seed, self.cohort.subject_keys[subject as usize]);
                errors.add(&mask, share.errors);
                trials.add(&mask, share.trials);
            }
        }
        replicate_rates(&errors, &trials)
    }

    /// Covariances of the group's FMR, FNMR and FRR with everyone's: sums over the group's people
    /// of products of residuals; for pairs, minus the products counted twice.
    fn covariances(
        &self,
        group: usize,
        point: usize,
        own: &GroupRates,
        reference: &ReferenceGroup<'_>,
    ) -> [f64; 3] {
        let all = reference.rates;
        let (mut fmr, mut fnmr, mut frr) = (0.0, 0.0, 0.0);
        // With the same leverages as the variances; otherwise a group would seem to vary
        // independently of everyone.
        let residual = |errors: u64, trials: u64, all: &RateSample| {
            let (n, p) = (all.rate.trials() as f64, all.rate.p());
            (errors as f64 - p * trials as f64) / (1.0 - trials as f64 / n).max(0.5)
        };
        for &unit in &self.members[group] {
            let subject = self.family.subject_of_unit[unit as usize] as usize;
            let (pair, pair_all) = (
                &self.tally.pairs[self.place].units[unit as usize],
                &reference.base.pairs[0].units[subject],
            );
            let of = |u: &PairUnit, all: &RateSample| {
                residual(u.errors[point].into(), u.trials.into(), all)
            };
            if pair.trials > 0 {
                fmr += of(pair, &own.fmr) * of(pair_all, &all.fmr);
            }
            let (mated, mated_all) =
                (&self.tally.mated[unit as usize], &reference.base.mated[subject]);
            let of = |u: &MatedUnit, all: &RateSample| {
                residual(u.errors[point].into(), u.trials.into(), all)
            };
            if mated.trials > 0 {
                fnmr += of(mated, &own.fnmr) * of(mated_all, &all.fnmr);
            }
            let of = |u: &MatedUnit, all: &RateSample| {
                residual(u64::from(u.errors[point]) + u.all_failed(), u.transactions(), all)
            };
            if mated.transactions() > 0 {
                frr += of(mated, &own.frr) * of(mated_all, &all.frr);
            }
        }
        let moments = self.tally.pairs[self.place].within(group).fmr_moments(point);
        if own.fmr.rate.trials() > 0 {
            fmr -= moments.residual_product(own.fmr.rate.p(), all.fmr.rate.p());
        }
        let scale = |a: &RateSample, b: &RateSample| {
            (a.rate.trials() as f64 * b.rate.trials() as f64).max(1.0)
        };
        [
            fmr / scale(&own.fmr, &all.fmr),
            fnmr / scale(&own.fnmr, &all.fnmr),
            frr / scale(&own.frr, &all.frr),
        ]
    }

    /// The false match rate between two different groups; `None` if it is not counted.
    pub(crate) fn cross(
        &self,
        g: usize,
        h: usize,
        point: usize,
        overall: &GroupRates,
    ) -> Option<RateSample> {
        let pairs = &self.tally.pairs[self.place];
        let cell = pairs.across(g, h)?;
        let rate = Rate::new(cell.errors[point], cell.trials);
        let effect = overall.fmr.design_effect();
        let members = |group: usize| (group, self.members[group].as_slice());
        let Some(shares) = pairs.cross_shares(members(g), members(h), point) else {
            // Too many people to keep their shares: everyone's design effect is used instead.
            let p = rate.p();
            let n_eff = rate.trials() as f64 / effect;
            let known = RateVariance { variance: p * (1.0 - p) / n_eff, carriers: f64::INFINITY };
            return Some(RateSample::dependent(rate, known, Dependence::Dyadic, effect, None));
        };
        let estimated = variance(rate, shares, Some(&cell.fmr_moments(point)));
        Some(RateSample::dependent(rate, estimated, Dependence::Dyadic, effect, None))
    }

    /// Whether rates across groups are counted.
    pub(crate) fn counts_across(&self) -> bool {
        self.tally.pairs[self.place].counts_across()
    }
}

/// The automatic interval of a rate whose trials are clustered by person: one share per person.
pub fn clustered_interval(shares: &[Share], confidence: f64) -> Bounds {
    clustered(|| shares.iter().copied(), None, None).bounds(confidence, IntervalMethod::Auto).0
}

/// The automatic interval of a rate over pairs of people: each person's share of the pairs that
/// they are in, and the sums over distinct pairs.
pub fn dyadic_interval(
    rate: Rate,
    shares: &[Share],
    dyads: &DyadMoments,
    confidence: f64,
) -> Bounds {
    let sample = dyadic(rate, || shares.iter().copied(), dyads, None, None);
    sample.bounds(confidence, IntervalMethod::Auto).0
}

pub(super) fn clustered<I: Iterator<Item = Share>>(
    shares: impl Fn() -> I,
    design_effect: Option<f64>,
    replicates: Option<Vec<f64>>,
) -> RateSample {
    let (mut errors, mut trials, mut squares) = (0, 0, 0.0);
    for share in shares() {
        errors += share.errors;
        trials += share.trials;
        squares += (share.trials as f64).powi(2);
    }
    let rate = Rate::new(errors, trials);
    let estimated = variance(rate, shares(), None);
    // Without another estimate: as if all trials of one person had the same result.
    let effect = design_effect.unwrap_or(squares / (trials as f64).max(1.0));
    RateSample::dependent(rate, estimated, Dependence::Clustered, effect, replicates)
}

fn dyadic<I: Iterator<Item = Share>>(
    rate: Rate,
    shares: impl Fn() -> I,
    moments: &DyadMoments,
    design_effect: Option<f64>,
    replicates: Option<Vec<f64>>,
) -> RateSample {
    let estimated = variance(rate, shares(), Some(moments));
    // Without another estimate: as many independent trials as there are disjoint pairs of people.
    let effect = design_effect
        .unwrap_or_else(|| rate.trials() as f64 / (shares().count() as f64 / 2.0).max(1.0));
    RateSample::dependent(rate, estimated, Dependence::Dyadic, effect, replicates)
}
