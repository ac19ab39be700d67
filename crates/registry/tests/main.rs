//! The tests of this crate, in one program.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod backend;
mod backend_load;
mod crashes;
#[path = "../examples/backend/main.rs"]
#[allow(dead_code)]
mod example_backend;
mod ledger;
mod postgres_store;
mod registry;
mod support;
