//! The tests of this crate, in one program.

mod backend;
mod backend_load;
mod crashes;
mod ledger;
mod postgres_store;
mod registry;
mod support;
