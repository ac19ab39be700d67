//! A page as one HTML file.
//!
//! For screen readers: one `h1`, an `h2` that names each section (`aria-labelledby`), real lists
//! and tables, `lang` on every quotation in another language. For phones: one column, text that
//! breaks anywhere, nothing wider than the screen. Colour alone never carries a meaning. The
//! logical properties of CSS (`inline-start`) work in both directions of writing.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::page::{Block, Item, Page, Row, Text};

const STYLE: &str = include_str!("page.css");

impl Page<'_> {
    /// The page as one HTML file without scripts or requests, readable by screen readers.
    pub fn to_html(&self) -> String {
        let language = self.messages.language();
        let title = clean(&self.title);
        let page = html! {
            (DOCTYPE)
            html lang=(language.tag) dir=(language.direction.html()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy"
                        content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                    meta name="robots" content="noindex";
                    meta name="referrer" content="no-referrer";
                    link rel="icon" href="data:,";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { (title) }
                        (blocks(&self.lead))
                    }
                    main {
                        @for (at, section) in self.sections.iter().enumerate() {
                            section aria-labelledby={ "s" (at) } {
                                h2 id={ "s" (at) } { (clean(&section.heading)) }
                                (blocks(&section.blocks))
                            }
                        }
                    }
                    footer { p { (clean(&self.messages.review_note())) } }
                }
            }
        };
        page.0 + "\n"
    }
}

fn blocks(blocks: &[Block]) -> Markup {
    html! {
        @for block in blocks {
            @match block {
                Block::Paragraph(text) => p { (words(text)) },
                Block::Answer(text) => p class="answer" { strong { (words(text)) } },
                Block::List(items) => ul { @for each in items { (item(each)) } },
                Block::Facts(facts) => dl {
                    @for fact in facts {
                        dt { (clean(&fact.name)) }
                        @for value in &fact.values { dd { (words(value)) } }
                    }
                },
                Block::Table { caption, columns, rows } => (table(caption, columns, rows)),
            }
            "\n"
        }
    }
}

fn item(item: &Item) -> Markup {
    html! {
        li {
            (words(&item.text))
            @if let Some(code) = &item.code { " " (words(&Text::Code(code.clone()))) }
            @if let Some(note) = &item.note { p class="note" { (words(note)) } }
        }
    }
}

fn table(caption: &str, columns: &[String], rows: &[Row]) -> Markup {
    html! {
        table {
            caption { (clean(caption)) }
            thead { tr { @for column in columns { th scope="col" { (clean(column)) } } } }
            tbody {
                @for row in rows {
                    tr {
                        @for (at, cell) in row.iter().enumerate() {
                            @if at == 0 {
                                th scope="row" { (words(cell)) }
                            } @else {
                                td { (words(cell)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Words, marked with their language and direction where those are not the page's.
fn words(text: &Text) -> Markup {
    match text {
        Text::Own(words) => html! { (clean(words)) },
        Text::English(words) => html! { bdi lang="en" dir="ltr" { (clean(words)) } },
        // `bdi` finds the direction from the words themselves.
        Text::Foreign(words) => html! { bdi { (clean(words)) } },
        Text::Code(words) => html! { code dir="ltr" translate="no" { (clean(words)) } },
    }
}

/// Text as a page shows it: text from other people could contain control characters.
pub fn clean(text: &str) -> String {
    text.replace(char::is_control, " ")
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
