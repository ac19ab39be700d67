//! A decision as a person is told of it: words in their language, and no score.

use serde::Serialize;

use evenmatch_core::record::Outcome;
use evenmatch_explain::{
    disclosure::{Brief, brief},
    messages::Messages,
};
use evenmatch_ledger::{AppealState, DecisionEntry, LedgerFiles};

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
}

impl Told {
    /// Explains a decision.
    pub(crate) fn of(
        number: u64,
        decision: DecisionEntry,
        ledger: &LedgerFiles,
        messages: &Messages,
    ) -> evenmatch_core::Result<Self> {
        let appeal =
            ledger.appeals()?.get(&number).map_or(AppealState::None, |appeal| appeal.state);
        let outcome = decision.record.outcome;
        let Brief { outcome: title, why, next } = brief(&decision.record, messages);
        let paragraphs = why.into_iter().chain([next]).collect();
        let may_appeal = !matches!(appeal, AppealState::Open | AppealState::UnderReview);
        Ok(Told { number, outcome, title, paragraphs, appeal, may_appeal })
    }
}
