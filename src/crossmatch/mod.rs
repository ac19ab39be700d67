//! Every pair of templates compared, in blocks, without keeping the pairs.
//!
//! Plain numbers go in and come out, so that an audit can use it without knowing of models.

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
