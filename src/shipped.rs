//! The calibrations that ship, with their normalisers.
//!
//! `scripts/calibrations.sh` made them from the data that they describe.

use crate::Result;
use crate::record::{Calibration, NormaliserRecord};

/// Of normalised scores. The first is the default: its people differ most from each other.
const NORMALISED: [&str; 2] = [
    include_str!("../models/calibrations/fairface.toml"),
    include_str!("../models/calibrations/lfw.toml"),
];
/// Of plain cosines, in the same order.
const PLAIN: [&str; 2] = [
    include_str!("../models/calibrations/fairface-raw.toml"),
    include_str!("../models/calibrations/lfw-raw.toml"),
];

/// The calibrations of normalised scores, the default first.
///
/// # Errors
/// None: a test reads them all.
pub fn normalised() -> Result<Vec<Calibration>> {
    NORMALISED.iter().map(|text| Calibration::parse(text)).collect()
}

/// The calibrations of plain cosines, the default first.
///
/// # Errors
/// None: a test reads them all.
pub fn plain() -> Result<Vec<Calibration>> {
    PLAIN.iter().map(|text| Calibration::parse(text)).collect()
}

/// The default calibration: the one that [`Verifier::open`](crate::Verifier::open) decides with.
///
/// # Errors
/// None: a test reads it.
pub fn default_calibration() -> Result<Calibration> {
    Calibration::parse(NORMALISED[0])
}

/// The first shipped calibration whose normaliser was formed from a cohort without labels; `None` if
/// none ships.
///
/// # Errors
/// None: a test reads them all.
pub fn of_cohort() -> Result<Option<Calibration>> {
    let cohort = |record: &NormaliserRecord| matches!(record, NormaliserRecord::CohortCentroids(_));
    Ok(normalised()?.into_iter().find(|made| made.normaliser.as_ref().is_some_and(cohort)))
}

/// The first shipped calibration whose normaliser was fitted to labelled people; `None` if none
/// ships.
///
/// # Errors
/// None: a test reads them all.
pub fn learned() -> Result<Option<Calibration>> {
    let learned = |record: &NormaliserRecord| record.learned().is_some();
    Ok(normalised()?.into_iter().find(|made| made.normaliser.as_ref().is_some_and(learned)))
}

/// The default calibration of plain cosines.
///
/// # Errors
/// None: a test reads it.
pub fn default_plain() -> Result<Calibration> {
    Calibration::parse(PLAIN[0])
}

/// A shipped calibration of other people than this shipped one's; `None` for a calibration that
/// does not ship. The default one has no mated pairs, and this one tells how often people are
/// missed.
///
/// # Errors
/// None: a test reads them all.
pub fn of_other_people(calibration: &Calibration) -> Result<Option<Calibration>> {
    for set in [normalised()?, plain()?] {
        if set.iter().any(|shipped| shipped.digest == calibration.digest) {
            return Ok(set.into_iter().find(|shipped| shipped.digest != calibration.digest));
        }
    }
    Ok(None)
}
