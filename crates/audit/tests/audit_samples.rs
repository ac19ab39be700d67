//! An audit of all pairs of a set gives the same result as an audit of the same pairs as records.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use crate::support::{Random, Records, Row};
use evenmatch_audit::{
    AuditReport, AuditSettings, LabelledSample, OperatingPointReport, RulePack, SampleSet,
    Thresholds, Weigh, audit, audit_samples,
    records::{Failure, FailureStage},
};
use evenmatch_scores::crossmatch::{CrossMatch, Shard};

const DIMENSION: usize = 16;

fn failure() -> Failure {
    Failure { name: "detect:no_face_found".to_owned(), stage: FailureStage::Detect }
}

/// People with one to five samples, a label of the person, a label of the sample, missing labels,
/// and samples without a template.
fn set(people: usize, seed: u64) -> SampleSet {
    let mut random = Random::new(seed);
    let mut set = SampleSet {
        attributes: vec!["race".into(), "light".into()],
        dimension: DIMENSION,
        ..SampleSet::default()
    };
    for person in 0..people {
        let race = (person != 7).then(|| ["A", "B", "C"][random.below(3)].to_owned());
        let centre: Vec<f64> = (0..DIMENSION).map(|_| random.normal()).collect();
        for _ in 0..1 + random.below(5) {
            let failed = random.below(12) == 0;
            let light = (random.below(20) > 0).then(|| ["dim", "lit"][random.below(2)].to_owned());
            if !failed {
                let raw: Vec<f64> = centre.iter().map(|x| x + 0.8 * random.normal()).collect();
                let norm = raw.iter().map(|x| x * x).sum::<f64>().sqrt();
                set.templates.extend(raw.iter().map(|x| (x / norm) as f32));
            }
            set.samples.push(LabelledSample {
                subject: format!("s{person}"),
                values: vec![race.clone(), light],
                failure: failed.then(failure),
                attempt: u8::from(!failed) * (1 + random.below(2) as u8),
            });
        }
    }
    set
}

/// The same pairs, one record each.
fn records(set: &SampleSet) -> Records {
    let mut subjects: Vec<&str> = Vec::new();
    let acquired: Vec<usize> =
        (0..set.samples.len()).filter(|i| set.samples[*i].failure.is_none()).collect();
    let code = |subjects: &mut Vec<&str>, name: &'static str| {
        subjects.iter().position(|s| *s == name).unwrap_or_else(|| {
            subjects.push(name);
            subjects.len() - 1
        }) as u32
    };
    let of_row = acquired
        .iter()
        .map(|&i| code(&mut subjects, Box::leak(set.samples[i].subject.clone().into_boxed_str())))
        .collect();
    let classes = vec![0; acquired.len()];
    let matrix = CrossMatch::new(DIMENSION, set.templates.clone(), of_row, classes).unwrap();
    let mut records = Records::new(&["race", "light"]);
    let mut push = |a: usize, b: usize, score: Option<f32>| {
        let (a, b) = (&set.samples[a], &set.samples[b]);
        let label = |v: &Option<String>| v.clone().unwrap_or_default();
        let labels = |s: &LabelledSample| s.values.iter().map(label).collect::<Vec<_>>();
        let (la, lb) = (labels(a), labels(b));
        let mut row = Row::new(&b.subject, &a.subject, score.map_or(0.0, f64::from));
        row = row.labels(&[&lb[0], &lb[1]], &[&la[0], &la[1]]);
        row.attempt = b.attempt;
        if score.is_none() {
            row = row.failed("detect:no_face_found", FailureStage::Detect);
        }
        records.push(row);
    };
    for pair in matrix.mated(Shard::whole()).iter().chain(&matrix.at_or_above(-1.0, Shard::whole()))
    {
        push(acquired[pair.a as usize], acquired[pair.b as usize], Some(pair.score));
    }
    for b in 0..set.samples.len() {
        for a in 0..b {
            if set.samples[a].failure.is_some() || set.samples[b].failure.is_some() {
                push(a, b, None);
            }
        }
    }
    records
}

fn settings(targets: &[f64]) -> AuditSettings {
    weighing(Weigh::Comparisons, targets)
}

fn weighing(weigh: Weigh, targets: &[f64]) -> AuditSettings {
    AuditSettings {
        weigh: Some(weigh),
        by: vec!["race".into(), "light".into(), "race×light".into()],
        thresholds: Thresholds::Targets(targets.to_vec()),
        rules: ["sp800-63a4", "fido", "nist-demographics=1.5"]
            .map(|name| RulePack::find(name).unwrap())
            .to_vec(),
        least_trials: 5,
        ..AuditSettings::default()
    }
}

fn both(set: &SampleSet, weigh: Weigh, targets: &[f64]) -> (AuditReport, AuditReport) {
    let settings = weighing(weigh, targets);
    let from_records = audit(&mut records(set), &settings, &mut |_| ()).unwrap();
    (audit_samples(set, &settings, &mut |_| ()).unwrap(), from_records)
}

/// The operating points without failures to acquire, which are of photos only where these are
/// known.
fn without_fta(report: &AuditReport) -> Vec<OperatingPointReport> {
    let mut points = report.operating_points.clone();
    for point in &mut points {
        let groups = point.attributes.values_mut().flat_map(|of| of.groups.values_mut());
        for rates in groups.map(|group| &mut group.rates).chain([&mut point.overall]) {
            rates.fta = rates.fmr.clone();
            rates.fta_people = None;
        }
    }
    points
}

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    a.zip(b).is_some_and(|(a, b)| (a - b).abs() < 1e-6)
}

#[test]
fn all_pairs_and_their_records_give_the_same_rates_differentials_and_verdicts() {
    let sizes = [(60, 1), (25, 2), (150, 3)];
    for ((people, seed), weigh) in
        sizes.into_iter().flat_map(|size| [(size, Weigh::Comparisons), (size, Weigh::People)])
    {
        let set = set(people, seed);
        let (samples, records) = both(&set, weigh, &[0.1, 0.01, 0.001]);
        assert_eq!((samples.weigh, records.weigh), (weigh, weigh));
        assert!(samples.data.nonmated > 500 && samples.data.mated > 20);
        assert_eq!(without_fta(&samples), without_fta(&records), "{people} people");
        assert_eq!(samples.data.design, records.data.design);
        assert_eq!(samples.data.attributes, records.data.attributes);
        for (a, b) in [
            (samples.data.records, records.data.records),
            (samples.data.mated, records.data.mated),
            (samples.data.nonmated, records.data.nonmated),
            (samples.data.dyads, records.data.dyads),
            (samples.data.subjects, records.data.subjects),
        ] {
            assert_eq!(a, b);
        }
        assert!(close(samples.scores.overall.eer, records.scores.overall.eer));
        assert_eq!(samples.scores.overall.eer_threshold, records.scores.overall.eer_threshold);
        let failed = set.samples.iter().filter(|s| s.failure.is_some()).count() as u64;
        assert_eq!(samples.data.failures.values().sum::<u64>(), failed, "photos, not pairs");
        for (name, groups) in &samples.scores.attributes {
            for (group, summary) in groups {
                let other = &records.scores.attributes[name][group];
                let count = |h: &evenmatch_audit::Histogram| h.counts.iter().sum::<u64>();
                assert_eq!(count(&summary.nonmated), count(&other.nonmated), "{name} {group}");
                assert_eq!(count(&summary.mated), count(&other.mated), "{name} {group}");
                // Bins differ, so the summaries are only nearly the same.
                let ratio = summary.d_prime.zip(other.d_prime).map(|(a, b)| a / b);
                assert!(ratio.is_none_or(|ratio| (ratio - 1.0).abs() < 1e-3), "{ratio:?} {group}");
            }
        }
    }
}

#[test]
fn one_and_four_threads_give_the_same_report() {
    let set = set(120, 5);
    let run = |weigh, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let settings = weighing(weigh, &[0.05, 0.01]);
        let report = pool.install(|| audit_samples(&set, &settings, &mut |_| ()).unwrap());
        serde_json::to_string(&report).unwrap()
    };
    for weigh in [Weigh::Comparisons, Weigh::People] {
        assert_eq!(run(weigh, 1), run(weigh, 4));
    }
}

#[test]
fn a_pair_that_is_known_to_be_two_people_is_no_mated_pair() {
    let mut set = set(40, 9);
    let pair = (0..set.samples.len() as u32 - 1)
        .find(|&i| set.samples[i as usize].subject == set.samples[i as usize + 1].subject)
        .unwrap();
    let run = |set: &SampleSet| audit_samples(set, &settings(&[0.01]), &mut |_| ()).unwrap();
    let before = run(&set);
    set.not_mated.insert((pair, pair + 1));
    let after = run(&set);
    assert_eq!(after.data.mated, before.data.mated - 1);
    assert_eq!(after.data.nonmated, before.data.nonmated);
}

#[test]
fn templates_that_do_not_fit_are_errors() {
    let mut set = set(5, 4);
    set.templates.pop();
    assert!(audit_samples(&set, &settings(&[0.01]), &mut |_| ()).is_err());
}
