//! A page as it grows: its sections, and the paragraphs, lists, tables and figures in them.

use std::io::{self, Write};
use std::mem;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::Verdict;
use crate::export::text;

const STYLE: &str = include_str!("style.css");

/// What stands around the body of a page.
pub(super) struct Head<'a> {
    pub(super) title: &'a str,
    /// What must be read before anything else.
    pub(super) notice: Option<&'a str>,
    /// The line below the title.
    pub(super) first: &'a str,
    /// The files with the same numbers for programs.
    pub(super) files: [&'a str; 2],
}

/// A section of the page.
struct Section {
    id: String,
    title: String,
    body: Markup,
}

/// The sections of the page as they grow.
pub(super) struct Page {
    done: Vec<Section>,
    current: Section,
    charts: usize,
}

impl Page {
    /// A page that begins with this section.
    pub(super) fn new(id: &str, title: &str) -> Self {
        let current =
            Section { id: id.to_owned(), title: title.to_owned(), body: Markup::default() };
        Page { done: Vec::new(), current, charts: 0 }
    }

    /// Begins the next section.
    pub(super) fn section(&mut self, id: &str, title: &str) {
        let next = Page::new(id, title).current;
        self.done.push(mem::replace(&mut self.current, next));
    }

    fn sections(&self) -> impl Iterator<Item = &Section> {
        self.done.iter().chain([&self.current])
    }

    /// Adds an element to the section.
    pub(super) fn add(&mut self, element: Markup) {
        self.current.body.0.push_str(&element.0);
        self.current.body.0.push('\n');
    }

    /// What `inside` adds, kept apart from the section.
    pub(super) fn apart(&mut self, inside: impl FnOnce(&mut Page)) -> Markup {
        let before = mem::take(&mut self.current.body);
        inside(self);
        mem::replace(&mut self.current.body, before)
    }

    pub(super) fn heading(&mut self, level: u8, title: &str) {
        let title = clean(title);
        self.add(match level {
            3 => html! { h3 { (title) } },
            _ => html! { h4 { (title) } },
        });
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.add(html! { p { (clean(text)) } });
    }

    pub(super) fn quiet(&mut self, text: &str) {
        self.add(html! { p class="quiet" { (clean(text)) } });
    }

    pub(super) fn note(&mut self, text: &str) {
        self.add(html! { p class="note" { (clean(text)) } });
    }

    pub(super) fn list<'a>(&mut self, items: impl IntoIterator<Item = &'a String>) {
        self.add(html! { ul { @for item in items { li { (clean(item)) } } } });
    }

    /// What `inside` adds, below a summary that opens it.
    pub(super) fn details(&mut self, summary: &str, inside: impl FnOnce(&mut Page)) {
        let inside = self.apart(inside);
        self.add(html! { details { summary { (clean(summary)) } (inside) } });
    }

    /// Figures that stand side by side where there is room.
    pub(super) fn side_by_side(&mut self, inside: impl FnOnce(&mut Page)) {
        let inside = self.apart(inside);
        self.add(html! { div class="pair" { (inside) } });
    }

    /// An id for the next chart.
    pub(super) fn chart_id(&mut self) -> String {
        self.charts += 1;
        format!("chart{}", self.charts)
    }

    pub(super) fn figure(&mut self, caption: &str, chart: &Markup) {
        self.add(html! { figure { figcaption { (clean(caption)) } (chart) } });
    }

    /// A table. The first column heads rows. Where the page is too narrow for its columns, each
    /// row becomes a block in which every value stands beside its column's name, so that nothing
    /// has to be scrolled sideways.
    pub(super) fn table(&mut self, caption: &str, header: &[&str], rows: &[Vec<String>]) {
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
    pub(super) fn matrix(&mut self, caption: &str, header: &[&str], rows: &[Vec<String>]) {
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
    pub(super) fn write(&self, head: &Head<'_>, out: &mut dyn Write) -> io::Result<()> {
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
pub(super) fn clean(text: &str) -> String {
    let text = text.replace(" %", "\u{a0}%");
    text.replace(|c: char| c.is_control() && c != '\n', " ")
}

/// A table that scrolls sideways by itself.
pub(super) fn scrolling_table(class: &str, caption: &str, head: &Markup, body: &Markup) -> Markup {
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
pub(super) fn badge(verdict: Verdict) -> Markup {
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
