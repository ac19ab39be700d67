//! A bright background behind a dark face.

use chacha20::ChaCha8Rng;
use image::RgbImage;

use super::linear::to_linear;
use super::sensor::{ELECTRONS, seen};
use evenmatch::BoundingBox;

/// The face keeps `1 / ratio` of its light, and its surroundings become as close to white as the
/// face is to black: `x / ratio` inside, `1 − (1 − x) / ratio` outside, then the sensor's noise.
/// The face is the ellipse in its box; the transition is between 0.9 and 1.4 times its radius, in
/// a cubic smooth step, and the body below the face stays dark.
pub(super) fn back_light(
    image: &RgbImage,
    face: &BoundingBox,
    ratio: f64,
    random: &mut ChaCha8Rng,
) -> RgbImage {
    let centre = (face.x() + face.width() / 2.0, face.y() + face.height() / 2.0);
    let radii = ((face.width() / 2.0).max(0.5), (face.height() / 2.0).max(0.5));
    let keep = 1.0 / ratio as f32;
    let mut light = to_linear(image);
    for (x, y, pixel) in light.enumerate_pixels_mut() {
        let across = (x as f32 + 0.5 - centre.0) / radii.0;
        // The body below is as wide as the face's box is high.
        let (across, down) = match (y as f32 + 0.5 - centre.1) / radii.1 {
            down if down > 0.0 => (across / (1.0 + down.min(1.0)), 0.0),
            down => (across, down),
        };
        let step = ((across.hypot(down) - 0.9) / 0.5).clamp(0.0, 1.0);
        let outside = step * step * (3.0 - 2.0 * step);
        for value in &mut pixel.0 {
            let (dark, bright) = (*value * keep, 1.0 - (1.0 - *value) * keep);
            *value = dark + (bright - dark) * outside;
        }
    }
    seen(&light, ELECTRONS, random)
}

#[cfg(test)]
mod tests {
    use chacha20::rand_core::SeedableRng;
    use image::Rgb;

    use super::*;
    use evenmatch::sample::linear_light;

    #[test]
    fn the_face_is_dark_and_what_surrounds_it_is_bright() {
        let grey = RgbImage::from_pixel(120, 120, Rgb([188; 3]));
        let face = BoundingBox::from([40.0, 40.0, 40.0, 40.0]);
        let lit = back_light(&grey, &face, 8.0, &mut ChaCha8Rng::seed_from_u64(1));
        let light = |x: u32, y: u32| {
            let near = (x..x + 6).flat_map(|x| (y..y + 6).map(move |y| (x, y)));
            near.map(|(x, y)| linear_light(lit.get_pixel(x, y).0[0])).sum::<f64>() / 36.0
        };
        let whole = linear_light(188);
        assert!((light(57, 50) / (whole / 8.0) - 1.0).abs() < 0.05, "{}", light(57, 50));
        assert!((light(57, 110) / (whole / 8.0) - 1.0).abs() < 0.05, "the body is dark");
        assert!((light(2, 2) - (1.0 - (1.0 - whole) / 8.0)).abs() < 0.02);
    }
}
