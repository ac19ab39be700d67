//! Which normaliser a command uses, and how one is formed from photos.

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
use evenmatch_core::{
    Digest, Error, ErrorKind, Result, Stage,
    record::{Calibration, CohortSource, NormaliserRecord},
};
use evenmatch_scores::normalise::{FitSettings, Normaliser, fit, forms_cohort, in_cohort_order};

/// The value of `--normalise`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Plain cosines.
    Off,
    /// By a cohort: one that ships, or that the command forms.
    Cohort,
    /// By the normaliser of this calibration.
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
            .next("--normalise off, or a calibration made with --normalise cohort")
    })
}

/// The normaliser that was asked for; `None` for plain cosines. It has to be one of the embedder
/// in use.
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
    if record.embedder_sha256 == embedder {
        return Ok(record);
    }
    let message = format!(
        "the normaliser was formed with the embedder {}, and {embedder} is in use",
        record.embedder_sha256
    );
    Err(Error::new(ErrorKind::ModelMismatch, Stage::Audit, message)
        .next("form one with this embedder: evenmatch calibrate --normalise cohort"))
}

/// SHA-256 of the embedder in use.
pub(crate) fn embedder() -> Result<Digest> {
    let store = ModelStore::open()?;
    Ok(store.manifest().default_for(Role::Embedder)?.sha256)
}

/// More photos for a cohort: `people.csv`, or `people.csv:250` for at most so many people.
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

/// How photos besides the main manifest's are acquired.
pub(crate) struct Beside<'a> {
    pub(crate) policy: Option<&'a Path>,
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

/// One template each of at most so many people of the cohort half.
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
        // The name alone: a path may tell whose machine it was.
        manifest: file_name(&people.manifest.file),
        manifest_sha256: people.manifest.digest,
        subjects: first.len() as u64,
    }
}

fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Whether people of this manifest helped to form the normaliser.
pub(crate) fn knows(normaliser: &NormaliserRecord, people: &People) -> bool {
    normaliser.cohort.iter().any(|source| source.manifest_sha256 == people.manifest.digest)
}

/// The set without the people who may have helped to form a normaliser.
pub(crate) fn held_out(set: &SampleSet) -> SampleSet {
    without(set, &|sample| forms_cohort(&sample.subject))
}

/// How a report says that its scores are normalised.
pub(crate) fn sentence(record: &NormaliserRecord, held_out: bool, known: bool) -> String {
    let people = record.subjects();
    let whom = match (known, held_out) {
        (false, _) => "none of them is in this data set by its digest",
        (true, true) => "people of this data set who may be among them are left out here",
        (true, false) => {
            "some people of this data set are among them, so that the rates here are a little \
             lower than on people whom it has never seen (--held-out leaves them out)"
        }
    };
    format!(
        "Scores are normalised: each side's are lowered where its face lies among many others, as \
         {people} unlabelled faces show; no label of a group is used. Of these {people} people, \
         {whom}."
    )
}

/// The set with normalised scores.
pub(crate) fn apply(set: &SampleSet, record: &NormaliserRecord) -> Result<SampleSet> {
    normalised(set, &Normaliser::open(record)?)
}
