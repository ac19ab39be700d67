//! Judges what frames show by what a challenge asks for.

use super::SAME_PERSON;
use super::challenge::Challenge;
use super::exchange::Exchange;
use super::follower::{LONGEST_GAP_MS, Likeness, NewFrame, Seen, What};
use super::jumps::Jumps;
use super::movement::{StepWatch, moves_unasked, share};
use super::parallax::Parallax;
use super::report::{Finding, SessionProgress, SessionReport};
use super::verdict::{Counts, Whole};

/// The most frames in a session: a minute at 60 per second.
pub(super) const MOST_FRAMES: u32 = 3600;
/// A second face counts from this many frames.
const SECOND_FACES: u32 = 3;
/// Size of the face, in pixels, that the mesh needs.
const LEAST_SIZE: f32 = 28.0;
/// Templates in a row that must differ before a face counts as another person's; and the similarity
/// below which one is enough.
const UNLIKE: (u32, f32) = (2, 0.25);
/// While the head makes the movement that is asked for, from this share of it on, the picture may
/// change this many times as abruptly as otherwise: real people set off faster than simulated ones,
/// and takes are hard to join in the middle of a movement.
const MOVING: (f32, f32) = (0.3, 2.0);
/// A movement in a pause, which nobody requested, counts from this many frames.
pub const UNASKED: u32 = 2;

/// Judges one answer to one challenge, from what a [`Follower`](super::Follower) saw.
#[derive(Debug)]
pub struct Judge {
    challenge: Challenge,
    findings: Vec<Finding>,
    jumps: Jumps,
    counts: Counts,
    frames_with_second_face: u32,
    unasked: u32,
    last_ms: u64,
    new_ms: u64,
    begun: bool,
    /// A picture came again since the last new one.
    repeated_since_new: bool,
    /// The face at the start was seen well enough to compare with.
    has_baseline: bool,
    exchange: Exchange,
    unlike: u32,
    least_likeness: Option<f32>,
    watches: Vec<StepWatch>,
    parallax: Parallax,
}

impl Judge {
    /// A judge who has seen nothing yet.
    pub fn new(challenge: Challenge) -> Self {
        let watches = challenge.steps().iter().map(|asked| StepWatch::new(*asked)).collect();
        Judge {
            challenge,
            findings: Vec::new(),
            jumps: Jumps::default(),
            counts: Counts::default(),
            frames_with_second_face: 0,
            unasked: 0,
            last_ms: 0,
            new_ms: 0,
            begun: false,
            repeated_since_new: false,
            has_baseline: false,
            exchange: Exchange::default(),
            unlike: 0,
            least_likeness: None,
            watches,
            parallax: Parallax::default(),
        }
    }

    /// The challenge to answer.
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// Whether a frame at this time comes after the end, where frames are ignored.
    pub(super) fn is_past(&self, now_ms: u64) -> bool {
        now_ms > u64::from(self.challenge.duration_ms()) + LONGEST_GAP_MS
    }

    /// Whether no more frames are examined.
    pub(super) fn is_full(&self) -> bool {
        self.counts.frames >= MOST_FRAMES
    }

    /// Counts a frame that is not examined, at this time.
    pub(super) fn count(&mut self, now_ms: u64) -> SessionProgress {
        if self.is_full() {
            self.find(Finding::TooManyFrames);
        } else {
            self.counts.frames += 1;
            self.last_ms = now_ms;
        }
        self.progress(now_ms, false)
    }

    /// Reports that a frame could not be read.
    pub fn skip(&mut self) {
        self.counts.frames_skipped += 1;
        self.exchange.held = false;
    }

    /// Takes what the next frame shows into account.
    pub fn take(&mut self, seen: &Seen) -> SessionProgress {
        let now_ms = seen.at_ms;
        if self.is_full() || self.is_past(now_ms) {
            return self.count(now_ms);
        }
        self.count(now_ms);
        match &seen.what {
            What::Backwards => self.find(Finding::ClockBackwards),
            // Cameras and browsers repeat a picture where they have no new one.
            What::Again => {
                self.counts.frames_repeated += 1;
                self.repeated_since_new = true;
            }
            What::FromEarlier => {
                self.counts.frames_repeated += 1;
                self.find(Finding::RepeatedFrames);
            }
            What::New(frame) => {
                self.picture(frame, now_ms);
                return self.progress(now_ms, frame.face.is_some());
            }
        }
        self.progress(now_ms, false)
    }

    fn picture(&mut self, frame: &NewFrame, now_ms: u64) {
        let repeated = std::mem::take(&mut self.repeated_since_new);
        if self.begun && now_ms > self.new_ms + LONGEST_GAP_MS {
            self.find(if repeated { Finding::FrozenFrames } else { Finding::FramesMissing });
            self.exchange.held = false;
        }
        (self.begun, self.new_ms) = (true, now_ms);
        self.abrupt(frame, now_ms);
        self.frames_with_second_face += u32::from(frame.second_face);
        if self.frames_with_second_face >= SECOND_FACES {
            self.find(Finding::SecondFace);
        }
        self.exchange.held &= frame.face.is_some() && !frame.second_face;
        if let Some(likeness) = &frame.likeness {
            self.same_person(likeness);
        }
        if frame.face.is_some() {
            self.counts.frames_with_face += 1;
            self.motion(frame, now_ms);
        }
    }

    /// What abrupt changes say. None of them accuses anybody by itself: people move fast, cameras
    /// adjust their light, and browsers lose frames.
    fn abrupt(&mut self, frame: &NewFrame, now_ms: u64) {
        let change = &frame.abruptness;
        let most = if self.moves_as_asked(frame, now_ms) { MOVING.1 } else { 1.0 };
        for finding in self.jumps.frame(change, most, now_ms) {
            self.find(finding);
        }
        if change.resized {
            self.find(Finding::AbruptChange);
        }
        let jumped = change.room.max(change.face).max(change.course) > most;
        self.exchange.cut |= jumped && !change.behind_gap && !change.resized;
    }

    /// Whether the head is on its way in a movement that is asked for.
    fn moves_as_asked(&self, frame: &NewFrame, now_ms: u64) -> bool {
        let (Some(base), Some(now)) = (&frame.baseline, &frame.now) else { return false };
        let asked = self.watches.iter().find(|watch| watch.is_at(now_ms)).map(StepWatch::step);
        asked.is_some_and(|step| {
            step.moves_the_head() && share(step, &base.measures, now) >= MOVING.0
        })
    }

    fn find(&mut self, finding: Finding) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn progress(&self, now_ms: u64, face_seen: bool) -> SessionProgress {
        SessionProgress {
            asked: self.watches.iter().find(|watch| watch.is_at(now_ms)).map(StepWatch::step),
            face_seen,
            findings: self.findings.clone(),
            over: now_ms >= u64::from(self.challenge.duration_ms()),
        }
    }

    /// The steps, and the pauses between them.
    fn motion(&mut self, frame: &NewFrame, now_ms: u64) {
        let (Some(face), Some(now)) = (&frame.face, &frame.now) else { return };
        let Some(base) = &frame.baseline else { return };
        if base.measures.size < LEAST_SIZE {
            self.find(Finding::FaceTooSmall);
        }
        self.has_baseline = true;
        match self.watches.iter_mut().find(|watch| watch.is_at(now_ms)) {
            Some(watch) => {
                watch.frame(&base.measures, now, now_ms);
                if watch.step().turns_the_head() {
                    self.parallax.add(&base.shape, face);
                }
            }
            None => {
                self.unasked += u32::from(moves_unasked(&base.measures, now));
                if self.unasked >= UNASKED {
                    self.find(Finding::TooEarly);
                }
            }
        }
    }

    /// Whether it is still the person from the start.
    fn same_person(&mut self, likeness: &Likeness) {
        let to_start = likeness.to_start;
        self.counts.compared += 1;
        self.least_likeness = Some(self.least_likeness.map_or(to_start, |l| l.min(to_start)));
        self.unlike = if to_start < SAME_PERSON { self.unlike + 1 } else { 0 };
        if self.unlike >= UNLIKE.0 || to_start < UNLIKE.1 {
            self.find(Finding::OtherPerson);
        }
        if self.exchange.shows_another(likeness) {
            self.find(Finding::PersonExchanged);
        }
    }

    /// The result; `docs/LIVENESS.md` says what follows from what.
    pub fn finish(&self) -> SessionReport {
        let mut findings = self.findings.clone();
        findings.extend(self.jumps.rest());
        Whole {
            challenge: &self.challenge,
            findings,
            watches: &self.watches,
            parallax: &self.parallax,
            counts: self.counts,
            has_baseline: self.has_baseline,
            least_likeness: self.least_likeness,
            duration_ms: self.last_ms,
        }
        .report()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pad::continuity::{Abruptness, Part};
    use evenmatch_core::record::LivenessOutcome;

    fn judge() -> Judge {
        Judge::new(Challenge::from_seed([1; 32], 2, 0).unwrap())
    }

    /// A picture at this time, in which templates were compared if `likeness` says so.
    fn seen(at_ms: u64, abruptness: Abruptness, likeness: Option<(f32, f32)>) -> Seen {
        let likeness = likeness.map(|(to_start, last)| Likeness { to_start, to_last: Some(last) });
        let frame = NewFrame {
            face: None,
            second_face: false,
            abruptness,
            baseline: None,
            now: None,
            likeness,
        };
        Seen { at_ms, what: What::New(Box::new(frame)) }
    }

    fn calm() -> Abruptness {
        Abruptness::default()
    }

    fn cut() -> Abruptness {
        let part = Part { size: 0.1, times: 9.0, beside: 0.01 };
        Abruptness { room: 9.0, face: 9.0, course: 9.0, parts: [part; 4], ..calm() }
    }

    fn outcome(judge: &Judge) -> LivenessOutcome {
        judge.finish().outcome
    }

    #[test]
    fn nothing_that_a_camera_or_a_browser_does_is_an_attack() {
        let mut judge = judge();
        for n in 0..200_u64 {
            // Far enough apart that each stands alone.
            let parts = [Part { size: 0.01, ..Part::default() }; 4];
            let jumps = if n % 60 == 0 { cut() } else { Abruptness { parts, ..calm() } };
            let resized = Abruptness { resized: n % 50 == 0, ..jumps };
            judge.take(&seen(60 * n, resized, None));
            judge.take(&Seen { at_ms: 60 * n, what: What::Again });
            judge.take(&Seen { at_ms: 60 * n, what: What::FromEarlier });
            judge.take(&Seen { at_ms: 60 * n, what: What::Backwards });
        }
        let report = judge.finish();
        assert_eq!(report.outcome, LivenessOutcome::Inconclusive);
        for finding in [
            Finding::ClockBackwards,
            Finding::RepeatedFrames,
            Finding::PictureJumped,
            Finding::FaceNotSeen,
        ] {
            assert!(report.findings.contains(&finding), "{finding}: {report:?}");
        }
        assert_eq!((report.frames, report.frames_repeated), (800, 400));
    }

    /// Neither the templates nor the picture accuse alone.
    #[test]
    fn only_an_exchange_of_persons_at_a_cut_is_an_attack() {
        let session = |at_cut: Abruptness, after: f32, alike: f32| {
            let mut judge = judge();
            // As in `picture`, for frames in all of which the face is in view.
            for n in 0..30_u64 {
                let change = if n == 15 { at_cut } else { calm() };
                let like = if n < 15 { (0.9, 0.9) } else { (after, alike) };
                let What::New(frame) = seen(100 * n, change, Some(like)).what else {
                    unreachable!()
                };
                judge.abrupt(&frame, 100 * n);
                judge.exchange.held = true;
                judge.same_person(frame.likeness.as_ref().unwrap());
            }
            outcome(&judge)
        };
        use LivenessOutcome::{Fail, Inconclusive};
        assert_eq!(session(cut(), 0.05, 0.8), Fail);
        assert_eq!(session(calm(), 0.05, 0.8), Inconclusive, "no cut");
        assert_eq!(session(cut(), 0.3, 0.8), Inconclusive, "not another person for certain");
        assert_eq!(session(cut(), 0.05, 0.2), Inconclusive, "nobody in particular");
        assert_eq!(session(cut(), 0.9, 0.9), Inconclusive, "the same person");
    }
}
