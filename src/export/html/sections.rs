//! The sections of the page, in the order in which they are read.

use super::super::text;
use super::charts::{self, Named};
use super::svg::{Mark, escape};
use super::{Page, badge, legend};
use crate::audit::{
    AttributeReport, AuditReport, BasisKind, Funnel, GroupReport, RateCell, RuleReport,
    ScoreSummary, Verdict,
};

/// Groups in one chart, at most; more are split over several.
const PER_CHART: usize = 7;

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
    page.raw(
        "<details><summary>Words used here</summary>\n<dl class=\"facts\">\
         <dt>FMR</dt><dd>False match rate: how often two different people are taken for one.</dd>\
         <dt>FNMR</dt><dd>False non-match rate: how often one person is not recognised.</dd>\
         <dt>FTA</dt><dd>Failure to acquire: how often nothing could be compared, for example since no face was found.</dd>\
         <dt>FAR, FRR</dt><dd>False accept and false reject rate: the same errors per attempt, failures to acquire included.</dd>\
         <dt>[0.1, 0.4]</dt><dd>An interval: the range that the data allow for the true rate. A wide one means few data.</dd>\
         <dt>mated, non-mated</dt><dd>Two samples of one person; samples of two people.</dd>\
         <dt>threshold</dt><dd>Scores at or above it count as a match.</dd></dl></details>\n",
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
            let caution = report.data.attributes.iter().find(|known| known.name == *attribute);
            if let Some(caution) = caution.and_then(|known| known.caution.as_deref()) {
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
                    row.push(method_of(&group.rates.fmr));
                    row.push(method_of(&group.rates.fnmr));
                    row
                })
                .collect();
            page.table(
                &format!("Rates by {attribute}"),
                &[
                    "Group",
                    "People",
                    "FMR",
                    "FNMR",
                    "FTA",
                    "FAR",
                    "FRR",
                    "FMR interval",
                    "FNMR interval",
                ],
                &rows,
            );
            differentials(page, attribute, of);
        }
    }
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

fn named(
    groups: &std::collections::BTreeMap<String, ScoreSummary>,
) -> Vec<Named<'_, ScoreSummary>> {
    groups
        .iter()
        .enumerate()
        .map(|(index, (name, value))| Named { name, mark: Mark(index), value })
        .collect()
}

/// DET curves per group.
pub(super) fn det(page: &mut Page, report: &AuditReport) {
    page.section("trade-off", "Trade-off between the two errors (DET curves)");
    page.quiet(
        "Each line shows one group at every threshold: a stricter threshold moves along it to \
         fewer wrong matches and more wrong refusals. Lines nearer the lower left are better. \
         Dotted lines are target FMRs.",
    );
    let targets: Vec<f64> =
        report.operating_points.iter().filter_map(|point| point.target_fmr).collect();
    for (attribute, groups) in &report.scores.attributes {
        page.heading(3, attribute);
        let all = named(groups);
        for part in all.chunks(PER_CHART) {
            let id = page.chart_id();
            let title = format!("DET curves by {attribute}");
            let svg = charts::det(&id, &title, part, &targets);
            page.figure(&title, &svg);
            page.raw(&legend(part.iter().map(|group| (group.name, group.mark))));
        }
        let rows: Vec<Vec<String>> = all
            .iter()
            .map(|group| {
                let mut row = vec![group.name.to_owned()];
                row.push(group.value.eer.map_or("–".into(), text::percent));
                row.push(group.value.eer_threshold.map_or("–".into(), text::threshold));
                for target in [0.1, 0.01, 0.001, 1e-4] {
                    // The point of the curve with the largest FMR that is not above the target.
                    let point = group.value.curve.iter().find(|point| point.fmr <= target);
                    row.push(point.map_or("–".into(), |point| {
                        let fmr = match point.fmr {
                            0.0 => "no wrong match".to_owned(),
                            fmr => format!("FMR {}", text::percent(fmr)),
                        };
                        format!("{} ({fmr})", text::percent(point.fnmr))
                    }));
                }
                row
            })
            .collect();
        page.table(
            &format!("Points of the DET curves by {attribute}"),
            &[
                "Group",
                "Equal error rate",
                "at threshold",
                "FNMR at FMR ≤ 10 %",
                "at FMR ≤ 1 %",
                "at FMR ≤ 0.1 %",
                "at FMR ≤ 0.01 %",
            ],
            &rows,
        );
    }
}

/// Score distributions with the thresholds.
pub(super) fn distributions(page: &mut Page, report: &AuditReport) {
    page.section("scores", "Score distributions");
    page.quiet(
        "Filled: pairs of two people. Outline: pairs of one person. The less they overlap, the \
         better. Dashed lines are the thresholds. Where a group's shapes lie further right or \
         left than the others', one threshold treats groups differently.",
    );
    let thresholds: Vec<f64> =
        report.operating_points.iter().map(|point| point.threshold).collect();
    for (attribute, groups) in &report.scores.attributes {
        page.heading(3, attribute);
        let all = named(groups);
        let id = page.chart_id();
        let title = format!("Scores by {attribute}");
        let svg = charts::distributions(&id, &title, &all, &thresholds);
        page.figure(&title, &svg);
        let rows: Vec<Vec<String>> = all.iter().map(summary_row).collect();
        page.table(
            &format!("Separation of scores by {attribute}"),
            &["Group", "d′", "min Cllr (bits)", "Mated pairs", "Non-mated pairs"],
            &rows,
        );
        counts(page, attribute, &all);
    }
    let everyone = Named { name: "everyone", mark: Mark(0), value: &report.scores.overall };
    let mut row = summary_row(&everyone);
    row.push(report.scores.overall.cllr.map_or("–".into(), text::number));
    page.table(
        "Separation of scores of everyone",
        &["Group", "d′", "min Cllr (bits)", "Mated pairs", "Non-mated pairs", "Cllr (bits)"],
        &[row],
    );
}

fn summary_row(group: &Named<'_, ScoreSummary>) -> Vec<String> {
    vec![
        group.name.to_owned(),
        group.value.d_prime.map_or("–".into(), text::number),
        group.value.min_cllr.map_or("–".into(), text::number),
        group.value.mated.counts.iter().sum::<u64>().to_string(),
        group.value.nonmated.counts.iter().sum::<u64>().to_string(),
    ]
}

/// The bars of the distributions as numbers.
fn counts(page: &mut Page, attribute: &str, groups: &[Named<'_, ScoreSummary>]) {
    let Some(first) = groups.first() else { return };
    let range = &first.value.mated;
    let bins = range.counts.len();
    let edge = |bin: usize| range.low + (range.high - range.low) * bin as f64 / bins.max(1) as f64;
    let mut header = vec!["Scores from".to_owned()];
    for group in groups {
        header.push(format!("{}: mated", group.name));
        header.push(format!("{}: non-mated", group.name));
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = (0..bins)
        .map(|bin| {
            let count = |counts: &[u64]| counts.get(bin).copied().unwrap_or(0).to_string();
            let cells = groups.iter().flat_map(|group| {
                [count(&group.value.mated.counts), count(&group.value.nonmated.counts)]
            });
            std::iter::once(text::threshold(edge(bin))).chain(cells).collect()
        })
        .collect();
    page.raw(&format!(
        "<details><summary>The counts behind the chart of {}</summary>\n",
        escape(attribute)
    ));
    page.table(&format!("Counts of scores by {attribute}"), &header, &rows);
    page.raw("</details>\n");
}

/// False match rates within and across groups.
pub(super) fn cross_cohort(page: &mut Page, report: &AuditReport) {
    page.section("cross", "Wrong matches within and across groups");
    page.quiet(
        "Each cell is the false match rate of pairs with one person from either group. On the \
         diagonal both are of the same group, where systems confuse people most. Darker cells \
         have higher rates.",
    );
    for point in &report.operating_points {
        page.heading(3, &text::operating_point(point));
        for (attribute, of) in &point.attributes {
            heat_map(page, attribute, of);
        }
    }
}

fn heat_map(page: &mut Page, attribute: &str, of: &AttributeReport) {
    let cross = &of.cross_cohort;
    let measured = |cell: &Option<RateCell>| match cell {
        Some(RateCell::Measured(rate)) if rate.rate > 0.0 => Some(rate.rate.ln()),
        _ => None,
    };
    let logs: Vec<f64> = cross.fmr.iter().flatten().filter_map(measured).collect();
    let least = logs.iter().copied().fold(f64::INFINITY, f64::min);
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let caption = format!("False match rates within and across groups of {attribute}");
    let mut html = format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\">\
         <table class=\"heat\"><caption>{0}</caption><thead><tr><td></td>",
        escape(&caption)
    );
    for group in &cross.groups {
        html.push_str(&format!("<th scope=\"col\">{}</th>", escape(group)));
    }
    html.push_str("</tr></thead><tbody>");
    for (group, row) in cross.groups.iter().zip(&cross.fmr) {
        html.push_str(&format!("<tr><th scope=\"row\">{}</th>", escape(group)));
        for cell in row {
            let depth = measured(cell)
                .map(|log| if most > least { (log - least) / (most - least) } else { 0.5 });
            // White to a dark blue; text turns white where it would lose contrast.
            let style = match depth {
                Some(depth) => {
                    let mix = |from: f64, to: f64| (from + (to - from) * depth).round();
                    format!(
                        "background:rgb({},{},{});color:{}",
                        mix(240.0, 0.0),
                        mix(246.0, 60.0),
                        mix(250.0, 110.0),
                        if depth > 0.69 { "#fff" } else { "#000" }
                    )
                }
                None => "background:#fff;color:#000".to_owned(),
            };
            let (head, small) = match cell {
                Some(RateCell::Measured(rate)) if rate.errors == 0 => {
                    (format!("< {}", text::percent(rate.high)), format!("0/{}", rate.trials))
                }
                Some(RateCell::Measured(rate)) => {
                    (text::percent(rate.rate), format!("{}/{}", rate.errors, rate.trials))
                }
                Some(RateCell::Insufficient { insufficient }) => {
                    ("too few".to_owned(), format!("{} trials", insufficient.trials))
                }
                None => ("–".to_owned(), "no pairs".to_owned()),
            };
            html.push_str(&format!(
                "<td style=\"{style}\">{}<small>{}</small></td>",
                escape(&head),
                escape(&small)
            ));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>\n");
    page.raw(&html);
}

/// At which stage people are turned away.
pub(super) fn funnel(page: &mut Page, report: &AuditReport) {
    page.section("funnel", "Where people are turned away");
    page.quiet(
        "Of the people who tried to be recognised as themselves: how many were turned away, and \
         at which stage. The bars share one scale.",
    );
    for point in &report.operating_points {
        page.heading(3, &text::operating_point(point));
        for (attribute, of) in &point.attributes {
            let groups: Vec<Named<'_, Funnel>> = of
                .groups
                .iter()
                .enumerate()
                .map(|(index, (name, group))| Named {
                    name,
                    mark: Mark(index),
                    value: &group.funnel,
                })
                .collect();
            page.heading(4, attribute);
            let id = page.chart_id();
            let title = format!("Turned away, by {attribute}");
            let svg = charts::funnel(&id, &title, &groups);
            page.figure(&title, &svg);
            page.raw(&charts::funnel_legend());
            funnel_table(page, attribute, &groups);
        }
    }
}

fn funnel_table(page: &mut Page, attribute: &str, groups: &[Named<'_, Funnel>]) {
    let Some(first) = groups.first() else { return };
    let mut header = vec!["Group".to_owned(), "Attempts".to_owned()];
    header.extend(
        first.value.stages.iter().map(|stage| charts::stage_words(&stage.stage).to_owned()),
    );
    header.push("turned away in all".into());
    header.push("people turned away every time".into());
    let attempts = groups.iter().any(|group| !group.value.found_at_attempt.is_empty());
    if attempts {
        header.push("face found at attempt 1, 2, …".into());
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|group| {
            let mut row = vec![group.name.to_owned(), group.value.transactions.to_string()];
            row.extend(group.value.stages.iter().map(|stage| text::cell(&stage.lost)));
            row.push(text::cell(&group.value.denied));
            row.push(text::cell(&group.value.denied_always));
            if attempts {
                let found = group.value.found_at_attempt.iter().map(u64::to_string);
                row.push(found.collect::<Vec<_>>().join(", "));
            }
            row
        })
        .collect();
    page.table(
        &format!("Turned away at each stage, of those who came so far, by {attribute}"),
        &header,
        &rows,
    );
}

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
        let value = rule.value.as_ref().map_or("–".into(), text::estimate);
        let limit = rule.limit.map_or("none".into(), text::number);
        page.raw(&format!(
            "<li>{} <strong>{}</strong> <code>{}</code> of {}<br>{}{needed}<br>\
             <span class=\"quiet\">measured {}, limit {limit}, confidence {}</span></li>\n",
            badge(rule.verdict),
            escape(&who),
            escape(&rule.rule),
            escape(&rule.pack),
            escape(&rule.sentence),
            escape(&value),
            text::percent(rule.confidence)
        ));
    }
    page.raw("</ul>\n");
}

/// How the numbers were made.
pub(super) fn method(page: &mut Page, report: &AuditReport) {
    page.section("method", "Method");
    for paragraph in &report.method {
        page.paragraph(paragraph);
    }
}

/// What was audited.
pub(super) fn data(page: &mut Page, report: &AuditReport) {
    page.section("data", "Data");
    let data = &report.data;
    let facts = [
        ("Records read", data.records.to_string()),
        ("Records reported on", data.reported.to_string()),
        ("Mated", data.mated.to_string()),
        ("Non-mated", data.nonmated.to_string()),
        ("Presentation attacks", data.attacks.to_string()),
        ("People", data.subjects.to_string()),
        ("Distinct non-mated pairs of people", data.dyads.to_string()),
        ("Shape of the pairs", data.design.name.clone()),
        ("People each person is compared with, on average", text::number(data.design.mean_degree)),
        ("Share of all possible pairs of people", text::percent(data.design.density)),
        ("Mated comparisons per person, on average", text::number(data.design.mated_per_subject)),
    ];
    let rows: Vec<Vec<String>> =
        facts.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    page.table("What was audited", &["", "Number"], &rows);
    page.paragraph(&data.design.sentence);
    if !data.failures.is_empty() {
        let rows: Vec<Vec<String>> = data
            .failures
            .iter()
            .map(|(name, count)| vec![name.clone(), count.to_string()])
            .collect();
        page.table("Records in which nothing was compared", &["Failure", "Records"], &rows);
    }
    let mut rows = Vec::new();
    for attribute in &data.attributes {
        for (group, people) in &attribute.subjects {
            rows.push(vec![attribute.name.clone(), group.clone(), people.to_string()]);
        }
        rows.push(vec![
            attribute.name.clone(),
            "(records without a label)".into(),
            attribute.unlabelled.to_string(),
        ]);
    }
    page.table("People per group", &["Attribute", "Group", "People"], &rows);
}

/// What the numbers can't say.
pub(super) fn limits(page: &mut Page, report: &AuditReport) {
    page.section("limits", "Limits");
    page.raw("<ul>\n");
    for paragraph in &report.limits {
        page.raw(&format!("<li>{}</li>\n", escape(paragraph)));
    }
    page.raw("</ul>\n");
}

/// Oddities of the records and of the audit.
pub(super) fn warnings(page: &mut Page, report: &AuditReport) {
    page.section("warnings", "Warnings");
    if report.warnings.is_empty() {
        page.paragraph("None.");
        return;
    }
    let rows: Vec<Vec<String>> = report
        .warnings
        .iter()
        .map(|warning| {
            let lines: Vec<String> = warning.lines.iter().map(u64::to_string).collect();
            vec![
                warning.code.clone(),
                warning.message.clone(),
                warning.count.to_string(),
                lines.join(", "),
            ]
        })
        .collect();
    page.table("Warnings", &["Code", "What", "How many", "First lines"], &rows);
}

/// What made the report, from what.
pub(super) fn provenance(page: &mut Page, report: &AuditReport) {
    page.section("provenance", "Where this report comes from");
    page.raw(&format!(
        "<dl class=\"facts\"><dt>Software</dt><dd>{} {}</dd><dt>Seed</dt><dd>{}</dd>\
         <dt>Confidence of intervals</dt><dd>{}</dd><dt>Schema</dt><dd><code>{}</code></dd></dl>\n",
        escape(&report.software.name),
        escape(&report.software.version),
        report.seed,
        escape(&text::percent(report.confidence)),
        escape(&report.schema)
    ));
    let inputs = report.inputs.iter().chain(&report.threshold_basis.calibration);
    let rows: Vec<Vec<String>> = inputs
        .map(|input| vec![input.file.clone(), input.format.clone(), input.sha256.to_string()])
        .collect();
    page.table("Inputs", &["File", "Format", "SHA-256"], &rows);
    page.paragraph(
        "Run the same version on the same files with the same options, and every number comes out \
         again.",
    );
}
