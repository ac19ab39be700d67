//! The registry on PostgreSQL, against a real server: `scripts/postgres.sh` starts one.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;

use crate::support::{RED_BLUE, enrol, key, of, photo, verifier};
use evenmatch::Probe;
use evenmatch_core::ErrorKind;
use evenmatch_ledger::{Ledger, LedgerFiles};
use evenmatch_registry::{DeletionGround, Registry, store::PostgresStore};
use evenmatch_testkit::{Need, skip};

/// A separate database on the server, or a printed reason to skip.
fn address(name: &str) -> Option<String> {
    let Ok(server) = std::env::var("EVENMATCH_TEST_POSTGRES") else {
        return skip(Need::Other, "no server (run scripts/postgres.sh)");
    };
    let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
    client.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    Some(server.replace("dbname=postgres", &format!("dbname={name}")))
}

fn open(address: &str, folder: &Path) -> evenmatch_core::Result<Registry> {
    let ledger = Ledger::open(&folder.join("ledger"), &key())?;
    Registry::open(Box::new(PostgresStore::connect(address)?), ledger, &key())
}

#[test]
fn people_are_enrolled_verified_and_forgotten() {
    let Some(address) = address("people") else { return };
    let folder = tempfile::tempdir().unwrap();
    let verifier = verifier();
    enrol(&open(&address, folder.path()).unwrap(), &verifier, "a", &of(RED_BLUE));
    let registry = open(&address, folder.path()).unwrap();
    enrol(&registry, &verifier, "b", &photo(3));
    let enrolment = registry.enrolment("a").unwrap();
    let probe = verifier.acquire::<Probe>(&of(RED_BLUE)).unwrap();
    let record = verifier.decide(&enrolment.reference(&verifier, None).unwrap(), &probe).unwrap();
    assert_eq!(record.score, verifier.verify(&of(RED_BLUE), &of(RED_BLUE)).unwrap().score);
    registry.decided(Some(&enrolment), record, verifier.policy()).unwrap();
    let receipt = registry.forget("a", DeletionGround::Request).unwrap();
    assert_eq!(registry.enrolment("a").unwrap_err().kind(), ErrorKind::UnknownSubject);
    assert!(registry.check().unwrap().is_whole());
    let files = LedgerFiles::open(registry.ledger().folder()).unwrap();
    assert!(files.verify(None, None).unwrap().is_whole());
    let public = registry.ledger().public_key();
    assert!(receipt.check(&public, Some("a"), Some(&files)).unwrap().is_whole());
}

#[test]
fn swapped_and_changed_rows_are_refused() {
    let Some(address) = address("swapped") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(&address, folder.path()).unwrap(), verifier());
    enrol(&registry, &verifier, "a", &of(RED_BLUE));
    enrol(&registry, &verifier, "b", &photo(3));
    let mut client = postgres::Client::connect(&address, postgres::NoTls).unwrap();
    let swap = "UPDATE evenmatch_enrolment e SET sealed = o.sealed, wrapped_key = o.wrapped_key
                FROM evenmatch_enrolment o WHERE o.lookup <> e.lookup";
    client.batch_execute(swap).unwrap();
    assert_eq!(registry.enrolment("a").unwrap_err().kind(), ErrorKind::Misplaced);
    client.batch_execute(swap).unwrap();
    registry.enrolment("a").unwrap();
    client
        .batch_execute("UPDATE evenmatch_enrolment SET sealed = set_byte(sealed, 99, get_byte(sealed, 99) # 1)")
        .unwrap();
    assert_eq!(registry.enrolment("a").unwrap_err().kind(), ErrorKind::Tampered);
    assert!(!registry.check().unwrap().is_whole());
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let Some(address) = address("writers") else { return };
    let folder = tempfile::tempdir().unwrap();
    let verifier = verifier();
    let registries = [0, 1, 2, 3].map(|_| open(&address, folder.path()).unwrap());
    std::thread::scope(|scope| {
        for (writer, registry) in registries.iter().enumerate() {
            let verifier = &verifier;
            scope.spawn(move || {
                for number in 0..10 {
                    enrol(registry, verifier, &format!("{writer}-{number}"), &photo(number));
                    if number % 3 == 0 {
                        let subject = format!("{writer}-{number}");
                        registry.forget(&subject, DeletionGround::Request).unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(registries[0].list().unwrap().len(), 4 * 6);
    assert!(registries[0].check().unwrap().is_whole());
    let files = LedgerFiles::open(registries[0].ledger().folder()).unwrap();
    assert!(files.verify(None, None).unwrap().is_whole());
}

#[test]
fn photos_for_reviews_are_kept_replaced_and_deleted() {
    use evenmatch_registry::PhotoOf;
    let Some(address) = address("photos") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (registry, verifier) = (open(&address, folder.path()).unwrap(), verifier());
    enrol(&registry, &verifier, "a", &of(RED_BLUE));
    let later = evenmatch_ledger::now() + 60_000;
    registry.keep_for_review("a", PhotoOf::Enrolment, b"enrolled", later).unwrap();
    for jpeg in [b"first", b"again"] {
        registry.keep_for_review("a", PhotoOf::Decision(7), jpeg, later).unwrap();
    }
    let photos = registry.photos_for_review(7).unwrap();
    assert_eq!(photos.probe.unwrap().jpeg.as_slice(), b"again");
    assert_eq!(photos.reference.unwrap().jpeg.as_slice(), b"enrolled");
    assert_eq!(registry.end_review(7).unwrap(), 2);
    let mut client = postgres::Client::connect(&address, postgres::NoTls).unwrap();
    let left = client.query_one("SELECT count(*) FROM evenmatch_review_photo", &[]).unwrap();
    assert_eq!(left.get::<_, i64>(0), 0);
    registry.keep_for_review("a", PhotoOf::Enrolment, b"enrolled", later).unwrap();
    let receipt = registry.forget("a", DeletionGround::Request).unwrap();
    assert!(receipt.deleted.contains(&"1 photo kept for a review".to_owned()), "{receipt:?}");
}
