//! Out of focus.

use image::RgbImage;
use imageproc::filter::gaussian_blur_f32;

use super::linear::{to_linear, to_srgb};
use evenmatch::BoundingBox;

/// The photo smoothed in linear light by a Gaussian with this standard deviation, in widths of the
/// face's box. Less than a tenth of a pixel changes nothing.
pub(super) fn blur(image: &RgbImage, face: &BoundingBox, deviation: f64) -> RgbImage {
    let sigma = deviation as f32 * face.width();
    if sigma < 0.1 {
        return image.clone();
    }
    to_srgb(&gaussian_blur_f32(&to_linear(image), sigma))
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;
    use evenmatch::sample::linear_light;

    #[test]
    fn an_edge_becomes_the_gaussian_integral() {
        let edge = RgbImage::from_fn(80, 40, |x, _| Rgb([if x < 40 { 0 } else { 255 }; 3]));
        let face = BoundingBox::from([0.0, 0.0, 100.0, 100.0]);
        let soft = blur(&edge, &face, 0.04);
        let light = |x: u32| linear_light(soft.get_pixel(x, 20).0[0]);
        // Half a deviation of 4 pixels beyond the edge, which lies between pixels 39 and 40.
        let between = f64::midpoint(light(41), light(42));
        assert!((between - 0.6915).abs() < 0.01, "{between}");
        assert!((light(39) + light(40) - 1.0).abs() < 0.01);
        assert!(blur(&edge, &face, 0.0) == edge);
    }
}
