//! Photos that lie on their side, with and without a tag that says so: found, the right way up.
//! Needs the models and the data set, and skips aloud without them.
#![cfg(feature = "onnx")]
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod common;

use common::{cosine, pictures, template, verifiers};
use evenmatch::{Probe, Template, Verifier};
use image::RgbImage;
use image::imageops::{rotate90, rotate180, rotate270};

/// So many LFW photos, evenly from the whole list.
fn photos(count: usize) -> Option<Vec<RgbImage>> {
    let photos = common::lfw(&common::data_dir()?);
    let some = photos.iter().step_by(photos.len() / count).take(count);
    Some(some.map(|photo| image::open(&photo.path).unwrap().into_rgb8()).collect())
}

/// Whether this is the template of the upright photo, which it is not where the face was read
/// lying, upside down or in a mirror.
fn is_upright(found: Option<Template<Probe>>, upright: &Template<Probe>) -> bool {
    // Storing it as JPEG again alone brings one photo of 200 down to .59.
    found.is_some_and(|found| cosine(&found, upright) > 0.5)
}

fn turned_without_a_tag(whole: &Verifier, photos: &[RgbImage]) -> (usize, usize) {
    let (mut right, mut all) = (0, 0);
    for photo in photos {
        let upright = template(whole, photo).unwrap();
        for turned in [rotate90(photo), rotate180(photo), rotate270(photo)] {
            all += 1;
            right += usize::from(is_upright(template(whole, &turned), &upright));
        }
    }
    println!("without a tag: {right} of {all} give the upright photo's template");
    (right, all)
}

fn turned_with_a_tag(whole: &Verifier, photos: &[RgbImage]) -> (usize, usize) {
    let (mut right, mut all) = (0, 0);
    for photo in photos {
        let upright = template(whole, photo).unwrap();
        for orientation in 1..=8 {
            let stored = pictures::stored_as(photo, orientation);
            let file = pictures::oriented_jpeg(&stored, orientation);
            all += 1;
            let found = whole.acquire(file.as_slice()).unwrap().template;
            right += usize::from(is_upright(found, &upright));
        }
    }
    println!("with a tag: {right} of {all} give the upright photo's template");
    (right, all)
}

#[test]
fn photos_that_lie_on_their_side_are_read_the_right_way_up() {
    let Some(photos) = photos(20) else { return };
    let Some((whole, _)) = verifiers() else { return };
    let (right, all) = turned_without_a_tag(&whole, &photos);
    assert!(right == all, "{right} of {all}");
    let (right, all) = turned_with_a_tag(&whole, &photos[..5]);
    assert!(right == all, "{right} of {all}");
}

#[test]
#[ignore = "200 photos, each stored in eleven ways: run with -- --ignored --nocapture"]
fn two_hundred_photos_are_read_the_right_way_up() {
    let Some(photos) = photos(200) else { return };
    let Some((whole, _)) = verifiers() else { return };
    let (right, all) = turned_without_a_tag(&whole, &photos);
    let (right_with, all_with) = turned_with_a_tag(&whole, &photos);
    assert!(right == all && right_with == all_with);
}
