//! Numbers as people read them, shared by the renderers.

use crate::{
    AuditReport, Differential, Differentials, ErrorDifferentials, Estimate, MeasuredRate,
    Normalisation, OperatingPointReport, OverturnReport, PadReport, RateCell, Rates, SpeciesReport,
    Verdict,
};

/// A number with three significant digits, without an exponent unless that would be long.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !value.is_finite() {
        return if value > 0.0 { "∞".into() } else { "–".into() };
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-6..9).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    let decimals = usize::try_from(2 - magnitude).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A threshold, with every digit that is needed to get the same rates again.
pub(super) use crate::numbers::threshold;

/// A score that is not a threshold of a decision, such as the edge of a bin.
pub(super) fn score(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A rate in percent.
pub(super) fn percent(rate: f64) -> String {
    format!("{} %", number(rate * 100.0))
}

/// The rate, where there were enough trials.
pub(super) fn measured(cell: &RateCell) -> Option<&MeasuredRate> {
    match cell {
        RateCell::Measured(rate) => Some(rate),
        RateCell::Insufficient { .. } => None,
    }
}

/// A rate with its denominator and interval, or the reason why there is none.
pub(super) fn cell(cell: &RateCell) -> String {
    match cell {
        RateCell::Measured(rate) => rate.text.clone(),
        RateCell::Insufficient { insufficient } => {
            format!("too few trials ({}, needs {})", insufficient.trials, insufficient.needed)
        }
    }
}

/// What the rates of appeals are, and what they are not.
pub(super) const APPEALS_NOTICE: &str = "How often a reviewer overturned a decision, of the \
    appealed decisions that a person has reviewed. People who appeal are not a random sample, so \
    this is not an error rate.";
pub(super) const APPEALS_COLUMNS: [&str; 5] =
    ["Group", "Decisions", "Appealed", "Reviewed", "Overturned (95 % interval)"];

/// The rows of the table of appeals.
pub(super) fn appeals(appeals: &OverturnReport) -> Vec<Vec<String>> {
    let row = |rate: &crate::OverturnRate| {
        let group = match rate.group.as_str() {
            "" => "(not stated)",
            group => group,
        };
        let overturned = match (rate.rate, rate.low, rate.high) {
            (Some(share), Some(low), Some(high)) => format!(
                "{} of {} = {} [{}, {}]",
                rate.overturned,
                rate.resolved,
                percent(share),
                percent(low),
                percent(high)
            ),
            _ => "none was reviewed".to_owned(),
        };
        let counts = [rate.decisions, rate.appealed, rate.resolved].map(|n| n.to_string());
        let [decisions, appealed, resolved] = counts;
        vec![group.to_owned(), decisions, appealed, resolved, overturned]
    };
    appeals.groups.iter().map(row).collect()
}

/// For each operating point its heading, and the rows of its table: what, before, after.
pub(super) fn normalisation(
    report: &AuditReport,
    normalisation: &Normalisation,
) -> Vec<(String, Vec<Vec<String>>)> {
    let value =
        |measure: Option<&Differential>| measure.map_or_else(|| "–".to_owned(), differential);
    let pairs = report.operating_points.iter().filter_map(|point| {
        let raw = normalisation.raw.iter().find(|raw| raw.target_fmr == point.target_fmr)?;
        Some((point, raw))
    });
    pairs
        .map(|(point, raw)| {
            let mut rows = vec![
                vec!["Threshold".to_owned(), threshold(raw.threshold), threshold(point.threshold)],
                vec!["FNMR of everyone".to_owned(), cell(&raw.fnmr), cell(&point.overall.fnmr)],
            ];
            for (name, before) in &raw.attributes {
                let Some(after) = point.attributes.get(name) else { continue };
                let fmr = &after.differentials.fmr;
                rows.push(vec![
                    format!("{name}: largest FMR over the geometric mean"),
                    value(before.max_over_geomean.as_ref()),
                    value(fmr.max_over_geomean.as_ref()),
                ]);
                rows.push(vec![
                    format!("{name}: largest over smallest FMR"),
                    value(before.max_over_min.as_ref()),
                    value(fmr.max_over_min.as_ref()),
                ]);
                for (group, before) in &before.fmr {
                    let Some(after) = after.groups.get(group) else { continue };
                    rows.push(vec![
                        format!("{name} {group}: FMR"),
                        cell(before),
                        cell(&after.rates.fmr),
                    ]);
                }
            }
            (operating_point(point), rows)
        })
        .collect()
}

/// The name of a species, and that its attacks are simulated where they are.
pub(super) fn species(name: &str, pad: &PadReport) -> String {
    match pad.species.get(name) {
        Some(SpeciesReport { simulated: true, .. }) => format!("{name} (simulated)"),
        _ => name.to_owned(),
    }
}

/// A value with its interval.
pub(super) fn estimate(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (None, None) => number(estimate.value),
        (low, high) => format!(
            "{} [{}, {}]",
            number(estimate.value),
            low.map_or("–∞".into(), number),
            high.map_or("∞".into(), number)
        ),
    }
}

/// A share with its interval, in percent.
pub(super) fn shares(estimate: &Estimate) -> String {
    let bound = |bound: Option<f64>| bound.map_or("–".to_owned(), |rate| number(100.0 * rate));
    format!("{} [{}, {}]", percent(estimate.value), bound(estimate.low), bound(estimate.high))
}

/// A differential with its interval.
pub(super) fn differential(measure: &Differential) -> String {
    format!(
        "{}{} [{}, {}]",
        if measure.at_least { "≥ " } else { "" },
        number(measure.value),
        number(measure.low),
        measure.high.map_or("∞".into(), number)
    )
}

/// A p-value.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") }
}

/// A verdict as it is printed.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive => "INCONCLUSIVE",
    }
}

/// An operating point as a heading.
pub(super) fn operating_point(point: &OperatingPointReport) -> String {
    match point.target_fmr {
        Some(target) => {
            format!("Target FMR {} (threshold {})", percent(target), threshold(point.threshold))
        }
        None => format!("Threshold {}", threshold(point.threshold)),
    }
}

/// The rates with their short names, in the order in which they are shown.
pub(super) fn rates(rates: &Rates) -> Vec<(&'static str, &RateCell)> {
    let of_people = rates.fta_people.as_ref().map(|cell| ("fta_people", cell));
    let mut all = vec![("fmr", &rates.fmr), ("fnmr", &rates.fnmr), ("fta", &rates.fta)];
    all.extend(of_people);
    all.extend([("far", &rates.far), ("frr", &rates.frr)]);
    all
}

/// A short name as a heading.
pub(super) fn heading(name: &str) -> String {
    match name {
        "fta_people" => "FTA of people".to_owned(),
        name => name.to_uppercase(),
    }
}

/// The error types of the differentials with their short names.
pub(super) fn error_types(all: &Differentials) -> [(&'static str, &ErrorDifferentials); 3] {
    [("fmr", &all.fmr), ("fnmr", &all.fnmr), ("frr", &all.frr)]
}

/// The measures of one error type: key, name, value.
pub(super) fn measures(
    all: &ErrorDifferentials,
) -> [(&'static str, &'static str, Option<&Differential>); 5] {
    [
        ("max_over_geomean", "largest rate over the geometric mean", all.max_over_geomean.as_ref()),
        ("max_over_min", "largest rate over smallest", all.max_over_min.as_ref()),
        ("max_minus_min", "largest rate minus smallest", all.max_minus_min.as_ref()),
        ("worst_over_overall", "largest rate over everyone's", all.worst_over_overall.as_ref()),
        ("gini", "Gini coefficient", all.gini.as_ref()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_kept() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (2.4848, "2.48"),
            (0.000_123_456, "0.000123"),
            (119.0, "119"),
            (12_345.6, "12346"),
            (1.2e-9, "1.20e-9"),
            (-0.5, "-0.5"),
            (f64::INFINITY, "∞"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(percent(0.024_849), "2.48 %");
        assert_eq!((p_value(0.0004), p_value(0.0306)), ("< 0.001".into(), "0.031".into()));
    }
}
