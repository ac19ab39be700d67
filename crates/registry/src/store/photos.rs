//! Photos that wait for a review by people, as sealed bytes.

use super::Lookup;

/// What a photo is found by, and how long it may stay. All of it is bound to the sealed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoKey {
    /// Whose it is.
    pub lookup: Lookup,
    /// The number of the decision's entry in the ledger; 0 is the photo of the enrolment.
    pub decision: u64,
    /// When it was taken, in milliseconds since 1970 (UTC).
    pub taken_at: i64,
    /// Until when it may be kept.
    pub keep_until: i64,
}

/// A photo that is kept for a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPhoto {
    /// What it is found by.
    pub key: PhotoKey,
    /// The photo's own key, sealed with a key that is derived from the person's.
    pub wrapped_key: Vec<u8>,
    /// The photo, a JPEG, sealed with its own key.
    pub sealed: Vec<u8>,
}
