//! Faces of every size in the frame are found, and the attempts needed are recorded.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use evenmatch::{Policy, Probe, Source, Step, Verifier, model::Profile};
use image::imageops::{FilterType, crop_imm, replace, resize};
use image::{Rgb, RgbImage};

fn steps(verifier: &Verifier, image: &RgbImage) -> Vec<Step> {
    let inspection = verifier.inspect(Source::<Probe>::Image(image)).unwrap();
    inspection.detections.attempts.iter().map(|attempt| attempt.step).collect()
}

#[test]
fn a_plain_photo_is_looked_at_once_and_an_empty_one_at_every_scale() {
    let policy = Policy { plain_looks_only: true, ..Policy::default() };
    let verifier = Verifier::with_null_networks(policy).unwrap();
    let mut plain = RgbImage::from_pixel(320, 320, Rgb([200; 3]));
    replace(&mut plain, &RgbImage::from_pixel(128, 160, Rgb([90, 60, 50])), 96, 64);
    assert_eq!(steps(&verifier, &plain), [Step::Plain]);

    let empty = RgbImage::from_pixel(300, 300, Rgb([200; 3]));
    assert_eq!(steps(&verifier, &empty), [Step::Plain, Step::Coarser]);
    let large = RgbImage::from_pixel(2000, 1500, Rgb([200; 3]));
    assert_eq!(steps(&verifier, &large), [Step::Plain, Step::Coarser, Step::Finer]);

    // By default it looks again: turned, and in other light.
    let verifier = Verifier::with_null_networks(Policy::default()).unwrap();
    assert_eq!(steps(&verifier, &plain), [Step::Plain]);
    let again = steps(&verifier, &empty);
    let (turned, light) = again[2..].split_at(3);
    assert!(turned.iter().all(|step| matches!(step, Step::Turned(_))), "{again:?}");
    assert!(light.len() == 8 && light.iter().all(|step| matches!(step, Step::Light(_))));
}

#[test]
fn a_small_face_is_looked_at_with_more_pixels() {
    let verifier = Verifier::with_null_networks(Policy::default()).unwrap();
    let mut image = RgbImage::from_pixel(960, 960, Rgb([200; 3]));
    // One cell of the plain pass is 96 pixels of this image.
    replace(&mut image, &RgbImage::from_pixel(60, 60, Rgb([90, 60, 50])), 498, 498);
    let found = verifier.inspect(Source::<Probe>::Image(&image)).unwrap().detections;
    assert_eq!(found.attempts.last().unwrap().step, Step::Finer);
    assert_eq!(found.attempts.last().unwrap().input, [960, 960]);
}

#[test]
fn a_face_is_found_whether_it_fills_the_frame_or_a_fortieth_of_it() {
    let Some(data) = evenmatch_testfaces::data_dir() else { return };
    let Some(verifier) =
        evenmatch_testfaces::verifier(Profile::Throughput { workers: 1 }, Policy::default())
    else {
        return;
    };
    let photos: Vec<_> = evenmatch_testfaces::lfw(&data).into_iter().step_by(320).collect();
    let (mut filling, mut small) = (0, 0);
    for photo in &photos {
        let picture = image::open(&photo.path).unwrap().into_rgb8();
        let inspect = |image: &RgbImage| verifier.inspect(Source::<Probe>::Image(image)).unwrap();
        let plain = inspect(&picture);
        let [x, y, w, h] = (*plain.detections.faces[0].bounding_box()).into();
        // The box alone, enlarged to a full photo.
        let (x, y) = (x.max(0.0) as u32, y.max(0.0) as u32);
        let tight = crop_imm(&picture, x, y, w as u32, h as u32).to_image();
        let tight = resize(&tight, 900, (900.0 * h / w) as u32, FilterType::Triangle);
        filling += usize::from(inspect(&tight).detections.faces.len() == 1);
        // The photo in the corner of a scene 2,400 pixels wide: the face takes up a fortieth.
        let mut scene = RgbImage::from_pixel(2400, 1800, Rgb([110, 120, 130]));
        let reduced = resize(&picture, 150, 150, FilterType::Triangle);
        replace(&mut scene, &reduced, 1900, 1300);
        let found = inspect(&scene);
        let near = found.detections.faces.first().is_some_and(|face| {
            (face.bounding_box().x() - 1900.0 - 0.6 * plain.record.bounding_box.unwrap()[0]).abs()
                < 12.0
        });
        small += usize::from(near);
    }
    println!("of {}: {filling} frame-filling and {small} small faces found", photos.len());
    assert!(photos.len() >= 20);
    assert!(10 * filling >= 9 * photos.len(), "{filling} of {}", photos.len());
    assert!(10 * small >= 9 * photos.len(), "{small} of {}", photos.len());
}
