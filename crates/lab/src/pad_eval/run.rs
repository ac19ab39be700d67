//! Evaluation on several threads, and the audit of its records.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::journal::{Key, Row};
use super::presenter::{Presentation, Presented, Presenter};
use crate::batch::Journal;
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_audit::{
    AuditReport, AuditSettings, audit,
    records::{InputDigest, PresentationEntry, PresentationManifest, ReadOptions, RecordFile},
};
use evenmatch_core::threads;

/// How to evaluate.
#[derive(Debug, Clone, Default)]
pub struct PadEvalSettings {
    /// Threads; 0 for one per core. The result does not depend on it.
    pub jobs: usize,
    /// The folder for outcomes, so that a run can be resumed; `None` stores nothing.
    pub folder: Option<PathBuf>,
    /// Resume a run that stopped, or reuse the outcomes of an earlier one.
    pub resume: bool,
}

/// The progress of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PadEvalProgress {
    /// Presentations that are done.
    pub done: usize,
    /// How many of them an earlier run had done.
    pub reused: usize,
    /// All presentations of the run.
    pub total: usize,
}

/// Judges every presentation of a manifest, whose paths are relative to `root`, and returns one
/// outcome per presentation, in the manifest's order.
///
/// With a folder, outcomes are stored there by the digests of the files, and a later run with the
/// same presenter reuses them. `progress` is called from several threads.
///
/// # Errors
/// None of the presentations exists; an unfinished run in the folder unless it is to be resumed;
/// faults of the disk, the models or the runtime.
pub fn pad_eval(
    manifest: &PresentationManifest,
    root: &Path,
    presenter: &dyn Presenter,
    settings: &PadEvalSettings,
    progress: &(dyn Fn(PadEvalProgress) + Sync),
) -> Result<Vec<Presented>> {
    if manifest.entries.iter().all(|entry| !root.join(&entry.path).exists()) {
        let message = "none of the presentations exists";
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        return Err(Error::new(ErrorKind::Io, Stage::Record, message)
            .in_file(manifest.file.clone())
            .next(format!(
                "paths are relative to {}; give another folder with --root, or correct the list",
                root.display()
            )));
    }
    let journal: Option<Journal<Row>> =
        settings.folder.as_deref().map(|at| Journal::open(at, settings.resume)).transpose()?;
    let run = presenter.key();
    let (done, reused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let total = manifest.entries.len();
    let one = |entry: &PresentationEntry| -> Result<(Presented, Option<Row>)> {
        let at = |path: &Option<String>| path.as_ref().map(|path| root.join(path));
        let (path, challenge, reference) =
            (root.join(&entry.path), at(&entry.challenge), at(&entry.reference));
        let presentation = Presentation {
            path: &path,
            challenge: challenge.as_deref(),
            reference: reference.as_deref(),
        };
        let key = Key::of(run, &presentation);
        let known = journal.as_ref().zip(key.as_ref()).and_then(|(j, key)| j.known(key)).cloned();
        let was_known = usize::from(known.is_some());
        let presented = match known {
            Some(known) => known,
            None => presenter.present(&presentation).or_else(Presented::of_error)?,
        };
        let row = key.map(|key| Row::new(key, &presented));
        if let (Some(journal), Some(row), 0) = (&journal, &row, was_known) {
            journal.keep(row)?;
        }
        let reused = reused.fetch_add(was_known, Ordering::Relaxed) + was_known;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(PadEvalProgress { done, reused, total });
        Ok((presented, row))
    };
    let found: Result<Vec<(Presented, Option<Row>)>> = threads::with(settings.jobs, || {
        manifest.entries.par_iter().with_max_len(1).map(one).collect()
    })?;
    let (presented, rows): (Vec<Presented>, Vec<Option<Row>>) = found?.into_iter().unzip();
    if let Some(journal) = journal {
        journal.finish(rows.into_iter().flatten())?;
    }
    Ok(presented)
}

/// Audits the records that were written to `path`, which [`records`](super::records) made of this
/// manifest. The report names the manifest among its inputs.
///
/// # Errors
/// As for [`audit`].
pub fn report(
    manifest: &PresentationManifest,
    path: &Path,
    settings: &AuditSettings,
) -> Result<AuditReport> {
    let mut source = RecordFile::open(path, &ReadOptions::default())?;
    let mut report = audit(&mut source, settings, &mut |_| {})?;
    report.inputs.push(InputDigest {
        file: manifest.file.clone(),
        format: "presentations".to_owned(),
        sha256: manifest.digest,
    });
    Ok(report)
}
