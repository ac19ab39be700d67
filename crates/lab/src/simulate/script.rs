//! What the person, or the person holding the picture, does, and when.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;

use super::head::HeadState;
use crate::degrade::unit;
use evenmatch::pad::{Challenge, Step, TimedStep};

/// A small motion that never repeats and never jumps: a sum of three slow waves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sway {
    waves: [(f32, f32, f32); 3],
}

impl Sway {
    /// Of about this size, with waves about this many times a second.
    pub(super) fn new(size: f32, hertz: f32, random: &mut ChaCha8Rng) -> Sway {
        let waves = [0.5, 0.3, 0.2].map(|share| {
            let frequency = hertz * (0.4 + 1.2 * unit(random) as f32);
            let turn = std::f32::consts::TAU;
            (size * share, turn * frequency, turn * unit(random) as f32)
        });
        Sway { waves }
    }

    /// No motion.
    pub(super) fn none() -> Sway {
        Sway { waves: [(0.0, 0.0, 0.0); 3] }
    }

    /// Its value at a time in seconds.
    pub(super) fn at(&self, seconds: f32) -> f32 {
        self.waves.iter().map(|(size, pace, phase)| size * (pace * seconds + phase).sin()).sum()
    }
}

/// One movement, out and back.
#[derive(Debug, Clone, Copy)]
struct Gesture {
    step: Step,
    /// How far: degrees, distances between the eyes, or shares.
    size: f32,
    /// Seconds.
    begin: f32,
    rise: f32,
    hold: f32,
    fall: f32,
}

impl Gesture {
    /// How a person does what is asked: how fast they react and how far they go.
    fn drawn(asked: TimedStep, random: &mut ChaCha8Rng) -> Gesture {
        let mut evenly = |low: f32, high: f32| low + (high - low) * unit(random) as f32;
        let reaction = evenly(0.25, 0.75);
        let (size, rise, hold, fall) = match asked.step {
            Step::TurnLeft | Step::TurnRight => {
                (evenly(20.0, 36.0), evenly(0.4, 0.8), evenly(0.15, 0.5), evenly(0.4, 0.8))
            }
            Step::LookUp | Step::LookDown => {
                (evenly(13.0, 24.0), evenly(0.4, 0.8), evenly(0.15, 0.5), evenly(0.4, 0.8))
            }
            Step::ComeCloser => {
                (evenly(1.4, 2.4), evenly(0.5, 0.9), evenly(0.2, 0.5), evenly(0.5, 0.9))
            }
            Step::Blink => {
                (evenly(0.9, 1.0), evenly(0.08, 0.15), evenly(0.3, 0.7), evenly(0.1, 0.2))
            }
            Step::OpenMouth => {
                (evenly(0.3, 0.6), evenly(0.2, 0.4), evenly(0.2, 0.6), evenly(0.2, 0.4))
            }
        };
        let begin = asked.from_ms as f32 / 1000.0 + reaction;
        Gesture { step: asked.step, size, begin, rise, hold, fall }
    }

    /// How far it has gone at a time, 0 to 1: smooth, with no jump in speed.
    fn share(&self, seconds: f32) -> f32 {
        let ease = |x: f32| {
            let x = x.clamp(0.0, 1.0);
            x * x * (3.0 - 2.0 * x)
        };
        let out = ease((seconds - self.begin) / self.rise);
        let back = ease((seconds - self.begin - self.rise - self.hold) / self.fall);
        out - back
    }
}

/// What one person does in one session.
#[derive(Debug, Clone)]
pub struct Script {
    gestures: Vec<Gesture>,
    blinks: Vec<Gesture>,
    sways: [Sway; 6],
}

impl Script {
    /// A person who does what a challenge asks. How fast they react and how far they turn is drawn
    /// by this seed from ranges (docs/LIVENESS.md).
    pub fn for_challenge(challenge: &Challenge, seed: u64) -> Script {
        Script::of_steps(challenge.steps(), challenge.duration_ms(), seed)
    }

    /// A hand that only holds something.
    pub(super) fn still(seed: u64) -> Script {
        let mut script = Script::of_steps(&[], 0, seed);
        script.blinks.clear();
        script
    }

    /// A person who does these steps in this time.
    pub(super) fn of_steps(steps: &[TimedStep], duration_ms: u32, seed: u64) -> Script {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut gestures = Vec::new();
        for asked in steps {
            gestures.push(Gesture::drawn(*asked, &mut random));
        }
        // People blink every few seconds, unasked.
        let mut blinks = Vec::new();
        let mut next = 0.5 + 3.0 * unit(&mut random) as f32;
        while next < duration_ms as f32 / 1000.0 {
            let hold = 0.03 + 0.07 * unit(&mut random) as f32;
            blinks.push(Gesture {
                step: Step::Blink,
                size: 1.0,
                begin: next,
                rise: 0.08,
                hold,
                fall: 0.12,
            });
            next += 2.0 + 4.0 * unit(&mut random) as f32;
        }
        let sways = [
            Sway::new(1.2, 0.3, &mut random),
            Sway::new(1.0, 0.3, &mut random),
            Sway::new(0.8, 0.25, &mut random),
            Sway::new(0.03, 0.3, &mut random),
            Sway::new(0.03, 0.3, &mut random),
            Sway::new(0.06, 0.2, &mut random),
        ];
        Script { gestures, blinks, sways }
    }

    /// The person does one step more.
    pub(super) fn ask(&mut self, asked: TimedStep, random: &mut ChaCha8Rng) {
        self.gestures.push(Gesture::drawn(asked, random));
    }

    /// How the head is held at a time in seconds.
    pub fn at(&self, seconds: f32) -> HeadState {
        let [yaw, pitch, roll, right, down, nearer] = self.sways.map(|sway| sway.at(seconds));
        let mut state = HeadState { yaw, pitch, roll, right, down, nearer, ..HeadState::default() };
        for gesture in self.gestures.iter().chain(&self.blinks) {
            let amount = gesture.size * gesture.share(seconds);
            match gesture.step {
                // The person's left is on the viewer's right.
                Step::TurnLeft => state.yaw += amount,
                Step::TurnRight => state.yaw -= amount,
                Step::LookUp => state.pitch += amount,
                Step::LookDown => state.pitch -= amount,
                Step::ComeCloser => state.nearer += amount,
                Step::Blink => state.eyes_shut = state.eyes_shut.max(amount),
                Step::OpenMouth => state.mouth_open += amount,
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::super::head::CAMERA;
    use super::*;
    use evenmatch::{
        mesh::Pose,
        pad::{
            BASELINE_MS, Measures, UNASKED,
            movement::{StepWatch, moves_unasked},
        },
    };

    /// What would be measured of a head, without any noise.
    fn measured(state: &HeadState) -> Measures {
        Measures {
            pose: Pose { yaw: state.yaw, pitch: state.pitch, roll: state.roll },
            size: 60.0 * CAMERA / (CAMERA - state.nearer),
            lids: 0.8 * state.eyes_shut,
            lips: 2.0 * state.mouth_open,
            middle: [320.0, 240.0],
        }
    }

    /// Whether a person's movements answer a challenge.
    fn answers(script: &Script, challenge: &Challenge) -> bool {
        let base = measured(&HeadState::default());
        let mut watches: Vec<StepWatch> =
            challenge.steps().iter().map(|asked| StepWatch::new(*asked)).collect();
        let mut unasked = 0;
        for ms in (BASELINE_MS..challenge.duration_ms()).step_by(100).map(u64::from) {
            let now = measured(&script.at(ms as f32 / 1000.0));
            match watches.iter_mut().find(|watch| watch.is_at(ms)) {
                Some(watch) => watch.frame(&base, &now, ms),
                None => unasked += u32::from(moves_unasked(&base, &now)),
            }
        }
        unasked < UNASKED && watches.iter().all(|watch| watch.finish().1.is_empty())
    }

    fn challenge(n: u64) -> Challenge {
        let seed = *crate::Digest::of(&n.to_le_bytes()).as_bytes();
        Challenge::from_seed(seed, 3, 0).unwrap()
    }

    #[test]
    fn answers_fit_their_challenges() {
        let fits = |n| answers(&Script::for_challenge(&challenge(n), n), &challenge(n));
        let fitting = (0..1000).filter(|n| fits(*n)).count();
        assert!(fitting >= 995, "{fitting} of 1000");
    }

    /// The rate that docs/LIVENESS.md states.
    #[test]
    fn a_recording_of_another_answer_hardly_ever_fits() {
        let many = 30_000;
        let fits = |n| answers(&Script::for_challenge(&challenge(n + many), n), &challenge(n));
        let fitting = (0..many).filter(|n| fits(*n)).count();
        println!("{fitting} of {many} recordings fit");
        assert!(fitting <= 15, "{fitting} of {many}");
    }

    /// How often a recording of the two steps that are asked for, made before anybody knew when they
    /// would be asked for, fits: what an attacker must record to cut from one such recording to another in
    /// the middle of a movement. docs/LIVENESS.md states the rate.
    #[test]
    fn a_pair_of_steps_that_was_recorded_before_fits_every_other_time() {
        let many = 10_000;
        let fits = |n: u64| {
            let [asked, other] = [n, n + many].map(|n| {
                let seed = *crate::Digest::of(&n.to_le_bytes()).as_bytes();
                Challenge::from_seed(seed, 2, 0).unwrap()
            });
            let [first, then] = [other.steps()[0], other.steps()[1]];
            let mut recorded = asked.steps().to_vec();
            recorded[1].from_ms = recorded[0].from_ms + then.from_ms - first.from_ms;
            recorded[1].until_ms = recorded[1].from_ms + then.until_ms - then.from_ms;
            answers(&Script::of_steps(&recorded, asked.duration_ms(), n), &asked)
        };
        let fitting = (0..many).filter(|n| fits(*n)).count();
        println!("{fitting} of {many} pairs fit");
        assert!((4000..5000).contains(&fitting), "{fitting} of {many}");
    }
}
