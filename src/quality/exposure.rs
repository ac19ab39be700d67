//! Exposure: how far the light on the face stands out of noise and rounding.

use super::mapping::Measure;
use super::region::{FaceRegion, SKIN_HALF};
use super::skin_tone::centres;

/// Decibels that map to 50, and the width of the curve.
const MIDDLE: f32 = 24.0;
const WIDTH: f32 = 2.0;
/// A patch whose green reaches this share of full light is clipped and says nothing about noise.
const CLIPPED: f32 = 0.97;

/// `20·log₁₀(light of the skin / its noise)` in decibels, of the least noisy patch of cheeks and
/// forehead, since hair, beard and wrinkles look like noise too. `mapped = 100 / (1 + exp(−(raw −
/// 24) / 2))`.
///
/// Noise is what J. Immerkær's mask leaves ("Fast noise variance estimation", Computer Vision and
/// Image Understanding 64, 1996: `σ = √(π/2)/6 · mean |N∗I|`, in which planes and edges cancel),
/// plus the rounding to 8 bits at the skin's own level, `step / √12`. Apart from that, the
/// brightness of the skin does not matter: a quarter of the light without noise costs only what the
/// coarser steps cost.
///
/// It does not see noise that a phone has smoothed away together with the detail.
pub(super) fn exposure(region: &FaceRegion) -> Option<Measure> {
    let of_patch = |centre| {
        let patch = region.patch(centre, SKIN_HALF);
        let level = region.median(&patch, |region, i| region.luminance[i])?.max(1e-6);
        let green = region.median(&patch, |region, i| region.light[i][1])?;
        if green > CLIPPED {
            return None;
        }
        let rounding = step_at(level) / (region.block as f32 * 12.0_f32.sqrt());
        Some(level / noise(region, &patch)?.hypot(rounding))
    };
    let ratio = centres().into_iter().filter_map(of_patch).reduce(f32::max)?;
    Measure::logistic(20.0 * ratio.log10(), MIDDLE, WIDTH)
}

/// Standard deviation of the noise in a patch, in luminance.
fn noise(region: &FaceRegion, patch: &[usize]) -> Option<f32> {
    let (width, height) = (region.width, region.height);
    let (mut sum, mut count) = (0.0_f64, 0_u32);
    for &i in patch {
        let (x, y) = (i % width, i / width);
        if x == 0 || y == 0 || x + 1 == width || y + 1 == height {
            continue;
        }
        let row = |at: usize| {
            let l = &region.luminance;
            (l[at - 1] + l[at + 1], l[at])
        };
        let ((above, over), (beside, own), (below, under)) =
            (row(i - width), row(i), row(i + width));
        let mask = above + below - 2.0 * (over + under + beside) + 4.0 * own;
        sum += f64::from(mask.abs());
        count += 1;
    }
    let scale = (std::f32::consts::PI / 2.0).sqrt() / 6.0;
    (count > 0).then(|| (sum / f64::from(count)) as f32 * scale)
}

/// One step of 8-bit sRGB at this level of linear light: the slope of IEC 61966-2-1 over 255.
fn step_at(light: f32) -> f32 {
    let slope =
        if light <= 0.003_130_8 { 1.0 / 12.92 } else { 2.4 / 1.055 * light.powf(1.0 - 1.0 / 2.4) };
    slope / 255.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::Component::Exposure;
    use crate::quality::synthetic::Drawing;

    /// Photo-electrons of full light: a phone's camera in daylight.
    const ELECTRONS: f32 = 12_000.0;

    #[test]
    fn dark_skin_in_good_light_passes_and_any_skin_in_bad_light_does_not() {
        let skin = |reflected: f32| {
            Drawing::face(1.5).with(move |_, _, light| light.map(|channel| channel * reflected))
        };
        for reflected in [1.0, 0.5, 0.25] {
            let lit = skin(reflected).exposed(1.0, ELECTRONS).mapped(Exposure);
            let unlit = skin(reflected).exposed(1.0 / 64.0, ELECTRONS).mapped(Exposure);
            assert!(lit >= 75 && unlit < 20, "{reflected}: {lit} {unlit}");
        }
    }

    #[test]
    fn decibels_are_those_of_the_noise_that_was_added() {
        // 3 % of noise on an even face: 20·log10(1 / 0.03) = 30.5.
        let mut face = Drawing::face(1.5).with(|_, _, _| [0.3; 3]);
        let mut noise = crate::quality::synthetic::Noise::new(3);
        for pixel in &mut face.light {
            *pixel = [0.3 * (1.0 + 0.03 * noise.normal()); 3];
        }
        let raw = face.report().get(Exposure).unwrap().raw;
        // The least noisy of three patches is taken.
        assert!((raw - 30.5).abs() < 1.0, "{raw}");
    }

    #[test]
    fn rounding_to_few_levels_counts_as_noise() {
        let even = |level: f32| Drawing::face(1.5).with(move |_, _, _| [level; 3]);
        let raw = |level| even(level).report().get(Exposure).unwrap().raw;
        // The tenth level of 255: a step is a tenth of it, and 20·log10(10·√12) = 30.8.
        assert!((raw(10.0 / 255.0 / 12.92) - 30.8).abs() < 0.5, "{}", raw(10.0 / 255.0 / 12.92));
        assert!(raw(0.5) > 45.0);
        let numeric = |light: f32| {
            let encode = |x: f32| 255.0 * (1.055 * x.powf(1.0 / 2.4) - 0.055);
            0.01 * light / (encode(1.01 * light) - encode(light))
        };
        for light in [0.01, 0.1, 0.5] {
            assert!((step_at(light) / numeric(light) - 1.0).abs() < 0.01, "{light}");
        }
    }
}
