//! How densely faces are packed around each face, among people of its own groups.
//!
//! ```text
//! y_i = mean over partitions of the mean of the highest 1 % of x_i·x_j, j in the group of i
//! ```
//!
//! People look most similar to people of their own group, so the highest similarities within it
//! are what false matches are made of. Subtracting what a face's neighbourhood scores is from P.
//! Terhörst and others, Pattern Recognition Letters 140, 2020.

use ndarray::{ArrayView2, s};
use rayon::prelude::*;

use super::partition::{LEAST_GROUP, Partition};

/// The share of the group that is near.
const NEAR: f64 = 0.01;
/// At least so many are near, even in a small group.
const LEAST_NEAR: usize = 3;
/// More similar than this are two photos of one person under two names.
pub(super) const SAME_PERSON: f32 = 0.8;
/// Rows whose similarities are calculated together.
const ROWS: usize = 128;

/// The density of each person: `None` for those without a large enough group.
pub(super) fn densities(people: ArrayView2<'_, f32>, partitions: &[Partition]) -> Vec<Option<f64>> {
    let mut sums = vec![(0.0, 0_u32); people.nrows()];
    for partition in partitions {
        for group in 0..partition.sizes.len() {
            if partition.sizes[group] < LEAST_GROUP {
                continue;
            }
            let of_group = |person: &usize| partition.group[*person] == Some(group as u16);
            let members: Vec<usize> = (0..people.nrows()).filter(of_group).collect();
            for (&member, density) in members.iter().zip(within(people, &members)) {
                if let Some(density) = density {
                    sums[member].0 += density;
                    sums[member].1 += 1;
                }
            }
        }
    }
    sums.iter().map(|&(sum, count)| (count > 0).then(|| sum / f64::from(count))).collect()
}

/// The density of each member among the members.
fn within(people: ArrayView2<'_, f32>, members: &[usize]) -> Vec<Option<f64>> {
    let own = people.select(ndarray::Axis(0), members);
    let near = ((NEAR * members.len() as f64).round() as usize).max(LEAST_NEAR);
    let blocks = (0..members.len()).step_by(ROWS).collect::<Vec<_>>().into_par_iter();
    let found = blocks.map(|first| {
        let last = members.len().min(first + ROWS);
        let similar = own.slice(s![first..last, ..]).dot(&own.t());
        let mut others = Vec::with_capacity(members.len());
        let of_row = |row: ndarray::ArrayView1<'_, f32>| {
            others.clear();
            others.extend(row.iter().filter(|&&similarity| similarity <= SAME_PERSON));
            highest(&mut others, near)
        };
        similar.rows().into_iter().map(of_row).collect::<Vec<_>>()
    });
    found.flatten().collect()
}

/// The mean of the `count` highest values.
fn highest(values: &mut [f32], count: usize) -> Option<f64> {
    let count = count.min(values.len());
    let last = count.checked_sub(1)?;
    values.select_nth_unstable_by(last, |a, b| b.total_cmp(a));
    // Sorted, so that the sum does not depend on the order left by the selection.
    values[..count].sort_unstable_by(|a, b| b.total_cmp(a));
    Some(values[..count].iter().map(|&value| f64::from(value)).sum::<f64>() / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_are_averaged() {
        assert_eq!(highest(&mut [0.25, 0.75, -1.0, 0.5], 2), Some(0.625));
        assert_eq!(highest(&mut [0.25], 3), Some(0.25));
        assert_eq!(highest(&mut [], 3), None);
    }
}
