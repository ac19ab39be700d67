//! The texts that people read, in their own languages, with Project Fluent.
//!
//! `messages/*.ftl` hold the texts, one file per language. `build.rs` fails the build if a file
//! lacks a message or a variable that English has. [`Page`] is a document that renders as text and
//! as HTML; [`crate::disclosure`] composes the pages.

#[cfg(test)]
#[allow(dead_code)]
mod check;
mod html;
mod language;
mod page;
mod text;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::{Entry, PatternElement};
use unic_langid::LanguageIdentifier;

use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::numbers::{percent_decimals, rounded_up};
use evenmatch_core::record::ReasonCode;

pub use html::clean;
pub use language::{Direction, LANGUAGES, Language};
pub use page::{Block, Fact, Item, Page, Row, Section, Text};

/// The name of a message; `build.rs` generates a constant for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(&'static str);

/// A constant for every message except reasons, which are looked up by code.
pub mod key {
    use super::Key;
    include!(concat!(env!("OUT_DIR"), "/message_keys.rs"));
}

/// The messages of one language.
///
/// ```
/// use evenmatch_core::record::ReasonCode;
/// use evenmatch_explain::messages::Messages;
/// let messages = Messages::of("es-MX")?;
/// assert_eq!(messages.language().tag, "es");
/// assert_eq!(messages.meaning(ReasonCode::NoFaceFound), "no se encontró ninguna cara");
/// # Ok::<(), evenmatch_explain::Error>(())
/// ```
pub struct Messages {
    language: &'static Language,
    reviewed: bool,
    bundle: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Messages").field("language", &self.language.tag).finish_non_exhaustive()
    }
}

impl Messages {
    /// The messages in the language of a tag (BCP 47), such as `ht` or `es-MX`. A region without
    /// messages of its own gets those of its language. `prs` and `fa` select Dari.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`], with the list of available languages.
    pub fn of(tag: &str) -> Result<Messages> {
        Messages::in_language(Language::find(tag)?)
    }

    /// The messages in one of [`LANGUAGES`].
    ///
    /// # Errors
    /// None in a build whose tests pass, because the texts are compiled into the program.
    pub fn in_language(language: &'static Language) -> Result<Messages> {
        let broken = |what: String| {
            let message = format!("the messages in `{}` are broken: {what}", language.tag);
            Error::new(ErrorKind::Corrupt, Stage::Export, message)
        };
        let resource = FluentResource::try_new(language.source.to_owned())
            .map_err(|(_, errors)| broken(format!("{errors:?}")))?;
        let reviewed = resource.entries().any(|entry| match entry {
            Entry::Term(term) if term.id.name == "review-status" => {
                let status = |element: &PatternElement<&str>| {
                    matches!(element, PatternElement::TextElement { value } if *value == "reviewed")
                };
                term.value.elements.iter().any(status)
            }
            _ => false,
        });
        let id: LanguageIdentifier =
            language.tag.parse().map_err(|cause| broken(format!("its tag: {cause}")))?;
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // Isolation marks around foreign words are needed only where writing directions differ.
        // Elsewhere they would only get in the way of people who search or copy the text.
        bundle.set_use_isolating(language.direction == Direction::RightToLeft);
        bundle.add_resource(resource).map_err(|errors| broken(format!("{errors:?}")))?;
        Ok(Messages { language, reviewed, bundle })
    }

    /// The language.
    pub fn language(&self) -> &'static Language {
        self.language
    }

    /// Whether a native speaker has checked every text.
    pub fn is_reviewed(&self) -> bool {
        self.reviewed
    }

    /// The language's own name for itself.
    pub fn language_name(&self) -> String {
        self.say(key::LANGUAGE_NAME)
    }

    /// A sentence that says whether the texts were checked; it belongs at the foot of every page.
    pub fn review_note(&self) -> String {
        self.say(if self.reviewed { key::NOTE_REVIEWED } else { key::NOTE_UNREVIEWED })
    }

    /// What a reason means, like [`ReasonCode::meaning`].
    pub fn meaning(&self, code: ReasonCode) -> String {
        // crates/explain/tests/messages.rs checks that every code has a text. If not, English is better than none.
        self.format(&format!("reason-{code}"), None, &[])
            .unwrap_or_else(|| code.meaning().to_owned())
    }

    /// What to do about a reason, like [`ReasonCode::advice`]; empty if there is nothing to do.
    pub fn advice(&self, code: ReasonCode) -> String {
        if code.advice().is_empty() {
            return String::new();
        }
        self.format(&format!("reason-{code}"), Some("advice"), &[])
            .unwrap_or_else(|| code.advice().to_owned())
    }

    /// Turns a fragment into a sentence.
    pub fn sentence(&self, fragment: &str) -> String {
        let mut rest = fragment.chars();
        let first = rest.next().map(|first| first.to_uppercase().collect::<String>());
        let text = format!("{}{}", first.unwrap_or_default(), rest.as_str());
        // A whole sentence needs no isolation marks. They would even do harm, because software that
        // detects the direction of the surrounding text skips everything between them.
        self.say_with(key::SENTENCE, &[("text", text.into())]).replace(['\u{2068}', '\u{2069}'], "")
    }

    /// A message without variables.
    pub fn say(&self, key: Key) -> String {
        self.say_with(key, &[])
    }

    /// A message with its variables.
    pub fn say_with(&self, key: Key, variables: &[(&str, FluentValue<'_>)]) -> String {
        // A key exists in English and so in every language: build.rs checks both.
        self.format(key.0, None, variables).unwrap_or_else(|| key.0.to_owned())
    }

    fn format(
        &self,
        id: &str,
        attribute: Option<&str>,
        variables: &[(&str, FluentValue<'_>)],
    ) -> Option<String> {
        let message = self.bundle.get_message(id)?;
        let pattern = match attribute {
            Some(attribute) => message.get_attribute(attribute)?.value(),
            None => message.value()?,
        };
        let arguments: FluentArgs<'_> =
            variables.iter().map(|(name, value)| (*name, value.clone())).collect();
        // A missing variable is rendered as `{$name}`, which the tests look for.
        Some(self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned())
    }

    /// A rate in percent to two significant digits, such as `1.6 %`.
    pub(crate) fn percent(&self, rate: f64) -> String {
        let value = 100.0 * rate;
        self.in_percent(value, percent_decimals(value))
    }

    /// The same for an upper bound, which is rounded up so that it stays true.
    pub(crate) fn percent_at_most(&self, rate: f64) -> String {
        let value = 100.0 * rate;
        let decimals = percent_decimals(value);
        self.in_percent(rounded_up(value, decimals), decimals)
    }

    fn in_percent(&self, value: f64, decimals: usize) -> String {
        self.say_with(key::PERCENT, &[("number", self.decimal(value, decimals).into())])
    }

    /// A number with the given number of decimals, as the language writes it.
    pub(crate) fn decimal(&self, value: f64, decimals: usize) -> String {
        format!("{value:.decimals$}").replace('.', self.language.decimal_mark)
    }

    /// A count with its digits in groups of three, as the language writes it.
    pub(crate) fn count(&self, value: u64) -> String {
        let digits = value.to_string();
        let mut grouped = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push_str(self.language.group_mark);
            }
            grouped.push(digit);
        }
        grouped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_percentages_that_people_can_read() {
        let of = |tag: &str| Messages::of(tag).unwrap();
        for (rate, text) in [
            (0.015_48, "1.5 %"),
            (0.001, "0.10 %"),
            (0.000_012_3, "0.0012 %"),
            (0.134, "13 %"),
            (1.0, "100 %"),
            (0.0, "0 %"),
        ] {
            assert_eq!(of("en").percent(rate), text);
        }
        for (rate, text) in [(0.015_11, "1.6 %"), (0.001, "0.10 %"), (0.02, "2.0 %")] {
            assert_eq!(of("en").percent_at_most(rate), text);
        }
        assert_eq!(of("fr").percent(0.015_6), "1,6 %");
        assert_eq!(of("zh").percent(0.015_6), "1.6%");
    }

    #[test]
    fn numbers_are_written_as_the_language_does() {
        let of = |tag: &str| Messages::of(tag).unwrap();
        assert_eq!(of("en").count(4_784_499), "4,784,499");
        assert_eq!(of("en").count(999), "999");
        assert_eq!(of("uk").count(10_000), "10\u{202f}000");
        assert_eq!(of("fr").decimal(154.82, 1), "154,8");
    }

    #[test]
    fn messages_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Messages>();
    }

    #[test]
    fn variables_are_filled_in_and_plurals_chosen() {
        let english = Messages::of("en").unwrap();
        let days = |days: u32| english.say_with(key::KEPT_DAYS, &[("days", days.into())]);
        assert_eq!([days(0), days(1), days(30)], ["not stored", "1 day", "30 days"]);
        assert_eq!(english.sentence("no face was found"), "No face was found.");
    }
}
