//! What a label means: a group, or that nothing is known; and oddities in a column of labels.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization;

use super::bins::Bins;
use super::pair_check::Seen;
use super::source::RecordWarning;
use super::words;

/// How labels of people are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelRules {
    /// Whether spellings that differ only in case, blanks or Unicode form count as one label.
    pub merge_spellings: bool,
    /// Words that name a group although they usually mean that nothing is known.
    pub keep: Vec<String>,
}

impl LabelRules {
    /// Whether a label means that nothing is known.
    #[inline]
    pub(super) fn is_missing(&self, label: &str) -> bool {
        words::missing_label(label)
            && !self.keep.iter().any(|word| word.trim().eq_ignore_ascii_case(label))
    }
}

/// A label without surrounding blanks of any kind.
#[inline]
pub(super) fn trimmed(label: &str) -> &str {
    let plain = label.trim_ascii();
    match plain.as_bytes() {
        [] => plain,
        // Only a text that begins or ends with a non-ASCII character can have other blanks there.
        [.., last] if plain.as_bytes()[0].is_ascii() && last.is_ascii() => plain,
        _ => plain.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}'),
    }
}

/// What all spellings of a label have in common.
pub(super) fn folded(label: &str) -> String {
    let lower: String = label.nfkc().flat_map(char::to_lowercase).collect();
    let normal: String = lower.nfkc().collect();
    normal.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether two labels are spellings of one.
pub(crate) fn same_label(a: &str, b: &str) -> bool {
    a == b || folded(a) == folded(b)
}

/// Values of a numeric attribute that are possible for a person or for skin, as inclusive limits.
pub(super) fn possible(attribute: &str) -> Option<(f64, f64)> {
    let name = attribute.to_ascii_lowercase();
    let is = |word: &str| name.split(['_', ' ', '-', '.']).any(|part| part == word);
    if is("age") || is("ages") {
        // Nobody has lived longer than 122 years.
        Some((0.0, 122.0))
    } else if is("ita") {
        // An angle calculated as an arctangent.
        Some((-90.0, 90.0))
    } else {
        None
    }
}

/// Whether a number means "not known" rather than a value.
pub(super) fn is_impossible(range: Option<(f64, f64)>, number: f64) -> bool {
    match range {
        Some((low, high)) => number < low || number > high,
        // Codes of statistics packages, recognisable only by their magnitude.
        None => [-999.0, -9999.0, -99999.0, 99999.0].contains(&number),
    }
}

/// The bins of an attribute, whatever the case of its name.
pub(super) fn bins_of<'b>(bins: &'b BTreeMap<String, Bins>, name: &str) -> Option<&'b Bins> {
    bins.get(name).or_else(|| bins.get(&name.to_lowercase()))
}

/// Words that occurred, how often, and in which rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Met {
    words: BTreeMap<Box<str>, u64>,
    rows: Seen,
    last: u64,
}

/// The number of different words counted by name.
const WORDS: usize = 50;
/// The number of words that a message names.
const NAMED: usize = 6;

impl Met {
    /// Counts a word in a row; a row counts once.
    pub(super) fn note(&mut self, word: &str, line: u64) {
        self.add(word, 1);
        if self.last != line {
            self.rows.note(line);
            self.last = line;
        }
    }

    fn add(&mut self, word: &str, count: u64) {
        if let Some(own) = self.words.get_mut(word) {
            *own += count;
        } else if self.words.len() < WORDS {
            self.words.insert(word.into(), count);
        }
    }

    pub(super) fn merge(&mut self, other: &Met) {
        self.rows.merge(&other.rows);
        for (word, count) in &other.words {
            self.add(word, *count);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.rows == 0
    }

    /// The most frequent word.
    fn usual(&self) -> &str {
        let most = self.words.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
        most.map_or("unknown", |(word, _)| word)
    }

    /// The words, the most frequent first.
    fn named(&self) -> String {
        let mut words: Vec<(&str, u64)> =
            self.words.iter().map(|(word, count)| (&**word, *count)).collect();
        words.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let mut text: Vec<String> = words
            .iter()
            .take(NAMED)
            .map(|(word, count)| format!("{} ({count})", words::quoted(word)))
            .collect();
        if words.len() > NAMED {
            text.push("…".to_owned());
        }
        text.join(", ")
    }
}

/// Oddities in the labels of one attribute, besides spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Odd {
    /// Words that mean that nothing is known.
    pub(super) missing: Met,
    /// Impossible numbers.
    pub(super) impossible: Met,
}

impl Odd {
    pub(super) fn merge(&mut self, other: &Odd) {
        if !other.missing.is_empty() {
            self.missing.merge(&other.missing);
        }
        if !other.impossible.is_empty() {
            self.impossible.merge(&other.impossible);
        }
    }

    /// The warnings about this attribute.
    pub(super) fn warnings(&self, attribute: &str) -> Vec<RecordWarning> {
        let mut all = Vec::new();
        if !self.missing.is_empty() {
            let rows = self.missing.rows.rows;
            let usual = self.missing.usual();
            all.push(RecordWarning {
                code: "missing_word".to_owned(),
                message: format!(
                    "`{attribute}`: {} a word for a missing label: {}. They were read as missing; \
                     to count such a word as a group, use --keep-label {}",
                    count(rows, "row contains", "rows contain"),
                    self.missing.named(),
                    argument(usual)
                ),
                count: rows,
                lines: self.missing.rows.lines.clone(),
                attribute: Some(attribute.to_owned()),
            });
        }
        if !self.impossible.is_empty() {
            let rows = self.impossible.rows.rows;
            all.push(RecordWarning {
                code: "impossible_value".to_owned(),
                message: format!(
                    "`{attribute}`: {} an impossible number: {}. They were read as missing; leave \
                     unknown values empty.",
                    count(rows, "row contains", "rows contain"),
                    self.impossible.named()
                ),
                count: rows,
                lines: self.impossible.rows.lines.clone(),
                attribute: Some(attribute.to_owned()),
            });
        }
        all
    }
}

fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A word quoted for a shell.
fn argument(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '_' | '.'));
    let word = words::shortened(word);
    if plain { word } else { format!("'{word}'") }
}

/// How often each spelling of an attribute's labels occurs, and where first.
#[derive(Clone, Debug, Default)]
pub(super) struct Spellings {
    counts: Vec<u64>,
    first: Vec<u64>,
}

impl Spellings {
    /// Counts a label by its code.
    #[inline]
    pub(super) fn note(&mut self, code: usize, line: u64) {
        if code >= self.counts.len() {
            self.counts.resize(code + 1, 0);
            self.first.resize(code + 1, u64::MAX);
        }
        self.counts[code] += 1;
        self.first[code] = self.first[code].min(line);
    }

    /// The labels that are spelled in several ways: for each, the codes of its spellings, the
    /// preferred one first. `names` are the spellings by code.
    pub(super) fn several(&self, names: &[&str]) -> Vec<Vec<usize>> {
        let mut by_form: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (code, name) in names.iter().enumerate() {
            if self.counts.get(code).is_some_and(|count| *count > 0) {
                by_form.entry(folded(name)).or_default().push(code);
            }
        }
        by_form.retain(|_, codes| codes.len() > 1);
        let mut several: Vec<Vec<usize>> = by_form.into_values().collect();
        for codes in &mut several {
            // The most frequent one, then one that looks like a name, so that the result does not
            // depend on the order of rows.
            codes.sort_by_key(|&code| {
                let name = names[code];
                (std::cmp::Reverse(self.counts[code]), !like_a_name(name), name)
            });
        }
        several
    }

    /// The warning about these labels, if there are any.
    pub(super) fn warning(
        &self,
        attribute: &str,
        names: &[&str],
        several: &[Vec<usize>],
        merged: bool,
    ) -> Option<RecordWarning> {
        let others = || several.iter().flat_map(|codes| &codes[1..]);
        let labels: u64 = others().map(|&code| self.counts[code]).sum();
        let mut lines: Vec<u64> = others().map(|&code| self.first[code]).collect();
        lines.sort_unstable();
        lines.truncate(Seen::LINES);
        let mut named = String::new();
        for (place, codes) in several.iter().take(NAMED).enumerate() {
            let own: Vec<&str> = codes.iter().map(|&code| names[code]).collect();
            let spelled: Vec<String> = codes
                .iter()
                .take(NAMED)
                .map(|&code| format!("{} ({})", spelled(names[code], &own), self.counts[code]))
                .collect();
            let between = if place == 0 { "" } else { "; " };
            let _ = write!(named, "{between}{}", spelled.join(", "));
        }
        if several.len() > NAMED {
            named.push_str("; …");
        }
        let ending = if merged {
            "Each is counted as one group, under the first spelling given here."
        } else {
            "Each spelling is counted as a separate group. Correct the labels, or count them as \
             one with --merge-labels"
        };
        (!several.is_empty()).then(|| RecordWarning {
            code: if merged { "merged_spellings" } else { "label_spellings" }.to_owned(),
            message: format!(
                "`{attribute}`: labels are spelled in several ways: {named}. {ending}"
            ),
            count: labels,
            lines,
            attribute: Some(attribute.to_owned()),
        })
    }
}

/// Whether a label begins with a capital letter and continues in lower case.
fn like_a_name(label: &str) -> bool {
    let mut letters = label.chars();
    letters.next().is_some_and(char::is_uppercase) && !letters.any(char::is_uppercase)
}

/// A spelling for a message, with code points if another one looks the same.
fn spelled(label: &str, all: &[&str]) -> String {
    let look = |text: &str| text.nfc().collect::<String>();
    let alike = all.iter().filter(|other| look(other) == look(label)).count() > 1;
    let quoted = words::quoted(label);
    if !alike {
        return quoted;
    }
    let points: Vec<String> = label
        .chars()
        .filter(|c| !c.is_ascii())
        .take(NAMED)
        .map(|c| format!("U+{:04X}", u32::from(c)))
        .collect();
    if points.is_empty() { quoted } else { format!("{quoted} with {}", points.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_label_have_one_form() {
        let one = ["Métis", "me\u{301}tis", "MÉTIS", "Métis\u{a0}", "\u{ff2d}étis"];
        assert!(one.iter().all(|label| folded(label) == folded("métis")), "{one:?}");
        assert_eq!(folded("East  Asian"), folded("east asian"));
        assert_ne!(folded("Metis"), folded("Métis"));
        assert_eq!(trimmed("\u{a0}Black \u{200b}"), "Black");
        assert_eq!(trimmed(" é "), "é");
    }

    #[test]
    fn the_usual_spelling_goes_first_and_the_warning_names_all() {
        let names = ["black", "Black", "BLACK", "White", "é", "e\u{301}"];
        let mut spellings = Spellings::default();
        for (code, line) in [(0, 5), (1, 2), (2, 4), (3, 9), (4, 3), (5, 7), (4, 8)] {
            spellings.note(code, line);
        }
        let several = spellings.several(&names);
        assert_eq!(several, [vec![1, 2, 0], vec![4, 5]]);
        let warning = spellings.warning("race", &names, &several, false).unwrap();
        assert_eq!((warning.count, warning.lines), (3, vec![4, 5, 7]));
        assert!(warning.message.contains("\"Black\" (1), \"BLACK\" (1), \"black\" (1)"));
        assert!(warning.message.contains("U+00E9 (2), \"e\u{301}\" with U+0301 (1)"));
        assert!(warning.message.ends_with("--merge-labels"));
        assert_eq!(spellings.warning("race", &names, &[], false), None);
    }

    #[test]
    fn numbers_that_stand_for_nothing_are_known() {
        let age = possible("Age");
        assert!([-1.0, 999.0, 123.0].iter().all(|n| is_impossible(age, *n)));
        assert!([0.0, 99.0, 122.0].iter().all(|n| !is_impossible(age, *n)));
        assert_eq!((possible("age_at_photo"), possible("image")), (age, None));
        assert!(is_impossible(possible("ita"), -999.0) && !is_impossible(possible("ita"), -60.0));
        assert!(is_impossible(None, -999.0) && !is_impossible(None, -1.0));
    }

    #[test]
    fn words_for_nothing_may_be_kept() {
        let rules = LabelRules { keep: vec!["Unknown".to_owned()], ..LabelRules::default() };
        assert!(rules.is_missing("N/A") && !rules.is_missing("unknown"));
        assert!(!rules.is_missing("White") && LabelRules::default().is_missing("UNKNOWN"));
    }
}
