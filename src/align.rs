//! Five landmarks to the canonical crop.

use image::RgbImage;

use crate::detect::Detection;
pub(crate) use crate::geometry::CANONICAL;
use crate::geometry::{Point, Similarity};
use crate::sample::Sample;

/// Side of the canonical crop, in pixels.
pub const CROP_SIDE: u32 = 112;

/// Sampling one pixel in this many or more would alias; the image is averaged down first.
const ALIASING: f32 = 4.0;

/// A face brought to the canonical position, made from a sample and a detection in it.
#[derive(Debug, Clone)]
pub struct AlignedFace {
    image: RgbImage,
    second: Option<RgbImage>,
    source_scale: f32,
    coverage: f32,
}

impl AlignedFace {
    /// A second crop of the same face, from landmarks of another look at it: where the two looks
    /// differ, their mean is nearer to the truth than either. The crop itself where there was no
    /// such look.
    pub fn second_image(&self) -> &RgbImage {
        self.second.as_ref().unwrap_or(&self.image)
    }

    /// The face with the crop of another look as its second one.
    pub(crate) fn with_second(self, other: Option<AlignedFace>) -> Self {
        AlignedFace { second: other.map(|other| other.image), ..self }
    }

    /// The crop: 112×112 pixels, 8-bit RGB.
    pub fn image(&self) -> &RgbImage {
        &self.image
    }

    /// Pixels of the full-size image per pixel of the crop. Below 1 the crop shows less detail
    /// than it could hold.
    pub fn source_scale(&self) -> f32 {
        self.source_scale
    }

    /// The share of the crop that the image covers, 0 to 1; the rest is black.
    pub fn coverage(&self) -> f32 {
        self.coverage
    }
}

/// The similarity transform from full-size pixels to the crop, or `None` where the landmarks
/// coincide.
fn crop_transform(detection: &Detection) -> Option<Similarity> {
    Similarity::fit(detection.landmarks().points(), &CANONICAL)
}

/// Pixels of the full-size image per pixel of the crop, or `None` where the landmarks coincide.
pub(crate) fn source_scale(detection: &Detection) -> Option<f32> {
    crop_transform(detection).map(|to_crop| 1.0 / to_crop.scale())
}

/// Warps a face to the canonical crop; `None` where its landmarks coincide.
///
/// As OpenCV's `alignCrop` does it: the least-squares similarity transform of the landmarks, then
/// bilinear interpolation between pixel centres, black outside the image. Where the face is more
/// than four times as large as the crop, which `alignCrop` samples with aliasing, the image is
/// first averaged down by a whole factor; a JPEG that was decoded at a reduced size has had that
/// done by its decoder.
pub fn align(sample: &Sample, detection: &Detection) -> Option<AlignedFace> {
    let to_crop = crop_transform(detection)?;
    let source_scale = 1.0 / to_crop.scale();
    let pixels = sample.pixels();
    let reduction_x = sample.full_width() as f32 / pixels.width() as f32;
    let reduction_y = sample.full_height() as f32 / pixels.height() as f32;
    let from_crop = to_crop.inverse();
    // The pixel whose index is i covers the full-size pixels around (i + ½)·reduction − ½.
    let grid = Grid {
        origin: from_crop.apply(Point::new(0.0, 0.0)),
        step: from_crop.step(),
        reduction: (reduction_x, reduction_y),
    };
    let step = source_scale / reduction_x.max(reduction_y);
    let image = if step >= ALIASING {
        let factor = (step / 2.0).floor() as u32;
        sample_averaged(pixels, &grid, factor)
    } else {
        sample_bilinear(pixels, &grid, (0.0, 0.0))
    };
    Some(AlignedFace {
        image,
        second: None,
        source_scale,
        coverage: grid.coverage(pixels.dimensions()),
    })
}

/// Where the crop's pixels lie in the full-size image.
#[derive(Clone)]
struct Grid {
    origin: Point,
    step: Point,
    reduction: (f32, f32),
}

impl Grid {
    /// The position, in indices of the decoded image, of a pixel of the crop.
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let full_x = self.origin.x + self.step.x * x - self.step.y * y;
        let full_y = self.origin.y + self.step.y * x + self.step.x * y;
        let index = |full: f32, reduction: f32| (full + 0.5) / reduction - 0.5;
        (index(full_x, self.reduction.0), index(full_y, self.reduction.1))
    }

    /// The share of the crop that lies inside an image of this size, counted on every fourth row
    /// and column.
    fn coverage(&self, (width, height): (u32, u32)) -> f32 {
        let inside = |x: u32, y: u32| {
            let (sx, sy) = self.at(x as f32, y as f32);
            let within = |at: f32, side: u32| (-0.5..side as f32 - 0.5).contains(&at);
            within(sx, width) && within(sy, height)
        };
        let lattice = || (0..CROP_SIDE).step_by(4);
        let points = lattice().flat_map(|y| lattice().map(move |x| (x, y)));
        let (mut all, mut covered) = (0_u32, 0_u32);
        for (x, y) in points {
            all += 1;
            covered += u32::from(inside(x, y));
        }
        covered as f32 / all as f32
    }
}

fn sample_bilinear(pixels: &RgbImage, grid: &Grid, offset: (f32, f32)) -> RgbImage {
    let (width, height) = (pixels.width() as i64, pixels.height() as i64);
    let raw = pixels.as_raw();
    let mut out = Vec::with_capacity((3 * CROP_SIDE * CROP_SIDE) as usize);
    for y in 0..CROP_SIDE {
        for x in 0..CROP_SIDE {
            let (sx, sy) = grid.at(x as f32, y as f32);
            let (sx, sy) = (sx - offset.0, sy - offset.1);
            let (left, top) = (sx.floor(), sy.floor());
            let (ax, ay) = (sx - left, sy - top);
            let (left, top) = (left as i64, top as i64);
            let inside = left >= 0 && top >= 0 && left + 1 < width && top + 1 < height;
            let fetch = |column: i64, row: i64| -> [f32; 3] {
                if !inside && (column < 0 || row < 0 || column >= width || row >= height) {
                    return [0.0; 3];
                }
                let at = 3 * (row * width + column) as usize;
                [f32::from(raw[at]), f32::from(raw[at + 1]), f32::from(raw[at + 2])]
            };
            let (p00, p01) = (fetch(left, top), fetch(left + 1, top));
            let (p10, p11) = (fetch(left, top + 1), fetch(left + 1, top + 1));
            for c in 0..3 {
                let upper = p00[c] + ax * (p01[c] - p00[c]);
                let lower = p10[c] + ax * (p11[c] - p10[c]);
                // The cast saturates, and the value cannot be negative.
                out.push((upper + ay * (lower - upper)).round_ties_even() as u8);
            }
        }
    }
    // The vector has exactly the length that the size needs.
    RgbImage::from_raw(CROP_SIDE, CROP_SIDE, out).unwrap_or_default()
}

/// Averages blocks of `factor`×`factor` pixels over the region that the crop covers, then samples
/// between the averages.
fn sample_averaged(pixels: &RgbImage, grid: &Grid, factor: u32) -> RgbImage {
    let last = (CROP_SIDE - 1) as f32;
    let corners = [(0.0, 0.0), (last, 0.0), (0.0, last), (last, last)].map(|(x, y)| grid.at(x, y));
    let range = |values: [f32; 4], limit: u32| {
        let low = values.iter().copied().fold(f32::INFINITY, f32::min) / factor as f32 - 2.0;
        let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max) / factor as f32 + 2.0;
        // The casts saturate: what lies outside the image is left out here.
        (low.floor() as u32, (high.ceil() as u32).min(limit / factor))
    };
    let (left, right) = range(corners.map(|c| c.0), pixels.width());
    let (top, bottom) = range(corners.map(|c| c.1), pixels.height());
    let (columns, rows) = (right.saturating_sub(left), bottom.saturating_sub(top));
    let reduced = RgbImage::from_fn(columns, rows, |x, y| {
        let mut sums = [0_u32; 3];
        for row in (top + y) * factor..(top + y + 1) * factor {
            for column in (left + x) * factor..(left + x + 1) * factor {
                let pixel = pixels.get_pixel(column, row).0;
                for c in 0..3 {
                    sums[c] += u32::from(pixel[c]);
                }
            }
        }
        let area = factor * factor;
        image::Rgb(sums.map(|sum| ((sum + area / 2) / area) as u8))
    });
    let coarser = Grid {
        reduction: (grid.reduction.0 * factor as f32, grid.reduction.1 * factor as f32),
        ..grid.clone()
    };
    sample_bilinear(&reduced, &coarser, (left as f32, top as f32))
}
