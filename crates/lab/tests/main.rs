//! The tests of this crate, in one program.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod calibration;
mod label_check;
mod live;
mod liveness_adversarial;
mod liveness_rates;
mod liveness_simulated;
mod pad_eval;
