//! Counting the results of degraded samples, by group and with people as clusters.

use std::collections::BTreeMap;

use super::report::{StressLevel, StressRate, StressRates};
use crate::cohort::parts;
use crate::groups::clustered;
use crate::interval::IntervalMethod;
use crate::variance::Share;
use crate::{Error, ErrorKind, Result, Stage};
use crate::{LabelledSample, RateCell};

/// The result of one sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StressOutcome {
    /// A template.
    Acquired,
    /// No usable face, or no usable file; with the reason, such as `detect:no_face_found`.
    Failed(String),
    /// The quality gate refused it, or would have refused it if enforced; with the reason.
    Refused(String),
}

/// One sample at one level.
#[derive(Debug, Clone, PartialEq)]
pub struct StressObservation {
    /// Whether it gave a template.
    pub outcome: StressOutcome,
    /// The score against the same sample undegraded; `None` where either has no template.
    pub own: Option<f32>,
    /// One a mated pair whose probe this sample is: the score against another sample of the
    /// person, undegraded; `None` where either has no template.
    pub mated: Vec<Option<f32>>,
}

/// Who is in the samples, and how they are counted.
pub struct StressTally {
    /// By sample.
    subjects: Vec<u32>,
    /// By attribute or intersection: its name, and the group of each sample.
    views: Vec<(String, Vec<Option<String>>)>,
    threshold: f32,
    confidence: f64,
    least: u64,
}

/// Rates that are counted, in the order of [`StressRates`].
const RATES: usize = 5;

/// Shares of each person in each rate.
type Counts = BTreeMap<u32, [Share; RATES]>;

/// Design effects of each rate, if known.
type Effects = [Option<f64>; RATES];

/// Each person's share of a rate, for those who have trials.
fn shares(counts: &Counts, which: usize) -> Vec<Share> {
    counts.values().map(|of| of[which]).filter(|share| share.trials > 0).collect()
}

impl StressTally {
    /// A tally over samples of a set with these attributes, by attributes and intersections
    /// (`race×sex`); none means every attribute.
    ///
    /// # Errors
    ///
    /// An attribute that the set lacks.
    pub fn new(
        (attributes, samples): (&[String], &[LabelledSample]),
        by: &[String],
        (threshold, confidence, least): (f32, f64, u64),
    ) -> Result<Self> {
        let views = stress_groups(attributes, samples, by)?;
        // By name, so that sums do not depend on the order of the samples.
        let mut names: Vec<&str> = samples.iter().map(|sample| sample.subject.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let rank = |name: &str| names.partition_point(|known| *known < name) as u32;
        let subjects = samples.iter().map(|sample| rank(&sample.subject)).collect();
        Ok(StressTally { subjects, views, threshold, confidence, least })
    }

    /// The attributes and intersections.
    pub fn attributes(&self) -> Vec<String> {
        self.views.iter().map(|(name, _)| name.clone()).collect()
    }

    /// People among the samples.
    pub fn people(&self) -> u64 {
        self.subjects.iter().max().map_or(0, |last| u64::from(*last) + 1)
    }

    /// The rates at one level; one observation per sample.
    pub fn level(
        &self,
        (level, label): (Option<f64>, String),
        seen: &[StressObservation],
    ) -> StressLevel {
        let mut failures = BTreeMap::new();
        for observation in seen {
            if let StressOutcome::Failed(why) | StressOutcome::Refused(why) = &observation.outcome {
                *failures.entry(why.clone()).or_insert(0) += 1;
            }
        }
        let mut everyone = Counts::new();
        for (sample, observation) in seen.iter().enumerate() {
            self.count(&mut everyone, sample, observation);
        }
        // With few errors in a group, the dependence of one person's trials is estimated from
        // everyone's.
        let effects: Effects = std::array::from_fn(|which| {
            let shares = shares(&everyone, which);
            Some(clustered(|| shares.iter().copied(), None, None).design_effect())
        });
        let mut attributes = BTreeMap::new();
        for (name, groups) in &self.views {
            let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
            for (sample, (observation, group)) in seen.iter().zip(groups).enumerate() {
                if let Some(group) = group {
                    self.count(counts.entry(group).or_default(), sample, observation);
                }
            }
            let rates = counts.iter().map(|(group, of)| {
                let rates = self.rates(of, &effects);
                ((*group).to_owned(), rates)
            });
            attributes.insert(name.clone(), rates.collect());
        }
        let overall = self.rates(&everyone, &[None; RATES]);
        StressLevel { level, label, failures, overall, attributes }
    }

    fn count(&self, counts: &mut Counts, sample: usize, seen: &StressObservation) {
        let [fta, refused, fnmr, frr, own] =
            counts.entry(self.subjects[sample]).or_insert([Share::default(); RATES]);
        let add = |share: &mut Share, error: bool| {
            share.trials += 1;
            share.errors += u64::from(error);
        };
        add(fta, matches!(seen.outcome, StressOutcome::Failed(_)));
        add(refused, matches!(seen.outcome, StressOutcome::Refused(_)));
        for score in &seen.mated {
            let matched = score.is_some_and(|score| score >= self.threshold);
            add(frr, !matched);
            if score.is_some() {
                add(fnmr, !matched);
            }
        }
        if let Some(score) = seen.own {
            add(own, score < self.threshold);
        }
    }

    fn rates(&self, counts: &Counts, effects: &Effects) -> StressRates {
        let rate = |which: usize| self.rate(&shares(counts, which), effects[which]);
        StressRates {
            fta: rate(0),
            refused: rate(1),
            fnmr: rate(2),
            frr: rate(3),
            self_non_match: rate(4),
        }
    }

    fn rate(&self, shares: &[Share], effect: Option<f64>) -> StressRate {
        let errors = shares.iter().map(|share| share.errors).sum();
        let trials = shares.iter().map(|share| share.trials).sum();
        let sample = clustered(|| shares.iter().copied(), effect, None);
        match sample.cell(self.confidence, IntervalMethod::Auto, self.least) {
            RateCell::Measured(of) => StressRate {
                errors,
                trials,
                rate: Some(of.rate),
                low: Some(of.low),
                high: Some(of.high),
                text: of.text,
            },
            RateCell::Insufficient { insufficient } => StressRate {
                errors,
                trials,
                rate: None,
                low: None,
                high: None,
                text: match trials {
                    0 => "no trials".to_owned(),
                    _ => format!("{errors}/{trials}, too few (needs {})", insufficient.needed),
                },
            },
        }
    }
}

/// The group of each sample, by attribute or intersection; `None` if a label is unknown.
pub fn stress_groups(
    attributes: &[String],
    samples: &[LabelledSample],
    by: &[String],
) -> Result<Vec<(String, Vec<Option<String>>)>> {
    let by: Vec<Vec<String>> = match by {
        [] => attributes.iter().map(|name| vec![name.clone()]).collect(),
        by => by.iter().map(|by| parts(by)).collect(),
    };
    let mut views: Vec<(String, Vec<Option<String>>)> = Vec::new();
    for names in by {
        let columns: Vec<usize> = names
            .iter()
            .map(|name| {
                attributes.iter().position(|known| known == name).ok_or_else(|| {
                    let message = format!("there is no attribute `{name}`");
                    Error::new(ErrorKind::InvalidArgument, Stage::Audit, message).next(format!(
                        "choose among the attributes of the manifest: {}",
                        attributes.join(", ")
                    ))
                })
            })
            .collect::<Result<_>>()?;
        let group = |sample: &LabelledSample| {
            let values = columns.iter().map(|column| sample.values.get(*column)?.as_deref());
            Some(values.collect::<Option<Vec<&str>>>()?.join("×"))
        };
        let name = names.join("×");
        if views.iter().all(|(known, _)| *known != name) {
            views.push((name, samples.iter().map(group).collect()));
        }
    }
    Ok(views)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(subject: &str, values: [&str; 2]) -> LabelledSample {
        let known = |value: &str| Some(value.to_owned()).filter(|value| !value.is_empty());
        LabelledSample {
            subject: subject.to_owned(),
            values: values.map(known).to_vec(),
            failure: None,
            attempt: 0,
        }
    }

    fn seen(outcome: StressOutcome, own: Option<f32>, mated: &[Option<f32>]) -> StressObservation {
        StressObservation { outcome, own, mated: mated.to_vec() }
    }

    #[test]
    fn every_rate_has_its_own_errors_and_trials() {
        let names = ["race".to_owned(), "sex".to_owned()];
        let samples = [
            sample("a", ["x", "f"]),
            sample("a", ["x", "f"]),
            sample("b", ["y", "m"]),
            sample("b", ["", "m"]),
        ];
        let by = ["race".to_owned(), "race*sex".to_owned()];
        let tally = StressTally::new((&names, &samples), &by, (0.5, 0.95, 1)).unwrap();
        assert_eq!(tally.attributes(), ["race", "race×sex"]);
        assert_eq!(tally.people(), 2);
        let failed = StressOutcome::Failed("detect:no_face_found".to_owned());
        let refused = StressOutcome::Refused("quality:too_dark".to_owned());
        let level = tally.level(
            (Some(2.0), "×2".to_owned()),
            &[
                seen(StressOutcome::Acquired, Some(0.5), &[]),
                seen(StressOutcome::Acquired, Some(0.4), &[Some(0.49)]),
                seen(refused, None, &[]),
                seen(failed, None, &[None]),
            ],
        );
        let counts =
            |rates: &StressRates| rates.named().map(|(_, _, rate)| (rate.errors, rate.trials));
        assert_eq!(counts(&level.overall), [(1, 4), (1, 4), (1, 1), (2, 2), (1, 2)]);
        assert_eq!(
            counts(&level.attributes["race"]["x"]),
            [(0, 2), (0, 2), (1, 1), (1, 1), (1, 2)]
        );
        // The photo without a label is in no group.
        assert_eq!(counts(&level.attributes["race×sex"]["y×m"])[0], (0, 1));
        assert_eq!(level.failures["detect:no_face_found"], 1);
        assert_eq!(level.failures["quality:too_dark"], 1);
        let wrong = StressTally::new((&names, &samples), &["age".to_owned()], (0.5, 0.95, 1));
        assert!(wrong.err().unwrap().next_step().unwrap().contains("race, sex"));
    }

    #[test]
    fn photos_of_one_person_widen_the_interval_and_few_trials_give_no_rate() {
        let names: [String; 0] = [];
        let rates = |people: usize, least| {
            let name = |i: usize| format!("{}", i * people / 120);
            let samples: Vec<_> = (0..120).map(|i| sample(&name(i), ["", ""])).collect();
            let tally = StressTally::new((&names, &samples), &[], (0.5, 0.95, least)).unwrap();
            let failed = || StressOutcome::Failed(String::new());
            let all: Vec<_> = (0..120)
                .map(|i| if i < 36 { failed() } else { StressOutcome::Acquired })
                .map(|outcome| seen(outcome, None, &[]))
                .collect();
            tally.level((None, String::new()), &all).overall
        };
        let width = |rate: &StressRate| rate.high.unwrap() - rate.low.unwrap();
        let (alone, together) = (rates(120, 30).fta, rates(10, 30).fta);
        assert_eq!((alone.errors, alone.trials, alone.rate), (36, 120, Some(0.3)));
        let exact = crate::Rate::new(36, 120).bounds(0.95);
        assert!((alone.low.unwrap() - exact.low).abs() < 0.01);
        assert!(width(&together) > 1.5 * width(&alone));
        let few = rates(120, 121).fta;
        assert_eq!((few.rate, few.errors), (None, 36));
        assert_eq!(few.text, "36/120, too few (needs 121)");
        assert_eq!(rates(120, 30).fnmr.text, "no trials");
    }
}
