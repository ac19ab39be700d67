//! Preprocessing as data: the form in which a model expects its pixels.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, Stage};

/// The order of the three colour planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red: the order of OpenCV's images.
    Bgr,
}

/// Which widths and heights a model accepts, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InputSize {
    /// Exactly this size.
    Fixed {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Any width and height that are positive multiples of this number.
    MultipleOf(u32),
}

/// The largest side that a manifest may ask for, in pixels; more is probably a typing error.
const MAX_SIDE: u32 = 8192;

/// What a model's one image input looks like: a float tensor in NCHW order, N = 1, C = 3.
///
/// Every value of plane `c` is `(x - mean[c]) * scale[c]`, where `x` is the 8-bit pixel value
/// from 0 to 255; planes are numbered in the order that [`InputSpec::channels`] gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "InputSpecText", into = "InputSpecText")]
pub struct InputSpec {
    size: InputSize,
    channels: ChannelOrder,
    mean: [f32; 3],
    scale: [f32; 3],
}

impl InputSpec {
    /// An input of this form.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidModel`] if a side is 0 or over 8192, a mean is not finite, or a scale
    /// is not finite or is 0.
    pub fn new(
        size: InputSize,
        channels: ChannelOrder,
        mean: [f32; 3],
        scale: [f32; 3],
    ) -> Result<Self> {
        let sides = match size {
            InputSize::Fixed { width, height } => [width, height],
            InputSize::MultipleOf(step) => [step, step],
        };
        if sides.iter().any(|side| !(1..=MAX_SIDE).contains(side)) {
            return Err(invalid(format!("an input's sides must be from 1 to {MAX_SIDE} pixels")));
        }
        if !mean.iter().all(|mean| mean.is_finite()) {
            return Err(invalid("every mean of an input must be a finite number"));
        }
        if !scale.iter().all(|scale| scale.is_finite() && *scale != 0.0) {
            return Err(invalid("every scale of an input must be a finite number other than 0"));
        }
        Ok(InputSpec { size, channels, mean, scale })
    }

    /// The sizes that the model accepts.
    pub fn size(&self) -> InputSize {
        self.size
    }

    /// The order of the planes.
    pub fn channels(&self) -> ChannelOrder {
        self.channels
    }

    /// What is subtracted from each plane's pixel values, in the planes' order.
    pub fn mean(&self) -> [f32; 3] {
        self.mean
    }

    /// The factor for each plane after the subtraction, in the planes' order.
    pub fn scale(&self) -> [f32; 3] {
        self.scale
    }

    /// Whether an image of this size, in pixels, can be used unchanged.
    pub fn accepts(&self, width: u32, height: u32) -> bool {
        match self.size {
            InputSize::Fixed { width: w, height: h } => (width, height) == (w, h),
            InputSize::MultipleOf(step) => {
                width > 0 && height > 0 && width.is_multiple_of(step) && height.is_multiple_of(step)
            }
        }
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidModel, Stage::Setup, message)
}

/// The form in a manifest: either `width` and `height`, or `multiple_of`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputSpecText {
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multiple_of: Option<u32>,
    channels: ChannelOrder,
    mean: [f32; 3],
    scale: [f32; 3],
}

impl TryFrom<InputSpecText> for InputSpec {
    type Error = Error;

    fn try_from(text: InputSpecText) -> Result<Self> {
        let size = match (text.width, text.height, text.multiple_of) {
            (Some(width), Some(height), None) => InputSize::Fixed { width, height },
            (None, None, Some(step)) => InputSize::MultipleOf(step),
            _ => return Err(invalid("an input needs `width` and `height`, or `multiple_of`")),
        };
        InputSpec::new(size, text.channels, text.mean, text.scale)
    }
}

impl From<InputSpec> for InputSpecText {
    fn from(spec: InputSpec) -> Self {
        let (width, height, multiple_of) = match spec.size {
            InputSize::Fixed { width, height } => (Some(width), Some(height), None),
            InputSize::MultipleOf(step) => (None, None, Some(step)),
        };
        let InputSpec { channels, mean, scale, .. } = spec;
        InputSpecText { width, height, multiple_of, channels, mean, scale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONES: [f32; 3] = [1.0; 3];

    #[test]
    fn refuses_values_that_no_image_can_have() {
        let fixed = |width, height| InputSize::Fixed { width, height };
        let table = [
            (fixed(0, 112), [0.0; 3], ONES),
            (fixed(112, 9000), [0.0; 3], ONES),
            (InputSize::MultipleOf(0), [0.0; 3], ONES),
            (fixed(112, 112), [0.0, f32::NAN, 0.0], ONES),
            (fixed(112, 112), [0.0; 3], [1.0, 0.0, 1.0]),
            (fixed(112, 112), [0.0; 3], [1.0, f32::INFINITY, 1.0]),
        ];
        for (size, mean, scale) in table {
            let error = InputSpec::new(size, ChannelOrder::Rgb, mean, scale).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidModel, "{size:?} {mean:?} {scale:?}");
        }
    }

    #[test]
    fn accepts_only_its_sizes() {
        let any = InputSpec::new(InputSize::MultipleOf(32), ChannelOrder::Bgr, [0.0; 3], ONES);
        let any = any.unwrap();
        assert!(any.accepts(32, 320) && !any.accepts(0, 32) && !any.accepts(33, 32));
        let size = InputSize::Fixed { width: 96, height: 112 };
        let fixed = InputSpec::new(size, ChannelOrder::Rgb, [127.5; 3], ONES).unwrap();
        assert!(fixed.accepts(96, 112) && !fixed.accepts(112, 96));
    }

    #[test]
    fn reads_what_it_writes() {
        let size = InputSize::Fixed { width: 96, height: 112 };
        let spec = InputSpec::new(size, ChannelOrder::Rgb, [127.5; 3], [0.25; 3]).unwrap();
        let text = toml::to_string(&spec).unwrap();
        assert_eq!(toml::from_str::<InputSpec>(&text).unwrap(), spec);
        assert!(toml::from_str::<InputSpec>(&text.replace("width", "multiple_of")).is_err());
    }
}
