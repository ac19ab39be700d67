//! Scores of face templates, as plain numbers: no photo and no model.
//!
//! - [`crossmatch`]: every pair of a set of templates, in blocks, without keeping the pairs.
//! - [`normalise`]: scores that mean the same for everyone, from unlabelled faces.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod crossmatch;
pub mod normalise;

pub use evenmatch_core::{Digest, Error, ErrorKind, Result, Stage};
