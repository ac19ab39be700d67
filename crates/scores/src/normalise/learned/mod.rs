//! A normaliser that is fitted to labelled people and then needs no label.
//!
//! ```text
//! score = a·b − h(a) − h(b)
//! h(x)  = knee(Σ_k w_k · max(0, r_k·x + b_k) + c)
//! ```
//!
//! A cohort tells how densely faces are packed around a face only if the cohort has enough people
//! like that one. Labels tell more: how often each group is falsely matched. The fit turns this into
//! a target for h of each person, and regresses it on random features of the template, so that the
//! function also holds for people whose labels nobody knows:
//!
//! 1. half of the density of the person's own groups ([`density`]);
//! 2. plus one level per group, for the groups of every two attributes together that all have
//!    enough people, and of every attribute that is in none of these. They begin at 0. In each round, the regression ([`ridge`]) gives h, the false match rate of each
//!    group is measured at fixed thresholds ([`levels`]), and each group's level rises by a share of
//!    what its rate is above the common one.
//!
//! The knee keeps the few faces with the least h from having all their scores raised: on LFW such
//! faces alone set the threshold at low rates. Below the median of the people who form it, 25 % of
//! the distance to it are left. Without a knee more than twice as many mated pairs are missed at an
//! FMR of 1e-5; with a floor in its place, portraits, most of whose faces lie below it, are hardly
//! evened out (docs/FAIRNESS.md).
//!
//! The regression is linear in its target, so one factored matrix serves all rounds: it is solved
//! once for the density and once for each group, and each round only adds these solutions up.
//!
//! What depends on a label but not on the template cannot be learned in this way.

mod density;
mod features;
mod fit;
mod function;
mod levels;
mod partition;
mod ridge;

pub use fit::{LEAST_PEOPLE, fit_learned};
pub(super) use function::LearnedFunction;
pub use partition::{AttributeLabels, LabelledPeople};
