//! The gate and the capture guide as people run them: off, advise, enforce, on real photos that
//! were blurred, scaled down or cropped. Needs the models and the data set; without them it skips
//! and says so.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use evenmatch::{CaptureAdvice, Policy, Probe, model::Profile};
use evenmatch_testfaces::pictures;
use image::imageops::{FilterType, resize};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::Value;

/// Two good photos of one person, and worse ones made from the second.
struct Bench {
    folder: tempfile::TempDir,
    reference: PathBuf,
    good: PathBuf,
}

impl Bench {
    fn new() -> Option<Self> {
        let data = evenmatch_testfaces::data_dir()?;
        evenmatch_testfaces::verifier(Profile::Latency, Policy::default())?;
        let photos = evenmatch_testfaces::lfw(&data);
        let at = photos.windows(2).position(|w| w[0].subject == w[1].subject)?;
        let (reference, good) = (photos[at].path.clone(), photos[at + 1].path.clone());
        Some(Bench { folder: tempfile::tempdir().unwrap(), reference, good })
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn png(&self, name: &str, picture: RgbImage) -> PathBuf {
        let bytes = pictures::encode(&DynamicImage::ImageRgb8(picture), ImageFormat::Png);
        self.file(name, &bytes)
    }

    fn picture(&self) -> RgbImage {
        image::open(&self.good).unwrap().into_rgb8()
    }

    fn blurred(&self) -> PathBuf {
        self.png("blurred.png", imageproc::filter::gaussian_blur_f32(&self.picture(), 4.0))
    }

    fn faceless(&self) -> PathBuf {
        self.png("faceless.png", RgbImage::from_pixel(200, 200, Rgb([90, 120, 60])))
    }

    fn verify(&self, probe: &Path, more: &[&str]) -> (i32, Value) {
        let reference = self.reference.to_str().unwrap();
        let probe = probe.to_str().unwrap();
        let head = ["verify", "--json", "--reference", reference, "--probe", probe];
        json(&run(&[&head, more].concat()))
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evenmatch")).args(arguments).output().unwrap()
}

fn json(output: &Output) -> (i32, Value) {
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), value)
}

fn reason<'a>(record: &'a Value, code: &str) -> Option<&'a Value> {
    record["reasons"].as_array().unwrap().iter().find(|reason| reason["code"] == code)
}

#[test]
fn advice_changes_no_score_and_enforcing_refuses() {
    let Some(bench) = Bench::new() else { return };
    let blurred = bench.blurred();
    let (code_off, off) = bench.verify(&blurred, &["--gate", "off"]);
    let (code, advised) = bench.verify(&blurred, &[]);
    assert_eq!(
        (code_off, &off["score"], &off["outcome"]),
        (code, &advised["score"], &advised["outcome"])
    );
    assert!(off["score"].is_f64() && off["probe"]["quality"].get("measures").is_none());
    assert!(reason(&off, "picture_blurred").is_none());
    let told = reason(&advised, "picture_blurred").unwrap();
    assert_eq!((&told["decisive"], &told["stage"]), (&false.into(), &"quality".into()));
    let sharpness = &advised["probe"]["quality"]["measures"]["sharpness"];
    assert_eq!(
        (&sharpness["mapped"], &sharpness["unit"]),
        (&told["value"].as_f64().map(|v| v as u64).into(), &"share".into())
    );
    assert_eq!(
        (&advised["probe"]["acquired"], &advised["probe"]["refused"]),
        (&true.into(), &false.into())
    );

    let (code, refused) = bench.verify(&blurred, &["--gate", "enforce"]);
    assert_eq!((code, &refused["outcome"]), (3, &"undecided".into()));
    assert!(refused["score"].is_null());
    assert_eq!(
        (&refused["probe"]["acquired"], &refused["probe"]["refused"]),
        (&false.into(), &true.into())
    );
    assert_eq!(refused["probe"]["faces"], 1, "the face was found");
    let decided = reason(&refused, "picture_blurred").unwrap();
    assert_eq!((&decided["decisive"], &decided["subject"]), (&true.into(), &"probe".into()));
    assert_eq!(refused["reasons"][0]["stage"], "quality");
    assert!(!decided["advice"].as_str().unwrap().is_empty());

    let (_, good) = bench.verify(&bench.good, &["--gate", "enforce"]);
    assert_eq!(good["outcome"], "match");
    let (code, faceless) = bench.verify(&bench.faceless(), &["--gate", "enforce"]);
    assert_eq!(
        (code, &faceless["probe"]["refused"]),
        (3, &false.into()),
        "that is an involuntary failure"
    );
}

#[test]
fn small_and_cut_faces_are_told_of() {
    let Some(bench) = Bench::new() else { return };
    let small = bench.png("small.png", resize(&bench.picture(), 85, 85, FilterType::Lanczos3));
    let (code, record) = bench.verify(&small, &["--gate", "enforce"]);
    assert_eq!(code, 3);
    assert_eq!(reason(&record, "face_small").unwrap()["decisive"], true);
    let (_, whole) = bench.verify(&bench.good, &[]);
    let right_eye = whole["probe"]["landmarks"][0][0].as_f64().unwrap() as u32;
    let left = right_eye - 3;
    let cut = image::imageops::crop_imm(&bench.picture(), left, 0, 250 - left, 250).to_image();
    let (_, record) = bench.verify(&bench.png("cut.png", cut), &["--gate", "enforce"]);
    // Cropping gives advice and refuses nobody, unless the policy says so.
    assert_eq!(reason(&record, "face_cut_by_border").unwrap()["decisive"], false, "{record}");
    assert!(record["score"].is_f64());
}

#[test]
fn the_policy_says_what_refuses_and_the_command_line_goes_before_it() {
    let Some(bench) = Bench::new() else { return };
    let blurred = bench.blurred();
    let file = |name: &str, text: &str| bench.file(name, text.as_bytes());
    let enforced = file("enforced.toml", "gate = 'enforce'");
    let with = |policy: &PathBuf, more: &[&str]| {
        let (code, record) =
            bench.verify(&blurred, &[&["--policy", policy.to_str().unwrap()], more].concat());
        (code == 3, record["probe"]["refused"].as_bool().unwrap())
    };
    assert_eq!(with(&enforced, &[]), (true, true));
    assert_eq!(with(&enforced, &["--gate", "advise"]), (false, false));
    let other = file("other.toml", "gate = 'enforce'\n[quality]\nenforce = ['yaw']");
    assert_eq!(with(&other, &[]), (false, false));
    let lenient = file("lenient.toml", "gate = 'enforce'\n[quality]\nsharpness = 0");
    assert_eq!(with(&lenient, &[]), (false, false));
    let wrong = file("wrong.toml", "[quality]\nsharpness = 101");
    let output = run(&["detect", blurred.to_str().unwrap(), "--policy", wrong.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("quality.sharpness"));
}

#[test]
fn records_keep_refusals_apart_from_faces_that_were_not_found() {
    let Some(bench) = Bench::new() else { return };
    let name = |path: &Path| path.to_str().unwrap().to_owned();
    let (good, reference) = (name(&bench.good), name(&bench.reference));
    let (blurred, faceless) = (name(&bench.blurred()), name(&bench.faceless()));
    let rows = [&good, &blurred, &faceless].map(|probe| format!("{reference},{probe},1\n"));
    let pairs =
        bench.file("pairs.csv", format!("reference,probe,mated\n{}", rows.concat()).as_bytes());
    let out = bench.folder.path().join("records.csv");
    let (pairs, out) = (name(&pairs), name(&out));
    let done = run(&["batch", "--pairs", &pairs, "--out", &out, "--gate", "enforce"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut table = csv::Reader::from_path(&out).unwrap();
    let at = table.headers().unwrap().iter().position(|name| name == "failure").unwrap();
    let failures: Vec<String> = table.records().map(|row| row.unwrap()[at].to_owned()).collect();
    assert_eq!(failures, ["", "quality:picture_blurred", "detect:no_face_found"]);
    // The audit keeps their names, and its funnel has a stage for each in every group.
    let report = bench.folder.path().join("report");
    let report = name(&report);
    run(&["audit", "--records", &out, "--threshold", "0.4", "--out", &report]);
    let report = std::fs::read_to_string(Path::new(&report).join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let expected = serde_json::json!({ "detect:no_face_found": 1, "quality:picture_blurred": 1 });
    assert!(contains(&report, "failures", &expected), "{report}");
}

/// Whether an object anywhere in a report has this value under this key.
fn contains(report: &Value, key: &str, value: &Value) -> bool {
    match report {
        Value::Object(map) => {
            map.get(key) == Some(value) || map.values().any(|inner| contains(inner, key, value))
        }
        Value::Array(list) => list.iter().any(|inner| contains(inner, key, value)),
        _ => false,
    }
}

#[test]
fn the_capture_guide_says_what_to_change() {
    let Some(bench) = Bench::new() else { return };
    let guide = |path: &Path, more: &[&str]| {
        run(&[&["capture-advice", path.to_str().unwrap()], more].concat())
    };
    let (code, advice) = json(&guide(&bench.blurred(), &["--json"]));
    assert_eq!((code, &advice["schema"]), (3, &"evenmatch.capture_advice/1".into()));
    assert_eq!((&advice["face_found"], &advice["would_do"]), (&true.into(), &false.into()));
    assert_eq!(advice["changes"][0]["needed"], true);
    let codes = advice["changes"].as_array().unwrap().iter().map(|change| &change["code"]);
    assert!(codes.clone().any(|code| code == "picture_blurred"), "{advice}");
    let text = String::from_utf8(guide(&bench.blurred(), &[]).stdout).unwrap();
    assert!(
        text.starts_with("This photo is not good enough") && text.contains("tap your face"),
        "{text}"
    );

    let (code, advice) = json(&guide(&bench.faceless(), &["--json"]));
    assert_eq!((code, &advice["face_found"]), (3, &false.into()));
    assert_eq!(advice["changes"][0]["code"], "no_face_found");

    let output = guide(&bench.good, &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(text.starts_with("This photo is good enough"), "{text}");
    let absent = guide(&bench.folder.path().join("absent.jpg"), &[]);
    assert_eq!((absent.status.code(), absent.stdout.len()), (Some(2), 0));
}

#[test]
fn most_press_photos_need_no_change() {
    let Some(data) = evenmatch_testfaces::data_dir() else { return };
    let Some(verifier) = evenmatch_testfaces::verifier(Profile::Latency, Policy::default()) else {
        return;
    };
    let (mut silent, mut all) = (0, 0);
    for photo in evenmatch_testfaces::lfw(&data).iter().step_by(160) {
        let inspection = verifier.inspect::<Probe>(photo.path.as_path()).unwrap();
        let advice = CaptureAdvice::of(&inspection);
        silent += u32::from(advice.would_do && advice.changes.is_empty());
        all += 1;
    }
    println!("{silent} of {all} photos need no change");
    assert!(silent * 100 >= all * 85, "{silent} of {all}");
}
