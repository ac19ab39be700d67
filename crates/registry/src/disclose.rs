//! Everything that is stored about one person, for that person.

use serde::Serialize;

use super::enrolment_record::Spread;
use super::registry::Registry;
use crate::Result;
use evenmatch_core::record::{Outcome, ReasonCode};
use evenmatch_ledger::{
    AppealState, DecisionEntry, Disposition, EntryKind, LedgerFiles, Resolution, in_utc,
};

/// A kind of item that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldItem {
    /// The template that new photos are compared with.
    Template,
    /// The person's name.
    Name,
    /// Checksums, quality and similarity of the photos that the template was made from.
    Checksums,
    /// What the person stated about themselves for audits.
    Stated,
    /// A photo that is kept for a review.
    Photo,
    /// The decisions in the ledger.
    Decisions,
}

/// One item that is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Held {
    /// Its kind, for programs and for pages in other languages.
    pub item: HeldItem,
    /// What it is, in English like `why` and `how`.
    pub what: String,
    /// Why it is stored.
    pub why: String,
    /// Since when, in UTC.
    pub since: String,
    /// Until when, in UTC; null if no end was set.
    pub until: Option<String>,
    /// How it is protected, and when it is deleted.
    pub how: String,
}

/// One decision that was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecisionMade {
    /// Its id, for appealing and replaying it.
    pub id: String,
    /// The number of its entry in the ledger.
    pub entry: u64,
    /// When, in UTC.
    pub time: String,
    /// What was decided.
    pub outcome: Outcome,
    /// What followed from it.
    pub disposition: Disposition,
    /// Why: the decisive reasons.
    pub reasons: Vec<ReasonCode>,
    /// The state of an appeal.
    pub appeal: AppealState,
    /// What the reviewer said.
    pub appeal_reason: Option<String>,
}

/// Everything that is stored about one person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Disclosure {
    /// The format of this answer.
    pub schema: &'static str,
    /// The subject's name.
    pub subject: String,
    /// When this was compiled, in UTC.
    pub made_at: String,
    /// What the person was enrolled for, such as `general`.
    pub purpose: String,
    /// What is stored.
    pub held: Vec<Held>,
    /// Number of photos that the template was made from. They are stored only where `held` says so.
    pub photos: usize,
    /// How much they differed.
    pub spread: Spread,
    /// What the person stated about themselves for audits, by attribute.
    pub attributes: std::collections::BTreeMap<String, String>,
    /// The person's pseudonym in the ledger.
    pub pseudonym: String,
    /// Every decision, oldest first.
    pub decisions: Vec<DecisionMade>,
}

impl Registry {
    /// Compiles everything that is stored about a person.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::UnknownSubject`]; the store or the ledger cannot be read.
    pub fn disclose(&self, subject: &str) -> Result<Disclosure> {
        let enrolment = self.enrolment(subject)?;
        let files = LedgerFiles::open(self.ledger().folder())?;
        let details = enrolment.details;
        let (since, until) = (in_utc(enrolment.enrolled_at), enrolment.keep_until.map(in_utc));
        let held = |item, what: &str, why: String, how: &str| Held {
            item,
            what: what.to_owned(),
            why,
            since: since.clone(),
            until: until.clone(),
            how: how.to_owned(),
        };
        let sealed = "encrypted with its own key; deleted with the enrolment";
        let mut all = vec![
            held(
                HeldItem::Template,
                "a template: a list of numbers that a new photo is compared with",
                format!("to check who you are for the purpose `{}`", enrolment.purpose),
                sealed,
            ),
            held(HeldItem::Name, "your name", "to find the enrolment".to_owned(), sealed),
            held(
                HeldItem::Checksums,
                "checksums (SHA-256) of your photos, their quality and how alike they are; not the \
                 photos",
                "to explain decisions, and to notice when the same photo is used again".to_owned(),
                sealed,
            ),
        ];
        if !details.attributes.is_empty() {
            all.push(held(
                HeldItem::Stated,
                "what you stated for fairness audits",
                "to measure whether all groups are treated equally".to_owned(),
                "encrypted; copies under your pseudonym stay in the ledger with each decision",
            ));
        }
        for photo in self.kept_of(subject)? {
            all.push(Held {
                item: HeldItem::Photo,
                what: "a photo of you".to_owned(),
                why: "so that a person can review what the program decided; you agreed to it"
                    .to_owned(),
                since: in_utc(photo.taken_at),
                until: Some(in_utc(photo.keep_until)),
                how: "encrypted with its own key; deleted when the review ends, or with the \
                      enrolment"
                    .to_owned(),
            });
        }
        let decisions = decisions(&files, &details.pseudonym)?;
        if !decisions.is_empty() {
            all.push(Held {
                item: HeldItem::Decisions,
                what: "decisions, with their reasons, scores and measures of the photos".to_owned(),
                why: "to explain, repeat, appeal and audit them".to_owned(),
                since: decisions[0].time.clone(),
                until: None,
                how: "under a pseudonym in a ledger that cannot be changed; the link from the \
                      pseudonym to you is deleted with the enrolment"
                    .to_owned(),
            });
        }
        Ok(Disclosure {
            schema: "evenmatch.disclosure/1",
            subject: details.subject,
            made_at: in_utc(evenmatch_ledger::now()),
            purpose: enrolment.purpose,
            held: all,
            photos: details.photos.len(),
            spread: details.spread,
            attributes: details.attributes,
            pseudonym: details.pseudonym,
            decisions,
        })
    }
}

/// Every decision about this pseudonym, with the state of its appeal.
fn decisions(files: &LedgerFiles, pseudonym: &str) -> Result<Vec<DecisionMade>> {
    let mut made = Vec::new();
    for entry in files.mentioning(pseudonym, &[EntryKind::Decision])? {
        let decision: DecisionEntry = entry.read()?;
        if decision.subject.as_deref() != Some(pseudonym) {
            continue;
        }
        let reasons = decision.record.reasons.iter().filter(|reason| reason.decisive);
        made.push(DecisionMade {
            entry: entry.sequence,
            time: in_utc(entry.time),
            outcome: decision.record.outcome,
            disposition: decision.disposition,
            reasons: reasons.map(|reason| reason.code).collect(),
            appeal: AppealState::None,
            appeal_reason: None,
            id: decision.record.id,
        });
    }
    let appeals = files.appeals()?;
    for decision in &mut made {
        if let Some(appeal) = appeals.get(&decision.entry) {
            decision.appeal = appeal.state;
            let reason = |resolution: &Resolution| resolution.reason.clone();
            decision.appeal_reason = appeal.resolution.as_ref().map(reason);
        }
    }
    Ok(made)
}
