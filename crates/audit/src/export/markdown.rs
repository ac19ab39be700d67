//! `summary.md`: the answer and the main tables, for a merge request or release notes.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::exporter::Exporter;
use super::shown::{Shown, shown};
use super::stress_facts::extremes;
use super::text;
use crate::prose::weighing;
use crate::{AuditReport, Estimate, PadReport, RateCell, Rates, StressReport};

/// Writes the report's main numbers as Markdown.
#[derive(Debug, Clone, Copy, Default)]
pub struct MarkdownExporter;

impl Exporter for MarkdownExporter {
    fn export(&self, report: &AuditReport, out: &mut dyn Write) -> io::Result<()> {
        let mut page = String::new();
        // Writing to a String cannot fail.
        let _ = render(report, &mut page);
        out.write_all(page.as_bytes())
    }
}

fn render(report: &AuditReport, page: &mut String) -> std::fmt::Result {
    let Shown { report, left_out } = shown(report);
    let report = &*report;
    writeln!(page, "# Bias audit\n\n## The answer\n")?;
    for answer in &report.answers {
        let badge =
            answer.verdict.map(|v| format!(" **{}**", text::verdict(v))).unwrap_or_default();
        writeln!(page, "- **{}**{badge}: {}", plain(&answer.attribute), plain(&answer.sentence))?;
    }
    writeln!(page, "\n{}", plain(&report.threshold_basis.sentence))?;
    writeln!(page, "\n{}", plain(weighing(report.weigh)))?;
    writeln!(page, "\n{}", plain(report.score_direction.sentence()))?;
    for sentence in left_out {
        writeln!(page, "\n{}", plain(&sentence))?;
    }
    for point in &report.operating_points {
        writeln!(page, "\n## {}\n", text::operating_point(point))?;
        writeln!(page, "| Everyone | Rate |\n|---|---|")?;
        for (name, cell) in text::rates(&point.overall) {
            writeln!(page, "| {} | {} |", text::heading(name), plain(&text::cell(cell)))?;
        }
        for (attribute, of) in &point.attributes {
            writeln!(page, "\n### {}\n\n{}\n", plain(attribute), plain(&of.sentence))?;
            let shown = |rates: &Rates| -> Vec<(String, String)> {
                let all = text::rates(rates).into_iter().filter(|(name, _)| *name != "far");
                all.map(|(name, cell)| (text::heading(name), plain(&text::cell(cell)))).collect()
            };
            let names: Vec<String> =
                shown(&point.overall).into_iter().map(|(name, _)| name).collect();
            writeln!(
                page,
                "| Group | People | {} |\n|---|--:|{}",
                names.join(" | "),
                "---|".repeat(names.len())
            )?;
            for (group, of_group) in &of.groups {
                let cells = shown(&of_group.rates).into_iter().map(|(_, cell)| cell);
                let cells: Vec<String> = cells.collect();
                let subjects = of_group.subjects;
                writeln!(page, "| {} | {subjects} | {} |", plain(group), cells.join(" | "))?;
            }
            let mut measures = String::new();
            for (error, all) in text::error_types(&of.differentials) {
                for (_, name, measure) in text::measures(all) {
                    if let Some(measure) = measure {
                        writeln!(
                            measures,
                            "| {} | {name} | {} | {} |",
                            error.to_uppercase(),
                            text::differential(measure),
                            text::p_value(measure.p_holm)
                        )?;
                    }
                }
            }
            for (name, measure) in &of.differentials.combined {
                writeln!(
                    measures,
                    "| both | {} | {} | {} |",
                    plain(name),
                    text::differential(measure),
                    text::p_value(measure.p_holm)
                )?;
            }
            if !measures.is_empty() {
                writeln!(
                    page,
                    "\n| Error | Difference between groups | Value | p (Holm) |\n|---|---|---|---|\n{}",
                    measures.trim_end()
                )?;
            }
        }
        if !point.rules.is_empty() {
            writeln!(
                page,
                "\n### Rules\n\n| Verdict | Pack | Rule | Group | Measured | Limit | What would settle it |\n|---|---|---|---|---|---|---|"
            )?;
            for rule in &point.rules {
                let who: Vec<&str> =
                    rule.attribute.iter().chain(&rule.group).map(String::as_str).collect();
                writeln!(
                    page,
                    "| {} | {} | {} | {} | {} | {} | {} |",
                    text::verdict(rule.verdict),
                    plain(&rule.pack),
                    plain(&rule.rule),
                    if who.is_empty() { "everyone".into() } else { plain(&who.join(": ")) },
                    rule.value.as_ref().map_or("–".into(), text::estimate),
                    rule.limit.map_or("–".into(), text::number),
                    rule.needed.as_ref().map_or(String::new(), |needed| plain(&needed.sentence))
                )?;
            }
        }
    }
    if let Some(normalisation) = &report.normalisation {
        writeln!(
            page,
            "\n## Before and after normalisation\n\n{}",
            plain(&normalisation.sentence)
        )?;
        for (point, rows) in text::normalisation(report, normalisation) {
            writeln!(
                page,
                "\n### {}\n\n| | Plain scores | Normalised |\n|---|---|---|",
                plain(&point)
            )?;
            for row in rows {
                cells(&row, page)?;
            }
        }
    }
    if let Some(pad) = &report.pad {
        attacks(pad, page)?;
    }
    if let Some(appeals) = &report.appeals {
        writeln!(page, "\n## Appeals by {}\n\n{}\n", plain(&appeals.by), text::APPEALS_NOTICE)?;
        writeln!(page, "| {} |\n|---|--:|--:|--:|---|", text::APPEALS_COLUMNS.join(" | "))?;
        for row in text::appeals(appeals) {
            cells(&row, page)?;
        }
    }
    if let Some(stress) = &report.stress {
        writeln!(page, "\n## Stress test\n\n{}", plain(&stress.notice))?;
        stress_tables(stress, 3, page)?;
    }
    if let Some(acquisition) = &report.acquisition {
        writeln!(page, "\n## Photos that could not be used\n")?;
        writeln!(page, "| Attribute | Group | Photos | Gave no template |\n|---|---|--:|---|")?;
        let everyone = ("everyone", "", &acquisition.overall);
        let groups = acquisition.attributes.iter().flat_map(|(attribute, groups)| {
            groups.iter().map(move |(group, funnel)| (attribute.as_str(), group.as_str(), funnel))
        });
        for (attribute, group, funnel) in std::iter::once(everyone).chain(groups) {
            writeln!(
                page,
                "| {} | {} | {} | {} |",
                plain(attribute),
                plain(group),
                funnel.transactions,
                plain(&text::cell(&funnel.denied))
            )?;
        }
    }
    let data = &report.data;
    writeln!(
        page,
        "\n## Data\n\n{} records ({} reported: {} mated, {} non-mated), {} people. {}\n",
        data.records,
        data.reported,
        data.mated,
        data.nonmated,
        data.subjects,
        plain(&data.design.sentence)
    )?;
    for (title, paragraphs) in [("Method", &report.method), ("Limits", &report.limits)] {
        writeln!(page, "## {title}\n")?;
        for paragraph in paragraphs {
            writeln!(page, "- {}", plain(paragraph))?;
        }
        writeln!(page)?;
    }
    writeln!(page, "## Warnings\n")?;
    if report.warnings.is_empty() {
        writeln!(page, "None.")?;
    }
    for warning in &report.warnings {
        let lines: Vec<String> = warning.lines.iter().map(u64::to_string).collect();
        let lines = match lines.is_empty() {
            true => String::new(),
            false => format!(" First lines: {}.", lines.join(", ")),
        };
        let message = plain(&warning.message);
        writeln!(page, "- `{}` ({}): {message}{lines}", warning.code, warning.count)?;
    }
    writeln!(page, "\n## Provenance\n")?;
    writeln!(
        page,
        "- {} {}, seed {}",
        plain(&report.software.name),
        plain(&report.software.version),
        report.seed
    )?;
    for input in &report.inputs {
        writeln!(page, "- {} ({}): SHA-256 `{}`", plain(&input.file), input.format, input.sha256)?;
    }
    Ok(())
}

/// A row of a table.
fn cells(row: &[String], page: &mut String) -> std::fmt::Result {
    let cells: Vec<String> = row.iter().map(|cell| plain(cell)).collect();
    writeln!(page, "| {} |", cells.join(" | "))
}

/// Presentation attack detection.
fn attacks(pad: &PadReport, page: &mut String) -> std::fmt::Result {
    writeln!(page, "\n## Presentation attacks\n")?;
    if let Some(notice) = &pad.notice {
        writeln!(page, "{}\n", plain(notice))?;
    }
    let named = |name: &str| plain(&text::species(name, pad));
    let cell = |cell: Option<&RateCell>| cell.map_or("–".into(), |c| plain(&text::cell(c)));
    if !pad.species.is_empty() {
        write!(page, "| Species | APCER | No response")?;
        for point in &pad.at_bpcer {
            write!(page, " | APCER at BPCER ≤ {}", text::percent(point.target_bpcer))?;
        }
        for end in &pad.end_to_end {
            write!(page, " | IAPAR at threshold {}", text::threshold(end.threshold))?;
        }
        let columns = 2 + pad.at_bpcer.len() + pad.end_to_end.len();
        writeln!(page, " |\n|---|{}", "---|".repeat(columns))?;
        for (name, species) in &pad.species {
            let first = [Some(&species.apcer), Some(&species.non_response)];
            let fixed = pad.at_bpcer.iter().map(|point| point.apcer.get(name));
            let ends = pad.end_to_end.iter().map(|end| end.iapar.get(name));
            let cells: Vec<String> = first.into_iter().chain(fixed).chain(ends).map(cell).collect();
            writeln!(page, "| {} | {} |", named(name), cells.join(" | "))?;
        }
        if let Some(worst) = &pad.worst_species {
            writeln!(page, "\nThe worst species: {}.", named(worst))?;
        }
        for end in &pad.end_to_end {
            if let Some(riapar) = &end.riapar_interval {
                let rate = plain(&text::shares(riapar));
                writeln!(page, "\nRIAPAR of the worst species: {rate}.")?;
            }
        }
    }
    writeln!(
        page,
        "\n| Live people | BPCER | Ratio to everyone's | No response | Either | Ratio to everyone's |\n\
         |---|---|---|---|---|---|\n| everyone | {} | – | {} | {} | – |",
        plain(&text::cell(&pad.bpcer)),
        plain(&text::cell(&pad.bona_fide_non_response)),
        cell(pad.bona_fide_turned_away.as_ref())
    )?;
    let over = |estimate: Option<Estimate>| {
        estimate.as_ref().map_or("–".into(), |e| plain(&text::estimate(e)))
    };
    for (attribute, groups) in &pad.groups {
        for (group, of) in groups {
            let bpcer = pad.bpcer_by_group.get(attribute).and_then(|groups| groups.get(group));
            writeln!(
                page,
                "| {}: {} | {} | {} | {} | {} | {} |",
                plain(attribute),
                plain(group),
                cell(bpcer),
                over(of.bpcer_over_overall),
                cell(Some(&of.non_response)),
                cell(Some(&of.turned_away)),
                over(of.turned_away_over_overall)
            )?;
        }
    }
    Ok(())
}

/// The groups with the lowest and the highest rates, one table per attribute, under headings of
/// this level.
pub(super) fn stress_tables(
    report: &StressReport,
    heading: usize,
    page: &mut String,
) -> std::fmt::Result {
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

/// Text that comes from records, with what would change the form of the page escaped.
pub(super) fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '|' | '<' | '>' | '`' | '*' | '_' | '\\' => safe.extend(['\\', c]),
            // Intervals keep their brackets; only a bracket and a parenthesis make a link.
            '(' if before == ']' => safe.push_str("\\("),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
        before = c;
    }
    safe
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_cannot_break_the_page() {
        assert_eq!(super::plain("a|b\n<c> [x](y)"), "a\\|b \\<c\\> [x]\\(y)");
        assert_eq!(super::plain("3/12 [0.1, 0.2]"), "3/12 [0.1, 0.2]");
    }
}
