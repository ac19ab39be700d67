//! A drawn face for tests: reflectances under a light, so that skin and light can be separated.

use evenmatch_core::random::SplitMix;
use image::{Rgb, RgbImage};

use super::region::LIGHT;
use super::{Component, QualityReport};
use crate::align::CANONICAL;
use crate::geometry::Landmarks5;
use crate::sample::Sample;

/// Linear light of a drawn face, three values per pixel, at `scale` pixels per pixel of the crop.
pub(super) struct Drawing {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) light: Vec<[f32; 3]>,
    scale: f32,
}

/// A generator of noise.
pub(super) struct Noise(SplitMix);

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Noise(SplitMix::from_state(seed))
    }

    pub(super) fn unit(&mut self) -> f32 {
        self.0.unit_f32()
    }

    /// Sum of twelve uniform numbers, which is close enough to a normal one.
    pub(super) fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }
}

impl Drawing {
    /// A face with light skin that is well lit: round shading, brows, eyes, a mouth, and fine
    /// texture.
    pub(super) fn face(scale: f32) -> Self {
        let side = (112.0 * scale) as usize;
        let mut noise = Noise::new(1);
        let mut light = Vec::new();
        for i in 0..side * side {
            let (x, y) = ((i % side) as f32 / scale, (i / side) as f32 / scale);
            let shade =
                1.0 - 0.45 * ((x - 56.0) / 56.0).powi(2) - 0.3 * ((y - 60.0) / 60.0).powi(2);
            let at = |cx: f32, cy: f32, rx: f32, ry: f32| {
                ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2) < 1.0
            };
            let mut skin = [0.42, 0.19, 0.125].map(|channel: f32| channel * shade);
            if at(56.0, 92.0, 15.0, 3.5) {
                skin = [0.25, 0.09, 0.08];
            }
            if at(56.0, 74.0, 7.0, 2.5) {
                skin = [0.05, 0.02, 0.02];
            }
            for eye in &CANONICAL[..2] {
                if at(eye.x, eye.y - 9.0, 11.0, 4.0) {
                    skin = [0.04, 0.03, 0.025];
                }
                if at(eye.x, eye.y, 7.0, 3.0) {
                    skin = [0.5; 3];
                }
                if at(eye.x, eye.y, 2.5, 2.5) {
                    skin = [0.02; 3];
                }
            }
            let texture = 1.0 + 0.006 * noise.normal();
            light.push(skin.map(|channel| channel * texture));
        }
        Drawing { width: side, height: side, light, scale }
    }

    /// Changes each pixel's light; the function gets its position in the crop.
    pub(super) fn with(mut self, change: impl Fn(f32, f32, [f32; 3]) -> [f32; 3]) -> Self {
        for (i, pixel) in self.light.iter_mut().enumerate() {
            let (x, y) = ((i % self.width) as f32, (i / self.width) as f32);
            *pixel = change(x / self.scale, y / self.scale, *pixel);
        }
        self
    }

    /// Averaged over a line of pixels, from one end to the other.
    pub(super) fn smeared(mut self, (dx, dy): (isize, isize), half: isize) -> Self {
        let source = self.light.clone();
        let (width, height) = (self.width as isize, self.height as isize);
        for (i, pixel) in self.light.iter_mut().enumerate() {
            let (x, y) = (i as isize % width, i as isize / width);
            let mut sum = [0.0; 3];
            for n in -half..=half {
                let column = (x + n * dx).clamp(0, width - 1);
                let row = (y + n * dy).clamp(0, height - 1);
                let from = source[(row * width + column) as usize];
                sum.iter_mut().zip(from).for_each(|(sum, value)| *sum += value);
            }
            *pixel = sum.map(|sum| sum / (2 * half + 1) as f32);
        }
        self
    }

    /// As a camera sees it with this share of the light and this many photo-electrons at full
    /// light: shot noise, and read noise of eight electrons.
    pub(super) fn exposed(mut self, share: f32, electrons: f32) -> Self {
        let mut noise = Noise::new(7);
        for value in self.light.iter_mut().flatten() {
            let count = *value * share * electrons;
            let seen = count + count.sqrt() * noise.normal() + 8.0 * noise.normal();
            *value = seen / electrons;
        }
        self
    }

    /// As 8-bit sRGB.
    pub(super) fn picture(&self) -> RgbImage {
        let encode = |light: f32| LIGHT.partition_point(|known| *known < light).min(255) as u8;
        RgbImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            Rgb(self.light[y as usize * self.width + x as usize].map(encode))
        })
    }

    pub(super) fn landmarks(&self) -> Landmarks5 {
        Landmarks5(CANONICAL).scaled(self.scale, self.scale)
    }

    pub(super) fn report(&self) -> QualityReport {
        report_of(self.picture(), &self.landmarks())
    }

    pub(super) fn mapped(&self, component: Component) -> u8 {
        self.report().get(component).unwrap().mapped
    }
}

pub(super) fn report_of(picture: RgbImage, landmarks: &Landmarks5) -> QualityReport {
    QualityReport::of_landmarks(&Sample::from_rgb(picture), landmarks)
}
