//! What supports a false match rate, and what other people would show.

use evenmatch_core::record::{CalibratedRate, Claim};

/// Fewest false matches for a rate to count as measured ("rule of 30").
const MEASURED: u64 = 30;

/// How much longer the arms of the prediction interval are than those of the rate's own, on a
/// logarithmic scale. √2, since as many other people vary as much as those who were measured; and a
/// fifth more, since a half without the people whom many others resemble cannot show how much such
/// people matter. With √2 alone, 92 to 94 % of 200 splits of FairFace held; the splits are in the
/// test `thresholds_hold_on_real_people_that_did_not_choose_them`.
const OTHERS: f64 = 1.2 * std::f64::consts::SQRT_2;

/// What supports a rate.
pub(super) fn claim_of(fmr: &CalibratedRate) -> Claim {
    if fmr.errors >= MEASURED { Claim::Measured } else { Claim::UpperBound }
}

/// The prediction interval for the same number of other people.
pub(super) fn of_others(fmr: &CalibratedRate) -> [f64; 2] {
    if fmr.errors == 0 {
        return [0.0, (OTHERS * fmr.high).min(1.0)];
    }
    let arm = |end: f64| fmr.rate * (end / fmr.rate).powf(OTHERS);
    [arm(fmr.low), arm(fmr.high).min(1.0)]
}
