//! What a person is asked to do in front of the camera, and when: drawn at random for one session.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::Step;
use super::challenge_options::{ChallengeOptions, STEPS};
use crate::{Error, ErrorKind, Result, Stage};

/// The `schema` of a challenge as JSON.
pub const CHALLENGE_SCHEMA: &str = "evenmatch.challenge/1";

/// Milliseconds at the start in which the person just looks into the camera.
pub const BASELINE_MS: u32 = 1500;
/// Milliseconds that a step may take.
const STEP_MS: u32 = 3000;
/// Milliseconds between steps: drawn from this range, so that nobody knows when the next one
/// starts. A recording that happens to show the right steps must also show them at the right times.
const PAUSE_MS: (u32, u32) = (300, 4000);
/// Seconds for which a challenge may be answered.
const VALID_SECONDS: u64 = 120;
/// A challenge that lasts longer than this is not one of ours.
const LONGEST_MS: u32 = 60_000;

/// Milliseconds of a challenge without movements.
const STILL_MS: u32 = 6000;
/// A step, and the time in which to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimedStep {
    /// What the person is asked to do.
    pub step: Step,
    /// When the person is told, in milliseconds since the first frame.
    pub from_ms: u32,
    /// By when it must be done and the head be back.
    pub until_ms: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema: String,
    nonce: String,
    issued_at: u64,
    expires_at: u64,
    steps: Vec<TimedStep>,
    duration_ms: u32,
    /// Absent in challenges that a machine can judge.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    person_looks: bool,
}

/// A challenge: a nonce, which can be used once, and random steps at random times.
///
/// As JSON, schema `evenmatch.challenge/1`, it goes to the program that shows the person what to
/// do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Challenge {
    nonce: String,
    issued_at: u64,
    expires_at: u64,
    steps: Vec<TimedStep>,
    duration_ms: u32,
    person_looks: bool,
}

impl Challenge {
    /// A new challenge of two or three steps from the operating system's random numbers, valid for
    /// two minutes from now.
    ///
    /// # Errors
    ///
    /// The operating system gives no random numbers; or the number of steps is not 2 or 3.
    pub fn new(steps: usize) -> Result<Challenge> {
        check_steps(steps)?;
        Challenge::with(&ChallengeOptions { steps, ..ChallengeOptions::default() })
    }

    /// A new challenge as a person asked for it: other movements, more time, or none at all.
    ///
    /// A challenge that asks for no turn of the head cannot show depth, and one without movements
    /// shows only who was there. Such a session never passes: [a person
    /// looks](Challenge::person_looks).
    ///
    /// # Errors
    ///
    /// The operating system gives no random numbers; or the options are not possible, and the
    /// message says which.
    pub fn with(options: &ChallengeOptions) -> Result<Challenge> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|cause| {
            let message = "the operating system provides no random numbers";
            Error::new(ErrorKind::Io, Stage::Liveness, message).caused_by(cause)
        })?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs());
        Challenge::from_seed_with(seed, options, now)
    }

    /// The challenge that this seed gives; never use a seed that others know for a real challenge.
    /// `issued_at` is in seconds since 1970.
    ///
    /// The nonce and the steps come from different parts of the seed, so that neither reveals the
    /// other.
    ///
    /// # Errors
    ///
    /// The number of steps is not 2 or 3.
    pub fn from_seed(seed: [u8; 32], steps: usize, issued_at: u64) -> Result<Challenge> {
        check_steps(steps)?;
        let options = ChallengeOptions { steps, ..ChallengeOptions::default() };
        Challenge::from_seed_with(seed, &options, issued_at)
    }

    /// The challenge that this seed gives with these options; see [`Challenge::from_seed`] and
    /// [`Challenge::with`].
    ///
    /// # Errors
    ///
    /// The options are not possible.
    pub fn from_seed_with(
        seed: [u8; 32],
        options: &ChallengeOptions,
        issued_at: u64,
    ) -> Result<Challenge> {
        use chacha20::ChaCha20Rng;
        use chacha20::rand_core::{Rng, SeedableRng};
        options.check()?;
        let mut random = ChaCha20Rng::from_seed(seed);
        let mut nonce = String::with_capacity(32);
        for _ in 0..4 {
            nonce.push_str(&format!("{:08x}", random.next_u32()));
        }
        // 32 bits over at most 3,701 values are uniform to one in two million.
        let mut below = |n: u32| ((u64::from(random.next_u32()) * u64::from(n)) >> 32) as u32;
        let choice = options.choice();
        // A solid head shows its depth best when it turns to a side, so one step always does that;
        // where a person cannot, it looks up or down. All other orders are equally likely, and a
        // step may be repeated, so that earlier steps do not reveal later ones.
        let shows_depth = |step: &Step| {
            let sideways = choice.iter().any(|step| step.turns_to_a_side());
            if sideways { step.turns_to_a_side() } else { step.turns_the_head() }
        };
        let possible = choice.iter().any(shows_depth);
        let drawn = loop {
            let draw = |_| choice[below(choice.len() as u32) as usize];
            let drawn: Vec<Step> = (0..options.steps).map(draw).collect();
            if options.steps == 0 || !possible || drawn.iter().any(shows_depth) {
                break drawn;
            }
        };
        let person_looks = options.steps == 0 || !possible;
        let mut from_ms = BASELINE_MS;
        let mut timed = Vec::with_capacity(options.steps);
        for step in drawn {
            from_ms += PAUSE_MS.0 + below(PAUSE_MS.1 - PAUSE_MS.0 + 1);
            let until_ms = from_ms + options.time * STEP_MS;
            timed.push(TimedStep { step, from_ms, until_ms });
            from_ms = until_ms;
        }
        let expires_at = issued_at.saturating_add(VALID_SECONDS * u64::from(options.time));
        let duration_ms = if timed.is_empty() { STILL_MS } else { from_ms + 200 };
        Ok(Challenge { nonce, issued_at, expires_at, steps: timed, duration_ms, person_looks })
    }

    /// Reads a challenge from its JSON.
    ///
    /// # Errors
    ///
    /// The text is not a challenge; the message says what is wrong with it.
    pub fn from_json(text: &str) -> Result<Challenge> {
        serde_json::from_str(text).map_err(|cause| {
            let message = format!("this is not a challenge: {cause}");
            Error::new(ErrorKind::Corrupt, Stage::Liveness, message)
                .at_line(cause.line() as u64)
                .next("use what `evenmatch challenge new --json` printed")
        })
    }

    /// The number used once: 128 random bits in hexadecimal digits.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The steps in their order.
    pub fn steps(&self) -> &[TimedStep] {
        &self.steps
    }

    /// When it was created, in seconds since 1970.
    pub fn issued_at(&self) -> u64 {
        self.issued_at
    }

    /// Until when it can be answered, in seconds since 1970.
    pub fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// Whether a machine cannot judge it, because it asks for no turn of the head: a session that
    /// answers it never passes, and a person must look at it.
    pub fn person_looks(&self) -> bool {
        self.person_looks
    }

    /// How long the camera must be on, in milliseconds.
    pub fn duration_ms(&self) -> u32 {
        self.duration_ms
    }
}

fn check_steps(steps: usize) -> Result<()> {
    if (STEPS.0..=STEPS.1).contains(&steps) {
        return Ok(());
    }
    let message = format!("a challenge cannot have {steps} steps");
    Err(Error::new(ErrorKind::InvalidArgument, Stage::Liveness, message).next("ask for 2 or 3"))
}

/// Whether a text has the form of a nonce.
pub(super) fn is_nonce(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl TryFrom<Wire> for Challenge {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Challenge, String> {
        if wire.schema != CHALLENGE_SCHEMA {
            return Err(format!("the schema is not {CHALLENGE_SCHEMA}"));
        }
        if !is_nonce(&wire.nonce) {
            return Err("the nonce is not 32 hexadecimal digits".to_owned());
        }
        let too_few = wire.steps.is_empty() && !wire.person_looks;
        if too_few || wire.steps.len() > 2 * STEPS.1 {
            return Err(format!("it has {} steps", wire.steps.len()));
        }
        if wire.duration_ms > LONGEST_MS {
            return Err(format!("it lasts {} ms, longer than {LONGEST_MS}", wire.duration_ms));
        }
        let mut end = BASELINE_MS;
        for timed in &wire.steps {
            if timed.from_ms < end || timed.until_ms <= timed.from_ms {
                return Err(format!("the step {} does not come after the one before", timed.step));
            }
            end = timed.until_ms;
        }
        if wire.duration_ms < end {
            return Err("it ends before its last step".to_owned());
        }
        Ok(Challenge {
            nonce: wire.nonce,
            issued_at: wire.issued_at,
            expires_at: wire.expires_at,
            steps: wire.steps,
            duration_ms: wire.duration_ms,
            person_looks: wire.person_looks,
        })
    }
}

impl From<Challenge> for Wire {
    fn from(challenge: Challenge) -> Wire {
        Wire {
            schema: CHALLENGE_SCHEMA.to_owned(),
            nonce: challenge.nonce,
            issued_at: challenge.issued_at,
            expires_at: challenge.expires_at,
            steps: challenge.steps,
            duration_ms: challenge.duration_ms,
            person_looks: challenge.person_looks,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn seeded(n: u16) -> Challenge {
        let mut seed = [7; 32];
        seed[..2].copy_from_slice(&n.to_le_bytes());
        Challenge::from_seed(seed, 3, 1000).unwrap()
    }

    #[test]
    fn challenges_differ_and_every_step_occurs_everywhere() {
        let all: Vec<Challenge> = (0..2000).map(seeded).collect();
        let nonces: BTreeSet<&str> = all.iter().map(Challenge::nonce).collect();
        assert_eq!(nonces.len(), all.len());
        for place in 0..3 {
            let steps: BTreeSet<Step> = all.iter().map(|c| c.steps()[place].step).collect();
            assert_eq!(steps.len(), 7, "place {place}");
        }
        let orders: BTreeSet<[Step; 3]> =
            all.iter().map(|c| [0, 1, 2].map(|n| c.steps()[n].step)).collect();
        // 7³ orders minus the 5³ without a turn to a side.
        assert!(orders.len() > 200 && orders.len() <= 218, "{}", orders.len());
        for challenge in &all {
            assert!(challenge.steps().iter().any(|timed| timed.step.turns_to_a_side()));
        }
    }

    #[test]
    fn a_person_can_ask_for_other_movements_more_time_or_none() {
        let with = |without: &[Step], steps, time| {
            let options = ChallengeOptions { steps, without: without.to_vec(), time };
            (0..200).map(move |n: u8| Challenge::from_seed_with([n; 32], &options, 9))
        };
        let sides = [Step::TurnLeft, Step::TurnRight, Step::Blink];
        for challenge in with(&sides, 3, 2).map(Result::unwrap) {
            let steps: Vec<Step> = challenge.steps().iter().map(|timed| timed.step).collect();
            assert!(steps.iter().all(|step| !sides.contains(step)), "{steps:?}");
            // Depth shows in nods too, so a machine can judge.
            assert!(steps.iter().any(|step| step.turns_the_head()) && !challenge.person_looks());
            let long = challenge.steps().iter().all(|t| t.until_ms - t.from_ms == 2 * STEP_MS);
            assert!(long && challenge.expires_at() == 9 + 2 * VALID_SECONDS);
            assert!(challenge.duration_ms() < LONGEST_MS);
        }
        let heads = [Step::TurnLeft, Step::TurnRight, Step::LookUp, Step::LookDown];
        for challenge in with(&heads, 2, 3).chain(with(&[], 0, 1)).map(Result::unwrap) {
            assert!(challenge.person_looks());
            let text = serde_json::to_string(&challenge).unwrap();
            assert_eq!(Challenge::from_json(&text).unwrap(), challenge);
        }
        for mut impossible in [with(&[], 1, 1), with(&[], 3, 4), with(&[], 3, 0)] {
            assert!(impossible.all(|challenge| challenge.is_err()));
        }
        assert!(with(&Step::ALL[..5], 3, 1).all(|challenge| challenge.is_err()));
        // By itself, a challenge is as it always was, and says nothing of a person.
        let usual = serde_json::to_string(&seeded(1)).unwrap();
        assert!(!usual.contains("person_looks"));
    }

    #[test]
    fn it_survives_json_and_nonsense_is_refused() {
        let challenge = seeded(1);
        let text = serde_json::to_string(&challenge).unwrap();
        assert_eq!(Challenge::from_json(&text).unwrap(), challenge);
        for (from, to) in [
            ("challenge/1", "challenge/2"),
            ("\"from_ms\":", "\"from_ms\":9"),
            (challenge.nonce(), "short"),
            ("\"duration_ms\":", "\"duration_ms\":9"),
            ("\"steps\":[", "\"steps\":[],\"other\":["),
        ] {
            let error = Challenge::from_json(&text.replace(from, to)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{from}");
        }
        assert!(Challenge::from_seed([0; 32], 4, 0).is_err());
        assert_ne!(Challenge::new(2).unwrap().nonce(), Challenge::new(2).unwrap().nonce());
    }
}
