//! Receipts that have not been delivered yet.
//!
//! A receipt's salt is the only proof of whose deletion it is, and exists only in the receipt. So
//! each receipt is written to the disk before anything is deleted, in the ledger's folder
//! `undelivered`, sealed with a key of the store. It stays there until the caller says that it has
//! been delivered.

use std::path::PathBuf;

use super::receipt::DeletionReceipt;
use super::registry::Registry;
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::files::{self, Access};
use evenmatch_ledger::{
    LedgerFiles,
    vault::{Context, open, seal},
};

const FOLDER: &str = "undelivered";
const ENDING: &str = "sealed";

impl Registry {
    fn undelivered_folder(&self) -> PathBuf {
        self.ledger().folder().join(FOLDER)
    }

    fn undelivered_file(&self, id: &str) -> PathBuf {
        self.undelivered_folder().join(format!("{id}.{ENDING}"))
    }

    /// The label and context that a receipt is sealed for.
    fn receipt_place(&self, id: &str) -> ([u8; 32], Context) {
        let label = *Digest::of(id.as_bytes()).as_bytes();
        (label, Context::new("evenmatch undelivered receipt/1").with(self.name.as_bytes()))
    }

    /// Stores a receipt until it is delivered. It is on the disk when this returns.
    pub(super) fn keep_receipt(&self, receipt: &DeletionReceipt) -> Result<()> {
        let json = serde_json::to_vec(receipt).map_err(|cause| {
            Error::new(ErrorKind::InvalidRecord, Stage::Enrolment, "the receipt cannot be written")
                .caused_by(cause)
        })?;
        let (label, context) = self.receipt_place(&receipt.receipt);
        let sealed = seal(&self.keys.receipts, &label, &context, &json)?;
        files::create_folder(&self.undelivered_folder(), Stage::Enrolment)?;
        let path = self.undelivered_file(&receipt.receipt);
        files::write(&path, &sealed, Access::Owner, Stage::Enrolment)
    }

    /// The ids of receipts that have not been delivered, in order.
    ///
    /// # Errors
    ///
    /// The ledger's folder cannot be read.
    pub fn undelivered(&self) -> Result<Vec<String>> {
        let folder = self.undelivered_folder();
        let fault = |cause| Error::io(Stage::Enrolment, &folder, cause);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(fault(cause)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let path = entry.map_err(fault)?.path();
            let is_sealed = path.extension().is_some_and(|ending| ending == ENDING);
            let id = path.file_stem().and_then(|id| id.to_str());
            ids.extend(id.filter(|id| is_sealed && is_id(id)).map(str::to_owned));
        }
        ids.sort();
        let ledger = LedgerFiles::open(self.ledger().folder())?;
        let mut made = Vec::new();
        for id in ids {
            // If the process stopped before the deletion, the receipt is void.
            if self.undelivered_receipt(&id)?.is_told(&ledger)? {
                made.push(id);
            } else {
                self.receipt_delivered(&id)?;
            }
        }
        Ok(made)
    }

    /// A receipt that has not been delivered, with its salt.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] if there is none with this id; otherwise the file cannot be
    /// read, or was changed.
    pub fn undelivered_receipt(&self, id: &str) -> Result<DeletionReceipt> {
        let path = self.undelivered_file(id);
        if !is_id(id) || !path.is_file() {
            let message = format!("no receipt `{id}` is waiting to be delivered");
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Enrolment, message)
                .next("list the waiting receipts: evenmatch receipt show"));
        }
        let sealed = std::fs::read(&path).map_err(|c| Error::io(Stage::Enrolment, &path, c))?;
        let (label, context) = self.receipt_place(id);
        let json = open(&self.keys.receipts, &label, &context, &sealed, "the receipt")
            .map_err(|error| error.in_path(&path))?;
        serde_json::from_slice(&json).map_err(|cause| {
            Error::new(ErrorKind::InvalidRecord, Stage::Enrolment, "this is not a deletion receipt")
                .in_path(&path)
                .caused_by(cause)
        })
    }

    /// Marks a receipt as delivered: the sealed copy is deleted, and from then on its salt is only
    /// in the receipt.
    ///
    /// # Errors
    ///
    /// The copy cannot be deleted.
    pub fn receipt_delivered(&self, id: &str) -> Result<()> {
        let path = self.undelivered_file(id);
        if !is_id(id) {
            return Ok(());
        }
        match std::fs::remove_file(&path) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io(Stage::Enrolment, &path, cause))
            }
            _ => Ok(()),
        }
    }
}

/// Whether this can be a receipt's id, so that it cannot be a path to somewhere else.
fn is_id(id: &str) -> bool {
    id.strip_prefix("r-").is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}
