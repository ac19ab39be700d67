//! Judging frames with challenge sessions.

use std::path::Path;

use serde_json::json;

use super::verifier::{FrameJudge, JudgedFrames};
use crate::{Digest, Error, Result, Stage};
use evenmatch::{
    DecodeLimits,
    pad::{Challenge, FrameAnalyser, Frames, LivenessSession, SESSION_SCHEMA},
};
use evenmatch_audit::records::PadOutcome;
use evenmatch_core::record::LivenessOutcome;

/// The frame rate of frames without timestamps.
const FPS: f64 = 15.0;

/// Judges each sequence of frames with a session of its own. Nonces are not used up, because this
/// evaluates recordings.
#[derive(Debug, Clone)]
pub struct SessionJudge {
    analyser: FrameAnalyser,
    limits: DecodeLimits,
}

impl SessionJudge {
    /// A judge that decodes frames within these limits.
    pub fn new(analyser: FrameAnalyser, limits: DecodeLimits) -> Self {
        SessionJudge { analyser, limits }
    }
}

impl FrameJudge for SessionJudge {
    fn judge(&self, frames: &Path, challenge: &Path) -> Result<JudgedFrames> {
        let text = std::fs::read_to_string(challenge)
            .map_err(|cause| Error::io(Stage::Liveness, challenge, cause))?;
        let challenge = Challenge::from_json(&text).map_err(|error| error.in_path(challenge))?;
        let mut session = LivenessSession::new(challenge, self.analyser.clone());
        for frame in Frames::open(frames, FPS, &self.limits)? {
            let Some((image, at)) = frame? else {
                session.skip();
                continue;
            };
            if session.feed(&image, at)?.over {
                break;
            }
        }
        let report = session.finish();
        Ok(JudgedFrames {
            outcome: match report.outcome {
                LivenessOutcome::Pass => PadOutcome::Pass,
                LivenessOutcome::Fail => PadOutcome::Fail,
                LivenessOutcome::Inconclusive | LivenessOutcome::NotChecked => {
                    PadOutcome::NonResponse
                }
            },
            score: Some(report.score),
            findings: report.findings.iter().map(ToString::to_string).collect(),
            probe: session.best_frame().cloned(),
        })
    }

    fn key(&self) -> Digest {
        let models = self.analyser.models().map(|id| id.sha256);
        let version = evenmatch_core::VERSION;
        let key = json!({ "schema": SESSION_SCHEMA, "models": models, "version": version });
        Digest::of(key.to_string().as_bytes())
    }
}
