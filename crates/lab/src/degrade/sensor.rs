//! What a camera's sensor adds: shot noise and read noise.

use chacha20::ChaCha8Rng;
use image::{Rgb, RgbImage};
use rand_distr::{Distribution, Poisson, StandardNormal};

use super::linear::{LinearImage, to_linear};
use evenmatch::sample::srgb;

/// Photo-electrons at full scale of an ordinary sensor.
pub(super) const ELECTRONS: f64 = 4000.0;
/// Standard deviation of the read noise of that sensor, in photo-electrons: 0.002 of full scale.
const READ: f64 = 0.002 * ELECTRONS;

/// The image as seen by a sensor whose full scale is this many photo-electrons: each channel `x`
/// of linear light becomes `(Poisson(x·electrons) + 8·Normal) / electrons`, then 8-bit sRGB.
pub(super) fn seen(light: &LinearImage, electrons: f64, random: &mut ChaCha8Rng) -> RgbImage {
    let mut image = RgbImage::new(light.width(), light.height());
    for (Rgb(seen), Rgb(light)) in image.pixels_mut().zip(light.pixels()) {
        for (seen, light) in seen.iter_mut().zip(light) {
            let expected = f64::from(*light) * electrons;
            // The distribution is not defined for a mean of zero, which gives no electrons.
            let shot = Poisson::new(expected).map_or(0.0, |counts| counts.sample(random));
            let read: f64 = StandardNormal.sample(random);
            *seen = srgb((shot + READ * read) / electrons);
        }
    }
    image
}

/// The image with the noise of a sensor whose full scale is this many photo-electrons.
pub(super) fn noise(image: &RgbImage, electrons: f64, random: &mut ChaCha8Rng) -> RgbImage {
    seen(&to_linear(image), electrons, random)
}

#[cfg(test)]
mod tests {
    use chacha20::rand_core::SeedableRng;

    use super::*;
    use evenmatch::sample::linear_light;

    /// Mean and variance of linear light.
    pub(in crate::degrade) fn moments(image: &RgbImage) -> (f64, f64) {
        let values: Vec<f64> = image.as_raw().iter().map(|v| linear_light(*v)).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n)
    }

    #[test]
    fn the_variance_is_that_of_shot_and_read_noise() {
        let grey = RgbImage::from_pixel(200, 200, Rgb([150; 3]));
        let light = linear_light(150);
        for electrons in [1000.0, 250.0] {
            let noisy = noise(&grey, electrons, &mut ChaCha8Rng::seed_from_u64(1));
            let (mean, variance) = moments(&noisy);
            let expected = light / electrons + (READ / electrons).powi(2);
            assert!((mean / light - 1.0).abs() < 0.01, "{mean} {light}");
            assert!((variance / expected - 1.0).abs() < 0.03, "{variance} {expected}");
        }
    }
}
