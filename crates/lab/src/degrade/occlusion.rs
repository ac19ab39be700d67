//! The lower part of the face is covered, as by a scarf, a mask or a hand.

use chacha20::ChaCha8Rng;
use image::{Rgb, RgbImage};

use super::uniform::unit;
use evenmatch::{BoundingBox, sample::srgb};

/// How far the cover reaches beyond the face's box, on either side and below, as a share of the
/// box's width or height.
const BEYOND: f32 = 0.1;
/// The darkest and the brightest cover, as shares of full light.
const LIGHT: (f64, f64) = (0.03, 0.6);

/// The photo with this share of the face's box covered from below by a uniform grey. Its light is
/// drawn at random, uniformly on a logarithmic scale.
pub(super) fn occlusion(
    image: &RgbImage,
    face: &BoundingBox,
    share: f64,
    random: &mut ChaCha8Rng,
) -> RgbImage {
    let grey = srgb(LIGHT.0 * (LIGHT.1 / LIGHT.0).powf(unit(random)));
    let (wide, high) = (BEYOND * face.width(), BEYOND * face.height());
    let columns = face.x() - wide..face.x() + face.width() + wide;
    let bottom = face.y() + face.height();
    let rows = bottom - share as f32 * face.height()..bottom + high;
    let mut covered = image.clone();
    if share > 0.0 {
        for (x, y, pixel) in covered.enumerate_pixels_mut() {
            if columns.contains(&(x as f32 + 0.5)) && rows.contains(&(y as f32 + 0.5)) {
                *pixel = Rgb([grey; 3]);
            }
        }
    }
    covered
}

#[cfg(test)]
mod tests {
    use chacha20::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn the_share_of_the_box_is_covered() {
        let red = RgbImage::from_pixel(100, 100, Rgb([200, 0, 0]));
        let face = BoundingBox::from([20.0, 10.0, 60.0, 80.0]);
        let covered = occlusion(&red, &face, 0.25, &mut ChaCha8Rng::seed_from_u64(1));
        let is_covered = |x: u32, y: u32| covered.get_pixel(x, y).0 != [200, 0, 0];
        let rows: Vec<u32> = (0..100).filter(|y| is_covered(50, *y)).collect();
        assert_eq!((rows[0], rows[rows.len() - 1]), (70, 97), "20 of 80 pixels, and 8 beyond");
        let columns: Vec<u32> = (0..100).filter(|x| is_covered(*x, 80)).collect();
        assert_eq!((columns[0], columns[columns.len() - 1]), (14, 85));
        let other = occlusion(&red, &face, 0.25, &mut ChaCha8Rng::seed_from_u64(2));
        assert!(covered != other, "the grey is drawn");
    }
}
