//! The tests of this crate, in one program.

mod calibration;
mod label_check;
mod liveness_adversarial;
mod liveness_simulated;
mod pad_eval;
