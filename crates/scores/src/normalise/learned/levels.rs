//! Each group's false match rate under a normaliser, measured on the people it is formed from.
//!
//! ```text
//! s_ij = x_i·x_j − h_i − h_j                       the normalised score of a pair
//! E_gk = Σ over pairs of g of ramp((s_ij − t_k) / WIDTH + ½)       ramp: 0 to 1, linear between
//! r_gk = ln((E_gk + 1) / (f_k · pairs_g + 1))      how far the rate is from f_k
//! p_gk = m / (m + 20),  m = min(f_k · pairs_g, 400)                how precisely r_gk is known
//! e_g  = mean over k of p_gk · (r_gk − Σ_g p_gk r_gk / Σ_g p_gk)
//! ```
//!
//! with the thresholds t_k of plain cosines at the rates f_k in [`RATES`]. A ramp in place of a step
//! also counts pairs that barely miss, and so varies less from one sample of people to another.

use evenmatch_core::random::mix;
use ndarray::{ArrayView2, s};
use rayon::prelude::*;

use super::partition::{Partition, invalid};
use crate::Result;
use crate::crossmatch::{BINS, CrossMatch, Shard, bin, edge};

/// False match rates of all pairs at whose thresholds groups are compared.
const RATES: [f64; 3] = [1e-2, 3e-3, 1e-3];
/// More similar than this are two photos of one person under two names.
const SAME_PERSON: f32 = 0.8;
/// Width of the ramp, in units of score: the false match rate changes about threefold over it.
const WIDTH: f32 = 0.05;
/// Pairs this far below the lowest threshold are not kept: h would have to raise them by as much,
/// and its standard deviation on FairFace is 0.04.
const REACH: f32 = 0.15;
/// More pairs than this are thinned out: 12 bytes each.
const MOST_PAIRS: u64 = 16_000_000;
/// Expected errors beyond which a rate is not more precise, because the same people recur.
const PRECISE: f64 = 400.0;
/// Expected errors at which a rate's error is halved.
const HALVED: f64 = 20.0;
/// Rows whose pairs are counted together.
const ROWS: usize = 128;

/// The pairs that matter: of one group in some partition, and not far below the thresholds.
#[derive(Debug)]
pub(super) struct Pairs {
    thresholds: [f32; RATES.len()],
    /// The pairs of each block of [`ROWS`] rows: lower row, higher row, cosine.
    blocks: Vec<Vec<(u32, u32, f32)>>,
    /// How many pairs each of them stands for.
    weight: f64,
}

impl Pairs {
    /// Compares everyone with everyone.
    pub(super) fn find(
        people: ArrayView2<'_, f32>,
        partitions: &[Partition],
        seed: u32,
    ) -> Result<Self> {
        let thresholds = thresholds(people)?;
        let floor = thresholds[0] - WIDTH / 2.0 - REACH;
        let count = select(people, partitions, floor, |_, _, _| false);
        let wanted: u64 = count.iter().map(|(seen, _)| seen).sum();
        let share = MOST_PAIRS as f64 / wanted as f64;
        // Which pairs are kept depends on the seed and their rows alone.
        let limit = (share * u64::MAX as f64) as u64;
        let keep = |a: u32, b: u32, _: f32| {
            share >= 1.0 || mix(mix(u64::from(seed)) ^ (u64::from(a) << 32 | u64::from(b))) < limit
        };
        let found = select(people, partitions, floor, keep);
        let blocks = found.into_iter().map(|(_, pairs)| pairs).collect();
        Ok(Pairs { thresholds, blocks, weight: 1.0 / share.min(1.0) })
    }

    /// How much the logarithm of the false match rate falls per unit of threshold.
    pub(super) fn slope(&self) -> f64 {
        let [low, .., high] = self.thresholds;
        (RATES[0] / RATES[RATES.len() - 1]).ln() / f64::from(high - low).max(1e-3)
    }

    /// The error e_g of each group of each partition, under the normaliser with these values.
    pub(super) fn errors(&self, h: &[f32], partitions: &[Partition]) -> Vec<Vec<f64>> {
        let starts: Vec<usize> = partitions
            .iter()
            .scan(0, |next, partition| {
                let start = *next;
                *next += partition.sizes.len();
                Some(start)
            })
            .collect();
        let groups: usize = partitions.iter().map(|partition| partition.sizes.len()).sum();
        let of_block = |pairs: &Vec<(u32, u32, f32)>| {
            let mut counts = vec![[0.0_f64; RATES.len()]; groups];
            for &(a, b, cosine) in pairs {
                let score = cosine - (h[a as usize] + h[b as usize]);
                let over = self
                    .thresholds
                    .map(|threshold| ((score - threshold) / WIDTH + 0.5).clamp(0.0, 1.0));
                // The lowest threshold is the first.
                if over[0] <= 0.0 {
                    continue;
                }
                for (partition, start) in partitions.iter().zip(&starts) {
                    if let Some(group) = shared(partition, a as usize, b as usize) {
                        let sums = &mut counts[start + usize::from(group)];
                        sums.iter_mut().zip(over).for_each(|(sum, over)| *sum += f64::from(over));
                    }
                }
            }
            counts
        };
        // Added up in the order of the blocks, whichever thread counted them.
        let counted: Vec<_> = self.blocks.par_iter().map(of_block).collect();
        let mut counts = vec![[0.0_f64; RATES.len()]; groups];
        for block in counted {
            for (sums, more) in counts.iter_mut().zip(block) {
                sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += self.weight * more);
            }
        }
        let of_partition = |(partition, start): (&Partition, &usize)| {
            errors(partition, &counts[*start..start + partition.sizes.len()])
        };
        partitions.iter().zip(&starts).map(of_partition).collect()
    }
}

/// The error of each group of a partition from its counts.
fn errors(partition: &Partition, counts: &[[f64; RATES.len()]]) -> Vec<f64> {
    let mut errors = vec![0.0; counts.len()];
    for (k, rate) in RATES.iter().enumerate() {
        let of_group = |(group, counts): (usize, &[f64; RATES.len()])| {
            let expected = rate * partition.pairs(group);
            let precise = expected.min(PRECISE) / (expected.min(PRECISE) + HALVED);
            (((counts[k] + 1.0) / (expected + 1.0)).ln(), precise)
        };
        let all: Vec<(f64, f64)> = counts.iter().enumerate().map(of_group).collect();
        let weights: f64 = all.iter().map(|(_, precise)| precise).sum();
        let level = all.iter().map(|(r, precise)| r * precise).sum::<f64>() / weights.max(1e-12);
        for (error, (r, precise)) in errors.iter_mut().zip(all) {
            *error += precise * (r - level) / RATES.len() as f64;
        }
    }
    errors
}

/// The group that two people share.
fn shared(partition: &Partition, a: usize, b: usize) -> Option<u16> {
    partition.group[a].filter(|group| partition.group[b] == Some(*group))
}

/// The thresholds of plain cosines at [`RATES`], over all pairs.
fn thresholds(people: ArrayView2<'_, f32>) -> Result<[f32; RATES.len()]> {
    let n = people.nrows();
    let values = people.iter().copied().collect();
    let all = CrossMatch::new(people.ncols(), values, (0..n as u32).collect(), vec![0; n])?;
    let histograms = all.histograms(Shard::whole());
    let counts = &histograms.get(0, 0)[..bin(SAME_PERSON)];
    let total: u64 = counts.iter().sum();
    let of_rate = |rate: f64| {
        let mut above = 0;
        let reached = |&bin: &usize| {
            above += counts[bin];
            above as f64 >= rate * total as f64
        };
        (0..counts.len().min(BINS)).rev().find(reached).map_or(0.0, edge)
    };
    let thresholds = RATES.map(of_rate);
    if total == 0 || thresholds[0] >= thresholds[RATES.len() - 1] {
        let message = "the templates are all alike, so no threshold separates them".to_owned();
        return Err(invalid(message, "form the normaliser from photos of different people"));
    }
    Ok(thresholds)
}

/// A number of pairs seen, and those kept.
type Selected = (u64, Vec<(u32, u32, f32)>);

/// For each block of rows: how many pairs share a group and have a cosine between `floor` and
/// [`SAME_PERSON`], and those of them that `keep` keeps.
fn select(
    people: ArrayView2<'_, f32>,
    partitions: &[Partition],
    floor: f32,
    keep: impl Fn(u32, u32, f32) -> bool + Sync,
) -> Vec<Selected> {
    let n = people.nrows();
    let blocks: Vec<usize> = (0..n).step_by(ROWS).collect();
    let of_block = |first: usize| {
        let last = n.min(first + ROWS);
        let similar = people.slice(s![first..last, ..]).dot(&people.slice(s![first.., ..]).t());
        let (mut seen, mut kept) = (0, Vec::new());
        for (row, similar) in similar.rows().into_iter().enumerate() {
            let a = first + row;
            for (place, &cosine) in similar.iter().enumerate().skip(row + 1) {
                // Most pairs fail here.
                if cosine < floor || cosine > SAME_PERSON {
                    continue;
                }
                let b = first + place;
                if partitions.iter().any(|partition| shared(partition, a, b).is_some()) {
                    seen += 1;
                    if keep(a as u32, b as u32, cosine) {
                        kept.push((a as u32, b as u32, cosine));
                    }
                }
            }
        }
        (seen, kept)
    };
    blocks.into_par_iter().map(of_block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves() -> Partition {
        Partition {
            name: "half".to_owned(),
            group: (0..2000).map(|person| Some(u16::from(person >= 1000))).collect(),
            sizes: vec![1000, 1000],
        }
    }

    #[test]
    fn equal_rates_are_no_error_and_unequal_ones_are_their_ratio() {
        let pairs = halves().pairs(0);
        let at = |factor: f64| RATES.map(|rate| factor * rate * pairs);
        let level = errors(&halves(), &[at(2.0), at(2.0)]);
        assert!(level.iter().all(|error| error.abs() < 1e-9), "{level:?}");
        let apart = errors(&halves(), &[at(4.0), at(1.0)]);
        // ±ln 2, shrunk a little.
        assert!((0.62..0.70).contains(&apart[0]) && (apart[0] + apart[1]).abs() < 1e-9);
    }
}
