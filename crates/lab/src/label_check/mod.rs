//! Suspected errors in the labels of a data set, for a person to review.
//!
//! Public data sets contain one person under two names and two people under one name. A non-mated
//! pair that is one person counts as a false match at every threshold, so a few such pairs make up
//! the tail from which thresholds at low FMR are taken. Here scores only *suggest* such pairs; a
//! person says what they are, and the verdicts become [`Corrections`]: pairs to leave out of a
//! second set of rates, which is reported beside the first and never instead of it.
//!
//! [`Limits`] are the scores beyond which a pair is suspect, [`suspects`] lists these pairs,
//! [`write_csv`] and [`write_page`] show them to a person, and [`Verdicts`] reads the verdicts.

mod corrections;
mod data_uri;
mod limits;
mod page;
mod suspects;
mod verdicts;

pub use corrections::Corrections;
pub use limits::{Basis, Limit, Limits, Overrides, Spread};
pub use page::write_page;
pub use suspects::{Suspect, SuspectKind, suspects};
pub use verdicts::{DataRow, Verdict, Verdicts, write_csv};
