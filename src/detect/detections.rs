//! What was found in one photo, and the attempts that led there.

use super::detection::Detection;
use super::scale::Step;

/// One attempt to find a face, and its result.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
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
#[non_exhaustive]
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
