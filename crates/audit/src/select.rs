//! Exact thresholds from the row cache in bounded memory: a histogram finds the bin that contains the
//! threshold, and only that bin's scores are gathered. A bin that contains too many is divided
//! again; since each division spans the bin's own smallest and largest score, it always splits,
//! down to a single value.

use super::operating_point::{EqualErrorRate, Outside, crossing, from_the_top};
use super::row_cache::{Row, RowCache, workers};
use crate::Result;

/// Equal bins over a closed range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    factor: f64,
}

/// Bins of the finest histogram.
pub(crate) const BINS: usize = 1 << 16;
/// Bins of the histograms kept per group.
pub(crate) const GROUP_BINS: usize = 4096;
/// Scores that may be gathered at once (64 MiB).
const GATHER: u64 = 1 << 22;

impl Scale {
    pub(crate) fn new(low: f64, high: f64) -> Self {
        // Halves, since the difference of two finite numbers may overflow.
        Scale { low, high, factor: BINS as f64 / (0.5 * high - 0.5 * low) }
    }

    /// The bin of a score in the range; a larger score never has a smaller bin.
    pub(crate) fn bin(&self, score: f64) -> usize {
        (((0.5 * score - 0.5 * self.low) * self.factor) as usize).min(BINS - 1)
    }

    /// The lower edge of a bin.
    pub(crate) fn edge(&self, bin: usize) -> f64 {
        let share = bin as f64 / BINS as f64;
        self.low * (1.0 - share) + self.high * share
    }
}

/// What one gathering pass finds about a bin.
struct Gathered {
    /// With what each weighs.
    scores: Vec<(f64, u64)>,
    above: f64,
}

/// The threshold that accepts at most `allowed` of the weight of the scores that `extract` yields,
/// each with its weight, under the tie contract; `None` without scores. `counts` and `weights` are
/// the numbers and the weights of the scores in each bin.
pub(crate) fn threshold(
    cache: &mut RowCache,
    extract: impl Fn(&Row) -> Option<(f64, u64)> + Sync,
    scale: Scale,
    (counts, weights): (&[u64], &[u64]),
    allowed: u64,
) -> Result<Option<f64>> {
    let Some((mut bin, mut above_count)) = bin_from_the_top(weights, 0, allowed) else {
        return Ok(None);
    };
    let mut members = counts[bin];
    let mut path = vec![(scale, bin)];
    let mut fallback: Option<f64> = None;
    while members > GATHER {
        let (low, high) = range(cache, &extract, &path)?;
        if low == high {
            // A single value is rejected as a whole in favour of what lies above it.
            let next = next_above(cache, &extract, high)?;
            return Ok(Some(next.or(fallback).unwrap_or_else(|| high.next_up())));
        }
        let scale = Scale::new(low, high);
        let (inner, inner_weights) = count(cache, &extract, &path, scale)?;
        match bin_from_the_top(&inner_weights, above_count, allowed) {
            Some(found) => (bin, above_count) = found,
            None => break,
        }
        members = inner[bin];
        path.push((scale, bin));
        fallback = None;
    }
    let gathered = gather(cache, &extract, &path)?;
    let mut scores = gathered.scores;
    scores.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    if gathered.above.is_finite() {
        fallback = Some(gathered.above);
    }
    Ok(from_the_top(&scores, above_count, allowed, fallback))
}

/// The highest bin whose scores cannot all be accepted (or the lowest that has any), and what the
/// scores above it weigh.
pub(crate) fn bin_from_the_top(
    counts: &[u64],
    mut above: u64,
    allowed: u64,
) -> Option<(usize, u64)> {
    let mut last = None;
    for (bin, &n) in counts.iter().enumerate().rev().filter(|(_, n)| **n > 0) {
        last = Some((bin, above));
        if above + n > allowed {
            break;
        }
        above += n;
    }
    last
}

fn inside(path: &[(Scale, usize)], score: f64) -> bool {
    path.iter()
        .all(|(scale, bin)| score >= scale.low && score <= scale.high && scale.bin(score) == *bin)
}

fn range(
    cache: &mut RowCache,
    extract: &(impl Fn(&Row) -> Option<(f64, u64)> + Sync),
    path: &[(Scale, usize)],
) -> Result<(f64, f64)> {
    let mut ends = workers(|| (f64::INFINITY, f64::NEG_INFINITY));
    cache.scan(&mut ends, |(low, high), row| {
        if let Some((score, _)) = extract(row).filter(|s| inside(path, s.0)) {
            *low = low.min(score);
            *high = high.max(score);
        }
    })?;
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    Ok(ends.into_iter().fold(start, |a, b| (a.0.min(b.0), a.1.max(b.1))))
}

fn count(
    cache: &mut RowCache,
    extract: &(impl Fn(&Row) -> Option<(f64, u64)> + Sync),
    path: &[(Scale, usize)],
    scale: Scale,
) -> Result<(Vec<u64>, Vec<u64>)> {
    let mut counts = workers(|| (vec![0_u64; BINS], vec![0_u64; BINS]));
    cache.scan(&mut counts, |(counts, weights), row| {
        if let Some((score, weight)) = extract(row).filter(|s| inside(path, s.0)) {
            counts[scale.bin(score)] += 1;
            weights[scale.bin(score)] += weight;
        }
    })?;
    let (counts, weights) = counts.into_iter().unzip();
    Ok((sum(counts), sum(weights)))
}

pub(crate) fn sum(parts: Vec<Vec<u64>>) -> Vec<u64> {
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or_default();
    for part in parts {
        total.iter_mut().zip(part).for_each(|(a, b)| *a += b);
    }
    total
}

fn next_above(
    cache: &mut RowCache,
    extract: &(impl Fn(&Row) -> Option<(f64, u64)> + Sync),
    value: f64,
) -> Result<Option<f64>> {
    let mut least = workers(|| f64::INFINITY);
    cache.scan(&mut least, |least, row| {
        if let Some((score, _)) = extract(row).filter(|s| s.0 > value) {
            *least = least.min(score);
        }
    })?;
    Ok(least.into_iter().reduce(f64::min).filter(|least| least.is_finite()))
}

fn gather(
    cache: &mut RowCache,
    extract: &(impl Fn(&Row) -> Option<(f64, u64)> + Sync),
    path: &[(Scale, usize)],
) -> Result<Gathered> {
    let mut parts = workers(|| Gathered { scores: Vec::new(), above: f64::INFINITY });
    // The scores of deeper levels lie within the path, so the comparison by levels decides.
    let above = |score: f64| {
        for (scale, bin) in path {
            if score < scale.low {
                return false;
            }
            if score > scale.high || scale.bin(score) > *bin {
                return true;
            }
            if scale.bin(score) < *bin {
                return false;
            }
        }
        false
    };
    cache.scan(&mut parts, |part, row| {
        let Some((score, weight)) = extract(row) else { return };
        if inside(path, score) {
            part.scores.push((score, weight));
        } else if above(score) {
            part.above = part.above.min(score);
        }
    })?;
    let least = parts.iter().map(|part| part.above).fold(f64::INFINITY, f64::min);
    let scores = parts.into_iter().flat_map(|part| part.scores).collect();
    Ok(Gathered { scores, above: least })
}

/// The equal error rate: the bin of the crossing by histogram, then exactly within it (to the bin's
/// width if it contains too many scores). `extract` yields whether a score is mated, the score, and
/// its weight; histograms are of weights, and `counts` of numbers of scores.
pub(crate) fn equal_error(
    cache: &mut RowCache,
    extract: impl Fn(&Row) -> Option<(bool, f64, u64)> + Sync,
    scale: Scale,
    [mated, nonmated]: [&[u64]; 2],
    counts: [&[u64]; 2],
) -> Result<Option<EqualErrorRate>> {
    let totals = [mated.iter().sum::<u64>(), nonmated.iter().sum::<u64>()];
    if totals.contains(&0) {
        return Ok(None);
    }
    let mut below = [0_u64; 2];
    for bin in 0..BINS {
        let after = [below[0] + mated[bin], below[1] + nonmated[bin]];
        let fnmr = after[0] as f64 / totals[0] as f64;
        let fmr = 1.0 - after[1] as f64 / totals[1] as f64;
        if fmr > fnmr {
            below = after;
            continue;
        }
        if counts[0][bin] + counts[1][bin] > GATHER {
            return Ok(Some(EqualErrorRate {
                rate: 0.5 * (fmr + fnmr),
                threshold: scale.edge(bin + 1),
            }));
        }
        let path = [(scale, bin)];
        let side = |want: bool| {
            let extract = &extract;
            move |row: &Row| extract(row).filter(|(m, ..)| *m == want).map(|(_, s, w)| (s, w))
        };
        let m = gather(cache, &side(true), &path)?;
        let n = gather(cache, &side(false), &path)?;
        let (mut ms, mut ns) = (m.scores, n.scores);
        ms.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        ns.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let above = Some(m.above.min(n.above)).filter(|above| above.is_finite());
        return Ok(crossing(&ms, &ns, Outside { totals, below, above }));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::operating_point::{TargetFmr, allowed, equal_error_rate, threshold_for_fmr};
    use super::super::row_cache::RowCacheWriter;
    use super::*;
    use crate::records::{Mating, PadOutcome, Split};
    use proptest::prelude::*;

    fn cache(scores: &[(bool, f64)]) -> RowCache {
        let mut writer = RowCacheWriter::new(false);
        for &(mated, score) in scores {
            let row = Row {
                score,
                probe: 0,
                reference: 1,
                failure: 0,
                species: 0,
                mating: if mated { Mating::Mated } else { Mating::NonMated },
                split: Split::None,
                pad_outcome: PadOutcome::NotChecked,
                attempt: 0,
                pad_score: f64::NAN,
            };
            writer.push(&row).unwrap();
        }
        writer.finish().unwrap()
    }

    fn histogram(scale: Scale, scores: impl Iterator<Item = f64>) -> Vec<u64> {
        let mut counts = vec![0; BINS];
        scores.for_each(|s| counts[scale.bin(s)] += 1);
        counts
    }

    proptest! {
        #[test]
        fn agrees_with_sorting_everything(
            raw in prop::collection::vec((any::<bool>(), -40_i32..40), 1..120),
            target in 0.0_f64..1.0,
            wild in any::<bool>(),
        ) {
            // One distant outlier squeezes all the others into a single bin.
            let mut scores: Vec<(bool, f64)> =
                raw.iter().map(|(m, s)| (*m, f64::from(*s) / 8.0)).collect();
            if wild {
                scores.push((false, 1e12));
            }
            let list = |want| scores.iter().filter(move |s| s.0 == want).map(|s| s.1);
            let (mated, nonmated): (Vec<f64>, Vec<f64>) =
                (list(true).collect(), list(false).collect());
            let low = scores.iter().map(|s| s.1).fold(f64::INFINITY, f64::min);
            let high = scores.iter().map(|s| s.1).fold(f64::NEG_INFINITY, f64::max);
            let scale = Scale::new(low, high);
            let mut cache = cache(&scores);
            let counts = histogram(scale, nonmated.iter().copied());
            let found = threshold(
                &mut cache,
                |row| (row.mating == Mating::NonMated).then_some((row.score, 1)),
                scale,
                (&counts, &counts),
                allowed(target, nonmated.len() as u64),
            ).unwrap();
            prop_assert_eq!(found, threshold_for_fmr(TargetFmr(target), &nonmated));
            let mated_counts = histogram(scale, mated.iter().copied());
            let eer = equal_error(
                &mut cache,
                |row| Some((row.mating == Mating::Mated, row.score, 1)),
                scale,
                [&mated_counts, &counts],
                [&mated_counts, &counts],
            ).unwrap();
            prop_assert_eq!(eer, equal_error_rate(&mated, &nonmated));
        }
    }
}
