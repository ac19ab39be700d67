//! What a stress test does.

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
    /// Attributes and intersections (`race×sex`); none means every attribute.
    pub by: Vec<String>,
    /// The first so many photos of each group of the first attribute; `None` for all.
    pub per_group: Option<usize>,
    /// Seed of every degradation.
    pub seed: u64,
    /// Confidence of intervals.
    pub confidence: f64,
    /// Fewest trials for which a rate is given.
    pub least_trials: u64,
    /// Threads; 0 for one a core. The result does not depend on it.
    pub jobs: usize,
    /// Folder that keeps what is done, so that a run can go on; `None` keeps nothing.
    pub folder: Option<PathBuf>,
    /// Go on with a run, or take what an earlier one has done.
    pub resume: bool,
}

impl Default for StressSettings {
    /// All degradations at their default levels, on all photos by every attribute, 95 %
    /// intervals, at least 30 trials, seed 1, kept nowhere.
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
