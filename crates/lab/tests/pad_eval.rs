//! Evaluation of presentation attack detection with a presenter whose answers are known.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use evenmatch_audit::{
    AuditReport, AuditSettings, RateCell, Thresholds,
    records::{PadOutcome, PresentationManifest},
};
use evenmatch_core::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_lab::pad_eval::{
    PadEvalSettings, Presentation, Presented, Presenter, outcomes, pad_eval, records, report,
};

/// Reads its answer from the file: `OUTCOME PAD_SCORE SCORE`, or `no_face`. For a folder, the
/// answer is in its file `0001`.
struct Scripted {
    seen: AtomicUsize,
    /// Fails after this many.
    stops_after: usize,
}

impl Scripted {
    fn new() -> Self {
        Scripted { seen: AtomicUsize::new(0), stops_after: usize::MAX }
    }
}

impl Presenter for Scripted {
    fn present(&self, presentation: &Presentation<'_>) -> Result<Presented> {
        if self.seen.fetch_add(1, Ordering::Relaxed) >= self.stops_after {
            return Err(Error::new(ErrorKind::Runtime, Stage::Setup, "the power is cut"));
        }
        let frames = presentation.path.is_dir();
        assert_eq!(frames, presentation.challenge.is_some());
        let file =
            if frames { presentation.path.join("0001") } else { presentation.path.to_owned() };
        let text = fs::read_to_string(&file)
            .map_err(|cause| Error::io(Stage::Decode, presentation.path, cause))?;
        if text == "no_face" {
            return Ok(Presented::failed("detect:no_face_found"));
        }
        let [outcome, pad_score, score] = text.split(' ').collect::<Vec<_>>()[..] else {
            return Err(Error::new(ErrorKind::Corrupt, Stage::Decode, "not a photo"));
        };
        let (outcome, reasons) = match outcome {
            "pass" => (PadOutcome::Pass, vec![]),
            "fail" => (PadOutcome::Fail, vec!["margin".to_owned(), "halftone".to_owned()]),
            _ => (PadOutcome::NonResponse, vec!["too_short".to_owned()]),
        };
        Ok(Presented {
            outcome,
            pad_score: pad_score.parse().ok(),
            reasons,
            failure: None,
            score: presentation.reference.and(score.parse().ok()),
        })
    }

    fn key(&self) -> Digest {
        Digest::of(b"scripted")
    }
}

const MANIFEST: &str = "\
path,subject_id,species,challenge,reference,race
live0,s0,,,ref,A
live1,s1,bona_fide,,ref,A
live2,s2,,,ref,B
live3,s3,,,ref,B
gone,s4,,,ref,B
corrupt,s5,,,,A
print0,s0,print,,ref,A
print1,s1,print,,ref,A
print2,s2,print,,ref,B
print3,s3,print,,ref,B
replay,s2,sim_replay,replay/challenge.json,ref,B
mask,s3,mask,,,
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put("pad.csv", MANIFEST);
    for (name, answer) in [
        ("live0", "pass 0.9 0.8"),
        ("live1", "fail 0.2 0.8"),
        ("live2", "pass 0.8 0.3"),
        ("live3", "inconclusive 0.5 0.8"),
        ("corrupt", "\u{0}"),
        ("print0", "pass 0.7 0.9"),
        ("print1", "pass 0.6 0.1"),
        ("print2", "fail 0.1 0.9"),
        ("print3", "no_face"),
        ("mask", "pass 0.9 0.9"),
        ("ref", "r"),
    ] {
        put(name, answer);
    }
    fs::create_dir(folder.path().join("replay")).unwrap();
    put("replay/0001", "fail 0.3 0.95");
    put("replay/challenge.json", "{}");
    folder
}

fn manifest(folder: &Path) -> PresentationManifest {
    PresentationManifest::read(&folder.join("pad.csv")).unwrap()
}

fn run(folder: &Path, settings: &PadEvalSettings) -> Result<Vec<Presented>> {
    pad_eval(&manifest(folder), folder, &Scripted::new(), settings, &|_| {})
}

fn counts(cell: &RateCell) -> (u64, u64) {
    match cell {
        RateCell::Measured(rate) => (rate.errors, rate.trials),
        RateCell::Insufficient { insufficient } => panic!("{insufficient:?}"),
    }
}

fn audited(folder: &Path) -> AuditReport {
    let manifest = manifest(folder);
    let presented = run(folder, &PadEvalSettings::default()).unwrap();
    let path = folder.join("records.csv");
    fs::write(&path, records(&manifest, &presented).unwrap()).unwrap();
    let settings = AuditSettings {
        thresholds: Thresholds::Given(0.5),
        least_trials: 1,
        ..AuditSettings::default()
    };
    report(&manifest, &path, &settings).unwrap()
}

#[test]
fn the_rates_are_those_of_the_script() {
    let folder = folder();
    let report = audited(folder.path());
    assert_eq!(report.inputs[1].format, "presentations");
    let pad = report.pad.unwrap();
    // Six judged: two without an answer because nothing could be read, one inconclusive.
    assert_eq!(counts(&pad.bpcer), (1, 3));
    assert_eq!(counts(&pad.bona_fide_non_response), (3, 6));
    assert_eq!(counts(pad.bona_fide_turned_away.as_ref().unwrap()), (4, 6));
    assert_eq!(counts(&pad.species["print"].apcer), (2, 3));
    assert_eq!(counts(&pad.species["print"].non_response), (1, 4));
    assert_eq!(counts(&pad.species["mask"].apcer), (1, 1));
    assert_eq!(counts(&pad.species["sim_replay"].apcer), (0, 1));
    assert_eq!(pad.worst_species.as_deref(), Some("mask"));
    assert_eq!(counts(&pad.groups["race"]["B"].turned_away), (2, 3));
    let end = &pad.end_to_end[0];
    // One of four prints passed and matched; the mask did not claim an identity.
    assert_eq!(counts(&end.iapar["print"]), (1, 4));
    assert_eq!(counts(&end.iapar["sim_replay"]), (0, 1));
    assert!(!end.iapar.contains_key("mask"));
    // One of five rightful claims was accepted; the corrupt photo did not claim an identity.
    assert_eq!(counts(end.frr.as_ref().unwrap()), (4, 5));
    assert!((end.riapar.unwrap() - (0.25 + 0.8)).abs() < 1e-12);
    assert_eq!(report.data.subjects, 6);
}

#[test]
fn every_presentation_is_a_record_with_its_reason() {
    let folder = folder();
    let manifest = manifest(folder.path());
    let presented = run(folder.path(), &PadEvalSettings::default()).unwrap();
    let rows = |bytes: Vec<u8>| -> Vec<String> {
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    };
    let found = rows(records(&manifest, &presented).unwrap());
    assert_eq!(found.len(), 13);
    assert_eq!(
        found[0],
        "probe_id,reference_id,probe_subject,reference_subject,mated,score,failure,\
         attack_species,pad_outcome,pad_score,probe_race,reference_race"
    );
    assert_eq!(found[1], "live0,ref,s0,s0,1,0.8,,,pass,0.9,A,A");
    assert_eq!(found[5], "gone,ref,s4,s4,1,,decode:no_file,,inconclusive,,B,B");
    assert_eq!(found[6], "corrupt,,s5,,,,decode:corrupt,,inconclusive,,A,");
    assert_eq!(found[9], "print2,ref,s2,s2,,0.9,,print,fail,0.1,B,B");
    assert_eq!(found[12], "mask,,s3,,,,,mask,pass,0.9,,");
    let told = rows(outcomes(&manifest, &presented).unwrap());
    assert_eq!(told[2], "3,live1,s1,bona_fide,fail,0.2,margin;halftone,,0.8");
    assert_eq!(
        told[10],
        "11,print3,s3,print,inconclusive,,detect:no_face_found,detect:no_face_found,"
    );
}

#[test]
fn a_run_that_was_cut_off_ends_as_one_that_was_not() {
    let folder = folder();
    let root = folder.path();
    let whole = root.join("whole");
    let settings = |at: &Path, resume| PadEvalSettings { jobs: 1, folder: Some(at.into()), resume };
    let straight = run(root, &settings(&whole, false)).unwrap();

    let cut = root.join("cut");
    let short = Scripted { stops_after: 5, ..Scripted::new() };
    let error = pad_eval(&manifest(root), root, &short, &settings(&cut, false), &|_| {});
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Runtime);
    let error = run(root, &settings(&cut, false)).unwrap_err();
    assert!(error.next_step().unwrap().contains("--resume"), "{error}");
    let rest = Scripted::new();
    let last = std::sync::Mutex::new((0, 0));
    let resumed = pad_eval(&manifest(root), root, &rest, &settings(&cut, true), &|progress| {
        *last.lock().unwrap() = (progress.done, progress.reused);
    })
    .unwrap();
    // Four of five had a readable file that identifies them; the others are tried again.
    assert_eq!(*last.lock().unwrap(), (12, 4));
    assert_eq!(rest.seen.load(Ordering::Relaxed), 8);
    assert_eq!(resumed, straight);
    let file = |at: &Path| fs::read(at.join("outcomes.jsonl")).unwrap();
    assert_eq!(file(&cut), file(&whole));
    assert!(!cut.join("outcomes.unfinished.jsonl").exists());

    // Another photo under the same name is judged again.
    fs::write(root.join("live0"), "fail 0.1 0.8").unwrap();
    let again = run(root, &settings(&cut, true)).unwrap();
    assert_eq!(again[0].outcome, PadOutcome::Fail);
    assert_eq!(again[1..], straight[1..]);
}

#[test]
fn threads_change_nothing() {
    let folder = folder();
    let with = |jobs| {
        let settings = PadEvalSettings { jobs, ..PadEvalSettings::default() };
        run(folder.path(), &settings).unwrap()
    };
    assert_eq!(with(1), with(7));
}

#[test]
fn a_wrong_root_is_no_set_of_failures() {
    let folder = folder();
    let elsewhere = folder.path().join("elsewhere");
    let settings = PadEvalSettings::default();
    let error =
        pad_eval(&manifest(folder.path()), &elsewhere, &Scripted::new(), &settings, &|_| {})
            .unwrap_err();
    assert!(error.next_step().unwrap().contains("--root"), "{error}");
}
