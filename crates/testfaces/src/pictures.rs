//! Images that tests make: no photo of a person is kept in the repository.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};

pub fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95);
    image.write_with_encoder(encoder).unwrap();
    bytes
}

/// A little-endian Exif block that contains only the orientation.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0".to_vec();
    tiff.extend_from_slice(&[0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    tiff.extend_from_slice(&[0; 4]);
    tiff
}

/// Inserts a segment after the JPEG's start marker.
pub fn with_segment(jpeg: &[u8], marker: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    out.extend_from_slice(&[0xff, marker]);
    out.extend_from_slice(&(payload.len() as u16 + 2).to_be_bytes());
    out.extend_from_slice(payload);
    out.extend_from_slice(&jpeg[2..]);
    out
}

pub fn oriented_jpeg(stored: &RgbImage, orientation: u8) -> Vec<u8> {
    with_segment(&jpeg(stored), 0xe1, &[b"Exif\0\0".as_slice(), &exif(orientation)].concat())
}

/// How a camera stores an upright image under each Exif orientation.
pub fn stored_as(upright: &RgbImage, orientation: u8) -> RgbImage {
    use image::imageops as ops;
    match orientation {
        1 => upright.clone(),
        2 => ops::flip_horizontal(upright),
        3 => ops::rotate180(upright),
        4 => ops::flip_vertical(upright),
        5 => ops::flip_horizontal(&ops::rotate90(upright)),
        6 => ops::rotate270(upright),
        7 => ops::flip_horizontal(&ops::rotate270(upright)),
        _ => ops::rotate90(upright),
    }
}

pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8)
            .fold(crc ^ u32::from(*byte), |c, _| (c >> 1) ^ (0xedb8_8320 & (c & 1).wrapping_neg()))
    })
}

/// A PNG header that announces 60,000 × 60,000 pixels, with nothing after it.
pub fn huge_png_header() -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend_from_slice(&60_000_u32.to_be_bytes());
    header.extend_from_slice(&60_000_u32.to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend_from_slice(&header);
    png.extend_from_slice(&crc32(&header).to_be_bytes());
    png.extend_from_slice(b"\0\0\0\0IDAT");
    png.extend_from_slice(&crc32(b"IDAT").to_be_bytes());
    png
}

/// A PNG that announces two frames: an animation control chunk follows the header chunk, which ends
/// at byte 33.
pub fn animated_png(picture: &DynamicImage) -> Vec<u8> {
    let png = encode(picture, ImageFormat::Png);
    let mut chunk = b"acTL\0\0\0\x02\0\0\0\0".to_vec();
    let crc = crc32(&chunk);
    chunk.splice(0..0, 8_u32.to_be_bytes());
    chunk.extend_from_slice(&crc.to_be_bytes());
    [&png[..33], &chunk, &png[33..]].concat()
}

/// A WebP animation of two frames, both this image.
pub fn animated_webp(picture: &DynamicImage) -> Vec<u8> {
    let chunk = |name: &[u8], payload: &[u8]| {
        let mut out = name.to_vec();
        out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        out.extend_from_slice(payload);
        out.resize(out.len().next_multiple_of(2), 0);
        out
    };
    let three = |value: u32| value.to_le_bytes()[..3].to_vec();
    let size = [three(picture.width() - 1), three(picture.height() - 1)].concat();
    // The still file is RIFF, its length, WEBP and one image chunk.
    let still = encode(picture, ImageFormat::WebP);
    let frame = [&three(0)[..], &three(0), &size, &three(100), &[0], &still[12..]].concat();
    let body = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &[&[0x02, 0, 0, 0][..], &size].concat()),
        chunk(b"ANIM", &[0; 6]),
        chunk(b"ANMF", &frame),
        chunk(b"ANMF", &frame),
    ]
    .concat();
    chunk(b"RIFF", &body)
}
