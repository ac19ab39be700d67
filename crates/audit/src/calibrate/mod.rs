//! From an audit of labelled samples to a calibration.

mod ages;
mod claims;
mod evidence;
mod normalised;
mod repeated;
mod support;

pub use claims::claims;
pub use evidence::evidence;
pub use normalised::{normalised, without};
pub use repeated::repeated_as_one;

use support::{claim_of, of_others};

use crate::{AuditReport, MeasuredRate, RateCell};
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::record::{
    CALIBRATION_SCHEMA, CalibratedGroup, CalibratedRate, CalibratedThreshold, Calibration,
    CalibrationData, Evidence, GroupClaims, ModelRecord, NormaliserRecord, SoftwareRecord,
    TemplateForm,
};

/// The target rates of a calibration.
pub const TARGETS: [f64; 13] =
    [1e-2, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 5e-5, 2e-5, 1e-5, 5e-6, 2e-6, 1e-6];

/// Fewest expected false matches for a threshold to be given at all: with none seen in `3 / rate`
/// comparisons, the rate itself is the 95 % upper bound ("rule of 3").
const EXPECTED: f64 = 3.0;

/// Fewest pairs of a group that is listed with its rate: the upper end of a smaller one's says
/// nothing but how small it is. 45 people have as many.
const LISTED_FROM: u64 = 990;

/// What a calibration says of itself besides its numbers.
#[derive(Debug, Clone)]
pub struct CalibrationNotes {
    /// A short name.
    pub name: String,
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// A description of the data.
    pub description: String,
    /// SHA-256 of the manifest.
    pub manifest_sha256: Digest,
    /// Photos that gave a template.
    pub acquired: u64,
    /// The models by role.
    pub models: Vec<ModelRecord>,
    /// The form of the templates.
    pub templates: TemplateForm,
    /// The normaliser of the scores; `None` for plain cosines.
    pub normaliser: Option<NormaliserRecord>,
    /// What a score is evidence of, if it was measured.
    pub evidence: Option<Evidence>,
    /// What is claimed for each group, if any has enough people.
    pub group_claims: Option<GroupClaims>,
}

/// Splits target rates into those that `nonmated` comparisons support, and the others.
pub fn carried(targets: &[f64], nonmated: u64) -> (Vec<f64>, Vec<f64>) {
    // A target of 1e-3 with 3,000 comparisons must not fail by rounding.
    targets.iter().partition(|target| **target * nonmated as f64 >= EXPECTED * (1.0 - 1e-9))
}

/// Makes a calibration from reports on the same data whose operating points are target rates.
///
/// # Errors
/// No report has an operating point with a target rate and enough non-mated comparisons.
pub fn calibration(
    reports: &[AuditReport],
    refused: Vec<f64>,
    notes: CalibrationNotes,
) -> Result<Calibration> {
    let mut threshold: Vec<CalibratedThreshold> = reports
        .iter()
        .flat_map(|report| &report.operating_points)
        .filter_map(|point| {
            let fmr = measured(&point.overall.fmr)?;
            let mut groups: Vec<CalibratedGroup> = Vec::new();
            for (attribute, of) in &point.attributes {
                groups.extend(of.groups.iter().filter_map(|(group, of)| {
                    let fmr = measured(&of.rates.fmr)?;
                    (fmr.trials >= LISTED_FROM).then(|| CalibratedGroup {
                        attribute: attribute.clone(),
                        group: group.clone(),
                        fmr,
                        fnmr: measured(&of.rates.fnmr),
                    })
                }));
            }
            let worst = groups.iter().max_by(|a, b| a.fmr.high.total_cmp(&b.fmr.high)).cloned();
            if notes.group_claims.is_some() {
                // Intersections of three are many, and each has its rate in the claims.
                groups.retain(|group| group.attribute.matches('×').count() < 2);
            }
            Some(CalibratedThreshold {
                target_fmr: point.target_fmr?,
                threshold: point.threshold,
                claim: claim_of(&fmr),
                fmr_of_others: of_others(&fmr),
                fmr,
                fnmr: measured(&point.overall.fnmr),
                worst_group: worst,
                groups,
            })
        })
        .collect();
    threshold.sort_by(|a, b| b.target_fmr.total_cmp(&a.target_fmr));
    let (Some(report), false) = (reports.first(), threshold.is_empty()) else {
        return Err(Error::new(
            ErrorKind::InvalidRecord,
            Stage::Audit,
            "there are too few non-mated comparisons for any threshold",
        )
        .next("calibrate on more people; `evenmatch plan` says how many a rate needs"));
    };
    let samples = report.acquisition.as_ref().map_or(0, |found| found.overall.transactions);
    Calibration {
        schema: CALIBRATION_SCHEMA.to_owned(),
        digest: Digest::from_bytes([0; 32]),
        name: notes.name,
        date: notes.date,
        refused,
        templates: notes.templates,
        software: SoftwareRecord::current(),
        models: notes.models,
        data: CalibrationData {
            description: notes.description,
            manifest_sha256: notes.manifest_sha256,
            samples,
            acquired: notes.acquired,
            subjects: report.data.subjects,
            // Comparisons, not transactions: a photo without a template was not compared with any.
            mated: threshold[0].fnmr.map_or(0, |rate| rate.trials),
            nonmated: threshold[0].fmr.trials,
        },
        threshold,
        evidence: notes.evidence,
        group_claims: notes.group_claims,
        normaliser: notes.normaliser,
    }
    .sealed()
}

fn measured(cell: &RateCell) -> Option<CalibratedRate> {
    match cell {
        RateCell::Measured(MeasuredRate { errors, trials, rate, low, high, .. }) => {
            Some(CalibratedRate {
                errors: *errors,
                trials: *trials,
                rate: *rate,
                low: *low,
                high: *high,
            })
        }
        RateCell::Insufficient { .. } => None,
    }
}
