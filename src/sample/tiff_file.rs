//! What a TIFF states besides its pixels, and a kind of pixels that `image` does not decode.

use std::io::Cursor;

use image::RgbImage;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use super::unsupported_formats::UnsupportedFormat;
use crate::{Error, ErrorKind, Result, Stage};

/// The most directories to follow; a chain of them may be circular.
const MOST_PAGES: u32 = 1000;
/// `NewSubfileType`: a smaller version of another page, and a mask of one.
const REDUCED: u32 = 1;
const MASK: u32 = 4;
const DNG_VERSION: Tag = Tag::Unknown(50706);
const ORIENTATION: Tag = Tag::Orientation;

/// What is known of a TIFF without decoding it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Pages, not counting previews and masks of others.
    pub(super) pages: u32,
    /// The value of white that a tag states for samples of 16 bits, if it is not all ones.
    pub(super) white: Option<u16>,
}

/// Reads the directories. A TIFF that `tiff` cannot open counts as one page of which nothing is
/// known.
///
/// # Errors
///
/// It is a camera's RAW file, whose first page is only a preview.
pub(super) fn look(bytes: &[u8]) -> Result<Look, UnsupportedFormat> {
    let Ok(mut decoder) = Decoder::new(Cursor::new(bytes)) else {
        return Ok(Look { pages: 1, white: None });
    };
    let mut number = |tag| decoder.find_tag_unsigned::<u32>(tag).ok().flatten();
    let is_preview = number(Tag::NewSubfileType).is_some_and(|kind| kind & REDUCED != 0);
    // Several values may be given, one per channel; cameras and scanners write equal ones.
    let mut first = |tag| {
        let values = decoder.find_tag_unsigned_vec::<u32>(tag).ok().flatten()?;
        values.first().copied()
    };
    let white = first(Tag::SMaxSampleValue).or_else(|| first(Tag::MaxSampleValue));
    let has = |decoder: &mut Decoder<_>, tag| decoder.find_tag(tag).is_ok_and(|tag| tag.is_some());
    if has(&mut decoder, DNG_VERSION) || is_preview && has(&mut decoder, Tag::SubIfd) {
        return Err(UnsupportedFormat {
            what: "a camera's RAW file (DNG, NEF or another kind of TIFF)",
            way_out: "export the photo as a JPEG from the camera or its program",
        });
    }
    let mut pages = 0;
    let mut next = decoder.ifd_pointer();
    for _ in 0..MOST_PAGES {
        let Some(directory) = next.and_then(|at| decoder.read_directory(at).ok()) else { break };
        let mut tags = decoder.read_directory_tags(&directory);
        let kind = tags.find_tag_unsigned::<u32>(Tag::NewSubfileType).ok().flatten();
        pages += u32::from(kind.unwrap_or(0) & (REDUCED | MASK) == 0);
        next = directory.next();
    }
    Ok(Look { pages: pages.max(1), white: white.and_then(stated_white) })
}

/// A stated white, if it is the largest value of some number of bits and not just the brightest
/// value that occurs.
fn stated_white(value: u32) -> Option<u16> {
    let bits = (value + 1).is_power_of_two() && (511..32_768).contains(&value);
    bits.then_some(value as u16)
}

/// White of 16-bit samples that use fewer bits. A stated white counts if no sample exceeds it.
/// Without one, samples count as 12 bits if none exceeds 4095 and some exceed 255, unless all are
/// multiples of 256 or 257, as 8-bit values widened to 16 bits are. A 16-bit photo whose brightest
/// value is a sixteenth of white would be almost black (15 of 255), and shows no face either way.
pub(super) fn white_of(samples: &[u16], stated: Option<u16>) -> u16 {
    let brightest = samples.iter().copied().max().unwrap_or(0);
    if let Some(white) = stated.filter(|white| brightest <= *white) {
        return white;
    }
    let widened = |step: u16| samples.iter().all(|sample| sample % step == 0);
    let is_12_bits = (256..4096).contains(&brightest) && !widened(257) && !widened(256);
    if is_12_bits { 4095 } else { u16::MAX }
}

/// Stretches samples whose white is lower over all 16 bits.
pub(super) fn spread(samples: &mut [u16], white: u16) {
    if white == u16::MAX {
        return;
    }
    let white = u32::from(white.max(1));
    for sample in samples {
        *sample = ((u32::from(*sample) * 65_535 + white / 2) / white).min(65_535) as u16;
    }
}

/// A TIFF whose colours are stored as brightness and two differences: mostly one with JPEG inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Indirect {
    pub(super) size: (u32, u32),
    pub(super) orientation: u8,
    pub(super) bytes: u64,
}

pub(super) fn indirect(bytes: &[u8]) -> Option<Indirect> {
    let mut decoder = Decoder::new(Cursor::new(bytes)).ok()?;
    if !matches!(decoder.colortype().ok()?, ColorType::YCbCr(8)) {
        return None;
    }
    let size = decoder.dimensions().ok()?;
    let orientation = decoder.find_tag_unsigned::<u8>(ORIENTATION).ok().flatten().unwrap_or(1);
    Some(Indirect { size, orientation, bytes: 3 * u64::from(size.0) * u64::from(size.1) })
}

/// Decodes what [`indirect`] found.
pub(super) fn decode_indirect(bytes: &[u8], most_bytes: u64) -> Result<RgbImage> {
    let damaged = |cause: TiffError| match cause {
        TiffError::UnsupportedError(_) => Error::new(
            ErrorKind::UnsupportedFormat,
            Stage::Decode,
            "evenmatch cannot read this kind of TIFF",
        )
        .caused_by(cause)
        .next("save it as an ordinary JPEG or PNG"),
        _ => broken().caused_by(cause),
    };
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::try_from(most_bytes).unwrap_or(usize::MAX);
    limits.intermediate_buffer_size = limits.decoding_buffer_size;
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(damaged)?.with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(damaged)?;
    let DecodingResult::U8(samples) = decoder.read_image().map_err(damaged)? else {
        return Err(broken());
    };
    let pixels = samples.chunks_exact(3).flat_map(|ycc| to_rgb([ycc[0], ycc[1], ycc[2]])).collect();
    RgbImage::from_raw(width, height, pixels).ok_or_else(broken)
}

/// The compression of the first page's pixels, where it is not supported.
pub(super) fn unread_compression(bytes: &[u8]) -> Option<&'static str> {
    const COMPRESSION: u16 = 259;
    const KNOWN: [(u16, &str); 10] = [
        (2, "CCITT's modified Huffman code"),
        (3, "CCITT Group 3 (fax)"),
        (6, "JPEG in the outdated form of 1992"),
        (9, "JBIG"),
        (34_661, "JBIG"),
        (34_712, "JPEG 2000"),
        (34_713, "Nikon's RAW code"),
        (34_887, "LERC"),
        (34_925, "LZMA"),
        (52_546, "JPEG XL"),
    ];
    let little = bytes.starts_with(b"II");
    let short = |at: usize| {
        let bytes: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let start: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    let start = if little { u32::from_le_bytes(start) } else { u32::from_be_bytes(start) } as usize;
    let fields = usize::from(short(start)?);
    let field =
        (0..fields).map(|n| start + 2 + 12 * n).find(|at| short(*at) == Some(COMPRESSION))?;
    let code = short(field + 8)?;
    KNOWN.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

fn broken() -> Error {
    Error::new(ErrorKind::Corrupt, Stage::Decode, "the TIFF is damaged or incomplete")
        .next("copy or take the photo again")
}

/// ITU-R BT.601 over the full range, as JPEG has it.
fn to_rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
        .map(|channel| channel.round().clamp(0.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_is_what_a_tag_states_or_what_the_samples_show() {
        let twelve: Vec<u16> = (0..4000).collect();
        assert_eq!(white_of(&twelve, None), 4095);
        assert_eq!(white_of(&twelve, Some(4095)), 4095);
        assert_eq!(white_of(&twelve, Some(1023)), 4095, "a tag that samples contradict");
        let ten: Vec<u16> = (0..1000).collect();
        assert_eq!(white_of(&ten, Some(1023)), 1023);
        let fourteen: Vec<u16> = (0..16_000).collect();
        assert_eq!(white_of(&fourteen, Some(16_383)), 16_383);
        // Without a tag, this may be a dark photo of 16 bits.
        assert_eq!(white_of(&fourteen, None), u16::MAX);
        // A dark photo of 8 bits in 16.
        let dark: Vec<u16> = (0..15).map(|n| n * 257).collect();
        assert_eq!(white_of(&dark, None), u16::MAX);
        assert_eq!(white_of(&[0; 9], None), u16::MAX);
        assert_eq!(
            (stated_white(4095), stated_white(3000), stated_white(65_535)),
            (Some(4095), None, None)
        );
    }

    #[test]
    fn spreading_reaches_black_and_white() {
        let mut samples = [0, 2048, 4095];
        spread(&mut samples, 4095);
        assert_eq!(samples, [0, 32_776, 65_535]);
    }

    #[test]
    fn light_and_differences_become_colours() {
        assert_eq!(to_rgb([255, 128, 128]), [255; 3]);
        assert_eq!(to_rgb([76, 85, 255]), [254, 0, 0]);
    }
}
