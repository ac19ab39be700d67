//! The brightness at which a frame is examined: a dark face is brightened, and searched for where
//! none is seen.

use image::RgbImage;
use image::imageops::fast_blur;

use crate::Result;
use crate::detect::{Detection, FaceDetector};
use crate::sample::{Sample, linear_light, srgb};

/// Mean linear light of a face below which a frame is brightened, the target light, and the largest
/// factor: detectors and the mesh were trained on photos in ordinary light.
const DARK: f32 = 0.07;
const BRIGHT: f32 = 0.18;
const MOST_GAIN: f32 = 64.0;
/// Where no face is seen in a dark frame that was brightened, this share of that gain is tried, on
/// pixels smoothed with this standard deviation: with less brightened noise, a face is sometimes
/// seen better.
const FAINTER: f32 = 0.25;
const SMOOTH: f32 = 1.5;
/// Further gains that are tried where still no face is seen and none was before.
const SEARCH_GAINS: [f32; 2] = [3.0, 9.0];

/// A frame with as much light as its face needs.
pub(super) struct Lit {
    /// With the digest of the original frame.
    pub(super) sample: Sample,
    /// By how much its light was multiplied.
    gain: f32,
    /// The faces in it.
    pub(super) faces: Vec<Detection>,
}

impl Lit {
    /// Finds the faces in a frame and the brightness at which they are seen. `part` is where the
    /// face was last seen, if it was. With `search`, a frame in which none is seen at first is
    /// searched again at other brightness, which takes many times as long.
    ///
    /// # Errors
    ///
    /// The detector's network fails.
    pub(super) fn find(
        detector: &FaceDetector,
        original: Sample,
        part: Option<[u32; 4]>,
        search: bool,
    ) -> Result<Lit> {
        let frame = original.pixels();
        let gain = gain(frame, part.unwrap_or_else(|| middle_of(frame)));
        let brighter = (gain > 1.0).then(|| original.with_pixels(brightened(frame, gain)));
        let smooth = |gain: f32| {
            let pixels = fast_blur(&brightened(frame, gain), SMOOTH);
            detector.detect(&original.with_pixels(pixels))
        };
        let mut found = detector.detect(brighter.as_ref().unwrap_or(&original))?;
        if found.faces.is_empty() && gain > 1.0 {
            found = smooth((gain * FAINTER).max(1.0))?;
        }
        if !found.faces.is_empty() || !search {
            let sample = brighter.unwrap_or(original);
            return Ok(Lit { sample, gain, faces: found.faces });
        }
        // A face in front of a bright window is darker than what is around it.
        for more in SEARCH_GAINS {
            let faces = smooth(gain * more)?.faces;
            if let Some(face) = faces.first() {
                // Now the brightness at which the face itself is seen best is known.
                let gain = self::gain(frame, face.bounding_box().pixels());
                let sample = original.with_pixels(brightened(frame, gain));
                return Ok(Lit { sample, gain, faces });
            }
        }
        let sample = brighter.unwrap_or(original);
        detector.look_again(&sample, &mut found, None)?;
        Ok(Lit { sample, gain, faces: found.faces })
    }

    /// The frame without the noise that brightening amplifies; `None` where it needs no
    /// brightening.
    pub(super) fn clean(&self) -> Option<RgbImage> {
        (self.gain > 1.0).then(|| fast_blur(self.sample.pixels(), SMOOTH))
    }
}

fn middle_of(frame: &RgbImage) -> [u32; 4] {
    let (width, height) = frame.dimensions();
    [width / 4, height / 4, width / 2, height / 2]
}

/// How much more light a part of the frame needs if it is dark; otherwise 1.
fn gain(frame: &RgbImage, part: [u32; 4]) -> f32 {
    let [x, y, width, height] = part;
    let (mut sum, mut count) = (0.0, 0.0);
    for row in (y..(y + height).min(frame.height())).step_by(4) {
        for column in (x..(x + width).min(frame.width())).step_by(4) {
            sum +=
                frame.get_pixel(column, row).0.iter().map(|v| linear_light(*v)).sum::<f64>() / 3.0;
            count += 1.0;
        }
    }
    let mean = if count > 0.0 { (sum / count) as f32 } else { 1.0 };
    if mean < DARK { (BRIGHT / mean.max(1e-6)).min(MOST_GAIN) } else { 1.0 }
}

/// The brightened frame: every value by one table.
fn brightened(frame: &RgbImage, gain: f32) -> RgbImage {
    let table: Vec<u8> = (0..=255).map(|v| srgb(linear_light(v) * f64::from(gain))).collect();
    let mut brighter = frame.clone();
    brighter.iter_mut().for_each(|value| *value = table[usize::from(*value)]);
    brighter
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn light_that_is_not_raised_changes_no_value() {
        let frame = RgbImage::from_fn(16, 16, |x, y| Rgb([(16 * y + x) as u8; 3]));
        assert_eq!(brightened(&frame, 1.0), frame);
        assert!(brightened(&frame, 3.0).get_pixel(0, 2).0[0] > frame.get_pixel(0, 2).0[0]);
    }
}
