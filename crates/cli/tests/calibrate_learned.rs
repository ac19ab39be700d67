//! `calibrate --normalise learned`, on simulated templates in a store as `evenmatch embed` writes it.
//! What needs no templates needs no models either; the rest skips without them.

use std::path::{Path, PathBuf};
use std::process::Command;

use evenmatch::{
    Policy,
    model::{ModelStore, Profile, Role},
};
use evenmatch_audit::records::PeopleManifest;
use evenmatch_core::Digest;
use evenmatch_core::record::{Calibration, TemplateForm};
use evenmatch_lab::batch::{AcquiredSample, TemplateStore, pipeline_key};
use evenmatch_testkit::Random;

const DIMENSION: usize = 128;

/// A folder with manifests and stores of simulated people.
struct Bench {
    folder: tempfile::TempDir,
    pipeline: Digest,
}

impl Bench {
    fn new() -> Option<Self> {
        // As `calibrate` acquires: advice is not stored.
        let policy = Policy { gate: evenmatch::quality::Gate::Off, ..Policy::default() };
        let verifier = evenmatch_testfaces::verifier(Profile::Latency, policy)?;
        assert_eq!(verifier.templates(), TemplateForm::Mirrored);
        Some(Bench { folder: tempfile::tempdir().unwrap(), pipeline: pipeline_key(&verifier) })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// People of two groups, one of which is packed more densely; their photos are a few bytes
    /// whose templates are in the store that `work` names.
    fn people(&self, name: &str, count: usize, seed: u64, work: &str) -> PathBuf {
        let mut random = Random::new(seed);
        let mut rows = String::from("path,subject_id,group,colour\n");
        let mut samples = Vec::new();
        for entry in 0..count {
            let dense = entry % 3 == 0;
            let path = self.path(&format!("{name}-{entry}.jpg"));
            let bytes = format!("{name} {entry}");
            std::fs::write(&path, &bytes).unwrap();
            let (group, colour) = (if dense { "dense" } else { "sparse" }, entry / 3 % 2);
            rows.push_str(&format!("{name}-{entry}.jpg,{name}{entry},{group},c{colour}\n"));
            let mut features: Vec<f64> = (0..DIMENSION).map(|_| random.normal() / 11.3).collect();
            features[usize::from(dense)] += if dense { 0.6 } else { 0.3 };
            let length = features.iter().map(|x| x * x).sum::<f64>().sqrt();
            samples.push(AcquiredSample {
                entry,
                sha256: Some(Digest::of(bytes.as_bytes())),
                failure: None,
                attempt: Some(1),
                detection_score: Some(0.9),
                faces: Some(1),
                inter_eye_distance: Some(60.0),
                measured: Vec::new(),
                features: Some(features.iter().map(|x| (x / length) as f32).collect()),
            });
        }
        let manifest = self.path(&format!("{name}.csv"));
        std::fs::write(&manifest, rows).unwrap();
        let store = TemplateStore {
            pipeline: self.pipeline,
            manifest: PeopleManifest::read(&manifest).unwrap().digest,
            form: TemplateForm::Mirrored,
            shard: None,
            measures: Vec::new(),
            rows: samples,
        };
        let work = self.path(work);
        std::fs::create_dir_all(&work).unwrap();
        std::fs::write(TemplateStore::file_in(&work), store.to_bytes().unwrap()).unwrap();
        manifest
    }

    fn calibrate(&self, manifest: &Path, out: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
        command.arg("calibrate").arg("--manifest").arg(manifest).arg("--out").arg(self.path(out));
        command.arg("--work").arg(self.path("work")).args(["--resume", "--fmr", "1e-2"]);
        command.args(["--by", "group", "--date", "2026-01-01"]).args(more);
        command
    }

    fn made(&self, out: &str) -> Calibration {
        Calibration::from_path(&self.path(out)).unwrap()
    }
}

/// How many times as often the dense group is falsely matched.
fn ratio(calibration: &Calibration) -> f64 {
    let groups = &calibration.threshold[0].groups;
    let of = |name: &str| groups.iter().find(|group| group.group == name).unwrap().fmr.rate;
    of("dense") / of("sparse")
}

fn run(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn done(command: &mut Command) -> String {
    let (code, said) = run(command);
    assert_eq!(code, Some(0), "{said}");
    said
}

#[test]
fn a_calibration_forms_a_learned_normaliser_from_half_of_the_people_or_from_people_set_aside() {
    let Some(bench) = Bench::new() else { return };
    let people = bench.people("a", 2400, 1, "work");
    let learned = ["--normalise", "learned", "--even", "group,colour"];
    done(&mut bench.calibrate(&people, "off.toml", &[]));
    let said = done(&mut bench.calibrate(&people, "half.toml", &learned));
    assert!(said.contains("learned from") && said.contains("labelled by group, colour"), "{said}");
    let (off, half) = (bench.made("off.toml"), bench.made("half.toml"));
    assert!(ratio(&off) > 5.0, "{}", ratio(&off));
    // At least half of the gap, as a ratio, is closed on people whom the fit has not seen.
    assert!((0.5..ratio(&off) / 2.0).contains(&ratio(&half)), "{}", ratio(&half));
    let record = half.normaliser.as_ref().unwrap();
    let model = record.learned().unwrap();
    assert_eq!(model.templates, TemplateForm::Mirrored);
    assert_eq!(model.even, ["group", "colour"]);
    let embedder =
        ModelStore::open().unwrap().manifest().default_for(Role::Embedder).unwrap().sha256;
    assert_eq!((record.embedder(), record.sources().len()), (embedder, 1));
    assert_eq!(record.subjects() + half.data.subjects, 2400, "nobody is both");
    assert!(half.data.description.ends_with("the people that did not form the normaliser"));

    // Everyone of another manifest forms it, and everyone of this one is measured.
    let aside = bench.people("b", 1200, 2, "work.b");
    let aside = aside.to_str().unwrap();
    let form_on = [&learned[..], &["--form-on", aside, "--seed", "7", "--jobs", "1"]].concat();
    done(&mut bench.calibrate(&people, "aside.toml", &form_on));
    let made = bench.made("aside.toml");
    let record = made.normaliser.as_ref().unwrap();
    assert_eq!((record.subjects(), made.data.subjects), (1200, 2400));
    let model = record.learned().unwrap();
    assert!(model.people[0].everyone && model.people[0].manifest == "b.csv");
    assert_eq!(model.settings.seed, 7);
    assert!((0.5..ratio(&off) / 2.0).contains(&ratio(&made)), "{}", ratio(&made));

    // An audit with it says whose labels were used.
    let mut audit = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
    audit.arg("audit").arg("--manifest").arg(&people).arg("--out").arg(bench.path("report"));
    audit.arg("--work").arg(bench.path("work")).args(["--resume", "--by", "group"]);
    let file = bench.path("aside.toml");
    done(audit.arg("--calibration").arg(&file));
    let report = std::fs::read_to_string(bench.path("report/report.json")).unwrap();
    assert!(report.contains("Labels of 1,200 people (group, colour, as annotated) were used"));
    assert!(report.contains("No label is used or guessed when a decision is made"));

    let file = file.to_str().unwrap();
    for (manifest, options, wanted) in [
        (&people, &["--normalise", "learned", "--even", "age"][..], "has no attribute `age`"),
        (&people, &["--normalise", file, "--templates", "plain"], "is for mirrored templates"),
        (
            &people,
            &["--normalise", "learned", "--even", "group", "--form-on", people.to_str().unwrap()],
            "nobody is left to measure it on",
        ),
        (&PathBuf::from(aside), &["--normalise", file], "nobody is left to measure it on"),
    ] {
        let (code, said) = run(&mut bench.calibrate(manifest, "none.toml", options));
        assert!(code == Some(2) && said.contains(wanted) && said.contains("next:"), "{said}");
        assert!(!bench.path("none.toml").exists());
    }
    let few = bench.people("c", 40, 3, "work");
    let (code, said) = run(&mut bench.calibrate(&few, "none.toml", &learned));
    assert!(code == Some(2) && said.contains("1000 are needed"), "{said}");
}

#[test]
fn options_that_do_not_fit_together_are_refused_before_any_photo_is_read() {
    let refused = |more: &[&str], wanted: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
        command.args(["calibrate", "--manifest", "absent.csv", "--out", "absent.toml"]);
        let (code, said) = run(command.args(more));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(wanted) && said.contains("next:"), "{said}");
    };
    refused(&["--even", "race"], "--even names labels for a learned normaliser");
    refused(&["--normalise", "cohort", "--even", "race"], "but this run forms none");
    refused(&["--normalise", "cohort", "--seed", "2"], "--seed is for a learned normaliser");
    refused(&["--normalise", "learned"], "needs attributes to even out");
    refused(&["--form-on", "others.csv"], "--form-on names photos for a normaliser");
    refused(&["--cohort", "others.csv"], "--cohort names photos for a normaliser");
    assert_eq!(evenmatch::shipped::of_cohort().unwrap().name, "fairface-cohort");
    assert_eq!(evenmatch::shipped::learned().unwrap().name, "fairface");
}
