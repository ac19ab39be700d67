//! A cohort normaliser as data: averages of faces, never a single face.

use serde::{Deserialize, Serialize};

use crate::Digest;

/// The only method: see `evenmatch_scores::normalise`.
pub const COHORT_CENTROIDS: &str = "cohort_centroids";

/// A set of people whose photos were used to make a normaliser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohortSource {
    /// The manifest's file name.
    pub manifest: String,
    /// SHA-256 of the manifest.
    pub manifest_sha256: Digest,
    /// How many of its people were used, each with one photo.
    pub subjects: u64,
}

/// What a cohort normaliser needs. It contains no template: each centroid is the mean direction of
/// at least [`NormaliserRecord::least_members`] people, rounded to 8 bits per value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormaliserRecord {
    /// [`COHORT_CENTROIDS`].
    pub method: String,
    /// SHA-256 of the prepared embedder whose templates it normalises.
    pub embedder_sha256: Digest,
    /// Features of a template.
    pub dimension: u32,
    /// The number of nearest centroids whose similarity is averaged within each clustering.
    pub nearest: u32,
    /// How much of the density is subtracted.
    pub weight: f64,
    /// Mean density of the cohort: a face of this density keeps its scores.
    pub level: f64,
    /// Fewest people behind a centroid.
    pub least_members: u32,
    /// Mean template of the cohort: 32-bit floats, little-endian, in base64.
    pub mean: String,
    /// Centroids of each clustering: rows of signed bytes, proportional to the direction, in
    /// base64.
    pub centroids: Vec<String>,
    /// The people it was made from.
    pub cohort: Vec<CohortSource>,
}

impl NormaliserRecord {
    /// How many people it was made from.
    pub fn subjects(&self) -> u64 {
        self.cohort.iter().map(|source| source.subjects).sum()
    }

    /// SHA-256 of the record as compact JSON, by which scores and templates refer to it.
    pub fn digest(&self) -> Digest {
        // Plain data with text keys always serialises; JSON cannot express a number that is not
        // finite, and the `null` in its place changes the digest like any other change.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}
