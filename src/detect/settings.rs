//! From which confidence a face counts, and when two boxes are of the same face.

use serde::{Deserialize, Serialize};

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
