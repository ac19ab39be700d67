//! Which format bytes are in, by their content; the file's name does not matter.

use image::ImageFormat;

use crate::{Error, ErrorKind, Result, Stage};

/// First bytes of formats that people send and that are not read here.
const FOREIGN: [(&[u8], usize, &str); 9] = [
    (b"GIF8", 0, "a GIF"),
    (b"ftypheic", 4, "a HEIC photo"),
    (b"ftypheix", 4, "a HEIC photo"),
    (b"ftypmif1", 4, "a HEIF photo"),
    (b"ftypavif", 4, "an AVIF picture"),
    (b"ftyp", 4, "a video"),
    (b"%PDF", 0, "a PDF document"),
    (b"\xff\x0a", 0, "a JPEG XL picture"),
    (b"\x00\x00\x01\x00", 0, "an icon"),
];

/// The format of these bytes, one of the five that are read.
pub(super) fn sniff(bytes: &[u8]) -> Result<ImageFormat> {
    if bytes.is_empty() {
        return Err(Error::new(ErrorKind::Corrupt, Stage::Decode, "the file is empty")
            .next("copy or take the photo again"));
    }
    if let Ok(format) = image::guess_format(bytes) {
        use ImageFormat as F;
        if matches!(format, F::Jpeg | F::Png | F::WebP | F::Bmp | F::Tiff) {
            return Ok(format);
        }
    }
    let known = FOREIGN.iter().find(|(magic, at, _)| {
        bytes.get(*at..*at + magic.len()).is_some_and(|found| found == *magic)
    });
    let message = match known {
        Some((_, _, name)) => format!("this is {name}, which is not read here"),
        None => "this is not a picture in a format that is read here".to_owned(),
    };
    Err(Error::new(ErrorKind::UnsupportedFormat, Stage::Decode, message)
        .next("send a JPEG, PNG, WebP, BMP or TIFF"))
}
