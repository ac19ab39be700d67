//! The shortest backend: enrol somebody from a photo, verify another photo, and say why.
//!
//! ```text
//! evenmatch keys new evenmatch.key
//! cargo run --release --example backend -- people evenmatch.key alice enrolled.jpg selfie.jpg
//! ```
//!
//! Templates are sealed on the disk, and every decision is in the ledger. `evenmatch serve` does the
//! same over HTTP.
#![allow(clippy::print_stdout)]

use std::path::Path;

use evenmatch::{Policy, Probe, Source, Verifier, model::Profile};
use evenmatch_explain::{disclosure::explain, messages::Messages};
use evenmatch_ledger::{Ledger, vault::KeySource};
use evenmatch_registry::{EnrolSettings, Registry, store::SqliteStore};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, key, subject, enrolled, selfie] = arguments.as_slice() else {
        return Err("usage: backend FOLDER KEY_FILE SUBJECT ENROLLED_PHOTO SELFIE".into());
    };
    let (folder, key) = (Path::new(folder), KeySource::File(key.into()).read()?);
    let ledger = Ledger::open(&folder.join("ledger"), &key)?;
    let store = SqliteStore::open(&folder.join("enrolments.sqlite"))?;
    let registry = Registry::open(Box::new(store), ledger, &key)?;
    let verifier = Verifier::open(Profile::Latency, Policy::default())?;

    let settings = EnrolSettings { replace: true, ..EnrolSettings::default() };
    registry.enrol(&verifier, subject, [Source::from(enrolled)], &settings)?;

    let enrolment = registry.enrolment(subject)?;
    let probe = verifier.acquire::<Probe>(selfie)?;
    let reference = enrolment.reference(&verifier, probe.sample.sha256)?;
    let record = verifier.decide(&reference, &probe)?;
    registry.decided(Some(&enrolment), record.clone(), verifier.policy())?;
    println!("{}", explain(&record, &Messages::of("en")?, Default::default()).to_text());
    Ok(())
}
