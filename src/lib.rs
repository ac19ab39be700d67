//! Face verification that proves, with numbers, how evenly it treats people.

mod acquire;
mod align;
pub mod audit;
mod compare;
mod decide;
mod detect;
mod digest;
mod error;
pub mod export;
mod geometry;
pub mod model;
pub mod record;
mod sample;
mod template;
mod verify;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;

pub use acquire::Inspection;
pub use align::{AlignedFace, CROP_SIDE, align};
pub use compare::{ComparisonScore, compare};
pub use decide::{
    Decision, LivenessPolicy, OperatingPoint, Policy, SeveralFaces, ThresholdBasis, decide,
};
pub use detect::{Attempt, Detection, Detections, DetectorSettings, FaceDetector, Step};
pub use digest::{Digest, ParseDigestError};
pub use error::{Error, ErrorKind, Place, Result, Stage};
pub use geometry::{BoundingBox, Landmarks5, Point, Similarity};
pub use sample::{DecodeLimits, EncodedSample, Sample};
pub use template::{Embedder, Probe, Reference, Role, Template};
pub use verify::{Acquisition, Source, Verifier};
