//! Looking again: the photo turned by quarters, where the face looks unusual or there is none; the
//! face by itself, where it leans or looks unusual (see `level`); and with more light, where there
//! still is no face or where it has too much noise.
//!
//! Passes with amplified noise find faces that are there, and occasionally one that is not. A face
//! in the dark therefore counts only where several passes agree on its place.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use image::RgbImage;
use image::imageops::{flip_horizontal, rotate90, rotate180, rotate270};

use super::detection::Detection;
use super::detections::{Attempt, Detections};
use super::face_detector::FaceDetector;
use super::face_order;
use super::level::{self, Leveller, ODD};
use super::scale::{self, Step};
use crate::Result;
use crate::geometry::{BoundingBox, Landmarks5, Point};
use crate::sample::{Sample, noise_to_signal, relit};

/// A turned pass must be surer than the upright one by the first, and at least as sure as the
/// second. Of the four orientations of each of 200 LFW photos, upright is always the surest.
const SURER: f32 = 0.03;
const SURE: f32 = 0.75;
/// Least confidence of a possible face that leans; it counts if it is sure once upright.
const FAINT: f32 = 0.3;
/// A face of fewer pixels than this in the plain pass is cut out of the decoded photo.
const SMALL: f32 = 72.0;
/// Quarter turns, clockwise.
const TURNS: [u8; 3] = [1, 3, 2];

/// What passes in the dark need to find a face.
struct Judge {
    /// Least confidence of a pass that takes part.
    faint: f32,
    /// Least confidence of the surest pass.
    seen: f32,
    /// Least mean confidence over all passes, counting those that find nothing as 0.
    agreed: f32,
}

/// The first detector alone: of 600 dark and bright textures one gets a mean of 0.41, none more.
const FIRST: Judge = Judge { faint: 0.3, seen: 0.5, agreed: 0.42 };
/// The second one: of 600 textures and 1,150 parts of photos without a face, dark and bright, one
/// (of a cat) gets 0.24 and no other more than 0.09.
const SECOND: Judge = Judge { faint: 0.2, seen: 0.35, agreed: 0.15 };
/// Least confidence of a pass whose landmarks count.
const CLEAR: f32 = 0.3;
/// Intersection over union from which two passes' boxes are of the same face; and from which a box
/// is a face that was already counted.
const SAME_PLACE: f32 = 0.5;
const SAME_FACE: f32 = 0.3;
/// Fewest passes for a meaningful average, where time ran out.
const FEWEST: usize = 3;

/// A pass in linear light: standard deviation of the smoothing, in pixels of the plain pass, and
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

impl FaceDetector {
    /// Tries again with a photo in which no face was found, or in which the face looks unusual:
    /// turned by quarters, and where there is still no face, with other brightness, with both
    /// networks. A face found with other brightness counts only where enough passes agree on it. To
    /// improve its landmarks, a face that leans, or that the detector is unsure of, is examined by
    /// itself, turned until it is upright; and one with too much noise, with other brightness.
    ///
    /// After `limit` nothing new is tried. The answer then depends on how fast the machine is;
    /// without a limit, only on the photo.
    ///
    /// # Errors
    ///
    /// A network fails.
    pub fn look_again(
        &self,
        sample: &Sample,
        found: &mut Detections,
        limit: Option<Duration>,
    ) -> Result<()> {
        SecondLook::of(self, sample, found, limit)?.run()
    }
}

/// One photo that is examined again.
struct SecondLook<'a> {
    detector: &'a FaceDetector,
    sample: &'a Sample,
    found: &'a mut Detections,
    /// What the plain pass saw.
    plain: Cow<'a, RgbImage>,
    deadline: Option<Instant>,
}

impl<'a> SecondLook<'a> {
    fn of(
        detector: &'a FaceDetector,
        sample: &'a Sample,
        found: &'a mut Detections,
        limit: Option<Duration>,
    ) -> Result<Self> {
        let plain = Step::Plain.image(sample)?;
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        Ok(SecondLook { detector, sample, found, plain, deadline })
    }

    fn run(mut self) -> Result<()> {
        let turns = self.turned()?;
        let levelled = self.level(turns)?;
        let found_already = !self.found.faces.is_empty();
        if !found_already {
            let faces = self.lit()?;
            self.take(faces, Step::Light(LIGHTS.len() as u8));
            if let Some(face) = self.found.faces.first() {
                let (looks, seen, _) = self.around(face);
                self.found.negative = looks.is_negative(&seen, None, SURE)?;
            }
        }
        let pixels = self.sample.pixels();
        let rate = pixels.width() as f32 / self.sample.full_width() as f32;
        self.found.noise = self
            .found
            .faces
            .first()
            .map(|face| noise_to_signal(pixels, face.bounding_box.scaled(rate, rate).pixels()));
        let drowned = self.found.drowning_noise().is_some();
        // Passes in other light see faces at their original orientation.
        if found_already && drowned && !levelled { self.clarify() } else { Ok(()) }
    }

    /// Examines the first face by itself, for its landmarks and its proportions, unless it is
    /// upright and the detector is sure of it. Where there is no face, examines the surest of the
    /// faint ones, which counts only if it is sure once upright. Returns whether landmarks were
    /// taken from there.
    fn level(&mut self, turns: u8) -> Result<bool> {
        let faint = if self.found.faces.is_empty() { self.faint()? } else { None };
        let first = faint.as_ref().or(self.found.faces.first()).cloned();
        let Some(face) = first.filter(|_| !self.late()) else { return Ok(false) };
        let (leveller, seen, to_full_size) = self.around(&face);
        let level = match turns == 0 && faint.is_none() && level::is_upright(&seen) {
            true => None,
            false => leveller.level(&seen, -90.0 * f32::from(turns))?,
        };
        let level = level.filter(|level| faint.is_none() || level.score >= SURE);
        let (mut stretch, mut negative) = (None, false);
        if level.is_some() || faint.is_none() {
            stretch = leveller.stretch(&seen, level.as_ref())?;
            let score = level.as_ref().map_or(seen.score, |level| level.score);
            negative = score < ODD && leveller.is_negative(&seen, level.as_ref(), SURE)?;
        }
        (self.found.stretch, self.found.negative) = (stretch, negative);
        let Some(level) = level else { return Ok(false) };
        let step = Step::Levelled;
        self.found.attempts.push(Attempt { step, found: true, input: [level::SIDE; 2] });
        let landmarks = level.landmarks.scaled(to_full_size.0, to_full_size.1);
        if let Some(face) = faint {
            self.found.faces = vec![Detection { landmarks, score: level.score, ..face }];
            self.found.by = Some(step);
        } else if let Some(first) = self.found.faces.first_mut() {
            first.landmarks = landmarks;
        }
        Ok(true)
    }

    /// The leveller for one face, the face in pixels of the leveller's image, and how many pixels
    /// of the full-size image one of those is. A face that is small in the plain pass is cut out of
    /// the decoded photo.
    fn around(&self, face: &Detection) -> (Leveller<'_>, Detection, (f32, f32)) {
        let (width, height) = (self.sample.full_width() as f32, self.sample.full_height() as f32);
        let (sample, plain) = (self.sample.pixels(), &*self.plain);
        let small = face.bounding_box.height() * plain.height() as f32 / height < SMALL;
        let image = if small && sample.width() > plain.width() { sample } else { plain };
        let factors = (width / image.width() as f32, height / image.height() as f32);
        let settings = self.detector.settings;
        let leveller = Leveller {
            network: &self.detector.first,
            image,
            min_score: settings.min_score,
            max_overlap: settings.max_overlap,
            deadline: self.deadline,
        };
        (leveller, face.scaled(1.0 / factors.0, 1.0 / factors.1), factors)
    }

    /// The surest of what faintly resembles a face, upright or turned by a quarter, in pixels of
    /// the full-size image.
    fn faint(&mut self) -> Result<Option<Detection>> {
        let overlap = self.detector.settings.max_overlap;
        let size = self.plain.dimensions();
        let mut best: Option<Detection> = None;
        for turns in [0].into_iter().chain(TURNS) {
            if self.late() {
                break;
            }
            let image = turned(&self.plain, turns);
            for face in self.detector.first.look(&image, FAINT, overlap)? {
                if best.as_ref().is_none_or(|best| face.score > best.score) {
                    best = Some(if turns == 0 { face } else { turned_back(&face, turns, size) });
                }
            }
        }
        let (factor_x, factor_y) = self.to_full_size();
        Ok(best.map(|face| face.scaled(factor_x, factor_y)))
    }

    /// Takes the landmarks of faces that were found from passes in which they are clearer.
    fn clarify(&mut self) -> Result<()> {
        let clear = self.lit()?;
        let factors = self.to_full_size();
        let clear: Vec<Detection> = clear.iter().map(|f| f.scaled(factors.0, factors.1)).collect();
        for face in &mut self.found.faces {
            if let Some(same) = clear.iter().find(|other| overlap(face, other) >= SAME_PLACE) {
                face.landmarks = same.landmarks;
            }
        }
        Ok(())
    }

    /// Whether the time is up; the record then says so, once.
    fn late(&mut self) -> bool {
        let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let attempts = &mut self.found.attempts;
        if late && attempts.last().is_none_or(|last| last.step != Step::TimeLimit) {
            attempts.push(Attempt { step: Step::TimeLimit, found: false, input: [0, 0] });
        }
        late
    }

    /// Searches the photo turned by quarters, unless the upright pass is already sure of its face,
    /// and takes the faces of the surest pass. Returns the quarter turns, clockwise, of that pass.
    fn turned(&mut self) -> Result<u8> {
        let upright = surest(&self.found.faces);
        if upright >= ODD {
            return Ok(0);
        }
        let settings = self.detector.settings;
        let mut best = (upright + SURER).max(SURE);
        let mut taken = None;
        let before = self.found.attempts.len();
        for turns in TURNS {
            if self.late() {
                break;
            }
            let image = turned(&self.plain, turns);
            let seen =
                self.detector.first.look(&image, settings.min_score, settings.max_overlap)?;
            let surer = surest(&seen) > best;
            let step = Step::Turned(turns);
            self.found.attempts.push(attempt(step, surer, &image));
            if surer {
                best = surest(&seen);
                let size = self.plain.dimensions();
                let faces = seen.iter().map(|f| turned_back(f, turns, size)).collect();
                taken = Some((faces, turns));
            }
        }
        let Some((faces, turns)) = taken else {
            // Passes that confirm the upright one add nothing.
            if upright > 0.0 {
                self.found.attempts.truncate(before);
            }
            return Ok(0);
        };
        self.take(faces, Step::Turned(turns));
        Ok(turns)
    }

    /// Searches in other light, for faces on whose places enough passes agree, in pixels of the
    /// plain pass. The second detector decides where there is one, since it hardly ever sees faces
    /// in noise; the first one then helps to place eyes, nose and mouth.
    fn lit(&mut self) -> Result<Vec<Detection>> {
        let whole = [0, 0, self.plain.width(), self.plain.height()];
        let overlap = self.detector.settings.max_overlap;
        let (mut by_first, mut by_second) = (Vec::new(), Vec::new());
        for (number, Light(sigma, level, view)) in LIGHTS.iter().enumerate() {
            if self.late() {
                break;
            }
            let lit = relit(&self.plain, *sigma, *level, whole);
            let width = lit.width() as f32;
            let image = match view {
                View::Same => lit,
                View::Mirrored => flip_horizontal(&lit),
                View::Half => {
                    let half = |side: u32| (side / 2).max(1);
                    scale::resize(&lit, half(lit.width()), half(lit.height()))?
                }
            };
            let back = |face: &Detection| match view {
                View::Same => face.clone(),
                View::Mirrored => mirrored_back(face, width),
                View::Half => {
                    let factor = width / image.width() as f32;
                    face.scaled(factor, factor)
                }
            };
            let upright = |seen: Vec<Detection>| seen.iter().map(back).collect::<Vec<_>>();
            by_first.push(upright(self.detector.first.look(&image, FIRST.faint, overlap)?));
            if let Some(second) = &self.detector.second {
                by_second.push(upright(second.look(&image, SECOND.faint, overlap)?));
            }
            let sure = [&by_first, &by_second].into_iter().filter_map(|looks| looks.last());
            let sure = sure.map(|seen| surest(seen)).fold(0.0, f32::max);
            let step = Step::Light(number as u8 + 1);
            let found = sure >= self.detector.settings.min_score;
            self.found.attempts.push(attempt(step, found, &image));
        }
        let faces = match self.detector.second {
            Some(_) => agreed(&by_second, &by_first, &SECOND),
            None => agreed(&by_first, &[], &FIRST),
        };
        // The attempt of the last pass carries the result of them all.
        let is_light = |attempt: &&mut Attempt| matches!(attempt.step, Step::Light(_));
        if let Some(last) = self.found.attempts.iter_mut().rev().find(is_light) {
            last.found = !faces.is_empty();
        }
        Ok(faces)
    }

    fn take(&mut self, faces: Vec<Detection>, step: Step) {
        let (factor_x, factor_y) = self.to_full_size();
        let faces: Vec<_> = faces.iter().map(|face| face.scaled(factor_x, factor_y)).collect();
        self.found.by = (!faces.is_empty()).then_some(step);
        self.found.faces = face_order::order(faces, self.sample);
    }

    /// Pixels of the full-size image per pixel of the plain pass, across and down.
    fn to_full_size(&self) -> (f32, f32) {
        (
            self.sample.full_width() as f32 / self.plain.width() as f32,
            self.sample.full_height() as f32 / self.plain.height() as f32,
        )
    }
}

/// The image turned clockwise by this many quarters.
fn turned(image: &RgbImage, turns: u8) -> Cow<'_, RgbImage> {
    match turns {
        0 => Cow::Borrowed(image),
        1 => Cow::Owned(rotate90(image)),
        2 => Cow::Owned(rotate180(image)),
        _ => Cow::Owned(rotate270(image)),
    }
}

fn attempt(step: Step, found: bool, image: &RgbImage) -> Attempt {
    Attempt { step, found, input: [image.width(), image.height()] }
}

fn surest(faces: &[Detection]) -> f32 {
    faces.iter().map(|face| face.score).fold(0.0, f32::max)
}

fn overlap(a: &Detection, b: &Detection) -> f32 {
    a.bounding_box.intersection_over_union(&b.bounding_box)
}

/// The faces on whose places the passes agree. Each one's confidence is their mean; its landmarks
/// are the mean of all that see it clearly, helpers included.
fn agreed(looks: &[Vec<Detection>], helpers: &[Vec<Detection>], judge: &Judge) -> Vec<Detection> {
    if looks.len() < FEWEST {
        return Vec::new();
    }
    let mut looks = looks.to_vec();
    let mut faces = Vec::new();
    while let Some((score, face)) = most_agreed(&looks, judge) {
        let seen = witnesses(&looks, &face).chain(witnesses(helpers, &face));
        let clear: Vec<&Detection> = seen.filter(|other| other.score >= CLEAR).collect();
        let landmarks = match clear.len() {
            0 => face.landmarks,
            n => mean_landmarks(&clear, n as f32),
        };
        for seen in &mut looks {
            seen.retain(|other| overlap(&face, other) < SAME_FACE);
        }
        faces.push(Detection { bounding_box: face.bounding_box, landmarks, score });
    }
    faces
}

/// The detection on whose place the passes are surest of a face, with their mean confidence.
fn most_agreed(looks: &[Vec<Detection>], judge: &Judge) -> Option<(f32, Detection)> {
    let mut best: Option<(f32, &Detection)> = None;
    for face in looks.iter().flatten().filter(|face| face.score >= judge.seen) {
        let sum: f32 = witnesses(looks, face).map(|other| other.score).sum();
        let score = sum / looks.len() as f32;
        if score >= judge.agreed && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, face));
        }
    }
    best.map(|(score, face)| (score, face.clone()))
}

/// The surest face of each pass in this place.
fn witnesses<'a>(
    looks: &'a [Vec<Detection>],
    face: &Detection,
) -> impl Iterator<Item = &'a Detection> {
    looks.iter().filter_map(move |seen| {
        let there = seen.iter().filter(|other| overlap(face, other) >= SAME_PLACE);
        there.max_by(|a, b| a.score.total_cmp(&b.score))
    })
}

fn mean_landmarks(faces: &[&Detection], n: f32) -> Landmarks5 {
    Landmarks5(std::array::from_fn(|place| {
        let sum = faces.iter().fold((0.0, 0.0), |(x, y), other| {
            let point = other.landmarks.points()[place];
            (x + point.x, y + point.y)
        });
        Point::new(sum.0 / n, sum.1 / n)
    }))
}

/// Where a face lies in an image, if it was found in the mirror image. The subject's right is the
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

    fn looks(scores: &[f32]) -> Vec<Vec<Detection>> {
        scores.iter().map(|&score| vec![face(20.0, 10.0, score)]).collect()
    }

    #[test]
    fn a_face_counts_where_most_looks_agree() {
        let found = agreed(&looks(&[0.7, 0.6, 0.5, 0.4]), &[], &FIRST);
        assert_eq!(found.len(), 1);
        assert!((found[0].score - 0.55).abs() < 1e-6);
        // One sure pass alone; and all together, but none sure.
        let mut alone = looks(&[0.9, 0.9, 0.9, 0.9]);
        for (place, look) in alone.iter_mut().enumerate() {
            *look = vec![face(200.0 * place as f32, 10.0, 0.9)];
        }
        assert!(agreed(&alone, &[], &FIRST).is_empty());
        assert!(agreed(&looks(&[0.49, 0.49, 0.49, 0.49]), &[], &FIRST).is_empty());
        assert!(agreed(&looks(&[0.9, 0.9]), &[], &FIRST).is_empty(), "too few looks");
        assert!(agreed(&[], &[], &FIRST).is_empty());
    }

    #[test]
    fn every_face_that_looks_agree_on_is_found_once() {
        let mut two = looks(&[0.9, 0.8, 0.9, 0.8]);
        for look in &mut two {
            look.push(face(22.0, 11.0, 0.7));
            look.push(face(120.0, 10.0, 0.6));
        }
        let found = agreed(&two, &[], &FIRST);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].bounding_box.x() > 100.0);
    }

    #[test]
    fn helpers_move_landmarks_and_never_find_a_face() {
        let elsewhere = vec![vec![face(24.0, 10.0, 0.9)]; 4];
        assert!(agreed(&looks(&[0.1; 4]), &elsewhere, &SECOND).is_empty());
        let found = agreed(&looks(&[0.5; 4]), &elsewhere, &SECOND);
        let eye = found[0].landmarks.points()[0];
        assert!((eye.x - 32.0).abs() < 1e-4, "half-way between 30 and 34: {eye:?}");
        assert_eq!(found[0].bounding_box.x(), 20.0);
    }
}
