//! The disclosure of the whole system: facts for machines, and the ten points for people.

use std::path::Path;

use serde::Serialize;

use super::operator::OperatorStatement;
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch::{
    Policy, Verifier,
    model::{Manifest, Role},
    shipped,
};
use evenmatch_audit::{AuditReport, Verdict};
use evenmatch_core::record::{
    CalibratedThreshold, Calibration, CalibrationData, GroupClaims, NormaliserRecord,
    SoftwareRecord,
};

/// The name and version of the format.
pub const DISCLOSURE_SCHEMA: &str = "evenmatch.disclosure/1";

/// A model that is used, and what is known about it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DisclosedModel {
    /// What it is for.
    pub role: Role,
    /// Its name in the manifest.
    pub id: String,
    /// SHA-256 of the file that runs.
    pub sha256: Digest,
    /// The licence of its weights.
    pub license: String,
    /// What it was trained on, as far as its publisher says.
    pub training_data: String,
    /// Where it is described.
    pub homepage: Option<String>,
}

/// What is known about a normaliser.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DisclosedNormaliser {
    /// Digest of its record.
    pub digest: Digest,
    /// How many people it was formed from.
    pub people: u64,
    /// The attributes whose labels were used to form it. None is used or guessed in a decision.
    pub labels: Vec<String>,
    /// The same in words.
    pub sentence: String,
}

impl From<&NormaliserRecord> for DisclosedNormaliser {
    fn from(record: &NormaliserRecord) -> Self {
        DisclosedNormaliser {
            digest: record.digest(),
            people: record.subjects(),
            labels: record.learned().map_or_else(Vec::new, |learned| learned.even.clone()),
            sentence: record.labels_used(),
        }
    }
}

/// A calibration, with what is known about its normaliser in place of its numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DisclosedCalibration {
    /// Its name.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
    /// The date it was made.
    pub date: String,
    /// The people it was measured on.
    pub data: CalibrationData,
    /// Target rates that its data are too few to support.
    pub refused: Vec<f64>,
    /// Thresholds with their error rates, for everyone and each group that was measured.
    pub thresholds: Vec<CalibratedThreshold>,
    /// What is claimed for each group, and for which groups nothing is.
    pub group_claims: Option<GroupClaims>,
    /// What normalises the scores; `None` for plain cosines.
    pub normaliser: Option<DisclosedNormaliser>,
}

impl From<&Calibration> for DisclosedCalibration {
    fn from(calibration: &Calibration) -> Self {
        DisclosedCalibration {
            name: calibration.name.clone(),
            digest: calibration.digest,
            date: calibration.date.clone(),
            data: calibration.data.clone(),
            refused: calibration.refused.clone(),
            thresholds: calibration.threshold.clone(),
            group_claims: calibration.group_claims.clone(),
            normaliser: calibration.normaliser.as_ref().map(DisclosedNormaliser::from),
        }
    }
}

/// A summary of the last audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditSummary {
    /// SHA-256 of the report.
    pub sha256: Digest,
    /// The number of comparisons in it.
    pub comparisons: u64,
    /// The number of people in them.
    pub people: u64,
    /// Rules that passed, over all operating points.
    pub passed: u64,
    /// Rules that failed.
    pub failed: u64,
    /// Rules that the data could not settle.
    pub inconclusive: u64,
    /// The report's own answers, in English.
    pub answers: Vec<String>,
}

impl AuditSummary {
    /// Reads the `report.json` of `evenmatch audit`.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; [`ErrorKind::Corrupt`] or [`ErrorKind::UnsupportedFormat`] if the file is
    /// not such a report.
    pub fn from_path(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|cause| Error::io(Stage::Export, path, cause))?;
        let next = "name the report.json that `evenmatch audit --out DIR` wrote";
        let report: AuditReport = serde_json::from_slice(&bytes).map_err(|cause| {
            let message = "this is not a report from `evenmatch audit`";
            Error::new(ErrorKind::Corrupt, Stage::Export, message)
                .in_path(path)
                .at_line(cause.line() as u64)
                .next(next)
                .caused_by(cause)
        })?;
        if report.schema != evenmatch_audit::SCHEMA {
            let message =
                format!("the schema is `{}`, not `{}`", report.schema, evenmatch_audit::SCHEMA);
            return Err(Error::new(ErrorKind::UnsupportedFormat, Stage::Export, message)
                .in_path(path)
                .next(next));
        }
        let rules = || report.operating_points.iter().flat_map(|point| &point.rules);
        let of = |verdict| rules().filter(|rule| rule.verdict == verdict).count() as u64;
        Ok(AuditSummary {
            sha256: Digest::of(&bytes),
            comparisons: report.data.records,
            people: report.data.subjects,
            passed: of(Verdict::Pass),
            failed: of(Verdict::Fail),
            inconclusive: of(Verdict::Inconclusive),
            answers: report.answers.iter().map(|answer| answer.sentence.clone()).collect(),
        })
    }

    /// Whether any rule was applied.
    pub fn judged(&self) -> bool {
        self.passed + self.failed + self.inconclusive > 0
    }
}

/// The disclosure of a system: what decides, how often it is wrong and for which groups, and what
/// the operator states.
#[derive(Debug, Clone, Serialize)]
pub struct SystemDisclosure {
    /// [`DISCLOSURE_SCHEMA`].
    pub schema: &'static str,
    /// The program.
    pub software: SoftwareRecord,
    /// The models used for verification.
    pub models: Vec<DisclosedModel>,
    /// The rules, defaults included.
    pub policy: Policy,
    /// The false match rate at which decisions are made; absent if the policy states a bare
    /// threshold, for which no error rate has been measured.
    pub target_fmr: Option<f64>,
    /// The threshold at that rate, with its error rates for everyone and each group.
    pub operating_point: Option<CalibratedThreshold>,
    /// Where the threshold comes from.
    pub calibration: Option<DisclosedCalibration>,
    /// The false non-match rate measured on other people than the calibration's; absent if the
    /// calibration itself has one.
    pub missed_elsewhere: Option<DisclosedCalibration>,
    /// What the operator states.
    pub operator: OperatorStatement,
    /// Keys without a value in the operator's statement.
    pub not_stated: Vec<&'static str>,
    /// What the last audit found; absent if the operator names no report.
    pub last_audit: Option<AuditSummary>,
}

impl SystemDisclosure {
    /// The facts of the system that this verifier is: its models, its policy, its operating point.
    /// `manifest` says where the models come from.
    ///
    /// # Errors
    /// The manifest lacks a model of the verifier; the operator's audit report can't be read.
    pub fn of(
        verifier: &Verifier,
        manifest: &Manifest,
        operator: OperatorStatement,
    ) -> Result<Self> {
        let mut models = verifier
            .models()
            .iter()
            .map(|model| {
                let entry = manifest.by_digest(model.sha256)?;
                Ok(DisclosedModel {
                    role: entry.role,
                    id: entry.id.clone(),
                    sha256: entry.sha256,
                    license: entry.license.clone(),
                    training_data: entry.training_data.clone(),
                    homepage: entry.homepage.clone(),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        models.sort_by_key(|model| model.role);
        let policy = verifier.policy().clone();
        let (calibration, point) = match verifier.calibration() {
            Some(calibration) => {
                let rate = verifier.operating_point().target_fmr();
                let point = calibration.at_rate(rate.unwrap_or_default(), policy.fmr_of)?;
                (Some(calibration), Some(point))
            }
            None => (None, None),
        };
        // The calibration that ships knows of no false non-matches; another one does, from other
        // people.
        let elsewhere = match (calibration, &point) {
            (Some(calibration), Some(point)) if point.fnmr.is_none() => {
                shipped::of_other_people(calibration)?
            }
            _ => None,
        };
        let last_audit = operator.audit.report.as_deref().map(AuditSummary::from_path);
        Ok(SystemDisclosure {
            schema: DISCLOSURE_SCHEMA,
            software: SoftwareRecord::current(),
            models,
            target_fmr: point.as_ref().map(|point| point.target_fmr),
            calibration: calibration.map(DisclosedCalibration::from),
            missed_elsewhere: elsewhere.as_ref().map(DisclosedCalibration::from),
            operating_point: point,
            policy,
            not_stated: operator.not_stated(),
            operator,
            last_audit: last_audit.transpose()?,
        })
    }
}
