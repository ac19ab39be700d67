//! A page as one HTML file.
//!
//! For screen readers: one `h1`, an `h2` for each section, which it names (`aria-labelledby`),
//! lists and tables as such, `lang` on every quotation in another language. For phones: one
//! column, text that breaks anywhere, nothing wider than the screen. Meaning is never in colour
//! alone. The logical properties of CSS (`inline-start`) make it right in both directions.

use std::fmt::Write as _;

use super::page::{Block, Item, Page, Row, Text};

const STYLE: &str = include_str!("page.css");

/// Renders the page.
pub(super) fn render(page: &Page<'_>) -> String {
    let language = page.messages.language();
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{}\" dir=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<meta name=\"referrer\" \
         content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n\
         <h1>{title}</h1>\n",
        language.tag,
        language.direction.html(),
        title = escape(&page.title),
    );
    blocks(&mut out, &page.lead);
    out.push_str("</header>\n<main>\n");
    for (at, section) in page.sections.iter().enumerate() {
        // Writing to a String can't fail.
        let _ = write!(
            out,
            "<section aria-labelledby=\"s{at}\">\n<h2 id=\"s{at}\">{}</h2>\n",
            escape(&section.heading)
        );
        blocks(&mut out, &section.blocks);
        out.push_str("</section>\n");
    }
    let _ = write!(
        out,
        "</main>\n<footer>\n<p>{}</p>\n</footer>\n</body>\n</html>\n",
        escape(&page.messages.review_note())
    );
    out
}

fn blocks(out: &mut String, blocks: &[Block]) {
    for block in blocks {
        // Writing to a String can't fail.
        let _ = match block {
            Block::Paragraph(text) => writeln!(out, "<p>{}</p>", words(text)),
            Block::Answer(text) => {
                writeln!(out, "<p class=\"answer\"><strong>{}</strong></p>", words(text))
            }
            Block::List(items) => {
                let items: String = items.iter().map(item).collect();
                writeln!(out, "<ul>\n{items}</ul>")
            }
            Block::Facts(facts) => {
                let mut list = String::new();
                for fact in facts {
                    let _ = writeln!(list, "<dt>{}</dt>", escape(&fact.name));
                    for value in &fact.values {
                        let _ = writeln!(list, "<dd>{}</dd>", words(value));
                    }
                }
                writeln!(out, "<dl>\n{list}</dl>")
            }
            Block::Table { caption, columns, rows } => {
                writeln!(out, "{}", table(caption, columns, rows))
            }
        };
    }
}

fn item(item: &Item) -> String {
    let mut html = format!("<li>{}", words(&item.text));
    if let Some(code) = &item.code {
        let _ = write!(html, " {}", words(&Text::Code(code.clone())));
    }
    if let Some(note) = &item.note {
        let _ = write!(html, "<p class=\"note\">{}</p>", words(note));
    }
    html.push_str("</li>\n");
    html
}

fn table(caption: &str, columns: &[String], rows: &[Row]) -> String {
    let mut html = format!("<table>\n<caption>{}</caption>\n<thead>\n<tr>", escape(caption));
    for column in columns {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escape(column));
    }
    html.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let _ = match at {
                0 => write!(html, "<th scope=\"row\">{}</th>", words(cell)),
                _ => write!(html, "<td>{}</td>", words(cell)),
            };
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>");
    html
}

/// Words, marked with their language and direction where those are not the page's.
fn words(text: &Text) -> String {
    match text {
        Text::Own(words) => escape(words),
        Text::English(words) => {
            format!("<bdi lang=\"en\" dir=\"ltr\">{}</bdi>", escape(words))
        }
        // `bdi` finds the direction from the words themselves.
        Text::Foreign(words) => format!("<bdi>{}</bdi>", escape(words)),
        Text::Code(words) => {
            format!("<code dir=\"ltr\" translate=\"no\">{}</code>", escape(words))
        }
    }
}

/// Text that can stand in HTML and in attributes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::{Fact, Messages};
    use super::*;

    #[test]
    fn what_others_wrote_cannot_become_markup() {
        let messages = Messages::of("ar").unwrap();
        let mut page = Page::new(&messages, "<b>\"&'".to_owned());
        let evil = || "<script>alert(1)</script>\u{1b}[2J".to_owned();
        let facts = vec![Fact { name: evil(), values: vec![Text::Foreign(evil())] }];
        let rows = vec![vec![Text::English(evil()), Text::Code(evil())]];
        page.lead.push(Block::Answer(Text::Own(evil())));
        page.section(
            evil(),
            vec![
                Block::Facts(facts),
                Block::Table { caption: evil(), columns: vec![evil(), evil()], rows },
                Block::List(vec![Item {
                    text: Text::Own(evil()),
                    code: Some(evil()),
                    note: Some(Text::Own(evil())),
                }]),
            ],
        );
        let html = page.to_html();
        assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains('\u{1b}'));
        assert_eq!(html.matches("&lt;script&gt;").count(), 12);
        assert!(html.contains("<html lang=\"ar\" dir=\"rtl\">"), "{html}");
        assert!(!page.to_text().contains('\u{1b}'));
    }
}
