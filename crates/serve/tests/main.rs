//! The service: who may do what, and what applicants go through.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr)]

mod applicant;
mod backend;
mod bench;
mod desk;
mod doors;
mod malformed;
mod session;
mod socket;
