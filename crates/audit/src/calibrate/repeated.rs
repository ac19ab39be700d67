//! People whom a data set holds under several names.

use std::collections::{HashMap, HashSet};

use crate::{Result, SampleSet};
use evenmatch_scores::crossmatch::Shard;

/// The set in which people whose photos have a cosine of at least `least`, directly or through
/// others, count as one person, and how many names that takes away. None of the pairs that become
/// mated in this way is counted as mated: nobody has looked at them. The scores must be plain
/// cosines.
///
/// # Errors
/// The set's templates do not fit together.
pub fn repeated_as_one(set: &SampleSet, least: f32) -> Result<(SampleSet, usize)> {
    let rows = set.acquired();
    let mut one: Vec<usize> = (0..rows.len()).collect();
    fn root(one: &mut [usize], mut row: usize) -> usize {
        while one[row] != row {
            one[row] = one[one[row]];
            row = one[row];
        }
        row
    }
    for pair in set.undivided()?.at_or_above(least, Shard::whole()) {
        let (a, b) = (root(&mut one, pair.a as usize), root(&mut one, pair.b as usize));
        // The first of them gives its name.
        one[a.max(b)] = a.min(b);
    }
    let mut joined = set.clone();
    let mut members: HashMap<usize, Vec<u32>> = HashMap::new();
    let mut names = HashSet::new();
    for (row, &sample) in rows.iter().enumerate() {
        let first = root(&mut one, row);
        members.entry(first).or_default().push(sample);
        let own = &set.samples[sample as usize].subject;
        let name = &set.samples[rows[first] as usize].subject;
        if own != name {
            names.insert(own.clone());
            joined.samples[sample as usize].subject = name.clone();
        }
    }
    for own in members.values() {
        for (place, &a) in own.iter().enumerate() {
            for &b in &own[place + 1..] {
                if set.samples[a as usize].subject != set.samples[b as usize].subject {
                    joined.not_mated.insert((a, b));
                }
            }
        }
    }
    Ok((joined, names.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LabelledSample;

    #[test]
    fn a_person_under_three_names_is_one_person_without_mated_pairs() {
        let sample = |subject: &str| LabelledSample {
            subject: subject.to_owned(),
            values: Vec::new(),
            failure: None,
            attempt: 1,
        };
        let set = SampleSet {
            samples: ["a", "b", "c", "d"].map(sample).into(),
            dimension: 2,
            // c resembles a through b alone.
            templates: vec![1.0, 0.0, 0.9, 0.435_89, 0.62, 0.784_6, -1.0, 0.0],
            ..SampleSet::default()
        };
        let (joined, names) = repeated_as_one(&set, 0.88).unwrap();
        assert_eq!(names, 2);
        let subjects: Vec<&str> =
            joined.samples.iter().map(|sample| sample.subject.as_str()).collect();
        assert_eq!(subjects, ["a", "a", "a", "d"]);
        assert_eq!(joined.not_mated, [(0, 1), (0, 2), (1, 2)].into());
    }
}
