//! Every pair of templates compared, in blocks, without storing the pairs.
//!
//! Plain numbers in and out, so that an audit can use it without depending on models.
//! [`CrossMatch::with_offsets`] shifts scores by a value known for each template, as a normaliser
//! does.
//!
//! The templates are rows of a matrix; their products are calculated tile by tile, in a fixed grid
//! of [`TILE_ROWS`] × [`TILE_COLUMNS`] that fits a core's cache, and what is wanted of the scores
//! is taken from a tile before the next is calculated. A score is the same number, bit for bit,
//! whichever method asks for it, in any order of the rows, from any number of threads and in any
//! [`Shard`]: each is one sum over the dimension in a fixed order, by the same kernel of the matrix
//! library. Another processor may have another kernel, and then the last bits differ.

mod bins;
mod engine;
mod grid;
mod histograms;
mod part;
mod rows;
mod tally;

pub use bins::{BINS, bin, edge};
pub use engine::CrossMatch;
pub use grid::{Shard, TILE_COLUMNS, TILE_ROWS};
pub use histograms::ClassHistograms;
pub use part::{CrossMatchPart, PART_SCHEMA};

/// A pair of rows and the cosine similarity of their templates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredPair {
    /// The lower row.
    pub a: u32,
    /// The higher row.
    pub b: u32,
    /// Cosine similarity, −1 to 1.
    pub score: f32,
}
