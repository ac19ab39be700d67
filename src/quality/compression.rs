//! Compression: whether the borders of a JPEG's blocks stand out.

use super::mapping::Measure;
use super::region::face_bounds;
use crate::geometry::Landmarks5;
use crate::sample::Sample;

/// Side of a JPEG's block, in pixels.
const BLOCK: usize = 8;
/// Longest side of the part that is examined.
const LONGEST: usize = 256;
/// Shortest side on which eight kinds of borders can be told apart.
const SHORTEST: usize = 40;
/// Ratio that maps to 50, and the width of the curve.
const MIDDLE: f32 = 2.3;
const WIDTH: f32 = 0.15;

/// How much larger the differences of neighbours are at every eighth border than at the others.
///
/// Each difference of green values is divided by the mean of the seven around it, plus one step;
/// these are averaged over the borders of each of the eight phases; `raw` is the largest phase over
/// the median one, averaged over columns and rows. `mapped = 100 / (1 + exp((raw − 2.3) / 0.15))`.
///
/// `None` where the photo was decoded at a reduced size, which averages blocks away, and for faces
/// below 40 pixels. It does not see compression before the photo was resized or rotated by an
/// angle, or the losses of other formats.
pub(super) fn compression(sample: &Sample, landmarks: &Landmarks5) -> Option<Measure> {
    if sample.reduction() != 1 {
        return None;
    }
    let [left, top, width, height] = face_bounds(sample, landmarks)?;
    if width.min(height) < SHORTEST {
        return None;
    }
    let middle = |start: usize, length: usize| {
        let kept = length.min(LONGEST);
        (start + (length - kept) / 2, kept)
    };
    let ((left, width), (top, height)) = (middle(left, width), middle(top, height));
    let (raw, stride) = (sample.pixels().as_raw(), sample.pixels().width() as usize);
    let green = |x: usize, y: usize| i16::from(raw[3 * ((top + y) * stride + left + x) + 1]);
    let across = prominence(width, height, green)?;
    let down = prominence(height, width, |along, line| green(line, along))?;
    Measure::logistic((across + down) / 2.0, MIDDLE, -WIDTH)
}

/// The most prominent phase over the median one, along lines of this length.
fn prominence(length: usize, lines: usize, value: impl Fn(usize, usize) -> i16) -> Option<f32> {
    let mut sums = [0.0_f32; BLOCK];
    let mut counts = [0_u32; BLOCK];
    let mut steps = vec![0.0_f32; length - 1];
    for line in 0..lines {
        for (i, step) in steps.iter_mut().enumerate() {
            *step = f32::from((value(i + 1, line) - value(i, line)).abs());
        }
        let mut around: f32 = steps[..7].iter().sum();
        for i in 3..steps.len() - 4 {
            sums[i % BLOCK] += steps[i] / (around / 7.0 + 1.0);
            counts[i % BLOCK] += 1;
            around += steps[i + 4] - steps[i - 3];
        }
    }
    let mut phases: [f32; BLOCK] = std::array::from_fn(|i| sums[i] / counts[i] as f32);
    phases.sort_by(f32::total_cmp);
    let usual = (phases[3] + phases[4]) / 2.0;
    // An image without any detail has no blocks either.
    Some(if usual > 1e-3 { phases[7] / usual } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;

    use crate::quality::Component::Compression;
    use crate::quality::synthetic::{Drawing, report_of};

    #[test]
    fn strong_compression_shows_wherever_its_grid_lies() {
        let face = Drawing::face(1.5);
        let compressed = |quality| {
            let mut bytes = Vec::new();
            let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
            face.picture().write_with_encoder(encoder).unwrap();
            image::load_from_memory(&bytes).unwrap().into_rgb8()
        };
        let mapped =
            |picture| report_of(picture, &face.landmarks()).get(Compression).unwrap().mapped;
        assert!(mapped(face.picture()) >= 98);
        assert!(mapped(compressed(95)) >= 95);
        let strong = compressed(5);
        assert!(mapped(strong.clone()) < 30, "{}", mapped(strong.clone()));
        // Cropped by three and five pixels, the grid is at a different offset.
        let cut = image::imageops::crop_imm(&strong, 3, 5, 160, 160).to_image();
        assert!(mapped(cut) < 50);
    }
}
