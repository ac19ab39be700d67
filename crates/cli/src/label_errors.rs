//! Pairs whose scores contradict their labels: listed for a reviewer, and corrected by verdicts.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use super::output_files::write_atomically;
use super::people::People;
use evenmatch::{Policy, Probe, Source, Verifier};
use evenmatch_audit::{SampleSet, records::RecordWarning};
use evenmatch_core::Result;
use evenmatch_lab::label_check::{
    Corrections, DataRow, Limits, Overrides, Spread, Suspect, Verdicts, suspects, write_csv,
    write_page,
};
use evenmatch_scores::crossmatch::{ScoredPair, Shard};

/// The number of pairs that the page shows; the list has all of them.
const SHOWN: usize = 300;

/// The suspected label errors of a set, in rows of the set.
pub(crate) struct LabelErrors {
    found: Vec<Suspect>,
    verdicts: Verdicts,
}

impl LabelErrors {
    /// Finds pairs beyond robust limits; `verdicts` are a reviewer's verdicts on such pairs.
    pub(crate) fn find(people: &People, set: &SampleSet, verdicts: Option<&Path>) -> Result<Self> {
        let data = rows(people);
        let verdicts = match verdicts {
            Some(path) => Verdicts::read(path, &data)?,
            None => Verdicts::default(),
        };
        let of_row = set.acquired();
        let matrix = set.undivided()?;
        let of_set = |pair: ScoredPair| ScoredPair {
            a: of_row[pair.a as usize],
            b: of_row[pair.b as usize],
            score: pair.score,
        };
        let mated = matrix.mated(Shard::whole());
        let scores: Vec<f32> = mated.iter().map(|pair| pair.score).collect();
        let histograms = matrix.histograms(Shard::whole());
        let nonmated = match histograms.classes() {
            0 => None,
            _ => Spread::of_counts(-1.0, 1.0, histograms.get(0, 0)),
        };
        let found = match Limits::estimate(
            nonmated.as_ref(),
            Spread::of(&scores).as_ref(),
            Overrides::default(),
        ) {
            Ok(limits) => {
                let above = matrix.at_or_above(limits.nonmated_above.score, Shard::whole());
                suspects(above.into_iter().map(of_set), mated.into_iter().map(of_set), &limits)
            }
            // There are too few people to tell which scores are unusual.
            Err(_) => Vec::new(),
        };
        Ok(LabelErrors { found, verdicts })
    }

    /// Writes `suspects.csv` and `suspects.html`, which shows faces, into the work folder.
    pub(crate) fn write(&self, people: &People, policy: Policy, work: &Path) -> Result<()> {
        let data = rows(people);
        let mut csv = Vec::new();
        write_csv(&mut csv, &self.found, &data, &self.verdicts)?;
        write_atomically(&work.join("suspects.csv"), &csv)?;
        if self.found.is_empty() {
            return Ok(());
        }
        let shown = &self.found[..self.found.len().min(SHOWN)];
        // Nothing is compared, so no calibration is needed.
        let verifier = Verifier::builder().policy(policy).uncalibrated().open()?;
        let crop = |row: u32| {
            let photo = people.root.join(data[row as usize].path);
            let found = verifier.inspect(Source::<Probe>::Path(&photo)).ok()?;
            found.aligned.map(|face| face.image().clone())
        };
        let mut page = Vec::new();
        write_page(&mut page, shown, &data, &self.verdicts, crop)?;
        write_atomically(&work.join("suspects.html"), &page)
    }

    /// The number of suspected pairs, and the number of pairs with a verdict.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.found.len(), self.verdicts.len())
    }

    /// The report's warning about them.
    pub(crate) fn warning(&self) -> Option<RecordWarning> {
        let count = self.found.len() as u64;
        (count > 0).then(|| RecordWarning {
            code: "suspected_label_errors".to_owned(),
            message: "The scores of some pairs contradict their labels: they may show one person \
                      under two names, or two people under one name, and they matter most where \
                      errors are rare. A person has to review them; until then they count as \
                      labelled."
                .to_owned(),
            count,
            lines: Vec::new(),
            attribute: None,
        })
    }

    /// The set with the verdicts applied; `None` if they change nothing. Names of the same person are
    /// counted as one, and no pair between them is compared; pairs that show two people are left out
    /// of the mated pairs.
    pub(crate) fn corrected(&self, people: &People, set: &SampleSet) -> Option<SampleSet> {
        let subjects = set.subject_codes();
        let corrections = Corrections::new(&self.verdicts, &subjects);
        if corrections.is_empty() {
            return None;
        }
        let mut first: BTreeMap<u32, u32> = BTreeMap::new();
        for &(low, high) in &corrections.excluded_subject_pairs {
            let name = first.get(&low).copied().unwrap_or(low);
            let known = first.entry(high).or_insert(name);
            *known = (*known).min(name);
        }
        let mut names: HashMap<u32, &str> = HashMap::new();
        for (code, sample) in subjects.iter().zip(&set.samples) {
            names.entry(*code).or_insert(&sample.subject);
        }
        let renamed: HashMap<&str, &str> =
            first.iter().map(|(high, low)| (names[high], names[low])).collect();
        let mut not_mated: HashSet<(u32, u32)> =
            corrections.excluded_sample_pairs.iter().copied().collect();
        let mut of_subject: HashMap<u32, Vec<u32>> = HashMap::new();
        for (sample, code) in subjects.iter().enumerate() {
            of_subject.entry(*code).or_default().push(sample as u32);
        }
        for (low, high) in &corrections.excluded_subject_pairs {
            for &a in &of_subject[low] {
                not_mated.extend(of_subject[high].iter().map(|&b| (a.min(b), a.max(b))));
            }
        }
        let (merged, dropped) = (renamed.len(), corrections.excluded_sample_pairs.len());
        let same = |subject: &str| (*renamed.get(subject).unwrap_or(&subject)).to_owned();
        let mut set = people.set(&same, not_mated);
        set.warnings.push(RecordWarning {
            code: "label_verdicts".to_owned(),
            message: format!(
                "A reviewer's verdicts on suspected label errors are applied: {merged} names are \
                 merged with another name, and {dropped} mated pairs are left out. The rates as \
                 labelled are in the folder as-labelled."
            ),
            count: (merged + dropped) as u64,
            lines: Vec::new(),
            attribute: None,
        });
        Some(set)
    }
}

fn rows(people: &People) -> Vec<DataRow<'_>> {
    let entries = &people.manifest.entries;
    entries.iter().map(|entry| DataRow { path: &entry.path, subject: &entry.subject }).collect()
}
