//! A learned normaliser in use.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::neighbours::Neighbours;
use super::features::{LANES, RandomFeatures};
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::record::LearnedNormaliser;

/// Most features: a template of 128 values then takes about 0.1 ms.
pub(super) const MOST_FEATURES: u32 = 8192;
/// Most values of a template; embedders have 128 to 1024.
const MOST_DIMENSIONS: u32 = 2048;

/// What is subtracted from the scores of a template: h(x) of [the module](super).
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct LearnedFunction {
    neighbours: Neighbours,
    cohort_weight: f64,
    level: f64,
    features: RandomFeatures,
    weights: Vec<f32>,
    offset: f64,
    floor: f64,
}

impl LearnedFunction {
    /// Draws the features of a record, and reads their weights and the centroids.
    pub(in super::super) fn open(record: &LearnedNormaliser) -> Result<Self> {
        let refuse = |why: &str| {
            let message = format!("the normaliser cannot be used: {why}");
            Error::new(ErrorKind::InvalidArgument, Stage::Compare, message)
                .next("make it again: evenmatch calibrate --normalise learned")
        };
        let (count, dimension) = (record.settings.features, record.dimension);
        // Before anything is allocated by these numbers.
        if !(1..=MOST_DIMENSIONS).contains(&dimension) {
            return Err(refuse(&format!("its templates have {dimension} features")));
        }
        if !is_count(count) {
            return Err(refuse(&format!("it has {count} random features")));
        }
        let bytes = STANDARD.decode(&record.weights).map_err(|_| refuse("it is not base64"))?;
        if bytes.len() != 4 * count as usize {
            return Err(refuse("it does not have one weight for each random feature"));
        }
        let of = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        let weights: Vec<f32> = bytes.chunks_exact(4).map(of).collect();
        let numbers = [record.offset, record.floor, record.level, record.settings.cohort_weight];
        if !numbers.iter().all(|number| number.is_finite())
            || !weights.iter().all(|weight| weight.is_finite())
        {
            return Err(refuse("its numbers are out of range"));
        }
        let features =
            RandomFeatures::draw(record.settings.seed, dimension as usize, count as usize / LANES);
        let centroids = std::slice::from_ref(&record.centroids);
        let nearest = record.settings.nearest as usize;
        let neighbours =
            Neighbours::open(centroids, dimension as usize, nearest).map_err(refuse)?;
        Ok(LearnedFunction {
            neighbours,
            cohort_weight: record.settings.cohort_weight,
            level: record.level,
            features,
            weights,
            offset: record.offset,
            floor: record.floor,
        })
    }

    /// Values of a template.
    pub(in super::super) fn dimension(&self) -> usize {
        self.features.dimension()
    }

    /// h(x) of a template of unit length, within −1 and 1.
    pub(in super::super) fn of(&self, x: &[f32]) -> f64 {
        let (weights, _) = self.weights.as_chunks::<LANES>();
        let mut sums = [0.0_f64; LANES];
        for (values, weights) in self.features.of(x).zip(weights) {
            for lane in 0..LANES {
                sums[lane] += f64::from(values[lane]) * f64::from(weights[lane]);
            }
        }
        let learned = (sums.iter().sum::<f64>() + self.offset).max(self.floor);
        let near = self.cohort_weight * (self.neighbours.similarity(x) - self.level);
        (near + learned).clamp(-1.0, 1.0)
    }
}

/// Whether a function can have this many features.
pub(super) fn is_count(features: u32) -> bool {
    (1..=MOST_FEATURES).contains(&features) && (features as usize).is_multiple_of(LANES)
}

/// Weights as a record stores them.
pub(super) fn encoded(weights: &[f64]) -> String {
    let bytes: Vec<u8> = weights.iter().flat_map(|&w| (w as f32).to_le_bytes()).collect();
    STANDARD.encode(bytes)
}
