//! The report's paragraphs: answers, method, limits.

use super::cells::Answer;
use super::direction::ScoreDirection;
use super::interval::IntervalMethod;
use super::numbers::{list, threshold};
use super::report::{BasisKind, DataDescription, OperatingPointReport, ThresholdBasis};
use super::rules::Verdict;
use super::sample_set::SampleSet;
use super::sentences::share;
use super::settings::AuditSettings;
use super::weigh::Weigh;
use crate::{Error, ErrorKind, Stage};
use evenmatch_core::numbers::count;

/// The answers at the first operating point: for everyone, then for each attribute.
pub(crate) fn answers(point: &OperatingPointReport) -> Vec<Answer> {
    let verdict = |attribute: Option<&str>| -> Option<Verdict> {
        let rules = point.rules.iter().filter(|rule| rule.attribute.as_deref() == attribute);
        rules.map(|rule| rule.verdict).max()
    };
    let mut answers = vec![Answer {
        attribute: "overall".to_owned(),
        verdict: verdict(None),
        sentence: overall(point),
    }];
    answers.extend(point.attributes.iter().map(|(name, report)| Answer {
        attribute: name.clone(),
        verdict: verdict(Some(name)),
        sentence: report.sentence.clone(),
    }));
    answers
}

fn overall(point: &OperatingPointReport) -> String {
    let fmr = share(&point.overall.fmr, "falsely matched", "comparisons of different people");
    let frr = share(&point.overall.frr, "falsely rejected", "attempts by the same person");
    format!("At threshold {}: {fmr}; {frr}.", threshold(point.threshold))
}

/// The error if there was nothing to compare, either in records or among the photos of a set.
pub(crate) fn nothing_compared(set: Option<&SampleSet>) -> Error {
    let fault = |message: String| Error::new(ErrorKind::InvalidRecord, Stage::Audit, message);
    let Some(set) = set else {
        return fault("the records contain no comparison to report on".to_owned())
            .next("check the `mated` column, which says which pairs are of one person");
    };
    let photos = match set.samples.len() {
        1 => "one photo".to_owned(),
        n => format!("{} photos", count(n as u64)),
    };
    fault(format!("the manifest lists {photos}, and no two of them can be compared"))
        .next("list photos of at least two people, or two photos of one person")
}

/// The error if people are to be weighed that the records do not name.
pub(crate) fn nobody_named() -> Error {
    let message = "the records do not name people, so pairs of people cannot count once each";
    Error::new(ErrorKind::InvalidArgument, Stage::Audit, message).next(
        "add the columns `probe_subject` and `reference_subject`, name people with --labels, or use \
         --weigh comparisons",
    )
}

/// The caution that goes with an attribute.
pub(crate) fn caution(name: &str) -> Option<String> {
    let ita = name.split('×').any(|part| part == "ita");
    ita.then(|| {
        "ITA measured from an ordinary photo combines skin and light. It is a covariate of \
         illumination and phenotype, not a person's skin tone, and must not be mixed with labels \
         that people gave."
            .to_owned()
    })
}

/// How the numbers were calculated.
pub(crate) fn method(
    (settings, weigh): (&AuditSettings, Weigh),
    data: &DataDescription,
    (boot, photos): (bool, bool),
    direction: ScoreDirection,
) -> Vec<String> {
    let interval = match (settings.interval, weigh) {
        (IntervalMethod::Auto, Weigh::People) => {
            "Intervals of rates are exact (Clopper–Pearson) with fewer than three errors, each \
             counted as its share of a person or pair, and Wilson's otherwise, both on an effective \
             sample size n_eff = p(1−p)/V̂. V̂ is the variance of people's own rates for mated \
             transactions, and dyadic over pairs of people for pairs of different people (Fogliato \
             et al.), with jackknife leverages and Student quantiles where few people account for \
             most of it. With fewer than three errors V̂ cannot be estimated, so everyone's design \
             effect is used instead, on the number of people or of pairs of people."
        }
        (IntervalMethod::Auto, Weigh::Comparisons) => {
            "Intervals of rates are exact (Clopper–Pearson) with fewer than three errors and \
             Wilson's otherwise, both on an effective sample size n_eff = p(1−p)/V̂. V̂ is \
             clustered by person for mated transactions and dyadic for pairs of different people \
             (Fogliato et al.), with jackknife leverages and Student quantiles where few people \
             account for many trials. With fewer than three errors V̂ cannot be estimated, so \
             everyone's design effect is used instead."
        }
        (IntervalMethod::Exact, Weigh::People) => {
            "Intervals of rates are Clopper–Pearson on the numbers of people and of pairs of people, \
             as requested: they treat them as independent."
        }
        (IntervalMethod::Exact, Weigh::Comparisons) => {
            "Intervals of rates are Clopper–Pearson on the raw counts, as requested: they treat \
             trials as independent."
        }
        (IntervalMethod::Wilson, _) => {
            "Intervals of rates are Wilson's on an effective sample size n_eff = p(1−p)/V̂, as \
             requested."
        }
        (IntervalMethod::Bootstrap, _) => {
            "Intervals of rates are percentiles of a subject bootstrap (double or nothing, 1,024 \
             replicates), as requested; with fewer than three errors they are exact."
        }
    };
    let standard_error = if boot {
        "a subject bootstrap (double or nothing, 1,024 replicates)"
    } else {
        "the delta method on those variances"
    };
    let fta = match photos {
        true => {
            "FTA is the share of photos without a template, and of people without any photo that \
             gave one, each counted once"
        }
        false => "FTA is the share of transactions without a comparison, each counted once",
    };
    vec![
        weighing(weigh).to_owned(),
        format!(
            "{} Equal scores are never split. FMR and FNMR are over comparisons that produced a \
             score. A transaction whose probe or reference failed to acquire, or was refused by a \
             gate, is a rejection: it counts as an error in FRR (mated) and as no error in FAR \
             (non-mated). {fta}.",
            direction.sentence()
        ),
        "A group's FMR is over pairs of two people who both belong to it (within-cohort); a \
         group's FNMR is over mated comparisons of its people, by the probe's label. Pairs across \
         groups are in the cross-cohort matrix. Columns with more than 100 values, or with mostly \
         unique values, do not form groups and are left out unless requested by name; no attribute \
         or intersection may have more than 5,000 groups."
            .to_owned(),
        interval.to_owned(),
        data.design.sentence.clone(),
        format!(
            "Differentials compare the groups with at least {} trials. Their standard errors come \
             from {standard_error}; the worst group is treated as known. A p-value is the share of \
             permutations of group labels between people in which the measure is at least as \
             large; for pairs, deviations are widened by the ratio of the dyadic to the permuted \
             variance. Holm's adjustment is within each error type, over attributes and measures. \
             How many more people it would take to show a difference is a power calculation for \
             the largest and the smallest measured rate (80 % power at the 5 % level, two-sided, \
             Bonferroni over the pairs of groups).",
            settings.least_trials
        ),
        "DET curves, d′, Cllr and the groups' equal error rates come from histograms of 65,536 \
         (groups: 4,096) equal bins; thresholds, counts and the overall equal error rate are \
         exact. Cllr treats scores as natural log-likelihood ratios and is meaningless for other \
         scores; minimum Cllr is valid for any scores."
            .to_owned(),
        format!(
            "Two-sided intervals have a confidence of {} %; if there are no errors, the upper end \
             is the one-sided bound. Resampling uses the seed {}.",
            100.0 * settings.confidence,
            settings.seed
        ),
    ]
}

/// What counts once, in a sentence.
pub(crate) fn weighing(weigh: Weigh) -> &'static str {
    match weigh {
        Weigh::People => {
            "Each pair of people counts once: a rate is the mean, over pairs of people, of the mean \
             error over the comparisons of their photos; FNMR and FRR are means over people. Target \
             rates, thresholds, intervals, differentials, p-values and curves follow; errors and \
             trials are counts of comparisons."
        }
        Weigh::Comparisons => {
            "Each comparison counts once, so people with many samples count more than others."
        }
    }
}

/// What the numbers cannot say.
pub(crate) fn limits(data: &DataDescription, basis: &ThresholdBasis) -> Vec<String> {
    let mut limits = vec![
        "The rates hold for the people, photos and labels in these records. Other people, cameras \
         and lighting may give different rates, and a label is only as good as its source."
            .to_owned(),
        "Intervals cover the sampling of people, not mistakes in labels: one wrongly labelled pair \
         in ten thousand can double a false match rate of 1 in 10,000."
            .to_owned(),
    ];
    if basis.kind == BasisKind::InSample {
        limits.push(basis.sentence.clone());
    }
    let per_sample: Vec<String> = data
        .attributes
        .iter()
        .filter(|attribute| attribute.level == "sample")
        .map(|attribute| attribute.name.clone())
        .collect();
    if !per_sample.is_empty() {
        limits.push(format!(
            "Labels that vary between samples of one person ({}): the same person may count in \
             more than one group, and intervals of differences between such groups treat them as \
             independent.",
            list(&per_sample)
        ));
    }
    limits.extend(data.attributes.iter().filter_map(|attribute| attribute.caution.clone()));
    limits.dedup();
    limits
}
