//! A case as reviewers see it. Until they have judged, they see no score and nobody else's judgement,
//! so that they look at the people and not at a number.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use evenmatch_core::record::{ReasonStage, SampleRecord};
use evenmatch_core::{Error, ErrorKind, Stage};
use evenmatch_explain::messages::Messages;
use evenmatch_ledger::{Case, Judgement, Reviewer, in_utc};
use evenmatch_registry::{ReviewPhoto, ReviewPhotos};

use crate::refusal::Refusal;
use crate::told::Found;

/// One line of the list. `kept`: whether a photo of the decision is kept, and then whether that of the
/// enrolment is too.
pub(super) fn line(case: &Case, reviewer: &Reviewer, kept: Option<bool>) -> Value {
    let photos: &[&str] = match kept {
        None => &[],
        Some(false) => &["probe"],
        Some(true) => &["probe", "reference"],
    };
    json!({
        "number": case.number,
        "time": in_utc(case.time),
        "outcome": case.decision.record.outcome,
        "disposition": case.decision.disposition,
        "appeal": case.appeal,
        "photos": photos,
        "judged": case.judgements.len(),
        "by_me": case.was_judged_by(reviewer),
        "closed": case.is_closed(),
    })
}

/// All of a case that this reviewer may see now.
pub(super) fn whole(
    case: &Case,
    photos: &ReviewPhotos,
    reviewer: &Reviewer,
    messages: &Messages,
) -> Result<Value, Refusal> {
    let record = &case.decision.record;
    let judged = case.was_judged_by(reviewer);
    let open_eyes = judged || case.is_closed();
    let said = |judgement: &Judgement| {
        json!({ "by": judgement.by.name, "same_person": judgement.same_person,
            "reason": judgement.reason })
    };
    let reasons: Vec<Value> = record
        .reasons
        .iter()
        .map(|reason| {
            json!({ "code": reason.code, "meaning": messages.meaning(reason.code),
                "decisive": reason.decisive })
        })
        .collect();
    let findings = record.reasons.iter().filter(|r| r.code.stage() == ReasonStage::Liveness);
    let reference = photos.enrolment.as_ref().and_then(|e| e.details.sample.as_ref());
    Ok(json!({
        "number": case.number,
        "time": in_utc(case.time),
        "subject": case.decision.subject,
        "outcome": record.outcome,
        "disposition": case.decision.disposition,
        "appeal": case.appeal,
        "notes": case.notes.iter().map(|note| &note.note).collect::<Vec<_>>(),
        "reasons": reasons,
        "liveness": { "outcome": record.liveness.outcome,
            "findings": findings.map(|r| messages.meaning(r.code)).collect::<Vec<_>>() },
        "photos": {
            "probe": photo(photos.probe.as_ref(), Some(&record.probe))?,
            "reference": photo(photos.reference.as_ref(), reference)?,
        },
        "score": record.score.filter(|_| open_eyes),
        "threshold": record.threshold.filter(|_| open_eyes),
        "judgements": case.judgements.iter().filter(|_| open_eyes).map(said).collect::<Vec<_>>(),
        "judged_by_me": judged,
        "closed": case.is_closed(),
        "result": Found::of(case),
    }))
}

/// A photo with what was found in it, in its own pixels: the kept one may be smaller.
fn photo(photo: Option<&ReviewPhoto>, sample: Option<&SampleRecord>) -> Result<Value, Refusal> {
    let Some(photo) = photo else { return Ok(Value::Null) };
    let (width, height) = size(&photo.jpeg)?;
    let original = sample.and_then(|sample| sample.size);
    let scale = original.map_or(1.0, |[original, _]| width as f32 / original.max(1) as f32);
    let scaled = |values: &[f32]| values.iter().map(|value| value * scale).collect::<Vec<_>>();
    let quality: Vec<Value> = sample
        .into_iter()
        .flat_map(|sample| &sample.quality.measures)
        .map(|(name, measure)| json!({ "name": name.replace('_', " "), "value": measure.mapped }))
        .collect();
    let landmarks = sample.and_then(|sample| sample.landmarks);
    Ok(json!({
        "image": format!("data:image/jpeg;base64,{}", STANDARD.encode(photo.jpeg.as_slice())),
        "size": [width, height],
        "box": sample.and_then(|sample| sample.bounding_box).map(|values| scaled(&values)),
        "landmarks": landmarks.map(|points| points.map(|point| scaled(&point)).to_vec()),
        "taken_at": in_utc(photo.taken_at),
        "keep_until": in_utc(photo.keep_until),
        "quality": quality,
    }))
}

/// Width and height by the header.
fn size(jpeg: &[u8]) -> Result<(u32, u32), Refusal> {
    let reader = image::ImageReader::new(std::io::Cursor::new(jpeg)).with_guessed_format();
    let size =
        reader.map_err(image::ImageError::from).and_then(image::ImageReader::into_dimensions);
    size.map_err(|cause| {
        let message = "a photo that was kept is no picture";
        Error::new(ErrorKind::Corrupt, Stage::Decode, message).caused_by(cause).into()
    })
}
