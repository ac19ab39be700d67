//! Enrolment: several photos become one sealed template.

use std::collections::BTreeMap;

use serde::Serialize;

use super::enrolment_record::{Details, EnrolledPhoto, Spread};
use super::registry::Registry;
use crate::store::StoredRow;
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch::{
    Acquisition, ComparisonScore, Probe, Reference, Source, Template, Verifier, compare,
    compare_normalised, quality::Component,
};
use evenmatch_core::{
    hex,
    record::{Reason, ReasonSubject, SampleRecord},
};
use evenmatch_ledger::{EntryKind, in_utc, now, vault::random};

/// The components that give photos their weights: those that the gate may enforce by default,
/// because they do not refuse one group more often than another (docs/FAIRNESS.md).
const WEIGHED: [Component; 4] = [
    Component::InterEyeDistance,
    Component::Saturation,
    Component::Sharpness,
    Component::MotionBlur,
];
/// The lowest weight of a photo, where a perfect one has 1: a poor photo counts a little.
const LEAST_WEIGHT: f64 = 0.05;
/// More photos than this of one person are a mistake.
const MAX_PHOTOS: usize = 64;
/// The maximum number of attributes of a person.
const MAX_ATTRIBUTES: usize = 32;
/// The maximum length of an attribute's name or value, in bytes.
const MAX_ATTRIBUTE: usize = 64;

/// How a person is enrolled.
#[derive(Debug, Clone, Default)]
pub struct EnrolSettings {
    /// The purpose: a word that selects the policy's retention period. Empty means `general`.
    pub purpose: String,
    /// What the person stated about themselves for audits. It is written to the ledger with each
    /// decision and stays there under a pseudonym, so use it only with their consent.
    pub attributes: BTreeMap<String, String>,
    /// Replace an existing enrolment.
    pub replace: bool,
    /// A person has checked that all photos show the subject. Without this, photos that seem to
    /// show two people are refused.
    pub checked_by_a_person: bool,
}

/// The outcome for one photo.
#[derive(Debug, Clone, Serialize)]
pub struct PhotoOutcome {
    /// What was found in it.
    pub sample: SampleRecord,
    /// Why there is no template, and further notes.
    pub reasons: Vec<Reason>,
    /// Its share of the template; null if it has none.
    pub weight: Option<f64>,
    /// Its similarity to the stored template, a plain cosine; null if it is not part of it.
    pub likeness: Option<f32>,
}

/// What was enrolled.
#[derive(Debug, Clone, Serialize)]
pub struct EnrolledSummary {
    /// Counts how often the subject was enrolled, from 1.
    pub version: u64,
    /// The purpose.
    pub purpose: String,
    /// When, in UTC.
    pub enrolled_at: String,
    /// Until when it may be stored, in UTC; null if the policy set no end.
    pub keep_until: Option<String>,
    /// How much the photos differ.
    pub spread: Spread,
}

/// The outcome of an enrolment. A photo without a face is an outcome, not an error.
#[derive(Debug, Clone, Serialize)]
pub struct EnrolOutcome {
    /// What was enrolled; null if nobody was.
    pub enrolled: Option<EnrolledSummary>,
    /// The photos, in the order given.
    pub photos: Vec<PhotoOutcome>,
    /// Two photos, by index from 0, that seem to show two people; null if there are none.
    pub unlike: Option<[usize; 2]>,
    /// Photos, by index from 0, that are the same as an earlier one: the same file, or one that
    /// gives the same template. They add nothing.
    pub same: Vec<[usize; 2]>,
}

/// What is written to the ledger.
#[derive(Serialize)]
struct Told<'a> {
    subject: &'a str,
    version: u64,
    purpose: &'a str,
    keep_until: Option<String>,
    model: crate::Digest,
    normaliser: Option<crate::Digest>,
    photos: usize,
    /// How many of them are the same as another.
    #[serde(skip_serializing_if = "is_none")]
    same_photos: usize,
    spread: Spread,
    checked_by_a_person: bool,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Photos that are the same as an earlier one.
fn same(acquired: &[Acquisition<Probe>]) -> Vec<[usize; 2]> {
    let is_same = |a: &Acquisition<Probe>, b: &Acquisition<Probe>| {
        let features = |photo: &Acquisition<Probe>| {
            photo.template.as_ref().map(|template| template.features().to_vec())
        };
        let file = a.sample.sha256.is_some() && a.sample.sha256 == b.sample.sha256;
        file || a.template.is_some() && features(a) == features(b)
    };
    let earlier = |later: usize| (0..later).find(|n| is_same(&acquired[*n], &acquired[later]));
    (1..acquired.len()).filter_map(|later| Some([earlier(later)?, later])).collect()
}

/// A photo's weight: the mean of its measures, 0 to 100, as a share; 1 if none was measured.
fn weight(sample: &SampleRecord) -> f64 {
    let measures = &sample.quality.measures;
    let found: Vec<f64> = WEIGHED
        .iter()
        .filter_map(|component| measures.get(component.name()))
        .map(|measure| f64::from(measure.mapped) / 100.0)
        .collect();
    match found.len() {
        0 => 1.0,
        n => (found.iter().sum::<f64>() / n as f64).max(LEAST_WEIGHT),
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() as f32
}

/// The template, and the photos that it was made from.
struct Combined {
    template: Template<Reference>,
    photos: Vec<EnrolledPhoto>,
    spread: Spread,
}

fn combine(verifier: &Verifier, taken: &[&Acquisition<Probe>]) -> Result<Combined> {
    let weights: Vec<f64> = taken.iter().map(|photo| weight(&photo.sample)).collect();
    let total: f64 = weights.iter().sum();
    let templates = taken.iter().filter_map(|photo| photo.template.as_ref());
    let weighted: Vec<(&Template<Probe>, f64)> = templates.clone().zip(weights.clone()).collect();
    let mean = match &weighted[..] {
        // A single photo's template stays unchanged, bit for bit.
        [(one, _)] => Some((*one).clone()),
        several => Template::mean(several),
    };
    let mean = mean.ok_or_else(|| {
        let message = "the photos' templates have no common direction";
        Error::new(ErrorKind::InvalidArgument, Stage::Enrolment, message)
            .next("check that all photos show the same person")
    })?;
    let template = match verifier.normaliser() {
        Some(normaliser) => mean.normalised_by(normaliser)?,
        None => mean,
    };
    let photos: Vec<EnrolledPhoto> = taken
        .iter()
        .zip(&weighted)
        .map(|(photo, (own, weight))| EnrolledPhoto {
            sha256: photo.sample.sha256,
            weight: weight / total,
            likeness: cosine(own.features(), template.features()),
        })
        .collect();
    let all: Vec<&Template<Probe>> = templates.collect();
    let between = all
        .iter()
        .enumerate()
        .flat_map(|(i, a)| all[i + 1..].iter().map(|b| cosine(a.features(), b.features())));
    let spread = Spread {
        least_to_mean: photos.iter().map(|photo| photo.likeness).fold(f32::INFINITY, f32::min),
        least_between: between.min_by(f32::total_cmp),
    };
    Ok(Combined { template: template.into_reference(), photos, spread })
}

impl Registry {
    /// Enrols a person from photos: each becomes a template, and their mean, weighted by quality,
    /// is stored. Photos without a usable face are left out and reported.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyEnrolled`] without `replace`; a photo cannot be read; the store or the
    /// ledger cannot be written.
    pub fn enrol<'a>(
        &self,
        verifier: &Verifier,
        subject: &str,
        photos: impl IntoIterator<Item = Source<'a, Probe>>,
        settings: &EnrolSettings,
    ) -> Result<EnrolOutcome> {
        let lookup = self.lookup(subject)?;
        if !settings.replace && self.store.row(&lookup)?.is_some() {
            return Err(already(subject));
        }
        let acquired: Vec<Acquisition<Probe>> =
            photos.into_iter().map(|photo| verifier.acquire(photo)).collect::<Result<_>>()?;
        self.enrol_acquired(verifier, subject, &acquired, settings)
    }

    /// The same for photos that have already been acquired.
    ///
    /// # Errors
    ///
    /// As for [`Registry::enrol`].
    pub fn enrol_acquired(
        &self,
        verifier: &Verifier,
        subject: &str,
        acquired: &[Acquisition<Probe>],
        settings: &EnrolSettings,
    ) -> Result<EnrolOutcome> {
        check(settings, acquired.len())?;
        let outcome = |photo: &Acquisition<Probe>| PhotoOutcome {
            sample: photo.sample.clone(),
            reasons: photo.reasons.clone(),
            weight: None,
            likeness: None,
        };
        let mut outcome = EnrolOutcome {
            enrolled: None,
            photos: acquired.iter().map(outcome).collect(),
            unlike: None,
            same: same(acquired),
        };
        let taken: Vec<(usize, &Acquisition<Probe>)> =
            acquired.iter().enumerate().filter(|(_, photo)| photo.template.is_some()).collect();
        if taken.is_empty() {
            return Ok(outcome);
        }
        outcome.unlike = unlike(verifier, &taken)?;
        if outcome.unlike.is_some() && !settings.checked_by_a_person {
            return Ok(outcome);
        }
        let only: Vec<&Acquisition<Probe>> = taken.iter().map(|(_, photo)| *photo).collect();
        let combined = combine(verifier, &only)?;
        for ((place, _), photo) in taken.iter().zip(&combined.photos) {
            outcome.photos[*place].weight = Some(photo.weight);
            outcome.photos[*place].likeness = Some(photo.likeness);
        }
        // With a single photo, a later decision can say what a decision with that photo would.
        let single = match (acquired, &only[..]) {
            ([_], [one]) => Some(*one),
            _ => None,
        };
        let reasons = single.map(|one| one.reasons.clone()).unwrap_or_default();
        let reasons = reasons.into_iter().map(|reason| reason.about(ReasonSubject::Reference));
        let details = Details {
            subject: subject.to_owned(),
            pseudonym: format!("p-{}", hex::encode(&random::<16>()?)),
            attributes: settings.attributes.clone(),
            photos: combined.photos,
            spread: combined.spread,
            checked_by_a_person: settings.checked_by_a_person,
            sample: single.map(|one| one.sample.clone()),
            reasons: reasons.collect(),
        };
        let (row, details) =
            self.store_row(verifier, details, &combined.template, settings, outcome.same.len())?;
        outcome.enrolled = Some(EnrolledSummary {
            version: row.version,
            purpose: row.purpose,
            enrolled_at: in_utc(row.enrolled_at),
            keep_until: row.keep_until.map(in_utc),
            spread: details.spread,
        });
        Ok(outcome)
    }

    fn store_row(
        &self,
        verifier: &Verifier,
        mut details: Details,
        template: &Template<Reference>,
        settings: &EnrolSettings,
        same_photos: usize,
    ) -> Result<(StoredRow, Details)> {
        let enrolled_at = now();
        let purpose = match settings.purpose.as_str() {
            "" => "general",
            purpose => purpose,
        };
        let mut row = StoredRow {
            lookup: self.lookup(&details.subject)?,
            version: 1,
            purpose: purpose.to_owned(),
            enrolled_at,
            keep_until: verifier.policy().retention.until(purpose, enrolled_at),
            model: template.model().sha256,
            normaliser: template.statistics().map(|statistics| statistics.normaliser),
            wrapped_key: Vec::new(),
            sealed: Vec::new(),
        };
        self.change(&mut |change, state| {
            if let Some(former) = change.row(&row.lookup)? {
                if !settings.replace {
                    return Err(already(&details.subject));
                }
                row.version = former.version + 1;
                // The same person keeps the pseudonym, so that earlier decisions stay theirs.
                details.pseudonym = self.unseal(&former)?.details.pseudonym;
                // Photos for reviews are under the former key, which goes now.
                self.drop_all_photos(change, &former)?;
            }
            self.seal_into(&mut row, &details, template)?;
            self.put(change, state, &row)?;
            let told = Told {
                subject: &details.pseudonym,
                version: row.version,
                purpose: &row.purpose,
                keep_until: row.keep_until.map(in_utc),
                model: row.model,
                normaliser: row.normaliser,
                photos: details.photos.len(),
                same_photos,
                spread: details.spread,
                checked_by_a_person: details.checked_by_a_person,
            };
            self.push(change, state, EntryKind::Enrolled, &told)
        })?;
        if row.version > 1 {
            // Remove the former template from the files too.
            self.store.scrub()?;
        }
        self.tell()?;
        Ok((row, details))
    }
}

/// Two photos that the verifier would take for two people.
fn unlike(
    verifier: &Verifier,
    taken: &[(usize, &Acquisition<Probe>)],
) -> Result<Option<[usize; 2]>> {
    for (i, (a, first)) in taken.iter().enumerate() {
        let Some(reference) = first.template.clone().map(Template::into_reference) else {
            continue;
        };
        for (b, second) in &taken[i + 1..] {
            let Some(probe) = &second.template else { continue };
            let score = likeness(verifier, probe, &reference)?;
            if score < verifier.operating_point().threshold() {
                return Ok(Some([*a, *b]));
            }
        }
    }
    Ok(None)
}

/// Similarity as the verifier measures it: normalised if it normalises.
fn likeness(
    verifier: &Verifier,
    probe: &Template<Probe>,
    reference: &Template<Reference>,
) -> Result<f32> {
    let score = match verifier.normaliser() {
        Some(by) => compare_normalised(probe, reference, by.digest())?,
        None => compare(probe, reference)?,
    };
    Ok(ComparisonScore::value(score))
}

fn already(subject: &str) -> Error {
    let message = format!("`{subject}` is already enrolled");
    Error::new(ErrorKind::AlreadyEnrolled, Stage::Enrolment, message)
        .next("use --replace to enrol them again, or evenmatch forget to delete them")
}

fn check(settings: &EnrolSettings, photos: usize) -> Result<()> {
    let refuse =
        |message: String| Err(Error::new(ErrorKind::InvalidArgument, Stage::Enrolment, message));
    if photos == 0 || photos > MAX_PHOTOS {
        return refuse(format!("there are {photos} photos; give 1 to {MAX_PHOTOS}"));
    }
    let word = |text: &str| {
        (1..=MAX_ATTRIBUTE).contains(&text.len()) && !text.chars().any(char::is_control)
    };
    if !settings.purpose.is_empty() && !word(&settings.purpose) {
        return refuse(format!("a purpose must have 1 to {MAX_ATTRIBUTE} bytes"));
    }
    let wrong = settings.attributes.iter().find(|(name, value)| !word(name) || !word(value));
    if wrong.is_some() || settings.attributes.len() > MAX_ATTRIBUTES {
        return refuse(format!(
            "use at most {MAX_ATTRIBUTES} attributes, with names and values of 1 to \
             {MAX_ATTRIBUTE} bytes"
        ));
    }
    Ok(())
}
