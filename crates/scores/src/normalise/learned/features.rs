//! Random features of a template: fixed by a seed, so that a record need not store them.
//!
//! ```text
//! φ_k(x) = max(0, r_k·x + b_k)      x: template of unit length, `dimension` values
//! ```
//!
//! with unit vectors `r_k` of random direction and offsets `b_k` of standard deviation
//! [`OFFSET_SD`]. A weighted sum of many of them approximates any smooth function of the template,
//! and the weights follow from one linear system (A. Rahimi, B. Recht, "Random features for
//! large-scale kernel machines", NIPS 2007, and "Weighted sums of random kitchen sinks", NIPS 2008;
//! extreme learning machines are the same idea: G.-B. Huang and others, Neurocomputing 70, 2006).

use evenmatch_core::random::SplitMix;

/// Features that are calculated side by side: as many sums as keep a processor's adders busy.
pub(super) const LANES: usize = 32;

/// Standard deviation of the offsets. A random direction's product with a unit vector of 128 values
/// has 0.09, so the bend of each feature lies where faces are.
const OFFSET_SD: f64 = 0.1;

/// The random features of a seed.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct RandomFeatures {
    dimension: usize,
    /// For each block of [`LANES`] features: their offsets, then the first value of their
    /// directions, then the second, and so on.
    blocks: Vec<f32>,
}

impl RandomFeatures {
    /// Draws `blocks` times [`LANES`] features. The same on every machine: only integers, and the
    /// operations that IEEE 754 defines exactly.
    pub(super) fn draw(seed: u32, dimension: usize, blocks: usize) -> Self {
        let mut values = vec![0.0; blocks * (dimension + 1) * LANES];
        let mut direction = vec![0.0; dimension];
        for (number, block) in values.chunks_exact_mut((dimension + 1) * LANES).enumerate() {
            for lane in 0..LANES {
                let mut random = SplitMix::new(u64::from(seed), (number * LANES + lane) as u64);
                block[lane] = (OFFSET_SD * normal(&mut random)) as f32;
                direction.iter_mut().for_each(|value| *value = normal(&mut random));
                let length = direction.iter().map(|v| v * v).sum::<f64>().sqrt().max(1e-6);
                for (row, value) in direction.iter().enumerate() {
                    block[(row + 1) * LANES + lane] = (value / length) as f32;
                }
            }
        }
        RandomFeatures { dimension, blocks: values }
    }

    /// Values of a template.
    pub(super) fn dimension(&self) -> usize {
        self.dimension
    }

    /// Number of features.
    pub(super) fn len(&self) -> usize {
        self.blocks.len() / (self.dimension + 1)
    }

    /// The features of a template, [`LANES`] at a time. Each is one sum in a fixed order.
    pub(super) fn of<'a>(&'a self, x: &'a [f32]) -> impl Iterator<Item = [f32; LANES]> + 'a {
        self.blocks.chunks_exact((self.dimension + 1) * LANES).map(move |block| {
            let (rows, _) = block.as_chunks::<LANES>();
            let mut sums = rows[0];
            for (row, &value) in rows[1..].iter().zip(x) {
                for (sum, direction) in sums.iter_mut().zip(row) {
                    *sum += direction * value;
                }
            }
            sums.map(|sum| sum.max(0.0))
        })
    }
}

/// A nearly normal variate of variance 1: the sum of twelve uniform ones, in whole numbers.
fn normal(random: &mut SplitMix) -> f64 {
    let mut sum = 0_i64;
    for _ in 0..3 {
        let bits = random.next();
        sum += (0..4).map(|part| (bits >> (16 * part)) as i64 & 0xffff).sum::<i64>();
    }
    (sum - 6 * 0xffff) as f64 / 65_536.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_the_definition() {
        let features = RandomFeatures::draw(5, 3, 2);
        assert_eq!((features.len(), features.dimension()), (2 * LANES, 3));
        let x = [0.6_f32, 0.0, -0.8];
        let found: Vec<f32> = features.of(&x).flatten().collect();
        for (k, found) in found.iter().enumerate() {
            let mut random = SplitMix::new(5, k as u64);
            let offset = 0.1 * normal(&mut random);
            let direction = [(); 3].map(|()| normal(&mut random));
            let length = direction.iter().map(|v| v * v).sum::<f64>().sqrt();
            let product = (direction[0] * 0.6 - direction[2] * 0.8) / length;
            assert!((f64::from(*found) - (product + offset).max(0.0)).abs() < 1e-6);
        }
        assert!(found.contains(&0.0) && found.iter().any(|&value| value > 0.1));
    }

    #[test]
    fn variates_are_nearly_normal() {
        let mut random = SplitMix::new(1, 1);
        let draws: Vec<f64> = (0..20_000).map(|_| normal(&mut random)).collect();
        let moment = |power| draws.iter().map(|x| x.powi(power)).sum::<f64>() / 20_000.0;
        assert!(moment(1).abs() < 0.03 && (moment(2) - 1.0).abs() < 0.04, "{}", moment(2));
        assert!((moment(4) - 2.9).abs() < 0.2, "{}", moment(4));
    }
}
