//! The funnel of acquisition: of all samples of a set, how many gave no template, and why.
//!
//! With one sample per person there are no mated pairs, yet people are still turned away; so this
//! counts samples, not comparisons.

use std::collections::BTreeMap;

use super::all_pairs::AllPairs;
use super::cells::{Funnel, FunnelStage};
use super::cohort::{Cohort, Family};
use super::groups::clustered;
use super::rate_sample::RateSample;
use super::rates::Rate;
use super::report::AcquisitionReport;
use super::settings::AuditSettings;
use super::tally::{ATTEMPTS, MatedUnit, STAGES};
use super::variance::Share;

/// The acquisition funnel of everyone and of each group.
pub(crate) fn acquisition(
    pairs: &AllPairs,
    cohort: &Cohort,
    settings: &AuditSettings,
) -> AcquisitionReport {
    let mut overall = None;
    let mut attributes = BTreeMap::new();
    for family in &cohort.families {
        let units = units(pairs, family);
        for (index, groups) in &family.views {
            let count = index.map_or(1, |index| cohort.views[index].groups.len());
            let mut members: Vec<Vec<&MatedUnit>> = vec![Vec::new(); count];
            for (group, unit) in groups.iter().zip(&units) {
                if let Some(members) = members.get_mut(usize::from(*group)) {
                    members.push(unit);
                }
            }
            let mut funnels = members.iter().map(|members| funnel(members, settings));
            match index {
                None => overall = funnels.next(),
                Some(index) => {
                    let view = &cohort.views[*index];
                    let groups = view.groups.iter().cloned().zip(funnels).collect();
                    attributes.insert(view.name.clone(), groups);
                }
            }
        }
    }
    let overall = overall.unwrap_or_else(|| funnel(&[], settings));
    AcquisitionReport { overall, attributes }
}

/// Samples per unit, each treated as one transaction.
pub(crate) fn units(pairs: &AllPairs, family: &Family) -> Vec<MatedUnit> {
    let mut units = vec![MatedUnit::default(); family.units];
    for sample in pairs.samples() {
        let unit = &mut units[family.unit_of_persona[sample.persona as usize] as usize];
        match sample.lost_at {
            Some(stage) => unit.failed[stage] += 1,
            None => unit.trials += 1,
        }
        if sample.attempt > 0 {
            unit.found[usize::from(sample.attempt - 1).min(ATTEMPTS - 1)] += 1;
        }
    }
    units
}

fn funnel(units: &[&MatedUnit], settings: &AuditSettings) -> Funnel {
    let rate = |count: &dyn Fn(&MatedUnit) -> Share| {
        let shares = || units.iter().map(|unit| count(unit)).filter(|share| share.trials > 0);
        clustered(shares, None, None)
    };
    let cell = |sample: &RateSample| {
        sample.cell(settings.confidence, settings.interval, settings.least_trials)
    };
    let stages = (0..STAGES.len())
        .map(|place| {
            let before = |unit: &MatedUnit| -> u64 {
                unit.failed[..place].iter().map(|n| u64::from(*n)).sum()
            };
            let lost = rate(&|unit| Share {
                errors: unit.failed[place].into(),
                trials: unit.transactions() - before(unit),
            });
            FunnelStage {
                stage: STAGES[place].name().to_owned(),
                entered: lost.rate.trials(),
                lost: cell(&lost),
            }
        })
        .collect();
    let denied = rate(&|unit| Share { errors: unit.all_failed(), trials: unit.transactions() });
    let mut found = [0_u64; ATTEMPTS];
    let (mut people, mut always) = (0, 0);
    for unit in units.iter().filter(|unit| unit.transactions() > 0) {
        found.iter_mut().zip(unit.found).for_each(|(sum, n)| *sum += u64::from(n));
        people += 1;
        always += u64::from(unit.trials == 0);
    }
    let last = found.iter().rposition(|n| *n > 0).map_or(0, |i| i + 1);
    Funnel {
        transactions: denied.rate.trials(),
        stages,
        found_at_attempt: found[..last].to_vec(),
        denied: cell(&denied),
        denied_always: cell(&RateSample::independent(Rate::new(always, people))),
    }
}
