//! Stored enrolments: sealed, bound to their place, recognised when old, and gone when deleted.
#![allow(clippy::unwrap_used)]

use crate::support::*;
use evenmatch::{Policy, Probe, Retention, Source, Verifier};
use evenmatch_core::{
    Digest, ErrorKind,
    record::{Outcome, ReasonCode},
};
use evenmatch_explain::messages::Messages;
use evenmatch_ledger::{
    EntryKind, LedgerFiles,
    vault::{KeySource, SecretKey},
};
use evenmatch_registry::{
    DeletionGround, DeletionReceipt, EnrolSettings, HeldItem, Registry, disclosure_page,
};
use rusqlite::Connection;

fn decide(
    registry: &Registry,
    verifier: &Verifier,
    subject: &str,
    image: &image::RgbImage,
) -> evenmatch_core::record::DecisionRecord {
    let enrolment = registry.enrolment(subject).unwrap();
    let probe = verifier.acquire::<Probe>(image).unwrap();
    let reference = enrolment.reference(verifier, probe.sample.sha256).unwrap();
    let record = verifier.decide(&reference, &probe).unwrap();
    registry.decided(Some(&enrolment), record.clone(), verifier.policy()).unwrap();
    record
}

#[test]
fn an_enrolment_of_one_photo_decides_as_the_photo_does() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    enrol(&registry, &verifier, "alice", &of(RED_BLUE));
    drop(registry);
    // As another process would later.
    let registry = open(folder.path());
    for (probe, outcome) in [(RED_BLUE, Outcome::Match), (BLUE_RED, Outcome::NonMatch)] {
        let record = decide(&registry, &verifier, "alice", &of(probe));
        assert_eq!(record.outcome, outcome);
        assert_eq!(record, verifier.verify(&of(RED_BLUE), &of(probe)).unwrap());
    }
    let error = registry.enrolment("bob").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownSubject);
    let list = registry.list().unwrap();
    assert_eq!((list.len(), list[0].subject.as_str(), list[0].photos), (1, "alice", 1));
    assert!(registry.check().unwrap().is_whole());
}

#[test]
fn several_photos_make_one_template_and_their_spread_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    let near = of(([240, 30, 25], [25, 30, 240]));
    let (first, blank) =
        (of(RED_BLUE), image::RgbImage::from_pixel(320, 320, image::Rgb([128; 3])));
    let photos = [&first, &blank, &near].map(Source::Image);
    let outcome = registry.enrol(&verifier, "a", photos, &EnrolSettings::default()).unwrap();
    let spread = outcome.enrolled.unwrap().spread;
    assert!(spread.least_between.unwrap() < spread.least_to_mean && spread.least_to_mean < 1.0);
    // The photo without a face is not used, and says why.
    assert_eq!(outcome.photos[1].weight, None);
    assert!(outcome.photos[1].reasons.iter().any(|r| r.code == ReasonCode::NoFaceFound));
    let weights: f64 = outcome.photos.iter().filter_map(|photo| photo.weight).sum();
    assert!((weights - 1.0).abs() < 1e-9);
    let enrolment = registry.enrolment("a").unwrap();
    assert_eq!(enrolment.details.photos.len(), 2);
    assert!(enrolment.details.sample.is_none());
    // The template is the weighted mean, up to rounding.
    let features =
        |image| verifier.acquire::<Probe>(image).unwrap().template.unwrap().features().to_vec();
    let (a, b) = (features(&first), features(&near));
    let [w, _, v] = [0, 1, 2].map(|i| outcome.photos[i].weight.unwrap_or(0.0));
    let mean: Vec<f64> =
        a.iter().zip(&b).map(|(a, b)| w * f64::from(*a) + v * f64::from(*b)).collect();
    let norm = mean.iter().map(|x| x * x).sum::<f64>().sqrt();
    for (kept, mean) in enrolment.template().features().iter().zip(&mean) {
        assert!((f64::from(*kept) - mean / norm).abs() < 1e-6);
    }
}

#[test]
fn photos_of_two_people_are_refused_unless_a_person_has_looked() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    let (a, b) = (of(RED_BLUE), of(BLUE_RED));
    let photos = || [Source::Image(&a), Source::Image(&b)];
    let outcome = registry.enrol(&verifier, "a", photos(), &EnrolSettings::default()).unwrap();
    assert!(outcome.enrolled.is_none());
    assert_eq!(outcome.unlike, Some([0, 1]));
    assert_eq!(registry.enrolment("a").unwrap_err().kind(), ErrorKind::UnknownSubject);
    let settings = EnrolSettings { checked_by_a_person: true, ..EnrolSettings::default() };
    let outcome = registry.enrol(&verifier, "a", photos(), &settings).unwrap();
    assert!(outcome.enrolled.is_some());
    assert!(registry.enrolment("a").unwrap().details.checked_by_a_person);
}

#[test]
fn enrolling_anew_counts_up_and_keeps_the_pseudonym() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    enrol(&registry, &verifier, "a", &of(RED_BLUE));
    let before = registry.enrolment("a").unwrap();
    let again = |replace| {
        let settings = EnrolSettings { replace, ..EnrolSettings::default() };
        registry.enrol(&verifier, "a", [Source::Image(&of(BLUE_RED))], &settings)
    };
    assert_eq!(again(false).unwrap_err().kind(), ErrorKind::AlreadyEnrolled);
    assert_eq!(again(true).unwrap().enrolled.unwrap().version, 2);
    let after = registry.enrolment("a").unwrap();
    assert_eq!(after.details.pseudonym, before.details.pseudonym);
    assert_ne!(after.template(), before.template());
    assert!(registry.check().unwrap().is_whole());
}

#[test]
fn an_enrolment_of_the_other_form_is_refused_with_both_ways_out() {
    let folder = tempfile::tempdir().unwrap();
    let registry = open(folder.path());
    let of_form = |text: &str| Verifier::with_null_networks(text.parse().unwrap()).unwrap();
    let (plain, mirrored) = (of_form("templates = 'plain'"), of_form("templates = 'mirrored'"));
    enrol(&registry, &plain, "a", &of(RED_BLUE));
    enrol(&registry, &mirrored, "b", &of(RED_BLUE));
    let image = of(RED_BLUE);
    for (subject, own, other) in [("a", &plain, &mirrored), ("b", &mirrored, &plain)] {
        let enrolment = registry.enrolment(subject).unwrap();
        assert_eq!(enrolment.template().form(), own.templates());
        assert_eq!(decide(&registry, own, subject, &image).templates, Some(own.templates()));
        let error = enrolment.reference(other, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TemplateFormMismatch);
        let (next, name) = (error.next_step().unwrap(), own.templates().name());
        assert!(next.contains("--replace"), "{next}");
        assert!(next.contains(&format!("--templates {name}")), "{next}");
    }
}

#[test]
fn another_model_can_not_use_the_template() {
    let folder = tempfile::tempdir().unwrap();
    let registry = open(folder.path());
    enrol(&registry, &verifier(), "a", &of(RED_BLUE));
    let connection = Connection::open(database(folder.path())).unwrap();
    connection
        .execute("UPDATE enrolment SET model = ?1", [&Digest::of(b"other").as_bytes()[..]])
        .unwrap();
    assert_eq!(registry.enrolment("a").unwrap_err().kind(), ErrorKind::Tampered);
}

#[test]
fn a_wrong_key_is_told_from_a_changed_store() {
    let folder = tempfile::tempdir().unwrap();
    enrol(&open(folder.path()), &verifier(), "a", &of(RED_BLUE));
    let wrong = SecretKey::from_bytes([43; 32]);
    let error = try_open(folder.path(), &wrong).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongKey);
    assert!(error.next_step().unwrap().contains("--key-file"));
    let connection = Connection::open(database(folder.path())).unwrap();
    connection.execute("UPDATE state SET epoch = epoch + 1", []).unwrap();
    let error = try_open(folder.path(), &key()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tampered);
}

#[test]
fn templates_that_were_swapped_between_people_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    enrol(&registry, &verifier, "alice", &of(RED_BLUE));
    enrol(&registry, &verifier, "mallory", &of(BLUE_RED));
    let connection = Connection::open(database(folder.path())).unwrap();
    let swap = |columns: &[&str]| {
        for column in columns {
            connection
                .execute_batch(&format!(
                    "CREATE TEMP TABLE t AS SELECT lookup, {column} AS v FROM enrolment;
                     UPDATE enrolment SET {column} =
                         (SELECT v FROM t WHERE t.lookup != enrolment.lookup);
                     DROP TABLE t;"
                ))
                .unwrap();
        }
    };
    for columns in [&["sealed"][..], &["wrapped_key"], &["sealed", "wrapped_key"]] {
        swap(columns);
        for subject in ["alice", "mallory"] {
            let error = registry.enrolment(subject).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Misplaced, "{columns:?}: {error}");
        }
        assert_eq!(registry.check().unwrap().faults.len(), 3);
        swap(columns);
        registry.enrolment("alice").unwrap();
    }
}

#[test]
fn a_row_of_an_older_version_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    enrol(&registry, &verifier, "a", &of(RED_BLUE));
    let connection = Connection::open(database(folder.path())).unwrap();
    connection.execute_batch("CREATE TEMP TABLE old AS SELECT * FROM enrolment").unwrap();
    let settings = EnrolSettings { replace: true, ..EnrolSettings::default() };
    registry.enrol(&verifier, "a", [Source::Image(&of(BLUE_RED))], &settings).unwrap();
    assert!(registry.check().unwrap().is_whole());
    let back = "DELETE FROM enrolment; INSERT INTO enrolment SELECT * FROM old";
    connection.execute_batch(back).unwrap();
    let report = registry.check().unwrap();
    assert!(report.faults[0].contains("older copy"), "{report:?}");
    // A missing row is found too.
    connection.execute_batch("DELETE FROM enrolment").unwrap();
    assert!(registry.check().unwrap().faults[0].contains("1 rows expected"));
}

#[test]
fn an_old_copy_of_store_or_ledger_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (live, old) = (folder.path().join("live"), folder.path().join("old"));
    let verifier = verifier();
    enrol(&open(&live), &verifier, "a", &of(RED_BLUE));
    copy(&live, &old);
    // The store knows the ledger's length as of the change before its last.
    enrol(&open(&live), &verifier, "b", &of(BLUE_RED));
    enrol(&open(&live), &verifier, "c", &of(BLUE_RED));
    let with = |store: &std::path::Path, ledger: &std::path::Path| {
        let mixed = tempfile::tempdir_in(folder.path()).unwrap().keep();
        copy(ledger, &mixed);
        for file in files(&mixed).into_iter().filter(|f| f.parent() == Some(&mixed)) {
            std::fs::remove_file(file).unwrap();
        }
        for file in files(store).into_iter().filter(|f| f.parent() == Some(store)) {
            std::fs::copy(&file, mixed.join(file.file_name().unwrap())).unwrap();
        }
        try_open(&mixed, &key()).map(|registry| registry.list().unwrap().len())
    };
    assert_eq!(with(&live, &live).unwrap(), 3);
    let error = with(&old, &live).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RolledBack);
    assert!(error.to_string().contains("the store is an old copy"), "{error}");
    let error = with(&live, &old).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RolledBack);
    assert!(error.to_string().contains("the ledger is an old copy"), "{error}");
    // If both are rolled back together, only a checkpoint kept elsewhere shows it.
    assert_eq!(with(&old, &old).unwrap(), 1);
    let kept = LedgerFiles::open(&live.join("ledger")).unwrap().last_checkpoint().unwrap();
    let report = LedgerFiles::open(&old.join("ledger")).unwrap().verify(None, kept.as_ref());
    assert!(report.unwrap().faults[0].what.contains("rolled back"));
    // No store at all, with a ledger that knows of one.
    let empty = tempfile::tempdir_in(folder.path()).unwrap();
    let error = with(empty.path(), &live).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RolledBack);
}

/// Flips a sample of bits: each is either detected, or everything that is read stays the same.
#[test]
fn no_flipped_bit_of_the_store_changes_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (live, trial) = (folder.path().join("live"), folder.path().join("trial"));
    let verifier = verifier();
    let registry = open(&live);
    enrol(&registry, &verifier, "a", &of(RED_BLUE));
    enrol(&registry, &verifier, "b", &of(BLUE_RED));
    let expected: Vec<Vec<u8>> =
        ["a", "b"].map(|s| registry.enrolment(s).unwrap().template().to_bytes()).to_vec();
    drop(registry);
    let store = database(&live);
    let whole = std::fs::read(&store).unwrap();
    copy(&live, &trial);
    let cells = Connection::open(&store).unwrap();
    let find = |what: &str| -> Vec<u8> {
        cells.query_row(&format!("SELECT {what} FROM enrolment LIMIT 1"), [], |r| r.get(0)).unwrap()
    };
    // Bytes that matter: the beginnings of what is stored, at their places in the file.
    let known: Vec<usize> = ["lookup", "model", "wrapped_key", "sealed"]
        .iter()
        .map(|column| memchr::memmem::find(&whole, &find(column)[..32]).unwrap())
        .collect();
    drop(cells);
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let (mut noticed, mut harmless) = (0, 0);
    for trial_number in 0..600 {
        let aimed = trial_number < 300;
        let at = if aimed { known[trial_number % 4] + random(32) } else { random(whole.len()) };
        let mut changed = whole.clone();
        changed[at] ^= 1 << random(8);
        for name in ["enrolments.sqlite-wal", "enrolments.sqlite-shm"] {
            let _ = std::fs::remove_file(trial.join(name));
        }
        std::fs::write(database(&trial), &changed).unwrap();
        let read = try_open(&trial, &key()).and_then(|registry| {
            let templates: Result<Vec<_>, _> = ["a", "b"]
                .map(|subject| registry.enrolment(subject).map(|e| e.template().to_bytes()))
                .into_iter()
                .collect();
            let report = registry.check()?;
            Ok((templates?, report.is_whole(), registry.list()?.len()))
        });
        match read {
            Err(_) | Ok((_, false, _)) => noticed += 1,
            Ok((templates, true, people)) => {
                assert!(!aimed, "byte {at} was changed unnoticed");
                assert_eq!((templates, people), (expected.clone(), 2), "byte {at}");
                harmless += 1;
            }
        }
    }
    println!("{noticed} flips noticed, {harmless} in bytes that mean nothing (free space)");
    assert!(noticed >= 300);
}

#[test]
fn nothing_is_left_of_who_was_forgotten_and_anybody_can_check_the_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    for person in 0..20 {
        enrol(&registry, &verifier, &format!("subject-number-{person}"), &photo(person));
    }
    let (subject, other) = ("subject-number-7", "subject-number-8");
    decide(&registry, &verifier, subject, &photo(7));
    let enrolment = registry.enrolment(subject).unwrap();
    let plain: Vec<u8> =
        enrolment.template().features().iter().flat_map(|f| f.to_le_bytes()).collect();
    let pseudonym = enrolment.details.pseudonym.clone();
    let cell = |column: &str| -> Vec<u8> {
        let connection = Connection::open(database(folder.path())).unwrap();
        let nth = format!("SELECT {column} FROM enrolment ORDER BY rowid LIMIT 1 OFFSET 7");
        connection.query_row(&nth, [], |row| row.get(0)).unwrap()
    };
    let (sealed, wrapped) = (cell("sealed"), cell("wrapped_key"));
    let commitment = registry.content_commitment(subject).unwrap();
    let of_cells = Digest::of(
        &[
            &(wrapped.len() as u64).to_le_bytes()[..],
            &wrapped,
            &(sealed.len() as u64).to_le_bytes(),
            &sealed,
        ]
        .concat(),
    );
    assert_eq!(commitment, of_cells, "the cells are the subject's");

    let traces = || {
        // The first 32 features, the name, pieces of the sealed bytes and of the wrapped key.
        let needles =
            [&plain[..128], subject.as_bytes(), &sealed[57..89], &sealed[400..432], &wrapped[57..]];
        let mut found = Vec::new();
        for file in files(folder.path()) {
            let bytes = std::fs::read(&file).unwrap();
            for (place, needle) in needles.iter().enumerate() {
                if memchr::memmem::find(&bytes, needle).is_some() {
                    found.push((file.file_name().unwrap().to_owned(), place));
                }
            }
        }
        found
    };
    let before = traces();
    assert!(before.iter().all(|(_, place)| *place >= 2), "plain text lies on the disk: {before:?}");
    assert!(before.iter().any(|(_, place)| *place == 4), "the search finds what is there");

    let receipt = registry.forget(subject, DeletionGround::Request).unwrap();
    let left = traces();
    assert!(left.is_empty(), "something is left: {left:?}");
    assert_eq!(receipt.content_commitment, commitment);
    assert_eq!(registry.enrolment(subject).unwrap_err().kind(), ErrorKind::UnknownSubject);
    registry.enrolment(other).unwrap();
    assert!(registry.check().unwrap().is_whole());

    let export = folder.path().join("export.log");
    let files = LedgerFiles::open(&folder.path().join("ledger")).unwrap();
    let public = registry.ledger().public_key();
    files.export(std::fs::File::create(&export).unwrap()).unwrap();
    assert!(files.verify(Some(&public), None).unwrap().is_whole());
    let outside = LedgerFiles::open(&export).unwrap();
    assert!(outside.verify(Some(&public), None).unwrap().is_whole());
    let check = receipt.check(&public, Some(subject), Some(&outside)).unwrap();
    assert!(check.is_whole() && check.holds.len() == 7, "{check:?}");
    // The decision is still there, under a pseudonym that leads to nobody.
    assert_eq!(outside.mentioning(&pseudonym, &[EntryKind::Decision]).unwrap().len(), 1);
    let text = std::fs::read_to_string(&export).unwrap();
    assert!(!text.contains(subject) && !text.contains(receipt.salt.as_ref().unwrap()));

    let json = serde_json::to_string(&receipt).unwrap();
    let faults = |change: &dyn Fn(&mut DeletionReceipt), subject: &str, key| {
        let mut changed: DeletionReceipt = serde_json::from_str(&json).unwrap();
        change(&mut changed);
        changed.check(key, Some(subject), Some(&outside)).unwrap().faults.len()
    };
    assert_eq!(faults(&|_| {}, subject, &public), 0);
    assert_eq!(faults(&|_| {}, other, &public), 1);
    assert!(faults(&|r| r.epoch += 1, subject, &public) > 0);
    assert!(faults(&|r| r.promised.time += 1, subject, &public) > 0);
    assert!(faults(&|r| r.content_commitment = Digest::of(b"x"), subject, &public) > 0);
    let stranger = tempfile::tempdir().unwrap();
    let stranger = open(stranger.path()).ledger().public_key();
    assert!(faults(&|_| {}, subject, &stranger) >= 2);
}

#[test]
fn retention_deletes_what_is_due_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let registry = open(folder.path());
    let policy: Policy =
        "[retention]\ndays = 100\n[retention.purposes]\nvisa = 10".parse().unwrap();
    let verifier = Verifier::with_null_networks(policy.clone()).unwrap();
    for (subject, purpose) in [("a", "visa"), ("b", ""), ("c", "visa")] {
        let settings = EnrolSettings { purpose: purpose.to_owned(), ..EnrolSettings::default() };
        registry.enrol(&verifier, subject, [Source::Image(&photo(1))], &settings).unwrap();
    }
    let day = 86_400_000;
    let now = registry.enrolment("c").unwrap().enrolled_at;
    let due = |retention: &Retention, after: i64, dry: bool| -> Vec<String> {
        let run = registry.retain(retention, now + after, dry).unwrap();
        assert_eq!(run.receipts.len(), if dry { 0 } else { run.due.len() });
        run.due.into_iter().map(|due| due.subject).collect()
    };
    let kept = policy.retention.clone();
    assert_eq!(due(&kept, 9 * day, true), [""; 0]);
    assert_eq!(due(&kept, 10 * day, true), ["a", "c"]);
    assert_eq!(registry.list().unwrap().len(), 3, "a dry run deletes nothing");
    // The period promised at enrolment holds if the policy's becomes longer; a shorter one counts.
    assert_eq!(due(&Retention::default(), 10 * day, true), ["a", "c"]);
    let short = Retention { days: Some(1), ..Retention::default() };
    assert_eq!(due(&short, day, true), ["a", "b", "c"]);
    assert_eq!(due(&kept, 10 * day, false), ["a", "c"]);
    let left: Vec<String> = registry.list().unwrap().into_iter().map(|one| one.subject).collect();
    assert_eq!(left, ["b"]);
    assert!(registry.check().unwrap().is_whole());
}

#[test]
fn a_person_is_told_everything_that_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    let settings = EnrolSettings {
        attributes: [("group".to_owned(), "x<y".to_owned())].into(),
        ..EnrolSettings::default()
    };
    registry.enrol(&verifier, "a<b", [Source::Image(&of(RED_BLUE))], &settings).unwrap();
    enrol(&registry, &verifier, "other", &of(BLUE_RED));
    decide(&registry, &verifier, "other", &of(BLUE_RED));
    let refused = decide(&registry, &verifier, "a<b", &of(BLUE_RED));
    let disclosure = registry.disclose("a<b").unwrap();
    assert_eq!(disclosure.decisions.len(), 1, "another's decisions are not told");
    assert_eq!(disclosure.decisions[0].id, refused.id);
    assert_eq!(disclosure.decisions[0].reasons, [ReasonCode::ScoreBelowThreshold]);
    assert_eq!(disclosure.held.len(), 5);
    let kinds: Vec<HeldItem> = disclosure.held.iter().map(|held| held.item).collect();
    let [template, name, checksums] = [HeldItem::Template, HeldItem::Name, HeldItem::Checksums];
    assert_eq!(kinds, [template, name, checksums, HeldItem::Stated, HeldItem::Decisions]);
    assert_eq!(disclosure.purpose, "general");
    let page = disclosure_page(&disclosure, &Messages::of("en").unwrap());
    assert!(page.contains("a&lt;b") && page.contains("x&lt;y") && !page.contains("a<b"));
    assert!(page.contains(&refused.id) && page.contains("A person must review this"));
    assert!(!page.contains("<script") && !page.contains("://"));
}

#[test]
fn the_master_key_can_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let new = SecretKey::generate().unwrap();
    let registry = open(folder.path());
    enrol(&registry, &verifier(), "a", &of(RED_BLUE));
    registry.change_master_key(&key(), &new).unwrap();
    drop(registry);
    assert_eq!(try_open(folder.path(), &key()).unwrap_err().kind(), ErrorKind::WrongKey);
    let registry = try_open(folder.path(), &new).unwrap();
    registry.enrolment("a").unwrap();
    assert!(registry.check().unwrap().is_whole());
}

#[test]
fn key_files_serve_as_master_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    SecretKey::generate().unwrap().write_new(&path).unwrap();
    let read = || KeySource::File(path.clone()).read().unwrap();
    enrol(&try_open(folder.path(), &read()).unwrap(), &verifier(), "a", &of(RED_BLUE));
    assert_eq!(try_open(folder.path(), &read()).unwrap().list().unwrap().len(), 1);
}

/// Run with `--release -- --ignored --nocapture` for a meaningful figure.
#[test]
#[ignore = "10,000 enrolments take a while"]
fn among_ten_thousand_one_is_found_soon() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    let acquired = verifier.acquire::<Probe>(&photo(1)).unwrap();
    let start = std::time::Instant::now();
    for person in 0..10_000 {
        let name = format!("s{person}");
        let one = std::slice::from_ref(&acquired);
        registry.enrol_acquired(&verifier, &name, one, &EnrolSettings::default()).unwrap();
    }
    println!("10,000 enrolled in {:.1} s", start.elapsed().as_secs_f64());
    let mut times: Vec<f64> = (0..1000)
        .map(|i| {
            let start = std::time::Instant::now();
            let enrolment = registry.enrolment(&format!("s{}", i * 7919 % 10_000)).unwrap();
            enrolment.reference(&verifier, None).unwrap();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("reading one of them: median {:.3} ms, 99 % {:.3} ms", times[500], times[990]);
    let enrolment = registry.enrolment("s1").unwrap();
    let record = verifier.verify(&photo(1), &photo(1)).unwrap();
    let mut log: Vec<f64> = (0..200)
        .map(|_| {
            let start = std::time::Instant::now();
            registry.decided(Some(&enrolment), record.clone(), verifier.policy()).unwrap();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    log.sort_by(f64::total_cmp);
    println!("writing a decision down: median {:.3} ms, 99 % {:.3} ms", log[100], log[198]);
    drop(registry);
    let start = std::time::Instant::now();
    let registry = open(folder.path());
    println!("opening: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    assert!(registry.check().unwrap().is_whole());
    assert!(times[990] < 5.0, "{}", times[990]);
}

#[test]
fn a_change_of_keys_that_is_cut_off_leaves_one_key_that_opens_all() {
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (old, new) = (key(), SecretKey::from_bytes([43; 32]));
    enrol(&open(before.path()), &verifier(), "alice", &photo(1));
    copy(before.path(), after.path());
    open(after.path()).change_master_key(&old, &new).unwrap();
    let (signing, next) = ("ledger/signing.key", "ledger/signing.key.next");
    let put = |from: &std::path::Path, to: &std::path::Path| {
        assert!(std::fs::copy(from, to).unwrap() > 0)
    };
    // Stopped before the store was changed, and before the last step.
    put(&after.path().join(signing), &before.path().join(next));
    put(&after.path().join(signing), &after.path().join(next));
    put(&before.path().join(signing), &after.path().join(signing));
    assert_eq!(try_open(before.path(), &old).unwrap().list().unwrap().len(), 1);
    assert_eq!(try_open(after.path(), &old).unwrap_err().kind(), ErrorKind::WrongKey);
    assert_eq!(try_open(after.path(), &new).unwrap().list().unwrap().len(), 1);
    assert!(!after.path().join(next).exists());
    assert_eq!(try_open(after.path(), &old).unwrap_err().kind(), ErrorKind::WrongKey);
}

#[test]
fn the_same_photo_twice_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    let (face, other) = (of(RED_BLUE), of(([240, 30, 20], [20, 30, 240])));
    let photos = [&face, &other, &face].map(Source::Image);
    let settings = EnrolSettings::default();
    let outcome = registry.enrol(&verifier, "alice", photos, &settings).unwrap();
    assert_eq!(outcome.same, [[0, 2]]);
    let outcome = registry.enrol(&verifier, "bob", [Source::Image(&face)], &settings).unwrap();
    assert!(outcome.same.is_empty());
}
