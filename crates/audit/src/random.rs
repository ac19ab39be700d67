//! Draws without replacement.

use evenmatch_core::random::SplitMix;

/// Natural logarithms of factorials, 0! to `n`!.
pub(crate) fn log_factorials(n: usize) -> Vec<f64> {
    let mut table = Vec::with_capacity(n + 1);
    let mut sum = 0.0;
    table.push(0.0);
    for i in 1..=n {
        sum += (i as f64).ln();
        table.push(sum);
    }
    table
}

/// How many of `draws` items are marked, if they are taken without replacement from `total` items
/// of which `marked` are marked. Inversion outwards from the mode.
pub(crate) fn hypergeometric(
    random: &mut SplitMix,
    log_factorial: &[f64],
    total: usize,
    marked: usize,
    draws: usize,
) -> usize {
    let low = (marked + draws).saturating_sub(total);
    let high = marked.min(draws);
    if low >= high {
        return high;
    }
    if draws == 1 {
        return usize::from(random.unit() * (total as f64) < marked as f64);
    }
    let mode = ((marked as f64 + 1.0) * (draws as f64 + 1.0) / (total as f64 + 2.0)) as usize;
    let mode = mode.clamp(low, high);
    let choose = |n: usize, k: usize| log_factorial[n] - log_factorial[k] - log_factorial[n - k];
    let unmarked = total - marked;
    let at_mode =
        (choose(marked, mode) + choose(unmarked, draws - mode) - choose(total, draws)).exp();
    let mut left = random.unit() - at_mode;
    let (mut down, mut up) = (mode, mode);
    let (mut p_down, mut p_up) = (at_mode, at_mode);
    while left >= 0.0 && (down > low || up < high) {
        if up < high {
            p_up *= (marked - up) as f64 * (draws - up) as f64
                / ((up + 1) as f64 * (unmarked + up + 1 - draws) as f64);
            up += 1;
            left -= p_up;
            if left < 0.0 {
                return up;
            }
        }
        if down > low {
            p_down *= down as f64 * (unmarked + down - draws) as f64
                / ((marked + 1 - down) as f64 * (draws + 1 - down) as f64);
            down -= 1;
            left -= p_down;
            if left < 0.0 {
                return down;
            }
        }
    }
    mode
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hypergeometric_has_its_mean_and_variance() {
        let table = log_factorials(2000);
        let mut random = SplitMix::new(1, 2);
        for (total, marked, draws) in [(50, 20, 10), (2000, 300, 900), (10, 9, 8), (7, 3, 1)] {
            let n = 40_000;
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..n {
                let x = hypergeometric(&mut random, &table, total, marked, draws) as f64;
                sum += x;
                squares += x * x;
            }
            let (t, m, d) = (total as f64, marked as f64, draws as f64);
            let mean = d * m / t;
            let variance = mean * (1.0 - m / t) * (t - d) / (t - 1.0);
            let measured = sum / f64::from(n);
            assert!((measured - mean).abs() < 5.0 * (variance / f64::from(n)).sqrt());
            let measured = squares / f64::from(n) - measured * measured;
            assert!((measured / variance - 1.0).abs() < 0.05, "{measured} {variance}");
        }
    }
}
