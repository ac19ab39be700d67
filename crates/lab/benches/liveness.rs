//! What a challenge session costs: frames per second on one thread, beside the three networks alone
//! in the same run, and how much memory it keeps. Needs the models and `../shared/data`.
//!
//! `cargo bench --bench liveness`

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::time::{Duration, Instant};

use evenmatch::{
    Policy, Sample, Verifier, align,
    mesh::FaceMesh,
    model::Profile,
    pad::{Challenge, FrameAnalyser, LivenessSession},
};
use evenmatch_lab::simulate::{Actor, Frame, SimulatedKind, Take, TakeSettings};

fn main() {
    let data = std::env::var_os("EVENMATCH_DATA").map_or_else(
        || evenmatch_testkit::workspace().join("../shared/data"),
        std::path::PathBuf::from,
    );
    let profile = Profile::Throughput { workers: 1 };
    let Ok(verifier) = Verifier::open(profile, Policy::default()) else {
        println!("skipped: no models (run: evenmatch models fetch)");
        return;
    };
    let Ok(mut rows) = csv::Reader::from_path(data.join("lfw.csv")) else {
        println!("skipped: no photos at EVENMATCH_DATA");
        return;
    };
    let mesh = FaceMesh::open(profile).unwrap();
    let actor = rows.records().find_map(|row| {
        let photo = image::open(data.join(&row.unwrap()[0])).unwrap().to_rgb8();
        let found = verifier.detector().detect(&Sample::from_rgb(photo.clone())).unwrap();
        let [face] = found.faces.as_slice() else { return None };
        Actor::from_photo(&photo, face.landmarks(), &mesh, 1).unwrap()
    });
    let actor = actor.unwrap();
    let challenge = Challenge::from_seed([5; 32], 3, 0).unwrap();
    let take = Take::new(&actor, SimulatedKind::Live, &challenge, TakeSettings::default()).unwrap();
    let frames: Vec<Frame> = take.collect();
    let analyser =
        FrameAnalyser::new(verifier.detector().clone(), mesh.clone(), verifier.embedder().clone());

    let mut ratios = Vec::new();
    for _ in 0..5 {
        let begin = Instant::now();
        let mut session = LivenessSession::new(challenge.clone(), analyser.clone());
        for (image, ms) in &frames {
            session.feed(image, Duration::from_millis(*ms)).unwrap();
        }
        let session_time = begin.elapsed() / frames.len() as u32;
        // Detector and mesh on every frame, the embedder on every fifth, and nothing else.
        let begin = Instant::now();
        for (n, (image, _)) in frames.iter().enumerate() {
            let sample = Sample::from_rgb(image.clone());
            let found = verifier.detector().detect(&sample).unwrap();
            let Some(face) = found.faces.first() else { continue };
            mesh.locate(image, face.landmarks()).unwrap();
            if n % 5 == 0 {
                let aligned = align(&sample, face).unwrap();
                verifier.embedder().embed::<evenmatch::Probe>(&aligned).unwrap();
            }
        }
        let networks = begin.elapsed() / frames.len() as u32;
        ratios.push((session_time, networks));
    }
    ratios.sort();
    let (session, networks) = ratios[ratios.len() / 2];
    println!(
        "640x480, one thread: {:.1} frames/s ({session:?} per frame), {:.2} times the networks \
         alone",
        1.0 / session.as_secs_f64(),
        session.as_secs_f64() / networks.as_secs_f64()
    );

    // Thousands of frames within one session's time.
    let mut session = LivenessSession::new(challenge, analyser);
    let mut before = 0;
    for n in 0..3000_u64 {
        let (image, _) = &frames[n as usize % frames.len()];
        session.feed(image, Duration::from_millis(4 * n)).unwrap();
        if n == 300 {
            before = resident();
        }
    }
    println!("memory after 300 frames {before} KiB, after 3000 frames {} KiB", resident());
}

/// Resident memory in KiB; 0 if the system does not report it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
