//! The ledger of decisions: append-only, hash-chained, signed.
//!
//! A ledger is a folder. Its entries are lines of text in numbered segments ([`EntryKind`] lists
//! them), each with the SHA-256 of itself and the one before. A signed [`Checkpoint`] ends each
//! batch. The ledger contains no image and no template. People appear under a random pseudonym;
//! only the store of enrolments links it to them, until it deletes the link.
//!
//! [`Ledger`] appends, from any number of threads and processes. When it reports that something is
//! written, it is on the disk. [`LedgerFiles`] reads and verifies, and needs no secret.
//! `docs/SECURITY.md` says which attackers this protects against and which it does not.

mod appeal;
mod checkpoint;
mod decision;
mod entry;
mod files;
mod head;
mod policies;
mod read;
mod records;
pub mod vault;
mod verify;
mod writer;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub use appeal::{Appeal, OverturnCounts};
pub use checkpoint::{Anchors, Checkpoint, Genesis, LEDGER_SCHEMA};
pub use decision::platform;
pub use decision::{AppealNote, AppealState, DecisionEntry, Disposition, HumanOutcome, Resolution};
pub use entry::{EntryHash, EntryKind};
pub use read::{Entry, LedgerFiles};
pub use records::{RecordsSummary, Truth};
pub use verify::{LedgerFault, LedgerReport};
pub use writer::Appended;
pub use writer::{Batch, Draft};

use crate::vault::{Context, PublicKey, SecretKey, Signer, random, unwrap, wrap};
use evenmatch_core::hex;
pub use evenmatch_core::{Digest, Error, ErrorKind, Result, Stage};
use writer::Writer;

/// A new segment is started when the current one has this many bytes.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// Milliseconds since 1970 (UTC).
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A date and time in UTC, in RFC 3339 format.
pub fn in_utc(milliseconds: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(milliseconds);
    time.map_or_else(|_| milliseconds.to_string(), |time| time.to_string())
}

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
            true => begin(folder, master)?,
            false => resume(folder, master)?,
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
}

impl Ledger {
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
}

impl Ledger {
    /// Also seals the signing key with another master key. Until [`Ledger::adopt_master_key`],
    /// either key opens the ledger; the first time that only the new one fits, it is adopted.
    pub fn prepare_master_key(&self, old: &SecretKey, new: &SecretKey) -> Result<()> {
        let _lock = files::lock(&self.folder)?;
        let secret = signing_key(&self.folder, old)?.1;
        let (label, context) = key_place(&self.name);
        let sealed = wrap(new, &label, &context, &secret)?;
        let text = format!("{} {}\n", self.name, hex::encode(&sealed));
        files::write_whole(&self.folder.join(files::NEXT_SIGNING_KEY), text.as_bytes())
    }

    /// Replaces the old seal with the new one.
    pub fn adopt_master_key(&self) -> Result<()> {
        let _lock = files::lock(&self.folder)?;
        adopt(&self.folder)
    }
}

fn adopt(folder: &Path) -> Result<()> {
    let next = folder.join(files::NEXT_SIGNING_KEY);
    std::fs::rename(&next, folder.join(files::SIGNING_KEY))
        .and_then(|()| evenmatch_core::files::sync_folder(folder))
        .map_err(|cause| Error::io(Stage::Ledger, &next, cause))
}

/// The label and context that the signing key is sealed for.
fn key_place(name: &str) -> ([u8; 32], Context) {
    let label = *Digest::of(name.as_bytes()).as_bytes();
    (label, Context::new("evenmatch ledger signing key/1").with(name.as_bytes()))
}

/// Generates a name and a signing key for a new ledger.
fn begin(folder: &Path, master: &SecretKey) -> Result<(String, Signer)> {
    let name = hex::encode(&random::<16>()?);
    let secret = SecretKey::generate()?;
    let signer = Signer::new(&secret);
    let (label, context) = key_place(&name);
    let sealed = wrap(master, &label, &context, &secret)?;
    let text = format!("{name} {}\n", hex::encode(&sealed));
    files::write_whole(&folder.join(files::SIGNING_KEY), text.as_bytes())?;
    let public = format!("{}\n", signer.public());
    files::write_whole(&folder.join(files::PUBLIC_KEY), public.as_bytes())?;
    Ok((name, signer))
}

/// The ledger's name and its signing key.
fn signing_key(folder: &Path, master: &SecretKey) -> Result<(String, SecretKey)> {
    signing_key_in(&folder.join(files::SIGNING_KEY), master)
}

fn signing_key_in(path: &Path, master: &SecretKey) -> Result<(String, SecretKey)> {
    let text = std::fs::read_to_string(path).map_err(|c| Error::io(Stage::Ledger, path, c))?;
    let damaged = || {
        Error::new(ErrorKind::Tampered, Stage::Ledger, "the ledger's signing key was changed")
            .in_path(path)
            .next("restore the file from an intact copy")
    };
    let (name, sealed) = text.trim_end().split_once(' ').ok_or_else(damaged)?;
    let sealed = hex::decode_all(sealed.as_bytes()).ok_or_else(damaged)?;
    let (label, context) = key_place(name);
    let what = "the ledger's signing key";
    let secret =
        unwrap(master, &label, &context, &sealed, what).map_err(|error| error.in_path(path))?;
    Ok((name.to_owned(), secret))
}

/// Opens the signing key of an existing ledger, and checks that it belongs to this ledger.
fn resume(folder: &Path, master: &SecretKey) -> Result<(String, Signer)> {
    let (name, secret) = match signing_key(folder, master) {
        Err(error) if error.kind() == ErrorKind::WrongKey => {
            // If a change of the master key stopped before its last step, finish it here.
            let next = folder.join(files::NEXT_SIGNING_KEY);
            let opened = signing_key_in(&next, master).map_err(|_| error)?;
            adopt(folder)?;
            opened
        }
        opened => opened?,
    };
    let signer = Signer::new(&secret);
    let genesis = read::genesis(&files::segment(folder, 1))?;
    if genesis.ledger != name || genesis.public_key != signer.public() {
        let message = "the first entry belongs to another ledger";
        return Err(Error::new(ErrorKind::Misplaced, Stage::Ledger, message)
            .in_path(&files::segment(folder, 1))
            .next("run: evenmatch ledger verify"));
    }
    Ok((name, signer))
}
