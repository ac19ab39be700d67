//! What every limit meets on recordings of people: prints the table of docs/LIVENESS.md.

use std::collections::BTreeMap;
use std::path::PathBuf;

use evenmatch::{
    Policy,
    mesh::FaceMesh,
    model::Profile,
    pad::{Finding, Seen, Step},
};
use evenmatch_core::record::LivenessOutcome;
use evenmatch_lab::recordings::{Frame, Sampling, Trouble, movements};
use evenmatch_lab::simulate::{SimulatedKind as K, Take, TakeSettings};
use rayon::prelude::*;

use super::{CHALLENGES, SCREENS, analyser, clips, judged, people, random, seen};

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
