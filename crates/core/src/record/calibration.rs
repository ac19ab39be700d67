//! A calibration: thresholds with the error rates measured at them, and the data they were measured
//! on.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::calibrated::same;
use super::{
    CalibratedThreshold, GroupClaims, ModelRecord, NormaliserRecord, SoftwareRecord, TemplateForm,
};
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// The name and version of the calibration's format.
pub const CALIBRATION_SCHEMA: &str = "evenmatch.calibration/1";

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
#[non_exhaustive]
pub enum FmrOf {
    /// The rate measured in every group that the calibration covers; over all pairs, where it
    /// covers no group.
    #[default]
    EveryGroup,
    /// The rate measured over all pairs.
    Everyone,
    /// The upper end of the 95 % interval of the worst group that the calibration covers; of the
    /// worst measured group, where it covers none.
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
    /// The form of the templates that were compared; absent in calibrations of plain ones.
    #[serde(default = "TemplateForm::unstated", skip_serializing_if = "TemplateForm::is_unstated")]
    pub templates: TemplateForm,
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
    /// What is claimed for each group of people; absent where no group has enough of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_claims: Option<GroupClaims>,
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
        if calibration.group_claims.as_ref().is_some_and(|claims| !claims.is_consistent()) {
            let message = "its rates of groups do not have one entry for each group";
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Decide, message).next(next));
        }
        // A learned normaliser states its form: it was fitted to the templates that it normalises.
        let fitted_to = calibration.normaliser.as_ref().and_then(NormaliserRecord::templates);
        if let Some(form) = fitted_to.filter(|form| *form != calibration.templates) {
            let message = format!(
                "the calibration is for {} templates, but its normaliser was fitted to {form} ones",
                calibration.templates
            );
            let kind = ErrorKind::TemplateFormMismatch;
            return Err(Error::new(kind, Stage::Decide, message).next(next));
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

    /// The threshold for a rate of those whom it refers to, with the rates of those for whom it is
    /// claimed.
    ///
    /// # Errors
    /// As for [`Calibration::at`]; also where no threshold keeps the rate of the groups that low.
    pub fn at_rate(&self, rate: f64, of: FmrOf) -> Result<CalibratedThreshold> {
        let Some(claims) = &self.group_claims else {
            return match of {
                FmrOf::WorstGroup => self.lowest_within(rate, self.threshold.clone()),
                FmrOf::Everyone | FmrOf::EveryGroup => self.at(rate).cloned(),
            };
        };
        match of {
            FmrOf::Everyone => self.at(rate).cloned(),
            FmrOf::WorstGroup => self.lowest_within(rate, claims.thresholds()),
            FmrOf::EveryGroup => claims.at_target(rate).ok_or_else(|| {
                let known = claims.threshold.iter().map(|point| point.target_fmr);
                let message = format!(
                    "the calibration `{}` has no threshold that keeps {rate:e} in every group",
                    self.name
                );
                let next = format!(
                    "choose one of its rates: {}; or the rate of everyone: --fmr-of everyone",
                    list(known)
                );
                Error::new(ErrorKind::InvalidArgument, Stage::Decide, message).next(next)
            }),
        }
    }

    /// The first of these thresholds whose worst group keeps the rate with 95 % confidence.
    fn lowest_within(
        &self,
        rate: f64,
        points: Vec<CalibratedThreshold>,
    ) -> Result<CalibratedThreshold> {
        let bound =
            |point: &CalibratedThreshold| point.worst_group.as_ref().map(|worst| worst.fmr.high);
        let least = points.iter().filter_map(bound).reduce(f64::min);
        let found = points.into_iter().find(|point| bound(point).is_some_and(|b| b <= rate));
        found.ok_or_else(|| {
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
        let found = self.threshold.iter().find(|point| same(point.target_fmr, target_fmr));
        found.ok_or_else(|| {
            let message = if self.refused.iter().any(|rate| same(*rate, target_fmr)) {
                format!(
                    "the calibration `{}` does not support a false match rate of {target_fmr:e}: \
                     its {} non-mated comparisons are too few",
                    self.name, self.data.nonmated
                )
            } else {
                format!("the calibration `{}` has no threshold for {target_fmr:e}", self.name)
            };
            let known = list(self.threshold.iter().map(|point| point.target_fmr));
            Error::new(ErrorKind::InvalidArgument, Stage::Decide, message)
                .next(format!("choose one of its rates: {known}"))
        })
    }

    /// The form of template to make for this calibration's thresholds, where `asked` is what a policy
    /// asks for.
    ///
    /// # Errors
    /// [`ErrorKind::TemplateFormMismatch`] if the policy asks for another form.
    pub fn form(&self, asked: Option<TemplateForm>) -> Result<TemplateForm> {
        self.templates.agreed(asked, &format!("the calibration `{}`", self.name), Stage::Decide)
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

fn list(rates: impl Iterator<Item = f64>) -> String {
    rates.map(|rate| format!("{rate:e}")).collect::<Vec<_>>().join(", ")
}

fn not_written(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::InvalidArgument, Stage::Export, "the calibration cannot be written")
        .caused_by(cause)
}
