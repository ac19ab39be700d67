//! Appeals: people ask for a decision to be reviewed, and reviewers resolve it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::decision::{AppealNote, AppealState, DecisionEntry, HumanOutcome, Resolution};
use super::entry::EntryKind;
use super::ledger::Ledger;
use super::read::LedgerFiles;
use super::writer::{Appended, Draft};
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::record::Outcome;

/// Maximum length of a note or reason, in bytes.
const MAX_TEXT: usize = 4000;

/// How many decisions people overturned, by group. `OverturnReport::new` of `evenmatch-audit` makes
/// rates with intervals of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverturnCounts {
    /// An attribute that was stated at enrolment.
    pub by: String,
    /// By the attribute's value, empty where none was stated: decisions, those appealed against,
    /// appeals resolved, decisions overturned.
    pub groups: BTreeMap<String, [u64; 4]>,
}

/// The appeal against one decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Appeal {
    /// The decision's id.
    pub decision: String,
    /// Its state.
    pub state: AppealState,
    /// The notes, in order.
    pub notes: Vec<AppealNote>,
    /// The reviewer's last decision.
    pub resolution: Option<Resolution>,
}

pub(super) fn refuse(message: String, next: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, Stage::Ledger, message).next(next)
}

pub(super) fn text(text: &str, what: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_TEXT {
        let message = format!("{what} must have 1 to {MAX_TEXT} bytes");
        return Err(refuse(message, "write a few sentences, and name nobody"));
    }
    Ok(text.to_owned())
}

/// Whether the photos show the claimed person, if this is what a reviewer decided; `None` if the
/// machine had said neither yes nor no.
fn same_person_if(machine: Outcome, reviewer: HumanOutcome) -> Option<bool> {
    match (machine, reviewer) {
        (Outcome::Match, HumanOutcome::Upheld) => Some(true),
        (Outcome::Match, HumanOutcome::Overturned) => Some(false),
        (Outcome::NonMatch, HumanOutcome::Upheld) => Some(false),
        (Outcome::NonMatch, HumanOutcome::Overturned) => Some(true),
        (Outcome::Undecided, _) => None,
    }
}

impl Ledger {
    /// Opens an appeal against a decision. Anybody may appeal against any decision; a resolved
    /// appeal can be opened again.
    ///
    /// # Errors
    ///
    /// There is no such decision, or an appeal is already open.
    pub fn open_appeal(&self, decision: &str, note: &str) -> Result<Appended> {
        let (entry, state) = self.appeal_state(decision)?;
        if matches!(state, AppealState::Open | AppealState::UnderReview) {
            let message = format!("an appeal against `{decision}` is already open");
            let next = "run evenmatch appeal review, then evenmatch appeal resolve";
            return Err(refuse(message, next));
        }
        self.open_appeal_at(decision, entry, note)
    }

    /// The same for the decision whose entry has this number: two decisions about the same photos have the
    /// same id. Whether an appeal is open already, the caller has to know.
    ///
    /// # Errors
    ///
    /// The note is empty or too long, or the ledger cannot be written.
    pub fn open_appeal_at(&self, decision: &str, entry: u64, note: &str) -> Result<Appended> {
        let (decision, note) = (decision.to_owned(), text(note, "an appeal")?);
        let note = AppealNote { decision, entry, by: None, note };
        self.append_one(Draft::new(EntryKind::AppealOpened, &note)?).map(|(appended, _)| appended)
    }

    /// Records who reviews an appeal.
    ///
    /// # Errors
    ///
    /// There is no open appeal against this decision.
    pub fn review_appeal(&self, decision: &str, by: &str, note: &str) -> Result<Appended> {
        let entry = self.opened(decision)?;
        let (by, note) = (Some(text(by, "a reviewer's name")?), text(note, "a note")?);
        let note = AppealNote { decision: decision.to_owned(), entry, by, note };
        self.append_one(Draft::new(EntryKind::AppealReviewed, &note)?).map(|(appended, _)| appended)
    }

    /// Records what a reviewer decided. If the machine said yes or no, the outcome tells whether
    /// the photos show the claimed person; in an undecided case the reviewer has to state it.
    ///
    /// # Errors
    ///
    /// There is no open appeal against this decision, or the statement contradicts the outcome.
    pub fn resolve_appeal(
        &self,
        decision: &str,
        by: &str,
        outcome: HumanOutcome,
        same_person: Option<bool>,
        reason: &str,
    ) -> Result<Appended> {
        let entry = self.opened(decision)?;
        let (_, made) = LedgerFiles::open(self.folder())?.decision(decision)?;
        let follows = same_person_if(made.record.outcome, outcome);
        if let (Some(follows), Some(stated)) = (follows, same_person)
            && follows != stated
        {
            let message = "the outcome contradicts the statement about the person".to_owned();
            let next = "uphold a non-match if the photos show somebody else; overturn it if they \
                        show the claimed person";
            return Err(refuse(message, next));
        }
        self.resolve(decision, entry, by, outcome, same_person.or(follows), reason)
    }

    /// Writes down what was decided about an appeal, or in a review for which nobody had to appeal.
    pub(super) fn resolve(
        &self,
        decision: &str,
        entry: u64,
        by: &str,
        outcome: HumanOutcome,
        same_person: Option<bool>,
        reason: &str,
    ) -> Result<Appended> {
        let resolution = Resolution {
            decision: decision.to_owned(),
            entry,
            by: text(by, "the reviewer's name")?,
            outcome,
            same_person,
            reason: text(reason, "a reason")?,
        };
        let draft = Draft::new(EntryKind::AppealResolved, &resolution)?;
        self.append_one(draft).map(|(appended, _)| appended)
    }

    fn appeal_state(&self, decision: &str) -> Result<(u64, AppealState)> {
        let files = LedgerFiles::open(self.folder())?;
        let (entry, _) = files.decision(decision)?;
        let appeal = files.appeals()?.remove(&entry.sequence);
        Ok((entry.sequence, appeal.map_or(AppealState::None, |appeal| appeal.state)))
    }

    fn opened(&self, decision: &str) -> Result<u64> {
        match self.appeal_state(decision)? {
            (entry, AppealState::Open | AppealState::UnderReview) => Ok(entry),
            _ => {
                let message = format!("no appeal against `{decision}` is open");
                Err(refuse(message, "open one: evenmatch appeal open ID --note …"))
            }
        }
    }
}

impl LedgerFiles {
    /// Every appeal, by the number of the decision's entry.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or contains entries that this version does not know.
    pub fn appeals(&self) -> Result<BTreeMap<u64, Appeal>> {
        let mut appeals: BTreeMap<u64, Appeal> = BTreeMap::new();
        let new = |decision: String| Appeal {
            decision,
            state: AppealState::None,
            notes: Vec::new(),
            resolution: None,
        };
        self.each(|entry| {
            match entry.kind {
                EntryKind::AppealOpened | EntryKind::AppealReviewed => {
                    let note: AppealNote = entry.read()?;
                    let appeal =
                        appeals.entry(note.entry).or_insert_with(|| new(note.decision.clone()));
                    appeal.state = match entry.kind {
                        EntryKind::AppealOpened => AppealState::Open,
                        _ => AppealState::UnderReview,
                    };
                    appeal.notes.push(note);
                }
                EntryKind::AppealResolved => {
                    let resolution: Resolution = entry.read()?;
                    let name = resolution.decision.clone();
                    let appeal = appeals.entry(resolution.entry).or_insert_with(|| new(name));
                    appeal.state = resolution.outcome.into();
                    appeal.resolution = Some(resolution);
                }
                _ => {}
            }
            Ok(true)
        })?;
        Ok(appeals)
    }

    /// How often decisions were overturned, by the groups of an attribute stated at enrolment.
    ///
    /// # Errors
    ///
    /// As for [`LedgerFiles::appeals`].
    pub fn overturned(&self, attribute: &str) -> Result<OverturnCounts> {
        let appeals = self.appeals()?;
        let mut groups: BTreeMap<String, [u64; 4]> = BTreeMap::new();
        self.each(|entry| {
            if entry.kind == EntryKind::Decision {
                let decision: DecisionEntry = entry.read()?;
                let group = decision.attributes.get(attribute).cloned().unwrap_or_default();
                let [decisions, appealed, resolved, overturned] = groups.entry(group).or_default();
                let appeal = appeals.get(&entry.sequence);
                let found = appeal.and_then(|appeal| appeal.resolution.as_ref());
                *decisions += 1;
                *appealed += u64::from(appeal.is_some());
                *resolved += u64::from(found.is_some());
                *overturned +=
                    u64::from(found.is_some_and(|r| r.outcome == HumanOutcome::Overturned));
            }
            Ok(true)
        })?;
        Ok(OverturnCounts { by: attribute.to_owned(), groups })
    }
}
