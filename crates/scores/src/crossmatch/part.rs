//! The results of one shard's tiles, as data that can be combined.

use serde::{Deserialize, Serialize};

use super::{ClassHistograms, CrossMatch, ScoredPair, Shard};
use crate::{Error, ErrorKind, Result, Stage};

/// The value of the field `schema`.
pub const PART_SCHEMA: &str = "evenmatch.crossmatch/1";

/// Scores of all pairs, or of those of one shard's tiles. It contains no template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossMatchPart {
    /// [`PART_SCHEMA`].
    pub schema: String,
    /// What was compared, as named by the caller, such as digests: parts must agree on it.
    pub data: String,
    /// Names of the classes, in order; the last one may be for rows without a label.
    pub classes: Vec<String>,
    /// Index and number of the shard; absent for the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<[usize; 2]>,
    /// Histograms of the non-mated scores.
    pub nonmated: ClassHistograms,
    /// Every mated pair: rows (lower first) and score.
    pub mated: Vec<(u32, u32, f32)>,
}

impl CrossMatchPart {
    /// Compares the pairs of a shard's tiles, or all pairs.
    pub fn compute(
        matrix: &CrossMatch,
        data: String,
        classes: Vec<String>,
        shard: Option<(usize, usize)>,
    ) -> Result<Self> {
        let tiles = match shard {
            Some((index, count)) => Shard::new(index, count)?,
            None => Shard::whole(),
        };
        let mated = matrix.mated(tiles).into_iter();
        Ok(CrossMatchPart {
            schema: PART_SCHEMA.to_owned(),
            data,
            classes,
            shard: shard.map(|(index, count)| [index, count]),
            nonmated: matrix.histograms(tiles),
            mated: mated.map(|ScoredPair { a, b, score }| (a, b, score)).collect(),
        })
    }

    /// Combines all shards, in any order: the same as calculating the whole at once.
    ///
    /// # Errors
    /// Parts of different data, a part that is missing or given twice, a whole among the parts.
    pub fn merge(parts: Vec<CrossMatchPart>) -> Result<Self> {
        let fault = |message: String| {
            Error::new(ErrorKind::InvalidArgument, Stage::Compare, message)
                .next("name every part 0/N to N-1/N of one crossmatch run, each once")
        };
        let mut seen: Vec<[usize; 2]> = Vec::new();
        let mut whole: Option<CrossMatchPart> = None;
        for part in parts {
            let Some([index, count]) = part.shard else {
                return Err(fault("one of the parts is a whole, not a shard".to_owned()));
            };
            if seen.first().is_some_and(|[_, first]| *first != count)
                || seen.contains(&[index, count])
            {
                return Err(fault(format!("the part {index}/{count} does not fit the others")));
            }
            seen.push([index, count]);
            match &mut whole {
                None => whole = Some(CrossMatchPart { shard: None, ..part }),
                Some(whole) => {
                    if (&whole.data, &whole.classes) != (&part.data, &part.classes) {
                        return Err(fault(format!(
                            "the part {index}/{count} is of different data"
                        )));
                    }
                    whole.nonmated.merge(part.nonmated);
                    whole.mated.extend(part.mated);
                }
            }
        }
        let mut whole = whole.ok_or_else(|| fault("no parts were given".to_owned()))?;
        if seen.len() != seen[0][1] {
            return Err(fault(format!("only {} of {} parts were given", seen.len(), seen[0][1])));
        }
        whole.mated.sort_by_key(|pair| (pair.0, pair.1));
        Ok(whole)
    }
}
