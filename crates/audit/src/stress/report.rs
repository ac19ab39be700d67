//! `stress.json`: every number of a stress test, ready to be rendered.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Software;
use crate::read_report::read;
use crate::records::InputDigest;
use crate::{Digest, Result};
use evenmatch_core::record::{ModelRecord, OperatingPointRecord, TemplateForm};

/// The value of the field `schema`.
pub const STRESS_SCHEMA: &str = "evenmatch.stress/1";

/// The first sentence of everything that a stress test writes.
pub const STRESS_NOTICE: &str = "This is a stress test by simulation, not a demographic \
                                 measurement: a program degraded these photos. It does not show \
                                 how often real photos are this bad, or for which groups.";

/// A whole stress test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressReport {
    /// [`STRESS_NOTICE`].
    pub notice: String,
    /// [`STRESS_SCHEMA`].
    pub schema: String,
    /// The program that degraded, acquired and counted.
    pub software: Software,
    /// The models by role.
    pub models: Vec<ModelRecord>,
    /// The form of the templates; absent in reports from before there were two, which are of plain
    /// ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub templates: Option<TemplateForm>,
    /// The key of the pipeline: models and rules for acquiring photos.
    pub pipeline: Digest,
    /// Files that were read, with their digests.
    pub inputs: Vec<InputDigest>,
    /// Seed of every degradation.
    pub seed: u64,
    /// Accept if and only if score ≥ this.
    pub threshold: f32,
    /// The claim behind the threshold.
    pub operating_point: OperatingPointRecord,
    /// Confidence of every two-sided interval, such as 0.95.
    pub confidence: f64,
    /// Fewest trials for which a rate is given.
    pub least_trials: u64,
    /// Photos of each group of the first attribute, at most; `None` for all.
    pub per_group: Option<usize>,
    /// Number of photos degraded.
    pub photos: u64,
    /// Number of people they show.
    pub people: u64,
    /// Pairs of different photos of one person: the later one is degraded, the earlier one is not.
    pub mated_pairs: u64,
    /// Files that could not be used even without degradation.
    pub unusable: Vec<UnusablePhoto>,
    /// Attributes and intersections, in the order in which they were requested.
    pub attributes: Vec<String>,
    /// The photos without degradation.
    pub clean: StressLevel,
    /// The degradations.
    pub series: Vec<StressSeries>,
}

/// A file that could not be read or decoded. It counts as a failure to acquire at every level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnusablePhoto {
    /// 1-based line of the manifest.
    pub line: u64,
    /// Its path, as the manifest has it.
    pub path: String,
    /// What is wrong, such as `decode:corrupt`.
    pub failure: String,
}

/// One degradation from mild to severe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressSeries {
    /// Its name, such as `under_exposure`.
    pub degradation: String,
    /// Its name as people read it.
    pub title: String,
    /// What a level is.
    pub unit: String,
    /// The levels.
    pub levels: Vec<StressLevel>,
}

/// The results of the photos at one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressLevel {
    /// The level in the degradation's unit; `None` for photos without degradation.
    pub level: Option<f64>,
    /// The level as people read it, such as `1/16`, or `clean`.
    pub label: String,
    /// Photos without a template, by reason such as `detect:no_face_found`.
    pub failures: BTreeMap<String, u64>,
    /// Everyone's rates.
    pub overall: StressRates,
    /// Rates by attribute and group; photos without a label are left out there.
    pub attributes: BTreeMap<String, BTreeMap<String, StressRates>>,
}

/// The rates of some people at one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressRates {
    /// Failure to acquire: photos in which no usable face was found, over all photos.
    pub fta: StressRate,
    /// Gate refusals: photos that the quality gate refused, or would have refused if it only
    /// advised, over all photos. Unlike failures they are elective.
    pub refused: StressRate,
    /// False non-matches: mated pairs of different photos below the threshold, over those in which
    /// both photos gave a template.
    pub fnmr: StressRate,
    /// False rejections: the same, with pairs without two templates counted as errors, over all
    /// such pairs.
    pub frr: StressRate,
    /// Degraded photos that no longer match *the same photo* undegraded, over those where both gave
    /// a template. It is optimistic: nothing but the degradation differs.
    pub self_non_match: StressRate,
}

impl StressRates {
    /// The rates with their names in files and as people read them, in the order in which they are
    /// shown.
    pub fn named(&self) -> [(&'static str, &'static str, &StressRate); 5] {
        [
            ("fta", "No usable face found (FTA)", &self.fta),
            ("refused", "Refused by the quality gate", &self.refused),
            ("fnmr", "Not matched with another photo (FNMR)", &self.fnmr),
            ("frr", "Turned away in total (false reject rate)", &self.frr),
            (
                "self_non_match",
                "Not matched with the same photo undegraded (optimistic)",
                &self.self_non_match,
            ),
        ]
    }
}

/// Errors over trials, with the interval if there are enough trials for a rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressRate {
    /// Errors.
    pub errors: u64,
    /// Trials.
    pub trials: u64,
    /// `errors / trials`; `None` if there are too few trials.
    pub rate: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// The whole of it as people read it.
    pub text: String,
}

impl StressReport {
    /// Reads a `stress.json`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is not a report of a stress test.
    pub fn read(path: &Path) -> Result<Self> {
        let otherwise = [
            "this file is not a stress test report",
            "name the stress.json that `evenmatch stress` wrote",
        ];
        read(path, STRESS_SCHEMA, |report: &Self| &report.schema, otherwise)
    }
}
