//! The pixels of a face, in linear light, with the position of each in the canonical crop.

use std::sync::LazyLock;

use super::skin_tone::centres;
use crate::align::CANONICAL;
use crate::geometry::{Landmarks5, Point, Similarity};
use crate::sample::{Sample, linear_light};

/// The face, in pixels of the canonical crop: left, top, right, bottom.
pub(super) const FACE: [f32; 4] = [22.0, 30.0, 90.0, 108.0];
/// Half the side of the patches of skin on cheeks and forehead, in pixels of the crop.
pub(super) const SKIN_HALF: f32 = 7.0;
/// Fewer pixels than this are not enough for a patch.
const FEWEST: usize = 16;

/// Linear light of each sRGB value, 0 to 1.
pub(super) static LIGHT: LazyLock<[f32; 256]> =
    LazyLock::new(|| std::array::from_fn(|value| linear_light(value as u8) as f32));

/// The part of a sample around a face: source pixels, upright in the photo and not in the face.
///
/// Where the photo has more than twice the pixels of the crop, whole blocks are averaged, in linear
/// light, so that one pixel of the region covers at most one to two pixels' width of the crop:
/// detail that the crop cannot contain is not judged.
pub(super) struct FaceRegion {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Red, green and blue, each a share of full light.
    pub(super) light: Vec<[f32; 3]>,
    /// Luminance, a share of full light: ITU-R BT.709 weights.
    pub(super) luminance: Vec<f32>,
    /// `√(luminance / skin)`: on this scale shot noise is the same everywhere (Anscombe, Biometrika
    /// 35, 1948), and a face that reflects a quarter of the light looks the same.
    pub(super) tone: Vec<f32>,
    /// Median luminance of the cheeks.
    pub(super) skin: f32,
    /// How many pixels of the sample one pixel of the region averages along each axis.
    pub(super) block: usize,
    /// The position in the crop of the first pixel, and what a step right and a step down add.
    origin: Point,
    right: Point,
    down: Point,
}

impl FaceRegion {
    /// The region around these landmarks, in full-size pixels; `None` where they coincide or lie
    /// outside the sample.
    pub(super) fn new(sample: &Sample, landmarks: &Landmarks5) -> Option<Self> {
        let to_crop = Similarity::fit(landmarks.points(), &CANONICAL)?;
        let pixels = sample.pixels();
        let rate_x = sample.full_width() as f32 / pixels.width() as f32;
        let rate_y = sample.full_height() as f32 / pixels.height() as f32;
        let block = (1.0 / (to_crop.scale() * rate_x.max(rate_y))).floor().max(1.0) as usize;
        let [left, top, columns, rows] = bounds(sample, &to_crop.inverse(), (rate_x, rate_y))?;
        let (width, height) = (columns / block, rows / block);
        if width < 8 || height < 8 {
            return None;
        }
        let mut light = Vec::with_capacity(width * height);
        let (raw, stride) = (pixels.as_raw(), 3 * pixels.width() as usize);
        let share = 1.0 / (block * block) as f32;
        for y in 0..height {
            for x in 0..width {
                let mut sum = [0.0; 3];
                for row in 0..block {
                    let at = (top + y * block + row) * stride + 3 * (left + x * block);
                    for pixel in raw[at..at + 3 * block].chunks_exact(3) {
                        for (sum, value) in sum.iter_mut().zip(pixel) {
                            *sum += LIGHT[usize::from(*value)];
                        }
                    }
                }
                light.push(sum.map(|sum| sum * share));
            }
        }
        let luminance: Vec<f32> =
            light.iter().map(|[r, g, b]| 0.2126 * r + 0.7152 * g + 0.0722 * b).collect();
        let place = |x: f32, y: f32| {
            let middle = (block as f32 - 1.0) / 2.0;
            let full = |start: usize, step: f32, rate: f32| {
                (start as f32 + step * block as f32 + middle + 0.5) * rate - 0.5
            };
            to_crop.apply(Point::new(full(left, x, rate_x), full(top, y, rate_y)))
        };
        let (origin, right, down) = (place(0.0, 0.0), place(1.0, 0.0), place(0.0, 1.0));
        let step = |to: Point| Point::new(to.x - origin.x, to.y - origin.y);
        let (right, down) = (step(right), step(down));
        let tone = Vec::new();
        let mut region = FaceRegion {
            width,
            height,
            light,
            luminance,
            tone,
            skin: 0.0,
            block,
            origin,
            right,
            down,
        };
        let [cheek, other, _] = centres();
        let mut skin = [cheek, other].map(|at| region.patch(at, SKIN_HALF)).concat();
        if skin.is_empty() {
            skin = region.within(FACE).collect();
        }
        // A thousandth of a level prevents a division by zero for a black image.
        region.skin = region.median(&skin, |region, i| region.luminance[i])?.max(1e-6);
        region.tone = region.luminance.iter().map(|l| (l / region.skin).sqrt()).collect();
        Some(region)
    }

    /// The position in the crop of a pixel.
    fn place(&self, x: usize, y: usize) -> (f32, f32) {
        let (x, y) = (x as f32, y as f32);
        (
            self.origin.x + x * self.right.x + y * self.down.x,
            self.origin.y + x * self.right.y + y * self.down.y,
        )
    }

    /// Indices of the pixels in a rectangle of the crop: left, top, right, bottom.
    pub(super) fn within(
        &self,
        [left, top, right, bottom]: [f32; 4],
    ) -> impl Iterator<Item = usize> {
        (0..self.height).flat_map(move |y| {
            (0..self.width).filter_map(move |x| {
                let (u, v) = self.place(x, y);
                let inside = u >= left && u < right && v >= top && v < bottom;
                inside.then_some(y * self.width + x)
            })
        })
    }

    /// Indices of the pixels in a square of the crop; none where the photo shows less than half of
    /// it, or has too few pixels.
    pub(super) fn patch(&self, centre: Point, half: f32) -> Vec<usize> {
        // The inverse of the two steps gives the pixel at the centre.
        let determinant = self.right.x * self.down.y - self.right.y * self.down.x;
        let (u, v) = (centre.x - self.origin.x, centre.y - self.origin.y);
        let x = (u * self.down.y - v * self.down.x) / determinant;
        let y = (v * self.right.x - u * self.right.y) / determinant;
        let side = determinant.abs().sqrt();
        let reach = half * std::f32::consts::SQRT_2 / side + 1.0;
        let range = |at: f32, limit: usize| {
            ((at - reach).max(0.0) as usize)..((at + reach).max(0.0) as usize + 1).min(limit)
        };
        let mut found = Vec::new();
        for row in range(y, self.height) {
            for column in range(x, self.width) {
                let (u, v) = self.place(column, row);
                if (u - centre.x).abs() <= half && (v - centre.y).abs() <= half {
                    found.push(row * self.width + column);
                }
            }
        }
        let whole = (2.0 * half / side).powi(2);
        if found.len() < FEWEST || (found.len() as f32) < 0.5 * whole {
            found.clear();
        }
        found
    }

    /// The median of a value over some pixels; `None` where there are none.
    pub(super) fn median(
        &self,
        pixels: &[usize],
        value: impl Fn(&Self, usize) -> f32,
    ) -> Option<f32> {
        let values = pixels.iter().map(|i| value(self, *i)).collect();
        quantile(values, 0.5)
    }
}

/// The value below which this share lies; `None` for an empty list.
pub(super) fn quantile(mut values: Vec<f32>, share: f32) -> Option<f32> {
    let last = values.len().checked_sub(1)?;
    let at = (last as f32 * share).round() as usize;
    Some(*values.select_nth_unstable_by(at, f32::total_cmp).1)
}

/// The face's bounding rectangle in pixels of the decoded sample: left, top, width, height.
fn bounds(sample: &Sample, from_crop: &Similarity, rates: (f32, f32)) -> Option<[usize; 4]> {
    let [left, top, right, bottom] = FACE;
    let corners = [(left, top), (right, top), (left, bottom), (right, bottom)]
        .map(|(x, y)| from_crop.apply(Point::new(x, y)));
    let range = |values: [f32; 4], rate: f32, limit: u32| {
        let low = values.iter().copied().fold(f32::INFINITY, f32::min) / rate;
        let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max) / rate;
        // The casts saturate: what lies outside the image is left out here.
        let (low, high) = (low.floor() as u32, (high.ceil() as u32 + 1).min(limit));
        (high > low).then(|| (low as usize, (high - low) as usize))
    };
    let (x, width) = range(corners.map(|p| p.x), rates.0, sample.pixels().width())?;
    let (y, height) = range(corners.map(|p| p.y), rates.1, sample.pixels().height())?;
    Some([x, y, width, height])
}

/// Where the face lies in the decoded sample: left, top, width, height in its pixels.
pub(super) fn face_bounds(sample: &Sample, landmarks: &Landmarks5) -> Option<[usize; 4]> {
    let from_crop = Similarity::fit(landmarks.points(), &CANONICAL)?.inverse();
    let rate_x = sample.full_width() as f32 / sample.pixels().width() as f32;
    let rate_y = sample.full_height() as f32 / sample.pixels().height() as f32;
    bounds(sample, &from_crop, (rate_x, rate_y))
}
