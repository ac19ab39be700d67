//! The camera or the head is tilted.

use chacha20::ChaCha8Rng;
use image::{Rgb, RgbImage};

use super::linear::{LinearImage, at, to_linear, to_srgb};
use super::uniform::unit;
use evenmatch::BoundingBox;

/// The photo turned about the middle of the face by this angle, to a side that is drawn at random.
/// Its size stays the same; corners without pixels repeat the nearest border.
pub(super) fn rotation(
    image: &RgbImage,
    face: &BoundingBox,
    degrees: f64,
    random: &mut ChaCha8Rng,
) -> RgbImage {
    let side = if unit(random) < 0.5 { -1.0 } else { 1.0 };
    turned(image, face, side * degrees)
}

/// Turned clockwise by this angle.
fn turned(image: &RgbImage, face: &BoundingBox, degrees: f64) -> RgbImage {
    let (sin, cos) = (degrees.to_radians() as f32).sin_cos();
    // Centres of pixels have whole coordinates.
    let centre_x = face.x() + face.width() / 2.0 - 0.5;
    let centre_y = face.y() + face.height() / 2.0 - 0.5;
    let light = to_linear(image);
    let turned = LinearImage::from_fn(light.width(), light.height(), |x, y| {
        let (x, y) = (x as f32 - centre_x, y as f32 - centre_y);
        Rgb(at(&light, centre_x + cos * x + sin * y, centre_y - sin * x + cos * y))
    });
    to_srgb(&turned)
}

#[cfg(test)]
mod tests {
    use chacha20::rand_core::SeedableRng;

    use super::*;

    /// Where the brightest pixel is.
    fn brightest(image: &RgbImage) -> (f64, f64) {
        let found = image.enumerate_pixels().max_by_key(|(_, _, pixel)| pixel.0[0]).unwrap();
        (f64::from(found.0), f64::from(found.1))
    }

    #[test]
    fn landmarks_turn_about_the_face() {
        let mut image = RgbImage::new(101, 101);
        for (x, y) in [(79, 50), (80, 50), (81, 50), (80, 49), (80, 51)] {
            image.put_pixel(x, y, Rgb([if (x, y) == (80, 50) { 255 } else { 180 }; 3]));
        }
        let face = BoundingBox::from([30.5, 30.5, 40.0, 40.0]);
        for degrees in [20.0_f64, -45.0, 90.0] {
            // Clockwise on the page, where y grows downwards.
            let (sin, cos) = degrees.to_radians().sin_cos();
            let (x, y) = brightest(&turned(&image, &face, degrees));
            assert!((x - 50.0 - 30.0 * cos).abs() <= 1.0, "{degrees}: {x}");
            assert!((y - 50.0 - 30.0 * sin).abs() <= 1.0, "{degrees}: {y}");
        }
    }

    #[test]
    fn both_sides_are_drawn() {
        let image = RgbImage::from_fn(40, 40, |x, y| Rgb([(6 * x) as u8, (6 * y) as u8, 0]));
        let face = BoundingBox::from([10.0, 10.0, 20.0, 20.0]);
        let one = |seed| rotation(&image, &face, 30.0, &mut ChaCha8Rng::seed_from_u64(seed));
        let sides = [turned(&image, &face, 30.0), turned(&image, &face, -30.0)];
        for side in &sides {
            let times = (0..40).filter(|seed| one(*seed) == *side).count();
            assert!((10..=30).contains(&times), "{times}");
        }
    }
}
