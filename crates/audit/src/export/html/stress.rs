//! A stress test: curves per degradation, by group, with the tables behind them.

use std::io::{self, Write};

use super::charts::Named;
use super::curves::curves;
use super::svg::{Mark, escape};
use super::{Head, Page, legend};
use crate::export::stress::{extremes, facts, levels};
use crate::{StressLevel, StressRate, StressRates, StressReport, StressSeries};

/// Groups in one chart, at most; more are split over several.
const PER_CHART: usize = 7;

/// The page of a stress test by itself.
pub(in crate::export) fn page(report: &StressReport, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::default();
    body(&mut page, report, false);
    let first = format!(
        "{} photos of {} people; computed by {} {}",
        report.photos, report.people, report.software.name, report.software.version
    );
    let head = Head {
        title: "Face verification stress test",
        notice: Some(&report.notice),
        first: &first,
        files: ["stress.json", "stress.csv"],
    };
    page.write(&head, out)
}

/// The stress test within the report of an audit; nothing where there is none.
pub(super) fn embedded(page: &mut Page, report: Option<&StressReport>) {
    if let Some(report) = report {
        body(page, report, true);
    }
}

/// All of it. Within an audit it is one section that says itself what it is; a page of its own
/// says so at its top, and lists every degradation among its contents.
fn body(page: &mut Page, report: &StressReport, within: bool) {
    page.section("stress", "Stress test: whom degraded photos fail");
    if within {
        page.note(&report.notice);
    }
    page.quiet(
        "Every photo was degraded step by step, from mild to severe, and looked at again. Points \
         are measured rates, the bars through them their intervals; groups stand side by side at \
         each level. Where trials are too few there is no point. “clean” is the photo as it is.",
    );
    summary(page, report);
    for series in &report.series {
        let title = format!("Stress: {}", series.title);
        if within {
            page.heading(3, &title);
        } else {
            page.section(&format!("stress-{}", series.degradation), &title);
        }
        self::series(page, report, series);
    }
    if within {
        page.heading(3, "About the stress test");
    } else {
        page.section("stress-about", "About the stress test");
    }
    about(page, report);
}

/// The groups with the lowest and the highest rate at each degradation's severest level.
fn summary(page: &mut Page, report: &StressReport) {
    for attribute in &report.attributes {
        let rows = extremes(report, attribute);
        if !rows.is_empty() {
            page.table(
                &format!("At the severest level, by {attribute}"),
                &["Degradation", "Rate", "Everyone", "Lowest group", "Highest group"],
                &rows,
            );
        }
    }
}

fn series(page: &mut Page, report: &StressReport, series: &StressSeries) {
    page.quiet(&format!("Level: {}.", series.unit));
    let levels = levels(report, series);
    let labels: Vec<&str> = levels.iter().map(|level| level.label.as_str()).collect();
    let everyone = vec![("everyone", levels.iter().map(|level| &level.overall).collect())];
    if report.attributes.is_empty() {
        panels(page, "everyone", &everyone, &labels);
    }
    for attribute in &report.attributes {
        page.heading(4, attribute);
        let names: Vec<&str> = report
            .clean
            .attributes
            .get(attribute)
            .map_or_else(Vec::new, |groups| groups.keys().map(String::as_str).collect());
        let groups: Vec<(&str, Vec<&StressRates>)> =
            names.iter().map(|name| (*name, rates_of(&levels, attribute, name))).collect();
        panels(page, attribute, &groups, &labels);
        page.raw("<details><summary>The numbers behind the charts</summary>\n");
        let all: Vec<_> = everyone.iter().chain(&groups).collect();
        tables(page, &format!("{} by {attribute}", series.title), &all, &labels);
        page.raw("</details>\n");
    }
}

/// A group's rates at every level.
fn rates_of<'a>(levels: &[&'a StressLevel], attribute: &str, group: &str) -> Vec<&'a StressRates> {
    levels.iter().filter_map(|level| level.attributes.get(attribute)?.get(group)).collect()
}

type Group<'a> = (&'a str, Vec<&'a StressRates>);

/// Which rates have something to show: of the two kinds of non-matches the one against another
/// photo, where there are pairs of photos.
fn shown(groups: &[Group<'_>]) -> Vec<(usize, &'static str)> {
    let any = |which: usize, of: &dyn Fn(&StressRate) -> bool| {
        groups.iter().any(|(_, rates)| rates.iter().any(|rates| of(rates.named()[which].2)))
    };
    let Some(first) = groups.first().and_then(|(_, rates)| rates.first()) else {
        return Vec::new();
    };
    let pairs = any(2, &|rate| rate.rate.is_some());
    first
        .named()
        .into_iter()
        .enumerate()
        .filter(|(which, (name, _, _))| match *name {
            "refused" => any(*which, &|rate| rate.errors > 0),
            "fnmr" | "frr" => pairs,
            "self_non_match" => !pairs && any(*which, &|rate| rate.rate.is_some()),
            _ => true,
        })
        .map(|(which, (_, title, _))| (which, title))
        .collect()
}

fn panels(page: &mut Page, attribute: &str, groups: &[Group<'_>], labels: &[&str]) {
    for (part, chunk) in groups.chunks(PER_CHART).enumerate() {
        page.raw("<div class=\"pair\">\n");
        for (which, title) in shown(groups) {
            let values: Vec<Vec<&StressRate>> = chunk
                .iter()
                .map(|(_, rates)| rates.iter().map(|rates| rates.named()[which].2).collect())
                .collect();
            let named: Vec<Named<'_, Vec<&StressRate>>> = chunk
                .iter()
                .zip(&values)
                .enumerate()
                .map(|(index, ((name, _), value))| Named { name, mark: Mark(index), value })
                .collect();
            let id = page.chart_id();
            let svg = curves(&id, &format!("{title}, by {attribute}"), &named, labels);
            let more = if part > 0 { ", continued" } else { "" };
            page.figure(&format!("{title}{more}"), &svg);
        }
        page.raw("</div>\n");
        page.raw(&legend(chunk.iter().enumerate().map(|(index, (name, _))| (*name, Mark(index)))));
    }
}

fn tables(page: &mut Page, caption: &str, groups: &[&Group<'_>], labels: &[&str]) {
    let Some((_, rates)) = groups.first() else { return };
    let Some(first) = rates.first() else { return };
    for (which, (_, title, _)) in first.named().into_iter().enumerate() {
        let trials = |rates: &&StressRates| rates.named()[which].2.trials;
        if groups.iter().all(|(_, rates)| rates.iter().all(|rates| trials(rates) == 0)) {
            continue;
        }
        let mut header = vec!["Group"];
        header.extend(labels);
        let rows: Vec<Vec<String>> = groups
            .iter()
            .map(|(name, rates)| {
                let cells = rates.iter().map(|rates| rates.named()[which].2.text.clone());
                std::iter::once((*name).to_owned()).chain(cells).collect()
            })
            .collect();
        page.table(&format!("{caption}: {title}"), &header, &rows);
    }
}

fn about(page: &mut Page, report: &StressReport) {
    page.raw("<ul>\n");
    for fact in facts(report) {
        page.raw(&format!("<li>{}</li>\n", escape(&fact)));
    }
    page.raw("</ul>\n");
    if !report.unusable.is_empty() {
        let rows: Vec<Vec<String>> = report
            .unusable
            .iter()
            .map(|photo| vec![photo.line.to_string(), photo.path.clone(), photo.failure.clone()])
            .collect();
        page.table(
            "Files that could not be used even as they are",
            &["Line", "File", "Why"],
            &rows,
        );
    }
    let rows: Vec<Vec<String>> =
        std::iter::once(("clean", &report.clean))
            .chain(report.series.iter().flat_map(|series| {
                series.levels.iter().map(|level| (series.title.as_str(), level))
            }))
            .flat_map(|(title, level)| {
                level.failures.iter().map(move |(why, count)| {
                    let at = if level.level.is_some() { level.label.as_str() } else { "" };
                    vec![title.to_owned(), at.to_owned(), why.clone(), count.to_string()]
                })
            })
            .collect();
    if !rows.is_empty() {
        page.raw("<details><summary>Why photos gave no template</summary>\n");
        page.table("Photos without a template", &["Degradation", "Level", "Why", "Photos"], &rows);
        page.raw("</details>\n");
    }
    let models = report.models.iter();
    let rows: Vec<Vec<String>> =
        models
            .map(|model| vec![model.role.clone(), model.id.clone(), model.sha256.to_string()])
            .chain(report.inputs.iter().map(|input| {
                vec![input.format.clone(), input.file.clone(), input.sha256.to_string()]
            }))
            .collect();
    page.table("What the stress test was made of", &["", "Name", "SHA-256"], &rows);
}
