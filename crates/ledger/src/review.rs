//! Reviews: people look at decisions that confirmed nobody, and say whether the claim was true.
//!
//! A case is a decision that needs a person: the claim was not confirmed, or somebody appealed. Each
//! look and each judgement is an entry. A case closes when enough people have given the same answer.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::appeal::{refuse, text};
use super::decision::{AppealNote, AppealState, DecisionEntry, Disposition};
use super::decision::{HumanOutcome, Resolution};
use super::entry::EntryKind;
use super::ledger::Ledger;
use super::read::{Entry, LedgerFiles};
use super::writer::{Appended, Draft};
use crate::Result;
use evenmatch_core::record::Outcome;

/// A person who reviews.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reviewer {
    /// Tells people apart: the id of the key with which they signed in.
    pub id: String,
    /// Their name, in the operator's words.
    pub name: String,
}

/// The body of the entry for a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Look {
    decision: String,
    entry: u64,
    by: Reviewer,
    /// Which photos were shown.
    photos: Vec<String>,
}

/// The body of the entry for what one reviewer found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The decision's id.
    pub decision: String,
    /// The number of the decision's entry.
    pub entry: u64,
    /// Who judged.
    pub by: Reviewer,
    /// Whether the photos show the claimed person; null if the reviewer could not tell.
    pub same_person: Option<bool>,
    /// Why, in words.
    pub reason: String,
}

/// A decision that a person has to review, or has reviewed.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The number of the decision's entry.
    pub number: u64,
    /// When it was made, in milliseconds since 1970 (UTC).
    pub time: i64,
    /// The decision.
    pub decision: DecisionEntry,
    /// The state of an appeal against it.
    pub appeal: AppealState,
    /// What the person and earlier reviewers wrote, in order.
    pub notes: Vec<AppealNote>,
    /// Who has looked at it since it was opened, by the reviewer's id.
    pub looked: BTreeSet<String>,
    /// What reviewers have found since it was opened, in order.
    pub judgements: Vec<Judgement>,
    /// How the review ended; `None` while it is open.
    pub resolution: Option<Resolution>,
    /// Whether the person's data was deleted, so that nothing is left to review.
    pub deleted: bool,
}

/// What is read of the entry of a deletion.
#[derive(Deserialize)]
struct DeletedSubject {
    subject: String,
}

impl Case {
    fn new(entry: &Entry, decision: DecisionEntry) -> Self {
        Case {
            number: entry.sequence,
            time: entry.time,
            decision,
            appeal: AppealState::None,
            notes: Vec::new(),
            looked: BTreeSet::new(),
            judgements: Vec::new(),
            resolution: None,
            deleted: false,
        }
    }

    /// Whether nobody has to look any more.
    pub fn is_closed(&self) -> bool {
        self.resolution.is_some() || self.deleted
    }

    /// Whether a person has to look or has looked: the claim was not confirmed, or somebody appealed.
    pub fn is_for_people(&self) -> bool {
        self.decision.disposition != Disposition::Confirmed || self.appeal != AppealState::None
    }

    /// Whether this reviewer has looked at it since it was opened.
    pub fn was_looked_at_by(&self, reviewer: &Reviewer) -> bool {
        self.looked.contains(&reviewer.id)
    }

    /// Whether this reviewer has judged it since it was opened.
    pub fn was_judged_by(&self, reviewer: &Reviewer) -> bool {
        self.judgements.iter().any(|judgement| judgement.by.id == reviewer.id)
    }

    /// The answer that at least so many reviewers gave, and the last of them who gave it.
    fn agreed(&self, reviewers: u8) -> Option<(bool, &Judgement)> {
        [true, false].into_iter().find_map(|answer| {
            let mut same = self.judgements.iter().filter(|j| j.same_person == Some(answer));
            let count = same.clone().count();
            let last = same.next_back()?;
            (count >= usize::from(reviewers)).then_some((answer, last))
        })
    }

    /// Takes one more entry into account.
    fn take(&mut self, entry: &Entry) -> Result<()> {
        match entry.kind {
            EntryKind::AppealOpened => {
                // Somebody asked again: what was found before does not count any more.
                self.looked.clear();
                self.judgements.clear();
                self.resolution = None;
                self.appeal = AppealState::Open;
                self.notes.push(entry.read()?);
            }
            EntryKind::AppealReviewed => {
                self.appeal = AppealState::UnderReview;
                self.notes.push(entry.read()?);
            }
            EntryKind::AppealResolved => {
                let resolution: Resolution = entry.read()?;
                self.appeal = resolution.outcome.into();
                self.resolution = Some(resolution);
            }
            EntryKind::ReviewLooked => {
                self.looked.insert(entry.read::<Look>()?.by.id);
            }
            EntryKind::ReviewJudged => self.judgements.push(entry.read()?),
            _ => {}
        }
        Ok(())
    }
}

/// The number of the decision that an entry is about.
#[derive(Deserialize)]
struct About {
    entry: u64,
}

/// The entries that change a case; each names the decision's number.
const CHANGES: [EntryKind; 5] = [
    EntryKind::AppealOpened,
    EntryKind::AppealReviewed,
    EntryKind::AppealResolved,
    EntryKind::ReviewLooked,
    EntryKind::ReviewJudged,
];

impl LedgerFiles {
    /// Every decision that a person has to review or has reviewed, by the number of its entry.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or contains entries that this version does not know.
    pub fn cases(&self) -> Result<BTreeMap<u64, Case>> {
        let mut cases = self.gather(|_| true)?;
        cases.retain(|_, case| case.is_for_people());
        Ok(cases)
    }

    /// The decision whose entry has this number, with its reviews, whether or not anybody has to look;
    /// `None` if there is none.
    ///
    /// # Errors
    ///
    /// As for [`LedgerFiles::cases`].
    pub fn case(&self, number: u64) -> Result<Option<Case>> {
        Ok(self.gather(|sequence| sequence == number)?.remove(&number))
    }

    fn gather(&self, wanted: impl Fn(u64) -> bool) -> Result<BTreeMap<u64, Case>> {
        let mut cases: BTreeMap<u64, Case> = BTreeMap::new();
        let needed = |kind, number| match kind {
            EntryKind::Decision => wanted(number),
            EntryKind::Deleted => true,
            kind => CHANGES.contains(&kind),
        };
        self.each_of(needed, |entry| {
            match entry.kind {
                EntryKind::Decision => {
                    cases.insert(entry.sequence, Case::new(&entry, entry.read()?));
                }
                EntryKind::Deleted => {
                    let DeletedSubject { subject } = entry.read()?;
                    for case in cases.values_mut() {
                        case.deleted |= case.decision.subject.as_ref() == Some(&subject);
                    }
                }
                _ => {
                    let About { entry: number } = entry.read()?;
                    if let Some(case) = cases.get_mut(&number) {
                        case.take(&entry)?;
                    }
                }
            }
            Ok(())
        })?;
        Ok(cases)
    }
}

impl Ledger {
    /// Writes down that a person looked at a case, and which photos they were shown.
    ///
    /// # Errors
    ///
    /// The ledger cannot be written.
    pub fn looked(&self, case: &Case, by: &Reviewer, photos: &[&str]) -> Result<Appended> {
        let photos = photos.iter().map(|photo| (*photo).to_owned()).collect();
        let decision = case.decision.record.id.clone();
        let look = Look { decision, entry: case.number, by: by.clone(), photos };
        self.append_one(Draft::new(EntryKind::ReviewLooked, &look)?).map(|(appended, _)| appended)
    }

    /// Writes down what a reviewer found. If so many `reviewers` have now given the same answer, the
    /// review ends: the decision is upheld or overturned, and the resolution is returned.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidArgument`] if the case is closed, or this reviewer has not looked at it or
    /// has already judged it.
    pub fn judge(
        &self,
        number: u64,
        by: &Reviewer,
        same_person: Option<bool>,
        reason: &str,
        reviewers: u8,
    ) -> Result<Option<HumanOutcome>> {
        let case = || {
            let found = LedgerFiles::open(self.folder())?.case(number)?;
            found
                .filter(Case::is_for_people)
                .ok_or_else(|| refuse("there is no such case".to_owned(), "list the cases again"))
        };
        let before = case()?;
        if before.is_closed() {
            return Err(refuse("the review has ended".to_owned(), "list the cases again"));
        }
        if !before.was_looked_at_by(by) {
            let message = "this reviewer has not looked at the case".to_owned();
            return Err(refuse(message, "look at it first"));
        }
        if before.was_judged_by(by) {
            let message = "this reviewer has already judged the case".to_owned();
            return Err(refuse(message, "another person has to judge"));
        }
        let decision = before.decision.record.id.clone();
        let reason = text(reason, "a reason")?;
        let judgement = Judgement { decision, entry: number, by: by.clone(), same_person, reason };
        self.append_one(Draft::new(EntryKind::ReviewJudged, &judgement)?)?;

        let after = case()?;
        let Some((same_person, last)) = after.agreed(reviewers).filter(|_| !after.is_closed())
        else {
            return Ok(None);
        };
        let confirmed = after.decision.record.outcome == Outcome::Match;
        let outcome = match same_person == confirmed {
            true => HumanOutcome::Upheld,
            false => HumanOutcome::Overturned,
        };
        let names: Vec<&str> = after
            .judgements
            .iter()
            .filter(|judgement| judgement.same_person == Some(same_person))
            .map(|judgement| judgement.by.name.as_str())
            .collect();
        let id = &after.decision.record.id;
        self.resolve(id, number, &names.join(", "), outcome, Some(same_person), &last.reason)?;
        Ok(Some(outcome))
    }
}
