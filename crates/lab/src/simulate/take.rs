//! A take: the frames of one simulated session, one after the other.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::actor::{Actor, room};
use super::camera::Camera;
use super::flat::{Flat, Medium, SheetState};
use super::head::HeadState;
use super::script::{Script, Sway};
use super::splices::{Segment, Stutter, TRIES, one_take, pairs, separate_takes};
use crate::degrade::unit;
use crate::{Digest, Result};
use evenmatch::pad::Challenge;

/// What is in front of the camera, or fed in instead of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SimulatedKind {
    /// The person, who does what is asked.
    Live,
    /// A print of the person's photo, moved and bent as the steps ask.
    Print,
    /// A tablet that shows the person's photo, moved likewise.
    Tablet,
    /// A recording of the person answering another challenge, fed in instead of a camera.
    Replay,
    /// The same, shown by a tablet.
    ReplayOnTablet,
    /// Recordings of each step from separate takes, cut to the challenge's times.
    SplicedTakes,
    /// One recording of every step, by a camera on a stand, cut and put in the challenge's order.
    SplicedTake,
    /// Recordings of two steps each, by a camera on a stand, cut in the middle of a movement that both
    /// show, where they fit best.
    SplicedMovement,
    /// The same, where an attacker has recorded every two steps forty times and takes the recording
    /// that fits best: the head is in the same place and moves as fast in both.
    SplicedMatched,
    /// As `SplicedTake`, cut where the head is in nearly the same place; and the whole picture
    /// stutters, so that the cuts do not stand alone.
    SplicedStutter,
    /// As `SplicedMovement`, and the whole picture stutters.
    SplicedMovementStutter,
}

impl SimulatedKind {
    /// All kinds.
    pub const ALL: [SimulatedKind; 11] = [
        SimulatedKind::Live,
        SimulatedKind::Print,
        SimulatedKind::Tablet,
        SimulatedKind::Replay,
        SimulatedKind::ReplayOnTablet,
        SimulatedKind::SplicedTakes,
        SimulatedKind::SplicedTake,
        SimulatedKind::SplicedMovement,
        SimulatedKind::SplicedMatched,
        SimulatedKind::SplicedStutter,
        SimulatedKind::SplicedMovementStutter,
    ];

    /// The name used for its numbers: `sim_print` and so on, `bona_fide` for the person.
    pub fn species(self) -> &'static str {
        match self {
            SimulatedKind::Live => "bona_fide",
            SimulatedKind::Print => "sim_print",
            SimulatedKind::Tablet => "sim_tablet",
            SimulatedKind::Replay => "sim_replay",
            SimulatedKind::ReplayOnTablet => "sim_replay_on_tablet",
            SimulatedKind::SplicedTakes => "sim_spliced_takes",
            SimulatedKind::SplicedTake => "sim_spliced_take",
            SimulatedKind::SplicedMovement => "sim_spliced_movement",
            SimulatedKind::SplicedMatched => "sim_spliced_matched",
            SimulatedKind::SplicedStutter => "sim_spliced_stutter",
            SimulatedKind::SplicedMovementStutter => "sim_spliced_movement_stutter",
        }
    }
}

/// How a take is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TakeSettings {
    /// Frames per second.
    pub fps: f32,
    /// Share of ordinary light: 1, or 1/8 for a dark room.
    pub light: f64,
    /// Seed of everything that is random.
    pub seed: u64,
}

impl Default for TakeSettings {
    fn default() -> Self {
        TakeSettings { fps: 12.0, light: 1.0, seed: 0 }
    }
}

/// A frame and its time in milliseconds.
pub type Frame = (RgbImage, u64);

/// The frames of one simulated session; an iterator.
#[derive(Debug, Clone)]
pub struct Take<'a> {
    actor: &'a Actor,
    scene: Scene,
    /// From here on the scene's time is shifted and another camera may be on: for cuts.
    segments: Vec<Segment>,
    /// What an attacker adds to hide cuts.
    stutter: Option<Stutter>,
    fps: f32,
    next: u32,
    frames: u32,
}

#[derive(Debug, Clone)]
enum Scene {
    /// The head itself.
    Head,
    /// A flat picture in a person's hand.
    Flat { flat: Box<Flat>, curl: Sway, most_curl: f32 },
    /// A tablet that shows the head as it was recorded, held still.
    Screen { picture: Box<Flat>, hand: Box<Script> },
}

impl<'a> Take<'a> {
    /// A take of this kind that tries to answer a challenge.
    ///
    /// # Errors
    ///
    /// None for challenges of this crate.
    pub fn new(
        actor: &'a Actor,
        kind: SimulatedKind,
        challenge: &Challenge,
        settings: TakeSettings,
    ) -> Result<Take<'a>> {
        let TakeSettings { fps, light, seed } = settings;
        let seed = |what: u64| mixed(seed, what);
        let mut random = ChaCha8Rng::seed_from_u64(seed(0));
        let script = Script::for_challenge(challenge, seed(1));
        let one = |script: Script, shift: f32| {
            vec![Segment { from: 0.0, shift, script, camera: Camera::new(light, seed(2)) }]
        };
        let mut scene = Scene::Head;
        let segments = match kind {
            SimulatedKind::Live => one(script, 0.0),
            SimulatedKind::Print | SimulatedKind::Tablet => {
                let medium =
                    if kind == SimulatedKind::Print { Medium::Print } else { Medium::Tablet };
                let width = 360.0 + 50.0 * unit(&mut random) as f32;
                let room = room(&mut random);
                let flat = Flat::new(&actor.portrait, room, medium, width, &mut random);
                // Paper curls by up to a tenth of its width, to either side; glass does not.
                let most_curl = match medium {
                    Medium::Print => 0.2 * (unit(&mut random) as f32 - 0.5),
                    Medium::Tablet => 0.0,
                };
                let curl = Sway::new(0.02, 0.4, &mut random);
                scene = Scene::Flat { flat: Box::new(flat), curl, most_curl };
                one(script, 0.0)
            }
            SimulatedKind::Replay => {
                let other = other_challenge(challenge, &mut random)?;
                one(Script::for_challenge(&other, seed(1)), 0.0)
            }
            SimulatedKind::ReplayOnTablet => {
                let other = other_challenge(challenge, &mut random)?;
                let room = room(&mut random);
                let black = RgbImage::new(actor.portrait.width(), actor.portrait.height());
                let tablet = Flat::new(&black, room, Medium::Tablet, 420.0, &mut random);
                let hand = Box::new(Script::still(seed(5)));
                scene = Scene::Screen { picture: Box::new(tablet), hand };
                one(Script::for_challenge(&other, seed(1)), 0.0)
            }
            SimulatedKind::SplicedTakes => separate_takes(challenge, light, &seed),
            SimulatedKind::SplicedTake => one_take(challenge, light, &seed, false),
            SimulatedKind::SplicedStutter => one_take(challenge, light, &seed, true),
            SimulatedKind::SplicedMatched => pairs(challenge, light, &seed, TRIES),
            SimulatedKind::SplicedMovement | SimulatedKind::SplicedMovementStutter => {
                pairs(challenge, light, &seed, 1)
            }
        };
        let stutters =
            kind == SimulatedKind::SplicedStutter || kind == SimulatedKind::SplicedMovementStutter;
        let stutter = stutters.then(|| Stutter::new(&segments, fps, seed(6)));
        let frames = (challenge.duration_ms() as f32 / 1000.0 * fps).ceil() as u32 + 1;
        Ok(Take { actor, scene, segments, stutter, fps, next: 0, frames })
    }

    fn picture(&self, script: &Script, seconds: f32) -> RgbImage {
        let state = script.at(seconds);
        match &self.scene {
            Scene::Head => self.actor.head.render(&state),
            Scene::Flat { flat, curl, most_curl } => {
                let gesture = state.eyes_shut.max(state.mouth_open * 2.0);
                // A held picture cannot shut its eyes: it can only be bent.
                let curl = curl.at(seconds) + most_curl * (1.0 + gesture);
                // A picture must be turned further than a head to look turned.
                let held = HeadState {
                    yaw: 1.4 * state.yaw,
                    pitch: 1.4 * state.pitch,
                    right: 0.2 * state.right,
                    down: 0.2 * state.down,
                    nearer: 0.3 * state.nearer,
                    ..state
                };
                flat.render(&SheetState { held, curl: if *most_curl == 0.0 { 0.0 } else { curl } })
            }
            Scene::Screen { picture, hand } => {
                let shown = self.actor.head.render(&state);
                let shown = image::imageops::crop_imm(&shown, 130, 20, 380, 440).to_image();
                let held = hand.at(seconds);
                let held = HeadState {
                    right: 0.2 * held.right,
                    down: 0.2 * held.down,
                    nearer: 0.0,
                    ..held
                };
                picture.showing(&shown).render(&SheetState { held, curl: 0.0 })
            }
        }
    }
}

impl Iterator for Take<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        if self.next >= self.frames {
            return None;
        }
        let seconds = self.next as f32 / self.fps;
        self.next += 1;
        let current = self.segments.iter().rposition(|s| s.from <= seconds).unwrap_or(0);
        let segment = &self.segments[current];
        let late = self.stutter.as_ref().map_or(0.0, |stutter| stutter.late(seconds));
        let recorded = seconds + segment.shift - late;
        let picture = self.picture(&segment.script, recorded);
        let image = self.segments[current].camera.take(&picture, recorded);
        let image = match &self.stutter {
            Some(stutter) => stutter.moved(&image, seconds),
            None => image,
        };
        Some((image, (seconds * 1000.0).round() as u64))
    }
}

/// One number from two.
pub(super) fn mixed(seed: u64, what: u64) -> u64 {
    let digest = Digest::of(&[seed.to_le_bytes(), what.to_le_bytes()].concat());
    digest.as_bytes().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn other_challenge(challenge: &Challenge, random: &mut ChaCha8Rng) -> Result<Challenge> {
    let seed = std::array::from_fn(|_| (256.0 * unit(random)) as u8);
    Challenge::from_seed(seed, challenge.steps().len(), challenge.issued_at())
}
