//! Limits the attempts per subject: with unlimited attempts, somebody would get in by luck.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The number of subjects above which expired ones are removed.
const REMEMBERED: usize = 10_000;

/// Counts attempts per subject, in memory: a restart resets them.
#[derive(Debug)]
pub(crate) struct Attempts {
    most: usize,
    within: Duration,
    made: Mutex<HashMap<String, VecDeque<Instant>>>,
}

impl Attempts {
    /// At most `most` attempts that do not end in a match, within this time.
    pub(crate) fn new(most: usize, within: Duration) -> Self {
        Attempts { most, within, made: Mutex::default() }
    }

    /// Counts an attempt, or returns how long to wait. It counts before the outcome is known, because
    /// otherwise any number of attempts could run at the same time.
    pub(crate) fn begin(&self, subject: &str, now: Instant) -> Result<(), Duration> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let over = |at: &Instant| now.duration_since(*at) >= self.within;
        if made.len() >= REMEMBERED {
            made.retain(|_, times| times.back().is_some_and(|last| !over(last)));
        }
        let times = made.entry(subject.to_owned()).or_default();
        while times.front().is_some_and(over) {
            times.pop_front();
        }
        match times.front() {
            Some(first) if times.len() >= self.most => {
                Err(self.within.saturating_sub(now.duration_since(*first)))
            }
            _ => {
                times.push_back(now);
                Ok(())
            }
        }
    }

    /// The subject was confirmed or deleted.
    pub(crate) fn forget(&self, subject: &str) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).remove(subject);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_run_out_and_come_back() {
        let attempts = Attempts::new(2, Duration::from_secs(60));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(attempts.begin("a", at(0)).is_ok() && attempts.begin("a", at(20)).is_ok());
        assert_eq!(attempts.begin("a", at(30)), Err(Duration::from_secs(30)));
        assert!(attempts.begin("b", at(30)).is_ok(), "another subject");
        assert!(attempts.begin("a", at(60)).is_ok(), "the first one is over");
        assert!(attempts.begin("a", at(61)).is_err());
        attempts.forget("a");
        assert!(attempts.begin("a", at(62)).is_ok());
    }
}
