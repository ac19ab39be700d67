//! From sRGB to CIELAB under D65.
//!
//! Three formulas do not justify a colour library; they are those of IEC 61966-2-1:1999 (sRGB to
//! XYZ) and CIE 15:2004 (XYZ to CIELAB).

use crate::sample::linear_light;

/// A colour in CIELAB under D65: `l` 0 to 100, `a` and `b` about −110 to 110.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lab {
    pub(super) l: f32,
    pub(super) a: f32,
    pub(super) b: f32,
}

/// Linear sRGB to XYZ, IEC 61966-2-1; the rows add up to the white point below.
const TO_XYZ: [[f64; 3]; 3] =
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];

/// XYZ of sRGB's white, D65.
const WHITE: [f64; 3] = [0.9505, 1.0, 1.0890];

/// The compressing function of CIE 15: a cube root with a linear part near 0.
fn compressed(ratio: f64) -> f64 {
    const FOOT: f64 = 6.0 / 29.0;
    if ratio > FOOT.powi(3) { ratio.cbrt() } else { ratio / (3.0 * FOOT * FOOT) + 4.0 / 29.0 }
}

/// The colour of an 8-bit sRGB pixel.
pub(super) fn from_srgb(rgb: [u8; 3]) -> Lab {
    let light = rgb.map(linear_light);
    let mut f = [0.0; 3];
    for ((value, row), white) in f.iter_mut().zip(TO_XYZ).zip(WHITE) {
        let sum: f64 = row.iter().zip(light).map(|(weight, share)| weight * share).sum();
        *value = compressed(sum / white);
    }
    let [x, y, z] = f;
    Lab { l: (116.0 * y - 16.0) as f32, a: (500.0 * (x - y)) as f32, b: (200.0 * (y - z)) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(rgb: [u8; 3], [l, a, b]: [f32; 3], within: f32) {
        let lab = from_srgb(rgb);
        let off = (lab.l - l).abs().max((lab.a - a).abs()).max((lab.b - b).abs());
        assert!(off <= within, "{rgb:?} gave {lab:?}, not {:?}", [l, a, b]);
    }

    /// The primaries and greys as colour calculators commonly give them (D65, two degrees).
    #[test]
    fn primaries_and_greys_have_their_known_places() {
        near([255, 255, 255], [100.0, 0.0, 0.0], 1e-4);
        near([0, 0, 0], [0.0, 0.0, 0.0], 1e-4);
        near([119, 119, 119], [50.034, 0.0, 0.0], 0.01);
        near([255, 0, 0], [53.24, 80.09, 67.20], 0.05);
        near([0, 255, 0], [87.73, -86.18, 83.18], 0.05);
        near([0, 0, 255], [32.30, 79.19, -107.86], 0.05);
        // On the linear part: L* = κ·Y, and Y = 1 / 255 / 12.92.
        near([1, 1, 1], [0.2742, 0.0, 0.0], 1e-3);
    }

    /// The ColorChecker's skin patches, L* and b* as its maker publishes them. Those are under
    /// D50, and a* moves by up to 4.5 between the two whites; ITA does not use it.
    #[test]
    fn skin_patches_of_the_colour_checker_are_within_one() {
        for (rgb, l, b) in [([115, 82, 68], 37.986, 14.059), ([194, 150, 130], 65.711, 17.806_f32)]
        {
            let lab = from_srgb(rgb);
            assert!((lab.l - l).abs() < 1.0 && (lab.b - b).abs() < 1.0, "{rgb:?} gave {lab:?}");
        }
    }
}
