//! What the report says about the groups of an attribute: first the differences that are known,
//! then what could not be shown and what it would take to show it.

use super::cells::{Differential, ErrorDifferentials, Estimate, MeasuredRate, RateCell};
use super::interval::normal_quantile;
use super::numbers::{list, percent, ratio, times};
use super::report::{AttributeReport, GroupReport};
use evenmatch_core::numbers::count;

/// One kind of error, in words.
struct KindOfError {
    /// As the subject of a sentence.
    title: &'static str,
    /// What a trial is.
    trials: &'static str,
    differentials: fn(&AttributeReport) -> &ErrorDifferentials,
    cell: fn(&GroupReport) -> &RateCell,
    over: fn(&GroupReport) -> Option<Estimate>,
}

const KINDS: [KindOfError; 2] = [
    KindOfError {
        title: "false matches within a group",
        trials: "non-mated comparisons",
        differentials: |report| &report.differentials.fmr,
        cell: |group| &group.rates.fmr,
        over: |group| group.fmr_over_overall,
    },
    KindOfError {
        title: "false non-matches",
        trials: "mated comparisons",
        differentials: |report| &report.differentials.fnmr,
        cell: |group| &group.rates.fnmr,
        over: |group| group.fnmr_over_overall,
    },
];

/// Adjusted p-values below this are reported as a difference.
const ALPHA: f64 = 0.05;
/// Names in a list before it is cut off.
const NAMED: usize = 6;
/// The normal quantile of 0.8: the chance of seeing a real difference.
const POWER: f64 = 0.84;
/// Beyond this factor, nobody will collect that many people.
const HOPELESS: f64 = 1_000.0;

/// The sentences about an attribute; what is known comes first.
pub(crate) fn attribute(name: &str, report: &AttributeReport) -> String {
    match report.groups.len() {
        0 => return format!("By {name}: no row has a label, so there are no groups to compare."),
        1 => return format!("By {name}: {}", lone(report)),
        _ => {}
    }
    let mut said: Vec<(bool, String)> = KINDS.iter().map(|kind| of_kind(kind, report)).collect();
    said.sort_by_key(|(known, _)| !known);
    let sentences: Vec<String> = said.into_iter().map(|(_, text)| text).collect();
    format!("By {name}: {}", capitals(&sentences))
}

/// Joins the sentences; the first one follows a colon.
fn capitals(sentences: &[String]) -> String {
    let mut text = String::new();
    for (place, sentence) in sentences.iter().enumerate() {
        let mut letters = sentence.chars();
        match (place, letters.next()) {
            (0, _) | (_, None) => text.push_str(sentence),
            (_, Some(first)) => {
                text.push(' ');
                text.extend(first.to_uppercase());
                text.push_str(letters.as_str());
            }
        }
    }
    text
}

/// The only group.
fn lone(report: &AttributeReport) -> String {
    let Some((name, _)) = report.groups.first_key_value() else { return String::new() };
    format!(
        "everyone with a label is in the group {name}, so there is nothing to compare; add records \
         of a second group."
    )
}

/// A measured group.
struct Measured<'a> {
    name: &'a str,
    rate: &'a MeasuredRate,
    over: Option<Estimate>,
}

/// The sentence about one kind of error, and whether it reports a known difference.
fn of_kind(kind: &KindOfError, report: &AttributeReport) -> (bool, String) {
    let measured: Vec<Measured<'_>> = report
        .groups
        .iter()
        .filter_map(|(name, group)| match (kind.cell)(group) {
            RateCell::Measured(rate) => Some(Measured { name, rate, over: (kind.over)(group) }),
            RateCell::Insufficient { .. } => None,
        })
        .collect();
    if measured.len() < 2 {
        return (false, too_few(kind, report, &measured));
    }
    let all = measured.len();
    if measured.iter().all(|group| group.rate.errors == 0) {
        let trials = measured.iter().map(|group| group.rate.trials).sum();
        let highest = measured.iter().map(|group| group.rate.high).fold(0.0, f64::max);
        return (
            false,
            format!(
                "there were no {} in {} {} of {all} groups; the true rate in each group is at most \
                 {}.",
                kind.title,
                count(trials),
                kind.trials,
                percent(highest)
            ),
        );
    }
    let differentials = (kind.differentials)(report);
    let find = |name: &Option<String>| {
        let name = name.as_deref()?;
        measured.iter().find(|group| group.name == name)
    };
    let (Some(worst), Some(best), Some(headline)) = (
        find(&differentials.worst_group),
        find(&differentials.best_group),
        // The headline measure decides whether groups differ at all, since it takes all of them
        // into account.
        differentials.max_over_geomean.as_ref().or(differentials.max_over_min.as_ref()),
    ) else {
        return (false, format!("{} cannot be compared.", kind.title));
    };
    if headline.p_holm < ALPHA && worst.rate.rate > best.rate.rate {
        (true, known(kind, &measured, (worst, best), differentials, headline))
    } else {
        (false, unknown(kind, all, worst, best))
    }
}

/// A difference that is unlikely to be chance, and the groups that do not differ clearly from
/// everyone.
fn known(
    kind: &KindOfError,
    measured: &[Measured<'_>],
    (worst, best): (&Measured<'_>, &Measured<'_>),
    differentials: &ErrorDifferentials,
    headline: &Differential,
) -> String {
    let of_best = match best.rate.errors {
        0 => format!("{}, with none in {}", best.name, count(best.rate.trials)),
        _ => format!("{} ({})", best.name, percent(best.rate.rate)),
    };
    let how = match &differentials.max_over_min {
        Some(over) if over.at_least => match ratio(over.value) {
            Some(ratio) => format!("at least {ratio} times as often as for {of_best}"),
            None => format!("more often than for {of_best}"),
        },
        Some(over) => {
            let high = over.high.map_or_else(|| "more".to_owned(), times);
            let range = format!("[{} to {high}]", times(over.low));
            format!("{} times {range} as often as for {of_best}", times(over.value))
        }
        None => format!("more often than for {of_best}"),
    };
    let p = match headline.p_holm {
        p if p < 0.001 => "p below 0.001".to_owned(),
        p => format!("p = {p:.3}"),
    };
    let mut sentence = format!(
        "{} happen most often for {} ({}), {how}; such a difference is unlikely to arise by chance \
         (adjusted {p}).",
        kind.title,
        worst.name,
        percent(worst.rate.rate)
    );
    let between = |group: &&Measured<'_>| {
        let other = group.name != worst.name && group.name != best.name;
        let holds_one =
            |e: Estimate| e.low.is_none_or(|x| x <= 1.0) && e.high.is_none_or(|x| x >= 1.0);
        other && group.over.is_none_or(holds_one)
    };
    let unclear: Vec<String> =
        measured.iter().filter(between).map(|group| group.name.to_owned()).collect();
    if !unclear.is_empty() {
        let names = match unclear.len() {
            n if n <= NAMED => list(&unclear),
            n => format!("{n} other groups"),
        };
        sentence.push_str(&format!(" For {names}, there is no clear difference from everyone."));
    }
    sentence
}

/// Groups without a clear difference, and how many more people it would take to show one.
fn unknown(kind: &KindOfError, groups: usize, worst: &Measured<'_>, best: &Measured<'_>) -> String {
    let (high, low) = (worst.rate, best.rate);
    if high.rate <= low.rate {
        return format!(
            "{} are equally frequent in the {groups} groups ({}).",
            kind.title,
            percent(high.rate)
        );
    }
    // Half an error where there is none, as elsewhere.
    let variance = |rate: &MeasuredRate| {
        let n = rate.n_eff.max(1.0);
        let p = if rate.errors > 0 { rate.rate } else { 0.5 / n };
        p * (1.0 - p) / n
    };
    // The largest and the smallest of many rates differ by chance alone: each pair counts as a
    // test.
    let pairs = (groups * (groups - 1)) as f64 / 2.0;
    let quantiles = normal_quantile(1.0 - ALPHA / pairs) + POWER;
    let variance = variance(high) + variance(low);
    let factor = quantiles.powi(2) * variance / (high.rate - low.rate).powi(2);
    let settle = match factor {
        factor if factor > HOPELESS => format!(
            "showing such a small difference would take over {} times as many people",
            count(HOPELESS as u64)
        ),
        factor => format!(
            "if these are the true rates, showing it would take about {} times as many people",
            count(factor.ceil().max(2.0) as u64)
        ),
    };
    let least = match low.errors {
        0 => format!("none of {}", count(low.trials)),
        _ => percent(low.rate),
    };
    format!(
        "{} show no clear difference between the {groups} groups ({least} for {} to {} for {}); \
         {settle}.",
        kind.title,
        best.name,
        percent(high.rate),
        worst.name
    )
}

/// Fewer than two groups could be measured: which one, and what the next one lacks.
fn too_few(kind: &KindOfError, report: &AttributeReport, measured: &[Measured<'_>]) -> String {
    let lacking = report.groups.iter().filter_map(|(name, group)| match (kind.cell)(group) {
        RateCell::Insufficient { insufficient } => Some((name, insufficient)),
        RateCell::Measured(_) => None,
    });
    // Among equals, the first by name.
    let Some((next, has)) = lacking.max_by(|a, b| a.1.trials.cmp(&b.1.trials).then(b.0.cmp(a.0)))
    else {
        return format!("{} cannot be compared.", kind.title);
    };
    let (trials, needed) = (count(has.trials), count(has.needed));
    match measured.first() {
        Some(one) => format!(
            "{} could be measured for {} only ({}); {next} has {trials} of the {needed} {} needed \
             for a rate.",
            kind.title,
            one.name,
            percent(one.rate.rate),
            kind.trials
        ),
        None if has.trials == 0 => {
            format!("{} could not be measured: no group has any {}.", kind.title, kind.trials)
        }
        None => format!(
            "{} could not be measured: no group has the {needed} {} needed for a rate; {next} has \
             the most, {trials}.",
            kind.title, kind.trials
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::{Differentials, Funnel, Insufficient, Rates};
    use crate::report::CrossCohort;

    fn cell(errors: u64, trials: u64) -> RateCell {
        if trials < 30 {
            return RateCell::Insufficient { insufficient: Insufficient { trials, needed: 30 } };
        }
        let rate = errors as f64 / trials as f64;
        RateCell::Measured(MeasuredRate {
            errors,
            trials,
            rate,
            low: rate / 2.0,
            high: rate.max(1.5 / trials as f64) * 2.0,
            method: String::new(),
            n_eff: trials as f64,
            weigh: Default::default(),
            people: None,
            pairs_of_people: None,
            text: String::new(),
        })
    }

    /// Name, false matches, trials, and the interval of the ratio to everyone's rate.
    type Group<'a> = (&'a str, u64, u64, Option<(f64, f64)>);

    /// Groups with these false matches and trials, and 10 false non-matches in 1,000 each.
    fn report(groups: &[Group<'_>], p: f64) -> AttributeReport {
        let measured: Vec<_> = groups.iter().filter(|g| g.2 >= 30).collect();
        let by = |better: fn(f64, f64) -> bool| {
            let rate = |g: &&Group<'_>| g.1 as f64 / g.2 as f64;
            measured
                .iter()
                .copied()
                .reduce(|a, b| if better(rate(&b), rate(&a)) { b } else { a })
                .map(|g| (g.0.to_owned(), rate(&g)))
        };
        let (worst, best) = (by(|b, a| b > a), by(|b, a| b < a));
        let zero = measured.iter().any(|g| g.1 == 0);
        let value = worst.as_ref().zip(best.as_ref()).map_or(1.0, |(w, b)| w.1 / b.1.max(1e-9));
        let differential = (measured.len() > 1).then(|| Differential {
            value: if zero { 1.0 } else { value },
            low: 1.0,
            high: Some(value * 2.0),
            at_least: zero,
            method: String::new(),
            p_value: p,
            p_holm: p,
            sentence: String::new(),
        });
        let errors = ErrorDifferentials {
            max_over_geomean: differential.clone(),
            max_over_min: differential,
            worst_group: worst.map(|w| w.0),
            best_group: best.map(|b| b.0),
            ..ErrorDifferentials::default()
        };
        let of = |errors: u64, trials: u64, over: Option<(f64, f64)>| GroupReport {
            rates: Rates {
                fmr: cell(errors, trials),
                fnmr: cell(10, 1_000),
                fta: cell(0, 100),
                fta_people: None,
                far: cell(0, 100),
                frr: cell(0, 100),
            },
            fmr_over_overall: over.map(|(low, high)| Estimate {
                value: low,
                low: Some(low),
                high: Some(high),
            }),
            fnmr_over_overall: None,
            funnel: Funnel {
                transactions: 0,
                stages: Vec::new(),
                found_at_attempt: Vec::new(),
                denied: cell(0, 100),
                denied_always: cell(0, 100),
            },
            subjects: 10,
        };
        AttributeReport {
            groups: groups.iter().map(|g| (g.0.to_owned(), of(g.1, g.2, g.3))).collect(),
            differentials: Differentials {
                fmr: errors,
                fnmr: ErrorDifferentials {
                    worst_group: groups.first().map(|g| g.0.to_owned()),
                    best_group: groups.first().map(|g| g.0.to_owned()),
                    max_over_min: Some(Differential {
                        value: 1.0,
                        low: 1.0,
                        high: Some(2.0),
                        at_least: false,
                        method: String::new(),
                        p_value: 1.0,
                        p_holm: 1.0,
                        sentence: String::new(),
                    }),
                    ..ErrorDifferentials::default()
                },
                frr: ErrorDifferentials::default(),
                garbe: None,
                inequity_rate: None,
                fdr: None,
                combined: Default::default(),
            },
            cross_cohort: CrossCohort { groups: Vec::new(), fmr: Vec::new() },
            sentence: String::new(),
        }
    }

    /// Words that say nothing, whatever the numbers.
    fn says_something(text: &str) {
        for empty in ["1.00 times", "1.000", "chance alone", "0.00 %", "NaN", "inf"] {
            assert!(!text.contains(empty), "{text}");
        }
    }

    #[test]
    fn what_is_known_comes_first() {
        let known = report(
            &[("A", 90, 9_000, None), ("B", 10, 9_000, None), ("C", 40, 9_000, Some((0.8, 1.2)))],
            1e-4,
        );
        let text = attribute("race", &known);
        says_something(&text);
        assert!(
            text.starts_with(
                "By race: false matches within a group happen most often for A (1.00 %), 9.00 \
                 times [1.00 to 18.00] as often as for B (0.11 %); such a difference is unlikely \
                 to arise by chance (adjusted p below 0.001). For C, there is no clear difference \
                 from everyone. False non-matches"
            ),
            "{text}"
        );
    }

    #[test]
    fn groups_that_cannot_be_told_apart_are_said_to_be_so_in_one_clause() {
        let text =
            attribute("race", &report(&[("A", 12, 1_000, None), ("B", 9, 1_000, None)], 1.0));
        says_something(&text);
        assert!(
            text.contains(
                "show no clear difference between the 2 groups (0.90 % for B to 1.20 % for A)"
            ),
            "{text}"
        );
        // 2.80² · (0.012·0.988 + 0.009·0.991)/1000 / 0.003² = 18.1.
        assert!(text.contains("would take about 19 times as many people"), "{text}");
        let text = attribute("race", &report(&[("A", 0, 1_000, None), ("B", 1, 1_000, None)], 0.7));
        says_something(&text);
        assert!(text.contains("(none of 1,000 for A to 0.10 % for B)"), "{text}");
    }

    #[test]
    fn equal_single_and_empty_groups_are_not_compared_with_themselves() {
        let equal = attribute("sex", &report(&[("F", 5, 500, None), ("M", 5, 500, None)], 1.0));
        says_something(&equal);
        assert!(equal.contains("equally frequent in the 2 groups (1.00 %)"), "{equal}");
        let one = attribute("sex", &report(&[("F", 5, 500, None)], 1.0));
        says_something(&one);
        assert!(one.contains("everyone with a label is in the group F"), "{one}");
        let none = attribute("sex", &report(&[("F", 0, 500, None), ("M", 0, 700, None)], 1.0));
        says_something(&none);
        assert!(none.contains("no false matches within a group in 1,200"), "{none}");
        let few = attribute("sex", &report(&[("F", 5, 500, None), ("M", 2, 20, None)], 1.0));
        assert!(few.contains("M has 20 of the 30 non-mated comparisons"), "{few}");
        assert!(attribute("sex", &report(&[], 1.0)).contains("no row has a label"));
    }
}
