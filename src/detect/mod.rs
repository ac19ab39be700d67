//! Finding faces: one network at scales chosen from the image, and a second one where the first
//! finds no face.

mod centerface;
mod detection;
mod detections;
mod detector_network;
mod face_detector;
mod face_order;
mod level;
mod look_again;
mod nms;
mod scale;
mod settings;
mod yunet;

pub use detection::Detection;
pub use detections::{Attempt, Detections};
pub use face_detector::FaceDetector;
pub use scale::Step;
pub use settings::DetectorSettings;
