//! Selects the normaliser of a command, or forms one from photos.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::people::{People, PeopleArguments, with_suffix};
use evenmatch::{
    model::{ModelStore, Role},
    shipped,
};
use evenmatch_audit::{
    SampleSet,
    calibrate::{normalised, without},
    records::LabelRules,
};
use evenmatch_core::numbers::count;
use evenmatch_core::{
    Digest, Error, ErrorKind, Result, Stage,
    record::{Calibration, CohortSource, NormaliserRecord, TemplateForm},
};
use evenmatch_scores::normalise::{FitSettings, Normaliser, fit, forms_cohort, in_cohort_order};

/// The value of `--normalise`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Plain cosines.
    Off,
    /// With a cohort: the one that ships, or one that the command forms.
    Cohort,
    /// With the normaliser of this calibration.
    Of(PathBuf),
}

impl FromStr for Choice {
    type Err = Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Infallible> {
        Ok(match text {
            "off" => Choice::Off,
            "cohort" => Choice::Cohort,
            path => Choice::Of(path.into()),
        })
    }
}

/// The normaliser of a calibration file.
fn of_file(path: &Path) -> Result<NormaliserRecord> {
    Calibration::from_path(path)?.normaliser.ok_or_else(|| {
        let message = "this calibration is for plain cosines and has no normaliser";
        Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
            .in_path(path)
            .next("use --normalise off, or a calibration made with --normalise cohort")
    })
}

/// The requested normaliser; `None` for plain cosines. It must belong to the embedder in use.
pub(crate) fn of_choice(choice: &Choice) -> Result<Option<NormaliserRecord>> {
    let found = match choice {
        Choice::Off => None,
        Choice::Cohort => shipped::default_calibration()?.normaliser,
        Choice::Of(path) => Some(of_file(path)?),
    };
    found.map(for_embedder_in_use).transpose()
}

/// Refuses a normaliser of another embedder than the one in use.
pub(crate) fn for_embedder_in_use(record: NormaliserRecord) -> Result<NormaliserRecord> {
    let embedder = embedder()?;
    if record.embedder() == embedder {
        return Ok(record);
    }
    let message = format!(
        "the normaliser was formed with the embedder {}, but {embedder} is in use",
        record.embedder()
    );
    Err(Error::new(ErrorKind::ModelMismatch, Stage::Audit, message)
        .next("form one with this embedder: evenmatch calibrate --normalise cohort"))
}

/// SHA-256 of the embedder in use.
pub(crate) fn embedder() -> Result<Digest> {
    let store = ModelStore::open()?;
    Ok(store.manifest().default_for(Role::Embedder)?.sha256)
}

/// More photos for a cohort: `people.csv`, or `people.csv:250` for at most 250 people.
#[derive(Debug, Clone)]
pub(crate) struct CohortArgument {
    manifest: PathBuf,
    most: usize,
}

impl FromStr for CohortArgument {
    type Err = Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Infallible> {
        let limited = text
            .rsplit_once(':')
            .and_then(|(path, most)| Some((PathBuf::from(path), most.parse().ok()?)));
        let (manifest, most) = limited.unwrap_or_else(|| (text.into(), usize::MAX));
        Ok(CohortArgument { manifest, most })
    }
}

/// How to acquire photos of other manifests than the main one.
pub(crate) struct Beside<'a> {
    pub(crate) policy: Option<&'a Path>,
    pub(crate) templates: TemplateForm,
    pub(crate) work: &'a Path,
    pub(crate) jobs: usize,
}

impl Beside<'_> {
    /// Acquires another manifest's photos, once for all uses.
    pub(crate) fn acquire(&self, manifest: &Path) -> Result<People> {
        let stem = manifest.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let work = with_suffix(self.work, &format!(".{stem}"));
        let arguments = PeopleArguments {
            root: None,
            resume: true,
            work: None,
            measure: Vec::new(),
            policy: self.policy.map(Path::to_owned),
            gate: None,
            templates: Some(self.templates.into()),
        };
        People::acquire(
            manifest,
            &arguments,
            &work,
            self.jobs,
            (BTreeMap::new(), &LabelRules::default()),
        )
    }
}

/// Forms a normaliser from the cohort half of the people of these manifests.
pub(crate) fn form(
    people: &People,
    others: &[CohortArgument],
    beside: &Beside<'_>,
) -> Result<NormaliserRecord> {
    let mut features = Vec::new();
    let mut sources = vec![take(people, usize::MAX, &mut features)];
    for other in others {
        sources.push(take(&beside.acquire(&other.manifest)?, other.most, &mut features));
    }
    let taken: u64 = sources.iter().map(|source| source.subjects).sum();
    let dimension = if taken == 0 { 1 } else { features.len() / taken as usize };
    fit(&features, dimension, embedder()?, sources, &FitSettings::default())
}

/// One template each of at most `most` people of the cohort half.
fn take(people: &People, most: usize, features: &mut Vec<f32>) -> CohortSource {
    let mut seen = std::collections::HashSet::new();
    let mut first: Vec<(&str, &[f32])> = Vec::new();
    for sample in &people.found.samples {
        let subject = people.manifest.entries[sample.entry].subject.as_str();
        if let Some(template) = sample.features.as_deref()
            && forms_cohort(subject)
            && seen.insert(subject)
        {
            first.push((subject, template));
        }
    }
    in_cohort_order(&mut first, |(subject, _)| subject);
    first.truncate(most);
    features.extend(first.iter().flat_map(|(_, template)| *template));
    CohortSource {
        // Only the name: a path may reveal whose computer it was.
        manifest: file_name(&people.manifest.file),
        manifest_sha256: people.manifest.digest,
        subjects: first.len() as u64,
        everyone: false,
    }
}

fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Whether people of this manifest helped to form the normaliser.
pub(crate) fn knows(normaliser: &NormaliserRecord, people: &People) -> bool {
    normaliser.sources().iter().any(|source| source.manifest_sha256 == people.manifest.digest)
}

/// The set without the people who may have helped to form a normaliser.
pub(crate) fn held_out(set: &SampleSet) -> SampleSet {
    without(set, &|sample| forms_cohort(&sample.subject))
}

/// The sentence in which a report says that its scores are normalised.
pub(crate) fn sentence(record: &NormaliserRecord, held_out: bool, known: bool) -> String {
    let people = count(record.subjects());
    let overlap = match (known, held_out) {
        (false, _) => "none is in this data set, judging by its digest",
        (true, true) => "those who may be in this data set are left out of it here",
        (true, false) => {
            "some are in this data set, so the rates here are slightly lower than on people whom \
             the normaliser has not seen (--held-out leaves them out)"
        }
    };
    format!(
        "Scores are normalised: a score is lowered where many of {people} unlabelled faces are \
         similar to one of the two faces. No group labels are used. Of these {people} people, \
         {overlap}."
    )
}

/// The set with normalised scores.
pub(crate) fn apply(set: &SampleSet, record: &NormaliserRecord) -> Result<SampleSet> {
    normalised(set, &Normaliser::open(record)?)
}
