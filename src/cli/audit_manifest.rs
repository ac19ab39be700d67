//! `evenmatch audit --manifest`: photos to report, everyone compared with everyone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::label_errors::LabelErrors;
use super::people::{People, PeopleArguments, with_suffix};
use crate::audit::{AuditReport, AuditSettings, audit_samples, compare_audits};
use crate::decide::Policy;
use crate::record::Bins;
use crate::{Error, Result, Stage, export};

/// Folder, within the report's, for the rates as labelled where verdicts changed them.
const AS_LABELLED: &str = "as-labelled";

/// What the audit of a manifest needs besides an audit's settings.
pub(crate) struct Job<'a> {
    pub(crate) manifest: &'a Path,
    pub(crate) people: &'a PeopleArguments,
    pub(crate) verdicts: Option<&'a Path>,
    pub(crate) out: &'a Path,
    pub(crate) jobs: usize,
    pub(crate) bins: &'a BTreeMap<String, Bins>,
}

/// Acquires the photos, lists suspected label errors, and audits all pairs. With verdicts, the
/// report heeds them, and one as labelled is written beside it.
pub(crate) fn measure(job: &Job<'_>, settings: &AuditSettings) -> Result<AuditReport> {
    let work = job.people.work.clone().unwrap_or_else(|| with_suffix(job.out, ".work"));
    let mut bins = Bins::customary();
    bins.extend(job.bins.clone());
    let people = People::acquire(job.manifest, job.people, &work, job.jobs, bins)?;
    let mut set = people.set(&str::to_owned, Default::default());
    let errors = LabelErrors::find(&people, &set, job.verdicts)?;
    let policy = match &job.people.policy {
        Some(path) => Policy::from_path(path)?,
        None => Policy::default(),
    };
    errors.write(&people, policy, &work)?;
    say(&errors, &work);
    set.warnings.extend(errors.warning());
    let as_labelled = audit_samples(&set, settings, &mut |_| ())?;
    let Some(corrected) = errors.corrected(&people, &set) else { return Ok(as_labelled) };
    let report = audit_samples(&corrected, settings, &mut |_| ())?;
    export::write_report(&as_labelled, &folder(job.out)?)?;
    for change in &compare_audits(&as_labelled, &report).changes {
        eprintln!("by the verdicts: {}", change.sentence);
    }
    Ok(report)
}

fn folder(out: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(out).map_err(|cause| Error::io(Stage::Export, out, cause))?;
    Ok(out.join(AS_LABELLED))
}

fn say(errors: &LabelErrors, work: &Path) {
    eprintln!("templates, which are personal data: {}", work.display());
    let (suspected, verdicts) = errors.counts();
    if suspected > 0 {
        eprintln!(
            "suspected label errors: {suspected}, of which a person has judged {verdicts}: look \
             at {} and pass the verdicts with --label-verdicts",
            work.join("suspects.html").display()
        );
    }
}
