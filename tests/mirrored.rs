//! Mirrored templates on real photos.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use evenmatch::{Policy, Probe, Source, Verifier, model::Profile};
use evenmatch_core::record::ReasonCode;

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
