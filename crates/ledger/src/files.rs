//! The ledger's folder: segments, the lock, the head file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::entry::{EntryHash, Line, MAX_LINE};
use crate::{Error, ErrorKind, Result, Stage};

/// The sealed signing key.
pub(super) const SIGNING_KEY: &str = "signing.key";
/// The signing key sealed with the next master key, while the master key is being changed.
pub(super) const NEXT_SIGNING_KEY: &str = "signing.key.next";
/// The public key as text, for anybody who asks for it.
pub(super) const PUBLIC_KEY: &str = "public.key";
pub(super) const HEAD: &str = "head";
const LOCK: &str = "lock";

/// The path of a segment; they are numbered from 1.
pub(super) fn segment(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:06}.log"))
}

/// The numbers of the existing segments, in order.
pub(super) fn segments(folder: &Path) -> Result<Vec<u32>> {
    let fault = |cause| Error::io(Stage::Ledger, folder, cause);
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let name = entry.map_err(fault)?.file_name();
        let stem = name.to_str().and_then(|name| name.strip_suffix(".log"));
        let number: Option<u32> =
            stem.filter(|stem| stem.len() >= 6).and_then(|stem| stem.parse().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// A lock that is released with this value, or when the process ends.
pub(super) struct Lock(#[allow(dead_code)] File);

/// Waits until no other process writes.
pub(super) fn lock(folder: &Path) -> Result<Lock> {
    let path = folder.join(LOCK);
    let fault = |cause| Error::io(Stage::Ledger, &path, cause);
    let mut options = OpenOptions::new();
    let file =
        options.create(true).read(true).write(true).truncate(false).open(&path).map_err(fault)?;
    file.lock().map_err(fault)?;
    Ok(Lock(file))
}

/// Waits until no other process writes, and keeps others from writing. Without a lock file (in a
/// copy, or a folder that cannot be written) there is nothing to wait for.
pub(super) fn lock_shared(folder: &Path) -> Result<Option<Lock>> {
    let path = folder.join(LOCK);
    match File::open(&path) {
        Ok(file) => {
            file.lock_shared().map_err(|cause| Error::io(Stage::Ledger, &path, cause))?;
            Ok(Some(Lock(file)))
        }
        Err(_) => Ok(None),
    }
}

/// Writes at this position.
pub(super) fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_all_at(file, bytes, at);
    #[cfg(not(unix))]
    {
        use std::io::Write;
        let mut file = file;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
    }
}

/// Writes a file in the ledger's folder whole or not at all, durably, readable by its owner only.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    evenmatch_core::files::write(path, bytes, evenmatch_core::files::Access::Owner, Stage::Ledger)
}

/// The last line before `end`, without its ending, and the hash of the line before it.
pub(super) fn last_line(path: &Path, end: u64) -> Result<(Vec<u8>, EntryHash)> {
    let refuse = || {
        let message = format!("no entry ends at byte {end}, where the last one should end");
        Error::new(ErrorKind::Tampered, Stage::Ledger, message)
            .in_path(path)
            .next("run: evenmatch ledger verify")
    };
    let fault = |cause| Error::io(Stage::Ledger, path, cause);
    let mut file = File::open(path).map_err(fault)?;
    if file.metadata().map_err(fault)?.len() < end {
        return Err(refuse());
    }
    let mut span = 16 * 1024;
    loop {
        let start = end.saturating_sub(span);
        file.seek(SeekFrom::Start(start)).map_err(fault)?;
        let mut bytes = vec![0; (end - start) as usize];
        file.read_exact(&mut bytes).map_err(fault)?;
        let lines = bytes.strip_suffix(b"\n").ok_or_else(refuse)?;
        let begin = |lines: &[u8]| memchr::memrchr(b'\n', lines).map(|at| at + 1);
        if let Some(last) = begin(lines) {
            let before = &lines[..last - 1];
            if let Some(first) = begin(before).or((start == 0).then_some(0)) {
                let previous = Line::parse(&before[first..]).ok_or_else(refuse)?.hash;
                return Ok((lines[last..].to_vec(), previous));
            }
        }
        if start == 0 || span > 2 * MAX_LINE as u64 {
            return Err(refuse());
        }
        span *= 4;
    }
}
