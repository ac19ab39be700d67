//! Small seeded generators whose streams do not depend on the order of rows or on threads.

/// SplitMix64 (G. Steele, D. Lea and C. Flood, 2014): one multiply-shift chain a number, any
/// 64-bit state.
#[derive(Debug, Clone)]
pub struct SplitMix(u64);

/// One scrambling of a number.
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// By how much the state of the generator grows with every number: 2⁶⁴ by the golden ratio.
pub const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl SplitMix {
    /// The stream that begins after this state, as the published generator has it.
    pub fn from_state(state: u64) -> Self {
        SplitMix(state)
    }

    /// A stream named by these numbers.
    pub fn new(seed: u64, stream: u64) -> Self {
        SplitMix(mix(seed.wrapping_add(STEP)) ^ mix(stream.wrapping_mul(STEP).wrapping_add(1)))
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// Uniform in [0, 1), in single precision.
    pub fn unit_f32(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the published reference implementation for the seed 1234567.
    #[test]
    fn the_stream_is_the_published_one() {
        let mut random = SplitMix::from_state(1_234_567);
        let first =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(first.map(|_| random.next()), first);
        assert!((0..1000).map(|_| random.unit()).all(|x| (0.0..1.0).contains(&x)));
    }
}
