//! Face verification that proves, with numbers, how evenly it treats people.

mod digest;
mod error;

pub mod audit;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod export;
pub mod model;
pub mod record;

pub use digest::{Digest, ParseDigestError};
pub use error::{Error, ErrorKind, Place, Result, Stage};
