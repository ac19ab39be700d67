//! The tests of this crate, in one program.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod acquisition_dark;
mod acquisition_faceless;
mod acquisition_odd;
mod acquisition_turned;
mod architecture;
mod detect_scales;
mod documented;
mod gate_by_group;
mod lfw_accuracy;
mod mesh;
mod mirrored;
mod parity;
mod passive_bona_fide;
mod passive_crops;
mod passive_support;
mod pipeline_null;
mod sample;
mod setup_manifest;
mod skin_tone;
