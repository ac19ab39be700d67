//! Ages as data sets write them, to tell children under ten from everyone else.

/// Below this age a person is a child for whom a calibration claims nothing.
const CLAIMED_FROM: u32 = 10;

/// The attribute that holds a person's age.
pub(super) const AGE: &str = "age";

/// Which side of ten years a label lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AgeSide {
    /// Everyone with this label is under ten.
    UnderTen,
    /// Everyone with this label is ten or older.
    TenOrMore,
    /// The label covers both, or is no age.
    Unclear,
}

/// Reads a label such as `3`, `0-2`, `20–29`, `70+`, `>=18`, `more than 70`, `under 10`.
pub(super) fn side(label: &str) -> AgeSide {
    let lower = label.trim().to_lowercase();
    let numbers: Vec<u32> = lower
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let (least, most) = match numbers[..] {
        [only] if says(&["+", "more", "over", "older", "above", ">", "from"]) => (only, u32::MAX),
        // "Under 10" ends before ten.
        [only] if says(&["under", "below", "less", "younger", "<"]) => (0, only.saturating_sub(1)),
        [only] => (only, only),
        [least, most] => (least, most),
        _ => return AgeSide::Unclear,
    };
    match (least >= CLAIMED_FROM, most < CLAIMED_FROM) {
        (true, _) => AgeSide::TenOrMore,
        (_, true) => AgeSide::UnderTen,
        _ => AgeSide::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_ages_are_understood() {
        for label in ["0-2", "3-9", "3 – 9", "7", "under 10", "<10"] {
            assert_eq!(side(label), AgeSide::UnderTen, "{label}");
        }
        for label in
            ["10-19", "20-49", "70+", "more than 70", "18", ">=18", "over 60", "60 or more"]
        {
            assert_eq!(side(label), AgeSide::TenOrMore, "{label}");
        }
        for label in ["5-14", "adult", "", "under 18", "5+"] {
            assert_eq!(side(label), AgeSide::Unclear, "{label}");
        }
    }
}
