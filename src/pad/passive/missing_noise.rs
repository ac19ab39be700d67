//! A face without a sensor's noise.

use super::view::{View, luma, quantile};
use crate::sample::linear_light;

/// Side of the blocks, in pixels.
const BLOCK: usize = 8;
/// Fewest blocks for a measurement.
const FEWEST: usize = 9;
/// The share of the blocks that are smoother than the one that counts: skin, not hair or lips.
const SMOOTHEST: f32 = 0.2;
/// Noise below this, in sRGB values, cannot be distinguished from none.
const LEAST_NOISE: f32 = 0.02;
/// Blocks outside these mean values are clipped and have no noise.
const DARKEST: f32 = 8.0;
const BRIGHTEST: f32 = 240.0;

/// How much stronger the light of the face's smooth parts is than its noise, in dB of linear light.
///
/// Noise is the standard deviation of Immerkær's operator (Computer Vision and Image Understanding
/// 64(2), 1996) in blocks of 8 × 8 pixels; light is their mean. The ratio that counts is the one
/// that a fifth of the blocks exceed. Photons alone allow no more than the square root of their
/// number: 36 dB for the 4,000 of a small sensor's pixel, and more if pixels were averaged later.
///
/// It sees images that were drawn, or smoothed until no noise is left. A phone that smooths skin
/// comes close to that, and a photo of a print or a screen has the noise of the second camera.
pub(super) fn missing_noise(view: &View<'_>) -> Option<f32> {
    let part = view.around(1.0)?;
    let (width, height) = (part.width as usize, part.height as usize);
    let values: Vec<f32> = view.pixels(part).map(|pixel| luma(pixel.map(f32::from))).collect();
    let noise_at = |x: usize, y: usize| {
        let row = |y: usize, by: [f32; 3]| {
            (0..3).map(|i| by[i] * values[y * width + x + i - 1]).sum::<f32>()
        };
        let outer = [1.0, -2.0, 1.0];
        (row(y - 1, outer) + row(y, [-2.0, 4.0, -2.0]) + row(y + 1, outer)) / 6.0
    };
    let mut ratios = Vec::new();
    for y in (1..height.saturating_sub(BLOCK)).step_by(BLOCK) {
        for x in (1..width.saturating_sub(BLOCK)).step_by(BLOCK) {
            let (mut light, mut square) = (0.0, 0.0);
            for (x, y) in (y..y + BLOCK).flat_map(|y| (x..x + BLOCK).map(move |x| (x, y))) {
                light += values[y * width + x];
                square += noise_at(x, y).powi(2);
            }
            let count = (BLOCK * BLOCK) as f32;
            let (light, noise) = (light / count, (square / count).sqrt().max(LEAST_NOISE));
            if (DARKEST..=BRIGHTEST).contains(&light) {
                // The slope of linear light at this value converts the noise.
                let at = light as u8;
                let slope = (linear_light(at + 1) - linear_light(at - 1)) as f32 / 2.0;
                ratios.push(20.0 * (linear_light(at) as f32 / (slope * noise)).log10());
            }
        }
    }
    if ratios.len() < FEWEST {
        return None;
    }
    quantile(&mut ratios, 1.0 - SMOOTHEST)
}
