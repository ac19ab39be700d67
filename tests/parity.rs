//! Agreement with OpenCV 5 on 207 photos of the LFW subset, stage by stage.
//!
//! Boxes, landmarks, scores and digests of decoded pixels are committed, keyed by the photo's
//! digest. Embeddings and crops of people are not: `scripts/parity_reference.sh` makes them on
//! demand, in a folder that EVENMATCH_PARITY_DIR names.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::collections::HashMap;
use std::path::Path;

use evenmatch::{
    DecodeLimits, EncodedSample, Inspection, Point, Policy, Probe, Source, Verifier, compare,
    model::Profile, record::TemplateForm,
};
use evenmatch_core::Digest;
use evenmatch_testkit::{Need, skip};

struct Expected {
    digest: Digest,
    pixels: Digest,
    faces: usize,
    bounding_box: [f32; 4],
    landmarks: [Point; 5],
    score: f32,
}

fn expected() -> Vec<Expected> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/parity/opencv_lfw.csv");
    let mut rows = csv::Reader::from_path(path).unwrap();
    rows.records()
        .map(|row| {
            let row = row.unwrap();
            let number = |i: usize| row[i].parse::<f32>().unwrap();
            Expected {
                digest: row[0].parse().unwrap(),
                pixels: row[3].parse().unwrap(),
                faces: row[4].parse().unwrap(),
                bounding_box: [5, 6, 7, 8].map(number),
                landmarks: std::array::from_fn(|n| {
                    Point::new(number(9 + 2 * n), number(10 + 2 * n))
                }),
                score: number(19),
            }
        })
        .collect()
}

/// The photos of the reference with their bytes, or `None` after printing the reason.
fn photos() -> Option<Vec<(Expected, Vec<u8>)>> {
    let data = evenmatch_testfaces::data_dir()?;
    let mut by_digest: HashMap<Digest, Vec<u8>> = evenmatch_testfaces::lfw(&data)
        .into_iter()
        .map(|photo| std::fs::read(photo.path).unwrap())
        .map(|bytes| (Digest::of(&bytes), bytes))
        .collect();
    let expected = expected();
    assert!(expected.len() >= 200);
    Some(
        expected
            .into_iter()
            .map(|e| {
                let bytes = by_digest.remove(&e.digest).expect("the photo is in the data set");
                (e, bytes)
            })
            .collect(),
    )
}

fn verifier() -> Option<Verifier> {
    // OpenCV makes one pass, and embeds one view.
    let policy = Policy {
        plain_looks_only: true,
        templates: Some(TemplateForm::Plain),
        ..Policy::default()
    };
    evenmatch_testfaces::verifier(Profile::Throughput { workers: 1 }, policy)
}

fn inspect(verifier: &Verifier, bytes: &[u8]) -> Inspection {
    verifier.inspect(Source::<Probe>::Bytes(bytes)).unwrap()
}

/// Which of our faces is OpenCV's largest: the reference has the largest by area, and ours may have
/// put a more central face of about the same size first.
fn same_face<'a>(inspection: &'a Inspection, e: &Expected) -> &'a evenmatch::Detection {
    let area = |d: &&evenmatch::Detection| d.bounding_box().area();
    let faces = &inspection.detections.faces;
    assert_eq!(faces.len(), e.faces, "{}", e.digest);
    faces.iter().max_by(|a, b| area(a).total_cmp(&area(b))).unwrap()
}

#[test]
fn decoded_pixels_are_those_that_opencv_decodes() {
    let Some(photos) = photos() else { return };
    for (e, bytes) in photos {
        let encoded = EncodedSample::from_bytes(&bytes, &DecodeLimits::default()).unwrap();
        let sample = encoded.decode().unwrap();
        // OpenCV stores blue first.
        let bgr: Vec<u8> =
            sample.pixels().as_raw().chunks_exact(3).flat_map(|p| [p[2], p[1], p[0]]).collect();
        assert_eq!(Digest::of(&bgr), e.pixels, "{}", e.digest);
    }
}

#[test]
fn boxes_landmarks_and_scores_agree_with_face_detector_yn() {
    let (Some(photos), Some(verifier)) = (photos(), verifier()) else { return };
    let (mut worst_box, mut worst_point, mut worst_score) = (0_f32, 0_f32, 0_f32);
    for (e, bytes) in photos {
        let inspection = inspect(&verifier, &bytes);
        let face = same_face(&inspection, &e);
        let found: [f32; 4] = (*face.bounding_box()).into();
        for (a, b) in found.iter().zip(e.bounding_box) {
            worst_box = worst_box.max((a - b).abs());
        }
        for (a, b) in face.landmarks().points().iter().zip(e.landmarks) {
            worst_point = worst_point.max(a.distance(b));
        }
        worst_score = worst_score.max((face.score() - e.score).abs());
    }
    println!(
        "largest differences: box {worst_box} px, landmark {worst_point} px, score {worst_score}"
    );
    assert!(worst_box < 0.01, "{worst_box}");
    assert!(worst_point < 0.01, "{worst_point}");
    assert!(worst_score < 1e-4, "{worst_score}");
}

#[test]
fn comparison_scores_agree_with_face_recognizer_sf() {
    let (Some(photos), Some(verifier)) = (photos(), verifier()) else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/parity/opencv_scores.csv");
    let mut templates = HashMap::new();
    for (e, bytes) in &photos {
        let inspection = inspect(&verifier, bytes);
        // Templates are of the same face only if both have chosen it.
        let first: [f32; 4] = (*inspection.detections.faces[0].bounding_box()).into();
        if first.iter().zip(e.bounding_box).all(|(a, b)| (a - b).abs() < 1.0) {
            let template = verifier.acquire(Source::<Probe>::Bytes(bytes)).unwrap().template;
            templates.insert(e.digest, template.unwrap());
        }
    }
    let mut differences = Vec::new();
    for row in csv::Reader::from_path(path).unwrap().records() {
        let row = row.unwrap();
        let (a, b) = (row[0].parse().unwrap(), row[1].parse().unwrap());
        if let (Some(a), Some(b)) = (templates.get(&a), templates.get(&b)) {
            let score = compare(a, &b.clone().into_reference()).unwrap().value();
            differences.push((score - row[2].parse::<f32>().unwrap()).abs());
        }
    }
    differences.sort_by(f32::total_cmp);
    let worst = differences.last().unwrap();
    println!("{} comparisons, largest difference of scores {worst}", differences.len());
    assert!(differences.len() >= 190);
    assert!(*worst < 5e-3, "{worst}");
}

#[test]
fn embeddings_agree_with_face_recognizer_sf() {
    let Some(folder) = std::env::var_os("EVENMATCH_PARITY_DIR") else {
        let _: Option<()> =
            skip(Need::Other, "EVENMATCH_PARITY_DIR is not set (run: scripts/parity_reference.sh)");
        return;
    };
    let (Some(photos), Some(verifier)) = (photos(), verifier()) else { return };
    let photos: HashMap<Digest, (Expected, Vec<u8>)> =
        photos.into_iter().map(|(e, bytes)| (e.digest, (e, bytes))).collect();
    let mut rows =
        csv::Reader::from_path(Path::new(&folder).join("opencv_embeddings.csv")).unwrap();
    let mut cosines = Vec::new();
    for row in rows.records() {
        let row = row.unwrap();
        let (e, bytes) = &photos[&row[0].parse().unwrap()];
        let inspection = inspect(&verifier, bytes);
        let first: [f32; 4] = (*inspection.detections.faces[0].bounding_box()).into();
        if first.iter().zip(e.bounding_box).any(|(a, b)| (a - b).abs() >= 1.0) {
            continue;
        }
        let template = verifier.acquire(Source::<Probe>::Bytes(bytes)).unwrap().template.unwrap();
        let reference: Vec<f64> = row.iter().skip(2).map(|v| v.parse().unwrap()).collect();
        assert_eq!(reference.len(), template.features().len());
        let norm = reference.iter().map(|v| v * v).sum::<f64>().sqrt();
        let dot: f64 =
            reference.iter().zip(template.features()).map(|(a, b)| a * f64::from(*b)).sum();
        cosines.push(dot / norm);
    }
    cosines.sort_by(f64::total_cmp);
    let (first_percentile, median) = (cosines[cosines.len() / 100], cosines[cosines.len() / 2]);
    println!(
        "{} embeddings: cosine median {median:.7}, 1st percentile {first_percentile:.7}, least {:.7}",
        cosines.len(),
        cosines[0]
    );
    assert!(cosines.len() >= 200);
    assert!(median >= 0.9995, "{median}");
    assert!(first_percentile >= 0.999, "{first_percentile}");
}
