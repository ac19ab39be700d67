//! The face fills the photo, or the border of the photo cuts it.

use image::RgbImage;
use image::imageops::crop_imm;

use evenmatch::BoundingBox;

/// The part of the photo around the middle of the face whose sides are `times` those of the face's
/// box, as far as the photo reaches; at least one pixel.
pub(super) fn crop(image: &RgbImage, face: &BoundingBox, times: f64) -> RgbImage {
    let half = times as f32 / 2.0;
    let part = |start: f32, length: f32, side: u32| {
        let middle = start + length / 2.0;
        let first = (middle - half * length).round().clamp(0.0, (side - 1) as f32);
        let last = (middle + half * length).round().clamp(first + 1.0, side as f32);
        (first as u32, (last - first) as u32)
    };
    let (x, width) = part(face.x(), face.width(), image.width());
    let (y, height) = part(face.y(), face.height(), image.height());
    crop_imm(image, x, y, width, height).to_image()
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn the_crop_is_the_box_and_ends_at_the_border() {
        let image = RgbImage::from_fn(100, 80, |x, y| Rgb([x as u8, y as u8, 0]));
        let face = BoundingBox::from([30.0, 20.0, 40.0, 50.0]);
        let own = crop(&image, &face, 1.0);
        assert_eq!((own.dimensions(), own.get_pixel(0, 0).0), ((40, 50), [30, 20, 0]));
        let wide = crop(&image, &face, 1.6);
        assert_eq!((wide.dimensions(), wide.get_pixel(0, 0).0), ((64, 75), [18, 5, 0]));
        let outside = BoundingBox::from([300.0, -90.0, 40.0, 50.0]);
        assert_eq!(crop(&image, &outside, 1.0).dimensions(), (1, 1));
    }
}
