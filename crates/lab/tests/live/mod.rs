//! Challenge sessions on recordings of real people, who were asked for nothing: a session must never
//! call one of them an attack. `../shared/data/clips` holds them, and is no part of the repository.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod fitting;
mod measured;

use std::path::PathBuf;
use std::time::Duration;

use evenmatch::{
    Policy,
    mesh::FaceMesh,
    model::Profile,
    pad::{Challenge, Follower, FrameAnalyser, Judge, Seen, SessionReport},
};
use evenmatch_core::{Digest, record::LivenessOutcome};
use evenmatch_lab::recordings::{Frame, Sampling, Trouble, fitted};
use evenmatch_testkit::{Need, skip};
use rayon::prelude::*;

/// Recordings of people, and of screens that show people.
const PEOPLE: [&str; 7] = [
    "lp_d0.mp4",
    "lp_d10.mp4",
    "lp_d13.mp4",
    "lp_d18.mp4",
    "lp_d20.mp4",
    "lestari15_real.mp4",
    "ZubairCracksCode_real.mov",
];
const SCREENS: [&str; 2] = ["lestari15_fake.mp4", "ZubairCracksCode_fake.mp4"];
/// Random challenges for each.
const CHALLENGES: u64 = 20;

/// The folder of recordings; `None` skips. `EVENMATCH_CLIPS` names another one, all of whose videos
/// count as people's.
fn clips() -> Option<PathBuf> {
    let folder = match std::env::var_os("EVENMATCH_CLIPS") {
        Some(folder) => folder.into(),
        None => evenmatch_testfaces::data_dir()?.join("clips"),
    };
    if !folder.is_dir() {
        return skip(Need::Other, &format!("no recordings are at {}", folder.display()));
    }
    if !Sampling::is_possible() {
        return skip(Need::Other, "ffmpeg is not installed (Debian: apt-get install ffmpeg)");
    }
    Some(folder)
}

fn people(folder: &std::path::Path) -> Vec<PathBuf> {
    if std::env::var_os("EVENMATCH_CLIPS").is_none() {
        return PEOPLE.iter().map(|name| folder.join(name)).collect();
    }
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_video = |path: &PathBuf| {
        path.extension().is_some_and(|end| ["mp4", "mov", "webm", "mkv"].iter().any(|e| end == *e))
    };
    let mut videos: Vec<PathBuf> = files.filter(is_video).collect();
    videos.sort();
    videos
}

fn analyser() -> Option<FrameAnalyser> {
    let profile = Profile::Throughput { workers: rayon::current_num_threads() };
    let verifier = evenmatch_testfaces::verifier(profile, Policy::default())?;
    let mesh = FaceMesh::open(profile).unwrap();
    Some(FrameAnalyser::new(verifier.detector().clone(), mesh, verifier.embedder().clone()))
}

fn seen(analyser: &FrameAnalyser, frames: &[Frame]) -> Vec<Seen> {
    let mut follower = Follower::new(analyser.clone());
    let see = |(image, ms): &Frame| follower.see(image, Duration::from_millis(*ms)).unwrap();
    frames.iter().map(see).collect()
}

fn judged(challenge: Challenge, seen: &[Seen]) -> SessionReport {
    let mut judge = Judge::new(challenge);
    for one in seen {
        // As the command does: what comes after the last step is nobody's answer.
        if judge.take(one).over {
            break;
        }
    }
    judge.finish()
}

/// A random challenge that is not too long for a recording where there is one.
fn random(n: u64, steps: usize) -> Challenge {
    let seed = *Digest::of(&n.to_le_bytes()).as_bytes();
    Challenge::from_seed(seed, steps, 0).unwrap()
}

/// The same runs on recordings that nobody here has seen; so nothing but the kind of evidence may
/// keep a session from failing.
fn nobody_is_accused(sampling: Sampling, troubles: &[Trouble]) {
    let Some(folder) = clips() else { return };
    let Some(analyser) = analyser() else { return };
    let recordings: Vec<(PathBuf, Vec<Frame>)> = people(&folder)
        .into_iter()
        .map(|path| (path.clone(), sampling.read(&path).unwrap()))
        .collect();
    let jobs: Vec<(&(PathBuf, Vec<Frame>), Trouble)> = recordings
        .iter()
        .flat_map(|recording| troubles.iter().map(move |trouble| (recording, *trouble)))
        .collect();
    let accused: Vec<String> = jobs
        .par_iter()
        .with_max_len(1)
        .flat_map_iter(|((path, frames), trouble)| {
            let seen = seen(&analyser, &trouble.befalls(frames, 1).unwrap());
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(!seen.is_empty(), "{name} {trouble:?}");
            (0..CHALLENGES).filter_map(move |n| {
                let report = judged(random(n, 2 + n as usize % 2), &seen);
                // Nobody was asked for anything: whoever passes did so by luck.
                assert_ne!(report.outcome, LivenessOutcome::Pass, "{name} {trouble:?} {n}");
                (report.outcome == LivenessOutcome::Fail)
                    .then(|| format!("{name} {trouble:?} {n}: {:?}", report.findings))
            })
        })
        .collect();
    println!(
        "{sampling:?}: {} sessions of {} recordings, {} accused",
        jobs.len() as u64 * CHALLENGES,
        recordings.len(),
        accused.len()
    );
    assert!(accused.is_empty(), "{accused:#?}");
}

#[test]
fn no_recording_of_a_person_is_called_an_attack() {
    let sampling = Sampling { fps: 10.0, side: 480, seconds: 5.0, ..Sampling::default() };
    nobody_is_accused(sampling, &Trouble::ALL);
}

/// `EVENMATCH_RATES=8x640,15x320` runs only some: frames per second, and pixels.
#[test]
#[ignore = "an hour and more: whole recordings, five rates and sizes"]
fn no_recording_of_a_person_is_called_an_attack_at_any_rate_or_size() {
    let all = "8x640,15x320,15x640,15x960,30x640".to_owned();
    for rate in std::env::var("EVENMATCH_RATES").unwrap_or(all).split(',') {
        let (fps, side) = rate.split_once('x').unwrap();
        let (fps, side) = (fps.parse().unwrap(), side.parse().unwrap());
        nobody_is_accused(Sampling { fps, side, ..Sampling::default() }, &Trouble::ALL);
    }
}

#[test]
fn no_screen_passes_as_a_person() {
    let Some(folder) = clips() else { return };
    let Some(analyser) = analyser() else { return };
    for name in SCREENS {
        let path = folder.join(name);
        if !path.is_file() {
            continue;
        }
        let sampling = Sampling { fps: 10.0, ..Sampling::default() };
        let seen = seen(&analyser, &sampling.read(&path).unwrap());
        for n in 0..CHALLENGES {
            let report = judged(random(n, 2 + n as usize % 2), &seen);
            assert_ne!(report.outcome, LivenessOutcome::Pass, "{name} {n}");
        }
        // Asked for just what it shows; printed, since a challenge is never made so.
        for fitted in fitted(&seen) {
            let report = judged(fitted.challenge, &seen);
            println!("{name}, fitted: {:?} {:?}", report.outcome, report.findings);
        }
    }
}
