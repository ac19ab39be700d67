//! A photo in linear light: noise averaged away, and exposure corrected.
//!
//! In a photo taken with too little light, the face lies in the lowest values, under noise that is
//! stronger than it. Averaging neighbouring pixels keeps the signal and reduces noise, but only
//! where values are proportional to light, and sRGB values are not. Correcting the exposure then
//! brings the face to the brightness at which detectors have learnt to find one.

use std::sync::LazyLock;

use image::imageops::{crop_imm, replace};
use image::{ImageBuffer, Luma, Rgb, RgbImage};
use imageproc::filter::gaussian_blur_f32;

type LinearImage = ImageBuffer<Rgb<f32>, Vec<f32>>;
type LinearGrey = ImageBuffer<Luma<f32>, Vec<f32>>;

/// Steps of the table back to sRGB: fine enough for its steepest part, with slope 12.92.
const STEPS: usize = 1 << 14;

/// A channel of sRGB, 0 to 255, as a share of full light, 0 to 1: IEC 61966-2-1.
pub fn linear_light(channel: u8) -> f64 {
    let value = f64::from(channel) / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// A share of full light as the nearest channel of sRGB; the inverse of [`linear_light`]. Values
/// outside 0 to 1 become black or white.
pub fn srgb(light: f64) -> u8 {
    let x = light.clamp(0.0, 1.0);
    let encoded = if x <= 0.003_130_8 { 12.92 * x } else { 1.055 * x.powf(1.0 / 2.4) - 0.055 };
    (255.0 * encoded).round() as u8
}

/// Linear light of each sRGB value.
pub(super) static TO_LINEAR: LazyLock<[f32; 256]> =
    LazyLock::new(|| std::array::from_fn(|value| linear_light(value as u8) as f32));

/// sRGB value of each step of linear light.
static TO_SRGB: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..=STEPS).map(|step| srgb(step as f64 / STEPS as f64)).collect());

/// The image smoothed by a Gaussian of this standard deviation in pixels, in linear light, and
/// exposed so that the mean of the part at `x, y, width, height` is `level`, 0 to 1. Its colours
/// keep their proportions; what becomes too bright is white.
pub(crate) fn relit(image: &RgbImage, sigma: f32, level: f32, part: [u32; 4]) -> RgbImage {
    let smooth = gaussian_blur_f32(&linear(image), sigma);
    exposed(&smooth, level, part)
}

/// The image with a part of it, and as much around it on each side, smoothed and exposed so that
/// the mean of the part is `level`. Light and colour are each smoothed by a Gaussian of these
/// standard deviations in pixels: where there is little light, colour is mostly noise.
pub(crate) fn relit_part(
    image: &RgbImage,
    light: f32,
    colour: f32,
    level: f32,
    part: [u32; 4],
) -> RgbImage {
    let [x, y, width, height] = part;
    let (left, top) = (x.saturating_sub(width), y.saturating_sub(height));
    let right = x.saturating_add(width.saturating_mul(2)).min(image.width());
    let bottom = y.saturating_add(height.saturating_mul(2)).min(image.height());
    if left >= right || top >= bottom {
        return image.clone();
    }
    let window = linear(&crop_imm(image, left, top, right - left, bottom - top).to_image());
    let grey = LinearGrey::from_fn(window.width(), window.height(), |x, y| {
        Luma([window.get_pixel(x, y).0.iter().sum::<f32>() / 3.0])
    });
    let mut smooth = gaussian_blur_f32(&window, colour);
    let (fine, coarse) = (gaussian_blur_f32(&grey, light), gaussian_blur_f32(&grey, colour));
    for ((pixel, fine), coarse) in smooth.pixels_mut().zip(fine.pixels()).zip(coarse.pixels()) {
        let share = fine.0[0] / coarse.0[0].max(1e-6);
        pixel.0 = pixel.0.map(|value| value * share);
    }
    let mut relit = image.clone();
    let exposed = exposed(&smooth, level, [x - left, y - top, width, height]);
    replace(&mut relit, &exposed, i64::from(left), i64::from(top));
    relit
}

/// The image in linear light.
fn linear(image: &RgbImage) -> LinearImage {
    LinearImage::from_fn(image.width(), image.height(), |x, y| {
        Rgb(image.get_pixel(x, y).0.map(|value| TO_LINEAR[usize::from(value)]))
    })
}

/// The image in sRGB, exposed so that the mean of a part is `level`.
fn exposed(image: &LinearImage, level: f32, part: [u32; 4]) -> RgbImage {
    let gain = level / mean(image, part).max(1e-6);
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        Rgb(image.get_pixel(x, y).0.map(|value| {
            let step = (value * gain).clamp(0.0, 1.0) * STEPS as f32;
            TO_SRGB[step.round() as usize]
        }))
    })
}

/// Mean of all channels in a part of the image; of the whole where the part is empty.
fn mean(image: &LinearImage, [x, y, width, height]: [u32; 4]) -> f32 {
    let columns = x.min(image.width())..x.saturating_add(width).min(image.width());
    let rows = y.min(image.height())..y.saturating_add(height).min(image.height());
    let sum_of = |values: &mut dyn Iterator<Item = &Rgb<f32>>| {
        values.fold((0.0_f64, 0_u64), |(sum, n), pixel| {
            (sum + pixel.0.iter().map(|v| f64::from(*v)).sum::<f64>(), n + 3)
        })
    };
    let own = columns.clone();
    let mut inside = rows
        .flat_map(move |y| own.clone().map(move |x| (x, y)))
        .map(|(x, y)| image.get_pixel(x, y));
    let (sum, n) = match sum_of(&mut inside) {
        (_, 0) => sum_of(&mut image.pixels()),
        found => found,
    };
    (sum / n.max(1) as f64) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exposing_anew_brings_a_part_to_its_level_and_keeps_colours() {
        // Left dark red, right black.
        let dark =
            RgbImage::from_fn(40, 20, |x, _| if x < 20 { Rgb([40, 20, 20]) } else { Rgb([0; 3]) });
        let bright = relit(&dark, 0.5, 0.2, [2, 2, 14, 14]);
        let linear = |v: u8| TO_LINEAR[usize::from(v)];
        let pixel = bright.get_pixel(8, 8).0;
        let level = pixel.iter().map(|v| linear(*v)).sum::<f32>() / 3.0;
        assert!((level - 0.2).abs() < 0.01, "{level}");
        let ratio = |p: [u8; 3]| linear(p[0]) / linear(p[1]);
        assert!((ratio(pixel) / ratio([40, 20, 20]) - 1.0).abs() < 0.05);
        assert_eq!(bright.get_pixel(35, 8).0, [0; 3]);
    }

    #[test]
    fn noise_is_averaged_away_in_linear_light() {
        // A checkerboard of black and white has a mean light of 188 in sRGB, not 128.
        let noisy =
            RgbImage::from_fn(32, 32, |x, y| Rgb([if (x + y) % 2 == 0 { 255 } else { 0 }; 3]));
        let smooth = relit(&noisy, 3.0, 0.5, [8, 8, 16, 16]);
        for pixel in
            smooth.enumerate_pixels().filter(|(x, y, _)| (8..24).contains(x) && (8..24).contains(y))
        {
            assert!((186..=190).contains(&pixel.2.0[0]), "{pixel:?}");
        }
    }

    #[test]
    fn a_part_is_relit_and_the_rest_left_alone() {
        let dark =
            RgbImage::from_fn(60, 40, |x, _| Rgb(if x < 30 { [30, 20, 20] } else { [9; 3] }));
        let lit = relit_part(&dark, 0.5, 2.0, 0.2, [4, 14, 8, 10]);
        let linear = |v: u8| TO_LINEAR[usize::from(v)];
        let pixel = lit.get_pixel(8, 20).0;
        assert!((pixel.iter().map(|v| linear(*v)).sum::<f32>() / 3.0 - 0.2).abs() < 0.01);
        assert!((linear(pixel[0]) / linear(pixel[1]) - linear(30) / linear(20)).abs() < 0.05);
        // Beyond as much again as the part is large.
        assert_eq!(lit.get_pixel(21, 20), dark.get_pixel(21, 20));
        assert_eq!(lit.get_pixel(8, 35), dark.get_pixel(8, 35));
        assert_eq!(relit_part(&dark, 0.5, 2.0, 0.2, [90, 90, 4, 4]), dark);
        assert_eq!(relit_part(&dark, 0.5, 2.0, 0.2, [0; 4]), dark);
    }

    #[test]
    fn tables_give_every_value_back() {
        for value in 0..=255_u8 {
            let step = (TO_LINEAR[usize::from(value)] * STEPS as f32).round() as usize;
            assert_eq!(TO_SRGB[step], value);
        }
    }

    #[test]
    fn nothing_to_expose_by_is_no_fault() {
        let black = RgbImage::new(8, 8);
        assert_eq!(relit(&black, 1.0, 0.2, [0, 0, 8, 8]), black);
        assert_eq!(relit(&black, 1.0, 0.2, [100, 100, 8, 8]), black);
        assert_eq!(relit(&black, 1.0, 0.2, [0, 0, 0, 0]), black);
    }
}
