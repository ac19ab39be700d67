//! Presentation attack detection in an audit: the rates of ISO/IEC 30107-3 against values
//! calculated by hand, from a record file to the four files of a report.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::fmt::Write as _;

use evenmatch_audit::{
    AuditReport, AuditSettings, BasisKind, MeasuredRate, RateCell, RulePack, Thresholds, audit,
    export::{FILES, write_report},
    records::{ReadOptions, RecordFile},
};

const HEADER: &str = "probe_id,reference_id,probe_subject,reference_subject,mated,score,failure,\
                      attack_species,pad_outcome,pad_score,probe_race,reference_race\n";

/// One hundred people of two groups, once each, and sixty attacks on others.
///
/// | Who | judged | pass | fail | no answer | not matched at 0.5 |
/// |---|--:|--:|--:|--:|--:|
/// | A | 50 | 47 | 2 | 1, no face found | 0 |
/// | B | 50 | 41 | 6 | 3 | 5 of those that passed |
/// | print | 40 | 3 | 35 | 2 | 1 of those that passed |
/// | sim_screen | 20 | 1 | 19 | 0 | all |
fn records() -> String {
    let mut text = HEADER.to_owned();
    for (race, failed, silent) in [("A", 2, 1), ("B", 6, 3)] {
        for i in 0..50 {
            let (outcome, pad_score) = match i {
                i if i < failed => ("fail", "0.1"),
                i if i < failed + silent => ("inconclusive", "0.5"),
                _ => ("pass", "0.9"),
            };
            let (score, failure) = match (race, outcome) {
                ("A", "inconclusive") => ("", "detect:no_face_found"),
                ("B", "pass") if i >= 45 => ("0.2", ""),
                _ => ("0.9", ""),
            };
            let s = format!("{race}{i}");
            writeln!(
                text,
                "p{s},r{s},{s},{s},1,{score},{failure},,{outcome},{pad_score},{race},{race}"
            )
            .unwrap();
        }
    }
    let attacks = [("print", 40, 3, 2), ("sim_screen", 20, 1, 0)];
    for (species, all, passed, silent) in attacks {
        for i in 0..all {
            let (outcome, pad_score) = match i {
                i if i < passed => ("pass", "0.95"),
                i if i < passed + silent => ("inconclusive", "0.95"),
                _ => ("fail", "0.2"),
            };
            let score = if species == "print" && i != 0 { "0.8" } else { "0.1" };
            let s = format!("{species}{i}");
            writeln!(text, "p{s},r{s},{s},{s},,{score},,{species},{outcome},{pad_score},A,A")
                .unwrap();
        }
    }
    text
}

fn run(text: &str, settings: &AuditSettings) -> evenmatch_core::Result<AuditReport> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.csv");
    std::fs::write(&path, text).unwrap();
    audit(&mut RecordFile::open(&path, &ReadOptions::default())?, settings, &mut |_| {})
}

fn at_half() -> AuditSettings {
    AuditSettings { thresholds: Thresholds::Given(0.5), ..AuditSettings::default() }
}

fn measured(cell: &RateCell) -> &MeasuredRate {
    match cell {
        RateCell::Measured(rate) => rate,
        RateCell::Insufficient { .. } => panic!("too few: {cell:?}"),
    }
}

/// Errors, trials, and the Clopper–Pearson bounds calculated with SciPy's beta quantiles.
fn expect(cell: &RateCell, errors: u64, trials: u64, bounds: Option<(f64, f64)>) {
    let rate = measured(cell);
    assert_eq!((rate.errors, rate.trials), (errors, trials));
    if let Some((low, high)) = bounds {
        assert!((rate.low - low).abs() < 1e-6 && (rate.high - high).abs() < 1e-6, "{rate:?}");
        assert_eq!(rate.method, "Clopper–Pearson, independent trials");
    }
}

#[test]
fn rates_are_those_worked_out_by_hand() {
    let report = run(&records(), &at_half()).unwrap();
    let pad = report.pad.as_ref().unwrap();
    expect(&pad.species["print"].apcer, 3, 38, Some((0.016_586_5, 0.213_773_3)));
    expect(&pad.species["print"].non_response, 2, 40, Some((0.006_113_6, 0.169_196_9)));
    expect(&pad.species["sim_screen"].apcer, 1, 20, Some((0.001_265_1, 0.248_732_8)));
    assert_eq!(pad.worst_species.as_deref(), Some("print"));
    assert!(pad.species["sim_screen"].simulated && !pad.species["print"].simulated);
    assert!(pad.notice.as_ref().unwrap().contains("sim_screen are simulated"));
    expect(&pad.bpcer, 8, 96, Some((0.036_665_5, 0.157_610_8)));
    expect(&pad.bona_fide_non_response, 4, 100, Some((0.011_004_5, 0.099_257_2)));
    let away = pad.bona_fide_turned_away.as_ref().unwrap();
    expect(away, 12, 100, Some((0.063_568_9, 0.200_235_7)));

    let by_race = &pad.bpcer_by_group["race"];
    expect(&by_race["A"], 2, 49, Some((0.004_981_8, 0.139_787_2)));
    expect(&by_race["B"], 6, 47, Some((0.048_322_2, 0.257_414_2)));
    let groups = &pad.groups["race"];
    expect(&groups["A"].non_response, 1, 50, None);
    expect(&groups["B"].turned_away, 9, 50, None);
    // All attacks show people of A.
    expect(&groups["A"].attack_non_response, 2, 60, None);
    assert!(matches!(groups["B"].attack_non_response, RateCell::Insufficient { .. }));
}

#[test]
fn a_group_is_compared_with_everyone_whom_it_is_part_of() {
    let report = run(&records(), &at_half()).unwrap();
    let pad = report.pad.unwrap();
    let ratio = pad.groups["race"]["B"].bpcer_over_overall.unwrap();
    let (part, all) = (6.0 / 47.0, 8.0 / 96.0);
    assert!((ratio.value - part / all).abs() < 1e-12);
    // The delta method for a part of 47 in a whole of 96, each presentation of its own person:
    // V = [p₁q₁/n₁ + r²·pq/n − 2r·p₁q₁/n] / p².
    let (n1, n) = (47.0, 96.0);
    let (v1, v) = (part * (1.0 - part), all * (1.0 - all));
    let r = ratio.value;
    let error = (v1 / n1 + r * r * v / n - 2.0 * r * v1 / n).sqrt() / all;
    let reach = ratio.high.unwrap() - ratio.value;
    assert!((reach / (1.959_964 * error) - 1.0).abs() < 1e-6, "{reach} {error}");
    assert!(ratio.low.unwrap() < ratio.value);
}

#[test]
fn end_to_end_counts_every_reason_of_rejection() {
    let report = run(&records(), &at_half()).unwrap();
    let pad = report.pad.unwrap();
    let end = &pad.end_to_end[0];
    expect(&end.iapar["print"], 2, 40, Some((0.006_113_6, 0.169_196_9)));
    expect(&end.iapar["sim_screen"], 0, 20, None);
    assert_eq!(end.worst_species.as_deref(), Some("print"));
    // Eight taken for attacks, four without an answer, five that did not match.
    expect(end.frr.as_ref().unwrap(), 17, 100, Some((0.102_264_9, 0.258_175_4)));
    expect(&end.frr_by_group["race"]["A"], 3, 50, None);
    expect(&end.frr_by_group["race"]["B"], 14, 50, None);
    assert!((end.riapar.unwrap() - 0.22).abs() < 1e-12);
    let sum = end.riapar_interval.unwrap();
    let high = 0.22 + (0.169_196_9_f64 - 0.05).hypot(0.258_175_4 - 0.17);
    assert!((sum.high.unwrap() - high).abs() < 1e-5);
    // The FRR of the operating point counts one failure and five that did not match.
    expect(&report.operating_points[0].overall.frr, 6, 100, None);
}

#[test]
fn fixed_bpcer_and_curves_leave_out_what_got_no_answer() {
    let pad = run(&records(), &at_half()).unwrap().pad.unwrap();
    let [ten, one] = pad.at_bpcer.as_slice() else { panic!("two points") };
    assert_eq!((ten.target_bpcer, ten.threshold), (0.10, 0.9));
    expect(&ten.bpcer, 8, 96, None);
    expect(&ten.apcer["print"], 3, 38, None);
    expect(&ten.apcer["sim_screen"], 1, 20, None);
    assert_eq!(ten.worst_species.as_deref(), Some("print"));
    expect(&ten.groups["race"]["B"].bpcer, 6, 47, None);
    assert!(ten.groups["race"]["B"].over_overall.is_some());
    // One error in a hundred allows none of 96: the lowest bona fide score.
    assert_eq!((one.target_bpcer, one.threshold), (0.01, 0.1));
    expect(&one.bpcer, 0, 96, None);
    expect(&one.apcer["print"], 38, 38, None);
    let curve: Vec<(f64, f64, f64)> =
        pad.species["print"].curve.iter().map(|p| (p.threshold, p.apcer, p.bpcer)).collect();
    let (a, b) = (1.0 - 35.0 / 38.0, 8.0 / 96.0);
    assert_eq!(curve, [(0.1, 1.0, 0.0), (0.2, 1.0, b), (0.9, a, b), (0.95, a, 1.0)]);
}

#[test]
fn presentations_of_one_person_are_no_independent_trials() {
    // Twenty people with five presentations each, all five always with the same result.
    let of = |fail: usize, subjects: bool| {
        let mut text = HEADER.to_owned();
        for person in 0..20 {
            for i in 0..5 {
                let outcome = if person < fail { "fail" } else { "pass" };
                let name = if subjects { format!("s{person}") } else { String::new() };
                writeln!(text, "p{person}-{i},,{name},,,,,,{outcome},,A,").unwrap();
            }
        }
        run(&text, &AuditSettings::default()).unwrap().pad.unwrap()
    };
    let none = of(0, true);
    let rate = measured(&none.bpcer);
    assert_eq!((rate.errors, rate.trials), (0, 100));
    assert!((rate.high - (1.0 - 0.05_f64.powf(1.0 / 20.0))).abs() < 1e-9, "{rate:?}");
    let some = of(4, true);
    let rate = measured(&some.bpcer);
    assert!((15.0..=20.5).contains(&rate.n_eff), "{rate:?}");
    assert!(rate.method.starts_with("Clopper–Pearson, clustered by person"));
    // Rows that do not name anyone are treated as independent.
    let anonymous = of(0, false);
    let rate = measured(&anonymous.bpcer);
    assert!((rate.high - (1.0 - 0.05_f64.powf(1.0 / 100.0))).abs() < 1e-9, "{rate:?}");
}

#[test]
fn attacks_on_nobody_are_no_transactions() {
    let text = format!(
        "{HEADER}p1,,,,,,detect:no_face_found,print,inconclusive,,,\n\
         p2,,,,,,,print,pass,,,\n\
         p3,r3,s3,s3,,0.9,,print,pass,,A,A\n\
         p4,r4,s4,s4,,,detect:no_face_found,print,inconclusive,,A,A\n"
    );
    let report = run(&text, &at_half()).unwrap();
    let pad = report.pad.unwrap();
    expect(&pad.species["print"].apcer, 2, 2, None);
    expect(&pad.species["print"].non_response, 2, 4, None);
    expect(&pad.end_to_end[0].iapar["print"], 1, 2, None);
    assert_eq!(report.data.subjects, 2);
    assert_eq!(pad.end_to_end[0].riapar, None, "no rightful attempt, so no FRR");
}

#[test]
fn a_species_without_any_answer_is_named() {
    let text = format!("{HEADER}p1,,,,,,,print,inconclusive,,,\np2,,,,,,,,pass,,,\n");
    let report = run(&text, &AuditSettings::default()).unwrap();
    let pad = report.pad.unwrap();
    assert!(matches!(pad.species["print"].apcer, RateCell::Insufficient { .. }));
    expect(&pad.species["print"].non_response, 1, 1, None);
    assert_eq!(pad.worst_species, None);
    assert!(report.answers[0].sentence.contains("No attack of the species `print` got an answer"));
}

/// Outcomes and scores of a detector only: nobody named, nothing compared.
fn pad_only() -> String {
    let mut text = "probe_id,reference_id,attack_species,pad_outcome,pad_score\n".to_owned();
    for i in 0..60 {
        let (species, outcome, score) = match i % 3 {
            0 => ("", if i == 0 { "fail" } else { "pass" }, 0.9 - 0.01 * f64::from(i)),
            1 => ("<b>mask", "fail", 0.2 + 0.005 * f64::from(i)),
            _ => ("sim_print", "pass", 0.3 + 0.01 * f64::from(i)),
        };
        writeln!(text, "p{i},,{species},{outcome},{score}").unwrap();
    }
    text
}

#[test]
fn records_of_a_detector_alone_can_be_audited() {
    let report = run(&pad_only(), &AuditSettings::default()).unwrap();
    assert!(report.operating_points.is_empty());
    assert_eq!(report.threshold_basis.kind, BasisKind::NoScores);
    let pad = report.pad.as_ref().unwrap();
    expect(&pad.bpcer, 1, 20, None);
    assert_eq!(pad.worst_species.as_deref(), Some("sim_print"));
    assert!(pad.end_to_end.is_empty());
    assert!(report.answers[0].sentence.contains("simulated attacks of the species `sim_print`"));
    // Without a threshold a rule has nothing to check, and must not pass silently.
    let rules = vec![RulePack::find("sp800-63a4").unwrap()];
    let error = run(&pad_only(), &AuditSettings { rules, ..AuditSettings::default() }).unwrap_err();
    assert!(error.next_step().unwrap().contains("--threshold"), "{error}");
}

#[test]
fn the_order_of_records_changes_nothing() {
    let text = records();
    let mut rows: Vec<&str> = text.lines().skip(1).collect();
    let before = run(&text, &at_half()).unwrap();
    rows.reverse();
    let after = run(&format!("{HEADER}{}\n", rows.join("\n")), &at_half()).unwrap();
    assert_eq!(before.pad, after.pad);
}

fn render(report: &AuditReport, name: &str) -> String {
    let (_, exporter) = FILES.iter().find(|(file, _)| *file == name).unwrap();
    let mut bytes = Vec::new();
    exporter.export(report, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_file_has_the_section() {
    let report = run(&records(), &at_half()).unwrap();
    let html = render(&report, "report.html");
    for part in [
        "<h2 id=\"attacks\">Presentation attacks</h2>",
        "sim_screen (simulated)",
        "DET curves by species of attack",
        "live people refused (BPCER)",
        "Attacks at fixed BPCER",
        "Live people refused at fixed BPCER",
        "Rightful attempts rejected, race: B",
        "they certify nothing",
    ] {
        assert!(html.contains(part), "{part}");
    }
    let json: serde_json::Value = serde_json::from_str(&render(&report, "report.json")).unwrap();
    assert_eq!(json["pad"]["species"]["print"]["curve"][2]["threshold"], 0.9);
    assert_eq!(json["pad"]["end_to_end"][0]["frr"]["errors"], 17);
    assert_eq!(serde_json::from_value::<AuditReport>(json).unwrap(), report);
    let summary = render(&report, "summary.md");
    assert!(summary.contains("## Presentation attacks"), "{summary}");
    assert!(summary.contains("| print | 3/38 = 7.89 % [1.66, 21.38] | 2/40"), "{summary}");
    assert!(summary.contains("sim\\_screen (simulated)"), "{summary}");
    let csv = render(&report, "rates.csv");
    for row in [
        ",,attack_species,print,,apcer,3,38,",
        ",,overall,,,turned_away,12,100,",
        ",,race,B,,bpcer,6,47,",
        ",0.9,attack_species,print,,apcer_at_bpcer_0.1,3,38,",
        ",0.5,attack_species,print,,iapar,2,40,",
        ",0.5,overall,,,frr_with_pad,17,100,",
        ",0.5,overall,,,riapar,,,0.22",
    ] {
        assert!(csv.lines().any(|line| line.starts_with(row)), "{row}\n{csv}");
    }
}

#[test]
fn a_page_of_a_detector_alone_has_no_empty_sections_and_is_inert() {
    let report = run(&pad_only(), &AuditSettings::default()).unwrap();
    let html = render(&report, "report.html");
    assert!(html.contains("60 presentations"), "names what the rows are");
    assert!(html.contains("&lt;b&gt;mask") && !html.contains("<b>mask"));
    assert!(!html.contains("Error rates by group"));
    let folder = tempfile::tempdir().unwrap();
    write_report(&report, folder.path()).unwrap();
}
