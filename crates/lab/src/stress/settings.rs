//! The settings of a stress test.

use std::path::PathBuf;

use crate::Result;
use crate::degrade::{Degradation, DegradationKind};

/// One kind of degradation with its levels.
#[derive(Debug, Clone, PartialEq)]
pub struct StressPlan {
    /// Which degradation.
    pub kind: DegradationKind,
    /// Its levels, in the order in which they are shown: from mild to severe.
    pub levels: Vec<f64>,
}

impl StressPlan {
    /// A kind with its default levels.
    pub fn of(kind: DegradationKind) -> Self {
        StressPlan { kind, levels: kind.default_levels().to_vec() }
    }

    /// The degradations, in order.
    ///
    /// # Errors
    ///
    /// A level that the kind does not have.
    pub(super) fn degradations(&self) -> Result<Vec<Degradation>> {
        self.levels.iter().map(|level| Degradation::new(self.kind, *level)).collect()
    }
}

/// How to run a stress test.
#[derive(Debug, Clone)]
pub struct StressSettings {
    /// What is simulated.
    pub plans: Vec<StressPlan>,
    /// Attributes and intersections (`race×sex`); if empty, every attribute.
    pub by: Vec<String>,
    /// How many photos of each group of the first attribute to use; `None` for all.
    pub per_group: Option<usize>,
    /// Seed of every degradation.
    pub seed: u64,
    /// Confidence of intervals.
    pub confidence: f64,
    /// The fewest trials for which a rate is reported.
    pub least_trials: u64,
    /// Threads; 0 for one per core. The result does not depend on it.
    pub jobs: usize,
    /// The folder for outcomes, so that a run can be resumed; `None` stores nothing.
    pub folder: Option<PathBuf>,
    /// Resume a run that stopped, or reuse the outcomes of an earlier one.
    pub resume: bool,
}

impl Default for StressSettings {
    /// All degradations at their default levels, on all photos, by every attribute, with 95 %
    /// intervals, at least 30 trials and seed 1; nothing is stored.
    fn default() -> Self {
        StressSettings {
            plans: DegradationKind::ALL.map(StressPlan::of).to_vec(),
            by: Vec::new(),
            per_group: None,
            seed: 1,
            confidence: 0.95,
            least_trials: 30,
            jobs: 0,
            folder: None,
            resume: false,
        }
    }
}
