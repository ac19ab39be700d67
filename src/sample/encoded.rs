//! Bytes whose header has been read and found within the limits.

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::path::Path;

use image::codecs::{bmp::BmpDecoder, jpeg::JpegDecoder, png::PngDecoder};
use image::codecs::{tiff::TiffDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageResult, RgbImage};

use super::limits::{self, DecodeLimits};
use super::profile::Profile;
use super::{Sample, format, jpeg, png, tiff_file};
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// From this size on, a file's digest is computed in parallel with its decoding: SHA-256 takes 0.2
/// ms for this many bytes at 1.2 GB/s, and starting a thread about 0.05 ms.
const THREADED_DIGEST_BYTES: usize = 256 << 10;

/// An image file that has not been decoded yet; its header is within the limits.
#[derive(Debug)]
pub struct EncodedSample<'a> {
    bytes: Cow<'a, [u8]>,
    format: ImageFormat,
    /// Where the image starts: any bytes before it are skipped.
    start: usize,
    pages: u32,
    /// The white value that a TIFF states.
    white: Option<u16>,
    profile: Option<Profile>,
    /// Width and height as stored, before the orientation is applied.
    stored_size: (u32, u32),
    orientation: Orientation,
    limits: DecodeLimits,
}

impl EncodedSample<'static> {
    /// Reads a file, unless it is larger than the limit.
    ///
    /// # Errors
    ///
    /// As for [`EncodedSample::from_bytes`], and where the file cannot be read; they name the file.
    pub fn from_path(path: &Path, limits: &DecodeLimits) -> Result<Self> {
        let bytes = read_within(path, limits)?;
        Self::parse(Cow::Owned(bytes), limits).map_err(|error| error.in_path(path))
    }
}

/// The bytes of a file, unless there are more than the limit.
pub fn read_within(path: &Path, limits: &DecodeLimits) -> Result<Vec<u8>> {
    let io = |cause| Error::io(Stage::Decode, path, cause);
    let file = std::fs::File::open(path).map_err(|cause| match std::fs::read_link(path) {
        Ok(leads_to) if cause.kind() == std::io::ErrorKind::NotFound => {
            let next = match leads_to.to_string_lossy().contains("annex/objects/") {
                true => "fetch the photo itself: git annex get FILE",
                false => "put the file where the link points, or name the file itself",
            };
            let message = "this is a link, and the file that it points to does not exist";
            Error::new(ErrorKind::Io, Stage::Decode, message).in_path(path).next(next)
        }
        _ => io(cause),
    })?;
    let metadata = file.metadata().map_err(io)?;
    if metadata.is_dir() {
        return Err(Error::new(ErrorKind::Io, Stage::Decode, "this is a folder")
            .in_path(path)
            .next("name one photo"));
    }
    let check = |length| {
        limits::check("the file's size in bytes", length, limits.max_bytes, "max_bytes")
            .map_err(|error| error.in_path(path))
    };
    check(metadata.len())?;
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // The length of a pipe is not known beforehand.
    file.take(limits.max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
    check(bytes.len() as u64)?;
    Ok(bytes)
}

impl<'a> EncodedSample<'a> {
    /// Reads the header of a JPEG, PNG, WebP, BMP or TIFF; the content decides which it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnsupportedFormat`] for other formats and for animations,
    /// [`ErrorKind::Corrupt`] for a header that breaks its format's rules, and
    /// [`ErrorKind::LimitExceeded`].
    pub fn from_bytes(bytes: &'a [u8], limits: &DecodeLimits) -> Result<Self> {
        Self::parse(Cow::Borrowed(bytes), limits)
    }

    fn parse(bytes: Cow<'a, [u8]>, limits: &DecodeLimits) -> Result<Self> {
        let length = bytes.len() as u64;
        limits::check("the file's size in bytes", length, limits.max_bytes, "max_bytes")?;
        let format::Found { format, start } = format::sniff(&bytes)?;
        let content = &bytes[start..];
        let (mut pages, mut white) = (1, None);
        if format == ImageFormat::Tiff {
            let look = tiff_file::look(content).map_err(|raw| format::refuse(&raw))?;
            (pages, white) = (look.pages, look.white);
        }
        let header = Header::read(content, format)?;
        let (width, height) = header.size;
        if width == 0 || height == 0 {
            return Err(damaged("the image has no pixels".into()));
        }
        let pixels = u64::from(width) * u64::from(height);
        if format == ImageFormat::Jpeg {
            let (most, setting) = (limits.max_jpeg_pixels, "max_jpeg_pixels");
            limits::check("the number of pixels", pixels, most, setting)?;
            jpeg::check(content, pixels, limits)?;
            pages = jpeg::pages(content);
            let reduced = header.size_at(jpeg::REDUCTIONS.iter().max().copied().unwrap_or(1));
            limits::check("the number of pixels", reduced, limits.max_pixels, "max_pixels")?;
            let (most, setting) = (limits.max_decoded_bytes, "max_decoded_bytes");
            limits::check("the decoded size in bytes", 3 * reduced, most, setting)?;
        } else {
            limits::check("the number of pixels", pixels, limits.max_pixels, "max_pixels")?;
            let (most, setting) = (limits.max_decoded_bytes, "max_decoded_bytes");
            limits::check("the decoded size in bytes", header.decoded_bytes, most, setting)?;
        }
        let Header { size: stored_size, orientation, profile, .. } = header;
        let limits = *limits;
        Ok(EncodedSample {
            bytes,
            format,
            start,
            pages,
            white,
            profile,
            stored_size,
            orientation,
            limits,
        })
    }

    fn content(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Pages of a TIFF, or views of a JPEG that contains several; the first is decoded.
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// Width of the upright image at full size, in pixels.
    pub fn width(&self) -> u32 {
        self.upright_size().0
    }

    /// Height of the upright image at full size, in pixels.
    pub fn height(&self) -> u32 {
        self.upright_size().1
    }

    fn upright_size(&self) -> (u32, u32) {
        use Orientation as O;
        let (width, height) = self.stored_size;
        match self.orientation {
            O::Rotate90 | O::Rotate270 | O::Rotate90FlipH | O::Rotate270FlipH => (height, width),
            O::NoTransforms | O::Rotate180 | O::FlipHorizontal | O::FlipVertical => (width, height),
        }
    }

    /// The factors by which decoding can reduce each side, in order: 1, 2, 4 and 8 for a JPEG, 1 for
    /// others. A JPEG too large to be decoded whole within the limits lacks the first of them.
    pub fn reductions(&self) -> &'static [u32] {
        if self.format != ImageFormat::Jpeg {
            return &[1];
        }
        let fits = |reduction: &u32| {
            let pixels = pixels_at(self.stored_size, *reduction);
            pixels <= self.limits.max_pixels
                && pixels.saturating_mul(3) <= self.limits.max_decoded_bytes
        };
        let first = jpeg::REDUCTIONS.iter().position(fits).unwrap_or(jpeg::REDUCTIONS.len() - 1);
        &jpeg::REDUCTIONS[first..]
    }

    /// Decodes at full size, or at the largest size that the limits allow if a JPEG is too large.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Corrupt`] where the data is damaged or truncated.
    pub fn decode(&self) -> Result<Sample> {
        self.decode_reduced(self.reductions()[0])
    }

    /// Decodes with each side divided by one of [`EncodedSample::reductions`], rounded up.
    ///
    /// # Errors
    ///
    /// As for [`EncodedSample::decode`]; and another reduction is an invalid argument.
    pub fn decode_reduced(&self, reduction: u32) -> Result<Sample> {
        if !self.reductions().contains(&reduction) {
            let message = format!("this image cannot be reduced by {reduction} while decoding");
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Decode, message)
                .next(format!("use one of: {:?}", self.reductions())));
        }
        let (stored, digest) = beside_digest(&self.bytes, || match self.format {
            ImageFormat::Jpeg => jpeg::decode(self.content(), self.stored_size, reduction),
            format => self.decode_other(format),
        });
        let mut stored = stored?;
        if let Some(profile) = &self.profile {
            profile.apply(&mut stored);
        }
        let pixels = if self.orientation == Orientation::NoTransforms {
            stored
        } else {
            let mut image = DynamicImage::ImageRgb8(stored);
            image.apply_orientation(self.orientation);
            image.into_rgb8()
        };
        Ok(Sample { pixels, full_size: self.upright_size(), reduction, digest })
    }

    fn decode_other(&self, format: ImageFormat) -> Result<RgbImage> {
        // Decoders need working memory in addition to the image.
        let most_bytes = self.limits.max_decoded_bytes.saturating_mul(2);
        let content = match format {
            ImageFormat::Png => png::ended(self.content()),
            _ => Cow::Borrowed(self.content()),
        };
        if format == ImageFormat::Tiff && tiff_file::indirect(&content).is_some() {
            return tiff_file::decode_indirect(&content, most_bytes);
        }
        let decoded = decoder(&content, format).and_then(|mut decoder| {
            let mut limits = image::Limits::no_limits();
            limits.max_alloc = Some(most_bytes);
            decoder
                .set_limits(limits)
                .and_then(|()| DynamicImage::from_decoder(decoder))
                .map_err(|cause| refused(format, cause))
        });
        let mut decoded = decoded.map_err(|error| named(error, &content, format))?;
        if format == ImageFormat::Tiff {
            spread(&mut decoded, self.white);
        }
        Ok(if decoded.color().has_alpha() { over_white(&decoded) } else { decoded.into_rgb8() })
    }
}

/// What a file's header says.
struct Header {
    /// As stored, before the orientation is applied.
    size: (u32, u32),
    /// Bytes of the whole image in the file's own layout.
    decoded_bytes: u64,
    orientation: Orientation,
    profile: Option<Profile>,
}

impl Header {
    fn read(content: &[u8], format: ImageFormat) -> Result<Header> {
        if let (ImageFormat::Tiff, Some(found)) = (format, tiff_file::indirect(content)) {
            let orientation = Orientation::from_exif(found.orientation);
            return Ok(Header {
                size: found.size,
                decoded_bytes: found.bytes,
                orientation: orientation.unwrap_or(Orientation::NoTransforms),
                profile: None,
            });
        }
        // The decoder that only reads the header would copy the whole JPEG.
        let header = if format == ImageFormat::Jpeg { jpeg::header(content) } else { content };
        let mut decoder = decoder(header, format).map_err(|error| named(error, content, format))?;
        Ok(Header {
            size: decoder.dimensions(),
            decoded_bytes: decoder.total_bytes(),
            // A damaged orientation tag gives no information, and is no reason to refuse a photo.
            orientation: decoder.orientation().unwrap_or(Orientation::NoTransforms),
            // Nor is a damaged profile. Profiles for grey or inks describe other values.
            profile: decoder
                .icc_profile()
                .ok()
                .flatten()
                .filter(|_| decoder.original_color_type().channel_count() >= 3)
                .and_then(|profile| Profile::read(&profile)),
        })
    }

    /// Pixels when each side is divided by this and rounded up.
    fn size_at(&self, reduction: u32) -> u64 {
        pixels_at(self.size, reduction)
    }
}

fn pixels_at((width, height): (u32, u32), reduction: u32) -> u64 {
    u64::from(width.div_ceil(reduction)) * u64::from(height.div_ceil(reduction))
}

/// Stretches samples of 16 bits that use fewer bits over the full range.
fn spread(image: &mut DynamicImage, stated: Option<u16>) {
    let samples = |samples: &mut [u16]| {
        let white = tiff_file::white_of(samples, stated);
        tiff_file::spread(samples, white);
    };
    match image {
        DynamicImage::ImageLuma16(image) => samples(image),
        DynamicImage::ImageRgb16(image) => samples(image),
        // With transparency there is a separate white.
        _ => {}
    }
}

/// The result of `work`, and the digest of `bytes`, which is computed on another thread where it
/// takes longer than starting one.
fn beside_digest<T>(bytes: &[u8], work: impl FnOnce() -> T) -> (T, Digest) {
    if bytes.len() < THREADED_DIGEST_BYTES {
        return (work(), Digest::of(bytes));
    }
    std::thread::scope(|scope| {
        let digest = std::thread::Builder::new().spawn_scoped(scope, || Digest::of(bytes));
        let done = work();
        // If no thread could be started, this one computes it.
        let digest = digest.ok().and_then(|thread| thread.join().ok());
        (done, digest.unwrap_or_else(|| Digest::of(bytes)))
    })
}

/// Shows a transparent image as it looks on white paper.
fn over_white(image: &DynamicImage) -> RgbImage {
    let rgba = image.to_rgba8();
    let mut out = RgbImage::new(rgba.width(), rgba.height());
    for (to, from) in out.pixels_mut().zip(rgba.pixels()) {
        let [r, g, b, a] = from.0.map(u32::from);
        to.0 = [r, g, b].map(|c| ((c * a + 255 * (255 - a) + 127) / 255) as u8);
    }
    out
}

fn decoder(bytes: &[u8], format: ImageFormat) -> Result<Box<dyn ImageDecoder + '_>> {
    let reader = Cursor::new(bytes);
    let made = || -> ImageResult<(Box<dyn ImageDecoder + '_>, bool)> {
        Ok(match format {
            ImageFormat::Jpeg => (Box::new(JpegDecoder::new(reader)?), false),
            ImageFormat::Png => {
                let decoder = PngDecoder::new(reader)?;
                let animated = decoder.is_apng()?;
                (Box::new(decoder), animated)
            }
            ImageFormat::WebP => {
                let decoder = WebPDecoder::new(reader)?;
                let animated = decoder.has_animation();
                (Box::new(decoder), animated)
            }
            ImageFormat::Bmp => (Box::new(BmpDecoder::new(reader)?), false),
            _ => (Box::new(TiffDecoder::new(reader)?), false),
        })
    };
    match made() {
        Ok((_, true)) => Err(Error::new(
            ErrorKind::UnsupportedFormat,
            Stage::Decode,
            "this is an animation, and evenmatch cannot know which frame to use",
        )
        .next("send a single still photo")),
        Ok((decoder, false)) => Ok(decoder),
        Err(cause) => Err(refused(format, cause)),
    }
}

fn refused(format: ImageFormat, cause: image::ImageError) -> Error {
    let name = format.extensions_str().first().copied().unwrap_or("image").to_uppercase();
    match &cause {
        image::ImageError::Unsupported(_) => Error::new(
            ErrorKind::UnsupportedFormat,
            Stage::Decode,
            format!("evenmatch cannot read this kind of {name}"),
        )
        .caused_by(cause)
        .next("save it as an ordinary JPEG or PNG"),
        image::ImageError::Limits(_) => Error::new(
            ErrorKind::LimitExceeded,
            Stage::Decode,
            format!("decoding this {name} would need more memory than allowed"),
        )
        .caused_by(cause)
        .next("send a smaller photo, or raise `limits.max_decoded_bytes` in the policy"),
        _ => damaged(format!("the {name} is damaged or incomplete")).caused_by(cause),
    }
}

/// Adds the compression of a TIFF to the fault, where that is the cause.
fn named(error: Error, content: &[u8], format: ImageFormat) -> Error {
    let is_about_it = format == ImageFormat::Tiff && error.kind() == ErrorKind::UnsupportedFormat;
    match tiff_file::unread_compression(content).filter(|_| is_about_it) {
        Some(name) => Error::new(
            ErrorKind::UnsupportedFormat,
            Stage::Decode,
            format!(
                "the pixels in this TIFF are compressed by {name}, which evenmatch cannot read"
            ),
        )
        .next("convert it: tiffcp -c lzw PHOTO.tif OTHER.tif"),
        None => error,
    }
}

fn damaged(message: String) -> Error {
    Error::new(ErrorKind::Corrupt, Stage::Decode, message).next("copy or take the photo again")
}
