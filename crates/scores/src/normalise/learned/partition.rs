//! Labelled people, and their groups by one attribute or by several together.

use std::collections::BTreeMap;

use crate::{Error, ErrorKind, Result, Stage};

/// Fewest people of a group that counts as one.
pub(super) const LEAST_GROUP: usize = 60;

/// One attribute's label of each person, as a code; `None` where there is no label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeLabels {
    /// The attribute, such as `race`.
    pub name: String,
    /// The labels, in the order of the people.
    pub labels: Vec<Option<u32>>,
}

/// People to form a learned normaliser from: one template each, with labels.
#[derive(Debug, Clone)]
pub struct LabelledPeople<'a> {
    /// Templates of unit length, one after the other.
    pub features: &'a [f32],
    /// Values of a template.
    pub dimension: usize,
    /// The attributes to treat evenly.
    pub attributes: &'a [AttributeLabels],
}

/// People by group: of one attribute, or of an intersection.
#[derive(Debug, Clone)]
pub(super) struct Partition {
    /// Such as `race×sex`.
    pub(super) name: String,
    /// The group of each person; `None` without a label of each attribute.
    pub(super) group: Vec<Option<u16>>,
    /// The number of people of each group.
    pub(super) sizes: Vec<usize>,
}

impl Partition {
    fn new(attributes: &[&AttributeLabels]) -> Result<Self> {
        let people = attributes.first().map_or(0, |attribute| attribute.labels.len());
        let labels = |person: usize| {
            attributes.iter().map(|attribute| attribute.labels[person]).collect::<Option<Vec<_>>>()
        };
        let mut codes: BTreeMap<Vec<u32>, u16> =
            (0..people).filter_map(labels).map(|labels| (labels, 0)).collect();
        let names: Vec<&str> = attributes.iter().map(|attribute| attribute.name.as_str()).collect();
        let name = names.join("×");
        if codes.len() > usize::from(u16::MAX) {
            let message = format!("`{name}` has {} groups, which are too many", codes.len());
            return Err(invalid(message, "leave it out of --even, or merge its groups"));
        }
        for (code, group) in codes.values_mut().enumerate() {
            *group = code as u16;
        }
        let group: Vec<Option<u16>> = (0..people)
            .map(|person| labels(person).and_then(|labels| codes.get(&labels).copied()))
            .collect();
        let mut sizes = vec![0; codes.len()];
        group.iter().flatten().for_each(|&group| sizes[usize::from(group)] += 1);
        Ok(Partition { name, group, sizes })
    }

    /// The number of groups of at least [`LEAST_GROUP`] people.
    pub(super) fn large_groups(&self) -> usize {
        self.sizes.iter().filter(|&&size| size >= LEAST_GROUP).count()
    }

    /// The number of pairs of different people of a group.
    pub(super) fn pairs(&self, group: usize) -> f64 {
        let size = self.sizes[group] as f64;
        size * (size - 1.0) / 2.0
    }
}

/// The partition of each attribute.
pub(super) fn singles(attributes: &[AttributeLabels]) -> Result<Vec<Partition>> {
    attributes.iter().map(|attribute| Partition::new(&[attribute])).collect()
}

/// The partitions by every combination of up to `most` attributes, single ones first.
pub(super) fn combinations(attributes: &[AttributeLabels], most: usize) -> Result<Vec<Partition>> {
    let count = attributes.len();
    let mut sets: Vec<u32> = (1..1_u32 << count).collect();
    sets.retain(|set| set.count_ones() as usize <= most);
    sets.sort_by_key(|set| set.count_ones());
    let of = |set: u32| {
        let chosen: Vec<&AttributeLabels> =
            (0..count).filter(|place| set >> place & 1 == 1).map(|k| &attributes[k]).collect();
        Partition::new(&chosen)
    };
    sets.into_iter().map(of).collect()
}

/// The partitions of these names, such as `race×sex` or `race*sex`.
pub(super) fn named(attributes: &[AttributeLabels], names: &[String]) -> Result<Vec<Partition>> {
    let one = |name: &String| {
        let parts = name.split(['×', '*']).map(|part| {
            let found = attributes.iter().find(|attribute| attribute.name == part.trim());
            found.ok_or_else(|| {
                let message = format!("`{name}` names an attribute without labels");
                invalid(message, "name only attributes that are to be treated evenly")
            })
        });
        Partition::new(&parts.collect::<Result<Vec<_>>>()?)
    };
    names.iter().map(one).collect()
}

pub(super) fn invalid(message: String, next: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, Stage::Compare, message).next(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes() -> Vec<AttributeLabels> {
        let labels = |name: &str, labels: &[Option<u32>]| AttributeLabels {
            name: name.to_owned(),
            labels: labels.to_vec(),
        };
        vec![
            labels("a", &[Some(7), Some(7), Some(2), None]),
            labels("b", &[Some(0), Some(1), Some(0), Some(0)]),
            labels("c", &[Some(0), Some(0), Some(0), Some(0)]),
        ]
    }

    #[test]
    fn groups_are_of_people_with_every_label() {
        let found = combinations(&attributes(), 2).unwrap();
        let names: Vec<&str> = found.iter().map(|partition| partition.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "a×b", "a×c", "b×c"]);
        assert_eq!(found[0].group, [Some(1), Some(1), Some(0), None]);
        assert_eq!(found[3].group, [Some(1), Some(2), Some(0), None]);
        assert_eq!((&found[1].sizes, found[1].pairs(0)), (&vec![3, 1], 3.0));
        let again = named(&attributes(), &["b*a".to_owned(), "c".to_owned()]).unwrap();
        assert_eq!((again[0].name.as_str(), again[0].sizes.len()), ("b×a", 3));
        assert!(named(&attributes(), &["a×d".to_owned()]).is_err());
    }
}
