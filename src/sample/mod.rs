//! Decoding within limits, upright, to one pixel layout.

mod cut_square;
mod encoded;
mod format;
mod jpeg;
mod light;
mod limits;
mod noise;
mod png;
mod profile;
mod tiff_file;
mod unsupported_formats;

use image::RgbImage;

use crate::Digest;

pub(crate) use cut_square::cut_square;
pub use encoded::EncodedSample;
pub use encoded::read_within;
pub use light::{linear_light, srgb};
pub(crate) use light::{relit, relit_part};
pub use limits::DecodeLimits;
pub(crate) use noise::noise_to_signal;

/// A decoded image: upright, 8-bit RGB, at full size or reduced by a whole factor.
///
/// Transparent pixels are shown over white; samples of more than 8 bits are rounded. An embedded
/// profile whose primaries are not those of sRGB, such as Display P3 or Adobe RGB, is applied; a
/// photo without a profile, or with one that has sRGB's primaries, keeps its values.
#[derive(Debug, Clone)]
pub struct Sample {
    pixels: RgbImage,
    full_size: (u32, u32),
    reduction: u32,
    digest: Digest,
}

impl Sample {
    /// A sample from an upright image. Its digest is that of its size and pixels.
    pub fn from_rgb(pixels: RgbImage) -> Self {
        let (width, height) = pixels.dimensions();
        let mut bytes = Vec::with_capacity(8 + pixels.as_raw().len());
        bytes.extend_from_slice(&width.to_le_bytes());
        bytes.extend_from_slice(&height.to_le_bytes());
        bytes.extend_from_slice(pixels.as_raw());
        let digest = Digest::of(&bytes);
        Sample { pixels, full_size: (width, height), reduction: 1, digest }
    }

    /// The pixels, upright; smaller than the full size by [`Sample::reduction`].
    pub fn pixels(&self) -> &RgbImage {
        &self.pixels
    }

    /// Width of the upright image at full size, in pixels.
    pub fn full_width(&self) -> u32 {
        self.full_size.0
    }

    /// Height of the upright image at full size, in pixels.
    pub fn full_height(&self) -> u32 {
        self.full_size.1
    }

    /// The factor by which decoding reduced each side: 1, 2, 4 or 8.
    pub fn reduction(&self) -> u32 {
        self.reduction
    }

    /// The same sample with other pixels of the same size.
    pub(crate) fn with_pixels(&self, pixels: RgbImage) -> Sample {
        Sample { pixels, ..*self }
    }

    /// SHA-256 of the file, or of size and pixels where there was no file.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}
