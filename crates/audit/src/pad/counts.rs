//! Errors and trials of presentations, by person.

use std::collections::BTreeMap;

use super::presentations::Presentation;
use crate::groups::clustered;
use crate::rate_sample::RateSample;
use crate::rates::Rate;
use crate::variance::Share;

/// Errors and trials by person, and those of presentations that do not name anyone.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    people: BTreeMap<u32, Share>,
    nobody: Share,
}

impl Counts {
    /// Counts the presentations that are trials.
    pub(super) fn of<'a>(
        presentations: impl Iterator<Item = &'a Presentation>,
        trial: impl Fn(&Presentation) -> bool,
        error: impl Fn(&Presentation) -> bool,
    ) -> Self {
        let mut counts = Counts::default();
        for presentation in presentations.filter(|p| trial(p)) {
            let share = match presentation.person {
                Some(person) => counts.people.entry(person).or_default(),
                None => &mut counts.nobody,
            };
            share.trials += 1;
            share.errors += u64::from(error(presentation));
        }
        counts
    }

    fn shares(&self) -> impl Iterator<Item = Share> + '_ {
        let nobody = (0..self.nobody.trials)
            .map(|n| Share { errors: u64::from(n < self.nobody.errors), trials: 1 });
        self.people.values().copied().chain(nobody)
    }

    /// Whether anyone presented more than once.
    fn repeats(&self) -> bool {
        self.people.values().any(|share| share.trials > 1)
    }

    /// The rate. If people presented more than once, their presentations are not independent
    /// trials; with too few errors to estimate the dependence, the `design_effect` of a larger set
    /// is used, or, failing that, the assumption that all presentations of one person have the same
    /// result.
    pub(super) fn sample(&self, design_effect: Option<f64>) -> RateSample {
        if self.repeats() {
            return clustered(|| self.shares(), design_effect, None);
        }
        let sum = |pick: fn(&Share) -> u64| self.shares().map(|share| pick(&share)).sum();
        RateSample::independent(Rate::new(sum(|share| share.errors), sum(|share| share.trials)))
    }

    /// The covariance of this part's rate with everyone's: sums of products of residuals over the
    /// part's people. Each residual has a leverage if the variance of its rate has one; otherwise
    /// the part would seem to follow everyone more closely than it does.
    pub(super) fn covariance(&self, own: &RateSample, all: &Counts, everyone: &RateSample) -> f64 {
        let (own_repeats, all_repeat) = (self.repeats(), all.repeats());
        let residual = |share: Share, of: &RateSample, repeats: bool| {
            let (errors, trials) = (share.errors as f64, share.trials as f64);
            let (n, p) = (of.rate.trials() as f64, of.rate.p());
            let lever = if repeats { (1.0 - trials / n).max(0.5) } else { 1.0 };
            (errors - p * trials) / lever
        };
        let product = |share: Share, whole: Share| {
            residual(share, own, own_repeats) * residual(whole, everyone, all_repeat)
        };
        let mut sum = 0.0;
        for (person, share) in &self.people {
            if let Some(whole) = all.people.get(person) {
                sum += product(*share, *whole);
            }
        }
        for errors in [0, 1] {
            let n = if errors == 1 {
                self.nobody.errors
            } else {
                self.nobody.trials - self.nobody.errors
            };
            let one = Share { errors, trials: 1 };
            if n > 0 {
                sum += n as f64 * product(one, one);
            }
        }
        sum / (own.rate.trials() as f64 * everyone.rate.trials() as f64).max(1.0)
    }
}
