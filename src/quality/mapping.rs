//! From raw values to the common scale of 0 to 100.

/// A raw value and what it maps to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// In the component's own unit.
    pub raw: f32,
    /// 0 to 100, where 100 is best, as in ISO/IEC 29794-5.
    pub mapped: u8,
}

impl Measure {
    /// A raw value mapped by the logistic curve `100 / (1 + exp(−(raw − middle) / width))`, the
    /// form that ISO/IEC 29794-5 gives most components. A negative width is for values where less
    /// is better. `None` where the raw value is not a number.
    pub(super) fn logistic(raw: f32, middle: f32, width: f32) -> Option<Self> {
        Self::of(raw, 1.0 / (1.0 + (-(raw - middle) / width).exp()))
    }

    /// A raw value and the share, 0 to 1, that it maps to.
    pub(super) fn of(raw: f32, share: f32) -> Option<Self> {
        let sound = raw.is_finite() && share.is_finite();
        // The cast saturates.
        sound.then(|| Measure { raw, mapped: (100.0 * share).round().clamp(0.0, 100.0) as u8 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_worth_fifty_and_directions_hold() {
        let rising = |raw| Measure::logistic(raw, 20.0, 4.0).unwrap().mapped;
        let falling = |raw| Measure::logistic(raw, 20.0, -4.0).unwrap().mapped;
        assert_eq!((rising(20.0), falling(20.0)), (50, 50));
        // 1 / (1 + e^-1) = 0.731.
        assert_eq!((rising(24.0), falling(24.0)), (73, 27));
        assert_eq!((rising(-1e9), rising(1e9)), (0, 100));
        assert_eq!(Measure::logistic(f32::NAN, 0.0, 1.0), None);
        assert_eq!(Measure::of(3.0, 7.0).unwrap().mapped, 100);
    }
}
