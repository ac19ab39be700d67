//! Levelling: a face that leans, or that the detector is unsure of, is detected again in a square
//! of its own, turned so that the face is upright; and one whose box does not have the shape of a
//! face is detected again stretched.
//!
//! YuNet was trained on faces that are nearly upright. It finds one that leans by 30 to 60 degrees
//! with a confidence near 0.9 and puts its landmarks where an upright face would have them: they
//! show about half of a tilt of 10 to 50 degrees, and nothing of a larger one. Turning the face
//! back by what they show, and detecting again until no tilt is left, corrects them; where they
//! show nothing, the confidence helps, since it is highest for an upright face.

use std::time::Instant;

use image::RgbImage;

use super::detection::Detection;
use super::detector_network::DetectorNetwork;
use crate::Result;
use crate::geometry::{Landmarks5, Point};
use crate::sample::cut_square;

/// Side of the square, in pixels, and in heights of the face: the face is then 84 pixels high,
/// where YuNet works best, at a quarter of the cost of a plain pass. With 75 pixels in 128, two
/// more of 300 pairs are lost at 30 degrees; with 96 in 192, none is gained.
pub(super) const SIDE: u32 = 160;
const MARGIN: f32 = 1.9;
/// A tilt of the landmarks up to which a face counts as upright, in degrees. Of unmodified LFW
/// photos 8 % lean by more, of FairFace's 30 %. With 5 degrees, three more of 300 pairs are lost at
/// 30 degrees.
const UPRIGHT: f32 = 4.0;
/// A tilt that is not worth another pass, in degrees.
const SETTLED: f32 = 2.5;
/// The tilt of a face is this many times what its landmarks show. The median is 2 at 10 degrees and
/// 1.6 at 25.
const SHORTFALL: f32 = 1.6;
/// The most passes from one start.
const ROUNDS: usize = 4;
/// Below this confidence, a turned photo is also searched, and a face is examined by itself. Of 200
/// LFW photos, the upright ones have 0.90 and more, those turned by a half 0.90 at most, and those
/// by a quarter 0.88.
pub(super) const ODD: f32 = 0.905;
/// From this confidence on, the search for another tilt has succeeded; three quarters of unmodified
/// LFW faces have more.
const SURE: f32 = 0.92;
/// Angles that are each tried once where the landmarks lead to no sure face, in degrees; the surest
/// of them is followed, unless it is less sure by [`FAR`].
const STARTS: [f32; 7] = [-45.0, 45.0, 90.0, -90.0, 180.0, 135.0, -135.0];
const FAR: f32 = 0.03;
/// A pass must be surer by this to replace the result of another start; within one start a later
/// pass may be less sure by [`ALIKE`], since its landmarks are better.
const SURER: f32 = 0.01;
const ALIKE: f32 = 0.02;
/// A levelled face may be less sure than the original detection by this: the square shows less of
/// the surroundings.
const WORTH_TAKING: f32 = 0.05;

/// A landmark that is further than this from where the first look saw it, in distances between the
/// eyes, belongs to something else.
const SAME_PLACE: f32 = 0.3;

/// Box heights, in widths, that need no further check. Of 1,598 LFW photos five lie outside, of
/// 1,288 FairFace ones 81.
const ASPECTS: std::ops::RangeInclusive<f32> = 1.08..=1.6;
/// Stretches to try on a box that lies outside: its height is multiplied by these.
const HIGHER: [f32; 3] = [1.26, 1.6, 2.0];
const LOWER: [f32; 3] = [0.79, 0.63, 0.5];
/// A face is out of proportion where a pass stretched by one of the last two is the surest, by
/// this; and a negative where a pass with light and dark exchanged is. Of unmodified photos of
/// those sets, 0 and 2 are out of proportion; of those squashed to half their height 62 % and 82 %,
/// to half their width 97 % and 97 %.
const BETTER: f32 = 0.02;
/// Least confidence of passes that are compared with one another.
const FAINT: f32 = 0.3;

/// A face as detected upright.
#[derive(Debug, Clone)]
pub(super) struct Level {
    /// In pixels of the image.
    pub(super) landmarks: Landmarks5,
    pub(super) score: f32,
    /// The tilt that its landmarks still show, in degrees.
    rest: f32,
    /// Height of its box in widths.
    aspect: f32,
    centre: Point,
    angle: f32,
}

/// Where a square lies in the image: its centre, its sides in pixels, and its rotation in degrees.
struct Square {
    centre: Point,
    width: f32,
    height: f32,
    angle: f32,
}

impl Square {
    /// Maps a position in the square to one in the image.
    fn place(&self) -> impl Fn(f32, f32) -> (f32, f32) {
        let (sine, cosine) = self.angle.to_radians().sin_cos();
        let middle = (SIDE as f32 - 1.0) / 2.0;
        let (across, down) = (self.width / SIDE as f32, self.height / SIDE as f32);
        let centre = self.centre;
        move |x, y| {
            let (u, v) = ((x - middle) * across, (y - middle) * down);
            (centre.x + u * cosine - v * sine, centre.y + u * sine + v * cosine)
        }
    }
}

/// Examines single faces of an image.
pub(super) struct Leveller<'a> {
    pub(super) network: &'a DetectorNetwork,
    pub(super) image: &'a RgbImage,
    pub(super) min_score: f32,
    pub(super) max_overlap: f32,
    pub(super) deadline: Option<Instant>,
}

/// The same angle between −180 and 180 degrees.
fn within_half_a_turn(degrees: f32) -> f32 {
    (degrees + 180.0).rem_euclid(360.0) - 180.0
}

/// Whether a face seems upright, so that it need not be detected again.
pub(super) fn is_upright(face: &Detection) -> bool {
    face.score >= ODD && face.landmarks.tilt().is_some_and(|tilt| tilt.abs() <= UPRIGHT)
}

impl Leveller<'_> {
    /// The face of a detection, in pixels of the image, as detected upright. `quarter` is the
    /// rotation that the pass which found it undid, in degrees: 0, ±90 or 180. `None` where no pass
    /// is as sure of it.
    pub(super) fn level(&self, face: &Detection, quarter: f32) -> Result<Option<Level>> {
        let Some(tilt) = face.landmarks.tilt() else { return Ok(None) };
        let lean = within_half_a_turn(tilt - quarter);
        let centre = middle(face);
        let size = MARGIN * face.bounding_box.width().max(face.bounding_box.height());
        let mut best = self.settle(centre, size, quarter + SHORTFALL * lean)?;
        let so_far = best.as_ref().map_or(0.0, |level| level.score);
        if so_far < ODD {
            let mut surest: Option<Level> = None;
            for start in STARTS {
                let known = surest.as_ref().map_or(0.0, |level| level.score);
                if known >= SURE || self.late() {
                    break;
                }
                let angle = quarter + lean + start;
                let square = Square { centre, width: size, height: size, angle };
                let seen = self.look(&square, self.min_score)?;
                surest = seen.filter(|level| level.score > known).or(surest);
            }
            if let Some(start) = surest.filter(|level| level.score > so_far - FAR) {
                let other = self.settle(centre, size, start.angle)?;
                best = other.filter(|level| level.score > so_far + SURER).or(best);
            }
        }
        Ok(best.filter(|level| level.score >= face.score - WORTH_TAKING))
    }

    /// Turns the square until the face in it is upright.
    fn settle(&self, mut centre: Point, size: f32, mut angle: f32) -> Result<Option<Level>> {
        let mut best: Option<Level> = None;
        for _ in 0..ROUNDS {
            let square = Square { centre, width: size, height: size, angle };
            let Some(level) = self.look(&square, self.min_score)? else { break };
            let rest = level.rest;
            centre = level.centre;
            angle += if rest.abs() > UPRIGHT { SHORTFALL * rest } else { rest };
            if best.as_ref().is_none_or(|best| level.score > best.score - ALIKE) {
                best = Some(level);
            }
            if rest.abs() < SETTLED || self.late() {
                break;
            }
        }
        Ok(best)
    }

    /// The landmarks of a face as seen once more in a square of its own; `None` where it is not
    /// seen again in the same place.
    pub(super) fn once_more(&self, face: &Detection) -> Result<Option<Landmarks5>> {
        let Some(angle) = face.landmarks.tilt() else { return Ok(None) };
        let size = MARGIN * face.bounding_box.width().max(face.bounding_box.height());
        let square = Square { centre: middle(face), width: size, height: size, angle };
        let Some(seen) = self.look(&square, self.min_score)? else { return Ok(None) };
        let eyes = face.landmarks.inter_eye_distance();
        let apart = seen.landmarks.points().iter().zip(face.landmarks.points());
        let furthest = apart.map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
        Ok((furthest <= SAME_PLACE * eyes).then_some(seen.landmarks))
    }

    /// The factor by which to multiply the height of a face so that it looks most like one; `None`
    /// where it does so unchanged. `level` is the same face upright, where that was detected.
    pub(super) fn stretch(&self, face: &Detection, level: Option<&Level>) -> Result<Option<f32>> {
        let (width, height) = (face.bounding_box.width(), face.bounding_box.height());
        let aspect = level.map_or(height / width.max(1.0), |level| level.aspect);
        if ASPECTS.contains(&aspect) || self.late() {
            return Ok(None);
        }
        let (centre, angle) =
            level.map_or((middle(face), 0.0), |level| (level.centre, level.angle));
        let (low, high) = (width.min(height), width.max(height));
        let (width, height) = if aspect < 1.0 { (high, low) } else { (low, high) };
        let seen = |stretch: f32| -> Result<f32> {
            let size = MARGIN * width.max(height * stretch);
            let square = Square { centre, width: size, height: size / stretch, angle };
            Ok(self.look(&square, FAINT)?.map_or(0.0, |level| level.score))
        };
        let as_it_is = seen(1.0)?;
        let stretches = if aspect < *ASPECTS.start() { HIGHER } else { LOWER };
        let (mut best, mut surest) = (1.0, as_it_is);
        for stretch in stretches {
            let score = seen(stretch)?;
            if score > surest {
                (best, surest) = (stretch, score);
            }
        }
        let by_much = best != 1.0 && best != stretches[0];
        Ok((by_much && surest > as_it_is + BETTER).then_some(best))
    }

    /// Whether a face looks more like one with light and dark exchanged, at a confidence of at
    /// least this. Of 536 negatives in which a face was found 524 do, of 830 photos none.
    pub(super) fn is_negative(
        &self,
        face: &Detection,
        level: Option<&Level>,
        sure: f32,
    ) -> Result<bool> {
        let (centre, angle) =
            level.map_or((middle(face), 0.0), |level| (level.centre, level.angle));
        let size = MARGIN * face.bounding_box.width().max(face.bounding_box.height());
        let square = Square { centre, width: size, height: size, angle };
        let seen = |exchanged: bool| -> Result<f32> {
            let level = self.look_at(&square, FAINT, exchanged)?;
            Ok(level.map_or(0.0, |level| level.score))
        };
        let exchanged = seen(true)?;
        Ok(exchanged >= sure && exchanged > seen(false)? + BETTER)
    }

    /// The surest face of about the expected size in the middle of a square.
    fn look(&self, square: &Square, min_score: f32) -> Result<Option<Level>> {
        self.look_at(square, min_score, false)
    }

    fn look_at(&self, square: &Square, min_score: f32, exchanged: bool) -> Result<Option<Level>> {
        let place = square.place();
        let scale = square.width.max(square.height) / SIDE as f32;
        let mut image = cut_square(self.image, SIDE, scale, &place);
        if exchanged {
            image::imageops::invert(&mut image);
        }
        let seen = self.network.look(&image, min_score, self.max_overlap)?;
        let half = SIDE as f32 / 2.0;
        let fits = |face: &&Detection| {
            let (at, height) = (middle(face), face.bounding_box.height());
            at.distance(Point::new(half, half)) < half / 2.0
                && (half / 2.0..2.0 * half).contains(&height)
        };
        let surest = seen.iter().filter(fits).max_by(|a, b| a.score.total_cmp(&b.score));
        let level = |face: &Detection| {
            let in_image = |p: Point| {
                let (x, y) = place(p.x, p.y);
                Point::new(x, y)
            };
            Some(Level {
                landmarks: Landmarks5(face.landmarks.points().map(in_image)),
                score: face.score,
                rest: face.landmarks.tilt()?,
                aspect: face.bounding_box.height() / face.bounding_box.width().max(1.0),
                centre: in_image(middle(face)),
                angle: square.angle,
            })
        };
        Ok(surest.and_then(level))
    }

    fn late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

fn middle(face: &Detection) -> Point {
    let area = &face.bounding_box;
    Point::new(area.x() + area.width() / 2.0, area.y() + area.height() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_lies_around_its_middle_and_turns_with_the_face() {
        let middle = (SIDE as f32 - 1.0) / 2.0;
        let (width, height) = (2.0 * SIDE as f32, 0.5 * SIDE as f32);
        let square = Square { centre: Point::new(50.0, 60.0), width, height, angle: 90.0 };
        let place = square.place();
        let (x, y) = place(middle, middle);
        assert!((x - 50.0).abs() < 1e-4 && (y - 60.0).abs() < 1e-4);
        // To the right in the square is down in the image, two pixels for one.
        let (x, y) = place(middle + 10.0, middle);
        assert!((x - 50.0).abs() < 1e-3 && (y - 80.0).abs() < 1e-3, "{x} {y}");
        // Down in the square is to the left in the image, half a pixel for one.
        let (x, y) = place(middle, middle + 10.0);
        assert!((x - 45.0).abs() < 1e-3 && (y - 60.0).abs() < 1e-3, "{x} {y}");
    }

    #[test]
    fn angles_are_taken_the_short_way_round() {
        for (angle, short) in [(0.0, 0.0), (190.0, -170.0), (-200.0, 160.0), (360.0, 0.0)] {
            assert!((within_half_a_turn(angle) - short).abs() < 1e-4);
        }
    }
}
