//! Writes one small picture of every format that is read, for the target `decode` to start from.
//!
//! ```text
//! cargo run --manifest-path fuzz/Cargo.toml --example seeds fuzz/corpus/decode
//! ```

use std::error::Error;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat, RgbImage};
use mozjpeg::{ColorSpace, Compress};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("name the folder to write to")?);
    std::fs::create_dir_all(&folder)?;
    let picture = RgbImage::from_fn(24, 20, |x, y| {
        image::Rgb([(x * 10) as u8, (y * 12) as u8, (x * y) as u8])
    });
    let all = DynamicImage::ImageRgb8(picture.clone());
    let kinds = [all.clone(), all.to_luma8().into(), all.to_rgba8().into(), all.to_rgb16().into()];
    use ImageFormat as F;
    for (number, kind) in kinds.iter().enumerate() {
        for format in [F::Png, F::Tiff, F::Bmp, F::WebP] {
            let mut bytes = Cursor::new(Vec::new());
            // Not every format holds every kind.
            if kind.write_to(&mut bytes, format).is_ok() {
                let name = format!("{number}.{}", format.extensions_str()[0]);
                std::fs::write(folder.join(name), bytes.into_inner())?;
            }
        }
    }
    for (name, progressive) in [("baseline.jpg", false), ("progressive.jpg", true)] {
        write_jpeg(&folder.join(name), ColorSpace::JCS_RGB, picture.as_raw(), progressive)?;
    }
    let grey = all.to_luma8();
    write_jpeg(&folder.join("grey.jpg"), ColorSpace::JCS_GRAYSCALE, grey.as_raw(), false)?;
    let inks = all.to_rgba8();
    write_jpeg(&folder.join("inks.jpg"), ColorSpace::JCS_CMYK, inks.as_raw(), false)
}

fn write_jpeg(
    path: &Path,
    colours: ColorSpace,
    pixels: &[u8],
    progressive: bool,
) -> Result<(), Box<dyn Error>> {
    let mut encoder = Compress::new(colours);
    encoder.set_size(24, 20);
    if progressive {
        encoder.set_progressive_mode();
    } else {
        encoder.set_fastest_defaults();
    }
    let mut started = encoder.start_compress(Vec::new())?;
    // An orientation tag, which the reader looks for.
    started.write_marker(
        mozjpeg::Marker::APP(1),
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0",
    );
    started.write_scanlines(pixels)?;
    std::fs::write(path, started.finish()?)?;
    Ok(())
}
