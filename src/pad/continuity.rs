//! Is this one uncut recording, as it comes from a camera?
//!
//! A sensor's noise makes every frame another one, so equal frames come from elsewhere. Where two
//! recordings are cut together, the room or the face is somewhere else from one frame to the next
//! though neither moved before nor after.

use std::collections::HashSet;

use image::RgbImage;

use super::blocks::{Blocks, FaceBlocks, step};
use super::face::FaceView;
use super::motion::Course;
use super::recent::Recent;
use super::report::Finding;
use crate::Digest;

/// Frames behind one that could not be read whose changes may be those of two frames at once: a
/// change is judged when the one after it is known.
const FRAMES_BEHIND_GAP: u32 = 3;
/// Equal frames in a row that a camera's driver may deliver.
const MOST_FROZEN: u32 = 3;
/// A jump is so many times as large as the changes before it, after it, and usually; from the first
/// number on it stays open what it was. These were chosen on 105 people: in 630 of their simulated
/// sessions, half of them at 1/8 of the light, and 210 recordings without cuts, no change was more than
/// 1.51 times as large.
const TIMES: (f32, f32) = (1.8, 2.6);
/// The same where the head moves fast, so that the face changes by more than [`FAST`]: for the face,
/// before and after, since a head then gathers its speed within a frame or two; for the room, before
/// or after, since what is at its border moves with the head. In the same sessions such changes were
/// up to 2.48 times as large.
const TIMES_FAST: (f32, f32) = (3.0, 4.0);
/// Such a change of the face, a share of its light, is that of a head that moves fast.
const FAST: f32 = 0.1;
/// Motion is broken from here on; see [`Course::broken`]. In the same sessions it was 1.67 at most. Cuts
/// of the same people were 1.4 times as large as this limit, or that of a jump, in the least.
const BROKEN: f32 = 2.1;
/// Changes below this are what a sensor's noise and a steady hand make: shares of the mean light.
const PICTURE_FLOOR: f32 = 0.004;
const FACE_FLOOR: f32 = 0.006;
/// Change of the light of the room, on a logarithmic scale, that no exposure control makes within one
/// frame and then leaves; hair that swings past the room's border may.
const LIGHT_FLOOR: f32 = 0.02;

/// What is remembered of the frames so far.
#[derive(Debug, Default)]
pub(super) struct Continuity {
    seen: HashSet<Digest>,
    last: Option<Digest>,
    frozen: u32,
    /// Frames that still lie behind one that could not be read.
    behind_gap: u32,
    /// The frame before.
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

    /// Looks at the next frame.
    pub(super) fn frame(
        &mut self,
        digest: Digest,
        frame: &RgbImage,
        face: Option<&FaceView>,
    ) -> Option<Finding> {
        if self.last == Some(digest) {
            self.frozen += 1;
            return (self.frozen >= MOST_FROZEN).then_some(Finding::FrozenFrames);
        }
        (self.last, self.frozen) = (Some(digest), 0);
        if !self.seen.insert(digest) {
            return Some(Finding::RepeatedFrames);
        }
        let now = Blocks::of(frame);
        let before = std::mem::replace(&mut self.before, now);
        let behind_gap = self.behind_gap > 0;
        self.behind_gap = self.behind_gap.saturating_sub(1);
        self.changes(&before, face).map(|finding| match finding {
            // Across a frame that nobody saw, a fast head looks like a cut, and a cut like one.
            Finding::PictureJumped | Finding::FaceJumped if behind_gap => Finding::AbruptChange,
            finding => finding,
        })
    }

    /// What the newest frame says of the changes from the one before.
    fn changes(&mut self, before: &Blocks, face: Option<&FaceView>) -> Option<Finding> {
        let now = &self.before;
        if !now.fits(before) {
            let begins = before.means.is_empty();
            return (!begins).then_some(Finding::PictureJumped);
        }
        let Some(face) = face else {
            (self.face, self.course) = Default::default();
            return None;
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
        let face = self.face.jump(change, FACE_FLOOR);
        let room = match room {
            Some((picture, light)) => {
                self.picture.jump(picture, PICTURE_FLOOR).max(self.light.jump(light, LIGHT_FLOOR))
            }
            None => {
                (self.picture, self.light) = Default::default();
                0.0
            }
        };
        if room > room_times.1 {
            Some(Finding::PictureJumped)
        } else if face > face_times.1 {
            Some(Finding::FaceJumped)
        } else if room > room_times.0 || face > face_times.0 || broken > BROKEN {
            Some(Finding::AbruptChange)
        } else {
            None
        }
    }
}

/// Changes from frame to frame of one quantity.
#[derive(Debug, Default)]
struct Changes(Recent);

impl Changes {
    /// The change before the last one, or none.
    fn earlier(&self) -> f32 {
        self.0.back(1).unwrap_or(0.0)
    }

    /// How many times as large the change before this one was as that before it, as this one after
    /// it, and as usual. Whatever moves by itself gathers speed and loses it again.
    fn jump(&mut self, change: f32, floor: f32) -> f32 {
        let (Some(jump), Some(earlier)) = (self.0.back(0), self.0.back(1)) else {
            self.0.push(change);
            return 0.0;
        };
        let beside = earlier.max(change).max(self.0.median()).max(floor);
        let ratio = jump / beside;
        self.0.push(change);
        ratio
    }
}
