//! A hand-held camera: it shakes a little, its exposure drifts, and its sensor is noisy.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use image::RgbImage;
use rand_distr::{Distribution, StandardNormal};

use super::script::Sway;
use crate::degrade::unit;
use evenmatch::sample::{linear_light, srgb};

/// Photo-electrons of full scale, and the read noise in them: the sensor of `degrade`.
const ELECTRONS: f32 = 4000.0;
const READ: f32 = 8.0;
/// Normal deviates drawn once; every frame starts at another position.
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
    /// A camera that gets this share of the light, 1 for ordinary light. Each take has its own
    /// position and exposure, as when the person picks up the phone again.
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

    /// A camera that does not shake, with a constant exposure.
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
        // One multiplication and two look-ups per channel: light and noise of each value.
        let table: Vec<(f32, f32)> = (0..=255)
            .map(|value| {
                let expected = linear_light(value) as f32 * light;
                let electrons = expected * ELECTRONS;
                (expected, (electrons + READ * READ).sqrt() / ELECTRONS)
            })
            .collect();
        // Steps by the golden ratio come near no earlier beginning for a long time.
        self.frames = self.frames.wrapping_add(evenmatch_core::random::STEP);
        let mut place = (self.frames >> 40) as usize % DEVIATES;
        let (width, height) = scene.dimensions();
        let (columns, rows) = (width as usize, height as usize);
        let raw = scene.as_raw();
        // The same shift everywhere: whole pixels, and weights of two neighbours each way. Beyond
        // the border the outermost pixels are repeated.
        let (left, top) = (dx.floor(), dy.floor());
        let (u, v) = (dx - left, dy - top);
        let inside = |x: i64, side: usize| x.clamp(0, side as i64 - 1) as usize;
        let mut seen = Vec::with_capacity(raw.len());
        let mut line = vec![0.0_f32; 3 * (columns + 1)];
        for y in 0..rows {
            let [upper, lower] = [0, 1].map(|k| {
                let first = 3 * columns * inside(y as i64 + top as i64 + k, rows);
                &raw[first..first + 3 * columns]
            });
            for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
                let first = 3 * inside(x as i64 + left as i64, columns);
                let (above, below) = (&upper[first..first + 3], &lower[first..first + 3]);
                for ((value, a), b) in pixel.iter_mut().zip(above).zip(below) {
                    *value = (1.0 - v) * f32::from(*a) + v * f32::from(*b);
                }
            }
            if place + 3 * columns > DEVIATES {
                place = 0;
            }
            let deviates = &self.deviates[place..place + 3 * columns];
            place += 3 * columns;
            seen.extend(line.iter().zip(&line[3..]).zip(deviates).map(|((a, b), deviate)| {
                let value = (1.0 - u) * a + u * b;
                let (expected, noise) = table[(value + 0.5) as usize];
                let light = (expected + noise * deviate).clamp(0.0, 1.0);
                self.to_srgb[(light * STEPS as f32 + 0.5) as usize]
            }));
        }
        // The vector has exactly the length that the size needs.
        RgbImage::from_raw(width, height, seen).unwrap_or_default()
    }
}
