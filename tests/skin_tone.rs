//! The colour of skin through the pipeline, and on real photos by the groups people were put in.
//!
//! `cargo test -p evenmatch skin_tone:: -- --ignored --nocapture` measures the FairFace subset.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::collections::BTreeMap;

use evenmatch::{
    Policy, Probe, Source, Verifier,
    model::Profile,
    quality::{SkinTone, ita_band, skin_tone},
};
use image::{Rgb, RgbImage};
use rayon::prelude::*;

#[test]
fn an_aligned_face_of_one_colour_has_its_angle() {
    let verifier = Verifier::with_null_networks(Policy::default()).unwrap();
    let photo = RgbImage::from_fn(640, 640, |x, y| match (x, y) {
        (160..480, 160..544) => Rgb([194, 150, 130]),
        _ => Rgb([20, 30, 90]),
    });
    let inspection = verifier.inspect(Source::<Probe>::from(&photo)).unwrap();
    let tone = skin_tone(&inspection.aligned.unwrap()).unwrap();
    // L* 65.67 and b* 16.90: atan(15.67 / 16.90).
    assert!((tone.ita - 42.83).abs() < 0.1, "{tone:?}");
    assert_eq!(ita_band(tone.ita), "ITA 2 41 to 55");
}

/// This is not a claim about people: annotators chose these groups, and the light was uncontrolled.
/// But a measure that put the medians in another order would not measure skin at all.
#[test]
#[ignore = "a minute: the faces of 2,575 photos"]
fn medians_by_annotated_group_are_ordered() {
    let workers = rayon::current_num_threads();
    let (Some(data), Some(verifier)) = (
        evenmatch_testfaces::data_dir(),
        evenmatch_testfaces::verifier(Profile::Throughput { workers }, Policy::default()),
    ) else {
        return;
    };
    let mut rows = csv::Reader::from_path(data.join("fairface.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let measured: Vec<Option<Option<SkinTone>>> = rows
        .par_iter()
        .map(|row| {
            let path = data.join(&row[0]);
            let inspection = verifier.inspect(Source::<Probe>::from(path.as_path())).unwrap();
            inspection.aligned.map(|face| skin_tone(&face))
        })
        .collect();
    let mut groups: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
    let mut bands: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, tone) in rows.iter().zip(&measured) {
        if let Some(Some(tone)) = tone {
            groups.entry(&row[3]).or_default().push(tone.ita);
            *bands.entry(ita_band(tone.ita)).or_default() += 1;
        }
    }
    let without = |tone: &&Option<Option<SkinTone>>| matches!(tone, Some(None));
    let lost = measured.iter().filter(|tone| tone.is_none()).count();
    println!("no aligned face: {lost}; no tone: {}", measured.iter().filter(without).count());
    let mut medians = BTreeMap::new();
    for (group, angles) in &mut groups {
        angles.sort_by(f32::total_cmp);
        let quantile = |share: f32| angles[((angles.len() - 1) as f32 * share) as usize];
        let quartiles = [0.25, 0.5, 0.75].map(quantile);
        println!("{group:16} n {:4}  ITA quartiles {quartiles:6.1?}", angles.len());
        medians.insert(*group, quartiles[1]);
    }
    println!("{bands:?}");
    let lighter = |a: &str, b: &str| {
        assert!(medians[a] > medians[b] + 5.0, "{a} {} and {b} {}", medians[a], medians[b]);
    };
    for group in ["White", "East Asian"] {
        lighter(group, "Indian");
    }
    lighter("Indian", "Black");
}
