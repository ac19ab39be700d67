//! A square cut out of an image, at any position, rotation and stretch.

use image::RgbImage;

/// From this many image pixels per pixel of the square, samples are averaged.
const ALIASING: f32 = 2.0;
/// The most samples to average along each side; more gain nothing.
const MOST_SAMPLES: f32 = 8.0;

/// A square of `side`×`side` pixels. `place` maps a position in the square to one in the image;
/// both count from the middle of the first pixel. `scale` is the most image pixels that one pixel
/// of the square spans.
///
/// Bilinear between pixel centres, black outside the image; where the image has more than two
/// pixels per pixel of the square, the mean of several samples, so that nothing aliases.
pub(crate) fn cut_square(
    image: &RgbImage,
    side: u32,
    scale: f32,
    place: impl Fn(f32, f32) -> (f32, f32),
) -> RgbImage {
    let n = if scale < ALIASING { 1.0 } else { scale.ceil().min(MOST_SAMPLES) };
    // Samples lie evenly around the pixel's centre.
    let offsets: Vec<f32> = (0..n as u32).map(|k| (k as f32 + 0.5) / n - 0.5).collect();
    let mut pixels = Vec::with_capacity(3 * (side * side) as usize);
    for (y, x) in (0..side).flat_map(|y| (0..side).map(move |x| (y, x))) {
        let mut sums = [0.0_f32; 3];
        for (dy, dx) in offsets.iter().flat_map(|dy| offsets.iter().map(move |dx| (dy, dx))) {
            let value = bilinear(image, place(x as f32 + dx, y as f32 + dy));
            (0..3).for_each(|c| sums[c] += value[c]);
        }
        // Sums are not negative: the cast rounds to the nearest integer.
        pixels.extend(sums.map(|sum| (sum / (n * n) + 0.5) as u8));
    }
    // The vector has exactly the length that the size needs.
    RgbImage::from_raw(side, side, pixels).unwrap_or_default()
}

/// The image's value between pixel centres; black beyond its border.
fn bilinear(image: &RgbImage, (at_x, at_y): (f32, f32)) -> [f32; 3] {
    // The cast truncates and saturates; `f32::floor` is a call on many processors.
    let floor = |value: f32| {
        let whole = value as i32;
        if whole as f32 > value { whole.saturating_sub(1) } else { whole }
    };
    let (left, top) = (floor(at_x), floor(at_y));
    let (ax, ay) = (at_x - left as f32, at_y - top as f32);
    let (width, height) = (image.width() as usize, image.height() as usize);
    let raw = image.as_raw();
    let fetch = |x: Option<usize>, y: Option<usize>| -> [f32; 3] {
        match (x, y) {
            (Some(x), Some(y)) if x < width && y < height => {
                let first = 3 * (y * width + x);
                [raw[first], raw[first + 1], raw[first + 2]].map(f32::from)
            }
            _ => [0.0; 3],
        }
    };
    let index = |place: i32| usize::try_from(place).ok();
    let (x0, x1) = (index(left), index(left.saturating_add(1)));
    let (y0, y1) = (index(top), index(top.saturating_add(1)));
    let mix = |a: [f32; 3], b: [f32; 3], share: f32| -> [f32; 3] {
        std::array::from_fn(|c| a[c] + share * (b[c] - a[c]))
    };
    let upper = mix(fetch(x0, y0), fetch(x1, y0), ax);
    let lower = mix(fetch(x0, y1), fetch(x1, y1), ax);
    mix(upper, lower, ay)
}
