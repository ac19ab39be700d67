//! Decisions, recorded in the ledger.

use super::enrolment::Enrolment;
use super::registry::Registry;
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch::Policy;
use evenmatch_core::record::DecisionRecord;
use evenmatch_ledger::{Appended, DecisionEntry, Disposition, Draft, EntryKind, platform};

impl Registry {
    /// Records a decision about an enrolled person, or (`None`) about two photos.
    ///
    /// # Errors
    ///
    /// The ledger cannot be written.
    pub fn decided(
        &self,
        enrolment: Option<&Enrolment>,
        record: DecisionRecord,
        policy: &Policy,
    ) -> Result<Appended> {
        let json = serde_json::to_vec(policy).map_err(|cause| {
            Error::new(ErrorKind::InvalidArgument, Stage::Decide, "the policy cannot be written")
                .caused_by(cause)
        })?;
        let person_must_look = policy.no_automated_final_refusal.0;
        let decision = DecisionEntry {
            subject: enrolment.map(|e| e.details.pseudonym.clone()),
            enrolment: enrolment.map(|e| e.version),
            disposition: Disposition::of(record.outcome, person_must_look),
            policy: self.ledger().keep_policy(&json)?,
            platform: platform(),
            attributes: enrolment.map(|e| e.details.attributes.clone()).unwrap_or_default(),
            record,
        };
        self.ledger().append_one(Draft::new(EntryKind::Decision, &decision)?).map(|(at, _)| at)
    }
}
