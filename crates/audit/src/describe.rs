//! What was audited, in numbers and words: the people, the rows, the shape of the pairs, and what is
//! odd about them.

use std::collections::BTreeMap;

use super::cohort::Cohort;
use super::intake::{FirstPass, Intake};
use super::interval::IntervalMethod;
use super::prose;
use super::report::{AttributeDescription, BasisKind, DataDescription, PairDesign, ThresholdBasis};
use super::rules::{RuleInterval, RuleMeasure};
use super::settings::AuditSettings;
use super::tally::FamilyTally;
use crate::records::RecordWarning;
use evenmatch_core::numbers::count;

/// Whether most people were compared with many others.
fn dense(nonmated: u64, people: usize) -> bool {
    let people = people as f64;
    let degree = 2.0 * nonmated as f64 / people.max(1.0);
    degree >= 10.0 && degree / (people - 1.0).max(1.0) >= 0.05
}

pub(crate) fn wants_bootstrap(settings: &AuditSettings, seen: &FirstPass, people: usize) -> bool {
    let asked = settings.interval == IntervalMethod::Bootstrap;
    let by_rule = settings
        .rules
        .iter()
        .any(|pack| pack.rules.iter().any(|rule| rule.interval == RuleInterval::Bootstrap));
    asked || by_rule || dense(seen.nonmated, people)
}

pub(crate) fn design(cohort: &Cohort, tallies: &[FamilyTally], seen: &FirstPass) -> PairDesign {
    let people = cohort.subject_keys.len() as f64;
    let dyads = tallies[0].pairs[0].dyads as f64;
    let in_pairs =
        tallies[0].pairs[0].units.iter().filter(|u| u.trials + u.failed > 0).count() as f64;
    let mean_degree = if in_pairs > 0.0 { 2.0 * dyads / in_pairs } else { 0.0 };
    let density = if people > 1.0 { 2.0 * dyads / (people * (people - 1.0)) } else { 0.0 };
    let with_mated = tallies[0].mated.iter().filter(|u| u.transactions() > 0).count() as f64;
    let mated_per_subject = if with_mated > 0.0 { seen.mated as f64 / with_mated } else { 0.0 };
    let (name, sentence) = if dyads == 0.0 {
        ("none", "There are no non-mated pairs.")
    } else if dense(seen.nonmated, cohort.subject_keys.len()) {
        (
            "dense all-pairs",
            "People are compared with many others, so pairs are far from independent: rates have \
             Wilson intervals on a dyadic effective sample size, and standard errors of \
             differentials come from a subject bootstrap.",
        )
    } else if mean_degree <= 3.0 {
        (
            "sparse list",
            "Most people are in few pairs, so a subject bootstrap would inflate the variance: \
             rates have Wilson intervals on a dyadic effective sample size, and differentials use \
             the delta method.",
        )
    } else {
        (
            "intermediate",
            "People share pairs, so rates have Wilson intervals on a dyadic effective sample size, \
             and differentials use the delta method.",
        )
    };
    PairDesign {
        name: name.to_owned(),
        mean_degree,
        density,
        mated_per_subject,
        sentence: sentence.to_owned(),
    }
}

pub(crate) fn describe(
    intake: &Intake,
    cohort: &Cohort,
    tallies: &[FamilyTally],
    (seen, measured): (&FirstPass, &[String]),
    design: PairDesign,
) -> DataDescription {
    let mut failures = BTreeMap::new();
    for (failure, n) in intake.names.failures.iter().zip(&seen.failures).filter(|f| *f.1 > 0) {
        *failures.entry(failure.name.clone()).or_default() += n;
    }
    let attributes = cohort
        .views
        .iter()
        .zip(&seen.unlabelled)
        .map(|(view, unlabelled)| AttributeDescription {
            name: view.name.clone(),
            level: if view.per_sample { "sample" } else { "label" }.to_owned(),
            subjects: view.groups.iter().cloned().zip(view.subjects.iter().copied()).collect(),
            unlabelled: *unlabelled,
            source: view
                .name
                .split('×')
                .any(|part| measured.iter().any(|name| name == part))
                .then(|| "measured from the image".to_owned()),
            caution: prose::caution(&view.name),
        })
        .collect();
    DataDescription {
        records: intake.records.max(seen.reported),
        reported: seen.reported,
        mated: seen.mated,
        nonmated: seen.nonmated,
        attacks: seen.attacks,
        subjects: intake.names.subjects.names().filter(|name| !name.is_empty()).count() as u64,
        dyads: tallies[0].pairs[0].dyads,
        failures,
        attributes,
        design,
    }
}

pub(crate) fn warnings(
    intake: &Intake,
    cohort: &Cohort,
    data: &DataDescription,
    basis: &ThresholdBasis,
    settings: &AuditSettings,
) -> Vec<RecordWarning> {
    let mut all = intake.summary.warnings.clone();
    // Oddities in a column that is not used do not matter.
    let unused = |name: &String| cohort.left_out.iter().any(|column| column.name == *name);
    all.retain(|warning| !warning.attribute.as_ref().is_some_and(unused));
    all.extend(cohort.warnings());
    let mut warn = |code: &str, message: String, n: u64| {
        all.push(RecordWarning {
            code: code.to_owned(),
            message,
            count: n,
            lines: Vec::new(),
            attribute: None,
        });
    };
    if basis.kind == BasisKind::InSample {
        warn("in_sample_threshold", basis.sentence.clone(), data.nonmated);
    }
    for attribute in data.attributes.iter().filter(|a| a.unlabelled > 0) {
        let message = format!(
            "{} reported rows have no `{}` label on at least one side and are left out of its \
             groups.",
            count(attribute.unlabelled),
            attribute.name
        );
        warn("unlabelled", message, attribute.unlabelled);
    }
    for pack in &settings.rules {
        let silent = pack
            .rules
            .iter()
            .filter(|rule| rule.limit.is_none() && rule.measure != RuleMeasure::PadPresent);
        let silent = silent.count() as u64;
        if silent > 0 {
            let message = format!(
                "The pack `{0}` sets no limit of its own, so it gives no verdict; set one with \
                 `{0}=LIMIT`.",
                pack.name
            );
            warn("rule_without_limit", message, silent);
        }
    }
    all.sort();
    all
}
