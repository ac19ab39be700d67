//! Reading a source once into the row cache, and a first pass over what is there.

use std::collections::HashSet;
use std::ops::Range;

use super::cohort::{Cohort, View};
use super::personas::Personas;
use super::row_cache::{Row, RowCache, RowCacheWriter, workers};
use super::row_weights::RowWeights;
use super::select::{BINS, GROUP_BINS, Scale, sum};
use super::settings::AuditProgress;
use super::weigh::ONE;
use crate::Result;
use crate::records::{
    Dictionary, MISSING, Mating, PadOutcome, RecordBatch, RecordSource, ScanSummary, Split,
    contradiction, of_the_photo, same_label,
};

/// What reading produces.
pub(crate) struct Intake {
    pub(crate) cache: RowCache,
    pub(crate) personas: Personas,
    pub(crate) names: Dictionary,
    pub(crate) summary: ScanSummary,
    pub(crate) records: u64,
    /// Rows by [`Split`].
    pub(crate) splits: [u64; 3],
    /// Whether any row has a species, or an outcome or score of presentation attack detection.
    pub(crate) has_pad: bool,
    /// Whether any row has a comparison score.
    pub(crate) has_scores: bool,
    /// People in mated, and in non-mated, comparisons that have a score.
    pub(crate) people: [u64; 2],
    low: f64,
    high: f64,
}

/// People with several labels of an attribute.
#[derive(Default)]
struct Contradicted {
    people: HashSet<u32>,
    /// The first few lines with a different label than before.
    lines: Vec<u64>,
}

/// Lines that a warning names.
const LINES: usize = 5;
const MATED: u8 = 1;
const NONMATED: u8 = 2;

struct Reader {
    cache: Option<RowCacheWriter>,
    /// By attribute.
    contradicted: Vec<Contradicted>,
    /// By subject: the kinds of scored comparisons that the person is in.
    compared: Vec<u8>,
    personas: Personas,
    records: u64,
    splits: [u64; 3],
    has_pad: bool,
    has_scores: bool,
    low: f64,
    high: f64,
}

impl Reader {
    fn new(attributes: usize) -> Self {
        Reader {
            cache: None,
            contradicted: (0..attributes).map(|_| Contradicted::default()).collect(),
            compared: Vec::new(),
            personas: Personas::new(attributes),
            records: 0,
            splits: [0; 3],
            has_pad: false,
            has_scores: false,
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
        }
    }

    /// Looks for people with several labels among the personas that a row has added.
    fn look_at_new(&mut self, new: Range<usize>, names: &Dictionary, line: Option<u64>) {
        for persona in new.start as u32..new.end as u32 {
            let subject = self.personas.subject(persona);
            // Rows of a presentation attack detector may not name anyone.
            if names.subjects.name(subject).is_empty() {
                continue;
            }
            for (attribute, contradicted) in self.contradicted.iter_mut().enumerate() {
                let groups = &names.groups[attribute];
                let same =
                    |a: u16, b: u16| same_label(groups.name(a.into()), groups.name(b.into()));
                if self.personas.contradicts(persona, attribute, same) {
                    contradicted.people.insert(subject);
                    let lines = &mut contradicted.lines;
                    lines.extend(line.filter(|line| lines.len() < LINES && !lines.contains(line)));
                }
            }
        }
    }

    fn take(&mut self, names: &Dictionary, batch: &RecordBatch) -> Result<()> {
        let wide = !batch.pad_score.is_empty();
        let cache = self.cache.get_or_insert_with(|| RowCacheWriter::new(wide));
        if self.compared.len() < names.subjects.len() {
            self.compared.resize(names.subjects.len(), 0);
        }
        // Most rows show known people, so this stays short.
        let mut added: Vec<(usize, Option<u64>)> = Vec::new();
        for i in 0..batch.len() {
            let known = self.personas.len();
            let row = Row {
                score: batch.score[i],
                probe: self.personas.intern(batch.probe_subject[i], &batch.probe_group, i),
                reference: self.personas.intern(
                    batch.reference_subject[i],
                    &batch.reference_group,
                    i,
                ),
                failure: batch.failure[i],
                species: batch.species.get(i).copied().unwrap_or(0),
                mating: batch.mating[i],
                split: batch.split.get(i).copied().unwrap_or_default(),
                pad_outcome: batch.pad_outcome.get(i).copied().unwrap_or_default(),
                attempt: batch.attempt.get(i).copied().unwrap_or(0),
                pad_score: batch.pad_score.get(i).copied().unwrap_or(f64::NAN),
            };
            self.splits[row.split as usize] += 1;
            let looked_at = row.pad_outcome != PadOutcome::NotChecked || row.pad_score.is_finite();
            self.has_pad |= row.species != 0 || looked_at;
            self.has_scores |= row.score.is_finite();
            if row.score.is_finite() && row.species == 0 && row.mating != Mating::Unstated {
                self.low = self.low.min(row.score);
                self.high = self.high.max(row.score);
                let kind = if row.mating == Mating::Mated { MATED } else { NONMATED };
                for subject in [batch.probe_subject[i], batch.reference_subject[i]] {
                    self.compared[subject as usize] |= kind;
                }
            }
            cache.push(&row)?;
            if self.personas.len() > known {
                added.push((known, batch.line.get(i).copied()));
            }
        }
        for (place, &(known, line)) in added.iter().enumerate() {
            let end = added.get(place + 1).map_or(self.personas.len(), |next| next.0);
            self.look_at_new(known..end, names, line);
        }
        self.records += batch.len() as u64;
        Ok(())
    }
}

impl Intake {
    pub(crate) fn read(
        source: &mut dyn RecordSource,
        progress: &mut dyn FnMut(AuditProgress),
    ) -> Result<Self> {
        let mut names = Dictionary::default();
        let mut reader: Option<Reader> = None;
        let mut summary = source.scan(&mut names, &mut |now, batch| {
            let reader = reader.get_or_insert_with(|| Reader::new(batch.probe_group.len()));
            reader.take(now, batch)?;
            progress(AuditProgress::Reading(reader.records));
            Ok(())
        })?;
        let reader = reader.unwrap_or_else(|| Reader::new(names.attributes.len()));
        for (attribute, found) in names.attributes.iter().zip(reader.contradicted) {
            if !of_the_photo(attribute) {
                let people = found.people.len() as u64;
                summary.warnings.extend(contradiction(attribute, people, found.lines));
            }
        }
        let in_kind = |kind| reader.compared.iter().filter(|own| **own & kind != 0).count() as u64;
        Ok(Intake {
            cache: reader.cache.unwrap_or_else(|| RowCacheWriter::new(false)).finish()?,
            personas: reader.personas,
            names,
            summary,
            records: reader.records,
            splits: reader.splits,
            has_pad: reader.has_pad,
            has_scores: reader.has_scores,
            people: [MATED, NONMATED].map(in_kind),
            low: reader.low,
            high: reader.high,
        })
    }

    /// What reading would produce from rows that are there already: those of mated pairs.
    pub(crate) fn of_rows(
        rows: RowCacheWriter,
        personas: Personas,
        names: Dictionary,
        summary: ScanSummary,
    ) -> Result<Self> {
        let cache = rows.finish()?;
        let records = cache.rows();
        Ok(Intake {
            cache,
            personas,
            names,
            summary,
            records,
            splits: [records, 0, 0],
            has_pad: false,
            has_scores: true,
            people: [0; 2],
            low: -1.0,
            high: 1.0,
        })
    }

    /// The range of the scores; 0 to 1 if there is none.
    pub(crate) fn scale(&self) -> Scale {
        if self.low <= self.high { Scale::new(self.low, self.high) } else { Scale::new(0.0, 1.0) }
    }
}

/// A first pass: counts and histograms.
#[derive(Clone)]
pub(crate) struct FirstPass {
    pub(crate) reported: u64,
    /// Reported rows, failures included.
    pub(crate) mated: u64,
    pub(crate) nonmated: u64,
    pub(crate) attacks: u64,
    /// Reported failures by code.
    pub(crate) failures: Vec<u64>,
    /// Non-mated scores of the `tune` rows.
    pub(crate) tune: Vec<u64>,
    pub(crate) mated_bins: Vec<u64>,
    pub(crate) nonmated_bins: Vec<u64>,
    /// By view: for each group, mated then non-mated scores; empty if there are too many groups.
    pub(crate) groups: Vec<Vec<u32>>,
    /// By view: reported comparisons in which a side has no group.
    pub(crate) unlabelled: Vec<u64>,
    /// The histograms again, of what the scores weigh; absent where each comparison counts once.
    pub(crate) weighed: Option<WeighedBins>,
}

/// Histograms of what scores weigh where each pair of people counts once.
#[derive(Clone)]
pub(crate) struct WeighedBins {
    /// What a mated, and a non-mated, pair of people weighs in all.
    pub(crate) one: [u64; 2],
    pub(crate) tune: Vec<u64>,
    pub(crate) mated: Vec<u64>,
    pub(crate) nonmated: Vec<u64>,
    /// By view: for each group, mated then non-mated; empty if there are too many groups.
    pub(crate) groups: Vec<Vec<u64>>,
}

/// What rows weigh: those that are reported, and those on which thresholds are chosen.
pub(crate) struct Weights {
    pub(crate) reported: RowWeights,
    pub(crate) tune: Option<RowWeights>,
}

/// Whether rates are reported on a row.
type Reported<'a> = &'a (dyn Fn(&Row) -> bool + Sync);

pub(crate) fn first_pass(
    intake: &mut Intake,
    cohort: &Cohort,
    scale: Scale,
    (reported, weights): (Reported<'_>, Option<&Weights>),
    split: bool,
) -> Result<FirstPass> {
    let size = |view: &View| if view.detailed { 2 * GROUP_BINS * view.groups.len() } else { 0 };
    let empty = FirstPass {
        reported: 0,
        mated: 0,
        nonmated: 0,
        attacks: 0,
        failures: vec![0; intake.names.failures.len()],
        tune: vec![0; if split { BINS } else { 0 }],
        mated_bins: vec![0; BINS],
        nonmated_bins: vec![0; BINS],
        groups: cohort.views.iter().map(|view| vec![0; size(view)]).collect(),
        unlabelled: vec![0; cohort.views.len()],
        weighed: weights.map(|_| WeighedBins {
            one: [ONE; 2],
            tune: vec![0; if split { BINS } else { 0 }],
            mated: vec![0; BINS],
            nonmated: vec![0; BINS],
            groups: cohort.views.iter().map(|view| vec![0; size(view)]).collect(),
        }),
    };
    let mut parts = workers(|| empty.clone());
    intake.cache.scan(&mut parts, |seen, row| {
        look(seen, row, cohort, (scale, weights), reported(row), split)
    })?;
    let mut total = empty;
    for part in parts {
        total.reported += part.reported;
        total.mated += part.mated;
        total.nonmated += part.nonmated;
        total.attacks += part.attacks;
        let add = |a: &mut Vec<u64>, b: Vec<u64>| *a = sum(vec![std::mem::take(a), b]);
        add(&mut total.failures, part.failures);
        add(&mut total.tune, part.tune);
        add(&mut total.mated_bins, part.mated_bins);
        add(&mut total.nonmated_bins, part.nonmated_bins);
        add(&mut total.unlabelled, part.unlabelled);
        for (a, b) in total.groups.iter_mut().zip(part.groups) {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        }
        if let Some((all, part)) = total.weighed.as_mut().zip(part.weighed) {
            add(&mut all.tune, part.tune);
            add(&mut all.mated, part.mated);
            add(&mut all.nonmated, part.nonmated);
            all.groups.iter_mut().zip(part.groups).for_each(|(a, b)| add(a, b));
        }
    }
    Ok(total)
}

fn look(
    seen: &mut FirstPass,
    row: &Row,
    cohort: &Cohort,
    (scale, weights): (Scale, Option<&Weights>),
    reported: bool,
    split: bool,
) {
    let compared = row.score.is_finite();
    if split && row.split == Split::Tune {
        if compared && row.species == 0 && row.mating == Mating::NonMated {
            seen.tune[scale.bin(row.score)] += 1;
            let weights = weights.and_then(|weights| weights.tune.as_ref());
            if let Some((weighed, weights)) = seen.weighed.as_mut().zip(weights) {
                weighed.tune[scale.bin(row.score)] += weights.weight(cohort, row);
            }
        }
        return;
    }
    if !reported {
        return;
    }
    seen.reported += 1;
    if let Some(code) = usize::from(row.failure).checked_sub(1)
        && let Some(n) = seen.failures.get_mut(code)
    {
        *n += 1;
    }
    if row.species != 0 {
        seen.attacks += 1;
        return;
    }
    let mated = match row.mating {
        Mating::Mated => true,
        Mating::NonMated => false,
        Mating::Unstated => return,
    };
    *(if mated { &mut seen.mated } else { &mut seen.nonmated }) += 1;
    let bin = if compared { scale.bin(row.score) } else { 0 };
    if compared {
        (if mated { &mut seen.mated_bins } else { &mut seen.nonmated_bins })[bin] += 1;
    }
    let mut weighed = seen.weighed.as_mut().zip(weights).filter(|_| compared);
    if let Some((weighed, weights)) = &mut weighed {
        let bins = if mated { &mut weighed.mated } else { &mut weighed.nonmated };
        bins[bin] += weights.reported.weight(cohort, row);
    }
    for (place, view) in cohort.views.iter().enumerate() {
        let g = view.group_of_persona[row.probe as usize];
        let h = if mated { g } else { view.group_of_persona[row.reference as usize] };
        if g == MISSING || h == MISSING {
            seen.unlabelled[place] += 1;
        } else if g == h && compared && !seen.groups[place].is_empty() {
            let offset = (2 * usize::from(g) + usize::from(!mated)) * GROUP_BINS;
            let at = offset + bin / (BINS / GROUP_BINS);
            seen.groups[place][at] += 1;
            if let Some((weighed, weights)) = &mut weighed {
                weighed.groups[place][at] += weights.reported.in_view(place, cohort, row);
            }
        }
    }
}
