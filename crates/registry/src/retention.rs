//! Stores nothing for longer than the policy says.

use serde::Serialize;

use super::receipt::{DeletionGround, DeletionReceipt};
use super::registry::Registry;
use crate::{ErrorKind, Result};
use evenmatch::Retention;
use evenmatch_ledger::{Draft, EntryKind, in_utc};

/// An enrolment whose retention period has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The subject's name.
    pub subject: String,
    /// The purpose.
    pub purpose: String,
    /// When the person was enrolled, in UTC.
    pub enrolled_at: String,
    /// Until when it could be stored, in UTC.
    pub keep_until: String,
}

/// What a run did, or would do.
#[derive(Debug, Clone, Serialize)]
pub struct RetentionRun {
    /// The format of this answer.
    pub schema: &'static str,
    /// Whether nothing was deleted.
    pub dry_run: bool,
    /// Enrolments before the run.
    pub enrolled: usize,
    /// Those whose retention period has ended, by name.
    pub due: Vec<Due>,
    /// A receipt for each deleted enrolment, in the same order.
    pub receipts: Vec<DeletionReceipt>,
    /// Photos for reviews that were deleted because their time was over.
    pub photos: usize,
}

impl Registry {
    /// Finds enrolments whose retention period has ended at `now` (milliseconds since 1970, UTC)
    /// and, unless it is a dry run, deletes them. The earlier of two dates counts: the one set at
    /// enrolment, and the one that this policy sets.
    ///
    /// # Errors
    ///
    /// As for [`Registry::forget`]. Enrolments deleted before the error stay deleted, and
    /// [`Registry::undelivered`] lists their receipts.
    pub fn retain(&self, policy: &Retention, now: i64, dry_run: bool) -> Result<RetentionRun> {
        let (mut due, mut enrolled) = (Vec::new(), 0);
        self.each_row(&mut |row| {
            enrolled += 1;
            let by_policy = policy.until(&row.purpose, row.enrolled_at);
            let until = match (row.keep_until, by_policy) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            if let Some(until) = until.filter(|until| *until <= now) {
                due.push(Due {
                    subject: self.unseal(&row)?.details.subject,
                    purpose: row.purpose,
                    enrolled_at: in_utc(row.enrolled_at),
                    keep_until: in_utc(until),
                });
            }
            Ok(())
        })?;
        due.sort_by(|a, b| a.subject.cmp(&b.subject));
        let (mut receipts, mut photos) = (Vec::new(), 0);
        if !dry_run {
            for one in &due {
                match self.forget(&one.subject, DeletionGround::RetentionEnded) {
                    Ok(receipt) => receipts.push(receipt),
                    // Another process has deleted it.
                    Err(error) if error.kind() == ErrorKind::UnknownSubject => {}
                    Err(error) => return Err(error),
                }
            }
            photos = self.delete_due_photos(now)?;
            let body = serde_json::json!({
                "done": "retention", "enrolled": enrolled, "due": due.len(),
                "deleted": receipts.len(), "policy": policy,
            });
            self.ledger().append_one(Draft::new(EntryKind::Housekeeping, &body)?)?;
        }
        let schema = "evenmatch.retention/1";
        Ok(RetentionRun { schema, dry_run, enrolled, due, receipts, photos })
    }
}
