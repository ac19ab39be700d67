//! Is this one uncut recording, as it comes from a camera?
//!
//! A sensor's noise makes every frame another one, so equal frames come from elsewhere. Where two
//! recordings are cut together, the room or the face is somewhere else from one frame to the next
//! though neither moved before nor after.

use std::collections::HashSet;

use image::RgbImage;

use super::face::{FaceView, Measures};
use super::report::Finding;
use crate::Digest;

/// Equal frames in a row that a camera's driver may deliver.
const MOST_FROZEN: u32 = 3;
/// Side of the blocks whose mean values are compared, in pixels.
const BLOCK: u32 = 8;
/// The room around the face begins so many sizes of the face from its middle; the face itself ends
/// so many beside its middle, and above and below.
const AROUND: f32 = 2.4;
const WITHIN: (f32, f32) = (0.9, 1.1);
/// A jump is so many times as large as the changes before it, after it, and usually; from the first
/// number on it stays open what it was. In simulated sessions of 28 people on whom these were chosen,
/// changes of people whose face was in view throughout were 1.5 times as large at most; the largest
/// at a cut was 1.8 times as large in the least and 2.5 in all but one.
const TIMES: (f32, f32) = (1.7, 2.6);
/// Motion is broken where a step is so many times as far from the mean of those before and after it
/// as these are large. Of the same 28 people it was 1.76 times at most, at cuts 2.31 in the least.
const BROKEN: f32 = 2.0;
/// Changes below this are what a sensor's noise and a steady hand make: shares of the mean light.
const PICTURE_FLOOR: f32 = 0.004;
const FACE_FLOOR: f32 = 0.006;
/// Change of the light of the whole picture, on a logarithmic scale, that no exposure control makes
/// within one frame and then leaves.
const LIGHT_FLOOR: f32 = 0.01;
/// Changes that are remembered, to know what is usual.
const REMEMBERED: usize = 15;

/// What is remembered of the frames so far.
#[derive(Debug, Default)]
pub(super) struct Continuity {
    seen: HashSet<Digest>,
    last: Option<Digest>,
    frozen: u32,
    /// The last three frames, the newest first.
    blocks: [Blocks; 3],
    picture: Changes,
    light: Changes,
    face: Changes,
    motion: Motion,
}

impl Continuity {
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
        self.blocks.rotate_right(1);
        let first = std::mem::replace(&mut self.blocks[0], now);
        let [now, before, earlier] = &self.blocks;
        if !now.fits(before) {
            let begins = before.means.is_empty();
            return (!begins).then_some(Finding::PictureJumped);
        }
        let Some(face) = face else {
            (self.face, self.motion) = Default::default();
            return None;
        };
        let (picture, light) = now.room_changed(before, &face.measures);
        let room =
            self.picture.jump(picture, PICTURE_FLOOR).max(self.light.jump(light, LIGHT_FLOOR));
        let face = FaceBlocks::of(now, &face.measures);
        let broken = self.motion.broken([&first, earlier, before, now], &face);
        let face = self.face.jump(face.size(|n| step(before, now, n)), FACE_FLOOR);
        match (room, face) {
            (room, _) if room > TIMES.1 => Some(Finding::PictureJumped),
            (_, face) if face > TIMES.1 => Some(Finding::FaceJumped),
            (room, face) if room.max(face) > TIMES.0 || broken > BROKEN => {
                Some(Finding::AbruptChange)
            }
            _ => None,
        }
    }
}

/// Changes from frame to frame of one quantity.
#[derive(Debug, Default)]
struct Changes(Recent);

impl Changes {
    /// How many times as large the change before this one was as that before it, as this one after
    /// it, and as usual. Whatever moves by itself gathers speed and loses it again.
    fn jump(&mut self, change: f32, floor: f32) -> f32 {
        let before = &self.0.0;
        let (Some(jump), Some(earlier)) = (before.last(), before.iter().rev().nth(1)) else {
            self.0.push(change);
            return 0.0;
        };
        let beside = earlier.max(change).max(median(before)).max(floor);
        let ratio = *jump / beside;
        self.0.push(change);
        ratio
    }
}

/// How far the face was from moving on as it moved before and after, in past frames.
#[derive(Debug, Default)]
struct Motion(Recent);

impl Motion {
    /// How far the step in the middle of four frames is from the mean of the steps before and after
    /// it, against the size of these and against how far it usually is. A head has inertia: at a
    /// cut, even one that is no larger than the motion, the direction is another.
    fn broken(&mut self, frames: [&Blocks; 4], face: &FaceBlocks) -> f32 {
        let [first, earlier, before, now] = frames;
        if !frames.iter().all(|frame| frame.fits(now)) {
            return 0.0;
        }
        let turned = face.size(|n| {
            step(earlier, before, n) - 0.5 * (step(first, earlier, n) + step(before, now, n))
        });
        let beside =
            face.size(|n| step(first, earlier, n)).max(face.size(|n| step(before, now, n)));
        let ratio = turned / beside.max(median(&self.0.0)).max(FACE_FLOOR);
        self.0.push(turned);
        ratio
    }
}

/// How much a block changed from one frame to another.
fn step(from: &Blocks, to: &Blocks, n: usize) -> f32 {
    to.means[n] - from.means[n]
}

/// Mean values of a frame's blocks, row by row.
#[derive(Debug, Default)]
struct Blocks {
    columns: usize,
    means: Vec<f32>,
}

impl Blocks {
    fn of(frame: &RgbImage) -> Blocks {
        let (columns, rows) = ((frame.width() / BLOCK) as usize, (frame.height() / BLOCK) as usize);
        let (side, width) = (BLOCK as usize, frame.width() as usize);
        let mut sums = vec![0_u32; columns * rows];
        let (lines, _) = frame.as_raw().as_chunks::<3>();
        for (y, line) in lines.chunks_exact(width.max(1)).take(rows * side).enumerate() {
            let sums = &mut sums[y / side * columns..(y / side + 1) * columns];
            for (sum, pixels) in sums.iter_mut().zip(line.chunks_exact(side)) {
                *sum += pixels.iter().flatten().map(|value| u32::from(*value)).sum::<u32>();
            }
        }
        let scale = 1.0 / (3 * BLOCK * BLOCK) as f32;
        Blocks { columns, means: sums.iter().map(|sum| *sum as f32 * scale).collect() }
    }

    /// The middle of a block, in pixels.
    fn middle(&self, n: usize) -> (f32, f32) {
        let place = |k: usize| (k as f32 + 0.5) * BLOCK as f32;
        (place(n % self.columns), place(n / self.columns))
    }

    /// How much the room around a face changed, under the same light; and how much the light did.
    fn room_changed(&self, before: &Blocks, face: &Measures) -> (f32, f32) {
        let reach = AROUND * face.size;
        let outside = |n: &usize| {
            let (x, y) = self.middle(*n);
            // Shoulders move with the head.
            (x - face.middle[0]).abs() > reach || face.middle[1] - y > reach
        };
        let places: Vec<usize> = (0..self.means.len()).filter(outside).collect();
        if places.len() < self.means.len() / 20 {
            return (0.0, 0.0);
        }
        let mean = |of: &[f32]| places.iter().map(|n| of[*n]).sum::<f32>() / places.len() as f32;
        let (old, new) = (mean(&before.means).max(0.5), mean(&self.means).max(0.5));
        let apart = |n: &usize| (self.means[*n] / new - before.means[*n] / old).abs();
        (places.iter().map(apart).sum::<f32>() / places.len() as f32, (new / old).ln().abs())
    }

    /// Whether another frame has the same size.
    fn fits(&self, other: &Blocks) -> bool {
        self.columns == other.columns && self.means.len() == other.means.len()
    }
}

/// The blocks of a face in the newest frame.
struct FaceBlocks {
    places: Vec<usize>,
    /// Their mean value.
    mean: f32,
}

impl FaceBlocks {
    fn of(frame: &Blocks, face: &Measures) -> FaceBlocks {
        let inside = |n: &usize| {
            let (x, y) = frame.middle(*n);
            (x - face.middle[0]).abs() < WITHIN.0 * face.size
                && (y - face.middle[1]).abs() < WITHIN.1 * face.size
        };
        let places: Vec<usize> = (0..frame.means.len()).filter(inside).collect();
        let sum = places.iter().map(|n| frame.means[*n]).sum::<f32>();
        let mean = sum / places.len().max(1) as f32;
        FaceBlocks { places, mean }
    }

    /// How large something is that each block has, as a share of the face's light: the median of its
    /// blocks, so that eyes and lips alone count for little.
    fn size(&self, of: impl Fn(usize) -> f32) -> f32 {
        let values: Vec<f32> = self.places.iter().map(|n| of(*n).abs()).collect();
        median(&values) / self.mean.max(0.5)
    }
}

/// What is usual: the last values of a quantity.
#[derive(Debug, Default)]
struct Recent(Vec<f32>);

impl Recent {
    fn push(&mut self, value: f32) {
        self.0.push(value);
        if self.0.len() > REMEMBERED {
            self.0.remove(0);
        }
    }
}

pub(super) fn median(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}
