//! How long enrolments are kept, by what they are for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, Stage};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// Longest period that can be stated: a hundred years.
const MAX_DAYS: u32 = 36_525;

/// How long enrolments are kept. A purpose without a period of its own has the common one; without
/// that too, an enrolment stays until somebody deletes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Days, 1 to 36,525, for purposes that are not listed.
    pub days: Option<u32>,
    /// Days by purpose.
    pub purposes: BTreeMap<String, u32>,
}

impl Retention {
    /// Until when an enrolment for this purpose may be kept, in milliseconds since 1970 (UTC);
    /// `None` where no period is stated.
    pub fn until(&self, purpose: &str, enrolled_at: i64) -> Option<i64> {
        let days = self.purposes.get(purpose).copied().or(self.days)?;
        enrolled_at.checked_add(i64::from(days) * DAY)
    }

    pub(super) fn check(&self) -> Result<()> {
        let wrong = self.purposes.values().chain(&self.days).find(|d| !(1..=MAX_DAYS).contains(*d));
        wrong.map_or(Ok(()), |days| {
            let message = format!("{days} days is not a valid retention period");
            Err(Error::new(ErrorKind::InvalidArgument, Stage::Decide, message)
                .next(format!("set 1 to {MAX_DAYS} days; to delete at once, use `forget`")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_has_its_own_period_or_the_common_one() {
        let mut retention = Retention::default();
        assert_eq!(retention.until("visa", 5), None);
        retention.days = Some(10);
        retention.purposes.insert("visa".to_owned(), 2);
        assert_eq!(retention.until("visa", 5), Some(2 * DAY + 5));
        assert_eq!(retention.until("else", 5), Some(10 * DAY + 5));
        assert!(retention.check().is_ok());
        retention.purposes.insert("none".to_owned(), 0);
        assert!(retention.check().is_err());
    }
}
