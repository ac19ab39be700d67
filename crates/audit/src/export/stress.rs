//! The files of a stress test: `stress.json`, `stress.csv`, `summary.md` and `report.html`.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use super::html;
use super::markdown::{plain, stress_tables};
use super::stress_facts::facts;
use crate::StressReport;
use crate::{Error, Result, Stage};
use evenmatch_core::files::{self, Access};
use evenmatch_core::spreadsheet::write_row;

/// Writes the files of a stress test to a folder, which is created if necessary. All are rendered
/// before any appears, and each appears whole or not at all.
///
/// # Errors
/// When the folder or a file cannot be written.
pub fn write_stress(report: &StressReport, folder: &Path) -> Result<()> {
    files::create_folder(folder, Stage::Export)?;
    let rendered: [(&str, io::Result<Vec<u8>>); 4] = [
        ("stress.json", json(report)),
        ("stress.csv", csv(report)),
        ("summary.md", Ok(markdown(report).into_bytes())),
        ("report.html", page(report)),
    ];
    let mut ready = Vec::with_capacity(rendered.len());
    for (name, bytes) in rendered {
        let path = folder.join(name);
        let bytes = bytes.map_err(|cause| Error::io(Stage::Export, &path, cause))?;
        ready.push((path, bytes));
    }
    files::write_all(&ready, Access::Everyone, Stage::Export)
}

fn page(report: &StressReport) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    html::stress_page(report, &mut bytes)?;
    Ok(bytes)
}

fn json(report: &StressReport) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(report)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// One row per number, below a comment line. Fractions have all their digits.
fn csv(report: &StressReport) -> io::Result<Vec<u8>> {
    let mut rows = csv::Writer::from_writer(format!("# {}\n", report.notice).into_bytes());
    write_row(
        &mut rows,
        [
            "attribute",
            "group",
            "degradation",
            "level",
            "label",
            "measure",
            "errors",
            "trials",
            "rate",
            "low",
            "high",
        ],
    )?;
    let clean = std::iter::once(("clean", &report.clean));
    let series = report
        .series
        .iter()
        .flat_map(|series| series.levels.iter().map(|level| (series.degradation.as_str(), level)));
    for (degradation, level) in clean.chain(series) {
        let everyone = std::iter::once(("overall", "", &level.overall));
        let groups = level.attributes.iter().flat_map(|(attribute, groups)| {
            groups.iter().map(|(group, rates)| (attribute.as_str(), group.as_str(), rates))
        });
        for (attribute, group, rates) in everyone.chain(groups) {
            for (measure, _, rate) in rates.named() {
                let number = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
                write_row(
                    &mut rows,
                    [
                        attribute,
                        group,
                        degradation,
                        &number(level.level),
                        &level.label,
                        measure,
                        &rate.errors.to_string(),
                        &rate.trials.to_string(),
                        &number(rate.rate),
                        &number(rate.low),
                        &number(rate.high),
                    ],
                )?;
            }
        }
    }
    rows.into_inner().map_err(|error| error.into_error())
}

fn markdown(report: &StressReport) -> String {
    let mut page = format!("{}\n\n# Stress test\n\n", plain(&report.notice));
    for fact in facts(report) {
        let _ = writeln!(page, "- {}", plain(&fact));
    }
    // Writing to a String cannot fail.
    let _ = stress_tables(report, 2, &mut page);
    if !report.unusable.is_empty() {
        let _ = writeln!(page, "\n## Files that could not be used\n");
        for photo in &report.unusable {
            let (path, failure) = (plain(&photo.path), plain(&photo.failure));
            let _ = writeln!(page, "- line {}: {path} ({failure})", photo.line);
        }
    }
    page
}
