//! A simulated person who is told the steps one at a time, as people are.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use image::RgbImage;

use super::actor::Actor;
use super::camera::Camera;
use super::script::Script;
use super::take::{TakeSettings, mixed};
use evenmatch::pad::{Step, TimedStep};

/// Milliseconds for which a person performs at most.
const LONGEST_MS: u32 = 120_000;

/// A person in front of a camera who hears of each step when it is asked for. [`Take`](super::Take)
/// is for challenges that are known from the start; a service tells nobody the steps to come.
#[derive(Debug)]
pub struct Performer<'a> {
    actor: &'a Actor,
    script: Script,
    camera: Camera,
    random: ChaCha8Rng,
}

impl<'a> Performer<'a> {
    /// Looks into the camera. The frames per second of the settings are not used.
    pub fn new(actor: &'a Actor, settings: TakeSettings) -> Performer<'a> {
        let seed = |what| mixed(settings.seed, what);
        Performer {
            actor,
            script: Script::of_steps(&[], LONGEST_MS, seed(1)),
            camera: Camera::new(settings.light, seed(2)),
            random: ChaCha8Rng::seed_from_u64(seed(3)),
        }
    }

    /// Is told to do a step, at a time in milliseconds, and will.
    pub fn ask(&mut self, step: Step, at_ms: u32) {
        let asked = TimedStep { step, from_ms: at_ms, until_ms: at_ms };
        self.script.ask(asked, &mut self.random);
    }

    /// What the camera sees at a time in milliseconds; times must not fall.
    pub fn frame(&mut self, at_ms: u32) -> RgbImage {
        let seconds = at_ms as f32 / 1000.0;
        let scene = self.actor.head.render(&self.script.at(seconds));
        self.camera.take(&scene, seconds)
    }
}
