//! From scores to what they are evidence of.

use crate::SampleSet;
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::record::Evidence;
use evenmatch_scores::crossmatch::{BINS, Shard, edge};

/// Fewest scores of each kind for a fit ("rule of 30").
const FEWEST: u64 = 30;
/// Newton steps; the problem is convex and a handful are enough.
const STEPS: usize = 60;

/// Fits the natural logarithm of the likelihood ratio, "same person" over "different people", as a
/// linear function of the score: prior-weighted logistic regression at even odds (N. Brümmer, J. du
/// Preez, "Application-independent evaluation of speaker detection", Computer Speech and Language
/// 20, 2006). All pairs of the set are compared; non-mated scores are taken at the middles of 4,096
/// bins.
///
/// # Errors
/// [`ErrorKind::InvalidArgument`] with fewer than 30 scores of either kind.
pub fn evidence(set: &SampleSet, description: &str, manifest_sha256: Digest) -> Result<Evidence> {
    let matrix = set.undivided()?;
    let mated: Vec<f64> =
        matrix.mated(Shard::whole()).iter().map(|pair| f64::from(pair.score)).collect();
    let histograms = matrix.histograms(Shard::whole());
    let middle = |bin| f64::midpoint(f64::from(edge(bin)), f64::from(edge(bin + 1)));
    let nonmated: Vec<(f64, u64)> = (0..BINS)
        .map(|bin| (middle(bin), histograms.get(0, 0)[bin]))
        .filter(|(_, n)| *n > 0)
        .collect();
    let counts = (mated.len() as u64, histograms.total());
    if counts.0 < FEWEST || counts.1 < FEWEST {
        let message = format!(
            "{} mated and {} non-mated comparisons are too few to say what a score is evidence of",
            counts.0, counts.1
        );
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
            .next("give photos with several of each person: --evidence people.csv"));
    }
    let samples = Samples { mated: &mated, nonmated: &nonmated, counts };
    let (slope, intercept) = samples.fit();
    Ok(Evidence {
        slope,
        intercept,
        // Something never seen in n comparisons is not known to be rarer than about 1 in n.
        lowest: -(counts.0 as f64).ln(),
        highest: (counts.1 as f64).ln(),
        cllr: samples.cllr(slope, intercept),
        mated: counts.0,
        nonmated: counts.1,
        description: description.to_owned(),
        manifest_sha256,
    })
}

struct Samples<'a> {
    mated: &'a [f64],
    nonmated: &'a [(f64, u64)],
    counts: (u64, u64),
}

impl Samples<'_> {
    /// Each score with its weight, each kind weighing one half in total; +1 for mated.
    fn each(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        let (m, n) = (0.5 / self.counts.0 as f64, 0.5 / self.counts.1 as f64);
        let mated = self.mated.iter().map(move |score| (*score, m, 1.0));
        mated.chain(self.nonmated.iter().map(move |(score, k)| (*score, n * *k as f64, -1.0)))
    }

    fn loss(&self, slope: f64, intercept: f64) -> f64 {
        self.each().map(|(s, w, sign)| w * (-sign * (slope * s + intercept)).exp().ln_1p()).sum()
    }

    /// Newton's method, with the step halved if a whole one overshoots.
    fn fit(&self) -> (f64, f64) {
        let (mut slope, mut intercept) = (0.0, 0.0);
        for _ in 0..STEPS {
            let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
            for (score, weight, sign) in self.each() {
                let p = 1.0 / (1.0 + (sign * (slope * score + intercept)).exp());
                let (g, h) = (-sign * weight * p, weight * p * (1.0 - p));
                g0 += g;
                g1 += g * score;
                h00 += h;
                h01 += h * score;
                h11 += h * score * score;
            }
            let determinant = h00 * h11 - h01 * h01;
            if determinant.abs() < 1e-300 {
                break;
            }
            let (d0, d1) =
                ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
            let before = self.loss(slope, intercept);
            let mut step = 1.0;
            while step > 1e-6 && self.loss(slope - step * d1, intercept - step * d0) > before {
                step /= 2.0;
            }
            slope -= step * d1;
            intercept -= step * d0;
            if (step * d0).abs() + (step * d1).abs() < 1e-10 {
                break;
            }
        }
        (slope, intercept)
    }

    /// C_llr in bits: 0 is perfect, 1 means no information.
    fn cllr(&self, slope: f64, intercept: f64) -> f64 {
        self.loss(slope, intercept) / std::f64::consts::LN_2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two normal densities of equal spread have a log-likelihood ratio that is linear in the
    /// score: (μ₁ − μ₀)/σ² · s − (μ₁² − μ₀²)/2σ².
    #[test]
    fn two_normal_densities_have_their_line() {
        let normal = |mean: f64| {
            let quantile = move |k: usize| {
                use statrs::distribution::{ContinuousCDF, Normal};
                let p = (k as f64 + 0.5) / 4000.0;
                Normal::new(mean, 0.1).unwrap().inverse_cdf(p)
            };
            (0..4000).map(quantile)
        };
        let mated: Vec<f64> = normal(0.3).collect();
        let nonmated: Vec<(f64, u64)> = normal(0.1).map(|score| (score, 3)).collect();
        let samples = Samples { mated: &mated, nonmated: &nonmated, counts: (4000, 12_000) };
        let (slope, intercept) = samples.fit();
        assert!((slope - 20.0).abs() < 0.1, "{slope}");
        assert!((intercept + 4.0).abs() < 0.03, "{intercept}");
        // Brümmer's C_llr of equal normal densities two standard deviations apart.
        let cllr = samples.cllr(slope, intercept);
        assert!((0.45..0.55).contains(&cllr), "{cllr}");
    }
}
