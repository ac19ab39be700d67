//! `report.html`: one file, no script, no request; it reads from the answer to the evidence.

mod about;
mod appeals;
mod attacks;
mod charts;
mod curves;
mod groups;
pub(in crate::export) mod normalisation;
mod rates;
mod scores;
mod stress;
mod svg;
mod trade_off;
mod verdicts;

use std::io::{self, Write};

use super::Exporter;
use super::shown::{Shown, shown};
use super::text;
use crate::{AuditReport, Verdict};
pub(super) use attacks::label as species_label;
pub(super) use stress::page as stress_page;
use svg::{Mark, escape};

/// Writes the report as one HTML page.
#[derive(Debug, Clone, Copy, Default)]
pub struct HtmlExporter;

const STYLE: &str = include_str!("style.css");

impl Exporter for HtmlExporter {
    fn export(&self, report: &AuditReport, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page::default();
        let Shown { report, left_out } = shown(report);
        let report = &*report;
        rates::answer(&mut page, report);
        left_out.iter().for_each(|sentence| page.note(sentence));
        // Records of presentation attack detection alone have no scores to show.
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
            "{} {what}, {} people; computed by {} {}",
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

/// The body of the page as it grows, and the headings for the list of contents.
#[derive(Default)]
struct Page {
    body: String,
    contents: Vec<(String, String)>,
    charts: usize,
}

impl Page {
    /// Begins a section.
    fn section(&mut self, id: &str, title: &str) {
        if !self.contents.is_empty() {
            self.body.push_str("</section>\n");
        }
        self.body.push_str(&format!(
            "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n",
            escape(title)
        ));
        self.contents.push((id.to_owned(), title.to_owned()));
    }

    fn heading(&mut self, level: u8, title: &str) {
        self.body.push_str(&format!("<h{level}>{}</h{level}>\n", escape(title)));
    }

    fn paragraph(&mut self, text: &str) {
        self.body.push_str(&format!("<p>{}</p>\n", escape(text)));
    }

    fn quiet(&mut self, text: &str) {
        self.body.push_str(&format!("<p class=\"quiet\">{}</p>\n", escape(text)));
    }

    fn note(&mut self, text: &str) {
        self.body.push_str(&format!("<p class=\"note\">{}</p>\n", escape(text)));
    }

    fn raw(&mut self, html: &str) {
        self.body.push_str(html);
    }

    /// An id for the next chart.
    fn chart_id(&mut self) -> String {
        self.charts += 1;
        format!("chart{}", self.charts)
    }

    fn figure(&mut self, caption: &str, svg: &str) {
        self.body.push_str(&format!(
            "<figure><figcaption>{}</figcaption>{svg}</figure>\n",
            escape(caption)
        ));
    }

    /// A table. The first column heads rows. Where the page is too narrow for its columns, each
    /// row becomes a block in which every value stands beside its column's name: nothing has to be
    /// scrolled sideways.
    fn table(&mut self, caption: &str, header: &[&str], rows: &[Vec<String>]) {
        let width = match header.len() {
            0..=2 => "two",
            3..=5 => "some",
            6..=8 => "many",
            _ => "most",
        };
        let mut html = format!(
            "<table role=\"table\" class=\"{width}\"><caption>{}</caption>\
             <thead role=\"rowgroup\"><tr role=\"row\">",
            escape(caption)
        );
        for name in header {
            html.push_str(&format!(
                "<th role=\"columnheader\" scope=\"col\">{}</th>",
                escape(name)
            ));
        }
        html.push_str("</tr></thead><tbody role=\"rowgroup\">");
        for row in rows {
            // A style that turns a table into blocks takes its roles away, unless they are named.
            html.push_str("<tr role=\"row\">");
            for (column, cell) in row.iter().enumerate() {
                html.push_str(&match (column, header.get(column)) {
                    (0, _) => {
                        format!("<th role=\"rowheader\" scope=\"row\">{}</th>", escape(cell))
                    }
                    (_, name) => data_cell(name.unwrap_or(&""), cell),
                });
            }
            html.push_str("</tr>");
        }
        html.push_str("</tbody></table>\n");
        self.body.push_str(&html);
    }

    /// A table of short numbers with a column for each group, which scrolls by itself where the
    /// page is narrow; its first column stays.
    fn matrix(&mut self, caption: &str, header: &[&str], rows: &[Vec<String>]) {
        let mut html = scroller(caption, "");
        html.push_str("<thead><tr>");
        for name in header {
            html.push_str(&format!("<th scope=\"col\">{}</th>", escape(name)));
        }
        html.push_str("</tr></thead><tbody>");
        for row in rows {
            html.push_str("<tr>");
            for (column, cell) in row.iter().enumerate() {
                html.push_str(&match column {
                    0 => format!("<th scope=\"row\">{}</th>", escape(cell)),
                    _ => format!("<td>{}</td>", escape(cell)),
                });
            }
            html.push_str("</tr>");
        }
        html.push_str("</tbody></table></div>\n");
        self.body.push_str(&html);
    }

    /// The whole document.
    fn write(&self, head: &Head<'_>, out: &mut dyn Write) -> io::Result<()> {
        let contents: String = self
            .contents
            .iter()
            .map(|(id, title)| format!("<li><a href=\"#{id}\">{}</a></li>", escape(title)))
            .collect();
        let start = self.contents.first().map_or("", |(id, _)| id.as_str());
        let notice =
            head.notice.map(|notice| format!("<p><strong>{}</strong></p>\n", escape(notice)));
        let notice = notice.unwrap_or_default();
        let (title, [json, csv]) = (head.title, head.files);
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             style-src 'unsafe-inline'; img-src data:\">\n\
             <link rel=\"icon\" href=\"data:,\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#{start}\">Skip to the answer</a>\n\
             <header>\n{notice}<h1>{title}</h1>\n\
             <p class=\"quiet\">{}</p>\n</header>\n\
             <nav aria-label=\"Contents\"><ul>{contents}</ul></nav>\n<main>\n{}</section>\n</main>\n\
             <footer><p class=\"quiet\">The same numbers for programs: <code>{json}</code>, \
             <code>{csv}</code>; in short: <code>summary.md</code>.</p></footer>\n\
             </body>\n</html>\n",
            escape(head.first),
            self.body
        )
    }
}

/// The beginning of a table that scrolls sideways by itself.
fn scroller(caption: &str, class: &str) -> String {
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\">\
         <table class=\"matrix{class}\"><caption>{0}</caption>",
        escape(caption)
    )
}

/// A cell of a table, with the name of its column for narrow pages. The interval of a rate goes
/// below it, and neither is broken; long sentences get room, so that a row does not grow tall and
/// thin.
fn data_cell(column: &str, cell: &str) -> String {
    let length = cell.chars().count();
    let (class, value) = match cell.split_once(" [") {
        Some((value, interval)) if length < 60 && value.len() <= 32 => {
            (" class=\"r\"", format!("{}<br>[{}", escape(value), escape(interval)))
        }
        _ if length > 60 => (" class=\"w\"", escape(cell)),
        _ => ("", escape(cell)),
    };
    // The value is one box, or its parts would stand side by side in a block.
    format!("<td role=\"cell\"{class} data-label=\"{}\"><span>{value}</span></td>", escape(column))
}

/// A verdict as a word with a sign, so that it does not rest on colour.
fn badge(verdict: Verdict) -> String {
    let (class, sign) = match verdict {
        Verdict::Pass => ("pass", "✔"),
        Verdict::Fail => ("fail", "✘"),
        Verdict::Inconclusive => ("inconclusive", "?"),
    };
    format!(
        "<span class=\"badge {class}\"><span aria-hidden=\"true\">{sign}</span> {}</span>",
        text::verdict(verdict)
    )
}

/// Groups as a list of marks and names.
fn legend<'a>(names: impl IntoIterator<Item = (&'a str, Mark)>) -> String {
    let items: String = names
        .into_iter()
        .map(|(name, mark)| {
            format!(
                "<li><svg viewBox=\"0 0 36 14\" aria-hidden=\"true\"><path d=\"M0 7h36\" \
                 stroke-width=\"2\" {}/>{}</svg>{}</li>",
                mark.stroke(),
                mark.at(18.0, 7.0),
                escape(name)
            )
        })
        .collect();
    format!("<ul class=\"legend\">{items}</ul>\n")
}
