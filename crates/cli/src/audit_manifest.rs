//! `evenmatch audit --manifest`: from photos to a report, comparing everyone with everyone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::label_errors::LabelErrors;
use super::normalise::{apply, held_out, sentence, some_left};
use super::people::{People, PeopleArguments, with_suffix};
use super::policy;
use evenmatch_audit::{
    AuditReport, AuditSettings, Normalisation, SampleSet, Thresholds, audit_samples,
    compare_audits, export,
    records::{Bins, LabelRules},
};
use evenmatch_core::{
    Result, Shown, Stage,
    record::{NormaliserRecord, TemplateForm},
};

/// Folder, within the report's, for the rates as labelled if verdicts changed them.
const AS_LABELLED: &str = "as-labelled";
/// Folder, within the report's, for the report on plain scores if scores are normalised.
const RAW: &str = "raw";

/// What the audit of a manifest needs in addition to an audit's settings.
pub(crate) struct Job<'a> {
    pub(crate) manifest: &'a Path,
    pub(crate) people: &'a PeopleArguments,
    pub(crate) verdicts: Option<&'a Path>,
    pub(crate) out: &'a Path,
    pub(crate) jobs: usize,
    pub(crate) bins: &'a BTreeMap<String, Bins>,
    pub(crate) label_rules: &'a LabelRules,
    pub(crate) normaliser: Option<&'a NormaliserRecord>,
    pub(crate) held_out: bool,
}

/// Acquires the photos, lists suspected label errors, and audits all pairs. With verdicts, the report
/// applies them, and a report as labelled is written next to it.
pub(crate) fn measure(job: &Job<'_>, settings: &AuditSettings) -> Result<AuditReport> {
    let work = job.people.work.clone().unwrap_or_else(|| with_suffix(job.out, ".work"));
    let mut bins = Bins::customary();
    bins.extend(job.bins.clone());
    let people =
        People::acquire(job.manifest, job.people, &work, job.jobs, (bins, job.label_rules))?;
    let mut set = people.set(&str::to_owned, Default::default());
    let errors = LabelErrors::find(&people, &set, job.verdicts)?;
    errors.write(
        &people,
        policy::read(job.people.policy.as_deref(), job.people.gate, None)?,
        &work,
    )?;
    say(&errors, &work);
    set.warnings.extend(errors.warning());
    let corrected = errors.corrected(&people, &set);
    let judged = |set: &SampleSet, raw: Option<&str>| judge(job, &people, set, settings, raw);
    let Some(corrected) = corrected else { return judged(&set, Some(RAW)) };
    let as_labelled = judged(&set, None)?;
    let report = judged(&corrected, Some(RAW))?;
    export::write_report(&as_labelled, &folder(job.out, AS_LABELLED)?)?;
    for change in &compare_audits(&as_labelled, &report).changes {
        eprintln!("by the verdicts: {}", change.sentence);
    }
    Ok(report)
}

/// Audits a set. With a normaliser, the report has the normalised scores next to the plain ones,
/// whose whole report goes to the folder `raw` within the report's.
fn judge(
    job: &Job<'_>,
    people: &People,
    set: &SampleSet,
    settings: &AuditSettings,
    raw: Option<&str>,
) -> Result<AuditReport> {
    let Some(normaliser) = job.normaliser else {
        return audited(people, set, settings);
    };
    let left = if job.held_out {
        some_left(normaliser, people)?;
        Cow::Owned(held_out(set))
    } else {
        Cow::Borrowed(set)
    };
    let even = apply(&left, normaliser, people.found.templates)?;
    let mut report = audited(people, &even, settings)?;
    let Some(targets) = targets(settings) else { return Ok(report) };
    let plain = AuditSettings { thresholds: Thresholds::Targets(targets), ..settings.clone() };
    let before = audited(people, &left, &plain)?;
    report.normalisation = Some(Normalisation::beside(
        normaliser.digest(),
        normaliser.subjects(),
        sentence(normaliser, job.held_out, people),
        &before,
    ));
    if let Some(name) = raw {
        export::write_report(&before, &folder(job.out, name)?)?;
    }
    Ok(report)
}

/// Audits a set, and says in the report what its templates were made from.
fn audited(people: &People, set: &SampleSet, settings: &AuditSettings) -> Result<AuditReport> {
    let mut report = audit_samples(set, settings, &mut |_| ())?;
    let form = people.found.templates;
    report.templates = Some(form);
    report.method.push(match form {
        TemplateForm::Mirrored => "Templates are mirrored: each is the mean of what the embedder \
                                   gives for the aligned face and for its mirror image."
            .to_owned(),
        TemplateForm::Plain => {
            "Templates are plain: each is what the embedder gives for the aligned face.".to_owned()
        }
    });
    Ok(report)
}

/// The target rates of the thresholds; a given threshold has none.
fn targets(settings: &AuditSettings) -> Option<Vec<f64>> {
    match &settings.thresholds {
        Thresholds::Targets(targets) => Some(targets.clone()),
        Thresholds::Calibration { points, .. } => Some(points.iter().map(|p| p.0).collect()),
        Thresholds::Given(_) => None,
    }
}

fn folder(out: &Path, name: &str) -> Result<PathBuf> {
    evenmatch_core::files::create_folder(out, Stage::Export)?;
    Ok(out.join(name))
}

fn say(errors: &LabelErrors, work: &Path) {
    eprintln!("templates (personal data): {}", work.shown());
    let (suspected, verdicts) = errors.counts();
    if suspected > 0 {
        eprintln!(
            "suspected label errors: {suspected}, of which {verdicts} have a verdict. Review {} \
             and pass the verdicts with --label-verdicts",
            work.join("suspects.html").shown()
        );
    }
}
