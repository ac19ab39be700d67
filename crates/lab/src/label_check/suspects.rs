//! Pairs whose score contradicts their label.

use serde::Serialize;

use super::limits::Limits;
use evenmatch_scores::crossmatch::ScoredPair;

/// How a pair's score contradicts its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspectKind {
    /// Two names, and a score that is typical of one person.
    NonmatedAbove,
    /// One name, and a score that is typical of two people.
    MatedBelow,
}

impl SuspectKind {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            SuspectKind::NonmatedAbove => "nonmated_above",
            SuspectKind::MatedBelow => "mated_below",
        }
    }

    /// The kind of a word in a file.
    pub fn of_word(word: &str) -> Option<Self> {
        [SuspectKind::NonmatedAbove, SuspectKind::MatedBelow]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// A pair for a person to review.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Suspect {
    /// How the score contradicts the label.
    pub kind: SuspectKind,
    /// The lower row of the data.
    pub a: u32,
    /// The higher row.
    pub b: u32,
    /// Cosine similarity of the pair, −1 to 1.
    pub score: f32,
    /// The threshold that the score passes.
    pub limit: f32,
}

impl Suspect {
    /// By how much the score passes the threshold.
    fn excess(&self) -> f32 {
        (self.score - self.limit).abs()
    }
}

/// The pairs beyond the thresholds, the furthest first; equals are sorted by row. A score equal to
/// the threshold is not beyond it, and neither is NaN.
pub fn suspects(
    nonmated: impl IntoIterator<Item = ScoredPair>,
    mated: impl IntoIterator<Item = ScoredPair>,
    limits: &Limits,
) -> Vec<Suspect> {
    let (above, below) = (limits.nonmated_above.score, limits.mated_below.score);
    let suspect = |kind, pair: ScoredPair, limit| Suspect {
        kind,
        a: pair.a.min(pair.b),
        b: pair.a.max(pair.b),
        score: pair.score,
        limit,
    };
    let high = nonmated
        .into_iter()
        .filter(|pair| pair.score > above)
        .map(|pair| suspect(SuspectKind::NonmatedAbove, pair, above));
    let low = mated
        .into_iter()
        .filter(|pair| pair.score < below)
        .map(|pair| suspect(SuspectKind::MatedBelow, pair, below));
    let mut all: Vec<Suspect> = high.chain(low).collect();
    all.sort_by(|p, q| {
        q.excess().total_cmp(&p.excess()).then((p.a, p.b, p.kind).cmp(&(q.a, q.b, q.kind)))
    });
    all
}

#[cfg(test)]
mod tests {
    use super::super::limits::Overrides;
    use super::*;

    #[test]
    fn the_furthest_beyond_its_limit_comes_first_and_ties_go_by_rows() {
        let own = Overrides { nonmated_above: Some(0.5), mated_below: Some(0.25) };
        let limits = Limits::estimate(None, None, own).unwrap();
        let pair = |(a, b, score)| ScoredPair { a, b, score };
        let nonmated = [(7, 8, 0.75), (0, 1, 0.5), (1, 2, 0.625), (9, 3, 1.0), (0, 9, f32::NAN)];
        let mated = [(4, 5, 0.25), (4, 6, 0.0), (2, 3, 0.0), (5, 6, f32::NAN)];
        let found = suspects(nonmated.map(pair), mated.map(pair), &limits);
        let rows: Vec<(u32, u32, &str)> = found.iter().map(|s| (s.a, s.b, s.kind.word())).collect();
        let expected = [
            (3, 9, "nonmated_above"),
            (2, 3, "mated_below"),
            (4, 6, "mated_below"),
            (7, 8, "nonmated_above"),
            (1, 2, "nonmated_above"),
        ];
        assert_eq!(rows, expected);
        assert_eq!((found[0].limit, found[1].limit), (0.5, 0.25));
    }
}
