//! Who would get advice or be refused at the gate's limits, on clean photos, by the groups people
//! were put in.
//!
//! `cargo test -p evenmatch gate_by_group:: -- --ignored --nocapture` prints the tables of
//! docs/FAIRNESS.md, section "The gate". Needs the models and the data set.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use evenmatch::{
    Inspection, Policy, Probe, Verifier,
    model::Profile,
    quality::{Component, QualityReport},
};
use evenmatch_audit::{Bounds, normal_quantile, wilson};
use evenmatch_core::record::ReasonCode;
use evenmatch_testkit::Random;
use image::{Rgb, RgbImage};
use rayon::prelude::*;

/// The gate's result for a face: the codes of everything below its limit, and whether it would
/// pass.
type Judged = (Vec<ReasonCode>, bool);
type Short<'a> = &'a dyn Fn(&Judged) -> bool;

fn outcome(inspection: &Inspection) -> Option<Judged> {
    inspection.aligned.as_ref()?;
    let codes = inspection.gate.reasons.iter().map(|reason| reason.code).collect();
    Some((codes, inspection.gate.passed))
}

fn outcomes(verifier: &Verifier, list: &str, step: usize) -> Option<Vec<(String, Option<Judged>)>> {
    let data = evenmatch_testfaces::data_dir()?;
    let mut rows = csv::Reader::from_path(data.join(list)).unwrap();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).step_by(step).collect();
    let of = |row: &csv::StringRecord| {
        let path = data.join(&row[0]);
        (row[3].to_owned(), outcome(&verifier.inspect::<Probe>(path.as_path()).unwrap()))
    };
    Some(rows.par_iter().map(of).collect())
}

/// How many of a group are below a limit, out of how many.
fn count(group: &[&Judged], short: Short<'_>) -> (usize, usize) {
    (group.iter().filter(|outcome| short(outcome)).count(), group.len())
}

/// Wilson's interval at 95 %.
fn interval((errors, trials): (usize, usize)) -> Bounds {
    wilson(errors as f64 / trials as f64, trials as f64, normal_quantile(0.95))
}

/// The difference of two rates with R. Newcombe's interval (Statistics in Medicine 17, 1998, method
/// 10), which combines two of Wilson's.
fn difference(high: (usize, usize), low: (usize, usize)) -> [f64; 3] {
    let rate = |(errors, trials): (usize, usize)| errors as f64 / trials as f64;
    let (p, q, above, below) = (rate(high), rate(low), interval(high), interval(low));
    let d = p - q;
    [d, d - (p - above.low).hypot(below.high - q), d + (above.high - p).hypot(q - below.low)]
}

/// Median time to measure one face of LFW, without detection, on one thread.
fn milliseconds(verifier: &Verifier) -> f64 {
    let photos = evenmatch_testfaces::lfw(&evenmatch_testfaces::data_dir().unwrap());
    let mut times: Vec<f64> = photos
        .iter()
        .step_by(64)
        .map(|photo| {
            let Inspection { sample, detections, .. } =
                verifier.inspect::<Probe>(photo.path.as_path()).unwrap();
            let begun = Instant::now();
            black_box(QualityReport::measure(&sample, &detections.faces));
            1e3 * begun.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[test]
#[ignore = "two minutes: 2,575 photos of FairFace and 1,598 of LFW"]
fn shares_by_group_at_the_default_limits() {
    let workers = rayon::current_num_threads();
    let profile = Profile::Throughput { workers };
    let Some(verifier) = evenmatch_testfaces::verifier(profile, Policy::default()) else { return };
    let Some(found) = outcomes(&verifier, "fairface.csv", 1) else { return };
    let lfw = outcomes(&verifier, "lfw.csv", 4).unwrap();
    let lfw: Vec<_> = lfw.iter().filter_map(|(_, outcome)| outcome.as_ref()).collect();
    let mut groups: BTreeMap<&str, Vec<&Judged>> = BTreeMap::new();
    for (group, outcome) in &found {
        groups.entry(group).or_default().extend(outcome);
    }
    let everyone: Vec<_> = groups.values().flatten().copied().collect();
    let names: Vec<&str> = groups.keys().copied().collect();
    println!("| Measure | {} | all | LFW | largest − smallest |", names.join(" | "));
    println!("|---|{}", "--:|".repeat(names.len() + 3));
    let mut uneven = Vec::new();
    let mut row = |name: &str, short: Short<'_>| {
        let counts: Vec<_> = groups.values().map(|group| count(group, short)).collect();
        let percent = |counted: (usize, usize)| {
            let (Bounds { low, high }, (errors, trials)) = (interval(counted), counted);
            let rate = errors as f64 / trials as f64;
            format!("{:.1} [{:.1}–{:.1}]", 100.0 * rate, 100.0 * low, 100.0 * high)
        };
        let by_rate = |a: &&(usize, usize), b: &&(usize, usize)| (a.0 * b.1).cmp(&(b.0 * a.1));
        let most = *counts.iter().max_by(by_rate).unwrap();
        let least = *counts.iter().min_by(by_rate).unwrap();
        let [d, low, high] = difference(most, least).map(|value| 100.0 * value);
        let cells: Vec<String> = counts.iter().map(|counted| percent(*counted)).collect();
        let (all, press) = (percent(count(&everyone, short)), percent(count(&lfw, short)));
        println!(
            "| {name} | {} | {all} | {press} | {d:.1} [{low:.1}–{high:.1}] |",
            cells.join(" | ")
        );
        if d > 2.0 {
            uneven.push(name.to_owned());
        }
    };
    for component in Component::ALL {
        row(component.name(), &|(codes, _)| codes.contains(&component.reason()));
    }
    row("refused under enforce", &|(_, passed)| !passed);
    row("any advice", &|(codes, _)| !codes.is_empty());
    println!("measuring an LFW photo takes {:.2} ms in this build", milliseconds(&verifier));
    println!("more than two points apart: {uneven:?}");
    let enforced = Policy::default().quality.enforce;
    for component in enforced {
        assert!(!uneven.contains(&component.name().to_owned()), "{component:?} is enforced");
    }
}

/// Changes each value in linear light, and converts back to 8-bit sRGB.
fn relit(photo: &RgbImage, mut change: impl FnMut(f64) -> f64) -> RgbImage {
    let mut changed = photo.clone();
    for value in changed.iter_mut() {
        let x = f64::from(*value) / 255.0;
        let light = if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) };
        let x = change(light).clamp(0.0, 1.0);
        let x = if x <= 0.003_130_8 { 12.92 * x } else { 1.055 * x.powf(1.0 / 2.4) - 0.055 };
        *value = (255.0 * x).round() as u8;
    }
    changed
}

/// With this share of the light: 4,000 photo-electrons of full scale, shot and read noise.
fn dark(photo: &RgbImage, share: f64) -> RgbImage {
    let mut random = Random::new(1);
    relit(photo, |light| {
        let electrons = 4000.0 * share * light;
        (electrons + electrons.sqrt() * random.normal() + 8.0 * random.normal()) / 4000.0
    })
}

/// Averaged over this many columns.
fn moved(photo: &RgbImage, columns: i64) -> RgbImage {
    RgbImage::from_fn(photo.width(), photo.height(), |x, y| {
        let column =
            |n: i64| (i64::from(x) + n - columns / 2).clamp(0, i64::from(photo.width()) - 1);
        let sum = (0..columns).fold([0_i64; 3], |mut sum, n| {
            let pixel = photo.get_pixel(column(n) as u32, y).0;
            sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += i64::from(value));
            sum
        });
        Rgb(sum.map(|sum| (sum / columns) as u8))
    })
}

fn compressed(photo: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
    photo.write_with_encoder(encoder).unwrap();
    image::load_from_memory(&bytes).unwrap().into_rgb8()
}

/// With a mask of one colour from the tip of the nose down, or dark glasses over both eyes.
fn covered(photo: &RgbImage, verifier: &Verifier, cloth: Option<[u8; 3]>) -> RgbImage {
    let mut covered = photo.clone();
    let inspection = verifier.inspect::<Probe>(photo).unwrap();
    let Some(face) = inspection.detections.faces.first() else { return covered };
    let [right, left, nose, ..] = *face.landmarks().points();
    let (bounds, unit) = (face.bounding_box(), right.distance(left));
    for (x, y, pixel) in covered.enumerate_pixels_mut() {
        let (x, y) = (x as f32, y as f32);
        let glass =
            |e: evenmatch::Point| ((x - e.x) / (0.4 * unit)).hypot((y - e.y) / (0.3 * unit)) < 1.0;
        let across = x > bounds.x() && x < bounds.x() + bounds.width();
        match cloth {
            Some(cloth) if across && y > nose.y && y < bounds.y() + bounds.height() => {
                *pixel = Rgb(cloth);
            }
            None if glass(right) || glass(left) => *pixel = Rgb([18, 16, 16]),
            _ => {}
        }
    }
    covered
}

/// What docs/QUALITY.md says about how much each measure sees: every eighth photo of FairFace,
/// degraded in a known way.
#[test]
#[ignore = "two minutes: 322 photos, each degraded in thirteen ways"]
fn shares_of_worse_photos_that_are_told() {
    let workers = rayon::current_num_threads();
    let profile = Profile::Throughput { workers };
    let Some(verifier) = evenmatch_testfaces::verifier(profile, Policy::default()) else { return };
    let Some(data) = evenmatch_testfaces::data_dir() else { return };
    let mut rows = csv::Reader::from_path(data.join("fairface.csv")).unwrap();
    let photos: Vec<RgbImage> = rows
        .records()
        .step_by(8)
        .map(|row| image::open(data.join(&row.unwrap()[0])).unwrap().into_rgb8())
        .collect();
    let blur = |photo: &RgbImage, sigma| imageproc::filter::gaussian_blur_f32(photo, sigma);
    type Worse<'a> = Box<dyn Fn(&RgbImage) -> RgbImage + Sync + 'a>;
    let cases: Vec<(&str, Component, f64, Worse<'_>)> = vec![
        ("1/16 of the light", Component::Exposure, 0.4, Box::new(|p| dark(p, 1.0 / 16.0))),
        ("1/32 of the light", Component::Exposure, 0.7, Box::new(|p| dark(p, 1.0 / 32.0))),
        ("4 times the light", Component::Saturation, 0.4, Box::new(|p| relit(p, |x| 4.0 * x))),
        ("haze of .3", Component::DynamicRange, 0.4, Box::new(|p| relit(p, |x| 0.2 * x + 0.3))),
        ("blur of 3 pixels", Component::Sharpness, 0.05, Box::new(|p| blur(p, 3.0))),
        ("blur of 5 pixels", Component::Sharpness, 0.6, Box::new(|p| blur(p, 5.0))),
        ("moved by 9 pixels", Component::MotionBlur, 0.1, Box::new(|p| moved(p, 9))),
        ("moved by 15 pixels", Component::MotionBlur, 0.6, Box::new(|p| moved(p, 15))),
        ("JPEG of quality 25", Component::Compression, 0.6, Box::new(|p| compressed(p, 25))),
        ("JPEG of quality 10", Component::Compression, 0.9, Box::new(|p| compressed(p, 10))),
        (
            "blue mask",
            Component::Occlusion,
            0.5,
            Box::new(|p| covered(p, &verifier, Some([150, 190, 215]))),
        ),
        (
            "black mask",
            Component::Occlusion,
            0.5,
            Box::new(|p| covered(p, &verifier, Some([25, 25, 28]))),
        ),
        ("dark glasses", Component::Occlusion, 0.4, Box::new(|p| covered(p, &verifier, None))),
    ];
    for (name, component, least, worse) in &cases {
        let told: Vec<bool> = photos
            .par_iter()
            .filter_map(|photo| outcome(&verifier.inspect::<Probe>(&worse(photo)).unwrap()))
            .map(|(codes, _)| codes.contains(&component.reason()))
            .collect();
        let (short, all) = (told.iter().filter(|told| **told).count(), told.len());
        let share = short as f64 / all as f64;
        println!("| {name} | `{}` | {:.0} of 100 ({all} found) |", component.name(), 100.0 * share);
        assert!(share >= *least, "{name}: {share}");
    }
}
