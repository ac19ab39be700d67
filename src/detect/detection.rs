//! A face that was found.

use crate::geometry::{BoundingBox, Landmarks5};

/// A face that a detector found. Only a [`FaceDetector`](crate::FaceDetector) makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    pub(super) bounding_box: BoundingBox,
    pub(super) landmarks: Landmarks5,
    pub(super) score: f32,
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

    /// The face in an image of another size.
    pub(super) fn scaled(&self, factor_x: f32, factor_y: f32) -> Detection {
        Detection {
            bounding_box: self.bounding_box.scaled(factor_x, factor_y),
            landmarks: self.landmarks.scaled(factor_x, factor_y),
            score: self.score,
        }
    }
}
