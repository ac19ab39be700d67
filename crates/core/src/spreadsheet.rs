//! Cells that a spreadsheet would run as a formula.
//!
//! A cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return is one (OWASP, "CSV
//! injection"). When a table is written, such a text gets an apostrophe before it; when one is
//! read, the apostrophe is removed, so that a label survives both unchanged.

use std::borrow::Cow;
use std::io::Write;

const STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Whether a text is a formula after any number of apostrophes.
fn runs(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(STARTS)
}

/// A cell that no spreadsheet runs. Numbers stay unchanged.
fn harmless(text: &str) -> Cow<'_, str> {
    if runs(text) && text.parse::<f64>().is_err() {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that was given to `harmless`.
#[inline]
pub fn original(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if runs(rest) => rest,
        _ => text,
    }
}

/// Writes a row of a table, each cell made harmless.
pub fn write_row<W: Write>(
    table: &mut csv::Writer<W>,
    fields: impl IntoIterator<Item = impl AsRef<str>>,
) -> csv::Result<()> {
    for field in fields {
        table.write_field(harmless(field.as_ref()).as_bytes())?;
    }
    table.write_record(None::<&[u8]>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless_and_come_back() {
        for text in ["=1+1", "+x", "-x", "@A1", "\t=1", "\r=1", "'=1", "''@", "-", "=cmd|' /C'!A0"]
        {
            let safe = harmless(text);
            assert!(safe.starts_with('\''), "{text}");
            assert_eq!(original(&safe), text);
        }
        for text in ["", "White", "-0.5", "+1e-3", "-inf", "'t Hart", "O'Hara", "a=b", "-1"] {
            assert_eq!(harmless(text), text);
            assert_eq!(original(text), text);
        }
    }
}
