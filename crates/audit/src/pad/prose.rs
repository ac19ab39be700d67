//! The sentences about presentation attack detection.

use std::collections::BTreeMap;

use super::report::{PadGroup, PadReport, SpeciesReport};
use crate::numbers::{list, times};
use crate::sentences::share;
use crate::{Answer, RateCell, RuleReport};

/// The notice that goes with numbers about simulated attacks.
pub(super) fn notice(species: &BTreeMap<String, SpeciesReport>) -> Option<String> {
    let simulated: Vec<String> = species
        .iter()
        .filter(|(_, report)| report.simulated)
        .map(|(name, _)| name.clone())
        .collect();
    if simulated.is_empty() {
        return None;
    }
    let all = if simulated.len() == species.len() { "All attacks here" } else { "Attacks" };
    Some(format!(
        "{all} of the species {} are simulated: a program made them, and nobody stood in front of \
         a camera. Use their numbers only to compare software versions. They are not error rates \
         against real attackers, and they certify nothing.",
        list(&simulated)
    ))
}

/// A species as named in sentences.
fn named(name: &str, report: &SpeciesReport) -> String {
    let simulated = if report.simulated { "simulated " } else { "" };
    format!("{simulated}attacks of the species `{name}`")
}

/// The answer about presentation attacks, with the worst verdict of the rules on them.
pub(crate) fn answer(pad: &PadReport, rules: &[RuleReport]) -> Answer {
    let mut sentences = Vec::new();
    let worst = pad.worst_species.as_ref().and_then(|name| pad.species.get_key_value(name));
    if let Some((name, report)) = worst {
        let attacks = format!("answered {}", named(name, report));
        sentences.push(format!(
            "The worst of {} species: {}.",
            pad.species.len(),
            share(&report.apcer, "taken for a live person", &attacks)
        ));
    }
    let silent: Vec<String> = pad
        .species
        .iter()
        .filter(|(_, report)| matches!(report.apcer, RateCell::Insufficient { .. }))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !silent.is_empty() {
        sentences.push(format!(
            "No attack of the species {} got an answer, so there is no APCER for them.",
            list(&silent)
        ));
    }
    if let Some(away) = &pad.bona_fide_turned_away {
        let what = "taken for an attack or left without an answer";
        let text = share(away, what, "presentations of live people");
        sentences.push(format!("{}.", capital(&text)));
    }
    for (attribute, groups) in &pad.groups {
        sentences.extend(most_often(attribute, groups));
    }
    if let Some(point) = pad.end_to_end.first()
        && let Some((name, cell)) =
            point.worst_species.as_ref().and_then(|name| point.iapar.get_key_value(name))
        && let Some(report) = pad.species.get(name)
    {
        let text = share(cell, "accepted as the person they claim to be", &named(name, report));
        sentences.push(format!("End to end, {text}."));
    }
    if sentences.is_empty() {
        sentences.push("No presentation was judged.".to_owned());
    }
    Answer {
        attribute: "presentation attacks".to_owned(),
        verdict: rules
            .iter()
            .filter(|rule| rule.attribute.as_deref() == Some("attack_species"))
            .map(|rule| rule.verdict)
            .max(),
        sentence: sentences.join(" "),
    }
}

/// Which group of an attribute is turned away most often.
fn most_often(attribute: &str, groups: &BTreeMap<String, PadGroup>) -> Option<String> {
    let ratios =
        groups.iter().filter_map(|(name, group)| Some((name, group.turned_away_over_overall?)));
    let (name, ratio) = ratios.max_by(|a, b| a.1.value.total_cmp(&b.1.value).then(b.0.cmp(a.0)))?;
    let range = match (ratio.low, ratio.high) {
        (Some(low), Some(high)) => format!(" [{} to {}]", times(low), times(high)),
        _ => String::new(),
    };
    if ratio.low.is_none_or(|low| low <= 1.0) {
        return Some(format!(
            "By {attribute}, no group is clearly turned away more often than everyone: {name} has \
             the highest ratio to the overall share{range}."
        ));
    }
    Some(format!(
        "By {attribute}, {name} is turned away most often: {} times the overall share{range}.",
        times(ratio.value)
    ))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// How the numbers were calculated.
pub(crate) fn method(confidence: f64) -> Vec<String> {
    vec![
        "Presentation attacks follow ISO/IEC 30107-3. APCER is the share of a species' attacks \
         that were classified as bona fide, BPCER the share of bona fide presentations that were \
         classified as attacks, both over presentations with an answer; the shares without an \
         answer are given beside them, and the headline is the worst species, never a mean over \
         species. A live person counts as turned away if taken for an attack or left without an \
         answer."
            .to_owned(),
        "APCER at a BPCER of 10 % and 1 %, and the curves, come from the scores of presentations \
         with an answer; a presentation is bona fide if and only if its PAD score is at least the \
         threshold. Those thresholds are chosen on the same presentations on which they are \
         reported."
            .to_owned(),
        "IAPAR is the share of a species' attacks on a named reference that presentation attack \
         detection let pass and that matched it; an attack that could not be acquired counts as \
         not accepted. RIAPAR is the worst species' IAPAR plus the share of mated bona fide \
         presentations that were rejected for any reason: not acquired, refused by presentation \
         attack detection, left without its answer, or not matched. The FRR elsewhere in this \
         report ignores presentation attack detection. The interval of the sum squares and adds \
         the distances of both rates' bounds."
            .to_owned(),
        format!(
            "Intervals of these rates are exact (Clopper–Pearson) at {} %. Where a person \
             presented more than once, they are on an effective number of presentations, clustered \
             by person; with fewer than three errors, everyone's design effect is used for a \
             group, and for a species the assumption that all presentations of one person have the \
             same result. Presentations that do not name anyone are treated as independent. A \
             group's rate over everyone's has a delta-method interval that accounts for the group \
             being a part of everyone; if the group has no errors, only the upper end is \
             informative.",
            100.0 * confidence
        ),
    ]
}

/// What the numbers cannot say.
pub(crate) fn limits(pad: &PadReport) -> Vec<String> {
    let mut limits = vec![
        "APCER holds for the attack instruments that were tried, not for the next one; it is a \
         property of a species and of those who made it, and this report certifies nothing."
            .to_owned(),
    ];
    limits.extend(pad.notice.clone());
    limits
}
