//! `stress.json`: every number of a stress test, ready to be rendered.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Software;
use crate::records::InputDigest;
use crate::saved::read;
use crate::{Digest, Result};
use evenmatch_core::record::{ModelRecord, OperatingPointRecord};

/// The value of the field `schema`.
pub const STRESS_SCHEMA: &str = "evenmatch.stress/1";

/// What stands first in everything that a stress test writes.
pub const STRESS_NOTICE: &str = "This is a stress test by simulation, not a demographic measurement: a program degraded these \
     photos, and how often real photos are as bad as that, of whom, is not known from it.";

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
    /// Photos that were degraded.
    pub photos: u64,
    /// People whom they show.
    pub people: u64,
    /// Pairs of different photos of one person: the later one is degraded, the earlier is not.
    pub mated_pairs: u64,
    /// Files that could not be used even as they are.
    pub unusable: Vec<UnusablePhoto>,
    /// Attributes and intersections, in the order in which they were asked for.
    pub attributes: Vec<String>,
    /// The photos as they are.
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
    /// Its name for people.
    pub title: String,
    /// What a level is.
    pub unit: String,
    /// The levels.
    pub levels: Vec<StressLevel>,
}

/// What came of the photos at one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressLevel {
    /// The level in the degradation's unit; `None` for photos as they are.
    pub level: Option<f64>,
    /// The level for people, such as `1/16`, or `clean`.
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
    /// Gate refusals: photos that the quality gate refused, or would have refused where it only
    /// advised, over all photos. Unlike failures they are elective.
    pub refused: StressRate,
    /// False non-matches: mated pairs of different photos below the threshold, over those of which
    /// both photos gave a template.
    pub fnmr: StressRate,
    /// False rejections: the same with pairs without two templates as errors, over all such pairs.
    pub frr: StressRate,
    /// Degraded photos that no longer match *the same photo* undegraded, over those of which both
    /// gave a template. It flatters: nothing but the degradation differs.
    pub self_non_match: StressRate,
}

impl StressRates {
    /// The rates with their names in files and for people, in the order in which they are shown.
    pub fn named(&self) -> [(&'static str, &'static str, &StressRate); 5] {
        [
            ("fta", "No usable face found (FTA)", &self.fta),
            ("refused", "Refused by the quality gate", &self.refused),
            ("fnmr", "Not matched with another photo (FNMR)", &self.fnmr),
            ("frr", "Turned away in all (false rejection rate)", &self.frr),
            (
                "self_non_match",
                "Not matched with the same photo undegraded: flatters",
                &self.self_non_match,
            ),
        ]
    }
}

/// Errors over trials, with the interval where there are enough trials for a rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StressRate {
    /// Errors.
    pub errors: u64,
    /// Trials.
    pub trials: u64,
    /// `errors / trials`; `None` where trials are too few.
    pub rate: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// All of it as people read it.
    pub text: String,
}

impl StressReport {
    /// Reads a `stress.json`.
    ///
    /// # Errors
    ///
    /// The file can't be read, or is no report of a stress test.
    pub fn read(path: &Path) -> Result<Self> {
        let otherwise = [
            "this is no report of a stress test",
            "name the stress.json that `evenmatch stress` wrote",
        ];
        read(path, STRESS_SCHEMA, |report: &Self| &report.schema, otherwise)
    }
}
