//! A calibration: thresholds with the error rates measured at them, and the data they were measured
//! on.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ModelRecord, NormaliserRecord, SoftwareRecord};
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// The name and version of the calibration's format.
pub const CALIBRATION_SCHEMA: &str = "evenmatch.calibration/1";

/// What supports the false match rate of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// At least 30 false matches were seen, so the rate is known to about ±30 % ("rule of 30", G.
    /// Doddington and others, 2000).
    Measured,
    /// Fewer were seen: the claim is only the upper end of the interval.
    UpperBound,
}

/// An error rate with its exact counts and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibratedRate {
    /// Errors.
    pub errors: u64,
    /// Trials.
    pub trials: u64,
    /// `errors / trials`, or the mean over pairs of people where each counts once
    /// ([`CalibrationData::pairs_of_people`]).
    pub rate: f64,
    /// Lower end of the two-sided 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The rates of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibratedGroup {
    /// The attribute or intersection, such as `race×sex`.
    pub attribute: String,
    /// The group.
    pub group: String,
    /// False match rate among people of the group.
    pub fmr: CalibratedRate,
    /// False non-match rate; absent if the data has too few mated pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fnmr: Option<CalibratedRate>,
}

/// One threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibratedThreshold {
    /// The target false match rate.
    pub target_fmr: f64,
    /// Accept at this score and above.
    pub threshold: f64,
    /// What supports it.
    pub claim: Claim,
    /// False match rate of everyone.
    pub fmr: CalibratedRate,
    /// Ends of the 95 % prediction interval: the false match rate that the same number of other
    /// people of the same kind would show at this threshold. It is wider than the interval of the
    /// rate itself, since those others vary too.
    pub fmr_of_others: [f64; 2],
    /// False non-match rate of everyone; absent if the data has too few mated pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fnmr: Option<CalibratedRate>,
    /// The group whose false match rate has the highest upper end; absent without groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_group: Option<CalibratedGroup>,
    /// Every group with enough trials, by attribute and name.
    #[serde(default)]
    pub groups: Vec<CalibratedGroup>,
}

/// The data on which the rates were measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationData {
    /// In words.
    pub description: String,
    /// SHA-256 of the manifest.
    pub manifest_sha256: Digest,
    /// Photos.
    pub samples: u64,
    /// Photos that gave a template.
    pub acquired: u64,
    /// People.
    pub subjects: u64,
    /// Mated comparisons.
    pub mated: u64,
    /// Non-mated comparisons.
    pub nonmated: u64,
    /// Pairs of different people, if each counts once in the rates, as the mean over its
    /// comparisons; absent if each comparison counts once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs_of_people: Option<u64>,
}

/// What a score is evidence of: the natural logarithm of the likelihood ratio, "same person" over
/// "different people", as a linear function of the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Slope per unit of score.
    pub slope: f64,
    /// Value at score 0.
    pub intercept: f64,
    /// The lowest value that the data supports.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
    /// Cost of the log-likelihood ratios on the data used to fit them, in bits.
    pub cllr: f64,
    /// Mated comparisons behind it.
    pub mated: u64,
    /// Non-mated ones.
    pub nonmated: u64,
    /// A description of the data.
    pub description: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: Digest,
}

impl Evidence {
    /// The natural logarithm of the likelihood ratio of a score, within the range that the data
    /// supports.
    pub fn log_likelihood_ratio(&self, score: f32) -> f64 {
        (self.slope * f64::from(score) + self.intercept).clamp(self.lowest, self.highest)
    }
}

/// Whose false match rate a target refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FmrOf {
    /// The rate measured over all pairs.
    #[default]
    Everyone,
    /// The upper end of the 95 % interval of the worst measured group.
    WorstGroup,
}

/// Thresholds with the error rates that support them. It contains aggregate numbers only: no
/// template, no photo, no name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// [`CALIBRATION_SCHEMA`].
    pub schema: String,
    /// SHA-256 of the canonical form: this calibration as compact JSON, fields in this order,
    /// with 64 zeros here.
    pub digest: Digest,
    /// A short name.
    pub name: String,
    /// The day on which it was made, `YYYY-MM-DD`, as the caller states it.
    pub date: String,
    /// Target rates that the data does not support: fewer than three errors would be expected.
    #[serde(default)]
    pub refused: Vec<f64>,
    /// The software that made it.
    pub software: SoftwareRecord,
    /// The models by role, with the digests of the prepared files.
    pub models: Vec<ModelRecord>,
    /// The data.
    pub data: CalibrationData,
    /// Thresholds by descending target rate.
    pub threshold: Vec<CalibratedThreshold>,
    /// What a score is evidence of; absent if there were too few mated pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The normaliser whose scores these thresholds are for; absent for plain cosines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normaliser: Option<NormaliserRecord>,
}

impl Calibration {
    /// Reads a calibration from a TOML file, and checks that it was not changed.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; [`ErrorKind::InvalidArgument`] if it is not a calibration;
    /// [`ErrorKind::DigestMismatch`] if it was changed.
    pub fn from_path(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(Stage::Decide, path, e))?;
        Calibration::parse(&text).map_err(|error| error.in_path(path))
    }

    /// Reads a calibration from TOML.
    ///
    /// # Errors
    /// As for [`Calibration::from_path`].
    pub fn parse(text: &str) -> Result<Self> {
        let next = "make the calibration again: evenmatch calibrate";
        let calibration: Calibration = toml::from_str(text).map_err(|cause| {
            let line = cause.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            Error::new(ErrorKind::InvalidArgument, Stage::Decide, cause.message().to_owned())
                .at_line(line as u64)
                .next(next)
        })?;
        if calibration.schema != CALIBRATION_SCHEMA {
            let message =
                format!("the schema is {:?}, not {CALIBRATION_SCHEMA:?}", calibration.schema);
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Decide, message).next(next));
        }
        let found = calibration.computed_digest()?;
        if found != calibration.digest {
            let message = format!(
                "the calibration was changed: it states the digest {}, but its contents have \
                 {found}",
                calibration.digest
            );
            return Err(Error::new(ErrorKind::DigestMismatch, Stage::Decide, message).next(next));
        }
        Ok(calibration)
    }

    /// The canonical form, over which the digest and a signature are made.
    ///
    /// # Errors
    /// A number that is not finite has no canonical form.
    pub fn canonical(&self) -> Result<Vec<u8>> {
        let blank = Calibration { digest: Digest::from_bytes([0; 32]), ..self.clone() };
        serde_json::to_vec(&blank).map_err(not_written)
    }

    fn computed_digest(&self) -> Result<Digest> {
        Ok(Digest::of(&self.canonical()?))
    }

    /// The calibration with the digest of its contents.
    ///
    /// # Errors
    /// As for [`Calibration::canonical`].
    pub fn sealed(mut self) -> Result<Self> {
        self.digest = self.computed_digest()?;
        Ok(self)
    }

    /// The file's text.
    ///
    /// # Errors
    /// As for [`Calibration::canonical`].
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(not_written)
    }

    /// The threshold of a target false match rate of everyone, or the lowest one at which the
    /// worst measured group's rate is at most that with 95 % confidence.
    ///
    /// # Errors
    /// As for [`Calibration::at`]; also if no group was measured, or no threshold keeps the worst
    /// group's rate that low.
    pub fn at_rate(&self, rate: f64, of: FmrOf) -> Result<&CalibratedThreshold> {
        if of == FmrOf::Everyone {
            return self.at(rate);
        }
        let bound =
            |point: &CalibratedThreshold| point.worst_group.as_ref().map(|worst| worst.fmr.high);
        let found = self.threshold.iter().find(|point| bound(point).is_some_and(|b| b <= rate));
        found.ok_or_else(|| {
            let least = self.threshold.iter().filter_map(bound).reduce(f64::min);
            let message = match least {
                None => format!("the calibration `{}` did not measure any group", self.name),
                Some(least) => format!(
                    "the calibration `{}` cannot keep the worst group's false match rate at or \
                     below {rate:e}: its lowest upper bound is {least:.2e}",
                    self.name
                ),
            };
            Error::new(ErrorKind::InvalidArgument, Stage::Decide, message)
                .next("use a higher rate, or calibrate on more people of each group")
        })
    }

    /// The threshold of a target false match rate.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`], listing the available rates, if the calibration has none for
    /// this one.
    pub fn at(&self, target_fmr: f64) -> Result<&CalibratedThreshold> {
        let same = |rate: f64| (rate / target_fmr - 1.0).abs() < 1e-9;
        self.threshold.iter().find(|point| same(point.target_fmr)).ok_or_else(|| {
            let list = |rates: Vec<f64>| {
                rates.iter().map(|r| format!("{r:e}")).collect::<Vec<_>>().join(", ")
            };
            let message = if self.refused.iter().any(|rate| same(*rate)) {
                format!(
                    "the calibration `{}` does not support a false match rate of {target_fmr:e}: \
                     its {} non-mated comparisons are too few",
                    self.name, self.data.nonmated
                )
            } else {
                format!("the calibration `{}` has no threshold for {target_fmr:e}", self.name)
            };
            let known = list(self.threshold.iter().map(|point| point.target_fmr).collect());
            Error::new(ErrorKind::InvalidArgument, Stage::Decide, message)
                .next(format!("choose one of its rates: {known}"))
        })
    }

    /// Refuses models other than those it was measured with.
    ///
    /// # Errors
    /// [`ErrorKind::ModelMismatch`] naming the role and both digests.
    pub fn check_models(&self, models: &[ModelRecord]) -> Result<()> {
        for model in models {
            let own = self.models.iter().find(|own| own.role == model.role);
            if own.map(|own| own.sha256) != Some(model.sha256) {
                let of = own.map_or_else(|| "none".to_owned(), |own| own.sha256.to_string());
                let message = format!(
                    "the calibration `{}` was measured with a different {}: {of}, not {} ({})",
                    self.name, model.role, model.sha256, model.id
                );
                return Err(Error::new(ErrorKind::ModelMismatch, Stage::Decide, message)
                    .next("calibrate with these models: evenmatch calibrate"));
            }
        }
        Ok(())
    }
}

fn not_written(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::InvalidArgument, Stage::Export, "the calibration cannot be written")
        .caused_by(cause)
}
