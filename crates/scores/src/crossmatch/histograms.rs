//! Histograms of scores by unordered pair of classes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bins::BINS;

static NONE: [u64; BINS] = [0; BINS];

/// How many non-mated scores of each unordered pair of classes fall into each of [`BINS`] equal
/// bins over [−1, 1].
///
/// Only pairs of classes that were compared take memory: 8 bytes per bin. In serialised form, the
/// empty bins at both ends are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct ClassHistograms {
    classes: usize,
    /// By pair, the lower class first; every vector has [`BINS`] counts.
    counts: BTreeMap<(u16, u16), Vec<u64>>,
}

impl ClassHistograms {
    /// `counts` are by pair, the lower class first, and [`BINS`] each.
    pub(super) fn new(classes: usize, counts: BTreeMap<(u16, u16), Vec<u64>>) -> ClassHistograms {
        ClassHistograms { classes, counts }
    }

    /// The counts of a pair of classes, in either order; [`BINS`] of them, all 0 for a pair that
    /// was not compared.
    #[must_use]
    pub fn get(&self, g: u16, h: u16) -> &[u64] {
        self.counts.get(&(g.min(h), g.max(h))).map_or(&NONE, Vec::as_slice)
    }

    /// Adds the counts of another part of the same comparisons.
    pub fn merge(&mut self, other: ClassHistograms) {
        self.classes = self.classes.max(other.classes);
        for (pair, counts) in other.counts {
            match self.counts.get_mut(&pair) {
                Some(sums) => sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count),
                None => {
                    self.counts.insert(pair, counts);
                }
            }
        }
    }

    /// All scores counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().flatten().sum()
    }

    /// The highest class plus one, whether compared or not.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }
}

/// The serialised form: lists, since a pair cannot be a key in JSON.
#[derive(Serialize, Deserialize)]
struct Stored {
    bins: usize,
    classes: usize,
    pairs: Vec<StoredPair>,
}

#[derive(Serialize, Deserialize)]
struct StoredPair {
    classes: (u16, u16),
    /// The bin of the first count.
    first: usize,
    counts: Vec<u64>,
}

impl From<ClassHistograms> for Stored {
    fn from(histograms: ClassHistograms) -> Stored {
        let pairs = histograms
            .counts
            .into_iter()
            .map(|(classes, mut counts)| {
                let end = counts.iter().rposition(|&count| count > 0).map_or(0, |last| last + 1);
                counts.truncate(end);
                let first = counts.iter().position(|&count| count > 0).unwrap_or(0);
                counts.drain(..first);
                StoredPair { classes, first, counts }
            })
            .collect();
        Stored { bins: BINS, classes: histograms.classes, pairs }
    }
}

impl TryFrom<Stored> for ClassHistograms {
    type Error = String;

    fn try_from(stored: Stored) -> Result<ClassHistograms, String> {
        if stored.bins != BINS {
            return Err(format!("the histograms have {} bins, not {BINS}", stored.bins));
        }
        let mut counts = BTreeMap::new();
        for StoredPair { classes: (g, h), first, counts: some } in stored.pairs {
            if g > h || usize::from(h) >= stored.classes {
                return Err(format!(
                    "({g}, {h}) is not an ordered pair of {} classes",
                    stored.classes
                ));
            }
            let mut all = vec![0; BINS];
            let Some(place) = first.checked_add(some.len()).and_then(|end| all.get_mut(first..end))
            else {
                return Err(format!("the counts of classes {g} and {h} go beyond {BINS} bins"));
            };
            place.copy_from_slice(&some);
            if counts.insert((g, h), all).is_some() {
                return Err(format!("classes {g} and {h} occur twice"));
            }
        }
        Ok(ClassHistograms { classes: stored.classes, counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(pair: (u16, u16), bin: usize, count: u64) -> ClassHistograms {
        let mut counts = vec![0; BINS];
        counts[bin] = count;
        ClassHistograms::new(usize::from(pair.1) + 1, BTreeMap::from([(pair, counts)]))
    }

    #[test]
    fn merging_adds_and_the_order_of_a_pair_does_not_matter() {
        let mut all = one((0, 1), 3, 5);
        all.merge(one((0, 1), 3, 2));
        all.merge(one((1, 4), BINS - 1, 1));
        assert_eq!((all.get(0, 1)[3], all.get(1, 0)[3], all.get(4, 1)[BINS - 1]), (7, 7, 1));
        assert_eq!((all.total(), all.classes()), (8, 5));
        assert_eq!(all.get(9, 9), &[0; BINS]);
    }

    #[test]
    fn json_gives_the_same_back() {
        let mut all = one((0, 1), 0, 5);
        all.merge(one((0, 1), BINS - 1, 2));
        all.merge(one((1, 4), 2000, u64::MAX));
        all.merge(one((2, 2), 0, 0));
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<ClassHistograms>(&text).unwrap(), all);
        let empty = serde_json::to_string(&ClassHistograms::default()).unwrap();
        assert_eq!(
            serde_json::from_str::<ClassHistograms>(&empty).unwrap(),
            ClassHistograms::default()
        );
    }

    #[test]
    fn contradictory_json_is_refused() {
        let refused = [
            r#"{"bins":8,"classes":1,"pairs":[]}"#,
            r#"{"bins":BINS,"classes":1,"pairs":[{"classes":[0,1],"first":0,"counts":[1]}]}"#,
            r#"{"bins":BINS,"classes":2,"pairs":[{"classes":[1,0],"first":0,"counts":[1]}]}"#,
            r#"{"bins":BINS,"classes":1,"pairs":[{"classes":[0,0],"first":BINS,"counts":[1]}]}"#,
            r#"{"bins":BINS,"classes":1,"pairs":[{"classes":[0,0],"first":18446744073709551615,"counts":[1]}]}"#,
            r#"{"bins":BINS,"classes":1,"pairs":[{"classes":[0,0],"first":0,"counts":[1]},{"classes":[0,0],"first":0,"counts":[1]}]}"#,
        ];
        let read = |text: &str| {
            let text =
                text.replace("BINS", &BINS.to_string()).replace("LAST", &(BINS - 1).to_string());
            serde_json::from_str::<ClassHistograms>(&text)
        };
        for text in refused {
            assert!(read(text).is_err(), "{text}");
        }
        let accepted =
            r#"{"bins":BINS,"classes":1,"pairs":[{"classes":[0,0],"first":LAST,"counts":[1]}]}"#;
        assert!(read(accepted).is_ok());
    }
}
