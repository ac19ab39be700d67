//! A session: frames and their times in, an outcome with its evidence out.

use std::time::Duration;

use image::RgbImage;

use super::baseline::{Baseline, MOST_VIEWS};
use super::challenge::{BASELINE_MS, Challenge};
use super::continuity::Continuity;
use super::frame_analysis::{FaceView, FrameAnalyser, FrameView, Measures};
use super::movement::{StepWatch, moves_unasked};
use super::parallax::Parallax;
use super::report::{Finding, ParallaxEvidence, SESSION_SCHEMA, SessionReport, StepEvidence};
use super::{SAME_PERSON, Step};
use crate::Result;
use crate::compare::compare;
use crate::template::{Probe, Reference, Template};
use evenmatch_core::record::LivenessOutcome;

/// The most frames in a session: a minute at 60 per second.
const MOST_FRAMES: u32 = 3600;
/// Frames per second below which motion cannot be judged.
const LEAST_RATE: f64 = 8.0;
/// Milliseconds without a frame after which frames count as missing.
const LONGEST_GAP_MS: u64 = 500;
/// Milliseconds between searches for a face that the detector does not see.
const SEARCH_EVERY_MS: u64 = 500;
/// Share of the frames that must show the face.
const LEAST_SEEN: f64 = 0.7;
/// A second face counts from this many frames.
const SECOND_FACES: u32 = 3;
/// Size of the face, in pixels, that the mesh needs.
const LEAST_SIZE: f32 = 28.0;
/// Milliseconds from one template to the next.
const TEMPLATE_EVERY_MS: u64 = 400;
/// A head turned further than this, in degrees, shows the embedder too little of the face.
const TEMPLATE_TURN: f32 = 14.0;
/// Nor is a template made of a face that looks further away from the camera than this, in degrees;
/// or, if it already did so at the start, by this much more than then.
const TEMPLATE_AWAY: f32 = 20.0;
const TEMPLATE_MORE: f32 = 5.0;
/// Templates in a row that must differ before a face counts as another person's; and the similarity
/// below which one is enough.
const UNLIKE: (u32, f32) = (2, 0.25);
/// Templates that must be compared with those of the start.
const LEAST_COMPARED: u32 = 3;
/// The fewest frames with a turned head from which depth is judged.
const PARALLAX_FRAMES: u32 = 4;
/// A solid head shows at least the first share of its relief; something flat at most the second.
const SOLID: f32 = 0.45;
const FLAT: f32 = 0.25;
/// A movement in a pause, which nobody requested, counts from this many frames.
pub const UNASKED: u32 = 2;

/// A session's state after a frame.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionProgress {
    /// What the person is asked to do now; `None` in pauses, where they look into the camera.
    pub asked: Option<Step>,
    /// Whether the frame shows the face.
    pub face_seen: bool,
    /// What counts against a pass so far.
    pub findings: Vec<Finding>,
    /// Whether the last step's time is over.
    pub over: bool,
}

/// Judges the frames of one person answering one challenge.
///
/// Its memory does not grow with the number of frames, except for 32 bytes each.
///
/// ```no_run
/// use std::time::{Duration, Instant};
/// use evenmatch::{model::Profile, pad::{Challenge, FrameAnalyser, LivenessSession}};
/// # fn camera() -> Option<image::RgbImage> { None }
///
/// let analyser = FrameAnalyser::open(Profile::Latency)?;
/// let challenge = Challenge::new(3)?;
/// let mut session = LivenessSession::new(challenge, analyser);
/// let begin = Instant::now();
/// while let Some(frame) = camera() {
///     let progress = session.feed(&frame, begin.elapsed())?;
///     println!("please: {:?}", progress.asked);
///     if progress.over { break }
/// }
/// println!("{:?}", session.finish().outcome);
/// # Ok::<(), evenmatch::Error>(())
/// ```
#[derive(Debug)]
pub struct LivenessSession {
    challenge: Challenge,
    analyser: FrameAnalyser,
    findings: Vec<Finding>,
    frames: u32,
    frames_skipped: u32,
    frames_with_face: u32,
    frames_with_second_face: u32,
    unasked: u32,
    last_ms: Option<u64>,
    first_ms: u64,
    /// The face as last seen, and when.
    face: Option<FaceView>,
    face_ms: u64,
    searched_ms: Option<u64>,
    continuity: Continuity,
    views: Vec<FaceView>,
    baseline: Option<Baseline>,
    person: Vec<Template<Reference>>,
    template_ms: Option<u64>,
    unlike: u32,
    compared: u32,
    least_likeness: Option<f32>,
    watches: Vec<StepWatch>,
    parallax: Parallax,
    best: Option<(f32, RgbImage)>,
}

impl LivenessSession {
    /// A session that has seen nothing yet.
    pub fn new(challenge: Challenge, analyser: FrameAnalyser) -> Self {
        let watches = challenge.steps().iter().map(|asked| StepWatch::new(*asked)).collect();
        LivenessSession {
            challenge,
            analyser,
            findings: Vec::new(),
            frames: 0,
            frames_skipped: 0,
            frames_with_face: 0,
            frames_with_second_face: 0,
            unasked: 0,
            last_ms: None,
            first_ms: 0,
            face: None,
            face_ms: 0,
            searched_ms: None,
            continuity: Continuity::default(),
            views: Vec::new(),
            baseline: None,
            person: Vec::new(),
            template_ms: None,
            unlike: 0,
            compared: 0,
            least_likeness: None,
            watches,
            parallax: Parallax::default(),
            best: None,
        }
    }

    /// The challenge to answer.
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// Reports that a frame could not be read. It is counted; since its content is unknown, an
    /// abrupt change across it leaves the outcome open and does not count as a cut.
    pub fn skip(&mut self) {
        self.frames_skipped += 1;
        self.continuity.gap();
    }

    /// Processes a frame, upright and not mirrored. `at` is its time; the session's clock starts
    /// with the first frame, so the first step is requested `steps()[0].from_ms` after it.
    ///
    /// A frame that does not fit (no face, a clock that goes backwards) is a finding, not an error.
    ///
    /// # Errors
    ///
    /// A network fails.
    pub fn feed(&mut self, frame: &RgbImage, at: Duration) -> Result<SessionProgress> {
        let at_ms = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        if self.frames >= MOST_FRAMES {
            self.find(Finding::TooManyFrames);
            return Ok(self.progress(self.last_ms.unwrap_or(0), false));
        }
        self.frames += 1;
        match self.last_ms {
            None => self.first_ms = at_ms,
            Some(last) if at_ms <= last => {
                self.find(Finding::ClockBackwards);
                return Ok(self.progress(last - self.first_ms, false));
            }
            Some(last) if at_ms - last > LONGEST_GAP_MS => self.find(Finding::FramesMissing),
            Some(_) => {}
        }
        self.last_ms = Some(at_ms);
        let now_ms = at_ms - self.first_ms;
        if now_ms > u64::from(self.challenge.duration_ms()) + LONGEST_GAP_MS {
            // Frames after the end are ignored.
            return Ok(self.progress(now_ms, false));
        }
        if self.best.is_none() {
            self.best = Some((f32::NEG_INFINITY, frame.clone()));
        }
        let search = self.face.is_none()
            && self.searched_ms.is_none_or(|last| now_ms >= last + SEARCH_EVERY_MS);
        if search {
            self.searched_ms = Some(now_ms);
        }
        let view = self.analyser.look(frame, self.face.as_ref(), search)?;
        let broken = self.continuity.frame(view.digest(), frame, view.face.as_ref());
        broken.into_iter().for_each(|finding| self.find(finding));
        self.frames_with_second_face += u32::from(view.second_face);
        if self.frames_with_second_face >= SECOND_FACES {
            self.find(Finding::SecondFace);
        }
        if let Some(face) = &view.face {
            self.frames_with_face += 1;
            let measures = face.measures;
            self.motion(face, now_ms);
            self.same_person(&view, &measures, now_ms)?;
            self.keep_best(&measures, frame);
        }
        let seen = view.face.is_some();
        if seen {
            (self.face, self.face_ms) = (view.face, now_ms);
        } else if now_ms > self.face_ms + LONGEST_GAP_MS {
            self.face = None;
        }
        Ok(self.progress(now_ms, seen))
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

    /// The start, the steps, and the pauses between them.
    fn motion(&mut self, face: &FaceView, now_ms: u64) {
        if now_ms < u64::from(BASELINE_MS) {
            if self.views.len() < MOST_VIEWS {
                self.views.push(face.clone());
            }
            return;
        }
        if self.baseline.is_none() {
            self.baseline = Baseline::of(&self.views);
            self.views = Vec::new();
            if self.baseline.as_ref().is_some_and(|base| base.measures.size < LEAST_SIZE) {
                self.find(Finding::FaceTooSmall);
            }
        }
        let Some(base) = &self.baseline else { return };
        let (lids, lips) = base.opened(face);
        let now = Measures { lids, lips, ..face.measures };
        match self.watches.iter_mut().find(|watch| watch.is_at(now_ms)) {
            Some(watch) => {
                watch.frame(&base.measures, &now, now_ms);
                if watch.step().turns_the_head() {
                    self.parallax.add(&base.shape, face);
                    if self.parallax.shows_a_plane() {
                        self.find(Finding::FlatFace);
                    }
                }
            }
            None => {
                self.unasked += u32::from(moves_unasked(&base.measures, &now));
                if self.unasked >= UNASKED {
                    self.find(Finding::TooEarly);
                }
            }
        }
    }

    /// Whether it is still the person from the start.
    fn same_person(&mut self, view: &FrameView, now: &Measures, now_ms: u64) -> Result<()> {
        let due = self.template_ms.is_none_or(|last| now_ms >= last + TEMPLATE_EVERY_MS);
        let base = self.baseline.as_ref().map_or(now.pose, |base| base.measures.pose);
        let turned = (now.pose.yaw - base.yaw).hypot(now.pose.pitch - base.pitch);
        let away = now.pose.yaw.hypot(now.pose.pitch);
        let most_away = TEMPLATE_AWAY.max(base.yaw.hypot(base.pitch) + TEMPLATE_MORE);
        if !due || turned > TEMPLATE_TURN || away > most_away {
            return Ok(());
        }
        let Some(template) = self.analyser.template(view)? else { return Ok(()) };
        self.template_ms = Some(now_ms);
        let likeness = self.likeness(&template)?;
        if self.person.len() < 3 && now_ms < u64::from(BASELINE_MS) {
            self.person.push(template.into_reference());
        }
        let Some(likeness) = likeness else { return Ok(()) };
        self.compared += 1;
        self.least_likeness = Some(self.least_likeness.map_or(likeness, |l| l.min(likeness)));
        self.unlike = if likeness < SAME_PERSON { self.unlike + 1 } else { 0 };
        if self.unlike >= UNLIKE.0 || likeness < UNLIKE.1 {
            self.find(Finding::OtherPerson);
        }
        Ok(())
    }

    /// Similarity of a template to the nearest of the session's first ones, a plain cosine; `None`
    /// if the session has none yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ModelMismatch`](crate::ErrorKind::ModelMismatch): the template comes from
    /// another embedder.
    /// [`ErrorKind::TemplateFormMismatch`](crate::ErrorKind::TemplateFormMismatch): it has another
    /// form than the analyser's.
    pub fn likeness(&self, template: &Template<Probe>) -> Result<Option<f32>> {
        let mut most = None;
        for reference in &self.person {
            let score = compare(template, reference)?.value();
            most = Some(most.map_or(score, |m: f32| m.max(score)));
        }
        Ok(most)
    }

    /// Keeps the frame in which the face looks most directly into the camera and is largest.
    fn keep_best(&mut self, now: &Measures, frame: &RgbImage) {
        let away = now.pose.yaw.abs() + now.pose.pitch.abs() + now.pose.roll.abs();
        let worth = now.size - away;
        // Copying every frame would cost more than it gains: only clear improvements count.
        if self.best.as_ref().is_none_or(|(best, _)| worth > best + 2.0) {
            self.best = Some((worth, frame.clone()));
        }
    }

    /// The frame that shows the face best, as a probe for a comparison; if none shows it, the first
    /// frame.
    pub fn best_frame(&self) -> Option<&RgbImage> {
        self.best.as_ref().map(|(_, frame)| frame)
    }

    /// The result.
    ///
    /// ```text
    /// a finding that indicates an attack          → fail
    /// otherwise, any finding                      → inconclusive
    /// otherwise                                   → pass
    /// ```
    ///
    /// A step that was not done, depth that did not show and a face that was not seen are findings,
    /// so a pass needs everything that a live person shows.
    pub fn finish(&self) -> SessionReport {
        let mut findings = self.findings.clone();
        let mut steps: Vec<StepEvidence> = Vec::new();
        for watch in &self.watches {
            let (evidence, found) = watch.finish();
            findings.extend(found);
            steps.push(evidence);
        }
        let duration_ms = self.last_ms.map_or(0, |last| last - self.first_ms);
        findings.extend(self.coverage(duration_ms));
        let parallax = self.parallax.evidence();
        findings.extend(depth(&parallax));
        findings.sort_unstable();
        findings.dedup();
        let outcome = if findings.iter().any(|finding| finding.is_attack()) {
            LivenessOutcome::Fail
        } else if findings.is_empty() {
            LivenessOutcome::Pass
        } else {
            LivenessOutcome::Inconclusive
        };
        SessionReport {
            schema: SESSION_SCHEMA.to_owned(),
            nonce: self.challenge.nonce().to_owned(),
            outcome,
            score: self.score(&findings, &parallax),
            findings,
            steps,
            parallax,
            least_likeness: self.least_likeness,
            frames: self.frames,
            frames_skipped: self.frames_skipped,
            frames_with_face: self.frames_with_face,
            duration_ms,
        }
    }

    /// Findings about how much was seen overall.
    fn coverage(&self, duration_ms: u64) -> Vec<Finding> {
        let mut findings = Vec::new();
        let end = self.challenge.steps().last().map_or(0, |step| step.until_ms);
        if duration_ms + LONGEST_GAP_MS < u64::from(end) {
            findings.push(Finding::EndedEarly);
        }
        let seconds = (duration_ms as f64 / 1000.0).max(1e-3);
        if f64::from(self.frames) / seconds < LEAST_RATE {
            findings.push(Finding::TooFewFrames);
        }
        let seen = f64::from(self.frames_with_face) / f64::from(self.frames.max(1));
        if seen < LEAST_SEEN || self.baseline.is_none() || self.compared < LEAST_COMPARED {
            findings.push(Finding::FaceNotSeen);
        }
        findings
    }

    /// The least of the shares of what a pass needs; with a finding that indicates an attack at
    /// most a quarter, and with any other finding at most a half.
    fn score(&self, findings: &[Finding], parallax: &ParallaxEvidence) -> f64 {
        let steps = self.watches.iter().map(|w| f64::from(w.progress())).sum::<f64>()
            / self.watches.len().max(1) as f64;
        let likeness = f64::from(self.least_likeness.unwrap_or(0.0)).clamp(0.0, 1.0);
        let relief = f64::from(parallax.relief).clamp(0.0, 1.0);
        let shares = steps.min(likeness).min(relief);
        if findings.iter().any(|finding| finding.is_attack()) {
            0.25 * shares
        } else if findings.is_empty() {
            0.5 + 0.5 * shares
        } else {
            0.5 * shares
        }
    }
}

/// What the parallax shows.
fn depth(parallax: &ParallaxEvidence) -> Option<Finding> {
    if parallax.frames < PARALLAX_FRAMES {
        return Some(Finding::TooLittleParallax);
    }
    let least = parallax.relief - 2.0 * parallax.relief_error;
    if parallax.relief < FLAT {
        Some(Finding::FlatFace)
    } else if parallax.relief < SOLID || least < FLAT {
        Some(Finding::TooLittleParallax)
    } else {
        None
    }
}
