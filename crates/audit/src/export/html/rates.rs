//! The answer, and the error rates by group.

use maud::html;

use super::charts::{self, Named};
use super::page::{Page, badge, clean};
use super::svg::Mark;
use crate::export::text;
use crate::prose::weighing;
use crate::{AttributeReport, AuditReport, BasisKind, RateCell, Rates, Verdict};

/// One plain sentence for each attribute.
pub(super) fn answer(page: &mut Page, report: &AuditReport) {
    page.add(html! {
        ul class="answers" {
            @for answer in &report.answers {
                li class=[answer.verdict.map(class)] {
                    strong { (clean(&answer.attribute)) } " "
                    @if let Some(verdict) = answer.verdict { (badge(verdict)) " " }
                    br;
                    (clean(&answer.sentence))
                }
            }
        }
    });
    if report.threshold_basis.kind == BasisKind::InSample {
        page.note(&report.threshold_basis.sentence);
    } else {
        page.paragraph(&report.threshold_basis.sentence);
    }
    page.paragraph(weighing(report.weigh));
    page.paragraph(report.score_direction.sentence());
    page.details("Words used here", |page| {
        page.add(html! {
            dl class="facts" {
                @for (word, meaning) in WORDS { dt { (word) } dd { (meaning) } }
            }
        });
    });
}

/// What the terms of the report mean.
const WORDS: [(&str, &str); 7] = [
    ("FMR", "False match rate: how often two different people are taken for one."),
    ("FNMR", "False non-match rate: how often one person is not recognised."),
    (
        "FTA",
        "Failure to acquire: how often a photo could not be used, for example because no face was \
         found; in records, how often nothing could be compared. FTA of people: people without any \
         usable photo.",
    ),
    (
        "FAR, FRR",
        "False accept and false reject rate: the same errors per attempt, including failures to \
         acquire.",
    ),
    (
        "[0.1, 0.4]",
        "An interval: the range of true rates that the data allow. A wide one means that there are \
         few data.",
    ),
    ("mated, non-mated", "Two samples of one person; samples of two people."),
    (
        "threshold",
        "The score that a match needs. A score equal to the threshold is a match, and so is any \
         score on its more similar side.",
    ),
];

/// The class that a verdict gives an answer.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// The rates that are drawn, with their titles.
/// A rate's name, and where it is among the rates of a group.
type NamedRate = (&'static str, fn(&Rates) -> &RateCell);

const RATES: [NamedRate; 2] = [
    ("False matches (FMR)", |rates| &rates.fmr),
    ("False non-matches (FNMR)", |rates| &rates.fnmr),
];

/// Dots and intervals of FMR and FNMR, then all rates in a table, then how groups differ.
pub(super) fn rates(page: &mut Page, report: &AuditReport) {
    page.section("rates", "Error rates by group");
    page.quiet(
        "Dots are measured rates, and bars are their intervals; the dashed line is everyone's \
         rate. The scale is logarithmic: each step means ten times as many errors.",
    );
    for point in &report.operating_points {
        page.heading(3, &text::operating_point(point));
        let rows: Vec<Vec<String>> = text::rates(&point.overall)
            .into_iter()
            .map(|(name, cell)| vec![text::heading(name), text::cell(cell), method_of(cell)])
            .collect();
        page.table("Everyone", &["Rate", "Rate [interval]", "Interval"], &rows);
        for (attribute, of) in &point.attributes {
            page.heading(4, attribute);
            page.paragraph(&of.sentence);
            let known = report.data.attributes.iter().find(|known| known.name == *attribute);
            if let Some(source) = known.and_then(|known| known.source.as_deref()) {
                page.quiet(&format!("Source of {attribute}: {source}."));
            }
            if let Some(caution) = known.and_then(|known| known.caution.as_deref()) {
                page.note(caution);
            }
            page.side_by_side(|page| {
                for (title, rate) in RATES {
                    let groups: Vec<Named<'_, RateCell>> = of
                        .groups
                        .iter()
                        .enumerate()
                        .map(|(index, (name, group))| Named {
                            name,
                            mark: Mark(index),
                            value: rate(&group.rates),
                        })
                        .collect();
                    let id = page.chart_id();
                    let long = format!("{title} by {attribute}");
                    let chart = charts::dots(&id, &long, &groups, rate(&point.overall));
                    page.figure(title, &chart);
                }
            });
            let rows: Vec<Vec<String>> = of
                .groups
                .iter()
                .map(|(name, group)| {
                    let mut row = vec![name.clone(), group.subjects.to_string()];
                    let cells = text::rates(&group.rates);
                    row.extend(cells.into_iter().map(|(_, cell)| text::cell(cell)));
                    row
                })
                .collect();
            let mut header = vec!["Group".to_owned(), "People".to_owned()];
            header.extend(text::rates(&point.overall).iter().map(|(name, _)| text::heading(name)));
            let header: Vec<&str> = header.iter().map(String::as_str).collect();
            page.table(&format!("Rates by {attribute}"), &header, &rows);
            methods(page, attribute, of);
            differentials(page, attribute, of);
        }
    }
}

/// How the intervals of each group's rates were calculated.
fn methods(page: &mut Page, attribute: &str, of: &AttributeReport) {
    let rows: Vec<Vec<String>> = of
        .groups
        .iter()
        .map(|(name, group)| {
            vec![name.clone(), method_of(&group.rates.fmr), method_of(&group.rates.fnmr)]
        })
        .collect();
    page.details(&format!("How the intervals of {attribute} were calculated"), |page| {
        page.table(
            &format!("Intervals by {attribute}"),
            &["Group", "FMR interval", "FNMR interval"],
            &rows,
        );
    });
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
        page.quiet("Too few groups have enough trials for a comparison.");
        return;
    }
    page.details(&format!("How much the groups of {attribute} differ, in numbers"), |page| {
        page.table(
            &format!("Differences between groups of {attribute}"),
            &["Measure", "Value [interval]", "p", "p, Holm-adjusted", "In words", "Interval"],
            &rows,
        );
    });
}
