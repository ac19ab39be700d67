//! A learned normaliser in use.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::features::{LANES, RandomFeatures};
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::record::LearnedNormaliser;

/// Most features: a template of 128 values then takes about 0.1 ms.
pub(super) const MOST_FEATURES: u32 = 8192;
/// Most values of a template; embedders have 128 to 1024.
const MOST_DIMENSIONS: u32 = 2048;

/// `h(x) = knee(Σ_k w_k · φ_k(x) + c)`: what is subtracted from the scores of a template.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct LearnedFunction {
    features: RandomFeatures,
    weights: Vec<f32>,
    offset: f64,
    knee: f64,
    below_knee: f64,
}

impl LearnedFunction {
    /// Draws the features of a record and reads their weights.
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
        let numbers = [record.offset, record.knee, record.settings.below_knee];
        if !numbers.iter().all(|number| number.is_finite())
            || !weights.iter().all(|weight| weight.is_finite())
        {
            return Err(refuse("its numbers are out of range"));
        }
        let features =
            RandomFeatures::draw(record.settings.seed, dimension as usize, count as usize / LANES);
        let (offset, knee) = (record.offset, record.knee);
        let below_knee = record.settings.below_knee;
        Ok(LearnedFunction { features, weights, offset, knee, below_knee })
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
        let sum = sums.iter().sum::<f64>() + self.offset;
        bent(sum, self.knee, self.below_knee).clamp(-1.0, 1.0)
    }
}

/// The value, but below the knee only this share of the distance to it.
pub(super) fn bent(value: f64, knee: f64, below_knee: f64) -> f64 {
    if value < knee { knee + below_knee * (value - knee) } else { value }
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
