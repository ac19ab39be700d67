//! The presentations among the records.
//!
//! Records of presentation attack detection are few compared with those of pairs, so they are kept
//! in memory (40 bytes each), which makes curves over all their scores exact.

use crate::Result;
use crate::cohort::{Cohort, View};
use crate::rate_sample::RateSample;
use crate::records::{Dictionary, Mating, PadOutcome};
use crate::row_cache::{Row, RowCache, workers};

/// Species names of attacks made by a program begin with this.
pub const SIMULATED_PREFIX: &str = "sim_";

/// What the PAD numbers need from the audit.
pub(crate) struct PadJob<'a> {
    pub(crate) views: &'a [View],
    /// Species names by code.
    pub(crate) species: Vec<&'a str>,
    pub(crate) thresholds: &'a [f64],
    pub(crate) reported: &'a (dyn Fn(&Row) -> bool + Sync),
    pub(crate) confidence: f64,
    pub(crate) least: u64,
    /// Everyone's FRR by operating point, which ignores presentation attack detection.
    pub(crate) frr: Vec<RateSample>,
    /// See [`people`].
    pub(crate) people: Vec<Option<u32>>,
}

impl PadJob<'_> {
    /// The rank of the person by name; `None` if nobody is named.
    fn person(&self, persona: u32) -> Option<u32> {
        self.people.get(persona as usize).copied().flatten()
    }
}

/// By persona, the rank of the person by name; `None` for the names that do not identify anyone: an
/// empty field, and `attack` or `attack/SPECIES`, bob's names for whoever presents an attack.
pub(crate) fn people(cohort: &Cohort, names: &Dictionary) -> Vec<Option<u32>> {
    let mut sorted: Vec<&str> = names.subjects.names().collect();
    sorted.sort_unstable();
    let nobody = |name: &&str| name.is_empty() || *name == "attack" || name.starts_with("attack/");
    let everyone = &cohort.families[0];
    let of_unit = |unit: &u32| {
        let rank = everyone.subject_of_unit[*unit as usize];
        sorted.get(rank as usize).filter(|name| !nobody(name)).map(|_| rank)
    };
    everyone.unit_of_persona.iter().map(of_unit).collect()
}

/// One presentation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Presentation {
    /// Rank of the person by name; `None` if nobody is named.
    pub(super) person: Option<u32>,
    pub(super) persona: u32,
    /// `None` for a bona fide presentation, else the code of the species.
    pub(super) species: Option<u16>,
    pub(super) outcome: PadOutcome,
    /// Whether it claimed an identity: it was compared with a reference, or was meant to be.
    pub(super) claims: bool,
    /// NaN if nothing was compared.
    pub(super) score: f64,
    /// NaN if missing.
    pub(super) pad_score: f64,
}

impl Presentation {
    /// Whether it was classified, one way or the other.
    pub(super) fn answered(&self) -> bool {
        matches!(self.outcome, PadOutcome::Pass | PadOutcome::Fail)
    }

    /// Whether presentation attack detection was run.
    pub(super) fn judged(&self) -> bool {
        self.outcome != PadOutcome::NotChecked
    }

    /// Whether it was run and did not let the presentation pass.
    pub(super) fn turned_away(&self) -> bool {
        matches!(self.outcome, PadOutcome::Fail | PadOutcome::NonResponse)
    }

    /// The score for curves. Without an answer there is none, even if a number is recorded.
    pub(super) fn curve_score(&self) -> Option<f64> {
        let counts = self.pad_score.is_finite() && self.outcome != PadOutcome::NonResponse;
        counts.then_some(self.pad_score)
    }

    /// Whether the whole system accepts it at this threshold.
    pub(super) fn accepted(&self, threshold: f64) -> bool {
        !self.turned_away() && self.score >= threshold
    }
}

/// The reported attacks, and bona fide presentations that were judged or scored, in no particular
/// order.
pub(super) fn presentations(cache: &mut RowCache, job: &PadJob<'_>) -> Result<Vec<Presentation>> {
    let mut parts = workers(Vec::new);
    cache.scan(&mut parts, |part, row| {
        if (job.reported)(row) {
            part.extend(of_row(row, job));
        }
    })?;
    Ok(parts.concat())
}

fn of_row(row: &Row, job: &PadJob<'_>) -> Option<Presentation> {
    let species = row.species.checked_sub(1);
    let looked_at = row.pad_outcome != PadOutcome::NotChecked || row.pad_score.is_finite();
    if species.is_none() && (row.mating == Mating::NonMated || !looked_at) {
        return None;
    }
    let claims = match species {
        // An attack that failed before it was compared is a transaction if it named a reference.
        Some(_) => row.score.is_finite() || row.failure != 0 && job.person(row.reference).is_some(),
        None => row.mating == Mating::Mated,
    };
    Some(Presentation {
        person: job.person(row.probe),
        persona: row.probe,
        species,
        outcome: row.pad_outcome,
        claims,
        score: row.score,
        pad_score: row.pad_score,
    })
}
