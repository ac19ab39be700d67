//! The command `pad-eval` on three photos: one live person, a print and a tablet. Three photos show
//! that the parts work together, but not how well they detect attacks.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use evenmatch_testkit::{Need, skip};
use std::path::Path;
use std::process::{Command, Output};

fn pad_eval(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
    command.arg("pad-eval").args(arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The folder of the three photos if the models are there too; otherwise prints why it skips.
fn stills() -> Option<std::path::PathBuf> {
    let stills = evenmatch_testfaces::data_dir()?.join("pad");
    if !stills.join("image_T1.jpg").is_file() {
        return skip(Need::Photos, &format!("no stills at {}", stills.display()));
    }
    evenmatch_testfaces::verifier(
        evenmatch::model::Profile::Latency,
        evenmatch::Policy::default(),
    )?;
    Some(stills)
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn three_stills_and_a_broken_file_make_a_report() {
    let Some(stills) = stills() else { return };
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.jpg");
    std::fs::write(&broken, "no photo").unwrap();
    let list = folder.path().join("pad.csv");
    let rows = format!(
        "path,subject_id,species,reference,group\n\
         image_T1.jpg,p,,image_T1.jpg,x\n\
         image_F1.jpg,p,print,image_T1.jpg,x\n\
         image_F2.jpg,p,tablet,image_T1.jpg,x\n\
         {},q,,,x\n",
        path(&broken)
    );
    std::fs::write(&list, rows).unwrap();
    let out = folder.path().join("out");
    let arguments = ["--manifest", path(&list), "--root", path(&stills), "--out", path(&out)];
    let first = pad_eval(&arguments);
    assert_eq!(first.status.code(), Some(0), "{}", told(&first));
    assert!(first.stdout.is_empty(), "standard output is for data");

    let table = |name: &str| -> Vec<csv::StringRecord> {
        let mut reader = csv::Reader::from_path(out.join(name)).unwrap();
        reader.records().collect::<Result<_, _>>().unwrap()
    };
    let records = table("records.csv");
    let outcomes: Vec<&str> = records.iter().map(|row| &row[8]).collect();
    // As in docs/PASSIVE.md. A photo that passes is not shown to be live.
    assert_eq!(outcomes, ["pass", "inconclusive", "inconclusive", "inconclusive"]);
    assert_eq!(&records[3][6], "decode:unsupported_format");
    for row in &records[..3] {
        assert!(row[5].parse::<f64>().is_ok(), "acquired and compared: {row:?}");
        assert!((0.0..=1.0).contains(&row[9].parse::<f64>().unwrap()), "{row:?}");
    }
    assert!(!table("outcomes.csv")[1][6].is_empty(), "a signal is named");

    let text = std::fs::read_to_string(out.join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["schema"], "evenmatch.audit/1");
    assert_eq!(report["pad"]["species"]["tablet"]["non_response"]["errors"], 1);
    assert_eq!(report["pad"]["bona_fide_non_response"]["errors"], 1);
    assert_eq!(report["pad"]["end_to_end"][0]["iapar"]["print"]["errors"], 0);
    assert_eq!(report["pad"]["end_to_end"][0]["frr"]["trials"], 1);
    for file in ["report.html", "rates.csv", "summary.md"] {
        assert!(out.join(file).is_file(), "{file}");
    }

    // Again from the journal, on one thread: the same bytes.
    let files = ["records.csv", "outcomes.csv", "outcomes.jsonl", "report.json", "report.html"];
    let bytes = || files.map(|file| std::fs::read(out.join(file)).unwrap());
    let before = bytes();
    let again = pad_eval(&[&arguments[..], &["--resume", "--jobs", "1"]].concat());
    assert_eq!(again.status.code(), Some(0), "{}", told(&again));
    assert!(before == bytes(), "resuming changed a file");
}

#[test]
fn mistakes_are_named_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("pad.csv");
    std::fs::write(&list, "path,subject_id,species,race\na.png,s,print\n").unwrap();
    let out = folder.path().join("out");
    let run = |more: &[&str]| {
        pad_eval(&[&["--manifest", path(&list), "--out", path(&out)], more].concat())
    };
    let short = run(&[]);
    assert_eq!(short.status.code(), Some(2));
    assert!(told(&short).contains("pad.csv:2:4: 3 fields"), "{}", told(&short));
    std::fs::write(&list, "path,subject_id,species,race\na.png,s,print,A\n").unwrap();
    let unknown = run(&["--by", "race×sex"]);
    assert_eq!(unknown.status.code(), Some(2));
    let message = told(&unknown);
    assert!(message.contains("no attribute `sex`") && message.contains("among race"), "{message}");
    assert!(!out.exists(), "nothing is written");
    let nothing = pad_eval(&["--out", path(&out)]);
    assert_eq!(nothing.status.code(), Some(2));
}
