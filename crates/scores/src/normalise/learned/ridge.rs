//! Ridge regression of several targets on random features, people weighted.
//!
//! ```text
//! W = (Φᵀ V Φ + π·tr(Φᵀ V Φ)·I)⁻¹ Φᵀ V T     Φ: n × D features, centred;  V: n weights
//!                                            T: n × G targets, centred;   W: D × G
//! ```
//!
//! The matrix is summed from blocks of [`ROWS`] people in their order, each product in single
//! precision and their sum in double; it is factored once, in double precision. Threads share the
//! columns of a block, so no sum depends on their number.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};
use rayon::prelude::*;

use super::features::{LANES, RandomFeatures};

/// People whose features are calculated together: 12 MiB of them at 3,072 features.
const ROWS: usize = 1024;
/// Columns of the matrix that one thread calculates.
const BAND: usize = 256;
/// Columns that are eliminated together.
const PANEL: usize = 96;

/// The weights for several targets, and what they give.
pub(super) struct Fitted {
    /// D × G.
    pub(super) weights: Array2<f64>,
    /// n × G: (Φ − mean) W.
    pub(super) values: Array2<f32>,
    /// The weighted mean of each feature.
    pub(super) mean: Vec<f64>,
}

/// Fits weights for each column of `targets`. `weights` has one for each person, of mean 1.
pub(super) fn fit(
    features: &RandomFeatures,
    people: ArrayView2<'_, f32>,
    weights: &[f64],
    mut targets: Array2<f64>,
    penalty: f64,
) -> Fitted {
    let (count, columns) = (features.len(), targets.ncols());
    let total: f64 = weights.iter().sum();
    for mut column in targets.columns_mut() {
        let mean = column.iter().zip(weights).map(|(t, w)| t * w).sum::<f64>() / total;
        column.mapv_inplace(|target| target - mean);
    }
    let mut matrix = vec![0.0_f64; count * count];
    let mut right = Array2::<f64>::zeros((count, columns));
    let mut mean = vec![0.0_f64; count];
    for first in (0..people.nrows()).step_by(ROWS) {
        let last = people.nrows().min(first + ROWS);
        let mut block = features_of(features, people.slice(s![first..last, ..]));
        let mut aim = targets.slice(s![first..last, ..]).mapv(|target| target as f32);
        for (row, weight) in weights[first..last].iter().enumerate() {
            block.row(row).iter().zip(&mut mean).for_each(|(f, m)| *m += weight * f64::from(*f));
            let root = weight.sqrt() as f32;
            block.row_mut(row).mapv_inplace(|value| root * value);
            aim.row_mut(row).mapv_inplace(|value| root * value);
        }
        right += &block.t().dot(&aim).mapv(f64::from);
        // Only the part up to the diagonal.
        matrix.par_chunks_mut(BAND * count).enumerate().for_each(|(band, rows)| {
            let from = band * BAND;
            let to = count.min(from + BAND);
            let product = block.slice(s![.., from..to]).t().dot(&block.slice(s![.., ..to]));
            for (row, product) in rows.chunks_exact_mut(count).zip(product.rows()) {
                row.iter_mut().zip(product).for_each(|(sum, part)| *sum += f64::from(*part));
            }
        });
    }
    mean.iter_mut().for_each(|mean| *mean /= total);
    for (k, row) in matrix.chunks_exact_mut(count).enumerate() {
        row[..=k].iter_mut().zip(&mean).for_each(|(sum, other)| *sum -= total * mean[k] * other);
    }
    let trace: f64 = (0..count).map(|k| matrix[k * count + k]).sum();
    // Positive definite even if all features are constant.
    let ridge = (penalty * trace).max(1e-9);
    (0..count).for_each(|k| matrix[k * count + k] += ridge);
    factor(&mut matrix, count);
    solve(&matrix, &mut right);
    let values = values(features, people, &mean, &right);
    Fitted { weights: right, values, mean }
}

/// The features of these people, row by row.
fn features_of(features: &RandomFeatures, people: ArrayView2<'_, f32>) -> Array2<f32> {
    let mut found = Array2::zeros((people.nrows(), features.len()));
    let rows: Vec<_> = found.rows_mut().into_iter().zip(people.rows()).collect();
    rows.into_par_iter().for_each(|(mut found, person)| {
        let person = person.to_vec();
        for (place, values) in features.of(&person).enumerate() {
            for (lane, value) in values.into_iter().enumerate() {
                found[place * LANES + lane] = value;
            }
        }
    });
    found
}

/// (Φ − mean) W.
fn values(
    features: &RandomFeatures,
    people: ArrayView2<'_, f32>,
    mean: &[f64],
    weights: &Array2<f64>,
) -> Array2<f32> {
    let single = weights.mapv(|weight| weight as f32);
    let level: Vec<f32> = weights
        .columns()
        .into_iter()
        .map(|column| column.iter().zip(mean).map(|(w, m)| w * m).sum::<f64>() as f32)
        .collect();
    let mut values = Array2::zeros((people.nrows(), weights.ncols()));
    for first in (0..people.nrows()).step_by(ROWS) {
        let last = people.nrows().min(first + ROWS);
        let block = features_of(features, people.slice(s![first..last, ..]));
        let mut part = values.slice_mut(s![first..last, ..]);
        general_mat_mul(1.0, &block, &single, 0.0, &mut part);
        for mut row in part.rows_mut() {
            row.iter_mut().zip(&level).for_each(|(value, level)| *value -= level);
        }
    }
    values
}

/// Replaces the lower triangle of a positive definite matrix by its Cholesky factor L, panel by
/// panel (G. Golub, C. Van Loan, "Matrix Computations", 4th ed., 4.2.6).
fn factor(matrix: &mut [f64], size: usize) {
    for first in (0..size).step_by(PANEL) {
        let last = size.min(first + PANEL);
        for k in first..last {
            let (above, rest) = matrix.split_at_mut(k * size);
            let row = &mut rest[..size];
            for j in first..k {
                let other = &above[j * size..(j + 1) * size];
                let sum: f64 = (first..j).map(|i| row[i] * other[i]).sum();
                row[j] = (row[j] - sum) / other[j];
            }
            let square: f64 = row[first..k].iter().map(|value| value * value).sum();
            // Rounding must not make it negative.
            row[k] = (row[k] - square).max(1e-12).sqrt();
        }
        let (done, below) = matrix.split_at_mut(last * size);
        let diagonal = &done[first * size..];
        below.par_chunks_mut(size).for_each(|row| {
            for k in first..last {
                let other = &diagonal[(k - first) * size..(k - first + 1) * size];
                let sum: f64 = (first..k).map(|i| row[i] * other[i]).sum();
                row[k] = (row[k] - sum) / other[k];
            }
        });
        // A copy of the finished columns, because the rows that use them are changed.
        let height = size - last;
        let finished: Vec<f64> =
            below.chunks_exact(size).flat_map(|row| row[first..last].to_vec()).collect();
        let Ok(finished) = ArrayView2::from_shape((height, last - first), &finished) else {
            return;
        };
        below.par_chunks_mut(BAND * size).enumerate().for_each(|(band, rows)| {
            let from = band * BAND;
            let to = height.min(from + BAND);
            let Ok(rows) = ArrayViewMut2::from_shape((to - from, size), rows) else { return };
            let (_, rows) = rows.split_at(ndarray::Axis(1), last);
            let (mut rows, _) = rows.split_at(ndarray::Axis(1), to);
            let own = finished.slice(s![from..to, ..]);
            general_mat_mul(-1.0, &own, &finished.slice(s![..to, ..]).t(), 1.0, &mut rows);
        });
    }
}

/// Solves L Lᵀ W = B in place.
fn solve(factor: &[f64], right: &mut Array2<f64>) {
    let (size, columns) = right.dim();
    if columns == 0 {
        return;
    }
    let mut rows = std::mem::take(right).into_raw_vec_and_offset().0;
    for k in 0..size {
        let (done, rest) = rows.split_at_mut(k * columns);
        let row = &mut rest[..columns];
        for (other, l) in done.chunks_exact(columns).zip(&factor[k * size..]) {
            row.iter_mut().zip(other).for_each(|(value, other)| *value -= l * other);
        }
        row.iter_mut().for_each(|value| *value /= factor[k * size + k]);
    }
    for k in (0..size).rev() {
        let (before, rest) = rows.split_at_mut(k * columns);
        let row = &mut rest[..columns];
        row.iter_mut().for_each(|value| *value /= factor[k * size + k]);
        for (other, l) in before.chunks_exact_mut(columns).zip(&factor[k * size..]) {
            other.iter_mut().zip(&*row).for_each(|(value, row)| *value -= l * row);
        }
    }
    *right = Array2::from_shape_vec((size, columns), rows).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenmatch_core::random::SplitMix;

    #[test]
    fn the_solution_solves_the_system() {
        let mut random = SplitMix::new(3, 0);
        for size in [1, 5, PANEL, 2 * PANEL + 7] {
            let half = Array2::from_shape_fn((size, size), |_| random.unit() - 0.5);
            let whole = half.t().dot(&half) + Array2::<f64>::eye(size) * 0.1;
            let wanted = Array2::from_shape_fn((size, 3), |_| random.unit());
            let mut right = whole.dot(&wanted);
            let mut matrix: Vec<f64> = whole.iter().copied().collect();
            factor(&mut matrix, size);
            solve(&matrix, &mut right);
            let error = (&right - &wanted).iter().fold(0.0, |most: f64, e| most.max(e.abs()));
            assert!(error < 1e-9, "{size}: {error}");
        }
    }

    #[test]
    fn a_sum_of_features_is_found_again() {
        let features = RandomFeatures::draw(1, 4, 1);
        let mut random = SplitMix::new(9, 0);
        let mut people = Array2::from_shape_fn((1500, 4), |_| random.unit_f32() - 0.5);
        for mut row in people.rows_mut() {
            let length = row.dot(&row).sqrt();
            row.mapv_inplace(|value| value / length);
        }
        let all = features_of(&features, people.view());
        let target = |row: usize| 2.0 * f64::from(all[[row, 3]]) - 0.5 * f64::from(all[[row, 8]]);
        let targets = Array2::from_shape_fn((1500, 1), |(row, _)| 7.0 + target(row));
        let weights: Vec<f64> = (0..1500).map(|row| 0.5 + f64::from(row % 2)).collect();
        let fitted = fit(&features, people.view(), &weights, targets, 1e-9);
        let mean = (0..1500).map(|row| weights[row] * target(row)).sum::<f64>() / 1500.0;
        for row in 0..1500 {
            let error = f64::from(fitted.values[[row, 0]]) - (target(row) - mean);
            assert!(error.abs() < 1e-3, "{error}");
        }
    }
}
