//! The photos of one person: acquired as they are, degraded, and compared with each other.

use image::RgbImage;

use super::journal::{Journal, Key, LevelBits, Row};
use super::outcome::template;
use crate::batch::AcquisitionFailure;
use crate::degrade::{Degradation, degrade, degrade_face};
use crate::{Digest, Error, Result};
use evenmatch::{
    BoundingBox, Probe, Reference, Template, Verifier, compare, compare_normalised,
    sample::read_within,
};
use evenmatch_audit::{StressObservation, StressOutcome};

/// What all people of a run have in common.
pub(super) struct Work<'a> {
    pub(super) verifier: &'a Verifier,
    /// The clean photo (`None`) and every degradation, in order.
    pub(super) conditions: &'a [Option<Degradation>],
    pub(super) seed: u64,
    pub(super) run: Digest,
    pub(super) journal: Option<&'a Journal>,
}

/// A file, or the reason why it could not be read.
pub(super) type Photo = std::result::Result<(Vec<u8>, Digest), AcquisitionFailure>;

/// A photo as it is.
struct Clean {
    outcome: StressOutcome,
    /// Its pixels with the face's box in them; `None` where it could not be decoded.
    picture: Option<(RgbImage, Option<BoundingBox>)>,
    probe: Option<Template<Probe>>,
    reference: Option<Template<Reference>>,
}

impl Clean {
    fn unusable(failure: &AcquisitionFailure) -> Self {
        let outcome = StressOutcome::Failed(failure.to_string());
        Clean { outcome, picture: None, probe: None, reference: None }
    }
}

/// For each photo and condition: the outcome, and its line in the journal where the file could be
/// read.
pub(super) type Seen = Vec<Vec<(StressObservation, Option<Row>)>>;

impl Work<'_> {
    /// Reads a file. A fault that is not the fault of the file ends the run.
    pub(super) fn read(&self, path: &std::path::Path) -> Result<Photo> {
        match read_within(path, &self.verifier.policy().limits) {
            Ok(bytes) => {
                let digest = Digest::of(&bytes);
                Ok(Ok((bytes, digest)))
            }
            Err(error) => Ok(Err(AcquisitionFailure::of_error(&error).ok_or(error)?)),
        }
    }

    /// Everything about one person; `done` is called for each photo and condition.
    pub(super) fn person(&self, photos: &[Photo], done: &dyn Fn(bool)) -> Result<Seen> {
        let keys = self.keys(photos);
        let known = |key: &Option<Key>| Some(self.journal?.known(key.as_ref()?)?.clone());
        let mut seen: Vec<Vec<Option<StressObservation>>> =
            keys.iter().map(|of_photo| of_photo.iter().map(known).collect()).collect();
        let complete = seen
            .iter()
            .zip(photos)
            .all(|(seen, photo)| photo.is_err() || seen.iter().all(Option::is_some));
        // Where everything is known, no photo is decoded.
        let clean: Vec<Clean> = match complete {
            true => Vec::new(),
            false => photos.iter().map(|photo| self.clean(photo)).collect::<Result<_>>()?,
        };
        let mut rows = Vec::with_capacity(photos.len());
        for (place, photo) in photos.iter().enumerate() {
            let mut of_photo = Vec::with_capacity(self.conditions.len());
            for (condition, degradation) in self.conditions.iter().enumerate() {
                let reused = seen[place][condition].take();
                done(reused.is_some());
                let key = keys[place][condition].clone();
                let observation = match (reused, photo) {
                    (Some(known), _) => known,
                    (None, Err(failure)) => unread(failure, mates(photos, place).count()),
                    (None, Ok((_, digest))) => {
                        let found =
                            self.observe((photos, &clean), place, (*degradation, *digest))?;
                        if let (Some(journal), Some(key)) = (self.journal, &key) {
                            journal.keep(&Row::new(key.clone(), &found))?;
                        }
                        found
                    }
                };
                let row = key.map(|key| Row::new(key, &observation));
                of_photo.push((observation, row));
            }
            rows.push(of_photo);
        }
        Ok(rows)
    }

    /// The keys of what is to be done; none for a file that could not be read.
    fn keys(&self, photos: &[Photo]) -> Vec<Vec<Option<Key>>> {
        let mut together = Vec::new();
        for photo in photos {
            // A file that could not be read counts as empty.
            let digest = photo.as_ref().map_or(Digest::of(b""), |(_, digest)| *digest);
            together.extend_from_slice(digest.as_bytes());
        }
        let person = Digest::of(&together);
        let key = |place: usize, sample: Digest, degradation: &Option<Degradation>| Key {
            run: self.run,
            person,
            sample,
            place,
            degradation: degradation.map_or("clean", |d| d.kind().name()).to_owned(),
            level: LevelBits(degradation.map_or(0.0, Degradation::level)),
        };
        photos
            .iter()
            .enumerate()
            .map(|(place, photo)| {
                let sample = photo.as_ref().ok().map(|(_, digest)| *digest);
                self.conditions.iter().map(|d| Some(key(place, sample?, d))).collect()
            })
            .collect()
    }

    /// The photo as the pipeline sees it: decoded once, as an audit does it.
    fn clean(&self, photo: &Photo) -> Result<Clean> {
        let (bytes, _) = match photo {
            Ok(photo) => photo,
            Err(failure) => return Ok(Clean::unusable(failure)),
        };
        let inspection = match self.verifier.inspect::<Probe>(bytes.as_slice()) {
            Ok(inspection) => inspection,
            Err(error) => return Ok(Clean::unusable(&own_fault(error)?)),
        };
        let (outcome, probe) = template(self.verifier, &inspection)?;
        let sample = inspection.sample;
        let (pixels, full) = (sample.pixels(), (sample.full_width(), sample.full_height()));
        let face = inspection.detections.faces.first().map(|face| {
            let across = pixels.width() as f32 / full.0 as f32;
            face.bounding_box().scaled(across, pixels.height() as f32 / full.1 as f32)
        });
        let reference = probe.clone().map(Template::into_reference);
        Ok(Clean { outcome, picture: Some((pixels.clone(), face)), probe, reference })
    }

    /// One photo under one condition, compared with the clean ones.
    fn observe(
        &self,
        (photos, clean): (&[Photo], &[Clean]),
        place: usize,
        (degradation, digest): (Option<Degradation>, Digest),
    ) -> Result<StressObservation> {
        let this = &clean[place];
        let (outcome, probe) = match (degradation, &this.picture) {
            (Some(degradation), Some((pixels, face))) => {
                let seed = degradation.seed(self.seed, digest);
                let worse = match face {
                    Some(face) => degrade_face(pixels, face, degradation, seed)?,
                    None => degrade(pixels, degradation, seed)?,
                };
                let inspection = self.verifier.inspect::<Probe>(&worse)?;
                template(self.verifier, &inspection)?
            }
            _ => (this.outcome.clone(), this.probe.clone()),
        };
        let score = |reference: &Option<Template<Reference>>| match (&probe, reference) {
            (Some(probe), Some(reference)) => self.score(probe, reference).map(Some),
            _ => Ok(None),
        };
        let mated = mates(photos, place).map(|mate| score(&clean[mate].reference));
        let mated = mated.collect::<Result<_>>()?;
        // A photo that is not degraded would be compared with itself.
        let own = if degradation.is_some() { score(&this.reference)? } else { None };
        Ok(StressObservation { outcome, own, mated })
    }

    fn score(&self, probe: &Template<Probe>, reference: &Template<Reference>) -> Result<f32> {
        let score = match self.verifier.normaliser() {
            Some(normaliser) => compare_normalised(probe, reference, normaliser.digest())?,
            None => compare(probe, reference)?,
        };
        Ok(score.value())
    }
}

/// The references of a probe: the person's earlier photos, except copies of the probe itself.
pub(super) fn mates(photos: &[Photo], probe: usize) -> impl Iterator<Item = usize> + '_ {
    let digest = |place: usize| photos[place].as_ref().ok().map(|(_, digest)| *digest);
    (0..probe).filter(move |mate| digest(*mate).is_none() || digest(*mate) != digest(probe))
}

/// A file that could not be read fails under every condition.
fn unread(failure: &AcquisitionFailure, mates: usize) -> StressObservation {
    let outcome = StressOutcome::Failed(failure.to_string());
    StressObservation { outcome, own: None, mated: vec![None; mates] }
}

fn own_fault(error: Error) -> Result<AcquisitionFailure> {
    AcquisitionFailure::of_error(&error).ok_or(error)
}
