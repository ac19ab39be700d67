//! The funnel: at which stage the people of a group are turned away.

use super::cells::{Funnel, FunnelStage};
use super::groups::{GroupRates, Grouped};
use super::interval::IntervalMethod;
use super::rate_sample::RateSample;
use super::rates::Rate;
use super::tally::{ATTEMPTS, MatedUnit, STAGES};
use super::variance::Share;

/// The funnel of a group's mated transactions at an operating point.
pub(crate) fn funnel(
    grouped: &Grouped<'_>,
    group: usize,
    point: usize,
    rates: &GroupRates,
    (confidence, method, least): (f64, IntervalMethod, u64),
) -> Funnel {
    let cell = |sample: &RateSample| sample.cell(confidence, method, least);
    let entered = |unit: &MatedUnit, place: usize| -> u64 {
        unit.transactions() - unit.failed[..place].iter().map(|n| u64::from(*n)).sum::<u64>()
    };
    let mut stages: Vec<FunnelStage> = (0..STAGES.len())
        .map(|place| {
            let lost = grouped.clustered(
                group,
                |unit| Share { errors: unit.failed[place].into(), trials: entered(unit, place) },
                None,
            );
            FunnelStage {
                stage: STAGES[place].name().to_owned(),
                entered: lost.rate.trials(),
                lost: cell(&lost),
            }
        })
        .collect();
    stages.push(FunnelStage {
        stage: "compare".to_owned(),
        entered: rates.fnmr.rate.trials(),
        lost: cell(&rates.fnmr),
    });
    let mut found = [0_u64; ATTEMPTS];
    let (mut people, mut always) = (0, 0);
    for &unit in &grouped.members[group] {
        let unit = &grouped.tally.mated[unit as usize];
        found.iter_mut().zip(unit.found).for_each(|(sum, n)| *sum += u64::from(n));
        if unit.transactions() > 0 {
            people += 1;
            let denied = u64::from(unit.errors[point]) + unit.all_failed();
            always += u64::from(denied == unit.transactions());
        }
    }
    let last = found.iter().rposition(|n| *n > 0).map_or(0, |i| i + 1);
    Funnel {
        transactions: rates.frr.rate.trials(),
        stages,
        found_at_attempt: found[..last].to_vec(),
        denied: cell(&rates.frr),
        denied_always: cell(&RateSample::independent(Rate::new(always, people))),
    }
}
