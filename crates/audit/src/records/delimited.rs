//! Splitting a block of delimited text into rows of fields.
//!
//! Rows follow RFC 4180 strictly: a quote may only enclose a whole field, and must be doubled
//! inside it. Blank lines are skipped. Blocks without any quote, by far the usual case, take a path
//! that copies nothing.

use super::input::Block;
use crate::{Error, ErrorKind, Result, Stage};

/// What separates two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// One byte, such as a comma; quotes have their meaning.
    Byte(u8),
    /// Any run of spaces and tabs; quotes have no meaning.
    Whitespace,
}

impl Delimiter {
    /// The delimiter of a header: the one of comma, tab, semicolon and bar that occurs most often
    /// outside quotes; in a tie, the first of these.
    pub(super) fn of_header(header: &[u8]) -> Self {
        let mut found = (0, b',');
        for candidate in *b",\t;|" {
            let mut quoted = false;
            let count = header
                .iter()
                .filter(|&&byte| {
                    quoted ^= byte == b'"';
                    byte == candidate && !quoted
                })
                .count();
            if count > found.0 {
                found = (count, candidate);
            }
        }
        Delimiter::Byte(found.1)
    }
}

/// The byte that separates the fields of a header.
pub fn delimiter_of_header(header: &[u8]) -> u8 {
    match Delimiter::of_header(header) {
        Delimiter::Byte(byte) => byte,
        Delimiter::Whitespace => b',',
    }
}

/// Passes every row of the block to `row` with its 1-based line.
pub(super) fn each_row(
    block: &mut Block,
    delimiter: Delimiter,
    file: &str,
    mut row: impl FnMut(&[&str], u64) -> Result<()>,
) -> Result<()> {
    if let Delimiter::Byte(byte) = delimiter
        && memchr::memchr(b'"', &block.bytes).is_some()
    {
        return quoted_rows(block, byte, file, &mut row);
    }
    let line = block.first_line;
    let text = utf8(&block.bytes, line, delimiter, file)?;
    match delimiter {
        Delimiter::Byte(byte) => plain_rows(text, byte, line, &mut row),
        Delimiter::Whitespace => {
            let mut fields: Vec<&str> = Vec::new();
            for (index, text) in text.split('\n').enumerate() {
                fields.clear();
                fields.extend(text.split_ascii_whitespace());
                if !fields.is_empty() {
                    row(&fields, line + index as u64)?;
                }
            }
            Ok(())
        }
    }
}

fn plain_rows(
    text: &str,
    delimiter: u8,
    first_line: u64,
    row: &mut impl FnMut(&[&str], u64) -> Result<()>,
) -> Result<()> {
    let bytes = text.as_bytes();
    let mut fields: Vec<&str> = Vec::with_capacity(32);
    let mut start = 0;
    let mut line = first_line;
    for at in memchr::memchr2_iter(delimiter, b'\n', bytes) {
        fields.push(&text[start..at]);
        start = at + 1;
        if bytes[at] == b'\n' {
            end_row(&mut fields, line, row)?;
            line += 1;
        }
    }
    if start < bytes.len() || !fields.is_empty() {
        fields.push(&text[start..]);
        end_row(&mut fields, line, row)?;
    }
    Ok(())
}

#[inline]
fn end_row(
    fields: &mut Vec<&str>,
    line: u64,
    row: &mut impl FnMut(&[&str], u64) -> Result<()>,
) -> Result<()> {
    if let Some(last) = fields.last_mut() {
        *last = last.strip_suffix('\r').unwrap_or(last);
    }
    // A blank line is not a row.
    let blank = matches!(fields.as_slice(), [only] if only.is_empty());
    if !blank {
        row(fields, line)?;
    }
    fields.clear();
    Ok(())
}

/// Rows of a block that contains quotes. Doubled quotes are undone in place.
fn quoted_rows(
    block: &mut Block,
    delimiter: u8,
    file: &str,
    row: &mut impl FnMut(&[&str], u64) -> Result<()>,
) -> Result<()> {
    utf8(&block.bytes, block.first_line, Delimiter::Byte(delimiter), file)?;
    let bytes = &mut block.bytes[..];
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut line = block.first_line;
    let mut at = 0;
    while at < bytes.len() {
        let row_line = line;
        spans.clear();
        loop {
            let column = spans.len() as u64 + 1;
            let fault = |line: u64, message: &str| {
                Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
                    .in_file(file)
                    .at_line(line)
                    .at_column(column)
                    .next("put quotes around the whole field and double the quotes inside it")
            };
            if bytes.get(at) == Some(&b'"') {
                let start = at + 1;
                let mut write = start;
                at = start;
                loop {
                    match (bytes.get(at), bytes.get(at + 1)) {
                        (None, _) => return Err(fault(row_line, "a quote is never closed")),
                        (Some(b'"'), Some(b'"')) => {
                            bytes[write] = b'"';
                            write += 1;
                            at += 2;
                        }
                        (Some(b'"'), _) => break,
                        (Some(&byte), _) => {
                            line += u64::from(byte == b'\n');
                            bytes[write] = byte;
                            write += 1;
                            at += 1;
                        }
                    }
                }
                at += 1;
                spans.push((start, write));
            } else {
                let rest = &bytes[at..];
                let length = memchr::memchr3(delimiter, b'\n', b'"', rest).unwrap_or(rest.len());
                let mut end = at + length;
                if bytes.get(end) == Some(&b'"') {
                    return Err(fault(line, "a quote in the middle of a field"));
                }
                let next = end;
                if bytes.get(end).is_none_or(|&byte| byte == b'\n')
                    && end > at
                    && bytes[end - 1] == b'\r'
                {
                    end -= 1;
                }
                spans.push((at, end));
                at = next;
            }
            // The field has ended; what follows must be a delimiter or the end of the row.
            match bytes.get(at) {
                Some(&byte) if byte == delimiter => at += 1,
                Some(b'\n') => {
                    at += 1;
                    line += 1;
                    break;
                }
                Some(b'\r') if bytes.get(at + 1).is_none_or(|&next| next == b'\n') => {
                    at += 2;
                    line += 1;
                    break;
                }
                None => break,
                Some(_) => return Err(fault(line, "text after a closing quote")),
            }
        }
        if spans.as_slice() == [(at, at)] || matches!(spans[..], [(start, end)] if start == end) {
            continue;
        }
        let fields = spans.iter().map(|&(start, end)| std::str::from_utf8(&bytes[start..end]));
        let fields: Vec<&str> = fields.collect::<Result<_, _>>().unwrap_or_default();
        row(&fields, row_line)?;
    }
    Ok(())
}

/// The bytes as text, or an error that names the line and the field of the first bad byte.
pub(super) fn utf8<'t>(
    bytes: &'t [u8],
    first_line: u64,
    delimiter: Delimiter,
    file: &str,
) -> Result<&'t str> {
    std::str::from_utf8(bytes).map_err(|cause| {
        let good = &bytes[..cause.valid_up_to()];
        let line_start = memchr::memrchr(b'\n', good).map_or(0, |at| at + 1);
        let before = &good[line_start..];
        let fields = match delimiter {
            Delimiter::Byte(byte) => memchr::memchr_iter(byte, before).count(),
            Delimiter::Whitespace => before.split(u8::is_ascii_whitespace).count() - 1,
        };
        let bad = bytes.get(cause.valid_up_to()).copied().unwrap_or_default();
        Error::new(
            ErrorKind::InvalidRecord,
            Stage::Record,
            format!("the byte 0x{bad:02x} is not UTF-8"),
        )
        .in_file(file)
        .at_line(first_line + memchr::memchr_iter(b'\n', good).count() as u64)
        .at_column(fields as u64 + 1)
        .next("save the file as UTF-8 (iconv -f latin1 -t utf8)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8], delimiter: Delimiter) -> Result<Vec<(u64, Vec<String>)>> {
        let mut block = Block { bytes: text.to_vec(), first_line: 10 };
        let mut all = Vec::new();
        each_row(&mut block, delimiter, "t", |fields, line| {
            all.push((line, fields.iter().map(|field| (*field).to_owned()).collect()));
            Ok(())
        })?;
        Ok(all)
    }

    const COMMA: Delimiter = Delimiter::Byte(b',');

    #[test]
    fn plain_and_quoted_blocks_agree() {
        let plain = "a,b,\r\n\n,,é\r\nc,,d".as_bytes();
        let expected = rows(plain, COMMA).unwrap();
        assert_eq!(expected.len(), 3);
        assert_eq!(expected[0], (10, vec!["a".into(), "b".into(), String::new()]));
        assert_eq!(expected[1].0, 12);
        let quoted = "\"a\",b,\r\n\n,,\"é\"\r\n\"c\",,d".as_bytes();
        assert_eq!(rows(quoted, COMMA).unwrap(), expected);
    }

    #[test]
    fn quotes_may_hold_delimiters_line_ends_and_quotes() {
        let all = rows(b"\"a,\"\"x\"\"\nb\",2\nc,3\n", COMMA).unwrap();
        assert_eq!(all[0], (10, vec!["a,\"x\"\nb".into(), "2".into()]));
        assert_eq!(all[1], (12, vec!["c".into(), "3".into()]));
    }

    #[test]
    fn misplaced_quotes_are_named() {
        for (text, message) in [
            (&b"a,b\"c,d\n"[..], "t:10:2: a quote in the middle of a field"),
            (b"a,\"b\"c,d\n", "t:10:2: text after a closing quote"),
            (b"x\na,\"b\n\n", "t:11:2: a quote is never closed"),
            (b"a,b\nc,d,\xff\n", "t:11:3: the byte 0xff is not UTF-8"),
        ] {
            assert_eq!(rows(text, COMMA).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn runs_of_blanks_separate_too() {
        let all = rows(b"a  b\tc \r\n \nd e f\n", Delimiter::Whitespace).unwrap();
        assert_eq!(all[0].1, ["a", "b", "c"]);
        assert_eq!(all[1].0, 12);
    }
}
