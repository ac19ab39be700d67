//! Rules with their verdicts.

use super::super::text;
use super::svg::escape;
use super::{Page, badge};
use crate::{AuditReport, RuleReport, Verdict};

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
