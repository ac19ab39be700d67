//! The subject bootstrap, double or nothing (A. Owen and D. Eckles, 2012): each person's weight is
//! 0 or 2, a pair's the product of both. All 1,024 replicates are calculated at once: a person's
//! weights are 1,024 bits, a pair's the AND of two, and counters are kept in bit planes.

use evenmatch_core::random::{STEP, mix};

/// Number of replicates.
const LANES: usize = 1024;
const WORDS: usize = LANES / 64;

/// One bit a replicate.
pub(crate) type Mask = [u64; WORDS];

/// The unit of shares of errors in the counters. A whole one is a single bit, which is fast to add,
/// and replicates need no more digits.
const UNIT: u64 = 1 << 20;

/// Errors in units of 1/`one` as they are added to counters.
pub(crate) fn scaled(errors: u64, one: u64) -> u64 {
    if one == 1 { errors } else { (u128::from(errors) * u128::from(UNIT) / u128::from(one)) as u64 }
}

/// The replicates in which a person takes part.
pub(crate) fn mask(seed: u64, subject_key: u64) -> Mask {
    let start = mix(subject_key ^ mix(seed));
    std::array::from_fn(|word| mix(start.wrapping_add((word as u64 + 1).wrapping_mul(STEP))))
}

pub(crate) fn both(a: &Mask, b: &Mask) -> Mask {
    std::array::from_fn(|word| a[word] & b[word])
}

/// 1,024 counters as bit planes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Planes(Vec<Mask>);

impl Planes {
    /// Adds `times` to every counter whose bit is set.
    pub(crate) fn add(&mut self, mask: &Mask, times: u64) {
        let mut left = times;
        while left > 0 {
            let plane = left.trailing_zeros() as usize;
            self.add_at(mask, plane);
            left &= left - 1;
        }
    }

    fn add_at(&mut self, mask: &Mask, mut plane: usize) {
        let mut carry = *mask;
        loop {
            if plane >= self.0.len() {
                self.0.resize(plane + 1, [0; WORDS]);
            }
            let bits = &mut self.0[plane];
            let mut any = 0;
            for (bits, carry) in bits.iter_mut().zip(&mut carry) {
                let over = *bits & *carry;
                *bits ^= *carry;
                *carry = over;
                any |= over;
            }
            if any == 0 {
                return;
            }
            plane += 1;
        }
    }

    /// Adds another set of counters.
    pub(crate) fn merge(&mut self, other: &Planes) {
        for (plane, mask) in other.0.iter().enumerate() {
            self.add_at(mask, plane);
        }
    }

    /// Counters with these values.
    pub(crate) fn from_values(values: impl Iterator<Item = u64>) -> Self {
        let mut planes: Vec<Mask> = Vec::new();
        for (lane, value) in values.enumerate().take(LANES) {
            let bits = (u64::BITS - value.leading_zeros()) as usize;
            if bits > planes.len() {
                planes.resize(bits, [0; WORDS]);
            }
            for (plane, mask) in planes.iter_mut().enumerate() {
                mask[lane / 64] |= (value >> plane & 1) << (lane % 64);
            }
        }
        Planes(planes)
    }

    /// The counters' values.
    pub(crate) fn values(&self) -> Vec<u64> {
        (0..LANES)
            .map(|lane| {
                let bit = |mask: &Mask| mask[lane / 64] >> (lane % 64) & 1;
                self.0.iter().enumerate().map(|(plane, mask)| bit(mask) << plane).sum()
            })
            .collect()
    }
}

/// Counters over the pairs among people: with Σ over the people in a replicate, `(Σx)² − Σx²` over 2
/// pairs of samples.
pub(crate) fn pair_counters(members: impl Iterator<Item = (Mask, u64)>) -> Planes {
    let (mut sums, mut squares) = (vec![0_u64; LANES], vec![0_u64; LANES]);
    for (mask, x) in members.filter(|(_, x)| *x > 0) {
        for lane in 0..LANES {
            let bit = mask[lane / 64] >> (lane % 64) & 1;
            sums[lane] += bit * x;
            squares[lane] += bit * x * x;
        }
    }
    Planes::from_values(sums.iter().zip(squares).map(|(s, q)| (s * s - q) / 2))
}

/// Rates in every replicate: errors, [`scaled`] from units of 1/`one`, over trials; NaN without
/// trials.
pub(crate) fn replicate_rates(errors: &Planes, trials: &Planes, one: u64) -> Vec<f64> {
    let unit = scaled(one, one) as f64;
    let rate = |(e, n): (&u64, u64)| *e as f64 / (n as f64 * unit);
    errors.values().iter().zip(trials.values()).map(rate).collect()
}

/// The percentile interval of replicates; `None` if fewer than half of them are numbers.
pub(crate) fn percentiles(replicates: &[f64], confidence: f64) -> Option<(f64, f64)> {
    let mut sorted: Vec<f64> = replicates.iter().copied().filter(|x| x.is_finite()).collect();
    if sorted.len() < replicates.len().div_ceil(2) || sorted.is_empty() {
        return None;
    }
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (sorted.len() - 1) as f64;
        let (below, part) = (place.floor() as usize, place.fract());
        let next = sorted[(below + 1).min(sorted.len() - 1)];
        sorted[below] + part * (next - sorted[below])
    };
    let tail = 0.5 * (1.0 - confidence);
    Some((at(tail), at(1.0 - tail)))
}

/// The standard deviation of the finite replicates.
pub(crate) fn deviation(replicates: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = replicates.filter(|x| x.is_finite()).collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_count_like_plain_counters() {
        let mut planes = Planes::default();
        let mut plain = vec![0_u64; LANES];
        for subject in 0..300_u64 {
            let mask = mask(7, subject);
            let times = subject % 11;
            planes.add(&mask, times);
            for (lane, count) in plain.iter_mut().enumerate() {
                *count += times * (mask[lane / 64] >> (lane % 64) & 1);
            }
        }
        assert_eq!(planes.values(), plain);
        // Half of the replicates contain a given person, a quarter contain two given people.
        let ones = |mask: &Mask| mask.iter().map(|w| w.count_ones()).sum::<u32>();
        let total: u32 = (0..100).map(|s| ones(&mask(1, s))).sum();
        assert!((total as f64 / 102_400.0 - 0.5).abs() < 0.01);
        let pairs: u32 = (0..100).map(|s| ones(&both(&mask(1, s), &mask(1, s + 100)))).sum();
        assert!((pairs as f64 / 102_400.0 - 0.25).abs() < 0.01);
    }

    #[test]
    fn percentiles_interpolate() {
        let values: Vec<f64> = (0..=100).map(f64::from).collect();
        let (low, high) = percentiles(&values, 0.9).unwrap();
        assert!((low - 5.0).abs() < 1e-9 && (high - 95.0).abs() < 1e-9);
        assert_eq!(percentiles(&[f64::NAN; 4], 0.9), None);
    }
}
