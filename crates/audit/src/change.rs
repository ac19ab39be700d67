//! What changed between two audits, with intervals on the change.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cells::{Differential, MeasuredRate, RateCell, Rates};
use super::numbers::{percent, times};
use super::report::{AuditReport, OperatingPointReport};
use super::rules::Verdict;

/// The value of the field `schema`.
pub const CHANGE_SCHEMA: &str = "evenmatch.audit-change/1";

/// Which way a number moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The whole interval of the change is below zero (or one, for ratios): better.
    Fell,
    /// The whole interval is above: worse.
    Rose,
    /// It contains zero (or one).
    Unclear,
}

/// One number in both audits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Target FMR of the operating point; null for given thresholds.
    pub target_fmr: Option<f64>,
    /// `overall`, or the attribute.
    pub attribute: String,
    /// The group; null for everyone and for differentials.
    pub group: Option<String>,
    /// `fmr`, `fnmr`, `fta`, `frr`, or `fmr_max_over_geomean` and the like.
    pub measure: String,
    /// Value in the first audit.
    pub before: f64,
    /// Value in the second.
    pub after: f64,
    /// Difference of rates (after − before), or ratio of differentials (after / before).
    pub change: f64,
    /// Lower end of the change's interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Which way it moved.
    pub direction: Direction,
    /// In words.
    pub sentence: String,
}

/// A verdict that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerdictChange {
    /// Target FMR of the operating point.
    pub target_fmr: Option<f64>,
    /// Pack and rule, `sp800-63a4/fmr`, and the group.
    pub rule: String,
    /// In the first audit; null if it had no such rule.
    pub before: Option<Verdict>,
    /// In the second.
    pub after: Option<Verdict>,
}

/// Everything that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditChange {
    /// [`CHANGE_SCHEMA`].
    pub schema: String,
    /// Whether both audits read the same files: the intervals of changes are then too wide, since
    /// the two audits are not independent.
    pub same_inputs: bool,
    /// Whether the same counts once in both audits, pairs of people or comparisons: otherwise rates
    /// may differ for that reason alone.
    pub same_weighing: bool,
    /// Rates and differentials that are in both.
    pub changes: Vec<Change>,
    /// Verdicts that differ.
    pub verdicts: Vec<VerdictChange>,
    /// What is in only one of them.
    pub unmatched: Vec<String>,
}

/// Compares two audits; operating points are matched by target FMR, or by position where thresholds
/// were given.
pub fn compare_audits(before: &AuditReport, after: &AuditReport) -> AuditChange {
    let digests = |report: &AuditReport| -> Vec<_> {
        report.inputs.iter().map(|input| input.sha256).collect()
    };
    let mut change = AuditChange {
        schema: CHANGE_SCHEMA.to_owned(),
        same_weighing: before.weigh == after.weigh,
        same_inputs: !before.inputs.is_empty() && digests(before) == digests(after),
        changes: Vec::new(),
        verdicts: Vec::new(),
        unmatched: Vec::new(),
    };
    for (place, a) in before.operating_points.iter().enumerate() {
        let found = match a.target_fmr {
            Some(target) => after.operating_points.iter().find(|b| b.target_fmr == Some(target)),
            None => after.operating_points.get(place).filter(|b| b.target_fmr.is_none()),
        };
        match found {
            Some(b) => change.point(a, b),
            None => change.unmatched.push(format!("operating point {}", point_name(a))),
        }
    }
    change
}

fn point_name(point: &OperatingPointReport) -> String {
    match point.target_fmr {
        Some(target) => format!("FMR {target}"),
        None => format!("threshold {}", point.threshold),
    }
}

impl AuditChange {
    fn point(&mut self, a: &OperatingPointReport, b: &OperatingPointReport) {
        self.rates(a, "overall", None, &a.overall, &b.overall);
        for (name, one) in &a.attributes {
            let Some(two) = b.attributes.get(name) else {
                self.unmatched.push(format!("attribute {name}"));
                continue;
            };
            for (group, x) in &one.groups {
                match two.groups.get(group) {
                    Some(y) => self.rates(a, name, Some(group), &x.rates, &y.rates),
                    None => self.unmatched.push(format!("group {group} of {name}")),
                }
            }
            let pairs = [
                ("fmr_max_over_geomean", &one.differentials.fmr, &two.differentials.fmr),
                ("fnmr_max_over_geomean", &one.differentials.fnmr, &two.differentials.fnmr),
            ];
            for (measure, x, y) in pairs {
                if let (Some(x), Some(y)) = (&x.max_over_geomean, &y.max_over_geomean) {
                    self.changes.extend(ratio(a.target_fmr, name, measure, x, y));
                }
            }
        }
        self.verdicts(a, b);
    }

    fn rates(
        &mut self,
        point: &OperatingPointReport,
        attribute: &str,
        group: Option<&str>,
        before: &Rates,
        after: &Rates,
    ) {
        let pairs = [
            ("fmr", &before.fmr, &after.fmr),
            ("fnmr", &before.fnmr, &after.fnmr),
            ("fta", &before.fta, &after.fta),
            ("frr", &before.frr, &after.frr),
        ];
        for (measure, x, y) in pairs {
            if let (RateCell::Measured(x), RateCell::Measured(y)) = (x, y) {
                let change = difference(point.target_fmr, attribute, group, measure, x, y);
                self.changes.push(change);
            }
        }
    }

    fn verdicts(&mut self, a: &OperatingPointReport, b: &OperatingPointReport) {
        let table = |point: &OperatingPointReport| -> BTreeMap<String, Verdict> {
            let name = |part: &Option<String>| part.clone().unwrap_or_else(|| "everyone".into());
            let key = |r: &super::report::RuleReport| {
                let (attribute, group) = (name(&r.attribute), name(&r.group));
                format!("{}/{} ({attribute}: {group})", r.pack, r.rule)
            };
            point.rules.iter().map(|rule| (key(rule), rule.verdict)).collect()
        };
        let (before, after) = (table(a), table(b));
        let mut rules: Vec<&String> = before.keys().chain(after.keys()).collect();
        rules.sort();
        rules.dedup();
        for rule in rules {
            let (x, y) = (before.get(rule).copied(), after.get(rule).copied());
            if x != y {
                let rule = rule.clone();
                let target_fmr = a.target_fmr;
                self.verdicts.push(VerdictChange { target_fmr, rule, before: x, after: y });
            }
        }
    }
}

fn direction(low: f64, high: f64, still: f64) -> Direction {
    if low > still {
        Direction::Rose
    } else if high < still {
        Direction::Fell
    } else {
        Direction::Unclear
    }
}

fn moved(direction: Direction) -> &'static str {
    match direction {
        Direction::Fell => "fell",
        Direction::Rose => "rose",
        Direction::Unclear => "did not clearly change",
    }
}

/// The square-and-add interval (MOVER, R. Newcombe 1998) of a difference of independent rates.
fn difference(
    target_fmr: Option<f64>,
    attribute: &str,
    group: Option<&str>,
    measure: &str,
    x: &MeasuredRate,
    y: &MeasuredRate,
) -> Change {
    let change = y.rate - x.rate;
    let low = change - (y.rate - y.low).hypot(x.high - x.rate);
    let high = change + (y.high - y.rate).hypot(x.rate - x.low);
    let direction = direction(low, high, 0.0);
    let who = group.unwrap_or(attribute);
    let sign = |share: f64| {
        if share < 0.0 { format!("−{}", percent(-share)) } else { format!("+{}", percent(share)) }
    };
    Change {
        target_fmr,
        attribute: attribute.to_owned(),
        group: group.map(str::to_owned),
        measure: measure.to_owned(),
        before: x.rate,
        after: y.rate,
        change,
        low,
        high,
        direction,
        sentence: format!(
            "{} of {who} {}: {} to {}, {} [{} to {}]",
            measure.to_uppercase(),
            moved(direction),
            percent(x.rate),
            percent(y.rate),
            sign(change),
            sign(low),
            sign(high)
        ),
    }
}

/// The same on the logarithm for a ratio of differentials.
fn ratio(
    target_fmr: Option<f64>,
    attribute: &str,
    measure: &str,
    x: &Differential,
    y: &Differential,
) -> Option<Change> {
    let (xh, yh) = (x.high?, y.high?);
    if [x.low, x.value, y.low, y.value].iter().any(|v| *v <= 0.0) {
        return None;
    }
    let log = (y.value / x.value).ln();
    let low = (log - (y.value / y.low).ln().hypot((xh / x.value).ln())).exp();
    let high = (log + (yh / y.value).ln().hypot((x.value / x.low).ln())).exp();
    let direction = direction(low, high, 1.0);
    Some(Change {
        target_fmr,
        attribute: attribute.to_owned(),
        group: None,
        measure: measure.to_owned(),
        before: x.value,
        after: y.value,
        change: log.exp(),
        low,
        high,
        direction,
        sentence: format!(
            "{measure} by {attribute} {}: {} to {}, a factor of {} [{} to {}]",
            moved(direction),
            times(x.value),
            times(y.value),
            times(log.exp()),
            times(low),
            times(high)
        ),
    })
}
