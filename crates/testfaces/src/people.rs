//! People of the data sets who can be simulated, split in two for tuning and for reporting.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::Path;

use evenmatch::{
    Sample, Verifier,
    mesh::FaceMesh,
    quality::{Component, QualityLimits, QualityReport},
};
use evenmatch_core::Digest;
use evenmatch_lab::simulate::Actor;
use image::RgbImage;
use rayon::prelude::*;

/// A person to simulate.
pub struct Person {
    pub subject: String,
    pub race: String,
    pub sex: String,
    pub photo: RgbImage,
    pub actor: Actor,
    /// Derived from the subject's name alone.
    pub seed: u64,
}

/// Whether limits were chosen on this half of the people, by the digest of their names; the other
/// half is for reporting.
pub fn is_for_tuning(subject: &str) -> bool {
    Digest::of(subject.as_bytes()).as_bytes()[0].is_multiple_of(2)
}

/// Photos that are processed in parallel: more would be wasted where one person is needed.
const CAST_AT_ONCE: usize = 16;

/// A face in a photo can stand for one in front of a camera if it looks into it: turned by at most
/// this many degrees according to its five landmarks. The mesh takes some profiles for frontal
/// faces.
const MOST_TURNED: f32 = 20.0;

/// The first people of a list who can be simulated (one unhidden face that looks into the camera),
/// with limits on how many of each race group and in all. Prints how many of each group were left
/// out.
pub fn people(
    data: &Path,
    list: &str,
    tuning: bool,
    (each, all): (usize, usize),
    (verifier, mesh): (&Verifier, &FaceMesh),
) -> Vec<Person> {
    let mut rows = csv::Reader::from_path(data.join(list)).unwrap();
    let rows: Vec<csv::StringRecord> =
        rows.records().map(|row| row.unwrap()).filter(|r| is_for_tuning(&r[1]) == tuning).collect();
    let mut people: Vec<Person> = Vec::new();
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    for rows in rows.chunks(CAST_AT_ONCE) {
        let full = |people: &[Person], race: &str| {
            people.len() == all || people.iter().filter(|p| p.race == race).count() >= each
        };
        let cast: Vec<Option<Person>> = rows
            .par_iter()
            .map(
                |row| if full(&people, &row[3]) { None } else { person(data, row, verifier, mesh) },
            )
            .collect();
        for (row, cast) in rows.iter().zip(cast) {
            if people.iter().any(|person| person.subject == row[1]) || full(&people, &row[3]) {
                continue;
            }
            match cast {
                Some(person) => people.push(person),
                None => *left_out.entry(row[3].to_owned()).or_default() += 1,
            }
        }
    }
    println!("{} people; left out, of those examined: {left_out:?}", people.len());
    people
}

/// The person in a row's photo; `None` if that person cannot be simulated.
fn person(
    data: &Path,
    row: &csv::StringRecord,
    verifier: &Verifier,
    mesh: &FaceMesh,
) -> Option<Person> {
    let photo = image::open(data.join(&row[0])).unwrap().to_rgb8();
    let sample = Sample::from_rgb(photo.clone());
    let found = verifier.detector().detect(&sample).unwrap();
    let [face] = found.faces.as_slice() else { return None };
    let quality = QualityReport::measure(&sample, &found.faces);
    let turned = |c: &Component| quality.get(*c).is_none_or(|m| m.raw.abs() > MOST_TURNED);
    let short = QualityLimits::default().shortfalls(&quality);
    let hidden = short.iter().any(|(component, _, _)| *component == Component::Occlusion);
    if hidden || [Component::Yaw, Component::Pitch].iter().any(turned) {
        return None;
    }
    let [subject, sex, race] = [1, 2, 3].map(|column| row[column].to_owned());
    let digest = Digest::of(subject.as_bytes());
    let seed = digest.as_bytes().iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte));
    let actor = Actor::from_photo(&photo, face.landmarks(), mesh, seed).unwrap()?;
    Some(Person { subject, race, sex, photo, actor, seed })
}
