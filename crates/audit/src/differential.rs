//! How rates differ between groups: the measures, calculated from a slice of rates.
//!
//! Sources: NIST IR 8429 (max/min, max over geometric mean, Gini), NIST SP 800-63A-4 (worst over
//! overall), J. Howard et al. (GARBE), P. Grother (inequity rate), T. Pereira and S. Marcel
//! (fairness discrepancy rate). ISO/IEC 19795-10 calls Gini of FMR and of FNMR the false positive
//! and the false negative differential.

/// A measure of how one error rate varies between groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// `max x − min x`.
    MaxMinusMin,
    /// `max x / min x`.
    MaxOverMin,
    /// `max x / exp(mean ln x)`.
    MaxOverGeomean,
    /// `max x / x_all`.
    WorstOverOverall,
    /// `K/(K−1) · ΣΣ|x_i − x_j| / (2K²·x̄)`.
    Gini,
}

impl Measure {
    /// All, in the order of the report.
    pub const ALL: [Measure; 5] = [
        Measure::MaxMinusMin,
        Measure::MaxOverMin,
        Measure::MaxOverGeomean,
        Measure::WorstOverOverall,
        Measure::Gini,
    ];

    /// The measure of these rates, one rate per group.
    ///
    /// `floors` stand in for zero rates in a denominator (their one-sided 95 % upper bounds), so
    /// that a ratio stays finite; it is then at least 1. `None` with fewer than two groups, or for
    /// ratios if no group has an error.
    pub fn of(self, rates: &[f64], floors: &[f64], overall: f64) -> Option<f64> {
        if rates.len() < 2 {
            return None;
        }
        let max = rates.iter().copied().fold(0.0, f64::max);
        let floored =
            || rates.iter().zip(floors).map(|(&x, &floor)| if x > 0.0 { x } else { floor });
        let any_zero = rates.contains(&0.0);
        let ratio = |value: f64| if any_zero { value.max(1.0) } else { value };
        match self {
            Measure::MaxMinusMin => Some(max - rates.iter().copied().fold(f64::INFINITY, f64::min)),
            _ if max == 0.0 => None,
            Measure::MaxOverMin => Some(ratio(max / floored().fold(f64::INFINITY, f64::min))),
            Measure::MaxOverGeomean => {
                let mean_log = floored().map(f64::ln).sum::<f64>() / rates.len() as f64;
                Some(ratio(max / mean_log.exp()))
            }
            Measure::WorstOverOverall => (overall > 0.0).then(|| max / overall),
            Measure::Gini => Some(gini(rates)),
        }
        .filter(|value| value.is_finite())
    }
}

/// The Gini coefficient with the small-sample factor K/(K−1): 0 if all rates are equal, 1 if one
/// group has all the errors. 0 if all rates are zero.
pub fn gini(rates: &[f64]) -> f64 {
    let k = rates.len() as f64;
    let sum: f64 = rates.iter().sum();
    if rates.len() < 2 || sum <= 0.0 {
        return 0.0;
    }
    // Σ_i Σ_j |x_i − x_j| = 2 Σ_i (2i − K + 1)·x_(i) over ascending x, i from 0.
    let mut sorted = rates.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let spread: f64 =
        sorted.iter().enumerate().map(|(i, x)| (2.0 * i as f64 - k + 1.0) * x).sum::<f64>() * 2.0;
    k / (k - 1.0) * spread / (2.0 * k * sum)
}

/// A measure of both error rates together, at α = 0.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Combined {
    /// `α·Gini(FMR) + (1−α)·Gini(FNMR)`.
    Garbe,
    /// `(maxFMR/minFMR)^α · (maxFNMR/minFNMR)^(1−α)`.
    InequityRate,
    /// `1 − (α·maxΔFMR + (1−α)·maxΔFNMR)`.
    Fdr,
}

/// The weight of false matches in [`Combined`].
pub const ALPHA: f64 = 0.5;

impl Combined {
    /// All, in the order of the report.
    pub const ALL: [Combined; 3] = [Combined::Garbe, Combined::InequityRate, Combined::Fdr];

    /// The measure's field name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Combined::Garbe => "garbe",
            Combined::InequityRate => "inequity_rate",
            Combined::Fdr => "fdr",
        }
    }

    /// The measure of the groups' FMR and FNMR; floors as in [`Measure::of`].
    pub fn of(
        self,
        fmr: &[f64],
        fmr_floors: &[f64],
        fnmr: &[f64],
        fnmr_floors: &[f64],
    ) -> Option<f64> {
        let both = |measure: Measure| {
            let x = measure.of(fmr, fmr_floors, f64::NAN)?;
            let y = measure.of(fnmr, fnmr_floors, f64::NAN)?;
            Some((x, y))
        };
        match self {
            Combined::Garbe if fmr.len() >= 2 && fnmr.len() >= 2 => {
                Some(ALPHA * gini(fmr) + (1.0 - ALPHA) * gini(fnmr))
            }
            Combined::Garbe => None,
            Combined::InequityRate => {
                both(Measure::MaxOverMin).map(|(x, y)| x.powf(ALPHA) * y.powf(1.0 - ALPHA))
            }
            Combined::Fdr => {
                both(Measure::MaxMinusMin).map(|(x, y)| 1.0 - (ALPHA * x + (1.0 - ALPHA) * y))
            }
        }
    }
}

/// Holm's step-down adjustment: valid for any dependence between the tests.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut running = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        let factor = (p_values.len() - rank) as f64;
        running = running.max((p_values[index] * factor).min(1.0));
        adjusted[index] = running;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFW/BUPT counts of one public model at t = 0.3671254: African, Asian, Caucasian, Indian.
    const FMR: [(f64, f64); 4] = [(74., 2978.), (21., 2995.), (9., 3000.), (15., 2976.)];
    const FNMR: [(f64, f64); 4] = [(644., 2988.), (949., 2996.), (746., 3000.), (693., 2990.)];

    fn rates(counts: [(f64, f64); 4]) -> Vec<f64> {
        counts.iter().map(|(errors, trials)| errors / trials).collect()
    }

    fn printed(value: Option<f64>, decimals: usize) -> String {
        format!("{:.decimals$}", value.unwrap())
    }

    #[test]
    fn golden_table() {
        let (fmr, fnmr) = (rates(FMR), rates(FNMR));
        let of = |m: Measure, x: &[f64], all: f64| m.of(x, &[f64::NAN; 4], all);
        let fmr_all = 119.0 / 11949.0;
        let fnmr_all = 3032.0 / 11974.0;
        assert_eq!(printed(of(Measure::MaxOverMin, &fmr, fmr_all), 3), "8.283");
        assert_eq!(printed(of(Measure::MaxOverGeomean, &fmr, fmr_all), 4), "3.4684");
        assert_eq!(printed(of(Measure::Gini, &fmr, fmr_all), 5), "0.56405");
        assert_eq!(printed(of(Measure::WorstOverOverall, &fmr, fmr_all), 3), "2.495");
        assert_eq!(printed(of(Measure::MaxOverMin, &fnmr, fnmr_all), 4), "1.4697");
        assert_eq!(printed(of(Measure::MaxOverGeomean, &fnmr, fnmr_all), 5), "1.26473");
        assert_eq!(printed(of(Measure::Gini, &fnmr, fnmr_all), 5), "0.10552");
        assert_eq!(printed(of(Measure::WorstOverOverall, &fnmr, fnmr_all), 3), "1.251");
        let both = |m: Combined| m.of(&fmr, &[f64::NAN; 4], &fnmr, &[f64::NAN; 4]);
        assert_eq!(printed(both(Combined::Fdr), 5), "0.93846");
        assert_eq!(printed(both(Combined::Garbe), 5), "0.33478");
        assert_eq!(printed(both(Combined::InequityRate), 3), "3.489");
    }

    #[test]
    fn a_group_without_errors_keeps_ratios_finite() {
        let x = [0.0, 2.0 / 2995.0, 4.0 / 2978.0, 3.0 / 2976.0];
        let floor = 1.0 - 0.05_f64.powf(1.0 / 3000.0);
        let floors = [floor; 4];
        let ratio = Measure::MaxOverGeomean.of(&x, &floors, 1e-3).unwrap();
        let by_hand = x[2] / (floor * x[1] * x[2] * x[3]).powf(0.25);
        assert!((ratio - by_hand).abs() < 1e-12);
        assert!((1.0..3.0).contains(&ratio));
        assert!((Measure::MaxOverMin.of(&x, &floors, 1e-3).unwrap() - x[2] / x[1]).abs() < 1e-12);
        assert_eq!(Measure::MaxOverGeomean.of(&[0.0; 4], &floors, 0.0), None);
    }

    #[test]
    fn gini_is_zero_for_equals_and_one_for_a_monopoly() {
        assert!(gini(&[0.2; 5]).abs() < 1e-12);
        assert!((gini(&[0.0, 0.0, 0.3]) - 1.0).abs() < 1e-12);
        assert_eq!(gini(&[0.0, 0.0]), 0.0);
    }

    #[test]
    fn holm_by_hand() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (a, b) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((a - b).abs() < 1e-12);
        }
    }
}
