//! Deletion receipts, which anybody can check with the public key alone.

use serde::{Deserialize, Serialize};

use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::hex;
use evenmatch_ledger::{
    Checkpoint, EntryHash, EntryKind, LedgerFiles, in_utc,
    vault::{PublicKey, Signature, Signer},
};

/// The format of a receipt.
pub const RECEIPT_SCHEMA: &str = "evenmatch.deletion-receipt/1";
/// The context of its signature.
pub const DELETION_CONTEXT: &str = "evenmatch.deletion-receipt/1";

/// Why a person was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionGround {
    /// Somebody asked for it.
    Request,
    /// The retention period has ended.
    RetentionEnded,
}

/// What was promised in the ledger before anything was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Promise {
    pub(super) receipt: String,
    /// The person's pseudonym.
    pub(super) subject: String,
    pub(super) subject_commitment: Digest,
    pub(super) content_commitment: Digest,
    pub(super) ground: DeletionGround,
}

/// States that an enrolment was deleted, and identifies what was deleted without revealing its
/// content. It is signed with the ledger's key.
///
/// `salt` is for the person alone: with it and the name, anybody can check that the receipt is for
/// that name. The ledger has the receipt without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionReceipt {
    /// [`RECEIPT_SCHEMA`].
    pub schema: String,
    /// The receipt's id.
    pub receipt: String,
    /// The store's name.
    pub store: String,
    /// The ledger's name.
    pub ledger: String,
    /// The person's pseudonym in the ledger, which is no longer linked to them.
    pub subject: String,
    /// SHA-256 of the salt (32 bytes) and the name.
    pub subject_commitment: Digest,
    /// SHA-256 of the sealed key's and the sealed template's bytes, each after its length as u64,
    /// little-endian. Sealed bytes that turn up later can be compared with it.
    pub content_commitment: Digest,
    /// What was deleted, in words.
    pub deleted: Vec<String>,
    /// Why.
    pub ground: DeletionGround,
    /// The number of the ledger entry with the earlier promise.
    pub promised_in: u64,
    /// That entry's hash.
    pub promised_hash: EntryHash,
    /// The signed checkpoint after that entry.
    pub promised: Checkpoint,
    /// When it was deleted, in milliseconds since 1970 (UTC).
    pub time: i64,
    /// The same time in RFC 3339 format.
    pub deleted_at: String,
    /// The number of changes to the store up to this one.
    pub epoch: u64,
    /// Ed25519 over the receipt as JSON without `signature` and `salt`; null before it is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// 64 hexadecimal digits, for the person alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
}

/// SHA-256 of salt and name.
pub(super) fn subject_commitment(salt: &[u8; 32], subject: &str) -> Digest {
    Digest::of(&[salt, subject.as_bytes()].concat())
}

/// SHA-256 of what is going to be deleted.
pub(super) fn content_commitment(wrapped_key: &[u8], sealed: &[u8]) -> Digest {
    let length = |bytes: &[u8]| (bytes.len() as u64).to_le_bytes();
    Digest::of(&[&length(wrapped_key), wrapped_key, &length(sealed), sealed].concat())
}

/// The result of checking a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptCheck {
    /// The format of this answer.
    pub schema: &'static str,
    /// The receipt's id.
    pub receipt: String,
    /// What holds, in words.
    pub holds: Vec<String>,
    /// What does not hold.
    pub faults: Vec<String>,
}

impl DeletionReceipt {
    /// The bytes that are signed.
    fn text(&self) -> Vec<u8> {
        let bare = DeletionReceipt { signature: None, salt: None, ..self.clone() };
        // Plain data with text keys always serialises.
        serde_json::to_vec(&bare).unwrap_or_default()
    }

    pub(super) fn sign(mut self, signer: &Signer) -> Self {
        self.signature = Some(signer.sign(DELETION_CONTEXT, &self.text()));
        self
    }

    /// Reads a receipt.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is not a receipt.
    pub fn from_path(path: &std::path::Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|c| Error::io(Stage::Enrolment, path, c))?;
        serde_json::from_slice(&text).map_err(|cause| {
            Error::new(ErrorKind::InvalidRecord, Stage::Enrolment, "this is not a deletion receipt")
                .in_path(path)
                .caused_by(cause)
        })
    }

    /// Checks the receipt: its signature; that the promise was signed before the deletion; if
    /// `subject` is given, that the receipt is for that name; if a ledger (or an export of one) is
    /// given, that it contains both, and that nobody was enrolled under the pseudonym later.
    ///
    /// # Errors
    ///
    /// The ledger cannot be read. What does not hold is in the result.
    pub fn check(
        &self,
        key: &PublicKey,
        subject: Option<&str>,
        ledger: Option<&LedgerFiles>,
    ) -> Result<ReceiptCheck> {
        let schema = "evenmatch.deletion-receipt.check/1";
        let (mut holds, mut faults) = (Vec::new(), Vec::new());
        let mut say = |right: bool, yes: &str, no: &str| {
            if right { holds.push(yes.to_owned()) } else { faults.push(no.to_owned()) }
        };
        let known = self.schema == RECEIPT_SCHEMA && in_utc(self.time) == self.deleted_at;
        say(known, "it is a valid receipt", "it is not a receipt that this version can check");
        let signed = self
            .signature
            .as_ref()
            .is_some_and(|signature| key.verifies(DELETION_CONTEXT, &self.text(), signature));
        say(signed, "it is signed with this key", "it is not signed with this key, or was changed");
        let before = self.promised.is_signed_by(key)
            && self.promised.ledger == self.ledger
            && self.promised.entries > self.promised_in
            && self.promised.time <= self.time;
        say(
            before,
            "the deletion was announced beforehand, under a signed checkpoint",
            "no signed checkpoint shows that the deletion was announced beforehand",
        );
        if let Some(subject) = subject {
            let salt = self.salt.as_ref().and_then(|salt| hex::decode(salt.as_bytes()));
            let same =
                salt.is_some_and(|s| subject_commitment(&s, subject) == self.subject_commitment);
            say(same, "it is for this name", "it is for another name, or its salt is missing");
        }
        if let Some(ledger) = ledger {
            let [promised, told, again] = self.find(ledger)?;
            say(
                promised,
                "the announcement is in the ledger",
                "the announcement is not in the ledger where it should be",
            );
            say(told, "the receipt is in the ledger", "the ledger has no such receipt");
            say(
                !again,
                "nobody was enrolled under the pseudonym later",
                "somebody was enrolled under the pseudonym later",
            );
        }
        Ok(ReceiptCheck { schema, receipt: self.receipt.clone(), holds, faults })
    }

    /// Whether this receipt is in the ledger.
    pub(super) fn is_told(&self, ledger: &LedgerFiles) -> Result<bool> {
        self.find(ledger).map(|[_, told, _]| told)
    }

    /// Whether the ledger has the promise, the receipt, and an enrolment after them.
    fn find(&self, ledger: &LedgerFiles) -> Result<[bool; 3]> {
        let bare = DeletionReceipt { salt: None, ..self.clone() };
        let kinds = [EntryKind::DeletionBegun, EntryKind::Deleted, EntryKind::Enrolled];
        let (mut promised, mut told, mut again) = (false, None, false);
        for entry in ledger.mentioning(&self.subject, &kinds)? {
            match entry.kind {
                EntryKind::DeletionBegun if entry.sequence == self.promised_in => {
                    let promise: Promise = entry.read()?;
                    promised = entry.hash == self.promised_hash
                        && promise.receipt == self.receipt
                        && promise.content_commitment == self.content_commitment
                        && promise.subject_commitment == self.subject_commitment;
                }
                EntryKind::Deleted if entry.read::<DeletionReceipt>()? == bare => {
                    told = Some(entry.sequence);
                }
                EntryKind::Enrolled => again |= told.is_some(),
                _ => {}
            }
        }
        Ok([promised, told.is_some(), again])
    }
}

impl ReceiptCheck {
    /// Whether all of it holds.
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }
}
