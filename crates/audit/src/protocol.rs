//! The audit from top to bottom: read once, choose thresholds, count, compare, judge.

use std::collections::BTreeMap;

use super::acquisition::acquisition;
use super::all_pairs::AllPairs;
use super::assemble::{Assembly, overall_rates};
use super::cautions;
use super::cohort::{Cohort, Personas};
use super::direction::{self, Likeness, ScoreDirection};
use super::intake::{Intake, Seen, see};
use super::operating_point::allowed;
use super::pad::{self, PadJob};
use super::prose;
use super::report::{
    AttributeDescription, AuditReport, BasisKind, DataDescription, OperatingPointReport,
    PairDesign, SCHEMA, ScoreReport, Software, ThresholdBasis,
};
use super::rules::{RuleInterval, Verdict};
use super::sample_set::SampleSet;
use super::scores::{GROUP_BINS, Pair};
use super::select::{self, BINS, Scale};
use super::settings::{AuditSettings, Thresholds};
use super::spool::{Row, Spool, workers};
use super::tally::{FamilyTally, Job, tally};
use super::verdicts::{Evidence, ViewRates, apply};
use super::words::count;
use crate::records::{FailureStage, Mating, RecordSource, RecordWarning, Split};
use crate::{Error, ErrorKind, Result, Stage};

/// How far an audit has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditProgress {
    /// Reading; the number of rows so far.
    Reading(u64),
    /// Choosing thresholds.
    Thresholds,
    /// Counting errors of people, pairs and groups.
    Counting,
    /// Comparing groups and applying rules.
    Comparing,
}

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
    let mut seen = see(&mut intake, &cohort, scale, &reported, split)?;
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
        choose(&mut intake.spool, all, (settings, direction), &seen, scale, split)?
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
        let mut counted = tally(&mut intake.spool, &job, seen.nonmated)?;
        if let Some(pairs) = all {
            pairs.tally(&mut counted, &job);
        }
        tallies.push(counted);
    }

    progress(AuditProgress::Comparing);
    let overall = overall_rates(&cohort, &tallies, thresholds.len(), settings.seed);
    let pad = pad::pad(
        &mut intake.spool,
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
        let evidence = Evidence {
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
        acquisition: all.map(|pairs| acquisition(pairs, &cohort, settings)),
        data,
        threshold_basis: basis,
        operating_points,
        scores,
        pad,
        stress: None,
        appeals: None,
    };
    direction::turn(&mut report);
    Ok(report)
}

/// Whether the records are of presentation attack detection only, so that a target rate has no
/// scores to set a threshold on, and no rule requires one.
fn unscored(intake: &Intake, settings: &AuditSettings) -> bool {
    let targets = matches!(settings.thresholds, Thresholds::Targets(_));
    intake.has_pad && !intake.has_scores && targets && settings.rules.is_empty()
}

fn no_scores() -> ThresholdBasis {
    ThresholdBasis {
        kind: BasisKind::NoScores,
        sentence:
            "Nothing was compared in these records, so there is no threshold and no matching error \
             rate; they contain presentation attack detection only."
                .to_owned(),
        calibration: None,
    }
}

/// Targets with their thresholds, and where they come from.
type Chosen = (Vec<(Option<f64>, f64)>, ThresholdBasis);

fn choose(
    spool: &mut Spool,
    pairs: Option<&AllPairs>,
    (settings, direction): (&AuditSettings, ScoreDirection),
    seen: &Seen,
    scale: Scale,
    split: bool,
) -> Result<Chosen> {
    let basis = |kind, sentence: &str| ThresholdBasis {
        kind,
        sentence: sentence.to_owned(),
        calibration: None,
    };
    match &settings.thresholds {
        Thresholds::Given(threshold) => Ok((
            vec![(None, direction.turn(*threshold))],
            basis(BasisKind::Given, "The threshold was given; it was not chosen on these records."),
        )),
        Thresholds::Calibration { file, .. } if direction == ScoreDirection::LowerIsMoreSimilar => {
            Err(Error::new(
                ErrorKind::InvalidArgument,
                Stage::Audit,
                "the calibration's thresholds are for scores where higher means greater similarity",
            )
            .in_file(file.file.clone())
            .next("give --threshold in the direction of the file, or use --fmr"))
        }
        Thresholds::Calibration { points, file } => Ok((
            points.iter().map(|(target, threshold)| (Some(*target), *threshold)).collect(),
            ThresholdBasis {
                calibration: Some(file.clone()),
                ..basis(
                    BasisKind::Calibration,
                    "The thresholds come from a calibration on other data.",
                )
            },
        )),
        Thresholds::Targets(targets) => {
            let counts = if split { &seen.tune } else { &seen.nonmated_bins };
            let total: u64 = counts.iter().sum();
            let mut chosen = Vec::with_capacity(targets.len());
            for &target in targets {
                let chooses = |row: &Row| {
                    let half = !split || row.split == Split::Tune;
                    let counts = row.species == 0 && row.mating == Mating::NonMated && half;
                    (counts && row.score.is_finite()).then_some(row.score)
                };
                let found = match pairs {
                    Some(pairs) => pairs.threshold(target),
                    None => {
                        select::threshold(spool, chooses, scale, counts, allowed(target, total))?
                    }
                };
                let threshold = found.ok_or_else(|| {
                    Error::new(
                        ErrorKind::InvalidArgument,
                        Stage::Audit,
                        "no non-mated comparison has a score, so a target FMR cannot set a \
                         threshold",
                    )
                    .next(match pairs {
                        Some(_) => {
                            "give --threshold or --calibration, or list photos of more people"
                        }
                        None => "give --threshold or --calibration, or add non-mated pairs",
                    })
                })?;
                chosen.push((Some(target), threshold));
            }
            let basis = if split {
                basis(
                    BasisKind::Split,
                    "The thresholds were chosen on the `tune` rows; rates are reported on the \
                     `report` rows.",
                )
            } else {
                basis(
                    BasisKind::InSample,
                    "Caution: the thresholds were chosen on the same comparisons on which the \
                     rates are reported, so the overall false match rate meets its target by \
                     construction. Use a calibration, --threshold or a `split` column for a claim \
                     about new data.",
                )
            };
            Ok((chosen, basis))
        }
    }
}

/// Whether most people were compared with many others.
fn dense(nonmated: u64, people: usize) -> bool {
    let people = people as f64;
    let degree = 2.0 * nonmated as f64 / people.max(1.0);
    degree >= 10.0 && degree / (people - 1.0).max(1.0) >= 0.05
}

fn wants_bootstrap(settings: &AuditSettings, seen: &Seen, people: usize) -> bool {
    let asked = settings.interval == super::interval::IntervalMethod::Bootstrap;
    let by_rule = settings
        .rules
        .iter()
        .any(|pack| pack.rules.iter().any(|rule| rule.interval == RuleInterval::Bootstrap));
    asked || by_rule || dense(seen.nonmated, people)
}

fn design(cohort: &Cohort, tallies: &[FamilyTally], seen: &Seen) -> PairDesign {
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

fn describe(
    intake: &Intake,
    cohort: &Cohort,
    tallies: &[FamilyTally],
    (seen, measured): (&Seen, &[String]),
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

fn scores(
    intake: &mut Intake,
    pairs: Option<&AllPairs>,
    cohort: &Cohort,
    seen: &Seen,
    scale: Scale,
    reported: &(dyn Fn(&Row) -> bool + Sync),
) -> Result<ScoreReport> {
    debug_assert_eq!(seen.mated_bins.len(), BINS);
    let pair = Pair { scale, mated: &seen.mated_bins, nonmated: &seen.nonmated_bins };
    let mut overall = pair.summary();
    overall.cllr = pair.cllr();
    let compared = |row: &Row| {
        let counts = row.species == 0 && row.mating != Mating::Unstated && reported(row);
        (counts && row.score.is_finite()).then_some((row.mating == Mating::Mated, row.score))
    };
    let exact = match pairs {
        Some(pairs) => pairs.equal_error(&mated_scores(&mut intake.spool)?),
        None => select::equal_error(
            &mut intake.spool,
            compared,
            scale,
            &seen.mated_bins,
            &seen.nonmated_bins,
        )?,
    };
    overall.eer = exact.map(|eer| eer.rate);
    overall.eer_threshold = exact.map(|eer| eer.threshold);
    let mut attributes = BTreeMap::new();
    for (view, bins) in cohort.views.iter().zip(&seen.groups) {
        let groups = view.groups.iter().zip(bins.chunks(2 * GROUP_BINS)).map(|(name, bins)| {
            let bins: Vec<u64> = bins.iter().map(|n| u64::from(*n)).collect();
            let (mated, nonmated) = bins.split_at(GROUP_BINS);
            (name.clone(), Pair { scale, mated, nonmated }.summary())
        });
        attributes.insert(view.name.clone(), groups.collect());
    }
    Ok(ScoreReport { overall, attributes })
}

/// All mated scores, sorted.
fn mated_scores(spool: &mut Spool) -> Result<Vec<f64>> {
    let mut parts = workers(Vec::new);
    spool.scan(&mut parts, |part, row| {
        if row.species == 0 && row.mating == Mating::Mated && row.score.is_finite() {
            part.push(row.score);
        }
    })?;
    let mut all = parts.concat();
    all.sort_unstable_by(f64::total_cmp);
    Ok(all)
}

fn warnings(
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
        let silent = pack.rules.iter().filter(|rule| {
            rule.limit.is_none() && rule.measure != super::rules::RuleMeasure::PadPresent
        });
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

/// The worst verdict over all operating points; `None` without rules.
pub fn worst_verdict(report: &AuditReport) -> Option<Verdict> {
    report.operating_points.iter().filter_map(|point| point.verdict).max()
}

/// Personas are created while reading; this only names the type for the intake.
pub(crate) type People = Personas;
