//! Keeps what a person presented for a review by people, where they have agreed to it and the policy
//! allows it.

use axum::http::HeaderMap;
use evenmatch::{EncodedSample, Policy};
use evenmatch_core::{Error, ErrorKind, Result, Stage};
use evenmatch_ledger::now;
use evenmatch_registry::PhotoOf;
use image::codecs::jpeg::JpegEncoder;
use image::{RgbImage, imageops};

use crate::presented::Presented;
use crate::service::Service;

/// The longest side of a photo that is kept, in pixels: enough for two eyes, and no more.
const LONGEST_SIDE: u32 = 1024;
/// JPEG quality, of 100, at which no artefact can be mistaken for a feature.
const QUALITY: u8 = 90;

/// By which a client says that the person has agreed to it.
pub(crate) fn is_agreed(headers: &HeaderMap) -> bool {
    headers.get("x-photos-for-review").is_some_and(|value| value == "yes")
}

/// Keeps it. A photo that cannot be kept changes no decision, so the operators are told and the person
/// is not turned away.
pub(crate) fn keep(service: &Service, subject: &str, of: PhotoOf, presented: &Presented<'_>) {
    let policy = service.verifier.policy();
    let Some(until) = policy.review.photo_until(now()) else { return };
    let kept = jpeg(presented, policy)
        .and_then(|jpeg| service.registry.keep_for_review(subject, of, &jpeg, until));
    if let Err(error) = kept {
        (service.settings.tell)(&format!("a photo for a review could not be kept: {error}"));
    }
}

/// The picture alone, upright and not larger than needed: nothing that a camera writes beside it.
fn jpeg(presented: &Presented<'_>, policy: &Policy) -> Result<Vec<u8>> {
    match presented {
        Presented::Frame(frame, _) => encoded(frame),
        Presented::Photo(bytes) => {
            encoded(EncodedSample::from_bytes(bytes, &policy.limits)?.decode()?.pixels())
        }
    }
}

fn encoded(picture: &RgbImage) -> Result<Vec<u8>> {
    let longest = picture.width().max(picture.height());
    let smaller = (longest > LONGEST_SIDE).then(|| {
        let side = |side: u32| (side * LONGEST_SIDE / longest).max(1);
        let (width, height) = (side(picture.width()), side(picture.height()));
        imageops::resize(picture, width, height, imageops::FilterType::Triangle)
    });
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(smaller.as_ref().unwrap_or(picture))
        .map_err(|cause| {
            Error::new(ErrorKind::Io, Stage::Decide, "a photo could not be written as a JPEG")
                .caused_by(cause)
        })?;
    Ok(bytes)
}
