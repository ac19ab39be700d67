//! A network trained to tell people from photos of them; optional, and never enough by itself to
//! refuse anyone.

use std::sync::Arc;

use image::{Rgb, RgbImage};

use super::view::View;
use crate::model::{InputSize, InputSpec, ModelId, Network};
use crate::{Error, ErrorKind, Result, Stage};

/// How many times larger than the face's box the crop is, if the image is large enough.
const PART: f32 = 2.7;
/// Classes of the network; the first one is a person.
const CLASSES: usize = 3;

/// The network `fr_liveness` of Faceplugin's package, or another of the same form: a crop 2.7 times
/// as large as the face's box, and three classes, the first of which is a live person.
#[derive(Clone)]
pub(super) struct PassiveNetwork {
    network: Arc<dyn Network>,
    input: InputSpec,
    size: (u32, u32),
}

impl PassiveNetwork {
    /// A stage from a network and its input, which must have a fixed size.
    pub(super) fn new(network: Arc<dyn Network>, input: InputSpec) -> Result<Self> {
        match input.size() {
            InputSize::Fixed { width, height } => {
                Ok(PassiveNetwork { network, input, size: (width, height) })
            }
            other => {
                let message = format!("passive detection cannot have the input size {other:?}");
                Err(Error::new(ErrorKind::InvalidModel, Stage::Setup, message)
                    .in_file(network.id().id.clone())
                    .next("set `width` and `height` in the manifest"))
            }
        }
    }

    pub(super) fn id(&self) -> &ModelId {
        self.network.id()
    }

    /// The network's probability, 0 to 1, that the face is *not* live: one minus the softmax of its
    /// first class.
    pub(super) fn ask(&self, view: &View<'_>) -> Result<f32> {
        let (width, height) = self.size;
        let crop = crop(view, width, height);
        let tensor = self.input.tensor(&crop, width as usize, height as usize);
        let outputs = self.network.run(tensor.view())?;
        let logits: Vec<f32> = outputs.of_length(CLASSES)?.iter().copied().collect();
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let shares: Vec<f32> = logits.iter().map(|logit| (logit - most).exp()).collect();
        let live = shares[0] / shares.iter().sum::<f32>();
        if live.is_finite() {
            return Ok(1.0 - live);
        }
        let message = "the network gave values that are not numbers";
        Err(Error::new(ErrorKind::Runtime, Stage::Detect, message).in_file(self.id().id.clone()))
    }
}

/// The crop that the package's own code makes: the box 2.7 times as large, or as large as the image
/// allows, moved inside it, and resized by bilinear interpolation as OpenCV does.
fn crop(view: &View<'_>, width: u32, height: u32) -> RgbImage {
    let (w, h) = view.image.dimensions();
    let ((cx, cy), (hx, hy)) = (view.centre(), view.half());
    let last = |length: u32| (length as f32 - 1.0).max(1.0);
    let factor = PART.min(last(w) / (2.0 * hx)).min(last(h) / (2.0 * hy));
    let start = |centre: f32, half: f32, limit: u32| {
        let length = 2.0 * half * factor;
        let start = (centre - length / 2.0).min(limit as f32 - 1.0 - length).max(0.0);
        (start.floor(), length.floor().max(1.0))
    };
    let ((left, across), (top, down)) = (start(cx, hx, w), start(cy, hy, h));
    let at = |x: f32, y: f32, channel: usize| {
        let (x, y) = (x.clamp(left, left + across - 1.0), y.clamp(top, top + down - 1.0));
        let (l, t) = (x.floor(), y.floor());
        let (u, v) = (x - l, y - t);
        let value = |x: f32, y: f32| {
            let (x, y) = ((x as u32).min(w - 1), (y as u32).min(h - 1));
            f32::from(view.image.get_pixel(x, y).0[channel])
        };
        (1.0 - v) * ((1.0 - u) * value(l, t) + u * value(l + 1.0, t))
            + v * ((1.0 - u) * value(l, t + 1.0) + u * value(l + 1.0, t + 1.0))
    };
    let place = |i: u32, length: f32, target: u32| (i as f32 + 0.5) * length / target as f32 - 0.5;
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (left + place(x, across, width), top + place(y, down, height));
        Rgb([0, 1, 2].map(|channel| at(x, y, channel).round().clamp(0.0, 255.0) as u8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::BoundingBox;

    #[test]
    fn the_crop_lies_around_the_face_and_inside_the_picture() {
        let photo = RgbImage::from_fn(300, 200, |x, y| Rgb([(x / 2) as u8, y as u8, 0]));
        let crop_at = |x, y, w, h| {
            let face = BoundingBox::from_xywh(x, y, w, h);
            crop(&View::new(&photo, &face).unwrap(), 128, 128)
        };
        // 54 × 54 pixels around (150, 100).
        let middle = crop_at(140.0, 90.0, 20.0, 20.0);
        assert_eq!(middle.get_pixel(0, 0).0[1], 73);
        assert_eq!(middle.get_pixel(127, 127).0[1], 126);
        // A face in the corner: the crop is moved into the image.
        let corner = crop_at(-5.0, -5.0, 40.0, 40.0);
        assert_eq!(corner.get_pixel(0, 0).0, [0, 0, 0]);
        assert_eq!(corner.get_pixel(127, 127).0[1], 107);
        // A large face: as much as available, in the face's own proportions.
        let large = crop_at(50.0, 10.0, 180.0, 180.0);
        assert_eq!(large.get_pixel(64, 0).0[1], 0);
        assert!(large.get_pixel(64, 127).0[1] >= 197);
    }
}
