//! A session: frames and their times in, an outcome with its evidence out.

use std::time::Duration;

use image::RgbImage;

use super::challenge::Challenge;
use super::follower::Follower;
use super::frame_analysis::FrameAnalyser;
use super::judge::Judge;
use super::report::{SessionProgress, SessionReport};
use crate::Result;
use crate::template::{Probe, Template};

/// Judges the frames of one person answering one challenge.
///
/// Its memory does not grow with the number of frames, except for 40 bytes each.
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
    follower: Follower,
    judge: Judge,
}

impl LivenessSession {
    /// A session that has seen nothing yet.
    pub fn new(challenge: Challenge, analyser: FrameAnalyser) -> Self {
        LivenessSession { follower: Follower::new(analyser), judge: Judge::new(challenge) }
    }

    /// The challenge to answer.
    pub fn challenge(&self) -> &Challenge {
        self.judge.challenge()
    }

    /// Reports that a frame could not be read. It is counted; since its content is unknown, an
    /// abrupt change across it does not count as a cut.
    pub fn skip(&mut self) {
        self.follower.skip();
        self.judge.skip();
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
        // Frames after the end, and those beyond the most, are counted and not examined.
        match self.follower.elapsed(at) {
            Some(now_ms) if self.judge.is_past(now_ms) || self.judge.is_full() => {
                Ok(self.judge.count(now_ms))
            }
            _ => Ok(self.judge.take(&self.follower.see(frame, at)?)),
        }
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
        self.follower.likeness(template)
    }

    /// The frame that shows the face best, as a probe for a comparison; if none shows it, the first
    /// frame.
    pub fn best_frame(&self) -> Option<&RgbImage> {
        self.follower.best_frame()
    }

    /// The result; see [`Judge::finish`].
    pub fn finish(&self) -> SessionReport {
        self.judge.finish()
    }
}
