//! What makes verdicts doubtful, and how the report says so.
//!
//! Labels that contradict each other, that are spelled in several ways, or that were read as
//! missing move people between groups: a verdict on such an attribute stays the same but names the
//! fault. Scores that may point the other way, or are on another scale than the threshold, make
//! every matching rate meaningless: a rule on one cannot pass; it is inconclusive.

use super::cells::{Answer, Needed};
use super::groups::GroupRates;
use super::likeness::Likeness;
use super::rate_sample::RateSample;
use super::report::{OperatingPointReport, RuleReport};
use super::rules::{RuleMeasure, RulePack, Verdict};
use super::select::Scale;
use crate::records::RecordWarning;
use evenmatch_core::numbers::count;

const LESS_ALIKE: &str = "mated_less_alike";
const OFF_SCALE: &str = "threshold_off_scale";

/// Warnings about the scores of a file. `points` are the thresholds shown, with everyone's rates.
pub(crate) fn about_scores(
    likeness: Option<Likeness>,
    given: bool,
    scale: Scale,
    points: &[(f64, &GroupRates)],
) -> Vec<RecordWarning> {
    let warning = |code: &str, message: String, count: u64| RecordWarning {
        code: code.to_owned(),
        message,
        count,
        lines: Vec::new(),
        attribute: None,
    };
    let mut all = Vec::new();
    if let Some(likeness) = likeness.filter(|likeness| likeness.is_doubtful()) {
        let message = format!(
            "Mated pairs are no more similar than non-mated pairs: when one of each is compared, \
             the mated pair is the more similar in only {:.1} % of cases. There are too few people \
             to be sure. If lower scores mean greater similarity, add --lower-is-more-similar; \
             otherwise check the `mated` column.",
            100.0 * likeness.mated_above
        );
        all.push(warning(LESS_ALIKE, message, 1));
    }
    if !given {
        return all;
    }
    for (threshold, rates) in points {
        let trials = rates.fmr.rate.trials() + rates.fnmr.rate.trials();
        if trials > 0
            && let Some(fault) = off_scale(*threshold, scale, rates)
        {
            all.push(warning(OFF_SCALE, fault, trials));
        }
    }
    all
}

/// Why a threshold cannot be meant for these scores.
fn off_scale(threshold: f64, scale: Scale, rates: &GroupRates) -> Option<String> {
    let largest = scale.low.abs().max(scale.high.abs());
    let share = |of: &RateSample| match of.rate.trials() {
        0 => None,
        _ => Some(of.p),
    };
    let (fmr, fnmr) = (share(&rates.fmr), share(&rates.fnmr));
    let all_pass = fmr.is_none_or(|rate| rate == 1.0) && fnmr.is_none_or(|rate| rate == 0.0);
    let none_pass = fmr.is_none_or(|rate| rate == 0.0) && fnmr.is_none_or(|rate| rate == 1.0);
    // Both kinds are needed: a working system accepts every comparison if all are mated.
    let both = fmr.is_some() && fnmr.is_some();
    let useless = fmr.is_some_and(|rate| rate >= 0.2) || fnmr.is_some_and(|rate| rate >= 0.9);
    if threshold.abs() < 1.0 && largest > 2.0 && largest <= 200.0 && useless {
        return Some(format!(
            "Scores go up to {largest}, like percentages, but the threshold is {threshold}: it is \
             probably meant for scores up to 1. Give a threshold on the scale of the scores, such \
             as {}.",
            (threshold * 1e8).round() / 1e6
        ));
    }
    if both && (all_pass || none_pass) {
        let what = if all_pass { "Every" } else { "No" };
        return Some(format!(
            "{what} comparison is accepted at the threshold {threshold}, mated or not: the \
             threshold is probably meant for scores on another scale."
        ));
    }
    None
}

/// The caution that a warning adds to verdicts.
fn caution(warning: &RecordWarning) -> Option<String> {
    let attribute = warning.attribute.as_deref().unwrap_or("");
    let n = count(warning.count);
    Some(match warning.code.as_str() {
        "contradictory_label" => {
            format!("people with several labels of `{attribute}`: {n}")
        }
        "label_spellings" => format!(
            "labels of `{attribute}` are spelled in several ways, each counted as a separate group"
        ),
        "missing_word" | "impossible_value" => {
            format!("rows whose label of `{attribute}` was read as missing: {n}")
        }
        LESS_ALIKE => "mated pairs are no more similar than non-mated pairs".to_owned(),
        OFF_SCALE => "the threshold and the scores are probably on different scales".to_owned(),
        _ => return None,
    })
}

/// Whether a rule's value depends on comparison scores.
fn on_scores(rule: &RuleReport, packs: &[RulePack]) -> bool {
    let pack = packs.iter().find(|pack| pack.name == rule.pack);
    let own = pack.and_then(|pack| pack.rules.iter().find(|own| own.id == rule.rule));
    use RuleMeasure as M;
    own.is_none_or(|own| !matches!(own.measure, M::Fta | M::Apcer | M::Bpcer | M::PadPresent))
}

/// Whether a warning is about this attribute or a part of this intersection.
fn concerns(warning: &RecordWarning, attribute: &str) -> bool {
    let own = warning.attribute.as_deref();
    own.is_some_and(|own| attribute.split('×').any(|part| part == own))
}

/// Adds cautions to the rules of an operating point.
pub(crate) fn onto_rules(
    point: &mut OperatingPointReport,
    packs: &[RulePack],
    warnings: &[RecordWarning],
) {
    for rule in &mut point.rules {
        let by_scores = on_scores(rule, packs);
        for warning in warnings {
            let about_scores = matches!(warning.code.as_str(), LESS_ALIKE | OFF_SCALE);
            let about_labels =
                rule.attribute.as_deref().is_some_and(|attribute| concerns(warning, attribute));
            if !(about_labels || about_scores && by_scores) {
                continue;
            }
            let Some(caution) = caution(warning).filter(|new| !rule.cautions.contains(new)) else {
                continue;
            };
            if about_scores && rule.verdict == Verdict::Pass {
                rule.verdict = Verdict::Inconclusive;
                rule.sentence = rule.sentence.replacen("PASS", "INCONCLUSIVE", 1);
                rule.needed = Some(Needed {
                    trials: None,
                    subjects: None,
                    sentence: "A threshold on the same scale as the scores would settle it."
                        .to_owned(),
                });
            }
            rule.cautions.push(caution);
        }
        if !rule.cautions.is_empty() {
            rule.sentence.push_str(" Caution: ");
            rule.sentence.push_str(&rule.cautions.join("; "));
            rule.sentence.push('.');
        }
    }
    point.verdict = point.rules.iter().map(|rule| rule.verdict).max();
}

/// Adds cautions to the answers at the top of the report.
pub(crate) fn onto_answers(answers: &mut [Answer], warnings: &[RecordWarning]) {
    for answer in answers {
        let own = |warning: &&RecordWarning| {
            let about_scores = matches!(warning.code.as_str(), LESS_ALIKE | OFF_SCALE);
            concerns(warning, &answer.attribute) || about_scores && answer.attribute == "overall"
        };
        let mut cautions: Vec<String> = Vec::new();
        for caution in warnings.iter().filter(own).filter_map(caution) {
            if !cautions.contains(&caution) {
                cautions.push(caution);
            }
        }
        if !cautions.is_empty() {
            answer.sentence.push_str(&format!(" Caution: {}.", cautions.join("; ")));
        }
    }
}
