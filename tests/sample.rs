//! Decoding: formats, orientations, colour layouts, limits and damaged bytes. All pictures are
//! made here.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod common;

use common::pictures::{self, encode, jpeg, oriented_jpeg, stored_as, with_segment};
use evenmatch::{DecodeLimits, EncodedSample, ErrorKind, Result, Sample};
use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

/// 48×32, each quarter of another colour, so that every turn and flip can be told.
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
    decode(bytes).expect_err("these bytes are no photo").kind()
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
        // Compared away from the edges between colours, where JPEG rings.
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
    // libjpeg marks CMYK with an Adobe segment of its own accord; the plain variant loses it.
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
        DecodeLimits { max_pixels: 48 * 32 - 1, ..default },
        DecodeLimits { max_decoded_bytes: 3 * 48 * 32 - 1, ..default },
        DecodeLimits { max_scans: 0, ..default },
    ] {
        assert_eq!(tight(limits), ErrorKind::LimitExceeded, "{limits:?}");
    }
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
