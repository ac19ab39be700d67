//! The frames of a session, from a folder of images, an animated image, or a pipe.

use std::cmp::Ordering;
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

/// The most frames to read from one source; a session examines fewer.
const MOST_FRAMES: usize = 4000;
/// The file in a folder that says when its images were taken.
const TIMES: &str = "timestamps.csv";
/// The extensions of image files in a folder.
const ENDINGS: [&str; 7] = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff"];

/// A frame and its time since the first one's clock started.
pub type TimedFrame = (RgbImage, Duration);

/// Frames one after the other: an iterator that has one in memory at a time (for an animated image,
/// what its format needs). `None` stands for a damaged frame that is skipped:
/// [`LivenessSession::skip`](super::LivenessSession::skip) counts it.
pub struct Frames {
    inner: Box<dyn Iterator<Item = Result<TimedFrame>>>,
    /// Whether any frame could be read.
    any: bool,
    /// The error of the first damaged frame, reported if every frame is damaged.
    first_fault: Option<Error>,
}

impl std::fmt::Debug for Frames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frames").finish_non_exhaustive()
    }
}

impl Frames {
    /// The frames of a folder, in the order of their names (numbers in them count as numbers:
    /// `frame2` comes before `frame10`), or of an animated image (GIF, PNG or WebP).
    ///
    /// A file `timestamps.csv` in the folder, with the columns `file` and `ms`, says when each
    /// image was taken; without it they are `1/fps` seconds apart. Files that are not images are
    /// skipped. An animated image itself says how long each frame is shown.
    ///
    /// # Errors
    ///
    /// There is no such folder or file, it contains no frames, or `timestamps.csv` is malformed. If
    /// a frame is missing or too large, or all frames are damaged, an item is the error, which
    /// names the file.
    pub fn open(path: &Path, fps: f64, limits: &DecodeLimits) -> Result<Frames> {
        check_fps(fps)?;
        if path.is_dir() { folder(path, fps, *limits) } else { animation(path, *limits) }
    }

    /// The frames of a pipe: binary PPM images (`P6`), one after the other, as written by `ffmpeg
    /// -i VIDEO -f image2pipe -c:v ppm -`, `1/fps` seconds apart.
    ///
    /// # Errors
    ///
    /// The rate is invalid. A malformed or truncated image is an error in its own position.
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
        Ok(Frames::of(inner.take(MOST_FRAMES)))
    }

    fn of(inner: impl Iterator<Item = Result<TimedFrame>> + 'static) -> Frames {
        Frames { inner: Box::new(inner), any: false, first_fault: None }
    }
}

impl Iterator for Frames {
    type Item = Result<Option<TimedFrame>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.inner.next() {
            Some(Ok(frame)) => {
                self.any = true;
                Some(Ok(Some(frame)))
            }
            Some(Err(error)) if is_damage(error.kind()) => {
                self.first_fault.get_or_insert(error);
                Some(Ok(None))
            }
            Some(Err(error)) => Some(Err(error)),
            None if self.any => None,
            None => self.first_fault.take().map(Err),
        }
    }
}

/// Whether the error is about one frame, and not about all of them.
fn is_damage(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Corrupt | ErrorKind::UnsupportedFormat)
}

/// The order in which people sort names with numbers: consecutive digits count as one number. Equal
/// numbers are ordered by their leading zeros, so that no two names are equal.
fn by_number(a: &Path, b: &Path) -> Ordering {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (a_name, b_name) = (name(a), name(b));
    let (mut left, mut right) = (a_name.as_str(), b_name.as_str());
    loop {
        let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (x, y) = (number_at(&mut left), number_at(&mut right));
            x.len().cmp(&y.len()).then_with(|| x.cmp(y))
        } else {
            (left, right) = (&left[x.len_utf8()..], &right[y.len_utf8()..]);
            x.cmp(&y)
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Takes the digits from the start of a text and returns them without leading zeros.
fn number_at<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    *text = rest;
    digits.trim_start_matches('0')
}

fn check_fps(fps: f64) -> Result<()> {
    if fps.is_finite() && (0.1..=1000.0).contains(&fps) {
        return Ok(());
    }
    let message = format!("{fps} is not a valid number of frames per second");
    Err(Error::new(ErrorKind::InvalidArgument, Stage::Liveness, message)
        .next("set a rate such as --fps 15"))
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
    files.sort_by(|a, b| by_number(a, b));
    if files.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            Stage::Liveness,
            "there are no images in this folder",
        )
        .in_path(path)
        .next("put the frames there as JPEG or PNG files whose names sort in order"));
    }
    if files.len() > MOST_FRAMES {
        let message =
            format!("there are {} images, and a session has at most {MOST_FRAMES}", files.len());
        return Err(Error::new(ErrorKind::LimitExceeded, Stage::Liveness, message)
            .in_path(path)
            .next("leave only this session's frames there, or use fewer frames per second"));
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
    Ok(Frames::of(inner))
}

#[derive(serde::Deserialize)]
struct StatedTime {
    file: String,
    ms: u64,
}

/// The images and times that `timestamps.csv` lists, in its order.
fn stated_times(times: &Path, folder: &Path) -> Result<Vec<(PathBuf, Duration)>> {
    let malformed = |line: u64, message: String| {
        Error::new(ErrorKind::InvalidRecord, Stage::Liveness, message)
            .in_path(times)
            .at_line(line)
            .next("write `file,ms` in the first line, and a file name and milliseconds in each row")
    };
    let mut reader =
        csv::Reader::from_path(times).map_err(|cause| malformed(1, cause.to_string()))?;
    let mut timed = Vec::new();
    for (line, row) in (2..).zip(reader.deserialize()) {
        let row: StatedTime =
            row.map_err(|cause: csv::Error| malformed(line, cause.to_string()))?;
        let name = Path::new(&row.file);
        if name.components().count() != 1 || name.is_absolute() || row.file == ".." {
            return Err(malformed(line, format!("`{}` is not a file in this folder", row.file)));
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
        |cause: image::ImageError| corrupt("this animated image cannot be read").caused_by(cause);
    let format = image::guess_format(&bytes).ok();
    let cursor = std::io::Cursor::new(bytes);
    let named = |error: Error| error.in_path(path);
    let refuse = |what: &str| {
        Error::new(ErrorKind::UnsupportedFormat, Stage::Decode, what.to_owned())
            .in_path(path)
            .next("pass a folder of frames, an animated GIF, PNG or WebP, or pipe a video: `ffmpeg -i VIDEO -f image2pipe -c:v ppm - | evenmatch challenge check --frames - …`")
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
                return Err(refuse("this is a single image, and a session has many"));
            }
            decoder.apng().map_err(decoding).map_err(named)?.into_frames()
        }
        Some(image::ImageFormat::WebP) => {
            let mut decoder = WebPDecoder::new(cursor).map_err(decoding).map_err(named)?;
            limit(&mut decoder, &limits).map_err(named)?;
            if !decoder.has_animation() {
                return Err(refuse("this is a single image, and a session has many"));
            }
            decoder.into_frames()
        }
        _ => return Err(refuse("this is not an animated image in a supported format")),
    };
    let mut at = Duration::ZERO;
    let file = path.display().to_string();
    let inner = frames.take(MOST_FRAMES).map(move |frame| {
        let frame = frame.map_err(|cause| decoding(cause).in_file(file.clone()))?;
        let began = at;
        at += Duration::from(frame.delay());
        Ok((DynamicImage::ImageRgba8(frame.into_buffer()).into_rgb8(), began))
    });
    Ok(Frames::of(inner))
}

fn limit(decoder: &mut impl image::ImageDecoder, limits: &DecodeLimits) -> Result<()> {
    let (width, height) = decoder.dimensions();
    check_size(width.into(), height.into(), limits)?;
    let mut most = image::Limits::default();
    most.max_alloc = Some(limits.max_decoded_bytes);
    decoder
        .set_limits(most)
        .map_err(|cause| corrupt("this image needs too much memory").caused_by(cause))
}

fn check_size(width: u64, height: u64, limits: &DecodeLimits) -> Result<()> {
    let pixels = width.saturating_mul(height);
    if pixels == 0 {
        return Err(corrupt("a frame has no pixels"));
    }
    if pixels > limits.max_pixels {
        let message =
            format!("a frame has {pixels} pixels, and the limit is {}", limits.max_pixels);
        return Err(Error::new(ErrorKind::LimitExceeded, Stage::Decode, message)
            .next("send smaller frames: 640×480 is enough"));
    }
    Ok(())
}

/// The next image of a pipe; `None` at its end.
fn read_ppm(input: &mut impl BufRead, limits: &DecodeLimits) -> Result<Option<RgbImage>> {
    let io = |cause: std::io::Error| corrupt("the pipe ended within an image").caused_by(cause);
    let mut magic = [0; 2];
    if input.fill_buf().map_err(io)?.is_empty() {
        return Ok(None);
    }
    input.read_exact(&mut magic).map_err(io)?;
    if &magic != b"P6" {
        return Err(corrupt("this is not a binary PPM image (P6)")
            .next("pipe frames like this: ffmpeg -i VIDEO -f image2pipe -c:v ppm -"));
    }
    let [width, height, most] = [number(input)?, number(input)?, number(input)?];
    if most != 255 {
        return Err(corrupt(format!("its largest value is {most}, and only 255 is supported")));
    }
    check_size(width.into(), height.into(), limits)?;
    // No more memory is allocated than the limit on pixels allows.
    let mut pixels = vec![0; 3 * width as usize * height as usize];
    input.read_exact(&mut pixels).map_err(io)?;
    Ok(RgbImage::from_raw(width, height, pixels))
}

/// A decimal number of a PPM header, with the one blank that ends it; comments are skipped.
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
            _ => return Err(corrupt("the header of an image is malformed")),
        }
    }
    digits.parse().map_err(|_| corrupt("the header of an image is malformed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = ["frame10.png", "frame2.png", "frame1.png", "frame02.png", "a9b10", "a9b9"]
            .map(PathBuf::from);
        names.sort_by(|a, b| by_number(a, b));
        let due = ["a9b9", "a9b10", "frame1.png", "frame02.png", "frame2.png", "frame10.png"];
        assert_eq!(names, due.map(PathBuf::from));
    }

    fn save(folder: &Path, n: u32) {
        let picture = RgbImage::from_pixel(4, 4, image::Rgb([n as u8, 0, 0]));
        picture.save(folder.join(format!("frame{n}.png"))).unwrap();
    }

    #[test]
    fn frames_come_in_their_order_and_damaged_ones_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        for n in 1..=12 {
            save(folder.path(), n);
        }
        let whole = fs::read(folder.path().join("frame7.png")).unwrap();
        fs::write(folder.path().join("frame7.png"), &whole[..40]).unwrap();
        fs::write(folder.path().join("frame9.png"), "").unwrap();
        let frames = Frames::open(folder.path(), 10.0, &DecodeLimits::default()).unwrap();
        let seen: Vec<Option<(u8, u128)>> = frames
            .map(|frame| {
                frame.unwrap().map(|(image, at)| (image.get_pixel(0, 0)[0], at.as_millis()))
            })
            .collect();
        let due = (1..=12_u8).map(|n| (n != 7 && n != 9).then_some((n, u128::from(n - 1) * 100)));
        assert_eq!(seen, due.collect::<Vec<_>>());
    }

    #[test]
    fn frames_of_which_none_is_whole_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("frame1.png"), "no picture").unwrap();
        let mut frames = Frames::open(folder.path(), 10.0, &DecodeLimits::default()).unwrap();
        assert!(frames.next().unwrap().unwrap().is_none());
        let error = frames.next().unwrap().unwrap_err();
        assert!(error.to_string().contains("frame1.png"), "{error}");
        assert!(frames.next().is_none());
    }

    #[test]
    fn a_pipe_that_ends_within_a_picture_has_given_the_others() {
        let picture = [b"P6 2 2 255\n".as_slice(), &[7; 12]].concat();
        let bytes = [&picture[..], &picture[..15]].concat();
        let input = std::io::Cursor::new(bytes);
        let frames = Frames::piped(input, 10.0, &DecodeLimits::default()).unwrap();
        let seen: Vec<bool> = frames.map(|frame| frame.unwrap().is_some()).collect();
        assert_eq!(seen, [true, false]);
    }
}
