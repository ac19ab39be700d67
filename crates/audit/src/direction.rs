//! Which way scores point: whether the higher or the lower one means greater similarity.

use serde::{Deserialize, Serialize};

/// Which of two scores means that two samples are more similar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreDirection {
    /// The higher one: a similarity.
    #[default]
    HigherIsMoreSimilar,
    /// The lower one: a distance.
    LowerIsMoreSimilar,
}

impl ScoreDirection {
    pub(crate) fn of(lower_is_more_similar: bool) -> Self {
        if lower_is_more_similar {
            ScoreDirection::LowerIsMoreSimilar
        } else {
            ScoreDirection::HigherIsMoreSimilar
        }
    }

    /// Which scores are accepted, as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            ScoreDirection::HigherIsMoreSimilar => {
                "Higher scores mean greater similarity: a comparison is accepted if and only if \
                 its score is at least the threshold."
            }
            ScoreDirection::LowerIsMoreSimilar => {
                "Lower scores mean greater similarity, as with distances: a comparison is accepted \
                 if and only if its score is at most the threshold. Thresholds are in the file's \
                 own direction."
            }
        }
    }

    /// A number of the file as a similarity, or a similarity as a number of the file.
    pub(crate) fn turn(self, score: f64) -> f64 {
        match self {
            ScoreDirection::HigherIsMoreSimilar => score,
            // Subtracted from zero, so that no threshold is printed as −0.
            ScoreDirection::LowerIsMoreSimilar => 0.0 - score,
        }
    }
}
