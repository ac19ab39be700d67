//! Rules with their verdicts.

use maud::html;

use super::page::{Page, badge, clean};
use crate::export::text;
use crate::{AuditReport, RuleReport, Verdict};

/// Rules with their verdicts.
pub(super) fn rules(page: &mut Page, report: &AuditReport) {
    page.section("rules", "Rules and verdicts");
    if report.operating_points.iter().all(|point| point.rules.is_empty()) {
        page.paragraph("No rules were chosen.");
        return;
    }
    page.quiet(
        "PASS: the whole interval meets the rule. FAIL: no part of it does. INCONCLUSIVE: the \
         data do not decide it.",
    );
    for point in report.operating_points.iter().filter(|point| !point.rules.is_empty()) {
        page.heading(3, &text::operating_point(point));
        if let Some(verdict) = point.verdict {
            page.add(html! { p { "All rules together: " (badge(verdict)) } });
        }
        for (verdict, title) in [
            (Verdict::Fail, "Failed"),
            (Verdict::Inconclusive, "Inconclusive"),
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
    page.add(html! {
        ul class="rules" {
            @for rule in rules {
                @let who: Vec<&str> =
                    rule.attribute.iter().chain(&rule.group).map(String::as_str).collect();
                @let who = if who.is_empty() { "everyone".to_owned() } else { who.join(": ") };
                li {
                    (badge(rule.verdict)) " " strong { (clean(&who)) } " "
                    code { (clean(&rule.rule)) } " "
                    span class="quiet" {
                        "of " (clean(&rule.pack)) ", confidence "
                        (clean(&text::percent(rule.confidence)))
                    }
                    br;
                    (clean(&rule.sentence))
                    @if let Some(needed) = &rule.needed {
                        br;
                        "What would settle it: " (clean(&needed.sentence))
                    }
                }
            }
        }
    });
}
