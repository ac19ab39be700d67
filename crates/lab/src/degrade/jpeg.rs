//! Strong compression.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};

use crate::{Error, ErrorKind, Result, Stage};

/// The photo encoded again as a baseline JPEG of this quality, 1 to 100 (libjpeg's scale of the
/// tables in Annex K of ITU-T T.81), and decoded.
pub(crate) fn recompressed(image: &RgbImage, quality: f64) -> Result<RgbImage> {
    let bytes = encoded(image, quality.round() as u8)?;
    let decoded = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg);
    Ok(decoded.map_err(fault)?.into_rgb8())
}

fn encoded(image: &RgbImage, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    image.write_with_encoder(encoder).map_err(fault)?;
    Ok(bytes.into_inner())
}

fn fault(cause: image::ImageError) -> Error {
    Error::new(ErrorKind::InvalidArgument, Stage::Audit, "the image cannot be encoded as a JPEG")
        .next("use an image whose sides have at most 65,535 pixels")
        .caused_by(cause)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn lower_qualities_make_smaller_files_of_the_same_size() {
        let photo = RgbImage::from_fn(120, 90, |x, y| {
            Rgb([(x * y % 251) as u8, (x * 2) as u8, ((x ^ y) * 3 % 256) as u8])
        });
        let sizes = [90, 40, 10, 5].map(|quality| encoded(&photo, quality).unwrap().len());
        assert!(sizes.windows(2).all(|pair| pair[1] < pair[0]), "{sizes:?}");
        assert_eq!(recompressed(&photo, 5.0).unwrap().dimensions(), (120, 90));
        assert!(recompressed(&RgbImage::new(70_000, 1), 50.0).is_err());
    }
}
