//! The calibration from which an audit takes its thresholds, read once.

use std::path::{Path, PathBuf};

use super::errors::invalid;
use evenmatch_audit::{Thresholds, records::InputDigest};
use evenmatch_core::{
    Digest, Error, Result, Shown, Stage,
    record::{Calibration, FmrOf, NormaliserRecord, TemplateForm},
};

/// The parts of a calibration that an audit needs.
pub(super) struct CalibrationFile {
    pub(super) path: PathBuf,
    sha256: Digest,
    /// Target rates with their thresholds.
    points: Vec<(f64, f64)>,
    /// The normaliser for whose scores the thresholds hold.
    pub(super) normaliser: Option<NormaliserRecord>,
    /// The form of templates for which they hold; `None` if another program made the file.
    pub(super) templates: Option<TemplateForm>,
}

/// A calibration may come from another program, with thresholds only.
#[derive(serde::Deserialize)]
struct Content {
    /// Present if `evenmatch calibrate` wrote the file, and then the digest is checked.
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
    /// Reads the file, and checks that a file from `evenmatch calibrate` was not changed.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).map_err(|cause| Error::io(Stage::Audit, path, cause))?;
        let content: Content = toml::from_str(&text).map_err(|cause| {
            invalid(
                cause.message().to_owned(),
                "write [[threshold]] tables with target_fmr and threshold, as evenmatch calibrate does",
            )
            .in_path(path)
        })?;
        let stated = content.threshold.iter().map(|point| (point.target_fmr, point.threshold));
        let (points, templates) = match content.schema {
            Some(_) => {
                let own = Calibration::parse(&text).map_err(|error| error.in_path(path))?;
                (decided_by(&own), Some(own.templates))
            }
            None => (stated.collect(), None),
        };
        Ok(CalibrationFile {
            path: path.to_owned(),
            sha256: Digest::of(text.as_bytes()),
            points,
            normaliser: content.normaliser,
            templates,
        })
    }

    /// All its thresholds, or those for the requested target rates.
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

/// The target rates and thresholds at which `verify` decides.
fn decided_by(calibration: &Calibration) -> Vec<(f64, f64)> {
    let targets = calibration.threshold.iter().map(|point| point.target_fmr);
    targets
        .filter_map(|target| {
            let point = calibration.at_rate(target, FmrOf::EveryGroup).ok()?;
            Some((point.target_fmr, point.threshold))
        })
        .collect()
}
