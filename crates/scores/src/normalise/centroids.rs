//! A cohort normaliser in use.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::neighbours::Neighbours;
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::record::CohortNormaliser;

/// The centroids of a cohort. See [the module](super) for what is calculated from them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Centroids {
    weight: f64,
    level: f64,
    mean: Vec<f32>,
    mean_square: f64,
    neighbours: Neighbours,
}

impl Centroids {
    /// Reads the centroids of a record.
    pub(super) fn open(record: &CohortNormaliser) -> Result<Self> {
        let refuse = |why: &str| {
            let message = format!("the normaliser cannot be used: {why}");
            Error::new(ErrorKind::InvalidArgument, Stage::Compare, message)
                .next("make it again: evenmatch calibrate --normalise cohort")
        };
        let dimension = record.dimension as usize;
        let mean: Vec<f32> = STANDARD
            .decode(&record.mean)
            .map_err(|_| refuse("it is not base64"))?
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        let finite = record.weight.is_finite() && record.level.is_finite();
        if dimension == 0 || mean.len() != dimension || !mean.iter().all(|m| m.is_finite()) {
            return Err(refuse("its mean is not a single template"));
        }
        let mean_square: f64 = mean.iter().map(|m| f64::from(*m).powi(2)).sum();
        if !finite || mean_square >= 0.99 {
            return Err(refuse("its numbers are out of range"));
        }
        let nearest = record.nearest as usize;
        let neighbours = Neighbours::open(&record.centroids, dimension, nearest).map_err(refuse)?;
        Ok(Centroids { weight: record.weight, level: record.level, mean, mean_square, neighbours })
    }

    /// Values of a template.
    pub(super) fn dimension(&self) -> usize {
        self.mean.len()
    }

    /// x·μ, μ·μ and 1 / |x − μ|.
    pub(super) fn relative(&self, features: &[f32]) -> [f64; 3] {
        let product = |(x, m): (&f32, &f32)| f64::from(*x) * f64::from(*m);
        let mean_product = features.iter().zip(&self.mean).map(product).sum();
        [mean_product, self.mean_square, inverse_length(features, &self.mean)]
    }

    /// −weight · ½ · (m(x) − level).
    pub(super) fn offset(&self, features: &[f32]) -> f64 {
        -self.weight * 0.5 * (self.density(features) - self.level)
    }

    /// u(x): the template relative to the cohort's mean, of unit length.
    pub(super) fn centred(&self, features: &[f32]) -> Vec<f32> {
        centre(features, &self.mean)
    }

    /// m(x): how similar the nearest of the cohort are, −1 to 1.
    pub(super) fn density(&self, features: &[f32]) -> f64 {
        self.neighbours.similarity(&self.centred(features))
    }
}

/// The direction of a template from the mean.
pub(super) fn centre(features: &[f32], mean: &[f32]) -> Vec<f32> {
    let inverse = inverse_length(features, mean);
    let of = |(x, m): (&f32, &f32)| ((f64::from(*x) - f64::from(*m)) * inverse) as f32;
    features.iter().zip(mean).map(of).collect()
}

/// 1 / |x − μ|; the mean of many directions is well inside the sphere that they are on.
fn inverse_length(features: &[f32], mean: &[f32]) -> f64 {
    let square = |(x, m): (&f32, &f32)| (f64::from(*x) - f64::from(*m)).powi(2);
    1.0 / features.iter().zip(mean).map(square).sum::<f64>().sqrt().max(1e-6)
}
