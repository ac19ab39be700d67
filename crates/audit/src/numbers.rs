//! Numbers and lists as sentences have them.

use super::rates::decimals;

/// A share in per cent, with two significant digits.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.*} %", decimals(share), 100.0 * share)
}

/// A difference of shares in percentage points, with two significant digits.
pub(crate) fn points(difference: f64) -> String {
    format!("{:.*}", decimals(difference), 100.0 * difference)
}

/// A ratio with a sensible number of digits.
pub(crate) fn times(ratio: f64) -> String {
    if ratio >= 100.0 { format!("{ratio:.0}") } else { format!("{ratio:.2}") }
}

/// A ratio with a sensible number of digits; `None` for one that rounds to 1, which says nothing.
pub(crate) fn ratio(value: f64) -> Option<String> {
    Some(times(value)).filter(|text| text != "1.00")
}

/// A threshold with all its digits: comparisons at or above the printed number are exactly those at
/// or above the number used.
pub(crate) fn threshold(value: f64) -> String {
    if value == 0.0 || (1e-4..1e15).contains(&value.abs()) {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}

/// Joins `a`, `b` and `c` as in English.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(percent(0.0025), "0.25 %");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(
            [0.41, 4.000_000_000_000_001, 0.0].map(threshold),
            ["0.41", "4.000000000000001", "0"]
        );
        assert_eq!([1e-7, -2.5e20].map(threshold), ["1e-7", "-2.5e20"]);
    }
}
