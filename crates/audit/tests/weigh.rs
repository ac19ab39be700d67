//! Rates in which each pair of people counts once.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::collections::BTreeMap;

use crate::support::{Random, Records, Row};
use evenmatch_audit::{
    AuditReport, AuditSettings, Insufficient, IntervalMethod, LabelledSample, MeasuredRate,
    RateCell, SampleSet, Share, Thresholds, Weigh, audit, audit_samples, beta_quantile,
    calibrate::carried,
    clustered_interval_of_people, dyadic_interval_of_people,
    records::{Failure, FailureStage},
    wilson,
};
use proptest::prelude::*;

fn at(weigh: Weigh, threshold: f64) -> AuditSettings {
    AuditSettings {
        weigh: Some(weigh),
        thresholds: Thresholds::Given(threshold),
        least_trials: 1,
        ..AuditSettings::default()
    }
}

fn run(records: &Records, settings: &AuditSettings) -> AuditReport {
    audit(&mut records.clone(), settings, &mut |_| ()).unwrap()
}

fn measured(cell: &RateCell) -> &MeasuredRate {
    match cell {
        RateCell::Measured(rate) => rate,
        RateCell::Insufficient { insufficient: Insufficient { trials, .. } } => {
            panic!("{trials} trials are too few")
        }
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-8
}

/// Errors and trials of a pair, as rows at a threshold of 0.5.
fn pair(records: &mut Records, (a, b): (&str, &str), errors: usize, trials: usize) {
    for i in 0..trials {
        let accepted = (i < errors) != (a == b);
        records.push(Row::new(a, b, if accepted { 0.9 } else { 0.1 }));
    }
}

#[test]
fn each_pair_of_people_counts_once() {
    let mut records = Records::new(&[]);
    pair(&mut records, ("a", "b"), 1, 4);
    pair(&mut records, ("c", "a"), 0, 1);
    pair(&mut records, ("b", "c"), 1, 2);
    pair(&mut records, ("a", "a"), 1, 10);
    pair(&mut records, ("b", "b"), 1, 2);
    let people = run(&records, &at(Weigh::People, 0.5));
    let overall = &people.operating_points[0].overall;
    let fmr = measured(&overall.fmr);
    // (1/4 + 0 + 1/2) / 3 over the pairs of people, 2 of 7 comparisons.
    assert!(close(fmr.rate, 0.25), "{}", fmr.rate);
    assert_eq!((fmr.errors, fmr.trials), (2, 7));
    assert_eq!((fmr.weigh, fmr.people, fmr.pairs_of_people), (Weigh::People, Some(3), Some(3)));
    let fnmr = measured(&overall.fnmr);
    // (1/10 + 1/2) / 2 over the people.
    assert!(close(fnmr.rate, 0.3), "{}", fnmr.rate);
    assert_eq!((fnmr.errors, fnmr.trials), (2, 12));
    assert_eq!((fnmr.people, fnmr.pairs_of_people), (Some(2), None));
    assert!(fnmr.text.contains("mean of 2 people (2/12)"), "{}", fnmr.text);
    let comparisons = run(&records, &at(Weigh::Comparisons, 0.5));
    let overall = &comparisons.operating_points[0].overall;
    assert_eq!(measured(&overall.fmr).rate, 2.0 / 7.0);
    assert_eq!(measured(&overall.fnmr).rate, 2.0 / 12.0);
    assert_eq!(measured(&overall.fmr).pairs_of_people, Some(3));
    // Records need not name anyone, so they count comparisons unless asked.
    let default = AuditSettings { weigh: None, ..at(Weigh::People, 0.5) };
    assert_eq!(run(&records, &default), comparisons);
}

/// One person has 45 mated pairs, of which 9 fail; of 40 people with one pair each, 4 fail.
fn dominated() -> Records {
    let mut records = Records::new(&["group"]);
    for i in 0..41 {
        let name = format!("p{i}");
        let (errors, trials) = if i == 0 { (9, 45) } else { (usize::from(i < 5), 1) };
        pair(&mut records, (&name, &name), errors, trials);
        pair(&mut records, (&name, &format!("p{}", (i + 1) % 41)), 0, trials);
    }
    for row in &mut records.rows {
        row.probe_labels = vec!["X".to_owned()];
        row.reference_labels = vec!["X".to_owned()];
    }
    records
}

#[test]
fn one_person_does_not_dominate_and_the_interval_is_that_of_people() {
    let report = run(&dominated(), &at(Weigh::People, 0.5));
    let overall = &report.operating_points[0].overall;
    let fnmr = measured(&overall.fnmr);
    let n = 41.0;
    let p = (0.2 + 4.0) / n;
    assert!(close(fnmr.rate, p));
    // The simple variance of the people's own rates, as of a jackknife.
    let square = |rate: f64| ((rate - p) / (1.0 - 1.0 / n)).powi(2);
    let squares = square(0.2) + 4.0 * square(1.0) + 36.0 * square(0.0);
    let n_eff = p * (1.0 - p) / (squares / (n * n));
    assert!((fnmr.n_eff - n_eff).abs() < 1e-5, "{} is not {n_eff}", fnmr.n_eff);
    // Student's quantile is close to the normal one here, and never below it.
    let normal = wilson(p, n_eff, 1.959_964);
    assert!(fnmr.low <= normal.low + 1e-9 && fnmr.low > 0.75 * normal.low, "{}", fnmr.low);
    assert!(fnmr.high >= normal.high - 1e-9 && fnmr.high < 1.1 * normal.high, "{}", fnmr.high);
    // A part that is the whole has the whole's interval.
    let group = &report.operating_points[0].attributes["group"].groups["X"];
    assert_eq!(measured(&group.rates.fnmr), fnmr);
    // Half of the comparisons are of one person, which says little about others.
    let report = run(&dominated(), &at(Weigh::Comparisons, 0.5));
    let by_comparisons = measured(&report.operating_points[0].overall.fnmr);
    assert_eq!(by_comparisons.rate, 13.0 / 85.0);
    assert!(by_comparisons.n_eff < 30.0, "{}", by_comparisons.n_eff);
}

#[test]
fn without_errors_the_bound_is_that_of_people_and_not_of_photos() {
    let report = run(&dominated(), &at(Weigh::People, 0.5));
    let fmr = measured(&report.operating_points[0].overall.fmr);
    assert_eq!((fmr.errors, fmr.trials, fmr.pairs_of_people), (0, 85, Some(41)));
    // As many independent pairs as 41 people can form.
    let bound = 1.0 - 0.05_f64.powf(1.0 / 20.5);
    assert!(close(fmr.high, bound), "{} is not {bound}", fmr.high);
    assert!(fmr.text.ends_with("by 41 pairs of people"), "{}", fmr.text);
    let mut records = Records::new(&[]);
    (0..30).for_each(|i| pair(&mut records, (&format!("p{i}"), &format!("p{i}")), 0, 100));
    let report = run(&records, &at(Weigh::People, 0.5));
    let fnmr = measured(&report.operating_points[0].overall.fnmr);
    assert!(close(fnmr.high, 1.0 - 0.05_f64.powf(1.0 / 30.0)), "{}", fnmr.high);
    // One of one person's hundred: a hundredth of a person, with an exact interval on 30 people.
    pair(&mut records, ("q", "q"), 1, 100);
    let report = run(&records, &at(Weigh::People, 0.5));
    let fnmr = measured(&report.operating_points[0].overall.fnmr);
    assert!(close(fnmr.rate, 0.01 / 31.0));
    let high = beta_quantile(0.975, 1.01, 31.0 - 0.01);
    assert!((fnmr.high - high).abs() < 1e-6, "{} is not {high}", fnmr.high);
}

#[test]
fn intervals_for_other_programs_are_those_of_the_audit() {
    let report = run(&dominated(), &at(Weigh::People, 0.5));
    let mut shares = vec![Share { errors: 9, trials: 45 }];
    shares.extend((1..41).map(|i| Share { errors: u64::from(i < 5), trials: 1 }));
    let bounds = clustered_interval_of_people(&shares, 0.95);
    let fnmr = measured(&report.operating_points[0].overall.fnmr);
    assert!(close(fnmr.low, bounds.low) && close(fnmr.high, bounds.high));
    let pairs: Vec<(usize, usize, Share)> = (0..41)
        .map(|i| (i, (i + 1) % 41, Share { errors: 0, trials: if i == 0 { 45 } else { 1 } }))
        .collect();
    let bounds = dyadic_interval_of_people(&pairs, 41, 0.95);
    let fmr = measured(&report.operating_points[0].overall.fmr);
    assert!(close(fmr.low, bounds.low) && close(fmr.high, bounds.high));
}

/// People with one to 30 photos in two groups, B with lower mated scores.
fn set(people: usize, seed: u64) -> SampleSet {
    let mut random = Random::new(seed);
    let mut set =
        SampleSet { attributes: vec!["group".into()], dimension: 8, ..SampleSet::default() };
    for person in 0..people {
        let own: Vec<f64> = (0..8).map(|_| random.normal()).collect();
        let group = ["A", "B"][person % 2];
        for _ in 0..(30 / (1 + random.below(people.min(40)))).max(1) {
            let raw: Vec<f64> = own.iter().map(|x| x + 0.9 * random.normal()).collect();
            let norm = raw.iter().map(|x| x * x).sum::<f64>().sqrt();
            set.templates.extend(raw.iter().map(|x| (x / norm) as f32));
            set.samples.push(LabelledSample {
                subject: format!("s{person}"),
                values: vec![Some(group.to_owned())],
                failure: None,
                attempt: 0,
            });
        }
    }
    set
}

#[test]
fn photos_count_as_people_and_their_thresholds_keep_the_targets() {
    let set = set(60, 3);
    let targets = [0.1, 0.02, 0.004, 1e-9];
    let settings = AuditSettings {
        thresholds: Thresholds::Targets(targets.to_vec()),
        ..AuditSettings::default()
    };
    // Everything again, pair by pair.
    let mut scores: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
    let subject: Vec<usize> = set.samples.iter().map(|s| s.subject[1..].parse().unwrap()).collect();
    let matrix = set.undivided().unwrap();
    for found in matrix.at_or_above(-1.0, evenmatch_scores::crossmatch::Shard::whole()) {
        let (a, b) = (subject[found.a as usize], subject[found.b as usize]);
        scores.entry((a.min(b), a.max(b))).or_default().push(found.score.into());
    }
    let by_hand = |threshold: f64| {
        let share = |own: &Vec<f64>| {
            own.iter().filter(|s| **s >= threshold).count() as f64 / own.len() as f64
        };
        scores.values().map(share).sum::<f64>() / scores.len() as f64
    };
    let mut all: Vec<f64> = scores.values().flatten().copied().collect();
    all.sort_unstable_by(f64::total_cmp);
    let report = audit_samples(&set, &settings, &mut |_| ()).unwrap();
    assert_eq!(report.weigh, Weigh::People);
    for (point, target) in report.operating_points.iter().zip(targets) {
        let fmr = measured(&point.overall.fmr);
        assert_eq!(fmr.pairs_of_people, Some(60 * 59 / 2));
        assert!(close(fmr.rate, by_hand(point.threshold)), "{target}");
        assert!(fmr.rate <= target);
        // The next lower score would break the target.
        let next = all[..all.partition_point(|s| *s < point.threshold)].last().unwrap();
        assert!(by_hand(*next) > target - 1e-9, "{target}: {next}");
    }
    assert_eq!(report.operating_points[3].threshold, all.last().unwrap().next_up());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// For records with ties and unequal numbers: achieved ≤ target, and no lower threshold is.
    #[test]
    fn thresholds_of_records_keep_their_targets(
        rows in prop::collection::vec((0_usize..5, 0_usize..5, 0_u8..12), 30..120),
        target in 0.001_f64..0.9,
    ) {
        let mut records = Records::new(&[]);
        let mut scores: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
        for (a, b, score) in rows.into_iter().filter(|(a, b, _)| a != b) {
            records.push(Row::new(&format!("p{a}"), &format!("p{b}"), f64::from(score)));
            scores.entry((a.min(b), a.max(b))).or_default().push(score.into());
        }
        prop_assume!(!scores.is_empty());
        let settings = AuditSettings {
            thresholds: Thresholds::Targets(vec![target]),
            ..at(Weigh::People, 0.0)
        };
        let report = run(&records, &settings);
        let point = &report.operating_points[0];
        let rate = |t: f64| {
            let share = |own: &Vec<f64>| {
                own.iter().filter(|s| **s >= t).count() as f64 / own.len() as f64
            };
            scores.values().map(share).sum::<f64>() / scores.len() as f64
        };
        let fmr = measured(&point.overall.fmr);
        prop_assert!(close(fmr.rate, rate(point.threshold)));
        prop_assert!(fmr.rate <= target);
        let lower = scores.values().flatten().copied().filter(|s| *s < point.threshold);
        if let Some(next) = lower.reduce(f64::max) {
            prop_assert!(rate(next) > target - 1e-7);
        }
    }
}

#[test]
fn the_equal_error_rate_and_curves_weigh_people() {
    let mut records = Records::new(&["group"]);
    // Mated: one person with 0.2 and 0.9 three times, one with 0.6. Non-mated: one pair with 0.7
    // and 0.1 nine times, one pair with 0.3.
    for score in [0.2, 0.9, 0.9, 0.9] {
        records.push(Row::new("a", "a", score).labels(&["X"], &["X"]));
    }
    records.push(Row::new("b", "b", 0.6).labels(&["X"], &["X"]));
    for score in [0.7].into_iter().chain([0.1; 9]) {
        records.push(Row::new("a", "b", score).labels(&["X"], &["X"]));
    }
    records.push(Row::new("c", "b", 0.3).labels(&["X"], &["X"]));
    let report = run(&records, &at(Weigh::People, 0.5));
    let overall = &report.scores.overall;
    // Above 0.3 FMR falls from (1/10 + 1)/2 to (1/10)/2, below FNMR, (1/4)/2: at 0.6.
    assert_eq!(overall.eer_threshold, Some(0.6));
    assert!((overall.eer.unwrap() - (0.05 + 0.125) / 2.0).abs() < 1e-6, "{:?}", overall.eer);
    // Histograms count comparisons.
    assert_eq!(overall.nonmated.counts.iter().sum::<u64>(), 11);
    let curve = &report.scores.attributes["group"]["X"].curve;
    let half = curve.iter().rfind(|point| point.threshold <= 0.5).unwrap();
    assert!((half.fmr - 0.05).abs() < 1e-6 && (half.fnmr - 0.125).abs() < 1e-6, "{half:?}");
}

#[test]
fn failures_to_acquire_are_photos_and_people() {
    let mut set = set(40, 8);
    let lost = |set: &mut SampleSet, sample: usize| {
        let row = set.samples[..sample].iter().filter(|s| s.failure.is_none()).count();
        set.templates.drain(row * 8..(row + 1) * 8);
        set.samples[sample].failure =
            Some(Failure { name: "detect:no_face_found".into(), stage: FailureStage::Detect });
    };
    let several = (0..set.samples.len())
        .find(|&i| set.samples.get(i + 1).is_some_and(|s| s.subject == set.samples[i].subject))
        .unwrap();
    let of = |set: &SampleSet, subject: &str| {
        set.samples.iter().filter(|s| s.subject == subject).count()
    };
    let single = (0..set.samples.len())
        .find(|&i| {
            of(&set, &set.samples[i].subject) == 1
                && set.samples[i].values[0].as_deref() == Some("B")
        })
        .unwrap();
    lost(&mut set, several);
    lost(&mut set, single);
    let photos = set.samples.len() as u64;
    for weigh in [Weigh::People, Weigh::Comparisons] {
        let report = audit_samples(&set, &at(weigh, 0.5), &mut |_| ()).unwrap();
        let point = &report.operating_points[0];
        let fta = measured(&point.overall.fta);
        assert_eq!((fta.errors, fta.trials, fta.weigh), (2, photos, Weigh::Comparisons));
        let people = measured(point.overall.fta_people.as_ref().unwrap());
        assert_eq!((people.errors, people.trials), (1, 40));
        let group = &point.attributes["group"].groups["B"].rates;
        let people = measured(group.fta_people.as_ref().unwrap());
        assert_eq!((people.errors, people.trials), (1, 20));
        let in_b = set.samples.iter().filter(|s| s.values[0].as_deref() == Some("B")).count();
        assert_eq!(measured(&group.fta).trials, in_b as u64);
        for (name, exporter) in evenmatch_audit::export::FILES {
            let mut bytes = Vec::new();
            exporter.export(&report, &mut bytes).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains("fta_people") || text.contains("FTA of people"), "{name}");
            assert!(text.contains(weigh.name()), "{name} says which");
        }
    }
}

#[test]
fn differentials_and_their_p_values_follow_the_weighing() {
    // In both groups one person in ten fails always; in B, one who never fails owns nearly all
    // pairs, in A one who always fails does.
    let mut records = Records::new(&["group"]);
    for group in ["A", "B"] {
        for i in 0..60 {
            let name = format!("{group}{i}");
            let fails = i % 10 == 0;
            let owner = if group == "A" { i == 0 } else { i == 1 };
            for _ in 0..if owner { 2000 } else { 1 } {
                let score = if fails { 0.1 } else { 0.9 };
                records.push(Row::new(&name, &name, score).labels(&[group], &[group]));
            }
        }
    }
    let of = |weigh| {
        let report = run(&records, &at(weigh, 0.5));
        report.operating_points[0].attributes["group"].clone()
    };
    let people = of(Weigh::People);
    assert_eq!(measured(&people.groups["A"].rates.fnmr).rate, 0.1);
    let gap = people.differentials.fnmr.max_minus_min.as_ref().unwrap();
    assert_eq!((gap.value, gap.p_value), (0.0, 1.0));
    assert!(people.sentence.contains("equally frequent"), "{}", people.sentence);
    let comparisons = of(Weigh::Comparisons);
    assert!(comparisons.differentials.fnmr.max_minus_min.as_ref().unwrap().value > 0.9);

    // A difference between people is found though hardly any of the comparisons shows it.
    let mut records = Records::new(&["group"]);
    for group in ["A", "B"] {
        for i in 0..80 {
            let name = format!("{group}{i}");
            let (errors, trials) = match (group, i) {
                (_, 0) => (0, 20_000),
                ("A", _) => (usize::from(i % 20 == 1), 1),
                _ => (usize::from(i % 3 == 1), 1),
            };
            for k in 0..trials {
                let score = if k < errors { 0.1 } else { 0.9 };
                records.push(Row::new(&name, &name, score).labels(&[group], &[group]));
            }
        }
    }
    let report = run(&records, &at(Weigh::People, 0.5));
    let of = &report.operating_points[0].attributes["group"];
    assert!(of.differentials.fnmr.max_over_geomean.as_ref().unwrap().p_value < 0.01);
    assert_eq!(of.differentials.fnmr.worst_group.as_deref(), Some("B"));
}

#[test]
fn what_is_needed_is_people() {
    let mut records = Records::new(&[]);
    for i in 0..200 {
        let name = format!("p{i}");
        pair(&mut records, (&name, &name), if i < 8 { 5 } else { 0 }, 5);
    }
    let rules = "name = \"mine\"\ntitle = \"t\"\nsource = \"s\"\n[[rule]]\nid = \"fnmr\"\n\
                 title = \"t\"\nmeasure = \"fnmr\"\nscope = \"overall\"\nlimit = 0.05\n";
    let rules = vec![evenmatch_audit::RulePack::parse(rules, "mine.toml").unwrap()];
    let report = run(&records, &AuditSettings { rules, ..at(Weigh::People, 0.5) });
    let needed = report.operating_points[0].rules[0].needed.clone().unwrap();
    let (trials, subjects) = (needed.trials.unwrap(), needed.subjects.unwrap());
    assert!(trials.abs_diff(5 * subjects) <= 5, "{trials} comparisons of {subjects} people");
    assert!(needed.sentence.contains("more people with mated pairs"), "{}", needed.sentence);
}

#[test]
fn exact_intervals_are_on_people() {
    let settings = AuditSettings { interval: IntervalMethod::Exact, ..at(Weigh::People, 0.5) };
    let report = run(&dominated(), &settings);
    let fnmr = measured(&report.operating_points[0].overall.fnmr);
    let high = beta_quantile(0.975, 4.2 + 1.0, 41.0 - 4.2);
    assert!((fnmr.high - high).abs() < 1e-6);
    assert_eq!(fnmr.method, "Clopper–Pearson, independent people");
}

#[test]
fn a_target_is_carried_by_pairs_of_people() {
    // 78 people have 3,003 pairs; 77 have 2,926.
    assert_eq!(carried(&[1e-3], 3003).0, [1e-3]);
    assert_eq!(carried(&[1e-3], 2926).1, [1e-3]);
}
