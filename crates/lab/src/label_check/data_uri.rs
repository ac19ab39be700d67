//! Small pictures inside a page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

/// Quality of the JPEG: what is lost is below what a face is recognised by.
const QUALITY: u8 = 90;

/// A picture as the address of itself, for the `src` of an image.
pub(super) fn jpeg(picture: &RgbImage) -> Result<String, image::ImageError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(picture)?;
    Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(&bytes)))
}
