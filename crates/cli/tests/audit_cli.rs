//! The commands `audit`, `plan` and `compare-audits`, from files to exit codes.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

fn evenmatch(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evenmatch")).args(arguments).output().unwrap()
}

const HEADER: &str = "probe_id,reference_id,probe_subject,reference_subject,mated,score,failure,\
                      probe_race,reference_race,probe_sex,reference_sex\n";

/// 400 people of two groups; B has five times as many false matches as A.
fn records() -> String {
    let mut text = HEADER.to_owned();
    for i in 0..400 {
        let race = ["A", "B"][i % 2];
        let sex = ["F", "M"][i / 2 % 2];
        for k in 0..5 {
            let j = (i + 2 * (k + 1)) % 400;
            let other = ["F", "M"][j / 2 % 2];
            let errs = if race == "B" { i % 20 == 1 } else { i % 100 == 0 };
            let score = if errs && k == 0 { "0.8" } else { "0.2" };
            let _ = writeln!(
                text,
                "p{i}_{k},r{j}_{k},p{i},p{j},0,{score},,{race},{race},{sex},{other}"
            );
        }
        let (score, failure) = match i % 40 {
            7 => ("", "detect:no_face"),
            9 => ("0.3", ""),
            _ => ("0.9", ""),
        };
        let _ =
            writeln!(text, "p{i}_9,q{i}_9,p{i},p{i},1,{score},{failure},{race},{race},{sex},{sex}");
    }
    text
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn report(out: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(Path::new(out).join("report.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn an_audit_writes_its_reports_and_its_exit_code_is_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "records.csv", &records());
    let out = folder.path().join("out").display().to_string();
    let base = ["audit", "--records", &file, "--out", &out, "--threshold", "0.5"];
    let done = evenmatch(&[&base[..], &["--by", "race,sex,race*sex"]].concat());
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(done.stdout.is_empty(), "standard output is for data");
    for name in ["report.html", "report.json", "rates.csv", "summary.md"] {
        assert!(Path::new(&out).join(name).metadata().unwrap().len() > 200, "{name}");
    }
    let first = report(&out);
    assert_eq!(first["schema"], "evenmatch.audit/1");
    let point = &first["operating_points"][0];
    assert_eq!(point["target_fmr"], serde_json::Value::Null);
    assert_eq!(point["threshold"], 0.5);
    assert_eq!(point["overall"]["fmr"]["errors"], 24);
    assert_eq!(point["overall"]["fmr"]["trials"], 2000);
    assert_eq!(point["overall"]["frr"]["errors"], 20);
    assert_eq!(point["overall"]["frr"]["trials"], 400);
    let race = &point["attributes"]["race"];
    assert_eq!(race["groups"]["B"]["fmr"]["errors"], 20);
    assert_eq!(race["differentials"]["fmr"]["max_over_min"]["value"], 5.0);
    assert!(race["differentials"]["fdr"].is_f64());
    assert!(point["attributes"]["race×sex"]["groups"]["A×F"]["fnmr"].is_object());

    let failed = evenmatch(&[&base[..], &["--rules", "sp800-63a4"]].concat());
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("FAIL"));
    let rules = report(&out)["operating_points"][0]["rules"].clone();
    assert!(rules.as_array().unwrap().iter().any(|rule| rule["verdict"] == "FAIL"));

    let pack = write(
        folder.path(),
        "mine.toml",
        "name = \"mine\"\ntitle = \"t\"\nsource = \"s\"\n[[rule]]\nid = \"fnmr\"\ntitle = \"t\"\n\
         measure = \"fnmr\"\nscope = \"overall\"\nlimit = 0.03\n",
    );
    let open = evenmatch(&[&base[..], &["--rules", &pack]].concat());
    assert_eq!(open.status.code(), Some(3));
    let needed = report(&out)["operating_points"][0]["rules"][0]["needed"].clone();
    assert!(needed["sentence"].is_string());
}

#[test]
fn equal_input_gives_equal_bytes_in_every_order_and_format() {
    let folder = tempfile::tempdir().unwrap();
    let text = records();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    let files = [
        write(folder.path(), "records.csv", &text),
        write(folder.path(), "turned.csv", &(lines.join("\n") + "\n")),
        write(folder.path(), "records.jsonl", &json_lines(&text)),
    ];
    let reports: Vec<serde_json::Value> = files
        .iter()
        .enumerate()
        .map(|(i, file)| {
            let out = folder.path().join(format!("out{i}")).display().to_string();
            let jobs = (i + 1).to_string();
            let done = evenmatch(&[
                "audit",
                "--records",
                file,
                "--out",
                &out,
                "--fmr",
                "0.01",
                "--jobs",
                &jobs,
            ]);
            assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
            let mut report = report(&out);
            // The inputs' names and digests must differ.
            report["inputs"] = serde_json::Value::Null;
            report
        })
        .collect();
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
    assert_eq!(reports[0]["threshold_basis"]["kind"], "in_sample");
}

fn json_lines(csv: &str) -> String {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut text = String::new();
    for line in lines {
        let mut object = serde_json::Map::new();
        for (name, field) in names.iter().zip(line.split(',')) {
            let value = match *name {
                "score" | "failure" if field.is_empty() => serde_json::Value::Null,
                "score" => serde_json::json!(field.parse::<f64>().unwrap()),
                "mated" => serde_json::json!(field == "1"),
                _ => serde_json::json!(field),
            };
            object.insert((*name).to_owned(), value);
        }
        let _ = writeln!(text, "{}", serde_json::Value::Object(object));
    }
    text
}

#[test]
fn a_broken_file_leaves_nothing_behind_and_names_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = records().replacen("p3,p5,0,0.2", "p3,p5,0,abc", 1);
    let file = write(folder.path(), "broken.csv", &text);
    let out = folder.path().join("out");
    let done = evenmatch(&["audit", "--records", &file, "--out", &out.display().to_string()]);
    assert_eq!(done.status.code(), Some(2));
    let message = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(message.contains("broken.csv:"), "{message}");
    assert!(!out.exists());
}

#[test]
fn bad_usage_is_an_error_with_a_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "records.csv", &records());
    let out = folder.path().join("out").display().to_string();
    for (arguments, says) in [
        (vec!["--by", "age"], "choose among"),
        (vec!["--rules", "nonsense"], "sp800-63a4"),
        (vec!["--fmr", "2"], "between 0 and 1"),
        (vec!["--confidence", "95"], "0.95"),
        (vec!["--format", "nonsense"], "bfw"),
    ] {
        let done =
            evenmatch(&[&["audit", "--records", &file, "--out", &out][..], &arguments].concat());
        assert_eq!(done.status.code(), Some(2));
        let message = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(message.contains(says), "{message}");
    }
    let done = evenmatch(&["audit", "--manifest", "people.csv", "--out", &out]);
    assert_eq!(done.status.code(), Some(2));
    let message = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(message.contains("people.csv") && !message.contains("panicked"), "{message}");
    let neither = evenmatch(&["audit", "--out", &out]);
    assert_eq!(neither.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&neither.stderr).contains("--records"));
}

#[test]
fn plans_have_the_golden_numbers() {
    let done = evenmatch(&["plan", "--rate", "0.01,1e-4", "--json"]);
    assert_eq!(done.status.code(), Some(0));
    let plan: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(plan["schema"], "evenmatch.plan/1");
    assert_eq!(plan["rates"][0]["one_sample_trials"], 10_582);
    assert_eq!(plan["rates"][0]["two_sample_trials_per_group"], 27_937);
    assert_eq!(plan["rates"][0]["zero_error_trials"], 299);
    assert_eq!(plan["rates"][1]["zero_error_trials"], 29_956);
    let text = evenmatch(&["plan"]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("10,582"));
    assert_eq!(evenmatch(&["plan", "--rate", "0"]).status.code(), Some(2));
}

#[test]
fn audits_can_be_compared() {
    let folder = tempfile::tempdir().unwrap();
    let worse = records().replace(",0.3,,", ",0.9,,").replace(",1,0.9,,A,", ",1,0.1,,A,");
    let mut reports = Vec::new();
    for (name, text) in [("a", records()), ("b", worse)] {
        let file = write(folder.path(), &format!("{name}.csv"), &text);
        let out = folder.path().join(name).display().to_string();
        evenmatch(&["audit", "--records", &file, "--out", &out, "--threshold", "0.5"]);
        reports.push(format!("{out}/report.json"));
    }
    let done = evenmatch(&["compare-audits", &reports[0], &reports[1]]);
    assert_eq!(done.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&done.stdout).contains("FNMR of A rose"));
    let done = evenmatch(&["compare-audits", &reports[0], &reports[1], "--fail-on-rise", "--json"]);
    assert_eq!(done.status.code(), Some(1));
    let change: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(change["schema"], "evenmatch.audit-change/1");
    let same = evenmatch(&["compare-audits", &reports[0], &reports[0], "--fail-on-rise"]);
    assert_eq!(same.status.code(), Some(0));
    assert_eq!(evenmatch(&["compare-audits", &reports[0], "nowhere.json"]).status.code(), Some(2));
}

#[test]
fn the_command_audits_records_of_a_detector_alone() {
    let mut text = "probe_id,reference_id,attack_species,pad_outcome,pad_score\n".to_owned();
    for i in 0..60 {
        let (species, outcome) = [("", "pass"), ("mask", "fail"), ("print", "pass")][i % 3];
        text += &format!("p{i},,{species},{outcome},{}\n", 0.2 + 0.01 * i as f64);
    }
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join("pad.csv");
    std::fs::write(&records, text).unwrap();
    let out = folder.path().join("report");
    let output = Command::new(env!("CARGO_BIN_EXE_evenmatch"))
        .args(["audit", "--records"])
        .arg(&records)
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("taken for a live person"), "{told}");
    assert!(out.join("report.html").is_file());
}

#[test]
fn what_counts_once_can_be_chosen_where_people_are_named() {
    let folder = tempfile::tempdir().unwrap();
    // One person has nine mated pairs, of which none fails; of nine with one pair each, three do.
    let mut text = "probe_subject,reference_subject,score\n".to_owned();
    for i in 0..18 {
        let name = format!("p{}", if i < 9 { 0 } else { i });
        let score = if i >= 15 { 0.1 } else { 0.9 };
        let _ = writeln!(text, "{name},{name},{score}");
    }
    let file = write(folder.path(), "named.csv", &text);
    let out = folder.path().join("out").display().to_string();
    let base = ["--out", &out, "--threshold", "0.5", "--min-trials", "1"];
    let run = |file: &str, more: &[&str]| {
        evenmatch(&[&["audit", "--records", file], &base[..], more].concat())
    };
    let rate = |more: &[&str]| {
        let done = run(&file, more);
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
        let report = report(&out);
        let fnmr = report["operating_points"][0]["overall"]["fnmr"].clone();
        assert_eq!((fnmr["errors"].as_u64(), fnmr["trials"].as_u64()), (Some(3), Some(18)));
        assert_eq!(fnmr["people"], 10);
        let summary = std::fs::read_to_string(Path::new(&out).join("summary.md")).unwrap();
        (fnmr["rate"].as_f64().unwrap(), report["weigh"].as_str().unwrap().to_owned(), summary)
    };
    let (people, said, summary) = rate(&["--weigh", "people"]);
    assert!((people - 0.3).abs() < 1e-8 && said == "people", "{people}");
    assert!(summary.contains("Each pair of people counts once"), "{summary}");
    let (comparisons, said, summary) = rate(&["--weigh", "comparisons"]);
    assert_eq!((comparisons, said.as_str()), (3.0 / 18.0, "comparisons"));
    assert!(summary.contains("Each comparison counts once"), "{summary}");
    assert_eq!(rate(&[]).0, comparisons);

    let nameless = write(folder.path(), "nameless.csv", "mated,score\n1,0.9\n0,0.1\n0,0.2\n");
    assert_eq!(run(&nameless, &[]).status.code(), Some(0));
    let refused = run(&nameless, &["--weigh", "people"]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{message}");
    assert!(message.contains("do not name people") && message.contains("--weigh comparisons"));
    assert_eq!(run(&file, &["--weigh", "photos"]).status.code(), Some(2));
}
