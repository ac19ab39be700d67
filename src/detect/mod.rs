//! Finding faces: one network at scales chosen from the image.

mod nms;
mod prominence;
mod rescue;
mod scale;
mod yunet;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use image::RgbImage;

use crate::geometry::{BoundingBox, Landmarks5};
use crate::model::{InputSize, InputSpec, ModelId, Network};
use crate::sample::Sample;
use crate::{Error, ErrorKind, Result, Stage};

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

/// One try at finding a face, and what came of it.
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
}

/// Settings of a face detector.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DetectorSettings {
    /// Lowest confidence at which a face counts, 0 to 1. OpenCV's demonstration uses 0.9, which
    /// loses faces in poor light; at 0.6 the landmarks are still sound.
    pub min_score: f32,
    /// Largest intersection over union of two faces; a box that overlaps a better one by more is
    /// the same face again. OpenCV's default.
    pub max_overlap: f32,
}

impl Default for DetectorSettings {
    fn default() -> Self {
        DetectorSettings { min_score: 0.6, max_overlap: 0.3 }
    }
}

/// A detector with YuNet's heads.
#[derive(Clone)]
pub struct FaceDetector {
    network: Arc<dyn Network>,
    input: InputSpec,
    multiple: usize,
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
        let multiple = match input.size() {
            InputSize::MultipleOf(multiple) if multiple >= 32 && multiple % 32 == 0 => multiple,
            other => {
                let message = format!("a detector can't have the input size {other:?}");
                return Err(Error::new(ErrorKind::InvalidModel, Stage::Setup, message)
                    .in_file(network.id().id.clone())
                    .next("state `multiple_of = 32` in the manifest"));
            }
        };
        let shares = [settings.min_score, settings.max_overlap];
        if !shares.iter().all(|share| (0.0..=1.0).contains(share)) {
            let message = format!("the detector's settings must lie between 0 and 1: {settings:?}");
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Detect, message)
                .next("correct `detector` in the policy"));
        }
        Ok(FaceDetector { network, input, multiple: multiple as usize, settings })
    }

    /// Which model this is.
    pub fn id(&self) -> &ModelId {
        self.network.id()
    }

    /// The form in which the network wants its pixels.
    pub fn input(&self) -> &InputSpec {
        &self.input
    }

    /// Finds every face, at up to three scales; see [`Step`].
    pub fn detect(&self, sample: &Sample) -> Result<Detections> {
        let mut attempts = Vec::new();
        let mut best = self.attempt(sample, Step::Plain, &mut attempts)?;
        for step in scale::further_looks(&best, sample) {
            let faces = self.attempt(sample, *step, &mut attempts)?;
            if scale::improves(&faces, &best, *step) {
                best = faces;
                break;
            }
        }
        Ok(Detections { faces: prominence::order(best, sample), attempts })
    }

    /// Looks again at a photo in which no face was found, or one that looks odd: turned by
    /// quarters, and where there is still none, in other light. A face in other light counts only
    /// where most looks agree on it.
    ///
    /// # Errors
    ///
    /// The network fails.
    pub fn look_again(&self, sample: &Sample, found: &mut Detections) -> Result<()> {
        rescue::turned(self, sample, found)?;
        if found.faces.is_empty() { rescue::lit(self, sample, found) } else { Ok(()) }
    }

    /// The faces of an image as the network sees it, in its pixels.
    fn look(&self, image: &RgbImage, min_score: f32) -> Result<Vec<Detection>> {
        let (width, height) = image.dimensions();
        let round_up = |side: u32| (side as usize).div_ceil(self.multiple) * self.multiple;
        let (input_width, input_height) = (round_up(width), round_up(height));
        let tensor = self.input.tensor(image, input_width, input_height);
        let outputs = self.network.run(tensor.view())?;
        let candidates = yunet::decode(&outputs, (input_width, input_height), min_score)?;
        Ok(nms::suppress(candidates, self.settings.max_overlap))
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
            .look(&image, self.settings.min_score)?
            .iter()
            .map(|face| face.scaled(factor_x, factor_y))
            .collect();
        attempts.push(Attempt { step, found: !faces.is_empty(), input: [width, height] });
        Ok(faces)
    }
}

impl std::fmt::Debug for FaceDetector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaceDetector")
            .field("model", self.network.id())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
