//! Looking again: turned, where a face looks odd or there is none, and with more light, where
//! there still is none.
//!
//! A look at more noise finds faces that are there, and now and then one that is not. A face in
//! the dark therefore counts only where most looks agree on its place.

use image::RgbImage;
use image::imageops::{flip_horizontal, rotate90, rotate180, rotate270};

use super::scale::{self, Step};
use super::{Attempt, Detection, Detections, FaceDetector};
use crate::Result;
use crate::geometry::{BoundingBox, Landmarks5, Point};
use crate::sample::{Sample, relit};

/// Below this confidence a photo is also looked at turned. Of 200 LFW photos the upright ones
/// have .90 and more, those turned by a half .90 at most, and by a quarter .88.
const ODD: f32 = 0.905;
/// A turned look must be surer than the upright one by this, and as sure as this. Upright is the
/// surest of the four in each of those 800 looks.
const SURER: f32 = 0.03;
const SURE: f32 = 0.75;
/// Quarter turns, clockwise.
const TURNS: [u8; 3] = [1, 3, 2];

/// Least confidence of any one look in the dark that takes part.
const FAINT: f32 = 0.3;
/// Least confidence of the surest one.
const SEEN: f32 = 0.5;
/// Least mean confidence over all looks, those that see nothing counting as 0. Of 600 dark and
/// bright textures one gets .41, none more.
const AGREED: f32 = 0.42;
/// Intersection over union of two looks' boxes of the same face.
const SAME_PLACE: f32 = 0.5;

/// A look in linear light: standard deviation of the smoothing, in pixels of the plain look, and
/// mean light afterwards; then mirrored, or at half the size.
struct Light(f32, f32, View);

enum View {
    Same,
    Mirrored,
    Half,
}

/// Chosen on FairFace at 1/32 and 1/64 of its light, with shot and read noise.
const LIGHTS: [Light; 8] = [
    Light(3.0, 0.18, View::Same),
    Light(2.2, 0.08, View::Same),
    Light(4.5, 0.18, View::Same),
    Light(1.5, 0.08, View::Same),
    Light(6.0, 0.18, View::Same),
    Light(3.0, 0.18, View::Mirrored),
    Light(2.2, 0.08, View::Mirrored),
    Light(2.5, 0.15, View::Half),
];

/// Looks at the photo turned by quarters, unless the upright look is sure of its face already, and
/// takes the faces of the surest one.
pub(super) fn turned(
    detector: &FaceDetector,
    sample: &Sample,
    found: &mut Detections,
) -> Result<()> {
    let upright = surest(&found.faces);
    if upright >= ODD {
        return Ok(());
    }
    let plain = Step::Plain.image(sample)?;
    let mut best = (upright + SURER).max(SURE);
    let mut faces = None;
    let before = found.attempts.len();
    for turns in TURNS {
        let image = match turns {
            1 => rotate90(&*plain),
            2 => rotate180(&*plain),
            _ => rotate270(&*plain),
        };
        let seen = detector.look(&image, detector.settings.min_score)?;
        let step = Step::Turned(turns);
        let surer = surest(&seen) > best;
        found.attempts.push(attempt(step, surer, &image));
        if surer {
            best = surest(&seen);
            faces = Some(seen.iter().map(|f| turned_back(f, turns, plain.dimensions())).collect());
        }
    }
    match faces {
        Some(faces) => {
            // The look that was taken stands last.
            let winner = |attempt: &Attempt| attempt.found;
            if let Some(place) = found.attempts[before..].iter().rposition(winner) {
                found.attempts[before + place..].rotate_left(1);
            }
            take(found, faces, &plain, sample);
        }
        // Looks that confirm the upright one tell nothing more.
        None if upright > 0.0 => found.attempts.truncate(before),
        None => {}
    }
    Ok(())
}

/// Looks in other light, and takes the face in whose place most looks see one.
pub(super) fn lit(detector: &FaceDetector, sample: &Sample, found: &mut Detections) -> Result<()> {
    let plain = Step::Plain.image(sample)?;
    let whole = [0, 0, plain.width(), plain.height()];
    let mut looks: Vec<Vec<Detection>> = Vec::with_capacity(LIGHTS.len());
    for (number, Light(sigma, level, view)) in LIGHTS.iter().enumerate() {
        let image = relit(&plain, *sigma, *level, whole);
        let width = image.width() as f32;
        let image = match view {
            View::Same => image,
            View::Mirrored => flip_horizontal(&image),
            View::Half => {
                let half = |side: u32| (side / 2).max(1);
                scale::resize(&image, half(image.width()), half(image.height()))?
            }
        };
        let seen = detector.look(&image, FAINT)?;
        let sure = surest(&seen) >= detector.settings.min_score;
        found.attempts.push(attempt(Step::Light(number as u8 + 1), sure, &image));
        let back = |face: &Detection| match view {
            View::Same => face.clone(),
            View::Mirrored => mirrored_back(face, width),
            View::Half => {
                let factor = width / image.width() as f32;
                face.scaled(factor, factor)
            }
        };
        looks.push(seen.iter().map(back).collect());
    }
    let face = agreed(&looks);
    // The last look's attempt says what came of them all.
    if let Some(last) = found.attempts.last_mut() {
        last.found = face.is_some();
    }
    take(found, face.into_iter().collect(), &plain, sample);
    Ok(())
}

fn attempt(step: Step, found: bool, image: &RgbImage) -> Attempt {
    Attempt { step, found, input: [image.width(), image.height()] }
}

fn surest(faces: &[Detection]) -> f32 {
    faces.iter().map(|face| face.score).fold(0.0, f32::max)
}

/// The face on whose place the looks agree most; its confidence is their mean, its landmarks are
/// the mean of those who see it clearly.
fn agreed(looks: &[Vec<Detection>]) -> Option<Detection> {
    let same = |a: &Detection, b: &Detection| {
        a.bounding_box.intersection_over_union(&b.bounding_box) >= SAME_PLACE
    };
    // Of each look the surest face in that place.
    let witnesses = |face: &Detection| -> Vec<Detection> {
        let of = |seen: &Vec<Detection>| {
            let there = seen.iter().filter(|other| same(face, other));
            there.max_by(|a, b| a.score.total_cmp(&b.score)).cloned()
        };
        looks.iter().filter_map(of).collect()
    };
    let mean = |seen: &[Detection]| seen.iter().map(|d| d.score).sum::<f32>() / looks.len() as f32;
    let mut best: Option<(f32, Detection, Vec<Detection>)> = None;
    for face in looks.iter().flatten().filter(|face| face.score >= SEEN) {
        let seen = witnesses(face);
        let score = mean(&seen);
        if score >= AGREED && best.as_ref().is_none_or(|(most, ..)| score > *most) {
            best = Some((score, face.clone(), seen));
        }
    }
    let (score, face, seen) = best?;
    let clear: Vec<&Detection> = seen.iter().filter(|other| other.score >= SEEN).collect();
    let n = clear.len() as f32;
    let landmarks = std::array::from_fn(|place| {
        let sum = clear.iter().fold((0.0, 0.0), |(x, y), other| {
            let point = other.landmarks.points()[place];
            (x + point.x, y + point.y)
        });
        Point::new(sum.0 / n, sum.1 / n)
    });
    Some(Detection { bounding_box: face.bounding_box, landmarks: Landmarks5(landmarks), score })
}

fn take(found: &mut Detections, faces: Vec<Detection>, plain: &RgbImage, sample: &Sample) {
    let factor_x = sample.full_width() as f32 / plain.width() as f32;
    let factor_y = sample.full_height() as f32 / plain.height() as f32;
    let faces = faces.iter().map(|face| face.scaled(factor_x, factor_y)).collect();
    found.faces = super::prominence::order(faces, sample);
}

/// Where a face lies in the image whose mirror image it was found in. The subject's right is its
/// left there.
fn mirrored_back(face: &Detection, width: f32) -> Detection {
    let area = &face.bounding_box;
    let [right_eye, left_eye, nose, right_mouth, left_mouth] =
        face.landmarks.points().map(|p| Point::new(width - p.x, p.y));
    Detection {
        bounding_box: BoundingBox::from_xywh(
            width - area.x() - area.width(),
            area.y(),
            area.width(),
            area.height(),
        ),
        landmarks: Landmarks5([left_eye, right_eye, nose, left_mouth, right_mouth]),
        score: face.score,
    }
}

/// Where a face lies in an image of this size that was turned clockwise before it was found.
fn turned_back(face: &Detection, turns: u8, (width, height): (u32, u32)) -> Detection {
    let (w, h) = (width as f32, height as f32);
    let back = |p: Point| match turns {
        1 => Point::new(p.y, h - p.x),
        2 => Point::new(w - p.x, h - p.y),
        _ => Point::new(w - p.y, p.x),
    };
    let area = &face.bounding_box;
    let one = back(Point::new(area.x(), area.y()));
    let other = back(Point::new(area.x() + area.width(), area.y() + area.height()));
    Detection {
        bounding_box: BoundingBox::from_xywh(
            one.x.min(other.x),
            one.y.min(other.y),
            (one.x - other.x).abs(),
            (one.y - other.y).abs(),
        ),
        landmarks: Landmarks5(face.landmarks.points().map(back)),
        score: face.score,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: f32, y: f32, score: f32) -> Detection {
        let point = |dx: f32, dy: f32| Point::new(x + dx, y + dy);
        Detection {
            bounding_box: BoundingBox::from_xywh(x, y, 40.0, 50.0),
            landmarks: Landmarks5([
                point(10.0, 15.0),
                point(30.0, 15.0),
                point(20.0, 25.0),
                point(12.0, 38.0),
                point(28.0, 38.0),
            ]),
            score,
        }
    }

    #[test]
    fn what_was_found_turned_or_mirrored_lies_where_it_lies() {
        // A face in an image of 100×80, seen after each turn.
        let upright = face(20.0, 10.0, 0.9);
        let map = |turns: u8, p: Point| match turns {
            1 => Point::new(80.0 - p.y, p.x),
            2 => Point::new(100.0 - p.x, 80.0 - p.y),
            _ => Point::new(p.y, 100.0 - p.x),
        };
        for turns in TURNS {
            let (one, other) =
                (map(turns, Point::new(20.0, 10.0)), map(turns, Point::new(60.0, 60.0)));
            let seen = Detection {
                bounding_box: BoundingBox::from_xywh(
                    one.x.min(other.x),
                    one.y.min(other.y),
                    (one.x - other.x).abs(),
                    (one.y - other.y).abs(),
                ),
                landmarks: Landmarks5(upright.landmarks.points().map(|p| map(turns, p))),
                score: 0.9,
            };
            assert_eq!(turned_back(&seen, turns, (100, 80)), upright, "{turns}");
        }
        assert_eq!(mirrored_back(&mirrored_back(&upright, 100.0), 100.0), upright);
        let mirrored = mirrored_back(&upright, 100.0);
        assert!(mirrored.landmarks.points()[0].x < mirrored.landmarks.points()[1].x);
    }

    #[test]
    fn a_face_counts_where_most_looks_agree() {
        let there = |scores: [f32; 4]| -> Vec<Vec<Detection>> {
            scores.iter().map(|&score| vec![face(20.0, 10.0, score)]).collect()
        };
        let found = agreed(&there([0.7, 0.6, 0.5, 0.4])).unwrap();
        assert!((found.score - 0.55).abs() < 1e-6);
        // Sure, but alone; and all together, but nobody sure.
        let mut alone = there([0.9, 0.9, 0.9, 0.9]);
        for (place, look) in alone.iter_mut().enumerate() {
            *look = vec![face(200.0 * place as f32, 10.0, 0.9)];
        }
        assert!(agreed(&alone).is_none());
        assert!(agreed(&there([0.49, 0.49, 0.49, 0.49])).is_none());
        assert!(agreed(&[]).is_none());
    }
}
