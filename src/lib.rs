//! Face verification that proves, with numbers, how evenly it treats people.
//!
//! ```
//! use evenmatch::{Policy, Verifier, record::Outcome};
//! use image::{Rgb, RgbImage};
//!
//! // Null networks need no models and know nothing about faces. For real use: `Verifier::open`.
//! let verifier = Verifier::with_null_networks(Policy::default())?;
//! let photo = |face: [u8; 3]| RgbImage::from_fn(320, 320, |x, y| match (x, y) {
//!     (96..224, 96..256) => Rgb(face),
//!     _ => Rgb([128; 3]),
//! });
//! let decision = verifier.verify(&photo([250, 20, 20]), &photo([240, 30, 20]))?;
//! assert_eq!(decision.outcome, Outcome::Match);
//! let decision = verifier.verify(&photo([250, 20, 20]), &photo([20, 20, 250]))?;
//! assert_eq!(decision.outcome, Outcome::NonMatch);
//! assert!(decision.reasons[0].decisive);
//! # Ok::<(), evenmatch::Error>(())
//! ```
//!
//! # Typical use
//!
//! 1. **Open.** `evenmatch models fetch` prepares the default models once. `Verifier::open` loads
//!    them; [`Verifier`] is `Send + Sync`, so a backend opens one and shares it. `model::Profile`
//!    chooses between a quick answer for one photo and high throughput for many.
//!    [`Verifier::builder`] has what else can be chosen.
//! 2. **Set the rules.** A [`Policy`] says what to do with several faces, whether liveness is
//!    asked for, the threshold, and the limits on what is decoded. It can be read from TOML.
//! 3. **Acquire.** [`Verifier::acquire`] takes a path, bytes, an image or a ready [`Template`] (all
//!    are a [`Source`]) and gives a template, or the reasons why there is none.
//!    [`Verifier::inspect`] stops before the template and returns what it found in the photo;
//!    [`CaptureAdvice`] turns that into plain words: what the person should change about the photo.
//! 4. **Store.** [`Template::to_bytes`] and [`Template::from_bytes`] store references and read them
//!    back. They are personal data: encrypt them.
//! 5. **Decide.** [`Verifier::decide`] compares a probe with a reference; [`Verifier::verify`] does
//!    everything in one call. Both give a [`record::DecisionRecord`], which serialises to JSON.
//!
//! A face that is not found is an *outcome* with reasons, because people who cannot be acquired
//! must stay in the statistics. An [`Error`] means that the question could not be asked: it has a
//! [`kind`](ErrorKind), a [`stage`](Stage), a [`place`](Place) and usually a next step.
//!
//! `examples/verify.rs` is a complete program on real models. `crates/registry/examples/backend.rs`
//! is the shortest backend: enrol, verify, record, explain. `evenmatch serve` is a whole one.
//!
//! # The types enforce the pipeline
//!
//! [`Sample`] → [`Detection`] → [`AlignedFace`] → [`Template`] → [`ComparisonScore`] →
//! [`Decision`]: each can only be made from the one before. Comparing takes a [`Probe`] and a
//! [`Reference`] of the same model. The same inputs, build and models give the same record, byte
//! for byte, from any number of threads.
//!
//! # Features
//!
//! | Feature | Default | What it adds |
//! |---|---|---|
//! | `onnx` | yes | inference by ONNX Runtime, a shared library that is loaded at run time |
//!
//! Without it there are still the null networks, the records, and the trait [`model::Network`] for
//! an engine of your own.
//!
//! # The crates beside it
//!
//! | Crate | What it adds |
//! |---|---|
//! | `evenmatch-audit` | error rates by group, calibration and reports, from the records of any system; needs none of this crate |
//! | `evenmatch-ledger` | a signed, append-only ledger of decisions, with appeals |
//! | `evenmatch-explain` | decisions explained and the system disclosed, in ten languages |
//! | `evenmatch-registry` | stored enrolments, joined with the ledger; feature `postgres` for PostgreSQL |
//! | `evenmatch-lab` | many photos at once, degradations, simulated people, stress and attack tests |
//! | `evenmatch-models` | fetching and preparing models |
//! | `evenmatch-cli` | the command `evenmatch` |
//!
//! # What it does not do
//!
//! - It verifies a claim ("this is Alice"); it does not search a crowd for a face.
//! - It does not estimate anyone's age, sex, race or emotions.
//! - It cannot tell a person from a photo of that person with one photo: that takes a challenge
//!   session ([`pad::LivenessSession`]) and a policy that requires one. Otherwise records say
//!   [`NotChecked`](record::LivenessOutcome::NotChecked).
//! - [`Verifier::open`] decides with the calibration and the normaliser that ship ([`shipped`]).
//!   They claim something about the people they were measured on, not about yours: calibrate on
//!   your own. The publisher's bare threshold, which no measured error rate supports, is used only
//!   if you ask for it ([`VerifierBuilder::uncalibrated`]).
//! - It opens no socket and stores nothing.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod acquire;
mod advise;
mod align;
#[cfg(feature = "onnx")]
mod builder;
mod compare;
mod decide;
mod detect;
mod geometry;
pub mod mesh;
pub mod model;
pub mod pad;
pub mod quality;
pub mod sample;
pub mod shipped;
mod template;
mod verify;

pub use evenmatch_core::{
    Digest, Error, ErrorKind, ParseDigestError, Place, Result, Stage, record,
};
pub use evenmatch_scores::normalise;

pub use acquire::Inspection;
pub use advise::{CaptureAdvice, CaptureChange};
pub use align::{AlignedFace, CROP_SIDE, align};
#[cfg(feature = "onnx")]
pub use builder::VerifierBuilder;
pub use compare::{ComparisonScore, compare, compare_normalised};
pub use decide::{
    Decision, LivenessPolicy, NoAutomatedFinalRefusal, OperatingPoint, Policy, Retention, Review,
    SeveralFaces, ThresholdBasis, decide,
};
pub use detect::{Attempt, Detection, Detections, DetectorSettings, FaceDetector, Step};
pub use geometry::{BoundingBox, Landmarks5, Point, Similarity};
pub use sample::{DecodeLimits, EncodedSample, Sample};
pub use template::{Embedder, Probe, Reference, Role, Template, of_unit_length};
pub use verify::{Acquisition, Source, Verifier};

/// The programs of the README, which compile with it.
#[cfg(all(doctest, feature = "onnx"))]
#[doc = include_str!("../README.md")]
struct Readme;
