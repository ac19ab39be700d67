//! Photos made worse on purpose: documented, seeded degradations for stress tests.
//!
//! Each simulates one thing that goes wrong when photos are taken or sent, in a series of levels
//! from mild to severe. All arithmetic on light is done in linear light. `docs/STRESS.md` has the
//! formulas, and what each represents; a simulation is not a real photo taken in the dark.
//!
//! ```
//! use evenmatch_lab::degrade::{Degradation, DegradationKind, degrade};
//! # let photo = image::RgbImage::from_pixel(64, 64, image::Rgb([128; 3]));
//! let dark = Degradation::new(DegradationKind::UnderExposure, 1.0 / 16.0)?;
//! let first = degrade(&photo, dark, 7)?;
//! assert!(first == degrade(&photo, dark, 7)?);
//! assert!(first != degrade(&photo, dark, 8)?);
//! # Ok::<(), evenmatch_lab::Error>(())
//! ```

mod back_light;
mod blur;
mod colour_temperature;
mod crop;
mod downscale;
mod exposure;
mod jpeg;
mod kind;
mod linear;
mod motion;
mod occlusion;
mod rotation;
mod sensor;
mod uniform;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use image::RgbImage;

use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch::BoundingBox;

pub(crate) use jpeg::recompressed as jpeg_of;
pub use kind::{DegradationKind, parse_level};
pub(crate) use uniform::unit;

/// One degradation at one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Degradation {
    kind: DegradationKind,
    level: f64,
}

impl Degradation {
    /// A degradation of this kind; [`DegradationKind::unit`] says what the level means.
    ///
    /// # Errors
    ///
    /// A level outside of the kind's [range](DegradationKind::range).
    pub fn new(kind: DegradationKind, level: f64) -> Result<Self> {
        let (least, most) = kind.range();
        if (least..=most).contains(&level) {
            return Ok(Degradation { kind, level });
        }
        let message = format!("{level} is not a level of {}", kind.name());
        Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
            .next(format!("choose a level between {least} and {most}: {}", kind.unit())))
    }

    /// Which degradation.
    pub fn kind(self) -> DegradationKind {
        self.kind
    }

    /// Its level, in the kind's unit.
    pub fn level(self) -> f64 {
        self.level
    }

    /// The level as people read it, such as `1/16` or `20°`.
    pub fn label(self) -> String {
        self.kind.label(self.level)
    }

    /// The seed for one sample. It depends only on the run's seed, the sample and the degradation,
    /// so neither the order of samples nor the number of threads matters.
    pub fn seed(self, run: u64, sample: Digest) -> u64 {
        let mut bytes = run.to_le_bytes().to_vec();
        bytes.extend_from_slice(sample.as_bytes());
        bytes.extend_from_slice(self.kind.name().as_bytes());
        bytes.extend_from_slice(&self.level.to_le_bytes());
        let digest = Digest::of(&bytes);
        digest.as_bytes().iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
    }
}

/// Degrades an upright sRGB image, whose face is assumed to fill the middle half of its width and
/// six tenths of its height.
///
/// # Errors
///
/// As for [`degrade_face`].
pub fn degrade(image: &RgbImage, degradation: Degradation, seed: u64) -> Result<RgbImage> {
    let (width, height) = (image.width() as f32, image.height() as f32);
    let middle = BoundingBox::from([0.25 * width, 0.2 * height, 0.5 * width, 0.6 * height]);
    degrade_face(image, &middle, degradation, seed)
}

/// Degrades an upright sRGB image whose face has this box, in pixels: lengths are relative to it,
/// and what is covered, cropped or left dark is placed relative to it. The same arguments give the
/// same pixels.
///
/// # Errors
///
/// An image without pixels; and for a JPEG, a side of more than 65,535 pixels.
pub fn degrade_face(
    image: &RgbImage,
    face: &BoundingBox,
    degradation: Degradation,
    seed: u64,
) -> Result<RgbImage> {
    if image.width() == 0 || image.height() == 0 {
        let message = "an image without pixels cannot be degraded";
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message));
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (level, random) = (degradation.level, &mut random);
    Ok(match degradation.kind {
        DegradationKind::UnderExposure => exposure::under(image, level, random),
        DegradationKind::OverExposure => exposure::over(image, level),
        DegradationKind::BackLight => back_light::back_light(image, face, level, random),
        DegradationKind::ColourTemperature => colour_temperature::lit_by(image, level),
        DegradationKind::Blur => blur::blur(image, face, level),
        DegradationKind::Motion => motion::motion(image, face, level, random),
        DegradationKind::Noise => sensor::noise(image, level, random),
        DegradationKind::Jpeg => jpeg::recompressed(image, level)?,
        DegradationKind::Downscale => downscale::downscale(image, level),
        DegradationKind::Rotation => rotation::rotation(image, face, level, random),
        DegradationKind::TightCrop => crop::crop(image, face, level),
        DegradationKind::Occlusion => occlusion::occlusion(image, face, level, random),
    })
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn seeds_give_every_degradation_its_own_and_the_same_pixels() {
        let photo = RgbImage::from_fn(90, 80, |x, y| Rgb([(37 * x) as u8, (91 * y) as u8, 90]));
        for kind in DegradationKind::ALL {
            for &level in kind.default_levels() {
                let one = Degradation::new(kind, level).unwrap();
                let first = degrade(&photo, one, 3).unwrap();
                // Without the pixels in the message.
                assert!(first == degrade(&photo, one, 3).unwrap(), "{kind:?} {level}");
                assert!(first != photo, "{kind:?} {level} changes nothing");
            }
        }
        let digest = Digest::of(b"a");
        let at = |kind, level| Degradation::new(kind, level).unwrap();
        let dark = at(DegradationKind::UnderExposure, 0.25);
        assert_eq!(dark.seed(1, digest), dark.seed(1, digest));
        for other in [
            at(DegradationKind::UnderExposure, 0.5).seed(1, digest),
            at(DegradationKind::Downscale, 0.25).seed(1, digest),
            dark.seed(2, digest),
            dark.seed(1, Digest::of(b"b")),
        ] {
            assert_ne!(dark.seed(1, digest), other);
        }
    }

    #[test]
    fn worse_levels_change_more() {
        // Something like a face in the middle: an ellipse with darker eyes and mouth.
        let photo = RgbImage::from_fn(96, 96, |x, y| {
            let (dx, dy) = ((f64::from(x) - 48.0) / 22.0, (f64::from(y) - 48.0) / 28.0);
            let feature = (y / 10 + x / 12) % 3 == 0;
            Rgb(match (dx * dx + dy * dy < 1.0, feature) {
                (true, true) => [70, 50, 45],
                (true, false) => [190, 150, 130],
                (false, _) => [100, 110, (x + y) as u8],
            })
        });
        // Geometric changes move pixels, so they cannot be compared one by one.
        let moved = [
            DegradationKind::Downscale,
            DegradationKind::TightCrop,
            DegradationKind::Rotation,
            DegradationKind::Motion,
        ];
        for kind in DegradationKind::ALL.into_iter().filter(|kind| !moved.contains(kind)) {
            let mut before = 0.0;
            for &level in kind.default_levels() {
                let worse = degrade(&photo, Degradation::new(kind, level).unwrap(), 5).unwrap();
                let pairs = worse.as_raw().iter().zip(photo.as_raw());
                let apart: f64 = pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
                assert!(apart > before, "{kind:?} {level}");
                before = apart;
            }
        }
    }

    #[test]
    fn wrong_levels_and_empty_images_are_refused() {
        for kind in DegradationKind::ALL {
            for level in [f64::NAN, -1.0, 1e9] {
                let refused = Degradation::new(kind, level).unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
                assert!(refused.next_step().is_some());
            }
            let least = Degradation::new(kind, kind.range().0).unwrap();
            assert!(degrade(&RgbImage::new(0, 4), least, 0).is_err());
            for level in [kind.range().0, kind.range().1] {
                let extreme = Degradation::new(kind, level).unwrap();
                assert!(degrade(&RgbImage::new(3, 1), extreme, 0).unwrap().width() > 0);
            }
        }
    }
}
