//! Which people a normaliser is made from, and on which people its error rates are measured.

use crate::Digest;

/// Whether a person belongs to the half of people from which a normaliser is made; rates are
/// measured on the other half. It depends only on the subject's name, so it is the same everywhere.
pub fn forms_cohort(subject: &str) -> bool {
    key(subject).as_bytes()[0] & 1 == 0
}

/// Sorts subjects by a digest of their names: an order that says nothing about them.
pub fn in_cohort_order<T>(subjects: &mut [T], name: impl Fn(&T) -> &str) {
    subjects.sort_by_cached_key(|subject| *key(name(subject)).as_bytes());
}

fn key(subject: &str) -> Digest {
    Digest::of(format!("evenmatch.cohort/1\n{subject}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_half_of_all_people_form_the_cohort_and_always_the_same() {
        let names: Vec<String> = (0..2000).map(|n| format!("person {n}")).collect();
        let half = names.iter().filter(|name| forms_cohort(name)).count();
        assert!((900..1100).contains(&half), "{half}");
        let mut order: Vec<&String> = names.iter().collect();
        in_cohort_order(&mut order, |name| name);
        let mut again: Vec<&String> = names.iter().rev().collect();
        in_cohort_order(&mut again, |name| name);
        assert_eq!(order, again);
        assert_ne!(order, names.iter().collect::<Vec<_>>());
    }
}
