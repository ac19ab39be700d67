//! The option `--templates`, which takes precedence over the policy file.

use std::path::Path;

use clap::ValueEnum;

use super::calibration_file::CalibrationFile;
use super::normalise_choice::{Choice, shipped_for};
use evenmatch::Policy;
use evenmatch_core::{
    Result, Stage,
    record::{Calibration, TemplateForm},
};

/// Which views of a face its template is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TemplatesArgument {
    /// The face and its mirror image
    Mirrored,
    /// The face alone
    Plain,
}

impl From<TemplatesArgument> for TemplateForm {
    fn from(argument: TemplatesArgument) -> Self {
        match argument {
            TemplatesArgument::Mirrored => TemplateForm::Mirrored,
            TemplatesArgument::Plain => TemplateForm::Plain,
        }
    }
}

impl From<TemplateForm> for TemplatesArgument {
    fn from(form: TemplateForm) -> Self {
        match form {
            TemplateForm::Mirrored => TemplatesArgument::Mirrored,
            TemplateForm::Plain => TemplatesArgument::Plain,
        }
    }
}

/// The form that the command line or else the policy file asks for.
fn asked(
    argument: Option<TemplatesArgument>,
    policy: Option<&Path>,
) -> Result<Option<TemplateForm>> {
    let stated = policy.map(Policy::from_path).transpose()?.and_then(|policy| policy.templates);
    Ok(argument.map(TemplateForm::from).or(stated))
}

/// The form of the templates to make for scores that this choice normalises: the form on which its
/// normaliser was formed.
pub(crate) fn for_choice(
    choice: &Choice,
    argument: Option<TemplatesArgument>,
    policy: Option<&Path>,
) -> Result<TemplateForm> {
    let asked = asked(argument, policy)?;
    let calibration = match choice {
        Choice::Off => return Ok(asked.unwrap_or(TemplateForm::USUAL)),
        Choice::Shipped | Choice::Cohort | Choice::Learned => {
            shipped_for(choice, asked.unwrap_or(TemplateForm::USUAL))?
        }
        Choice::Of(path) => Calibration::from_path(path)?,
    };
    calibration.form(asked)
}

/// The form of the templates to make for this calibration's thresholds.
pub(crate) fn for_calibration(
    calibration: &CalibrationFile,
    argument: Option<TemplatesArgument>,
    policy: Option<&Path>,
) -> Result<TemplateForm> {
    let asked = asked(argument, policy)?;
    match calibration.templates {
        None => Ok(asked.unwrap_or(TemplateForm::USUAL)),
        Some(form) => form
            .agreed(asked, "the calibration", Stage::Audit)
            .map_err(|error| error.in_path(&calibration.path)),
    }
}
