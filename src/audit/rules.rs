//! Rules and verdicts.

use serde::{Deserialize, Serialize};

/// What a rule says about a measured interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// The whole interval meets the rule.
    Pass,
    /// The data cannot tell.
    Inconclusive,
    /// None of the interval meets the rule.
    Fail,
}
