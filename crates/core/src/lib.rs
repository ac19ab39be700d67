//! What the crates of Evenmatch share.
//!
//! - [`Error`]: what went wrong, at which [`Stage`], in which [`Place`], and what to do next.
//! - [`record`]: decision records and calibrations, the plain data that cross between crates.
//! - [`files`]: the one way in which files are written; [`spreadsheet`]: the one in which rows of
//!   CSV are.
//! - [`numbers`]: numbers as people read them.
//! - [`Digest`], [`hex`], [`random`], [`threads`].

#![cfg_attr(docsrs, feature(doc_cfg))]

mod digest;
mod error;
pub mod files;
pub mod hex;
pub mod numbers;
pub mod random;
pub mod record;
pub mod spreadsheet;
pub mod threads;

pub use digest::{Digest, ParseDigestError};
pub use error::{Error, ErrorKind, Place, Result, Shown, Stage, name_hint};

/// The software's name in records and reports, whichever of its crates wrote them.
pub const NAME: &str = "evenmatch";
/// The software's version in records and reports. All crates have one version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

#[cfg(test)]
mod tests {
    #[test]
    fn records_name_the_software_and_not_one_of_its_crates() {
        let software = crate::record::SoftwareRecord::current();
        assert_eq!(software.name, "evenmatch");
    }
}
