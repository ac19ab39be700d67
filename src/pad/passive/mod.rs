//! Passive signals: signs in a still photo that it is a photo of a print or of a screen.
//!
//! A signal can deny or ask for more evidence, and never grants anything: a photo without a sign of
//! an attack does not show that a person was there. Each is measured at the face's box and at the
//! box moved and resized by 5 %; a signal whose verdict changes with the box only asks for more.
//!
//! ```
//! use evenmatch::BoundingBox;
//! use evenmatch::pad::passive::{PassiveLimits, PassiveSignals};
//! use evenmatch::record::{Liveness, LivenessOutcome, SignalVerdict};
//!
//! // A face behind a grid with a period of five pixels, held at a slant.
//! let screen = image::RgbImage::from_fn(200, 200, |x, y| {
//!     let wave = (1.1 * x as f32 + 0.5 * y as f32).sin();
//!     image::Rgb([(150.0 + 12.0 * wave) as u8; 3])
//! });
//! let signals = PassiveSignals::new(PassiveLimits::default());
//! let seen = signals.look(&screen, &BoundingBox::from_xywh(30.0, 30.0, 130.0, 140.0))?;
//! assert_eq!(seen[0].name, "periodic_pattern");
//! assert_eq!(seen[0].verdict, SignalVerdict::Attack);
//! assert_eq!(Liveness::judged(seen, None).outcome, LivenessOutcome::Fail);
//! # Ok::<(), evenmatch::Error>(())
//! ```

mod border_lines;
mod flat_colours;
mod glare;
mod halftone;
mod limits;
mod lines;
mod missing_noise;
mod network;
mod periodic_pattern;
mod second_compression;
mod signal;
mod spectrum;
mod view;

use std::sync::Arc;

use image::RgbImage;

use crate::Result;
use crate::geometry::BoundingBox;
use crate::model::{InputSpec, ModelId, Network};
use evenmatch_core::record::{SignalRecord, SignalVerdict};
use network::PassiveNetwork;
use spectrum::Spectrum;
use view::View;

pub use limits::PassiveLimits;
pub use signal::Signal;

/// The share of its sides by which the box is moved and resized.
const TOLERANCE: f32 = 0.05;

/// The stage that looks for signs of an attack in a photo. It is `Send + Sync`: make one and share
/// it. The same photo and box give the same records, from any thread.
#[derive(Clone)]
pub struct PassiveSignals {
    limits: PassiveLimits,
    network: Option<PassiveNetwork>,
}

impl PassiveSignals {
    /// Signals with these limits, without the network.
    pub fn new(limits: PassiveLimits) -> Self {
        PassiveSignals { limits, network: None }
    }

    /// Adds a network as one more signal. It asks for more evidence, and never denies.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidModel`](crate::ErrorKind::InvalidModel) if its input does not have a
    /// fixed size.
    pub fn with_network(mut self, network: Arc<dyn Network>, input: InputSpec) -> Result<Self> {
        self.network = Some(PassiveNetwork::new(network, input)?);
        Ok(self)
    }

    /// Which network is used; `None` if there is none.
    pub fn network_id(&self) -> Option<&ModelId> {
        self.network.as_ref().map(PassiveNetwork::id)
    }

    /// The limits in force.
    pub fn limits(&self) -> &PassiveLimits {
        &self.limits
    }

    /// Measures every signal at a face's box, in pixels of this image, which should be the photo at
    /// its full size: a reduced one has lost its finest patterns.
    ///
    /// A signal that cannot be measured, for example in a face that is too small, has no record; a
    /// box outside the image gives none at all.
    ///
    /// # Errors
    ///
    /// The network fails, or does not give three values.
    pub fn look(&self, image: &RgbImage, face: &BoundingBox) -> Result<Vec<SignalRecord>> {
        let mut measured: Vec<[Option<f32>; Signal::ALL.len()]> = Vec::new();
        for face in variants(face) {
            match View::new(image, &face) {
                Some(view) => measured.push(self.measure(&view)?),
                // The face's own box comes first; without it there is nothing to measure.
                None if measured.is_empty() => return Ok(Vec::new()),
                None => {}
            }
        }
        let record = |(at, signal): (usize, &Signal)| {
            let values: Vec<f32> = measured.iter().filter_map(|values| values[at]).collect();
            let own = measured.first().and_then(|values| values[at])?;
            Some(self.judged(*signal, own, &values))
        };
        Ok(Signal::ALL.iter().enumerate().filter_map(record).collect())
    }

    /// Every signal at one box.
    fn measure(&self, view: &View<'_>) -> Result<[Option<f32>; Signal::ALL.len()]> {
        let spectrum = Spectrum::of(view);
        let mut values = [None; Signal::ALL.len()];
        for (value, signal) in values.iter_mut().zip(Signal::ALL) {
            *value = match signal {
                Signal::PeriodicPattern => {
                    spectrum.as_ref().map(periodic_pattern::periodic_pattern)
                }
                Signal::Halftone => spectrum.as_ref().map(halftone::halftone),
                Signal::SecondCompression => second_compression::second_compression(view),
                Signal::MissingNoise => missing_noise::missing_noise(view),
                Signal::BorderLines => border_lines::border_lines(view),
                Signal::FlatColours => flat_colours::flat_colours(view),
                Signal::Glare => glare::glare(view),
                Signal::Network => {
                    self.network.as_ref().map(|network| network.ask(view)).transpose()?
                }
            }
            .filter(|value| value.is_finite());
        }
        Ok(values)
    }

    /// A signal's record from its value at the face's own box and its values at all boxes.
    fn judged(&self, signal: Signal, own: f32, values: &[f32]) -> SignalRecord {
        let limit = self.limits.limit(signal);
        let above = values.iter().filter(|value| **value >= limit).count();
        let denies = signal != Signal::Network && self.limits.deny.contains(&signal);
        let verdict = match above {
            0 => SignalVerdict::Clear,
            n if n == values.len() && denies => SignalVerdict::Attack,
            _ => SignalVerdict::Unclear,
        };
        let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let least = values.iter().copied().fold(f32::INFINITY, f32::min);
        let name = signal.name().to_owned();
        SignalRecord { name, value: own, limit, jitter: most - least, verdict }
    }
}

impl std::fmt::Debug for PassiveSignals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PassiveSignals")
            .field("limits", &self.limits)
            .field("network", &self.network_id())
            .finish()
    }
}

/// The face's own box, and the box moved and resized by the tolerance.
fn variants(face: &BoundingBox) -> [BoundingBox; 7] {
    let (width, height) = (face.width(), face.height());
    let moved = |x: f32, y: f32, size: f32| {
        let (left, top) = (x + (1.0 - size) / 2.0, y + (1.0 - size) / 2.0);
        let (x, y) = (face.x() + left * width, face.y() + top * height);
        BoundingBox::from_xywh(x, y, width * size, height * size)
    };
    [
        *face,
        moved(TOLERANCE, 0.0, 1.0),
        moved(-TOLERANCE, 0.0, 1.0),
        moved(0.0, TOLERANCE, 1.0),
        moved(0.0, -TOLERANCE, 1.0),
        moved(0.0, 0.0, 1.0 + TOLERANCE),
        moved(0.0, 0.0, 1.0 - TOLERANCE),
    ]
}

/// How few signs of an attack a photo's signals show, taken together, for curves of errors over
/// thresholds: 0 to 1, higher is more bona fide. It does not affect decisions.
///
/// The product of `1 / (1 + (value / limit)⁴)` over the signals: 1/2 for one signal at its limit
/// with all others at 0. A signal far below its limit, as in most photos, hardly changes it.
/// Without any signal it is 1.
pub fn score(signals: &[SignalRecord]) -> f64 {
    let share = |signal: &SignalRecord| {
        let ratio = f64::from(signal.value.max(0.0)) / f64::from(signal.limit);
        1.0 / (1.0 + ratio.powi(4))
    };
    signals.iter().map(share).product()
}

#[cfg(test)]
mod tests;
