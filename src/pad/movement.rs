//! Checks that a step was done, in its time, and nothing else.

use super::Step;
use super::challenge::TimedStep;
use super::frame_analysis::Measures;
use super::report::{Finding, StepEvidence};

/// A movement has started from this share of what is needed, and is over below it.
const BEGUN: f32 = 0.4;
/// It is also over below this share of the furthest that it reached.
const BACK: f32 = 0.45;
/// Another movement than the requested one, or one in a pause, counts from this share of what would
/// be needed: heads are never quite still.
const OTHER: f32 = 1.25;
/// The same for nods while the mouth is requested, since the mesh takes an open mouth for a small
/// nod: among 524 people it saw two nod by 10 degrees and more. A simulated look up or down moves
/// by 13.
const NOD: f32 = 1.75;
/// Nobody starts sooner than this after being asked, in milliseconds: visual reactions take 180 ms
/// and more.
const FASTEST_MS: i64 = 120;

/// Milliseconds that eyes must stay shut: as when a person shuts them on request, and not as
/// everyone blinks every few seconds (100 to 150 ms shut, 300 ms in all).
const SHUT_MS: i64 = 200;

/// How far a step must go: degrees of the mesh's pose, sizes of the face at the start, how
/// different the eyes or the mouth look from then. docs/LIVENESS.md says how they were chosen.
pub fn needed(step: Step) -> f32 {
    match step {
        Step::TurnLeft | Step::TurnRight => 14.0,
        Step::LookUp | Step::LookDown => 8.0,
        Step::ComeCloser => 1.12,
        Step::Blink => 0.22,
        Step::OpenMouth => 0.3,
    }
}

/// How far a movement has gone, in the unit of [`needed`].
pub fn reached(step: Step, base: &Measures, now: &Measures) -> f32 {
    match step {
        Step::TurnLeft => now.pose.yaw - base.pose.yaw,
        Step::TurnRight => base.pose.yaw - now.pose.yaw,
        Step::LookUp => now.pose.pitch - base.pose.pitch,
        Step::LookDown => base.pose.pitch - now.pose.pitch,
        Step::ComeCloser => now.size / base.size.max(1.0),
        Step::Blink => now.lids,
        Step::OpenMouth => now.lips,
    }
}

/// The same as a share of what is needed: 0 at rest, 1 and more when done.
pub fn share(step: Step, base: &Measures, now: &Measures) -> f32 {
    let (reached, needed) = (reached(step, base, now), needed(step));
    match step {
        Step::ComeCloser => (reached - 1.0) / (needed - 1.0),
        _ => reached / needed,
    }
}

/// What has been seen of the step that is requested now.
#[derive(Debug)]
pub struct StepWatch {
    asked: TimedStep,
    /// Share in the previous frame, and its time after the request.
    before: f32,
    before_ms: i64,
    /// The furthest in two frames in a row, as a share and in the step's unit.
    furthest: (f32, f32),
    began_after_ms: Option<i64>,
    /// Since when the movement has been as far as it must go.
    there_since_ms: Option<i64>,
    done: bool,
    back: bool,
    others: [u32; Step::ALL.len()],
    wrong: bool,
    early: bool,
    frames: u32,
}

impl StepWatch {
    /// A watch for the step that is asked for now.
    pub fn new(asked: TimedStep) -> Self {
        StepWatch {
            asked,
            before: 0.0,
            before_ms: 0,
            furthest: (0.0, 0.0),
            began_after_ms: None,
            there_since_ms: None,
            done: false,
            back: false,
            others: [0; Step::ALL.len()],
            wrong: false,
            early: false,
            frames: 0,
        }
    }

    /// The step that is asked for.
    pub fn step(&self) -> Step {
        self.asked.step
    }

    /// Whether the step is requested at this time of the session.
    pub fn is_at(&self, now_ms: u64) -> bool {
        (u64::from(self.asked.from_ms)..=u64::from(self.asked.until_ms)).contains(&now_ms)
    }

    /// Checks a frame within the step's time.
    pub fn frame(&mut self, base: &Measures, now: &Measures, at_ms: u64) {
        let step = self.asked.step;
        let share = share(step, base, now);
        let after_ms = at_ms as i64 - i64::from(self.asked.from_ms);
        // Everyone blinks and moves their lips unasked: only the head can move too early.
        // One frame alone may be the mesh's jitter.
        if share.min(self.before) >= BEGUN && self.began_after_ms.is_none() {
            self.began_after_ms = Some(self.before_ms);
            self.early |= step.moves_the_head() && self.before_ms < FASTEST_MS;
        }
        let both = share.min(self.before);
        if both > self.furthest.0 || self.frames == 0 {
            self.furthest = (both.max(0.0), reached(step, base, now));
        }
        self.there_since_ms = (share >= 1.0).then(|| self.there_since_ms.unwrap_or(after_ms));
        let held_ms = self.there_since_ms.map_or(0, |since| after_ms - since);
        self.done |= both >= 1.0 && (step != Step::Blink || held_ms >= SHUT_MS);
        self.back |= self.done && share < BEGUN.max(BACK * self.furthest.0);
        // Eyes and mouth look different on a turning head, so it must not turn while they are
        // requested; afterwards a head may come back from its position as it likes.
        if !self.done || !step.moves_the_head() {
            self.watch_others(base, now);
        }
        (self.before, self.before_ms) = (share, after_ms);
        self.frames += 1;
    }

    /// Checks whether another movement is made. Eyes narrow and mouths move with the head, so these
    /// do not count.
    fn watch_others(&mut self, base: &Measures, now: &Measures) {
        let asked = self.asked.step;
        for (frames, other) in self.others.iter_mut().zip(Step::ALL) {
            let nods = asked == Step::OpenMouth && matches!(other, Step::LookUp | Step::LookDown);
            let most = if nods { NOD } else { OTHER };
            if other != asked && other.moves_the_head() && share(other, base, now) >= most {
                *frames += 1;
                self.wrong |= *frames >= 2;
            }
        }
    }

    /// The result.
    pub fn finish(&self) -> (StepEvidence, Vec<Finding>) {
        let done = self.done && self.back;
        let mut findings = Vec::new();
        if !done {
            findings.push(Finding::StepNotDone);
        }
        if self.wrong {
            findings.push(Finding::WrongMovement);
        }
        if self.early {
            findings.push(Finding::TooEarly);
        }
        let step = self.asked.step;
        let evidence = StepEvidence {
            step,
            done,
            reached: self.furthest.1,
            needed: needed(step),
            began_after_ms: self.began_after_ms,
        };
        (evidence, findings)
    }

    /// How much of what is needed was seen, 0 to 1.
    pub fn progress(&self) -> f32 {
        if self.done && self.back { 1.0 } else { 0.9 * self.furthest.0.clamp(0.0, 1.0) }
    }
}

/// Whether the head moves as a step would require, in a pause in which nothing is requested.
pub fn moves_unasked(base: &Measures, now: &Measures) -> bool {
    Step::ALL.iter().any(|step| step.moves_the_head() && share(*step, base, now) >= OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::Pose;

    fn face(lids: f32) -> Measures {
        let pose = Pose { yaw: 0.0, pitch: 0.0, roll: 0.0 };
        Measures { pose, size: 60.0, lids, lips: 0.0, middle: [320.0, 240.0] }
    }

    /// Frames ten times a second, with the eyes shut in this many of them.
    fn shut_for(frames: u64) -> (StepEvidence, Vec<Finding>) {
        let asked = TimedStep { step: Step::Blink, from_ms: 2000, until_ms: 5000 };
        let mut watch = StepWatch::new(asked);
        for n in 0..30 {
            let lids = if (8..8 + frames).contains(&n) { 0.8 } else { 0.05 };
            watch.frame(&face(0.0), &face(lids), 2000 + 100 * n);
        }
        watch.finish()
    }

    #[test]
    fn eyes_that_were_shut_on_purpose_stay_so() {
        for frames in [0, 1, 2] {
            let (evidence, findings) = shut_for(frames);
            assert!(!evidence.done && findings == [Finding::StepNotDone], "{frames} frames");
        }
        for frames in [3, 8] {
            let (evidence, findings) = shut_for(frames);
            assert!(evidence.done && findings.is_empty(), "{frames} frames");
        }
        assert!(!shut_for(22).0.done, "they must open again");
    }

    /// On turning heads, eyes and mouths look as different as shut or open ones.
    #[test]
    fn a_turned_head_neither_shuts_its_eyes_nor_opens_its_mouth() {
        for (step, head) in [
            (Step::Blink, [25.0, 0.0]),
            (Step::Blink, [0.0, -15.0]),
            (Step::OpenMouth, [-25.0, 0.0]),
            (Step::OpenMouth, [0.0, 20.0]),
        ] {
            let asked = TimedStep { step, from_ms: 2000, until_ms: 5000 };
            let mut watch = StepWatch::new(asked);
            for n in 0..30_u64 {
                let out = (1.0 - (n as f32 - 12.0).abs() / 8.0).max(0.0);
                let mut now = face(0.8 * out);
                now.lips = now.lids;
                now.pose.yaw = head[0] * out;
                now.pose.pitch = head[1] * out;
                watch.frame(&face(0.0), &now, 2000 + 100 * n);
            }
            assert_eq!(watch.finish().1, [Finding::WrongMovement], "{step} by {head:?}");
        }
    }
}
