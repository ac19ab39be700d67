//! The plain sentences of a report.

use super::differential::{Combined, Measure};
use super::rates::decimals;

/// A share in per cent, with two significant digits.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.*} %", decimals(share), 100.0 * share)
}

/// A difference of shares in percentage points, with two significant digits.
fn points(difference: f64) -> String {
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

/// A differential in words. `names` are the groups with the largest and the smallest rate.
pub(crate) fn differential(
    measure: Measure,
    error: &str,
    names: (&str, &str),
    (value, low, high): (f64, f64, f64),
    at_least: bool,
    groups: usize,
) -> String {
    let (worst, best) = names;
    let least = if at_least { "at least " } else { "" };
    let range = format!("[{} to {}]", times(low), times(high));
    if measure != Measure::WorstOverOverall && measure != Measure::Gini {
        if worst == best {
            return format!("The {error} is the same in the {groups} groups.");
        }
        if at_least && ratio(value).is_none() {
            return format!(
                "There is no evidence that the {error} of {worst} is above that of the groups \
                 without any errors; it may be up to {} times as high.",
                times(high)
            );
        }
    }
    match measure {
        Measure::MaxMinusMin => format!(
            "The {error} of {worst} is {} percentage points above that of {best} [{} to {}].",
            points(value),
            points(low),
            points(high)
        ),
        Measure::MaxOverMin => {
            format!(
                "The {error} of {worst} is {least}{} times that of {best} {range}.",
                times(value)
            )
        }
        Measure::MaxOverGeomean => format!(
            "The {error} of {worst} is {least}{} times the geometric mean of {groups} groups \
             {range}.",
            times(value)
        ),
        Measure::WorstOverOverall => match ratio(value) {
            Some(ratio) => {
                format!("The {error} of {worst} is {ratio} times the overall rate {range}.")
            }
            None => format!("The {error} of {worst} equals the overall rate {range}."),
        },
        Measure::Gini => format!(
            "The Gini coefficient of the {error} is {value:.3} [{low:.3} to {high:.3}]: 0 means \
             equal rates, 1 means that one group has all the errors."
        ),
    }
}

/// A combined measure in words.
pub(crate) fn combined(measure: Combined, value: f64, low: f64, high: f64) -> String {
    match measure {
        Combined::Garbe => format!(
            "GARBE, the mean of both Gini coefficients, is {value:.3} [{low:.3} to {high:.3}]; 0 \
             means equal rates."
        ),
        Combined::InequityRate => format!(
            "The inequity rate, the geometric mean of both max/min ratios, is {} [{} to {}]; 1 \
             means equal rates.",
            times(value),
            times(low),
            times(high)
        ),
        Combined::Fdr => format!(
            "The fairness discrepancy rate is {value:.4} [{low:.4} to {high:.4}]; 1 means equal \
             rates, and it stays near 1 even for large ratios of small rates."
        ),
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

/// A count as people read it: 12,345.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_of_one_are_not_printed() {
        let say = |names, value, at_least| {
            let error = "false match rate";
            differential(Measure::MaxOverMin, error, names, (value, 1.0, 4.0), at_least, 2)
        };
        assert_eq!(
            say(("A", "A"), 1.0, false),
            "The false match rate is the same in the 2 groups."
        );
        let unclear = say(("A", "B"), 1.0, true);
        assert!(unclear.contains("may be up to 4.00 times"), "{unclear}");
        assert!(!unclear.contains("1.00"), "{unclear}");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!(percent(0.0025), "0.25 %");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(
            [0.41, 4.000_000_000_000_001, 0.0].map(threshold),
            ["0.41", "4.000000000000001", "0"]
        );
        assert_eq!([1e-7, -2.5e20].map(threshold), ["1e-7", "-2.5e20"]);
        let text = differential(
            Measure::MaxOverMin,
            "false match rate",
            ("A", "B"),
            (2.0, 1.0, 4.0),
            true,
            2,
        );
        assert_eq!(
            text,
            "The false match rate of A is at least 2.00 times that of B [1.00 to 4.00]."
        );
    }
}
