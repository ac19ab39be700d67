//! Signed checkpoints: with the public key anybody can check that everything before one is
//! unchanged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entry::{EntryHash, EntryKind, Line};
use crate::vault::{PublicKey, Signature, Signer};
use crate::{Error, ErrorKind, Result, Stage};

const CONTEXT: &str = "evenmatch.ledger.checkpoint/1";

/// The number of changes to each store of enrolments, by the store's name. An old copy of a store
/// is recognised by this.
pub type Anchors = BTreeMap<String, u64>;

/// The body of the first entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// `evenmatch.ledger/1`.
    pub schema: String,
    /// The ledger's name, which is random.
    pub ledger: String,
    /// The key that signs its checkpoints.
    pub public_key: PublicKey,
}

/// The format of the ledger.
pub const LEDGER_SCHEMA: &str = "evenmatch.ledger/1";

/// The body of a checkpoint in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Body {
    anchors: Anchors,
    signature: Signature,
}

/// A signature over the whole ledger up to one entry. A copy kept elsewhere proves that a ledger
/// was truncated or rolled back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The ledger's name.
    pub ledger: String,
    /// Entries before the checkpoint, which is the checkpoint's own sequence number.
    pub entries: u64,
    /// Milliseconds since 1970 (UTC).
    pub time: i64,
    /// Hash of the last entry before it.
    pub previous: EntryHash,
    /// The number of changes to each store of enrolments.
    pub anchors: Anchors,
    /// Ed25519 over the other fields.
    pub signature: Signature,
}

/// The text that is signed: `LEDGER ENTRIES TIME PREVIOUS ANCHORS`, the anchors as JSON with sorted
/// keys.
fn text(ledger: &str, entries: u64, time: i64, previous: &EntryHash, anchors: &Anchors) -> Vec<u8> {
    // A map of text to numbers always serialises.
    let anchors = serde_json::to_string(anchors).unwrap_or_default();
    format!("{ledger} {entries} {time} {previous} {anchors}").into_bytes()
}

impl Checkpoint {
    /// Signs everything up to and including the entry with the hash `previous`.
    pub(crate) fn sign(
        signer: &Signer,
        ledger: &str,
        (entries, time): (u64, i64),
        previous: EntryHash,
        anchors: Anchors,
    ) -> Self {
        let text = text(ledger, entries, time, &previous, &anchors);
        let signature = signer.sign(CONTEXT, &text);
        Checkpoint { ledger: ledger.to_owned(), entries, time, previous, anchors, signature }
    }

    /// The body of its entry.
    pub(crate) fn body(&self) -> Vec<u8> {
        let body = Body { anchors: self.anchors.clone(), signature: self.signature };
        // Plain text fields always serialise.
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// The checkpoint in an entry that follows the one with the hash `previous`; its signature has
    /// not been checked yet.
    pub(crate) fn of_line(line: &Line<'_>, previous: EntryHash, ledger: &str) -> Option<Self> {
        let body: Body = serde_json::from_slice(line.body).ok()?;
        (line.kind == EntryKind::Checkpoint).then(|| Checkpoint {
            ledger: ledger.to_owned(),
            entries: line.sequence,
            time: line.time,
            previous,
            anchors: body.anchors,
            signature: body.signature,
        })
    }

    /// Whether this key signed it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let text = text(&self.ledger, self.entries, self.time, &self.previous, &self.anchors);
        key.verifies(CONTEXT, &text, &self.signature)
    }

    /// Reads a checkpoint that was kept elsewhere.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is not a checkpoint.
    pub fn from_path(path: &std::path::Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|cause| Error::io(Stage::Ledger, path, cause))?;
        serde_json::from_slice(&text).map_err(|cause| {
            Error::new(ErrorKind::InvalidRecord, Stage::Ledger, "this is not a checkpoint")
                .in_path(path)
                .next("print one with: evenmatch ledger checkpoint")
                .caused_by(cause)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::SecretKey;

    #[test]
    fn a_checkpoint_is_bound_to_each_of_its_fields() {
        let signer = Signer::new(&SecretKey::from_bytes([5; 32]));
        let anchors = Anchors::from([("s".to_owned(), 4)]);
        let hash = EntryHash([2; 32]);
        let signed = Checkpoint::sign(&signer, "l", (9, 1000), hash, anchors);
        assert!(signed.is_signed_by(&signer.public()));
        let json = serde_json::to_string(&signed).unwrap();
        assert_eq!(serde_json::from_str::<Checkpoint>(&json).unwrap(), signed);
        let changed: [fn(&mut Checkpoint); 5] = [
            |c| c.ledger = "m".to_owned(),
            |c| c.entries += 1,
            |c| c.time += 1,
            |c| c.previous.0[31] ^= 1,
            |c| *c.anchors.entry("s".to_owned()).or_default() -= 1,
        ];
        for change in changed {
            let mut other = signed.clone();
            change(&mut other);
            assert!(!other.is_signed_by(&signer.public()), "{other:?}");
        }
    }
}
