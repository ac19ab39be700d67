//! False matches within and across groups, and the funnel.

use maud::{Markup, html};

use super::charts::{self, Named};
use super::page::{Page, clean, scrolling_table};
use super::svg::Mark;
use crate::export::shown::MATRIX;
use crate::export::text;
use crate::{AttributeReport, AuditReport, Funnel, RateCell};

/// False match rates within and across groups.
pub(super) fn cross_cohort(page: &mut Page, report: &AuditReport) {
    page.section("cross", "False matches within and across groups");
    page.quiet(
        "Each cell is the false match rate of pairs with one person from each of the two groups. \
         On the diagonal both people are from the same group, where systems confuse people most. \
         Darker cells have higher rates.",
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
    if cross.groups.is_empty() || cross.groups.len() > MATRIX {
        let more = match cross.groups.len() {
            0 => "",
            _ => " rates.csv has these rates.",
        };
        page.quiet(&format!(
            "{attribute}: there are too many groups to show the rates of each pair of groups.{more}"
        ));
        return;
    }
    let measured = |cell: &Option<RateCell>| match cell {
        Some(RateCell::Measured(rate)) if rate.rate > 0.0 => Some(rate.rate.ln()),
        _ => None,
    };
    let logs: Vec<f64> = cross.fmr.iter().flatten().filter_map(measured).collect();
    let least = logs.iter().copied().fold(f64::INFINITY, f64::min);
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let caption = format!("False match rates within and across groups of {attribute}");
    let head = html! {
        tr { td {} @for group in &cross.groups { th scope="col" { (clean(group)) } } }
    };
    let body = html! {
        @for (group, row) in cross.groups.iter().zip(&cross.fmr) {
            tr {
                th scope="row" { (clean(group)) }
                @for cell in row {
                    (heat_cell(cell.as_ref(), measured(cell).map(|log| match most > least {
                        true => (log - least) / (most - least),
                        false => 0.5,
                    })))
                }
            }
        }
    };
    page.add(scrolling_table("matrix heat", &caption, &head, &body));
}

/// A rate on a background that is the darker, the closer `depth` is to 1.
fn heat_cell(cell: Option<&RateCell>, depth: Option<f64>) -> Markup {
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
    html! { td style=(style) { (clean(&head)) small { (clean(&small)) } } }
}

/// Which photos gave no template, where photos were audited.
pub(super) fn acquisition(page: &mut Page, report: &AuditReport) {
    let Some(acquisition) = &report.acquisition else { return };
    page.section("acquisition", "Photos that could not be used");
    page.quiet(&format!(
        "How many of all photos gave no template: {}, and at which stage they were lost. A photo \
         that could not be used counts as a refusal in every comparison that needed it.",
        text::cell(&acquisition.overall.denied)
    ));
    for (attribute, groups) in &acquisition.attributes {
        let groups: Vec<Named<'_, Funnel>> = groups
            .iter()
            .enumerate()
            .map(|(index, (name, value))| Named { name, mark: Mark(index), value })
            .collect();
        page.heading(3, attribute);
        let id = page.chart_id();
        let title = format!("Photos that could not be used, by {attribute}");
        let svg = charts::funnel(&id, &title, &groups);
        page.figure(&title, &svg);
        page.add(charts::funnel_legend());
        funnel_table(page, attribute, &groups, "Photos", "people without a usable photo");
    }
}

/// At which stage people are turned away.
pub(super) fn funnel(page: &mut Page, report: &AuditReport) {
    page.section("funnel", "Where people are turned away");
    page.quiet(
        "How many of the people who tried to be recognised as themselves were turned away, and at \
         which stage. All bars have the same scale.",
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
            page.add(charts::funnel_legend());
            funnel_table(page, attribute, &groups, "Attempts", "people turned away every time");
        }
    }
}

fn funnel_table(
    page: &mut Page,
    attribute: &str,
    groups: &[Named<'_, Funnel>],
    entered: &str,
    always: &str,
) {
    let Some(first) = groups.first() else { return };
    let stages = first.value.stages.len();
    let lost = |group: &Named<'_, Funnel>, stage: usize| match group.value.stages.get(stage) {
        Some(stage) => match &stage.lost {
            RateCell::Measured(rate) => rate.errors > 0,
            RateCell::Insufficient { .. } => true,
        },
        None => false,
    };
    let (used, unused): (Vec<usize>, Vec<usize>) =
        (0..stages).partition(|&stage| groups.iter().any(|group| lost(group, stage)));
    let words = |stage: &usize| charts::stage_words(&first.value.stages[*stage].stage).to_owned();
    let mut header = vec!["Group".to_owned(), entered.to_owned()];
    header.extend(used.iter().map(words));
    header.push("turned away in total".into());
    header.push(always.to_owned());
    let attempts = groups.iter().any(|group| !group.value.found_at_attempt.is_empty());
    if attempts {
        header.push("face found at attempt 1, 2, …".into());
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|group| {
            let mut row = vec![group.name.to_owned(), group.value.transactions.to_string()];
            let stages = used.iter().filter_map(|stage| group.value.stages.get(*stage));
            row.extend(stages.map(|stage| text::cell(&stage.lost)));
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
        &format!("Turned away at each stage, of those who reached it, by {attribute}"),
        &header,
        &rows,
    );
    if !unused.is_empty() {
        let unused: Vec<String> = unused.iter().map(words).collect();
        page.quiet(&format!("In no group: {}.", unused.join(", ")));
    }
}
