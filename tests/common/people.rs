//! People of the data sets who can be simulated, split in two for tuning and for reporting.

use std::path::Path;

use evenmatch::mesh::FaceMesh;
use evenmatch::pad::simulate::Actor;
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

/// The first people of a list who can be simulated (one face, which looks into the camera), at most
/// so many of each race group and in all.
pub fn people(
    data: &Path,
    list: &str,
    tuning: bool,
    (each, all): (usize, usize),
    (verifier, mesh): (&Verifier, &FaceMesh),
) -> Vec<Person> {
    let mut rows = csv::Reader::from_path(data.join(list)).unwrap();
    let mut people: Vec<Person> = Vec::new();
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
        let found = verifier.detector().detect(&Sample::from_rgb(photo.clone())).unwrap();
        let [face] = found.faces.as_slice() else { continue };
        let digest = Digest::of(subject.as_bytes());
        let seed = digest.as_bytes().iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte));
        let actor = Actor::from_photo(&photo, face.landmarks(), mesh, seed).unwrap();
        let Some(actor) = actor else { continue };
        people.push(Person { subject, race, sex, photo, actor, seed });
    }
    people
}
