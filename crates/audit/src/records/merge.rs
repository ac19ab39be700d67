//! Combines the codes of several reading threads and counts warnings.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::batch::{Failure, MANY, MISSING, MOST_VALUES, RecordBatch};
use super::label_rules::{Odd, Spellings, folded};
use super::layout::{GroupSource, Layout};
use super::pair_check::{Contradiction, PairCheck, Seen};
use super::parsed::Parsed;
use super::pipeline::NewSymbols;
use super::source::{Dictionary, RecordWarning, Symbols};
use super::{table, words};
use crate::{Error, ErrorKind, Result, Stage};

/// From the codes of one thread to the codes of the dictionary.
#[derive(Default)]
struct Translation {
    subjects: Vec<u32>,
    /// By attribute: from a code of the thread to that of a spelling; `None` for one beyond the
    /// limit on distinct values.
    groups: Vec<Vec<Option<u32>>>,
    failures: Vec<u16>,
    species: Vec<u16>,
}

/// The labels of one attribute, as spelled.
#[derive(Default)]
struct Labels {
    names: Symbols,
    spellings: Spellings,
    /// The group of each spelling.
    group: Vec<u16>,
    /// The code of a group by the form that its spellings share, if they are merged.
    by_form: HashMap<String, u16>,
    odd: Odd,
}

impl Labels {
    /// The code of a spelling, and of its group in `groups`; `None` for a new one beyond the limit.
    fn intern(&mut self, name: &str, groups: &mut Symbols, merge: bool) -> Option<u32> {
        let code = self.names.intern_up_to(name, MOST_VALUES)?;
        if code as usize == self.group.len() {
            // There are never more groups than spellings, so a code fits.
            let group = if !merge {
                groups.intern(name) as u16
            } else {
                match self.by_form.entry(folded(name)) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(new) => *new.insert(groups.intern(name) as u16),
                }
            };
            self.group.push(group);
        }
        Some(code)
    }

    /// Gives merged groups their usual spelling, and reports oddities.
    fn finish(self, attribute: &str, groups: &mut Symbols, merge: bool) -> Vec<RecordWarning> {
        let names: Vec<&str> = self.names.names().collect();
        let several = self.spellings.several(&names);
        if merge {
            for codes in &several {
                groups.rename(self.group[codes[0]].into(), names[codes[0]]);
            }
        }
        let mut warnings = self.odd.warnings(attribute);
        warnings.extend(self.spellings.warning(attribute, &names, &several, merge));
        warnings
    }
}

/// Merges parsed blocks in the order of the file.
pub(super) struct Merger<'a> {
    layout: &'a Layout,
    dictionary: &'a mut Dictionary,
    translations: Vec<Translation>,
    pairs: PairCheck,
    self_comparisons: Seen,
    rows: u64,
    /// By attribute.
    labels: Vec<Labels>,
    /// As in [`Parsed`].
    decimals: [[Option<u64>; 2]; 2],
    /// People whose name is a word for a missing name.
    nameless: Vec<Box<str>>,
}

impl<'a> Merger<'a> {
    pub(super) fn new(layout: &'a Layout, dictionary: &'a mut Dictionary) -> Self {
        *dictionary = Dictionary {
            attributes: layout.attributes.iter().map(|columns| columns.name.clone()).collect(),
            groups: vec![Symbols::default(); layout.attributes.len()],
            ..Dictionary::default()
        };
        Merger {
            layout,
            dictionary,
            translations: Vec::new(),
            pairs: PairCheck::default(),
            self_comparisons: Seen::default(),
            rows: 0,
            labels: layout.attributes.iter().map(|_| Labels::default()).collect(),
            decimals: Default::default(),
            nameless: Vec::new(),
        }
    }

    /// Translates one block in place and passes it on.
    pub(super) fn merge(
        &mut self,
        worker: usize,
        new: &NewSymbols,
        parsed: &mut Parsed,
        sink: &mut dyn FnMut(&Dictionary, &RecordBatch) -> Result<()>,
    ) -> Result<()> {
        if self.translations.len() <= worker {
            self.translations.resize_with(worker + 1, Translation::default);
        }
        let translation = &mut self.translations[worker];
        let dictionary = &mut *self.dictionary;
        for name in &new.subjects {
            if words::missing_label(name) && !name.is_empty() && !self.nameless.contains(name) {
                self.nameless.push(name.clone());
            }
            translation.subjects.push(dictionary.subjects.intern(name));
        }
        let merge = self.layout.rules.merge_spellings;
        translation.groups.resize_with(new.groups.len(), Vec::new);
        for (((names, codes), symbols), labels) in new
            .groups
            .iter()
            .zip(&mut translation.groups)
            .zip(&mut dictionary.groups)
            .zip(&mut self.labels)
        {
            for name in names {
                codes.push(labels.intern(name, symbols, merge));
            }
        }
        for name in &new.failures {
            let known = dictionary.failures.iter().position(|failure| *failure.name == **name);
            let index = known.unwrap_or_else(|| {
                let stage = words::failure_stage(name);
                dictionary.failures.push(Failure { name: name.to_string(), stage });
                dictionary.failures.len() - 1
            });
            translation.failures.push(short(index as u32 + 1, &self.layout.file)?);
        }
        for name in &new.species {
            let code = dictionary.species.intern(name);
            translation.species.push(short(code + 1, &self.layout.file)?);
        }

        let batch = &mut parsed.batch;
        for subject in batch.probe_subject.iter_mut().chain(&mut batch.reference_subject) {
            *subject = translation.subjects[*subject as usize];
        }
        for sides in [&mut batch.probe_group, &mut batch.reference_group] {
            let sides = translation.groups.iter().zip(sides).zip(&mut self.labels);
            for ((codes, column), labels) in sides {
                let rows = column.iter_mut().zip(&batch.line);
                for (group, line) in rows.filter(|(group, _)| **group < MANY) {
                    *group = match codes[usize::from(*group)] {
                        Some(spelling) => {
                            labels.spellings.note(spelling as usize, *line);
                            labels.group[spelling as usize]
                        }
                        None => MANY,
                    };
                }
            }
        }
        for failure in batch.failure.iter_mut().filter(|failure| **failure != 0) {
            *failure = translation.failures[usize::from(*failure) - 1];
        }
        for species in batch.species.iter_mut().filter(|species| **species != 0) {
            *species = translation.species[usize::from(*species) - 1];
        }
        for &mark in &parsed.marks {
            self.pairs.add(mark)?;
        }
        self.self_comparisons.merge(&parsed.self_comparisons);
        for (labels, odd) in self.labels.iter_mut().zip(&parsed.odd) {
            labels.odd.merge(odd);
        }
        // Blocks come in the order of the file, so the first line is the first.
        for (all, own) in self.decimals.iter_mut().flatten().zip(parsed.decimals.as_flattened()) {
            *all = all.or(*own);
        }
        self.rows += batch.len() as u64;
        if batch.is_empty() {
            return Ok(());
        }
        sink(self.dictionary, batch)
    }

    /// Looks for repeated pairs among all rows, and returns the warnings sorted by code.
    pub(super) fn finish(self) -> Result<Vec<RecordWarning>> {
        let layout = self.layout;
        if self.rows == 0 {
            return Err(layout
                .complaint("there is a header, but there are no records".into())
                .next("check that you named the right file"));
        }
        for (kind, column) in [(0, layout.score), (1, layout.pad_score)] {
            if let [Some(comma), Some(point)] = self.decimals[kind] {
                let (line, earlier) = (comma.max(point), comma.min(point));
                let name = layout.name(column.unwrap_or(0));
                let message = format!(
                    "`{name}` has a decimal {} here and a decimal {} in line {earlier}",
                    if comma > point { "comma" } else { "point" },
                    if comma > point { "point" } else { "comma" },
                );
                return Err(layout.fault(line, column.unwrap_or(0), message).next(
                    "write all numbers of a column in one way; decimal commas are read only if \
                     every number has one",
                ));
            }
        }
        let findings = self.pairs.finish()?;
        if let Some((kind, line, earlier)) = findings.contradiction {
            let (column, message, next) = match kind {
                Contradiction::Label => (
                    layout.mated.or(layout.probe_subject),
                    format!(
                        "this pair is mated in one row and non-mated in another (line {earlier})"
                    ),
                    "correct whichever row is wrong",
                ),
                Contradiction::Outcome => (
                    layout.score,
                    format!("this pair has a different score or failure in line {earlier}"),
                    "keep one row per pair; give several attempts of one person a probe_id each",
                ),
                Contradiction::Subjects => (
                    layout.probe_subject,
                    format!("these samples belong to other people in line {earlier}"),
                    "give each sample one subject",
                ),
            };
            return Err(layout.fault(line, column.unwrap_or(0), message).next(next));
        }
        let mut warnings = table::warnings(layout.index.clone());
        for ((labels, columns), symbols) in
            self.labels.into_iter().zip(&layout.attributes).zip(&mut self.dictionary.groups)
        {
            warnings.extend(labels.finish(&columns.name, symbols, layout.rules.merge_spellings));
        }
        if let Some(labels) = &layout.labels {
            warnings.extend(labels.warnings.iter().cloned());
        }
        let mut warn = |code: &str, message: String, seen: &Seen| {
            if seen.rows > 0 {
                let lines = seen.lines.clone();
                warnings.push(RecordWarning {
                    code: code.into(),
                    message,
                    count: seen.rows,
                    lines,
                    attribute: None,
                });
            }
        };
        warn(
            "duplicate_pair",
            "Rows repeat an earlier row; each is counted again, which makes intervals too narrow."
                .into(),
            &findings.repeated,
        );
        warn(
            "reversed_pair",
            "Rows compare an earlier pair the other way round; both are counted.".into(),
            &findings.reversed,
        );
        warn(
            "self_comparison",
            "Mated rows compare a sample with itself, which says nothing about recognising a \
             person."
                .into(),
            &self.self_comparisons,
        );
        let whole_file = |rows: u64| Seen { rows, lines: Vec::new() };
        if !layout.ignored.is_empty() {
            let names = layout.ignored.join(", ");
            let seen = whole_file(layout.ignored.len() as u64);
            warn("ignored_column", format!("Columns were not used: {names}."), &seen);
        }
        let one_sided: Vec<&str> = layout
            .attributes
            .iter()
            .filter(|columns| {
                (columns.probe == GroupSource::Nowhere)
                    != (columns.reference == GroupSource::Nowhere)
            })
            .map(|columns| columns.name.as_str())
            .collect();
        if !one_sided.is_empty() {
            warn(
                "one_sided_attribute",
                format!(
                    "Attributes are given for only one side of the pairs: {}.",
                    one_sided.join(", ")
                ),
                &whole_file(self.rows),
            );
        }
        if layout.probe_id.is_none() && layout.score.is_some() {
            warn(
                "no_sample_ids",
                "Samples are not named, so repeated pairs cannot be found.".into(),
                &whole_file(self.rows),
            );
        }
        if !self.nameless.is_empty() && layout.names_subjects() {
            let mut names: Vec<String> = self.nameless.iter().map(|n| words::quoted(n)).collect();
            names.sort();
            warn("nameless_subject", words::nameless(&names), &whole_file(names.len() as u64));
        }
        if !layout.names_subjects() && layout.score.is_some() {
            let stand_in = if layout.probe_id.is_some() { "each sample" } else { "each row" };
            warn(
                "no_subjects",
                format!(
                    "People are not named, so {stand_in} was treated as a separate person; \
                     intervals are too narrow if people occur more than once."
                ),
                &whole_file(self.rows),
            );
        }
        warnings.sort();
        Ok(warnings)
    }
}

/// A code in the 16 bits of a batch. Each thread refuses more codes than fit, but several threads
/// together may still exceed them.
fn short(code: u32, file: &str) -> Result<u16> {
    u16::try_from(code).ok().filter(|&code| code < MISSING).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidRecord,
            Stage::Record,
            "a column of categories has over 65,000 values",
        )
        .in_file(file)
        .next("cut numeric attributes into bins: --bins NAME=10,20,30")
    })
}
