//! Decoding: formats, orientations, colour layouts, limits and damaged bytes. All images are made
//! here.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use evenmatch::{DecodeLimits, EncodedSample, Sample};
use evenmatch_core::{ErrorKind, Result};
use evenmatch_testfaces::pictures::{self, encode, jpeg, oriented_jpeg, stored_as, with_segment};
use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

/// 48×32, each quarter in another colour, so that every rotation and flip is recognised.
fn quarters() -> RgbImage {
    RgbImage::from_fn(48, 32, |x, y| {
        Rgb(match (x < 24, y < 16) {
            (true, true) => [200, 30, 30],
            (false, true) => [30, 200, 30],
            (true, false) => [30, 30, 200],
            (false, false) => [220, 220, 220],
        })
    })
}

fn decode(bytes: &[u8]) -> Result<Sample> {
    EncodedSample::from_bytes(bytes, &DecodeLimits::default())?.decode()
}

fn largest_difference(a: &RgbImage, b: &RgbImage) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

fn kind(bytes: &[u8]) -> ErrorKind {
    decode(bytes).expect_err("these bytes are not a photo").kind()
}

#[test]
fn lossless_formats_come_back_exactly() {
    let image = quarters();
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff] {
        let sample = decode(&encode(&DynamicImage::ImageRgb8(image.clone()), format)).unwrap();
        assert_eq!(sample.pixels(), &image, "{format:?}");
        assert_eq!(sample.reduction(), 1);
    }
}

#[test]
fn every_exif_orientation_comes_out_upright() {
    let upright = quarters();
    for orientation in 1..=8 {
        let sample =
            decode(&oriented_jpeg(&stored_as(&upright, orientation), orientation)).unwrap();
        assert_eq!((sample.full_width(), sample.full_height()), (48, 32));
        // Compared away from the edges between colours, where JPEG has ringing artefacts.
        for (x, y) in [(8, 8), (40, 8), (8, 24), (40, 24)] {
            let (found, due) = (sample.pixels().get_pixel(x, y), upright.get_pixel(x, y));
            for c in 0..3 {
                assert!(found[c].abs_diff(due[c]) < 12, "{orientation}: {found:?} for {due:?}");
            }
        }
    }
}

#[test]
fn orientation_applies_to_reduced_decoding_too() {
    let upright =
        image::imageops::resize(&quarters(), 480, 320, image::imageops::FilterType::Nearest);
    let bytes = oriented_jpeg(&stored_as(&upright, 6), 6);
    let encoded = EncodedSample::from_bytes(&bytes, &DecodeLimits::default()).unwrap();
    assert_eq!((encoded.width(), encoded.height()), (480, 320));
    for reduction in [1, 2, 4, 8] {
        let sample = encoded.decode_reduced(reduction).unwrap();
        assert_eq!(sample.pixels().dimensions(), (480 / reduction, 320 / reduction));
        assert_eq!((sample.full_width(), sample.full_height()), (480, 320));
        assert!(sample.pixels().get_pixel(10, 10)[0] > 150, "the red quarter is upper left");
    }
    assert_eq!(encoded.decode_reduced(3).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn grey_deep_and_transparent_pictures_become_rgb() {
    let grey = GrayImage::from_fn(20, 20, |x, _| image::Luma([(x * 12) as u8]));
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Tiff, ImageFormat::Bmp] {
        let sample = decode(&encode(&DynamicImage::ImageLuma8(grey.clone()), format)).unwrap();
        let pixel = sample.pixels().get_pixel(10, 10);
        assert!(pixel[0].abs_diff(120) < 4 && pixel[0] == pixel[1] && pixel[1] == pixel[2]);
    }
    let deep = DynamicImage::ImageRgb8(quarters()).into_rgb16();
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let sample = decode(&encode(&DynamicImage::ImageRgb16(deep.clone()), format)).unwrap();
        assert_eq!(sample.pixels(), &quarters());
    }
    let half = RgbaImage::from_pixel(10, 10, Rgba([255, 0, 0, 128]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let sample = decode(&encode(&DynamicImage::ImageRgba8(half.clone()), format)).unwrap();
        assert_eq!(sample.pixels().get_pixel(5, 5), &Rgb([255, 127, 127]));
    }
}

/// A CMYK JPEG of one colour, as Adobe programs write it (inks inverted) or as others do.
fn cmyk(adobe: bool) -> Vec<u8> {
    let inks: [u8; 4] = [255, 64, 0, 32];
    let stored = inks.map(|ink| if adobe { 255 - ink } else { ink });
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_CMYK);
    encoder.set_size(32, 32);
    encoder.set_quality(98.0);
    let mut started = encoder.start_compress(Vec::new()).unwrap();
    started.write_scanlines(&stored.repeat(32 * 32)).unwrap();
    let bytes = started.finish().unwrap();
    // libjpeg marks CMYK with an Adobe segment by itself; the plain variant loses it.
    let at = bytes.windows(7).position(|w| w == b"\0\x0eAdobe");
    match (adobe, at) {
        (false, Some(at)) => [&bytes[..at - 2], &bytes[at + 14..]].concat(),
        (_, _) => bytes,
    }
}

#[test]
fn four_inks_become_rgb_whether_inverted_or_not() {
    for adobe in [true, false] {
        let sample = decode(&cmyk(adobe)).unwrap();
        let pixel = sample.pixels().get_pixel(16, 16);
        // Light through inks: (1 − ink) · (1 − black).
        for (found, due) in pixel.0.iter().zip([0_u8, 167, 223]) {
            assert!(found.abs_diff(due) <= 3, "adobe {adobe}: {pixel:?}");
        }
    }
}

#[test]
fn the_content_decides_and_not_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("really-a-png.jpg");
    std::fs::write(&path, encode(&DynamicImage::ImageRgb8(quarters()), ImageFormat::Png)).unwrap();
    let sample = EncodedSample::from_path(&path, &DecodeLimits::default()).unwrap().decode();
    assert_eq!(sample.unwrap().pixels(), &quarters());
}

#[test]
fn what_is_no_still_photo_is_refused_by_kind() {
    assert_eq!(kind(b""), ErrorKind::Corrupt);
    assert_eq!(kind(b"Dear sir or madam"), ErrorKind::UnsupportedFormat);
    for (bytes, name) in [
        (b"GIF89a\x01\0\x01\0".as_slice(), "GIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"%PDF-1.7", "PDF"),
    ] {
        let error = decode(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedFormat);
        assert!(error.to_string().contains(name) && error.next_step().is_some(), "{error}");
    }
}

#[test]
fn animations_are_refused() {
    let picture = DynamicImage::ImageRgb8(quarters());
    for animated in [pictures::animated_png(&picture), pictures::animated_webp(&picture)] {
        let error = decode(&animated).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedFormat);
        assert!(error.to_string().contains("animation"), "{error}");
    }
}

#[test]
fn limits_hold_before_anything_is_decoded() {
    let png = pictures::huge_png_header();
    assert_eq!(kind(&png), ErrorKind::LimitExceeded);

    // The same in a JPEG, by changing the size in its frame header.
    let mut bytes = jpeg(&quarters());
    let frame = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    assert_eq!(kind(&bytes), ErrorKind::LimitExceeded);

    let bytes = jpeg(&quarters());
    let tight = |limits: DecodeLimits| {
        EncodedSample::from_bytes(&bytes, &limits).map(|_| ()).unwrap_err().kind()
    };
    let default = DecodeLimits::default();
    for limits in [
        DecodeLimits { max_bytes: 100, ..default },
        DecodeLimits { max_jpeg_pixels: 48 * 32 - 1, ..default },
        // Not even at an eighth of its sides.
        DecodeLimits { max_pixels: 6 * 4 - 1, ..default },
        DecodeLimits { max_decoded_bytes: 3 * 6 * 4 - 1, ..default },
        DecodeLimits { max_scans: 0, ..default },
    ] {
        assert_eq!(tight(limits), ErrorKind::LimitExceeded, "{limits:?}");
    }
}

#[test]
fn a_jpeg_too_large_to_be_decoded_whole_is_decoded_smaller() {
    let large =
        image::imageops::resize(&quarters(), 480, 320, image::imageops::FilterType::Nearest);
    let limits = DecodeLimits { max_pixels: 240 * 160, ..DecodeLimits::default() };
    let bytes = jpeg(&large);
    let encoded = EncodedSample::from_bytes(&bytes, &limits).unwrap();
    assert_eq!(encoded.reductions(), [2, 4, 8]);
    let sample = encoded.decode().unwrap();
    assert_eq!(sample.pixels().dimensions(), (240, 160));
    assert_eq!((sample.full_width(), sample.full_height()), (480, 320));
    assert!(encoded.decode_reduced(1).is_err());
    // Looking for faces in it, or finding none, asks for no larger size.
    for full_decode in [false, true] {
        let policy = evenmatch::Policy { limits, full_decode, ..evenmatch::Policy::default() };
        let verifier = evenmatch::Verifier::with_null_networks(policy).unwrap();
        verifier.acquire::<evenmatch::Probe>(&bytes[..]).unwrap();
        let empty = jpeg(&RgbImage::from_pixel(480, 320, Rgb([128; 3])));
        verifier.acquire::<evenmatch::Probe>(&empty[..]).unwrap();
    }
    // No other format can be reduced.
    let png = encode(&DynamicImage::ImageRgb8(large), ImageFormat::Png);
    let refused = EncodedSample::from_bytes(&png, &limits).map(|_| ()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::LimitExceeded);
}

/// A JPEG of several passes, whose coefficients have to be kept.
fn progressive(image: &RgbImage) -> Vec<u8> {
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    encoder.set_size(image.width() as usize, image.height() as usize);
    encoder.set_progressive_mode();
    let mut started = encoder.start_compress(Vec::new()).unwrap();
    started.write_scanlines(image.as_raw()).unwrap();
    started.finish().unwrap()
}

/// Prints what a photo of 200 million pixels costs: docs/FORMATS.md.
#[test]
#[ignore = "encodes for a minute"]
fn two_hundred_million_pixels_take_little_memory() {
    let (width, height) = (16_320_usize, 12_240_usize);
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    encoder.set_size(width, height);
    encoder.set_optimize_scans(false);
    encoder.set_optimize_coding(false);
    encoder.set_fastest_defaults();
    let mut started = encoder.start_compress(Vec::new()).unwrap();
    let row: Vec<u8> = (0..3 * width).map(|n| (n / 300) as u8).collect();
    for _ in 0..height {
        started.write_scanlines(&row).unwrap();
    }
    let bytes = started.finish().unwrap();
    let file = std::env::temp_dir().join("evenmatch-200.jpg");
    std::fs::write(&file, &bytes).unwrap();
    println!("{} bytes in {}", bytes.len(), file.display());
    let encoded = EncodedSample::from_bytes(&bytes, &DecodeLimits::default()).unwrap();
    assert_eq!(encoded.reductions(), [4, 8]);
    assert_eq!(encoded.decode_reduced(8).unwrap().pixels().dimensions(), (2040, 1530));
}

#[test]
fn passes_that_have_to_be_kept_count_at_full_size() {
    let limits = DecodeLimits {
        max_pixels: 48 * 32 / 2,
        max_decoded_bytes: 6 * 48 * 32 - 1,
        ..DecodeLimits::default()
    };
    assert!(EncodedSample::from_bytes(&jpeg(&quarters()), &limits).is_ok());
    let refused = EncodedSample::from_bytes(&progressive(&quarters()), &limits).map(|_| ());
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn a_jpeg_or_png_that_lacks_its_end_alone_is_read() {
    for bytes in [jpeg(&quarters()), progressive(&quarters())] {
        let due = decode(&bytes).unwrap();
        let end = bytes.len();
        for missing in [1, 2] {
            let found = decode(&bytes[..end - missing]).unwrap();
            assert_eq!(found.pixels(), due.pixels(), "without its last {missing}");
        }
        for missing in [12, 40, end / 4] {
            assert_eq!(kind(&bytes[..end - missing]), ErrorKind::Corrupt, "without {missing}");
        }
    }
    let bytes = encode(&DynamicImage::ImageRgb8(quarters()), ImageFormat::Png);
    for missing in 1..=12 {
        let found = decode(&bytes[..bytes.len() - missing]).unwrap();
        assert_eq!(found.pixels(), &quarters(), "without its last {missing}");
    }
    for missing in [13, 30] {
        assert!(decode(&bytes[..bytes.len() - missing]).is_err(), "without its last {missing}");
    }
}

#[test]
fn bytes_before_a_picture_are_passed_over() {
    let png = encode(&DynamicImage::ImageRgb8(quarters()), ImageFormat::Png);
    let answer = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n".to_vec();
    for junk in [b"\n".to_vec(), b"\xef\xbb\xbf".to_vec(), vec![0; 128], answer] {
        let found = decode(&[&junk[..], &jpeg(&quarters())].concat()).unwrap();
        assert_eq!(found.pixels(), decode(&jpeg(&quarters())).unwrap().pixels());
        assert_eq!(decode(&[&junk[..], &png].concat()).unwrap().pixels(), &quarters());
    }
    // A truncated one is truncated wherever it starts.
    let whole = [b"\n\n".to_vec(), jpeg(&quarters())].concat();
    assert_eq!(kind(&whole[..whole.len() - 60]), ErrorKind::Corrupt);
}

#[test]
fn what_is_not_read_is_named_with_the_way_out() {
    let mut tga = vec![0; 18 + 12];
    (tga[2], tga[12], tga[14], tga[16]) = (2, 2, 2, 24);
    let lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n".to_vec();
    for (bytes, name, way_out) in [
        (b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ".to_vec(), "JPEG 2000", "opj_decompress"),
        (b"\xff\x4f\xff\x51\0\x2f".to_vec(), "JPEG 2000", "opj_decompress"),
        (b"P6\n2 2\n255\n\0\0\0".to_vec(), "PPM", "magick"),
        (b"P5 # by hand\n2 2 255 ".to_vec(), "PGM", "magick"),
        (b"P4\n8 1\n\0".to_vec(), "PBM", "magick"),
        (b"P7\nWIDTH 2\n".to_vec(), "PAM", "magick"),
        (tga, "TGA", "magick"),
        (b"GIF89a\x01\0\x01\0".to_vec(), "GIF", "PNG"),
        (b"II\x2b\0\x08\0\0\0".to_vec(), "BigTIFF", "tiffcp"),
        (b"MM\0\x2b\0\x08\0\0".to_vec(), "BigTIFF", "tiffcp"),
        (b"\0\0\0\x18ftypheic\0\0\0\0".to_vec(), "HEIC", "JPEG"),
        (b"\0\0\0\x1cftypavif\0\0\0\0".to_vec(), "AVIF", "avifdec"),
        (b"\0\0\0\x0cJXL \r\n\x87\n".to_vec(), "JPEG XL", "djxl"),
        (b"\xff\x0a\xfa\x1f".to_vec(), "JPEG XL", "djxl"),
        (b"%PDF-1.7".to_vec(), "PDF", "pdfimages"),
        (b"8BPS\0\x01".to_vec(), "PSD", "PNG"),
        (b"\0\0\x01\0\x01\0".to_vec(), "icon", "magick"),
        (b"\0\0\0\x18ftypcrx ".to_vec(), "RAW", "JPEG"),
        (b"II*\0\x10\0\0\0CR\x02\0".to_vec(), "RAW", "JPEG"),
        (b"FUJIFILMCCD-RAW 0201".to_vec(), "RAW", "JPEG"),
        (
            b"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(),
            "SVG",
            "rsvg",
        ),
        (b"\n <!DOCTYPE html><html><body>404</body></html>".to_vec(), "web page", "download"),
        (b"{\"error\": \"not found\"}".to_vec(), "JSON", "download"),
        (lfs, "Git LFS", "git lfs pull"),
        (b"/annex/objects/SHA256E-s123--4d7a.jpg\n".to_vec(), "git-annex", "git annex get"),
        (b"../.git/annex/objects/xx/yy/SHA256E-s1--4.jpg".to_vec(), "git-annex", "git annex get"),
        (b"/9j/4AAQSkZJRgABAQ".to_vec(), "base64", "base64 -d"),
        (b"PK\x03\x04\x14\0".to_vec(), "ZIP", "unpack"),
        (b"\x1aE\xdf\xa3\x01".to_vec(), "video", "ffmpeg"),
        (b"Dear sir or madam".to_vec(), "text", "JPEG"),
    ] {
        let error = decode(&bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedFormat, "{name}: {error}");
        let next = error.next_step().unwrap_or_default();
        assert!(
            error.to_string().contains(name) && next.contains(way_out),
            "{name}: {error}; {next}"
        );
    }
    assert_eq!(kind(&[0; 5000]), ErrorKind::Corrupt);
}

/// A TIFF with one strip per page. A tag's value is a number, or is stored after the directory.
struct Tiff(Vec<u8>);

impl Tiff {
    fn new() -> Self {
        Tiff(b"II*\0\0\0\0\0".to_vec())
    }

    /// Adds a page: 8 or 16 bits per sample, with the given tags in addition to the usual ones.
    fn page(
        mut self,
        (width, height): (u32, u32),
        bits: u16,
        samples: &[u8],
        tags: &[(u16, u32)],
    ) -> Self {
        let channels = samples.len() as u32 * 8 / (u32::from(bits) * width * height);
        let strip = self.0.len() as u32;
        self.0.extend_from_slice(samples);
        if self.0.len() % 2 == 1 {
            self.0.push(0);
        }
        let depths = self.0.len() as u32;
        for _ in 0..channels {
            self.0.extend_from_slice(&bits.to_le_bytes());
        }
        let depth = if channels == 1 { u32::from(bits) } else { depths };
        let photometric = if channels == 1 { 1 } else { 2 };
        let mut all: Vec<(u16, u32)> = vec![
            (256, width),
            (257, height),
            (258, depth),
            (259, 1),
            (262, photometric),
            (273, strip),
            (277, channels),
            (278, height),
            (279, samples.len() as u32),
        ];
        for (tag, value) in tags {
            all.retain(|(known, _)| known != tag);
            all.push((*tag, *value));
        }
        all.sort_unstable();
        let directory = self.0.len() as u32;
        self.0.extend_from_slice(&(all.len() as u16).to_le_bytes());
        for (tag, value) in all {
            let (kind, count) = match tag {
                258 => (3_u16, channels),
                256 | 257 | 254 | 273 | 278 | 279 | 330 => (4, 1),
                50706 => (1, 4),
                _ => (3, 1),
            };
            self.0.extend_from_slice(&tag.to_le_bytes());
            self.0.extend_from_slice(&kind.to_le_bytes());
            self.0.extend_from_slice(&count.to_le_bytes());
            self.0.extend_from_slice(&value.to_le_bytes());
        }
        let next = self.0.len();
        self.0.extend_from_slice(&[0; 4]);
        self.link(directory, next);
        self
    }

    /// Writes a page's directory to where the chain currently ends.
    fn link(&mut self, directory: u32, own_next: usize) {
        let mut at = 4;
        loop {
            let next = u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap()) as usize;
            if next == 0 {
                break;
            }
            let entries = u16::from_le_bytes(self.0[next..next + 2].try_into().unwrap());
            at = next + 2 + 12 * usize::from(entries);
        }
        assert_ne!(at, own_next);
        self.0[at..at + 4].copy_from_slice(&directory.to_le_bytes());
    }
}

fn deep(values: impl IntoIterator<Item = u16>) -> Vec<u8> {
    values.into_iter().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn twelve_bits_in_sixteen_are_not_read_dark() {
    let ramp = |most: u32| deep((0..64_u32).map(move |n| (n * most / 63) as u16));
    let brightest = |bytes: &[u8]| {
        decode(bytes).unwrap().pixels().pixels().map(|pixel| pixel[0]).max().unwrap()
    };
    let of = |most, tags: &[(u16, u32)]| Tiff::new().page((8, 8), 16, &ramp(most), tags).0;
    assert_eq!(brightest(&of(4095, &[])), 255);
    assert_eq!(brightest(&of(4095, &[(281, 4095)])), 255);
    assert_eq!(brightest(&of(1023, &[(281, 1023)])), 255);
    assert_eq!(brightest(&of(16_383, &[(281, 16_383)])), 255);
    assert_eq!(brightest(&of(65_535, &[])), 255);
    // Really dark: more than 12 bits, or 8 bits widened.
    assert_eq!(brightest(&of(8000, &[])), 31);
    let dark = deep((0..64_u16).map(|n| n % 16 * 257));
    assert_eq!(brightest(&Tiff::new().page((8, 8), 16, &dark, &[]).0), 15);
    // A stated white that is this photo's brightest value and not a bit depth.
    assert_eq!(brightest(&of(8000, &[(281, 8000)])), 31);
}

#[test]
fn pages_of_a_tiff_are_counted_and_the_first_is_read() {
    let grey = |level: u8| vec![level; 64];
    let two = Tiff::new().page((8, 8), 8, &grey(10), &[]).page((8, 8), 8, &grey(200), &[]).0;
    let pages =
        |bytes: &[u8]| EncodedSample::from_bytes(bytes, &DecodeLimits::default()).unwrap().pages();
    assert_eq!(pages(&two), 2);
    assert_eq!(decode(&two).unwrap().pixels().get_pixel(0, 0), &Rgb([10; 3]));
    // A preview and a mask are not pages.
    let previews = Tiff::new()
        .page((8, 8), 8, &grey(10), &[])
        .page((4, 4), 8, &[5; 16], &[(254, 1)])
        .page((8, 8), 8, &grey(0), &[(254, 4)])
        .0;
    assert_eq!(pages(&previews), 1);
    assert_eq!(pages(&jpeg(&quarters())), 1);
}

#[test]
fn a_cameras_raw_file_is_not_its_preview() {
    for tags in [&[(50706, 0x0000_0401)][..], &[(254, 1), (330, 8)]] {
        let error = decode(&Tiff::new().page((8, 8), 8, &[9; 64], tags).0).unwrap_err();
        assert!(error.to_string().contains("RAW"), "{error}");
    }
}

#[test]
fn jpeg_and_zstandard_inside_a_tiff_are_read() {
    let inside = jpeg(&quarters());
    // The encoder stores brightness and two differences, which `image` itself refuses.
    let pixels = vec![0; 48 * 32 * 3];
    let whole = Tiff::new().page((48, 32), 8, &pixels, &[]).0;
    assert!(decode(&whole).is_ok());
    let strip = |bytes: &[u8], compression: u32, photometric: u32| {
        let mut tiff = Tiff::new();
        let at = tiff.0.len() as u32;
        tiff.0.extend_from_slice(bytes);
        let tags = [(259, compression), (262, photometric), (273, at), (279, bytes.len() as u32)];
        tiff.page((48, 32), 8, &pixels, &tags).0
    };
    let sample = decode(&strip(&inside, 7, 6)).unwrap();
    let due = decode(&inside).unwrap();
    assert!(largest_difference(sample.pixels(), due.pixels()) <= 4);
    // A Zstandard frame with one raw block: magic, no checksum, single segment, size in 4 bytes.
    let raw = quarters().into_raw();
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
    frame.extend_from_slice(&(raw.len() as u32).to_le_bytes());
    frame.extend_from_slice(&((raw.len() as u32) << 3 | 1).to_le_bytes()[..3]);
    frame.extend_from_slice(&raw);
    assert_eq!(decode(&strip(&frame, 50_000, 2)).unwrap().pixels(), &quarters());
    // An unsupported compression is named in the error.
    let error = decode(&strip(&raw, 34_925, 2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedFormat, "{error}");
    assert!(error.to_string().contains("LZMA"), "{error}");
}

#[test]
fn wide_gamuts_are_brought_to_srgb_and_srgb_is_left_alone() {
    let png = |profile: &moxcms::ColorProfile| {
        use image::ImageEncoder;
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        encoder.set_icc_profile(profile.encode().unwrap()).unwrap();
        let pixels = quarters();
        encoder.write_image(&pixels, 48, 32, image::ExtendedColorType::Rgb8).unwrap();
        bytes
    };
    let srgb = decode(&png(&moxcms::ColorProfile::new_srgb())).unwrap();
    assert_eq!(srgb.pixels(), &quarters());
    for wide in [moxcms::ColorProfile::new_display_p3(), moxcms::ColorProfile::new_adobe_rgb()] {
        let sample = decode(&png(&wide)).unwrap();
        let (red, grey) = (sample.pixels().get_pixel(2, 2).0, sample.pixels().get_pixel(40, 24).0);
        // The same values mean a stronger red, of which sRGB shows the strongest that it has.
        assert!(red[0] > 205 && red[1] < 30, "{red:?}");
        assert!(grey.iter().all(|c| c.abs_diff(220) <= 1), "{grey:?}");
    }
}

#[test]
fn a_jpeg_of_several_views_says_so_and_one_with_a_map_of_brightness_does_not() {
    let index = |kinds: &[u32]| {
        let mut mpf = b"MPF\0II*\0\x08\0\0\0\x01\0".to_vec();
        mpf.extend_from_slice(&0xb002_u16.to_le_bytes());
        mpf.extend_from_slice(&7_u16.to_le_bytes());
        mpf.extend_from_slice(&(16 * kinds.len() as u32).to_le_bytes());
        mpf.extend_from_slice(&26_u32.to_le_bytes());
        mpf.extend_from_slice(&[0; 4]);
        for kind in kinds {
            mpf.extend_from_slice(&kind.to_le_bytes());
            mpf.extend_from_slice(&[0; 12]);
        }
        with_segment(&jpeg(&quarters()), 0xe2, &mpf)
    };
    let pages =
        |bytes: &[u8]| EncodedSample::from_bytes(bytes, &DecodeLimits::default()).unwrap().pages();
    assert_eq!(pages(&index(&[0x0002_0002, 0x0002_0002])), 2);
    assert_eq!(pages(&index(&[0x0003_0000, 0x0000_0000])), 1);
    assert_eq!(pages(&index(&[0x0003_0000, 0x0001_0001])), 1);
}

#[test]
fn cut_files_are_errors_in_every_format() {
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
    ] {
        let bytes = encode(&DynamicImage::ImageRgb8(quarters()), format);
        for share in [2, 3, 10] {
            let cut = &bytes[..bytes.len() - bytes.len() / share];
            assert!(decode(cut).is_err(), "{format:?} without its last 1/{share}");
        }
    }
}

#[test]
fn a_jpeg_with_a_thumbnail_is_still_found_to_be_cut() {
    let thumbnail = jpeg(&RgbImage::new(8, 8));
    let whole = with_segment(&jpeg(&quarters()), 0xe2, &thumbnail);
    assert!(decode(&whole).is_ok());
    assert_eq!(kind(&whole[..whole.len() - 40]), ErrorKind::Corrupt);
}

#[test]
fn bytes_behind_a_jpegs_end_do_no_harm() {
    let bytes = [jpeg(&quarters()), b"maker's notes".to_vec(), jpeg(&quarters())].concat();
    assert_eq!(decode(&bytes).unwrap().pixels().dimensions(), (48, 32));
}

#[test]
fn one_pixel_is_a_picture() {
    let sample = decode(&encode(&DynamicImage::ImageRgb8(RgbImage::new(1, 1)), ImageFormat::Png));
    assert_eq!(sample.unwrap().pixels().dimensions(), (1, 1));
}

#[test]
fn a_missing_file_and_a_folder_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nobody.jpg");
    let limits = DecodeLimits::default();
    let error = EncodedSample::from_path(&missing, &limits).unwrap_err();
    assert!(error.to_string().contains("nobody.jpg"), "{error}");
    assert!(EncodedSample::from_path(folder.path(), &limits).is_err());
}

#[test]
fn reduced_decoding_shows_the_same_picture() {
    let smooth = RgbImage::from_fn(640, 480, |x, y| Rgb([(x / 3) as u8, (y / 2) as u8, 90]));
    let bytes = jpeg(&smooth);
    let encoded = EncodedSample::from_bytes(&bytes, &DecodeLimits::default()).unwrap();
    let half = encoded.decode_reduced(2).unwrap();
    let averaged = image::imageops::thumbnail(encoded.decode().unwrap().pixels(), 320, 240);
    assert!(largest_difference(half.pixels(), &averaged) <= 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn flipped_bits_never_panic(at in 0.0..1.0_f64, bit in 0..8_u8, which in 0..5_usize) {
        let format = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp,
            ImageFormat::Tiff][which];
        let mut bytes = encode(&DynamicImage::ImageRgb8(quarters()), format);
        let index = (at * bytes.len() as f64) as usize;
        bytes[index] ^= 1 << bit;
        if let Ok(sample) = decode(&bytes) {
            prop_assert!(sample.pixels().width() > 0);
        }
    }

    #[test]
    fn random_bytes_behind_a_known_start_never_panic(
        tail in proptest::collection::vec(any::<u8>(), 0..300), which in 0..5_usize,
    ) {
        let start: &[u8] = [b"\xff\xd8\xff\xe0".as_slice(), b"\x89PNG\r\n\x1a\n", b"RIFF\x20\0\0\0WEBP",
            b"BM", b"II*\0"][which];
        let _ = decode(&[start, &tail].concat());
    }
}
