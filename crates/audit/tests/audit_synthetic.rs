//! A synthetic score model with known true rates, audited end to end, and the snapshot of one
//! small report.
//!
//! The model: a comparison's score is normal with standard deviation 1 and its own mean for mated
//! and non-mated pairs of each group; half of the mated variance is personal, and non-mated scores
//! have a part from each person. The true rates at the threshold t are `FMR_g = Φ(μ_nonmated,g −
//! t)` and `FNMR_g = Φ(t − μ_mated,g)`.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use crate::support::{Random, Records, Row};
use evenmatch_audit::{
    AuditReport, AuditSettings, RateCell, RulePack, Thresholds, audit, compare_audits,
    records::{FailureStage, PadOutcome},
};
use statrs::distribution::{ContinuousCDF, Normal};

const THRESHOLD: f64 = 2.0;
/// Group, means of non-mated and mated scores, probability that no face is found.
const GROUPS: [(&str, f64, f64, f64); 3] =
    [("A", -0.4, 4.3, 0.01), ("B", 0.0, 4.0, 0.02), ("C", 0.2, 3.7, 0.06)];

fn phi(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

fn synthetic(seed: u64, people: usize) -> Records {
    let mut random = Random::new(seed);
    let mut records = Records::new(&["group", "sex"]);
    for (group, nonmated, mated, lost) in GROUPS {
        let own: Vec<(f64, f64, &str)> =
            (0..people).map(|i| (random.normal(), random.normal(), ["F", "M"][i % 2])).collect();
        let name = |i: usize| format!("{group}{i:05}");
        for i in 0..people {
            for _ in 0..4 {
                let score = mated + 0.5_f64.sqrt() * (own[i].0 + random.normal());
                let row = Row::new(&name(i), &name(i), (score * 1e4).round() / 1e4);
                let row = row.labels(&[group, own[i].2], &[group, own[i].2]);
                let found = random.unit() >= lost;
                records.push(if found {
                    row
                } else {
                    row.failed("detect:no_face", FailureStage::Detect)
                });
            }
            for _ in 0..10 {
                let j = (i + 1 + random.below(people - 1)) % people;
                let personal = 0.1_f64.sqrt() * (own[i].1 + own[j].1);
                let score = nonmated + personal + 0.8_f64.sqrt() * random.normal();
                let row = Row::new(&name(i), &name(j), (score * 1e4).round() / 1e4);
                records.push(row.labels(&[group, own[i].2], &[group, own[j].2]));
            }
        }
    }
    records
}

fn run(records: &Records, rules: &[&str]) -> AuditReport {
    run_by(records, rules, &["group", "group×sex"])
}

fn run_by(records: &Records, rules: &[&str], by: &[&str]) -> AuditReport {
    let settings = AuditSettings {
        thresholds: Thresholds::Given(THRESHOLD),
        rules: rules.iter().map(|name| RulePack::find(name).unwrap()).collect(),
        by: by.iter().map(|by| (*by).to_owned()).collect(),
        ..AuditSettings::default()
    };
    audit(&mut records.clone(), &settings, &mut |_| {}).unwrap()
}

fn holds(cell: &RateCell, truth: f64) -> bool {
    let RateCell::Measured(rate) = cell else { panic!("too few trials") };
    rate.low <= truth && truth <= rate.high
}

#[test]
fn intervals_hold_the_known_rates() {
    // Twelve seeds, three groups, three rates: 108 intervals of 95 % should nearly all hold.
    let (mut held, mut all) = (0, 0);
    for seed in 0..12 {
        let report = run_by(&synthetic(seed, 500), &[], &["group"]);
        for (group, nonmated, mated, lost) in GROUPS {
            let rates = &report.operating_points[0].attributes["group"].groups[group].rates;
            let fnmr = phi(THRESHOLD - mated);
            let truths = [
                (&rates.fmr, phi(nonmated - THRESHOLD)),
                (&rates.fnmr, fnmr),
                (&rates.frr, lost + (1.0 - lost) * fnmr),
            ];
            for (cell, truth) in truths {
                all += 1;
                held += usize::from(holds(cell, truth));
            }
        }
    }
    assert!(held >= all * 90 / 100, "{held} of {all} intervals hold the truth");
    assert!(held < all, "intervals that always hold are too wide");
}

#[test]
fn the_worst_groups_and_the_stage_of_the_gap_are_found() {
    let report = run(&synthetic(3, 500), &["sp800-63a4"]);
    let group = &report.operating_points[0].attributes["group"];
    assert_eq!(group.differentials.fmr.worst_group.as_deref(), Some("C"));
    assert_eq!(group.differentials.fnmr.worst_group.as_deref(), Some("C"));
    assert!(group.differentials.fmr.gini.as_ref().unwrap().p_holm < 0.05);
    let detect = |name: &str| {
        let funnel = &group.groups[name].funnel;
        let stage = funnel.stages.iter().find(|stage| stage.stage == "detect").unwrap();
        let RateCell::Measured(lost) = &stage.lost else { panic!("too few") };
        lost.rate
    };
    assert!(detect("C") > 2.0 * detect("A"));
    let overall = &report.operating_points[0].overall;
    let p = |cell: &RateCell| match cell {
        RateCell::Measured(rate) => rate.rate,
        RateCell::Insufficient { .. } => panic!("too few"),
    };
    // FRR calculated directly over mated transactions: failures and false non-matches, nothing
    // else.
    let RateCell::Measured(frr) = &overall.frr else { panic!("too few") };
    let RateCell::Measured(fnmr) = &overall.fnmr else { panic!("too few") };
    let failed = report.data.failures["detect:no_face"];
    assert_eq!(frr.errors, failed + fnmr.errors);
    assert_eq!(frr.trials, failed + fnmr.trials);
    assert!(p(&overall.far) <= p(&overall.fmr));
}

#[test]
fn equal_groups_are_not_called_different() {
    // One model under three random labels: p-values below 0.05 stay rare.
    let mut small = 0;
    for seed in 0..20 {
        let mut records = synthetic(100 + seed, 200);
        records.rows.retain(|row| row.probe.starts_with('B'));
        let label = |name: &str| {
            let number: usize = name[1..].parse().unwrap();
            ["X", "Y", "Z"][number % 3]
        };
        for row in &mut records.rows {
            row.probe_labels = vec![label(&row.probe).into(), "F".into()];
            row.reference_labels = vec![label(&row.reference).into(), "F".into()];
        }
        let report = run_by(&records, &[], &["group"]);
        let d = &report.operating_points[0].attributes["group"].differentials;
        for test in [&d.fmr.gini, &d.fnmr.gini] {
            small += usize::from(test.as_ref().is_some_and(|t| t.p_value < 0.05));
        }
    }
    assert!(small <= 7, "{small} of 40 tests at 5 %");
}

#[test]
fn attacks_are_counted_by_species() {
    let mut records = synthetic(5, 60);
    for (species, passes, accepted) in [("print", 3, 2), ("mask", 9, 5)] {
        for i in 0..40 {
            let mut row = Row::new("A00001", "A00002", if i < accepted { 3.0 } else { 0.0 });
            row.species = Some(species);
            row.pad = if i < passes { PadOutcome::Pass } else { PadOutcome::Fail };
            row.pad_score = if i < passes { 0.9 } else { 0.1 };
            records.push(row.labels(&["A", "M"], &["A", "F"]));
        }
    }
    for row in records.rows.iter_mut().filter(|r| r.species.is_none() && r.probe == r.reference) {
        row.pad = PadOutcome::Pass;
        row.pad_score = 0.8;
    }
    let report = run(&records, &["sp800-63b4"]);
    let pad = report.pad.unwrap();
    let counts = |cell: &RateCell| match cell {
        RateCell::Measured(rate) => (rate.errors, rate.trials),
        RateCell::Insufficient { .. } => panic!("too few"),
    };
    assert_eq!(pad.worst_species.as_deref(), Some("mask"));
    assert_eq!(counts(&pad.species["mask"].apcer), (9, 40));
    assert_eq!(counts(&pad.bpcer).0, 0);
    assert_eq!(counts(&pad.end_to_end[0].iapar["mask"]), (5, 40));
    let frr = match &report.operating_points[0].overall.frr {
        RateCell::Measured(rate) => rate.rate,
        RateCell::Insufficient { .. } => panic!("too few"),
    };
    assert!((pad.end_to_end[0].riapar.unwrap() - (5.0 / 40.0 + frr)).abs() < 1e-12);
    assert_eq!(pad.at_bpcer.len(), 2);
    assert_eq!(pad.at_bpcer[0].threshold, 0.8);
    assert_eq!(counts(&pad.at_bpcer[0].apcer["print"]), (3, 40));
    // Attack rows are not comparisons of people.
    assert_eq!(report.data.nonmated, 3 * 60 * 10);
}

#[test]
fn comparing_a_report_with_a_worse_one_says_what_rose() {
    let before = run(&synthetic(7, 300), &["sp800-63a4"]);
    let mut worse = synthetic(8, 300);
    for row in worse.rows.iter_mut().filter(|r| r.probe.starts_with('A') && r.probe == r.reference)
    {
        row.score = row.score.map(|score| score - 1.0);
    }
    let change = compare_audits(&before, &run(&worse, &["sp800-63a4"]));
    assert!(!change.same_inputs);
    let rose: Vec<&str> = change
        .changes
        .iter()
        .filter(|c| c.direction == evenmatch_audit::Direction::Rose && c.measure == "fnmr")
        .filter_map(|c| c.group.as_deref())
        .collect();
    assert!(rose.contains(&"A") && !rose.contains(&"B"), "{rose:?}");
    assert!(compare_audits(&before, &before).verdicts.is_empty());
}

/// `EVENMATCH_BLESS=1 cargo test -p evenmatch-audit audit_synthetic::` rewrites the snapshot.
#[test]
fn a_small_report_stays_as_it_was() {
    let mut report = run_by(&synthetic(11, 40), &["sp800-63a4"], &["group"]);
    report.software.version = "0.0.0".into();
    let text = serde_json::to_string(&report).unwrap().replace("},", "},\n") + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/audit_small_report.json");
    if std::env::var_os("EVENMATCH_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let kept: AuditReport = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(kept, report, "set EVENMATCH_BLESS=1 after checking that the change is wanted");
}
