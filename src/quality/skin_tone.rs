//! The individual typology angle (ITA) of the skin in an aligned face.
//!
//! `ITA = atan2(L* − 50, b*) · 180/π` in CIELAB under D65, after Chardon, Cretois and Hourseau
//! (International Journal of Cosmetic Science 13, 1991), who measured skin with an instrument that
//! has its own light. An ordinary photo has no such light: its ITA measures skin and light
//! *together*. It is a covariate for an audit, never a person's skin tone, and must be kept apart
//! from labels that people gave.

use image::RgbImage;
use serde::Serialize;

use super::cielab::{self, Lab};
use crate::align::{AlignedFace, CANONICAL};
use crate::geometry::Point;

/// Half the side of a patch, in pixels of the crop.
const HALF_SIDE: f32 = 7.0;
/// How far out from the line between eye and corner of the mouth a cheek's patch lies, as a share
/// of the distance between the eyes.
const CHEEK_OUT: f32 = 0.12;
/// How far above the line between the eyes the forehead's patch lies: just above and between the
/// brows, which a fringe or a tight crop covers last.
const FOREHEAD_UP: f32 = 0.5;
/// The share of each patch's pixels that is left out at the dark end (hair, creases, shadow) and
/// again at the bright end (specular light).
const TAIL: f32 = 0.15;
/// Fewer pixels than this, of 414 after trimming, are too few: about half the skin is hidden.
const MIN_PIXELS: usize = 200;
/// Below this median chroma, √(a*² + b*²), a photo counts as black and white; skin has 10 or more.
const MIN_CHROMA: f32 = 2.0;

/// The colour of the skin as one photo shows it: skin and light together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SkinTone {
    /// Individual typology angle, in degrees, above −180 to 180; skin in usual light lies between
    /// −90 and 90. Higher is lighter.
    pub ita: f32,
    /// Median L* of the skin pixels, 0 to 100.
    pub lightness: f32,
    /// Median b* of the skin pixels: yellow above 0, blue below.
    pub b_star: f32,
    /// The number of pixels that the medians are over.
    pub pixels: u32,
}

/// Measures the cheeks and the forehead of an aligned face.
///
/// Three patches of 14×14 pixels lie at fixed places relative to the canonical landmarks. Of each
/// the darkest and the brightest 15 % of pixels are left out; L* and b* are medians over the rest.
///
/// `None` where the image covers too little of the patches (the crop is black outside the image,
/// and black pixels do not count), and where the image has no colour, so that the angle would be
/// that of noise. A cheek that is turned away or under hair is not noticed: the patches then show
/// whatever is there instead.
pub fn skin_tone(face: &AlignedFace) -> Option<SkinTone> {
    of_crop(face.image())
}

fn of_crop(crop: &RgbImage) -> Option<SkinTone> {
    let skin: Vec<Lab> = centres().into_iter().flat_map(|at| trimmed_patch(crop, at)).collect();
    if skin.len() < MIN_PIXELS {
        return None;
    }
    let over = |value: fn(&Lab) -> f32| median(skin.iter().map(value).collect());
    if over(|lab| lab.a.hypot(lab.b)) < MIN_CHROMA {
        return None;
    }
    let (lightness, b_star) = (over(|lab| lab.l), over(|lab| lab.b));
    let ita = (lightness - 50.0).atan2(b_star).to_degrees();
    Some(SkinTone { ita, lightness, b_star, pixels: skin.len() as u32 })
}

/// The centres of the patches: right cheek, left cheek, forehead.
pub(super) fn centres() -> [Point; 3] {
    let [right_eye, left_eye, _, right_mouth, left_mouth] = CANONICAL;
    let between = |p: Point, q: Point| Point::new((p.x + q.x) / 2.0, (p.y + q.y) / 2.0);
    let unit = right_eye.distance(left_eye);
    let shifted = |p: Point, x: f32, y: f32| Point::new(p.x + x * unit, p.y + y * unit);
    [
        shifted(between(right_eye, right_mouth), -CHEEK_OUT, 0.0),
        shifted(between(left_eye, left_mouth), CHEEK_OUT, 0.0),
        shifted(between(right_eye, left_eye), 0.0, -FOREHEAD_UP),
    ]
}

/// The colours of a patch without the tails of its luminance; nothing where less than half of the
/// patch is covered.
fn trimmed_patch(crop: &RgbImage, centre: Point) -> Vec<Lab> {
    let from = |at: f32| (at - HALF_SIDE).round() as u32;
    let side = (2.0 * HALF_SIDE) as u32;
    let (left, top) = (from(centre.x), from(centre.y));
    let mut colours: Vec<Lab> = (top..top + side)
        .flat_map(|y| (left..left + side).map(move |x| (x, y)))
        .map(|(x, y)| crop.get_pixel(x, y).0)
        .filter(|&rgb| rgb != [0; 3])
        .map(cielab::from_srgb)
        .collect();
    if colours.len() * 2 < (side * side) as usize {
        return Vec::new();
    }
    // L* grows with luminance, so ranks of one are ranks of the other; the second key makes the cut
    // among equal values independent of their position.
    colours.sort_by(|p, q| p.l.total_cmp(&q.l).then(p.b.total_cmp(&q.b)));
    let tail = (colours.len() as f32 * TAIL).round() as usize;
    colours.truncate(colours.len() - tail);
    colours.split_off(tail)
}

/// The median; the mean of the middle two if their number is even. The list must not be empty.
fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}

/// The band of an angle in degrees, in the six classes of Chardon et al. (1991) and Del Bino and
/// Bernerd (British Journal of Dermatology 169, 2013). Names sort from light to dark.
///
/// A value on a border belongs to the darker band: 55 to "41 to 55", 41 to "28 to 41". Only −30
/// belongs to "-30 to 10", since both outer bands are open.
pub fn ita_band(ita: f32) -> &'static str {
    match ita {
        _ if ita > 55.0 => "ITA 1 above 55",
        _ if ita > 41.0 => "ITA 2 41 to 55",
        _ if ita > 28.0 => "ITA 3 28 to 41",
        _ if ita > 10.0 => "ITA 4 10 to 28",
        _ if ita >= -30.0 => "ITA 5 -30 to 10",
        _ => "ITA 6 below -30",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::CROP_SIDE;
    use image::Rgb;

    /// Skin colours from dark to light; the second and the fifth are the ColorChecker's.
    const SKINS: [[u8; 3]; 6] = [
        [60, 40, 32],
        [115, 82, 68],
        [150, 105, 80],
        [170, 125, 100],
        [194, 150, 130],
        [235, 205, 185],
    ];

    fn plain(rgb: [u8; 3]) -> RgbImage {
        RgbImage::from_pixel(CROP_SIDE, CROP_SIDE, Rgb(rgb))
    }

    #[test]
    fn a_face_of_one_colour_has_the_angle_of_that_colour() {
        for rgb in SKINS {
            let lab = cielab::from_srgb(rgb);
            let tone = of_crop(&plain(rgb)).unwrap();
            assert_eq!((tone.lightness, tone.b_star, tone.pixels), (lab.l, lab.b, 414));
            let expected = ((lab.l - 50.0) / lab.b).atan().to_degrees();
            assert!((tone.ita - expected).abs() < 1e-3, "{rgb:?}: {tone:?}");
        }
    }

    /// Worked by hand from the published L* and b* of the ColorChecker's patches:
    /// atan(−12.014 / 14.059) = −40.5° and atan(15.711 / 17.806) = 41.4°.
    #[test]
    fn the_colour_checkers_skins_have_their_angles() {
        let dark = of_crop(&plain([115, 82, 68])).unwrap().ita;
        let light = of_crop(&plain([194, 150, 130])).unwrap().ita;
        assert!((dark + 40.5).abs() < 2.0, "{dark}");
        assert!((light - 41.4).abs() < 2.0, "{light}");
    }

    #[test]
    fn highlights_and_shadows_on_a_tenth_change_it_by_less_than_a_degree() {
        for rgb in SKINS {
            // Skin with some texture, of a period that divides no side.
            let textured = |x: u32, y: u32| {
                let grain = (x * 7 + y * 13) % 5;
                rgb.map(|channel| channel + grain as u8)
            };
            let clean = RgbImage::from_fn(CROP_SIDE, CROP_SIDE, |x, y| Rgb(textured(x, y)));
            let before = of_crop(&clean).unwrap().ita;
            for spoilt in [[255; 3], [12, 8, 6]] {
                let image = RgbImage::from_fn(CROP_SIDE, CROP_SIDE, |x, y| {
                    Rgb(if (x + 3 * y) % 10 == 0 { spoilt } else { textured(x, y) })
                });
                let after = of_crop(&image).unwrap().ita;
                assert!((after - before).abs() < 1.0, "{rgb:?}, {spoilt:?}: {before} → {after}");
            }
        }
    }

    #[test]
    fn a_darker_picture_has_a_lower_angle() {
        for rgb in SKINS {
            let angles: Vec<f32> = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5]
                .map(|factor: f32| rgb.map(|channel| (f32::from(channel) * factor).round() as u8))
                .map(|darker| of_crop(&plain(darker)).unwrap().ita)
                .to_vec();
            assert!(angles.is_sorted_by(|brighter, darker| brighter > darker), "{angles:?}");
        }
    }

    #[test]
    fn a_face_that_is_cut_or_colourless_has_none() {
        let cut = |from: u32| {
            RgbImage::from_fn(CROP_SIDE, CROP_SIDE, |x, _| {
                Rgb(if x < from { [0; 3] } else { SKINS[4] })
            })
        };
        let whole = of_crop(&plain(SKINS[4])).unwrap();
        // One cheek is outside: the rest suffices, and black does not count.
        let one_cheek = of_crop(&cut(45)).unwrap();
        assert_eq!(one_cheek, SkinTone { pixels: 276, ..whole });
        assert_eq!(of_crop(&cut(60)), None);
        assert_eq!(of_crop(&plain([0; 3])), None);
        assert_eq!(of_crop(&plain([150; 3])), None);
    }

    #[test]
    fn patches_lie_in_the_crop_and_mirror_each_other() {
        let [right, left, forehead] = centres();
        let middle = (CANONICAL[0].x + CANONICAL[1].x) / 2.0;
        assert!((right.x + left.x - 2.0 * middle).abs() < 1.0, "{right:?} {left:?}");
        assert!((forehead.x - middle).abs() < 1e-3);
        for p in [right, left, forehead] {
            let inside = HALF_SIDE + 1.0..CROP_SIDE as f32 - HALF_SIDE - 1.0;
            assert!(inside.contains(&p.x) && inside.contains(&p.y), "{p:?}");
        }
    }

    #[test]
    fn bands_have_stated_borders_and_sort() {
        let cases = [
            (90.0, "ITA 1 above 55"),
            (55.1, "ITA 1 above 55"),
            (55.0, "ITA 2 41 to 55"),
            (41.0, "ITA 3 28 to 41"),
            (28.0, "ITA 4 10 to 28"),
            (10.0, "ITA 5 -30 to 10"),
            (-30.0, "ITA 5 -30 to 10"),
            (-30.1, "ITA 6 below -30"),
        ];
        for (ita, band) in cases {
            assert_eq!(ita_band(ita), band, "{ita}");
        }
        assert!(cases.is_sorted_by_key(|(_, band)| band));
    }
}
