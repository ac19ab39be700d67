//! What follows from a whole session: its outcome, with the evidence.

use evenmatch_core::record::LivenessOutcome;

use super::challenge::Challenge;
use super::follower::LONGEST_GAP_MS;
use super::movement::StepWatch;
use super::parallax::Parallax;
use super::report::{Finding, ParallaxEvidence, SESSION_SCHEMA, SessionReport, StepEvidence};

/// Frames per second below which motion cannot be judged.
const LEAST_RATE: f64 = 8.0;
/// Share of the frames that must show the face.
const LEAST_SEEN: f64 = 0.7;
/// Templates that must be compared with those of the start.
const LEAST_COMPARED: u32 = 3;
/// The fewest frames with a turned head from which depth is judged.
const PARALLAX_FRAMES: u32 = 4;
/// A solid head shows at least the first share of its relief; something flat at most the second.
const SOLID: f32 = 0.45;
const FLAT: f32 = 0.25;

/// How much was seen.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) frames: u32,
    pub(super) frames_skipped: u32,
    pub(super) frames_repeated: u32,
    pub(super) frames_with_face: u32,
    /// Templates that were compared with those of the start.
    pub(super) compared: u32,
}

/// What a whole session showed.
pub(super) struct Whole<'a> {
    pub(super) challenge: &'a Challenge,
    /// What was found on the way.
    pub(super) findings: Vec<Finding>,
    pub(super) watches: &'a [StepWatch],
    pub(super) parallax: &'a Parallax,
    pub(super) counts: Counts,
    /// The face at the start was seen well enough to compare with.
    pub(super) has_baseline: bool,
    pub(super) least_likeness: Option<f32>,
    pub(super) duration_ms: u64,
}

impl Whole<'_> {
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
    pub(super) fn report(self) -> SessionReport {
        let mut findings = self.findings.clone();
        let mut steps: Vec<StepEvidence> = Vec::new();
        for watch in self.watches {
            let (evidence, found) = watch.finish();
            findings.extend(found);
            steps.push(evidence);
        }
        findings.extend(self.coverage());
        let parallax = self.parallax.evidence();
        if self.challenge.person_looks() {
            findings.push(Finding::PersonMustLook);
        } else {
            findings.extend(depth(&parallax, self.parallax.shows_a_plane()));
        }
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
            frames: self.counts.frames,
            frames_skipped: self.counts.frames_skipped,
            frames_repeated: self.counts.frames_repeated,
            frames_with_face: self.counts.frames_with_face,
            duration_ms: self.duration_ms,
        }
    }

    /// Findings about how much was seen overall.
    fn coverage(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let end = self.challenge.steps().last().map_or(0, |step| step.until_ms);
        if self.duration_ms + LONGEST_GAP_MS < u64::from(end) {
            findings.push(Finding::EndedEarly);
        }
        let seconds = (self.duration_ms as f64 / 1000.0).max(1e-3);
        let new = self.counts.frames.saturating_sub(self.counts.frames_repeated);
        if f64::from(new) / seconds < LEAST_RATE {
            findings.push(Finding::TooFewFrames);
        }
        let seen = f64::from(self.counts.frames_with_face) / f64::from(new.max(1));
        if seen < LEAST_SEEN || !self.has_baseline || self.counts.compared < LEAST_COMPARED {
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

/// What the parallax shows. A face that looks foreshortened counts as flat unless its turns show the
/// relief of a solid head: faces change their shape, and the mesh loses heads that turn very far.
fn depth(parallax: &ParallaxEvidence, looks_foreshortened: bool) -> Option<Finding> {
    let least = parallax.relief - 2.0 * parallax.relief_error;
    let enough = parallax.frames >= PARALLAX_FRAMES;
    let solid = enough && parallax.relief >= SOLID && least >= FLAT;
    if solid {
        None
    } else if looks_foreshortened || (enough && parallax.relief < FLAT) {
        Some(Finding::FlatFace)
    } else {
        Some(Finding::TooLittleParallax)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relief_outweighs_foreshortening_and_nothing_else_does() {
        let shown = |frames, relief, relief_error| {
            let evidence = ParallaxEvidence { frames, relief, relief_error, ..Default::default() };
            [false, true].map(|foreshortened| depth(&evidence, foreshortened))
        };
        use Finding::{FlatFace, TooLittleParallax};
        assert_eq!(shown(20, 0.8, 0.02), [None, None]);
        assert_eq!(shown(20, 0.8, 0.4), [Some(TooLittleParallax), Some(FlatFace)], "not sure");
        assert_eq!(shown(20, 0.4, 0.02), [Some(TooLittleParallax), Some(FlatFace)]);
        assert_eq!(shown(20, 0.1, 0.02), [Some(FlatFace); 2]);
        assert_eq!(shown(2, 0.8, 0.02), [Some(TooLittleParallax), Some(FlatFace)]);
    }
}
