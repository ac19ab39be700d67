//! Photos that show less of a face than they should (hidden, squashed, cut, turned into a
//! negative), and those that only seem to have little light. Needs the models and the data set;
//! without them it skips and says so.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use evenmatch::{Point, Probe, Verifier};
use evenmatch_core::record::{DecisionRecord, Outcome, Reason, ReasonCode};
use evenmatch_testfaces::{as_shipped, mated_pairs};
use image::imageops::{FilterType, resize};
use image::{Rgb, RgbImage};
use imageproc::drawing::draw_polygon_mut;

/// Where the eyes, nose and mouth of a photo are.
fn landmarks(verifier: &Verifier, photo: &RgbImage) -> Option<[Point; 5]> {
    let found = verifier.inspect::<Probe>(photo).unwrap().detections;
    found.faces.first().map(|face| *face.landmarks().points())
}

/// A point of the face: this many inter-eye distances towards the right of the image and below the
/// middle of the eyes.
fn place([right, left, ..]: &[Point; 5], across: f32, down: f32) -> (f32, f32) {
    let (dx, dy) = (left.x - right.x, left.y - right.y);
    let (x, y) = ((left.x + right.x) / 2.0, (left.y + right.y) / 2.0);
    (x + across * dx - down * dy, y + across * dy + down * dx)
}

/// The photo with a part of the face painted over: corners in inter-eye distances.
fn painted(
    photo: &RgbImage,
    face: &[Point; 5],
    corners: &[(f32, f32)],
    colour: [u8; 3],
) -> RgbImage {
    let corners: Vec<_> = corners
        .iter()
        .map(|(across, down)| {
            let (x, y) = place(face, *across, *down);
            imageproc::point::Point::new(x as i32, y as i32)
        })
        .collect();
    let mut photo = photo.clone();
    draw_polygon_mut(&mut photo, &corners, Rgb(colour));
    photo
}

const MASK: [(f32, f32); 8] = [
    (-0.95, 0.42),
    (0.0, 0.25),
    (0.95, 0.42),
    (0.9, 1.1),
    (0.5, 1.5),
    (0.0, 1.65),
    (-0.5, 1.5),
    (-0.9, 1.1),
];
const VEIL: [(f32, f32); 4] = [(-2.0, 0.28), (2.0, 0.28), (2.0, 4.0), (-2.0, 4.0)];
const HOOD: [(f32, f32); 4] = [(-2.0, -3.0), (2.0, -3.0), (2.0, -0.25), (-2.0, -0.25)];
const CLOTHS: [(&str, [u8; 3]); 6] = [
    ("black", [20, 20, 22]),
    ("grey", [128, 128, 128]),
    ("white", [235, 235, 235]),
    ("blue", [120, 160, 210]),
    ("navy", [30, 40, 80]),
    ("red", [170, 40, 40]),
];

fn tells(reasons: &[Reason], code: ReasonCode) -> bool {
    reasons.iter().any(|reason| reason.code == code)
}

/// A change to a photo; `None` if it is not possible.
type Change<'a> = &'a dyn Fn(&RgbImage) -> Option<RgbImage>;

/// Whether this is a refusal by the score alone, without any other reason.
fn is_silent(record: &DecisionRecord) -> bool {
    record.outcome == Outcome::NonMatch
}

#[test]
fn a_mask_of_any_colour_is_told_and_nobody_without_one_is_told_of_it() {
    let Some(pairs) = mated_pairs(24) else { return };
    let Some(verifier) = as_shipped("") else { return };
    let hidden = |photo: &RgbImage| {
        let found = verifier.acquire::<Probe>(photo).unwrap();
        found.template.is_none() || tells(&found.reasons, ReasonCode::FaceHidden)
    };
    let (mut told, mut all) = (0, 0);
    for (number, [photo, _]) in pairs.iter().enumerate() {
        let face = landmarks(&verifier, photo).unwrap();
        for (cloth, colour) in CLOTHS.iter().skip(number % 2).step_by(2) {
            let seen = hidden(&painted(photo, &face, &MASK, *colour));
            println!("{number} {cloth}: {seen}");
            told += u32::from(seen);
            all += 1;
        }
        // Without colours there is still no mouth.
        let grey = image::DynamicImage::ImageRgb8(photo.clone()).into_luma8();
        let grey = image::DynamicImage::ImageLuma8(grey).into_rgb8();
        told += u32::from(hidden(&painted(&grey, &face, &MASK, [150; 3])));
        all += 1;
    }
    let uncovered = pairs.iter().flatten().filter(|photo| hidden(photo)).count();
    println!(
        "advice on {told} of {all} masks, and on {uncovered} of {} uncovered faces",
        2 * pairs.len()
    );
    assert!(told * 10 >= all * 9, "{told} of {all}");
    assert!(uncovered <= 1, "{uncovered}");
}

/// Mated pairs whose probe is changed: how many are compared and not matched without a reason, and
/// how many of all match.
fn outcomes(
    verifier: &Verifier,
    pairs: &[[RgbImage; 2]],
    change: impl Fn(&RgbImage) -> Option<RgbImage>,
) -> (usize, usize, usize) {
    let (mut silent, mut matched, mut all) = (0, 0, 0);
    for [reference, probe] in pairs {
        let Some(probe) = change(probe) else { continue };
        let record = verifier.verify(reference, &probe).unwrap();
        all += 1;
        silent += usize::from(is_silent(&record));
        matched += usize::from(record.outcome == Outcome::Match);
    }
    (silent, matched, all)
}

#[test]
fn who_shows_too_little_of_the_face_is_not_refused_without_a_word() {
    let Some(pairs) = mated_pairs(24) else { return };
    let Some(verifier) = as_shipped("") else { return };
    let veiled = |photo: &RgbImage| {
        let face = landmarks(&verifier, photo)?;
        let veiled = painted(photo, &face, &VEIL, [24, 22, 26]);
        Some(painted(&veiled, &face, &HOOD, [24, 22, 26]))
    };
    let squashed = |photo: &RgbImage| {
        Some(resize(photo, photo.width(), photo.height() / 2, FilterType::Triangle))
    };
    let negative = |photo: &RgbImage| {
        let mut photo = photo.clone();
        image::imageops::invert(&mut photo);
        Some(photo)
    };
    let facsimile = |photo: &RgbImage| {
        let grey = image::DynamicImage::ImageRgb8(photo.clone()).into_luma8();
        let mut levels: Vec<u8> = grey.as_raw().clone();
        levels.sort_unstable();
        let middle = levels[levels.len() / 2];
        Some(RgbImage::from_fn(photo.width(), photo.height(), |x, y| {
            Rgb([if grey.get_pixel(x, y).0[0] > middle { 255 } else { 0 }; 3])
        }))
    };
    let kinds: [(&str, Change<'_>); 4] = [
        ("veil", &veiled),
        ("half the height", &squashed),
        ("negative", &negative),
        ("facsimile", &facsimile),
    ];
    for (kind, change) in kinds {
        let (silent, matched, all) = outcomes(&verifier, &pairs, change);
        println!("{kind}: {silent} of {all} refused without a reason, {matched} matched");
        assert!(silent * 8 <= all, "{kind}: {silent} of {all}");
    }
    let (silent, matched, all) = outcomes(&verifier, &pairs, |photo| Some(photo.clone()));
    println!("as they are: {silent} of {all} refused, {matched} matched");
    assert!(matched + 2 >= all, "{matched} of {all}");
}

#[test]
fn a_mouth_outside_the_picture_is_no_reason_to_turn_a_person_away() {
    let Some(pairs) = mated_pairs(24) else { return };
    let Some(verifier) = as_shipped("") else { return };
    // The lower edge is a quarter of the inter-eye distance above the mouth's corners.
    let cut = |photo: &RgbImage| {
        let face = landmarks(&verifier, photo)?;
        let mouth = face[3].y.max(face[4].y);
        let rows = (mouth - 0.25 * (face[1].x - face[0].x)).max(60.0) as u32;
        Some(image::imageops::crop_imm(photo, 0, 0, photo.width(), rows).to_image())
    };
    let mut outside = 0;
    for [_, probe] in &pairs {
        let found = verifier.acquire::<Probe>(&cut(probe).unwrap()).unwrap();
        let told = tells(&found.reasons, ReasonCode::LandmarksOutsideImage);
        outside += usize::from(told && found.template.is_some());
    }
    let (silent, matched, all) = outcomes(&verifier, &pairs, cut);
    println!("{outside} landmarks outside; {silent} of {all} refused silently, {matched} matched");
    assert!(outside * 2 > all, "{outside} of {all}: the edge cuts where it should");
    assert!(matched * 4 >= all * 3 && silent * 8 <= all, "{matched} and {silent} of {all}");
}

#[test]
fn small_faces_patterns_and_bright_light_are_not_told_to_be_in_little_light() {
    let Some(pairs) = mated_pairs(12) else { return };
    let Some(verifier) = as_shipped("") else { return };
    let told = |photo: &RgbImage| {
        tells(&verifier.acquire::<Probe>(photo).unwrap().reasons, ReasonCode::FaceInLittleLight)
    };
    let (mut alarms, mut all, mut dark) = (0, 0, 0);
    for (number, [photo, _]) in pairs.iter().enumerate() {
        let side = photo.width();
        // A face of about a hundred pixels in a photo of 12 megapixels.
        let mut large = RgbImage::from_fn(4000, 3000, |x, y| {
            Rgb([140, 150, 160].map(|c: u8| c.wrapping_add(((x / 97 + y / 61) % 24) as u8)))
        });
        image::imageops::replace(&mut large, photo, 1700, 1300);
        let small = resize(photo, side * 6 / 25, side * 6 / 25, FilterType::Triangle);
        let print = RgbImage::from_fn(3 * side, 3 * side, |x, y| {
            let (u, v) = ((x + y) as f32 * 1.257, (x as f32 - y as f32) * 1.257);
            let screen = 127.0 + 60.0 * (u.sin() + v.sin());
            let value = photo.get_pixel(x / 3, y / 3).0;
            Rgb(value.map(|c| if f32::from(c) > screen { 240 } else { 20 }))
        });
        for (what, picture) in [("12 MP", large), ("60 px", small), ("print", print)] {
            let alarm = told(&picture);
            println!("{number} {what}: {alarm}");
            alarms += usize::from(alarm);
            all += 1;
        }
        let under_exposed = evenmatch_lab::degrade::Degradation::new(
            evenmatch_lab::degrade::DegradationKind::UnderExposure,
            1.0 / 16.0,
        );
        let darkened =
            evenmatch_lab::degrade::degrade(photo, under_exposed.unwrap(), number as u64).unwrap();
        dark += usize::from(told(&darkened));
    }
    println!("{alarms} false alarms of {all}; advice on {dark} of {} dark ones", pairs.len());
    assert!(alarms * 18 <= all, "{alarms} of {all}");
    assert!(dark * 4 >= pairs.len() * 3, "{dark} of {}", pairs.len());
}
