//! Checks a store as a whole: every row, and that no row is missing, added or replaced by an older
//! version.

use serde::Serialize;

use super::keys::{exclusive_or, row_mac};
use super::registry::Registry;
use crate::{Error, Result};

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreReport {
    /// The format of this report.
    pub schema: &'static str,
    /// The store's name.
    pub store: String,
    /// Changes so far.
    pub epoch: u64,
    /// Rows that were read.
    pub rows: u64,
    /// What is wrong, in words; nobody is named.
    pub faults: Vec<String>,
}

impl StoreReport {
    /// Whether everything is as it was written.
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }
}

impl Registry {
    /// Opens every seal, and compares the set of rows with the set that the store's state is signed
    /// for. This finds a row that was changed, deleted, added, swapped or restored from an older
    /// copy, and a state that is behind the ledger.
    ///
    /// # Errors
    ///
    /// The store cannot be read at all.
    pub fn check(&self) -> Result<StoreReport> {
        let (_, anchors) = self.ledger().state()?;
        let mut report = StoreReport {
            schema: "evenmatch.store.check/1",
            store: self.name.clone(),
            epoch: 0,
            rows: 0,
            faults: Vec::new(),
        };
        let mut set = [0; 32];
        let mut state = None;
        self.store.change(&mut |change| {
            state = change.state()?;
            let report = &mut report;
            change.each_row(&mut |row| {
                report.rows += 1;
                exclusive_or(&mut set, &row_mac(&self.keys, &row));
                if let Err(error) = self.unseal(&row) {
                    report.faults.push(format!("row {}: {error}", report.rows));
                }
                Ok(())
            })
        })?;
        let Some(state) = state else {
            report.faults.push("the store has lost its state".to_owned());
            return Ok(report);
        };
        report.epoch = state.epoch;
        let told = anchors.get(&self.name).copied().unwrap_or(0);
        if let Err(error) = self.check_state(&state) {
            report.faults.push(error.to_string());
        } else if state.rows != report.rows {
            report.faults.push(format!("{} rows expected, {} found", state.rows, report.rows));
        } else if state.set != set {
            report.faults.push(
                "the rows are not those that were written: one was changed, swapped, or restored \
                 from an older copy"
                    .to_owned(),
            );
        }
        if state.epoch < told {
            let fault = format!("the ledger has {told} changes: this is an old copy");
            report.faults.push(fault);
        }
        Ok(report)
    }

    /// The same as an error, for callers that cannot continue with a faulty store.
    ///
    /// # Errors
    ///
    /// The first fault.
    pub fn check_strictly(&self) -> Result<StoreReport> {
        let report = self.check()?;
        match report.faults.first() {
            None => Ok(report),
            Some(fault) => {
                Err(Error::new(crate::ErrorKind::Tampered, crate::Stage::Enrolment, fault.clone())
                    .in_file(self.store.place()))
            }
        }
    }
}
