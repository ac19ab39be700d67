//! The keys of a store, and what they authenticate: every row, and the store as a whole.

use crate::Digest;
use crate::store::{Lookup, StoreState, StoredRow};
use evenmatch_ledger::vault::{Context, SecretKey};

/// The keys derived from the store's key.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) lookup: SecretKey,
    pub(super) wrap: SecretKey,
    /// Seals receipts until they are delivered.
    pub(super) receipts: SecretKey,
    mac: SecretKey,
}

impl Keys {
    pub(super) fn of(store_key: &SecretKey) -> Self {
        Keys {
            lookup: store_key.derive("evenmatch lookup/1"),
            wrap: store_key.derive("evenmatch subject keys/1"),
            receipts: store_key.derive("evenmatch undelivered receipts/1"),
            mac: store_key.derive("evenmatch row macs/1"),
        }
    }
}

/// The label and context that the store's key is sealed for.
pub(super) fn key_place(store: &str) -> (Lookup, Context) {
    let label = *Digest::of(store.as_bytes()).as_bytes();
    (label, Context::new("evenmatch store key/1").with(store.as_bytes()))
}

pub(super) fn state_mac(keys: &Keys, state: &StoreState) -> [u8; 32] {
    let StoreState { store, wrapped_key, epoch, rows, set, ledger, ledger_entries, mac: _ } = state;
    keys.mac.mac(&[
        b"state",
        store.as_bytes(),
        wrapped_key,
        &epoch.to_le_bytes(),
        &rows.to_le_bytes(),
        set,
        ledger.as_bytes(),
        &ledger_entries.to_le_bytes(),
    ])
}

/// A row's contribution to the set; it covers every byte of the row.
pub(super) fn row_mac(keys: &Keys, row: &StoredRow) -> [u8; 32] {
    keys.mac.mac(&[b"row", bound(row).as_bytes(), &row.wrapped_key, &row.sealed])
}

/// Everything that a row's seals are bound to.
pub(super) fn bound(row: &StoredRow) -> Context {
    let keep_until = row.keep_until.map(i64::to_le_bytes);
    let normaliser = row.normaliser.as_ref().map(|digest| digest.as_bytes().as_slice());
    Context::new("evenmatch enrolment/1")
        .with(&row.lookup)
        .with(&row.version.to_le_bytes())
        .with(row.purpose.as_bytes())
        .with(&row.enrolled_at.to_le_bytes())
        .with(keep_until.as_ref().map_or(&[], |bytes| bytes.as_slice()))
        .with(row.model.as_bytes())
        .with(normaliser.unwrap_or(&[]))
}

pub(super) fn exclusive_or(set: &mut [u8; 32], other: &[u8; 32]) {
    for (byte, other) in set.iter_mut().zip(other) {
        *byte ^= other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> StoredRow {
        StoredRow {
            lookup: [1; 32],
            version: 1,
            purpose: "visa".to_owned(),
            enrolled_at: 5,
            keep_until: Some(9),
            model: Digest::of(b"model"),
            normaliser: None,
            wrapped_key: vec![2; 4],
            sealed: vec![3; 4],
        }
    }

    #[test]
    fn every_field_of_a_row_is_under_its_mac() {
        let keys = Keys::of(&SecretKey::from_bytes([7; 32]));
        let changes: [fn(&mut StoredRow); 9] = [
            |row| row.lookup[0] ^= 1,
            |row| row.version += 1,
            |row| row.purpose.push('x'),
            |row| row.enrolled_at += 1,
            |row| row.keep_until = None,
            |row| row.model = Digest::of(b"another"),
            |row| row.normaliser = Some(Digest::of(b"")),
            |row| row.wrapped_key[0] ^= 1,
            |row| row.sealed[0] ^= 1,
        ];
        let mut macs = vec![row_mac(&keys, &row())];
        for change in changes {
            let mut changed = row();
            change(&mut changed);
            macs.push(row_mac(&keys, &changed));
        }
        // Moving bytes from one field to the next gives another row too.
        let moved = StoredRow { wrapped_key: vec![2; 3], sealed: vec![2, 3, 3, 3, 3], ..row() };
        macs.push(row_mac(&keys, &moved));
        let all = macs.len();
        macs.sort_unstable();
        macs.dedup();
        assert_eq!(macs.len(), all);
        let other = Keys::of(&SecretKey::from_bytes([8; 32]));
        assert_ne!(row_mac(&keys, &row()), row_mac(&other, &row()));
    }

    #[test]
    fn a_set_does_not_depend_on_the_order_and_forgets_what_is_taken_out() {
        let (a, b) = ([1; 32], [2; 32]);
        let (mut one, mut other) = ([0; 32], [0; 32]);
        [a, b].iter().for_each(|mac| exclusive_or(&mut one, mac));
        [b, a].iter().for_each(|mac| exclusive_or(&mut other, mac));
        assert_eq!(one, other);
        exclusive_or(&mut one, &b);
        assert_eq!(one, a);
    }
}
