//! The landmark mesh: the converted network computes what the TFLite interpreter computes, and on
//! photos it lies on the face. Needs the models, and in part the data set; without them it skips
//! and says so.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use evenmatch::{
    Landmarks5, Point, Policy, Probe, Verifier,
    mesh::FaceMesh,
    model::{FileState, Manifest, ModelStore, Network, OnnxNetwork, Profile, Role},
};
use evenmatch_core::ErrorKind;
use evenmatch_testfaces::{or_skip, store_without_mesh};
use image::imageops::{flip_horizontal, rotate90};
use image::{Rgb, RgbImage};
use serde::Deserialize;

const PROFILE: Profile = Profile::Throughput { workers: 1 };

/// The TFLite interpreter's output for one image; `scripts/mesh_reference.sh` wrote it.
#[derive(Deserialize)]
struct Reference {
    picture: String,
    points: Vec<f32>,
    presence: f32,
}

/// The same images as in `scripts/mesh_reference.py`.
fn picture(name: &str) -> RgbImage {
    let face = |shift: i64| {
        RgbImage::from_fn(192, 192, |x, y| {
            let (x, y) = (i64::from(x) - 96 - shift, i64::from(y) - 96);
            let ellipse = |cx: i64, cy: i64, a: i64, b: i64| {
                (x - cx).pow(2) * b * b + (y - cy).pow(2) * a * a < a * a * b * b
            };
            let either = |cy, a, b| ellipse(-24, cy, a, b) || ellipse(24, cy, a, b);
            Rgb(match () {
                () if ellipse(0, 34, 20, 7) => [150, 60, 60],
                () if ellipse(0, 10, 6, 10) => [165, 125, 105],
                () if either(-16, 10, 6) => [40, 30, 30],
                () if either(-30, 14, 4) => [80, 50, 40],
                () if ellipse(0, 0, 60, 76) => [200, 160, 140],
                () => [90; 3],
            })
        })
    };
    let every = |value: &dyn Fn(u32, u32, u32) -> u8| {
        RgbImage::from_fn(192, 192, |x, y| Rgb([0, 1, 2].map(|c| value(x, y, c))))
    };
    match name {
        "noise" => {
            every(&|x, y, c| (((y * 192 + x) * 3 + c).wrapping_mul(2_654_435_761) >> 24) as u8)
        }
        "slope" => every(&|x, y, c| ((x + y / 2 * c) % 256) as u8),
        "face" => face(0),
        "face_aside" => face(17),
        other => panic!("no image {other}"),
    }
}

#[test]
fn the_converted_network_computes_what_the_interpreter_computes() {
    let store = ModelStore::open().unwrap();
    let store = ModelStore::at(store.dir(), Manifest::built_in().unwrap());
    let loaded = store.load_default(Role::Mesh).and_then(|model| {
        let input = model.entry().input;
        Ok((OnnxNetwork::load(model, &store.runtime_library()?, PROFILE)?, input))
    });
    let Some((network, input)) = or_skip(loaded) else { return };
    let references: Vec<Reference> =
        serde_json::from_str(include_str!("data/mesh_reference.json")).unwrap();
    assert_eq!(references.len(), 4);
    let mut worst = 0.0_f32;
    for Reference { picture: name, points, presence } in references {
        let tensor = input.tensor(&picture(&name), 192, 192);
        let outputs = network.run(tensor.view()).unwrap();
        let found = outputs.of_length(1404).unwrap();
        assert_eq!(points.len(), 1404);
        for (found, due) in found.iter().zip(&points) {
            worst = worst.max((found - due).abs());
        }
        let found = *outputs.of_length(1).unwrap().iter().next().unwrap();
        assert!((found - presence).abs() < 1e-3, "{name}: {found} {presence}");
        // The images distinguish faces from other things.
        assert_eq!(presence > 0.0, name.starts_with("face"), "{name}: {presence}");
    }
    println!("largest difference {worst} of 192 pixels");
    assert!(worst < 1e-3, "{worst}");
}

/// The mean of the five distances, as a share of the inter-eye distance.
fn apart(a: &Landmarks5, b: &Landmarks5) -> f32 {
    let pairs = a.points().iter().zip(b.points());
    pairs.map(|(a, b)| a.distance(*b)).sum::<f32>() / 5.0 / b.inter_eye_distance()
}

fn percentile(mut values: Vec<f32>, share: f64) -> f32 {
    values.sort_by(f32::total_cmp);
    values[(share * (values.len() - 1) as f64) as usize]
}

fn correlation(pairs: &[(f32, f32)]) -> f64 {
    let n = pairs.len() as f64;
    let pairs = pairs.iter().map(|(a, b)| (f64::from(*a), f64::from(*b)));
    let (ma, mb) = pairs.clone().fold((0.0, 0.0), |(x, y), (a, b)| (x + a / n, y + b / n));
    let (mut aa, mut ab, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        aa += (a - ma).powi(2);
        ab += (a - ma) * (b - mb);
        bb += (b - mb).powi(2);
    }
    ab / (aa * bb).sqrt()
}

#[test]
fn on_photos_the_mesh_lies_on_the_face_and_its_pose_is_the_heads() {
    let Some(data) = evenmatch_testfaces::data_dir() else { return };
    let Some(verifier) = evenmatch_testfaces::verifier(PROFILE, Policy::default()) else { return };
    let Some(mesh) = or_skip(FaceMesh::open(PROFILE)) else { return };
    let photos = evenmatch_testfaces::lfw(&data);
    let (mut all, mut present) = (0, 0);
    let (mut distances, mut again, mut mirrored, mut turned) = (vec![], vec![], vec![], vec![]);
    let (mut yaws, mut pitches) = (vec![], vec![]);
    for photo in photos.iter().step_by(photos.len() / 150) {
        let photo = image::open(&photo.path).unwrap().into_rgb8();
        let found = verifier.inspect::<Probe>(&photo).unwrap();
        let Some(face) = found.detections.faces.first() else { continue };
        let five = face.landmarks();
        let here = mesh.locate(&photo, five).unwrap().unwrap();
        all += 1;
        present += u32::from(here.presence > 0.5);
        distances.push(apart(&here.landmarks5(), five));
        let second = mesh.locate(&photo, &here.landmarks5()).unwrap().unwrap();
        again.push(apart(&second.landmarks5(), &here.landmarks5()));

        let pose = here.pose();
        let [right, left, nose, right_mouth, left_mouth] = *five.points();
        let across = five.inter_eye_distance();
        yaws.push((pose.yaw, (nose.x - (right.x + left.x) / 2.0) / across));
        let (eyes, mouth) = ((right.y + left.y) / 2.0, (right_mouth.y + left_mouth.y) / 2.0);
        pitches.push((pose.pitch, (nose.y - eyes) / (mouth - eyes)));

        // The same face mirrored, and lying on its side.
        let mirror = |p: Point| Point::new(photo.width() as f32 - 1.0 - p.x, p.y);
        let in_mirror = [left, right, nose, left_mouth, right_mouth].map(mirror);
        let other = mesh.locate(&flip_horizontal(&photo), &Landmarks5(in_mirror)).unwrap().unwrap();
        mirrored.push((other.pose().yaw + pose.yaw).abs());
        let side = |p: Point| Point::new(photo.height() as f32 - 1.0 - p.y, p.x);
        let on_side = Landmarks5(five.points().map(side));
        let lying = mesh.locate(&rotate90(&photo), &on_side).unwrap().unwrap();
        let back = Landmarks5(here.landmarks5().points().map(side));
        turned.push(apart(&lying.landmarks5(), &back));
        let roll = (lying.pose().roll - pose.roll).rem_euclid(360.0);
        assert!((roll - 90.0).abs() < 2.0, "{roll}");
    }
    let median = |values: &Vec<f32>| percentile(values.clone(), 0.5);
    let (of_yaw, of_pitch) = (correlation(&yaws), correlation(&pitches));
    println!(
        "{all} photos: presence over 0.5 in {present}; mesh and detector {:.4} apart at the median, \
         {:.4} at the 90th percentile; a second mesh {:.4}; turned {:.5}",
        median(&distances),
        percentile(distances.clone(), 0.9),
        median(&again),
        median(&turned),
    );
    println!(
        "yaw and mirrored yaw differ by {:.2} degrees at the median, {:.2} at the 95th percentile; \
         correlation of yaw with the nose's place {of_yaw:.3}, of pitch {of_pitch:.3}",
        median(&mirrored),
        percentile(mirrored.clone(), 0.95),
    );
    assert!(all >= 140);
    assert!(present * 100 >= all * 98, "{present} of {all}");
    assert!(median(&distances) < 0.11 && percentile(distances, 0.9) < 0.17);
    assert!(median(&again) < 0.04);
    assert!(median(&turned) < 0.005, "the same pixels, turned");
    assert!(median(&mirrored) < 3.0 && percentile(mirrored, 0.95) < 8.0);
    assert!(of_yaw > 0.9, "a head turned to the viewer's right has its nose there: {of_yaw}");
    assert!(of_pitch < -0.3, "a head looking up has its nose nearer to the eyes: {of_pitch}");
}

#[test]
fn verification_does_without_the_mesh() {
    let folder = tempfile::tempdir().unwrap();
    let Some(store) = store_without_mesh(folder.path()) else { return };
    Verifier::builder().store(store.clone()).profile(PROFILE).open().unwrap();
    let entry = store.manifest().default_for(Role::Mesh).unwrap();
    assert_eq!(store.state_of(entry).unwrap(), FileState::Missing);
    let error = FaceMesh::open_in(&store, PROFILE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelMissing);
    assert_eq!(error.next_step(), Some("run: evenmatch models fetch"));
}

#[test]
fn landmarks_that_make_no_face_are_no_fault() {
    let Some(mesh) = or_skip(FaceMesh::open(PROFILE)) else { return };
    let photo = picture("face");
    let same = Landmarks5([Point::new(5.0, 5.0); 5]);
    let none = Landmarks5([Point::new(f32::NAN, 5.0); 5]);
    for landmarks in [same, none] {
        assert!(mesh.locate(&photo, &landmarks).unwrap().is_none());
    }
    // Far outside there is only black, and no face.
    let outside =
        [(1e6, 0.0), (1e6 + 40.0, 0.0), (1e6 + 20.0, 20.0), (1e6, 40.0), (1e6 + 40.0, 40.0)];
    let outside = Landmarks5(outside.map(|(x, y)| Point::new(x, y)));
    for picture in [photo, RgbImage::new(1, 1), RgbImage::new(0, 0)] {
        let found = mesh.locate(&picture, &outside).unwrap().unwrap();
        assert!(found.presence < 0.01, "{}", found.presence);
        assert!(found.points.iter().all(|p| p.x.is_finite() && p.y.is_finite() && p.z.is_finite()));
    }
}
