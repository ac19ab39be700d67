//! The sealed part of an enrolment: the template and its details.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch::{Reference, Template};
use evenmatch_core::record::{Reason, SampleRecord};

/// One of the photos of an enrolment. The photo itself is not stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrolledPhoto {
    /// SHA-256 of the file; null if it came as pixels or as a template.
    pub sha256: Option<Digest>,
    /// Its share of the template, 0 to 1.
    pub weight: f64,
    /// Similarity of its own template to the stored one: a plain cosine.
    pub likeness: f32,
}

/// How much the photos of an enrolment differ, as plain cosine similarities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The lowest similarity of a photo to the stored template.
    pub least_to_mean: f32,
    /// The lowest similarity between two photos; null if there is only one.
    pub least_between: Option<f32>,
}

/// Everything about an enrolment except its template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// The subject's name, as the caller gave it.
    pub subject: String,
    /// The subject's name in the ledger. It is random, and is deleted with the enrolment; after
    /// that nobody can tell whose decisions are in the ledger.
    pub pseudonym: String,
    /// What the person stated about themselves for audits, by attribute.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// The photos that the template was made from.
    pub photos: Vec<EnrolledPhoto>,
    /// How much they differ.
    pub spread: Spread,
    /// Whether a person has checked that all photos show the subject.
    pub checked_by_a_person: bool,
    /// What was measured in the photo, if there was only one.
    pub sample: Option<SampleRecord>,
    /// Further notes about that photo.
    #[serde(default)]
    pub reasons: Vec<Reason>,
}

/// The bytes that are sealed: the length of the details as u32, little-endian, the details as JSON,
/// the template. They are padded to a multiple of 256, so that their length reveals less about the
/// name.
pub(super) fn to_bytes(
    details: &Details,
    template: &Template<Reference>,
) -> Result<Zeroizing<Vec<u8>>> {
    let json = Zeroizing::new(serde_json::to_vec(details).map_err(|cause| {
        Error::new(ErrorKind::InvalidRecord, Stage::Enrolment, "the details could not be written")
            .caused_by(cause)
    })?);
    let template = Zeroizing::new(template.to_bytes());
    // Allocated in full at the start, because a buffer that grows leaves copies behind.
    let length = 8 + json.len() + template.len();
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.next_multiple_of(256)));
    for part in [json.as_slice(), template.as_slice()] {
        bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
        bytes.extend_from_slice(part);
    }
    bytes.resize(length.next_multiple_of(256), 0);
    Ok(bytes)
}

/// Reads what [`to_bytes`] wrote.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<(Details, Template<Reference>)> {
    let refuse = |why: &str| {
        Error::new(ErrorKind::Corrupt, Stage::Enrolment, format!("the enrolment {why}"))
            .next("enrol the person again from photos")
    };
    let mut rest = bytes;
    let mut part = || {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (part, tail) = tail.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = tail;
        Some(part)
    };
    let (Some(json), Some(template)) = (part(), part()) else {
        return Err(refuse("is incomplete"));
    };
    let details = serde_json::from_slice(json)
        .map_err(|cause| refuse("has details that this version cannot read").caused_by(cause))?;
    Ok((details, Template::from_bytes(template)?))
}
