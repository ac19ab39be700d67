//! Challenge sessions on recordings of real people, who were asked for nothing: a session must never
//! call one of them an attack. `../shared/data/clips` holds them, and is no part of the repository.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use evenmatch::{
    Policy,
    mesh::FaceMesh,
    model::Profile,
    pad::{
        Challenge, Finding, Follower, FrameAnalyser, Judge, Measures, Seen, SessionReport, Step,
    },
};
use evenmatch_core::{Digest, record::LivenessOutcome};
use evenmatch_lab::recordings::{
    Frame, Sampling, Trouble, backwards, calm_starts, fitted, movements,
};
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

#[derive(Default)]
struct Extremes {
    room: f32,
    face: f32,
    course: f32,
    likeness: f32,
    lowest_relief: f32,
    faces: usize,
    frames: usize,
    findings: BTreeMap<Finding, u64>,
    failed: u64,
    passed: u64,
}

fn extremes(seen: &[Seen]) -> Extremes {
    let mut most = Extremes { likeness: 1.0, lowest_relief: 9.0, ..Extremes::default() };
    for one in seen {
        most.frames += usize::from(one.is_new());
        most.faces += usize::from(one.measures().is_some());
        if let Some(change) = one.abruptness() {
            most.room = most.room.max(change.room);
            most.face = most.face.max(change.face);
            most.course = most.course.max(change.course);
        }
        most.likeness = most.likeness.min(one.likeness().unwrap_or(1.0));
    }
    for n in 0..CHALLENGES {
        let report = judged(random(n, 2 + n as usize % 2), seen);
        for finding in &report.findings {
            *most.findings.entry(*finding).or_default() += 1;
        }
        most.failed += u64::from(report.outcome == LivenessOutcome::Fail);
        most.passed += u64::from(report.outcome == LivenessOutcome::Pass);
        if report.parallax.frames >= 4 {
            most.lowest_relief = most.lowest_relief.min(report.parallax.relief);
        }
    }
    most
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
    println!("{} sessions of {} recordings", jobs.len() as u64 * CHALLENGES, recordings.len());
    assert!(accused.is_empty(), "{accused:#?}");
}

#[test]
fn no_recording_of_a_person_is_called_an_attack() {
    let sampling = Sampling { fps: 10.0, side: 480, seconds: 5.0, ..Sampling::default() };
    nobody_is_accused(sampling, &Trouble::ALL);
}

#[test]
#[ignore = "half an hour: whole recordings, five rates and sizes"]
fn no_recording_of_a_person_is_called_an_attack_at_any_rate_or_size() {
    for (fps, side) in [(15.0, 640), (30.0, 640), (8.0, 640), (15.0, 320), (15.0, 960)] {
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

/// Prints what every limit meets on recordings of people: docs/LIVENESS.md's table. `EVENMATCH_ALL`
/// has every trouble.
#[test]
#[ignore = "minutes; prints measurements"]
fn every_limit_on_real_people() {
    let Some(folder) = clips() else { return };
    let Some(analyser) = analyser() else { return };
    let mut jobs = Vec::new();
    let screens: Vec<PathBuf> = SCREENS.iter().map(|name| folder.join(name)).collect();
    for path in people(&folder).into_iter().chain(screens.into_iter().filter(|p| p.exists())) {
        for fps in [8.0, 10.0, 15.0, 30.0] {
            for side in [640, 320, 960] {
                if side == 640 || fps == 15.0 {
                    jobs.push((path.clone(), Sampling { fps, side, ..Sampling::default() }));
                }
            }
        }
    }
    let troubles = if std::env::var_os("EVENMATCH_ALL").is_some() {
        Trouble::ALL.to_vec()
    } else {
        vec![Trouble::None, Trouble::HandHeld]
    };
    jobs.par_iter().with_max_len(1).for_each(|(path, sampling)| {
        let frames = sampling.read(path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy();
        for trouble in &troubles {
            let seen = seen(&analyser, &trouble.befalls(&frames, 1).unwrap());
            let most = extremes(&seen);
            let findings: Vec<String> =
                most.findings.iter().map(|(finding, n)| format!("{finding}:{n}")).collect();
            println!(
                "ROW\t{name}\t{}\t{}\t{trouble:?}\t{}/{}\t{:.2}\t{:.2}\t{:.2}\t{:.2}\t{:.2}\t{}\t{}\t{}",
                sampling.fps,
                sampling.side,
                most.faces,
                most.frames,
                most.room,
                most.face,
                most.course,
                most.likeness,
                most.lowest_relief,
                most.failed,
                most.passed,
                findings.join(" ")
            );
            assert_eq!((most.failed, most.passed), (0, 0), "{name} {trouble:?}");
            if *trouble == Trouble::None {
                for m in movements(&seen) {
                    println!(
                        "MOVE\t{name}\t{}\t{}\t{}\t{}\t{}\t{:.2}",
                        sampling.fps, sampling.side, m.step, m.from_ms, m.until_ms, m.furthest
                    );
                }
                let most = |step: Step| {
                    seen.iter().filter_map(|one| one.moved(step)).fold(0.0_f32, f32::max)
                };
                println!("FAR\t{name}\t{}\t{:?}", sampling.fps, Step::ALL.map(most));
            }
        }
    });
}

/// What came of the challenges that were fitted to one recording: of as many movements each.
#[derive(Default)]
struct Fits {
    tried: usize,
    passed: usize,
    /// The fewest findings, and what was asked for there.
    best: Option<(Vec<Finding>, String)>,
}

/// Challenges fitted to each recording's own movements, from one start after another, forwards and
/// backwards. Where `EVENMATCH_CLIPS` names recordings of screens, whatever passes is what luck would
/// give an attacker.
#[test]
#[ignore = "ten minutes; prints measurements"]
fn fitted_challenges() {
    let Some(folder) = clips() else { return };
    let Some(analyser) = analyser() else { return };
    let sampling = Sampling { fps: 12.0, side: 480, ..Sampling::default() };
    let starts = |path: &PathBuf| {
        let frames = sampling.read(path).unwrap();
        let coarse: Vec<Frame> = frames.into_iter().step_by(2).collect();
        let end = coarse.last().map_or(0, |(_, ms)| *ms);
        let seen = seen(&analyser, &coarse);
        let poses: Vec<(u64, Measures)> = seen
            .iter()
            .filter_map(|one| Some((one.at().as_millis() as u64, *one.measures()?)))
            .collect();
        let mut reversed: Vec<(u64, Measures)> =
            poses.iter().map(|(ms, one)| (end - ms.min(&end), *one)).collect();
        reversed.reverse();
        let job = |slower: f64| move |from: u64| (path.clone(), from, slower);
        let forwards = calm_starts(&poses).into_iter().map(job(0.0));
        forwards.chain(calm_starts(&reversed).into_iter().map(job(1.0))).collect::<Vec<_>>()
    };
    let paths = people(&folder);
    let jobs: Vec<_> = paths.par_iter().with_max_len(1).flat_map_iter(starts).collect();
    let of_one = |(path, from, slower): &(PathBuf, u64, f64)| {
        let mut frames = sampling.read(path).unwrap();
        if *slower > 0.0 {
            frames = backwards(&frames, *slower);
        }
        frames.retain(|(_, ms)| (*from..*from + 13_000).contains(ms));
        let seen = seen(&analyser, &frames);
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let reports: Vec<_> = fitted(&seen)
            .into_iter()
            .map(|fitted| {
                let asked: Vec<String> = fitted
                    .movements
                    .iter()
                    .map(|m| format!("{}@{}-{}:{:.1}", m.step, m.from_ms, m.until_ms, m.furthest))
                    .collect();
                let report = judged(fitted.challenge, &seen);
                let relief = (report.parallax.relief, report.parallax.frames);
                println!(
                    "FIT\t{name}\t{from}\t{slower}\t{:?}\t{:?}\t{relief:?}\t{}",
                    report.outcome,
                    report.findings,
                    asked.join(" ")
                );
                // The way to a pass may be closed for many reasons; the way to an accusation must be.
                assert_ne!(report.outcome, LivenessOutcome::Fail, "{name}: {report:?}");
                (fitted.movements.len() >= 2, report, asked.join(" "))
            })
            .collect();
        (name, reports)
    };
    let all: Vec<_> = jobs.par_iter().with_max_len(1).map(of_one).collect();
    let mut fits: BTreeMap<(bool, String), Fits> = BTreeMap::new();
    for (name, reports) in all {
        for (several, report, asked) in reports {
            let of = fits.entry((several, name.clone())).or_default();
            of.tried += 1;
            of.passed += usize::from(report.outcome == LivenessOutcome::Pass);
            if of.best.as_ref().is_none_or(|best| best.0.len() > report.findings.len()) {
                of.best = Some((report.findings, asked));
            }
        }
    }
    for ((several, name), of) in &fits {
        let kind = if *several { "two movements or more" } else { "one movement" };
        println!("{name}\t{kind}\t{} of {} passed\t{:?}", of.passed, of.tried, of.best);
    }
    for several in [true, false] {
        let of: Vec<&Fits> = fits.iter().filter(|(key, _)| key.0 == several).map(|f| f.1).collect();
        let passed = of.iter().filter(|of| of.passed > 0).count();
        println!("several {several}: {passed} of {} recordings pass", of.len());
    }
}

/// Prints every change of a recording from this share of a limit on.
fn jumps(name: &str, seen: &[Seen], from: f32) {
    for one in seen {
        let Some(c) = one.abruptness() else { continue };
        if c.room.max(c.face).max(c.course) > from {
            println!(
                "JUMP\t{name}\t{:?}\t{:.2}\t{:.2}\t{:.2}\t{:.3}",
                one.at(),
                c.room,
                c.face,
                c.course,
                c.face_change
            );
        }
    }
}

/// How abrupt real people are, beside simulated people and simulated cuts.
#[test]
#[ignore = "minutes; prints measurements"]
fn jumps_of_people_and_of_simulated_cuts() {
    use evenmatch_lab::simulate::{SimulatedKind as K, Take, TakeSettings};
    let Some(folder) = clips() else { return };
    let Some(analyser) = analyser() else { return };
    people(&folder).par_iter().with_max_len(1).for_each(|path| {
        let frames = Sampling::default().read(path).unwrap();
        jumps(&path.file_stem().unwrap().to_string_lossy(), &seen(&analyser, &frames), 0.9);
    });
    let profile = Profile::Throughput { workers: rayon::current_num_threads() };
    let Some(verifier) = evenmatch_testfaces::verifier(profile, Policy::default()) else { return };
    let mesh = FaceMesh::open(profile).unwrap();
    let Some(data) = evenmatch_testfaces::data_dir() else { return };
    let cast = evenmatch_testfaces::people::people(
        &data,
        "fairface.csv",
        true,
        (2, 14),
        (&verifier, &mesh),
    );
    let mut jobs = Vec::new();
    for (n, person) in cast.iter().enumerate() {
        for kind in [K::Live, K::SplicedTakes, K::SplicedTake] {
            jobs.push((n as u64, person, kind));
        }
    }
    jobs.par_iter().with_max_len(1).for_each(|(n, person, kind)| {
        let challenge = random(*n, 3);
        let settings = TakeSettings { fps: 10.0, light: 1.0, seed: person.seed };
        let take = Take::new(&person.actor, *kind, &challenge, settings).unwrap();
        let frames: Vec<Frame> = take.collect();
        let seen = seen(&analyser, &frames);
        let name = format!("{} {n}", kind.species());
        jumps(&name, &seen, 0.8);
        let report = judged(challenge, &seen);
        println!("SIM\t{name}\t{:?}\t{:?}", report.outcome, report.findings);
        assert!(*kind == K::Live || report.outcome != LivenessOutcome::Pass, "{name}: {report:?}");
    });
}
