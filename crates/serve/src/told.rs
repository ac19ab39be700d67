//! A decision as a person is told of it: words in their language, and no score.

use serde::Serialize;

use evenmatch_core::record::Outcome;
use evenmatch_explain::{
    disclosure::{Brief, brief},
    messages::Messages,
};
use evenmatch_ledger::{AppealState, Case};

/// A decision in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Its number in the ledger.
    pub number: u64,
    /// The outcome.
    pub outcome: Outcome,
    /// The outcome in a sentence.
    pub title: String,
    /// Why, what the person can do, and what happens next.
    pub paragraphs: Vec<String>,
    /// The state of an appeal.
    pub appeal: AppealState,
    /// Whether an appeal can be opened now.
    pub may_appeal: bool,
    /// What people found who reviewed it; `None` while nobody has decided.
    pub review: Option<Found>,
}

/// What a review by people found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// It is the claimed person.
    Confirmed,
    /// That could not be confirmed.
    NotConfirmed,
}

impl Found {
    /// What the review of a case found.
    pub(crate) fn of(case: &Case) -> Option<Found> {
        let same = case.resolution.as_ref()?.same_person?;
        Some(if same { Found::Confirmed } else { Found::NotConfirmed })
    }
}

impl Told {
    /// Explains a decision.
    pub(crate) fn of(case: &Case, messages: &Messages) -> Self {
        let Brief { outcome: title, why, next } = brief(&case.decision.record, messages);
        Told {
            number: case.number,
            outcome: case.decision.record.outcome,
            title,
            paragraphs: why.into_iter().chain([next]).collect(),
            appeal: case.appeal,
            may_appeal: !matches!(case.appeal, AppealState::Open | AppealState::UnderReview),
            review: Found::of(case),
        }
    }
}
