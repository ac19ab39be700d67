//! What each comparison weighs where each pair of people counts once: one over the number of
//! comparisons that the pair has.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::cohort::{Cohort, Family};
use super::row_cache::{Row, RowCache, workers};
use super::weigh::weight;
use crate::Result;
use crate::records::Mating;
use evenmatch_core::random::mix;

/// Mixes one number, which is faster for these keys than a hash that withstands attacks: the keys
/// are numbers that the audit gave itself.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mix(self.0 ^ number);
    }
}

type Pairs = HashMap<u64, u32, BuildHasherDefault<Mixed>>;

/// Comparisons with a score, by pair of units of one family.
#[derive(Clone, Default)]
struct Numbers {
    mated: Vec<u32>,
    pairs: Pairs,
}

/// The comparisons of each pair of people, in each family of a cohort.
pub(crate) struct RowWeights {
    families: Vec<Numbers>,
    /// By view of the cohort: the place of its family.
    family_of_view: Vec<usize>,
}

/// The pair of units that a row is of, in any order.
fn key(family: &Family, row: &Row) -> u64 {
    let unit = |persona: u32| u64::from(family.unit_of_persona[persona as usize]);
    let (a, b) = (unit(row.probe), unit(row.reference));
    a.min(b) << 32 | a.max(b)
}

impl RowWeights {
    /// Counts the comparisons that `counts` admits.
    pub(crate) fn of(
        cache: &mut RowCache,
        cohort: &Cohort,
        counts: &(dyn Fn(&Row) -> bool + Sync),
    ) -> Result<Self> {
        let empty = || -> Vec<Numbers> {
            let numbers = cohort
                .families
                .iter()
                .map(|f| Numbers { mated: vec![0; f.units], ..Numbers::default() });
            numbers.collect()
        };
        let mut parts = workers(empty);
        cache.scan(&mut parts, |families, row| {
            if row.species != 0 || !row.score.is_finite() || !counts(row) {
                return;
            }
            for (numbers, family) in families.iter_mut().zip(&cohort.families) {
                match row.mating {
                    Mating::Mated => {
                        let unit = family.unit_of_persona[row.probe as usize];
                        numbers.mated[unit as usize] += 1;
                    }
                    Mating::NonMated => *numbers.pairs.entry(key(family, row)).or_default() += 1,
                    Mating::Unstated => {}
                }
            }
        })?;
        let mut parts = parts.into_iter();
        let mut families = parts.next().unwrap_or_else(empty);
        for part in parts {
            for (all, part) in families.iter_mut().zip(part) {
                all.mated.iter_mut().zip(part.mated).for_each(|(all, n)| *all += n);
                part.pairs.into_iter().for_each(|(key, n)| *all.pairs.entry(key).or_default() += n);
            }
        }
        let mut family_of_view = vec![0; cohort.views.len()];
        for (place, family) in cohort.families.iter().enumerate() {
            for view in family.views.iter().filter_map(|view| view.0) {
                family_of_view[view] = place;
            }
        }
        Ok(RowWeights { families, family_of_view })
    }

    /// The number of pairs of different people with a comparison.
    pub(crate) fn pairs(&self) -> u64 {
        self.families[0].pairs.len() as u64
    }

    /// What a comparison weighs among all people.
    pub(crate) fn weight(&self, cohort: &Cohort, row: &Row) -> u64 {
        self.in_family(0, cohort, row)
    }

    /// What a comparison weighs within its group of a view.
    pub(crate) fn in_view(&self, view: usize, cohort: &Cohort, row: &Row) -> u64 {
        self.in_family(self.family_of_view[view], cohort, row)
    }

    fn in_family(&self, place: usize, cohort: &Cohort, row: &Row) -> u64 {
        let (numbers, family) = (&self.families[place], &cohort.families[place]);
        let n = match row.mating {
            Mating::Mated => numbers.mated[family.unit_of_persona[row.probe as usize] as usize],
            _ => numbers.pairs.get(&key(family, row)).copied().unwrap_or(1),
        };
        weight(n.into())
    }
}
