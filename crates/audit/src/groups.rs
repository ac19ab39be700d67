//! From counts to the rates of everyone and of each group.

use super::cohort::{Cohort, Family};
use super::interval::{Bounds, IntervalMethod};
use super::permute::Outcome;
use super::rate_sample::{Dependence, Mean, RateSample};
use super::rates::Rate;
use super::resample::{Planes, mask, replicate_rates, scaled};
use super::tally::{FamilyTally, MAX_POINTS, MatedUnit, PairTally, PairUnit};
use super::variance::{DyadMoments, RateVariance, Share, variance, variance_of_people};
use super::weigh::{ONE, Weigh, share, weight};

/// The rates of one set of people at one operating point.
#[derive(Debug, Clone)]
pub(crate) struct GroupRates {
    pub(crate) fmr: RateSample,
    pub(crate) fnmr: RateSample,
    pub(crate) fta: RateSample,
    /// People none of whose photos gave a template; `None` where photos are not known.
    pub(crate) fta_people: Option<RateSample>,
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

    fn paired<'b>(
        &'b self,
        pairs: &'b PairTally,
        group: usize,
    ) -> impl Iterator<Item = &'b PairUnit> + 'b {
        self.members[group].iter().map(|&unit| &pairs.units[unit as usize])
    }

    /// The unit of errors in outcomes.
    pub(crate) fn one(&self) -> u64 {
        self.tally.over_comparisons(self.place).one
    }

    /// Outcomes of false matches, for permutation.
    pub(crate) fn pair_outcomes(&self, group: usize) -> Vec<Outcome> {
        let pairs = self.tally.over_comparisons(self.place);
        let with_trials = self.paired(pairs, group).filter(|u| u.trials > 0);
        with_trials.map(|u| (u.trials, u.errors)).collect()
    }

    /// Outcomes of false non-matches.
    pub(crate) fn mated_outcomes(&self, group: usize) -> Vec<Outcome> {
        let outcome = |u: &MatedUnit| self.outcome(u.errors.map(u64::from), u.trials.into());
        self.mated(group).filter(|u| u.trials > 0).map(outcome).collect()
    }

    /// Outcomes of false rejections over transactions.
    pub(crate) fn transaction_outcomes(&self, group: usize) -> Vec<Outcome> {
        let outcome = |u: &MatedUnit| {
            let failed = u.all_failed();
            self.outcome(u.errors.map(|e| u64::from(e) + failed), u.transactions())
        };
        self.mated(group).filter(|u| u.transactions() > 0).map(outcome).collect()
    }

    fn outcome(&self, errors: [u64; MAX_POINTS], trials: u64) -> Outcome {
        match self.tally.weigh() {
            Weigh::Comparisons => (trials as u32, errors),
            Weigh::People => (1, errors.map(|e| share(e, trials))),
        }
    }

    /// A person's share as it weighs.
    fn weighed(&self, of: Share) -> Share {
        match self.tally.weigh() {
            Weigh::Comparisons => of,
            Weigh::People => whole(of),
        }
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
        let effect =
            |pick: fn(&GroupRates) -> &RateSample| reference.map(|r| pick(r.rates).design_effect());
        let fmr = self.fmr(group, point, effect(|r| &r.fmr));
        let far = self.far(group, point, effect(|r| &r.far));
        let (fta, fta_people) = self.fta(group, effect(|r| &r.fta));
        let fnmr = self.of_people(group, effect(|r| &r.fnmr), |u| Share {
            errors: u.errors[point].into(),
            trials: u.trials.into(),
        });
        let frr = self.of_people(group, effect(|r| &r.frr), |u| Share {
            errors: u64::from(u.errors[point]) + u.all_failed(),
            trials: u.transactions(),
        });
        let mut rates = GroupRates { fmr, fnmr, fta, fta_people, far, frr, with_overall: [0.0; 3] };
        if let Some(reference) = reference {
            rates.with_overall = self.covariances(group, point, &rates, reference);
        }
        rates
    }

    fn fmr(&self, group: usize, point: usize, effect: Option<f64>) -> RateSample {
        let counts = self.tally.pairs[self.place].within(group);
        let pairs = self.tally.over_comparisons(self.place);
        let cell = pairs.within(group);
        let shares = || {
            let shares = self.paired(pairs, group).map(|u| Share {
                errors: u.errors[point],
                trials: u64::from(u.trials) * pairs.one,
            });
            shares.filter(|share| share.trials > 0)
        };
        let boot = pairs.boot.as_ref().map(|boot| &boot[group]);
        let sample = dyadic(
            self.pair_mean(
                Rate::new(counts.errors[point], counts.trials),
                (cell.errors[point], cell.trials),
            ),
            shares,
            &cell.fmr_moments(point, pairs.one),
            effect,
            boot.map(|b| replicate_rates(&b.errors[point], &b.trials, pairs.one)),
        );
        sample.with_people(Some(shares().count() as u64), Some(counts.compared))
    }

    fn far(&self, group: usize, point: usize, effect: Option<f64>) -> RateSample {
        let counts = self.tally.pairs[self.place].within(group);
        let pairs = self.tally.over_transactions(self.place);
        let cell = pairs.within(group);
        let shares = || {
            let shares = self.paired(pairs, group).map(|u| Share {
                errors: u.errors[point],
                trials: (u64::from(u.trials) + u64::from(u.failed)) * pairs.one,
            });
            shares.filter(|share| share.trials > 0)
        };
        let replicates = pairs.boot.as_ref().map(|boot| {
            let mut transactions = boot[group].trials.clone();
            transactions.merge(&boot[group].failed);
            replicate_rates(&boot[group].errors[point], &transactions, pairs.one)
        });
        let sample = dyadic(
            self.pair_mean(
                Rate::new(counts.errors[point], counts.trials + counts.failed),
                (cell.errors[point], cell.trials + cell.failed),
            ),
            shares,
            &cell.far_moments(point, pairs.one),
            effect,
            replicates,
        );
        sample.with_people(Some(shares().count() as u64), Some(counts.dyads))
    }

    /// A rate over pairs: its counts, and the errors and trials that weigh.
    fn pair_mean(&self, counts: Rate, (errors, trials): (u64, u64)) -> Mean {
        match self.tally.weigh() {
            Weigh::Comparisons => Mean::of_trials(counts),
            weigh => {
                let weighed = Rate::new(errors, trials * ONE);
                Mean { counts, weighed, weigh, most: trials as f64 }
            }
        }
    }

    /// Failure to acquire: over photos, and over the people who have any, if photos are known; over
    /// transactions otherwise.
    fn fta(&self, group: usize, effect: Option<f64>) -> (RateSample, Option<RateSample>) {
        if let Some(photos) = &self.tally.photos {
            let units = || self.members[group].iter().map(|&unit| &photos[unit as usize]);
            let shares = || {
                units()
                    .map(|u| Share { errors: u.all_failed(), trials: u.transactions() })
                    .filter(|share| share.trials > 0)
            };
            let people = shares().count() as u64;
            let never = shares().filter(|share| share.errors == share.trials).count() as u64;
            let of_people = RateSample::independent(Rate::new(never, people));
            return (
                clustered(shares, effect, None).with_people(Some(people), None),
                Some(of_people.with_people(Some(people), None)),
            );
        }
        let pairs = &self.tally.pairs[self.place];
        let cell = pairs.within(group);
        let both = || {
            let both = self.paired(pairs, group).zip(self.mated(group));
            let shares = both.map(|(pair, mated)| Share {
                errors: u64::from(pair.failed) + mated.all_failed(),
                trials: u64::from(pair.trials) + u64::from(pair.failed) + mated.transactions(),
            });
            shares.filter(|share| share.trials > 0)
        };
        let failed = cell.failed + self.mated(group).map(MatedUnit::all_failed).sum::<u64>();
        let all =
            cell.trials + cell.failed + self.mated(group).map(MatedUnit::transactions).sum::<u64>();
        let mean = Mean::of_trials(Rate::new(failed, all));
        (dyadic(mean, both, &cell.fta_moments(), effect, None), None)
    }

    /// A rate over mated transactions.
    fn of_people(
        &self,
        group: usize,
        effect: Option<f64>,
        count: impl Fn(&MatedUnit) -> Share + Copy,
    ) -> RateSample {
        let shares = || self.mated(group).map(count).filter(|share| share.trials > 0);
        let replicates = self.boot.then(|| self.mated_replicates(group, count));
        let sample = match self.tally.weigh() {
            Weigh::Comparisons => clustered(shares, effect, replicates),
            Weigh::People => one_per_person(shares, effect, replicates),
        };
        sample.with_people(Some(shares().count() as u64), None)
    }

    fn mated_replicates(&self, group: usize, count: impl Fn(&MatedUnit) -> Share) -> Vec<f64> {
        let (mut errors, mut trials) = (Planes::default(), Planes::default());
        for &unit in &self.members[group] {
            let share = count(&self.tally.mated[unit as usize]);
            if share.trials > 0 {
                let one = self.one();
                let share = self.weighed(share);
                let subject = self.family.subject_of_unit[unit as usize];
                let mask = mask(self.seed, self.cohort.subject_keys[subject as usize]);
                errors.add(&mask, scaled(share.errors, one));
                trials.add(&mask, share.trials / one);
            }
        }
        replicate_rates(&errors, &trials, self.one())
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
        let residual = |share: Share, all: &RateSample| {
            let (errors, trials) = (share.errors as f64, share.trials as f64);
            (errors - all.p * trials) / (1.0 - trials / all.total).max(0.5)
        };
        let pairs = self.tally.over_comparisons(self.place);
        let pairs_all = reference.base.over_comparisons(0);
        for &unit in &self.members[group] {
            let subject = self.family.subject_of_unit[unit as usize] as usize;
            let (pair, pair_all) = (&pairs.units[unit as usize], &pairs_all.units[subject]);
            let of = |u: &PairUnit, all: &RateSample| {
                let trials = u64::from(u.trials) * pairs.one;
                residual(Share { errors: u.errors[point], trials }, all)
            };
            if pair.trials > 0 {
                fmr += of(pair, &own.fmr) * of(pair_all, &all.fmr);
            }
            let (mated, mated_all) =
                (&self.tally.mated[unit as usize], &reference.base.mated[subject]);
            let of = |u: &MatedUnit, all: &RateSample| {
                let share = Share { errors: u.errors[point].into(), trials: u.trials.into() };
                residual(self.weighed(share), all)
            };
            if mated.trials > 0 {
                fnmr += of(mated, &own.fnmr) * of(mated_all, &all.fnmr);
            }
            let of = |u: &MatedUnit, all: &RateSample| {
                let errors = u64::from(u.errors[point]) + u.all_failed();
                residual(self.weighed(Share { errors, trials: u.transactions() }), all)
            };
            if mated.transactions() > 0 {
                frr += of(mated, &own.frr) * of(mated_all, &all.frr);
            }
        }
        let moments = pairs.within(group).fmr_moments(point, pairs.one);
        if own.fmr.rate.trials() > 0 {
            fmr -= moments.residual_product(own.fmr.p, all.fmr.p);
        }
        let scale = |a: &RateSample, b: &RateSample| (a.total * b.total).max(1.0);
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
        let counts = self.tally.pairs[self.place].across(g, h)?;
        let pairs = self.tally.over_comparisons(self.place);
        let cell = pairs.across(g, h)?;
        let mean = self.pair_mean(
            Rate::new(counts.errors[point], counts.trials),
            (cell.errors[point], cell.trials),
        );
        let effect = overall.fmr.design_effect();
        let members = |group: usize| (group, self.members[group].as_slice());
        let estimated = match pairs.cross_shares(members(g), members(h), point) {
            Some(shares) => {
                variance(mean.weighed, shares, Some(&cell.fmr_moments(point, pairs.one)))
            }
            // Too many people to keep their shares: everyone's design effect is used instead.
            None => {
                let p = mean.weighed.p();
                let n_eff = mean.most / effect;
                RateVariance { variance: p * (1.0 - p) / n_eff, carriers: f64::INFINITY }
            }
        };
        let sample = RateSample::dependent(mean, estimated, Dependence::Dyadic, effect, None);
        Some(sample.with_people(None, Some(counts.compared)))
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

/// The same where each person counts once: for the mean of their own rates.
pub fn clustered_interval_of_people(shares: &[Share], confidence: f64) -> Bounds {
    let with_trials = || shares.iter().copied().filter(|share| share.trials > 0);
    one_per_person(with_trials, None, None).bounds(confidence, IntervalMethod::Auto).0
}

/// The automatic interval of a rate over pairs of people: each person's share of the pairs that
/// they are in, and the sums over distinct pairs.
pub fn dyadic_interval(
    rate: Rate,
    shares: &[Share],
    dyads: &DyadMoments,
    confidence: f64,
) -> Bounds {
    let sample = dyadic(Mean::of_trials(rate), || shares.iter().copied(), dyads, None, None);
    sample.bounds(confidence, IntervalMethod::Auto).0
}

/// The same where each pair of people counts once: for the mean of the rates of the pairs. Each
/// distinct pair is given once, as two people (below `people`) and its errors and trials.
pub fn dyadic_interval_of_people(
    pairs: &[(usize, usize, Share)],
    people: usize,
    confidence: f64,
) -> Bounds {
    let mut shares = vec![Share::default(); people];
    let (mut moments, mut counts, mut weighed) = (DyadMoments::default(), [0; 2], [0; 2]);
    for (a, b, of) in pairs.iter().filter(|pair| pair.2.trials > 0) {
        let one = Share { errors: of.errors * weight(of.trials), trials: ONE };
        counts = [counts[0] + of.errors, counts[1] + of.trials];
        weighed = [weighed[0] + one.errors, weighed[1] + ONE];
        let (e, n) = (u128::from(one.errors), u128::from(ONE));
        moments.ee += e * e;
        moments.en += e * n;
        moments.nn += n * n;
        for person in [*a, *b] {
            shares[person].errors += one.errors;
            shares[person].trials += ONE;
        }
    }
    let mean = Mean {
        counts: Rate::new(counts[0], counts[1]),
        weighed: Rate::new(weighed[0], weighed[1]),
        weigh: Weigh::People,
        most: weighed[1] as f64 / ONE as f64,
    };
    let in_pairs = || shares.iter().copied().filter(|share| share.trials > 0);
    dyadic(mean, in_pairs, &moments, None, None).bounds(confidence, IntervalMethod::Auto).0
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
    let mean = Mean::of_trials(rate);
    RateSample::dependent(mean, estimated, Dependence::Clustered, effect, replicates)
}

/// A person's share as that of one trial.
fn whole(of: Share) -> Share {
    Share { errors: share(of.errors, of.trials), trials: ONE }
}

/// The mean of the rates of people, each of whom has a trial.
fn one_per_person<I: Iterator<Item = Share>>(
    shares: impl Fn() -> I,
    design_effect: Option<f64>,
    replicates: Option<Vec<f64>>,
) -> RateSample {
    let (mut counts, mut errors, mut people, mut inverse) = ([0; 2], 0, 0, 0.0);
    for of in shares() {
        counts = [counts[0] + of.errors, counts[1] + of.trials];
        errors += whole(of).errors;
        people += 1;
        inverse += 1.0 / of.trials as f64;
    }
    let n = people as f64;
    let mean = Mean {
        counts: Rate::new(counts[0], counts[1]),
        weighed: Rate::new(errors, people * ONE),
        weigh: Weigh::People,
        // A trial of someone with m weighs 1/m.
        most: if people > 0 { n * n / inverse } else { 0.0 },
    };
    let estimated = variance_of_people(mean.weighed, shares().map(whole));
    // Without another estimate: people do not depend on each other.
    let effect = design_effect.unwrap_or(1.0);
    RateSample::dependent(mean, estimated, Dependence::Clustered, effect, replicates)
}

fn dyadic<I: Iterator<Item = Share>>(
    mean: Mean,
    shares: impl Fn() -> I,
    moments: &DyadMoments,
    design_effect: Option<f64>,
    replicates: Option<Vec<f64>>,
) -> RateSample {
    let estimated = variance(mean.weighed, shares(), Some(moments));
    // Without another estimate: as many independent trials as there are disjoint pairs of people.
    let effect =
        design_effect.unwrap_or_else(|| mean.most / (shares().count() as f64 / 2.0).max(1.0));
    RateSample::dependent(mean, estimated, Dependence::Dyadic, effect, replicates)
}
