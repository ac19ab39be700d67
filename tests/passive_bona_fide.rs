//! Passive signals on photos of live people, by group, on three real stills, and on simulated
//! recaptures. Needs the models and the data set; without them it skips and says so.
//!
//! `cargo test -p evenmatch --release passive_bona_fide:: -- --ignored --nocapture` prints the tables of
//! docs/PASSIVE.md.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::passive_support::{KINDS, recapture};
use evenmatch::{
    BoundingBox, Policy, Probe, Reference, Verifier,
    model::Profile,
    pad::passive::{PassiveLimits, PassiveSignals, score},
};
use evenmatch_audit::clopper_pearson;
use evenmatch_core::{
    Digest,
    record::{Liveness, LivenessOutcome, Outcome, ReasonCode, SignalRecord},
};
use evenmatch_testkit::{Need, skip};
use image::RgbImage;
use rayon::prelude::*;

const POLICY: &str = "gate = 'off'\nliveness = 'advisory'\nthreshold = 0.4";

fn verifier(policy: &str) -> Option<Verifier> {
    let workers = rayon::current_num_threads();
    evenmatch_testfaces::verifier(
        Profile::Throughput { workers },
        policy.parse::<Policy>().unwrap(),
    )
}

/// One photo of a live person.
struct Photo {
    path: PathBuf,
    groups: Vec<String>,
    /// Limits were tuned on these people; reported figures come from the others.
    tuned: bool,
}

/// The first photo of every person.
fn photos(data: &Path) -> Vec<Photo> {
    let mut found = Vec::new();
    for (list, set) in [("lfw.csv", "LFW"), ("fairface.csv", "FairFace")] {
        let mut seen = HashSet::new();
        let mut rows = csv::Reader::from_path(data.join(list)).unwrap();
        for row in rows.records().map(Result::unwrap) {
            if !seen.insert(row[1].to_owned()) {
                continue;
            }
            let mut groups = vec!["all".to_owned(), set.to_owned()];
            if set == "FairFace" {
                groups.extend([row[3].to_owned(), format!("{} × {}", &row[3], &row[2])]);
            }
            let half = Digest::of(row[1].as_bytes()).to_string().as_bytes()[0];
            let tuned = half.is_ascii_digit();
            found.push(Photo { path: data.join(&row[0]), groups, tuned });
        }
    }
    found
}

/// The signals of the face that would be compared; `None` where there is none.
fn signals(verifier: &Verifier, path: &Path) -> Option<Vec<SignalRecord>> {
    let found = verifier.inspect::<Probe>(path).unwrap();
    found.aligned.is_some().then_some(found.signals)
}

fn outcome(signals: &[SignalRecord]) -> LivenessOutcome {
    Liveness::judged(signals.to_vec(), None).outcome
}

fn rate(errors: usize, trials: usize) -> String {
    let bounds = clopper_pearson(errors as f64, trials as f64, 0.95);
    let share = 100.0 * errors as f64 / trials as f64;
    format!(
        "{errors}/{trials} = {share:.2} % [{:.2}, {:.2}]",
        100.0 * bounds.low,
        100.0 * bounds.high
    )
}

#[test]
fn few_live_people_are_denied_and_the_two_attacks_are_not_clear() {
    let (Some(data), Some(verifier)) = (evenmatch_testfaces::data_dir(), verifier(POLICY)) else {
        return;
    };
    let photos = photos(&data);
    let chosen: Vec<&Photo> = photos.iter().step_by(photos.len() / 100).collect();
    let seen: Vec<_> = chosen.par_iter().filter_map(|p| signals(&verifier, &p.path)).collect();
    let of = |wanted| seen.iter().filter(|signals| outcome(signals) == wanted).count();
    let (denied, open) = (of(LivenessOutcome::Fail), of(LivenessOutcome::Inconclusive));
    println!("denied {}, asked for more {}", rate(denied, seen.len()), rate(open, seen.len()));
    assert!(seen.len() >= 95 && denied <= 2 && open <= 10, "{denied} {open} of {}", seen.len());
    if !data.join("pad").is_dir() {
        let _: Option<()> =
            skip(Need::Photos, &format!("no stills of attacks in {}", data.display()));
        return;
    }
    for (name, expected) in [
        ("image_T1", LivenessOutcome::NotChecked),
        ("image_F1", LivenessOutcome::Inconclusive),
        ("image_F2", LivenessOutcome::Inconclusive),
    ] {
        let signals = signals(&verifier, &data.join(format!("pad/{name}.jpg"))).unwrap();
        println!("{name}: score {:.3}, {signals:?}", score(&signals));
        assert_eq!(outcome(&signals), expected, "{name}: {signals:?}");
    }
}

#[test]
fn a_still_never_matches_where_liveness_is_required() {
    let required = POLICY.replace("advisory", "require");
    let open = |policy: &str| verifier(policy);
    let (Some(data), Some(require)) = (evenmatch_testfaces::data_dir(), open(&required)) else {
        return;
    };
    let (advise, off) = (open(POLICY).unwrap(), open(&POLICY.replace("advisory", "off")).unwrap());
    let photos = evenmatch_testfaces::lfw(&data);
    let pair = photos.windows(2).find(|w| w[0].subject == w[1].subject).unwrap();
    let decide = |verifier: &Verifier| {
        verifier.verify(pair[0].path.as_path(), pair[1].path.as_path()).unwrap()
    };
    let (off, advised, required) = (decide(&off), decide(&advise), decide(&require));
    assert_eq!((off.outcome, off.score), (Outcome::Match, advised.score));
    assert!(off.liveness.signals.is_empty());
    assert_eq!(off.liveness.outcome, LivenessOutcome::NotChecked);
    assert_eq!((advised.outcome, required.outcome), (Outcome::Match, Outcome::Undecided));
    assert_eq!(advised.liveness.signals, required.liveness.signals);
    assert!(!advised.liveness.signals.is_empty());
    assert_ne!(required.liveness.outcome, LivenessOutcome::Pass);
    let stands = [ReasonCode::NoAttackSignsSeen, ReasonCode::AttackSignsUnclear];
    let stood = |reason: &&evenmatch_core::record::Reason| stands.contains(&reason.code);
    assert!(required.reasons.iter().filter(stood).all(|reason| reason.decisive));
    assert!(advised.reasons.iter().filter(stood).all(|reason| !reason.decisive));
    assert_eq!(required.reasons.iter().filter(stood).count(), 1);
    // Nothing is measured of the reference.
    let reference = require.acquire::<Reference>(pair[0].path.as_path()).unwrap();
    assert!(reference.signals.is_empty());
}

#[test]
#[ignore = "minutes: all of FairFace, and one photo of everyone in LFW"]
fn denials_and_open_outcomes_by_group() {
    let (Some(data), Some(verifier)) = (evenmatch_testfaces::data_dir(), verifier(POLICY)) else {
        return;
    };
    let photos = photos(&data);
    let seen: Vec<(&Photo, Option<Vec<SignalRecord>>)> =
        photos.par_iter().map(|photo| (photo, signals(&verifier, &photo.path))).collect();
    for tuned in [true, false] {
        let mut groups: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
        let mut asked: BTreeMap<&str, usize> = BTreeMap::new();
        for (photo, signals) in seen.iter().filter(|(photo, _)| photo.tuned == tuned) {
            let Some(signals) = signals else { continue };
            for group in &photo.groups {
                let counts = groups.entry(group).or_default();
                counts[0] += 1;
                counts[1] += usize::from(outcome(signals) == LivenessOutcome::Fail);
                counts[2] += usize::from(outcome(signals) == LivenessOutcome::Inconclusive);
            }
            for signal in signals {
                let spoke = signal.verdict != evenmatch_core::record::SignalVerdict::Clear;
                *asked.entry(&signal.name).or_default() += usize::from(spoke);
            }
        }
        println!("\n{} part", if tuned { "tuning" } else { "reporting" });
        println!("| Group | Denied | Asked for more |\n|---|--:|--:|");
        for (group, [trials, denied, open]) in &groups {
            println!("| {group} | {} | {} |", rate(*denied, *trials), rate(*open, *trials));
        }
        println!("not clear, by signal: {asked:?}");
        let [trials, denied, _] = groups["all"];
        assert!(denied * 50 <= trials, "{denied} of {trials}");
    }
}

#[test]
#[ignore = "a minute: simulated recaptures of 60 people"]
fn simulated_recaptures_are_seen_by_kind() {
    let (Some(data), Some(verifier)) = (evenmatch_testfaces::data_dir(), verifier(POLICY)) else {
        return;
    };
    let photos: Vec<Photo> = photos(&data).into_iter().filter(|photo| !photo.tuned).collect();
    let chosen: Vec<&Photo> = photos.iter().step_by(photos.len() / 60).collect();
    let signals = PassiveSignals::new(PassiveLimits::default());
    println!("| Simulated | Denied | Denied or asked for more |\n|---|--:|--:|");
    for kind in KINDS {
        let look = |(seed, photo): (usize, &&Photo)| -> Option<LivenessOutcome> {
            let found = verifier.inspect::<Probe>(photo.path.as_path()).unwrap();
            let face: BoundingBox = *found.detections.faces.first()?.bounding_box();
            let photo: &RgbImage = found.sample.pixels();
            let made = recapture(photo, &face, kind, seed as u64);
            Some(outcome(&signals.look(&made.picture, &made.face).unwrap()))
        };
        let seen: Vec<_> = chosen.par_iter().enumerate().filter_map(look).collect();
        let of = |wanted| seen.iter().filter(|outcome| **outcome == wanted).count();
        let denied = of(LivenessOutcome::Fail);
        let either = denied + of(LivenessOutcome::Inconclusive);
        println!("| {kind:?} | {} | {} |", rate(denied, seen.len()), rate(either, seen.len()));
    }
}
