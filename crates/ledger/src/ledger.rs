//! The ledger that can be written to, from any number of threads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::checkpoint::{Anchors, Checkpoint, Genesis, LEDGER_SCHEMA};
use super::writer::{Appended, Batch, Draft, Writer};
use super::{files, head, signing_key};
use crate::vault::{PublicKey, SecretKey, Signer};
use crate::{Error, ErrorKind, Result, Stage};

/// A new segment is started when the current one has this many bytes.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// Batches that are waiting for their turn, and the results of finished ones.
#[derive(Debug, Default)]
struct Queue {
    tickets: u64,
    waiting: Vec<(u64, Vec<Draft>)>,
    done: HashMap<u64, Result<Batch>>,
}

/// A ledger that can be written to. `Send + Sync`; threads that append at the same time share one
/// write to the disk.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
    name: String,
    signer: Signer,
    queue: Mutex<Queue>,
    writer: Mutex<Writer>,
}

impl Ledger {
    /// Opens the ledger in this folder, or creates one: its signing key is random and stored there,
    /// sealed with the master key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongKey`] if another master key sealed the signing key;
    /// [`ErrorKind::Tampered`] if the ledger's end is not the one that was acknowledged; the folder
    /// cannot be written.
    pub fn open(folder: &Path, master: &SecretKey) -> Result<Self> {
        Self::open_with(folder, master, SEGMENT_BYTES)
    }

    /// The same with a different segment size, in bytes.
    ///
    /// # Errors
    ///
    /// As for [`Ledger::open`].
    pub fn open_with(folder: &Path, master: &SecretKey, segment_bytes: u64) -> Result<Self> {
        evenmatch_core::files::create_folder(folder, Stage::Ledger)?;
        let lock = files::lock(folder)?;
        let begun = head::read(&folder.join(files::HEAD))?;
        // Nothing is acknowledged before the first head is written.
        let fresh = begun.newest.is_none()
            && begun.damaged.is_none()
            && std::fs::metadata(files::segment(folder, 1)).map_or(0, |data| data.len()) < 4096
            && !files::segment(folder, 2).exists();
        let (name, signer) = match fresh {
            true => signing_key::begin(folder, master)?,
            false => signing_key::resume(folder, master)?,
        };
        let mut writer = Writer::new(folder, name.clone(), signer.clone(), segment_bytes)?;
        if fresh {
            let (schema, public_key) = (LEDGER_SCHEMA.to_owned(), signer.public());
            writer.begin(&Genesis { schema, ledger: name.clone(), public_key })?;
        }
        drop(lock);
        let (folder, queue, writer) = (folder.to_owned(), Mutex::default(), Mutex::new(writer));
        let ledger = Ledger { folder, name, signer, queue, writer };
        ledger.state()?;
        Ok(ledger)
    }

    /// The ledger's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that checks its signatures.
    pub fn public_key(&self) -> PublicKey {
        self.signer.public()
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What signs for the ledger.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The number of entries, and the number of changes to each store.
    ///
    /// # Errors
    ///
    /// As for [`Ledger::open`].
    pub fn state(&self) -> Result<(u64, Anchors)> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).state()
    }

    /// Appends entries, together and in this order, and returns when they are on the disk.
    pub fn append(&self, drafts: Vec<Draft>) -> Result<Batch> {
        let ticket = {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.tickets += 1;
            let ticket = queue.tickets;
            queue.waiting.push((ticket, drafts));
            ticket
        };
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batches = {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            // The thread that wrote before may have written this batch too.
            if let Some(result) = queue.done.remove(&ticket) {
                return result;
            }
            std::mem::take(&mut queue.waiting)
        };
        let counts: Vec<usize> = batches.iter().map(|(_, drafts)| drafts.len()).collect();
        let drafts: Vec<Draft> =
            batches.iter_mut().flat_map(|(_, drafts)| drafts.drain(..)).collect();
        let result = writer.append(&drafts);
        let mut own = None;
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = 0;
        for ((other, _), count) in batches.iter().zip(counts) {
            let part = match &result {
                Ok(Batch { appended, checkpoint }) => Ok(Batch {
                    appended: appended[at..at + count].to_vec(),
                    checkpoint: checkpoint.clone(),
                }),
                Err(error) => Err(error.again()),
            };
            at += count;
            if *other == ticket {
                own = Some(part);
            } else {
                queue.done.insert(*other, part);
            }
        }
        drop(queue);
        // This thread's own batch is among those that waited.
        own.unwrap_or(result)
    }

    /// Appends one entry that is not about a store.
    pub fn append_one(&self, draft: Draft) -> Result<(Appended, Checkpoint)> {
        let Batch { appended, checkpoint } = self.append(vec![draft])?;
        appended
            .first()
            .copied()
            .flatten()
            .zip(checkpoint)
            .ok_or_else(|| Error::new(ErrorKind::Io, Stage::Ledger, "the ledger added no entry"))
    }

    /// Also seals the signing key with another master key. Until [`Ledger::adopt_master_key`],
    /// either key opens the ledger; the first time that only the new one fits, it is adopted.
    pub fn prepare_master_key(&self, old: &SecretKey, new: &SecretKey) -> Result<()> {
        let _lock = files::lock(&self.folder)?;
        signing_key::prepare(&self.folder, &self.name, old, new)
    }

    /// Replaces the old seal with the new one.
    pub fn adopt_master_key(&self) -> Result<()> {
        let _lock = files::lock(&self.folder)?;
        signing_key::adopt(&self.folder)
    }
}
