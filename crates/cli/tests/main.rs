//! The tests of this crate, in one program.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod audit_cli;
mod audit_groups;
mod audit_manifest;
mod batch;
mod calibrate_learned;
mod challenge_cli;
mod cli_help;
mod cli_pad_eval;
mod cli_registry;
mod cli_verify;
mod explain_cli;
mod field_files;
mod gate;
mod process;
mod ready;
#[path = "../../registry/tests/support/mod.rs"]
mod registry_support;
mod setup_fetch;
mod setup_store;
mod stress;
