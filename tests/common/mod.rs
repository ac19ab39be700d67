//! What the integration tests share: where real photos and models are, and how to skip aloud.
#![allow(dead_code, unreachable_pub)]

pub mod people;
pub mod pictures;

use std::path::{Path, PathBuf};

use evenmatch::model::Profile;
use evenmatch::{Policy, Probe, Template, Verifier};
use image::RgbImage;

/// The folder of real photos, or a printed reason to skip.
pub fn data_dir() -> Option<PathBuf> {
    let dir = std::env::var_os("EVENMATCH_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    if dir.join("lfw.csv").is_file() {
        return Some(dir);
    }
    eprintln!("skipped: no data set at {} (set EVENMATCH_DATA)", dir.display());
    None
}

/// A verifier on the real models, or a printed reason to skip.
pub fn verifier(profile: Profile, policy: Policy) -> Option<Verifier> {
    match Verifier::open(profile, policy) {
        Ok(verifier) => Some(verifier),
        Err(error) if error.kind() == evenmatch::ErrorKind::ModelMissing => {
            eprintln!("skipped: {error} (run: evenmatch models fetch)");
            None
        }
        Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
    }
}

/// One row of `lfw.csv`.
pub struct LfwPhoto {
    pub path: PathBuf,
    pub subject: String,
}

/// Every photo of the LFW subset, in the order of its list.
pub fn lfw(data: &Path) -> Vec<LfwPhoto> {
    let mut rows = csv::Reader::from_path(data.join("lfw.csv")).unwrap();
    rows.records()
        .map(|row| {
            let row = row.unwrap();
            LfwPhoto { path: data.join(&row[0]), subject: row[1].to_owned() }
        })
        .collect()
}

/// A verifier that looks again and one that does not, or a printed reason to skip.
pub fn verifiers() -> Option<(Verifier, Verifier)> {
    let open = |policy: &str| verifier(Profile::Latency, policy.parse().unwrap());
    Some((open("")?, open("plain_looks_only = true")?))
}

/// The template of a decoded photo; `None` where there is no face.
pub fn template(verifier: &Verifier, photo: &RgbImage) -> Option<Template<Probe>> {
    verifier.acquire(photo).unwrap().template
}

/// The cosine of two probes.
pub fn cosine(a: &Template<Probe>, b: &Template<Probe>) -> f32 {
    a.features().iter().zip(b.features()).map(|(a, b)| a * b).sum()
}
