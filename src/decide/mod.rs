//! Policy and operating point, and the decision at a threshold.

mod liveness_reasons;
mod retention;
mod review;

pub use retention::Retention;
pub use review::Review;

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::compare::ComparisonScore;
use crate::detect::DetectorSettings;
use crate::pad::passive::PassiveLimits;
use crate::quality::{Gate, QualityLimits};
use crate::sample::DecodeLimits;
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::numbers::{count, percent_at_most};
use evenmatch_core::record::{
    CalibratedThreshold, Calibration, Evidence, EvidenceRecord, FmrOf, GroupClaims, Liveness,
    LivenessOutcome, NormaliserRecord, OperatingPointRecord, Outcome, Reason, ReasonCode,
    TemplateForm,
};

/// What to do when a photo shows several faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeveralFaces {
    /// Take the face with the largest box, and report the others.
    #[default]
    Largest,
    /// Take none: the sample is not acquired.
    Error,
}

/// Whether evidence of liveness is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LivenessPolicy {
    /// Liveness is not checked.
    #[default]
    Off,
    /// It is reported but does not affect the decision.
    Advisory,
    /// Without it there is no match.
    Require,
}

/// A switch that is on by default; a policy can turn it off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoAutomatedFinalRefusal(pub bool);

impl Default for NoAutomatedFinalRefusal {
    fn default() -> Self {
        NoAutomatedFinalRefusal(true)
    }
}

/// The rules by which a [`Verifier`](crate::Verifier) acquires and decides. In a file it is TOML;
/// settings that are left out have their defaults.
///
/// ```
/// let policy: evenmatch::Policy = "several_faces = 'error'\nthreshold = 0.4".parse()?;
/// assert_eq!(policy.threshold, Some(0.4));
/// # Ok::<(), evenmatch::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// What to do when a photo shows several faces.
    pub several_faces: SeveralFaces,
    /// Whether evidence of liveness is required.
    pub liveness: LivenessPolicy,
    /// What is done with photos of poor quality.
    pub gate: Gate,
    /// Which views of a face its template is made from: `plain` or `mirrored`; if absent, those of
    /// the calibration in force, or else `mirrored`.
    pub templates: Option<TemplateForm>,
    /// Accept at this score and above, −1 to 1; if absent, the embedder's published threshold.
    pub threshold: Option<f32>,
    /// Accept at the threshold that a calibration measured for this false match rate.
    pub fmr: Option<f64>,
    /// Whose rate that is: that of `every_group` which the calibration covers (of everyone, where it
    /// covers none), of `everyone`, or the `worst_group`'s upper bound.
    pub fmr_of: FmrOf,
    /// Scores nearer than this to the threshold, on either side, are left to a person.
    pub review_band: f32,
    /// When a face counts as found.
    pub detector: DetectorSettings,
    /// What counts as poor quality.
    pub quality: QualityLimits,
    /// The limits from which a photo's signals indicate an attack, where liveness is checked.
    pub passive: PassiveLimits,
    /// Do not look again, turned and in other light, at photos in which no face was found or the
    /// face looks unusual.
    pub plain_looks_only: bool,
    /// Milliseconds after which no further detection attempt starts; without it, only the number of
    /// attempts is limited, and the same photo gives the same answer on every machine.
    pub look_again_ms: Option<u32>,
    /// Whether a non-match is never final by itself: it then means "not confirmed, a person must
    /// review it".
    pub no_automated_final_refusal: NoAutomatedFinalRefusal,
    /// How long enrolments are kept.
    pub retention: Retention,
    /// How people review decisions.
    pub review: Review,
    /// Limits on what is decoded.
    pub limits: DecodeLimits,
    /// Decode large JPEGs at full size, which is slower and gives the embedder no more detail.
    pub full_decode: bool,
}

impl std::str::FromStr for Policy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Policy> {
        let policy: Policy = toml::from_str(text).map_err(|cause| {
            let line = cause.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            let message = cause.message().to_owned();
            Error::new(ErrorKind::InvalidArgument, Stage::Decide, message)
                .at_line(line as u64)
                .next("correct the policy; docs/POLICY.md lists every setting")
        })?;
        policy.check()?;
        Ok(policy)
    }
}

impl Policy {
    /// The false match rate at which decisions are made where a policy states neither a rate nor a
    /// threshold.
    pub const DEFAULT_FMR: f64 = 1e-3;

    /// The false match rate at which decisions are made, unless the policy states a threshold.
    pub fn target_fmr(&self) -> f64 {
        self.fmr.unwrap_or(Self::DEFAULT_FMR)
    }

    /// Reads a policy from a TOML file.
    pub fn from_path(path: &Path) -> Result<Policy> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(Stage::Decide, path, e))?;
        text.parse().map_err(|error: Error| error.in_path(path))
    }

    /// How long to keep looking again at a photo.
    pub(crate) fn look_again_for(&self) -> Option<Duration> {
        self.look_again_ms.map(|ms| Duration::from_millis(ms.into()))
    }

    /// Refuses values that are out of range, or that contradict each other.
    pub fn check(&self) -> Result<()> {
        let refuse = |message: String, next: &str| {
            Err(Error::new(ErrorKind::InvalidArgument, Stage::Decide, message).next(next))
        };
        if let Some(rate) = self.fmr.filter(|rate| !(*rate > 0.0 && *rate < 1.0)) {
            return refuse(
                format!("{rate} is not a rate between 0 and 1"),
                "set a rate such as 1e-3",
            );
        }
        if self.fmr.is_some() && self.threshold.is_some() {
            let message = "the policy sets both a threshold and a false match rate".to_owned();
            return refuse(message, "remove either `threshold` or `fmr`");
        }
        if !(0.0..=2.0).contains(&self.review_band) {
            let message = format!("the review band {} is out of range", self.review_band);
            return refuse(message, "set it to a value from 0 to 2, such as 0.02");
        }
        self.quality.check()?;
        self.passive.check()?;
        self.retention.check()?;
        self.review.check()?;
        self.threshold.map_or(Ok(()), check_threshold)
    }
}

fn check_threshold(threshold: f32) -> Result<()> {
    if (-1.0..=1.0).contains(&threshold) {
        return Ok(());
    }
    let message = format!("the threshold {threshold} is not a cosine between -1 and 1");
    Err(Error::new(ErrorKind::InvalidArgument, Stage::Decide, message)
        .next("set a threshold between -1 and 1, such as 0.363"))
}

/// A threshold, and what is known about the error rate at it.
#[derive(Debug, Clone, PartialEq)]
pub struct OperatingPoint {
    threshold: f32,
    basis: ThresholdBasis,
    evidence: Option<Evidence>,
}

/// Where a threshold comes from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ThresholdBasis {
    /// The publisher of the embedder recommends it.
    Publisher {
        /// Where it was published.
        source: String,
    },
    /// The caller set it.
    Stated,
    /// A calibration measured it.
    Calibrated {
        /// Name and digest of the calibration.
        calibration: String,
        /// The target false match rate.
        target_fmr: f64,
        /// Upper bound on the false match rate of the worst measured group, or of everyone where
        /// no group was measured.
        fmr_upper_worst_group: f64,
        /// The number of non-mated comparisons it was measured on.
        n_nonmated: u64,
        /// The same in words.
        claim: String,
        /// Digest of the normaliser whose scores the threshold is for.
        normaliser: Option<Digest>,
    },
}

impl OperatingPoint {
    /// The operating point that a policy sets or, failing that, the embedder's publisher. No
    /// calibration supports either, and the record says so.
    pub fn resolve(stated: Option<f32>, published: Option<(f32, String)>) -> Result<Self> {
        let (threshold, basis) = match (stated, published) {
            (Some(threshold), _) => (threshold, ThresholdBasis::Stated),
            (None, Some((threshold, source))) => (threshold, ThresholdBasis::Publisher { source }),
            (None, None) => {
                let message = "the embedder's publisher states no threshold";
                return Err(Error::new(ErrorKind::InvalidArgument, Stage::Decide, message)
                    .next("set one: --threshold X, or `threshold = X` in the policy"));
            }
        };
        check_threshold(threshold)?;
        Ok(OperatingPoint { threshold, basis, evidence: None })
    }

    /// The operating point that a calibration measured for a target false match rate.
    ///
    /// # Errors
    ///
    /// The calibration has no threshold for this rate.
    pub fn calibrated(calibration: &Calibration, target_fmr: f64, of: FmrOf) -> Result<Self> {
        let point = calibration.at_rate(target_fmr, of)?;
        let threshold = point.threshold as f32;
        // The nearest single-precision number may lie below the measured threshold.
        let threshold =
            if f64::from(threshold) < point.threshold { threshold.next_up() } else { threshold };
        check_threshold(threshold)?;
        let worst = point.worst_group.as_ref();
        let upper = worst.map_or(point.fmr.high, |group| group.fmr.high);
        let claims = calibration.group_claims.as_ref().filter(|_| of != FmrOf::Everyone);
        let claim = claim(calibration, &point, claims, upper);
        let basis = ThresholdBasis::Calibrated {
            calibration: format!("{} (sha256 {})", calibration.name, calibration.digest),
            target_fmr: point.target_fmr,
            fmr_upper_worst_group: upper,
            n_nonmated: calibration.data.nonmated,
            claim,
            normaliser: calibration.normaliser.as_ref().map(NormaliserRecord::digest),
        };
        Ok(OperatingPoint { threshold, basis, evidence: calibration.evidence.clone() })
    }

    /// The false match rate that a calibration measured the threshold for; `None` for a bare one.
    pub fn target_fmr(&self) -> Option<f64> {
        match &self.basis {
            ThresholdBasis::Calibrated { target_fmr, .. } => Some(*target_fmr),
            _ => None,
        }
    }

    /// Whether a calibration stands behind it.
    pub fn is_calibrated(&self) -> bool {
        matches!(self.basis, ThresholdBasis::Calibrated { .. })
    }

    /// Scores at or above it match.
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// The point as data.
    pub fn record(&self) -> OperatingPointRecord {
        let bare = |basis: &str, source: Option<&String>| OperatingPointRecord {
            basis: basis.to_owned(),
            source: source.cloned(),
            target_fmr: None,
            calibration: None,
            fmr_upper_worst_group: None,
            n_nonmated: None,
            claim: None,
            normaliser: None,
        };
        match &self.basis {
            ThresholdBasis::Publisher { source } => bare("publisher", Some(source)),
            ThresholdBasis::Stated => bare("stated", None),
            ThresholdBasis::Calibrated {
                calibration,
                target_fmr,
                fmr_upper_worst_group,
                n_nonmated,
                claim,
                normaliser,
            } => OperatingPointRecord {
                target_fmr: Some(*target_fmr),
                calibration: Some(calibration.clone()),
                fmr_upper_worst_group: Some(*fmr_upper_worst_group),
                n_nonmated: Some(*n_nonmated),
                claim: Some(claim.clone()),
                normaliser: *normaliser,
                ..bare("calibration", None)
            },
        }
    }

    /// What a score is evidence of, where a calibration gives that.
    pub fn evidence(&self, score: ComparisonScore) -> Option<EvidenceRecord> {
        self.evidence.as_ref().map(|evidence| EvidenceRecord {
            log_likelihood_ratio: evidence.log_likelihood_ratio(score.value()),
            source: evidence.description.clone(),
        })
    }

    /// Where it comes from.
    pub fn basis(&self) -> &ThresholdBasis {
        &self.basis
    }
}

/// What a calibration claims for one of its thresholds, in words.
fn claim(
    calibration: &Calibration,
    point: &CalibratedThreshold,
    claims: Option<&GroupClaims>,
    upper: f64,
) -> String {
    let whom = match (&point.worst_group, claims) {
        (Some(worst), Some(claims)) => {
            let ages = if claims.ages_known { " aged ten or more" } else { "" };
            format!(
                " in each of {} groups of at least {} measured people{ages} (most in {})",
                point.groups.len(),
                claims.least_people,
                worst.group
            )
        }
        (Some(worst), None) => {
            format!(" in the group with the highest measured rate ({})", worst.group)
        }
        (None, _) => String::new(),
    };
    format!(
        "at this threshold, at most {} of pairs of different people{whom} match, with 95 % \
         confidence; measured on {} people in {} comparisons",
        percent_at_most(upper),
        count(calibration.data.subjects),
        count(calibration.data.nonmated)
    )
}

/// What was decided, and why.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Decision {
    /// Match, non-match or undecided.
    pub outcome: Outcome,
    /// The reasons, decisive ones first.
    pub reasons: Vec<Reason>,
    /// What is known about liveness.
    pub liveness: Liveness,
}

/// Decides one transaction.
///
/// `score` is `None` where a sample could not be acquired; `acquisition` are the reasons that
/// acquiring gave; `liveness` is the evidence of it. The rule, in order:
///
/// ```text
/// no score                                  → undecided
/// |score − threshold| < review band         → undecided
/// score < threshold, and the face hard to compare → undecided
/// score < threshold                         → non-match
/// liveness required, and no pass            → undecided
/// score ≥ threshold                         → match
/// ```
pub fn decide(
    policy: &Policy,
    point: &OperatingPoint,
    score: Option<ComparisonScore>,
    acquisition: Vec<Reason>,
    liveness: Liveness,
) -> Decision {
    let unproven =
        policy.liveness == LivenessPolicy::Require && liveness.outcome != LivenessOutcome::Pass;
    let near = score.is_some_and(|s| (s.value() - point.threshold).abs() < policy.review_band);
    let mut reasons = acquisition;
    let unseen = reasons.iter().any(|reason| reason.code.leaves_no_evidence());
    let outcome = match score {
        None => Outcome::Undecided,
        Some(score) => {
            let passes = score.value() >= point.threshold;
            let code = if passes {
                ReasonCode::ScoreAtOrAboveThreshold
            } else {
                ReasonCode::ScoreBelowThreshold
            };
            reasons.push(Reason::new(code).measured(score.value(), point.threshold));
            if near {
                let band = Reason::new(ReasonCode::ScoreInReviewBand);
                reasons.push(band.measured(score.value(), point.threshold));
                Outcome::Undecided
            } else if !passes && unseen {
                for reason in reasons.iter_mut().filter(|r| r.code.leaves_no_evidence()) {
                    reason.decisive = true;
                }
                Outcome::Undecided
            } else if !passes {
                Outcome::NonMatch
            } else if unproven {
                Outcome::Undecided
            } else {
                Outcome::Match
            }
        }
    };
    let passes = score.is_some_and(|score| score.value() >= point.threshold);
    let decides = unproven && passes && !near;
    if policy.liveness != LivenessPolicy::Off {
        let seen = liveness_reasons::of(&liveness).into_iter();
        reasons.extend(seen.map(|reason| if decides { reason } else { reason.advisory() }));
    }
    if score.is_some() && !point.is_calibrated() {
        reasons.push(Reason::new(ReasonCode::ThresholdNotCalibrated).advisory());
    }
    // Where liveness or nearness was the obstacle, the side that a score lies on is not decisive.
    if outcome == Outcome::Undecided {
        for reason in &mut reasons {
            let codes = [ReasonCode::ScoreAtOrAboveThreshold, ReasonCode::ScoreBelowThreshold];
            if codes.contains(&reason.code) {
                reason.decisive = false;
            }
        }
    }
    // Stable: within each half the stages stay in order.
    reasons.sort_by_key(|reason| !reason.decisive);
    Decision { outcome, reasons, liveness }
}
