//! The calibration that an audit takes its thresholds from, read once.

use std::path::{Path, PathBuf};

use super::audit::invalid;
use evenmatch_audit::{Thresholds, records::InputDigest};
use evenmatch_core::{
    Digest, Error, Result, Stage,
    Shown,
    record::{Calibration, NormaliserRecord},
};

/// What an audit needs of a calibration.
pub(super) struct CalibrationFile {
    pub(super) path: PathBuf,
    sha256: Digest,
    /// Target rates with their thresholds.
    points: Vec<(f64, f64)>,
    /// The normaliser whose scores the thresholds are for.
    pub(super) normaliser: Option<NormaliserRecord>,
}

/// A calibration may come from elsewhere, with thresholds alone.
#[derive(serde::Deserialize)]
struct Content {
    /// Present in what `evenmatch calibrate` made, and then the digest is checked.
    schema: Option<String>,
    threshold: Vec<Point>,
    normaliser: Option<NormaliserRecord>,
}

#[derive(serde::Deserialize)]
struct Point {
    target_fmr: f64,
    threshold: f64,
}

impl CalibrationFile {
    /// Reads the file, and checks that nobody changed what `evenmatch calibrate` made.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).map_err(|cause| Error::io(Stage::Audit, path, cause))?;
        let content: Content = toml::from_str(&text).map_err(|cause| {
            invalid(
                cause.message().to_owned(),
                "a calibration lists [[threshold]] tables with target_fmr and threshold",
            )
            .in_path(path)
        })?;
        if content.schema.is_some() {
            Calibration::parse(&text).map_err(|error| error.in_path(path))?;
        }
        let points = content.threshold.iter().map(|point| (point.target_fmr, point.threshold));
        Ok(CalibrationFile {
            path: path.to_owned(),
            sha256: Digest::of(text.as_bytes()),
            points: points.collect(),
            normaliser: content.normaliser,
        })
    }

    /// Its thresholds, or those of the target rates that are wanted.
    pub(super) fn thresholds(&self, wanted: &[f64]) -> Result<Thresholds> {
        let mut points = self.points.clone();
        if !wanted.is_empty() {
            for target in wanted {
                if !points.iter().any(|point| point.0 == *target) {
                    let message = format!("the calibration has no threshold for FMR {target}");
                    return Err(
                        invalid(message, "choose among its target rates").in_path(&self.path)
                    );
                }
            }
            points.retain(|point| wanted.contains(&point.0));
        }
        Ok(Thresholds::Calibration {
            points,
            file: InputDigest {
                file: self.path.shown().to_string(),
                format: "calibration".to_owned(),
                sha256: self.sha256,
            },
        })
    }
}
