//! Receipts of deletion, which anybody can check with the public key alone.

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

/// Why somebody was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionGround {
    /// Somebody asked for it.
    Request,
    /// The period of retention has ended.
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

/// Says that an enrolment was deleted, and what it was that was deleted, without saying what it
/// held. It is signed with the ledger's key.
///
/// `salt` is for the person alone: with it, and with the name, anybody can check that the receipt
/// is of that name. The ledger holds the receipt without it.
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
    /// The person's pseudonym in the ledger, which nothing links to them any more.
    pub subject: String,
    /// SHA-256 of the salt (32 bytes) and the name.
    pub subject_commitment: Digest,
    /// SHA-256 of the sealed key's and the sealed template's bytes, each behind its length as u64,
    /// little-endian. Sealed bytes that turn up later can be held against it.
    pub content_commitment: Digest,
    /// What was deleted, in words.
    pub deleted: Vec<String>,
    /// Why.
    pub ground: DeletionGround,
    /// The number of the ledger's entry in which this was promised before.
    pub promised_in: u64,
    /// That entry's hash.
    pub promised_hash: EntryHash,
    /// The signed checkpoint behind that entry.
    pub promised: Checkpoint,
    /// When it was deleted, in milliseconds since 1970 (UTC).
    pub time: i64,
    /// The same as RFC 3339 writes it.
    pub deleted_at: String,
    /// The store's changes up to this one.
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

/// What checking a receipt found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptCheck {
    /// The format of this answer.
    pub schema: &'static str,
    /// The receipt's id.
    pub receipt: String,
    /// What holds, in words.
    pub holds: Vec<String>,
    /// What does not.
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
    /// The file can't be read, or is none.
    pub fn from_path(path: &std::path::Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|c| Error::io(Stage::Enrolment, path, c))?;
        serde_json::from_slice(&text).map_err(|cause| {
            Error::new(ErrorKind::InvalidRecord, Stage::Enrolment, "this is no deletion receipt")
                .in_path(path)
                .caused_by(cause)
        })
    }

    /// Checks the receipt: its signature; that the promise was signed before the deletion; where
    /// `subject` is given, that it is of that name; where a ledger (or an export of one) is given,
    /// that both stand in it, and that nobody was enrolled under the pseudonym later.
    ///
    /// # Errors
    ///
    /// The ledger can't be read. What does not hold is in the answer.
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
        say(known, "it is a receipt as known here", "it is no receipt as known here");
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
            "what was deleted was promised before, under a signed checkpoint",
            "no signed checkpoint shows that it was promised before",
        );
        if let Some(subject) = subject {
            let salt = self.salt.as_ref().and_then(|salt| hex::decode(salt.as_bytes()));
            let same =
                salt.is_some_and(|s| subject_commitment(&s, subject) == self.subject_commitment);
            say(same, "it is of this name", "it is of another name, or its salt is missing");
        }
        if let Some(ledger) = ledger {
            let [promised, told, again] = self.find(ledger)?;
            say(
                promised,
                "the promise stands in the ledger",
                "the promise does not stand in the ledger where it should",
            );
            say(told, "the receipt stands in the ledger", "the ledger has no such receipt");
            say(
                !again,
                "nobody was enrolled under the pseudonym later",
                "somebody was enrolled under the pseudonym later",
            );
        }
        Ok(ReceiptCheck { schema, receipt: self.receipt.clone(), holds, faults })
    }

    /// Whether the ledger was told of this receipt.
    pub(super) fn is_told(&self, ledger: &LedgerFiles) -> Result<bool> {
        self.find(ledger).map(|[_, told, _]| told)
    }

    /// Whether the ledger has the promise, the receipt, and an enrolment behind them.
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
