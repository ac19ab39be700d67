//! Rules applied to what was measured.

use super::cells::{Differential, Estimate, MeasuredRate, Needed, RateCell};
use super::differential_intervals::over_overall;
use super::groups::GroupRates;
use super::interval::{Bounds, IntervalMethod};
use super::needed::{needed_for_rate, needed_for_ratio};
use super::numbers::{percent, times};
use super::pad::PadReport;
use super::rate_sample::RateSample;
use super::report::{AttributeReport, RuleReport};
use super::rules::{Rule, RuleMeasure, RulePack, Scope, Verdict};
use std::collections::BTreeMap;

/// The groups of one view, as seen by rules.
pub(crate) struct ViewRates<'a> {
    pub(crate) name: &'a str,
    /// Name, rates and number of people.
    pub(crate) groups: Vec<(&'a str, &'a GroupRates, u64)>,
}

/// Everything that rules may use.
pub(crate) struct RuleEvidence<'a> {
    pub(crate) overall: &'a GroupRates,
    pub(crate) subjects: u64,
    pub(crate) views: Vec<ViewRates<'a>>,
    pub(crate) attributes: &'a BTreeMap<String, AttributeReport>,
    pub(crate) pad: Option<&'a PadReport>,
    /// Index of the operating point in the report.
    pub(crate) point: usize,
    pub(crate) method: IntervalMethod,
    pub(crate) least: u64,
}

/// A measured value, before it is compared with a limit.
struct Finding {
    attribute: Option<String>,
    group: Option<String>,
    estimate: Option<Estimate>,
    needed: Needed,
}

fn nothing(sentence: String) -> Needed {
    Needed { trials: None, subjects: None, sentence }
}

fn sample(rates: &GroupRates, measure: RuleMeasure) -> Option<&RateSample> {
    Some(match measure {
        RuleMeasure::Fmr => &rates.fmr,
        RuleMeasure::Fnmr => &rates.fnmr,
        RuleMeasure::Fta => &rates.fta,
        RuleMeasure::Far => &rates.far,
        RuleMeasure::Frr => &rates.frr,
        _ => return None,
    })
}

/// Applies a pack's rules; those without a limit are left to the differentials.
pub(crate) fn apply(pack: &RulePack, evidence: &RuleEvidence<'_>) -> Vec<RuleReport> {
    pack.rules.iter().flat_map(|rule| apply_rule(pack, rule, evidence)).collect()
}

fn apply_rule(pack: &RulePack, rule: &Rule, evidence: &RuleEvidence<'_>) -> Vec<RuleReport> {
    if rule.measure == RuleMeasure::PadPresent {
        return vec![pad_present(pack, rule, evidence)];
    }
    let Some(limit) = rule.limit else { return Vec::new() };
    let findings = match rule.scope {
        Scope::Overall => overall(rule, limit, evidence),
        Scope::Groups => groups(rule, limit, evidence),
        Scope::Attributes => attributes(rule, limit, evidence),
        Scope::Species => species(rule, limit, evidence),
    };
    findings.into_iter().map(|finding| judge(pack, rule, limit, finding)).collect()
}

fn judge(pack: &RulePack, rule: &Rule, limit: f64, finding: Finding) -> RuleReport {
    let verdict = finding.estimate.map_or(Verdict::Inconclusive, |e| {
        let bounds = Bounds { low: e.low.unwrap_or(0.0), high: e.high.unwrap_or(f64::INFINITY) };
        Verdict::of(bounds, limit, rule.strict)
    });
    let show = |x: f64| if rule.measure.is_share() { percent(x) } else { times(x) };
    let who = match (&finding.attribute, &finding.group) {
        (_, Some(group)) => group.clone(),
        (Some(attribute), None) => attribute.clone(),
        (None, None) => "everyone".to_owned(),
    };
    let measured = match &finding.estimate {
        Some(e) => {
            let end = |x: Option<f64>| x.map_or("no bound".to_owned(), show);
            format!("measured {} [{} to {}]", show(e.value), end(e.low), end(e.high))
        }
        None => "it was not measured".to_owned(),
    };
    let below = if rule.strict { "below" } else { "at most" };
    let sentence = format!(
        "{verdict} for {who}: {}; {measured}, and it must be {below} {}.",
        rule.title,
        show(limit)
    );
    RuleReport {
        pack: pack.name.clone(),
        rule: rule.id.clone(),
        attribute: finding.attribute,
        group: finding.group,
        verdict,
        value: finding.estimate,
        limit: Some(limit),
        confidence: rule.confidence,
        needed: (verdict == Verdict::Inconclusive).then_some(finding.needed),
        sentence,
        cautions: Vec::new(),
        source: pack.source.clone(),
    }
}

fn pad_present(pack: &RulePack, rule: &Rule, evidence: &RuleEvidence<'_>) -> RuleReport {
    let present = evidence.pad.is_some();
    let verdict = if present { Verdict::Pass } else { Verdict::Inconclusive };
    RuleReport {
        pack: pack.name.clone(),
        rule: rule.id.clone(),
        attribute: None,
        group: None,
        verdict,
        value: None,
        limit: None,
        confidence: rule.confidence,
        needed: (!present).then(|| {
            nothing("Records with pad_outcome and attack_species would show it.".to_owned())
        }),
        sentence: format!(
            "{verdict}: {}; the records contain {} of it.",
            rule.title,
            if present { "outcomes" } else { "no trace" }
        ),
        cautions: Vec::new(),
        source: pack.source.clone(),
    }
}

fn from_sample(
    rule: &Rule,
    limit: f64,
    sample: &RateSample,
    subjects: u64,
    evidence: &RuleEvidence<'_>,
) -> (Option<Estimate>, Needed) {
    if sample.rate.trials() < evidence.least.max(1) {
        let sentence = format!(
            "{} more trials are needed: there are {} of the {} needed for a rate here.",
            evidence.least.max(1) - sample.rate.trials(),
            sample.rate.trials(),
            evidence.least.max(1)
        );
        let trials = Some(evidence.least.max(1) - sample.rate.trials());
        return (None, Needed { trials, subjects: None, sentence });
    }
    let (bounds, _) = sample.bounds(rule.confidence, rule.interval.method(evidence.method));
    let estimate = Estimate { value: sample.p, low: Some(bounds.low), high: Some(bounds.high) };
    (Some(estimate), needed_for_rate(sample, limit, rule.confidence, subjects))
}

fn from_cell(rule: &Rule, limit: f64, cell: &RateCell) -> (Option<Estimate>, Needed) {
    match cell {
        RateCell::Measured(MeasuredRate { errors, trials, rate, n_eff, .. }) => {
            let sample = RateSample::effective(super::rates::Rate::new(*errors, *trials), *n_eff);
            let (bounds, _) = sample.exact(rule.confidence);
            let estimate =
                Estimate { value: *rate, low: Some(bounds.low), high: Some(bounds.high) };
            (Some(estimate), needed_for_rate(&sample, limit, rule.confidence, *trials))
        }
        RateCell::Insufficient { insufficient } => (
            None,
            Needed {
                trials: Some(insufficient.needed.saturating_sub(insufficient.trials)),
                subjects: None,
                sentence: format!(
                    "{} more presentations are needed: there are {} of the {} needed for a rate \
                     here.",
                    insufficient.needed.saturating_sub(insufficient.trials),
                    insufficient.trials,
                    insufficient.needed
                ),
            },
        ),
    }
}

fn finding(
    attribute: Option<&str>,
    group: Option<&str>,
    (estimate, needed): (Option<Estimate>, Needed),
) -> Finding {
    Finding {
        attribute: attribute.map(str::to_owned),
        group: group.map(str::to_owned),
        estimate,
        needed,
    }
}

fn overall(rule: &Rule, limit: f64, evidence: &RuleEvidence<'_>) -> Vec<Finding> {
    if rule.measure == RuleMeasure::Bpcer {
        let cell = evidence.pad.map(|pad| from_cell(rule, limit, &pad.bpcer));
        return vec![finding(None, None, cell.unwrap_or_else(no_pad))];
    }
    sample(evidence.overall, rule.measure)
        .map(|sample| {
            let measured = from_sample(rule, limit, sample, evidence.subjects, evidence);
            finding(None, None, measured)
        })
        .into_iter()
        .collect()
}

fn no_pad() -> (Option<Estimate>, Needed) {
    let sentence = "Records of presentation attacks (attack_species, pad_outcome) are needed.";
    (None, nothing(sentence.to_owned()))
}

fn groups(rule: &Rule, limit: f64, evidence: &RuleEvidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for view in &evidence.views {
        for (name, rates, subjects) in &view.groups {
            let measured = match rule.measure {
                RuleMeasure::Bpcer => {
                    let cell =
                        evidence.pad.and_then(|p| p.bpcer_by_group.get(view.name)?.get(*name));
                    cell.map_or_else(no_pad, |cell| from_cell(rule, limit, cell))
                }
                measure => match sample(rates, measure) {
                    Some(sample) => from_sample(rule, limit, sample, *subjects, evidence),
                    None => ratio(rule, limit, rates, *subjects, evidence),
                },
            };
            findings.push(finding(Some(view.name), Some(name), measured));
        }
    }
    findings
}

/// A group's rate over everyone's.
fn ratio(
    rule: &Rule,
    limit: f64,
    rates: &GroupRates,
    subjects: u64,
    evidence: &RuleEvidence<'_>,
) -> (Option<Estimate>, Needed) {
    let all = evidence.overall;
    let (own, all, covariance) = match rule.measure {
        RuleMeasure::FmrOverOverall => (&rates.fmr, &all.fmr, rates.with_overall[0]),
        RuleMeasure::FnmrOverOverall => (&rates.fnmr, &all.fnmr, rates.with_overall[1]),
        _ => (&rates.frr, &all.frr, rates.with_overall[2]),
    };
    match over_overall(own, all, covariance, rule.confidence, evidence.least) {
        Some(estimate) => {
            (Some(estimate), needed_for_ratio(&estimate, limit, own.rate.trials(), subjects))
        }
        None => (
            None,
            nothing(format!(
                "A ratio needs {} trials of the group, and at least one error overall.",
                evidence.least.max(1)
            )),
        ),
    }
}

fn attributes(rule: &Rule, limit: f64, evidence: &RuleEvidence<'_>) -> Vec<Finding> {
    let pick = |report: &AttributeReport| -> Option<Differential> {
        let d = &report.differentials;
        match rule.measure {
            RuleMeasure::FmrMaxOverGeomean => d.fmr.max_over_geomean.clone(),
            RuleMeasure::FnmrMaxOverGeomean => d.fnmr.max_over_geomean.clone(),
            RuleMeasure::FmrMaxOverMin => d.fmr.max_over_min.clone(),
            RuleMeasure::FnmrMaxOverMin => d.fnmr.max_over_min.clone(),
            RuleMeasure::FmrGini => d.fmr.gini.clone(),
            _ => d.fnmr.gini.clone(),
        }
    };
    let from = |report: &AttributeReport, subjects: u64| match pick(report) {
        Some(d) => {
            let estimate = Estimate { value: d.value, low: Some(d.low), high: d.high };
            (Some(estimate), needed_for_ratio(&estimate, limit, 0, subjects))
        }
        None => (
            None,
            nothing(format!(
                "A measurement needs two groups with {} trials each, and an error in one of them.",
                evidence.least.max(1)
            )),
        ),
    };
    evidence
        .views
        .iter()
        .filter_map(|view| {
            let report = evidence.attributes.get(view.name)?;
            let subjects = view.groups.iter().map(|g| g.2).sum();
            Some(finding(Some(view.name), None, from(report, subjects)))
        })
        .collect()
}

fn species(rule: &Rule, limit: f64, evidence: &RuleEvidence<'_>) -> Vec<Finding> {
    let Some(pad) = evidence.pad.filter(|pad| !pad.species.is_empty()) else {
        return vec![finding(None, None, no_pad())];
    };
    let cells: Vec<(&String, &RateCell)> = match rule.measure {
        RuleMeasure::Apcer => pad.species.iter().map(|(name, s)| (name, &s.apcer)).collect(),
        _ => match pad.end_to_end.get(evidence.point) {
            Some(point) => point.iapar.iter().collect(),
            None => Vec::new(),
        },
    };
    let species = |(name, cell): (&String, &RateCell)| {
        finding(Some("attack_species"), Some(name), from_cell(rule, limit, cell))
    };
    cells.into_iter().map(species).collect()
}
