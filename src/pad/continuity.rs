//! Checks that the frames are one uncut recording, as it comes from a camera.
//!
//! A sensor's noise makes every frame different, so equal frames do not come from a camera. Where
//! two recordings are joined, the room or the face is somewhere else from one frame to the next,
//! although neither moved before or after.

use std::collections::HashMap;

use image::RgbImage;

use super::blocks::{Blocks, FaceBlocks, step};
use super::face_motion::Course;
use super::frame_analysis::FaceView;
use super::running_median::RunningMedian;
use crate::Digest;

/// The number of frames after an unreadable one whose changes may span two frames: a change is
/// judged when the one after it is known.
const FRAMES_BEHIND_GAP: u32 = 3;
/// A jump is this many times as large as the changes before it, after it, and usually; above the
/// first number the cause stays open, above the second it is a cut. These were chosen on 105
/// people: in 630 of their simulated sessions, half of them at 1/8 of the light, and 210 recordings
/// without cuts, no change was more than 1.51 times as large.
const TIMES: f32 = 1.8;
/// The same where the head moves fast, so that the face changes by more than [`FAST`]. For the
/// face, the changes before and after count, since a head reaches its speed within a frame or two;
/// for the room, before or after, since what is at its border moves with the head. In the same
/// sessions such changes were up to 2.48 times as large.
const TIMES_FAST: f32 = 3.0;
/// From this change of the face, a share of its light, the head moves fast.
const FAST: f32 = 0.1;
/// From this value motion is broken; see [`Course::broken`]. In the same sessions it was at most
/// 1.67. Cuts between recordings of the same person were at least 1.4 times as large as this limit,
/// or that of a jump.
const BROKEN: f32 = 2.1;
/// Smaller changes come from a sensor's noise and a steady hand: shares of the mean light.
pub(super) const PICTURE_FLOOR: f32 = 0.004;
pub(super) const FACE_FLOOR: f32 = 0.006;
/// A change of the room's light, on a logarithmic scale, that no exposure control makes within one
/// frame and then keeps; hair that swings past the room's border may cause it.
const LIGHT_FLOOR: f32 = 0.02;

/// How abruptly the picture changed from one frame to the next. In each number 1 is the limit above
/// which a session stays open: motion by itself hardly gets there.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Abruptness {
    /// The room around the face, or its light.
    pub room: f32,
    /// The face.
    pub face: f32,
    /// The course of the face's motion.
    pub course: f32,
    /// What the three are made of: picture and light of the room, the face, its course.
    pub(super) parts: [Part; 4],
    /// How much the face itself changed, as a share of its light: most of its blocks by at least this
    /// much.
    pub face_change: f32,
    /// Whether the picture has another size than before, as after a telephone was turned.
    pub resized: bool,
    /// Whether frames that could not be read were between the two.
    pub behind_gap: bool,
}

/// One quantity's newest change, and what the change before it looks like, now that the one after it is
/// known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Part {
    /// The newest change.
    pub(super) size: f32,
    /// The change before it, where 1 is the limit.
    pub(super) times: f32,
    /// What that was compared with.
    pub(super) beside: f32,
}

/// What is remembered of the frames so far.
#[derive(Debug, Default)]
pub(super) struct Continuity {
    /// When each frame was last seen.
    seen: HashMap<Digest, u64>,
    /// Frames that still count as coming after an unreadable one.
    behind_gap: u32,
    /// The previous frame.
    before: Blocks,
    picture: Changes,
    light: Changes,
    face: Changes,
    course: Course,
}

impl Continuity {
    /// A frame could not be read.
    pub(super) fn gap(&mut self) {
        self.behind_gap = FRAMES_BEHIND_GAP;
    }

    /// How long ago a picture was last seen, in milliseconds, if it was.
    pub(super) fn age(&mut self, digest: Digest, now_ms: u64) -> Option<u64> {
        self.seen.insert(digest, now_ms).map(|last| now_ms - last)
    }

    /// Compares the next new frame with the one before.
    pub(super) fn frame(&mut self, frame: &RgbImage, face: Option<&FaceView>) -> Abruptness {
        let now = Blocks::of(frame);
        let before = std::mem::replace(&mut self.before, now);
        let behind_gap = self.behind_gap > 0;
        self.behind_gap = self.behind_gap.saturating_sub(1);
        Abruptness { behind_gap, ..self.changes(&before, face) }
    }

    /// What the newest frame says about the changes since the previous one.
    fn changes(&mut self, before: &Blocks, face: Option<&FaceView>) -> Abruptness {
        let now = &self.before;
        if !now.fits(before) {
            let resized = !before.means.is_empty();
            (self.picture, self.light, self.face) = Default::default();
            self.course = Course::default();
            return Abruptness { resized, ..Abruptness::default() };
        }
        let Some(face) = face else {
            (self.face, self.course) = Default::default();
            return Abruptness::default();
        };
        let room = now.room_changed(before, &face.measures);
        let [right, left, ..] = face.mesh.landmarks5().0;
        let blocks = FaceBlocks::of(now, &face.measures);
        let broken = self.course.broken([before, now], &blocks, [right, left]);
        let change = blocks.size(|n| step(before, now, n));
        let earlier = self.face.earlier();
        let times = |fast: bool| if fast { TIMES_FAST } else { TIMES };
        let face_times = times(earlier.min(change) > FAST);
        let room_times = times(earlier.max(change) > FAST);
        let face = self.face.jump(change, FACE_FLOOR, face_times);
        let [picture, light] = match room {
            Some((picture, light)) => [
                self.picture.jump(picture, PICTURE_FLOOR, room_times),
                self.light.jump(light, LIGHT_FLOOR, room_times),
            ],
            None => {
                (self.picture, self.light) = Default::default();
                Default::default()
            }
        };
        // A course is broken or not whatever came before: it is its own measure.
        let course = Part { size: broken, times: broken / BROKEN, beside: 1.0 };
        Abruptness {
            room: picture.times.max(light.times),
            face: face.times,
            course: course.times,
            parts: [picture, light, face, course],
            face_change: change,
            ..Abruptness::default()
        }
    }
}

/// Changes from frame to frame of one quantity.
#[derive(Debug, Default)]
struct Changes(RunningMedian);

impl Changes {
    /// The change before the last one, or none.
    fn earlier(&self) -> f32 {
        self.0.back(1).unwrap_or(0.0)
    }

    /// How many times as large the previous change was as the one before it, the one after it (this
    /// one), and usually, as a share of the `most` allowed. Anything that moves by itself speeds up and
    /// slows down again.
    fn jump(&mut self, change: f32, floor: f32, most: f32) -> Part {
        let (Some(jump), Some(earlier)) = (self.0.back(0), self.0.back(1)) else {
            self.0.push(change);
            return Part { size: change, ..Part::default() };
        };
        let beside = earlier.max(change).max(self.0.median()).max(floor);
        self.0.push(change);
        Part { size: change, times: jump / beside / most, beside }
    }
}

#[cfg(test)]
impl Continuity {
    /// What changes of the face alone, one after the other, look like.
    pub(super) fn of_changes() -> impl FnMut(f32) -> Abruptness {
        let mut face = Changes::default();
        move |change| {
            let part = face.jump(change, FACE_FLOOR, TIMES);
            let mut seen = Abruptness { face: part.times, ..Abruptness::default() };
            seen.parts[2] = part;
            seen
        }
    }
}
