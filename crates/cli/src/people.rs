//! From a manifest of photos to labelled samples, for `audit --manifest` and `calibrate`.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;

use super::acquisition::AcquisitionArguments;
use super::gate::GateArgument;
use super::templates::TemplatesArgument;
use evenmatch::{
    AlignedFace,
    model::{ModelStore, Role},
    quality::skin_tone,
};
use evenmatch_audit::{
    LabelledSample, SampleSet,
    records::{Bins, Failure, InputDigest, LabelRules, PeopleManifest, RecordWarning},
};
use evenmatch_core::{
    Error, ErrorKind, Result, Stage,
    record::{ModelRecord, TemplateForm},
};
use evenmatch_lab::batch::{AcquiredSample, Acquisitions, Measure};

/// How to acquire the photos of a manifest.
#[derive(Debug, Clone, Args)]
pub(crate) struct PeopleArguments {
    /// Resolve the manifest's paths against this folder [default: the manifest's own folder]
    #[arg(long, value_name = "DIR", requires = "manifest", help_heading = "Photos")]
    pub(crate) root: Option<PathBuf>,
    /// Resume a run that stopped
    #[arg(long, requires = "manifest", help_heading = "Photos")]
    pub(crate) resume: bool,
    /// Write templates and the page of suspected label errors, which are personal data, to this
    /// folder [default: OUT.work]
    #[arg(long, value_name = "DIR", requires = "manifest", help_heading = "Photos")]
    pub(crate) work: Option<PathBuf>,
    /// Measure this in each photo: ita (of light and skin together, not a person's skin tone)
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        requires = "manifest",
        help_heading = "Photos"
    )]
    pub(crate) measure: Vec<String>,
    /// What to do with photos of poor quality [default: the policy's, or advise]
    #[arg(long, value_enum, requires = "manifest", help_heading = "Photos")]
    pub(crate) gate: Option<GateArgument>,
    /// Make templates from the face and its mirror image, or from the face alone [default: the
    /// policy's, or those of the normaliser or calibration in use, or mirrored]
    #[arg(long, value_enum, value_name = "FORM", requires = "manifest", help_heading = "Photos")]
    pub(crate) templates: Option<TemplatesArgument>,
    /// Read the rules for acquiring photos from this file
    #[arg(long, value_name = "FILE.toml", requires = "manifest", help_heading = "Photos")]
    pub(crate) policy: Option<PathBuf>,
}

impl PeopleArguments {
    /// These arguments with another form of template.
    pub(crate) fn with_templates(&self, form: TemplateForm) -> Self {
        PeopleArguments { templates: Some(form.into()), ..self.clone() }
    }
}

/// A manifest with the outcomes of its photos.
pub(crate) struct People {
    pub(crate) manifest: PeopleManifest,
    pub(crate) root: PathBuf,
    pub(crate) found: Acquisitions,
    bins: BTreeMap<String, Bins>,
}

/// What `--measure` can name.
const MEASURES: [(&str, MeasureFace); 1] = [("ita", |face| skin_tone(face).map(|tone| tone.ita))];
type MeasureFace = fn(&AlignedFace) -> Option<f32>;

impl People {
    /// Reads the manifest and acquires its photos, or takes them from the work folder.
    pub(crate) fn acquire(
        list: &Path,
        arguments: &PeopleArguments,
        work: &Path,
        jobs: usize,
        (bins, rules): (BTreeMap<String, Bins>, &LabelRules),
    ) -> Result<Self> {
        let manifest = PeopleManifest::read_with(list, rules)?;
        let names = arguments.measure.iter();
        let measures = names.map(|name| measure(name, &manifest)).collect::<Result<_>>()?;
        let acquisition = AcquisitionArguments {
            root: arguments.root.clone(),
            jobs: NonZeroUsize::new(jobs),
            // Only --resume reuses a finished store or resumes one that stopped.
            resume: arguments.resume,
            policy: arguments.policy.clone(),
            gate: arguments.gate,
            templates: arguments.templates,
            part_photos: None,
        };
        let found = acquisition.acquire(&manifest, (list, work), None, measures)?;
        let root = arguments.root.clone().unwrap_or_else(|| PeopleManifest::default_root(list));
        Ok(People { manifest, root, found, bins })
    }

    /// The samples with their labels. `same` gives the name under which each subject is counted;
    /// `not_mated` are pairs of samples (lower first) to leave out of the mated pairs.
    pub(crate) fn set(
        &self,
        same: &dyn Fn(&str) -> String,
        not_mated: HashSet<(u32, u32)>,
    ) -> SampleSet {
        let mut attributes = self.manifest.attributes.clone();
        attributes.extend(self.found.measures.iter().cloned());
        let features = || self.found.samples.iter().filter_map(|found| found.features.as_ref());
        SampleSet {
            attributes,
            measured: self.found.measures.clone(),
            samples: self.found.samples.iter().map(|found| self.sample(found, same)).collect(),
            dimension: features().next().map_or(1, Vec::len),
            templates: features().flatten().copied().collect(),
            offsets: Vec::new(),
            not_mated,
            inputs: vec![InputDigest {
                file: self.manifest.file.clone(),
                format: "manifest".to_owned(),
                sha256: self.manifest.digest,
            }],
            warnings: self.warnings(),
        }
    }

    /// The labels of a sample, one for each attribute of the manifest; numbers as their bins.
    pub(crate) fn labels(&self, found: &AcquiredSample) -> Vec<Option<String>> {
        let entry = &self.manifest.entries[found.entry];
        let labels = self.manifest.attributes.iter().zip(&entry.values).map(|(name, value)| {
            let value = value.as_deref()?;
            let bins = self.bins.get(name).or_else(|| self.bins.get(&name.to_lowercase()));
            Some(match (bins, value.replace(',', ".").parse::<f64>()) {
                (Some(bins), Ok(number)) if number.is_finite() => bins.name(number).to_owned(),
                _ => value.to_owned(),
            })
        });
        labels.collect()
    }

    fn sample(&self, found: &AcquiredSample, same: &dyn Fn(&str) -> String) -> LabelledSample {
        let entry = &self.manifest.entries[found.entry];
        let measured = self.found.measures.iter().zip(&found.measured).map(|(name, value)| {
            let value = f64::from((*value)?);
            let bins = self.bins.get(name);
            Some(bins.map_or_else(|| value.to_string(), |bins| bins.name(value).to_owned()))
        });
        LabelledSample {
            subject: same(&entry.subject),
            values: self.labels(found).into_iter().chain(measured).collect(),
            failure: found
                .failure
                .as_ref()
                .map(|failure| Failure { name: failure.to_string(), stage: failure.stage }),
            attempt: found.attempt.unwrap_or(0),
        }
    }

    /// Warnings about the manifest, and about one file under several names, with their lines.
    fn warnings(&self) -> Vec<RecordWarning> {
        let mut warnings = self.manifest.warnings.clone();
        let shared = self.found.duplicates(&self.manifest);
        if shared.is_empty() {
            return warnings;
        }
        let mut lines: Vec<u64> = shared.iter().flat_map(|photo| photo.lines.clone()).collect();
        lines.sort_unstable();
        lines.truncate(10);
        warnings.push(RecordWarning {
            code: "photo_of_several_subjects".to_owned(),
            message: "The manifest lists the same photo under several subjects, so one person \
                      counts as two and matches between them count as false."
                .to_owned(),
            count: shared.len() as u64,
            lines,
            attribute: None,
        });
        warnings
    }
}

fn measure(name: &str, manifest: &PeopleManifest) -> Result<Measure> {
    let wrong = |message: String, next: &str| {
        Error::new(ErrorKind::InvalidArgument, Stage::Audit, message).next(next)
    };
    let (known, measure) = MEASURES.iter().find(|(known, _)| *known == name).ok_or_else(|| {
        wrong(format!("nothing called `{name}` can be measured in a photo"), "choose among: ita")
    })?;
    if manifest.attributes.iter().any(|attribute| attribute == name) {
        let message = format!("{}: `{name}` is a column of the manifest already", manifest.file);
        let next =
            "leave out --measure or rename the column, so that labels and measurements stay apart";
        return Err(wrong(message, next));
    }
    Ok(((*known).to_owned(), *measure))
}

/// The default models by role, with the digests of their prepared files.
pub(crate) fn models() -> Result<Vec<ModelRecord>> {
    let store = ModelStore::open()?;
    [Role::Detector, Role::Embedder, Role::SecondDetector]
        .into_iter()
        .map(|role| {
            let entry = store.manifest().default_for(role)?;
            let (role, id) = (role.name().to_owned(), entry.id.clone());
            Ok(ModelRecord { role, id, sha256: entry.sha256 })
        })
        .collect()
}

/// The path with a suffix appended to its name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}
