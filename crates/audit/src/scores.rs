//! Threshold-free summaries from histograms: DET and ROC points, d′, Cllr and minimum Cllr.

use std::collections::BTreeMap;

use super::all_pairs::AllPairs;
use super::cells::{CurvePoint, Histogram, ScoreSummary};
use super::cohort::Cohort;
use super::intake::{FirstPass, Intake, Weights};
use super::report::ScoreReport;
use super::row_cache::{Row, RowCache, workers};
use super::select::{self, BINS, GROUP_BINS, Scale};
use crate::Result;
use crate::records::Mating;

/// Bins of the histograms in the report.
const REPORT_BINS: usize = 64;
/// Most points of a curve.
const POINTS: usize = 200;

/// The summaries of everyone and of each group.
pub(crate) fn scores(
    intake: &mut Intake,
    pairs: Option<&AllPairs>,
    cohort: &Cohort,
    (seen, weights): (&FirstPass, Option<&Weights>),
    scale: Scale,
    reported: &(dyn Fn(&Row) -> bool + Sync),
) -> Result<ScoreReport> {
    debug_assert_eq!(seen.mated_bins.len(), BINS);
    let counts = [seen.mated_bins.as_slice(), seen.nonmated_bins.as_slice()];
    let weighed = seen.weighed.as_ref();
    let bins = weighed.map_or(counts, |w| [w.mated.as_slice(), w.nonmated.as_slice()]);
    let one = weighed.map_or([1; 2], |w| w.one);
    let pair = ScoreHistograms { scale, mated: bins[0], nonmated: bins[1], one };
    let mut overall = pair.summary();
    overall.cllr = pair.cllr();
    [overall.mated, overall.nonmated] = counts.map(|counts| histogram(scale, counts));
    let compared = |row: &Row| {
        let counts = row.species == 0 && row.mating != Mating::Unstated && reported(row);
        let weight = || weights.map_or(1, |weights| weights.reported.weight(cohort, row));
        (counts && row.score.is_finite())
            .then(|| (row.mating == Mating::Mated, row.score, weight()))
    };
    let exact = match pairs {
        Some(pairs) => pairs.equal_error(&mated_scores(&mut intake.cache, &compared)?),
        None => select::equal_error(&mut intake.cache, compared, scale, bins, counts)?,
    };
    overall.eer = exact.map(|eer| eer.rate);
    overall.eer_threshold = exact.map(|eer| eer.threshold);
    let mut attributes = BTreeMap::new();
    for (place, (view, bins)) in cohort.views.iter().zip(&seen.groups).enumerate() {
        let counts = bins.chunks(2 * GROUP_BINS).enumerate();
        let groups = view.groups.iter().zip(counts).map(|(name, (group, counts))| {
            let counts: Vec<u64> = counts.iter().map(|n| u64::from(*n)).collect();
            let at = 2 * GROUP_BINS * group;
            let weighed = weighed.map(|w| &w.groups[place][at..at + 2 * GROUP_BINS]);
            let (mated, nonmated) = weighed.unwrap_or(&counts).split_at(GROUP_BINS);
            let mut summary = ScoreHistograms { scale, mated, nonmated, one }.summary();
            let (mated, nonmated) = counts.split_at(GROUP_BINS);
            summary.mated = histogram(scale, mated);
            summary.nonmated = histogram(scale, nonmated);
            (name.clone(), summary)
        });
        attributes.insert(view.name.clone(), groups.collect());
    }
    Ok(ScoreReport { overall, attributes })
}

/// All mated scores with their weights, sorted.
fn mated_scores(
    cache: &mut RowCache,
    compared: &(impl Fn(&Row) -> Option<(bool, f64, u64)> + Sync),
) -> Result<Vec<(f64, u64)>> {
    let mut parts = workers(Vec::new);
    cache.scan(&mut parts, |part, row| {
        part.extend(compared(row).filter(|(mated, ..)| *mated).map(|(_, s, w)| (s, w)));
    })?;
    let mut all = parts.concat();
    all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    Ok(all)
}

fn histogram(scale: Scale, counts: &[u64]) -> Histogram {
    let wide = counts.len() / REPORT_BINS;
    Histogram {
        low: scale.low,
        high: scale.high,
        counts: counts.chunks(wide).map(|chunk| chunk.iter().sum()).collect(),
    }
}

/// Mated and non-mated scores over equal bins of one scale.
pub(crate) struct ScoreHistograms<'a> {
    pub(crate) scale: Scale,
    /// What the mated scores in each bin weigh.
    pub(crate) mated: &'a [u64],
    pub(crate) nonmated: &'a [u64],
    /// What counts once weighs: 1 for a comparison.
    pub(crate) one: [u64; 2],
}

impl ScoreHistograms<'_> {
    fn bins(&self) -> usize {
        self.mated.len()
    }

    fn fine(&self, bin: usize) -> usize {
        bin * (BINS / self.bins())
    }

    fn middle(&self, bin: usize) -> f64 {
        0.5 * self.scale.edge(self.fine(bin)) + 0.5 * self.scale.edge(self.fine(bin + 1))
    }

    fn totals(&self) -> (u64, u64) {
        (self.mated.iter().sum(), self.nonmated.iter().sum())
    }

    /// Everything but Cllr, from the bins alone.
    pub(crate) fn summary(&self) -> ScoreSummary {
        let (eer, eer_threshold) = self.equal_error().unzip();
        ScoreSummary {
            eer,
            eer_threshold,
            d_prime: self.d_prime(),
            cllr: None,
            min_cllr: self.min_cllr(),
            curve: self.curve(),
            mated: histogram(self.scale, self.mated),
            nonmated: histogram(self.scale, self.nonmated),
        }
    }

    /// The rates are taken at bin edges, so they are accurate to one bin width.
    fn equal_error(&self) -> Option<(f64, f64)> {
        let (mated, nonmated) = self.totals();
        if mated == 0 || nonmated == 0 {
            return None;
        }
        self.edges().find(|p| p.fmr <= p.fnmr).map(|p| (0.5 * (p.fmr + p.fnmr), p.threshold))
    }

    /// Rates at every bin edge, thresholds ascending.
    fn edges(&self) -> impl Iterator<Item = CurvePoint> + '_ {
        let (mated, nonmated) = self.totals();
        let (mut below_mated, mut below_nonmated) = (0, 0);
        (0..=self.bins()).map(move |bin| {
            let point = CurvePoint {
                threshold: self.scale.edge(self.fine(bin)),
                fmr: 1.0 - below_nonmated as f64 / nonmated as f64,
                fnmr: below_mated as f64 / mated as f64,
            };
            if bin < self.bins() {
                below_mated += self.mated[bin];
                below_nonmated += self.nonmated[bin];
            }
            point
        })
    }

    fn curve(&self) -> Vec<CurvePoint> {
        let (mated, nonmated) = self.totals();
        if mated == 0 || nonmated == 0 {
            return Vec::new();
        }
        // A point wherever either rate has moved by one of several equal steps on a logarithmic
        // scale.
        let step = |rate: f64, total: u64, one: u64| {
            let floor = 0.5 / (total as f64 / one as f64);
            let steps = POINTS as f64 / 2.0 - 2.0;
            ((rate.max(floor).ln() / floor.ln()) * steps) as i64
        };
        let mut last = None;
        let mut points: Vec<CurvePoint> = Vec::new();
        for point in self.edges() {
            let [one_mated, one_nonmated] = self.one;
            let cell =
                (step(point.fmr, nonmated, one_nonmated), step(point.fnmr, mated, one_mated));
            if last != Some(cell) {
                points.push(point);
                last = Some(cell);
            }
        }
        points.truncate(POINTS);
        points
    }

    fn d_prime(&self) -> Option<f64> {
        let (mean_mated, variance_mated) = self.moments(self.mated, self.one[0])?;
        let (mean_nonmated, variance_nonmated) = self.moments(self.nonmated, self.one[1])?;
        let spread = (0.5 * (variance_mated + variance_nonmated)).sqrt();
        Some((mean_mated - mean_nonmated).abs() / spread).filter(|d| d.is_finite())
    }

    fn moments(&self, counts: &[u64], one: u64) -> Option<(f64, f64)> {
        let total = counts.iter().sum::<u64>() as f64 / one as f64;
        let mean = self.expectation(counts, |score| score)?;
        let square = self.expectation(counts, |score| (score - mean) * (score - mean))?;
        (total > 1.0).then(|| (mean, square * total / (total - 1.0)))
    }

    fn expectation(&self, counts: &[u64], value: impl Fn(f64) -> f64) -> Option<f64> {
        let total = counts.iter().sum::<u64>();
        let sum: f64 = counts
            .iter()
            .enumerate()
            .filter(|(_, n)| **n > 0)
            .map(|(bin, &n)| n as f64 * value(self.middle(bin)))
            .sum();
        (total > 0).then(|| sum / total as f64)
    }

    /// Cllr in bits of scores read as natural logarithms of likelihood ratios (N. Brümmer and J.
    /// du Preez, 2006).
    pub(crate) fn cllr(&self) -> Option<f64> {
        let bits = |x: f64| (x.max(0.0) + (-x.abs()).exp().ln_1p()) / std::f64::consts::LN_2;
        let mated = self.expectation(self.mated, |llr| bits(-llr))?;
        let nonmated = self.expectation(self.nonmated, bits)?;
        Some(0.5 * (mated + nonmated)).filter(|cllr| cllr.is_finite())
    }

    /// Cllr after the best monotone calibration, by pooling adjacent violators.
    fn min_cllr(&self) -> Option<f64> {
        let (mated, nonmated) = self.totals();
        if mated == 0 || nonmated == 0 {
            return None;
        }
        let mut blocks: Vec<(u64, u64)> = Vec::new();
        for (&m, &n) in self.mated.iter().zip(self.nonmated).filter(|(m, n)| **m + **n > 0) {
            blocks.push((m, n));
            // Pool while an earlier block has at least as large a share of mated scores.
            while let [.., (m1, n1), (m2, n2)] = blocks[..] {
                if u128::from(m1) * u128::from(n2) < u128::from(m2) * u128::from(n1) {
                    break;
                }
                blocks.truncate(blocks.len() - 2);
                blocks.push((m1 + m2, n1 + n2));
            }
        }
        let bits = |numerator: f64, denominator: f64| (1.0 + numerator / denominator).log2();
        let mut sum = 0.0;
        for (m, n) in blocks {
            let (a, b) = (m as f64 / mated as f64, n as f64 / nonmated as f64);
            if m > 0 {
                sum += a * bits(b, a);
            }
            if n > 0 {
                sum += b * bits(a, b);
            }
        }
        Some(0.5 * sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(scale: Scale, scores: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; BINS];
        scores.iter().for_each(|s| counts[scale.bin(*s)] += 1);
        counts
    }

    #[test]
    fn separable_scores_cost_nothing_after_calibration_and_chance_costs_one_bit() {
        let scale = Scale::new(-3.0, 3.0);
        let (low, high) = (counts(scale, &[-3.0, -2.0]), counts(scale, &[2.0, 3.0]));
        let pair = ScoreHistograms { scale, mated: &high, nonmated: &low, one: [1; 2] };
        assert!(pair.min_cllr().unwrap() < 1e-12);
        let by_hand = ((1.0 + (-2.0_f64).exp()).log2() + (1.0 + (-3.0_f64).exp()).log2()) / 2.0;
        assert!((pair.cllr().unwrap() - by_hand).abs() < 1e-4);
        assert!((pair.d_prime().unwrap() - 5.0 / 0.5_f64.sqrt()).abs() < 1e-2);
        let chance = ScoreHistograms { scale, mated: &low, nonmated: &low, one: [1; 2] };
        assert!((chance.min_cllr().unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(pair.summary().eer, Some(0.0));
    }

    #[test]
    fn curves_descend_and_stay_small() {
        let scale = Scale::new(0.0, 1.0);
        let scores: Vec<f64> = (0..20_000).map(|i| f64::from(i) / 20_000.0).collect();
        let squares: Vec<f64> = scores.iter().map(|s| s.sqrt()).collect();
        let (mated, nonmated) = (counts(scale, &squares), counts(scale, &scores));
        let curve =
            ScoreHistograms { scale, mated: &mated, nonmated: &nonmated, one: [1; 2] }.curve();
        assert!((50..=POINTS).contains(&curve.len()));
        assert!(curve.windows(2).all(|w| w[0].fmr >= w[1].fmr && w[0].fnmr <= w[1].fnmr));
        for point in &curve {
            assert!((point.fmr - (1.0 - point.threshold)).abs() < 1e-3);
        }
    }
}
