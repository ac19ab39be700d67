//! What the ledger keeps of a decision, and of what people made of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entry::EntryKind;
use super::read::{Entry, LedgerFiles};
use super::writer::{Appended, Draft};
use super::{Ledger, policies};
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::record::{DecisionRecord, Outcome};

/// What follows from a decision for the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// The claim is confirmed.
    Confirmed,
    /// It is not confirmed by the machine, and nobody is refused: a person must look.
    PersonMustLook,
    /// The machine's answer is final; only where the policy allows automated refusals.
    Refused,
    /// It could not be decided: another photo is needed, or a person.
    NotDecided,
}

impl Disposition {
    /// What follows from an outcome.
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
    /// The pseudonym of the person whose claim it was; null where no enrolment was used.
    pub subject: Option<String>,
    /// The version of the enrolment.
    pub enrolment: Option<u64>,
    /// What follows from it.
    pub disposition: Disposition,
    /// SHA-256 of the policy, which lies beside the ledger.
    pub policy: Digest,
    /// Where the software ran: architecture and operating system.
    pub platform: String,
    /// What the person stated of themselves at enrolment for audits, by attribute.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The decision.
    pub record: DecisionRecord,
}

/// Architecture and operating system of this build.
pub fn platform() -> String {
    format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

/// The body of the entries of an appeal that was opened, or is under review.
///
/// The ledger never forgets: the note should name nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppealNote {
    /// The decision's id.
    pub decision: String,
    /// The number of the decision's entry.
    pub entry: u64,
    /// Who reviews it; null where it was opened.
    pub by: Option<String>,
    /// What was said, in words.
    pub note: String,
}

/// A person's decision about a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HumanOutcome {
    /// The decision stands.
    Upheld,
    /// It does not.
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

/// The body of the entry of a resolved appeal.
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
    /// Whether the photos show the person who was claimed, where that could be found out.
    pub same_person: Option<bool>,
    /// Why, in words.
    pub reason: String,
}

/// How far an appeal has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppealState {
    /// Nobody appealed.
    None,
    /// Somebody appealed.
    Open,
    /// A person is looking at it.
    UnderReview,
    /// The decision was upheld.
    Upheld,
    /// It was overturned.
    Overturned,
}

impl Ledger {
    /// Keeps a policy, as JSON, beside the ledger, and gives the digest by which decisions name it.
    ///
    /// # Errors
    ///
    /// The folder can't be written.
    pub fn keep_policy(&self, json: &[u8]) -> Result<Digest> {
        policies::keep(self.folder(), json)
    }

    /// Writes decisions down, together; they are on the disk when this returns.
    ///
    /// # Errors
    ///
    /// The ledger can't be written.
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
    /// There is none; or a file can't be read.
    pub fn decision(&self, id: &str) -> Result<(Entry, DecisionEntry)> {
        let quoted = format!("\"id\":\"{id}\"");
        let mut found = self.mentioning(&quoted, &[EntryKind::Decision])?;
        while let Some(entry) = found.pop() {
            let decision: DecisionEntry = entry.read()?;
            if decision.record.id == id {
                return Ok((entry, decision));
            }
        }
        let message = format!("the ledger holds no decision with the id `{id}`");
        Err(Error::new(ErrorKind::InvalidArgument, Stage::Ledger, message)
            .next("ids begin with `d-`; `evenmatch ledger show` lists the newest decisions"))
    }

    /// The decision whose entry has this number; `None` where that entry is none or of another
    /// kind.
    ///
    /// # Errors
    ///
    /// A file can't be read.
    pub fn decision_at(&self, sequence: u64) -> Result<Option<DecisionEntry>> {
        let mut found = None;
        self.each(|entry| {
            if entry.sequence == sequence && entry.kind == EntryKind::Decision {
                found = Some(entry.read()?);
            }
            Ok(entry.sequence < sequence)
        })?;
        Ok(found)
    }

    /// The policy by which a decision was made, as JSON.
    ///
    /// # Errors
    ///
    /// It is not there (in an export it never is), or was changed.
    pub fn policy(&self, digest: &Digest) -> Result<Vec<u8>> {
        let folder = self.parts.first().and_then(|part| part.path.parent());
        policies::read(folder.unwrap_or(std::path::Path::new(".")), digest)
    }
}
