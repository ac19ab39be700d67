//! What the ledger costs: appending in batches to disk, and verifying.
//!
//! ```sh
//! cargo bench --bench ledger
//! ```
#![allow(unreachable_pub, clippy::print_stdout, clippy::expect_used)]

use std::hint::black_box;

use evenmatch::{Policy, Verifier};
use evenmatch_core::Digest;
use evenmatch_ledger::{DecisionEntry, Disposition, Ledger, LedgerFiles, vault::SecretKey};
use evenmatch_testkit::timing::{median, seconds};
use image::{Rgb, RgbImage};

const BATCH: usize = 64;
const BATCHES: usize = 400;
const VERIFIED: usize = 100_000;
const ROUNDS: usize = 5;

fn decision() -> DecisionEntry {
    let verifier = Verifier::with_null_networks(Policy::default()).expect("null networks");
    let photo = |face: [u8; 3]| {
        RgbImage::from_fn(320, 320, |x, y| match (x, y) {
            (96..224, 96..256) => Rgb(face),
            _ => Rgb([128; 3]),
        })
    };
    let record = verifier.verify(&photo([250, 20, 20]), &photo([20, 20, 250])).expect("a record");
    DecisionEntry {
        subject: Some("p-0123456789abcdef0123456789abcdef".to_owned()),
        enrolment: Some(1),
        disposition: Disposition::PersonMustLook,
        policy: Digest::of(b"{}"),
        platform: "bench".to_owned(),
        attributes: Default::default(),
        record,
    }
}

fn main() {
    let folder = tempfile::tempdir_in(".").expect("a folder on a real disk");
    let key = SecretKey::from_bytes([1; 32]);
    let batch = vec![decision(); BATCH];
    let bytes = serde_json::to_vec(&batch[0]).expect("a record").len();

    let ledger = Ledger::open(&folder.path().join("appended"), &key).expect("a ledger");
    let mut times: Vec<f64> = (0..BATCHES)
        .map(|_| seconds(|| drop(black_box(ledger.record(&batch).expect("appended")))))
        .collect();
    let total: f64 = times.iter().sum();
    times.sort_by(f64::total_cmp);
    println!("a record has {bytes} bytes");
    println!(
        "appending, {BATCHES} batches of {BATCH}, each on disk before the next: {:.0} records/s \
         (bar: 2,000); a batch takes {:.2} ms (median), {:.2} ms (99 %)",
        (BATCH * BATCHES) as f64 / total,
        1e3 * times[BATCHES / 2],
        1e3 * times[BATCHES * 99 / 100]
    );
    let one = &batch[..1];
    let single = median(
        (0..200)
            .map(|_| seconds(|| drop(black_box(ledger.record(one).expect("appended")))))
            .collect(),
    );
    println!("appending one by one: {:.0} records/s", 1.0 / single);

    let path = folder.path().join("verified");
    let ledger = Ledger::open(&path, &key).expect("a ledger");
    let large = vec![decision(); 1000];
    (0..VERIFIED / 1000).for_each(|_| drop(ledger.record(&large).expect("appended")));
    drop(ledger);
    let files = LedgerFiles::open(&path).expect("a ledger");
    let verifying = median(
        (0..ROUNDS)
            .map(|_| {
                seconds(|| {
                    let report = files.verify(None, None).expect("a report");
                    assert!(report.is_whole() && report.decisions == VERIFIED as u64);
                })
            })
            .collect(),
    );
    let mut segments: Vec<_> = std::fs::read_dir(&path)
        .expect("a folder")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect();
    segments.sort();
    let plain = median(
        (0..ROUNDS)
            .map(|_| {
                seconds(|| {
                    for segment in &segments {
                        black_box(Digest::of(&std::fs::read(segment).expect("a segment")));
                    }
                })
            })
            .collect(),
    );
    println!(
        "verifying {VERIFIED} records: {:.0} records/s (bar: 100,000); {:.2} times as long as \
         reading the same bytes and hashing them on one thread",
        VERIFIED as f64 / verifying,
        verifying / plain
    );
}
