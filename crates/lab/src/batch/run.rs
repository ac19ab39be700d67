//! Acquiring the photos of a manifest on several threads.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::sample::{AcquiredSample, AcquisitionFailure, Measure};
use super::store::{Shard, TemplateStore, pipeline_key};
use super::work::Workplace;
use crate::{Digest, Result};
use evenmatch::{Reference, Verifier, model::ModelId, sample::read_within};
use evenmatch_audit::records::PeopleManifest;
use evenmatch_core::{record::TemplateForm, threads};

pub use super::work::PartSize;

/// The most photos that a thread takes at once, so that no thread has many left at the end.
const AT_ONCE: usize = 8;

/// How to acquire.
#[derive(Debug, Clone, Default)]
pub struct AcquireOptions {
    /// The folder of the store; `None` stores nothing.
    pub folder: Option<PathBuf>,
    /// Resume an unfinished run.
    pub resume: bool,
    /// Threads; 0 for one per core. The result does not depend on it. The verifier should be opened
    /// for as many threads ([`Profile::Throughput`](evenmatch::model::Profile)).
    pub jobs: usize,
    /// Acquire only a part of the manifest.
    pub shard: Option<Shard>,
    /// What to measure in every aligned face.
    pub measures: Vec<Measure>,
    /// How much work is lost at most if the run is killed.
    pub part: PartSize,
}

/// The progress of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcquireProgress {
    /// Photos that are done.
    pub done: usize,
    /// How many of them an earlier run had done.
    pub reused: usize,
    /// All photos of the run.
    pub total: usize,
}

/// The outcomes of the photos of a manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Acquisitions {
    /// One per photo, in the order of the manifest; for a shard, only its entries.
    pub samples: Vec<AcquiredSample>,
    /// Names of the measurements.
    pub measures: Vec<String>,
    /// The model that made the templates.
    pub embedder: ModelId,
    /// Their form.
    pub templates: TemplateForm,
    /// See [`pipeline_key`].
    pub pipeline: Digest,
    /// Photos that were decoded.
    pub processed: usize,
    /// Photos that an earlier run had done.
    pub reused: usize,
}

/// One file that a manifest lists for several people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedPhoto {
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// The lines of the manifest that list it.
    pub lines: Vec<u64>,
    /// The people, each once, in the order of the lines.
    pub subjects: Vec<String>,
}

impl Acquisitions {
    /// Photos with the same content that the manifest lists for different people; at least one of
    /// the labels must be wrong.
    pub fn duplicates(&self, manifest: &PeopleManifest) -> Vec<SharedPhoto> {
        let mut photos: HashMap<Digest, SharedPhoto> = HashMap::new();
        for sample in &self.samples {
            let Some((sha256, entry)) = sample.sha256.zip(manifest.entries.get(sample.entry))
            else {
                continue;
            };
            let photo = photos.entry(sha256).or_insert_with(|| SharedPhoto {
                sha256,
                lines: Vec::new(),
                subjects: Vec::new(),
            });
            photo.lines.push(entry.line);
            if !photo.subjects.contains(&entry.subject) {
                photo.subjects.push(entry.subject.clone());
            }
        }
        let mut shared: Vec<SharedPhoto> =
            photos.into_values().filter(|photo| photo.subjects.len() > 1).collect();
        shared.sort_by_key(|photo| photo.lines[0]);
        shared
    }

    /// How many photos failed, by failure.
    pub fn failures(&self) -> BTreeMap<String, usize> {
        let mut failures = BTreeMap::new();
        for failure in self.samples.iter().filter_map(|sample| sample.failure.as_ref()) {
            *failures.entry(failure.to_string()).or_insert(0) += 1;
        }
        failures
    }
}

/// Acquires every photo of a manifest, whose paths are relative to `root`.
///
/// A photo that cannot be used, for whatever reason, is a sample with a failure. With a folder,
/// photos whose content the same pipeline has already processed there are not decoded again, and
/// at the end the folder's store has the photos of this manifest and no others. `progress` is
/// called from several threads.
///
/// # Errors
/// An unfinished run in the folder unless it is to be resumed, a store that cannot be read or
/// written, and faults of the models or the runtime. What is done by then is stored.
pub fn acquire(
    manifest: &PeopleManifest,
    root: &Path,
    verifier: &Verifier,
    options: &AcquireOptions,
    progress: &(dyn Fn(AcquireProgress) + Sync),
) -> Result<Acquisitions> {
    let measures: Vec<String> = options.measures.iter().map(|(name, _)| name.clone()).collect();
    let head = TemplateStore {
        pipeline: pipeline_key(verifier),
        manifest: manifest.digest,
        form: verifier.templates(),
        shard: options.shard,
        measures: measures.clone(),
        rows: Vec::new(),
    };
    let pipeline = head.pipeline;
    let workplace = options
        .folder
        .as_deref()
        .map(|folder| Workplace::open(folder, options.resume, head, options.part))
        .transpose()?;
    let known = workplace.as_ref().map(Workplace::known).transpose()?.unwrap_or_default();
    let all = 0..manifest.entries.len();
    let entries: Vec<usize> =
        all.filter(|entry| options.shard.is_none_or(|shard| shard.holds(*entry))).collect();
    let run = Run {
        manifest,
        root,
        verifier,
        measures: &options.measures,
        workplace: workplace.as_ref(),
        known,
        done: AtomicUsize::new(0),
        reused: AtomicUsize::new(0),
        processed: AtomicUsize::new(0),
    };
    let total = entries.len();
    let samples: Result<Vec<AcquiredSample>> = threads::with(options.jobs, || {
        let entries = entries.into_par_iter().with_max_len(AT_ONCE);
        entries
            .map(|entry| {
                let sample = run.photo(entry)?;
                let done = run.done.fetch_add(1, Ordering::Relaxed) + 1;
                let reused = run.reused.load(Ordering::Relaxed);
                progress(AcquireProgress { done, reused, total });
                Ok(sample)
            })
            .collect()
    })?;
    let (processed, reused) = (run.processed.into_inner(), run.reused.into_inner());
    let samples = match (samples, &workplace) {
        (Err(error), Some(workplace)) => {
            // The first fault is the one to report.
            let _ = workplace.flush();
            return Err(error);
        }
        (samples, _) => samples?,
    };
    if let Some(workplace) = workplace {
        workplace.finish(&samples)?;
    }
    let embedder = verifier.embedder().id().clone();
    let templates = verifier.templates();
    Ok(Acquisitions { samples, measures, embedder, templates, pipeline, processed, reused })
}

/// What the threads of a run share.
struct Run<'a> {
    manifest: &'a PeopleManifest,
    root: &'a Path,
    verifier: &'a Verifier,
    measures: &'a [Measure],
    workplace: Option<&'a Workplace>,
    known: HashMap<Digest, AcquiredSample>,
    done: AtomicUsize,
    reused: AtomicUsize,
    processed: AtomicUsize,
}

impl Run<'_> {
    fn photo(&self, entry: usize) -> Result<AcquiredSample> {
        let path = self.root.join(&self.manifest.entries[entry].path);
        let bytes = match read_within(&path, &self.verifier.policy().limits) {
            Ok(bytes) => bytes,
            Err(error) => {
                // Without content nothing identifies the photo, so it has no row.
                let failure = AcquisitionFailure::of_error(&error).ok_or(error)?;
                let measured = vec![None; self.measures.len()];
                let bare = AcquiredSample::bare(entry);
                return Ok(AcquiredSample { failure: Some(failure), measured, ..bare });
            }
        };
        let sha256 = Digest::of(&bytes);
        if let Some(known) = self.known.get(&sha256) {
            self.reused.fetch_add(1, Ordering::Relaxed);
            return Ok(AcquiredSample { entry, ..known.clone() });
        }
        self.processed.fetch_add(1, Ordering::Relaxed);
        let photo = (entry, bytes.as_slice(), sha256);
        let sample = AcquiredSample::acquire::<Reference>(self.verifier, photo, self.measures)?;
        if let Some(workplace) = self.workplace {
            workplace.keep(sample.clone())?;
        }
        Ok(sample)
    }
}
