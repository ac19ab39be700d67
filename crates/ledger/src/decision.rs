//! What the ledger stores about a decision and its appeals.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entry::EntryKind;
use super::ledger::Ledger;
use super::policies;
use super::read::{Entry, LedgerFiles};
use super::writer::{Appended, Draft};
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::record::{DecisionRecord, Outcome};

/// What a decision means for the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// The claim is confirmed.
    Confirmed,
    /// The machine did not confirm the claim, and nobody is refused: a person must review it.
    PersonMustLook,
    /// The machine's answer is final; only if the policy allows automated refusals.
    Refused,
    /// No decision could be made: another photo is needed, or a human review.
    NotDecided,
}

impl Disposition {
    /// What an outcome means.
    pub fn of(outcome: Outcome, no_automated_final_refusal: bool) -> Self {
        match outcome {
            Outcome::Match => Disposition::Confirmed,
            Outcome::NonMatch if no_automated_final_refusal => Disposition::PersonMustLook,
            Outcome::NonMatch => Disposition::Refused,
            Outcome::Undecided => Disposition::NotDecided,
        }
    }
}

/// The body of a decision's entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionEntry {
    /// The pseudonym of the person who made the claim; null if no enrolment was used.
    pub subject: Option<String>,
    /// The version of the enrolment.
    pub enrolment: Option<u64>,
    /// What it means for the person.
    pub disposition: Disposition,
    /// SHA-256 of the policy, which is stored beside the ledger.
    pub policy: Digest,
    /// Where the software ran: architecture and operating system.
    pub platform: String,
    /// What the person stated about themselves for audits at enrolment, by attribute.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The decision.
    pub record: DecisionRecord,
}

/// Architecture and operating system of this build.
pub fn platform() -> String {
    format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

/// The body of entries about an appeal that was opened or is under review.
///
/// Nothing is ever deleted from the ledger, so the note should name nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppealNote {
    /// The decision's id.
    pub decision: String,
    /// The number of the decision's entry.
    pub entry: u64,
    /// The reviewer; null if the appeal was just opened.
    pub by: Option<String>,
    /// The note, in words.
    pub note: String,
}

/// A reviewer's decision about a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HumanOutcome {
    /// The decision stands.
    Upheld,
    /// The decision does not stand.
    Overturned,
}

impl From<HumanOutcome> for AppealState {
    fn from(outcome: HumanOutcome) -> Self {
        match outcome {
            HumanOutcome::Upheld => AppealState::Upheld,
            HumanOutcome::Overturned => AppealState::Overturned,
        }
    }
}

/// The body of the entry for a resolved appeal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// The decision's id.
    pub decision: String,
    /// The number of the decision's entry.
    pub entry: u64,
    /// Who decided.
    pub by: String,
    /// What they decided.
    pub outcome: HumanOutcome,
    /// Whether the photos show the claimed person, if that could be established.
    pub same_person: Option<bool>,
    /// Why, in words.
    pub reason: String,
}

/// The state of an appeal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppealState {
    /// Nobody appealed.
    None,
    /// Somebody appealed.
    Open,
    /// A person is reviewing it.
    UnderReview,
    /// The decision was upheld.
    Upheld,
    /// The decision was overturned.
    Overturned,
}

impl Ledger {
    /// Stores a policy as JSON beside the ledger, and returns the digest that decisions refer to.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn keep_policy(&self, json: &[u8]) -> Result<Digest> {
        policies::keep(self.folder(), json)
    }

    /// Records decisions together; they are on the disk when this returns.
    ///
    /// # Errors
    ///
    /// The ledger cannot be written.
    pub fn record(&self, decisions: &[DecisionEntry]) -> Result<Vec<Appended>> {
        let draft = |decision| Draft::new(EntryKind::Decision, decision);
        let drafts = decisions.iter().map(draft).collect::<Result<_>>()?;
        Ok(self.append(drafts)?.appended.into_iter().flatten().collect())
    }
}

impl LedgerFiles {
    /// The newest entry of the decision with this id.
    ///
    /// # Errors
    ///
    /// There is none, or a file cannot be read.
    pub fn decision(&self, id: &str) -> Result<(Entry, DecisionEntry)> {
        let quoted = format!("\"id\":\"{id}\"");
        let mut found = self.mentioning(&quoted, &[EntryKind::Decision])?;
        while let Some(entry) = found.pop() {
            let decision: DecisionEntry = entry.read()?;
            if decision.record.id == id {
                return Ok((entry, decision));
            }
        }
        let message = format!("the ledger has no decision with the id `{id}`");
        Err(Error::new(ErrorKind::InvalidArgument, Stage::Ledger, message)
            .next("list the newest decisions with evenmatch ledger show; ids start with `d-`"))
    }

    /// The policy that a decision was made with, as JSON.
    ///
    /// # Errors
    ///
    /// It is missing (an export never includes it), or was changed.
    pub fn policy(&self, digest: &Digest) -> Result<Vec<u8>> {
        let folder = self.parts.first().and_then(|part| part.path.parent());
        policies::read(folder.unwrap_or(std::path::Path::new(".")), digest)
    }
}
