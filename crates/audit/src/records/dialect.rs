//! How a delimited file is written: what separates its fields, and the line in which some
//! spreadsheets say so.

use super::delimited::{self, Delimiter};
use super::input::Block;
use crate::{Error, ErrorKind, Stage};

/// Removes a first line such as `sep=;`, with which a spreadsheet names the delimiter, and returns
/// the delimiter.
pub(super) fn separator_line(first: &mut Block) -> Option<u8> {
    let end = memchr::memchr(b'\n', &first.bytes).map_or(first.bytes.len(), |at| at + 1);
    let line = &first.bytes[..end];
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let named = line.get(..4)?.eq_ignore_ascii_case(b"sep=").then(|| &line[4..])?;
    let [delimiter] = *named else { return None };
    first.skip(end);
    Some(delimiter)
}

/// Moves the start of a block past blank lines.
pub(super) fn skip_blank_lines(first: &mut Block) {
    let start = first.bytes.iter().position(|byte| !byte.is_ascii_whitespace());
    let start = start.unwrap_or(first.bytes.len());
    first.skip(memchr::memrchr(b'\n', &first.bytes[..start]).map_or(0, |at| at + 1));
}

/// The error for a file with the line ends of old Macs.
pub(super) fn carriage_returns(file: &str, line: u64) -> Error {
    let message = "lines end with a carriage return only";
    Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
        .in_file(file)
        .at_line(line)
        .next("save the file with standard line ends (\\n or \\r\\n)")
}

/// Rows of a block that are examined before a file is read.
pub(super) const SAMPLE: usize = 64;

/// The first rows of a block, to learn from; errors are left to the actual reading.
pub(super) fn sample(block: &Block, delimiter: Delimiter) -> Vec<Vec<String>> {
    let mut copy = block.beginning(SAMPLE);
    let mut rows = Vec::new();
    let _ = delimited::each_row(&mut copy, delimiter, "", |fields, _| {
        rows.push(fields.iter().map(|field| field.trim().to_owned()).collect());
        Ok(())
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_names_the_delimiter_is_taken_off() {
        for (text, delimiter, rest) in [
            ("sep=;\r\na;b\n", Some(b';'), "a;b\n"),
            ("\"SEP=,\"\na,b\n", Some(b','), "a,b\n"),
            ("sep=\t\na\tb\n", Some(b'\t'), "a\tb\n"),
            ("sep=;", Some(b';'), ""),
            ("separator,b\n", None, "separator,b\n"),
            ("sep=,score\n", None, "sep=,score\n"),
            ("", None, ""),
        ] {
            let mut block = Block { bytes: text.as_bytes().to_vec(), first_line: 1 };
            assert_eq!(separator_line(&mut block), delimiter, "{text}");
            assert_eq!(block.bytes, rest.as_bytes(), "{text}");
        }
    }
}
