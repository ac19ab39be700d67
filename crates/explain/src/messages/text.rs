//! A page as plain text.

use super::page::{Block, Item, Page, Row, Text};

impl Page<'_> {
    /// The page as plain text, which ends with a line end.
    pub fn to_text(&self) -> String {
        // Lines are not wrapped, because terminals and screen readers do that better.
        let mut out = String::new();
        line(&mut out, &self.title);
        blocks(&mut out, &self.lead);
        for section in &self.sections {
            line(&mut out, "");
            line(&mut out, &section.heading);
            blocks(&mut out, &section.blocks);
        }
        line(&mut out, "");
        line(&mut out, &self.messages.review_note());
        out
    }

    /// The content before the first heading, as plain text.
    pub(crate) fn body(&self) -> String {
        let mut out = String::new();
        blocks(&mut out, &self.lead);
        out
    }
}

fn line(out: &mut String, text: &str) {
    // Text from others may contain control characters, which a terminal would act on.
    out.extend(text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }));
    out.push('\n');
}

fn blocks(out: &mut String, blocks: &[Block]) {
    for block in blocks {
        match block {
            Block::Paragraph(text) | Block::Answer(text) => line(out, text.words()),
            Block::List(items) => items.iter().for_each(|each| item(out, each)),
            Block::Facts(facts) => {
                for fact in facts {
                    let values: Vec<&str> = fact.values.iter().map(Text::words).collect();
                    line(out, &format!("  {}: {}", fact.name, values.join("; ")));
                }
            }
            Block::Table { caption, columns, rows } => {
                line(out, &format!("{caption}:"));
                table(out, columns, rows);
            }
        }
    }
}

fn item(out: &mut String, item: &Item) {
    let code = item.code.as_ref().map_or_else(String::new, |code| format!(" [{code}]"));
    line(out, &format!("  - {}{code}", item.text.words()));
    if let Some(note) = &item.note {
        line(out, &format!("    {}", note.words()));
    }
}

/// Writes each row as `name — column: value; column: value`. Unlike columns aligned with spaces,
/// this works with a screen reader and in scripts whose letters differ in width.
fn table(out: &mut String, columns: &[String], rows: &[Row]) {
    for row in rows {
        let mut cells = row.iter().zip(columns).map(|(cell, column)| (cell.words(), column));
        let name = cells.next().map_or("", |(name, _)| name);
        let rest: Vec<String> = cells.map(|(cell, column)| format!("{column}: {cell}")).collect();
        line(out, &format!("  - {name} — {}", rest.join("; ")));
    }
}
