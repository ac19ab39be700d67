//! Presentation attack detection.

use std::collections::BTreeMap;

use super::page::Page;
use super::svg::{Mark, legend};
use super::trade_off::{Line, trade_off};
use crate::export::text;
use crate::{AuditReport, PadReport, RateCell};

/// The most species in one chart; more are split over several charts.
const PER_CHART: usize = 7;

/// Presentation attack detection.
pub(super) fn pad(page: &mut Page, report: &AuditReport) {
    let Some(pad) = &report.pad else { return };
    page.section("attacks", "Presentation attacks");
    page.quiet(
        "APCER: attacks taken for a live person. BPCER: live people taken for an attack. No \
         response: the detector gave no answer. IAPAR: attacks that also match the person they \
         imitate; RIAPAR adds the share of rightful attempts that are rejected.",
    );
    if let Some(notice) = &pad.notice {
        page.note(notice);
    }
    by_species(page, pad);
    turned_away(page, pad);
    curves(page, pad);
    at_bpcer(page, pad);
    end_to_end(page, pad);
}

fn badge(name: &str, worst: Option<&String>) -> String {
    if worst.is_some_and(|worst| worst == name) { "worst".to_owned() } else { String::new() }
}

fn by_species(page: &mut Page, pad: &PadReport) {
    let rows: Vec<Vec<String>> = pad
        .species
        .iter()
        .map(|(name, species)| {
            vec![
                text::species(name, pad),
                text::cell(&species.apcer),
                text::cell(&species.non_response),
                badge(name, pad.worst_species.as_ref()),
            ]
        })
        .collect();
    if rows.is_empty() {
        page.paragraph("No attack was presented.");
        return;
    }
    page.table("Attacks by species", &["Species", "APCER", "No response", ""], &rows);
}

fn turned_away(page: &mut Page, pad: &PadReport) {
    let dash = || "–".to_owned();
    let cell = |cell: Option<&RateCell>| cell.map_or_else(dash, text::cell);
    let over =
        |estimate: Option<crate::Estimate>| estimate.as_ref().map_or_else(dash, text::estimate);
    let mut rows = vec![vec![
        "everyone".to_owned(),
        text::cell(&pad.bpcer),
        dash(),
        text::cell(&pad.bona_fide_non_response),
        cell(pad.bona_fide_turned_away.as_ref()),
        dash(),
    ]];
    for (attribute, groups) in &pad.bpcer_by_group {
        for (group, bpcer) in groups {
            let rest = pad.groups.get(attribute).and_then(|groups| groups.get(group));
            rows.push(vec![
                format!("{attribute}: {group}"),
                text::cell(bpcer),
                over(rest.and_then(|rest| rest.bpcer_over_overall)),
                cell(rest.map(|rest| &rest.non_response)),
                cell(rest.map(|rest| &rest.turned_away)),
                over(rest.and_then(|rest| rest.turned_away_over_overall)),
            ]);
        }
    }
    page.table(
        "Live people turned away",
        &["Who", "BPCER", "Ratio to everyone's", "No response", "Either", "Ratio to everyone's"],
        &rows,
    );
    let rows: Vec<Vec<String>> = pad
        .groups
        .iter()
        .flat_map(|(attribute, groups)| {
            groups.iter().map(move |(group, rest)| {
                vec![format!("{attribute}: {group}"), text::cell(&rest.attack_non_response)]
            })
        })
        .collect();
    if !rows.is_empty() && !pad.species.is_empty() {
        let caption =
            "Attacks of any species without a response, by the group of the person they show";
        page.table(caption, &["Who", "No response"], &rows);
    }
}

fn curves(page: &mut Page, pad: &PadReport) {
    let lines: Vec<(String, Line)> = pad
        .species
        .iter()
        .filter(|(_, species)| !species.curve.is_empty())
        .enumerate()
        .map(|(index, (name, species))| {
            let name = text::species(name, pad);
            let points = species.curve.iter().map(|p| (p.bpcer, p.apcer)).collect();
            let note = format!("{name}: {} thresholds. ", species.curve.len());
            (name, Line { mark: Mark(index), points, note })
        })
        .collect();
    if lines.is_empty() {
        return;
    }
    page.heading(3, "Trade-off between the two errors (DET curves)");
    page.quiet(
        "Each line shows one species at every threshold of the PAD score; nearer the lower left \
         is better. Dotted lines are BPCER 1 % and 10 %. Where a threshold separates a species \
         from all live people, nothing is drawn: the errors there are zero.",
    );
    let (drawn, separated): (Vec<_>, Vec<_>) =
        lines.into_iter().partition(|(_, line)| line.shows());
    if !separated.is_empty() {
        let names: Vec<&str> = separated.iter().map(|(name, _)| name.as_str()).collect();
        page.paragraph(&format!(
            "No threshold causes both errors at once, so no line can be drawn: {}.",
            names.join(", ")
        ));
    }
    let mut rest = drawn.into_iter().peekable();
    while rest.peek().is_some() {
        let (names, lines): (Vec<String>, Vec<Line>) = rest.by_ref().take(PER_CHART).unzip();
        let id = page.chart_id();
        let title = "DET curves by species of attack";
        let axes = ("live people refused (BPCER)", "attacks passed (APCER)");
        let svg = trade_off(&id, title, &lines, &[0.01, 0.1], axes);
        page.figure(title, &svg);
        let marks = names.iter().zip(&lines);
        page.add(legend(marks.map(|(name, line)| (name.as_str(), line.mark))));
    }
}

fn at_bpcer(page: &mut Page, pad: &PadReport) {
    let mut rows = Vec::new();
    for point in &pad.at_bpcer {
        for (species, apcer) in &point.apcer {
            rows.push(vec![
                format!("at BPCER ≤ {}", text::percent(point.target_bpcer)),
                text::threshold(point.threshold),
                text::cell(&point.bpcer),
                text::species(species, pad),
                text::cell(apcer),
                badge(species, point.worst_species.as_ref()),
            ]);
        }
    }
    if !rows.is_empty() {
        let header = ["", "PAD threshold", "BPCER", "Species", "APCER", ""];
        page.table("Attacks at fixed BPCER", &header, &rows);
    }
    let mut rows = Vec::new();
    for point in &pad.at_bpcer {
        for (attribute, groups) in &point.groups {
            for (group, of_group) in groups {
                rows.push(vec![
                    format!("{attribute}: {group}"),
                    format!("≤ {}", text::percent(point.target_bpcer)),
                    text::cell(&of_group.bpcer),
                    of_group.over_overall.as_ref().map_or("–".into(), text::estimate),
                ]);
            }
        }
    }
    if !rows.is_empty() {
        let header = ["Who", "Everyone's BPCER", "BPCER of the group", "Ratio to everyone's"];
        page.table("Live people refused at fixed BPCER", &header, &rows);
    }
}

fn end_to_end(page: &mut Page, pad: &PadReport) {
    let mut rows = Vec::new();
    for end in &pad.end_to_end {
        for (species, iapar) in &end.iapar {
            rows.push(vec![
                text::species(species, pad),
                text::threshold(end.threshold),
                text::cell(iapar),
                badge(species, end.worst_species.as_ref()),
            ]);
        }
    }
    if !rows.is_empty() {
        let header = ["Species", "Threshold", "IAPAR", ""];
        page.table("Attacks end to end", &header, &rows);
    }
    let mut rows = Vec::new();
    for end in &pad.end_to_end {
        let threshold = text::threshold(end.threshold);
        let mut row = |who: String, value: String| rows.push(vec![who, threshold.clone(), value]);
        let riapar = match (&end.riapar_interval, end.riapar) {
            (Some(sum), _) => Some(text::shares(sum)),
            (None, riapar) => riapar.map(text::percent),
        };
        if let Some(riapar) = riapar {
            row("RIAPAR of the worst species".into(), riapar);
        }
        if let Some(frr) = &end.frr {
            row("Rightful attempts rejected, everyone".into(), text::cell(frr));
        }
        for (who, cell) in groups_of(&end.frr_by_group) {
            row(format!("Rightful attempts rejected, {who}"), text::cell(cell));
        }
    }
    if !rows.is_empty() {
        let header = ["", "Threshold", "Rate"];
        page.table("Attacks and rightful attempts end to end", &header, &rows);
    }
}

fn groups_of(
    groups: &BTreeMap<String, BTreeMap<String, RateCell>>,
) -> impl Iterator<Item = (String, &RateCell)> {
    groups.iter().flat_map(|(attribute, groups)| {
        groups.iter().map(move |(group, cell)| (format!("{attribute}: {group}"), cell))
    })
}
