//! The available languages, and which of them a tag asks for.

use unic_langid::LanguageIdentifier;

use crate::{Error, ErrorKind, Result, Stage};

/// The direction a language is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From left to right.
    LeftToRight,
    /// From right to left.
    RightToLeft,
}

impl Direction {
    /// The value of the attribute `dir` in HTML.
    pub fn html(self) -> &'static str {
        match self {
            Direction::LeftToRight => "ltr",
            Direction::RightToLeft => "rtl",
        }
    }
}

/// A language that messages are available in.
#[derive(Debug, PartialEq, Eq)]
pub struct Language {
    /// Its tag (BCP 47), as used in the `lang` attribute of a page.
    pub tag: &'static str,
    /// Its name in English.
    pub english_name: &'static str,
    /// The direction it is written in.
    pub direction: Direction,
    /// The mark between the whole number and the fraction.
    pub(super) decimal_mark: &'static str,
    /// The mark between groups of three digits.
    pub(super) group_mark: &'static str,
    /// Other language codes that select it.
    also: &'static [&'static str],
    /// Its Fluent file.
    pub(super) source: &'static str,
}

/// The Unicode Common Locale Data Repository uses this space, or a wider one, for most of them.
const NARROW_SPACE: &str = "\u{202f}";

/// The languages: first the three of the app that this project responds to, then the others.
///
/// Number formats follow the Unicode Common Locale Data Repository. Spanish uses the decimal point
/// of Mexico, Central America and the Caribbean. Haitian Creole is not in the repository, so it
/// follows the schoolbooks of Haiti, which use the French format. Arabic and Dari are written with
/// Latin digits, which take `.` and `,`.
pub static LANGUAGES: [Language; 10] = [
    language("en", "English", ".", ",", &[], include_str!("../../messages/en.ftl")),
    language("es", "Spanish", ".", NARROW_SPACE, &[], include_str!("../../messages/es.ftl")),
    language("ht", "Haitian Creole", ",", NARROW_SPACE, &[], include_str!("../../messages/ht.ftl")),
    language("fr", "French", ",", NARROW_SPACE, &[], include_str!("../../messages/fr.ftl")),
    language("pt", "Portuguese", ",", ".", &[], include_str!("../../messages/pt.ftl")),
    right_to_left(language("ar", "Arabic", ".", ",", &[], include_str!("../../messages/ar.ftl"))),
    language("ru", "Russian", ",", NARROW_SPACE, &[], include_str!("../../messages/ru.ftl")),
    language(
        "zh-Hans",
        "Chinese (simplified)",
        ".",
        ",",
        &["zh", "cmn"],
        include_str!("../../messages/zh-Hans.ftl"),
    ),
    language("uk", "Ukrainian", ",", NARROW_SPACE, &[], include_str!("../../messages/uk.ftl")),
    right_to_left(language(
        "fa-AF",
        "Dari",
        ".",
        ",",
        &["fa", "prs"],
        include_str!("../../messages/fa-AF.ftl"),
    )),
];

const fn language(
    tag: &'static str,
    english_name: &'static str,
    decimal_mark: &'static str,
    group_mark: &'static str,
    also: &'static [&'static str],
    source: &'static str,
) -> Language {
    let direction = Direction::LeftToRight;
    Language { tag, english_name, direction, decimal_mark, group_mark, also, source }
}

const fn right_to_left(language: Language) -> Language {
    Language { direction: Direction::RightToLeft, ..language }
}

impl Language {
    /// Finds the language that a tag asks for. Region, script and variant are ignored if there are
    /// no messages for them: a person who asks for `es-MX` is better served by Spanish than by an
    /// error. This applies to `zh-Hant` too, which gets simplified characters.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`], with the list of available languages.
    pub fn find(tag: &str) -> Result<&'static Language> {
        // Environments write `es_MX.UTF-8` and `es_ES@euro`.
        let bare = tag.split(['.', '@']).next().unwrap_or_default();
        let wanted = bare.parse::<LanguageIdentifier>().ok();
        let answers =
            |language: &&Language, to: &str| language.tag == to || language.also.contains(&to);
        let found = wanted.as_ref().and_then(|wanted| {
            let whole = wanted.to_string();
            let root = wanted.language.as_str();
            let find = |to: &str| LANGUAGES.iter().find(|language| answers(language, to));
            find(&whole).or_else(|| find(root))
        });
        found.ok_or_else(|| {
            let message = format!("no messages are available in the language `{tag}`");
            let list = LANGUAGES.iter().map(|l| format!("{} ({})", l.tag, l.english_name));
            Error::new(ErrorKind::InvalidArgument, Stage::Export, message)
                .next(format!("use one of: {}", list.collect::<Vec<_>>().join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_find_their_language() {
        for (tag, found) in [
            ("en", "en"),
            ("EN-us", "en"),
            ("es-MX", "es"),
            ("es_MX.UTF-8", "es"),
            ("ht-HT", "ht"),
            ("pt-BR", "pt"),
            ("fa", "fa-AF"),
            ("fa-IR", "fa-AF"),
            ("prs", "fa-AF"),
            ("prs-AF", "fa-AF"),
            ("zh", "zh-Hans"),
            ("zh-CN", "zh-Hans"),
            ("zh-Hans-SG", "zh-Hans"),
            ("zh-TW", "zh-Hans"),
            ("ar-SD", "ar"),
        ] {
            assert_eq!(Language::find(tag).map(|l| l.tag).ok(), Some(found), "{tag}");
        }
    }

    #[test]
    fn an_unknown_language_is_refused_with_the_list() {
        for tag in ["tlh", "", "x", "e", "no such", "und", "C"] {
            let error = Language::find(tag).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            let next = error.next_step().unwrap();
            assert!(
                next.contains("ht (Haitian Creole)") && next.contains("fa-AF (Dari)"),
                "{next}"
            );
        }
    }
}
