//! Samples (temporary).
use crate::{Digest, Result};
use image::RgbImage;
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecodeLimits {
    pub max_bytes: u64,
    pub max_pixels: u64,
    pub max_alloc_bytes: u64,
}
impl Default for DecodeLimits {
    fn default() -> Self {
        DecodeLimits { max_bytes: 64 << 20, max_pixels: 40_000_000, max_alloc_bytes: 512 << 20 }
    }
}
pub struct EncodedSample {
    image: RgbImage,
    digest: Digest,
}
impl EncodedSample {
    pub fn from_path(path: &std::path::Path, l: &DecodeLimits) -> Result<Self> {
        Self::from_bytes(
            &std::fs::read(path).map_err(|e| crate::Error::io(crate::Stage::Decode, path, e))?,
            l,
        )
    }
    pub fn from_bytes(b: &[u8], _: &DecodeLimits) -> Result<Self> {
        Ok(EncodedSample {
            image: image::load_from_memory(b).unwrap().to_rgb8(),
            digest: Digest::of(b),
        })
    }
    pub fn width(&self) -> u32 {
        self.image.width()
    }
    pub fn height(&self) -> u32 {
        self.image.height()
    }
    pub fn reductions(&self) -> &[u32] {
        &[1]
    }
    pub fn decode_reduced(&self, _r: u32) -> Result<Sample> {
        Ok(Sample { pixels: self.image.clone(), digest: self.digest })
    }
}
#[derive(Debug, Clone)]
pub struct Sample {
    pixels: RgbImage,
    digest: Digest,
}
impl Sample {
    pub fn from_rgb(pixels: RgbImage) -> Self {
        let digest = Digest::of(&pixels);
        Sample { pixels, digest }
    }
    pub fn pixels(&self) -> &RgbImage {
        &self.pixels
    }
    pub fn full_width(&self) -> u32 {
        self.pixels.width()
    }
    pub fn full_height(&self) -> u32 {
        self.pixels.height()
    }
    pub fn reduction(&self) -> u32 {
        1
    }
    pub fn digest(&self) -> Digest {
        self.digest
    }
}
