//! Running a stress test on several threads.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::chosen::Chosen;
use super::journal::Journal;
use super::person::{Photo, Seen, Work};
use super::settings::StressSettings;
use crate::batch::pipeline_key;
use crate::degrade::Degradation;
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch::Verifier;
use evenmatch_audit::{
    STRESS_NOTICE, STRESS_SCHEMA, Software, StressObservation, StressOutcome, StressReport,
    StressSeries, StressTally, UnusablePhoto,
    records::{InputDigest, PeopleManifest},
};
use evenmatch_core::threads;

/// The progress of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StressProgress {
    /// Photos, clean and degraded, that are done.
    pub done: usize,
    /// How many of them an earlier run had done.
    pub reused: usize,
    /// All photos of the run.
    pub total: usize,
}

/// Degrades the photos of a manifest, whose paths are relative to `root`, and counts the outcomes.
///
/// A photo that cannot be used is counted and listed. With a folder, outcomes are stored there, and
/// a later run with the same photos, models, rules and seed reuses them. `progress` is called from
/// several threads. The report does not depend on the number of threads.
///
/// # Errors
/// An attribute that the manifest does not have, a level that a degradation does not have, nothing
/// to do; an unfinished run in the folder unless it is to be resumed; faults of the disk, the
/// models or the runtime.
pub fn stress(
    manifest: &PeopleManifest,
    root: &Path,
    verifier: &Verifier,
    settings: &StressSettings,
    progress: &(dyn Fn(StressProgress) + Sync),
) -> Result<StressReport> {
    let chosen = Chosen::new(manifest, &settings.by, settings.per_group)?;
    let threshold = verifier.operating_point().threshold();
    let counting = (threshold, settings.confidence, settings.least_trials);
    let tally = StressTally::new((&manifest.attributes, &chosen.samples), &settings.by, counting)?;
    let conditions = conditions(settings)?;
    if chosen.entries.is_empty() {
        let message = "there are no photos to degrade";
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
            .next("label photos with the first attribute, or leave --per-group out"));
    }
    let journal =
        settings.folder.as_deref().map(|at| Journal::open(at, settings.resume)).transpose()?;
    let work = Work {
        verifier,
        conditions: &conditions,
        seed: settings.seed,
        run: run_key(verifier, settings.seed),
        journal: journal.as_ref(),
    };
    let (done, reused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let total = chosen.entries.len() * conditions.len();
    let tell = |was_known: bool| {
        let reused =
            reused.fetch_add(usize::from(was_known), Ordering::Relaxed) + usize::from(was_known);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(StressProgress { done, reused, total });
    };
    let person = |photos: &Vec<usize>| {
        let path = |photo: &usize| root.join(&manifest.entries[chosen.entries[*photo]].path);
        let files: Vec<Photo> =
            photos.iter().map(|photo| work.read(&path(photo))).collect::<Result<_>>()?;
        work.person(&files, &tell)
    };
    let found: Result<Vec<Seen>> = threads::with(settings.jobs, || {
        chosen.people.par_iter().with_max_len(1).map(person).collect()
    })?;
    let found = found?;

    // From people back to photos, in the order of the manifest.
    let mut by_photo: Vec<_> = chosen.entries.iter().map(|_| None).collect();
    for (photos, seen) in chosen.people.iter().zip(found) {
        for (photo, seen) in photos.iter().zip(seen) {
            by_photo[*photo] = Some(seen);
        }
    }
    let mut rows = Vec::new();
    let mut levels: Vec<Vec<StressObservation>> = conditions.iter().map(|_| Vec::new()).collect();
    for (observation, row, level) in by_photo
        .into_iter()
        .flatten()
        .flat_map(|seen| seen.into_iter().enumerate().map(|(level, (o, row))| (o, row, level)))
    {
        levels[level].push(observation);
        rows.extend(row);
    }
    let report = report((manifest, &chosen), verifier, settings, (&tally, &conditions), &levels);
    if let Some(journal) = journal {
        journal.finish(rows.into_iter())?;
    }
    Ok(report)
}

/// The clean photo, then every degradation.
fn conditions(settings: &StressSettings) -> Result<Vec<Option<Degradation>>> {
    let mut conditions = vec![None];
    for plan in &settings.plans {
        for degradation in plan.degradations()? {
            if conditions.contains(&Some(degradation)) {
                let message = format!(
                    "{} at {} was requested twice",
                    degradation.kind().name(),
                    degradation.label()
                );
                return Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
                    .next("name every degradation and every level only once"));
            }
            conditions.push(Some(degradation));
        }
    }
    if conditions.len() == 1 {
        let message = "there is nothing to simulate";
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
            .next("name at least one degradation with one level"));
    }
    Ok(conditions)
}

/// What outcomes depend on apart from the photos and the degradation.
fn run_key(verifier: &Verifier, seed: u64) -> Digest {
    let key = serde_json::json!({
        "schema": "evenmatch.stress.run/1",
        "pipeline": pipeline_key(verifier),
        "normaliser": verifier.normaliser().map(|normaliser| normaliser.digest()),
        "seed": seed,
    });
    Digest::of(key.to_string().as_bytes())
}

fn report(
    (manifest, chosen): (&PeopleManifest, &Chosen),
    verifier: &Verifier,
    settings: &StressSettings,
    (tally, conditions): (&StressTally, &[Option<Degradation>]),
    levels: &[Vec<StressObservation>],
) -> StressReport {
    let clean = &levels[0];
    let unusable = chosen.entries.iter().zip(clean).filter_map(|(entry, seen)| {
        let entry = &manifest.entries[*entry];
        let StressOutcome::Failed(why) = &seen.outcome else { return None };
        why.starts_with("decode:").then(|| UnusablePhoto {
            line: entry.line,
            path: entry.path.clone(),
            failure: why.clone(),
        })
    });
    let mut series: Vec<StressSeries> = Vec::new();
    for (degradation, seen) in conditions.iter().zip(levels) {
        let Some(degradation) = degradation else { continue };
        let kind = degradation.kind();
        if series.last().is_none_or(|last| last.degradation != kind.name()) {
            series.push(StressSeries {
                degradation: kind.name().to_owned(),
                title: kind.title().to_owned(),
                unit: kind.unit().to_owned(),
                levels: Vec::new(),
            });
        }
        let level = tally.level((Some(degradation.level()), degradation.label()), seen);
        if let Some(last) = series.last_mut() {
            last.levels.push(level);
        }
    }
    StressReport {
        notice: STRESS_NOTICE.to_owned(),
        schema: STRESS_SCHEMA.to_owned(),
        software: Software {
            name: evenmatch_core::NAME.to_owned(),
            version: evenmatch_core::VERSION.to_owned(),
        },
        models: verifier.models(),
        templates: Some(verifier.templates()),
        pipeline: pipeline_key(verifier),
        inputs: vec![InputDigest {
            file: manifest.file.clone(),
            format: "manifest".to_owned(),
            sha256: manifest.digest,
        }],
        seed: settings.seed,
        threshold: verifier.operating_point().threshold(),
        operating_point: verifier.operating_point().record(),
        confidence: settings.confidence,
        least_trials: settings.least_trials,
        per_group: settings.per_group,
        photos: chosen.entries.len() as u64,
        people: tally.people(),
        mated_pairs: clean.iter().map(|seen| seen.mated.len() as u64).sum(),
        unusable: unusable.collect(),
        attributes: tally.attributes(),
        clean: tally.level((None, "clean".to_owned()), clean),
        series,
    }
}
