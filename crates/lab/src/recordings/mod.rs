//! Recordings of real people as test material: read with their true times, made worse as cameras,
//! browsers and hands do, and challenges that ask for what a recording shows.
//!
//! - [`Sampling::read`]: the frames of a video, through ffmpeg.
//! - [`Trouble`]: what cameras, browsers and hands do by themselves; seeded.
//! - [`fitted`]: a challenge fitted to a recording's own movements. It shows whether the way to a
//!   pass is open to real faces, and nothing about attacks.

mod fitted;
mod pictures;
mod read;
mod trouble;

pub use fitted::{Fitted, Movement, calm_starts, fitted, movements};
pub use read::Sampling;
pub use trouble::Trouble;

/// A frame and its time in milliseconds.
pub type Frame = (image::RgbImage, u64);

/// The frames in reverse order, at times `slower` times as far apart. A head that moves has the same
/// inertia backwards, and many recordings end with the calm look into the camera that a session
/// begins with.
pub fn backwards(frames: &[Frame], slower: f64) -> Vec<Frame> {
    let end = frames.last().map_or(0, |(_, ms)| *ms);
    let at = |ms: u64| (slower * (end - ms.min(end)) as f64) as u64;
    frames.iter().rev().map(|(image, ms)| (image.clone(), at(*ms))).collect()
}
