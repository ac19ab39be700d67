//! Passive signals on frames of videos: of people, and of screens that show them. Nothing of it is part
//! of the repository: `EVENMATCH_CROPS` names a folder with `real/` and `fake/`, of images. The head of
//! docs/PASSIVE.md's section on frames says which were used.
//!
//! `EVENMATCH_CROPS=FOLDER cargo test --workspace --all-features --test it passive_crops:: -- --ignored
//! --nocapture`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evenmatch::{Policy, Probe, Template, Verifier, model::Profile};
use evenmatch_audit::clopper_pearson;
use evenmatch_core::record::{Liveness, LivenessOutcome, SignalRecord, SignalVerdict};
use evenmatch_testfaces::cosine;
use evenmatch_testkit::{Need, skip};
use rayon::prelude::*;

const POLICY: &str = "gate = 'off'\nliveness = 'advisory'\nthreshold = 0.4";
/// Faces of one person are at least as similar as this to one of those that were taken for theirs.
const SAME: f32 = 0.45;
/// A face whose mean value is below this, of 255, is dim.
const DIM: f64 = 80.0;
const ROUNDS: usize = 2000;

/// One face.
struct Face {
    template: Template<Probe>,
    signals: Vec<SignalRecord>,
    outcome: LivenessOutcome,
    dim: bool,
}

fn folder() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("EVENMATCH_CROPS").map(PathBuf::from) else {
        return skip(Need::Other, "EVENMATCH_CROPS names no folder of frames");
    };
    if !folder.join("real").is_dir() || !folder.join("fake").is_dir() {
        return skip(Need::Other, &format!("no real/ and fake/ in {}", folder.display()));
    }
    Some(folder)
}

fn images(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let ends = ["png", "jpg", "jpeg", "ppm"];
    let is_image =
        |path: &PathBuf| path.extension().is_some_and(|end| ends.iter().any(|known| end == *known));
    let mut images: Vec<PathBuf> = entries.filter(is_image).collect();
    images.sort();
    images
}

/// The face of an image, if it can be read and shows one.
fn face(verifier: &Verifier, path: &Path) -> Option<Face> {
    let found = verifier.inspect::<Probe>(path).ok()?;
    let aligned = found.aligned?;
    let template = verifier.embedder().embed(&aligned).unwrap();
    let pixels = found.sample.pixels();
    let sum: f64 = pixels.as_raw().iter().map(|value| f64::from(*value)).sum();
    let dim = sum / (pixels.as_raw().len() as f64) < DIM;
    let outcome = Liveness::judged(found.signals.clone(), None).outcome;
    Some(Face { template, signals: found.signals, outcome, dim })
}

/// A person for each face, by their templates alone: the person of the most similar face before, or a
/// new one.
fn persons(faces: &[Face]) -> Vec<usize> {
    let mut of: Vec<usize> = Vec::new();
    let mut people = 0;
    for (n, face) in faces.iter().enumerate() {
        let like = |k: usize| cosine(&face.template, &faces[k].template);
        let nearest = (0..n).max_by(|a, b| like(*a).total_cmp(&like(*b)));
        match nearest.filter(|k| like(*k) >= SAME) {
            Some(nearest) => of.push(of[nearest]),
            None => {
                of.push(people);
                people += 1;
            }
        }
    }
    of
}

/// Counts of one person: faces, and those of them that something was said about.
type Counts = BTreeMap<usize, (usize, usize)>;

/// A share with its 95 % interval by person: 2,000 draws of as many people. Where nobody or
/// everybody is counted, draws say nothing: then the exact interval of that many people.
fn by_person(counts: &Counts) -> String {
    let people: Vec<(usize, usize)> = counts.values().copied().collect();
    let total =
        |of: &[(usize, usize)]| of.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let (faces, said) = total(&people);
    let touched = people.iter().filter(|one| one.1 > 0).count();
    let bounds = if said == 0 || said == faces {
        let exact = clopper_pearson(
            if said == 0 { 0.0 } else { people.len() as f64 },
            people.len() as f64,
            0.95,
        );
        (exact.low, exact.high)
    } else {
        let mut state = 1_u64;
        let mut draw = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            people[((state >> 33) as usize) % people.len()]
        };
        let mut shares: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let drawn: Vec<(usize, usize)> = people.iter().map(|_| draw()).collect();
                let (faces, said) = total(&drawn);
                said as f64 / faces as f64
            })
            .collect();
        shares.sort_by(f64::total_cmp);
        (shares[ROUNDS / 40], shares[ROUNDS - 1 - ROUNDS / 40])
    };
    format!(
        "{said}/{faces} = {:.1} % [{:.1}, {:.1}], {touched} of {} people",
        100.0 * said as f64 / faces as f64,
        100.0 * bounds.0,
        100.0 * bounds.1,
        people.len()
    )
}

#[test]
#[ignore = "minutes; needs a folder of frames; prints measurements"]
fn frames_of_people_and_of_screens() {
    let Some(folder) = folder() else { return };
    let profile = Profile::Throughput { workers: rayon::current_num_threads() };
    let Some(verifier) = evenmatch_testfaces::verifier(profile, POLICY.parse::<Policy>().unwrap())
    else {
        return;
    };
    for kind in ["real", "fake"] {
        let paths = images(&folder.join(kind));
        let faces: Vec<Face> = paths.par_iter().filter_map(|path| face(&verifier, path)).collect();
        let person = persons(&faces);
        println!("\n{kind}: {} images, {} faces", paths.len(), faces.len());
        assert!(!faces.is_empty(), "no face in {}", folder.join(kind).display());
        let count = |of: &dyn Fn(&Face) -> bool, said: &dyn Fn(&Face) -> bool| -> Counts {
            let mut counts = Counts::new();
            for (face, person) in faces.iter().zip(&person).filter(|(face, _)| of(face)) {
                let one = counts.entry(*person).or_default();
                *one = (one.0 + 1, one.1 + usize::from(said(face)));
            }
            counts
        };
        println!("| {kind} | Denied | Asked for more |\n|---|--:|--:|");
        for (name, dim) in [("all", None), ("bright", Some(false)), ("dim", Some(true))] {
            let of = |face: &Face| dim.is_none_or(|dim| face.dim == dim);
            if !faces.iter().any(of) {
                continue;
            }
            let said = |wanted| by_person(&count(&of, &|face: &Face| face.outcome == wanted));
            let (denied, open) = (said(LivenessOutcome::Fail), said(LivenessOutcome::Inconclusive));
            println!("| {name} | {denied} | {open} |");
        }
        let names: Vec<String> =
            faces[0].signals.iter().map(|signal| signal.name.clone()).collect();
        for name in names {
            let verdict = |wanted: SignalVerdict| {
                by_person(&count(&|_| true, &|face: &Face| {
                    face.signals.iter().any(|s| s.name == name && s.verdict == wanted)
                }))
            };
            let (attack, unclear) =
                (verdict(SignalVerdict::Attack), verdict(SignalVerdict::Unclear));
            println!("{name}: attack {attack}; unclear {unclear}");
        }
    }
}
