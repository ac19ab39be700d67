//! A camera held by hand: it shakes a little, its exposure drifts, and its sensor is noisy.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use image::RgbImage;
use rand_distr::{Distribution, StandardNormal};

use super::script::Sway;
use crate::degrade::unit;
use crate::sample::{linear_light, srgb};

/// Photo-electrons of full scale, and the read noise in them: the sensor of `degrade`.
const ELECTRONS: f32 = 4000.0;
const READ: f32 = 8.0;
/// Normal deviates drawn once; every frame begins at another place.
const DEVIATES: usize = 1 << 18;
/// Steps of the table back to sRGB.
const STEPS: usize = 1 << 12;

/// A camera for one take.
#[derive(Debug, Clone)]
pub struct Camera {
    light: f32,
    shake: [Sway; 2],
    drift: Sway,
    shift: [f32; 2],
    deviates: Vec<f32>,
    to_srgb: Vec<u8>,
    frames: u64,
}

impl Camera {
    /// A camera that gets this share of the light, 1 for ordinary light. Each take has a place and
    /// an exposure of its own, as when somebody picks the telephone up again.
    pub fn new(light: f64, seed: u64) -> Camera {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut evenly = |low: f64, high: f64| (low + (high - low) * unit(&mut random)) as f32;
        let shift = [evenly(-6.0, 6.0), evenly(-6.0, 6.0)];
        let light = light as f32 * evenly(0.88, 1.12);
        let shake = [Sway::new(1.0, 0.5, &mut random), Sway::new(1.0, 0.5, &mut random)];
        let drift = Sway::new(0.015, 0.15, &mut random);
        let deviates = (0..DEVIATES).map(|_| StandardNormal.sample(&mut random)).collect();
        let to_srgb = (0..=STEPS).map(|step| srgb(step as f64 / STEPS as f64)).collect();
        Camera { light, shake, drift, shift, deviates, to_srgb, frames: 0 }
    }

    /// A camera that does not shake, with an exposure that stays.
    pub fn on_a_stand(light: f64, seed: u64) -> Camera {
        let mut camera = Camera::new(light, seed);
        camera.shake = [Sway::none(); 2];
        camera.drift = Sway::none();
        camera
    }

    /// What the camera sees of a scene `seconds` after it was switched on.
    pub fn take(&mut self, scene: &RgbImage, seconds: f32) -> RgbImage {
        let light = self.light * (1.0 + self.drift.at(seconds));
        let (dx, dy) =
            (self.shift[0] + self.shake[0].at(seconds), self.shift[1] + self.shake[1].at(seconds));
        // One multiplication and two look-ups a channel: light and noise of each value.
        let table: Vec<(f32, f32)> = (0..=255)
            .map(|value| {
                let expected = linear_light(value) as f32 * light;
                let electrons = expected * ELECTRONS;
                (expected, (electrons + READ * READ).sqrt() / ELECTRONS)
            })
            .collect();
        // Steps by the golden ratio come near no earlier beginning for a long time.
        self.frames = self.frames.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut place = (self.frames >> 40) as usize % DEVIATES;
        let (width, height) = scene.dimensions();
        let raw = scene.as_raw();
        // The same shift everywhere: whole pixels, and weights of four neighbours.
        let (left, top) = (dx.floor(), dy.floor());
        let (u, v) = (dx - left, dy - top);
        let weights = [(1.0 - u) * (1.0 - v), u * (1.0 - v), (1.0 - u) * v, u * v];
        let at = |x: i64, side: u32| x.clamp(0, i64::from(side) - 1) as usize;
        let mut seen = Vec::with_capacity(raw.len());
        for y in 0..i64::from(height) {
            let rows = [0, 1].map(|k| width as usize * at(y + top as i64 + k, height));
            for x in 0..i64::from(width) {
                let columns = [0, 1].map(|k| at(x + left as i64 + k, width));
                let corners = [
                    rows[0] + columns[0],
                    rows[0] + columns[1],
                    rows[1] + columns[0],
                    rows[1] + columns[1],
                ];
                for channel in 0..3 {
                    let values = corners.iter().zip(weights);
                    let value: f32 = values.map(|(n, w)| w * f32::from(raw[3 * n + channel])).sum();
                    let (expected, noise) = table[(value + 0.5) as usize];
                    place = if place + 1 == DEVIATES { 0 } else { place + 1 };
                    let light = expected + noise * self.deviates[place];
                    let step = light.clamp(0.0, 1.0) * STEPS as f32 + 0.5;
                    seen.push(self.to_srgb[step as usize]);
                }
            }
        }
        // The vector has exactly the length that the size needs.
        RgbImage::from_raw(width, height, seen).unwrap_or_default()
    }
}
