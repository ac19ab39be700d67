//! The tests of this crate, in one program.

mod audit_golden;
mod audit_invariance;
mod audit_samples;
mod audit_synthetic;
mod export_report;
mod pad_audit;
mod record_files;
mod support;
