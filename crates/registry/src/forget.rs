//! Deleting an enrolment: promise, deletion, receipt.

use super::keys::{exclusive_or, row_mac};
use super::receipt::{
    DeletionGround, DeletionReceipt, Promise, RECEIPT_SCHEMA, content_commitment,
    subject_commitment,
};
use super::registry::Registry;
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::hex;
use evenmatch_ledger::{Draft, EntryKind, in_utc, now, vault::random};

/// What goes with an enrolment, in words.
fn deleted(photos: usize) -> Vec<String> {
    let always = ["key", "template", "name", "pseudonym's link", "attributes", "digests of photos"];
    let photos = match photos {
        0 => None,
        1 => Some("1 photo kept for a review".to_owned()),
        n => Some(format!("{n} photos kept for a review")),
    };
    always.map(str::to_owned).into_iter().chain(photos).collect()
}

impl Registry {
    /// Deletes an enrolment and returns the receipt, in this order: what is going to be deleted is
    /// written to the ledger under a signed checkpoint; the receipt is written beside the ledger,
    /// sealed; the key and the template are overwritten and deleted in one transaction, which also
    /// stores the receipt for the ledger; old pages are scrubbed; the receipt is written to the
    /// ledger; the caller gets the receipt.
    ///
    /// The salt is in the returned receipt and in its sealed copy, which stays until
    /// [`Registry::receipt_delivered`] is called, so that the proof is not lost whatever happens to
    /// the caller. [`Registry::undelivered`] lists such copies.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownSubject`]; [`ErrorKind::Busy`] if a reader keeps old pages in use: the
    /// enrolment is then deleted, and the next call of any kind scrubs and updates the ledger.
    pub fn forget(&self, subject: &str, ground: DeletionGround) -> Result<DeletionReceipt> {
        let lookup = self.lookup(subject)?;
        let row = self.store.row(&lookup)?.ok_or_else(|| Self::unknown(subject))?;
        // An enrolment that was tampered with can be deleted too; its pseudonym is then unknown.
        let pseudonym = match self.unseal(&row) {
            Ok(enrolment) => enrolment.details.pseudonym,
            Err(_) => "unreadable".to_owned(),
        };
        let salt = random::<32>()?;
        let promise = Promise {
            receipt: format!("r-{}", hex::encode(&random::<12>()?)),
            subject: pseudonym,
            subject_commitment: subject_commitment(&salt, subject),
            content_commitment: content_commitment(&row.wrapped_key, &row.sealed),
            ground,
        };
        let draft = Draft::new(EntryKind::DeletionBegun, &promise)?;
        let (promised, checkpoint) = self.ledger().append_one(draft)?;
        let mut made = None;
        self.change(&mut |change, state| {
            let found = change.row(&lookup)?.ok_or_else(|| Self::unknown(subject))?;
            if found != row {
                let message = "another process has just changed the enrolment";
                return Err(Error::new(ErrorKind::Busy, Stage::Enrolment, message)
                    .next("try again: nothing was deleted"));
            }
            exclusive_or(&mut state.set, &row_mac(&self.keys, &found));
            state.rows -= state.rows.min(1);
            let photos = self.drop_all_photos(change, &found)?;
            change.delete(&lookup)?;
            let time = now().max(promised.time);
            let receipt = DeletionReceipt {
                schema: RECEIPT_SCHEMA.to_owned(),
                receipt: promise.receipt.clone(),
                store: self.name.clone(),
                ledger: self.ledger().name().to_owned(),
                subject: promise.subject.clone(),
                subject_commitment: promise.subject_commitment,
                content_commitment: promise.content_commitment,
                deleted: deleted(photos),
                ground,
                promised_in: promised.sequence,
                promised_hash: promised.hash,
                promised: checkpoint.clone(),
                time,
                deleted_at: in_utc(time),
                epoch: state.epoch,
                signature: None,
                salt: None,
            };
            let receipt = receipt.sign(self.ledger().signer());
            self.push(change, state, EntryKind::Deleted, &receipt)?;
            let receipt = DeletionReceipt { salt: Some(hex::encode(&salt)), ..receipt };
            // This is the last step before the change: if it fails, nothing is deleted.
            self.keep_receipt(&receipt)?;
            made = Some(receipt);
            Ok(())
        })
        .inspect_err(|_| {
            // A deletion that did not happen has no receipt.
            let _ = self.receipt_delivered(&promise.receipt);
        })?;
        self.tell()?;
        made.ok_or_else(|| {
            Error::new(ErrorKind::Io, Stage::Enrolment, "the store did not accept the change")
        })
    }

    /// SHA-256 of what is stored about a person, as a receipt would give it, for a later
    /// comparison.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownSubject`].
    pub fn content_commitment(&self, subject: &str) -> Result<Digest> {
        let row = self.store.row(&self.lookup(subject)?)?.ok_or_else(|| Self::unknown(subject))?;
        Ok(content_commitment(&row.wrapped_key, &row.sealed))
    }
}
