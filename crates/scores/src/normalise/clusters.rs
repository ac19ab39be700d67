//! Spherical k-means: directions that stand for many faces each.
//!
//! I. Dhillon, D. Modha, "Concept decompositions for large sparse text data using clustering",
//! Machine Learning 42, 2001. Libraries for k-means minimise Euclidean distances to means that are
//! not of unit length, and none guarantees a minimum number of members, which is what keeps a
//! centroid from being one person's face.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

/// Rounds of assigning and averaging; later ones change next to nothing.
const ROUNDS: usize = 15;
/// Rows whose similarities to all centroids are calculated together.
const ROWS: usize = 1024;

/// Unit-length centroids of unit-length rows, each the mean direction of at least `least` rows.
/// It begins with `count` rows from row `first` on, wrapping around.
pub(super) fn spherical_k_means(
    rows: ArrayView2<'_, f32>,
    count: usize,
    first: usize,
    least: usize,
) -> Array2<f32> {
    let n = rows.nrows();
    let start: Vec<usize> = (0..count.min(n)).map(|k| (first + k) % n).collect();
    let mut centroids = rows.select(Axis(0), &start);
    for _ in 0..ROUNDS {
        let assigned = assign(rows, &centroids);
        centroids = means(rows, &assigned, &centroids);
    }
    // The smallest cluster is removed, and its members move to the next nearest centroid, until all
    // remaining clusters are large enough to hide each member.
    loop {
        let assigned = assign(rows, &centroids);
        let mut members = vec![0_usize; centroids.nrows()];
        assigned.iter().for_each(|&cluster| members[cluster] += 1);
        let smallest = (0..members.len()).min_by_key(|&cluster| members[cluster]);
        match smallest {
            Some(cluster) if members[cluster] < least && members.len() > 1 => {
                let others: Vec<usize> = (0..members.len()).filter(|&c| c != cluster).collect();
                centroids = centroids.select(Axis(0), &others);
            }
            Some(cluster) if members[cluster] >= least => {
                return means(rows, &assigned, &centroids);
            }
            _ => return Array2::zeros((0, rows.ncols())),
        }
    }
}

/// The nearest centroid of every row; among equally near ones, the first.
fn assign(rows: ArrayView2<'_, f32>, centroids: &Array2<f32>) -> Vec<usize> {
    let nearest = |row: ndarray::ArrayView1<'_, f32>| {
        let mut best = (0, f32::NEG_INFINITY);
        for (cluster, &product) in row.iter().enumerate() {
            if product > best.1 {
                best = (cluster, product);
            }
        }
        best.0
    };
    let blocks: Vec<_> = rows.axis_chunks_iter(Axis(0), ROWS).collect();
    let of_block = |block: ArrayView2<'_, f32>| {
        block.dot(&centroids.t()).rows().into_iter().map(nearest).collect::<Vec<_>>()
    };
    blocks.into_par_iter().flat_map(of_block).collect()
}

/// Mean directions; a cluster that has lost all its members stays where it was.
fn means(rows: ArrayView2<'_, f32>, assigned: &[usize], before: &Array2<f32>) -> Array2<f32> {
    let mut sums = Array2::<f64>::zeros(before.dim());
    for (row, &cluster) in rows.rows().into_iter().zip(assigned) {
        sums.row_mut(cluster).zip_mut_with(&row, |sum, &value| *sum += f64::from(value));
    }
    let mut means = before.clone();
    for (mut mean, sum) in means.rows_mut().into_iter().zip(sums.rows()) {
        let length = sum.dot(&sum).sqrt();
        if length > 1e-12 {
            mean.zip_mut_with(&sum, |mean, &sum| *mean = (sum / length) as f32);
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr2;

    /// Two bundles of directions and one separate row.
    fn rows() -> Array2<f32> {
        let mut rows = Vec::new();
        for step in 0..6 {
            let angle = 0.02 * step as f32;
            rows.push([angle.cos(), angle.sin(), 0.0]);
            rows.push([0.0, angle.cos(), angle.sin()]);
        }
        rows.push([0.0, -0.6, -0.8]);
        arr2(&rows)
    }

    #[test]
    fn bundles_are_found_and_nobody_stands_alone() {
        let rows = rows();
        for first in [0, 5, 12] {
            let found = spherical_k_means(rows.view(), 4, first, 3);
            let nearest = |wanted: [f32; 3]| {
                let of = |c: ndarray::ArrayView1<'_, f32>| {
                    c.iter().zip(wanted).map(|(a, b)| a * b).sum::<f32>()
                };
                found.rows().into_iter().map(of).fold(f32::MIN, f32::max)
            };
            // The single row joins one of them and pulls it a little aside.
            assert!(nearest([0.05_f32.cos(), 0.05_f32.sin(), 0.0]) > 0.98);
            assert!(nearest([0.0, 0.05_f32.cos(), 0.05_f32.sin()]) > 0.98);
            assert!(nearest([0.0, -0.6, -0.8]) < 0.9, "a single row became a centroid");
            for row in found.rows() {
                assert!((row.dot(&row) - 1.0).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn too_few_rows_make_no_centroid() {
        assert_eq!(spherical_k_means(rows().view(), 3, 0, 14).nrows(), 0);
    }
}
