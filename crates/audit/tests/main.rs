//! The tests of this crate, in one program.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod audit_golden;
mod audit_invariance;
mod audit_samples;
mod audit_synthetic;
mod export_report;
mod pad_audit;
mod record_files;
mod support;
mod weigh;
