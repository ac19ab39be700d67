//! Blocks of whole lines from a stream.

use std::io::Read;

use super::fault::Fault;
use crate::{Error, ErrorKind, Result, Stage};

/// Bytes in a block, unless one line is longer.
const BLOCK: usize = 2 * 1024 * 1024;
/// The longest line, or quoted record, that is read.
const LONGEST_RECORD: usize = 16 * 1024 * 1024;

/// Whole lines of a file, one after another.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The lines, each with its line end, except possibly the last of the file.
    pub(super) bytes: Vec<u8>,
    /// 1-based line at which the block begins.
    pub(super) first_line: u64,
}

impl Block {
    /// Drops the first `count` bytes, which are whole lines.
    pub(super) fn skip(&mut self, count: usize) {
        let lines = memchr::memchr_iter(b'\n', &self.bytes[..count]).count();
        self.first_line += lines as u64;
        self.bytes.drain(..count);
    }

    /// A copy of the first `lines` lines.
    pub(super) fn beginning(&self, lines: usize) -> Block {
        let end = memchr::memchr_iter(b'\n', &self.bytes).take(lines).last();
        let end = end.map_or(self.bytes.len(), |at| at + 1);
        Block { bytes: self.bytes[..end].to_vec(), first_line: self.first_line }
    }

    /// Removes the first record, with its line end.
    pub(super) fn take_record(&mut self) -> Block {
        let mut open = false;
        let end = memchr::memchr2_iter(b'"', b'\n', &self.bytes).find(|&at| {
            open ^= self.bytes[at] == b'"';
            self.bytes[at] == b'\n' && !open
        });
        let end = end.map_or(self.bytes.len(), |at| at + 1);
        let record = Block { bytes: self.bytes[..end].to_vec(), first_line: self.first_line };
        self.skip(end);
        record
    }

    /// Puts back what [`Self::take_record`] removed.
    pub(super) fn put_back(&mut self, record: Block) {
        self.first_line = record.first_line;
        self.bytes.splice(..0, record.bytes);
    }
}

/// Cuts a stream into blocks at the ends of lines, or of records if quotes may contain line ends.
pub(super) struct BlockReader {
    input: Box<dyn Read + Send>,
    file: String,
    quotes: bool,
    carry: Vec<u8>,
    next_line: u64,
    finished: bool,
    block_size: usize,
}

impl BlockReader {
    /// Blocks of this stream; `file` is its name in messages. With `quotes`, a line end between
    /// double quotes does not end a record.
    pub(super) fn new(input: Box<dyn Read + Send>, file: &str, quotes: bool) -> Self {
        BlockReader {
            input,
            file: file.to_owned(),
            quotes,
            carry: Vec::new(),
            next_line: 1,
            finished: false,
            block_size: BLOCK,
        }
    }

    #[cfg(test)]
    fn with_block_size(mut self, size: usize) -> Self {
        self.block_size = size;
        self
    }

    /// The next block; `buffer` is reused for its bytes. `None` at the end of the file.
    pub(super) fn next(&mut self, mut buffer: Vec<u8>) -> Result<Option<Block>> {
        buffer.clear();
        buffer.append(&mut self.carry);
        let begins = self.next_line;
        while !self.finished {
            let start = buffer.len();
            let want = self.block_size.max(start + self.block_size / 4 + 1);
            buffer.resize(want, 0);
            let mut filled = start;
            while filled < want {
                match self.input.read(&mut buffer[filled..]) {
                    Ok(0) => {
                        self.finished = true;
                        break;
                    }
                    Ok(read) => filled += read,
                    Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(cause) => return Err(self.broken(cause)),
                }
            }
            buffer.truncate(filled);
            if begins == 1 && start == 0 {
                self.strip_mark(&mut buffer)?;
            }
            if self.finished {
                break;
            }
            if let Some(cut) = self.last_end(&buffer) {
                self.carry.extend_from_slice(&buffer[cut..]);
                buffer.truncate(cut);
                break;
            }
            if buffer.len() > LONGEST_RECORD {
                return Err(self.too_long(begins));
            }
        }
        if buffer.is_empty() {
            return Ok(None);
        }
        self.next_line += memchr::memchr_iter(b'\n', &buffer).count() as u64;
        Ok(Some(Block { bytes: buffer, first_line: begins }))
    }

    /// One past the last line end that ends a record.
    fn last_end(&self, bytes: &[u8]) -> Option<usize> {
        if !self.quotes || memchr::memchr(b'"', bytes).is_none() {
            return memchr::memrchr(b'\n', bytes).map(|at| at + 1);
        }
        let mut open = false;
        let mut end = None;
        for at in memchr::memchr2_iter(b'"', b'\n', bytes) {
            match bytes[at] {
                b'"' => open = !open,
                _ if !open => end = Some(at + 1),
                _ => {}
            }
        }
        end
    }

    /// Drops a UTF-8 byte order mark and refuses UTF-16 and UTF-32, with or without a mark.
    fn strip_mark(&self, buffer: &mut Vec<u8>) -> Result<()> {
        if buffer.starts_with(b"\xef\xbb\xbf") {
            buffer.drain(..3);
        } else if let Some(encoding) = wide(buffer) {
            return Err(Error::new(
                ErrorKind::UnsupportedFormat,
                Stage::Record,
                format!("the file is in {encoding}"),
            )
            .in_file(&self.file)
            .at_line(1)
            .at_column(1)
            .next("save it as UTF-8 (spreadsheets: \"CSV UTF-8\")"));
        }
        Ok(())
    }

    fn broken(&self, cause: std::io::Error) -> Error {
        if let Some(fault) = cause.get_ref().and_then(|cause| cause.downcast_ref::<Fault>()) {
            let (message, next) = (fault.message.clone(), fault.next);
            return Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
                .in_file(&self.file)
                .next(next);
        }
        let message = match cause.kind() {
            std::io::ErrorKind::UnexpectedEof => "the compressed file ends too early",
            std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => {
                "the compressed data is damaged"
            }
            _ => "the file could not be read to its end",
        };
        Error::new(ErrorKind::Corrupt, Stage::Record, message)
            .in_file(&self.file)
            .at_line(self.next_line)
            .caused_by(cause)
            .next("copy the file again")
    }

    fn too_long(&self, line: u64) -> Error {
        Error::new(
            ErrorKind::InvalidRecord,
            Stage::Record,
            format!("no record ends within {} MiB", LONGEST_RECORD >> 20),
        )
        .in_file(&self.file)
        .at_line(line)
        .next("look for a double quote that is never closed, or for missing line ends")
    }
}

/// The encoding of text in units of two or four bytes, from its mark or from the zeros between
/// plain letters.
fn wide(bytes: &[u8]) -> Option<&'static str> {
    let letter = |byte: &u8| *byte != 0;
    let marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [a, 0, 0, 0, ..] | [0, 0, 0, a, ..] if letter(a) => Some("UTF-32"),
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] if letter(a) && letter(b) => Some("UTF-16"),
        _ => marked.then_some("UTF-16"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str, quotes: bool, size: usize) -> Vec<(u64, String)> {
        let input = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        let mut reader = BlockReader::new(input, "t", quotes).with_block_size(size);
        let mut all = Vec::new();
        while let Some(block) = reader.next(Vec::new()).unwrap() {
            all.push((block.first_line, String::from_utf8(block.bytes).unwrap()));
        }
        all
    }

    #[test]
    fn blocks_are_whole_lines_and_know_their_line() {
        let text = "ab\ncd\nefghijklmnop\nq";
        for size in 1..30 {
            let all = blocks(text, true, size);
            let joined: String = all.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(joined, text, "size {size}");
            let mut line = 1;
            for (begins, bytes) in &all {
                assert_eq!(*begins, line, "size {size}");
                line += bytes.matches('\n').count() as u64;
            }
            let (_, inner) = all.split_last().unwrap();
            assert!(inner.iter().all(|(_, text)| text.ends_with('\n')), "size {size}");
        }
    }

    #[test]
    fn quoted_line_ends_do_not_cut() {
        for size in 1..20 {
            let all = blocks("a,\"x\ny\",b\nc,d,e\n", true, size);
            assert!(all[0].1.starts_with("a,\"x\ny\",b\n"), "size {size}: {all:?}");
        }
    }

    #[test]
    fn the_mark_goes_and_utf16_is_named() {
        assert_eq!(blocks("\u{feff}a\n", true, 64), [(1, "a\n".to_owned())]);
        let input = Box::new(std::io::Cursor::new(b"\xff\xfea\0".to_vec()));
        let error = BlockReader::new(input, "t.csv", true).next(Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "t.csv:1:1: the file is in UTF-16");
        for (bytes, encoding) in [
            (&b"p\0r\0"[..], Some("UTF-16")),
            (b"\0p\0r", Some("UTF-16")),
            (b"p\0\0\0r\0\0\0", Some("UTF-32")),
            (b"\xff\xfe\0\0p\0\0\0", Some("UTF-32")),
            (b"p,r\n", None),
            (b"p", None),
        ] {
            assert_eq!(wide(bytes), encoding);
        }
    }
}
