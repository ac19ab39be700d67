//! Which photos of a manifest are degraded, and who they show.

use std::collections::HashMap;

use crate::Result;
use evenmatch_audit::{
    LabelledSample,
    records::{Bins, PeopleManifest},
    stress_groups,
};

/// The most photos of one person: people with hundreds of photos would dominate the rates.
const PER_PERSON: usize = 10;

/// The photos of a run, in the order of the manifest.
pub(super) struct Chosen {
    /// For each photo: its index among the manifest's entries.
    pub(super) entries: Vec<usize>,
    /// For each photo: who it shows.
    pub(super) samples: Vec<LabelledSample>,
    /// For each person, in the order of their first photos: their photos, ascending.
    pub(super) people: Vec<Vec<usize>>,
}

impl Chosen {
    /// The first `per_group` photos of each group of the first attribute in `by`, or all photos; at
    /// most ten of these per person.
    pub(super) fn new(
        manifest: &PeopleManifest,
        by: &[String],
        per_group: Option<usize>,
    ) -> Result<Self> {
        let bins = Bins::customary();
        let all: Vec<LabelledSample> = manifest
            .entries
            .iter()
            .map(|entry| LabelledSample {
                subject: entry.subject.clone(),
                values: manifest
                    .attributes
                    .iter()
                    .zip(&entry.values)
                    .map(|(name, value)| {
                        let value = value.as_deref()?;
                        let number = value.parse::<f64>().ok().filter(|n| n.is_finite());
                        let binned = bins.get(name).zip(number).map(|(b, n)| b.name(n).to_owned());
                        Some(binned.unwrap_or_else(|| value.to_owned()))
                    })
                    .collect(),
                failure: None,
                attempt: 0,
            })
            .collect();
        let groups = stress_groups(&manifest.attributes, &all, by)?;
        let mut taken: HashMap<&str, usize> = HashMap::new();
        let mut people: HashMap<&str, usize> = HashMap::new();
        let mut chosen = Chosen { entries: Vec::new(), samples: Vec::new(), people: Vec::new() };
        for (entry, sample) in all.iter().enumerate() {
            let place = people.get(sample.subject.as_str()).copied();
            if place.is_some_and(|place| chosen.people[place].len() >= PER_PERSON) {
                continue;
            }
            if let (Some(most), Some((_, groups))) = (per_group, groups.first()) {
                let Some(group) = &groups[entry] else { continue };
                let of_group = taken.entry(group).or_insert(0);
                if *of_group >= most {
                    continue;
                }
                *of_group += 1;
            }
            let place = place.unwrap_or(chosen.people.len());
            if place == chosen.people.len() {
                chosen.people.push(Vec::new());
                people.insert(&sample.subject, place);
            }
            chosen.people[place].push(chosen.entries.len());
            chosen.entries.push(entry);
            chosen.samples.push(sample.clone());
        }
        Ok(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(rows: &str, by: &[&str], per_group: Option<usize>) -> Chosen {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, format!("path,subject_id,race,age\n{rows}")).unwrap();
        let manifest = PeopleManifest::read(file.path()).unwrap();
        let by: Vec<String> = by.iter().map(|name| (*name).to_owned()).collect();
        Chosen::new(&manifest, &by, per_group).unwrap()
    }

    #[test]
    fn the_first_photos_of_each_group_and_of_each_person_are_taken() {
        let rows = "1.jpg,a,x,20\n2.jpg,b,x,30\n3.jpg,c,y,40\n4.jpg,a,x,20\n5.jpg,d,,50\n";
        let all = chosen(rows, &["race"], None);
        assert_eq!((all.entries.len(), all.people.len()), (5, 4));
        assert_eq!(all.people[0], [0, 3]);
        assert_eq!(all.samples[0].values[1].as_deref().unwrap(), "18 to under 30");
        let two = chosen(rows, &["race"], Some(2));
        assert_eq!(two.entries, [0, 1, 2], "no photo without a label");
        assert_eq!(two.people, [vec![0], vec![1], vec![2]]);
        let many: String = (0..15).map(|i| format!("{i}.jpg,a,x,20\n")).collect();
        assert_eq!(chosen(&many, &[], None).entries.len(), PER_PERSON);
    }
}
