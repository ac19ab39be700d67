//! Group-blind normalisation of comparison scores by a cohort of unlabelled faces.
//!
//! An embedder packs some people's faces more densely than others': a stranger looks more alike
//! where many look alike, so that one threshold falsely matches some groups several times as often
//! as others. Nothing here knows of groups. For each face it is measured how dense its own
//! surroundings are, and the score of a pair is lowered or raised by both sides' density:
//!
//! ```text
//! u(x)     = (x − μ) / |x − μ|                       μ: mean template of the cohort
//! m(x)     = mean over clusterings of the mean of the `nearest` largest u(x)·c
//! score    = u(a)·u(b) − weight · ½ · ((m(a) − level) + (m(b) − level))
//! ```
//!
//! The centroids `c` are means of at least five people each, so that a normaliser can be handed
//! out where a cohort of faces may not. The idea of subtracting what a cohort scores is that of
//! symmetric score normalisation in speaker verification (R. Auckenthaler, M. Carey, H.
//! Lloyd-Thomas, "Score normalization for text-independent speaker verification systems", Digital
//! Signal Processing 10, 2000), its use against demographic differentials that of P. Terhörst and
//! others, "Post-comparison mitigation of demographic bias in face recognition using fair score
//! normalization", Pattern Recognition Letters 140, 2020. `docs/FAIRNESS.md` has what it does and
//! what else was tried.
//!
//! Plain numbers go in and come out: no model, no label.

mod clusters;
mod cohort;
mod fit;
mod normaliser;

pub use cohort::{forms_cohort, in_cohort_order};
pub use fit::{FitSettings, fit};
pub use normaliser::{Normaliser, NormaliserStatistics};
