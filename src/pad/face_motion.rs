//! How the face moves from one frame to the next, to a fraction of a pixel, and whether that motion
//! is broken.
//!
//! A head has inertia. If two takes are cut together where the head is in nearly the same place, it
//! still moves in another direction, or by more, in that one step than in the steps next to it.

use super::blocks::{BLOCK, Blocks, FaceBlocks, step};
use super::least_squares::least_squares;
use super::running_median::{RunningMedian, median};
use crate::geometry::Point;

/// The face moves as one piece down to here, in sizes of the face below its middle; mouth and jaw,
/// further down, move by themselves.
const STIFF: f32 = 0.3;
/// Within this distance of their middles the eyes and lids move by themselves, in the same unit.
const EYE: f32 = 0.22;
/// Rounds of weighting blocks by how well the motion explains them: shut eyes get little weight.
const ROUNDS: u32 = 3;
/// Blocks whose change is this many medians away from what the motion explains count half.
const HALF: f32 = 2.0;
/// Mean distance of a face's blocks from its middle, in sizes of the face.
const REACH: f64 = 0.6;
/// The part of a motion that is not between its neighbours is divided by this share of their size:
/// the share of its speed that a head may lose and regain from one frame to the next.
const SHARE: f64 = 0.4;
/// Anything that moves further in one frame, in sizes of the face, is blurred or has left its
/// blocks: it is not judged here, and `continuity.rs` sees where such a step stands alone.
const QUICK: f64 = 0.08;
/// A break is compared with this many times the usual: hands shake, and noise looks like shaking.
const USUAL: f64 = 2.5;
/// The usual value is known after this many motions.
const KNOWN: usize = 10;
/// Motion below this, in sizes of the face, comes from the blocks' noise: a quarter of a pixel.
const FLOOR: f64 = 0.004;

/// Motion of a face from one frame to the next: to the right, down, and what growing and turning in the
/// plane of the image do to a point at [`REACH`]; in sizes of the face.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Motion([f64; 4]);

impl Motion {
    /// The similarity, with a change of the light, that best explains how the blocks of the face
    /// changed: one step of B. D. Lucas, T. Kanade, "An iterative image registration technique with
    /// an application to stereo vision", IJCAI 1981, for the whole face at once. `None` where the
    /// blocks do not determine it. `blocks` are the face's in the newer frame.
    fn between(
        [before, now]: [&Blocks; 2],
        blocks: &FaceBlocks,
        eyes: [Point; 2],
    ) -> Option<Motion> {
        let face = &blocks.face;
        let (columns, mean) = (now.columns, f64::from(blocks.mean));
        let (mut rows, mut values) = (Vec::new(), Vec::new());
        for &n in &blocks.places {
            let (x, y) = now.middle(n);
            let place = [x - face.middle[0], y - face.middle[1]].map(|p| f64::from(p / face.size));
            let inside = n >= columns && n + columns < now.means.len();
            let blinks = eyes.iter().any(|eye| eye.distance(Point::new(x, y)) < EYE * face.size);
            let edge = !inside || n % columns == 0 || (n + 1) % columns == 0;
            if edge || blinks || place[1] > STIFF.into() {
                continue;
            }
            // Averaged over both frames, so that the second order of the motion cancels out.
            let at = |n: usize| f64::from(before.means[n] + now.means[n]) / 2.0 / mean;
            let apart = 2.0 * f64::from(BLOCK) / f64::from(face.size);
            let right = (at(n + 1) - at(n - 1)) / apart;
            let down = (at(n + columns) - at(n - columns)) / apart;
            let [x, y] = place;
            rows.push([right, down, right * x + down * y, down * x - right * y, at(n)]);
            values.push(-f64::from(step(before, now, n)) / mean);
        }
        let mut weights = vec![1.0_f64; rows.len()];
        let mut fit = [0.0; 5];
        for _ in 0..ROUNDS {
            let weighed: Vec<[f64; 5]> =
                rows.iter().zip(&weights).map(|(row, w)| row.map(|value| value * w)).collect();
            let right: Vec<f64> = values.iter().zip(&weights).map(|(v, w)| v * w).collect();
            fit = least_squares(&weighed, &right)?;
            let rest: Vec<f32> = rows
                .iter()
                .zip(&values)
                .map(|(row, v)| (v - row.iter().zip(fit).map(|(a, b)| a * b).sum::<f64>()) as f32)
                .collect();
            let sizes: Vec<f32> = rest.iter().map(|rest| rest.abs()).collect();
            let half = HALF * median(&sizes).max(1e-6);
            for (weight, rest) in weights.iter_mut().zip(rest) {
                *weight = f64::from(1.0 / (1.0 + (rest / half).powi(2))).sqrt();
            }
        }
        let [right, down, growing, turning, _] = fit;
        Some(Motion([right, down, REACH * growing, REACH * turning]))
    }

    /// How far the face's points move, in sizes of the face: about the root mean square.
    fn size(self) -> f64 {
        self.along(self).sqrt()
    }

    fn along(self, other: Motion) -> f64 {
        self.0.iter().zip(other.0).map(|(a, b)| a * b).sum()
    }

    fn less(self, times: f64, other: Motion) -> Motion {
        Motion(std::array::from_fn(|n| self.0[n] - times * other.0[n]))
    }

    /// How far it is from all motions between two others.
    fn outside_of(self, one: Motion, other: Motion) -> f64 {
        let way = other.less(1.0, one);
        let square = way.along(way);
        let on_it = if square > 0.0 { self.less(1.0, one).along(way) / square } else { 0.0 };
        self.less(1.0, one).less(on_it.clamp(0.0, 1.0), way).size()
    }
}

/// How a face has moved so far.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// The last two motions, the newer one first.
    last: [Option<Motion>; 2],
    /// How far past motions were from the means of their neighbours.
    usual: RunningMedian,
}

impl Course {
    /// How much the last motion but one broke with its neighbours: how far it was from all motions
    /// between the two, relative to a share of their size and to how uneven motions usually are.
    pub(super) fn broken(
        &mut self,
        frames: [&Blocks; 2],
        blocks: &FaceBlocks,
        eyes: [Point; 2],
    ) -> f32 {
        let after = Motion::between(frames, blocks, eyes);
        let [middle, first] = self.last;
        self.last = [after, middle];
        let (Some(first), Some(middle), Some(after)) = (first, middle, after) else { return 0.0 };
        let beside = first.size().max(after.size());
        if beside.max(middle.size()) > QUICK {
            return 0.0;
        }
        let known = self.usual.len() >= KNOWN;
        let least = (USUAL * f64::from(self.usual.median())).max(FLOOR);
        self.usual.push(middle.less(0.5, first).less(0.5, after).size() as f32);
        if !known {
            return 0.0;
        }
        (middle.outside_of(first, after) / (SHARE * beside).max(least)) as f32
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;
    use crate::mesh::Pose;
    use crate::pad::frame_analysis::Measures;

    const FACE: Measures = Measures {
        pose: Pose { yaw: 0.0, pitch: 0.0, roll: 0.0 },
        size: 60.0,
        lids: 0.0,
        lips: 0.0,
        middle: [160.0, 120.0],
    };

    const EYES: [Point; 2] = [Point::new(138.0, 100.0), Point::new(182.0, 100.0)];

    /// Something as uneven as a face, shifted, scaled and rotated about the face's middle.
    fn seen([right, down, growing, turning]: [f64; 4]) -> Blocks {
        Blocks::of(&RgbImage::from_fn(320, 240, |x, y| {
            let (x, y) = (f64::from(x) - 160.0 - right, f64::from(y) - 120.0 - down);
            let (x, y) = (x - growing * x + turning * y, y - growing * y - turning * x);
            let value = 120.0 + 50.0 * (x / 17.0).sin() + 40.0 * (y / 23.0 + x / 60.0).cos();
            Rgb([value as u8; 3])
        }))
    }

    fn between(before: &Blocks, now: &Blocks) -> Option<Motion> {
        Motion::between([before, now], &FaceBlocks::of(now, &FACE), EYES)
    }

    fn broken(course: &mut Course, before: &Blocks, now: &Blocks) -> f32 {
        course.broken([before, now], &FaceBlocks::of(now, &FACE), EYES)
    }

    #[test]
    fn motion_is_found_to_a_tenth_of_a_pixel_whatever_the_light() {
        for moved in [[1.5, -0.7, 0.0, 0.0], [0.0, 0.4, 0.02, 0.0], [-0.5, 0.0, 0.0, 0.02]] {
            let mut now = seen(moved);
            now.means.iter_mut().for_each(|mean| *mean *= 1.05);
            let Motion(found) = between(&seen([0.0; 4]), &now).unwrap();
            let due = [moved[0] / 60.0, moved[1] / 60.0, REACH * moved[2], REACH * moved[3]];
            for (found, due) in found.iter().zip(due) {
                assert!((found - due).abs() < 0.1 / 60.0, "{found} for {due} of {moved:?}");
            }
        }
    }

    #[test]
    fn a_step_that_is_not_between_its_neighbours_is_a_break() {
        // A person sways; then come the given positions, right and down in pixels.
        let most = |places: &[[f64; 2]]| {
            let sway = (0..10).map(|n| [0.4 * (0.3 * f64::from(n)).sin(), 0.0]);
            let frames: Vec<Blocks> = sway
                .chain(places.iter().copied())
                .map(|[right, down]| seen([right, down, 0.0, 0.0]))
                .collect();
            let mut course = Course::default();
            let ratios = frames.windows(2).map(|two| broken(&mut course, &two[0], &two[1]));
            ratios.fold(0.0_f32, f32::max)
        };
        let begin = 0.4 * 2.7_f64.sin();
        let along = |steps: [f64; 5]| steps.map(|right| [begin + right, 0.0]);
        assert!(most(&along([0.1, 0.6, 1.5, 2.6, 3.4])) < 1.2, "a moving head speeds up");
        assert!(most(&along([0.2, 0.4, 2.4, 2.6, 2.8])) > 3.0, "a leap on the way");
        assert!(most(&along([0.5, 1.0, 0.0, 0.5, 1.0])) > 2.0, "a leap back");
        let turn = [[0.2, 0.0], [0.4, 0.0], [0.5, 0.7], [1.2, 0.7], [1.9, 0.7]];
        let turn = turn.map(|[right, down]| [begin + right, down]);
        assert!(most(&turn) > 2.0, "a leap to the side, no longer than the motion after it");
    }

    #[test]
    fn what_shows_nothing_moves_nowhere() {
        let flat = Blocks::of(&RgbImage::from_pixel(320, 240, Rgb([90; 3])));
        assert_eq!(between(&flat, &flat), None);
        let mut course = Course::default();
        assert!((0..5).all(|_| broken(&mut course, &flat, &flat) == 0.0));
    }
}
