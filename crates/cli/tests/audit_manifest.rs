//! From photos to report with the command: `audit --manifest`, label verdicts, `crossmatch`,
//! `calibrate`. Needs the models and the data set, and skips with a message without them.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use evenmatch::{Policy, model::Profile};
use serde_json::Value;

/// A manifest of real photos, some of them unusable, in a folder of its own.
struct Bench {
    folder: tempfile::TempDir,
    data: PathBuf,
    manifest: PathBuf,
}

impl Bench {
    /// People with several photos, from every part of the list, with their sex as a made-up
    /// group by name, and one photo that is text.
    fn new() -> Option<Self> {
        let data = evenmatch_testfaces::data_dir()?;
        evenmatch_testfaces::verifier(Profile::Latency, Policy::default())?;
        let folder = tempfile::tempdir().unwrap();
        let photos = evenmatch_testfaces::lfw(&data);
        let several = |i: usize| {
            let same = |j: usize| photos.get(j).is_some_and(|p| p.subject == photos[i].subject);
            same(i + 1) || (i > 0 && same(i - 1))
        };
        let mut rows = String::from("path,subject_id,group\n");
        let picked = (0..photos.len()).filter(|i| several(*i)).map(|i| &photos[i]).take(150);
        for (i, photo) in picked.enumerate() {
            let path = photo.path.strip_prefix(&data).unwrap().to_str().unwrap();
            let group = ["A", "B"][usize::from(photo.subject.len() % 2 == 0)];
            // The second photo of the first person is listed under another name.
            let subject = if i == 1 { "Somebody_Else" } else { &photo.subject };
            rows.push_str(&format!("{path},{subject},{group}\n"));
        }
        let text = folder.path().join("text.jpg");
        std::fs::write(&text, "no photo").unwrap();
        rows.push_str(&format!("{},Nobody,A\n", text.display()));
        let manifest = folder.path().join("people.csv");
        std::fs::write(&manifest, rows).unwrap();
        Some(Bench { folder, data, manifest })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, name: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
        command.arg(name).arg("--manifest").arg(&self.manifest).args(more);
        command
    }

    fn audit(&self, out: &str, more: &[&str]) -> Command {
        let mut command = self.command("audit", &["--fmr", "1e-2"]);
        command.arg("--root").arg(&self.data).arg("--out").arg(self.path(out)).args(more);
        command
    }

    fn report(&self, out: &str) -> Value {
        let bytes = std::fs::read(self.path(out).join("report.json")).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }
}

fn done(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn same_reports(a: &Path, b: &Path) {
    for name in ["report.json", "report.html", "rates.csv", "summary.md"] {
        assert_eq!(std::fs::read(a.join(name)).unwrap(), std::fs::read(b.join(name)).unwrap());
    }
}

#[test]
fn jobs_and_kills_do_not_change_a_byte_of_the_report() {
    let Some(bench) = Bench::new() else { return };
    done(&mut bench.audit("one", &["--jobs", "1", "--measure", "ita"]));
    done(&mut bench.audit("two", &["--jobs", "2", "--measure", "ita"]));
    same_reports(&bench.path("one"), &bench.path("two"));
    // Stopped at several moments, then finished.
    for moment in [300, 500, 700, 900] {
        let mut run = bench.audit("cut", &["--jobs", "2", "--measure", "ita", "--resume"]);
        let mut child = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(moment));
        let _ = child.kill();
        child.wait().unwrap();
    }
    done(&mut bench.audit("cut", &["--jobs", "2", "--measure", "ita", "--resume"]));
    same_reports(&bench.path("one"), &bench.path("cut"));

    let report = bench.report("one");
    let described = report["data"]["attributes"].as_array().unwrap();
    let source = |name: &str| &described.iter().find(|a| a["name"] == name).unwrap()["source"];
    assert_eq!(source("ita"), "measured from the image");
    assert!(source("group").is_null(), "labels are labels");
    let acquisition = &report["acquisition"]["overall"];
    assert_eq!(acquisition["transactions"], 151);
    assert_eq!(acquisition["denied"]["errors"], 1, "the text that is called a photo");
    assert_eq!(report["data"]["failures"]["decode:unsupported_format"], 1);
    let point = &report["operating_points"][0];
    let nonmated = point["overall"]["fmr"]["trials"].as_u64().unwrap();
    assert!(nonmated > 10_000 && nonmated < 150 * 149 / 2);
    let groups = point["attributes"]["group"]["groups"].as_object().unwrap();
    assert_eq!(groups.keys().collect::<Vec<_>>(), ["A", "B"]);
    assert!(report["acquisition"]["attributes"]["group"]["A"]["stages"].is_array());
    let html = std::fs::read_to_string(bench.path("one").join("report.html")).unwrap();
    assert!(html.contains("Photos that could not be used"));
}

#[test]
fn scores_are_normalised_with_the_plain_ones_beside() {
    let Some(bench) = Bench::new() else { return };
    done(&mut bench.audit("both", &[]));
    done(&mut bench.audit("off", &["--normalise", "off"]));
    let (both, off) = (bench.report("both"), bench.report("off"));
    assert!(off["normalisation"].is_null());
    let point = |report: &Value| report["operating_points"][0].clone();
    let raw = &both["normalisation"]["raw"][0];
    assert_eq!(raw["threshold"], point(&off)["threshold"]);
    assert_ne!(point(&both)["threshold"], point(&off)["threshold"]);
    assert_eq!(raw["fnmr"], point(&off)["overall"]["fnmr"]);
    let groups = &point(&off)["attributes"]["group"]["groups"];
    assert_eq!(raw["attributes"]["group"]["fmr"]["A"], groups["A"]["fmr"]);
    same_reports(&bench.path("both/raw"), &bench.path("off"));
    let page = std::fs::read_to_string(bench.path("both/report.html")).unwrap();
    let summary = std::fs::read_to_string(bench.path("both/summary.md")).unwrap();
    for text in [page, summary] {
        assert!(text.contains("Before and after normalisation"));
    }

    // Half of the people may have been used for a normaliser; they can be left out.
    done(&mut bench.audit("rest", &["--held-out"]));
    let samples =
        |report: &Value| report["acquisition"]["overall"]["transactions"].as_u64().unwrap();
    let rest = samples(&bench.report("rest"));
    assert!((30..120).contains(&rest), "{rest} of {}", samples(&both));

    // A stated threshold is for plain cosines.
    let mut stated = bench.command("audit", &["--threshold", "0.363", "--root"]);
    stated.arg(&bench.data).arg("--out").arg(bench.path("both"));
    done(&mut stated);
    assert!(bench.report("both")["normalisation"].is_null());

    let ours = evenmatch_testkit::workspace().join("models/calibrations/fairface.toml");
    let ours = ours.to_str().unwrap();
    let mut calibrated =
        bench.command("audit", &["--calibration", ours, "--fmr", "1e-3", "--root"]);
    calibrated.arg(&bench.data).arg("--out").arg(bench.path("calibrated"));
    done(&mut calibrated);
    let report = bench.report("calibrated");
    let shipped = &evenmatch::shipped::normalised().unwrap()[0];
    // The threshold at which `verify` decides.
    let decided = shipped.at_rate(1e-3, evenmatch_core::record::FmrOf::EveryGroup).unwrap();
    assert_eq!(point(&report)["threshold"], decided.threshold);
    assert_eq!(report["normalisation"]["raw"][0]["target_fmr"], 1e-3);
    let refused = calibrated.args(["--normalise", "off"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("leave out --normalise"));
}

#[test]
fn a_cohort_that_is_too_small_is_refused() {
    let Some(bench) = Bench::new() else { return };
    let root = bench.data.to_str().unwrap();
    let out = bench.path("n.toml");
    let few = ["--root", root, "--normalise", "cohort", "--out", out.to_str().unwrap()];
    // Too few people to hide any of them.
    let refused = bench.command("calibrate", &few).output().unwrap();
    let message = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    assert!(message.contains("too few for a normaliser") && message.contains("next:"), "{message}");
}

#[test]
fn a_second_audit_takes_the_templates_that_are_there() {
    let Some(bench) = Bench::new() else { return };
    let first = done(&mut bench.audit("out", &[]));
    let again = done(&mut bench.audit("out", &["--fmr", "1e-1"]));
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said(&first).contains("151 decoded, 0 stored before"), "{}", said(&first));
    assert!(said(&again).contains("0 decoded, 151 stored before"), "{}", said(&again));
}

#[test]
fn a_wrong_label_is_suspected_and_a_persons_verdict_is_heeded_beside_the_rates_as_labelled() {
    let Some(bench) = Bench::new() else { return };
    let output = done(&mut bench.audit("out", &[]));
    assert!(String::from_utf8_lossy(&output.stderr).contains("suspected label errors"));
    let list = std::fs::read_to_string(bench.path("out.work/suspects.csv")).unwrap();
    let page = std::fs::read_to_string(bench.path("out.work/suspects.html")).unwrap();
    let row = list.lines().find(|row| row.contains("Somebody_Else")).expect("the wrong label");
    assert!(page.contains("Somebody_Else") && page.contains("data:image/"));
    assert!(row.starts_with("nonmated_above,"), "{row}");
    let before = bench.report("out");
    let judged = bench.path("judged.csv");
    let header = list.lines().next().unwrap();
    std::fs::write(&judged, format!("{header}\n{row}same_person\n")).unwrap();
    let output =
        done(&mut bench.audit("corrected", &["--label-verdicts", judged.to_str().unwrap()]));
    let after = bench.report("corrected");
    let people = |report: &Value| report["data"]["subjects"].as_u64().unwrap();
    assert_eq!(people(&after), people(&before) - 1);
    assert_eq!(after["data"]["mated"], before["data"]["mated"], "left out, not made mated");
    assert!(after["data"]["nonmated"].as_u64() < before["data"]["nonmated"].as_u64());
    assert!(after["warnings"].to_string().contains("label_verdicts"));
    same_reports(&bench.path("corrected/as-labelled"), &bench.path("out"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("by the verdicts"));

    std::fs::write(&judged, format!("{header}\n{row}perhaps\n")).unwrap();
    let refused =
        bench.audit("x", &["--label-verdicts", judged.to_str().unwrap()]).output().unwrap();
    let message = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    assert!(message.contains("judged.csv:2"), "{message}");
}

#[test]
fn tiles_in_any_order_make_the_whole_crossmatch() {
    let Some(bench) = Bench::new() else { return };
    let templates = bench.path("templates");
    let root = bench.data.to_str().unwrap();
    let out = templates.to_str().unwrap();
    done(&mut bench.command("embed", &["--root", root, "--out", out]));
    let cross = |name: &str, more: &[&str]| {
        let file = bench.path(name);
        let mut command = bench.command("crossmatch", &["--templates", out, "--by", "group"]);
        done(command.arg("--out").arg(&file).args(more));
        file
    };
    let whole = std::fs::read(cross("whole.json", &["--jobs", "1"])).unwrap();
    let parts = [2, 0, 1].map(|i| cross(&format!("{i}.json"), &["--tiles", &format!("{i}/3")]));
    let merged = bench.path("merged.json");
    let merge = |parts: &[PathBuf]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
        command.arg("merge").arg("--out").arg(&merged).args(parts).output().unwrap()
    };
    assert!(merge(&parts).status.success());
    assert_eq!(std::fs::read(&merged).unwrap(), whole);
    let refused = merge(&parts[..2]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("2 of 3 parts"));
}

#[test]
fn a_calibration_made_by_the_command_sets_the_threshold_of_verify() {
    let Some(bench) = Bench::new() else { return };
    let (root, out) = (bench.data.to_str().unwrap(), bench.path("c.toml"));
    let arguments = ["--root", root, "--date", "2026-01-01", "--out", out.to_str().unwrap()];
    let output = done(&mut bench.command("calibrate", &arguments));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("FMR 1 in 100: threshold") && said.contains("refused"), "{said}");
    let first = std::fs::read(&out).unwrap();
    done(bench.command("calibrate", &arguments).args(["--jobs", "1"]));
    assert_eq!(std::fs::read(&out).unwrap(), first, "the same data, the same calibration");

    let photos = evenmatch_testfaces::lfw(&bench.data);
    let verify = |calibration: &Path, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
        command.args(["verify", "--json", "--calibration"]).arg(calibration).args(more);
        command.arg("--reference").arg(&photos[0].path).arg("--probe").arg(&photos[0].path);
        command.output().unwrap()
    };
    let output = verify(&out, &["--fmr", "1e-2"]);
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    let point = &record["operating_point"];
    assert_eq!(
        (point["basis"].as_str(), point["target_fmr"].as_f64()),
        (Some("calibration"), Some(0.01))
    );
    assert!(point["fmr_upper_worst_group"].as_f64().unwrap() >= 0.005);
    assert!(point["claim"].as_str().unwrap().contains("% of pairs of different people"));
    assert!(record["threshold"].as_f64().unwrap() > 0.2);

    let text = String::from_utf8(first).unwrap();
    let changed = bench.path("changed.toml");
    std::fs::write(&changed, text.replacen("samples = 151", "samples = 1510", 1)).unwrap();
    for (file, rate, says) in [
        (&changed, "1e-2", "was changed"),
        (&out, "1e-6", "does not support"),
        (&out, "0.3", "no threshold"),
    ] {
        let output = verify(file, &["--fmr", rate]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2));
        assert!(message.contains(says) && message.contains("next:"), "{message}");
    }
}
