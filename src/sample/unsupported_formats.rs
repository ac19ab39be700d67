//! Unsupported formats that people send, recognised by their first bytes, and what to do instead.

/// The name of a format, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnsupportedFormat {
    pub(super) what: &'static str,
    pub(super) way_out: &'static str,
}

const HEIC: &str = "save it as a JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible), or \
                    convert it: heif-convert PHOTO.heic PHOTO.jpg";
const AVIF: &str = "convert it: avifdec PHOTO.avif PHOTO.png";
const JPEG_2000: &str = "convert it: opj_decompress -i PHOTO.jp2 -o PHOTO.png";
const JPEG_XL: &str = "convert it: djxl PHOTO.jxl PHOTO.png";
const MAGICK: &str = "convert it: magick PHOTO PHOTO.png";
const RAW: &str = "export the photo as a JPEG from the camera or its program";
const EXPORT: &str = "export it as a PNG from the program that made it";
const PAGE: &str = "export only the photo as a PNG or JPEG: pdfimages -all FILE photo";
const FRAME: &str = "take one frame of it: ffmpeg -i VIDEO -frames:v 1 PHOTO.png";
const UNPACK: &str = "unpack it, and name a photo in it";
const PHOTO: &str = "send a JPEG, PNG, WebP, BMP or TIFF";
const DOWNLOAD: &str = "download the photo itself: this is the page or message that it was in";
const TEXT: &str = "decode it first: base64 -d FILE > PHOTO.jpg";
const GIF: &str = "save one of its frames as a PNG; the frames of a challenge may be a GIF: challenge \
                   check --frames";

/// First bytes, their offset, what the file is, what to do. The first that fits counts.
const MAGIC: &[(&[u8], usize, &str, &str)] = &[
    (b"GIF87a", 0, "a GIF", GIF),
    (b"GIF89a", 0, "a GIF", GIF),
    // ISO base media, by brand.
    (b"ftypheic", 4, "a HEIC photo", HEIC),
    (b"ftypheix", 4, "a HEIC photo", HEIC),
    (b"ftypheim", 4, "a HEIC photo", HEIC),
    (b"ftypheis", 4, "a HEIC photo", HEIC),
    (b"ftyphevc", 4, "a HEIC sequence", HEIC),
    (b"ftyphevx", 4, "a HEIC sequence", HEIC),
    (b"ftypmif1", 4, "a HEIF photo", HEIC),
    (b"ftypmif2", 4, "a HEIF photo", HEIC),
    (b"ftypmsf1", 4, "a HEIF sequence", HEIC),
    (b"ftypavif", 4, "an AVIF image", AVIF),
    (b"ftypavis", 4, "an AVIF sequence", AVIF),
    (b"ftypjp2 ", 4, "a JPEG 2000 image", JPEG_2000),
    (b"ftypcrx ", 4, "a camera's RAW file (Canon CR3)", RAW),
    (b"ftyp", 4, "a video", FRAME),
    // The JPEG family.
    (b"\0\0\0\x0cjP  \r\n\x87\n", 0, "a JPEG 2000 image (JP2)", JPEG_2000),
    (b"\xff\x4f\xff\x51", 0, "a JPEG 2000 image (a bare codestream)", JPEG_2000),
    (b"\0\0\0\x0cJXL \r\n\x87\n", 0, "a JPEG XL image", JPEG_XL),
    (b"\xff\x0a", 0, "a JPEG XL image", JPEG_XL),
    (b"\xff\xd8\xff\xf7", 0, "a JPEG-LS image", MAGICK),
    (b"II\xbc", 0, "a JPEG XR image", "convert it: JxrDecApp -i PHOTO.jxr -o PHOTO.tif"),
    (b"\xff\xa0\xff", 0, "a fingerprint (WSQ)", PHOTO),
    // Relatives of TIFF, and cameras' own formats.
    (b"II\x2b\0", 0, "a BigTIFF", "convert it: tiffcp PHOTO.tif SMALL.tif (without -8)"),
    (b"MM\0\x2b", 0, "a BigTIFF", "convert it: tiffcp PHOTO.tif SMALL.tif (without -8)"),
    (b"CR\x02", 8, "a camera's RAW file (Canon CR2)", RAW),
    (b"HEAPCCDR", 6, "a camera's RAW file (Canon CRW)", RAW),
    (b"FUJIFILMCCD-RAW", 0, "a camera's RAW file (Fujifilm RAF)", RAW),
    (b"IIRO", 0, "a camera's RAW file (Olympus ORF)", RAW),
    (b"IIRS", 0, "a camera's RAW file (Olympus ORF)", RAW),
    (b"MMOR", 0, "a camera's RAW file (Olympus ORF)", RAW),
    (b"IIU\0", 0, "a camera's RAW file (Panasonic RW2)", RAW),
    (b"\0MRM", 0, "a camera's RAW file (Minolta MRW)", RAW),
    (b"FOVb", 0, "a camera's RAW file (Sigma X3F)", RAW),
    // Programs' formats.
    (b"8BPS", 0, "a Photoshop document (PSD)", EXPORT),
    (b"gimp xcf", 0, "a GIMP image (XCF)", EXPORT),
    (b"%PDF", 0, "a PDF document", PAGE),
    (b"%!PS", 0, "a PostScript document", PAGE),
    (b"\xc5\xd0\xd3\xc6", 0, "a PostScript document (EPS)", PAGE),
    (
        b"AT&TFORM",
        0,
        "a DjVu document",
        "convert a page: ddjvu -format=tiff -page=1 FILE PHOTO.tif",
    ),
    (b"\0\0\x01\0", 0, "an icon (ICO)", MAGICK),
    (b"icns", 0, "an icon (ICNS)", MAGICK),
    (b"P7\n", 0, "a PAM image", MAGICK),
    (b"P7 332", 0, "an xv thumbnail", MAGICK),
    (b"qoif", 0, "a QOI image", MAGICK),
    (b"farbfeld", 0, "a farbfeld image", MAGICK),
    (b"DDS ", 0, "a DirectDraw surface (DDS)", MAGICK),
    (b"\x76\x2f\x31\x01", 0, "an OpenEXR image", MAGICK),
    (b"#?RADIANCE", 0, "a Radiance image (HDR)", MAGICK),
    (b"#?RGBE", 0, "a Radiance image (HDR)", MAGICK),
    (b"BPG\xfb", 0, "a BPG image", "convert it: bpgdec -o PHOTO.png PHOTO.bpg"),
    (b"FLIF", 0, "a FLIF image", MAGICK),
    (b"\x8aMNG", 0, "an MNG animation", FRAME),
    (b"\x01\xda", 0, "an SGI image", MAGICK),
    (b"\x59\xa6\x6a\x95", 0, "a Sun raster image", MAGICK),
    (b"id=ImageMagick", 0, "a MIFF image", MAGICK),
    (b"/* XPM */", 0, "an XPM image", MAGICK),
    (b"SIMPLE  =", 0, "a FITS image", MAGICK),
    (b"DICM", 128, "a DICOM image", "convert it: dcm2img FILE PHOTO.png"),
    (b"\xd7\xcd\xc6\x9a", 0, "a Windows metafile (WMF)", MAGICK),
    (b"\x93NUMPY", 0, "a NumPy array", "save it as a PNG: PIL.Image.fromarray(array).save(…)"),
    (b"\x89HDF", 0, "an HDF5 file", UNPACK),
    (b"PAR1", 0, "a Parquet file", UNPACK),
    // Videos and sound.
    (b"\x1aE\xdf\xa3", 0, "a video (WebM or Matroska)", FRAME),
    (b"AVI ", 8, "a video (AVI)", FRAME),
    (b"moov", 4, "a video (QuickTime)", FRAME),
    (b"mdat", 4, "a video (QuickTime)", FRAME),
    (b"\0\0\x01\xba", 0, "a video (MPEG)", FRAME),
    (b"FLV\x01", 0, "a video (FLV)", FRAME),
    (b"OggS", 0, "a video or sound (Ogg)", FRAME),
    (b"WAVE", 8, "a sound (WAV)", PHOTO),
    // Archives.
    (b"PK\x03\x04", 0, "an archive or an office document (ZIP)", UNPACK),
    (b"\x1f\x8b", 0, "a file compressed by gzip", "unpack it: gunzip FILE.gz"),
    (b"7z\xbc\xaf\x27\x1c", 0, "an archive (7z)", UNPACK),
    (b"Rar!", 0, "an archive (RAR)", UNPACK),
    (b"\xfd7zXZ\0", 0, "a file compressed by xz", "unpack it: unxz FILE.xz"),
    (b"\x28\xb5\x2f\xfd", 0, "a file compressed by Zstandard", "unpack it: unzstd FILE.zst"),
    (b"ustar", 257, "an archive (tar)", UNPACK),
    // A web page's answers in binary, and what is saved in place of a file.
    (b"bplist00", 0, "an Apple property list or web archive", DOWNLOAD),
];

/// Text that is found in a file instead of a photo, in lower case, from its beginning.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "version https://git-lfs.github.com/",
        "a Git LFS pointer, not the photo",
        "fetch the photo itself: git lfs pull",
    ),
    (
        "version https://hawser.github.com/",
        "a Git LFS pointer, not the photo",
        "fetch the photo itself: git lfs pull",
    ),
    (
        "/annex/objects/",
        "a git-annex pointer, not the photo",
        "fetch the photo itself: git annex get FILE",
    ),
    ("outs:", "a DVC pointer, not the photo", "fetch the photo itself: dvc pull"),
    ("<!doctype html", "a web page (HTML)", DOWNLOAD),
    ("<html", "a web page (HTML)", DOWNLOAD),
    ("<head", "a web page (HTML)", DOWNLOAD),
    ("<svg", "an SVG drawing", "convert it: rsvg-convert FILE.svg -o PHOTO.png"),
    ("<?xml", "an XML document", DOWNLOAD),
    ("http/1.", "a web server's response", DOWNLOAD),
    ("http/2", "a web server's response", DOWNLOAD),
    ("{\"", "a JSON document", DOWNLOAD),
    ("{\n", "a JSON document", DOWNLOAD),
    (
        "data:image/",
        "a photo written as text (a data URL)",
        "decode the part after the comma: base64 -d",
    ),
    ("/9j/4", "a JPEG written as text (base64)", TEXT),
    (
        "ivborw0kggo",
        "a PNG written as text (base64)",
        "decode it first: base64 -d FILE > PHOTO.png",
    ),
    ("-----begin", "a key or a certificate", PHOTO),
    ("path,", "a list (CSV)", "name one photo; embed, batch and audit take lists"),
];

/// The format of bytes that are certainly not in a supported one.
pub(super) fn name(bytes: &[u8]) -> Option<UnsupportedFormat> {
    let magic = MAGIC.iter().find(|(magic, at, ..)| {
        bytes.get(*at..*at + magic.len()).is_some_and(|found| found == *magic)
    });
    if let Some((_, _, what, way_out)) = magic {
        return Some(UnsupportedFormat { what, way_out });
    }
    portable_map(bytes).or_else(|| words(bytes))
}

/// An image of the PBM family: `P1` to `P6`, a blank, and a number or a comment.
fn portable_map(bytes: &[u8]) -> Option<UnsupportedFormat> {
    let [b'P', kind @ (b'1'..=b'6' | b'F' | b'f'), blank, next, ..] = bytes else { return None };
    if !blank.is_ascii_whitespace()
        || !(next.is_ascii_digit() || next.is_ascii_whitespace() || *next == b'#')
    {
        return None;
    }
    let what = match kind {
        b'1' | b'4' => "a PBM image",
        b'2' | b'5' => "a PGM image",
        b'3' | b'6' => "a PPM image",
        _ => "a PFM image",
    };
    Some(UnsupportedFormat { what, way_out: MAGICK })
}

fn words(bytes: &[u8]) -> Option<UnsupportedFormat> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head: String =
        bytes.trim_ascii_start().iter().take(512).map(|b| b.to_ascii_lowercase() as char).collect();
    // A web server's response may be followed by the photo itself.
    let is_text = bytes.iter().take(512).all(|byte| *byte >= b' ' || byte.is_ascii_whitespace());
    if !is_text {
        return None;
    }
    if head.contains(".git/annex/objects/") {
        let (_, what, way_out) = WORDS[2];
        return Some(UnsupportedFormat { what, way_out });
    }
    if head.starts_with("<?xml") && head.contains("<svg") {
        let (_, what, way_out) = WORDS[7];
        return Some(UnsupportedFormat { what, way_out });
    }
    let (_, what, way_out) = WORDS.iter().find(|(start, ..)| head.starts_with(start))?;
    Some(UnsupportedFormat { what, way_out })
}

/// What bytes seem to be if no format's first bytes identify them: a TGA has none, and neither does
/// plain text.
pub(super) fn guess(bytes: &[u8]) -> Option<UnsupportedFormat> {
    if bytes.ends_with(b"TRUEVISION-XFILE.\0") || looks_like_tga(bytes) {
        return Some(UnsupportedFormat { what: "a TGA image", way_out: MAGICK });
    }
    if matches!(bytes, [0, 0, 2, 0, images, ..] if *images > 0) {
        return Some(UnsupportedFormat { what: "a cursor (CUR)", way_out: MAGICK });
    }
    if matches!(bytes, [0x0a, 0..=5, 1, 1 | 2 | 4 | 8, ..]) {
        return Some(UnsupportedFormat { what: "a PCX image", way_out: MAGICK });
    }
    let head = &bytes[..bytes.len().min(512)];
    let is_text = std::str::from_utf8(head).is_ok_and(|text| !text.contains('\0'));
    is_text.then_some(UnsupportedFormat { what: "text, not an image", way_out: PHOTO })
}

/// Whether this can be the header of a TGA without a footer: every field has a possible value.
fn looks_like_tga(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..18) else { return false };
    let number = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let (map, kind, depth) = (header[1], header[2], header[16]);
    let mapped = matches!(kind, 1 | 9);
    let known = matches!(kind, 1 | 2 | 3 | 9 | 10 | 11) && map == u8::from(mapped);
    let plain = mapped || header[3..8].iter().all(|byte| *byte == 0);
    let sides = (1..=32_768).contains(&number(12)) && (1..=32_768).contains(&number(14));
    known && plain && sides && matches!(depth, 8 | 15 | 16 | 24 | 32) && header[17] & 0xc0 == 0
}
