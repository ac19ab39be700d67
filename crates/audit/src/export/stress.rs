//! The files of a stress test: `stress.json`, `stress.csv`, `summary.md` and `report.html`.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use super::markdown::plain;
use super::{atomic, html, text};
use crate::{Error, Result, Stage};
use crate::{StressLevel, StressRate, StressReport, StressSeries};
use evenmatch_core::spreadsheet::write_row;

/// Writes the files of a stress test to a folder, which is created if necessary. All are rendered
/// before any appears, and each appears whole or not at all.
///
/// # Errors
/// When the folder or a file cannot be written.
pub fn write_stress(report: &StressReport, folder: &Path) -> Result<()> {
    evenmatch_core::files::create_folder(folder, Stage::Export)?;
    let files: [(&str, io::Result<Vec<u8>>); 4] = [
        ("stress.json", json(report)),
        ("stress.csv", csv(report)),
        ("summary.md", Ok(markdown(report).into_bytes())),
        ("report.html", page(report)),
    ];
    let mut ready = Vec::with_capacity(files.len());
    for (name, bytes) in files {
        let path = folder.join(name);
        let bytes = bytes.map_err(|cause| Error::io(Stage::Export, &path, cause))?;
        ready.push((path, bytes));
    }
    atomic::replace_all(&ready)
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
    let _ = tables(report, 2, &mut page);
    if !report.unusable.is_empty() {
        let _ = writeln!(page, "\n## Files that could not be used\n");
        for photo in &report.unusable {
            let (path, failure) = (plain(&photo.path), plain(&photo.failure));
            let _ = writeln!(page, "- line {}: {path} ({failure})", photo.line);
        }
    }
    page
}

/// The groups with the lowest and the highest rates, one table per attribute, under headings of
/// this level.
pub(super) fn tables(report: &StressReport, heading: usize, page: &mut String) -> std::fmt::Result {
    for attribute in &report.attributes {
        writeln!(
            page,
            "\n{} At the severest level, by {}\n\n| Degradation | Rate | Everyone | Lowest \
             group | Highest group |\n|---|---|---|---|---|",
            "#".repeat(heading),
            plain(attribute)
        )?;
        for row in extremes(report, attribute) {
            let cells: Vec<String> = row.iter().map(|cell| plain(cell)).collect();
            writeln!(page, "| {} |", cells.join(" | "))?;
        }
    }
    Ok(())
}

/// The clean photos and then the levels of a degradation.
pub(super) fn levels<'a>(
    report: &'a StressReport,
    series: &'a StressSeries,
) -> Vec<&'a StressLevel> {
    std::iter::once(&report.clean).chain(&series.levels).collect()
}

/// For each degradation at its severest level, and for each rate: everyone's rate, the lowest and
/// the highest.
pub(super) fn extremes(report: &StressReport, attribute: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for series in &report.series {
        let Some(level) = series.levels.last() else { continue };
        let Some(groups) = level.attributes.get(attribute) else { continue };
        for (which, (name, _, overall)) in level.overall.named().into_iter().enumerate() {
            let mut measured: Vec<(&str, f64, &StressRate)> = groups
                .iter()
                .filter_map(|(group, rates)| {
                    let rate = rates.named()[which].2;
                    Some((group.as_str(), rate.rate?, rate))
                })
                .collect();
            // If groups have equal rates, the first by name counts.
            measured.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(b.0)));
            let (Some((_, least, _)), Some((_, most, _))) = (measured.first(), measured.last())
            else {
                continue;
            };
            let pairs = level.overall.fnmr.rate.is_some();
            if (name == "refused" && overall.errors == 0) || (name == "self_non_match" && pairs) {
                continue;
            }
            let short = match name {
                "fta" => "FTA",
                "refused" => "gate refusals",
                "fnmr" => "FNMR",
                "frr" => "false rejections",
                _ => "self non-match (too favourable)",
            };
            let named = |rate: f64| {
                let of_group = measured.iter().find(|(_, of, _)| *of == rate);
                of_group.map_or_else(String::new, |(group, _, of)| format!("{group}: {}", of.text))
            };
            let (lowest, highest) = match least == most {
                true => ("all groups equal".to_owned(), "–".to_owned()),
                false => (named(*least), named(*most)),
            };
            rows.push(vec![
                format!("{} {}", series.title, level.label),
                short.to_owned(),
                overall.text.clone(),
                lowest,
                highest,
            ]);
        }
    }
    rows
}

/// What readers should know about the numbers, one sentence each.
pub(super) fn facts(report: &StressReport) -> Vec<String> {
    let mut facts = vec![format!(
        "{} photos of {} people, at most ten per person, were degraded with the seed {}.",
        report.photos, report.people, report.seed
    )];
    if let Some(most) = report.per_group {
        facts.push(format!(
            "Only the first {most} photos of each group of {} were used, in the manifest's order.",
            report.attributes.first().map_or("the first attribute", String::as_str)
        ));
    }
    facts.push(match report.mated_pairs {
        0 => {
            "No person has two photos, so there is no false non-match rate. Instead, each degraded \
              photo was compared with its undegraded original. This result is too favourable: \
              pose, age, camera and day are the same."
                .to_owned()
        }
        pairs => format!(
            "{pairs} pairs of different photos of one person were compared; the later photo in the \
             list is degraded, and the earlier one is not."
        ),
    });
    let basis = &report.operating_point;
    let claim = match (&basis.claim, &basis.calibration, &basis.source) {
        (Some(claim), _, _) => claim.clone(),
        (None, Some(calibration), _) => calibration.clone(),
        (None, None, Some(source)) => source.clone(),
        (None, None, None) => "stated by the caller".to_owned(),
    };
    facts.push(format!("A score of {} or more is a match: {claim}.", report.threshold));
    facts.push(format!(
        "Intervals have a confidence of {}, with people as clusters; a rate needs {} trials.",
        text::percent(report.confidence),
        report.least_trials
    ));
    facts.push(
        "Among several groups, one always has the lowest rate and one the highest, even by chance \
         alone: compare the intervals."
            .to_owned(),
    );
    facts.push(
        "docs/STRESS.md says what each degradation does, and what it does not represent."
            .to_owned(),
    );
    facts
}
