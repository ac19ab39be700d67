//! From comparison records to rates, differentials and verdicts.

mod report;
mod rules;

pub use report::*;
pub use rules::Verdict;
