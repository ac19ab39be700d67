//! The hand or the head moves while the shutter is open.

use chacha20::ChaCha8Rng;
use image::{Rgb, RgbImage};

use super::linear::{LinearImage, at, to_linear, to_srgb};
use super::uniform::unit;
use evenmatch::BoundingBox;

/// The mean, in linear light, of the photo along a straight movement of this length, in widths of
/// the face's box. The direction is drawn at random; all directions are equally likely.
pub(super) fn motion(
    image: &RgbImage,
    face: &BoundingBox,
    length: f64,
    random: &mut ChaCha8Rng,
) -> RgbImage {
    let angle = std::f64::consts::PI * unit(random);
    smeared(image, length * f64::from(face.width()), angle)
}

fn smeared(image: &RgbImage, length: f64, angle: f64) -> RgbImage {
    let light = to_linear(image);
    // Each step is at most half a pixel.
    let steps = (2.0 * length).ceil().max(1.0);
    let offsets: Vec<(f32, f32)> = (0..=steps as u32)
        .map(|step| length * (f64::from(step) / steps - 0.5))
        .map(|along| ((along * angle.cos()) as f32, (along * angle.sin()) as f32))
        .collect();
    let smeared = LinearImage::from_fn(light.width(), light.height(), |x, y| {
        let mut sum = [0.0; 3];
        for (dx, dy) in &offsets {
            let seen = at(&light, x as f32 + dx, y as f32 + dy);
            sum.iter_mut().zip(seen).for_each(|(sum, value)| *sum += value);
        }
        Rgb(sum.map(|sum| sum / offsets.len() as f32))
    });
    to_srgb(&smeared)
}

#[cfg(test)]
mod tests {
    use chacha20::rand_core::SeedableRng;

    use super::*;
    use evenmatch::sample::linear_light;

    #[test]
    fn a_point_becomes_a_line_of_the_same_light() {
        let mut point = RgbImage::new(41, 41);
        point.put_pixel(20, 20, Rgb([255; 3]));
        let line = smeared(&point, 10.0, 0.0);
        let light = |x: u32, y: u32| linear_light(line.get_pixel(x, y).0[0]);
        let all: f64 = (0..41).map(|x| light(x, 20)).sum();
        assert!((all - 1.0).abs() < 0.06, "{all}");
        assert!(light(16, 20) > 0.08 && light(24, 20) > 0.08);
        assert!(light(12, 20) < 1e-3 && light(20, 22) < 1e-3);
    }

    #[test]
    fn directions_are_drawn() {
        let mut point = RgbImage::new(41, 41);
        point.put_pixel(20, 20, Rgb([255; 3]));
        let face = BoundingBox::from([0.0, 0.0, 50.0, 50.0]);
        let moved = |seed| motion(&point, &face, 0.2, &mut ChaCha8Rng::seed_from_u64(seed));
        assert!(moved(1) != moved(2));
    }
}
