//! What is known about whether a live person was in front of the camera.

use serde::{Deserialize, Serialize};

/// Outcome of presentation attack detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LivenessOutcome {
    /// A live person was shown to be there.
    Pass,
    /// An attack was seen.
    Fail,
    /// It was checked, and remains open.
    Inconclusive,
    /// It was not checked; or only on a photo, which shows no sign of an attack but cannot show
    /// that a person was there.
    NotChecked,
}

/// What one passive signal says about a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalVerdict {
    /// It sees no sign of an attack.
    Clear,
    /// It sees an attack, wherever the box is within the tolerance.
    Attack,
    /// It asks for more evidence: its verdict changes if the box moves a little, or it is too weak
    /// to deny anything by itself.
    Unclear,
}

/// A passive signal on a still photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalRecord {
    /// Its name, such as `periodic_pattern`; docs/PASSIVE.md lists all.
    pub name: String,
    /// What was measured, at the face's own box.
    pub value: f32,
    /// The value from which it indicates an attack.
    pub limit: f32,
    /// Largest minus smallest value while the box is moved and resized by 5 %.
    pub jitter: f32,
    /// What it says.
    pub verdict: SignalVerdict,
}

/// A summary of a challenge session that was given as evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionEvidence {
    /// The nonce of the challenge.
    pub nonce: String,
    /// Its outcome.
    pub outcome: LivenessOutcome,
    /// What was found, by code; docs/LIVENESS.md lists all.
    pub findings: Vec<String>,
    /// Similarity of the session's face to the probe, a plain cosine, if the probe is a separate
    /// photo; null if the probe is a frame of the session.
    pub likeness: Option<f32>,
    /// The lowest similarity at which the probe counts as the session's person.
    pub least_likeness: f32,
}

impl SessionEvidence {
    /// Whether the session shows someone other than the probe.
    pub fn of_other_person(&self) -> bool {
        self.likeness.is_some_and(|likeness| likeness < self.least_likeness)
    }
}

/// What is known about liveness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Liveness {
    /// The outcome.
    pub outcome: LivenessOutcome,
    /// The passive signals; empty if the photo was not checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<SignalRecord>,
    /// The challenge session; absent if none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionEvidence>,
}

impl Liveness {
    /// What is known if nothing was checked.
    pub fn not_checked() -> Self {
        Liveness { outcome: LivenessOutcome::NotChecked, signals: Vec::new(), session: None }
    }

    /// What follows from passive signals and a session.
    ///
    /// ```text
    /// a signal sees an attack, the session failed,
    /// or it shows someone else                     → fail
    /// otherwise, with a session                    → the session's outcome
    /// otherwise, a signal asks for more            → inconclusive
    /// otherwise                                    → not_checked
    /// ```
    ///
    /// A signal can deny or ask for more, but never grants anything; a session that passed is the
    /// additional evidence that it asks for.
    pub fn judged(signals: Vec<SignalRecord>, session: Option<SessionEvidence>) -> Self {
        let any = |verdict| signals.iter().any(|signal| signal.verdict == verdict);
        let denied = session.as_ref().is_some_and(SessionEvidence::of_other_person);
        let outcome = match &session {
            _ if any(SignalVerdict::Attack) || denied => LivenessOutcome::Fail,
            Some(session) => session.outcome,
            None if any(SignalVerdict::Unclear) => LivenessOutcome::Inconclusive,
            None => LivenessOutcome::NotChecked,
        };
        Liveness { outcome, signals, session }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(verdict: SignalVerdict) -> SignalRecord {
        SignalRecord { name: "margin".to_owned(), value: 1.0, limit: 0.5, jitter: 0.0, verdict }
    }

    fn session(outcome: LivenessOutcome, likeness: Option<f32>) -> SessionEvidence {
        let findings = Vec::new();
        SessionEvidence { nonce: "n".into(), outcome, findings, likeness, least_likeness: 0.4 }
    }

    #[test]
    fn signals_deny_or_ask_and_never_grant() {
        use LivenessOutcome as L;
        use SignalVerdict as S;
        for (verdict, brought, expected) in [
            (S::Clear, None, L::NotChecked),
            (S::Unclear, None, L::Inconclusive),
            (S::Attack, None, L::Fail),
            (S::Clear, Some(session(L::Pass, None)), L::Pass),
            (S::Unclear, Some(session(L::Pass, None)), L::Pass),
            (S::Attack, Some(session(L::Pass, None)), L::Fail),
            (S::Clear, Some(session(L::Inconclusive, None)), L::Inconclusive),
            (S::Clear, Some(session(L::Fail, None)), L::Fail),
            (S::Clear, Some(session(L::Pass, Some(0.39))), L::Fail),
            (S::Clear, Some(session(L::Pass, Some(0.4))), L::Pass),
        ] {
            assert_eq!(Liveness::judged(vec![signal(verdict)], brought).outcome, expected);
        }
        assert_eq!(Liveness::judged(Vec::new(), None), Liveness::not_checked());
    }
}
