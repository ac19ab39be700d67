//! Which of a session's abrupt changes stand alone, as cuts do.
//!
//! Where a video's rate was converted, or a camera stutters, changes are abrupt again and again, and
//! each is about as large as others nearby. So a change counts as a jump only when it is known what
//! comes after it, and if no two others beside it are nearly as large.
//!
//! Somebody can also add a stutter to a recording, to hide cuts in it. A camera that stutters shows too
//! much of a movement at once, so the picture moves between the jerks as well. So nothing excuses a
//! change where the picture hardly moves beside it, nor one that is far beyond its limit, nor a broken
//! course of the face.

use std::collections::VecDeque;

use super::continuity::{Abruptness, FACE_FLOOR, PICTURE_FLOOR, Part};
use super::report::Finding;

/// Other abrupt changes count up to this many milliseconds before and after. A conversion from 25 to 30
/// frames per second, or from 24, leaves one every 200 ms.
const NEAR_MS: u64 = 1500;
/// This many others must be nearly as large.
const OTHERS: usize = 2;
/// A stutter excuses a change of up to this many times its limit: no more than a movement that is asked
/// for does (`MOVING` in `judge.rs`). The largest that was excused in a recording of a person that
/// passes was 1.93 times its limit; the smallest cut between simulated takes was 2.24.
const MOST_EXCUSED: f32 = 2.0;
/// A stutter excuses a change only where the room or the face changes this many times as much beside it
/// as noise and a steady hand leave. In recordings of people that pass it was 2.8 times as much and more;
/// in stutters that were added to simulated takes of heads at rest, 1.9 times and less.
const MOVES: f32 = 2.0;
/// A change is abrupt in this sense if it is this many times as large as those beside it.
const PEAK: f32 = 1.3;
/// What a jump of each part is called.
const NAMES: [Finding; 4] =
    [Finding::PictureJumped, Finding::PictureJumped, Finding::FaceJumped, Finding::AbruptChange];

/// The changes of one frame.
#[derive(Debug, Clone, Copy)]
struct Change {
    number: u64,
    at_ms: u64,
    sizes: [f32; 4],
    /// Whether each is larger than those beside it.
    peaks: [bool; 4],
}

/// An abrupt change about which it is not yet known whether it stands alone.
#[derive(Debug, Clone, Copy)]
struct Suspect {
    part: usize,
    number: u64,
    at_ms: u64,
    size: f32,
    /// What it is compared with, and how many times its limit it is then.
    beside: f32,
    times: f32,
    /// Whether a camera that stutters could show it.
    excusable: bool,
    finding: Finding,
}

impl Suspect {
    /// The finding, unless two others nearby excuse it; `usual` is the smaller of them.
    fn counts(&self, usual: f32) -> Option<Finding> {
        if self.size <= 0.0 {
            return None;
        }
        // As large as it is beside what is usual here.
        if self.times * (self.beside / usual.max(self.beside)) > 1.0 {
            return Some(self.finding);
        }
        (!self.excusable || self.times > MOST_EXCUSED).then_some(Finding::AbruptChange)
    }
}

/// Collects abrupt changes until it is known which of them stand alone.
#[derive(Debug, Default)]
pub(super) struct Jumps {
    frames: u64,
    changes: VecDeque<Change>,
    suspects: Vec<Suspect>,
}

impl Jumps {
    /// Takes the changes of the next new frame, of which `most` times the limit is allowed. Returns what
    /// is now known to count.
    pub(super) fn frame(&mut self, seen: &Abruptness, most: f32, now_ms: u64) -> Vec<Finding> {
        let sizes = seen.parts.map(|part| part.size);
        // What is judged now is the change before this one, except for the course of the face, whose
        // measure is that of the frame.
        let before = self.changes.back().copied();
        if let (Some(middle), Some(first)) = (before, self.changes.iter().rev().nth(1).copied()) {
            let peak = |part: usize| {
                let beside = first.sizes[part].max(sizes[part]);
                middle.sizes[part] > 0.0 && middle.sizes[part] >= PEAK * beside
            };
            let peaks = std::array::from_fn(peak);
            if let Some(last) = self.changes.back_mut() {
                last.peaks = peaks;
            }
        }
        self.frames += 1;
        let now = Change { number: self.frames, at_ms: now_ms, sizes, peaks: [false; 4] };
        let [picture, _, face, _] = seen.parts;
        let moves = picture.beside >= MOVES * PICTURE_FLOOR || face.beside >= MOVES * FACE_FLOOR;
        for (part, Part { size, times, beside }) in seen.parts.into_iter().enumerate() {
            if times <= most {
                continue;
            }
            let of = if part == 3 { Some(now) } else { before };
            let (number, at_ms) = of.map_or((now.number, now_ms), |of| (of.number, of.at_ms));
            let size = if part == 3 { size } else { of.map_or(size, |of| of.sizes[part]) };
            // Across a frame that could not be read, a fast head looks like a cut.
            let finding = if seen.behind_gap { Finding::AbruptChange } else { NAMES[part] };
            let times = times / most;
            let excusable = moves && part != 3;
            let suspect = Suspect { part, number, at_ms, size, beside, times, excusable, finding };
            self.suspects.push(suspect);
        }
        self.changes.push_back(now);
        let found = self.settle(|at_ms| now_ms > at_ms + NEAR_MS);
        while self.changes.front().is_some_and(|first| first.at_ms + 3 * NEAR_MS < now_ms) {
            self.changes.pop_front();
        }
        found
    }

    /// What counts of all that is left, at the end.
    pub(super) fn rest(&self) -> Vec<Finding> {
        self.suspects.iter().filter_map(|suspect| suspect.counts(self.usual(suspect))).collect()
    }

    fn settle(&mut self, is_over: impl Fn(u64) -> bool) -> Vec<Finding> {
        let (over, open): (Vec<Suspect>, Vec<Suspect>) =
            self.suspects.iter().partition(|suspect| is_over(suspect.at_ms));
        self.suspects = open;
        over.iter().filter_map(|suspect| suspect.counts(self.usual(suspect))).collect()
    }

    /// The second largest of the other abrupt changes near this one.
    fn usual(&self, suspect: &Suspect) -> f32 {
        let part = suspect.part;
        let near = |change: &&Change| {
            change.at_ms.abs_diff(suspect.at_ms) <= NEAR_MS
                && change.number.abs_diff(suspect.number) >= 2
                && change.peaks[part]
        };
        let mut others: Vec<f32> =
            self.changes.iter().filter(near).map(|change| change.sizes[part]).collect();
        others.sort_unstable_by(|a, b| b.total_cmp(a));
        others.get(OTHERS - 1).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pad::continuity::Continuity;

    /// What is found where the face changes by these shares from frame to frame, 15 a second.
    fn found(changes: &[f32]) -> Vec<Finding> {
        let mut face = Continuity::of_changes();
        let mut jumps = Jumps::default();
        let mut all = Vec::new();
        for (n, change) in changes.iter().enumerate() {
            all.extend(jumps.frame(&face(*change), 1.0, 67 * n as u64));
        }
        all.extend(jumps.rest());
        all
    }

    #[test]
    fn a_change_that_stands_alone_is_a_jump_and_a_stutter_is_not() {
        let mut calm = vec![0.01; 60];
        assert_eq!(found(&calm), []);
        calm[30] = 0.04;
        assert_eq!(found(&calm), [Finding::FaceJumped], "a cut");
        let mut stutter: Vec<f32> = (0..60).map(|n| if n % 3 == 0 { 0.06 } else { 0.02 }).collect();
        assert_eq!(found(&stutter), [], "every 200 ms");
        stutter[33] = 0.2;
        assert_eq!(found(&stutter), [Finding::FaceJumped], "a cut in a stutter");
        // A stutter that was added to hide a cut: it is over 3.6 times as large as what is beside.
        let mut hidden: Vec<f32> = (0..60).map(|n| if n % 3 == 0 { 0.09 } else { 0.02 }).collect();
        hidden[33] = 0.1;
        assert!(found(&hidden).contains(&Finding::AbruptChange), "a cut that a stutter hides");
        assert!(!found(&hidden).contains(&Finding::FaceJumped), "it does not stand alone");
        let rest: Vec<f32> = stutter.iter().map(|change| change / 3.0).collect();
        assert!(found(&rest).contains(&Finding::AbruptChange), "a stutter of a head at rest");
        let mut one_before = vec![0.01; 60];
        (one_before[20], one_before[30]) = (0.04, 0.04);
        assert_eq!(found(&one_before).len(), 2, "one other is not a stutter");
        let mut far = vec![0.01; 90];
        (far[5], far[40], far[80]) = (0.04, 0.04, 0.04);
        assert_eq!(found(&far).len(), 3, "nor are others far away");
    }
}
