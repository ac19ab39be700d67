//! Comparing two templates by cosine similarity.

use serde::{Deserialize, Serialize};

use crate::template::{Probe, Reference, Template};
use crate::{Error, ErrorKind, Result, Stage};

/// The number that comes out of one comparison: the cosine of the angle between two templates,
/// from −1 to 1. Higher is more similar.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ComparisonScore(f32);

impl ComparisonScore {
    /// The cosine, −1 to 1.
    pub fn value(self) -> f32 {
        self.0
    }
}

/// Compares a probe with a reference that the same model made.
///
/// Two references can't be compared:
///
/// ```compile_fail
/// # fn f(a: &evenmatch::Template<evenmatch::Reference>, b: &evenmatch::Template<evenmatch::Reference>) {
/// let score = evenmatch::compare(a, b);
/// # }
/// ```
///
/// # Errors
///
/// [`ErrorKind::ModelMismatch`] where the templates come from models of different digests: their
/// features mean different things.
pub fn compare(
    probe: &Template<Probe>,
    reference: &Template<Reference>,
) -> Result<ComparisonScore> {
    let (a, b) = (probe.model(), reference.model());
    if a.sha256 != b.sha256 || probe.features().len() != reference.features().len() {
        let message = format!("the probe was made by {a} and the reference by {b}");
        return Err(Error::new(ErrorKind::ModelMismatch, Stage::Compare, message)
            .next("enrol the reference again with the model that is now in use"));
    }
    // Summed in order and in double precision: the same on every machine and for every thread.
    let cosine: f64 = probe
        .features()
        .iter()
        .zip(reference.features())
        .map(|(p, r)| f64::from(*p) * f64::from(*r))
        .sum();
    Ok(ComparisonScore(cosine.clamp(-1.0, 1.0) as f32))
}
