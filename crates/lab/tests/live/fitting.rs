//! Challenges fitted to what recordings of people show: whether the way to a pass is open to them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use evenmatch::pad::{Finding, Measures};
use evenmatch_core::record::LivenessOutcome;
use evenmatch_lab::recordings::{Frame, Sampling, backwards, calm_starts, fitted};
use rayon::prelude::*;

use super::{analyser, clips, judged, people, seen};

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
