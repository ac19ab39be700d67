//! Models (temporary).
mod network;
#[cfg(feature = "onnx")]
mod onnx;
mod tensor;
use crate::{Digest, Result};
pub use network::{Network, NullDetector, NullEmbedder, Outputs};
#[cfg(feature = "onnx")]
pub use onnx::{OnnxNetwork, Profile, runtime_version};
use std::path::PathBuf;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelOrder {
    Rgb,
    Bgr,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputSize {
    Fixed { width: u32, height: u32 },
    MultipleOf(u32),
}
#[derive(Debug, Clone, PartialEq)]
pub struct InputSpec {
    pub size: InputSize,
    pub channels: ChannelOrder,
    pub mean: [f32; 3],
    pub scale: [f32; 3],
}
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelId {
    pub id: String,
    pub sha256: Digest,
}
impl std::fmt::Display for ModelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.id, &self.sha256.to_string()[..12])
    }
}
pub struct VerifiedModel {
    pub id: ModelId,
    pub entry: ModelEntry,
    pub bytes: Vec<u8>,
}
#[derive(Debug, Clone)]
pub struct ModelEntry {
    pub input: InputSpec,
    pub threshold: Option<f32>,
}
impl ModelEntry {
    pub fn published_threshold(&self) -> Option<(f32, String)> {
        self.threshold.map(|t| (t, "pub".into()))
    }
}
pub enum Role {
    Detector,
    Embedder,
}
pub struct ModelStore {}
impl ModelStore {
    pub fn open() -> Result<Self> {
        Ok(ModelStore {})
    }
    pub fn runtime_library(&self) -> Result<PathBuf> {
        Ok("/tmp/probe/libonnxruntime.so.1.24.4".into())
    }
    pub fn load_default(&self, role: Role) -> Result<VerifiedModel> {
        let (f, input, threshold) = match role {
            Role::Detector => (
                "/tmp/probe/yunet.onnx",
                InputSpec {
                    size: InputSize::MultipleOf(32),
                    channels: ChannelOrder::Bgr,
                    mean: [0.0; 3],
                    scale: [1.0; 3],
                },
                None,
            ),
            Role::Embedder => (
                "/tmp/probe/sface.onnx",
                InputSpec {
                    size: InputSize::Fixed { width: 112, height: 112 },
                    channels: ChannelOrder::Rgb,
                    mean: [0.0; 3],
                    scale: [1.0; 3],
                },
                Some(0.363),
            ),
        };
        let bytes = std::fs::read(f).unwrap();
        Ok(VerifiedModel {
            id: ModelId { id: f.into(), sha256: Digest::of(&bytes) },
            entry: ModelEntry { input, threshold },
            bytes,
        })
    }
}
