#![cfg(feature = "onnx")]
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]
mod common;
mod passive_support;

use evenmatch::model::Profile;
use evenmatch::pad::passive::{PassiveLimits, PassiveSignals};
use evenmatch::{BoundingBox, Policy, Probe};
use passive_support::{KINDS, recapture};
use rayon::prelude::*;
use std::path::PathBuf;

#[test]
#[ignore]
fn dump() {
    let Some(data) = common::data_dir() else { return };
    let workers = rayon::current_num_threads();
    let Some(verifier) = common::verifier(
        Profile::Throughput { workers },
        "gate = 'off'".parse::<Policy>().unwrap(),
    ) else {
        return;
    };
    let signals = PassiveSignals::new(PassiveLimits::default());
    let n: usize = std::env::var("N").unwrap().parse().unwrap();
    let sims: usize = std::env::var("SIMS").unwrap().parse().unwrap();
    let mut photos: Vec<(String, PathBuf)> = Vec::new();
    for list in ["lfw.csv", "fairface.csv"] {
        let mut rows = csv::Reader::from_path(data.join(list)).unwrap();
        let mut seen = std::collections::HashSet::new();
        let rows: Vec<csv::StringRecord> =
            rows.records().map(Result::unwrap).filter(|r| seen.insert(r[1].to_owned())).collect();
        let step = (rows.len() / n).max(1);
        photos.extend(
            rows.iter()
                .step_by(step)
                .map(|r| (format!("{}:{}:{}", &list[..2], &r[3], &r[2]), data.join(&r[0]))),
        );
    }
    for p in ["T1", "F1", "F2"] {
        photos.push((format!("pad:{p}:"), data.join(format!("pad/image_{p}.jpg"))));
    }
    let lines: Vec<String> = photos
        .par_iter()
        .enumerate()
        .map(|(i, (name, path))| {
            let found = verifier.inspect::<Probe>(path.as_path()).unwrap();
            let Some(face) = found.detections.faces.first() else { return String::new() };
            let show = |kind: String, image: &image::RgbImage, face: &BoundingBox| {
                let t = std::time::Instant::now();
                let records = signals.look(image, face).unwrap();
                let t = t.elapsed().as_secs_f64() * 1e3;
                let all: Vec<String> = records
                    .iter()
                    .map(|r| format!("{}={:.4},{:.4},{:?}", r.name, r.value, r.jitter, r.verdict))
                    .collect();
                format!("{kind}|{name}|{t:.2}|{}\n", all.join(";"))
            };
            let mut out = show("bona".into(), found.sample.pixels(), face.bounding_box());
            if sims > 0 && i % sims == 0 && !name.starts_with("pad") {
                for kind in KINDS {
                    let r = recapture(found.sample.pixels(), face.bounding_box(), kind, i as u64);
                    out += &show(format!("{kind:?}"), &r.picture, &r.face);
                }
            }
            out
        })
        .collect();
    std::fs::write(std::env::var("OUT").unwrap(), lines.concat()).unwrap();
}
