//! All pairs, tile by tile.

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

use super::ScoredPair;
use super::bins::{BINS, Count, count, weigh};
use super::grid::{Grid, Shard, TILE_COLUMNS, TILE_ROWS, Tile};
use super::histograms::ClassHistograms;
use super::rows::Rows;
use super::tally::{Local, LocalWeights, Tally};
use evenmatch_core::{Error, ErrorKind, Result, Stage};

/// The number of scores that are checked together before they are checked one by one.
const AT_ONCE: usize = 64;

/// Fewer scores than this are counted in place: adding up a thread's own counts of all bins
/// afterwards would cost more than it saves.
const FEW: usize = 4 * BINS;

/// Compares every template with every other.
///
/// A row is a sample's template. *Subject* is a code for the person; a pair is mated if both have
/// the same one. A *class* is the finest group of samples that any view of the audit distinguishes.
/// Methods run on rayon's current pool and keep one tile per thread.
///
/// ```
/// use evenmatch_scores::crossmatch::{CrossMatch, Shard, bin};
/// let templates = vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0];
/// let all = CrossMatch::new(2, templates, vec![7, 7, 9], vec![0, 0, 1])?;
/// let mated = all.mated(Shard::whole());
/// assert_eq!((mated.len(), mated[0].a, mated[0].b, mated[0].score), (1, 0, 1, 0.6));
/// let non_mated = all.histograms(Shard::whole());
/// assert_eq!((non_mated.total(), non_mated.get(0, 1)[bin(0.8)]), (2, 1));
/// # Ok::<(), evenmatch_scores::Error>(())
/// ```
#[derive(Debug)]
pub struct CrossMatch {
    rows: Rows,
    grid: Grid,
    classes: usize,
}

impl CrossMatch {
    /// Takes templates of unit length, `dimension` values each, with the subject and class of each.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if the numbers of
    /// templates, subjects and classes differ, `dimension` is 0, a value is not finite, or a
    /// template's length differs from 1 by more than 10⁻³;
    /// [`ErrorKind::LimitExceeded`](crate::ErrorKind::LimitExceeded) with more than `u32::MAX`
    /// templates, or more than 512 different classes.
    pub fn new(
        dimension: usize,
        values: Vec<f32>,
        subject: Vec<u32>,
        class: Vec<u16>,
    ) -> Result<CrossMatch> {
        let rows = Rows::new(dimension, &values, &subject, &class)?;
        let classes = class.iter().max().map_or(0, |&highest| usize::from(highest) + 1);
        Ok(CrossMatch { grid: Grid::new(rows.len()), rows, classes })
    }

    /// Adds to every score the offsets of both its rows: one per template, in the order of the
    /// templates, rounded to 2⁻²². Scores are still counted within −1 to 1.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if there are not as many
    /// as templates, or one is not between −2 and 2.
    pub fn with_offsets(mut self, offsets: &[f32]) -> Result<CrossMatch> {
        self.rows.set_offsets(offsets)?;
        Ok(self)
    }

    /// The number of templates.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The highest class plus one.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The number of tiles of the fixed grid, which a [`Shard`] divides.
    #[must_use]
    pub fn tiles(&self) -> usize {
        self.grid.tiles()
    }

    /// Non-mated scores by unordered pair of classes, in [`BINS`] equal bins over [−1, 1].
    #[must_use]
    pub fn histograms(&self, shard: Shard) -> ClassHistograms {
        let codes = self.rows.class_codes();
        let tally = Tally::new(codes.len());
        self.tiles_of(shard)
            .fold(
                || (Products::default(), Local::new(&tally)),
                |(mut products, mut local), tile| {
                    products.make(&self.rows, &tile);
                    self.count(&tile, &products, &tally, &mut local);
                    (products, local)
                },
            )
            .for_each(|(_, mut local)| local.flush());
        let counts = tally.into_counts().map(|((g, h), counts)| ((codes[g], codes[h]), counts));
        ClassHistograms::new(self.classes, counts.collect())
    }

    /// The same, and beside it for each bin the sum over its scores of the product of the weights of
    /// both rows: one weight per template, in the order of the templates. Sums of whole numbers are
    /// the same from any number of threads.
    ///
    /// ```
    /// use evenmatch_scores::crossmatch::{CrossMatch, Shard, bin};
    /// let templates = vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0];
    /// let all = CrossMatch::new(2, templates, vec![7, 7, 9], vec![0; 3])?;
    /// // Both photos of one person weigh half as much as the only photo of another.
    /// let (counts, weights) = all.histograms_weighed(&[1, 1, 2], Shard::whole())?;
    /// assert_eq!((counts.total(), weights.total(), weights.get(0, 0)[bin(0.8)]), (2, 4, 2));
    /// # Ok::<(), evenmatch_scores::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if there are not as many
    /// weights as templates.
    pub fn histograms_weighed(
        &self,
        weights: &[u32],
        shard: Shard,
    ) -> Result<(ClassHistograms, ClassHistograms)> {
        if weights.len() != self.rows() {
            let message = format!("{} templates have {} weights", self.rows(), weights.len());
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Compare, message)
                .next("give one weight for each template"));
        }
        let sorted: Vec<u32> =
            (0..self.rows()).map(|row| weights[self.rows.original(row) as usize]).collect();
        let codes = self.rows.class_codes();
        let tally = Tally::with_weights(codes.len());
        self.tiles_of(shard)
            .fold(
                || (Products::default(), LocalWeights::new(&tally)),
                |(mut products, mut local), tile| {
                    products.make(&self.rows, &tile);
                    self.weigh(&tile, &products, &sorted, &tally, &mut local);
                    (products, local)
                },
            )
            .for_each(|(_, mut local)| local.flush());
        let (mut counts, mut sums) = (Vec::new(), Vec::new());
        for ((g, h), mut both) in tally.into_counts() {
            let pair = (codes[g], codes[h]);
            sums.push((pair, both.split_off(BINS)));
            counts.push((pair, both));
        }
        let histograms =
            |parts: Vec<_>| ClassHistograms::new(self.classes, parts.into_iter().collect());
        Ok((histograms(counts), histograms(sums)))
    }

    /// Mated scores, every one, sorted by (a, b).
    #[must_use]
    pub fn mated(&self, shard: Shard) -> Vec<ScoredPair> {
        let has_mated = |tile: &Tile| {
            tile.rows.clone().any(|row| self.rows.mated(row, tile.after(row)).next().is_some())
        };
        let pairs =
            self.collect(self.tiles_of(shard).filter(has_mated), |tile, products, found| {
                for row in tile.rows.clone() {
                    for columns in self.rows.mated(row, tile.after(row)) {
                        let scores = products.row(tile, row, columns.clone());
                        found.extend(columns.zip(scores).map(|(c, &s)| self.pair(row, c, s)));
                    }
                }
            });
        sorted(pairs)
    }

    /// Non-mated pairs with `score >= threshold`, sorted by (a, b).
    #[must_use]
    pub fn at_or_above(&self, threshold: f32, shard: Shard) -> Vec<ScoredPair> {
        let wanted = |score: f32| clamp(score) >= threshold;
        let pairs = self.collect(self.tiles_of(shard), |tile, products, found| {
            self.select(tile, products, wanted, |row, column, score| {
                found.push(self.pair(row, column, score));
            });
        });
        sorted(pairs)
    }

    /// Scores of non-mated pairs with `low <= score < high`, ascending.
    #[must_use]
    pub fn between(&self, low: f32, high: f32, shard: Shard) -> Vec<f32> {
        let wanted = |score: f32| (clamp(score) >= low) & (clamp(score) < high);
        let mut scores = self.collect(self.tiles_of(shard), |tile, products, found| {
            self.select(tile, products, wanted, |_, _, score| found.push(clamp(score)));
        });
        scores.par_sort_unstable_by(f32::total_cmp);
        scores
    }

    /// Non-mated pairs with `low <= score < high`, by descending score, then by (a, b).
    #[must_use]
    pub fn pairs_between(&self, low: f32, high: f32, shard: Shard) -> Vec<ScoredPair> {
        let wanted = |score: f32| (clamp(score) >= low) & (clamp(score) < high);
        let mut pairs = self.collect(self.tiles_of(shard), |tile, products, found| {
            self.select(tile, products, wanted, |row, column, score| {
                found.push(self.pair(row, column, score));
            });
        });
        pairs.par_sort_unstable_by(|x, y| {
            y.score.total_cmp(&x.score).then((x.a, x.b).cmp(&(y.a, y.b)))
        });
        pairs
    }

    fn tiles_of(&self, shard: Shard) -> impl ParallelIterator<Item = Tile> {
        (0..shard.len(self.grid.tiles()))
            .into_par_iter()
            .map(move |k| self.grid.tile(shard.tile(k)))
    }

    /// Calculates each tile and lets `take` pick from it; the order of what is picked is not fixed.
    fn collect<T: Send>(
        &self,
        tiles: impl ParallelIterator<Item = Tile>,
        take: impl Fn(&Tile, &Products, &mut Vec<T>) + Sync,
    ) -> Vec<T> {
        tiles
            .fold(
                || (Products::default(), Vec::new()),
                |(mut products, mut found), tile| {
                    products.make(&self.rows, &tile);
                    take(&tile, &products, &mut found);
                    (products, found)
                },
            )
            .map(|(_, found)| found)
            .reduce(Vec::new, |mut all, mut more| {
                all.append(&mut more);
                all
            })
    }

    /// Counts a tile's non-mated scores, one pair of classes after the other.
    fn count(&self, tile: &Tile, products: &Products, tally: &Tally, local: &mut Local) {
        for (g, rows) in self.rows.by_class(tile.rows.clone()) {
            for (h, columns) in self.rows.by_class(tile.columns.clone()) {
                let part = Tile { rows: rows.clone(), columns };
                let scores = part.rows.len() * part.columns.len();
                if part.after(part.rows.start).is_empty() {
                    continue;
                }
                if scores < FEW {
                    self.count_part(&part, tile, products, &mut tally.lock(g, h));
                } else {
                    self.count_part(&part, tile, products, local.at(g, h, scores));
                }
            }
        }
    }

    /// The same with weights, which are in the order of the sorted rows.
    fn weigh(
        &self,
        tile: &Tile,
        products: &Products,
        weights: &[u32],
        tally: &Tally,
        local: &mut LocalWeights<'_>,
    ) {
        for (g, rows) in self.rows.by_class(tile.rows.clone()) {
            for (h, columns) in self.rows.by_class(tile.columns.clone()) {
                let part = Tile { rows: rows.clone(), columns };
                if part.after(part.rows.start).is_empty() {
                    continue;
                }
                let add = |sums: &mut [u64]| {
                    for row in part.rows.clone() {
                        let own = u64::from(weights[row]);
                        self.rows.non_mated(row, part.after(row), |columns| {
                            let scores = products.row(tile, row, columns.clone());
                            weigh(scores, own, &weights[columns], sums);
                        });
                    }
                };
                if part.rows.len() * part.columns.len() < FEW {
                    add(&mut tally.lock(g, h));
                } else {
                    add(local.at(g, h));
                }
            }
        }
    }

    fn count_part<C: Count>(
        &self,
        part: &Tile,
        tile: &Tile,
        products: &Products,
        counts: &mut [C],
    ) {
        for row in part.rows.clone() {
            self.rows.non_mated(row, part.after(row), |columns| {
                count(products.row(tile, row, columns), counts);
            });
        }
    }

    /// Passes to `each` every non-mated pair of a tile whose score is wanted.
    fn select(
        &self,
        tile: &Tile,
        products: &Products,
        wanted: impl Fn(f32) -> bool,
        mut each: impl FnMut(usize, usize, f32),
    ) {
        for row in tile.rows.clone() {
            self.rows.non_mated(row, tile.after(row), |columns| {
                let mut column = columns.start;
                for scores in products.row(tile, row, columns).chunks(AT_ONCE) {
                    // Adding up has no branches; usually no score needs a closer check.
                    if scores.iter().map(|&score| u32::from(wanted(score))).sum::<u32>() > 0 {
                        for (place, &score) in scores.iter().enumerate() {
                            if wanted(score) {
                                each(row, column + place, score);
                            }
                        }
                    }
                    column += scores.len();
                }
            });
        }
    }

    fn pair(&self, row: usize, column: usize, score: f32) -> ScoredPair {
        let (one, other) = (self.rows.original(row), self.rows.original(column));
        ScoredPair { a: one.min(other), b: one.max(other), score: clamp(score) }
    }
}

/// A cosine: rounding, and lengths that are only nearly 1, may push it slightly out of the range.
#[inline(always)]
fn clamp(score: f32) -> f32 {
    let score = if score > -1.0 { score } else { -1.0 };
    if score < 1.0 { score } else { 1.0 }
}

fn sorted(mut pairs: Vec<ScoredPair>) -> Vec<ScoredPair> {
    pairs.par_sort_unstable_by_key(|pair| (pair.a, pair.b));
    pairs
}

/// The dot products of one tile; one is kept per thread and refilled.
#[derive(Default)]
struct Products(Vec<f32>);

impl Products {
    fn make(&mut self, rows: &Rows, tile: &Tile) {
        self.0.resize(TILE_ROWS * TILE_COLUMNS, 0.0);
        let shape = (tile.rows.len(), tile.columns.len());
        fn matrix<'a>(range: &Range<usize>, values: &'a [f32]) -> ArrayView2<'a, f32> {
            ArrayView2::from_shape((range.len(), values.len() / range.len().max(1)), values)
                .expect("every row has as many values")
        }
        let mut products = ArrayViewMut2::from_shape(shape, &mut self.0[..shape.0 * shape.1])
            .expect("the part has the length of the shape");
        let (a, b) = (
            matrix(&tile.rows, rows.values(&tile.rows)),
            matrix(&tile.columns, rows.columns(&tile.columns)),
        );
        general_mat_mul(1.0, &a, &b.t(), 0.0, &mut products);
    }

    /// The products of a row of the tile with some of its columns, both numbered as in [`Rows`].
    #[inline]
    fn row(&self, tile: &Tile, row: usize, columns: Range<usize>) -> &[f32] {
        let start = (row - tile.rows.start) * tile.columns.len();
        &self.0
            [start + columns.start - tile.columns.start..start + columns.end - tile.columns.start]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_clamped() {
        let long =
            CrossMatch::new(1, vec![1.0005, 1.0005, -1.0005], vec![0, 0, 1], vec![0; 3]).unwrap();
        let whole = Shard::whole();
        assert_eq!(long.mated(whole), [ScoredPair { a: 0, b: 1, score: 1.0 }]);
        let below: Vec<f32> = long.at_or_above(-1.0, whole).iter().map(|pair| pair.score).collect();
        assert_eq!(below, [-1.0, -1.0]);
        assert_eq!(long.between(-1.0, 1.0, whole), [-1.0, -1.0]);
        assert_eq!(long.histograms(whole).get(0, 0)[0], 2);
    }

    #[test]
    fn offsets_of_both_rows_are_added() {
        let all =
            CrossMatch::new(2, vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0], vec![7, 7, 9], vec![1, 0, 0])
                .unwrap()
                .with_offsets(&[0.25, -0.5, -0.125])
                .unwrap();
        let whole = Shard::whole();
        assert_eq!(all.mated(whole)[0].score, 0.6 + (0.25 - 0.5));
        let others = all.at_or_above(-1.0, whole);
        let scores: Vec<f32> = others.iter().map(|pair| pair.score).collect();
        assert_eq!(scores, [0.125, 0.8 + (-0.5 - 0.125)]);
        assert_eq!((others[0].a, others[0].b, others[1].a), (0, 2, 1));
        let one = || CrossMatch::new(1, vec![1.0], vec![0], vec![0]).unwrap();
        assert!(one().with_offsets(&[]).is_err());
        assert!(one().with_offsets(&[f32::NAN]).is_err());
    }

    #[test]
    fn shifted_scores_do_not_depend_on_the_order_of_the_rows() {
        let rows: Vec<[f32; 3]> = (1..40)
            .map(|k| {
                let (a, b) = (0.37 * k as f32, 0.91 * k as f32);
                [a.cos(), a.sin() * b.cos(), a.sin() * b.sin()]
            })
            .collect();
        let offset = |k: usize| (k as f32).sin() / 7.0;
        let scores = |order: &[usize]| {
            let values = order.iter().flat_map(|&k| rows[k]).collect();
            let subject = (0..order.len() as u32).collect();
            let offsets: Vec<f32> = order.iter().map(|&k| offset(k)).collect();
            let all = CrossMatch::new(3, values, subject, vec![0; order.len()]).unwrap();
            let all = all.with_offsets(&offsets).unwrap();
            let mut found: Vec<_> = all
                .at_or_above(-1.0, Shard::whole())
                .into_iter()
                .map(|pair| {
                    let (a, b) = (order[pair.a as usize], order[pair.b as usize]);
                    (a.min(b), a.max(b), pair.score.to_bits())
                })
                .collect();
            found.sort_unstable();
            found
        };
        let forward: Vec<usize> = (0..rows.len()).collect();
        let backward: Vec<usize> = forward.iter().rev().copied().collect();
        assert_eq!(scores(&forward), scores(&backward));
    }

    #[test]
    fn no_score_reaches_a_threshold_that_is_none() {
        let same = CrossMatch::new(1, vec![1.0, 1.0], vec![0, 1], vec![0; 2]).unwrap();
        assert_eq!(same.at_or_above(1.0, Shard::whole()).len(), 1);
        assert!(same.at_or_above(1.0_f32.next_up(), Shard::whole()).is_empty());
        assert!(same.at_or_above(f32::NAN, Shard::whole()).is_empty());
        assert_eq!(same.between(1.0, 2.0, Shard::whole()), [1.0]);
    }
}
