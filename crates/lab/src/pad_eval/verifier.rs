//! The whole pipeline as a presenter.

use std::path::Path;

use image::RgbImage;
use serde_json::json;

use super::presenter::{Presentation, Presented, Presenter};
use crate::batch::{AcquisitionFailure, pipeline_key};
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch::{
    Acquisition, Probe, Reference, Source, Verifier,
    pad::passive::{Signal, score},
};
use evenmatch_audit::records::{FailureStage, PadOutcome};
use evenmatch_core::record::{SignalRecord, SignalVerdict};

/// The result of a challenge session for a sequence of frames.
#[derive(Debug, Clone)]
pub struct JudgedFrames {
    /// `Pass`, `Fail`, or `NonResponse` for an inconclusive session.
    pub outcome: PadOutcome,
    /// The session's score, 0 to 1, higher is more bona fide.
    pub score: Option<f64>,
    /// The codes of the findings.
    pub findings: Vec<String>,
    /// The frame to compare with a reference; `None` where none shows a face.
    pub probe: Option<RgbImage>,
}

/// Judges sequences of frames.
pub trait FrameJudge: Sync {
    /// Judges the frames, a folder or an animated image, as the answer to a challenge.
    ///
    /// # Errors
    /// Frames or a challenge that cannot be read, and faults of the models.
    fn judge(&self, frames: &Path, challenge: &Path) -> Result<JudgedFrames>;

    /// What its answers depend on apart from the files.
    fn key(&self) -> Digest;
}

/// Judges photos by their passive signals and frames by their session, and compares both with
/// their references as [`Verifier`] does.
///
/// A photo passes if no signal indicates an attack or is unclear. This means "no sign of an attack
/// was seen"; it does not prove that a live person was there.
pub struct VerifierPresenter<'a> {
    verifier: &'a Verifier,
    frames: &'a dyn FrameJudge,
}

impl<'a> VerifierPresenter<'a> {
    /// A presenter from a verifier whose policy checks liveness, and a judge of frames.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] where the policy turns liveness off: every photo would pass.
    pub fn new(verifier: &'a Verifier, frames: &'a dyn FrameJudge) -> Result<Self> {
        if verifier.policy().liveness == evenmatch::LivenessPolicy::Off {
            let message = "the policy does not check liveness, so there is nothing to evaluate";
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Decide, message)
                .next("set liveness = \"advisory\" in the policy"));
        }
        Ok(VerifierPresenter { verifier, frames })
    }

    fn still(&self, presentation: &Presentation<'_>) -> Result<Presented> {
        let probe = self.verifier.acquire::<Probe>(presentation.path)?;
        let (outcome, reasons) = judged(&probe.signals);
        let presented = Presented {
            outcome,
            pad_score: (!probe.signals.is_empty()).then(|| score(&probe.signals)),
            reasons,
            failure: None,
            score: None,
        };
        self.compared(presented, &probe, presentation.reference)
    }

    fn sequence(&self, presentation: &Presentation<'_>, challenge: &Path) -> Result<Presented> {
        let JudgedFrames { outcome, score, findings, probe } =
            self.frames.judge(presentation.path, challenge)?;
        let presented =
            Presented { outcome, pad_score: score, reasons: findings, failure: None, score: None };
        match &probe {
            Some(frame) => {
                let probe = self.verifier.acquire::<Probe>(frame)?;
                self.compared(presented, &probe, presentation.reference)
            }
            None => {
                let failure = format!("{}:no_face_found", FailureStage::Detect.name());
                Ok(Presented { failure: Some(failure), ..presented })
            }
        }
    }

    /// With the score against the reference, or the reason why there is none.
    fn compared(
        &self,
        presented: Presented,
        probe: &Acquisition<Probe>,
        reference: Option<&Path>,
    ) -> Result<Presented> {
        if probe.template.is_none() {
            let failure = AcquisitionFailure::of_reasons(&probe.reasons).to_string();
            let mut reasons = presented.reasons;
            reasons.push(failure.clone());
            return Ok(Presented { reasons, failure: Some(failure), ..presented });
        }
        let Some(reference) = reference else { return Ok(presented) };
        let source: Source<'_, Reference> = reference.into();
        let acquired = match self.verifier.acquire(source) {
            Ok(acquired) if acquired.template.is_some() => acquired,
            Ok(acquired) => {
                let failure = AcquisitionFailure::of_reasons(&acquired.reasons);
                return Ok(without_reference(presented, &failure));
            }
            Err(error) => {
                let failure = AcquisitionFailure::of_error(&error).ok_or(error)?;
                return Ok(without_reference(presented, &failure));
            }
        };
        let score = self.verifier.decide(&acquired, probe)?.score;
        Ok(Presented { score, ..presented })
    }
}

impl Presenter for VerifierPresenter<'_> {
    fn present(&self, presentation: &Presentation<'_>) -> Result<Presented> {
        match presentation.challenge {
            Some(challenge) => self.sequence(presentation, challenge),
            None if presentation.path.is_dir() => {
                Ok(Presented::failed(format!("{}:no_challenge", FailureStage::Liveness.name())))
            }
            None => self.still(presentation),
        }
    }

    fn key(&self) -> Digest {
        let verifier = self.verifier;
        let passive = verifier.passive_signals();
        let key = json!({
            "schema": "evenmatch.pad_eval.run/1",
            "pipeline": pipeline_key(verifier),
            "normaliser": verifier.normaliser().map(|normaliser| normaliser.digest()),
            "signals": Signal::ALL.map(Signal::name),
            "passive": passive.limits(),
            "network": passive.network_id().map(|id| id.sha256),
            "frames": self.frames.key(),
        });
        Digest::of(key.to_string().as_bytes())
    }
}

fn without_reference(presented: Presented, failure: &AcquisitionFailure) -> Presented {
    let failure = format!("{}:reference_{}", failure.stage.name(), failure.code);
    Presented { failure: Some(failure), ..presented }
}

/// The outcome of a photo's signals, with the names of the signals that led to it. A photo without
/// a measured signal gets no answer.
fn judged(signals: &[SignalRecord]) -> (PadOutcome, Vec<String>) {
    let speaking = |verdict| -> Vec<String> {
        let spoke = signals.iter().filter(|signal| signal.verdict == verdict);
        spoke.map(|signal| signal.name.clone()).collect()
    };
    let (seen, unclear) = (speaking(SignalVerdict::Attack), speaking(SignalVerdict::Unclear));
    if !seen.is_empty() {
        (PadOutcome::Fail, seen)
    } else if !unclear.is_empty() {
        (PadOutcome::NonResponse, unclear)
    } else if signals.is_empty() {
        (PadOutcome::NonResponse, vec!["no_signal".to_owned()])
    } else {
        (PadOutcome::Pass, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_refused_by_one_signal_and_left_open_by_an_unclear_one() {
        use SignalVerdict::{Attack, Clear, Unclear};
        let signal = |verdict| SignalRecord {
            name: format!("{verdict:?}"),
            value: 0.0,
            limit: 1.0,
            jitter: 0.0,
            verdict,
        };
        for (verdicts, outcome, reasons) in [
            (&[Clear, Clear][..], PadOutcome::Pass, &[][..]),
            (&[Clear, Unclear], PadOutcome::NonResponse, &["Unclear"]),
            (&[Unclear, Attack], PadOutcome::Fail, &["Attack"]),
            (&[], PadOutcome::NonResponse, &["no_signal"]),
        ] {
            let signals: Vec<SignalRecord> = verdicts.iter().map(|v| signal(*v)).collect();
            let (seen, told) = judged(&signals);
            assert_eq!(
                (seen, told.iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
                (outcome, reasons)
            );
        }
    }
}
