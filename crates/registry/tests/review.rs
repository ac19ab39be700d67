//! Reviews by people: photos that are kept for them, and how a case closes.
#![allow(clippy::unwrap_used)]

use crate::support::{BLUE_RED, RED_BLUE, database, enrol, of, open, verifier};
use evenmatch::{Probe, Verifier};
use evenmatch_core::{ErrorKind, record::Outcome};
use evenmatch_ledger::{AppealState, HumanOutcome, LedgerFiles, Reviewer, now};
use evenmatch_registry::{DeletionGround, EnrolSettings, PhotoOf, Registry};

const ENROLLED: &[u8] = b"JPEG of the enrolment, of some length, so that it can be searched for";
const PRESENTED: &[u8] = b"JPEG of what was presented, of some length, so that it can be found";
const HOUR: i64 = 3_600_000;

/// A non-match of `a`, by its number.
fn refused(registry: &Registry, verifier: &Verifier) -> u64 {
    let enrolment = registry.enrolment("a").unwrap();
    let reference = enrolment.reference(verifier, None).unwrap();
    let probe = verifier.acquire::<Probe>(&of(BLUE_RED)).unwrap();
    let record = verifier.decide(&reference, &probe).unwrap();
    assert_eq!(record.outcome, Outcome::NonMatch);
    registry.decided(Some(&enrolment), record, verifier.policy()).unwrap().sequence
}

fn kept(registry: &Registry, number: u64) -> [Option<Vec<u8>>; 2] {
    let photos = registry.photos_for_review(number).unwrap();
    [photos.probe, photos.reference].map(|photo| photo.map(|photo| photo.jpeg.to_vec()))
}

fn reviewer(id: &str) -> Reviewer {
    Reviewer { id: id.to_owned(), name: format!("reviewer {id}") }
}

fn files(registry: &Registry) -> LedgerFiles {
    LedgerFiles::open(registry.ledger().folder()).unwrap()
}

/// The bytes of the store and its write-ahead log.
fn on_the_disk(folder: &std::path::Path) -> Vec<u8> {
    let log = database(folder).with_extension("sqlite-wal");
    [std::fs::read(database(folder)).unwrap(), std::fs::read(log).unwrap_or_default()].concat()
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn photos_stay_sealed_until_the_review_ends_and_then_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    enrol(&registry, &verifier, "a", &of(RED_BLUE));
    registry.keep_for_review("a", PhotoOf::Enrolment, ENROLLED, now() + HOUR).unwrap();
    let (one, other) = (refused(&registry, &verifier), refused(&registry, &verifier));
    for number in [one, other] {
        let of = PhotoOf::Decision(number);
        registry.keep_for_review("a", of, PRESENTED, now() + HOUR).unwrap();
    }
    assert_eq!(kept(&registry, one), [Some(PRESENTED.to_vec()), Some(ENROLLED.to_vec())]);
    assert_eq!(registry.decisions_with_photos().unwrap(), [(one, true), (other, true)].into());
    let bytes = on_the_disk(folder.path());
    assert!(!contains(&bytes, PRESENTED) && !contains(&bytes, ENROLLED), "a photo is in the clear");
    let held = registry.disclose("a").unwrap().held;
    assert_eq!(held.iter().filter(|held| held.what == "a photo of you").count(), 3, "{held:?}");

    // The sealed bytes, to look for them afterwards.
    let sealed: Vec<Vec<u8>> = rusqlite::Connection::open(database(folder.path()))
        .unwrap()
        .prepare("select sealed from review_photo")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(registry.end_review(one).unwrap(), 1, "the enrolment's photo is needed once more");
    assert_eq!(kept(&registry, one), [None, None]);
    assert_eq!(kept(&registry, other), [Some(PRESENTED.to_vec()), Some(ENROLLED.to_vec())]);
    assert_eq!(registry.end_review(other).unwrap(), 2);
    assert_eq!(registry.end_review(other).unwrap(), 0);
    let bytes = on_the_disk(folder.path());
    assert_eq!(sealed.len(), 3);
    for sealed in &sealed {
        assert!(!contains(&bytes, &sealed[60..120]), "a sealed photo is still on the disk");
    }
    assert!(files(&registry).verify(None, None).unwrap().is_whole());
    assert!(registry.check().unwrap().is_whole());
}

#[test]
fn photos_go_when_their_time_is_over_and_with_their_person_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    let error = registry.keep_for_review("a", PhotoOf::Enrolment, ENROLLED, now() + HOUR);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::UnknownSubject);
    enrol(&registry, &verifier, "a", &of(RED_BLUE));
    let number = refused(&registry, &verifier);
    let keep = |hours: i64| {
        let of = PhotoOf::Decision(number);
        registry.keep_for_review("a", of, PRESENTED, now() + hours * HOUR).unwrap();
    };
    keep(1);
    assert_eq!(registry.delete_due_photos(now()).unwrap(), 0);
    assert_eq!(registry.delete_due_photos(now() + 2 * HOUR).unwrap(), 1);
    assert_eq!(kept(&registry, number), [None, None]);

    keep(1);
    let policy = evenmatch::Retention::default();
    assert_eq!(registry.retain(&policy, now() + 2 * HOUR, true).unwrap().photos, 0);
    assert_eq!(registry.retain(&policy, now() + 2 * HOUR, false).unwrap().photos, 1);

    // Who is enrolled anew gets a new key, and the photos under the former one go.
    keep(1);
    let again = EnrolSettings { replace: true, ..EnrolSettings::default() };
    let photo = of(RED_BLUE);
    registry.enrol(&verifier, "a", [evenmatch::Source::Image(&photo)], &again).unwrap();
    assert_eq!(kept(&registry, number), [None, None]);

    keep(1);
    registry.keep_for_review("a", PhotoOf::Enrolment, ENROLLED, now() + HOUR).unwrap();
    let receipt = registry.forget("a", DeletionGround::Request).unwrap();
    assert!(receipt.deleted.contains(&"2 photos kept for a review".to_owned()), "{receipt:?}");
    assert_eq!(registry.decisions_with_photos().unwrap(), [].into());
    let (public, files) = (registry.ledger().public_key(), files(&registry));
    assert!(receipt.check(&public, Some("a"), Some(&files)).unwrap().is_whole());
    assert!(files.case(number).unwrap().unwrap().deleted);
}

#[test]
fn a_photo_in_another_place_or_with_a_changed_bit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    enrol(&registry, &verifier, "a", &of(RED_BLUE));
    enrol(&registry, &verifier, "b", &of(BLUE_RED));
    let number = refused(&registry, &verifier);
    let of = PhotoOf::Decision(number);
    registry.keep_for_review("a", of, PRESENTED, now() + HOUR).unwrap();
    let database = rusqlite::Connection::open(database(folder.path())).unwrap();
    let sealed: Vec<u8> =
        database.query_row("select sealed from review_photo", [], |row| row.get(0)).unwrap();
    let put =
        |bytes: &[u8]| database.execute("update review_photo set sealed = ?", [bytes]).unwrap();
    for at in [0, 40, 70, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        put(&changed);
        registry.photos_for_review(number).unwrap_err();
    }
    put(&sealed);
    registry.photos_for_review(number).unwrap();
    // A longer life, another decision, another person: each is bound to the seal.
    for change in ["keep_until = keep_until + 1", "decision = decision + 1", "taken_at = 0"] {
        database.execute(&format!("update review_photo set {change}"), []).unwrap();
        let moved = number + u64::from(change.starts_with("decision"));
        registry.photos_for_review(moved).unwrap_err();
        database.execute("delete from review_photo", []).unwrap();
        registry.keep_for_review("a", of, PRESENTED, now() + HOUR).unwrap();
    }
    let other = "update review_photo set lookup = (select lookup from enrolment where lookup <> \
                 review_photo.lookup)";
    database.execute(other, []).unwrap();
    registry.photos_for_review(number).unwrap_err();
}

#[test]
fn a_case_closes_when_enough_people_agree_and_opens_again_with_an_appeal() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    enrol(&registry, &verifier, "a", &of(RED_BLUE));
    let number = refused(&registry, &verifier);
    let ledger = registry.ledger();
    let case = || files(&registry).case(number).unwrap().unwrap();
    let [anna, ben, cleo] = ["1", "2", "3"].map(reviewer);
    assert!(!case().is_closed() && files(&registry).cases().unwrap().contains_key(&number));
    // Nobody judges without having looked, and nobody twice.
    ledger.judge(number, &anna, Some(true), "the ears are the same", 2).unwrap_err();
    for one in [&anna, &ben, &cleo] {
        ledger.looked(&case(), one, &["probe"]).unwrap();
    }
    ledger.judge(number, &anna, Some(true), " ", 2).unwrap_err();
    let judge = |by, same| ledger.judge(number, by, same, "as seen", 2).unwrap();
    assert_eq!(judge(&anna, Some(true)), None, "a second person has to agree");
    ledger.judge(number, &anna, Some(true), "again", 2).unwrap_err();
    assert_eq!(judge(&ben, Some(false)), None, "they do not agree");
    assert_eq!(judge(&cleo, Some(true)), Some(HumanOutcome::Overturned));
    let closed = case();
    assert!(closed.is_closed() && closed.appeal == AppealState::Overturned);
    let resolution = closed.resolution.unwrap();
    assert_eq!(resolution.by, "reviewer 1, reviewer 3");
    assert_eq!(resolution.same_person, Some(true));
    ledger.judge(number, &ben, Some(true), "too late", 2).unwrap_err();

    let id = case().decision.record.id;
    ledger.open_appeal(&id, "please look once more").unwrap();
    assert!(!case().is_closed() && case().judgements.is_empty());
    ledger.looked(&case(), &ben, &[]).unwrap();
    assert_eq!(judge(&ben, None), None, "who cannot tell leaves it open");
    ledger.looked(&case(), &anna, &[]).unwrap();
    assert_eq!(
        ledger.judge(number, &anna, Some(false), "a twin", 1).unwrap(),
        Some(HumanOutcome::Upheld)
    );
    assert!(files(&registry).verify(None, None).unwrap().is_whole());
}

#[test]
fn a_confirmed_claim_is_no_case_unless_somebody_appeals() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(folder.path()), verifier());
    enrol(&registry, &verifier, "a", &of(RED_BLUE));
    let enrolment = registry.enrolment("a").unwrap();
    let reference = enrolment.reference(&verifier, None).unwrap();
    let probe = verifier.acquire::<Probe>(&of(RED_BLUE)).unwrap();
    let record = verifier.decide(&reference, &probe).unwrap();
    assert_eq!(record.outcome, Outcome::Match);
    let id = record.id.clone();
    let number = registry.decided(Some(&enrolment), record, verifier.policy()).unwrap().sequence;
    assert!(!files(&registry).cases().unwrap().contains_key(&number));
    let case = files(&registry).case(number).unwrap().unwrap();
    registry.ledger().looked(&case, &reviewer("1"), &[]).unwrap();
    registry.ledger().judge(number, &reviewer("1"), Some(true), "nobody asked", 1).unwrap_err();
    registry.ledger().open_appeal(&id, "that was not me").unwrap();
    let case = files(&registry).case(number).unwrap().unwrap();
    registry.ledger().looked(&case, &reviewer("1"), &[]).unwrap();
    let judged = registry.ledger().judge(number, &reviewer("1"), Some(false), "another person", 1);
    assert_eq!(judged.unwrap(), Some(HumanOutcome::Overturned));
}
