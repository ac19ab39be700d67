//! Making a normaliser from a cohort.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ndarray::ArrayView2;

use super::centroids::{Centroids, centre};
use super::clusters::spherical_k_means;
use super::neighbours;
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::record::{CohortNormaliser, CohortSource, NormaliserRecord};

/// How a normaliser is made. The defaults were chosen by cross-validation over people; see
/// `docs/FAIRNESS.md`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitSettings {
    /// Centroids that each clustering begins with.
    pub clusters: usize,
    /// Number of clusterings, each with different starting points: their mean is smoother than one.
    pub clusterings: usize,
    /// Number of nearest centroids that count.
    pub nearest: usize,
    /// How much of the density is subtracted. More than 1 over-corrects the measured density: it
    /// contains noise, so it reflects the variation of the true density only in part.
    pub weight: f64,
    /// Fewest people behind a centroid.
    pub least_members: usize,
}

impl Default for FitSettings {
    fn default() -> Self {
        FitSettings { clusters: 128, clusterings: 8, nearest: 5, weight: 1.3, least_members: 5 }
    }
}

/// Makes a normaliser from one template each of many people: `features` row by row, of unit length,
/// `dimension` values each.
///
/// # Errors
/// [`ErrorKind::InvalidArgument`] with too few people for centroids that hide them.
pub fn fit(
    features: &[f32],
    dimension: usize,
    embedder: Digest,
    cohort: Vec<CohortSource>,
    settings: &FitSettings,
) -> Result<NormaliserRecord> {
    let people = features.len() / dimension.max(1);
    let mean = mean(features, dimension, people);
    let rows: Vec<f32> =
        features.chunks_exact(dimension.max(1)).flat_map(|row| centre(row, &mean)).collect();
    let rows = ArrayView2::from_shape((people, dimension), &rows).map_err(|_| {
        Error::new(
            ErrorKind::InvalidArgument,
            Stage::Compare,
            "the templates have different lengths",
        )
    })?;
    let mut centroids = Vec::with_capacity(settings.clusterings);
    for clustering in 0..settings.clusterings {
        let first = clustering * settings.clusters;
        let found = spherical_k_means(rows, settings.clusters, first, settings.least_members);
        if found.nrows() < settings.nearest.max(1) {
            let message = format!(
                "{people} people are too few for a normaliser: they give {} centroids of at least \
                 {} people each, and {} are needed",
                found.nrows(),
                settings.least_members,
                settings.nearest.max(1)
            );
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Compare, message)
                .next("use a cohort of more people; a thousand is a good start"));
        }
        centroids.push(neighbours::encoded(found.view()));
    }
    let mean: Vec<u8> = mean.iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut record = CohortNormaliser {
        embedder_sha256: embedder,
        dimension: dimension as u32,
        nearest: settings.nearest as u32,
        weight: settings.weight,
        level: 0.0,
        least_members: settings.least_members as u32,
        mean: STANDARD.encode(mean),
        centroids,
        cohort,
    };
    let centroids = Centroids::open(&record)?;
    let densities = features.chunks_exact(dimension).map(|row| centroids.density(row));
    record.level = densities.sum::<f64>() / people as f64;
    Ok(NormaliserRecord::CohortCentroids(record))
}

fn mean(features: &[f32], dimension: usize, people: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64; dimension];
    for row in features.chunks_exact(dimension.max(1)) {
        sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    sums.into_iter().map(|sum| (sum / people.max(1) as f64) as f32).collect()
}
