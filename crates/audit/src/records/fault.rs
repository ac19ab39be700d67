//! Errors in the bytes of a file, which pass through readers of the standard library.

/// An error in the bytes, found by a reader between others: message and next step.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) next: &'static str,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl Fault {
    pub(super) fn error(message: impl Into<String>, next: &'static str) -> std::io::Error {
        std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            Fault { message: message.into(), next },
        )
    }
}
