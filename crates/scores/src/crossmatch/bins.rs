//! Equal bins over the range of a cosine.

use std::ops::AddAssign;

/// The number of bins over [−1, 1]: a power of two, so that edges are exact in `f32`.
///
/// A thread's counts take 16 KiB, which fits an innermost cache, and those of a hundred classes,
/// which have 5,050 pairs, take 165 MB.
pub const BINS: usize = 1 << 12;

/// Bins per unit of score.
const SCALE: f32 = (BINS / 2) as f32;

/// Adding this to a number less than 2²² rounds it to a whole one, which is in the lowest bits of
/// the sum in two's complement. Unlike a cast, every processor does this on whole vectors.
const WHOLE: f32 = 12_582_912.0;

/// The number of scores that are turned into bins before they are counted.
const AT_ONCE: usize = 64;

/// The bin of a score; scores outside [−1, 1] fall into the first or the last.
///
/// `edge(bin(s)) <= s < edge(bin(s) + 1)` holds exactly for every `s` from −1 to 1.
#[must_use]
pub fn bin(score: f32) -> usize {
    place(score) as usize
}

/// The lower edge of a bin. `edge(BINS)`, and of anything higher, is the next number above 1, so
/// that the last bin contains 1 as well.
#[must_use]
pub fn edge(bin: usize) -> f32 {
    if bin >= BINS { 1.0_f32.next_up() } else { bin as f32 / SCALE - 1.0 }
}

/// ⌊score · BINS / 2⌋ + BINS / 2 within 0 and BINS − 1, without a branch or rounding: SCALE is a
/// power of two.
#[inline(always)]
fn place(score: f32) -> u32 {
    let scaled = score * SCALE;
    let scaled = if scaled > -SCALE { scaled } else { -SCALE };
    let scaled = if scaled < SCALE - 0.5 { scaled } else { SCALE - 0.5 };
    let moved = scaled + WHOLE;
    let rounded_up = u32::from(moved - WHOLE > scaled);
    moved
        .to_bits()
        .wrapping_sub(WHOLE.to_bits())
        .wrapping_sub(rounded_up)
        .wrapping_add(SCALE as u32)
}

/// A whole number that counts.
pub(super) trait Count: Copy + From<u8> + AddAssign {}

impl Count for u32 {}
impl Count for u64 {}

/// Adds one to the bin of each score; there are [`BINS`] counts.
pub(super) fn count<C: Count>(scores: &[f32], counts: &mut [C]) {
    assert_eq!(counts.len(), BINS, "one count a bin");
    let one = C::from(1);
    let mut bins = [0_u32; AT_ONCE];
    let (whole, rest) = scores.as_chunks::<AT_ONCE>();
    for scores in whole {
        for (bin, &score) in bins.iter_mut().zip(scores) {
            *bin = place(score);
        }
        for &bin in &bins {
            counts[bin as usize % BINS] += one;
        }
    }
    for &score in rest {
        counts[bin(score)] += one;
    }
}

/// Adds one to the count in each score's bin, and `weight` times the score's own weight to the sum
/// that is [`BINS`] further on.
pub(super) fn weigh(scores: &[f32], weight: u64, weights: &[u32], sums: &mut [u64]) {
    assert_eq!(sums.len(), 2 * BINS, "one count and one sum a bin");
    let (counts, sums) = sums.split_at_mut(BINS);
    let mut bins = [0_u32; AT_ONCE];
    for (scores, weights) in scores.chunks(AT_ONCE).zip(weights.chunks(AT_ONCE)) {
        for (bin, &score) in bins.iter_mut().zip(scores) {
            *bin = place(score);
        }
        for (&bin, &own) in bins.iter().zip(weights) {
            counts[bin as usize % BINS] += 1;
            sums[bin as usize % BINS] += weight * u64::from(own);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(score: f32) {
        let bin = bin(score);
        assert!(bin < BINS, "{score}");
        assert!(edge(bin) <= score && score < edge(bin + 1), "{score} in bin {bin}");
    }

    #[test]
    fn every_edge_and_its_neighbours_fall_where_they_belong() {
        for b in 0..BINS {
            assert_eq!(bin(edge(b)), b);
            assert!(edge(b) < edge(b + 1));
            holds(edge(b));
            holds(edge(b).next_up());
            if b > 0 {
                assert_eq!(bin(edge(b).next_down()), b - 1);
            }
        }
        for score in [-1.0, 1.0, 0.0, -0.0, f32::MIN_POSITIVE, -f32::MIN_POSITIVE, -1e-40, 1e-40] {
            holds(score);
        }
    }

    #[test]
    fn scores_beyond_the_range_fall_into_the_outer_bins() {
        assert_eq!((bin(-1.000_001), bin(f32::NEG_INFINITY)), (0, 0));
        assert_eq!((bin(1.000_001), bin(f32::INFINITY)), (BINS - 1, BINS - 1));
        assert_eq!(edge(BINS + 7), edge(BINS));
    }

    proptest! {
        #[test]
        fn edges_agree_with_bins(score in -1.0_f32..=1.0) {
            holds(score);
        }

        #[test]
        fn counting_many_is_counting_each(scores in prop::collection::vec(-1.1_f32..1.1, 0..300)) {
            let mut counts = vec![0_u64; BINS];
            count(&scores, &mut counts);
            let mut expected = vec![0_u64; BINS];
            for &score in &scores {
                expected[bin(score)] += 1;
            }
            prop_assert_eq!(&counts, &expected);
            let weights: Vec<u32> = (1..=scores.len() as u32).collect();
            let mut sums = vec![0; 2 * BINS];
            weigh(&scores, 3, &weights, &mut sums);
            prop_assert_eq!(&sums[..BINS], &expected[..]);
            expected.fill(0);
            for (&score, &weight) in scores.iter().zip(&weights) {
                expected[bin(score)] += 3 * u64::from(weight);
            }
            prop_assert_eq!(&sums[BINS..], &expected[..]);
        }
    }
}
