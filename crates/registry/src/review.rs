//! Photos for reviews: with the person's consent they are kept, sealed under the person's key, until
//! the review ends or their time is over. Then they are overwritten and deleted.

use super::enrolment::Enrolment;
use super::registry::{PHOTOS_DELETED, Registry};
use crate::store::{KeptPhoto, PhotoKey, StoreChange, StoreState, StoredRow};
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_ledger::{
    Case, EntryKind, LedgerFiles, in_utc, now,
    vault::{Context, SecretKey, open, seal},
};
use zeroize::Zeroizing;

/// The largest photo that is kept, in bytes.
const MAX_PHOTO: usize = 4 << 20;
/// The number that stands for the photo of the enrolment: the ledger's first entry is no decision.
const ENROLMENT: u64 = 0;

/// One of the two photos of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoOf {
    /// The photo that a person was enrolled with.
    Enrolment,
    /// What a person presented for the decision with this number.
    Decision(u64),
}

impl PhotoOf {
    fn number(self) -> u64 {
        match self {
            PhotoOf::Enrolment => ENROLMENT,
            PhotoOf::Decision(number) => number,
        }
    }

    /// Its word in the ledger and for programs.
    pub fn name(self) -> &'static str {
        match self {
            PhotoOf::Enrolment => "reference",
            PhotoOf::Decision(_) => "probe",
        }
    }
}

/// A photo that was kept, opened.
#[derive(Debug, Clone)]
pub struct ReviewPhoto {
    /// The photo, as a JPEG.
    pub jpeg: Zeroizing<Vec<u8>>,
    /// When it was taken, in milliseconds since 1970 (UTC).
    pub taken_at: i64,
    /// Until when it may be kept.
    pub keep_until: i64,
}

/// What is there for the review of a decision.
#[derive(Debug, Clone)]
pub struct ReviewPhotos {
    /// What the person presented.
    pub probe: Option<ReviewPhoto>,
    /// What the person was enrolled with.
    pub reference: Option<ReviewPhoto>,
    /// The enrolment, where one of the photos is there.
    pub enrolment: Option<Enrolment>,
}

/// Why photos were deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    ReviewEnded,
    DaysOver,
}

impl Why {
    fn name(self) -> &'static str {
        match self {
            Why::ReviewEnded => "review_ended",
            Why::DaysOver => "days_over",
        }
    }
}

/// What a photo's seals are bound to.
fn bound(store: &str, key: &PhotoKey) -> Context {
    Context::new("evenmatch review photo/1")
        .with(store.as_bytes())
        .with(&key.lookup)
        .with(&key.decision.to_le_bytes())
        .with(&key.taken_at.to_le_bytes())
        .with(&key.keep_until.to_le_bytes())
}

impl Registry {
    /// Keeps a photo for a review until a time, in milliseconds since 1970 (UTC). Only for people who
    /// have consented: nobody can see the photo but those who review.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownSubject`]; [`ErrorKind::LimitExceeded`] for a JPEG of more than 4 MiB; the
    /// store or the ledger cannot be written.
    pub fn keep_for_review(
        &self,
        subject: &str,
        of: PhotoOf,
        jpeg: &[u8],
        keep_until: i64,
    ) -> Result<()> {
        if jpeg.len() > MAX_PHOTO {
            let message = format!("a photo of {} bytes is too large to keep", jpeg.len());
            return Err(Error::new(ErrorKind::LimitExceeded, Stage::Enrolment, message)
                .next(format!("keep photos of at most {MAX_PHOTO} bytes")));
        }
        let lookup = self.lookup(subject)?;
        let key = PhotoKey { lookup, decision: of.number(), taken_at: now(), keep_until };
        self.change(&mut |change, state| {
            let row = change.row(&lookup)?.ok_or_else(|| Self::unknown(subject))?;
            let pseudonym = self.unseal(&row)?.details.pseudonym;
            let (own, context) = (SecretKey::generate()?, bound(&self.name, &key));
            change.put_photo(&KeptPhoto {
                key,
                wrapped_key: seal(&self.photos_key(&row)?, &lookup, &context, own.as_bytes())?,
                sealed: seal(&own, &lookup, &context, jpeg)?,
            })?;
            let body = serde_json::json!({
                "done": "photo_kept", "subject": pseudonym, "photo": of.name(),
                "decision": match of { PhotoOf::Enrolment => None, PhotoOf::Decision(n) => Some(n) },
                "keep_until": in_utc(keep_until),
            });
            self.push(change, state, EntryKind::Housekeeping, &body)
        })?;
        self.tell()
    }

    /// The numbers of the decisions for which a photo is kept, and whether the photo of the enrolment
    /// is kept too.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn decisions_with_photos(&self) -> Result<std::collections::BTreeMap<u64, bool>> {
        let kept = self.store.kept_photos()?;
        let enrolled = |key: &PhotoKey| {
            kept.iter().any(|other| other.lookup == key.lookup && other.decision == ENROLMENT)
        };
        let decisions = kept.iter().filter(|key| key.decision != ENROLMENT);
        Ok(decisions.map(|key| (key.decision, enrolled(key))).collect())
    }

    /// The photos that were kept for the review of the decision with this number. Write the look down
    /// before you show them.
    ///
    /// # Errors
    ///
    /// The store cannot be read, or a photo was changed.
    pub fn photos_for_review(&self, decision: u64) -> Result<ReviewPhotos> {
        let none = ReviewPhotos { probe: None, reference: None, enrolment: None };
        let kept = self.store.kept_photos()?;
        let Some(probe) = kept.iter().find(|key| key.decision == decision && decision != ENROLMENT)
        else {
            return Ok(none);
        };
        let Some(row) = self.store.row(&probe.lookup)? else { return Ok(none) };
        let same = |key: &&PhotoKey| key.lookup == probe.lookup && key.decision == ENROLMENT;
        let reference = kept.iter().find(same);
        Ok(ReviewPhotos {
            probe: self.photo(&row, probe)?,
            reference: reference.map(|key| self.photo(&row, key)).transpose()?.flatten(),
            enrolment: Some(self.unseal(&row)?),
        })
    }

    /// Deletes the photos of a review that has ended: what was presented and, where no other review of
    /// this person waits, the photo of the enrolment. Returns how many there were.
    ///
    /// # Errors
    ///
    /// The store or the ledger cannot be written.
    pub fn end_review(&self, decision: u64) -> Result<usize> {
        let ends = |kept: &[PhotoKey]| {
            let of = |key: &&PhotoKey| key.decision == decision && decision != ENROLMENT;
            let Some(probe) = kept.iter().find(of) else { return Vec::new() };
            let others = kept.iter().filter(|key| key.lookup == probe.lookup);
            let waits = |key: &&PhotoKey| key.decision != decision && key.decision != ENROLMENT;
            if others.clone().any(|key| waits(&key)) {
                return vec![*probe];
            }
            others.copied().collect()
        };
        self.delete_photos(ends, Why::ReviewEnded)
    }

    /// Deletes photos whose time is over at `now` (milliseconds since 1970, UTC), and those of reviews
    /// that have ended without their photos being deleted: by `evenmatch appeal resolve`, or because
    /// the process stopped. Returns how many.
    ///
    /// # Errors
    ///
    /// The store or the ledger cannot be written.
    pub fn delete_due_photos(&self, now: i64) -> Result<usize> {
        let waiting = self.decisions_with_photos()?;
        let mut ended = 0;
        if !waiting.is_empty() {
            let cases = LedgerFiles::open(self.ledger().folder())?.cases()?;
            for number in waiting.keys() {
                if cases.get(number).is_none_or(Case::is_closed) {
                    ended += self.end_review(*number)?;
                }
            }
        }
        let due = |kept: &[PhotoKey]| {
            kept.iter().filter(|key| key.keep_until <= now).copied().collect::<Vec<_>>()
        };
        Ok(ended + self.delete_photos(due, Why::DaysOver)?)
    }

    /// Deletes some of the photos, one person after the other. Nothing is changed where there is none.
    fn delete_photos(
        &self,
        which: impl Fn(&[PhotoKey]) -> Vec<PhotoKey>,
        why: Why,
    ) -> Result<usize> {
        let mut deleted = 0;
        while let Some(first) = which(&self.store.kept_photos()?).first() {
            let before = deleted;
            self.change(&mut |change, state| {
                let mut going = which(&change.kept_photos()?);
                going.retain(|key| key.lookup == first.lookup);
                deleted += going.len();
                let pseudonym = match change.row(&first.lookup)? {
                    Some(row) => self.unseal(&row)?.details.pseudonym,
                    None => "deleted".to_owned(),
                };
                self.drop_photos(change, state, &going, &pseudonym, why.name())
            })?;
            self.tell()?;
            if deleted == before {
                break;
            }
        }
        Ok(deleted)
    }

    fn drop_photos(
        &self,
        change: &mut dyn StoreChange,
        state: &StoreState,
        photos: &[PhotoKey],
        pseudonym: &str,
        why: &str,
    ) -> Result<()> {
        photos.iter().try_for_each(|key| change.delete_photo(key))?;
        let body = serde_json::json!({
            "done": PHOTOS_DELETED, "subject": pseudonym, "photos": photos.len(), "why": why,
        });
        self.push(change, state, EntryKind::Housekeeping, &body)
    }

    /// Deletes every photo of a person as a part of another change, and returns how many there were.
    pub(super) fn drop_all_photos(
        &self,
        change: &mut dyn StoreChange,
        row: &StoredRow,
    ) -> Result<usize> {
        let mut own = change.kept_photos()?;
        own.retain(|key| key.lookup == row.lookup);
        own.iter().try_for_each(|key| change.delete_photo(key))?;
        Ok(own.len())
    }

    /// What is kept of a person: which photo, since when and until when.
    pub(super) fn kept_of(&self, subject: &str) -> Result<Vec<PhotoKey>> {
        let lookup = self.lookup(subject)?;
        let mut kept = self.store.kept_photos()?;
        kept.retain(|key| key.lookup == lookup);
        Ok(kept)
    }

    /// The key under which a person's photos are: it goes when the person's key goes.
    fn photos_key(&self, row: &StoredRow) -> Result<SecretKey> {
        Ok(self.row_key(row)?.derive("evenmatch review photos/1"))
    }

    fn photo(&self, row: &StoredRow, key: &PhotoKey) -> Result<Option<ReviewPhoto>> {
        let Some(KeptPhoto { key, wrapped_key, sealed }) = self.store.photo(key)? else {
            return Ok(None);
        };
        let place = |error: Error| error.in_file(self.store.place());
        let (what, context) = ("a photo for a review", bound(&self.name, &key));
        let own = open(&self.photos_key(row)?, &key.lookup, &context, &wrapped_key, what);
        let own = own.map_err(place)?;
        let own = <[u8; 32]>::try_from(own.as_slice()).map_err(|_| {
            let message = "the key of a photo is not a key";
            place(Error::new(ErrorKind::Tampered, Stage::Enrolment, message))
        })?;
        let jpeg = open(&SecretKey::from_bytes(own), &key.lookup, &context, &sealed, what);
        let PhotoKey { taken_at, keep_until, .. } = key;
        Ok(Some(ReviewPhoto { jpeg: jpeg.map_err(place)?, taken_at, keep_until }))
    }
}
