//! One entry of the ledger: one line.
//!
//! ```text
//! HASH SEQUENCE TIME KIND BODY\n
//! ```
//!
//! `HASH` is the SHA-256 of the previous entry's hash (32 raw bytes; 32 zero bytes for the first)
//! and of everything after `HASH` and its space, without the line ending. `SEQUENCE` counts from 0,
//! `TIME` is in milliseconds since 1970 (UTC) and never goes back, `KIND` is a word, `BODY` is JSON
//! on one line. The bytes of the line are the canonical form: checking the chain needs no parsing.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use evenmatch_core::hex;

/// The longest line that is read. A `DecisionRecord` has a few thousand bytes.
pub(crate) const MAX_LINE: usize = 4 << 20;

/// A hash in the chain. It is written and read only as 64 lower-case hexadecimal digits, so that
/// each hash has one spelling.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntryHash(pub(crate) [u8; 32]);

impl EntryHash {
    /// The value used as the hash before the first entry.
    pub(crate) const START: EntryHash = EntryHash([0; 32]);

    /// The hash of the entry with this text after the one with this hash.
    pub(crate) fn of(previous: &EntryHash, text: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(previous.0);
        hasher.update(text);
        EntryHash(hasher.finalize().into())
    }
}

impl fmt::Display for EntryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for EntryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryHash({self})")
    }
}

impl Serialize for EntryHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EntryHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        hex::decode(text.as_bytes())
            .map(EntryHash)
            .ok_or_else(|| serde::de::Error::custom("a hash has 64 lower-case hexadecimal digits"))
    }
}

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntryKind {
    /// The first entry: the ledger's name and its public key.
    Genesis,
    /// A signature over everything before it.
    Checkpoint,
    /// Bytes of an unfinished write were cut off; none of them had been acknowledged.
    Recovered,
    /// A person was enrolled, or enrolled again.
    Enrolled,
    /// An enrolment is about to be deleted: what will be deleted, as a commitment.
    DeletionBegun,
    /// An enrolment was deleted: the receipt.
    Deleted,
    /// A decision.
    Decision,
    /// A person asked for a decision to be reviewed.
    AppealOpened,
    /// A person is reviewing it.
    AppealReviewed,
    /// The reviewer has decided.
    AppealResolved,
    /// A person looked at a decision and what was kept for its review.
    ReviewLooked,
    /// A reviewer said whether the photos show the claimed person.
    ReviewJudged,
    /// Retention was enforced, or the keys were changed.
    Housekeeping,
}

impl EntryKind {
    const ALL: [(EntryKind, &'static str); 13] = [
        (EntryKind::Genesis, "genesis"),
        (EntryKind::Checkpoint, "checkpoint"),
        (EntryKind::Recovered, "recovered"),
        (EntryKind::Enrolled, "enrolled"),
        (EntryKind::DeletionBegun, "deletion_begun"),
        (EntryKind::Deleted, "deleted"),
        (EntryKind::Decision, "decision"),
        (EntryKind::AppealOpened, "appeal_opened"),
        (EntryKind::AppealReviewed, "appeal_reviewed"),
        (EntryKind::AppealResolved, "appeal_resolved"),
        (EntryKind::ReviewLooked, "review_looked"),
        (EntryKind::ReviewJudged, "review_judged"),
        (EntryKind::Housekeeping, "housekeeping"),
    ];

    /// The word for this kind.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    fn parse(word: &[u8]) -> Option<EntryKind> {
        Self::ALL.iter().find(|(_, name)| name.as_bytes() == word).map(|(kind, _)| *kind)
    }
}

/// One parsed entry, which borrows the line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Line<'a> {
    pub(crate) hash: EntryHash,
    /// The part that is hashed: the line after the hash.
    pub(crate) text: &'a [u8],
    pub(crate) sequence: u64,
    pub(crate) time: i64,
    pub(crate) kind: EntryKind,
    pub(crate) body: &'a [u8],
}

/// A number without a sign, leading zeros or anything else that would give it a second spelling.
fn number(word: &[u8]) -> Option<u64> {
    let canonical = matches!(word, [b'0'] | [b'1'..=b'9', ..]) && word.len() <= 19;
    let digits = |word: &[u8]| {
        word.iter().try_fold(0_u64, |value, c| {
            c.is_ascii_digit().then(|| value * 10 + u64::from(c - b'0'))
        })
    };
    canonical.then(|| digits(word)).flatten()
}

impl<'a> Line<'a> {
    /// Parses a line without its ending; `None` if it is not an entry.
    pub(crate) fn parse(line: &'a [u8]) -> Option<Line<'a>> {
        let (hash, text) = line.split_at_checked(65)?;
        let hash = EntryHash(hex::decode(hash.strip_suffix(b" ")?)?);
        let mut words = text.splitn(4, |byte| *byte == b' ');
        let sequence = number(words.next()?)?;
        let time = i64::try_from(number(words.next()?)?).ok()?;
        let kind = EntryKind::parse(words.next()?)?;
        let body = words.next()?;
        Some(Line { hash, text, sequence, time, kind, body })
    }

    /// Whether the line's hash is that of its text after this one.
    pub(crate) fn follows(&self, previous: &EntryHash) -> bool {
        EntryHash::of(previous, self.text) == self.hash
    }
}

/// Appends an entry's line to a buffer and returns its hash.
pub(crate) fn write_line(
    buffer: &mut Vec<u8>,
    previous: &EntryHash,
    sequence: u64,
    time: i64,
    kind: EntryKind,
    body: &[u8],
) -> EntryHash {
    let start = buffer.len();
    buffer.extend_from_slice(&[b' '; 65]);
    buffer.extend_from_slice(format!("{sequence} {time} {} ", kind.name()).as_bytes());
    buffer.extend_from_slice(body);
    let hash = EntryHash::of(previous, &buffer[start + 65..]);
    buffer[start..start + 64].copy_from_slice(hash.to_string().as_bytes());
    buffer.push(b'\n');
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Vec<u8> {
        let mut buffer = Vec::new();
        let body = br#"{"outcome":"match"}"#;
        write_line(&mut buffer, &EntryHash::START, 7, 1_700_000_000_123, EntryKind::Decision, body);
        buffer
    }

    #[test]
    fn a_line_comes_back_as_it_was() {
        let bytes = line();
        let line = Line::parse(bytes.strip_suffix(b"\n").unwrap()).unwrap();
        assert_eq!((line.sequence, line.time), (7, 1_700_000_000_123));
        assert_eq!((line.kind, line.body), (EntryKind::Decision, &br#"{"outcome":"match"}"#[..]));
        assert!(line.follows(&EntryHash::START));
        assert!(!line.follows(&EntryHash([1; 32])));
    }

    #[test]
    fn the_hash_is_what_the_documentation_says() {
        let bytes = line();
        let text = &bytes[65..bytes.len() - 1];
        let expected = crate::Digest::of(&[&[0; 32], text].concat()).to_string();
        assert_eq!(bytes[..64], *expected.as_bytes());
    }

    #[test]
    fn no_flipped_bit_leaves_a_line_that_follows() {
        let bytes = line();
        for bit in 0..8 * (bytes.len() - 1) {
            let mut changed = bytes[..bytes.len() - 1].to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            let whole = Line::parse(&changed).is_some_and(|l| l.follows(&EntryHash::START));
            assert!(!whole, "bit {bit}");
        }
    }

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(number(b"0"), Some(0));
        assert_eq!(number(b"9223372036854775807"), Some(i64::MAX as u64));
        for wrong in [&b""[..], b"01", b"+1", b"-1", b"1 ", b"1x", b"99999999999999999999"] {
            assert_eq!(number(wrong), None, "{wrong:?}");
        }
    }
}
