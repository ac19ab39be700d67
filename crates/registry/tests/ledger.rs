//! The ledger: nothing acknowledged is lost, and no change goes unnoticed.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use crate::support::*;
use evenmatch::{Policy, Probe, Source, Verifier};
use evenmatch_audit::OverturnReport;
use evenmatch_audit::records::{ReadOptions, RecordFile, RecordSource};
use evenmatch_core::{Digest, ErrorKind, record::DecisionRecord};
use evenmatch_ledger::{
    AppealState, DecisionEntry, Disposition, EntryKind, HumanOutcome, Ledger, LedgerFiles,
    LedgerReport, Truth, vault::SecretKey,
};
use evenmatch_registry::{EnrolSettings, Replay};

fn decision(number: u32) -> DecisionEntry {
    let mut record: DecisionRecord = verifier().verify(&of(RED_BLUE), &of(BLUE_RED)).unwrap();
    record.id = format!("d-{number:024x}");
    DecisionEntry {
        subject: Some(format!("p-{number}")),
        enrolment: Some(1),
        disposition: Disposition::PersonMustLook,
        policy: Digest::of(b"{}"),
        platform: "test".to_owned(),
        attributes: Default::default(),
        record,
    }
}

fn ledger(folder: &Path) -> Ledger {
    Ledger::open(folder, &key()).unwrap()
}

fn verify(path: &Path) -> LedgerReport {
    LedgerFiles::open(path).unwrap().verify(None, None).unwrap()
}

/// A ledger of three batches: 2, 1 and 1 decisions.
fn small(folder: &Path) -> PathBuf {
    let ledger = ledger(folder);
    ledger.record(&[decision(0), decision(1)]).unwrap();
    ledger.record(&[decision(2)]).unwrap();
    ledger.record(&[decision(3)]).unwrap();
    folder.join("000001.log")
}

#[test]
fn what_was_written_is_read_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path());
    let report = verify(folder.path());
    assert!(report.is_whole(), "{report:?}");
    // Genesis, four decisions, and a checkpoint after each of four batches.
    assert_eq!((report.entries, report.decisions, report.unsigned), (9, 4, 0));
    let files = LedgerFiles::open(folder.path()).unwrap();
    let (entry, read) = files.decision(&decision(2).record.id).unwrap();
    assert_eq!((entry.sequence, read), (5, decision(2)));
    assert_eq!(files.decision("d-none").unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn the_format_is_simple_enough_for_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(small(folder.path())).unwrap();
    let mut previous = [0_u8; 32];
    for line in text.lines() {
        let (hash, rest) = line.split_once(' ').unwrap();
        let digest = Digest::of(&[&previous[..], rest.as_bytes()].concat());
        assert_eq!(digest.to_string(), hash);
        previous = *digest.as_bytes();
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (live, trial) = (folder.path().join("live"), folder.path().join("trial"));
    small(&live);
    copy(&live, &trial);
    let mut flips = 0;
    for name in ["000001.log", "head", "signing.key"] {
        let whole = std::fs::read(live.join(name)).unwrap();
        // Every bit of the small files, and a sample of all bits of the large one.
        let step = if whole.len() > 2000 { 53 } else { 1 };
        for bit in (0..8 * whole.len()).step_by(step) {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(trial.join(name), &changed).unwrap();
            let noticed = match name {
                // Without the key this cannot be detected; whoever opens the ledger detects it.
                "signing.key" => Ledger::open(&trial, &key()).is_err(),
                _ => match LedgerFiles::open(&trial).and_then(|files| files.verify(None, None)) {
                    Ok(report) => !report.is_whole(),
                    Err(_) => true,
                },
            };
            // The line ending in the key file has no meaning.
            let end = name == "signing.key" && bit / 8 == whole.len() - 1;
            assert!(noticed || end, "{name}: bit {bit}");
            flips += 1;
        }
        std::fs::write(trial.join(name), &whole).unwrap();
    }
    println!("{flips} flips noticed");
    assert!(verify(&trial).is_whole());
}

#[test]
fn changes_deletions_and_moves_are_found_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = small(folder.path());
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let write = |lines: &[&str]| {
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        let report = verify(folder.path());
        let places = report.faults.iter().filter_map(|fault| fault.line).collect::<Vec<_>>();
        (report.is_whole(), places)
    };
    assert_eq!(write(&lines), (true, vec![]));
    let changed = lines[3].replace("person_must_look", "confirmed");
    assert_ne!(changed, lines[3]);
    let mut other = lines.clone();
    other[3] = &changed;
    assert_eq!(write(&other), (false, vec![4]));
    let mut other = lines.clone();
    other.remove(5);
    assert!(matches!(write(&other), (false, places) if places[0] == 6));
    let mut other = lines.clone();
    other.swap(2, 3);
    assert!(matches!(write(&other), (false, places) if places[0] == 3));
    let mut other = lines.clone();
    other.insert(4, lines[3]);
    assert!(matches!(write(&other), (false, places) if places[0] == 5));
    // Truncated at a checkpoint: every remaining entry is valid, and the head shows the loss.
    let report = write(&lines[..7]);
    assert!(!report.0 && report.1.is_empty());
    let error = Ledger::open(folder.path(), &key()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tampered);
}

#[test]
fn who_writes_the_chain_anew_lacks_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = small(folder.path());
    let text = std::fs::read_to_string(&path).unwrap();
    let (mut previous, mut forged) = ([0_u8; 32], String::new());
    for (place, line) in text.lines().enumerate() {
        let rest = line.split_once(' ').unwrap().1;
        let rest = if place == 5 { rest.replace("non_match", "match") } else { rest.to_owned() };
        let digest = Digest::of(&[&previous[..], rest.as_bytes()].concat());
        previous = *digest.as_bytes();
        forged += &format!("{digest} {rest}\n");
    }
    assert_ne!(forged, text);
    std::fs::write(&path, forged).unwrap();
    let report = verify(folder.path());
    let fault = &report.faults[0];
    assert_eq!(fault.line, Some(7), "{report:?}");
    assert!(fault.what.contains("entries from 5"), "{fault}");
    assert_eq!(report.checkpoint.unwrap().entries, 4);
    // A forger's own key is exposed by the key that the auditor knows.
    let other = tempfile::tempdir().unwrap();
    small(other.path());
    let known = ledger(other.path()).public_key();
    let files = LedgerFiles::open(other.path()).unwrap();
    assert!(files.verify(Some(&known), None).unwrap().is_whole());
    let third = tempfile::tempdir().unwrap();
    small(third.path());
    let files = LedgerFiles::open(third.path()).unwrap();
    assert!(!files.verify(Some(&known), None).unwrap().is_whole());
}

#[test]
fn an_unfinished_write_is_cut_off_and_written_down() {
    type Extra = fn(&[u8]) -> Vec<u8>;
    let extras: [Extra; 4] = [
        |_| b"garbage".to_vec(),
        |whole| whole[..300].to_vec(),
        |_| vec![0; 5000],
        // The last batch again: valid lines in the wrong place.
        |whole| {
            let ends = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            let ends: Vec<usize> = ends.map(|(at, _)| at).collect();
            whole[ends[ends.len() - 3] + 1..].to_vec()
        },
    ];
    for extra in extras {
        let folder = tempfile::tempdir().unwrap();
        let path = small(folder.path());
        let whole = std::fs::read(&path).unwrap();
        let extra = extra(&whole);
        std::fs::write(&path, [whole, extra.clone()].concat()).unwrap();
        let report = verify(folder.path());
        assert!(report.unfinished_bytes > 0 || !report.is_whole());
        ledger(folder.path()).record(&[decision(9)]).unwrap();
        let report = verify(folder.path());
        assert!(report.is_whole(), "{report:?}");
        assert_eq!((report.decisions, report.unfinished_bytes), (5, 0));
        let files = LedgerFiles::open(folder.path()).unwrap();
        let recovered = files.mentioning("sha256", &[EntryKind::Recovered]).unwrap();
        assert_eq!(recovered.len(), 1);
        let body: serde_json::Value = recovered[0].read().unwrap();
        assert_eq!(body["bytes"], extra.len());
        assert_eq!(body["sha256"], Digest::of(&extra).to_string());
    }
}

#[test]
fn a_batch_that_was_finished_but_not_acknowledged_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path());
    let head = std::fs::read(folder.path().join("head")).unwrap();
    ledger(folder.path()).record(&[decision(7)]).unwrap();
    std::fs::write(folder.path().join("head"), head).unwrap();
    assert_eq!(verify(folder.path()).unsigned, 0);
    ledger(folder.path()).record(&[decision(8)]).unwrap();
    let report = verify(folder.path());
    assert!(report.is_whole(), "{report:?}");
    assert_eq!(report.decisions, 6);
}

#[test]
fn threads_and_segments_keep_the_chain() {
    let folder = tempfile::tempdir().unwrap();
    let ledgers = [0, 1].map(|_| Ledger::open_with(folder.path(), &key(), 20_000).unwrap());
    let made = decision(1);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (ledger, made) = (&ledgers[thread % 2], &made);
            scope.spawn(move || {
                for _ in 0..10 {
                    assert_eq!(ledger.record(std::slice::from_ref(made)).unwrap().len(), 1);
                }
            });
        }
    });
    let report = verify(folder.path());
    assert!(report.is_whole(), "{report:?}");
    assert_eq!(report.decisions, 80);
    assert!(folder.path().join("000003.log").exists());
    // A missing segment in the middle.
    std::fs::remove_file(folder.path().join("000002.log")).unwrap();
    assert!(!verify(folder.path()).is_whole());
}

#[test]
fn an_export_verifies_with_the_public_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path());
    let files = LedgerFiles::open(folder.path()).unwrap();
    let (export, cut) = (folder.path().join("export"), folder.path().join("cut"));
    files.export(std::fs::File::create(&export).unwrap()).unwrap();
    let public = ledger(folder.path()).public_key();
    let report = LedgerFiles::open(&export).unwrap().verify(Some(&public), None).unwrap();
    assert!(report.is_whole() && report.decisions == 4);
    let bytes = std::fs::read(&export).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() - 100]).unwrap();
    let report = LedgerFiles::open(&cut).unwrap().verify(Some(&public), None).unwrap();
    assert!(!report.is_whole());
    // Truncated at a checkpoint: only a checkpoint kept elsewhere shows it.
    let kept = files.last_checkpoint().unwrap().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let shorter: Vec<&str> = text.lines().take(7).collect();
    std::fs::write(&cut, shorter.join("\n") + "\n").unwrap();
    let cut = LedgerFiles::open(&cut).unwrap();
    assert!(cut.verify(Some(&public), None).unwrap().is_whole());
    assert!(!cut.verify(Some(&public), Some(&kept)).unwrap().is_whole());
    assert!(files.verify(Some(&public), Some(&kept)).unwrap().is_whole());
}

#[test]
fn a_wrong_key_opens_no_ledger() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path());
    let error = Ledger::open(folder.path(), &SecretKey::from_bytes([1; 32])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongKey);
}

#[test]
fn appeals_flow_into_records_that_the_audit_reads() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    for (subject, group) in [("a", "x"), ("b", "y"), ("c", "y")] {
        let attributes = [("group".to_owned(), group.to_owned())].into();
        let settings = EnrolSettings { attributes, ..EnrolSettings::default() };
        registry.enrol(&verifier, subject, [Source::Image(&of(RED_BLUE))], &settings).unwrap();
    }
    let blank = image::RgbImage::from_pixel(320, 320, image::Rgb([128; 3]));
    let mut ids = Vec::new();
    for (subject, image) in [
        ("a", of(RED_BLUE)),
        ("b", of(BLUE_RED)),
        ("c", of(([0, 250, 0], [250, 0, 0]))),
        ("a", blank),
    ] {
        let enrolment = registry.enrolment(subject).unwrap();
        let probe = verifier.acquire::<Probe>(&image).unwrap();
        let record =
            verifier.decide(&enrolment.reference(&verifier, None).unwrap(), &probe).unwrap();
        ids.push(record.id.clone());
        registry.decided(Some(&enrolment), record, verifier.policy()).unwrap();
    }
    let ledger = registry.ledger();
    let refused = |result: evenmatch_core::Result<_>| {
        result.map(|_: evenmatch_ledger::Appended| ()).unwrap_err()
    };
    refused(ledger.review_appeal(&ids[1], "r", "n"));
    ledger.open_appeal(&ids[1], "it is me").unwrap();
    refused(ledger.open_appeal(&ids[1], "again"));
    ledger.review_appeal(&ids[1], "reviewer 4", "both photos seen").unwrap();
    let overturned = HumanOutcome::Overturned;
    refused(ledger.resolve_appeal(&ids[1], "reviewer 4", overturned, Some(false), "no"));
    ledger.resolve_appeal(&ids[1], "reviewer 4", overturned, None, "the same person").unwrap();
    ledger.open_appeal(&ids[2], "it is me").unwrap();
    ledger.resolve_appeal(&ids[2], "reviewer 4", HumanOutcome::Upheld, None, "another").unwrap();
    refused(ledger.resolve_appeal(&ids[2], "reviewer 4", HumanOutcome::Upheld, None, "another"));

    let files = LedgerFiles::open(ledger.folder()).unwrap();
    assert!(files.verify(None, None).unwrap().is_whole());
    let states: Vec<AppealState> =
        files.appeals().unwrap().into_values().map(|appeal| appeal.state).collect();
    assert_eq!(states, [AppealState::Overturned, AppealState::Upheld]);
    let counts = files.overturned("group").unwrap();
    let rates = OverturnReport::new(counts.by, counts.groups).groups;
    assert_eq!((rates[0].group.as_str(), rates[0].resolved, rates[0].rate), ("x", 0, None));
    assert_eq!((rates[1].resolved, rates[1].overturned, rates[1].rate), (2, 1, Some(0.5)));
    assert!(rates[1].low.unwrap() < 0.02 && rates[1].high.unwrap() > 0.98);

    let mut csv = Vec::new();
    let summary = files.records(Truth::Resolved, 0, &mut csv).unwrap();
    assert_eq!(
        (summary.decisions, summary.records, summary.resolved, summary.unknown),
        (4, 2, 2, 2)
    );
    let mut csv = Vec::new();
    let summary = files.records(Truth::Claimed, 0, &mut csv).unwrap();
    assert_eq!((summary.records, summary.resolved), (4, 2));
    let text = String::from_utf8(csv).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|cell| *cell == name).unwrap();
    let of_column =
        |name: &str| -> Vec<&str> { rows[1..].iter().map(|row| row[column(name)]).collect() };
    assert_eq!(of_column("mated"), ["1", "1", "0", "1"]);
    assert_eq!(of_column("probe_appeal"), ["none", "overturned", "upheld", "none"]);
    assert_eq!(of_column("failure"), ["", "", "", "detect:no_face_found"]);
    assert_eq!(of_column("reference_group"), ["x", "y", "y", "x"]);
    let path = folder.path().join("records.csv");
    std::fs::write(&path, &text).unwrap();
    let mut file = RecordFile::open(&path, &ReadOptions::default()).unwrap();
    let mut read = 0;
    file.scan(&mut Default::default(), &mut |_, batch| {
        read += batch.len();
        Ok(())
    })
    .unwrap();
    assert_eq!(read, 4);
}

#[test]
fn a_decision_is_made_again_bit_for_bit_or_what_differs_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    let record = verifier.verify(&of(RED_BLUE), &of(BLUE_RED)).unwrap();
    registry.decided(None, record.clone(), verifier.policy()).unwrap();
    let files = LedgerFiles::open(registry.ledger().folder()).unwrap();
    let (_, then) = files.decision(&record.id).unwrap();
    let policy: Policy = serde_json::from_slice(&files.policy(&then.policy).unwrap()).unwrap();
    assert_eq!(&policy, verifier.policy());
    let again = Verifier::with_null_networks(policy).unwrap();
    let replay = Replay::of(&then, &again.verify(&of(RED_BLUE), &of(BLUE_RED)).unwrap()).unwrap();
    assert!(replay.identical && replay.differences.is_empty());
    let replay = Replay::of(&then, &again.verify(&of(RED_BLUE), &of(RED_BLUE)).unwrap()).unwrap();
    assert!(!replay.identical && replay.causes == ["the probe is another file"]);
    assert!(replay.differences.iter().any(|difference| difference.at == "/score"));
    let strict = Verifier::with_null_networks("threshold = 0.95".parse().unwrap()).unwrap();
    let replay = Replay::of(&then, &strict.verify(&of(RED_BLUE), &of(BLUE_RED)).unwrap()).unwrap();
    assert_eq!(replay.causes, ["another operating point"]);
}
