//! A stress test: curves for each degradation, by group, with the tables behind them.

use std::io::{self, Write};

use super::charts::Named;
use super::curves::curves;
use super::page::{Head, Page};
use super::svg::{Mark, legend};
use crate::export::stress_facts::{extremes, facts, levels};
use crate::{StressLevel, StressRate, StressRates, StressReport, StressSeries};

/// The most groups in one chart; more are split over several charts.
const PER_CHART: usize = 7;
/// The id and the title of the first section.
const FIRST: (&str, &str) = ("stress", "Stress test: which groups degraded photos affect");

/// The page of a stress test on its own.
pub(in crate::export) fn page(report: &StressReport, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(FIRST.0, FIRST.1);
    body(&mut page, report, false);
    let first = format!(
        "{} photos of {} people; calculated by {} {}",
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
        page.section(FIRST.0, FIRST.1);
        body(page, report, true);
    }
}

/// All of it. Within an audit it is one section with the notice in it; a page of its own has the
/// notice at its top, and lists every degradation in its contents.
fn body(page: &mut Page, report: &StressReport, within: bool) {
    if within {
        page.note(&report.notice);
    }
    page.quiet(
        "Every photo was degraded step by step, from mild to severe, and analysed again. Points \
         are measured rates, and the bars through them are their intervals; groups stand side by \
         side at each level. Where there are too few trials there is no point. “clean” is the \
         photo as it is.",
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
        page.details("The numbers behind the charts", |page| {
            let all: Vec<_> = everyone.iter().chain(&groups).collect();
            tables(page, &format!("{} by {attribute}", series.title), &all, &labels);
        });
    }
}

/// A group's rates at every level.
fn rates_of<'a>(levels: &[&'a StressLevel], attribute: &str, group: &str) -> Vec<&'a StressRates> {
    levels.iter().filter_map(|level| level.attributes.get(attribute)?.get(group)).collect()
}

type Group<'a> = (&'a str, Vec<&'a StressRates>);

/// Which rates have something to show. Of the two kinds of non-matches it is the one against
/// another photo where there are pairs of photos.
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
        page.side_by_side(|page| {
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
        });
        page.add(legend(chunk.iter().enumerate().map(|(index, (name, _))| (*name, Mark(index)))));
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
    page.list(&facts(report));
    if !report.unusable.is_empty() {
        let rows: Vec<Vec<String>> = report
            .unusable
            .iter()
            .map(|photo| vec![photo.line.to_string(), photo.path.clone(), photo.failure.clone()])
            .collect();
        page.table(
            "Files that could not be used even without degradation",
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
        page.details("Why photos gave no template", |page| {
            let header = ["Degradation", "Level", "Why", "Photos"];
            page.table("Photos without a template", &header, &rows);
        });
    }
    let models = report.models.iter();
    let rows: Vec<Vec<String>> =
        models
            .map(|model| vec![model.role.clone(), model.id.clone(), model.sha256.to_string()])
            .chain(
                report
                    .templates
                    .map(|form| vec!["templates".to_owned(), form.to_string(), String::new()]),
            )
            .chain(report.inputs.iter().map(|input| {
                vec![input.format.clone(), input.file.clone(), input.sha256.to_string()]
            }))
            .collect();
    page.table("Models and inputs of the stress test", &["", "Name", "SHA-256"], &rows);
}
