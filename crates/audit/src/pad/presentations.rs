//! The presentations among the records.
//!
//! Records of presentation attack detection are few compared with those of pairs, so they are kept
//! in memory (40 bytes each), which makes curves over all their scores exact.

use super::PadJob;
use crate::Result;
use crate::records::{Mating, PadOutcome};
use crate::spool::{Row, Spool, workers};

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
pub(super) fn presentations(spool: &mut Spool, job: &PadJob<'_>) -> Result<Vec<Presentation>> {
    let mut parts = workers(Vec::new);
    spool.scan(&mut parts, |part, row| {
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
