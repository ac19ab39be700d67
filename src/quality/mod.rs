//! What can be measured on an aligned face beside who it shows.
//!
//! No measure here takes brightness for quality: a dark picture and a dark skin look alike to
//! such a measure, and a gate built on it would turn away people for their skin.

mod cielab;
mod skin_tone;

pub use skin_tone::{SkinTone, ita_band, skin_tone};
