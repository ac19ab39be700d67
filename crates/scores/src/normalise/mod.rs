//! Normalisation of comparison scores: blind to groups when a decision is made.
//!
//! An embedder packs some people's faces more densely than others': where many people look similar,
//! a stranger also looks more similar, so one threshold falsely matches some groups several times
//! as often as others. A normaliser is given a template and nothing else about the person. The one
//! formed by [`fit`] from a cohort of unlabelled faces measures for each face how dense its own
//! neighbourhood is, and lowers or raises the score of a pair by the density on both sides:
//!
//! ```text
//! u(x)     = (x − μ) / |x − μ|                       μ: mean template of the cohort
//! m(x)     = mean over clusterings of the mean of the `nearest` largest u(x)·c
//! score    = u(a)·u(b) − weight · ½ · ((m(a) − level) + (m(b) − level))
//! ```
//!
//! The centroids `c` are means of at least five people each, so that a normaliser can be shared
//! even if a cohort of faces cannot. Subtracting what a cohort scores is known from symmetric score
//! normalisation in speaker verification (R. Auckenthaler, M. Carey, H. Lloyd-Thomas, "Score
//! normalization for text-independent speaker verification systems", Digital Signal Processing 10,
//! 2000); its use against demographic differentials is from P. Terhörst and others,
//! "Post-comparison mitigation of demographic bias in face recognition using fair score
//! normalization", Pattern Recognition Letters 140, 2020. `docs/FAIRNESS.md` describes its effect
//! and what else was tried.
//!
//! The one formed by [`fit_learned`] is a function of the template that was fitted to labelled
//! people: see its module.
//!
//! Plain numbers in and out: no model.

mod centroids;
mod clusters;
mod cohort;
mod fit;
mod learned;
mod neighbours;
mod normaliser;

pub use cohort::{forms_cohort, in_cohort_order};
pub use evenmatch_core::record::LearnedSettings;
pub use fit::{FitSettings, fit};
pub use learned::{AttributeLabels, LEAST_PEOPLE, LabelledPeople, fit_learned};
pub use normaliser::{Normaliser, NormaliserStatistics};
