//! The words that fields may hold.

use super::batch::FailureStage;

/// Ground truth: `Some(true)` for mated; `None` for an empty field; an unknown word is an error.
pub(super) fn mated(text: &str) -> Result<Option<bool>, ()> {
    Ok(Some(match text {
        "1" => true,
        "0" => false,
        "" => return Ok(None),
        _ => {
            let lower = text.to_ascii_lowercase();
            match lower.as_str() {
                "true" | "1.0" | "yes" | "mated" | "genuine" | "same" => true,
                "false" | "0.0" | "no" | "non_mated" | "non-mated" | "nonmated" | "impostor"
                | "imposter" | "different" => false,
                _ => return Err(()),
            }
        }
    }))
}

/// The presentation attack instrument species; `None` for a bona fide presentation.
pub(super) fn species(text: &str) -> Option<&str> {
    match text {
        "" | "bona_fide" | "bonafide" | "none" => None,
        text => Some(text),
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

/// The folder of a path: all before the last `/`.
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
