//! `report.html`: one file without scripts or requests, from the answer to the evidence.

mod about;
mod appeals;
mod attacks;
mod charts;
mod curves;
mod groups;
mod normalisation;
mod rates;
mod scores;
mod stress;
mod svg;
mod trade_off;
mod verdicts;

use std::io::{self, Write};
use std::mem;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Exporter;
use super::shown::{Shown, shown};
use super::text;
use crate::{AuditReport, Verdict};
pub(super) use stress::page as stress_page;
use svg::Mark;

/// Writes the report as one HTML page.
#[derive(Debug, Clone, Copy, Default)]
pub struct HtmlExporter;

const STYLE: &str = include_str!("style.css");

impl Exporter for HtmlExporter {
    fn export(&self, report: &AuditReport, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page::new("answer", "The answer");
        let Shown { report, left_out } = shown(report);
        let report = &*report;
        rates::answer(&mut page, report);
        left_out.iter().for_each(|sentence| page.note(sentence));
        // Records of presentation attack detection alone have no scores.
        if !report.operating_points.is_empty() {
            rates::rates(&mut page, report);
            normalisation::normalisation(&mut page, report);
            scores::det(&mut page, report);
            scores::distributions(&mut page, report);
            groups::cross_cohort(&mut page, report);
            groups::acquisition(&mut page, report);
            groups::funnel(&mut page, report);
        }
        attacks::pad(&mut page, report);
        verdicts::rules(&mut page, report);
        appeals::appeals(&mut page, report.appeals.as_ref());
        stress::embedded(&mut page, report.stress.as_ref());
        about::method(&mut page, report);
        about::data(&mut page, report);
        about::limits(&mut page, report);
        about::warnings(&mut page, report);
        about::provenance(&mut page, report);
        let what = match report.operating_points.is_empty() {
            true => "presentations",
            false => "comparisons",
        };
        let first = format!(
            "{} {what}, {} people; calculated by {} {}",
            report.data.records,
            report.data.subjects,
            report.software.name,
            report.software.version
        );
        let head = Head {
            title: "Face verification bias audit",
            notice: None,
            first: &first,
            files: ["report.json", "rates.csv"],
        };
        page.write(&head, out)
    }
}

/// What stands around the body of a page.
struct Head<'a> {
    title: &'a str,
    /// What must be read before anything else.
    notice: Option<&'a str>,
    /// The line below the title.
    first: &'a str,
    /// The files with the same numbers for programs.
    files: [&'a str; 2],
}

/// A section of the page.
struct Section {
    id: String,
    title: String,
    body: Markup,
}

/// The sections of the page as they grow.
struct Page {
    done: Vec<Section>,
    current: Section,
    charts: usize,
}

impl Page {
    /// A page that begins with this section.
    fn new(id: &str, title: &str) -> Self {
        let current =
            Section { id: id.to_owned(), title: title.to_owned(), body: Markup::default() };
        Page { done: Vec::new(), current, charts: 0 }
    }

    /// Begins the next section.
    fn section(&mut self, id: &str, title: &str) {
        let next = Page::new(id, title).current;
        self.done.push(mem::replace(&mut self.current, next));
    }

    fn sections(&self) -> impl Iterator<Item = &Section> {
        self.done.iter().chain([&self.current])
    }

    /// Adds an element to the section.
    fn add(&mut self, element: Markup) {
        self.current.body.0.push_str(&element.0);
        self.current.body.0.push('\n');
    }

    /// What `inside` adds, kept apart from the section.
    fn apart(&mut self, inside: impl FnOnce(&mut Page)) -> Markup {
        let before = mem::take(&mut self.current.body);
        inside(self);
        mem::replace(&mut self.current.body, before)
    }

    fn heading(&mut self, level: u8, title: &str) {
        let title = clean(title);
        self.add(match level {
            3 => html! { h3 { (title) } },
            _ => html! { h4 { (title) } },
        });
    }

    fn paragraph(&mut self, text: &str) {
        self.add(html! { p { (clean(text)) } });
    }

    fn quiet(&mut self, text: &str) {
        self.add(html! { p class="quiet" { (clean(text)) } });
    }

    fn note(&mut self, text: &str) {
        self.add(html! { p class="note" { (clean(text)) } });
    }

    fn list<'a>(&mut self, items: impl IntoIterator<Item = &'a String>) {
        self.add(html! { ul { @for item in items { li { (clean(item)) } } } });
    }

    /// What `inside` adds, below a summary that opens it.
    fn details(&mut self, summary: &str, inside: impl FnOnce(&mut Page)) {
        let inside = self.apart(inside);
        self.add(html! { details { summary { (clean(summary)) } (inside) } });
    }

    /// Figures that stand side by side where there is room.
    fn side_by_side(&mut self, inside: impl FnOnce(&mut Page)) {
        let inside = self.apart(inside);
        self.add(html! { div class="pair" { (inside) } });
    }

    /// An id for the next chart.
    fn chart_id(&mut self) -> String {
        self.charts += 1;
        format!("chart{}", self.charts)
    }

    fn figure(&mut self, caption: &str, chart: &Markup) {
        self.add(html! { figure { figcaption { (clean(caption)) } (chart) } });
    }

    /// A table. The first column heads rows. Where the page is too narrow for its columns, each
    /// row becomes a block in which every value stands beside its column's name, so that nothing
    /// has to be scrolled sideways.
    fn table(&mut self, caption: &str, header: &[&str], rows: &[Vec<String>]) {
        let width = match header.len() {
            0..=2 => "two",
            3..=5 => "some",
            6..=8 => "many",
            _ => "most",
        };
        // A style that turns a table into blocks takes its roles away, unless they are named.
        self.add(html! {
            table role="table" class=(width) {
                caption { (clean(caption)) }
                thead role="rowgroup" {
                    tr role="row" {
                        @for name in header {
                            th role="columnheader" scope="col" { (clean(name)) }
                        }
                    }
                }
                tbody role="rowgroup" {
                    @for row in rows {
                        tr role="row" {
                            @for (column, cell) in row.iter().enumerate() {
                                @if column == 0 {
                                    th role="rowheader" scope="row" { (clean(cell)) }
                                } @else {
                                    (data_cell(header.get(column).unwrap_or(&""), cell))
                                }
                            }
                        }
                    }
                }
            }
        });
    }

    /// A table of short numbers with a column for each group, which scrolls by itself where the
    /// page is narrow; its first column stays.
    fn matrix(&mut self, caption: &str, header: &[&str], rows: &[Vec<String>]) {
        let head = html! { tr { @for name in header { th scope="col" { (clean(name)) } } } };
        let body = html! {
            @for row in rows {
                tr {
                    @for (column, cell) in row.iter().enumerate() {
                        @if column == 0 {
                            th scope="row" { (clean(cell)) }
                        } @else {
                            td { (clean(cell)) }
                        }
                    }
                }
            }
        };
        self.add(scrolling_table("matrix", caption, &head, &body));
    }

    /// The whole document.
    fn write(&self, head: &Head<'_>, out: &mut dyn Write) -> io::Result<()> {
        let start = self.sections().next().map_or("", |section| section.id.as_str());
        let [json, csv] = head.files;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy"
                        content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                    link rel="icon" href="data:,";
                    title { (clean(head.title)) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a class="skip" href={ "#" (start) } { "Skip to the answer" }
                    header {
                        @if let Some(notice) = head.notice { p { strong { (clean(notice)) } } }
                        h1 { (clean(head.title)) }
                        p class="quiet" { (clean(head.first)) }
                    }
                    nav aria-label="Contents" {
                        ul {
                            @for Section { id, title, .. } in self.sections() {
                                li { a href={ "#" (id) } { (clean(title)) } }
                            }
                        }
                    }
                    main {
                        @for Section { id, title, body } in self.sections() {
                            section aria-labelledby=(id) {
                                h2 id=(id) { (clean(title)) }
                                (body)
                            }
                        }
                    }
                    footer {
                        p class="quiet" {
                            "The same numbers for programs: " code { (json) } ", " code { (csv) }
                            "; a short version: " code { "summary.md" } "."
                        }
                    }
                }
            }
        };
        out.write_all(page.0.as_bytes())?;
        out.write_all(b"\n")
    }
}

/// Text as the page shows it: a percent sign stays beside its number, and control characters
/// become spaces.
fn clean(text: &str) -> String {
    let text = text.replace(" %", "\u{a0}%");
    text.replace(|c: char| c.is_control() && c != '\n', " ")
}

/// A table that scrolls sideways by itself.
fn scrolling_table(class: &str, caption: &str, head: &Markup, body: &Markup) -> Markup {
    let caption = clean(caption);
    html! {
        div class="scroll" role="region" tabindex="0" aria-label=(caption) {
            table class=(class) {
                caption { (caption) }
                thead { (head) }
                tbody { (body) }
            }
        }
    }
}

/// A cell of a table, with the name of its column for narrow pages. The interval of a rate goes
/// below it, and neither is broken; long sentences get room, so that a row does not grow tall and
/// thin.
fn data_cell(column: &str, cell: &str) -> Markup {
    let length = cell.chars().count();
    let rate = cell.split_once(" [").filter(|(value, _)| length < 60 && value.len() <= 32);
    let class = match rate {
        Some(_) => Some("r"),
        None if length > 60 => Some("w"),
        None => None,
    };
    // The value is one box, or its parts would stand side by side in a block.
    html! {
        td role="cell" class=[class] data-label=(clean(column)) {
            span {
                @match rate {
                    Some((value, interval)) => { (clean(value)) br; "[" (clean(interval)) }
                    None => { (clean(cell)) }
                }
            }
        }
    }
}

/// A verdict as a word with a sign, so that it does not depend on colour.
fn badge(verdict: Verdict) -> Markup {
    let (class, sign) = match verdict {
        Verdict::Pass => ("pass", "✔"),
        Verdict::Fail => ("fail", "✘"),
        Verdict::Inconclusive => ("inconclusive", "?"),
    };
    html! {
        span class={ "badge " (class) } {
            span aria-hidden="true" { (sign) } " " (text::verdict(verdict))
        }
    }
}

/// Groups as a list of marks and names.
fn legend<'a>(names: impl IntoIterator<Item = (&'a str, Mark)>) -> Markup {
    html! {
        ul class="legend" {
            @for (name, mark) in names {
                li {
                    svg viewBox="0 0 36 14" aria-hidden="true" {
                        path d="M0 7h36" stroke-width="2" stroke=(mark.colour())
                            stroke-dasharray=[mark.dashes()] {}
                        (mark.at(18.0, 7.0))
                    }
                    (clean(name))
                }
            }
        }
    }
}
