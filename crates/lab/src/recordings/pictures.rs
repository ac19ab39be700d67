//! What happens to single pictures: light, colour, noise, motion of the camera and of the room.

use chacha20::ChaCha8Rng;
use image::{Rgb, RgbImage};

use crate::degrade::unit;
use evenmatch::sample::{linear_light, srgb};

/// Every channel's light multiplied, as exposure and white balance do.
pub(super) fn lit(image: &RgbImage, gains: [f64; 3]) -> RgbImage {
    let tables = gains.map(|gain| -> Vec<u8> {
        (0..=255).map(|value| srgb(linear_light(value) * gain)).collect()
    });
    let mut lit = image.clone();
    for pixel in lit.pixels_mut() {
        for (value, table) in pixel.0.iter_mut().zip(&tables) {
            *value = table[usize::from(*value)];
        }
    }
    lit
}

/// Bands of light that roll over the picture, as under lamps on mains current, and a sensor's noise.
pub(super) fn rolling(
    image: &RgbImage,
    phase: f64,
    noise: f64,
    random: &mut ChaCha8Rng,
) -> RgbImage {
    let mut seen = image.clone();
    let height = f64::from(image.height());
    let deviates: Vec<f32> = (0..4096)
        .map(|_| {
            let deviate: f64 =
                rand_distr::Distribution::sample(&rand_distr::StandardNormal, random);
            (noise * deviate) as f32
        })
        .collect();
    let mut place = (4096.0 * unit(random)) as usize;
    for (y, row) in seen.enumerate_rows_mut() {
        let wave = (std::f64::consts::TAU * (1.5 * f64::from(y) / height + phase)).sin();
        let gain = (1.0 + 0.06 * wave) as f32;
        // Rows begin at other places of the list, so that the noise shows no pattern.
        place = (place + 1237) % 4096;
        for (_, _, pixel) in row {
            for value in &mut pixel.0 {
                place = (place + 1) % 4096;
                *value = (f32::from(*value) * gain + deviates[place]).round() as u8;
            }
        }
    }
    seen
}

/// The picture moved (in shares of its width), turned (in degrees) and magnified about its middle, as
/// by a hand that holds the camera. Beyond the border the outermost pixels are repeated.
pub(super) fn moved(image: &RgbImage, shift: [f64; 2], degrees: f64, zoom: f64) -> RgbImage {
    let (width, height) = image.dimensions();
    let (middle_x, middle_y) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    let (sin, cos) = degrees.to_radians().sin_cos();
    let [right, down] = shift.map(|share| share * f64::from(width));
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (f64::from(x) - middle_x, f64::from(y) - middle_y);
        let u = middle_x + right + (cos * x + sin * y) / zoom;
        let v = middle_y + down + (cos * y - sin * x) / zoom;
        between(image, u, v)
    })
}

fn between(image: &RgbImage, x: f64, y: f64) -> Rgb<u8> {
    let clamp = |value: f64, side: u32| value.clamp(0.0, f64::from(side - 1));
    let (x, y) = (clamp(x, image.width()), clamp(y, image.height()));
    let (left, top) = (x as u32, y as u32);
    let right = (left + 1).min(image.width() - 1);
    let below = (top + 1).min(image.height() - 1);
    let (u, v) = ((x - f64::from(left)) as f32, (y - f64::from(top)) as f32);
    let at = |x: u32, y: u32, c: usize| f32::from(image.get_pixel(x, y).0[c]);
    Rgb(std::array::from_fn(|c| {
        let above = (1.0 - u) * at(left, top, c) + u * at(right, top, c);
        let under = (1.0 - u) * at(left, below, c) + u * at(right, below, c);
        ((1.0 - v) * above + v * under).round() as u8
    }))
}

/// Somebody walks by behind the person, and leaves move: at both sides of the picture, out of the
/// way of a face in its middle.
pub(super) fn crowded(image: &RgbImage, seconds: f64, seed: u64) -> RgbImage {
    let mut seen = image.clone();
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    let phase = (seed % 1000) as f64 / 1000.0;
    // From the left border to the right one in two seconds, and again after a while.
    let walker = ((seconds / 2.0 + phase).rem_euclid(2.5)) * width;
    for (x, y, pixel) in seen.enumerate_pixels_mut() {
        let (x, y) = (f64::from(x), f64::from(y));
        let side = (x - width / 2.0).abs() / width;
        if side < 0.34 {
            continue;
        }
        // The picture behind fades in, so that no edge stands at the border of the strip.
        let share = ((side - 0.34) / 0.06).min(1.0);
        let leaves = 25.0 * (x / 9.0 + 6.0 * seconds + (y / 13.0 + 4.0 * seconds).sin()).sin();
        let near = (1.0 - ((x - walker) / (0.1 * width)).powi(2)).max(0.0);
        let dark = if y > 0.15 * height { 1.0 - 0.7 * near.sqrt() } else { 1.0 };
        for value in &mut pixel.0 {
            let old = f64::from(*value);
            *value = (old + share * ((old + leaves) * dark - old)).round() as u8;
        }
    }
    seen
}
