//! JPEG through libjpeg (mozjpeg's build of it), at full size or at a reduced DCT scale.
//!
//! There are two reasons for this library: its pixels are, byte for byte, those that OpenCV
//! decodes, without which landmarks drift by pixels (docs/PARITY.md); and it can leave out the high
//! frequencies of each block, so that a large photo costs little more than reading its entropy
//! code. Because it is C, it only gets bytes whose header has passed the limits.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::RgbImage;
use memchr::memmem;

use super::limits::{self, DecodeLimits};
use crate::{Error, ErrorKind, Result, Stage};

/// The reductions that decoding can apply to each side.
#[cfg(panic = "unwind")]
pub(super) const REDUCTIONS: &[u32] = &[1, 2, 4, 8];
/// libjpeg reports faults by unwinding, so a build that aborts instead must not call it.
#[cfg(not(panic = "unwind"))]
pub(super) const REDUCTIONS: &[u32] = &[1];

fn cut() -> Error {
    Error::new(ErrorKind::Corrupt, Stage::Decode, "the JPEG is incomplete")
        .next("copy or take the photo again")
}

/// Refuses what the header does not show: a file with no pixels, a file with too many passes, or
/// one of several passes whose coefficients, which must all be kept until the last pass, would take
/// more memory than allowed.
pub(super) fn check(bytes: &[u8], pixels: u64, limits: &DecodeLimits) -> Result<()> {
    let first_scan = first_scan(bytes).ok_or_else(cut)?;
    if pixels > limits.max_pixels && has_several_scans(bytes, first_scan) {
        // Two bytes per coefficient, and three channels of full size in the worst case.
        let (needed, most) = (6 * pixels, limits.max_decoded_bytes);
        limits::check(
            "the memory in bytes for a JPEG of several passes",
            needed,
            most,
            "max_decoded_bytes",
        )?;
    }
    let scans = memmem::find_iter(&bytes[first_scan..], b"\xff\xda").count() as u64;
    limits::check("the JPEG's number of scans", scans, u64::from(limits.max_scans), "max_scans")
}

/// Everything before the first scan's entropy-coded data; all bytes where there is no scan.
pub(super) fn header(bytes: &[u8]) -> &[u8] {
    // The start of a scan takes at most 2 + 6 + 2 · 4 bytes.
    first_scan(bytes).and_then(|at| bytes.get(..at + 16)).unwrap_or(bytes)
}

/// Whether the end of the image is there. Within entropy-coded data, an FF byte is followed by 00
/// or a restart marker, so these two bytes can only be the end.
fn has_end(bytes: &[u8]) -> bool {
    let first_scan = first_scan(bytes).unwrap_or(bytes.len());
    memmem::rfind(&bytes[first_scan..], b"\xff\xd9").is_some()
}

/// Whether the pixels come in several passes: the file is progressive, or a pass of a sequential
/// file has only some of the channels.
fn has_several_scans(bytes: &[u8], first_scan: usize) -> bool {
    let head = &bytes[..first_scan];
    let frame = (0xc0..=0xc2_u8).find_map(|kind| {
        let at = memmem::rfind(head, &[0xff, kind, 0x00])?;
        // Length, precision, height and width, then the number of channels.
        Some((kind, *head.get(at + 9)?))
    });
    let in_scan = bytes.get(first_scan + 4).copied().unwrap_or(1);
    frame.is_none_or(|(kind, channels)| kind == 0xc2 || in_scan < channels)
}

/// Views in a JPEG of several (MPO): of a scene from several places or at several times, as CIPA
/// DC-007 defines them. Previews, and the brightness maps that phones add, do not count.
pub(super) fn pages(bytes: &[u8]) -> u32 {
    let head = &bytes[..first_scan(bytes).unwrap_or(bytes.len())];
    let views = memmem::find(head, b"MPF\0").and_then(|at| views(&head[at + 4..]));
    views.unwrap_or(1).max(1)
}

/// The views that the index of an MPO lists.
fn views(index: &[u8]) -> Option<u32> {
    const ENTRIES: u16 = 0xb002;
    let little = index.starts_with(b"II");
    let short = |at: usize| {
        let bytes: [u8; 2] = index.get(at..at + 2)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes: [u8; 4] = index.get(at..at + 4)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let fields = usize::from(short(directory)?);
    let field = (0..fields.min(64))
        .map(|n| directory + 2 + 12 * n)
        .find(|at| short(*at) == Some(ENTRIES))?;
    let (bytes, start) = (long(field + 4)? as usize, long(field + 8)? as usize);
    // Entries of 16 bytes, which start with flags and the kind: 02 is a view among several.
    let kinds = (0..(bytes / 16).min(64)).filter_map(|n| long(start + 16 * n));
    Some(kinds.filter(|kind| (kind >> 16) & 0xff == 0x02).count() as u32)
}

/// Position of the first start-of-scan marker, found by walking the segments before it: an embedded
/// thumbnail lies inside a segment and is skipped.
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
            // libjpeg skips stray bytes between segments.
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
    let whole = AssertUnwindSafe(|| match has_end(bytes) {
        true => read(bytes, size, reduction).map(Some),
        false => read_endless(bytes, size, reduction),
    });
    match catch_unwind(whole) {
        Ok(Ok(Some(image))) => Ok(image),
        Ok(Ok(None)) => Err(cut()),
        Ok(Err(cause)) => Err(damaged(cause.to_string())),
        Err(payload) => Err(damaged(
            payload
                .downcast_ref::<String>()
                .cloned()
                .unwrap_or_else(|| "the decoder gave up".to_owned()),
        )),
    }
}

/// Decodes a file without its end; `None` where more than the end is missing. What the decoder
/// would read next shows that: if all pixels are there, none depends on it.
#[cfg(panic = "unwind")]
fn read_endless(
    bytes: &[u8],
    size: (u32, u32),
    reduction: u32,
) -> std::io::Result<Option<RgbImage>> {
    // The first byte of an end marker that lost its second is not a pixel.
    let bytes = bytes.strip_suffix(b"\xff").unwrap_or(bytes);
    let ended = read(&[bytes, b"\xff\xd9"].concat(), size, reduction)?;
    let more = [0x5a; 64];
    let longer = read(&[bytes, &more, b"\xff\xd9"].concat(), size, reduction)?;
    Ok((ended == longer).then_some(ended))
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
            _ => {
                return Err(other(
                    "the header announces four inks, but the data has other channels",
                ));
            }
        }
    } else {
        header.rgb()?
    };
    let (width, height) = (started.width() as u32, started.height() as u32);
    let pixels: Vec<u8> = started.read_scanlines()?;
    // What follows the image does not matter; its completeness was checked earlier.
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

/// The pure-Rust decoder, for builds that abort on panic. Its pixels differ from OpenCV's by a few
/// grey levels, and it cannot decode at a reduced size.
#[cfg(not(panic = "unwind"))]
pub(super) fn decode(bytes: &[u8], _size: (u32, u32), _reduction: u32) -> Result<RgbImage> {
    image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg)
        .map(|image| image.into_rgb8())
        .map_err(|cause| {
            Error::new(ErrorKind::Corrupt, Stage::Decode, "the JPEG is damaged").caused_by(cause)
        })
}
