//! Errors of the command line, and how every error is shown.

use evenmatch_core::{Error, ErrorKind, Stage};

/// An argument that cannot be used, and what to do instead.
pub(super) fn invalid(message: String, next: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, Stage::Audit, message).next(next)
}

/// Prints the error, its causes and the next step on standard error.
pub(super) fn report(error: &anyhow::Error) {
    eprintln!("error: {error}");
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Many libraries repeat the cause in the error itself.
        if !said.contains(cause.trim()) {
            eprintln!("  because: {}", cause.trim());
        }
        said = cause;
    }
    let next = error.chain().find_map(|e| e.downcast_ref::<Error>()?.next_step());
    if let Some(next) = next {
        eprintln!("  next: {next}");
    }
}
