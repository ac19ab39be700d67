//! The part of a report that people are shown: all of it, or some groups of each attribute where
//! there are too many groups for a page. `rates.csv` and `report.json` always have all groups.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::{AuditReport, CrossCohort, OperatingPointReport, RateCell, RuleReport, Verdict};

/// The most groups of one attribute that are shown.
const GROUPS: usize = 40;
/// The most groups of all attributes together that are shown.
const GROUPS_IN_ALL: usize = 400;
/// The most groups of one attribute in the table of rates within and across groups.
pub(super) const MATRIX: usize = 20;
/// The most rules with one verdict that are shown at one operating point.
const RULES: usize = 100;

/// The report as it is shown, and sentences that say what was left out.
pub(super) struct Shown<'a> {
    pub(super) report: Cow<'a, AuditReport>,
    pub(super) left_out: Vec<String>,
}

/// Names of groups by attribute.
type Groups = BTreeMap<String, BTreeSet<String>>;

/// The part of a report that fits a page.
pub(super) fn shown(report: &AuditReport) -> Shown<'_> {
    let mut left_out = Vec::new();
    let sizes: Vec<(&String, usize)> =
        report.data.attributes.iter().map(|of| (&of.name, of.subjects.len())).collect();
    let all: usize = sizes.iter().map(|(_, groups)| groups).sum();
    let few = all <= GROUPS_IN_ALL && sizes.iter().all(|(_, groups)| *groups <= GROUPS);
    let rules = |point: &OperatingPointReport| {
        VERDICTS.iter().any(|verdict| of(&point.rules, *verdict).count() > RULES)
    };
    let few_rules = !report.operating_points.iter().any(rules);
    if few && few_rules {
        return Shown { report: Cow::Borrowed(report), left_out };
    }
    let mut part = report.clone();
    if !few {
        let groups = choose(report, &mut left_out);
        keep_groups(&mut part, &groups);
    }
    if !few_rules {
        part.operating_points.iter_mut().for_each(|point| keep_rules(point, &mut left_out));
    }
    Shown { report: Cow::Owned(part), left_out }
}

/// The groups that are shown of each attribute: those with the largest and the smallest rates, and
/// those with the most people.
fn choose(report: &AuditReport, left_out: &mut Vec<String>) -> Groups {
    let mut chosen = Groups::new();
    let mut room = GROUPS_IN_ALL;
    for attribute in &report.data.attributes {
        let all = attribute.subjects.len();
        let most = all.min(GROUPS).min(room);
        let mut groups = BTreeSet::new();
        for group in by_interest(report, &attribute.name).into_iter().take(most) {
            groups.insert(group.to_owned());
        }
        if groups.len() < all {
            left_out.push(match groups.len() {
                0 => format!(
                    "`{}` is not shown, because this page shows at most {GROUPS_IN_ALL} groups: \
                     see rates.csv.",
                    attribute.name
                ),
                n => format!(
                    "This page shows {n} of the {all} groups of `{}`: those with the largest and \
                     the smallest rates, and those with the most people. rates.csv has all groups.",
                    attribute.name
                ),
            });
        }
        room -= groups.len();
        chosen.insert(attribute.name.clone(), groups);
    }
    chosen
}

/// The groups of an attribute, the most interesting ones first.
fn by_interest<'a>(report: &'a AuditReport, attribute: &str) -> Vec<&'a str> {
    let mut order: Vec<&str> = Vec::new();
    for point in &report.operating_points {
        let Some(of) = point.attributes.get(attribute) else { continue };
        let d = &of.differentials;
        for errors in [&d.fmr, &d.fnmr, &d.frr] {
            let ends = errors.worst_group.iter().chain(&errors.best_group);
            order.extend(ends.map(String::as_str));
        }
    }
    let known = report.data.attributes.iter().find(|known| known.name == attribute);
    let mut rest: Vec<(&String, u64)> = known
        .map(|known| known.subjects.iter().map(|(name, people)| (name, *people)).collect())
        .unwrap_or_default();
    rest.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    order.extend(rest.into_iter().map(|(name, _)| name.as_str()));
    let mut seen = BTreeSet::new();
    order.retain(|name| seen.insert(*name));
    order
}

fn keep_groups(report: &mut AuditReport, groups: &Groups) {
    for point in &mut report.operating_points {
        keep(&mut point.attributes, groups, |of, kept| {
            of.groups.retain(|name, _| kept.contains(name));
            of.cross_cohort = part_of(&of.cross_cohort, kept);
        });
    }
    keep(&mut report.scores.attributes, groups, |of, kept| of.retain(|g, _| kept.contains(g)));
    if let Some(acquisition) = &mut report.acquisition {
        keep(&mut acquisition.attributes, groups, |of, kept| of.retain(|g, _| kept.contains(g)));
    }
    for raw in report.normalisation.iter_mut().flat_map(|normalisation| &mut normalisation.raw) {
        keep(&mut raw.attributes, groups, |of, kept| of.fmr.retain(|g, _| kept.contains(g)));
    }
    if let Some(pad) = &mut report.pad {
        keep(&mut pad.bpcer_by_group, groups, |of, kept| of.retain(|g, _| kept.contains(g)));
        keep(&mut pad.groups, groups, |of, kept| of.retain(|g, _| kept.contains(g)));
        for point in &mut pad.at_bpcer {
            keep(&mut point.groups, groups, |of, kept| of.retain(|g, _| kept.contains(g)));
        }
        for end in &mut pad.end_to_end {
            keep(&mut end.frr_by_group, groups, |of, kept| of.retain(|g, _| kept.contains(g)));
        }
    }
    report.data.attributes.retain(|of| groups.get(&of.name).is_none_or(|kept| !kept.is_empty()));
    for attribute in &mut report.data.attributes {
        if let Some(kept) = groups.get(&attribute.name) {
            attribute.subjects.retain(|name, _| kept.contains(name));
        }
    }
}

/// Drops attributes without a group to show, and trims the others.
fn keep<T>(
    attributes: &mut BTreeMap<String, T>,
    groups: &Groups,
    trim: impl Fn(&mut T, &BTreeSet<String>),
) {
    attributes.retain(|name, _| groups.get(name).is_none_or(|kept| !kept.is_empty()));
    for (name, of) in attributes {
        if let Some(kept) = groups.get(name) {
            trim(of, kept);
        }
    }
}

/// Rows and columns of these groups.
fn part_of(cross: &CrossCohort, kept: &BTreeSet<String>) -> CrossCohort {
    let places: Vec<usize> =
        (0..cross.groups.len()).filter(|&g| kept.contains(&cross.groups[g])).collect();
    let row = |g: &usize| -> Vec<Option<RateCell>> {
        places.iter().map(|&h| cross.fmr[*g][h].clone()).collect()
    };
    CrossCohort {
        groups: places.iter().map(|&g| cross.groups[g].clone()).collect(),
        fmr: places.iter().map(row).collect(),
    }
}

const VERDICTS: [Verdict; 3] = [Verdict::Fail, Verdict::Inconclusive, Verdict::Pass];

fn of(rules: &[RuleReport], verdict: Verdict) -> impl Iterator<Item = &RuleReport> {
    rules.iter().filter(move |rule| rule.verdict == verdict)
}

fn keep_rules(point: &mut OperatingPointReport, left_out: &mut Vec<String>) {
    for verdict in VERDICTS {
        let all = of(&point.rules, verdict).count();
        if all <= RULES {
            continue;
        }
        left_out.push(format!(
            "This page shows {RULES} of {all} rules with the verdict {verdict} at {}; report.json \
             has all rules.",
            super::text::operating_point(point).to_lowercase()
        ));
        let mut seen = 0;
        point.rules.retain(|rule| {
            seen += usize::from(rule.verdict == verdict);
            rule.verdict != verdict || seen <= RULES
        });
    }
}
