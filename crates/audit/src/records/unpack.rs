//! Opening a table: digest of what is read, decompression within limits, files that are not tables.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};

use super::fault::Fault;
use super::json_array::JsonArray;
use super::signature::{self, HEAD, Kind};
use super::zstd;
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// Unpacked bytes up to which any compression ratio is accepted.
const ALWAYS: u64 = 64 << 20;
/// Compression ratio beyond which a larger file is refused: tables reach 20, one that repeats a few
/// rows without end a thousand and more.
const MOST_TIMES: u64 = 200;

/// The SHA-256 of a file, known once the file has been read to its end.
#[derive(Clone, Debug, Default)]
pub(super) struct PendingDigest(Arc<Mutex<Option<Digest>>>);

impl PendingDigest {
    /// The digest, if the end has been reached.
    pub(super) fn get(&self) -> Option<Digest> {
        self.0.lock().ok().and_then(|digest| *digest)
    }

    fn set(&self, digest: Digest) {
        if let Ok(mut place) = self.0.lock() {
            *place = Some(digest);
        }
    }
}

/// What a file turned out to be.
pub(super) enum Opened {
    /// Bytes that should be text; a JSON array comes as JSON lines.
    Text(Box<dyn Read + Send>, PendingDigest),
    /// A Parquet file, which is read by position.
    Parquet,
}

/// Opens a file, unpacks gzip and zstd, and refuses by name anything that does not contain records.
pub(super) fn open(path: &Path) -> Result<Opened> {
    let file = File::open(path).map_err(|cause| Error::io(Stage::Record, path, cause))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Error::new(ErrorKind::Io, Stage::Record, "this is a folder, not a file")
            .in_path(path)
            .next("name the file that contains the records"));
    }
    let digest = PendingDigest::default();
    let packed = Arc::new(AtomicU64::new(0));
    let mut raw = Hashed {
        inner: file,
        hasher: Sha256::new(),
        digest: digest.clone(),
        read: Arc::clone(&packed),
    };
    let (head, fault) = peek(&mut raw);
    if let Some(cause) = fault {
        return Err(Error::io(Stage::Record, path, cause));
    }
    if head.starts_with(b"PAR1") {
        return Ok(Opened::Parquet);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let whole = Cursor::new(head.clone()).chain(raw);
    let how = if head.starts_with(&[0x1f, 0x8b]) {
        Some("gzip")
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) || skippable(&head) {
        Some("zstd")
    } else {
        None
    };
    let Some(how) = how else {
        if let Some(kind) = signature::kind(&head).or_else(|| signature::by_name(&name, &head)) {
            return Err(no_records(path, kind, None));
        }
        return Ok(Opened::Text(text(&head, Box::new(whole)), digest));
    };
    let buffered = BufReader::with_capacity(256 * 1024, whole);
    let unpacked: Box<dyn Read + Send> = match how {
        "gzip" => Box::new(MultiGzDecoder::new(buffered)),
        _ => Box::new(
            zstd::Frames::new(buffered).map_err(|cause| Error::io(Stage::Record, path, cause))?,
        ),
    };
    let mut bounded = Bounded { inner: unpacked, packed, unpacked: 0 };
    let (head, fault) = peek(&mut bounded);
    if fault.is_none() {
        if head.starts_with(b"PAR1") {
            let kind = Kind { what: "a Parquet file", next: "unpack it and name the Parquet file" };
            return Err(no_records(path, kind, Some(how)));
        }
        let twice = head.starts_with(&[0x1f, 0x8b]) || head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
        let twice = twice.then_some(Kind {
            what: "a compressed file",
            next: "unpack it once: it was packed twice",
        });
        if let Some(kind) = signature::kind(&head).or(twice) {
            return Err(no_records(path, kind, Some(how)));
        }
    }
    let whole: Box<dyn Read + Send> = match fault {
        None => Box::new(Cursor::new(head.clone()).chain(bounded)),
        // The block reader meets the error again, so that all errors read alike.
        Some(cause) => Box::new(Cursor::new(head.clone()).chain(Broken(Some(cause)))),
    };
    Ok(Opened::Text(text(&head, whole), digest))
}

/// A frame that a decoder skips, with which some writers begin.
fn skippable(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

fn no_records(path: &Path, kind: Kind, within: Option<&str>) -> Error {
    let message = match within {
        Some(how) => format!("this is {} inside {how}, not a table of records", kind.what),
        None => format!("this is {}, not a table of records", kind.what),
    };
    Error::new(ErrorKind::UnsupportedFormat, Stage::Record, message).in_path(path).next(kind.next)
}

/// Text as it is, and a JSON array as JSON lines.
fn text(head: &[u8], whole: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let array = start.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    match array {
        Some([] | [b'{' | b'[' | b']', ..]) => Box::new(JsonArray::new(whole)),
        _ => whole,
    }
}

/// The first bytes, and the error that ended them early.
fn peek(reader: &mut impl Read) -> (Vec<u8>, Option<std::io::Error>) {
    let mut head = Vec::new();
    let fault = reader.take(HEAD as u64).read_to_end(&mut head).err();
    (head, fault)
}

struct Hashed<R> {
    inner: R,
    hasher: Sha256,
    digest: PendingDigest,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            self.digest.set(Digest::from_bytes(self.hasher.clone().finalize().into()));
        } else {
            self.hasher.update(&buffer[..read]);
            self.read.fetch_add(read as u64, Ordering::Relaxed);
        }
        Ok(read)
    }
}

/// Refuses what unpacks to far more than a table would.
struct Bounded<R> {
    inner: R,
    packed: Arc<AtomicU64>,
    unpacked: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.unpacked += read as u64;
        let packed = self.packed.load(Ordering::Relaxed);
        if self.unpacked > ALWAYS && self.unpacked > packed.saturating_mul(MOST_TIMES) {
            return Err(Fault::error(
                format!("the file unpacks to more than {MOST_TIMES} times its size"),
                "check the file: no table of records compresses that much; if it is genuine, \
                 unpack it first",
            ));
        }
        Ok(read)
    }
}

/// A stream that fails once.
struct Broken(Option<std::io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(self.0.take().unwrap_or_else(|| std::io::ErrorKind::UnexpectedEof.into()))
    }
}
