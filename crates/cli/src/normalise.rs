//! Selects the normaliser of a command, and applies it.

use std::path::Path;

use super::normalise_choice::{Choice, shipped_for};
use super::people::People;
use evenmatch::model::{ModelStore, Role};
use evenmatch_audit::{
    SampleSet,
    calibrate::{normalised, without},
};
use evenmatch_core::numbers::count;
use evenmatch_core::{
    Digest, Error, ErrorKind, Result, Stage,
    record::{Calibration, CohortSource, NormaliserRecord, TemplateForm},
};
use evenmatch_scores::normalise::{Normaliser, forms_cohort};

/// The normaliser of a calibration file.
fn of_file(path: &Path) -> Result<NormaliserRecord> {
    Calibration::from_path(path)?.normaliser.ok_or_else(|| {
        let message = "this calibration is for plain cosines and has no normaliser";
        Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
            .in_path(path)
            .next("use --normalise off, or a calibration made with --normalise cohort or learned")
    })
}

/// The requested normaliser; `None` for plain cosines. It must belong to the embedder in use.
pub(crate) fn of_choice(
    choice: &Choice,
    templates: TemplateForm,
) -> Result<Option<NormaliserRecord>> {
    let found = match choice {
        Choice::Off => None,
        Choice::Shipped | Choice::Cohort | Choice::Learned => {
            shipped_for(choice, templates)?.normaliser
        }
        Choice::Of(path) => Some(of_file(path)?),
    };
    found.map(for_embedder_in_use).transpose()
}

/// Refuses a normaliser of another embedder than the one in use.
pub(crate) fn for_embedder_in_use(record: NormaliserRecord) -> Result<NormaliserRecord> {
    let embedder = embedder()?;
    if record.embedder() == embedder {
        return Ok(record);
    }
    let message = format!(
        "the normaliser was formed with the embedder {}, but {embedder} is in use",
        record.embedder()
    );
    Err(Error::new(ErrorKind::ModelMismatch, Stage::Audit, message)
        .next("form one with this embedder: evenmatch calibrate --normalise cohort, or learned"))
}

/// SHA-256 of the embedder in use.
pub(crate) fn embedder() -> Result<Digest> {
    let store = ModelStore::open()?;
    Ok(store.manifest().default_for(Role::Embedder)?.sha256)
}

/// Whether people of this manifest helped to form the normaliser.
pub(crate) fn knows(normaliser: &NormaliserRecord, people: &People) -> bool {
    sources_of(normaliser, people).next().is_some()
}

/// Refuses a manifest all of whose people formed the normaliser: nobody is left to measure it on.
pub(crate) fn some_left(normaliser: &NormaliserRecord, people: &People) -> Result<()> {
    if sources_of(normaliser, people).any(|source| source.everyone) {
        return Err(nobody_left());
    }
    Ok(())
}

/// Everyone of a manifest formed a normaliser.
pub(crate) fn nobody_left() -> Error {
    let message = "the normaliser was formed from everyone in this manifest, so nobody is left to \
                   measure it on";
    Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
        .next("measure on a manifest of other people")
}

fn sources_of<'a>(
    normaliser: &'a NormaliserRecord,
    people: &People,
) -> impl Iterator<Item = &'a CohortSource> {
    let digest = people.manifest.digest;
    normaliser.sources().iter().filter(move |source| source.manifest_sha256 == digest)
}

/// The set without the people who may have helped to form a normaliser.
pub(crate) fn held_out(set: &SampleSet) -> SampleSet {
    without(set, &|sample| forms_cohort(&sample.subject))
}

/// The sentences in which a report says that its scores are normalised.
pub(crate) fn sentence(record: &NormaliserRecord, held_out: bool, people: &People) -> String {
    let formed = count(record.subjects());
    let everyone = sources_of(record, people).any(|source| source.everyone);
    let overlap = match (knows(record, people), held_out) {
        (false, _) => "none is in this data set, judging by its digest",
        (true, true) => "those who may be in this data set are left out of it here",
        (true, false) if everyone => {
            "all who could be used are in this data set, so the rates here are lower than on people \
             whom the normaliser has not seen"
        }
        (true, false) => {
            "some are in this data set, so the rates here are slightly lower than on people whom \
             the normaliser has not seen (--held-out leaves them out)"
        }
    };
    let how = match record {
        NormaliserRecord::CohortCentroids(_) => format!(
            "a score is lowered where many of {formed} unlabelled faces are similar to one of the \
             two faces"
        ),
        NormaliserRecord::Learned(_) => format!(
            "a score is lowered or raised by a function of each of the two templates, which was \
             fitted to the faces of {formed} people"
        ),
    };
    let labels = record.labels_used();
    format!("Scores are normalised: {how}. {labels} Of these {formed} people, {overlap}.")
}

/// The set with normalised scores. Its templates have this form.
pub(crate) fn apply(
    set: &SampleSet,
    record: &NormaliserRecord,
    form: TemplateForm,
) -> Result<SampleSet> {
    let normaliser = Normaliser::open(record)?;
    normaliser.check_form(form)?;
    normalised(set, &normaliser)
}
