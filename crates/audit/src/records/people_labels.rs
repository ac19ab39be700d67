//! The labels of a manifest: what is missing, how groups are spelled, and people with several
//! labels.

use std::collections::HashMap;

use super::label_rules::{
    LabelRules, Odd, Spellings, folded, is_impossible, possible, same_label, trimmed,
};
use super::pair_check::Seen;
use super::people::PeopleEntry;
use super::source::{RecordWarning, Symbols};
use super::words;

/// Removes words for a missing label and impossible numbers, merges spellings if the rules say so,
/// and returns the oddities found.
pub(super) fn settle(
    attributes: &[String],
    entries: &mut [PeopleEntry],
    rules: &LabelRules,
) -> Vec<RecordWarning> {
    let mut warnings = Vec::new();
    warnings.extend(nameless(entries));
    for (place, attribute) in attributes.iter().enumerate() {
        let range = possible(attribute);
        let mut odd = Odd::default();
        let mut names = Symbols::default();
        let mut spellings = Spellings::default();
        for entry in entries.iter_mut() {
            let Some(text) = entry.values[place].as_deref() else { continue };
            let text = trimmed(text);
            // A manifest does not say which decimal mark its numbers use; a comma between digits
            // can only be a decimal comma.
            let number = text.parse::<f64>().ok().or_else(|| words::decimal_comma(text));
            let known = if text.is_empty() {
                None
            } else if rules.is_missing(text) {
                odd.missing.note(text, entry.line);
                None
            } else if number.is_some_and(|number| is_impossible(range, number)) {
                odd.impossible.note(text, entry.line);
                None
            } else {
                spellings.note(names.intern(text) as usize, entry.line);
                Some(text.to_owned())
            };
            entry.values[place] = known;
        }
        let all: Vec<&str> = names.names().collect();
        let several = spellings.several(&all);
        if rules.merge_spellings {
            let usual: HashMap<String, &str> =
                several.iter().map(|codes| (folded(all[codes[0]]), all[codes[0]])).collect();
            for value in entries.iter_mut().filter_map(|entry| entry.values[place].as_mut()) {
                if let Some(usual) = usual.get(&folded(value)) {
                    (*usual).clone_into(value);
                }
            }
        }
        warnings.extend(odd.warnings(attribute));
        warnings.extend(spellings.warning(attribute, &all, &several, rules.merge_spellings));
        warnings.extend(contradictions(attribute, place, entries));
    }
    warnings
}

/// Photos of people whose name is a word for a missing name.
fn nameless(entries: &[PeopleEntry]) -> Option<RecordWarning> {
    let mut rows = Seen::default();
    let mut names: Vec<String> = Vec::new();
    for entry in entries.iter().filter(|entry| words::missing_label(&entry.subject)) {
        rows.note(entry.line);
        let name = words::quoted(&entry.subject);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.sort();
    (rows.rows > 0).then(|| RecordWarning {
        code: "nameless_subject".to_owned(),
        message: words::nameless(&names),
        count: rows.rows,
        lines: rows.lines,
        attribute: None,
    })
}

/// People who have one label in one row and a different one in a later row.
fn contradictions(attribute: &str, place: usize, entries: &[PeopleEntry]) -> Option<RecordWarning> {
    if of_the_photo(attribute) {
        return None;
    }
    let mut first: HashMap<&str, (&str, bool)> = HashMap::new();
    let mut rows = Seen::default();
    for entry in entries {
        let Some(value) = entry.values[place].as_deref() else { continue };
        let (known, contradicted) = first.entry(&entry.subject).or_insert((value, false));
        if !same_label(known, value) {
            rows.note(entry.line);
            *contradicted = true;
        }
    }
    let people = first.values().filter(|(_, contradicted)| *contradicted).count() as u64;
    contradiction(attribute, people, rows.lines)
}

/// Whether an attribute can reasonably differ between photos of one person.
pub(crate) fn of_the_photo(attribute: &str) -> bool {
    const PARTS: [&str; 29] = [
        "age",
        "ages",
        "ita",
        "pose",
        "yaw",
        "pitch",
        "roll",
        "light",
        "lighting",
        "illumination",
        "expression",
        "emotion",
        "glasses",
        "beard",
        "mask",
        "makeup",
        "hat",
        "camera",
        "device",
        "sensor",
        "quality",
        "sharpness",
        "blur",
        "session",
        "year",
        "date",
        "occlusion",
        "appeal",
        "disposition",
    ];
    let name = attribute.to_ascii_lowercase();
    name.split(['_', ' ', '-', '.']).any(|part| PARTS.contains(&part))
}

/// The warning about people who have several labels of an attribute.
pub(crate) fn contradiction(
    attribute: &str,
    people: u64,
    lines: Vec<u64>,
) -> Option<RecordWarning> {
    let who = if people == 1 { "1 person is" } else { &*format!("{people} people are") };
    (people > 0).then(|| RecordWarning {
        code: "contradictory_label".to_owned(),
        message: format!(
            "`{attribute}`: {who} labelled differently in different rows. Each row was counted \
             under its own label; correct the labels, unless they describe the photo rather than \
             the person."
        ),
        count: people,
        lines,
        attribute: Some(attribute.to_owned()),
    })
}
