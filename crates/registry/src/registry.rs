//! A store and its ledger as one: every change is made in both.

use std::sync::atomic::{AtomicU64, Ordering};

use super::keys::{Keys, exclusive_or, key_place, row_mac, state_mac};
use crate::store::{EnrolmentStore, Lookup, Pending, StoreChange, StoreState, StoredRow};
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::hex;
use evenmatch_ledger::{
    Draft, EntryKind, Ledger,
    vault::{SecretKey, random, unwrap, wrap},
};

/// The start of the message that photos were deleted: the store is scrubbed before it is written.
pub(super) const PHOTOS_DELETED: &str = "photos_deleted";
/// Maximum length of a subject's name, in bytes.
const MAX_SUBJECT: usize = 256;

/// A store and a ledger that belong together. `Send + Sync`: a backend opens one and shares it.
#[derive(Debug)]
pub struct Registry {
    pub(super) store: Box<dyn EnrolmentStore>,
    ledger: Ledger,
    pub(super) name: String,
    pub(super) keys: Keys,
    /// The ledger has the changes up to this one.
    told: AtomicU64,
}

fn older(place: &str, what: String) -> Error {
    Error::new(ErrorKind::RolledBack, Stage::Enrolment, what)
        .in_file(place)
        .next("restore the newest copy of both the store and its ledger")
}

impl Registry {
    /// Opens a store with its ledger. A new store is assigned to this ledger.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongKey`] if another master key sealed the store's key;
    /// [`ErrorKind::RolledBack`] if one of the two is an old copy; [`ErrorKind::Misplaced`] if they
    /// do not belong together; [`ErrorKind::Tampered`] if the store's state was changed.
    pub fn open(
        store: Box<dyn EnrolmentStore>,
        ledger: Ledger,
        master: &SecretKey,
    ) -> Result<Self> {
        let place = store.place();
        // The ledger is read before and after, because others may be writing in between.
        let (entries, anchors) = ledger.state()?;
        if store.state()?.is_none() {
            if let Some((name, epoch)) = anchors.iter().next() {
                let message = format!(
                    "the store is empty, but its ledger has {epoch} changes of the store {name}"
                );
                return Err(older(&place, message));
            }
            begin(store.as_ref(), &ledger, entries, master)?;
        }
        let state = store.state()?.ok_or_else(|| {
            Error::new(ErrorKind::Io, Stage::Enrolment, "the store has lost its state")
                .in_file(place.clone())
        })?;
        let (label, context) = key_place(&state.store);
        let what = "the store's key";
        let store_key = unwrap(master, &label, &context, &state.wrapped_key, what)
            .map_err(|error| error.in_file(place.clone()))?;
        let keys = Keys::of(&store_key);
        let (name, told) = (state.store.clone(), AtomicU64::new(0));
        let registry = Registry { store, ledger, name, keys, told };
        registry.check_state(&state)?;
        if state.ledger != registry.ledger.name() {
            let message = format!(
                "the store belongs to the ledger {}, not to {}",
                state.ledger,
                registry.ledger.name()
            );
            return Err(Error::new(ErrorKind::Misplaced, Stage::Enrolment, message)
                .in_file(place)
                .next("name the folder that contains both"));
        }
        let anchor = anchors.get(&registry.name).copied().unwrap_or(0);
        if state.epoch < anchor {
            let message = format!(
                "the store is an old copy: it has {} changes, but the ledger has {anchor}",
                state.epoch
            );
            return Err(older(&place, message));
        }
        let (entries, _) = registry.ledger.state()?;
        if entries < state.ledger_entries {
            let message = format!(
                "the ledger is an old copy: it has {entries} entries, but the store expects {}",
                state.ledger_entries
            );
            return Err(older(&registry.ledger.folder().display().to_string(), message));
        }
        registry.tell()?;
        Ok(registry)
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Seals the keys of the store and the ledger with another master key. The keys of deleted
    /// people in old copies can then not be opened with the new key.
    ///
    /// # Errors
    ///
    /// The store or the ledger cannot be written.
    pub fn change_master_key(&self, old: &SecretKey, new: &SecretKey) -> Result<()> {
        let (label, context) = key_place(&self.name);
        // The old seal of the ledger's key stays until the store's is changed. If the process stops
        // in between, the old key still opens both; after that, the new one does.
        self.ledger.prepare_master_key(old, new)?;
        self.change(&mut |change, state| {
            let what = "the store's key";
            let store_key = unwrap(old, &label, &context, &state.wrapped_key, what)?;
            state.wrapped_key = wrap(new, &label, &context, &store_key)?;
            let body = serde_json::json!({ "done": "master_key_changed" });
            self.push(change, state, EntryKind::Housekeeping, &body)
        })?;
        self.ledger.adopt_master_key()?;
        self.tell()
    }

    pub(super) fn check_state(&self, state: &StoreState) -> Result<()> {
        if state_mac(&self.keys, state) == state.mac && state.store == self.name {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Tampered, Stage::Enrolment, "the store's state was changed")
            .in_file(self.store.place())
            .next("restore an intact copy, and find out who changed this one"))
    }

    /// The keyed digest that a subject is found by.
    pub(super) fn lookup(&self, subject: &str) -> Result<Lookup> {
        let fits = (1..=MAX_SUBJECT).contains(&subject.len());
        if !fits || subject.chars().any(char::is_control) || subject.trim() != subject {
            let message = "a subject's name must have 1 to 256 bytes, no control characters, and \
                           no spaces at either end";
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Enrolment, message));
        }
        Ok(self.keys.lookup.mac(&[subject.as_bytes()]))
    }

    pub(super) fn unknown(subject: &str) -> Error {
        let message = format!("nobody is enrolled as `{subject}`");
        Error::new(ErrorKind::UnknownSubject, Stage::Enrolment, message)
            .next("enrol them: evenmatch enrol SUBJECT IMG…")
    }

    pub(super) fn each_row(&self, take: &mut dyn FnMut(StoredRow) -> Result<()>) -> Result<()> {
        self.store.change(&mut |change| change.each_row(take))
    }

    /// Makes one change to the store: its epoch is incremented, and its state is checked before and
    /// signed after.
    pub(super) fn change(
        &self,
        work: &mut dyn FnMut(&mut dyn StoreChange, &mut StoreState) -> Result<()>,
    ) -> Result<()> {
        let (ledger_entries, _) = self.ledger.state()?;
        let told = self.told.load(Ordering::Relaxed);
        self.store.change(&mut |change| {
            let Some(mut state) = change.state()? else {
                return Err(older(&self.store.place(), "the store has lost its state".to_owned()));
            };
            self.check_state(&state)?;
            if state.epoch < told {
                let message = "the store was replaced with an old copy while it was in use";
                return Err(older(&self.store.place(), message.to_owned()));
            }
            state.epoch += 1;
            state.ledger_entries = state.ledger_entries.max(ledger_entries);
            work(change, &mut state)?;
            change.drop_pending(told)?;
            state.mac = state_mac(&self.keys, &state);
            change.set_state(&state)
        })
    }

    /// Adds a row, or replaces the subject's former one.
    pub(super) fn put(
        &self,
        change: &mut dyn StoreChange,
        state: &mut StoreState,
        row: &StoredRow,
    ) -> Result<()> {
        match change.row(&row.lookup)? {
            Some(former) => exclusive_or(&mut state.set, &row_mac(&self.keys, &former)),
            None => state.rows += 1,
        }
        exclusive_or(&mut state.set, &row_mac(&self.keys, row));
        change.put(row)
    }

    /// Adds the message about this change to the ledger.
    pub(super) fn push(
        &self,
        change: &mut dyn StoreChange,
        state: &StoreState,
        kind: EntryKind,
        body: &impl serde::Serialize,
    ) -> Result<()> {
        let body = Draft::new(kind, body)?.body;
        change.push_pending(&Pending { epoch: state.epoch, kind: kind.name().to_owned(), body })
    }

    /// Writes pending messages to the ledger. Deleted rows are scrubbed first, so that a receipt is
    /// written to the ledger only when nothing is left.
    pub(super) fn tell(&self) -> Result<()> {
        let pending = self.store.pending()?;
        let (_, anchors) = self.ledger.state()?;
        let known = anchors.get(&self.name).copied().unwrap_or(0);
        let mut drafts = Vec::new();
        for Pending { epoch, kind, body } in pending {
            if epoch <= known {
                continue;
            }
            let kind = [EntryKind::Enrolled, EntryKind::Deleted, EntryKind::Housekeeping]
                .into_iter()
                .find(|known| known.name() == kind)
                .ok_or_else(|| {
                    let message = "the store has a message for the ledger of an unknown kind";
                    Error::new(ErrorKind::Tampered, Stage::Enrolment, message)
                        .in_file(self.store.place())
                })?;
            drafts.push(Draft { kind, body, anchor: Some((self.name.clone(), epoch)) });
        }
        let deletes = |draft: &Draft| match draft.kind {
            EntryKind::Deleted => true,
            _ => String::from_utf8_lossy(&draft.body).contains(PHOTOS_DELETED),
        };
        if drafts.iter().any(deletes) {
            self.store.scrub()?;
        }
        let last = drafts.last().and_then(|draft| draft.anchor.as_ref()).map(|(_, epoch)| *epoch);
        if !drafts.is_empty() {
            self.ledger.append(drafts)?;
        }
        self.told.fetch_max(last.unwrap_or(known), Ordering::Relaxed);
        Ok(())
    }
}

/// Names a new store, generates its key, and assigns it to this ledger.
fn begin(
    store: &dyn EnrolmentStore,
    ledger: &Ledger,
    ledger_entries: u64,
    master: &SecretKey,
) -> Result<()> {
    let name = hex::encode(&random::<16>()?);
    let store_key = SecretKey::generate()?;
    let (label, context) = key_place(&name);
    let mut state = StoreState {
        wrapped_key: wrap(master, &label, &context, &store_key)?,
        store: name,
        epoch: 0,
        rows: 0,
        set: [0; 32],
        ledger: ledger.name().to_owned(),
        ledger_entries,
        mac: [0; 32],
    };
    state.mac = state_mac(&Keys::of(&store_key), &state);
    store.change(&mut |change| match change.state()? {
        // Another process was faster.
        Some(_) => Ok(()),
        None => change.set_state(&state),
    })
}
