//! From a sample to an aligned face that passes the gate, or to the reasons why there is none.

use crate::Result;
use crate::align::{AlignedFace, align, source_scale};
use crate::decide::{Policy, SeveralFaces};
use crate::detect::{Detection, Detections, FaceDetector, Step};
use crate::pad::passive::PassiveSignals;
use crate::quality::{Component, Gate, GateOutcome, QualityReport};
use crate::sample::{EncodedSample, Sample, relit_part};
use evenmatch_core::record::{
    AttemptRecord, MeasureRecord, OtherFaceRecord, QualityRecord, Reason, ReasonCode,
    ReasonSubject, SampleRecord, SignalRecord, TemplateForm,
};

/// A photo is first decoded so that its longer side has at least this many pixels, and again at a
/// larger size if the face needs it. At this size the face in a selfie is usually large enough.
const FIRST_LONGER_SIDE: u32 = 800;
/// Pixels of the decoded image per pixel of the crop that a reduced decoding must leave.
const OVERSAMPLING: f32 = 2.0;
/// Smoothing of a face lost in noise: of its light, and more strongly of its colour, where eyes and
/// embedders lose little. The width is this many inter-eye distances, times the square root of the
/// noise's share of the light (at most [`MOST_NOISE`]). [`FACE_LEVEL`] is the mean light that the
/// face then gets.
///
/// Of the widths tried (0.008 to 0.07 for the light, 0 to 0.14 for the colour), 0.018 and 0.06 lose
/// the fewest mated pairs of LFW at 1/16 of its light (noise 0.17). 0.036 and 0.1 leave templates
/// of FairFace's faces that are found only in other light (noise 0.55) nearest to those of the same
/// photos in full light. Levels from 0.1 to 0.3 do equally well.
const LIGHT_SMOOTHING: f32 = 0.045;
const COLOUR_SMOOTHING: f32 = 0.14;
const MOST_NOISE: f32 = 0.8;
const FACE_LEVEL: f32 = 0.18;
/// A crop with fewer image pixels per crop pixel than this is called small.
const SMALL_SOURCE_SCALE: f32 = 0.5;
/// A face is compared if no landmark lies further outside the image than this, in inter-eye
/// distances, and at least one eye is inside; the crop is black outside the image.
///
/// Photos of 200 LFW people were cut so that the outermost landmark lies 0.3 outside. At the
/// threshold at which 100 of 100,000 non-mated whole pairs match, they match the whole photos of
/// the same people in 88 % (left), 82 % (right) and 90 % (below) of pairs, those of other people in
/// 3 to 10 of 100,000 pairs, and other people's cut photos in 26 to 51. With both eyes outside,
/// 20 % of mated pairs and 4,636 of 100,000 non-mated pairs match: such faces are refused.
const MOST_OUTSIDE: f32 = 0.4;
/// A face whose landmarks lie further from those of a normal face than this (see
/// [`Landmarks5::misfit`]) is not compared. Of 2,131 LFW and 2,575 FairFace photos none has more
/// than 0.46, profiles included.
const MISFIT: f32 = 0.5;
/// A face is called cut where the image covers less than this share of its crop.
const CUT_COVERAGE: f32 = 0.9;

/// What was found in one photo: its faces, and the one that would be compared.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Inspection {
    /// The decoded photo, upright; a large JPEG is decoded at a reduced size.
    pub sample: Sample,
    /// All faces and all attempts at finding them.
    pub detections: Detections,
    /// The crop of the face that would be compared; `None` where there is none.
    pub aligned: Option<AlignedFace>,
    /// The decisive reasons where there is no crop, and other reasons worth knowing.
    pub reasons: Vec<Reason>,
    /// The same as data; `acquired` says whether there is a crop.
    pub record: SampleRecord,
    /// What the gate says, whether or not it is enforced.
    pub gate: GateOutcome,
    /// The passive signals of a probe; empty where liveness is not checked, and where there is no
    /// face to compare.
    pub signals: Vec<SignalRecord>,
}

/// The largest reduction worth decoding first: one that leaves the longer side at 800 pixels or
/// more.
fn first_reduction(encoded: &EncodedSample<'_>, policy: &Policy) -> u32 {
    if policy.full_decode {
        return encoded.reductions()[0];
    }
    let longer = encoded.width().max(encoded.height());
    largest_reduction(encoded, |r| longer / r >= FIRST_LONGER_SIDE)
}

/// The largest reduction that will do; the smallest one available where none will.
fn largest_reduction(encoded: &EncodedSample<'_>, will_do: impl Fn(u32) -> bool) -> u32 {
    let all = encoded.reductions();
    all.iter().copied().filter(|r| will_do(*r)).max().unwrap_or(all[0])
}

/// Decodes a photo, finds its faces, and aligns the one that would be compared.
///
/// A large JPEG is decoded at a reduced size, and again at a larger one where the first would leave
/// the face less than twice the size of the crop. Passive signals, if requested, are measured on
/// the photo at its full size: a reduced photo has lost the patterns that they look for. Everything
/// else is the same as without them.
pub(crate) fn inspect(
    encoded: &EncodedSample<'_>,
    detector: &FaceDetector,
    policy: &Policy,
    subject: ReasonSubject,
    passive: Option<&PassiveSignals>,
) -> Result<Inspection> {
    let mut sample = encoded.decode_reduced(first_reduction(encoded, policy))?;
    let mut found = detector.detect(&sample)?;
    let finer = sample.reduction() / 2;
    if found.faces.is_empty() && encoded.reductions().contains(&finer) {
        // A face may be too small to be seen at the reduced size.
        sample = encoded.decode_reduced(finer)?;
        let again = detector.detect(&sample)?;
        found.attempts.extend(again.attempts);
        (found.faces, found.by) = (again.faces, again.by);
    }
    if !policy.plain_looks_only {
        detector.look_again(&sample, &mut found, policy.look_again_for())?;
    }
    let scale = found.faces.first().and_then(source_scale);
    let wanted =
        largest_reduction(encoded, |r| scale.is_some_and(|scale| scale / r as f32 >= OVERSAMPLING));
    let sample = if wanted < sample.reduction() { encoded.decode_reduced(wanted)? } else { sample };
    let mut found = finish(sample, found, policy.several_faces, subject);
    crop_once_more(&mut found, detector, policy)?;
    let mut found = gated(found, policy, subject);
    if encoded.pages() > 1 {
        // If no face was found, it may be on another page.
        let pages = Reason::new(ReasonCode::SeveralPages).measured(encoded.pages() as f32, 1.0);
        found.reasons.push(pages.about(subject).advisory());
    }
    if let Some(passive) = passive {
        let whole = match found.sample.reduction() {
            least if least == encoded.reductions()[0] => None,
            _ if found.aligned.is_none() => None,
            _ => Some(encoded.decode()?),
        };
        found.signals = signals(&found, whole.as_ref().unwrap_or(&found.sample), passive)?;
    }
    Ok(found)
}

/// The passive signals of the face that would be compared; none where there is no such face.
fn signals(
    found: &Inspection,
    whole: &Sample,
    passive: &PassiveSignals,
) -> Result<Vec<SignalRecord>> {
    match (&found.aligned, found.detections.faces.first()) {
        (Some(_), Some(face)) => passive.look(whole.pixels(), face.bounding_box()),
        _ => Ok(Vec::new()),
    }
}

/// Finds the faces of a decoded photo, and aligns the one that would be compared.
pub(crate) fn inspect_sample(
    sample: Sample,
    detector: &FaceDetector,
    policy: &Policy,
    subject: ReasonSubject,
    passive: Option<&PassiveSignals>,
) -> Result<Inspection> {
    let mut found = detector.detect(&sample)?;
    if !policy.plain_looks_only {
        detector.look_again(&sample, &mut found, policy.look_again_for())?;
    }
    let mut found = finish(sample, found, policy.several_faces, subject);
    crop_once_more(&mut found, detector, policy)?;
    let mut found = gated(found, policy, subject);
    if let Some(passive) = passive {
        found.signals = signals(&found, &found.sample, passive)?;
    }
    Ok(found)
}

/// Adds a second crop, from landmarks of another look, for the mirrored half of a template.
fn crop_once_more(found: &mut Inspection, detector: &FaceDetector, policy: &Policy) -> Result<()> {
    if policy.templates == Some(TemplateForm::Plain) {
        return Ok(());
    }
    let (Some(crop), Some(face)) = (&found.aligned, found.detections.faces.first()) else {
        return Ok(());
    };
    let noise = found.detections.drowning_noise();
    let lit = noise.map(|noise| lit(&found.sample, face, noise));
    let sample = lit.as_ref().unwrap_or(&found.sample);
    let again = detector.once_more(sample, face)?;
    let second = again.and_then(|again| align(sample, &again));
    found.aligned = Some(crop.clone().with_second(second));
    Ok(())
}

fn finish(
    sample: Sample,
    detections: Detections,
    several: SeveralFaces,
    subject: ReasonSubject,
) -> Inspection {
    let mut reasons = Vec::new();
    let mut note = |reason: Reason| reasons.push(reason.about(subject));
    let count = detections.faces.len();
    let mut aligned = None;
    match detections.faces.first() {
        None => note(Reason::new(ReasonCode::NoFaceFound)),
        Some(_) if count > 1 && several == SeveralFaces::Error => {
            note(Reason::new(ReasonCode::SeveralFacesRefused).measured(count as f32, 1.0));
        }
        Some(face) => {
            if count > 1 {
                let reason = Reason::new(ReasonCode::SeveralFacesLargestUsed);
                note(reason.measured(count as f32, 1.0).advisory());
            }
            let in_other_light = matches!(detections.by, Some(Step::Light(_)));
            if in_other_light {
                note(Reason::new(ReasonCode::FoundWithMoreLight).advisory());
            } else if detections.drowning_noise().is_some() {
                note(Reason::new(ReasonCode::FaceInLittleLight).advisory());
            }
            if matches!(detections.by, Some(Step::Turned(_))) {
                note(Reason::new(ReasonCode::FoundTurned).advisory());
            }
            if detections.negative {
                note(Reason::new(ReasonCode::PictureNegative).advisory());
            }
            if let Some(stretch) = detections.stretch {
                let reason = Reason::new(ReasonCode::FaceOutOfProportion);
                note(reason.measured(stretch, 1.0).advisory());
            }
            let (outside, without_eyes) =
                outside(face, (sample.full_width(), sample.full_height()));
            let misfit = face.landmarks().misfit();
            if outside > MOST_OUTSIDE || without_eyes {
                note(
                    Reason::new(ReasonCode::LandmarksOutsideImage).measured(outside, MOST_OUTSIDE),
                );
            } else if misfit.is_none_or(|misfit| misfit > MISFIT) {
                let reason = Reason::new(ReasonCode::LandmarksUnusable);
                note(misfit.map_or(reason.clone(), |misfit| reason.measured(misfit, MISFIT)));
            } else {
                if outside > 0.0 {
                    let reason = Reason::new(ReasonCode::LandmarksOutsideImage);
                    note(reason.measured(outside, MOST_OUTSIDE).advisory());
                }
                aligned = match detections.drowning_noise() {
                    Some(noise) => align(&lit(&sample, face, noise), face),
                    None => align(&sample, face),
                };
                if aligned.is_none() {
                    note(Reason::new(ReasonCode::LandmarksUnusable));
                }
            }
            if let Some(crop) = &aligned {
                if crop.coverage() < CUT_COVERAGE {
                    let reason = Reason::new(ReasonCode::FaceCutByBorder);
                    note(reason.measured(crop.coverage(), CUT_COVERAGE).advisory());
                }
                if crop.source_scale() < SMALL_SOURCE_SCALE {
                    let reason = Reason::new(ReasonCode::FaceSmall);
                    note(reason.measured(crop.source_scale(), SMALL_SOURCE_SCALE).advisory());
                }
            }
        }
    }
    let record = record(&sample, &detections, aligned.as_ref());
    let (gate, signals) = (GateOutcome::open(), Vec::new());
    Inspection { sample, detections, aligned, reasons, record, gate, signals }
}

/// Measures the face and checks it against the policy's limits. Unless the gate is enforced, this
/// only adds advice and measures; a face that an enforced gate refuses loses its crop.
fn gated(mut found: Inspection, policy: &Policy, subject: ReasonSubject) -> Inspection {
    if policy.gate == Gate::Off || found.aligned.is_none() {
        return found;
    }
    let report = QualityReport::measure(&found.sample, &found.detections.faces);
    found.gate = GateOutcome::judge(&report, &policy.quality, subject);
    found.record.quality.measures = report
        .iter()
        .map(|(component, measure)| {
            let unit = component.unit().to_owned();
            let record = MeasureRecord { raw: measure.raw, mapped: measure.mapped, unit };
            (component.name().to_owned(), record)
        })
        .collect();
    let refused = policy.gate == Gate::Enforce && !found.gate.passed;
    // The gate's own reasons replace those that earlier stages gave for the same measures.
    let judged = |reason: &Reason| Component::ALL.iter().any(|c| c.reason() == reason.code);
    found.reasons.retain(|reason| !judged(reason));
    let told = |reason: &Reason| Reason { decisive: refused && reason.decisive, ..reason.clone() };
    found.reasons.extend(found.gate.reasons.iter().map(told));
    if refused {
        found.aligned = None;
        found.record.acquired = false;
        found.record.refused = true;
    }
    found
}

/// How far the landmark that lies furthest outside the image lies outside it, in distances between
/// the eyes, and whether both eyes do; 0 where all are inside.
fn outside(face: &Detection, (width, height): (u32, u32)) -> (f32, bool) {
    let beyond = |at: f32, side: u32| (-at).max(at - (side as f32 - 1.0)).max(0.0);
    let off = face.landmarks().points().map(|p| beyond(p.x, width).max(beyond(p.y, height)));
    let furthest = off.into_iter().fold(0.0, f32::max);
    let eyes = face.landmarks().inter_eye_distance().max(1.0);
    (furthest / eyes, off[0] > 0.0 && off[1] > 0.0)
}

/// The sample in the light in which a face is recognised best: smoothed in linear light, colour
/// more than brightness, and exposed for the face.
fn lit(sample: &Sample, face: &Detection, noise: f32) -> Sample {
    let scale = sample.pixels().width() as f32 / sample.full_width() as f32;
    let part = face.bounding_box().scaled(scale, scale).pixels();
    let eyes = scale * face.landmarks().inter_eye_distance() * noise.min(MOST_NOISE).sqrt();
    let (light, colour) = (LIGHT_SMOOTHING * eyes, COLOUR_SMOOTHING * eyes);
    sample.with_pixels(relit_part(
        sample.pixels(),
        light.max(0.3),
        colour.max(0.5),
        FACE_LEVEL,
        part,
    ))
}

fn record(sample: &Sample, found: &Detections, aligned: Option<&AlignedFace>) -> SampleRecord {
    let face = found.faces.first();
    SampleRecord {
        sha256: Some(sample.digest()),
        acquired: aligned.is_some(),
        refused: false,
        faces: Some(found.faces.len()),
        bounding_box: face.map(|f| (*f.bounding_box()).into()),
        landmarks: face.map(|f| f.landmarks().points().map(Into::into)),
        detection_score: face.map(Detection::score),
        attempts: found
            .attempts
            .iter()
            .map(|attempt| AttemptRecord {
                step: attempt.step.name().to_owned(),
                found: attempt.found,
                input: attempt.input,
            })
            .collect(),
        quality: QualityRecord {
            inter_eye_distance: face.map(|f| f.landmarks().inter_eye_distance()),
            source_scale: aligned.map(AlignedFace::source_scale),
            coverage: aligned.map(AlignedFace::coverage),
            template_magnitude: None,
            measures: Default::default(),
        },
        other_faces: found
            .faces
            .iter()
            .skip(1)
            .map(|f| OtherFaceRecord {
                bounding_box: (*f.bounding_box()).into(),
                detection_score: f.score(),
            })
            .collect(),
        size: Some([sample.full_width(), sample.full_height()]),
    }
}
