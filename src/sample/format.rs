//! Which format the bytes are in, judged by content; the file's name does not matter.

use image::ImageFormat;
use memchr::memmem;

use super::unsupported_formats;
use crate::{Error, ErrorKind, Result, Stage};

/// The most bytes to skip before the image itself, such as a transfer's header.
const MOST_JUNK: usize = 64 << 10;

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) format: ImageFormat,
    /// Where the image starts.
    pub(super) start: usize,
}

/// The format of these bytes, one of the five supported ones.
pub(super) fn sniff(bytes: &[u8]) -> Result<Found> {
    if bytes.is_empty() {
        return Err(Error::new(ErrorKind::Corrupt, Stage::Decode, "the file is empty")
            .next("copy or take the photo again"));
    }
    if bytes.iter().all(|byte| *byte == 0) {
        return Err(Error::new(ErrorKind::Corrupt, Stage::Decode, "the file contains only zeros")
            .next("copy the photo again: its content was never saved"));
    }
    // JPEG-LS starts like a JPEG, and several cameras' own formats start like a TIFF.
    let known = read_here(bytes);
    let shared = known.is_none_or(|f| matches!(f, ImageFormat::Jpeg | ImageFormat::Tiff));
    if let Some(named) = unsupported_formats::name(bytes).filter(|_| shared) {
        return Err(refuse(&named));
    }
    if let Some(format) = known {
        return Ok(Found { format, start: 0 });
    }
    if let Some(found) = behind_junk(bytes) {
        return Ok(found);
    }
    // These are the least certain, so they come last.
    if let Some(named) = unsupported_formats::guess(bytes) {
        return Err(refuse(&named));
    }
    let message = "this is not an image in a supported format";
    Err(Error::new(ErrorKind::UnsupportedFormat, Stage::Decode, message)
        .next("send a JPEG, PNG, WebP, BMP or TIFF"))
}

/// The error for an unsupported format.
pub(super) fn refuse(named: &unsupported_formats::UnsupportedFormat) -> Error {
    let message = format!("this is {}, which evenmatch cannot read", named.what);
    Error::new(ErrorKind::UnsupportedFormat, Stage::Decode, message).next(named.way_out)
}

fn read_here(bytes: &[u8]) -> Option<ImageFormat> {
    use ImageFormat as F;
    let format = image::guess_format(bytes).ok()?;
    matches!(format, F::Jpeg | F::Png | F::WebP | F::Bmp | F::Tiff).then_some(format)
}

/// A JPEG or PNG that starts after other bytes.
fn behind_junk(bytes: &[u8]) -> Option<Found> {
    let head = &bytes[..bytes.len().min(MOST_JUNK)];
    let at = |magic: &[u8], format| memmem::find(head, magic).map(|start| Found { format, start });
    let png = at(b"\x89PNG\r\n\x1a\n", ImageFormat::Png);
    let jpeg = memmem::find_iter(head, b"\xff\xd8\xff").find_map(|start| {
        // A start marker is followed by a table, by metadata, or by its frame header.
        let plausible = matches!(bytes.get(start + 3)?, 0xe0..=0xef | 0xdb | 0xc0..=0xc4 | 0xfe);
        plausible.then_some(Found { format: ImageFormat::Jpeg, start })
    });
    [png, jpeg].into_iter().flatten().min_by_key(|found| found.start)
}
