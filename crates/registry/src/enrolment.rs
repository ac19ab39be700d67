//! An opened enrolment, and how one is sealed into a row.

use super::enrolment_record::{self, Details};
use super::keys::bound;
use super::registry::Registry;
use crate::store::StoredRow;
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch::{Acquisition, Reference, Template, Verifier};
use evenmatch_core::record::SampleRecord;
use evenmatch_ledger::{
    in_utc,
    vault::{SecretKey, open, seal},
};

/// An opened enrolment.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// Everything except the template.
    pub details: Details,
    /// Counts how often the subject was enrolled, from 1.
    pub version: u64,
    /// The purpose.
    pub purpose: String,
    /// When, in milliseconds since 1970 (UTC).
    pub enrolled_at: i64,
    /// Until when it may be stored.
    pub keep_until: Option<i64>,
    template: Template<Reference>,
}

impl Enrolment {
    /// The template.
    pub fn template(&self) -> &Template<Reference> {
        &self.template
    }

    /// The enrolment as the reference for a comparison with a probe whose file has this digest.
    /// From a single photo, it equals that photo's own acquisition; from several, there is no
    /// sample to report. The template gets the statistics of the verifier's normaliser.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ModelMismatch`] if another embedder made the template;
    /// [`ErrorKind::TemplateFormMismatch`] if it is of another form than the verifier's.
    pub fn reference(
        &self,
        verifier: &Verifier,
        probe: Option<Digest>,
    ) -> Result<Acquisition<Reference>> {
        if self.template.model() != verifier.embedder().id() {
            let message = format!(
                "the enrolment's template was made by {}, but {} is in use",
                self.template.model(),
                verifier.embedder().id()
            );
            return Err(Error::new(ErrorKind::ModelMismatch, Stage::Enrolment, message).next(
                "enrol the person again from photos: evenmatch enrol SUBJECT IMG… --replace",
            ));
        }
        let (own, used) = (self.template.form(), verifier.templates());
        if own != used {
            let message =
                format!("the enrolment's template is {own}, but {used} templates are in use");
            return Err(Error::new(ErrorKind::TemplateFormMismatch, Stage::Enrolment, message)
                .next(format!(
                    "enrol the person again from photos: evenmatch enrol SUBJECT IMG… --replace; \
                     or use --templates {own} (`templates = \"{own}\"` in the policy)"
                )));
        }
        let known = self.template.statistics().map(|statistics| statistics.normaliser);
        let template = match verifier.normaliser() {
            Some(normaliser) if known != Some(normaliser.digest()) => {
                self.template.clone().normalised_by(normaliser)?
            }
            _ => self.template.clone(),
        };
        let mut sample = self.details.sample.clone().unwrap_or_else(SampleRecord::of_template);
        // If the probe is the enrolled photo itself, the record should say so.
        let again = self.details.photos.iter().any(|p| p.sha256.is_some() && p.sha256 == probe);
        if again {
            sample.sha256 = probe;
        }
        let reasons = self.details.reasons.clone();
        Ok(Acquisition { template: Some(template), sample, reasons, signals: Vec::new() })
    }
}

/// One line in a list of enrolled people.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Listed {
    /// The subject's name.
    pub subject: String,
    /// The purpose.
    pub purpose: String,
    /// Counts how often the subject was enrolled, from 1.
    pub version: u64,
    /// When, in UTC.
    pub enrolled_at: String,
    /// Until when it may be stored, in UTC.
    pub keep_until: Option<String>,
    /// Number of photos that the template was made from.
    pub photos: usize,
}

impl Registry {
    /// Reads a person's enrolment.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownSubject`]; [`ErrorKind::Tampered`] and [`ErrorKind::Misplaced`] if the
    /// row is not the one that was stored for this subject.
    pub fn enrolment(&self, subject: &str) -> Result<Enrolment> {
        let row = self.store.row(&self.lookup(subject)?)?;
        let enrolment = self.unseal(&row.ok_or_else(|| Self::unknown(subject))?)?;
        if enrolment.details.subject != subject {
            let message = "an enrolment is stored in another subject's place";
            return Err(Error::new(ErrorKind::Misplaced, Stage::Enrolment, message)
                .in_file(self.store.place())
                .next("restore an intact copy, and find out who changed this one"));
        }
        Ok(enrolment)
    }

    /// Everyone who is enrolled, by name.
    ///
    /// # Errors
    ///
    /// As for [`Registry::enrolment`].
    pub fn list(&self) -> Result<Vec<Listed>> {
        let mut listed = Vec::new();
        self.each_row(&mut |row| {
            let enrolment = self.unseal(&row)?;
            listed.push(Listed {
                subject: enrolment.details.subject,
                purpose: enrolment.purpose,
                version: enrolment.version,
                enrolled_at: in_utc(enrolment.enrolled_at),
                keep_until: enrolment.keep_until.map(in_utc),
                photos: enrolment.details.photos.len(),
            });
            Ok(())
        })?;
        listed.sort_by(|a, b| a.subject.cmp(&b.subject));
        Ok(listed)
    }

    /// A person's own key.
    pub(super) fn row_key(&self, row: &StoredRow) -> Result<SecretKey> {
        let place = |error: Error| error.in_file(self.store.place());
        let context = bound(row).with(self.name.as_bytes());
        let what = "the key of an enrolment";
        let key =
            open(&self.keys.wrap, &row.lookup, &context, &row.wrapped_key, what).map_err(place)?;
        let key = <[u8; 32]>::try_from(key.as_slice()).map_err(|_| {
            let message = "the key of an enrolment is not a key";
            place(Error::new(ErrorKind::Tampered, Stage::Enrolment, message))
        })?;
        Ok(SecretKey::from_bytes(key))
    }

    /// Opens a row's seals.
    pub(super) fn unseal(&self, row: &StoredRow) -> Result<Enrolment> {
        let place = |error: Error| error.in_file(self.store.place());
        let context = bound(row).with(self.name.as_bytes());
        let what = "the template of an enrolment";
        let plain =
            open(&self.row_key(row)?, &row.lookup, &context, &row.sealed, what).map_err(place)?;
        let (details, template) = enrolment_record::from_bytes(&plain).map_err(place)?;
        let normaliser = template.statistics().map(|statistics| statistics.normaliser);
        if template.model().sha256 != row.model || normaliser != row.normaliser {
            let message = "an enrolment's template was not made by the model that the row states";
            return Err(place(Error::new(ErrorKind::Tampered, Stage::Enrolment, message)));
        }
        Ok(Enrolment {
            details,
            version: row.version,
            purpose: row.purpose.clone(),
            enrolled_at: row.enrolled_at,
            keep_until: row.keep_until,
            template,
        })
    }

    /// Seals an enrolment with a new key into a row that has no seals yet.
    pub(super) fn seal_into(
        &self,
        row: &mut StoredRow,
        details: &Details,
        template: &Template<Reference>,
    ) -> Result<()> {
        let key = SecretKey::generate()?;
        let context = bound(row).with(self.name.as_bytes());
        let plain = enrolment_record::to_bytes(details, template)?;
        row.sealed = seal(&key, &row.lookup, &context, &plain)?;
        row.wrapped_key = seal(&self.keys.wrap, &row.lookup, &context, key.as_bytes())?;
        Ok(())
    }
}
