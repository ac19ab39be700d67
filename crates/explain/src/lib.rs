//! What people are told, in their languages: one decision explained, the whole system disclosed.

pub mod disclosure;
pub mod messages;

pub use evenmatch_core::{Digest, Error, ErrorKind, Result, Stage};
