//! Small images inside a page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

/// Quality of the JPEG: the loss is too small to matter for recognising a face.
const QUALITY: u8 = 90;

/// An image as a data URI, for the `src` of an `img` element.
pub(super) fn jpeg(image: &RgbImage) -> Result<String, image::ImageError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(image)?;
    Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(&bytes)))
}
