//! The lists in docs/ match the code: nothing is missing, and nothing is extra.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use evenmatch::Policy;
use evenmatch_core::record::ReasonCode;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The cells of table rows that start with a name in backquotes.
fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect())
        .collect()
}

#[test]
fn reasons_are_documented_as_they_are() {
    let documented = rows(&document("REASONS.md"));
    let actual: Vec<Vec<String>> = ReasonCode::ALL
        .iter()
        .map(|code| {
            let stage = serde_json::to_value(code.stage()).unwrap();
            let stage = stage.as_str().unwrap().to_owned();
            vec![format!("`{code}`"), stage, code.meaning().into(), code.advice().into()]
        })
        .collect();
    let expected: Vec<String> =
        actual.iter().map(|cells| format!("| {} |", cells.join(" | "))).collect();
    assert_eq!(documented, actual, "the rows should be:\n{}", expected.join("\n"));
}

/// Every setting as `table.key`, in the order that the default policy serialises them.
fn settings(value: &serde_json::Value, prefix: &str, found: &mut Vec<String>) {
    for (key, value) in value.as_object().unwrap() {
        let name = format!("{prefix}{key}");
        if value.is_object() {
            settings(value, &format!("{name}."), found);
        } else {
            found.push(name);
        }
    }
}

#[test]
fn every_policy_setting_is_documented_with_its_default() {
    // As JSON, because TOML leaves out settings that are absent by default.
    let default = serde_json::to_value(Policy::default()).unwrap();
    let mut names = Vec::new();
    settings(&default, "", &mut names);
    names.sort();
    let mut documented: Vec<Vec<String>> = rows(&document("POLICY.md"));
    documented.sort_by_key(|row| row[0].trim_matches('`').to_owned());
    let listed: Vec<&str> = documented.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(listed, names);
    for row in &documented {
        let pointer = format!("/{}", row[0].trim_matches('`').replace('.', "/"));
        let value = default.pointer(&pointer).unwrap();
        let shown = match value {
            serde_json::Value::Null => "absent".to_owned(),
            serde_json::Value::String(text) => format!("`\"{text}\"`"),
            serde_json::Value::Number(n) if n.is_f64() => {
                format!("`{}`", n.as_f64().unwrap() as f32)
            }
            other => format!("`{other}`"),
        };
        assert_eq!(row[1], shown, "the default of {}", row[0]);
    }
}

#[test]
fn the_policy_in_the_document_is_the_default_policy() {
    let text = document("POLICY.md");
    let example = text.split("```toml\n").nth(1).and_then(|t| t.split("```").next()).unwrap();
    assert!(example.contains("several_faces"), "{example}");
    assert_eq!(example.parse::<Policy>().unwrap(), Policy::default());
}

#[test]
fn every_key_of_an_operator_is_documented_and_the_example_states_all() {
    use evenmatch_explain::disclosure::OperatorStatement;
    let text = document("TRANSPARENCY.md");
    let mut keys: Vec<String> =
        rows(&text).iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let mut names = Vec::new();
    let none = serde_json::to_value(OperatorStatement::default()).unwrap();
    settings(&none, "", &mut names);
    keys.sort();
    names.sort();
    assert_eq!(keys, names);
    let example = text.split("```toml\n").nth(1).and_then(|t| t.split("```").next()).unwrap();
    let stated = OperatorStatement::parse(example).unwrap();
    assert_eq!(stated.not_stated(), Vec::<&str>::new());
}

#[test]
fn every_language_is_documented_with_its_state() {
    use evenmatch_explain::messages::{Direction, LANGUAGES, Messages};
    let expected: Vec<Vec<String>> = LANGUAGES
        .iter()
        .map(|language| {
            let written = match language.direction {
                Direction::LeftToRight => "left to right",
                Direction::RightToLeft => "right to left",
            };
            let reviewed = Messages::in_language(language).unwrap().is_reviewed();
            let reviewed = if reviewed { "yes" } else { "no" };
            let tag = format!("`{}`", language.tag);
            vec![tag, language.english_name.into(), written.into(), reviewed.into()]
        })
        .collect();
    assert_eq!(rows(&document("MESSAGES.md")), expected);
}
