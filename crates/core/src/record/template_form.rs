//! Which views of a face a template is made from.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Stage};

/// Which views of an aligned face its template is made from. Templates of different forms are never
/// compared: their scores are distributed differently, so no threshold holds for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateForm {
    /// From the aligned face alone.
    Plain,
    /// From the aligned face and its horizontal mirror image: the mean of both, of unit length.
    Mirrored,
}

impl TemplateForm {
    /// The form that is made if nothing states one.
    pub const USUAL: TemplateForm = TemplateForm::Mirrored;

    /// The form of files from before there were two, which do not state it.
    pub fn unstated() -> Self {
        TemplateForm::Plain
    }

    /// Whether it is the form of files that do not state one.
    pub fn is_unstated(&self) -> bool {
        *self == Self::unstated()
    }

    /// The form's name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            TemplateForm::Plain => "plain",
            TemplateForm::Mirrored => "mirrored",
        }
    }

    /// The form that a policy asks for, if it asks for one, where the scores of this form are
    /// needed.
    ///
    /// # Errors
    /// [`ErrorKind::TemplateFormMismatch`] if it asks for another one; `what`, such as "the
    /// normaliser", needs the form.
    pub fn agreed(
        self,
        asked: Option<TemplateForm>,
        what: &str,
        stage: Stage,
    ) -> crate::Result<Self> {
        match asked {
            Some(asked) if asked != self => {
                let message =
                    format!("{what} is for {self} templates, but {asked} ones are asked for");
                Err(Error::new(ErrorKind::TemplateFormMismatch, stage, message).next(format!(
                    "use --templates {self} (`templates = \"{self}\"` in a policy), or calibrate \
                     {asked} templates: evenmatch calibrate --templates {asked}"
                )))
            }
            _ => Ok(self),
        }
    }
}

impl fmt::Display for TemplateForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::TemplateForm::{self, Mirrored, Plain};
    use crate::{ErrorKind, Stage};

    #[test]
    fn names_are_those_of_files() {
        for form in [Plain, Mirrored] {
            let text = serde_json::to_string(&form).unwrap();
            assert_eq!(text, format!("\"{form}\""));
            assert_eq!(serde_json::from_str::<TemplateForm>(&text).unwrap(), form);
        }
    }

    #[test]
    fn another_form_than_the_one_asked_for_is_refused_with_both_ways_out() {
        assert_eq!(Plain.agreed(None, "it", Stage::Decide).unwrap(), Plain);
        assert_eq!(Plain.agreed(Some(Plain), "it", Stage::Decide).unwrap(), Plain);
        let error = Plain.agreed(Some(Mirrored), "it", Stage::Decide).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TemplateFormMismatch);
        let next = error.next_step().unwrap();
        assert!(next.contains("--templates plain") && next.contains("calibrate"), "{next}");
    }
}
