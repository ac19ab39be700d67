//! The end of the acknowledged entries: a small file with two slots that are written in turn, so
//! that one of them is intact whenever the machine stops.

use std::fs::File;
use std::io;
use std::path::Path;

use super::entry::EntryHash;
use super::files;
use crate::{Digest, Error, Result, Stage};
use evenmatch_core::hex;

/// Bytes in a slot: a line padded with spaces.
const SLOT: usize = 256;

/// The end of the acknowledged entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Entries, the last of which is a checkpoint.
    pub(super) entries: u64,
    /// Number of the segment that contains the last one.
    pub(super) segment: u32,
    /// Bytes of that segment up to the end of the last one.
    pub(super) length: u64,
    /// Hash of the last one.
    pub(super) hash: EntryHash,
}

/// The content of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Heads {
    /// The newest intact slot; `None` if there is none.
    pub(super) newest: Option<Head>,
    /// The slot, 0 or 1, to write next: not the newest.
    pub(super) next: usize,
    /// The slot, 0 or 1, that is neither intact nor blank.
    pub(super) damaged: Option<usize>,
}

impl Head {
    fn encode(&self) -> Vec<u8> {
        let Head { entries, segment, length, hash } = self;
        let text = format!("{entries} {segment} {length} {hash}");
        let digest = Digest::of(text.as_bytes());
        let mut slot = format!("{text} {digest}").into_bytes();
        slot.resize(SLOT - 1, b' ');
        slot.push(b'\n');
        slot
    }

    fn decode(slot: &[u8]) -> Option<Head> {
        let text = std::str::from_utf8(slot).ok()?;
        let mut words = text.split_ascii_whitespace();
        let head = Head {
            entries: words.next()?.parse().ok()?,
            segment: words.next()?.parse().ok()?,
            length: words.next()?.parse().ok()?,
            hash: EntryHash(hex::decode(words.next()?.as_bytes())?),
        };
        // Encoding it again must give the same bytes, digest included.
        (head.encode() == slot).then_some(head)
    }
}

/// Reads both slots.
pub(super) fn read(path: &Path) -> Result<Heads> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Heads::default()),
        Err(cause) => return Err(Error::io(Stage::Ledger, path, cause)),
    };
    let mut heads = Heads::default();
    for place in 0..2 {
        let slot = bytes.get(place * SLOT..(place + 1) * SLOT).unwrap_or_default();
        match Head::decode(slot) {
            Some(head) if heads.newest.is_none_or(|n| n.entries < head.entries) => {
                (heads.newest, heads.next) = (Some(head), 1 - place);
            }
            Some(_) => {}
            None if slot.iter().all(|byte| *byte == 0) && place == 1 => {}
            None => heads.damaged = Some(place),
        }
    }
    if bytes.len() > 2 * SLOT {
        heads.damaged.get_or_insert(1);
    }
    Ok(heads)
}

/// Writes a slot and waits until it is on the disk.
pub(super) fn write(file: &File, head: &Head, slot: usize) -> io::Result<()> {
    files::write_at(file, &head.encode(), (slot * SLOT) as u64)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_whole_slot_counts_and_each_flipped_bit_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head");
        assert_eq!(read(&path).unwrap(), Heads::default());
        let file = File::create(&path).unwrap();
        let old = Head { entries: 3, segment: 1, length: 400, hash: EntryHash([7; 32]) };
        let new = Head { entries: 5, length: 900, ..old };
        write(&file, &old, 0).unwrap();
        let read_back = read(&path).unwrap();
        assert_eq!(read_back, Heads { newest: Some(old), next: 1, damaged: None });
        write(&file, &new, 1).unwrap();
        let read_back = read(&path).unwrap();
        assert_eq!(read_back, Heads { newest: Some(new), next: 0, damaged: None });
        let whole = std::fs::read(&path).unwrap();
        for bit in 0..8 * whole.len() {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &changed).unwrap();
            let heads = read(&path).unwrap();
            assert_eq!(heads.damaged, Some(bit / 8 / SLOT), "bit {bit}");
            let other = if bit / 8 < SLOT { new } else { old };
            assert_eq!(heads.newest, Some(other));
        }
    }
}
