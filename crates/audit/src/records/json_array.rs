//! A JSON array of objects, turned into JSON lines while it is read.
//!
//! Each object is put on the line on which it begins in the file, so that errors name the file's
//! own lines; if several objects share a line, each gets its own, and a line is then the number of
//! a record.

use std::io::Read;

use super::fault::Fault;

/// Bytes that are read at a time.
const CHUNK: usize = 256 * 1024;
/// Blank lines that may be written in a row.
const MOST_BLANK: u64 = 1 << 20;
const NEXT: &str = "write an array of records as [{…},{…}], like to_json(orient=\"records\")";

/// Where in the array the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before `[`.
    Before,
    /// After `[`: an object, or the end of an empty array.
    First,
    /// After a comma: an object must follow.
    Due,
    /// Within an object, this many brackets deep, and whether in a string and after `\`.
    Inside { depth: u32, string: bool, escaped: bool },
    /// After an object.
    Behind,
    /// After `]`.
    End,
}

/// See the module.
pub(super) struct JsonArray<R> {
    inner: R,
    chunk: Vec<u8>,
    out: Vec<u8>,
    given: usize,
    place: Place,
    /// Line ends of the file that have not been written yet.
    owed: u64,
    /// Line ends written before they occurred in the file.
    ahead: u64,
    /// Whether what was written last is not a line end.
    open_line: bool,
    line: u64,
    finished: bool,
}

impl<R: Read> JsonArray<R> {
    pub(super) fn new(inner: R) -> Self {
        JsonArray {
            inner,
            chunk: vec![0; CHUNK],
            out: Vec::new(),
            given: 0,
            place: Place::Before,
            owed: 0,
            ahead: 0,
            open_line: false,
            line: 1,
            finished: false,
        }
    }

    fn fault(&self, message: &str) -> std::io::Error {
        Fault::error(format!("{message} (line {} of the file)", self.line), NEXT)
    }

    /// Writes the pending line ends before an object.
    fn begin(&mut self) {
        let repaid = self.owed.min(self.ahead);
        self.owed -= repaid;
        self.ahead -= repaid;
        if self.open_line && self.owed == 0 {
            self.owed = 1;
            self.ahead += 1;
        }
        // Beyond that many blank lines, errors name a line above the actual one.
        let due = self.owed.min(MOST_BLANK) as usize;
        self.out.resize(self.out.len() + due, b'\n');
        self.owed = 0;
        self.open_line = true;
    }

    fn take(&mut self, byte: u8) -> std::io::Result<()> {
        if byte == b'\n' {
            self.line += 1;
            self.owed += 1;
        }
        let space = byte.is_ascii_whitespace();
        self.place = match (self.place, byte) {
            (Place::Inside { depth, string: true, escaped }, byte) => {
                // A line end in a string is not valid JSON; the reader of the line reports it.
                self.out.push(if byte == b'\n' { b'\t' } else { byte });
                let string = escaped || byte != b'"';
                Place::Inside { depth, string, escaped: !escaped && byte == b'\\' }
            }
            (Place::Inside { depth, .. }, byte) => {
                self.out.push(if space { b' ' } else { byte });
                let depth = match byte {
                    b'{' | b'[' => depth + 1,
                    b'}' | b']' => depth - 1,
                    _ => depth,
                };
                match depth {
                    0 => Place::Behind,
                    depth => Place::Inside { depth, string: byte == b'"', escaped: false },
                }
            }
            (place, _) if space => place,
            (Place::Before, b'[') => Place::First,
            // A byte order mark.
            (Place::Before, 0xef | 0xbb | 0xbf) => Place::Before,
            (Place::First | Place::Due, b'{') => {
                self.begin();
                self.out.push(b'{');
                Place::Inside { depth: 1, string: false, escaped: false }
            }
            (Place::First | Place::Behind, b']') => Place::End,
            (Place::Behind, b',') => Place::Due,
            (Place::End, _) => {
                return Err(self.fault("there is something after the end of the array"));
            }
            (Place::Behind, _) => return Err(self.fault("there is no comma between two records")),
            _ => return Err(self.fault("the array contains something other than objects")),
        };
        Ok(())
    }
}

impl<R: Read> Read for JsonArray<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.given == self.out.len() && !self.finished {
            self.out.clear();
            self.given = 0;
            let read = self.inner.read(&mut self.chunk)?;
            if read == 0 {
                self.finished = true;
                if self.place != Place::End {
                    return Err(self.fault("the array is never closed"));
                }
                if self.open_line {
                    self.out.push(b'\n');
                }
            }
            let chunk = std::mem::take(&mut self.chunk);
            let taken = chunk[..read].iter().try_for_each(|&byte| self.take(byte));
            self.chunk = chunk;
            taken?;
        }
        let count = buffer.len().min(self.out.len() - self.given);
        buffer[..count].copy_from_slice(&self.out[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut reader = JsonArray::new(text.as_bytes());
        reader.read_to_string(&mut out).map_err(|cause| cause.to_string())?;
        Ok(out)
    }

    #[test]
    fn objects_keep_their_lines() {
        assert_eq!(lines("[{\"a\":1},{\"a\":2}]").unwrap(), "{\"a\":1}\n{\"a\":2}\n");
        assert_eq!(lines("[\n{\"a\":1},\n{\"a\":2}\n]\n").unwrap(), "\n{\"a\":1}\n{\"a\":2}\n");
        let pretty = "[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": 2\n  }\n]";
        assert_eq!(lines(pretty).unwrap(), "\n{     \"a\": 1   }\n\n\n{     \"a\": 2   }\n");
        assert_eq!(lines("[]").unwrap(), "");
        let text = "[{\"a\":\"]},{\\\"\\\\\"},{\"a\":[1]}]";
        assert_eq!(lines(text).unwrap(), "{\"a\":\"]},{\\\"\\\\\"}\n{\"a\":[1]}\n");
    }

    #[test]
    fn faults_name_the_line() {
        for (text, message) in [
            ("[{}", "the array is never closed (line 1 of the file)"),
            ("[\n1]", "the array contains something other than objects (line 2 of the file)"),
            ("[{},\n]", "the array contains something other than objects (line 2 of the file)"),
            ("[{}{}]", "there is no comma between two records (line 1 of the file)"),
            ("[{}]\n\n{}", "there is something after the end of the array (line 3 of the file)"),
        ] {
            assert_eq!(lines(text).unwrap_err(), message);
        }
    }
}
