//! A cohort normaliser in use.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::record::CohortNormaliser;

/// Values whose products are summed side by side: as many as fit well into vector registers, always
/// in this order.
const LANES: usize = 16;

/// The centroids of a cohort. See [the module](super) for what is calculated from them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Centroids {
    nearest: usize,
    weight: f64,
    level: f64,
    mean: Vec<f32>,
    mean_square: f64,
    /// Unit-length centroids of each clustering, row by row.
    clusterings: Vec<Vec<f32>>,
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
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| refuse("it is not base64"));
        let mean: Vec<f32> = decode(&record.mean)?
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
        let mut clusterings = Vec::with_capacity(record.centroids.len());
        for text in &record.centroids {
            let bytes = decode(text)?;
            if nearest == 0 || bytes.len() % dimension != 0 || bytes.len() / dimension < nearest {
                return Err(refuse("a clustering has too few centroids, or an incomplete one"));
            }
            clusterings.push(bytes.chunks_exact(dimension).flat_map(unit).collect());
        }
        if clusterings.is_empty() {
            return Err(refuse("it has no centroids"));
        }
        Ok(Centroids {
            nearest,
            weight: record.weight,
            level: record.level,
            mean,
            mean_square,
            clusterings,
        })
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
        let direction = self.centred(features);
        let mut similar = Vec::new();
        let mut sum = 0.0;
        for centroids in &self.clusterings {
            similar.clear();
            similar.extend(centroids.chunks_exact(direction.len()).map(|c| dot(&direction, c)));
            let last = self.nearest - 1;
            similar.select_nth_unstable_by(last, |a, b| b.total_cmp(a));
            // Sorted, so that the sum does not depend on the order left by the selection.
            similar[..self.nearest].sort_unstable_by(|a, b| b.total_cmp(a));
            let near = similar[..self.nearest].iter().map(|s| f64::from(*s)).sum::<f64>();
            sum += near / self.nearest as f64;
        }
        sum / self.clusterings.len() as f64
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

fn unit(row: &[u8]) -> Vec<f32> {
    let values: Vec<f32> = row.iter().map(|&byte| f32::from(byte as i8)).collect();
    let square: f64 = values.iter().map(|v| f64::from(*v).powi(2)).sum();
    let inverse = 1.0 / square.sqrt().max(1e-6);
    values.into_iter().map(|value| (f64::from(value) * inverse) as f32).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a_whole, a_rest) = a.split_at(a.len() - a.len() % LANES);
    let (b_whole, b_rest) = b.split_at(a_whole.len());
    for (a, b) in a_whole.chunks_exact(LANES).zip(b_whole.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
