//! At which size the network sees the image, and when it looks again.

use std::borrow::Cow;

use fast_image_resize as fir;
use image::RgbImage;

use super::detection::Detection;
use crate::sample::Sample;
use crate::{Error, ErrorKind, Result, Stage};

/// Longer side, in pixels, of the first pass over a photo. The face of a selfie or portrait is then
/// 40 to 300 pixels high, where YuNet works best, at a quarter of the cost of 640.
const PLAIN_SIDE: u32 = 320;
/// Longer side of the pass for faces that were too small at first.
const FINER_SIDE: u32 = 1280;
/// YuNet misses faces higher than about 300 pixels of its input and becomes unsure before that.
const FRAME_FILLING: f32 = 256.0;
/// Below this distance between the eyes, in pixels of the input, landmarks are coarse.
const SMALL_INTER_EYE: f32 = 16.0;

/// What an attempt to find a face did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The image at its own size, or with its longer side reduced to 320 pixels.
    Plain,
    /// The longer side at up to 1,280 pixels: for faces that are small in the image.
    Finer,
    /// Half the size of the plain pass: for a face that fills the frame.
    Coarser,
    /// The size of the plain pass, smoothed in linear light with corrected exposure: variants one
    /// to eight.
    Light(u8),
    /// The size of the plain pass, turned clockwise by this many quarters.
    Turned(u8),
    /// The first face by itself, 84 pixels high, turned until it is upright.
    Levelled,
    /// No attempt: the policy's time for looking again was over.
    TimeLimit,
}

impl Step {
    /// The step's name in records.
    pub fn name(self) -> &'static str {
        match self {
            Step::Plain => "plain",
            Step::Finer => "finer",
            Step::Coarser => "coarser",
            Step::Light(1) => "light_1",
            Step::Light(2) => "light_2",
            Step::Light(3) => "light_3",
            Step::Light(4) => "light_4",
            Step::Light(5) => "light_5",
            Step::Light(6) => "light_6",
            Step::Light(7) => "light_7",
            Step::Light(_) => "light_8",
            Step::Turned(1) => "turned_90",
            Step::Turned(2) => "turned_180",
            Step::Turned(_) => "turned_270",
            Step::Levelled => "levelled",
            Step::TimeLimit => "time_limit",
        }
    }

    /// The image that the network sees, before padding.
    pub(super) fn image(self, sample: &Sample) -> Result<Cow<'_, RgbImage>> {
        let (width, height) = self.input_size(sample);
        if (width, height) == sample.pixels().dimensions() {
            return Ok(Cow::Borrowed(sample.pixels()));
        }
        Ok(Cow::Owned(resize(sample.pixels(), width, height)?))
    }

    /// Width and height, in pixels, of that image.
    pub(super) fn input_size(self, sample: &Sample) -> (u32, u32) {
        let (width, height) = sample.pixels().dimensions();
        let longer = width.max(height);
        let side = match self {
            Step::Plain | Step::Light(_) | Step::Turned(_) | Step::Levelled | Step::TimeLimit => {
                longer.min(PLAIN_SIDE)
            }
            Step::Finer => longer.min(FINER_SIDE),
            Step::Coarser => (longer.min(PLAIN_SIDE) / 2).max(1),
        };
        let scale = |length: u32| {
            let scaled = u64::from(length) * u64::from(side) + u64::from(longer) / 2;
            ((scaled / u64::from(longer)) as u32).max(1)
        };
        (scale(width), scale(height))
    }
}

/// The further passes that the plain one calls for.
pub(super) fn further_looks(found: &[Detection], sample: &Sample) -> &'static [Step] {
    let plain = Step::Plain.input_size(sample);
    let more_pixels = Step::Finer.input_size(sample) != plain;
    let largest =
        found.iter().max_by(|a, b| a.bounding_box.area().total_cmp(&b.bounding_box.area()));
    let Some(face) = largest else {
        return if more_pixels { &[Step::Coarser, Step::Finer] } else { &[Step::Coarser] };
    };
    let to_input = plain.0 as f32 / sample.full_width() as f32;
    if face.bounding_box.height() * to_input > FRAME_FILLING {
        &[Step::Coarser]
    } else if more_pixels && face.landmarks.inter_eye_distance() * to_input < SMALL_INTER_EYE {
        &[Step::Finer]
    } else {
        &[]
    }
}

/// Whether a further pass is better than the best one so far.
///
/// A pass for small faces that finds any has seen them with more pixels. A pass for a frame-filling
/// face must be surer of it, since the coarser image has fewer pixels.
pub(super) fn improves(faces: &[Detection], best: &[Detection], step: Step) -> bool {
    let top = |faces: &[Detection]| faces.iter().map(|f| f.score).fold(0.0, f32::max);
    match step {
        Step::Finer => !faces.is_empty(),
        _ => top(faces) > top(best),
    }
}

/// Reduces an image with a triangle filter as wide as the reduction, so that nothing aliases.
pub(super) fn resize(image: &RgbImage, width: u32, height: u32) -> Result<RgbImage> {
    let failed = |cause: Box<dyn std::error::Error + Send + Sync>| {
        Error::new(ErrorKind::Runtime, Stage::Detect, "the image could not be resized")
            .caused_by(cause)
    };
    let source = fir::images::ImageRef::new(
        image.width(),
        image.height(),
        image.as_raw(),
        fir::PixelType::U8x3,
    )
    .map_err(|cause| failed(cause.into()))?;
    let mut target = fir::images::Image::new(width, height, fir::PixelType::U8x3);
    let options = fir::ResizeOptions::new()
        .resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Bilinear));
    fir::Resizer::new()
        .resize(&source, &mut target, &options)
        .map_err(|cause| failed(cause.into()))?;
    RgbImage::from_raw(width, height, target.into_vec())
        .ok_or_else(|| failed("the buffer has the wrong size".into()))
}
