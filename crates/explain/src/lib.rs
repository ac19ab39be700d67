//! What people are told, in their languages: one decision explained, the whole system disclosed.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod disclosure;
pub mod messages;

pub use evenmatch_core::{Digest, Error, ErrorKind, Result, Stage};
