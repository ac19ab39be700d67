//! The centroids of a cohort, and how similar the nearest of them are to a face.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ndarray::ArrayView2;

/// Values whose products are summed side by side: as many as fit well into vector registers, always
/// in this order.
const LANES: usize = 16;

/// Centroids of unit length, in one or several clusterings of the same people.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Neighbours {
    dimension: usize,
    nearest: usize,
    /// Row by row.
    clusterings: Vec<Vec<f32>>,
}

impl Neighbours {
    /// Reads clusterings of centroids, rows of signed bytes in base64, of which the `nearest` count.
    ///
    /// # Errors
    /// What is wrong with them, to follow "the normaliser cannot be used".
    pub(super) fn open(
        clusterings: &[String],
        dimension: usize,
        nearest: usize,
    ) -> Result<Self, &'static str> {
        if clusterings.is_empty() || dimension == 0 {
            return Err("it has no centroids");
        }
        let one = |text: &String| {
            let bytes = STANDARD.decode(text).map_err(|_| "it is not base64")?;
            if nearest == 0 || bytes.len() % dimension != 0 || bytes.len() / dimension < nearest {
                return Err("a clustering has too few centroids, or an incomplete one");
            }
            Ok(bytes.chunks_exact(dimension).flat_map(unit).collect())
        };
        let clusterings = clusterings.iter().map(one).collect::<Result<_, _>>()?;
        Ok(Neighbours { dimension, nearest, clusterings })
    }

    /// How similar the nearest centroids are to this direction, −1 to 1: the mean over clusterings.
    pub(super) fn similarity(&self, direction: &[f32]) -> f64 {
        let mut similar = Vec::new();
        let mut sum = 0.0;
        for centroids in &self.clusterings {
            similar.clear();
            similar.extend(centroids.chunks_exact(self.dimension).map(|c| dot(direction, c)));
            let last = self.nearest - 1;
            similar.select_nth_unstable_by(last, |a, b| b.total_cmp(a));
            // Sorted, so that the sum does not depend on the order left by the selection.
            similar[..self.nearest].sort_unstable_by(|a, b| b.total_cmp(a));
            let near = similar[..self.nearest].iter().map(|s| f64::from(*s)).sum::<f64>();
            sum += near / self.nearest as f64;
        }
        sum / self.clusterings.len() as f64
    }
}

/// Centroids as a record stores them: signed bytes in base64, the largest value of a row as 127.
pub(super) fn encoded(centroids: ArrayView2<'_, f32>) -> String {
    let mut bytes = Vec::with_capacity(centroids.len());
    for row in centroids.rows() {
        let largest = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        bytes.extend(row.iter().map(|value| (value / largest * 127.0).round() as i8 as u8));
    }
    STANDARD.encode(bytes)
}

fn unit(row: &[u8]) -> Vec<f32> {
    let values: Vec<f32> = row.iter().map(|&byte| f32::from(byte as i8)).collect();
    let square: f64 = values.iter().map(|v| f64::from(*v).powi(2)).sum();
    let inverse = 1.0 / square.sqrt().max(1e-6);
    values.into_iter().map(|value| (f64::from(value) * inverse) as f32).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a_whole, a_rest) = a.split_at(a.len() - a.len() % LANES);
    let (b_whole, b_rest) = b.split_at(a_whole.len());
    for (a, b) in a_whole.chunks_exact(LANES).zip(b_whole.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr2;

    #[test]
    fn the_nearest_are_averaged_over_clusterings() {
        let of = |rows: &[[f32; 2]]| encoded(arr2(rows).view());
        let all = [of(&[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]), of(&[[0.0, -1.0], [0.0, 1.0]])];
        let found = Neighbours::open(&all, 2, 2).unwrap().similarity(&[0.6, 0.8]);
        // (0.6 + 0.8) / 2 and (-0.8 + 0.8) / 2.
        assert!((found - 0.35).abs() < 1e-6, "{found}");
        for (texts, dimension, nearest) in
            [(&all[..0], 2, 1), (&all[..], 2, 3), (&all[..], 2, 0), (&all[..], 4, 1), (&all, 0, 1)]
        {
            assert!(Neighbours::open(texts, dimension, nearest).is_err());
        }
    }
}
