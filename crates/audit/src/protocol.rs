//! The audit from top to bottom: read once, choose thresholds, count, compare, judge.

use super::acquisition::acquisition;
use super::all_pairs::AllPairs;
use super::assemble::{Assembly, overall_rates};
use super::cautions;
use super::cells::Software;
use super::cohort::Cohort;
use super::describe::{describe, design, wants_bootstrap, warnings};
use super::direction::ScoreDirection;
use super::intake::{Intake, first_pass};
use super::likeness::Likeness;
use super::pad::{self, PadJob};
use super::prose;
use super::report::{AuditReport, BasisKind, OperatingPointReport, SCHEMA};
use super::row_cache::Row;
use super::sample_set::SampleSet;
use super::scores::scores;
use super::settings::{AuditProgress, AuditSettings, Thresholds};
use super::tally::{FamilyTally, Job, tally};
use super::thresholds::{choose, no_scores, unscored};
use super::verdicts::{RuleEvidence, ViewRates, apply};
use super::whole_report::turn;
use crate::Result;
use crate::records::{FailureStage, RecordSource, Split};

/// Audits the records of `source`.
///
/// The result depends on the records, but not on their order or on the number of threads.
///
/// # Errors
/// Errors of the source; an attribute that the records lack; nothing to report on.
pub fn audit(
    source: &mut dyn RecordSource,
    settings: &AuditSettings,
    progress: &mut dyn FnMut(AuditProgress),
) -> Result<AuditReport> {
    settings.check()?;
    let intake = Intake::read(source, progress)?;
    conclude(intake, None, settings, progress)
}

/// Audits every pair of a set of samples: mated pairs within each subject, and non-mated pairs
/// between all subjects, which are compared block by block and never stored.
///
/// The result depends on the samples, but not on the number of threads. A sample without a template
/// makes each of its transactions a failure to acquire. `failures` of the report counts samples.
///
/// # Errors
/// Templates that are not of unit length or do not fit the samples; an attribute that the set
/// lacks; nothing to report on.
pub fn audit_samples(
    set: &SampleSet,
    settings: &AuditSettings,
    progress: &mut dyn FnMut(AuditProgress),
) -> Result<AuditReport> {
    settings.check()?;
    progress(AuditProgress::Reading(set.samples.len() as u64));
    let (intake, pairs) = AllPairs::new(set.code()?, set);
    conclude(intake, Some((&pairs, set)), settings, progress)
}

/// Everything after reading. `pairs` are non-mated pairs in addition to the rows of the intake.
fn conclude(
    mut intake: Intake,
    pairs: Option<(&AllPairs, &SampleSet)>,
    settings: &AuditSettings,
    progress: &mut dyn FnMut(AuditProgress),
) -> Result<AuditReport> {
    let cohort = Cohort::new(&intake.personas, &intake.names, &settings.by)?;
    progress(AuditProgress::Thresholds);
    let split = matches!(settings.thresholds, Thresholds::Targets(_))
        && intake.splits[Split::Tune as usize] > 0
        && intake.splits[Split::Report as usize] > 0;
    let reported = move |row: &Row| !split || row.split == Split::Report;
    let scale = if pairs.is_some() { AllPairs::scale() } else { intake.scale() };
    let mut seen = first_pass(&mut intake, &cohort, scale, &reported, split)?;
    if let Some((pairs, set)) = pairs {
        pairs.look(&mut seen, &cohort, set)?;
    }
    if seen.mated + seen.nonmated + seen.attacks == 0 && !intake.has_pad {
        return Err(prose::nothing_compared(pairs.map(|(_, set)| set)));
    }
    let all = pairs.map(|(pairs, _)| pairs);
    let direction = ScoreDirection::of(intake.summary.lower_is_more_similar);
    // The direction of cosines is known.
    let likeness = if all.is_some() { None } else { Likeness::of(&seen, intake.people) };
    likeness.map_or(Ok(()), |likeness| likeness.check(direction))?;
    let (targets, basis) = if unscored(&intake, settings) {
        (Vec::new(), no_scores())
    } else {
        choose(&mut intake.cache, all, (settings, direction), &seen, scale, split)?
    };
    let thresholds: Vec<f64> = targets.iter().map(|t| t.1).collect();

    progress(AuditProgress::Counting);
    let boot = wants_bootstrap(settings, &seen, cohort.subject_keys.len());
    let stages: Vec<FailureStage> = intake.names.failures.iter().map(|f| f.stage).collect();
    let mut tallies: Vec<FamilyTally> = Vec::with_capacity(cohort.families.len());
    for family in &cohort.families {
        let job = Job {
            thresholds: &thresholds,
            points: thresholds.len(),
            stages: &stages,
            reported: &reported,
            family,
            views: &cohort.views,
            subject_keys: &cohort.subject_keys,
            seed: settings.seed,
            boot,
        };
        let mut counted = tally(&mut intake.cache, &job, seen.nonmated)?;
        if let Some(pairs) = all {
            pairs.tally(&mut counted, &job);
        }
        tallies.push(counted);
    }

    progress(AuditProgress::Comparing);
    let overall = overall_rates(&cohort, &tallies, thresholds.len(), settings.seed);
    let pad = pad::pad(
        &mut intake.cache,
        &PadJob {
            views: &cohort.views,
            species: intake.names.species.names().collect(),
            thresholds: &thresholds,
            reported: &reported,
            confidence: settings.confidence,
            least: settings.least_trials,
            frr: overall.iter().map(|rates| rates.frr.clone()).collect(),
            people: if intake.has_pad { pad::people(&cohort, &intake.names) } else { Vec::new() },
        },
    )?;
    let design = design(&cohort, &tallies, &seen);
    let measured = pairs.map_or(&[][..], |(_, set)| &set.measured);
    let data = describe(&intake, &cohort, &tallies, (&seen, measured), design);
    let mut warnings = warnings(&intake, &cohort, &data, &basis, settings);
    let shown: Vec<_> = thresholds.iter().map(|t| direction.turn(*t)).zip(&overall).collect();
    let given = matches!(basis.kind, BasisKind::Given | BasisKind::Calibration);
    warnings.extend(cautions::about_scores(likeness, given, scale, &shown));
    warnings.sort();
    let assembly =
        Assembly { cohort: &cohort, tallies: &tallies, settings, overall: &overall, boot };
    let views = assembly.views();
    let mut operating_points = Vec::with_capacity(targets.len());
    for (point, (target_fmr, threshold)) in targets.iter().enumerate() {
        let attributes = assembly.attributes(&views, point);
        let evidence = RuleEvidence {
            overall: &overall[point],
            subjects: cohort.subject_keys.len() as u64,
            views: views
                .iter()
                .map(|view| ViewRates {
                    name: &cohort.views[view.index].name,
                    groups: assembly.named_groups(view, point),
                })
                .collect(),
            attributes: &attributes,
            pad: pad.as_ref(),
            point,
            method: settings.interval,
            least: settings.least_trials,
        };
        let rules: Vec<_> = settings.rules.iter().flat_map(|p| apply(p, &evidence)).collect();
        operating_points.push(OperatingPointReport {
            target_fmr: *target_fmr,
            threshold: direction.turn(*threshold),
            overall: assembly.rates(&overall[point]),
            verdict: rules.iter().map(|rule| rule.verdict).max(),
            attributes,
            rules,
        });
    }
    let scores = scores(&mut intake, all, &cohort, &seen, scale, &reported)?;
    for point in &mut operating_points {
        cautions::onto_rules(point, &settings.rules, &warnings);
    }
    let mut answers = operating_points.first().map(prose::answers).unwrap_or_default();
    cautions::onto_answers(&mut answers, &warnings);
    let mut method = prose::method(settings, &data, boot, direction);
    let mut limits = prose::limits(&data, &basis);
    if let Some(pad) = &pad {
        let rules = operating_points.first().map_or(&[][..], |point| &point.rules);
        answers.push(pad::answer(pad, rules));
        method.extend(pad::method(settings.confidence));
        limits.extend(pad::limits(pad));
    }
    let mut report = AuditReport {
        schema: SCHEMA.to_owned(),
        software: Software {
            name: evenmatch_core::NAME.to_owned(),
            version: evenmatch_core::VERSION.to_owned(),
        },
        inputs: std::mem::take(&mut intake.summary.inputs),
        seed: settings.seed,
        confidence: settings.confidence,
        answers,
        method,
        limits,
        warnings,
        score_direction: direction,
        normalisation: None,
        templates: None,
        acquisition: all.map(|pairs| acquisition(pairs, &cohort, settings)),
        data,
        threshold_basis: basis,
        operating_points,
        scores,
        pad,
        stress: None,
        appeals: None,
    };
    turn(&mut report);
    Ok(report)
}
