//! What is said about a stress test, shared by the renderers.

use super::text;
use crate::{StressLevel, StressRate, StressReport, StressSeries};

/// The clean photos and then the levels of a degradation.
pub(super) fn levels<'a>(
    report: &'a StressReport,
    series: &'a StressSeries,
) -> Vec<&'a StressLevel> {
    std::iter::once(&report.clean).chain(&series.levels).collect()
}

/// For each degradation at its severest level, and for each rate: everyone's rate, the lowest and
/// the highest.
pub(super) fn extremes(report: &StressReport, attribute: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for series in &report.series {
        let Some(level) = series.levels.last() else { continue };
        let Some(groups) = level.attributes.get(attribute) else { continue };
        for (which, (name, _, overall)) in level.overall.named().into_iter().enumerate() {
            let mut measured: Vec<(&str, f64, &StressRate)> = groups
                .iter()
                .filter_map(|(group, rates)| {
                    let rate = rates.named()[which].2;
                    Some((group.as_str(), rate.rate?, rate))
                })
                .collect();
            // If groups have equal rates, the first by name counts.
            measured.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(b.0)));
            let (Some((_, least, _)), Some((_, most, _))) = (measured.first(), measured.last())
            else {
                continue;
            };
            let pairs = level.overall.fnmr.rate.is_some();
            if (name == "refused" && overall.errors == 0) || (name == "self_non_match" && pairs) {
                continue;
            }
            let short = match name {
                "fta" => "FTA",
                "refused" => "gate refusals",
                "fnmr" => "FNMR",
                "frr" => "false rejections",
                _ => "self non-match (too favourable)",
            };
            let named = |rate: f64| {
                let of_group = measured.iter().find(|(_, of, _)| *of == rate);
                of_group.map_or_else(String::new, |(group, _, of)| format!("{group}: {}", of.text))
            };
            let (lowest, highest) = match least == most {
                true => ("all groups equal".to_owned(), "–".to_owned()),
                false => (named(*least), named(*most)),
            };
            rows.push(vec![
                format!("{} {}", series.title, level.label),
                short.to_owned(),
                overall.text.clone(),
                lowest,
                highest,
            ]);
        }
    }
    rows
}

/// What readers should know about the numbers, one sentence each.
pub(super) fn facts(report: &StressReport) -> Vec<String> {
    let mut facts = vec![format!(
        "{} photos of {} people, at most ten per person, were degraded with the seed {}.",
        report.photos, report.people, report.seed
    )];
    if let Some(most) = report.per_group {
        facts.push(format!(
            "Only the first {most} photos of each group of {} were used, in the manifest's order.",
            report.attributes.first().map_or("the first attribute", String::as_str)
        ));
    }
    facts.push(match report.mated_pairs {
        0 => {
            "No person has two photos, so there is no false non-match rate. Instead, each degraded \
              photo was compared with its undegraded original. This result is too favourable: \
              pose, age, camera and day are the same."
                .to_owned()
        }
        pairs => format!(
            "{pairs} pairs of different photos of one person were compared; the later photo in the \
             list is degraded, and the earlier one is not."
        ),
    });
    let basis = &report.operating_point;
    let claim = match (&basis.claim, &basis.calibration, &basis.source) {
        (Some(claim), _, _) => claim.clone(),
        (None, Some(calibration), _) => calibration.clone(),
        (None, None, Some(source)) => source.clone(),
        (None, None, None) => "stated by the caller".to_owned(),
    };
    facts.push(format!("A score of {} or more is a match: {claim}.", report.threshold));
    facts.push(format!(
        "Intervals have a confidence of {}, with people as clusters; a rate needs {} trials.",
        text::percent(report.confidence),
        report.least_trials
    ));
    facts.push(
        "Among several groups, one always has the lowest rate and one the highest, even by chance \
         alone: compare the intervals."
            .to_owned(),
    );
    facts.push(
        "docs/STRESS.md says what each degradation does, and what it does not represent."
            .to_owned(),
    );
    facts
}
