//! Which normaliser a command asks for.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use evenmatch::shipped;
use evenmatch_core::{
    Result,
    record::{Calibration, TemplateForm},
};

/// The value of `--normalise`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Plain cosines.
    Off,
    /// As the default calibration that ships does it. Nothing on the command line means this.
    Shipped,
    /// With a cohort: the one that ships, or one that the command forms.
    Cohort,
    /// With a function fitted to labelled people: the one that ships, or one that the command forms.
    Learned,
    /// With the normaliser of this calibration.
    Of(PathBuf),
}

impl FromStr for Choice {
    type Err = Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Infallible> {
        Ok(match text {
            "off" => Choice::Off,
            "cohort" => Choice::Cohort,
            "learned" => Choice::Learned,
            path => Choice::Of(path.into()),
        })
    }
}

/// The shipped calibration whose normaliser is of the kind that was asked for; the default one is
/// that for templates of this form.
pub(crate) fn shipped_for(choice: &Choice, templates: TemplateForm) -> Result<Calibration> {
    match choice {
        Choice::Cohort => shipped::of_cohort(),
        Choice::Learned => shipped::learned(),
        _ => shipped::default_for(templates),
    }
}
