//! Forms a normaliser from photos: of a cohort without labels, or learned from labelled people.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::normalise::{embedder, nobody_left};
use super::people::{People, PeopleArguments, with_suffix};
use evenmatch_audit::records::{Bins, LabelRules};
use evenmatch_core::{
    Error, ErrorKind, Result, Stage,
    record::{CohortSource, NormaliserRecord, TemplateForm},
};
use evenmatch_scores::normalise::{
    AttributeLabels, FitSettings, LabelledPeople, LearnedSettings, fit, fit_learned, forms_cohort,
    in_cohort_order,
};

/// More photos for a normaliser: `people.csv`, or `people.csv:250` for at most 250 people.
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
    pub(crate) label_rules: &'a LabelRules,
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
            (Bins::customary(), self.label_rules),
        )
    }
}

/// Whose photos form a normaliser.
pub(crate) struct Sources<'a> {
    /// The manifest that is measured: the half of its people that their names select, unless there
    /// is a manifest of people set aside.
    pub(crate) people: &'a People,
    /// People set aside for this, all of whom are used.
    pub(crate) set_aside: Option<&'a Path>,
    /// Half of the people of these manifests are added.
    pub(crate) cohort: &'a [CohortArgument],
}

/// Forms a normaliser from a cohort, without labels.
pub(crate) fn form(sources: &Sources<'_>, beside: &Beside<'_>) -> Result<NormaliserRecord> {
    let (found, sources) = gather(sources, &[], beside)?;
    let dimension = found.first().map_or(1, |person| person.template.len());
    let features: Vec<f32> = found.into_iter().flat_map(|person| person.template).collect();
    fit(&features, dimension, embedder()?, sources, &FitSettings::default())
}

/// Forms a normaliser from the labels of these attributes, and random features of this seed.
pub(crate) fn learn(
    sources: &Sources<'_>,
    even: &[String],
    seed: Option<u32>,
    beside: &Beside<'_>,
) -> Result<NormaliserRecord> {
    let (found, sources) = gather(sources, even, beside)?;
    let dimension = found.first().map_or(1, |person| person.template.len());
    let features: Vec<f32> =
        found.iter().flat_map(|person| person.template.iter().copied()).collect();
    let attributes: Vec<AttributeLabels> = even
        .iter()
        .enumerate()
        .map(|(place, name)| {
            let labels = || found.iter().map(|person| person.labels[place].as_deref());
            let known: BTreeSet<&str> = labels().flatten().collect();
            let codes: BTreeMap<&str, u32> = known.into_iter().zip(0..).collect();
            AttributeLabels {
                name: name.clone(),
                labels: labels().map(|label| codes.get(label?).copied()).collect(),
            }
        })
        .collect();
    let people = LabelledPeople { features: &features, dimension, attributes: &attributes };
    let usual = LearnedSettings::default();
    let settings = LearnedSettings { seed: seed.unwrap_or(usual.seed), ..usual };
    fit_learned(&people, embedder()?, beside.templates, sources, &settings)
}

/// A person's template, and the labels of the attributes that were asked for.
struct Found {
    template: Vec<f32>,
    labels: Vec<Option<String>>,
}

/// One template each of the people who form a normaliser, and where they are from.
fn gather(
    sources: &Sources<'_>,
    even: &[String],
    beside: &Beside<'_>,
) -> Result<(Vec<Found>, Vec<CohortSource>)> {
    let mut found = Vec::new();
    let mut from = Vec::new();
    match sources.set_aside {
        None => {
            must_have(sources.people, even)?;
            from.push(take(sources.people, usize::MAX, false, even, &mut found));
        }
        Some(manifest) => {
            let people = beside.acquire(manifest)?;
            if people.manifest.digest == sources.people.manifest.digest {
                return Err(nobody_left());
            }
            must_have(&people, even)?;
            from.push(take(&people, usize::MAX, true, even, &mut found));
        }
    }
    for other in sources.cohort {
        let people = beside.acquire(&other.manifest)?;
        from.push(take(&people, other.most, false, even, &mut found));
    }
    Ok((found, from))
}

/// Refuses attributes that the manifest does not have.
fn must_have(people: &People, even: &[String]) -> Result<()> {
    let known = &people.manifest.attributes;
    let Some(missing) = even.iter().find(|name| !known.contains(name)) else { return Ok(()) };
    let message = format!("{} has no attribute `{missing}`", people.manifest.file);
    let next = match known.as_slice() {
        [] => "name a manifest with a column of labels, such as race".to_owned(),
        known => format!("choose among its attributes: {}", known.join(", ")),
    };
    Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message).next(next))
}

/// Takes the first template each of at most `most` people: of everyone, or of the half that their
/// names select.
fn take(
    people: &People,
    most: usize,
    everyone: bool,
    even: &[String],
    found: &mut Vec<Found>,
) -> CohortSource {
    let mut seen = HashSet::new();
    let mut first = Vec::new();
    for sample in &people.found.samples {
        let subject = people.manifest.entries[sample.entry].subject.as_str();
        if let Some(template) = sample.features.as_deref()
            && (everyone || forms_cohort(subject))
            && seen.insert(subject)
        {
            first.push((subject, template, sample));
        }
    }
    in_cohort_order(&mut first, |(subject, ..)| subject);
    first.truncate(most);
    let attributes = &people.manifest.attributes;
    let places: Vec<Option<usize>> =
        even.iter().map(|name| attributes.iter().position(|known| known == name)).collect();
    for (_, template, sample) in &first {
        let values = people.labels(sample);
        let labels = places.iter().map(|place| values[(*place)?].clone()).collect();
        found.push(Found { template: template.to_vec(), labels });
    }
    CohortSource {
        // Only the name: a path may reveal whose computer it was.
        manifest: file_name(&people.manifest.file),
        manifest_sha256: people.manifest.digest,
        subjects: first.len() as u64,
        everyone,
    }
}

fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}
