//! Presentation attack detection (ISO/IEC 30107): was a live person in front of the camera?
//!
//! A still photo cannot show it: passive signals on it deny or ask for more, and never grant. A
//! challenge session over frames can: random steps, done in time, by one person, with the parallax
//! of a solid head.

pub mod passive;
mod step;

pub use step::Step;
