//! A normaliser that is fitted to labelled people and then needs no label.
//!
//! ```text
//! score = a·b − h(a) − h(b)
//! h(x)  = v · (m(x) − level) + max(floor, Σ_k w_k · max(0, r_k·x + b_k) + c)
//! m(x)  = mean of the `nearest` largest x·z, z: centroids of the people it is fitted to
//! ```
//!
//! The first term needs no label: it subtracts a part of how densely faces are packed around a face,
//! as the normaliser of a cohort does. It holds up on other kinds of photos, because it compares
//! faces instead of naming groups. But a cohort shows how dense a neighbourhood is only if it has
//! enough people like that one, and labels tell more: how often each group is falsely matched. So
//! the second term learns what the first leaves. Each group has a level, for the groups of every two
//! attributes together that all have enough people, and of every attribute that is in none of these.
//! They begin at 0. In each round, a ridge regression ([`ridge`]) of the levels on random features
//! of the template gives a function that also holds for people whose labels nobody knows; the false
//! match rate of each group is measured under it at fixed thresholds ([`levels`]); and each group's
//! level rises by a share of what its rate is above the common one.
//!
//! The floor keeps the few faces with the least sum from having all their scores raised: on LFW such
//! faces alone set the threshold at low rates. docs/FAIRNESS.md compares what else was tried: the
//! density within a person's own groups in place of the first term, knees in place of the floor,
//! and networks.
//!
//! The regression is linear in its target, so one factored matrix serves all rounds: it is solved
//! once for each group, and each round only adds these solutions up.
//!
//! What depends on a label but not on the template cannot be learned in this way.

mod features;
mod fit;
mod function;
mod levels;
mod partition;
mod ridge;

pub use fit::{LEAST_PEOPLE, fit_learned};
pub(super) use function::LearnedFunction;
pub use partition::{AttributeLabels, LabelledPeople};
