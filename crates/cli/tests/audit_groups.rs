//! Columns that do not form groups, groups by the thousand, and what is said about groups without a
//! clear difference: an audit ends in bounded time, memory and bytes, and says something.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::fmt::Write as _;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use evenmatch_audit::{
    AuditReport, AuditSettings, LabelledSample, SampleSet, Thresholds, audit, audit_samples,
    export::FILES,
    records::{ReadOptions, RecordFile},
};
use evenmatch_core::ErrorKind;
use evenmatch_testkit::{Need, Random, skip};

const HEADER: &str = "probe_id,reference_id,probe_subject,reference_subject,mated,score,\
                      probe_race,reference_race,probe_label,reference_label\n";

/// Rows of 6,000 people in two groups, with a label that `label` makes from the person's number.
fn rows(rows: usize, label: impl Fn(usize, usize) -> String) -> String {
    const PEOPLE: usize = 6_000;
    let mut random = Random::new(11);
    let mut text = HEADER.to_owned();
    for row in 0..rows {
        // Everyone, in an order without a pattern; every second row is mated.
        let a = row / 2 * 7_919 % PEOPLE;
        // The others are in the same group, and have the same label if labels repeat every 3,000.
        let b = if row % 2 == 0 { a } else { (a + PEOPLE / 2) % PEOPLE };
        let mean = if a == b { 0.7 } else { 0.2 };
        let score = mean + 0.12 * random.normal();
        let race = |person: usize| ["Green", "Blue"][person % 2];
        let (x, y) = (label(a, row), label(b, row));
        let _ = writeln!(
            text,
            "p{row},r{row},s{a},s{b},{},{score:.4},{},{},{x},{y}",
            u8::from(a == b),
            race(a),
            race(b)
        );
    }
    text
}

struct Bench(tempfile::TempDir);

impl Bench {
    fn new(records: &str) -> Self {
        let bench = Bench(tempfile::tempdir().unwrap());
        std::fs::write(bench.0.path().join("records.csv"), records).unwrap();
        bench
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// The command on the records, in an address space of at most this many MiB.
    fn audit(&self, mib: u64, more: &[&str]) -> Output {
        let limit = format!("ulimit -v {} && exec \"$@\"", mib * 1024);
        let (records, out) = (self.path("records.csv"), self.path("out"));
        Command::new("sh")
            .args(["-c", &limit, "sh", env!("CARGO_BIN_EXE_evenmatch"), "audit", "--records"])
            .args([records.as_os_str(), "--out".as_ref(), out.as_os_str()])
            .args(["--threshold", "0.45", "--jobs", "2"])
            .args(more)
            .output()
            .unwrap()
    }

    fn report(&self) -> serde_json::Value {
        let text = std::fs::read_to_string(self.path("out/report.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn bytes(&self, name: &str) -> u64 {
        self.path("out").join(name).metadata().unwrap().len()
    }

    /// The audit in this process, with the time it takes.
    fn here(&self, by: &[&str]) -> (evenmatch_core::Result<AuditReport>, Duration) {
        let options = ReadOptions::default();
        let mut source = RecordFile::open(&self.path("records.csv"), &options).unwrap();
        let settings = AuditSettings {
            by: by.iter().map(|by| (*by).to_owned()).collect(),
            thresholds: Thresholds::Given(0.45),
            ..AuditSettings::default()
        };
        let begun = Instant::now();
        let report = audit(&mut source, &settings, &mut |_| {});
        (report, begun.elapsed())
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The kinds of columns that tools write beside groups.
fn no_groups() -> Vec<(&'static str, String)> {
    let date = |person: usize| {
        format!("19{:02}-{:02}-{:02}", person % 90, person / 90 % 12 + 1, person / 1080 % 28 + 1)
    };
    vec![
        ("a date of birth", rows(20_000, |person, _| date(person))),
        ("a name", rows(4_000, |person, _| format!("name {person}"))),
        ("a file of each row", rows(20_000, |_, row| format!("img_{row}.jpg"))),
        ("a measured number", rows(4_000, |_, row| format!("{:.5}", row as f64 / 7.0))),
        ("8,000 values", rows(20_000, |_, row| format!("v{}", row % 8_000))),
        ("a file of each of 30,000 rows", rows(30_000, |_, row| format!("img_{row}.jpg"))),
        ("101 values", rows(4_000, |person, _| format!("v{}", person % 101))),
        ("few rows, all different", rows(24, |_, row| format!("t{row}"))),
    ]
}

#[test]
fn a_column_that_is_no_group_is_left_out_with_a_warning_and_changes_nothing() {
    for (kind, text) in no_groups() {
        let bench = Bench::new(&text);
        let done = bench.audit(3_000, &[]);
        let said = stderr(&done);
        assert_eq!(done.status.code(), Some(0), "{kind}: {said}");
        let warning = said.lines().find(|line| line.contains("`label`")).unwrap_or_default();
        for part in ["left out", "different values", "--by"] {
            assert!(warning.contains(part), "{kind}: {said}");
        }
        let report = bench.report();
        let codes = report["warnings"].as_array().unwrap().iter().map(|w| &w["code"]);
        assert!(codes.into_iter().any(|code| code == "attribute_left_out"), "{kind}");
        let attributes = report["operating_points"][0]["attributes"].as_object().unwrap();
        assert_eq!(attributes.keys().collect::<Vec<_>>(), ["race"], "{kind}");
        assert!(bench.bytes("report.html") < 1 << 20, "{kind}");
        // The same numbers as without the column.
        let (with, without) = (report["operating_points"].clone(), {
            assert_eq!(bench.audit(3_000, &["--by", "race"]).status.code(), Some(0));
            bench.report()["operating_points"].clone()
        });
        assert_eq!(with, without, "{kind}");
    }
}

#[test]
fn a_column_of_groups_stays() {
    for (people, values) in [(4_000, 100), (4_000, 9), (24, 2)] {
        let text = rows(people, |person, _| format!("g{}", person % values));
        let (report, _) = Bench::new(&text).here(&[]);
        let report = report.unwrap();
        assert!(report.operating_points[0].attributes.contains_key("label"), "{values}");
        assert!(report.warnings.iter().all(|w| w.code != "attribute_left_out"), "{values}");
    }
}

#[test]
fn by_asks_for_such_a_column_within_bounds() {
    // Bounded: what the report has of 3,000 groups, in an address space of 3 GiB.
    let bench = Bench::new(&rows(20_000, |person, _| format!("v{}", person % 3_000)));
    let done = bench.audit(3_000, &["--by", "label,race"]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let report = bench.report();
    let label = &report["operating_points"][0]["attributes"]["label"];
    assert_eq!(label["groups"].as_object().unwrap().len(), 3_000);
    assert_eq!(label["cross_cohort"]["groups"].as_array().unwrap().len(), 0);
    let race = &report["operating_points"][0]["attributes"]["race"];
    assert_eq!(race["cross_cohort"]["groups"].as_array().unwrap().len(), 2);
    for (name, most) in
        [("report.html", 2 << 20), ("summary.md", 1 << 20), ("report.json", 64 << 20)]
    {
        assert!(bench.bytes(name) < most, "{name} has {} bytes", bench.bytes(name));
    }
    let page = std::fs::read_to_string(bench.path("out/report.html")).unwrap();
    assert!(page.contains("This page shows 40 of the 3000 groups of `label`"), "what is not shown");
    let rates = std::fs::read_to_string(bench.path("out/rates.csv")).unwrap();
    assert_eq!(
        rates.lines().filter(|line| line.contains(",label,") && line.contains(",fmr,")).count(),
        3_000
    );

    // Beyond the limit: an error that names the column, the number and the next step.
    for (by, values, many) in [
        ("label", 8_000, "8,000"),
        ("race*label", 8_000, " groups"),
        ("label", 20_001, "more than 20,000"),
        ("race*label", 20_001, "more than 5,000"),
    ] {
        let bench = Bench::new(&rows(24_000, |_, row| format!("v{}", row % values)));
        let done = bench.audit(3_000, &["--by", by]);
        let said = stderr(&done);
        assert_eq!(done.status.code(), Some(2), "{said}");
        for part in ["label`", many, "groups", "5,000"] {
            assert!(said.contains(part), "{by}: {said}");
        }
        assert!(!bench.path("out/report.json").exists());
    }
    // An intersection has the product of two numbers of groups, each within its limit.
    let bench = Bench::new(&rows(20_000, |person, _| format!("v{}", person % 3_000)));
    let (report, _) = bench.here(&["race*label"]);
    assert_eq!(report.unwrap().operating_points[0].attributes["race×label"].groups.len(), 3_000);
    let text = rows(20_000, |person, row| format!("v{}", (person + row) % 4_500));
    let error = Bench::new(&text).here(&["race*label"]).0.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.to_string().contains("`race×label` has "), "{error}");
    assert!(error.next_step().unwrap().contains("combine fewer attributes"), "{error}");
}

/// The same rows with 10 and with thousands of groups: work grows with rows and groups, not with
/// their product, nor with the square of either.
#[test]
fn thousands_of_groups_take_hardly_longer_than_ten() {
    let time = |groups: usize, least: u64| {
        // Both people of a pair have the same label, so that groups have comparisons.
        let bench = Bench::new(&rows(20_000, |person, _| format!("v{}", person % 3_000 % groups)));
        let mut source =
            RecordFile::open(&bench.path("records.csv"), &ReadOptions::default()).unwrap();
        let settings = AuditSettings {
            by: vec!["label".to_owned()],
            thresholds: Thresholds::Given(0.45),
            least_trials: least,
            ..AuditSettings::default()
        };
        let begun = Instant::now();
        let report = audit(&mut source, &settings, &mut |_| {}).unwrap();
        let mut bytes = 0;
        for (_, exporter) in FILES {
            let mut out = Vec::new();
            exporter.export(&report, &mut out).unwrap();
            bytes += out.len();
        }
        assert_eq!(report.operating_points[0].attributes["label"].groups.len(), groups);
        (begun.elapsed(), bytes)
    };
    // With a minimum of one trial per rate, all groups are compared and permuted; with 30, none is.
    for (groups, least, most) in [(3_000, 30, 6.0), (3_000, 1, 60.0), (600, 10, 20.0)] {
        let (few, _) = time(10, least);
        let (many, bytes) = time(groups, least);
        let ratio = many.as_secs_f64() / few.as_secs_f64().max(0.05);
        println!("10 groups {few:?}, {groups} groups {many:?} ({bytes} bytes): {ratio:.1} times");
        assert!(ratio < most, "{groups} groups take {ratio:.1} times as long: {many:?}");
        assert!(many < Duration::from_secs(120), "{many:?}");
    }
}

/// A manifest's set of `people` with two photos each; every label belongs to one person only.
fn set(people: usize, label: impl Fn(usize) -> String) -> SampleSet {
    let mut random = Random::new(3);
    let mut set = SampleSet {
        attributes: vec!["label".into(), "race".into()],
        dimension: 16,
        ..SampleSet::default()
    };
    for person in 0..people {
        let centre: Vec<f64> = (0..16).map(|_| random.normal()).collect();
        for _ in 0..2 {
            let raw: Vec<f64> = centre.iter().map(|x| x + 0.5 * random.normal()).collect();
            let norm = raw.iter().map(|x| x * x).sum::<f64>().sqrt();
            set.templates.extend(raw.iter().map(|x| (x / norm) as f32));
            set.samples.push(LabelledSample {
                subject: format!("s{person}"),
                values: vec![Some(label(person)), Some(["A", "B"][person % 2].to_owned())],
                failure: None,
                attempt: 1,
            });
        }
    }
    set
}

#[test]
fn manifests_leave_such_columns_out_too() {
    let settings = AuditSettings { thresholds: Thresholds::Given(0.8), ..AuditSettings::default() };
    for people in [300, 6_000] {
        let report = audit_samples(&set(people, |p| format!("n{p}")), &settings, &mut |_| {});
        let report = report.unwrap();
        let names: Vec<&String> = report.operating_points[0].attributes.keys().collect();
        assert_eq!(names, ["race"]);
        let warning = report.warnings.iter().find(|w| w.code == "attribute_left_out").unwrap();
        assert!(warning.message.contains("`label`"), "{}", warning.message);
    }
    let by = AuditSettings { by: vec!["label".to_owned()], ..settings.clone() };
    let report = audit_samples(&set(600, |p| format!("n{}", p / 2)), &by, &mut |_| {}).unwrap();
    let label = &report.operating_points[0].attributes["label"];
    assert_eq!((label.groups.len(), label.cross_cohort.groups.len()), (300, 0));
    // Four non-mated comparisons in each group of two people with two photos.
    assert_eq!(report.acquisition.unwrap().attributes["label"].len(), 300);
    let error = audit_samples(&set(6_000, |p| format!("n{p}")), &by, &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
}

#[test]
fn one_photo_is_told_what_a_manifest_needs_and_not_of_a_column_it_cannot_have() {
    let mut one = set(1, |_| "x".to_owned());
    one.samples.truncate(1);
    one.templates.truncate(16);
    let settings = AuditSettings { thresholds: Thresholds::Given(0.8), ..AuditSettings::default() };
    let error = audit_samples(&one, &settings, &mut |_| {}).unwrap_err();
    let said = format!("{error}: {}", error.next_step().unwrap());
    assert!(said.contains("one photo") && said.contains("two people"), "{said}");
    assert!(!said.contains("mated"), "{said}");
    // Two photos of one person make a mated pair but no threshold for a target rate.
    let two = set(1, |_| "x".to_owned());
    let error = audit_samples(&two, &AuditSettings::default(), &mut |_| {}).unwrap_err();
    let next = error.next_step().unwrap();
    assert!(next.contains("photos of more people") && !next.contains("pairs"), "{next}");
}

/// What must not appear anywhere, whatever the numbers are.
fn says_something(what: &str, text: &str) {
    for empty in ["1.00 times", "p = 1.000", "chance alone could explain", "not measured, must"] {
        assert!(!text.contains(empty), "{what} says {empty}");
    }
}

#[test]
fn reports_of_groups_that_do_not_differ_say_so_in_one_clause() {
    let single = rows(2_000, |_, _| "all".to_owned());
    let equal = rows(2_000, |person, _| ["x", "y"][person % 2].to_owned());
    let rare = rows(90, |person, _| ["x", "y"][person % 2].to_owned());
    for (kind, text, clause) in [
        ("one group", single, "everyone with a label is in the group all"),
        ("groups alike", equal, "show no clear difference between the 2 groups"),
        ("few rows", rare, "groups"),
    ] {
        let bench = Bench::new(&text);
        let done = bench.audit(3_000, &["--rules", "sp800-63a4"]);
        assert!(matches!(done.status.code(), Some(0 | 1 | 3)), "{}", stderr(&done));
        says_something(kind, &stderr(&done));
        for name in ["summary.md", "report.html", "report.json"] {
            let text = std::fs::read_to_string(bench.path("out").join(name)).unwrap();
            says_something(&format!("{name} of {kind}"), &text);
            assert!(text.contains(clause), "{name} of {kind} lacks: {clause}");
        }
    }
}

/// Opens a report in headless Chromium at three widths, if it is installed.
#[test]
fn no_table_is_cut_off_in_a_browser() {
    let bench =
        Bench::new(&rows(4_000, |person, _| format!("a group with a long name {}", person % 12)));
    assert_eq!(bench.audit(3_000, &["--by", "label,race,label*race"]).status.code(), Some(0));
    let script = evenmatch_testkit::workspace().join("scripts/check_report.py");
    let checked = Command::new("python3").arg(script).arg(bench.path("out/report.html")).output();
    let Ok(checked) = checked else {
        let _: Option<()> = skip(Need::Other, "there is no python3");
        return;
    };
    let said = String::from_utf8_lossy(&checked.stdout);
    println!("{said}");
    assert!(checked.status.success(), "{said}{}", stderr(&checked));
}
