//! Colour profiles of photos whose colours are not sRGB.
//!
//! The models were trained on sRGB. Phones store Display P3 and cameras Adobe RGB, where the same
//! values mean stronger colours. Such a profile is applied; a photo without one, or with one whose
//! primaries are sRGB's, keeps its values bit for bit. The arithmetic is simple, so that it gives
//! the same bits on every processor.

use image::RgbImage;
use moxcms::{ColorProfile, DataColorSpace, ToneReprCurve};

use super::light::srgb;

/// The primaries of sRGB, adapted to D50 as in profiles: IEC 61966-2-1 with Bradford's matrix. By
/// channel, then X, Y, Z.
const SRGB: [[f64; 3]; 3] = [
    [0.436_066, 0.222_488, 0.013_916],
    [0.385_147, 0.716_873, 0.097_076],
    [0.143_066, 0.060_608, 0.714_096],
];
/// A profile counts as sRGB if none of its primaries' numbers differs by more: makers round
/// differently.
const NEARLY: f64 = 0.008;
/// Steps of the table back to sRGB, fine enough for its steepest part.
const STEPS: usize = 1 << 14;

/// From a photo's own values to those of sRGB.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Profile {
    /// Linear light by channel and value.
    linear: [Vec<f32>; 3],
    /// From linear light to that of sRGB; rows by channel of the result.
    matrix: [[f32; 3]; 3],
}

impl Profile {
    /// Reads a profile. `None` where there is nothing to apply: it is sRGB's, or is for grey or
    /// inks, or uses tables instead of primaries, or is damaged.
    pub(super) fn read(bytes: &[u8]) -> Option<Profile> {
        let profile = ColorProfile::new_from_slice(bytes).ok()?;
        if profile.color_space != DataColorSpace::Rgb || profile.pcs != DataColorSpace::Xyz {
            return None;
        }
        let primaries = [profile.red_colorant, profile.green_colorant, profile.blue_colorant]
            .map(|colour| [colour.x, colour.y, colour.z]);
        let numbers = || primaries.iter().flatten().zip(SRGB.iter().flatten());
        let sound = primaries.iter().flatten().all(|n| n.is_finite() && n.abs() < 3.0);
        if !sound || numbers().all(|(own, due)| (own - due).abs() <= NEARLY) {
            return None;
        }
        let back = inverse(SRGB)?;
        // Rows by channel of sRGB: the sum over X, Y, Z of (channel from XYZ) · (XYZ of primary).
        let matrix = [0, 1, 2].map(|to| {
            [0, 1, 2].map(|from: usize| {
                (0..3).map(|xyz| primaries[from][xyz] * back[xyz][to]).sum::<f64>() as f32
            })
        });
        let linear = [&profile.red_trc, &profile.green_trc, &profile.blue_trc]
            .map(|curve| curve.as_ref().and_then(table));
        let [Some(red), Some(green), Some(blue)] = linear else { return None };
        Some(Profile { linear: [red, green, blue], matrix })
    }

    /// Converts the colours of an image to sRGB.
    pub(super) fn apply(&self, image: &mut RgbImage) {
        let back: Vec<u8> = (0..=STEPS).map(|step| srgb(step as f64 / STEPS as f64)).collect();
        for pixel in image.pixels_mut() {
            let light = [0, 1, 2].map(|n| self.linear[n][usize::from(pixel.0[n])]);
            pixel.0 = self.matrix.map(|row| {
                let sum = row[0] * light[0] + row[1] * light[1] + row[2] * light[2];
                back[(sum.clamp(0.0, 1.0) * STEPS as f32).round() as usize]
            });
        }
    }
}

/// The inverse of a matrix of three rows by Cramer's rule.
fn inverse(m: [[f64; 3]; 3]) -> Option<[[f64; 3]; 3]> {
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant = (0..3).map(|c| m[0][c] * minor(0, c)).sum::<f64>();
    (determinant.abs() > 1e-9)
        .then(|| [0, 1, 2].map(|r| [0, 1, 2].map(|c| minor(c, r) / determinant)))
}

/// Linear light of each value.
fn table(curve: &ToneReprCurve) -> Option<Vec<f32>> {
    let of = |value: f64| -> Option<f64> {
        Some(match curve {
            ToneReprCurve::Lut(points) => match points.as_slice() {
                [] => value,
                // A single number is a power, with 8 fractional bits.
                [power] => value.powf(f64::from(*power) / 256.0),
                points => {
                    let at = value * (points.len() - 1) as f64;
                    let low = (at.floor() as usize).min(points.len() - 2);
                    let [a, b] = [low, low + 1].map(|n| f64::from(points[n]) / 65_535.0);
                    a + (b - a) * (at - low as f64)
                }
            },
            // ICC.1:2022, 10.18: g; a, b; c; d; e, f by kind of curve.
            ToneReprCurve::Parametric(p) => {
                let p: Vec<f64> = p.iter().map(|n| f64::from(*n)).collect();
                let power = |a: f64, b: f64| (a * value + b).max(0.0).powf(p[0]);
                match *p.as_slice() {
                    [_] => power(1.0, 0.0),
                    [_, a, b] => {
                        if value >= -b / a {
                            power(a, b)
                        } else {
                            0.0
                        }
                    }
                    [_, a, b, c] => {
                        if value >= -b / a {
                            power(a, b) + c
                        } else {
                            c
                        }
                    }
                    [_, a, b, c, d] => {
                        if value >= d {
                            power(a, b)
                        } else {
                            c * value
                        }
                    }
                    [_, a, b, c, d, e, f] => {
                        if value >= d {
                            power(a, b) + e
                        } else {
                            c * value + f
                        }
                    }
                    _ => return None,
                }
            }
        })
    };
    let values = (0..=255).map(|n| of(f64::from(n) / 255.0));
    let table: Vec<f32> = values.map(|light| light.map(|l| l as f32)).collect::<Option<_>>()?;
    table.iter().all(|light| light.is_finite()).then_some(table)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn profile(profile: ColorProfile) -> Option<Profile> {
        Profile::read(&profile.encode().unwrap())
    }

    fn applied(profile: &Profile, colour: [u8; 3]) -> [u8; 3] {
        let mut image = RgbImage::from_pixel(1, 1, Rgb(colour));
        profile.apply(&mut image);
        image.get_pixel(0, 0).0
    }

    #[test]
    fn srgb_is_left_alone() {
        assert_eq!(profile(ColorProfile::new_srgb()), None);
        assert_eq!(Profile::read(b""), None);
        assert_eq!(Profile::read(&[7; 300]), None);
    }

    #[test]
    fn wide_gamuts_become_srgb() {
        let p3 = profile(ColorProfile::new_display_p3()).unwrap();
        let adobe = profile(ColorProfile::new_adobe_rgb()).unwrap();
        for grey in [0, 50, 128, 200, 255] {
            let found = applied(&p3, [grey; 3]);
            assert!(found.iter().all(|c| c.abs_diff(grey) <= 1), "{grey}: {found:?}");
        }
        // sRGB's (200, 120, 100), as other programs convert it to P3 and Adobe RGB.
        let near = |found: [u8; 3]| {
            found.iter().zip([200_u8, 120, 100]).all(|(found, due)| found.abs_diff(due) <= 2)
        };
        assert!(near(applied(&p3, [188, 124, 105])), "{:?}", applied(&p3, [188, 124, 105]));
        assert!(near(applied(&adobe, [179, 120, 101])), "{:?}", applied(&adobe, [179, 120, 101]));
    }
}
