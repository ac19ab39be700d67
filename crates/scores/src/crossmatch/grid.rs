//! The fixed grid of tiles, and parts of it.

use std::ops::Range;

use evenmatch_core::{Error, ErrorKind, Result, Stage};

/// Rows of a tile.
pub const TILE_ROWS: usize = 256;

/// Columns of a tile; a multiple of [`TILE_ROWS`].
pub const TILE_COLUMNS: usize = 512;

/// One part of the work: the tiles whose number has the remainder `index` when divided by `count`.
///
/// The results of the parts, combined in any order, equal the result of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// Part `index` of `count`, from 0.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] unless `index < count`.
    pub fn new(index: usize, count: usize) -> Result<Shard> {
        if index < count {
            return Ok(Shard { index, count });
        }
        let message = format!("there is no part {index} of {count}; parts are numbered from 0");
        Err(Error::new(ErrorKind::InvalidArgument, Stage::Compare, message)
            .next("use a part number below the number of parts"))
    }

    /// Everything: part 0 of 1.
    #[must_use]
    pub fn whole() -> Shard {
        Shard { index: 0, count: 1 }
    }

    /// How many of `tiles` tiles are in this part.
    pub(super) fn len(self, tiles: usize) -> usize {
        tiles.saturating_sub(self.index).div_ceil(self.count)
    }

    /// The number of this part's `k`th tile.
    pub(super) fn tile(self, k: usize) -> usize {
        self.index + k * self.count
    }
}

/// A block of rows against a block of columns; its pairs are those whose column is above the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
}

impl Tile {
    /// The columns with which this row forms pairs.
    pub(super) fn after(&self, row: usize) -> Range<usize> {
        self.columns.end.min(self.columns.start.max(row + 1))..self.columns.end
    }
}

/// All tiles that contain a pair of `n` rows, numbered along the rows, then down.
#[derive(Debug)]
pub(super) struct Grid {
    n: usize,
    /// The number of the first tile of each block of rows, and the number of tiles.
    starts: Vec<usize>,
}

impl Grid {
    pub(super) fn new(n: usize) -> Grid {
        let mut starts = vec![0];
        for first in (0..n).step_by(TILE_ROWS) {
            let before = starts.last().copied().unwrap_or(0);
            starts.push(before + n.div_ceil(TILE_COLUMNS) - first / TILE_COLUMNS);
        }
        Grid { n, starts }
    }

    pub(super) fn tiles(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The tile of this number, which is below [`Grid::tiles`].
    pub(super) fn tile(&self, number: usize) -> Tile {
        let block = self.starts.partition_point(|&start| start <= number) - 1;
        let row = block * TILE_ROWS;
        let column = (row / TILE_COLUMNS + number - self.starts[block]) * TILE_COLUMNS;
        Tile {
            rows: row..self.n.min(row + TILE_ROWS),
            columns: column..self.n.min(column + TILE_COLUMNS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_in_one_tile() {
        for n in [0, 1, 2, TILE_ROWS, TILE_COLUMNS + 1, 2 * TILE_COLUMNS + TILE_ROWS + 3] {
            let grid = Grid::new(n);
            let mut seen = vec![0_u8; n * n];
            for number in 0..grid.tiles() {
                let Tile { rows, columns } = grid.tile(number);
                assert!(!rows.is_empty() && !columns.is_empty());
                for (row, column) in rows.flat_map(|r| columns.clone().map(move |c| (r, c))) {
                    seen[row * n + column] += 1;
                }
            }
            for row in 0..n {
                assert!(seen[row * n + row..(row + 1) * n].iter().all(|&times| times == 1), "{n}");
            }
        }
    }

    #[test]
    fn shards_share_the_tiles_out() {
        for (tiles, count) in [(0, 1), (1, 3), (10, 3), (9, 3), (7, 1)] {
            let mut numbers: Vec<usize> = (0..count)
                .map(|index| Shard::new(index, count).unwrap())
                .flat_map(|shard| (0..shard.len(tiles)).map(move |k| shard.tile(k)))
                .collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (0..tiles).collect::<Vec<_>>(), "{tiles} in {count}");
        }
    }

    #[test]
    fn a_part_beyond_the_last_is_an_error() {
        for (index, count) in [(0, 0), (3, 3), (4, 3)] {
            let error = Shard::new(index, count).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        }
        assert_eq!(Shard::new(0, 1).unwrap(), Shard::whole());
    }
}
