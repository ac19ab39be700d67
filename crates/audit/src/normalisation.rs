//! What normalising the scores changed: the rates of the plain scores, for comparison.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::report::{AuditReport, Differential, RateCell};
use crate::Digest;

/// The scores are normalised; these are the rates before normalisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// SHA-256 of the normaliser.
    pub normaliser: Digest,
    /// Number of people it was made from.
    pub cohort: u64,
    /// What it does, and on whom this was measured, in plain sentences.
    pub sentence: String,
    /// The plain scores at thresholds of the same target rates.
    pub raw: Vec<RawPoint>,
}

/// Plain scores at one target rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawPoint {
    /// The target FMR.
    pub target_fmr: Option<f64>,
    /// The threshold of the plain scores.
    pub threshold: f64,
    /// FNMR of everyone.
    pub fnmr: RateCell,
    /// Attributes and intersections by name.
    pub attributes: BTreeMap<String, RawAttribute>,
}

/// One attribute at one target rate, plain scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawAttribute {
    /// FMR by group.
    pub fmr: BTreeMap<String, RateCell>,
    /// Largest over smallest FMR.
    pub max_over_min: Option<Differential>,
    /// Largest FMR over the geometric mean.
    pub max_over_geomean: Option<Differential>,
}

impl Normalisation {
    /// Takes from a report on plain scores what is shown beside the normalised scores.
    pub fn beside(normaliser: Digest, cohort: u64, sentence: String, raw: &AuditReport) -> Self {
        let raw = raw.operating_points.iter().map(|point| RawPoint {
            target_fmr: point.target_fmr,
            threshold: point.threshold,
            fnmr: point.overall.fnmr.clone(),
            attributes: point
                .attributes
                .iter()
                .map(|(name, of)| {
                    let fmr = of.groups.iter();
                    let raw = RawAttribute {
                        fmr: fmr.map(|(g, r)| (g.clone(), r.rates.fmr.clone())).collect(),
                        max_over_min: of.differentials.fmr.max_over_min.clone(),
                        max_over_geomean: of.differentials.fmr.max_over_geomean.clone(),
                    };
                    (name.clone(), raw)
                })
                .collect(),
        });
        Normalisation { normaliser, cohort, sentence, raw: raw.collect() }
    }
}
