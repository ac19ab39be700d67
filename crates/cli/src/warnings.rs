//! Warnings about what was read.

use std::cmp::Ordering;

use evenmatch_audit::records::RecordWarning;

/// Prints warnings on standard error, each with the first lines that it is about.
pub(super) fn show(warnings: &[RecordWarning]) {
    for warning in warnings {
        eprintln!("warning: {}{}", warning.message, first_lines(warning));
    }
}

/// The first lines that a warning is about, to append to it.
fn first_lines(warning: &RecordWarning) -> String {
    let lines: Vec<String> = warning.lines.iter().map(u64::to_string).collect();
    match (lines.len() as u64).cmp(&warning.count) {
        _ if lines.is_empty() => String::new(),
        Ordering::Less => format!(" (lines {}, …)", lines.join(", ")),
        _ => format!(" (lines {})", lines.join(", ")),
    }
}
