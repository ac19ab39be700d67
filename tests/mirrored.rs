//! Mirrored templates on real photos.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use evenmatch::{Policy, Probe, Source, Verifier, model::Profile};
use evenmatch_core::record::ReasonCode;
use rayon::prelude::*;

fn verifier(templates: &str, profile: Profile) -> Option<Verifier> {
    let policy: Policy = format!("templates = '{templates}'").parse().unwrap();
    evenmatch_testfaces::verifier(profile, policy)
}

/// Every 32nd photo of the LFW subset: 200 of them.
fn photos() -> Option<Vec<std::path::PathBuf>> {
    let photos = evenmatch_testfaces::lfw(&evenmatch_testfaces::data_dir()?);
    Some(photos.into_iter().step_by(32).map(|photo| photo.path).collect())
}

#[test]
fn as_many_faces_are_unclear_as_by_plain_templates() {
    let profile = Profile::Throughput { workers: 1 };
    let (Some(photos), Some(plain), Some(mirrored)) =
        (photos(), verifier("plain", profile), verifier("mirrored", profile))
    else {
        return;
    };
    let (mut unclear, mut shorter, mut alike) = ([0, 0], Vec::new(), Vec::new());
    for path in &photos {
        let found = [&plain, &mirrored].map(|v| v.acquire::<Probe>(Source::Path(path)).unwrap());
        for (count, found) in unclear.iter_mut().zip(&found) {
            *count += usize::from(found.reasons.iter().any(|r| r.code == ReasonCode::FaceUnclear));
        }
        let [Some(own), Some(mean)] = found.each_ref().map(|f| f.sample.quality.template_magnitude)
        else {
            panic!("{} gave no template", path.display());
        };
        shorter.push(mean / own);
        let [Some(own), Some(mean)] = found.each_ref().map(|f| f.template.as_ref()) else {
            panic!("{} gave no template", path.display());
        };
        alike.push(evenmatch_testfaces::cosine(own, mean));
    }
    shorter.sort_by(f32::total_cmp);
    alike.sort_by(f32::total_cmp);
    let middle = photos.len() / 2;
    println!(
        "{} photos: unclear {unclear:?}; length of the mean over that of the face alone {:.3} to \
         {:.3}, median {:.3}; cosine of both templates {:.3} to {:.3}, median {:.3}",
        photos.len(),
        shorter[0],
        shorter[photos.len() - 1],
        shorter[middle],
        alike[0],
        alike[photos.len() - 1],
        alike[middle]
    );
    assert_eq!(unclear, [0, 0]);
    assert!((0.97..1.0).contains(&shorter[middle]));
    assert!(alike[0] > 0.95 && alike[middle] < 0.9999);
}

/// Prints how many photos of FairFace have features shorter than the embedder's limit, by either
/// form: docs/QUALITY.md.
#[test]
#[ignore = "minutes long: 2,575 photos by both forms"]
fn as_many_faces_of_fairface_are_unclear() {
    let profile = Profile::Throughput { workers: rayon::current_num_threads() };
    let (Some(data), Some(plain), Some(mirrored)) = (
        evenmatch_testfaces::data_dir(),
        verifier("plain", profile),
        verifier("mirrored", profile),
    ) else {
        return;
    };
    let mut rows = csv::Reader::from_path(data.join("fairface.csv")).unwrap();
    let photos: Vec<_> = rows.records().map(|row| data.join(&row.unwrap()[0])).collect();
    let length = |v: &Verifier, path: &std::path::Path| {
        let found = v.acquire::<Probe>(Source::Path(path)).unwrap();
        found.sample.quality.template_magnitude
    };
    let lengths: Vec<(f32, f32)> = photos
        .par_iter()
        .filter_map(|path| Some((length(&plain, path)?, length(&mirrored, path)?)))
        .collect();
    let limits = [&plain, &mirrored].map(|v| v.embedder().least_magnitude().unwrap());
    let by_face = lengths.iter().filter(|l| l.0 < limits[0]).count();
    let by_mean = lengths.iter().filter(|l| l.1 < limits[1]).count();
    let by_both = lengths.iter().filter(|l| l.0 < limits[0] && l.1 < limits[1]).count();
    let mut of_mean: Vec<f32> = lengths.iter().map(|l| l.1).collect();
    of_mean.sort_by(f32::total_cmp);
    println!(
        "{} photos: {by_face} below {} by the face alone, {by_mean} below {} by the mean of both \
         views, {by_both} by both; as many are below {:.3} by the mean",
        lengths.len(),
        limits[0],
        limits[1],
        of_mean[by_face]
    );
    let apart = by_face.abs_diff(by_mean) as f64 / lengths.len() as f64;
    assert!(apart < 0.005, "{apart}");
}

#[test]
fn a_mirrored_template_has_the_same_bits_from_any_number_of_threads() {
    let (Some(photos), Some(one), Some(several)) = (
        photos(),
        verifier("mirrored", Profile::Throughput { workers: 1 }),
        verifier("mirrored", Profile::Latency),
    ) else {
        return;
    };
    for path in photos.iter().take(8) {
        let [a, b] = [&one, &several]
            .map(|v| v.acquire::<Probe>(Source::Path(path)).unwrap().template.unwrap());
        assert_eq!(a.to_bytes(), b.to_bytes());
    }
}
