//! Too little light, and too much.

use chacha20::ChaCha8Rng;
use image::RgbImage;

use super::linear::{to_linear, to_srgb};
use super::sensor::{ELECTRONS, seen};

/// The photo as it would be with this share of its light: linear light × `share`, shot noise at
/// 4,000 photo-electrons at full scale, read noise of 0.002 of full scale, 8-bit sRGB.
pub(super) fn under(image: &RgbImage, share: f64, random: &mut ChaCha8Rng) -> RgbImage {
    let mut light = to_linear(image);
    light.iter_mut().for_each(|value| *value *= share as f32);
    seen(&light, ELECTRONS, random)
}

/// The photo as it would be with `times` as much light: linear light × `times`, clipped at white.
pub(super) fn over(image: &RgbImage, times: f64) -> RgbImage {
    let mut light = to_linear(image);
    light.iter_mut().for_each(|value| *value *= times as f32);
    to_srgb(&light)
}

#[cfg(test)]
mod tests {
    use chacha20::rand_core::SeedableRng;
    use image::Rgb;

    use super::super::linear::mean;
    use super::*;
    use evenmatch::sample::linear_light;

    #[test]
    fn less_light_scales_the_mean_and_has_the_noise_of_its_electrons() {
        let bright = RgbImage::from_pixel(200, 200, Rgb([230; 3]));
        let light = linear_light(230);
        // At 1/16 the light is far above the read noise, so nothing is clipped at black.
        let dark = under(&bright, 1.0 / 16.0, &mut ChaCha8Rng::seed_from_u64(2));
        assert!((mean(&dark) / (light / 16.0) - 1.0).abs() < 0.01);
        let values: Vec<f64> = dark.as_raw().iter().map(|v| linear_light(*v)).collect();
        let centre = mean(&dark);
        let variance =
            values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / values.len() as f64;
        let expected = light / 16.0 / 4000.0 + 0.002_f64.powi(2);
        assert!((variance / expected - 1.0).abs() < 0.05, "{variance} {expected}");
    }

    #[test]
    fn black_stays_nearly_black() {
        let black = RgbImage::new(50, 50);
        let dark = under(&black, 0.5, &mut ChaCha8Rng::seed_from_u64(2));
        // Only read noise, whose negative half is clipped: 0.002 · √(1/2π) of full scale.
        assert!((mean(&dark) / (0.002 * 0.398_9) - 1.0).abs() < 0.1, "{}", mean(&dark));
    }

    #[test]
    fn more_light_scales_until_white() {
        let grey = RgbImage::from_pixel(4, 4, Rgb([60, 120, 250]));
        let Rgb([red, green, blue]) = *over(&grey, 2.0).get_pixel(1, 1);
        assert!((linear_light(red) / linear_light(60) - 2.0).abs() < 0.03);
        assert!((linear_light(green) / linear_light(120) - 2.0).abs() < 0.02);
        assert_eq!(blue, 255);
    }
}
