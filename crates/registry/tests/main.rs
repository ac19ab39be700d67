//! The tests of this crate, in one program.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod crashes;
mod ledger;
mod postgres_store;
mod registry;
mod review;
mod support;
