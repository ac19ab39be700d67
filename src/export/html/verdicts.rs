//! Presentation attacks, and rules with their verdicts.

use super::super::text;
use super::svg::escape;
use super::{Page, badge};
use crate::audit::{AuditReport, RuleReport, Verdict};

/// Presentation attack detection.
pub(super) fn pad(page: &mut Page, report: &AuditReport) {
    let Some(pad) = &report.pad else { return };
    page.section("attacks", "Presentation attacks");
    page.quiet(
        "APCER: attacks taken for a live person. BPCER: live people taken for an attack. IAPAR: \
         attacks that also match the person they imitate.",
    );
    let rows: Vec<Vec<String>> = pad
        .species
        .iter()
        .map(|(name, species)| {
            let worst = if pad.worst_species.as_ref() == Some(name) { "worst" } else { "" };
            vec![
                name.clone(),
                text::cell(&species.apcer),
                text::cell(&species.non_response),
                worst.to_owned(),
            ]
        })
        .collect();
    page.table("Attacks by species", &["Species", "APCER", "No response", ""], &rows);
    let mut rows = vec![
        vec!["BPCER, everyone".to_owned(), text::cell(&pad.bpcer)],
        vec!["No response, everyone".to_owned(), text::cell(&pad.bona_fide_non_response)],
    ];
    for (attribute, groups) in &pad.bpcer_by_group {
        for (group, cell) in groups {
            rows.push(vec![format!("BPCER, {attribute}: {group}"), text::cell(cell)]);
        }
    }
    page.table("Live people turned away", &["Who", "Rate"], &rows);
    let mut rows = Vec::new();
    for point in &pad.at_bpcer {
        for (species, apcer) in &point.apcer {
            rows.push(vec![
                format!("at BPCER ≤ {}", text::percent(point.target_bpcer)),
                text::threshold(point.threshold),
                text::cell(&point.bpcer),
                species.clone(),
                text::cell(apcer),
            ]);
        }
    }
    if !rows.is_empty() {
        let header = ["", "PAD threshold", "BPCER", "Species", "APCER"];
        page.table("Attacks at fixed BPCER", &header, &rows);
    }
    let mut rows = Vec::new();
    for end in &pad.end_to_end {
        for (species, iapar) in &end.iapar {
            rows.push(vec![
                species.clone(),
                text::threshold(end.threshold),
                text::cell(iapar),
                end.riapar.map_or("–".into(), text::percent),
            ]);
        }
    }
    if !rows.is_empty() {
        let header = ["Species", "Threshold", "IAPAR", "RIAPAR of the worst species"];
        page.table("Attacks end to end", &header, &rows);
    }
}

/// Rules with their verdicts.
pub(super) fn rules(page: &mut Page, report: &AuditReport) {
    page.section("rules", "Rules and verdicts");
    if report.operating_points.iter().all(|point| point.rules.is_empty()) {
        page.paragraph("No rule was asked for.");
        return;
    }
    page.quiet(
        "PASS: the whole interval meets the rule. FAIL: none of it does. INCONCLUSIVE: the data \
         cannot tell.",
    );
    for point in report.operating_points.iter().filter(|point| !point.rules.is_empty()) {
        page.heading(3, &text::operating_point(point));
        if let Some(verdict) = point.verdict {
            page.raw(&format!("<p>Taken together: {}</p>\n", badge(verdict)));
        }
        for (verdict, title) in [
            (Verdict::Fail, "Failed"),
            (Verdict::Inconclusive, "Undecided"),
            (Verdict::Pass, "Passed"),
        ] {
            let rules: Vec<&RuleReport> =
                point.rules.iter().filter(|rule| rule.verdict == verdict).collect();
            if !rules.is_empty() {
                page.heading(4, &format!("{title}: {}", rules.len()));
                rule_list(page, &rules);
            }
        }
        let mut sources: Vec<(&str, &str)> =
            point.rules.iter().map(|rule| (rule.pack.as_str(), rule.source.as_str())).collect();
        sources.dedup();
        for (pack, source) in sources {
            page.quiet(&format!("{pack}: {source}"));
        }
    }
}

fn rule_list(page: &mut Page, rules: &[&RuleReport]) {
    page.raw("<ul class=\"rules\">\n");
    for rule in rules {
        let who: Vec<&str> = rule.attribute.iter().chain(&rule.group).map(String::as_str).collect();
        let who = if who.is_empty() { "everyone".to_owned() } else { who.join(": ") };
        let needed = rule.needed.as_ref().map_or(String::new(), |needed| {
            format!("<br>What would settle it: {}", escape(&needed.sentence))
        });
        page.raw(&format!(
            "<li>{} <strong>{}</strong> <code>{}</code> <span class=\"quiet\">of {}, confidence \
             {}</span><br>{}{needed}</li>\n",
            badge(rule.verdict),
            escape(&who),
            escape(&rule.rule),
            escape(&rule.pack),
            escape(&text::percent(rule.confidence)),
            escape(&rule.sentence)
        ));
    }
    page.raw("</ul>\n");
}
