//! Exit codes; see the contract in the README.

use std::process::ExitCode;

/// What a finished command means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: match, pass or done.
    Done,
    /// 1: non-match, or a rule failed.
    Negative,
    /// 3: undecided, or no rule failed but some are inconclusive.
    Undecided,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Negative => 1,
            Exit::Undecided => 3,
        })
    }
}

/// The exit code for every error: bad usage, unreadable file, wrong digest.
pub(crate) const EXIT_ERROR: u8 = 2;
