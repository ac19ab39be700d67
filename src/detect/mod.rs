//! Finding faces: one network at scales chosen from the image, and a second one where the first
//! finds no face.

mod centerface;
mod detector_network;
mod face_order;
mod level;
mod look_again;
mod nms;
mod scale;
mod yunet;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::geometry::{BoundingBox, Landmarks5};
use crate::model::{InputSpec, ModelId, Network};
use crate::sample::Sample;
use crate::{Error, ErrorKind, Result, Stage};
use detector_network::{DetectorNetwork, Heads};

pub use scale::Step;

/// A face that a detector found. Only a [`FaceDetector`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    bounding_box: BoundingBox,
    landmarks: Landmarks5,
    score: f32,
}

impl Detection {
    /// The face's box, in pixels of the upright full-size image; it may reach beyond the border.
    pub fn bounding_box(&self) -> &BoundingBox {
        &self.bounding_box
    }

    /// Eyes, nose and corners of the mouth, in pixels of the upright full-size image.
    pub fn landmarks(&self) -> &Landmarks5 {
        &self.landmarks
    }

    /// The detector's confidence, 0 to 1.
    pub fn score(&self) -> f32 {
        self.score
    }

    fn scaled(&self, factor_x: f32, factor_y: f32) -> Detection {
        Detection {
            bounding_box: self.bounding_box.scaled(factor_x, factor_y),
            landmarks: self.landmarks.scaled(factor_x, factor_y),
            score: self.score,
        }
    }
}

/// One attempt to find a face, and its result.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// What was tried.
    pub step: Step,
    /// Whether any face was found.
    pub found: bool,
    /// Size of the image that the network saw, before padding: width and height in pixels.
    pub input: [u32; 2],
}

/// What the detector found in one sample, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Detections {
    /// The faces, largest first; of faces of about the same size, the most central one comes
    /// first. See `docs/POLICY.md`.
    pub faces: Vec<Detection>,
    /// Every attempt, in order.
    pub attempts: Vec<Attempt>,
    /// The step that found the faces; `None` where there are none.
    pub by: Option<Step>,
    /// Noise of the first face, in linear light: its standard deviation as a share of the mean.
    /// `None` where there is no face, or where nobody looked again.
    pub noise: Option<f32>,
    /// The factor by which the height of the first face must be multiplied to give it the
    /// proportions of a face. `None` where it has them already, where there is no face, or where
    /// nobody looked again.
    pub stretch: Option<f32>,
    /// Whether the first face looks more like a face with light and dark exchanged.
    pub negative: bool,
}

/// Share of its mean light from which the noise of a face counts as too much. Of 700 unmodified
/// FairFace and 822 LFW photos none has so much; of the LFW photos at 1/16 of their light every one
/// has 0.095 or more.
const DROWNED: f32 = 0.06;

impl Detections {
    /// The noise of the first face, where there is so much that the face has to be smoothed, as in
    /// a photo with too little light. Its landmarks then come from passes over smoothed images.
    pub fn drowning_noise(&self) -> Option<f32> {
        self.noise.filter(|noise| *noise > DROWNED)
    }
}

/// Settings of a face detector.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DetectorSettings {
    /// Lowest confidence at which a face counts, 0 to 1. OpenCV's demonstration uses 0.9, which
    /// loses faces in poor light; at 0.6 the landmarks are still reliable.
    pub min_score: f32,
    /// Largest intersection over union of two faces; a box that overlaps a better one by more is
    /// the same face again. The default is OpenCV's.
    pub max_overlap: f32,
}

impl Default for DetectorSettings {
    fn default() -> Self {
        DetectorSettings { min_score: 0.6, max_overlap: 0.3 }
    }
}

/// A detector with YuNet's heads, and optionally one with CenterFace's for photos in which the
/// first finds no face.
#[derive(Debug, Clone)]
pub struct FaceDetector {
    first: DetectorNetwork,
    second: Option<DetectorNetwork>,
    settings: DetectorSettings,
}

impl FaceDetector {
    /// A detector from a network and its input specification, which must allow images of any size
    /// (rounded up to a multiple of at least 32).
    pub fn new(
        network: Arc<dyn Network>,
        input: InputSpec,
        settings: DetectorSettings,
    ) -> Result<Self> {
        let first = DetectorNetwork::new(network, input, Heads::YuNet)?;
        let shares = [settings.min_score, settings.max_overlap];
        if !shares.iter().all(|share| (0.0..=1.0).contains(share)) {
            let message = format!("the detector's settings must lie between 0 and 1: {settings:?}");
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Detect, message)
                .next("correct `detector` in the policy"));
        }
        Ok(FaceDetector { first, second: None, settings })
    }

    /// The detector with a second network, with CenterFace's heads, for photos in which the first
    /// finds no face.
    ///
    /// # Errors
    ///
    /// As for [`FaceDetector::new`].
    pub fn with_second(mut self, network: Arc<dyn Network>, input: InputSpec) -> Result<Self> {
        self.second = Some(DetectorNetwork::new(network, input, Heads::CenterFace)?);
        Ok(self)
    }

    /// Which model this is.
    pub fn id(&self) -> &ModelId {
        self.first.id()
    }

    /// Which model is used where the first finds no face; `None` where there is no second.
    pub fn second_id(&self) -> Option<&ModelId> {
        self.second.as_ref().map(DetectorNetwork::id)
    }

    /// The form in which the first network wants its pixels.
    pub fn input(&self) -> &InputSpec {
        self.first.input()
    }

    /// Finds every face, at up to three scales; see [`Step`].
    pub fn detect(&self, sample: &Sample) -> Result<Detections> {
        let mut attempts = Vec::new();
        let mut best = self.attempt(sample, Step::Plain, &mut attempts)?;
        let mut by = Step::Plain;
        for step in scale::further_looks(&best, sample) {
            let faces = self.attempt(sample, *step, &mut attempts)?;
            if scale::improves(&faces, &best, *step) {
                (best, by) = (faces, *step);
                break;
            }
        }
        let faces = face_order::order(best, sample);
        let by = (!faces.is_empty()).then_some(by);
        Ok(Detections { faces, attempts, by, noise: None, stretch: None, negative: false })
    }

    /// Tries again with a photo in which no face was found, or in which the face looks unusual:
    /// turned by quarters, and where there is still no face, with other brightness, with both
    /// networks. A face found with other brightness counts only where enough passes agree on it. To
    /// improve its landmarks, a face that leans, or that the detector is unsure of, is examined by
    /// itself, turned until it is upright; and one with too much noise, with other brightness.
    ///
    /// After `limit` nothing new is tried. The answer then depends on how fast the machine is;
    /// without a limit, only on the photo.
    ///
    /// # Errors
    ///
    /// A network fails.
    pub fn look_again(
        &self,
        sample: &Sample,
        found: &mut Detections,
        limit: Option<Duration>,
    ) -> Result<()> {
        look_again::SecondLook::of(self, sample, found, limit)?.run()
    }

    fn attempt(
        &self,
        sample: &Sample,
        step: Step,
        attempts: &mut Vec<Attempt>,
    ) -> Result<Vec<Detection>> {
        let image = step.image(sample)?;
        let (width, height) = image.dimensions();
        let factor_x = sample.full_width() as f32 / width as f32;
        let factor_y = sample.full_height() as f32 / height as f32;
        let faces: Vec<Detection> = self
            .first
            .look(&image, self.settings.min_score, self.settings.max_overlap)?
            .iter()
            .map(|face| face.scaled(factor_x, factor_y))
            .collect();
        attempts.push(Attempt { step, found: !faces.is_empty(), input: [width, height] });
        Ok(faces)
    }
}
