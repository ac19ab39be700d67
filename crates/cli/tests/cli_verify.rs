//! The commands `verify` and `detect` as people run them: outcomes, exit codes, messages, bad
//! input, privacy. Needs the models and the data set, and prints that it skips without
//! them.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use evenmatch::{Policy, Source, Verifier, model::Profile};
use evenmatch_testfaces::pictures;
use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::Value;

/// Two photos of one person, a photo of another person, and a folder for the files of a test.
struct Bench {
    folder: tempfile::TempDir,
    reference: PathBuf,
    mated: PathBuf,
    non_mated: PathBuf,
}

impl Bench {
    fn new() -> Option<Self> {
        let data = evenmatch_testfaces::data_dir()?;
        // Fails if the models are missing.
        evenmatch_testfaces::verifier(Profile::Latency, Policy::default())?;
        let photos = evenmatch_testfaces::lfw(&data);
        // The first person with two photos, and the person after.
        let at = photos.windows(2).position(|w| w[0].subject == w[1].subject)?;
        let other = photos[at..].iter().find(|p| p.subject != photos[at].subject)?;
        Some(Bench {
            folder: tempfile::tempdir().unwrap(),
            reference: photos[at].path.clone(),
            mated: photos[at + 1].path.clone(),
            non_mated: other.path.clone(),
        })
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn verify(&self, probe: &Path, more: &[&str]) -> Output {
        let mut command = evenmatch();
        command.arg("verify").arg("--reference").arg(&self.reference).arg("--probe").arg(probe);
        command.args(more).output().unwrap()
    }

    fn record(&self, probe: &Path, more: &[&str]) -> (i32, Value) {
        let output = self.verify(probe, &[&["--json"], more].concat());
        let record = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap(), record)
    }

    fn picture(&self) -> RgbImage {
        image::open(&self.reference).unwrap().into_rgb8()
    }
}

fn evenmatch() -> Command {
    Command::new(env!("CARGO_BIN_EXE_evenmatch"))
}

fn codes(record: &Value) -> Vec<&str> {
    record["reasons"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect()
}

/// The library's default is the product: `Verifier::open` decides as the command does, byte for byte.
#[test]
fn the_library_and_the_command_decide_the_same() {
    let Some(bench) = Bench::new() else { return };
    let cases: [(&str, &[&str]); 4] = [
        ("", &[]),
        ("fmr = 1e-4", &["--fmr", "1e-4"]),
        ("fmr = 1e-2\nfmr_of = 'worst_group'", &["--fmr", "1e-2", "--fmr-of", "worst-group"]),
        ("threshold = 0.42", &["--threshold", "0.42"]),
    ];
    for (policy, arguments) in cases {
        let verifier = Verifier::open(Profile::default(), policy.parse().unwrap()).unwrap();
        for probe in [&bench.mated, &bench.non_mated] {
            let here = verifier.verify(&bench.reference, probe).unwrap();
            let here = serde_json::to_string_pretty(&here).unwrap();
            let output = bench.verify(probe, &[&["--json"], arguments].concat());
            assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), here, "{policy}");
        }
    }
    // Without a calibration nothing is claimed, and only who asks for it by name gets it.
    let bare = Verifier::builder().uncalibrated().open().unwrap();
    assert!(bare.calibration().is_none() && bare.operating_point().target_fmr().is_none());
    let plain = Verifier::builder().plain_scores().open().unwrap();
    assert!(plain.normaliser().is_none() && plain.operating_point().target_fmr().is_some());
}

#[test]
fn templates_have_the_form_of_the_calibration_or_the_one_asked_for() {
    let Some(bench) = Bench::new() else { return };
    let shipped = evenmatch::shipped::default_calibration().unwrap().templates;
    let (own, other) = match shipped.name() {
        "plain" => ("plain", "mirrored"),
        _ => ("mirrored", "plain"),
    };
    let form = |arguments: &[&str]| bench.record(&bench.mated, arguments).1["templates"].clone();
    assert_eq!(form(&[]), own);
    assert_eq!(form(&["--templates", own]), own);
    assert_eq!(form(&["--threshold", "0.4"]), "mirrored");
    assert_eq!(form(&["--threshold", "0.4", "--templates", "plain"]), "plain");
    let policy = bench.file("policy.toml", b"threshold = 0.4\ntemplates = \"plain\"\n");
    let policy = policy.to_str().unwrap();
    assert_eq!(form(&["--policy", policy]), "plain");
    assert_eq!(form(&["--policy", policy, "--templates", "mirrored"]), "mirrored");
    let scores = ["plain", "mirrored"].map(|form| {
        bench.record(&bench.mated, &["--threshold", "0.4", "--templates", form]).1["score"].clone()
    });
    assert_ne!(scores[0], scores[1]);
    // A calibration of the other form ships too; the thresholds of one that is named are for its
    // own form.
    assert_eq!(form(&["--templates", other]), other);
    let named = evenmatch_testkit::workspace().join("models/calibrations/fairface.toml");
    let named = ["--calibration", named.to_str().unwrap(), "--templates", other];
    let refused = bench.verify(&bench.mated, &named);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("--templates {own}")), "{said}");
    assert!(said.contains("evenmatch calibrate"), "{said}");
}

#[test]
fn a_match_and_a_non_match_have_the_record_of_the_contract() {
    let Some(bench) = Bench::new() else { return };
    for (probe, code, outcome) in [(&bench.mated, 0, "match"), (&bench.non_mated, 1, "non_match")] {
        let (found, record) = bench.record(probe, &[]);
        assert_eq!((found, record["outcome"].as_str()), (code, Some(outcome)));
        assert_eq!(record["schema"], "evenmatch.decision/1");
        assert!(record["score"].is_f64() && record["threshold"].is_f64());
        for key in ["target_fmr", "calibration", "fmr_upper_worst_group", "n_nonmated"] {
            assert!(!record["operating_point"][key].is_null(), "{key}: a calibration is behind it");
        }
        for key in ["code", "stage", "value", "limit", "subject", "advice"] {
            assert!(record["reasons"][0].get(key).is_some(), "{key}");
        }
        for side in ["probe", "reference"] {
            let sample = &record[side];
            assert_eq!(sample["acquired"], true);
            assert_eq!(sample["sha256"].as_str().unwrap().len(), 64);
            assert_eq!(sample["box"].as_array().unwrap().len(), 4);
            assert_eq!(sample["landmarks"].as_array().unwrap().len(), 5);
            assert_eq!(sample["attempts"][0]["step"], "plain");
            assert!(sample["faces"].is_u64() && sample["detection_score"].is_f64());
            assert!(sample["quality"].is_object());
        }
        assert_eq!(record["liveness"]["outcome"], "not_checked");
        assert_eq!(record["models"][0]["role"], "detector");
        assert_eq!(record["models"][1]["role"], "embedder");
        assert_eq!(record["models"][2]["role"], "second_detector");
        assert_eq!(record["software"]["version"], env!("CARGO_PKG_VERSION"));
    }
}

#[test]
fn people_read_what_was_decided_and_what_to_do() {
    let Some(bench) = Bench::new() else { return };
    let saved = bench.folder.path().join("record.json");
    let output = bench.verify(&bench.non_mated, &["--save-record", saved.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("Not confirmed"), "{text}");
    assert!(
        text.contains("score_below_threshold") && text.contains("a person must review"),
        "{text}"
    );
    assert!(text.contains("% of pairs of different people"), "{text}");
    assert!(text.contains("Photos of two people give such a score about"), "{text}");
    let (_, record) = bench.record(&bench.non_mated, &[]);
    let saved: Value = serde_json::from_slice(&std::fs::read(saved).unwrap()).unwrap();
    assert_eq!(saved, record, "the saved record is the printed one");
}

#[test]
fn the_library_and_the_command_give_the_same_record() {
    let Some(bench) = Bench::new() else { return };
    let (_, from_command) = bench.record(&bench.mated, &[]);
    let verifier =
        evenmatch_testfaces::verifier(Profile::Throughput { workers: 3 }, Policy::default())
            .unwrap();
    let shipped = evenmatch::shipped::normalised().unwrap();
    let verifier = verifier.calibrated(&shipped[0], 1e-3).unwrap();
    let record = verifier.verify(bench.reference.as_path(), bench.mated.as_path()).unwrap();
    let from_command: evenmatch_core::record::DecisionRecord =
        serde_json::from_value(from_command).unwrap();
    assert_eq!(record, from_command);
    let (a, b) = (std::fs::read(&bench.reference).unwrap(), std::fs::read(&bench.mated).unwrap());
    assert_eq!(verifier.verify(&a[..], &b[..]).unwrap(), record, "bytes instead of paths");
    let template = verifier.acquire(Source::Path(&bench.reference)).unwrap().template.unwrap();
    let from_template = verifier.verify(&template, bench.mated.as_path()).unwrap();
    assert_eq!(from_template.score, record.score);
}

#[test]
fn one_thread_and_many_give_the_same_templates() {
    let Some(data) = evenmatch_testfaces::data_dir() else { return };
    let open =
        |workers| evenmatch_testfaces::verifier(Profile::Throughput { workers }, Policy::default());
    let (Some(one), Some(many)) = (open(1), open(4)) else { return };
    let latency = evenmatch_testfaces::verifier(Profile::Latency, Policy::default()).unwrap();
    let photos: Vec<PathBuf> =
        evenmatch_testfaces::lfw(&data).into_iter().step_by(400).map(|photo| photo.path).collect();
    let embed = |verifier: &evenmatch::Verifier, path: &PathBuf| {
        let acquired = verifier.acquire(Source::<evenmatch::Probe>::Path(path)).unwrap();
        acquired.template.unwrap().to_bytes()
    };
    let serial: Vec<Vec<u8>> = photos.iter().map(|path| embed(&one, path)).collect();
    let parallel: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            photos.iter().map(|path| scope.spawn(|| embed(&many, path))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(serial.len() > 10);
    assert_eq!(serial, parallel);
    let spread: Vec<Vec<u8>> = photos.iter().map(|path| embed(&latency, path)).collect();
    assert_eq!(serial, spread, "operators spread over the cores");
}

#[test]
fn files_that_are_no_photo_are_errors_that_name_the_file_and_the_next_step() {
    let Some(bench) = Bench::new() else { return };
    let whole = std::fs::read(&bench.mated).unwrap();
    let picture = DynamicImage::ImageRgb8(bench.picture());
    let cases = [
        bench.file("animated.png", &pictures::animated_png(&picture)),
        bench.file("animated.webp", &pictures::animated_webp(&picture)),
        bench.file("empty.jpg", b""),
        bench.file("cut.jpg", &whole[..whole.len() / 2]),
        bench.file("text.jpg", b"not a picture"),
        bench.file("animated.gif", b"GIF89a\x01\0\x01\0\0\0\0;"),
        bench.file("huge.png", &pictures::huge_png_header()),
        bench.folder.path().join("missing.jpg"),
    ];
    for path in cases {
        let output = bench.verify(&path, &["--json"]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(output.stdout.is_empty(), "standard output is for JSON alone");
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(message.contains(name), "{message}");
        assert!(!message.contains("panicked"), "{message}");
        if !name.starts_with("missing") {
            assert!(message.contains("next:"), "{message}");
        }
    }
}

#[test]
fn a_photo_without_a_face_is_undecided_with_a_reason() {
    let Some(bench) = Bench::new() else { return };
    let plain = DynamicImage::ImageRgb8(RgbImage::from_pixel(300, 300, image::Rgb([90, 120, 90])));
    let tiny = DynamicImage::ImageRgb8(RgbImage::new(1, 1));
    for (name, picture) in [("plain.png", plain), ("tiny.png", tiny)] {
        let path = bench.file(name, &pictures::encode(&picture, ImageFormat::Png));
        let (code, record) = bench.record(&path, &[]);
        assert_eq!((code, record["outcome"].as_str()), (3, Some("undecided")));
        assert!(record["score"].is_null() && record["threshold"].is_null());
        assert_eq!(record["reasons"][0]["code"], "no_face_found");
        assert_eq!(record["reasons"][0]["subject"], "probe");
        assert!(!record["reasons"][0]["advice"].as_str().unwrap().is_empty());
        assert_eq!(record["probe"]["acquired"], false);
        assert_eq!(record["reference"]["acquired"], true);
        assert!(record["probe"]["attempts"].as_array().unwrap().len() > 1, "it looked again");
    }
}

#[test]
fn of_two_faces_the_largest_is_used_or_none() {
    let Some(bench) = Bench::new() else { return };
    // The other person's face next to it, at half the size.
    let other = image::open(&bench.non_mated).unwrap().into_rgb8();
    let small = image::imageops::thumbnail(&other, 125, 125);
    let mut both = RgbImage::new(375, 250);
    image::imageops::replace(&mut both, &image::open(&bench.mated).unwrap().into_rgb8(), 0, 0);
    image::imageops::replace(&mut both, &small, 250, 60);
    let bytes = pictures::encode(&DynamicImage::ImageRgb8(both), ImageFormat::Png);
    let path = bench.file("both.png", &bytes);
    let (code, record) = bench.record(&path, &[]);
    assert_eq!(code, 0, "{record}");
    assert!(record["probe"]["faces"].as_u64().unwrap() >= 2);
    assert!(codes(&record).contains(&"several_faces_largest_used"));
    assert!(!record["probe"]["other_faces"].as_array().unwrap().is_empty());

    let policy = bench.file("policy.toml", b"several_faces = 'error'");
    let (code, record) = bench.record(&path, &["--policy", policy.to_str().unwrap()]);
    assert_eq!(code, 3);
    assert_eq!(record["reasons"][0]["code"], "several_faces_refused");
}

#[test]
fn a_photo_is_recognised_under_every_exif_orientation() {
    let Some(bench) = Bench::new() else { return };
    let upright = bench.picture();
    for orientation in 1..=8 {
        let stored = pictures::stored_as(&upright, orientation);
        let bytes = pictures::oriented_jpeg(&stored, orientation);
        let path = bench.file(&format!("turned-{orientation}.jpg"), &bytes);
        let (code, record) = bench.record(&path, &[]);
        assert_eq!(code, 0, "orientation {orientation}");
        assert!(record["score"].as_f64().unwrap() > 0.95, "orientation {orientation}: {record}");
    }
}

#[test]
fn four_inks_and_other_formats_show_the_same_face() {
    let Some(bench) = Bench::new() else { return };
    let picture = bench.picture();
    let inverted: Vec<u8> = picture.pixels().flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_CMYK);
    encoder.set_size(picture.width() as usize, picture.height() as usize);
    encoder.set_quality(95.0);
    let mut started = encoder.start_compress(Vec::new()).unwrap();
    started.write_scanlines(&inverted).unwrap();
    let mut paths = vec![bench.file("inks.jpg", &started.finish().unwrap())];
    let picture = DynamicImage::ImageRgb8(picture);
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff] {
        let name = format!("same.{}", format.extensions_str()[0]);
        paths.push(bench.file(&name, &pictures::encode(&picture, format)));
    }
    for path in paths {
        let (code, record) = bench.record(&path, &[]);
        assert_eq!(code, 0);
        assert!(record["score"].as_f64().unwrap() > 0.95, "{}", path.display());
    }
}

#[test]
fn a_face_that_the_border_cuts_is_reported_or_refused() {
    let Some(bench) = Bench::new() else { return };
    let (_, whole) = bench.record(&bench.reference, &[]);
    let side = |i: usize| whole["reference"]["box"][i].as_f64().unwrap();
    let mut seen = Vec::new();
    for share in [0.35, 0.5, 0.65, 0.8] {
        let left = (side(0) + share * side(2)) as u32;
        let cut = image::imageops::crop_imm(&bench.picture(), left, 0, 250 - left, 250).to_image();
        let bytes = pictures::encode(&DynamicImage::ImageRgb8(cut), ImageFormat::Png);
        let (code, record) = bench.record(&bench.file("cut-face.png", &bytes), &[]);
        let known = ["face_cut_by_border", "landmarks_outside_image", "no_face_found"];
        let told = codes(&record).iter().any(|code| known.contains(code));
        assert!(told && [0, 1, 3].contains(&code), "{share}: {record}");
        seen.push(record["probe"]["acquired"].as_bool().unwrap());
    }
    assert!(seen.contains(&false), "without eyes nothing can be compared");
}

#[test]
fn the_same_file_twice_is_pointed_out() {
    let Some(bench) = Bench::new() else { return };
    let (code, record) = bench.record(&bench.reference, &[]);
    assert_eq!(code, 0);
    assert!(codes(&record).contains(&"identical_files"));
}

#[test]
fn liveness_that_is_required_and_not_shown_is_never_a_match() {
    let Some(bench) = Bench::new() else { return };
    let (code, record) = bench.record(&bench.mated, &["--liveness", "require"]);
    assert_eq!((code, record["outcome"].as_str()), (3, Some("undecided")));
    // One photo cannot show liveness, whatever its signals say.
    assert_eq!(record["reasons"][0]["stage"], "liveness");
    assert_ne!(record["liveness"]["outcome"], "pass");
    let (code, _) = bench.record(&bench.mated, &["--liveness", "advisory"]);
    assert_eq!(code, 0);
}

#[test]
fn the_threshold_decides_and_nonsense_is_refused() {
    let Some(bench) = Bench::new() else { return };
    let (code, record) = bench.record(&bench.mated, &["--threshold", "0.999"]);
    assert_eq!((code, record["operating_point"]["basis"].as_str()), (1, Some("stated")));
    let (code, _) = bench.record(&bench.non_mated, &["--threshold", "-1"]);
    assert_eq!(code, 0);
    for nonsense in [
        ["--threshold", "NaN"],
        ["--threshold", "7"],
        ["--threshold", "high"],
        ["--fmr", "1e-7"],
        ["--fmr", "2"],
        ["--lang", "tlh"],
        ["--policy", "nowhere.toml"],
    ] {
        let output = bench.verify(&bench.mated, &nonsense);
        assert_eq!(output.status.code(), Some(2), "{nonsense:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}

#[test]
fn the_calibration_that_ships_decides_unless_told_otherwise() {
    let Some(bench) = Bench::new() else { return };
    let shipped = &evenmatch::shipped::normalised().unwrap()[0];
    let (code, record) = bench.record(&bench.mated, &[]);
    let point = &record["operating_point"];
    assert_eq!((code, point["basis"].as_str()), (0, Some("calibration")));
    assert!(point["calibration"].as_str().unwrap().starts_with("fairface (sha256 "));
    assert_eq!(point["n_nonmated"], shipped.data.nonmated);
    assert_eq!(point["target_fmr"], 1e-3);
    // No covered group's rate is above 1 in 1,000, nor its upper end above 15 in 10,000.
    assert!(point["fmr_upper_worst_group"].as_f64().unwrap() <= 0.0015);
    assert!(point["claim"].as_str().unwrap().contains("groups of at least 500 measured people"));
    assert!(!codes(&record).contains(&"threshold_not_calibrated"));
    assert_ne!(record["score"], record["raw_score"]);
    assert!(record["evidence"]["log_likelihood_ratio"].as_f64().unwrap() > 3.0);
    let (_, same) = bench.record(&bench.mated, &["--fmr", "1e-3", "--normalise", "learned"]);
    assert_eq!(same, record);
    let (_, every) = bench.record(&bench.mated, &["--fmr-of", "every-group"]);
    assert_eq!(every, record);
    let (_, everyone) = bench.record(&bench.mated, &["--fmr-of", "everyone"]);
    assert!(everyone["threshold"].as_f64() < record["threshold"].as_f64());
    let (_, cohort) = bench.record(&bench.mated, &["--normalise", "cohort"]);
    assert_ne!(cohort["operating_point"]["normaliser"], point["normaliser"]);

    let (_, raw) = bench.record(&bench.mated, &["--normalise", "off"]);
    assert_eq!(raw["score"], record["raw_score"]);
    assert!(raw["operating_point"]["normaliser"].is_null());
    assert!(raw["operating_point"]["calibration"].as_str().unwrap().starts_with("fairface-raw"));

    let (_, stated) = bench.record(&bench.mated, &["--threshold", "0.363"]);
    assert_eq!(stated["score"], record["raw_score"]);
    assert!(codes(&stated).contains(&"threshold_not_calibrated"));

    let (_, worst) = bench.record(&bench.mated, &["--fmr", "1e-2", "--fmr-of", "worst-group"]);
    assert!(worst["operating_point"]["target_fmr"].as_f64().unwrap() < 1e-2);
    assert!(worst["operating_point"]["fmr_upper_worst_group"].as_f64().unwrap() <= 1e-2);

    let (code, near) = bench.record(&bench.mated, &["--review-band", "1"]);
    assert_eq!((code, near["outcome"].as_str()), (3, Some("undecided")));
    assert!(codes(&near).contains(&"score_in_review_band"));
}

#[test]
fn a_calibration_file_that_was_changed_is_refused() {
    let Some(bench) = Bench::new() else { return };
    let text = std::fs::read_to_string(
        evenmatch_testkit::workspace().join("models/calibrations/fairface.toml"),
    )
    .unwrap();
    let whole = bench.file("whole.toml", text.as_bytes());
    let (code, _) = bench.record(&bench.mated, &["--calibration", whole.to_str().unwrap()]);
    assert_eq!(code, 0);
    let changed = text.replacen("cohort_weight = 0.15", "cohort_weight = 0.16", 1);
    assert_ne!(changed, text);
    let changed = bench.file("changed.toml", changed.as_bytes());
    let output = bench.verify(&bench.mated, &["--calibration", changed.to_str().unwrap()]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(message.contains("changed.toml") && message.contains("was changed"), "{message}");
}

#[test]
fn a_malformed_policy_is_named_with_its_line() {
    let Some(bench) = Bench::new() else { return };
    let policy = bench.file("policy.toml", b"threshold = 0.4\nseveral_faces = 'best'\n");
    let output = bench.verify(&bench.mated, &["--policy", policy.to_str().unwrap()]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(message.contains("policy.toml:2"), "{message}");
}

/// A reader that has closed the pipe changes neither the decision nor its exit code.
#[test]
#[cfg(unix)]
fn a_closed_pipe_keeps_the_exit_code_of_the_decision() {
    let Some(bench) = Bench::new() else { return };
    for (probe, code) in [(&bench.mated, 0), (&bench.non_mated, 1)] {
        for more in [&[][..], &["--json"]] {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let mut command = evenmatch();
            command
                .arg("verify")
                .arg("--reference")
                .arg(&bench.reference)
                .arg("--probe")
                .arg(probe);
            let output = command.args(more).stdout(writer).output().unwrap();
            assert_eq!(output.status.code(), Some(code), "{more:?}");
            assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[test]
fn missing_models_say_which_command_fetches_them() {
    let folder = tempfile::tempdir().unwrap();
    for command in
        [vec!["verify", "--reference", "a.jpg", "--probe", "b.jpg"], vec!["detect", "a.jpg"]]
    {
        let output =
            evenmatch().args(command).env("EVENMATCH_MODELS", folder.path()).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains("run: evenmatch models fetch"), "{message}");
    }
}

#[test]
fn detect_counts_faces_and_draws_what_would_be_compared() {
    let Some(bench) = Bench::new() else { return };
    let drawn = bench.folder.path().join("drawn.png");
    let output =
        evenmatch().arg("detect").arg(&bench.reference).arg("--annotate").arg(&drawn).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("would be compared"));
    let drawn = image::open(drawn).unwrap().into_rgb8();
    assert_eq!(drawn.dimensions(), (250 + 8 + 112, 250), "the crop stands beside the photo");
    assert!(drawn.pixels().any(|p| p.0 == [230, 159, 0]), "the box is drawn");

    let output = evenmatch().arg("detect").arg(&bench.reference).arg("--json").output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["schema"], "evenmatch.detect/1");
    assert!(found["faces"].as_u64().unwrap() >= 1);
}

#[test]
fn a_12_megapixel_selfie_gives_the_same_template_from_a_reduced_decoding() {
    use rayon::prelude::*;

    let Some(data) = evenmatch_testfaces::data_dir() else { return };
    let open = |full_decode| {
        let policy = Policy { full_decode, ..Policy::default() };
        evenmatch_testfaces::verifier(Profile::Throughput { workers: 2 }, policy)
    };
    let (Some(reduced), Some(full)) = (open(false), open(true)) else { return };
    let photos: Vec<PathBuf> =
        evenmatch_testfaces::lfw(&data).into_iter().step_by(400).map(|photo| photo.path).collect();
    let mut cosines: Vec<f32> = photos
        .par_iter()
        .map(|path| {
            let bytes = pictures::jpeg(&twelve_megapixels(path));
            let inspect = |verifier: &evenmatch::Verifier| {
                verifier.inspect(Source::<evenmatch::Probe>::Bytes(&bytes)).unwrap()
            };
            let (a, b) = (inspect(&reduced), inspect(&full));
            assert!(a.sample.reduction() > 1, "a large JPEG is decoded at a reduced size");
            assert_eq!((a.record.size, b.sample.reduction()), (Some([4000, 3000]), 1));
            let scale = a.record.quality.source_scale.unwrap();
            assert!(scale / a.sample.reduction() as f32 >= 2.0, "{scale}");
            let template = |verifier: &evenmatch::Verifier| {
                verifier.acquire(Source::Bytes(&bytes)).unwrap().template.unwrap()
            };
            evenmatch::compare(&template(&reduced), &template(&full).into_reference())
                .unwrap()
                .value()
        })
        .collect();
    cosines.sort_by(f32::total_cmp);
    println!("cosine of reduced and full decoding, ascending: {cosines:?}");
    assert!(cosines.len() > 10 && cosines[cosines.len() / 2] >= 0.99, "{cosines:?}");
}

/// The photo at 3,000 pixels a side between grey borders, as a phone's 4,000 × 3,000.
fn twelve_megapixels(photo: &Path) -> RgbImage {
    let photo = image::open(photo).unwrap().into_rgb8();
    let filter = image::imageops::FilterType::CatmullRom;
    let large = image::imageops::resize(&photo, 3000, 3000, filter);
    let mut frame = RgbImage::from_pixel(4000, 3000, image::Rgb([128; 3]));
    image::imageops::replace(&mut frame, &large, 500, 0);
    frame
}

#[test]
fn a_model_of_another_digest_or_with_tensors_elsewhere_never_runs() {
    let Some(bench) = Bench::new() else { return };
    let external = onnx_with_external_data();
    bench.file("weights.bin", &[0; 64]);
    let right = evenmatch_core::Digest::of(&external).to_string();
    for (sha256, says) in
        [(right, "in another file"), ("0".repeat(64), "correct `sha256` in your manifest")]
    {
        bench.file("own.onnx", &external);
        let manifest = format!(
            "schema = \"evenmatch.models/1\"\n[defaults]\ndetector = \"own\"\n[[model]]\n\
             id = \"own\"\nrole = \"detector\"\nfile = \"own.onnx\"\nsha256 = \"{sha256}\"\n\
             license = \"mine\"\ntraining_data = \"none\"\ninput = {{ multiple_of = 32, \
             channels = \"bgr\", mean = [0, 0, 0], scale = [1, 1, 1] }}\n"
        );
        let manifest = bench.file("own.toml", manifest.as_bytes());
        let verify = ["verify", "--reference"].map(PathBuf::from);
        let photos = [bench.reference.clone(), "--probe".into(), bench.mated.clone()];
        let detect = ["detect".into(), bench.mated.clone()];
        for arguments in [[&verify[..], &photos].concat(), detect.to_vec()] {
            let mut command = evenmatch();
            command.args(&arguments).env("EVENMATCH_MANIFEST", &manifest);
            let output = command.output().unwrap();
            let message = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{message}");
            assert!(output.stdout.is_empty());
            for part in [says, "own.onnx", "next: "] {
                assert!(message.contains(part), "{part}: {message}");
            }
            assert!(!message.contains("panicked"), "{message}");
        }
    }
}

/// The command builds the embedder's session while it looks for faces. An embedder that cannot be
/// loaded is an error all the same, even where neither photo needed it.
#[test]
fn an_embedder_that_cannot_be_loaded_is_an_error_with_and_without_faces() {
    let Some(bench) = Bench::new() else { return };
    // An empty graph is in ONNX format, so that only the runtime can refuse it.
    const EMPTY_GRAPH: &[u8] = &[0x3a, 0x00];
    bench.file("own.onnx", EMPTY_GRAPH);
    let manifest = format!(
        "schema = \"evenmatch.models/1\"\n[defaults]\nembedder = \"own\"\n[[model]]\n\
         id = \"own\"\nrole = \"embedder\"\nfile = \"own.onnx\"\nsha256 = \"{}\"\n\
         template_length = 128\nalignment = \"sface-112\"\nlicense = \"mine\"\n\
         training_data = \"none\"\ninput = {{ width = 112, height = 112, channels = \"rgb\", \
         mean = [0, 0, 0], scale = [1, 1, 1] }}\n",
        evenmatch_core::Digest::of(EMPTY_GRAPH)
    );
    let manifest = bench.file("own.toml", manifest.as_bytes());
    let plain = DynamicImage::ImageRgb8(RgbImage::from_pixel(300, 300, image::Rgb([90, 120, 90])));
    let plain = bench.file("plain.png", &pictures::encode(&plain, ImageFormat::Png));
    for photo in [&bench.reference, &plain] {
        let mut command = evenmatch();
        command.arg("verify").arg("--reference").arg(photo).arg("--probe").arg(photo);
        command.args(["--threshold", "0.4"]).env("EVENMATCH_MANIFEST", &manifest);
        let output = command.output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(output.stdout.is_empty());
        for part in ["ONNX Runtime cannot load this model", "own", "next: "] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
}

/// A verifier that was opened early gives the same decisions, can say that it is ready, and can be
/// dropped before it is.
#[test]
fn a_verifier_that_is_opened_early_decides_the_same() {
    let Some(bench) = Bench::new() else { return };
    drop(Verifier::builder().early().open().unwrap());
    let early = Verifier::builder().early().open().unwrap();
    let whole = Verifier::builder().open().unwrap();
    let of = |verifier: &Verifier| verifier.verify(&bench.reference, &bench.mated).unwrap();
    assert_eq!(of(&early), of(&whole));
    early.embedder().ready().unwrap();
    whole.embedder().ready().unwrap();
}

/// An ONNX model `y = x + w` of 16 numbers, as exporters write it when tensors are kept in
/// `weights.bin`. Field numbers are those of `onnx.proto`.
fn onnx_with_external_data() -> Vec<u8> {
    let bytes = |field: u8, payload: &[u8]| {
        let mut out = vec![field << 3 | 2];
        prost::encoding::encode_varint(payload.len() as u64, &mut out);
        out.extend_from_slice(payload);
        out
    };
    let number = |field: u8, value: u8| vec![field << 3, value];
    let entry = |key: &str, value: &str| {
        bytes(13, &[bytes(1, key.as_bytes()), bytes(2, value.as_bytes())].concat())
    };
    let node = [bytes(1, b"x"), bytes(1, b"w"), bytes(2, b"y"), bytes(4, b"Add")].concat();
    let weights = [
        number(1, 16),
        number(2, 1),
        bytes(8, b"w"),
        entry("location", "weights.bin"),
        entry("offset", "0"),
        entry("length", "64"),
        number(14, 1),
    ]
    .concat();
    let shape = bytes(2, &bytes(1, &number(1, 16)));
    let value = |name: &[u8]| {
        let tensor = bytes(1, &[number(1, 1), shape.clone()].concat());
        [bytes(1, name), bytes(2, &tensor)].concat()
    };
    let graph = [
        bytes(1, &node),
        bytes(2, b"g"),
        bytes(5, &weights),
        bytes(11, &value(b"x")),
        bytes(12, &value(b"y")),
    ]
    .concat();
    [number(1, 8), bytes(7, &graph), bytes(8, &[bytes(1, b""), number(2, 17)].concat())].concat()
}

/// Runs `verify` under a filter that kills the process at its first `socket` call.
#[cfg(target_os = "linux")]
#[test]
fn verify_opens_no_socket() {
    let Some(bench) = Bench::new() else { return };
    let mut control = Command::new("python3");
    control.args(["-c", "import socket; socket.socket()"]);
    let status = without_sockets(control).status().expect("python3 is there");
    assert!(!status.success(), "the filter stops a program that opens a socket");

    let mut verify = evenmatch();
    verify.arg("verify").arg("--reference").arg(&bench.reference).arg("--probe").arg(&bench.mated);
    let output = without_sockets(verify).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(target_os = "linux")]
fn without_sockets(mut command: Command) -> Command {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    use std::os::unix::process::CommandExt;

    let filter: BpfProgram = SeccompFilter::new(
        [(libc::SYS_socket, vec![]), (libc::SYS_socketpair, vec![])].into_iter().collect(),
        SeccompAction::Allow,
        SeccompAction::KillProcess,
        std::env::consts::ARCH.try_into().unwrap(),
    )
    .unwrap()
    .try_into()
    .unwrap();
    // SAFETY: between fork and exec the closure makes two system calls and touches no lock.
    unsafe {
        command.pre_exec(move || seccompiler::apply_filter(&filter).map_err(std::io::Error::other));
    }
    command
}

/// Peak memory of one verification, as the kernel reports it.
#[cfg(target_os = "linux")]
#[test]
fn one_verify_needs_less_than_300_megabytes() {
    let Some(bench) = Bench::new() else { return };
    let mut child = evenmatch()
        .arg("verify")
        .arg("--reference")
        .arg(&bench.reference)
        .arg("--probe")
        .arg(&bench.mated)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // The high-water mark only grows, so the last reading before the end is the peak. (The figure of
    // `wait4` would include this process's own memory at the time of the fork.)
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kibibytes.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert!(child.wait().unwrap().success());
    let megabytes = peak as f64 * 1024.0 / 1e6;
    println!("peak memory of one verify: {megabytes:.0} MB");
    assert!(peak > 0 && megabytes < 300.0, "{megabytes} MB");
}
