//! Frames of a session from where they lie: a folder of pictures, an animated picture, or a pipe.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, DynamicImage, RgbImage};

use crate::sample::{DecodeLimits, EncodedSample};
use crate::{Error, ErrorKind, Result, Stage};

/// Frames that are read of one source, at most; a session looks at fewer.
const MOST_FRAMES: usize = 4000;
/// The file of a folder that says when its pictures were taken.
const TIMES: &str = "timestamps.csv";
/// Names of pictures in a folder end like this.
const ENDINGS: [&str; 6] = ["jpg", "jpeg", "png", "webp", "bmp", "tiff"];

/// A frame and its time since the first one's clock began.
pub type TimedFrame = (RgbImage, Duration);

/// Frames one after the other; an iterator, of which one is in memory at a time (of an animated
/// picture, what its format needs).
pub struct Frames {
    inner: Box<dyn Iterator<Item = Result<TimedFrame>>>,
}

impl std::fmt::Debug for Frames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frames").finish_non_exhaustive()
    }
}

impl Frames {
    /// The frames of a folder, in the order of their names, or of an animated picture (GIF, PNG or
    /// WebP).
    ///
    /// A folder's file `timestamps.csv`, with the columns `file` and `ms`, says when each picture was
    /// taken; without it they are `1/fps` seconds apart. Files that are no pictures are passed
    /// over. An animated picture says itself how long each frame is shown.
    ///
    /// # Errors
    ///
    /// There is no such folder or file, it holds no frames, `timestamps.csv` is malformed, or a
    /// frame can't be read: the frame's own item is then the error, which names the file.
    pub fn open(path: &Path, fps: f64, limits: &DecodeLimits) -> Result<Frames> {
        check_fps(fps)?;
        if path.is_dir() { folder(path, fps, *limits) } else { animation(path, *limits) }
    }

    /// The frames of a pipe: binary PPM pictures (`P6`), one after the other, as
    /// `ffmpeg -i VIDEO -f image2pipe -c:v ppm -` writes them, `1/fps` seconds apart.
    ///
    /// # Errors
    ///
    /// A rate that is none. A malformed or truncated picture is an error in its own place.
    pub fn piped(input: impl Read + 'static, fps: f64, limits: &DecodeLimits) -> Result<Frames> {
        check_fps(fps)?;
        let limits = *limits;
        let mut input = BufReader::new(input);
        let mut number = 0_u64;
        let mut broken = false;
        let inner = std::iter::from_fn(move || {
            if broken {
                return None;
            }
            let frame = read_ppm(&mut input, &limits).transpose()?;
            number += 1;
            broken = frame.is_err();
            let at = Duration::from_secs_f64((number - 1) as f64 / fps);
            let named = |error: Error| error.in_file(format!("frame {number} of the pipe"));
            Some(frame.map(|image| (image, at)).map_err(named))
        });
        Ok(Frames { inner: Box::new(inner.take(MOST_FRAMES)) })
    }
}

impl Iterator for Frames {
    type Item = Result<TimedFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        self.inner.next()
    }
}

fn check_fps(fps: f64) -> Result<()> {
    if fps.is_finite() && (0.1..=1000.0).contains(&fps) {
        return Ok(());
    }
    let message = format!("{fps} is no number of frames a second");
    Err(Error::new(ErrorKind::InvalidArgument, Stage::Liveness, message).next("try --fps 15"))
}

fn corrupt(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt, Stage::Decode, message).next("record the frames again")
}

fn folder(path: &Path, fps: f64, limits: DecodeLimits) -> Result<Frames> {
    let entries = fs::read_dir(path).map_err(|cause| Error::io(Stage::Liveness, path, cause))?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let file = entry.map_err(|cause| Error::io(Stage::Liveness, path, cause))?.path();
        let ending = file.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        if ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            Stage::Liveness,
            "no pictures in this folder",
        )
        .in_path(path)
        .next("put the frames there as JPEG or PNG, named so that their order is theirs"));
    }
    if files.len() > MOST_FRAMES {
        let message = format!("{} pictures, and a session has at most {MOST_FRAMES}", files.len());
        return Err(Error::new(ErrorKind::LimitExceeded, Stage::Liveness, message)
            .in_path(path)
            .next("leave only the frames of this session there, or take fewer a second"));
    }
    let times = path.join(TIMES);
    let timed: Vec<(PathBuf, Duration)> = if times.is_file() {
        stated_times(&times, path)?
    } else {
        let at = |n: usize| Duration::from_secs_f64(n as f64 / fps);
        files.into_iter().enumerate().map(|(n, file)| (file, at(n))).collect()
    };
    let inner = timed.into_iter().map(move |(file, at)| {
        let sample = EncodedSample::from_path(&file, &limits)
            .and_then(|encoded| encoded.decode())
            .map_err(|error| error.in_path(&file))?;
        Ok((sample.pixels().clone(), at))
    });
    Ok(Frames { inner: Box::new(inner) })
}

#[derive(serde::Deserialize)]
struct StatedTime {
    file: String,
    ms: u64,
}

/// The pictures and times that `timestamps.csv` lists, in its order.
fn stated_times(times: &Path, folder: &Path) -> Result<Vec<(PathBuf, Duration)>> {
    let malformed = |line: u64, message: String| {
        Error::new(ErrorKind::InvalidRecord, Stage::Liveness, message)
            .in_path(times)
            .at_line(line)
            .next("write `file,ms` above, and a file's name and milliseconds in each row")
    };
    let mut reader =
        csv::Reader::from_path(times).map_err(|cause| malformed(1, cause.to_string()))?;
    let mut timed = Vec::new();
    for (line, row) in (2..).zip(reader.deserialize()) {
        let row: StatedTime =
            row.map_err(|cause: csv::Error| malformed(line, cause.to_string()))?;
        let name = Path::new(&row.file);
        if name.components().count() != 1 || name.is_absolute() || row.file == ".." {
            return Err(malformed(line, format!("`{}` is no file of this folder", row.file)));
        }
        if timed.len() >= MOST_FRAMES {
            return Err(malformed(line, format!("more than {MOST_FRAMES} frames")));
        }
        timed.push((folder.join(name), Duration::from_millis(row.ms)));
    }
    Ok(timed)
}

fn animation(path: &Path, limits: DecodeLimits) -> Result<Frames> {
    let bytes = crate::sample::read_within(path, &limits)?;
    let decoding =
        |cause: image::ImageError| corrupt("this animated picture can't be read").caused_by(cause);
    let format = image::guess_format(&bytes).ok();
    let cursor = std::io::Cursor::new(bytes);
    let named = |error: Error| error.in_path(path);
    let refuse = |what: &str| {
        Error::new(ErrorKind::UnsupportedFormat, Stage::Decode, what.to_owned())
            .in_path(path)
            .next("give a folder of frames, an animated GIF, PNG or WebP, or pipe a video: `ffmpeg -i VIDEO -f image2pipe -c:v ppm - | evenmatch challenge check --frames - …`")
    };
    let frames = match format {
        Some(image::ImageFormat::Gif) => {
            let mut decoder = GifDecoder::new(cursor).map_err(decoding).map_err(named)?;
            limit(&mut decoder, &limits).map_err(named)?;
            decoder.into_frames()
        }
        Some(image::ImageFormat::Png) => {
            let mut decoder = PngDecoder::new(cursor).map_err(decoding).map_err(named)?;
            limit(&mut decoder, &limits).map_err(named)?;
            if !decoder.is_apng().map_err(decoding).map_err(named)? {
                return Err(refuse("this is a single picture, and a session has many"));
            }
            decoder.apng().map_err(decoding).map_err(named)?.into_frames()
        }
        Some(image::ImageFormat::WebP) => {
            let mut decoder = WebPDecoder::new(cursor).map_err(decoding).map_err(named)?;
            limit(&mut decoder, &limits).map_err(named)?;
            if !decoder.has_animation() {
                return Err(refuse("this is a single picture, and a session has many"));
            }
            decoder.into_frames()
        }
        _ => return Err(refuse("this is no animated picture in a format that is read here")),
    };
    let mut at = Duration::ZERO;
    let file = path.display().to_string();
    let inner = frames.take(MOST_FRAMES).map(move |frame| {
        let frame = frame.map_err(|cause| decoding(cause).in_file(file.clone()))?;
        let began = at;
        at += Duration::from(frame.delay());
        Ok((DynamicImage::ImageRgba8(frame.into_buffer()).into_rgb8(), began))
    });
    Ok(Frames { inner: Box::new(inner) })
}

fn limit(decoder: &mut impl image::ImageDecoder, limits: &DecodeLimits) -> Result<()> {
    let (width, height) = decoder.dimensions();
    check_size(width.into(), height.into(), limits)?;
    let mut most = image::Limits::default();
    most.max_alloc = Some(limits.max_decoded_bytes);
    decoder
        .set_limits(most)
        .map_err(|cause| corrupt("this picture asks for too much").caused_by(cause))
}

fn check_size(width: u64, height: u64, limits: &DecodeLimits) -> Result<()> {
    let pixels = width.saturating_mul(height);
    if pixels == 0 {
        return Err(corrupt("a frame without pixels"));
    }
    if pixels > limits.max_pixels {
        let message = format!("a frame of {pixels} pixels, and the limit is {}", limits.max_pixels);
        return Err(Error::new(ErrorKind::LimitExceeded, Stage::Decode, message)
            .next("send smaller frames: 640×480 is enough"));
    }
    Ok(())
}

/// The next picture of a pipe; `None` at its end.
fn read_ppm(input: &mut impl BufRead, limits: &DecodeLimits) -> Result<Option<RgbImage>> {
    let io = |cause: std::io::Error| corrupt("the pipe ended within a picture").caused_by(cause);
    let mut magic = [0; 2];
    if input.fill_buf().map_err(io)?.is_empty() {
        return Ok(None);
    }
    input.read_exact(&mut magic).map_err(io)?;
    if &magic != b"P6" {
        return Err(corrupt("this is no binary PPM picture (P6)")
            .next("pipe frames so: ffmpeg -i VIDEO -f image2pipe -c:v ppm -"));
    }
    let [width, height, most] = [number(input)?, number(input)?, number(input)?];
    if most != 255 {
        return Err(corrupt(format!("its largest value is {most}, and 255 is read here")));
    }
    check_size(width.into(), height.into(), limits)?;
    // No more is set aside than the limit on pixels allows.
    let mut pixels = vec![0; 3 * width as usize * height as usize];
    input.read_exact(&mut pixels).map_err(io)?;
    Ok(RgbImage::from_raw(width, height, pixels))
}

/// A decimal number of a PPM header, with the one blank that ends it; comments are passed over.
fn number(input: &mut impl BufRead) -> Result<u32> {
    let io = |cause: std::io::Error| corrupt("the pipe ended within a header").caused_by(cause);
    let mut digits = String::new();
    loop {
        let mut byte = [0];
        input.read_exact(&mut byte).map_err(io)?;
        match byte[0] {
            b'#' if digits.is_empty() => {
                let mut comment = Vec::new();
                input.take(4096).read_until(b'\n', &mut comment).map_err(io)?;
            }
            digit @ b'0'..=b'9' if digits.len() < 6 => digits.push(digit.into()),
            b' ' | b'\n' | b'\r' | b'\t' if digits.is_empty() => {}
            b' ' | b'\n' | b'\r' | b'\t' => break,
            _ => return Err(corrupt("the header of a picture is malformed")),
        }
    }
    digits.parse().map_err(|_| corrupt("the header of a picture is malformed"))
}
