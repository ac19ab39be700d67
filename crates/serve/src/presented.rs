//! What a person presents: a frame of a session, or a photo.

use evenmatch::{Probe, Source};
use evenmatch_core::record::SessionEvidence;
use image::RgbImage;

/// What a person presents.
pub(crate) enum Presented<'a> {
    /// A frame of a session, and what the session showed.
    Frame(&'a RgbImage, SessionEvidence),
    /// A photo, without any session.
    Photo(&'a [u8]),
}

impl Presented<'_> {
    pub(crate) fn source(&self) -> Source<'_, Probe> {
        match self {
            Presented::Frame(frame, _) => Source::from(*frame),
            Presented::Photo(bytes) => Source::from(*bytes),
        }
    }
}
