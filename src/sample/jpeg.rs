//! JPEG through libjpeg (mozjpeg's build of it), at full size or at a reduced DCT scale.
//!
//! Two things decide for this library: its pixels are, byte for byte, those that OpenCV decodes,
//! without which landmarks drift by pixels (docs/PARITY.md); and it can leave out the high
//! frequencies of each block, so that a large photo costs little more than reading its entropy
//! code. Being C, it sees only bytes whose header has passed the limits.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::RgbImage;
use memchr::memmem;

use super::limits::{self, DecodeLimits};
use crate::{Error, ErrorKind, Result, Stage};

/// The reductions that decoding can apply to each side.
#[cfg(panic = "unwind")]
pub(super) const REDUCTIONS: &[u32] = &[1, 2, 4, 8];
/// libjpeg reports faults by unwinding, so that a build that aborts instead must not call it.
#[cfg(not(panic = "unwind"))]
pub(super) const REDUCTIONS: &[u32] = &[1];

/// Refuses what the header does not show: a file that was cut off, or one of endless passes.
pub(super) fn check(bytes: &[u8], limits: &DecodeLimits) -> Result<()> {
    let cut = || {
        Error::new(ErrorKind::Corrupt, Stage::Decode, "the JPEG ends too early")
            .next("copy or take the photo again")
    };
    let first_scan = first_scan(bytes).ok_or_else(cut)?;
    // Within entropy-coded data an FF byte is followed by 00 or a restart marker, so that these
    // two bytes can only be the end of the image.
    memmem::rfind(&bytes[first_scan..], b"\xff\xd9").ok_or_else(cut)?;
    let scans = memmem::find_iter(&bytes[first_scan..], b"\xff\xda").count() as u64;
    limits::check("the JPEG's number of scans", scans, u64::from(limits.max_scans), "max_scans")
}

/// Everything before the first scan's entropy-coded data; all bytes where there is no scan.
pub(super) fn header(bytes: &[u8]) -> &[u8] {
    // The start of a scan takes at most 2 + 6 + 2 · 4 bytes.
    first_scan(bytes).and_then(|at| bytes.get(..at + 16)).unwrap_or(bytes)
}

/// Position of the first start-of-scan marker, found by walking the segments before it: an
/// embedded thumbnail lies inside a segment and is passed over.
fn first_scan(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        match *bytes.get(at..at + 2)? {
            [0xff, 0xff] => at += 1,
            [0xff, 0xda] => return Some(at),
            // Markers without a length.
            [0xff, 0x01 | 0xd0..=0xd9] => at += 2,
            [0xff, _] => {
                let length = bytes.get(at + 2..at + 4)?;
                at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
            }
            // libjpeg passes over stray bytes between segments.
            _ => at += 1,
        }
    }
}

/// Whether an Adobe segment is present; it says that ink is stored inverted.
fn has_adobe_segment(bytes: &[u8]) -> bool {
    let end = first_scan(bytes).unwrap_or(bytes.len());
    memmem::find(&bytes[..end], b"\xff\xee\x00\x0eAdobe").is_some()
}

/// Decodes to 8-bit RGB, each side divided by `reduction` and rounded up. `size` is what the
/// limits were checked against.
#[cfg(panic = "unwind")]
pub(super) fn decode(bytes: &[u8], size: (u32, u32), reduction: u32) -> Result<RgbImage> {
    let damaged = |cause: String| {
        Error::new(ErrorKind::Corrupt, Stage::Decode, "the JPEG is damaged")
            .caused_by(cause)
            .next("copy or take the photo again")
    };
    let read = AssertUnwindSafe(|| read(bytes, size, reduction));
    match catch_unwind(read) {
        Ok(Ok(image)) => Ok(image),
        Ok(Err(cause)) => Err(damaged(cause.to_string())),
        Err(payload) => Err(damaged(
            payload
                .downcast_ref::<String>()
                .cloned()
                .unwrap_or_else(|| "the decoder gave up".to_owned()),
        )),
    }
}

#[cfg(panic = "unwind")]
fn read(bytes: &[u8], size: (u32, u32), reduction: u32) -> std::io::Result<RgbImage> {
    use mozjpeg::decompress::Format;

    let other = |message: &str| std::io::Error::other(message.to_owned());
    let mut header = mozjpeg::Decompress::new_mem(bytes)?;
    let (width, height) = header.size();
    if (width, height) != (size.0 as usize, size.1 as usize) {
        return Err(other("its headers contradict each other"));
    }
    header.scale((8 / reduction) as u8);
    let inks = matches!(
        header.color_space(),
        mozjpeg::ColorSpace::JCS_CMYK | mozjpeg::ColorSpace::JCS_YCCK
    );
    let mut started = if inks {
        match header.image()? {
            Format::CMYK(started) => started,
            _ => return Err(other("four inks were announced and other channels came")),
        }
    } else {
        header.rgb()?
    };
    let (width, height) = (started.width() as u32, started.height() as u32);
    let pixels: Vec<u8> = started.read_scanlines()?;
    // What follows the image does not matter; that it is whole has been checked before.
    let _ = started.finish();
    let pixels = if inks { inks_to_rgb(&pixels, has_adobe_segment(bytes)) } else { pixels };
    RgbImage::from_raw(width, height, pixels).ok_or_else(|| other("rows are missing"))
}

/// Cyan, magenta, yellow and black to red, green and blue, each as light passes all inks.
#[cfg(panic = "unwind")]
fn inks_to_rgb(pixels: &[u8], inverted: bool) -> Vec<u8> {
    let light = |ink: u8| u32::from(if inverted { ink } else { 255 - ink });
    pixels
        .chunks_exact(4)
        .flat_map(|inks| {
            let black = light(inks[3]);
            [0, 1, 2].map(|c| ((light(inks[c]) * black + 127) / 255) as u8)
        })
        .collect()
}

/// The pure-Rust decoder, for builds that abort on panic. Its pixels differ from OpenCV's by a
/// few grey levels, and it knows no reduction.
#[cfg(not(panic = "unwind"))]
pub(super) fn decode(bytes: &[u8], _size: (u32, u32), _reduction: u32) -> Result<RgbImage> {
    image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg)
        .map(|image| image.into_rgb8())
        .map_err(|cause| {
            Error::new(ErrorKind::Corrupt, Stage::Decode, "the JPEG is damaged").caused_by(cause)
        })
}
