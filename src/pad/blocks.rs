//! Frames in blocks: few enough that any two frames can be compared, and with little noise.

use image::RgbImage;

use super::frame_analysis::Measures;
use super::running_median::median;

/// Side of the blocks whose mean values are compared, in pixels.
pub(super) const BLOCK: u32 = 8;
/// The room around the face starts this many sizes of the face from its middle; the face itself
/// ends this many sizes beside its middle, and above and below it.
const AROUND: f32 = 2.4;
const WITHIN: (f32, f32) = (0.9, 1.1);

/// Mean values of a frame's blocks, row by row.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    pub(super) columns: usize,
    pub(super) means: Vec<f32>,
}

impl Blocks {
    pub(super) fn of(frame: &RgbImage) -> Blocks {
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
    pub(super) fn middle(&self, n: usize) -> (f32, f32) {
        let place = |k: usize| (k as f32 + 0.5) * BLOCK as f32;
        (place(n % self.columns), place(n / self.columns))
    }

    /// How much the room around a face changed, under the same light; and how much the light did.
    /// `None` where a face is so near that hardly any of the room is visible.
    pub(super) fn room_changed(&self, before: &Blocks, face: &Measures) -> Option<(f32, f32)> {
        let reach = AROUND * face.size;
        let outside = |n: &usize| {
            let (x, y) = self.middle(*n);
            // Shoulders move with the head.
            (x - face.middle[0]).abs() > reach || face.middle[1] - y > reach
        };
        let places: Vec<usize> = (0..self.means.len()).filter(outside).collect();
        if places.len() < self.means.len() / 20 {
            return None;
        }
        let mean = |of: &[f32]| places.iter().map(|n| of[*n]).sum::<f32>() / places.len() as f32;
        let (old, new) = (mean(&before.means).max(0.5), mean(&self.means).max(0.5));
        let apart = |n: &usize| (self.means[*n] / new - before.means[*n] / old).abs();
        let picture = places.iter().map(apart).sum::<f32>() / places.len() as f32;
        Some((picture, (new / old).ln().abs()))
    }

    /// Whether another frame has the same size.
    pub(super) fn fits(&self, other: &Blocks) -> bool {
        self.columns == other.columns && self.means.len() == other.means.len()
    }
}

/// The blocks of a face in the newest frame.
pub(super) struct FaceBlocks {
    pub(super) face: Measures,
    pub(super) places: Vec<usize>,
    /// Their mean value, at least half a step of 255.
    pub(super) mean: f32,
}

impl FaceBlocks {
    pub(super) fn of(frame: &Blocks, face: &Measures) -> FaceBlocks {
        let inside = |n: &usize| {
            let (x, y) = frame.middle(*n);
            (x - face.middle[0]).abs() < WITHIN.0 * face.size
                && (y - face.middle[1]).abs() < WITHIN.1 * face.size
        };
        let places: Vec<usize> = (0..frame.means.len()).filter(inside).collect();
        let sum = places.iter().map(|n| frame.means[*n]).sum::<f32>();
        let mean = (sum / places.len().max(1) as f32).max(0.5);
        FaceBlocks { face: *face, places, mean }
    }

    /// How large a value of each block is, as a share of the face's light: the median over the
    /// blocks, so that eyes and lips alone count for little.
    pub(super) fn size(&self, of: impl Fn(usize) -> f32) -> f32 {
        let values: Vec<f32> = self.places.iter().map(|n| of(*n).abs()).collect();
        median(&values) / self.mean
    }
}

/// How much a block changed from one frame to another.
pub(super) fn step(from: &Blocks, to: &Blocks, n: usize) -> f32 {
    to.means[n] - from.means[n]
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;
    use crate::mesh::Pose;

    #[test]
    fn a_room_that_a_near_face_hides_says_nothing() {
        let seen = |value: u8| Blocks::of(&RgbImage::from_pixel(640, 480, Rgb([value; 3])));
        let face = |size: f32| Measures {
            pose: Pose { yaw: 0.0, pitch: 0.0, roll: 0.0 },
            size,
            lids: 0.0,
            lips: 0.0,
            middle: [320.0, 240.0],
        };
        let changed = |size: f32| seen(120).room_changed(&seen(100), &face(size));
        let (picture, light) = changed(60.0).unwrap();
        assert!(picture < 1e-6 && (light - 1.2_f32.ln()).abs() < 1e-6);
        assert_eq!(changed(160.0), None);
    }
}
