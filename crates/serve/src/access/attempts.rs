//! Limits the attempts per subject: with unlimited attempts, somebody would get in by luck. They are
//! on the disk, so that a restart forgets none.

use std::time::Duration;

use super::Access;
use evenmatch_core::Result;
use evenmatch_ledger::now;

/// How many attempts a subject has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimit {
    /// Attempts that do not end in a match.
    pub most: u32,
    /// The time in which they count.
    pub within: Duration,
}

impl Default for AttemptLimit {
    fn default() -> Self {
        AttemptLimit { most: 5, within: Duration::from_secs(600) }
    }
}

impl Access {
    /// Counts an attempt for a subject, or says how long to wait. It counts before the outcome is
    /// known, because otherwise any number of attempts could run at the same time.
    ///
    /// # Errors
    ///
    /// The file cannot be read or written.
    pub fn begin_attempt(
        &self,
        subject: &str,
        limit: AttemptLimit,
    ) -> Result<Result<(), Duration>> {
        let (subject, at) = (self.mac_of_subject(subject), now());
        let within = i64::try_from(limit.within.as_millis()).unwrap_or(i64::MAX);
        let mut database = self.database();
        let mut count = || {
            let change =
                database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            change.execute("delete from attempts where at <= ?", [at.saturating_sub(within)])?;
            let (made, first): (u32, Option<i64>) = change.query_row(
                "select count(*), min(at) from attempts where subject_mac = ?",
                [subject],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            if made >= limit.most {
                let since = at.saturating_sub(first.unwrap_or(at));
                let wait = u64::try_from(within.saturating_sub(since)).unwrap_or_default();
                return Ok(Err(Duration::from_millis(wait)));
            }
            change.execute("insert into attempts values (?, ?)", (subject, at))?;
            change.commit()?;
            Ok(Ok(()))
        };
        count().map_err(|cause| self.failed(cause))
    }

    /// How many attempts a subject has left.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn attempts_left(&self, subject: &str, limit: AttemptLimit) -> Result<u32> {
        let within = i64::try_from(limit.within.as_millis()).unwrap_or(i64::MAX);
        let select = "select count(*) from attempts where subject_mac = ? and at > ?";
        let values = (self.mac_of_subject(subject), now().saturating_sub(within));
        let made: u32 = self
            .database()
            .query_row(select, values, |row| row.get(0))
            .map_err(|cause| self.failed(cause))?;
        Ok(limit.most.saturating_sub(made))
    }

    /// The subject was confirmed or deleted.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn forget_attempts(&self, subject: &str) -> Result<()> {
        let delete = "delete from attempts where subject_mac = ?";
        self.execute(delete, [self.mac_of_subject(subject)]).map(|_| ())
    }
}
