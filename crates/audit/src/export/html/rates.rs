//! The answer, and the error rates by group.

use super::super::text;
use super::charts::{self, Named};
use super::svg::{Mark, escape};
use super::{Page, badge};
use crate::{AttributeReport, AuditReport, BasisKind, GroupReport, RateCell, Verdict};

/// One plain sentence per attribute.
pub(super) fn answer(page: &mut Page, report: &AuditReport) {
    page.section("answer", "The answer");
    page.raw("<ul class=\"answers\">\n");
    for answer in &report.answers {
        let class = match answer.verdict {
            Some(Verdict::Pass) => " class=\"pass\"",
            Some(Verdict::Fail) => " class=\"fail\"",
            Some(Verdict::Inconclusive) => " class=\"inconclusive\"",
            None => "",
        };
        let badge = answer.verdict.map(|verdict| badge(verdict) + " ").unwrap_or_default();
        page.raw(&format!(
            "<li{class}><strong>{}</strong> {badge}<br>{}</li>\n",
            escape(&answer.attribute),
            escape(&answer.sentence)
        ));
    }
    page.raw("</ul>\n");
    if report.threshold_basis.kind == BasisKind::InSample {
        page.note(&report.threshold_basis.sentence);
    } else {
        page.paragraph(&report.threshold_basis.sentence);
    }
    page.paragraph(report.score_direction.sentence());
    page.raw(
        "<details><summary>Words used here</summary>\n<dl class=\"facts\">\
         <dt>FMR</dt><dd>False match rate: how often two different people are taken for one.</dd>\
         <dt>FNMR</dt><dd>False non-match rate: how often one person is not recognised.</dd>\
         <dt>FTA</dt><dd>Failure to acquire: how often nothing could be compared, for example since no face was found.</dd>\
         <dt>FAR, FRR</dt><dd>False accept and false reject rate: the same errors per attempt, failures to acquire included.</dd>\
         <dt>[0.1, 0.4]</dt><dd>An interval: the range that the data allow for the true rate. A wide one means few data.</dd>\
         <dt>mated, non-mated</dt><dd>Two samples of one person; samples of two people.</dd>\
         <dt>threshold</dt><dd>Where a match ends: scores at it, and on its more alike side, count as one.</dd></dl></details>\n",
    );
}

/// Dots and intervals of FMR and FNMR, then all rates in a table, then how groups differ.
pub(super) fn rates(page: &mut Page, report: &AuditReport) {
    page.section("rates", "Error rates by group");
    page.quiet(
        "Dots are measured rates, bars their intervals; the dashed line is everyone's rate. The \
         scale is logarithmic: each step is ten times as many errors.",
    );
    for point in &report.operating_points {
        page.heading(3, &text::operating_point(point));
        let rows: Vec<Vec<String>> = text::rates(&point.overall)
            .into_iter()
            .map(|(name, cell)| vec![name.to_uppercase(), text::cell(cell), method_of(cell)])
            .collect();
        page.table("Everyone", &["Rate", "Errors/trials = rate [interval]", "Interval"], &rows);
        for (attribute, of) in &point.attributes {
            page.heading(4, attribute);
            page.paragraph(&of.sentence);
            let known = report.data.attributes.iter().find(|known| known.name == *attribute);
            if let Some(source) = known.and_then(|known| known.source.as_deref()) {
                page.quiet(&format!("Where {attribute} comes from: {source}."));
            }
            if let Some(caution) = known.and_then(|known| known.caution.as_deref()) {
                page.note(caution);
            }
            page.raw("<div class=\"pair\">\n");
            for (title, which) in
                [("Wrong matches (FMR)", 0_usize), ("Wrong refusals of matching people (FNMR)", 1)]
            {
                let cell = |group: &'_ GroupReport| match which {
                    0 => group.rates.fmr.clone(),
                    _ => group.rates.fnmr.clone(),
                };
                let cells: Vec<RateCell> = of.groups.values().map(cell).collect();
                let groups: Vec<Named<'_, RateCell>> = of
                    .groups
                    .keys()
                    .zip(&cells)
                    .enumerate()
                    .map(|(index, (name, value))| Named { name, mark: Mark(index), value })
                    .collect();
                let overall = if which == 0 { &point.overall.fmr } else { &point.overall.fnmr };
                let id = page.chart_id();
                let svg = charts::dots(&id, &format!("{title} by {attribute}"), &groups, overall);
                page.figure(title, &svg);
            }
            page.raw("</div>\n");
            let rows: Vec<Vec<String>> = of
                .groups
                .iter()
                .map(|(name, group)| {
                    let mut row = vec![name.clone(), group.subjects.to_string()];
                    let cells = text::rates(&group.rates);
                    row.extend(cells.map(|(_, cell)| text::cell(cell)));
                    row
                })
                .collect();
            page.table(
                &format!("Rates by {attribute}"),
                &["Group", "People", "FMR", "FNMR", "FTA", "FAR", "FRR"],
                &rows,
            );
            methods(page, attribute, of);
            differentials(page, attribute, of);
        }
    }
}

/// How the intervals of each group's rates were made.
fn methods(page: &mut Page, attribute: &str, of: &AttributeReport) {
    let rows: Vec<Vec<String>> = of
        .groups
        .iter()
        .map(|(name, group)| {
            vec![name.clone(), method_of(&group.rates.fmr), method_of(&group.rates.fnmr)]
        })
        .collect();
    page.raw(&format!(
        "<details><summary>How the intervals of {} were made</summary>\n",
        escape(attribute)
    ));
    page.table(
        &format!("Intervals by {attribute}"),
        &["Group", "FMR interval", "FNMR interval"],
        &rows,
    );
    page.raw("</details>\n");
}

fn method_of(cell: &RateCell) -> String {
    match cell {
        RateCell::Measured(rate) => rate.method.clone(),
        RateCell::Insufficient { .. } => String::new(),
    }
}

fn differentials(page: &mut Page, attribute: &str, of: &AttributeReport) {
    let mut rows = Vec::new();
    for (error, all) in text::error_types(&of.differentials) {
        for (_, name, measure) in text::measures(all) {
            if let Some(measure) = measure {
                rows.push(vec![
                    format!("{}: {name}", error.to_uppercase()),
                    text::differential(measure),
                    text::p_value(measure.p_value),
                    text::p_value(measure.p_holm),
                    measure.sentence.clone(),
                    measure.method.clone(),
                ]);
            }
        }
    }
    for (name, measure) in &of.differentials.combined {
        rows.push(vec![
            format!("Both errors: {name}"),
            text::differential(measure),
            text::p_value(measure.p_value),
            text::p_value(measure.p_holm),
            measure.sentence.clone(),
            measure.method.clone(),
        ]);
    }
    if rows.is_empty() {
        page.quiet("Too few groups have enough trials to be compared.");
        return;
    }
    page.raw(&format!(
        "<details><summary>How much the groups of {} differ, in numbers</summary>\n",
        escape(attribute)
    ));
    page.table(
        &format!("Differences between groups of {attribute}"),
        &["Measure", "Value [interval]", "p", "p, Holm-adjusted", "In words", "Interval"],
        &rows,
    );
    page.raw("</details>\n");
}
