//! The words that fields may contain.

use super::batch::FailureStage;

/// Ground truth: `Some(true)` for mated; `None` for an empty field; an unknown word is an error.
pub(super) fn mated(text: &str) -> Result<Option<bool>, ()> {
    Ok(Some(match text {
        "1" => true,
        "0" => false,
        text if missing(text) => return Ok(None),
        _ => {
            let lower = text.to_ascii_lowercase();
            match lower.as_str() {
                "true" | "1.0" | "1,0" | "yes" | "mated" | "genuine" | "same" => true,
                "false" | "0.0" | "0,0" | "no" | "non_mated" | "non-mated" | "nonmated"
                | "impostor" | "imposter" | "different" => false,
                _ => return Err(()),
            }
        }
    }))
}

/// The warning about people whose name is a word for a missing name.
pub(super) fn nameless(names: &[String]) -> String {
    format!(
        "People are called {}, as if their names were missing; all samples under such a word count \
         as one person's. Leave out these rows, or name the people.",
        names.join(", ")
    )
}

/// A whole number without the decimal zero that tools add in a column with empty fields.
pub(super) fn whole(text: &str) -> &str {
    text.strip_suffix(".0").or_else(|| text.strip_suffix(",0")).unwrap_or(text)
}

/// A number with a decimal comma and no other mark.
pub(super) fn decimal_comma(text: &str) -> Option<f64> {
    let (whole, part) = text.split_once(',')?;
    let plain = !part.contains([',', '.']) && !whole.contains('.');
    plain.then(|| format!("{whole}.{part}").parse().ok())?
}

/// What programs write if there is no value, including the empty field.
pub(super) fn missing(text: &str) -> bool {
    const WORDS: [&str; 10] =
        ["na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "none", "n.a.", "-"];
    text.is_empty() || (text.len() <= 4 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)))
}

/// What people also write for a label that they do not know.
pub(super) fn missing_label(text: &str) -> bool {
    const WORDS: [&str; 21] = [
        "unknown",
        "unk",
        "not known",
        "not_known",
        "not available",
        "not_available",
        "not stated",
        "not_stated",
        "not specified",
        "not_specified",
        "unspecified",
        "undefined",
        "missing",
        "no data",
        "?",
        "??",
        "--",
        "\u{2013}",
        "\u{2014}",
        ".",
        "#null!",
    ];
    let Some(first) = text.as_bytes().first() else { return true };
    // Most labels begin with a different letter than all of these words.
    let likely = b"nu?-.#m<".contains(&first.to_ascii_lowercase()) || !first.is_ascii();
    likely
        && text.len() <= 13
        && (missing(text) || WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)))
}

/// The presentation attack instrument species; `None` for a bona fide presentation.
pub(super) fn species(text: &str) -> Option<&str> {
    match text {
        "bona_fide" | "bonafide" => None,
        text => Some(text).filter(|text| !missing(text)),
    }
}

/// bob writes the true identity of an attack as `attack` or `attack/SPECIES`.
pub(super) fn attack_of_subject(subject: &str) -> Option<&str> {
    match subject.strip_prefix("attack") {
        Some("") => Some("attack"),
        Some(rest) => rest.strip_prefix('/').filter(|species| !species.is_empty()),
        None => None,
    }
}

/// The folder of a path: everything before the last `/`.
pub(super) fn folder(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}

/// The stage of a failure: the text before the first `:`, or a well-known word.
pub(super) fn failure_stage(name: &str) -> FailureStage {
    let head = name.split(':').next().unwrap_or(name).trim().to_ascii_lowercase();
    match head.as_str() {
        "decode" | "unreadable" | "corrupt" | "unsupported_format" | "no_file" => {
            FailureStage::Decode
        }
        "detect" | "no_face" | "no_face_found" | "face_not_found" | "several_faces"
        | "multiple_faces" | "failure_to_acquire" | "fta" => FailureStage::Detect,
        "quality" | "low_quality" | "quality_refused" => FailureStage::Quality,
        "liveness" | "pad" | "spoof" | "attack" => FailureStage::Liveness,
        _ => FailureStage::Other,
    }
}

/// A value for a message: in quotes, shortened, without control characters.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", shortened(text))
}

/// A value for a message, shortened and without control characters.
pub(super) fn shortened(text: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut short: String = text.chars().take(40).map(clean).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}
