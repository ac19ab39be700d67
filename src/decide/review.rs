//! What a review by people may use, and how many people it takes.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, Stage};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// Longest time for which photos may wait for a review.
const MAX_DAYS: u32 = 366;
/// More people than this never have to agree.
const MAX_REVIEWERS: u8 = 5;

/// How people review decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Review {
    /// Days, 1 to 366, for which photos may be kept for a review, with the person's consent; without
    /// it no photo is ever kept.
    pub photo_days: Option<u32>,
    /// How many people, 1 to 5, have to agree before a review ends.
    pub reviewers: u8,
}

impl Default for Review {
    fn default() -> Self {
        Review { photo_days: None, reviewers: 1 }
    }
}

impl Review {
    /// Until when a photo taken at this time may be kept, both in milliseconds since 1970 (UTC);
    /// `None` where no photo may be kept.
    pub fn photo_until(&self, taken_at: i64) -> Option<i64> {
        taken_at.checked_add(i64::from(self.photo_days?) * DAY)
    }

    pub(super) fn check(&self) -> Result<()> {
        let refuse = |message: String, next: String| {
            Err(Error::new(ErrorKind::InvalidArgument, Stage::Decide, message).next(next))
        };
        if let Some(days) = self.photo_days.filter(|days| !(1..=MAX_DAYS).contains(days)) {
            let message = format!("photos cannot be kept for a review for {days} days");
            let next = format!("set `review.photo_days` to 1 to {MAX_DAYS}, or leave it out");
            return refuse(message, next);
        }
        if !(1..=MAX_REVIEWERS).contains(&self.reviewers) {
            let message = format!("{} reviewers cannot be asked to agree", self.reviewers);
            return refuse(message, format!("set `review.reviewers` to 1 to {MAX_REVIEWERS}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::Policy;

    #[test]
    fn photos_are_kept_only_where_a_policy_says_so_and_not_for_ever() {
        assert_eq!(Policy::default().review.photo_until(5), None);
        let policy: Policy = "[review]\nphoto_days = 2\nreviewers = 2\n".parse().unwrap();
        assert_eq!(policy.review.photo_until(5), Some(5 + 2 * DAY));
        for wrong in ["photo_days = 0", "photo_days = 367", "reviewers = 0", "reviewers = 6"] {
            let error = format!("[review]\n{wrong}\n").parse::<Policy>().unwrap_err();
            assert!(error.next_step().unwrap().contains("review."), "{error}");
        }
    }
}
