//! How much a photo may demand before it is decoded.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, Stage};

/// Limits that are checked against a file's size and header before anything is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecodeLimits {
    /// Largest file, in bytes.
    pub max_bytes: u64,
    /// Largest image to decode, in pixels (width × height).
    pub max_pixels: u64,
    /// Largest JPEG, in pixels as stored. One of more than `max_pixels` is decoded at a half, a
    /// quarter or an eighth of its sides, which takes the memory of the reduced image alone.
    pub max_jpeg_pixels: u64,
    /// Largest decoded size, in bytes, in the file's own pixel layout.
    pub max_decoded_bytes: u64,
    /// Most passes over the image that a progressive JPEG may ask for.
    pub max_scans: u32,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        DecodeLimits {
            max_bytes: 64 << 20,
            max_pixels: 40_000_000,
            max_jpeg_pixels: 256_000_000,
            max_decoded_bytes: 320 << 20,
            max_scans: 100,
        }
    }
}

/// Refuses `value` above `limit`.
pub(super) fn check(what: &str, value: u64, limit: u64, setting: &str) -> Result<()> {
    if value <= limit {
        return Ok(());
    }
    let message = format!("{what} is {value}, and the limit is {limit}");
    Err(Error::new(ErrorKind::LimitExceeded, Stage::Decode, message)
        .next(format!("send a smaller photo, or raise `limits.{setting}` in the policy")))
}
