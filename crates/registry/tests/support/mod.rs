//! A registry in a folder, on null networks: no models and no faces are needed.
#![allow(dead_code, unreachable_pub)]

use std::path::{Path, PathBuf};

use evenmatch::{Policy, Source, Verifier};
use evenmatch_core::Result;
use evenmatch_ledger::{Ledger, vault::SecretKey};
use evenmatch_registry::{EnrolSettings, Registry, store::SqliteStore};
use image::{Rgb, RgbImage};

pub fn key() -> SecretKey {
    SecretKey::from_bytes([42; 32])
}

pub fn verifier() -> Verifier {
    Verifier::with_null_networks(Policy::default()).unwrap()
}

pub fn database(folder: &Path) -> PathBuf {
    folder.join("enrolments.sqlite")
}

pub fn try_open(folder: &Path, key: &SecretKey) -> Result<Registry> {
    let store = SqliteStore::open(&database(folder))?;
    let ledger = Ledger::open(&folder.join("ledger"), key)?;
    Registry::open(Box::new(store), ledger, key)
}

pub fn open(folder: &Path) -> Registry {
    try_open(folder, &key()).unwrap()
}

/// A picture of somebody: the same number is the same look, another one a little or much different.
pub fn photo(person: u32) -> RgbImage {
    let shade = |n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8;
    let above = Rgb([shade(person + 1), shade(person + 100), shade(person + 200)]);
    let below = Rgb([shade(person + 300), shade(person + 400), shade(person + 500)]);
    portrait(above, below)
}

pub fn portrait(above: Rgb<u8>, below: Rgb<u8>) -> RgbImage {
    RgbImage::from_fn(320, 320, |x, y| match (x, y) {
        (96..224, 96..176) => above,
        (96..224, 176..256) => below,
        _ => Rgb([128; 3]),
    })
}

pub const RED_BLUE: ([u8; 3], [u8; 3]) = ([250, 20, 20], [20, 20, 250]);
pub const BLUE_RED: ([u8; 3], [u8; 3]) = ([20, 20, 250], [250, 20, 20]);

pub fn of((above, below): ([u8; 3], [u8; 3])) -> RgbImage {
    portrait(Rgb(above), Rgb(below))
}

pub fn enrol(registry: &Registry, verifier: &Verifier, subject: &str, image: &RgbImage) {
    let settings = EnrolSettings::default();
    let outcome = registry.enrol(verifier, subject, [Source::Image(image)], &settings).unwrap();
    assert!(outcome.enrolled.is_some(), "{outcome:?}");
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for path in files(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(&path, &target).unwrap();
    }
}
