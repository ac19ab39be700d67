//! The sentences about rates and about differences between groups.

use super::cells::RateCell;
use super::differential::{Combined, Measure};
use super::numbers::{percent, points, ratio, times};
use super::weigh::Weigh;
use evenmatch_core::numbers::count;

/// A rate in words.
pub(crate) fn share(cell: &RateCell, what: &str, of: &str) -> String {
    match cell {
        RateCell::Measured(rate) if rate.errors == 0 => format!(
            "none of {} {of} was {what} (at most {})",
            count(rate.trials),
            percent(rate.high)
        ),
        RateCell::Measured(rate) if rate.weigh == Weigh::People => {
            let who = match (rate.pairs_of_people, rate.people) {
                (Some(pairs), _) => format!("{} pairs of people", count(pairs)),
                (None, people) => format!("{} people", count(people.unwrap_or(0))),
            };
            format!(
                "on average over {who}, {} of {of} were {what} [{} to {}]",
                percent(rate.rate),
                percent(rate.low),
                percent(rate.high)
            )
        }
        RateCell::Measured(rate) => format!(
            "{} of {} {of} were {what} [{} to {}]",
            percent(rate.rate),
            count(rate.trials),
            percent(rate.low),
            percent(rate.high)
        ),
        RateCell::Insufficient { insufficient } if insufficient.trials == 0 => {
            format!("there are no {of}, so the share {what} is not known")
        }
        RateCell::Insufficient { insufficient } => format!(
            "{} {of} are too few to measure the share {what}: at least {} are needed",
            count(insufficient.trials),
            count(insufficient.needed)
        ),
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
    fn a_lower_bound_is_called_one() {
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
