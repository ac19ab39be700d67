//! Sharpness: how much of the finest detail a blur would take away.

use super::mapping::Measure;
use super::region::{FACE, FaceRegion};

/// Half the width of the blur, in pixels of the region: it averages 2·4 + 1.
const HALF: isize = 4;
/// Sharpness that maps to 50, and the width of the curve.
const MIDDLE: f32 = 0.32;
const WIDTH: f32 = 0.04;

/// The blur effect of Crété, Dolmiere, Ladret and Nicolas ("The blur effect: perception and
/// estimation with a new no-reference perceptual blur metric", SPIE 6492, 2007) along four
/// directions: right, down, right and down, right and up. 0 is sharp, 1 is blurred; `None` where
/// the face has no detail at all.
///
/// Differences `d` of neighbours are compared with those `b` of the same image after a running mean
/// of nine pixels: `blur = 1 − Σ max(0, |d| − |b|) / Σ |d|`. A blurred image loses little. Both
/// sums grow with contrast in the same way, so that contrast and light cancel out.
pub(super) fn directional_blur(region: &FaceRegion) -> Option<[f32; 4]> {
    let (width, height) = (region.width as isize, region.height as isize);
    let steps: [(isize, isize); 4] = [(1, 0), (0, 1), (1, 1), (1, -1)];
    let mut kept = [0.0_f64; 4];
    let mut whole = [0.0_f64; 4];
    let tone = &region.tone;
    for i in region.within(FACE) {
        let (x, y) = (i as isize % width, i as isize / width);
        if x < HALF + 1 || y < HALF + 1 || x >= width - HALF - 1 || y >= height - HALF - 1 {
            continue;
        }
        for (k, (dx, dy)) in steps.into_iter().enumerate() {
            let at = |n: isize| tone[((y + n * dy) * width + x + n * dx) as usize];
            let fine = (at(0) - at(-1)).abs();
            // The running mean telescopes: of the nine values only the ends differ.
            let coarse = (at(HALF) - at(-HALF - 1)).abs() / (2 * HALF + 1) as f32;
            whole[k] += f64::from(fine);
            kept[k] += f64::from((fine - coarse).max(0.0));
        }
    }
    let blur = |k: usize| (whole[k] > 1e-3).then(|| (1.0 - kept[k] / whole[k]) as f32);
    Some([blur(0)?, blur(1)?, blur(2)?, blur(3)?])
}

/// One minus the mean blur effect over the directions; `mapped = 100 / (1 + exp(−(raw − 0.32) /
/// 0.04))`.
///
/// It does not see noise, which is as fine as detail can be: a dark and noisy photo counts as
/// sharp, and `exposure` shows the noise. For an unsharp face in front of a sharp background, only
/// the face counts.
pub(super) fn sharpness(blur: [f32; 4]) -> Option<Measure> {
    Measure::logistic(1.0 - blur.iter().sum::<f32>() / 4.0, MIDDLE, WIDTH)
}

#[cfg(test)]
mod tests {
    use crate::quality::Component::Sharpness;
    use crate::quality::synthetic::Drawing;

    #[test]
    fn the_more_a_face_is_blurred_the_less_sharp_it_is() {
        let blurred = |half| {
            let face = Drawing::face(1.5).smeared((1, 0), half).smeared((0, 1), half);
            face.smeared((1, 0), half).smeared((0, 1), half).report().get(Sharpness).unwrap()
        };
        let values = [0, 1, 2, 4, 6].map(blurred);
        assert!(values.is_sorted_by(|a, b| a.raw > b.raw), "{values:?}");
        assert!(values[0].mapped >= 90 && values[4].mapped < 50, "{values:?}");
    }

    #[test]
    fn detail_beyond_the_crop_is_not_asked_for() {
        // Five times the crop's pixels: blocks are averaged, so that a blur of two pixels vanishes.
        let large = Drawing::face(5.0).smeared((1, 0), 1).smeared((0, 1), 1);
        assert!(large.mapped(Sharpness) >= 90, "{}", large.mapped(Sharpness));
    }
}
