//! Evenly distributed random numbers.

use chacha20::ChaCha8Rng;

/// A number drawn evenly from 0 to 1, 1 excluded.
pub(crate) fn unit(random: &mut ChaCha8Rng) -> f64 {
    rand_distr::Distribution::sample(&rand_distr::StandardUniform, random)
}
