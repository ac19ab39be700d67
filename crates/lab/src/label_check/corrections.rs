//! How verdicts change the rates.

use std::collections::BTreeSet;

use super::verdicts::{Verdict, Verdicts};

/// Pairs to leave out of the corrected rates.
///
/// - `same_person` on a non-mated pair: the two names are one person, and every pair between them
///   is left out. Names that are linked through other names count as one person, too.
/// - `different_people` on a mated pair: that pair is left out.
/// - All other verdicts confirm a label or leave it open, and change nothing.
///
/// Pairs are left out rather than relabelled: where a single photo is under the wrong name,
/// merging the two names would make mated pairs of two people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Corrections {
    /// Pairs of subject codes that are not compared with each other, the lower code first; sorted
    /// by code.
    pub excluded_subject_pairs: BTreeSet<(u32, u32)>,
    /// Mated pairs of rows that are left out, the lower row first; sorted by row.
    pub excluded_sample_pairs: BTreeSet<(u32, u32)>,
    subjects: Vec<u32>,
}

impl Corrections {
    /// The corrections that follow from verdicts; `subjects` has each row's subject code.
    /// Verdicts on rows beyond its end are ignored.
    pub fn new(verdicts: &Verdicts, subjects: &[u32]) -> Self {
        let mut one_person: Vec<BTreeSet<u32>> = Vec::new();
        let mut excluded_sample_pairs = BTreeSet::new();
        for ((a, b), verdict) in verdicts.iter() {
            let subject = |row: u32| subjects.get(row as usize).copied();
            let (Some(first), Some(second)) = (subject(a), subject(b)) else { continue };
            match (verdict, first == second) {
                (Verdict::SamePerson, false) => join(&mut one_person, first, second),
                (Verdict::DifferentPeople, true) => {
                    excluded_sample_pairs.insert((a, b));
                }
                _ => {}
            }
        }
        let mut excluded_subject_pairs = BTreeSet::new();
        for names in &one_person {
            for &low in names {
                excluded_subject_pairs.extend(names.range(low + 1..).map(|&high| (low, high)));
            }
        }
        let subjects = subjects.to_vec();
        Corrections { excluded_subject_pairs, excluded_sample_pairs, subjects }
    }

    /// Whether a pair of rows is left out of the corrected rates, in either order.
    pub fn excludes(&self, a_row: u32, b_row: u32) -> bool {
        if self.is_empty() {
            return false;
        }
        let subject = |row: u32| self.subjects.get(row as usize).copied();
        let (Some(a), Some(b)) = (subject(a_row), subject(b_row)) else { return false };
        match a == b {
            true => self.excluded_sample_pairs.contains(&(a_row.min(b_row), a_row.max(b_row))),
            false => self.excluded_subject_pairs.contains(&(a.min(b), a.max(b))),
        }
    }

    /// Whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        self.excluded_subject_pairs.is_empty() && self.excluded_sample_pairs.is_empty()
    }
}

/// Puts two names, and all names that were found to be the same person as either, into one set.
/// There are only as many sets as a person had time to judge, so a search through all of them is
/// cheap.
fn join(sets: &mut Vec<BTreeSet<u32>>, first: u32, second: u32) {
    let touched = |set: &mut BTreeSet<u32>| set.contains(&first) || set.contains(&second);
    let mut joined = BTreeSet::from([first, second]);
    for set in sets.extract_if(.., touched) {
        joined.extend(set);
    }
    sets.push(joined);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows 0 to 7 of the subjects 0, 0, 1, 1, 2, 2, 3, 4.
    const SUBJECTS: [u32; 8] = [0, 0, 1, 1, 2, 2, 3, 4];

    fn corrections(verdicts: &[((u32, u32), Verdict)]) -> Corrections {
        Corrections::new(&verdicts.iter().copied().collect(), &SUBJECTS)
    }

    #[test]
    fn one_person_under_two_names_leaves_out_every_pair_between_them() {
        let corrected = corrections(&[((2, 1), Verdict::SamePerson)]);
        for (a, b) in [(0, 2), (0, 3), (1, 2), (1, 3)] {
            assert!(corrected.excludes(a, b) && corrected.excludes(b, a), "{a} {b}");
        }
        for (a, b) in [(0, 1), (2, 3), (0, 4), (3, 4), (6, 7), (0, 99)] {
            assert!(!corrected.excludes(a, b), "{a} {b}");
        }
        assert_eq!(corrected.excluded_subject_pairs, BTreeSet::from([(0, 1)]));
    }

    #[test]
    fn names_join_through_others_in_any_order() {
        let verdicts = [((0, 2), (0, 1)), ((6, 7), (3, 4)), ((3, 7), (1, 4))];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let chosen = order.map(|at| (verdicts[at].0, Verdict::SamePerson));
            let pairs = corrections(&chosen).excluded_subject_pairs;
            let expected = [(0, 1), (0, 3), (0, 4), (1, 3), (1, 4), (3, 4)];
            assert_eq!(pairs, BTreeSet::from(expected), "{order:?}");
        }
    }

    #[test]
    fn two_people_under_one_name_leave_out_that_pair_alone() {
        let corrected = corrections(&[((4, 5), Verdict::DifferentPeople)]);
        assert!(corrected.excludes(4, 5) && corrected.excludes(5, 4));
        assert!(!corrected.excludes(0, 1) && !corrected.excludes(4, 6));
    }

    #[test]
    fn verdicts_that_confirm_or_leave_open_change_nothing() {
        let verdicts = [
            ((0, 1), Verdict::SamePerson),
            ((0, 2), Verdict::DifferentPeople),
            ((2, 3), Verdict::Unsure),
            ((2, 4), Verdict::Unsure),
            ((0, 50), Verdict::SamePerson),
        ];
        assert!(corrections(&verdicts).is_empty());
    }
}
