//! People of the data sets who can be simulated, split in two for tuning and for reporting.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::Path;

use evenmatch::mesh::FaceMesh;
use evenmatch::pad::simulate::Actor;
use evenmatch::quality::{Component, QualityLimits, QualityReport};
use evenmatch::{Digest, Sample, Verifier};
use image::RgbImage;

/// Somebody to simulate.
pub struct Person {
    pub subject: String,
    pub race: String,
    pub sex: String,
    pub photo: RgbImage,
    pub actor: Actor,
    /// From the subject's name alone.
    pub seed: u64,
}

/// On which half of the people limits were chosen, by the digest of their names; the other half is
/// for reporting.
pub fn is_for_tuning(subject: &str) -> bool {
    Digest::of(subject.as_bytes()).as_bytes()[0].is_multiple_of(2)
}

/// A face on a photo can stand for one before a camera if it looks there: turned by so many degrees
/// at most by its five landmarks. The mesh takes some profiles for faces from the front.
const MOST_TURNED: f32 = 20.0;

/// The first people of a list who can be simulated (one face, which nothing hides and which looks
/// into the camera), at most so many of each race group and in all. Prints how many of each group
/// were left out.
pub fn people(
    data: &Path,
    list: &str,
    tuning: bool,
    (each, all): (usize, usize),
    (verifier, mesh): (&Verifier, &FaceMesh),
) -> Vec<Person> {
    let mut rows = csv::Reader::from_path(data.join(list)).unwrap();
    let mut people: Vec<Person> = Vec::new();
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows.records() {
        let row = row.unwrap();
        let (subject, sex, race) = (row[1].to_owned(), row[2].to_owned(), row[3].to_owned());
        let known = people.iter().any(|person| person.subject == subject);
        let of_group = people.iter().filter(|person| person.race == race).count();
        if known || is_for_tuning(&subject) != tuning || of_group >= each {
            continue;
        }
        if people.len() == all {
            break;
        }
        let photo = image::open(data.join(&row[0])).unwrap().to_rgb8();
        *left_out.entry(race.clone()).or_default() += 1;
        let sample = Sample::from_rgb(photo.clone());
        let found = verifier.detector().detect(&sample).unwrap();
        let [face] = found.faces.as_slice() else { continue };
        let quality = QualityReport::measure(&sample, &found.faces);
        let turned = |c: &Component| quality.get(*c).is_none_or(|m| m.raw.abs() > MOST_TURNED);
        let short = QualityLimits::default().shortfalls(&quality);
        let hidden = short.iter().any(|(component, _, _)| *component == Component::Occlusion);
        if hidden || [Component::Yaw, Component::Pitch].iter().any(turned) {
            continue;
        }
        let digest = Digest::of(subject.as_bytes());
        let seed = digest.as_bytes().iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte));
        let actor = Actor::from_photo(&photo, face.landmarks(), mesh, seed).unwrap();
        let Some(actor) = actor else { continue };
        *left_out.entry(race.clone()).or_default() -= 1;
        people.push(Person { subject, race, sex, photo, actor, seed });
    }
    println!("{} people; left out, of those looked at: {left_out:?}", people.len());
    people
}
