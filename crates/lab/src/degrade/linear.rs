//! Images in linear light.

use image::{ImageBuffer, Rgb, RgbImage};

use evenmatch::sample::{linear_light, srgb};

/// Shares of full light, 0 to 1.
pub(super) type LinearImage = ImageBuffer<Rgb<f32>, Vec<f32>>;

/// The image in linear light.
pub(super) fn to_linear(image: &RgbImage) -> LinearImage {
    let table: Vec<f32> = (0..=255).map(|value| linear_light(value) as f32).collect();
    LinearImage::from_fn(image.width(), image.height(), |x, y| {
        Rgb(image.get_pixel(x, y).0.map(|value| table[usize::from(value)]))
    })
}

/// The image in sRGB; everything brighter than white is white.
pub(super) fn to_srgb(image: &LinearImage) -> RgbImage {
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        Rgb(image.get_pixel(x, y).0.map(|light| srgb(light.into())))
    })
}

/// The light at a point between pixels, whose centres have whole coordinates. Beyond the border,
/// the outermost pixels are repeated.
pub(super) fn at(image: &LinearImage, x: f32, y: f32) -> [f32; 3] {
    let (most_x, most_y) = ((image.width() - 1) as f32, (image.height() - 1) as f32);
    let (x, y) = (x.clamp(0.0, most_x), y.clamp(0.0, most_y));
    let (left, top) = (x.floor(), y.floor());
    let (right, bottom) = ((left + 1.0).min(most_x), (top + 1.0).min(most_y));
    let (u, v) = (x - left, y - top);
    let pixel = |x: f32, y: f32| image.get_pixel(x as u32, y as u32).0;
    let corners = [pixel(left, top), pixel(right, top), pixel(left, bottom), pixel(right, bottom)];
    std::array::from_fn(|channel| {
        let [a, b, c, d] = corners.map(|corner| corner[channel]);
        (a * (1.0 - u) + b * u) * (1.0 - v) + (c * (1.0 - u) + d * u) * v
    })
}

/// Mean light of all channels.
#[cfg(test)]
pub(super) fn mean(image: &RgbImage) -> f64 {
    let sum: f64 = image.as_raw().iter().map(|value| linear_light(*value)).sum();
    sum / image.as_raw().len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_changes_nothing() {
        let image = RgbImage::from_fn(256, 2, |x, y| Rgb([x as u8, 255 - x as u8, y as u8]));
        assert!(to_srgb(&to_linear(&image)) == image);
    }

    #[test]
    fn points_between_pixels_have_light_between_theirs() {
        let mut image = LinearImage::new(2, 2);
        image.put_pixel(1, 0, Rgb([1.0; 3]));
        image.put_pixel(1, 1, Rgb([1.0; 3]));
        assert_eq!(at(&image, 0.25, 0.5), [0.25; 3]);
        assert_eq!(at(&image, -5.0, 9.0), [0.0; 3]);
        assert_eq!(at(&image, 5.0, -9.0), [1.0; 3]);
    }
}
