//! What the operator of a service states about it; the program cannot know any of it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::messages::{Fact, Key, Messages, Text, key};
use crate::{Error, ErrorKind, Result, Stage};

/// What an operator states. Every part is optional; pages say which parts are missing. Texts are
/// shown as written, whatever the language of the page. docs/TRANSPARENCY.md has an example.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperatorStatement {
    /// Who runs the service.
    pub name: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
    /// What the service is for.
    pub purpose: Option<String>,
    /// The legal ground on which biometrics are processed.
    pub legal_ground: Option<String>,
    /// Who can see what is stored.
    pub access: Option<Vec<String>>,
    /// Results by the operator's own measures of success.
    pub metrics: Option<Vec<String>>,
    /// Everyone else who takes part or receives data; an empty list states that nobody does.
    pub third_parties: Option<Vec<String>>,
    /// Appeals.
    pub appeals: AppealsStatement,
    /// How long data is stored.
    pub retention: RetentionStatement,
    /// Independent oversight.
    pub oversight: OversightStatement,
    /// Security.
    pub security: SecurityStatement,
    /// Tests of the whole system.
    pub audit: AuditStatement,
}

/// Where to appeal, and how quickly appeals are answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppealsStatement {
    /// Where to ask for a human review.
    pub contact: Option<String>,
    /// The number of days within which appeals are answered.
    pub answer_days: Option<u32>,
}

/// How many days data is stored; 0 if it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionStatement {
    /// Photos.
    pub photos_days: Option<u32>,
    /// Templates.
    pub templates_days: Option<u32>,
    /// Records of decisions.
    pub decisions_days: Option<u32>,
}

/// Independent oversight.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OversightStatement {
    /// A body that is independent of the operator.
    pub body: Option<String>,
}

/// Security beyond what the program does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecurityStatement {
    /// Measures.
    pub measures: Option<Vec<String>>,
    /// Where to report a security problem.
    pub contact: Option<String>,
}

/// Audits of the service's own decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditStatement {
    /// The date of the last one, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Days between audits.
    pub every_days: Option<u32>,
    /// The `report.json` that `evenmatch audit` wrote, relative to the operator's file.
    pub report: Option<PathBuf>,
}

impl OperatorStatement {
    /// Reads a statement from a TOML file and resolves `audit.report` against the file's folder.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; [`ErrorKind::InvalidArgument`], with the line, if this is not a statement
    /// or it has an unknown key, so that a misspelt key does not go unnoticed.
    pub fn from_path(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(Stage::Export, path, e))?;
        let mut statement = OperatorStatement::parse(&text).map_err(|error| error.in_path(path))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        if let Some(report) = &mut statement.audit.report {
            *report = folder.join(&*report);
        }
        Ok(statement)
    }

    /// Reads a statement from TOML.
    ///
    /// # Errors
    /// As for [`OperatorStatement::from_path`].
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|cause| {
            let line = cause.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            let message = cause.message().trim_end().replace('\n', "; ");
            Error::new(ErrorKind::InvalidArgument, Stage::Export, message)
                .at_line(line as u64)
                .next("correct the operator's statement; docs/TRANSPARENCY.md lists every key")
        })
    }

    /// Every key without a value, such as `appeals.contact`, in the order of the pages.
    pub fn not_stated(&self) -> Vec<&'static str> {
        [
            ("name", self.name.is_none()),
            ("contact", self.contact.is_none()),
            ("purpose", self.purpose.is_none()),
            ("legal_ground", self.legal_ground.is_none()),
            ("appeals.contact", self.appeals.contact.is_none()),
            ("appeals.answer_days", self.appeals.answer_days.is_none()),
            ("oversight.body", self.oversight.body.is_none()),
            ("access", self.access.is_none()),
            ("retention.photos_days", self.retention.photos_days.is_none()),
            ("retention.templates_days", self.retention.templates_days.is_none()),
            ("retention.decisions_days", self.retention.decisions_days.is_none()),
            ("security.measures", self.security.measures.is_none()),
            ("security.contact", self.security.contact.is_none()),
            ("audit.date", self.audit.date.is_none()),
            ("audit.every_days", self.audit.every_days.is_none()),
            ("audit.report", self.audit.report.is_none()),
            ("metrics", self.metrics.is_none()),
            ("third_parties", self.third_parties.is_none()),
        ]
        .into_iter()
        .filter_map(|(key, absent)| absent.then_some(key))
        .collect()
    }
}

/// A fact that an operator states in words.
pub(super) fn stated(messages: &Messages, name: Key, value: Option<&String>) -> Fact {
    fact(messages, name, value.map(|value| vec![Text::Foreign(value.clone())]))
}

/// A fact that an operator states as a list; an empty one states that there is none.
pub(super) fn listed(messages: &Messages, name: Key, values: Option<&Vec<String>>) -> Fact {
    let values = values.map(|values| match values.is_empty() {
        true => vec![Text::Own(messages.say(key::NONE_STATED))],
        false => values.iter().cloned().map(Text::Foreign).collect(),
    });
    fact(messages, name, values)
}

/// A number of days that an operator states, in the words of `say`.
pub(super) fn days(messages: &Messages, name: Key, say: Key, days: Option<u32>) -> Fact {
    let words = days.map(|days| messages.say_with(say, &[("days", days.into())]));
    fact(messages, name, words.map(|words| vec![Text::Own(words)]))
}

fn fact(messages: &Messages, name: Key, values: Option<Vec<Text>>) -> Fact {
    let absent = || vec![Text::Own(messages.say(key::NOT_STATED))];
    Fact { name: messages.say(name), values: values.unwrap_or_else(absent) }
}

/// How long each kind of data is stored.
pub(super) fn kept(messages: &Messages, retention: &RetentionStatement) -> Vec<Fact> {
    [
        (key::KEPT_PHOTOS, retention.photos_days),
        (key::KEPT_TEMPLATES, retention.templates_days),
        (key::KEPT_DECISIONS, retention.decisions_days),
    ]
    .into_iter()
    .map(|(name, period)| days(messages, name, key::KEPT_DAYS, period))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_refused_with_its_line() {
        let error = OperatorStatement::parse("name = 'x'\n[appeals]\ncontcat = 'y'\n").unwrap_err();
        assert_eq!((error.kind(), error.place().line), (ErrorKind::InvalidArgument, Some(3)));
    }

    #[test]
    fn what_is_absent_is_counted_and_an_empty_list_is_a_statement() {
        assert_eq!(OperatorStatement::default().not_stated().len(), 18);
        let some = OperatorStatement::parse("third_parties = []\n[retention]\nphotos_days = 0\n");
        let some = some.unwrap();
        assert!(!some.not_stated().contains(&"third_parties"));
        assert_eq!(some.not_stated().len(), 16);
        let messages = Messages::of("en").unwrap();
        let none = listed(&messages, key::THIRD_PARTIES, some.third_parties.as_ref());
        assert_eq!(none.values[0].words(), "none, according to the operator");
        assert_eq!(kept(&messages, &some.retention)[0].values[0].words(), "not stored");
    }
}
