//! The calibrations that ship, with their normalisers.
//!
//! `scripts/calibrations.sh` made them from the data that they describe.

use crate::Result;
use crate::record::{Calibration, TemplateForm};

macro_rules! shipped {
    ($name:literal) => {
        include_str!(concat!("../models/calibrations/", $name, ".toml"))
    };
}

/// Of scores that are normalised by what was learned from labelled people. The first is the default:
/// its people differ most from each other.
const LEARNED: [&str; 2] = [shipped!("fairface"), shipped!("lfw")];
/// Of plain cosines, in the same order.
const COSINES: [&str; 2] = [shipped!("fairface-raw"), shipped!("lfw-raw")];
/// Of scores that are normalised without labels.
const COHORT: &str = shipped!("fairface-cohort");
/// Of plain templates: normalised without labels, and cosines.
const PLAIN_TEMPLATES: [&str; 2] = [shipped!("fairface-plain"), shipped!("lfw-plain")];
const PLAIN_TEMPLATES_COSINES: [&str; 2] =
    [shipped!("fairface-plain-raw"), shipped!("lfw-plain-raw")];

fn parsed(texts: &[&str]) -> Result<Vec<Calibration>> {
    texts.iter().map(|text| Calibration::parse(text)).collect()
}

/// The calibrations of normalised scores, the default first.
///
/// # Errors
/// None: a test reads them all.
pub fn normalised() -> Result<Vec<Calibration>> {
    parsed(&LEARNED)
}

/// The calibrations of plain cosines, the default first.
///
/// # Errors
/// None: a test reads them all.
pub fn plain() -> Result<Vec<Calibration>> {
    parsed(&COSINES)
}

/// The calibrations for plain templates: of normalised scores, and of plain cosines.
///
/// # Errors
/// None: a test reads them all.
pub fn of_plain_templates() -> Result<[Vec<Calibration>; 2]> {
    Ok([parsed(&PLAIN_TEMPLATES)?, parsed(&PLAIN_TEMPLATES_COSINES)?])
}

/// The default calibration: the one that [`Verifier::open`](crate::Verifier::open) decides with.
///
/// # Errors
/// None: a test reads it.
pub fn default_calibration() -> Result<Calibration> {
    default_for(TemplateForm::USUAL)
}

/// The default calibration of normalised scores for templates of this form.
///
/// # Errors
/// None: a test reads them all.
pub fn default_for(templates: TemplateForm) -> Result<Calibration> {
    Calibration::parse(match templates {
        TemplateForm::Mirrored => LEARNED[0],
        TemplateForm::Plain => PLAIN_TEMPLATES[0],
    })
}

/// The default calibration whose normaliser was formed from a cohort without labels.
///
/// # Errors
/// None: a test reads it.
pub fn of_cohort() -> Result<Calibration> {
    Calibration::parse(COHORT)
}

/// The default calibration whose normaliser was fitted to labelled people.
///
/// # Errors
/// None: a test reads it.
pub fn learned() -> Result<Calibration> {
    Calibration::parse(LEARNED[0])
}

/// The default calibration of plain cosines.
///
/// # Errors
/// None: a test reads it.
pub fn default_plain() -> Result<Calibration> {
    default_plain_for(TemplateForm::USUAL)
}

/// The default calibration of plain cosines for templates of this form.
///
/// # Errors
/// None: a test reads them all.
pub fn default_plain_for(templates: TemplateForm) -> Result<Calibration> {
    Calibration::parse(match templates {
        TemplateForm::Mirrored => COSINES[0],
        TemplateForm::Plain => PLAIN_TEMPLATES_COSINES[0],
    })
}

/// A shipped calibration of other people than this shipped one's; `None` for a calibration that
/// does not ship. The default one has no mated pairs, and this one tells how often people are
/// missed.
///
/// # Errors
/// None: a test reads them all.
pub fn of_other_people(calibration: &Calibration) -> Result<Option<Calibration>> {
    for set in [&LEARNED, &COSINES, &PLAIN_TEMPLATES, &PLAIN_TEMPLATES_COSINES] {
        let set = parsed(set)?;
        if set.iter().any(|shipped| shipped.digest == calibration.digest) {
            return Ok(set.into_iter().find(|shipped| shipped.digest != calibration.digest));
        }
    }
    Ok(None)
}
