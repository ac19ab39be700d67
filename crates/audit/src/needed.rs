//! What would settle a rule that the data do not decide.

use super::cells::{Estimate, Needed};
use super::interval::{clopper_pearson, normal_quantile, wilson};
use super::numbers::{percent, times};
use super::rate_sample::RateSample;
use super::weigh::Weigh;
use evenmatch_core::numbers::count;

/// What would settle a rule on a rate, if the rate stays as it is: by which factor the trials must
/// grow.
pub(crate) fn needed_for_rate(
    sample: &RateSample,
    limit: f64,
    confidence: f64,
    subjects: u64,
) -> Needed {
    let p = sample.p;
    let z = normal_quantile(confidence);
    let settled = |times: f64| {
        let bounds = if sample.rate.errors() == 0 {
            clopper_pearson(0.0, sample.n_eff * times, confidence)
        } else {
            wilson(p, sample.n_eff * times, z)
        };
        bounds.high <= limit || bounds.low > limit
    };
    let units = match (sample.weigh, sample.behind.pairs) {
        (Weigh::Comparisons, _) => None,
        (Weigh::People, Some(pairs)) => Some((pairs, "pairs of people")),
        (Weigh::People, None) => Some((sample.units as u64, "people with mated pairs")),
    };
    needed(settled, (sample.rate.trials(), units), subjects, || {
        format!("the measured {} is too close to the limit of {}", percent(p), percent(limit))
    })
}

/// The same for a ratio or index with a given standard error.
pub(crate) fn needed_for_ratio(
    estimate: &Estimate,
    limit: f64,
    trials: u64,
    subjects: u64,
) -> Needed {
    let (low, high) = (estimate.low.unwrap_or(0.0), estimate.high.unwrap_or(f64::INFINITY));
    let settled = |times: f64| {
        let shrink = times.sqrt();
        estimate.value + (high - estimate.value) / shrink <= limit
            || estimate.value - (estimate.value - low) / shrink > limit
    };
    needed(settled, (trials, None), subjects, || {
        format!(
            "the measured {} is too close to the limit of {}",
            times(estimate.value),
            times(limit)
        )
    })
}

/// Beyond this factor, more data is considered hopeless.
const HOPELESS: f64 = 1e4;

fn needed(
    settled: impl Fn(f64) -> bool,
    (trials, units): (u64, Option<(u64, &str)>),
    subjects: u64,
    close: impl Fn() -> String,
) -> Needed {
    let (mut low, mut high) = (1.0_f64, 2.0_f64);
    while !settled(high) {
        low = high;
        high *= 2.0;
        if high > HOPELESS {
            let sentence = format!("More data of this kind is unlikely to settle it: {}.", close());
            return Needed { trials: None, subjects: None, sentence };
        }
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if settled(middle) { high = middle } else { low = middle }
    }
    let more = |n: u64| ((high - 1.0) * n as f64).ceil().max(1.0) as u64;
    let (more_trials, more_people) = (more(trials), more(subjects));
    let sentence = match units {
        None => format!(
            "If the rates stay as measured, about {} more trials ({} more people at the present \
             number of trials per person) would settle it.",
            count(more_trials),
            count(more_people)
        ),
        Some((n, what)) => format!(
            "If the rates stay as measured, about {} more {what} ({} more people at the present \
             number of photos per person) would settle it.",
            count(more(n)),
            count(more_people)
        ),
    };
    Needed { trials: Some(more_trials), subjects: Some(more_people), sentence }
}

#[cfg(test)]
mod tests {
    use super::super::rates::Rate;
    use super::*;

    #[test]
    fn what_is_needed_settles_it() {
        let sample = RateSample::independent(Rate::new(0, 100));
        let needed = needed_for_rate(&sample, 0.01, 0.95, 100);
        assert_eq!(needed.trials, Some(199));
        let sample = RateSample::independent(Rate::new(8, 1000));
        let needed = needed_for_rate(&sample, 0.01, 0.95, 500);
        let more = needed.trials.unwrap();
        let z = normal_quantile(0.95);
        assert!(wilson(0.008, (1000 + more) as f64, z).high <= 0.01);
        assert!(wilson(0.008, (990 + more) as f64, z).high > 0.01);
        let sample = RateSample::independent(Rate::new(10, 1000));
        assert_eq!(needed_for_rate(&sample, 0.01, 0.95, 500).trials, None);
    }
}
