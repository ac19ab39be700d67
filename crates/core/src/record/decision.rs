//! Everything needed to explain, replay and appeal one decision.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Liveness, Reason, TemplateForm};
use crate::Digest;

/// The name and version of the DecisionRecord's format.
pub const DECISION_SCHEMA: &str = "evenmatch.decision/1";

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The score reaches the threshold.
    Match,
    /// It does not.
    NonMatch,
    /// It could not be decided.
    Undecided,
}

/// The threshold of a decision, and the claim that supports it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatingPointRecord {
    /// Where the threshold comes from: `publisher`, `stated` or `calibration`.
    pub basis: String,
    /// Who published it, in words, if it comes from a publisher.
    pub source: Option<String>,
    /// The target false match rate; null if the threshold does not come from a calibration.
    pub target_fmr: Option<f64>,
    /// The calibration's name; null if there is none.
    pub calibration: Option<String>,
    /// Upper bound on the false match rate of the worst measured group; null without calibration.
    pub fmr_upper_worst_group: Option<f64>,
    /// Number of non-mated comparisons that support the claim; null without calibration.
    pub n_nonmated: Option<u64>,
    /// The claim in words; null without calibration.
    #[serde(default)]
    pub claim: Option<String>,
    /// SHA-256 of the normaliser whose scores the threshold is for; null for plain cosines.
    #[serde(default)]
    pub normaliser: Option<Digest>,
}

/// What the score is evidence of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRecord {
    /// Natural logarithm of how many times more likely the score is if both photos show one person
    /// than if they show two.
    pub log_likelihood_ratio: f64,
    /// The data on which it was measured, in words.
    pub source: String,
}

/// One attempt at finding a face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// What was tried: `plain`, `finer`, `coarser`.
    pub step: String,
    /// Whether a face was found.
    pub found: bool,
    /// Width and height, in pixels, of the image that the detector saw.
    pub input: [u32; 2],
}

/// A face that was found but not used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OtherFaceRecord {
    /// x, y, width, height.
    #[serde(rename = "box")]
    pub bounding_box: [f32; 4],
    /// The detector's confidence, 0 to 1.
    pub detection_score: f32,
}

/// One measure of a photo's quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasureRecord {
    /// In the unit.
    pub raw: f32,
    /// 0 to 100, where 100 is best.
    pub mapped: u8,
    /// The unit of `raw`: `pixels`, `degrees`, `decibels`, `stops`, `share` or `ratio`.
    pub unit: String,
}

/// What was measured of a photo; measures may be added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QualityRecord {
    /// Distance between the eyes, in pixels of the upright full-size image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inter_eye_distance: Option<f32>,
    /// Pixels of the photo per pixel of the compared crop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_scale: Option<f32>,
    /// Share of the crop that the photo covers, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<f32>,
    /// Length of the features before normalisation to unit length: the less of a face the embedder
    /// sees, the shorter. Comparable only between templates of one model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_magnitude: Option<f32>,
    /// The components of quality by name; empty if the gate is off or there is no face. One that
    /// could not be measured is absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, MeasureRecord>,
}

/// One of the two samples of a decision. Boxes and landmarks are in pixels of the upright image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SampleRecord {
    /// SHA-256 of the file; null if a ready template was given.
    pub sha256: Option<Digest>,
    /// Whether a template was made or given.
    pub acquired: bool,
    /// Whether the gate refused the photo although a face was found: elective, unlike a failure to
    /// find one.
    #[serde(default)]
    pub refused: bool,
    /// Faces found; null if a ready template was given.
    pub faces: Option<usize>,
    /// x, y, width, height of the face that was used.
    #[serde(rename = "box")]
    pub bounding_box: Option<[f32; 4]>,
    /// The subject's right eye, left eye, nose, right and left corner of the mouth.
    pub landmarks: Option<[[f32; 2]; 5]>,
    /// The detector's confidence, 0 to 1.
    pub detection_score: Option<f32>,
    /// Every attempt at finding a face, in order.
    pub attempts: Vec<AttemptRecord>,
    /// What was measured of the photo.
    pub quality: QualityRecord,
    /// Faces found but not used, largest first.
    pub other_faces: Vec<OtherFaceRecord>,
    /// Width and height of the upright photo; null if a ready template was given.
    pub size: Option<[u32; 2]>,
}

impl SampleRecord {
    /// The record of a sample that was given as a ready template.
    pub fn of_template() -> Self {
        SampleRecord { acquired: true, ..SampleRecord::default() }
    }
}

/// A model that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// `detector` or `embedder`.
    pub role: String,
    /// Its name in the manifest.
    pub id: String,
    /// SHA-256 of the file that ran.
    pub sha256: Digest,
}

/// The software that made the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftwareRecord {
    /// `evenmatch`.
    pub name: String,
    /// The version of the crate.
    pub version: String,
}

impl SoftwareRecord {
    /// This build.
    pub fn current() -> Self {
        SoftwareRecord { name: crate::NAME.to_owned(), version: crate::VERSION.to_owned() }
    }
}

/// One complete decision: what went in, what came out, by which models and rules, and why.
///
/// It contains no image and no template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// [`DECISION_SCHEMA`].
    pub schema: String,
    /// The SHA-256 of the record's other fields, shortened: the same inputs, build and models give
    /// the same id.
    pub id: String,
    /// What was decided.
    pub outcome: Outcome,
    /// The comparison score; null if no comparison took place.
    pub score: Option<f32>,
    /// The plain cosine, which is the score itself if scores are not normalised.
    #[serde(default)]
    pub raw_score: Option<f32>,
    /// What the score is evidence of; null if no calibration says so.
    #[serde(default)]
    pub evidence: Option<EvidenceRecord>,
    /// The threshold; null if no comparison took place.
    pub threshold: Option<f32>,
    /// The claim that supports the threshold.
    pub operating_point: OperatingPointRecord,
    /// The reasons, decisive ones first.
    pub reasons: Vec<Reason>,
    /// The photo presented now.
    pub probe: SampleRecord,
    /// The photo stored earlier.
    pub reference: SampleRecord,
    /// What is known about liveness.
    pub liveness: Liveness,
    /// The form of the templates; absent in records from before there were two, which are of plain
    /// ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub templates: Option<TemplateForm>,
    /// The models that were used.
    pub models: Vec<ModelRecord>,
    /// The software that made the decision.
    pub software: SoftwareRecord,
}

impl DecisionRecord {
    /// Sets the id from all other fields.
    pub fn seal(mut self) -> Self {
        self.id = String::new();
        // A record is plain data with text keys, so it always serialises.
        let canonical = serde_json::to_vec(&self).unwrap_or_default();
        self.id = format!("d-{}", &Digest::of(&canonical).to_string()[..24]);
        self
    }
}
