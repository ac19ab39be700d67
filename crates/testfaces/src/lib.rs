//! What the tests on real faces share: verifiers, photos of LFW, people to simulate, pictures.
#![allow(missing_docs, clippy::unwrap_used)]

pub mod people;
pub mod pictures;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evenmatch::{
    Policy, Probe, Template, Verifier,
    model::{Manifest, ModelStore, Profile, Role},
};
use evenmatch_testkit::{Need, skip};
use image::RgbImage;

pub use evenmatch_testkit::data_dir;

/// A verifier on the real models whose scores are plain cosines, at the publisher's threshold;
/// without models, a printed reason to skip.
pub fn verifier(profile: Profile, policy: Policy) -> Option<Verifier> {
    or_skip(Verifier::builder().profile(profile).policy(policy).uncalibrated().open())
}

/// A verifier as the library and the command open it by default, with a policy.
pub fn as_shipped(policy: &str) -> Option<Verifier> {
    let profile = Profile::Throughput { workers: 2 };
    or_skip(Verifier::open(profile, policy.parse().unwrap()))
}

/// What was opened on the models; where they are missing, a printed reason to skip.
pub fn or_skip<T>(opened: evenmatch_core::Result<T>) -> Option<T> {
    match opened {
        Ok(opened) => Some(opened),
        Err(error) if error.kind() == evenmatch_core::ErrorKind::ModelMissing => {
            skip(Need::Models, &format!("{error} (run: evenmatch models fetch)"))
        }
        Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
    }
}

/// A store with everything that verification needs in this folder, and without the mesh.
pub fn store_without_mesh(folder: &Path) -> Option<ModelStore> {
    let whole = ModelStore::open().unwrap();
    let whole = ModelStore::at(whole.dir(), Manifest::built_in().unwrap());
    let mut files = vec![whole.manifest().runtime_here().map(|entry| entry.file.clone())];
    for role in [Role::Detector, Role::SecondDetector, Role::Embedder] {
        files.push(Some(whole.manifest().default_for(role).unwrap().file.clone()));
    }
    for file in files.into_iter().flatten() {
        if std::fs::copy(whole.dir().join(&file), folder.join(&file)).is_err() {
            let why = format!("{} is missing (run: evenmatch models fetch)", file.display());
            return skip(Need::Models, &why);
        }
    }
    Some(ModelStore::at(folder, Manifest::built_in().unwrap()))
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

/// The first two photos of `count` people, evenly from those of LFW who have two.
pub fn mated_pairs(count: usize) -> Option<Vec<[RgbImage; 2]>> {
    let mut people: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for photo in lfw(&data_dir()?) {
        people.entry(photo.subject).or_default().push(photo.path);
    }
    let two: Vec<Vec<PathBuf>> = people.into_values().filter(|paths| paths.len() > 1).collect();
    let open = |path: &PathBuf| image::open(path).unwrap().into_rgb8();
    let some = (0..count).map(|n| &two[n * two.len() / count]);
    Some(some.map(|paths| [open(&paths[0]), open(&paths[1])]).collect())
}

/// The template of a decoded photo; `None` if there is no face.
pub fn template(verifier: &Verifier, photo: &RgbImage) -> Option<Template<Probe>> {
    verifier.acquire(photo).unwrap().template
}

/// The cosine of two probes.
pub fn cosine(a: &Template<Probe>, b: &Template<Probe>) -> f32 {
    a.features().iter().zip(b.features()).map(|(a, b)| a * b).sum()
}
