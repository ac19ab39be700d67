//! The laboratory: many photos at once, photos made worse on purpose, simulated people, and the
//! tests that are made of them.
//!
//! - [`batch`]: many photos, acquired once, stored, compared in pairs.
//! - [`degrade`]: documented and seeded degradations of a photo; [`stress`]: whom they fail.
//! - [`simulate`]: heads and attacks in front of a simulated camera.
//! - [`recordings`]: recordings of real people, with what cameras do to them.
//! - [`pad_eval`]: presentation attack detection on labelled presentations.
//! - [`label_check`]: pairs whose score contradicts their label.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod batch;
pub mod degrade;
pub mod label_check;
pub mod pad_eval;
pub mod recordings;
pub mod simulate;
pub mod stress;

pub use evenmatch_core::{Digest, Error, ErrorKind, Result, Stage};
