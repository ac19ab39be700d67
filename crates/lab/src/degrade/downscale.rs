//! Few pixels.

use image::RgbImage;
use image::imageops::{FilterType, resize};

use super::linear::{to_linear, to_srgb};

/// The photo with this share of each side's pixels, at least one: averaged in linear light with a
/// triangle filter as wide as two of the new pixels. It is not enlarged again.
pub(super) fn downscale(image: &RgbImage, share: f64) -> RgbImage {
    let side = |side: u32| ((f64::from(side) * share).round() as u32).max(1);
    let (width, height) = (side(image.width()), side(image.height()));
    to_srgb(&resize(&to_linear(image), width, height, FilterType::Triangle))
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn pixels_are_averaged_in_linear_light() {
        let board =
            RgbImage::from_fn(64, 48, |x, y| Rgb([if (x + y) % 2 == 0 { 255 } else { 0 }; 3]));
        let small = downscale(&board, 0.25);
        assert_eq!(small.dimensions(), (16, 12));
        // Half of full light is 188 in sRGB.
        assert!(small.pixels().all(|pixel| (186..=190).contains(&pixel.0[0])));
        assert_eq!(downscale(&board, 0.01).dimensions(), (1, 1));
    }
}
