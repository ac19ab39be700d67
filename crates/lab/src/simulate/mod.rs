//! A physical simulator of what a camera sees, for tests and benchmarks: a live head, flat
//! pictures of it, and recordings, all made from one still photo.
//!
//! **It is a stand-in.** It shows what a method does with known geometry, timing and noise; it is
//! not a measurement of people or of real attacks, and not a certification. Its numbers are always
//! called simulated. `docs/LIVENESS.md` says how each thing is drawn.

mod actor;
mod camera;
mod flat;
mod head;
mod performer;
mod script;
mod splices;
mod take;
mod triangles;

pub use actor::{Actor, HEIGHT, WIDTH};
pub use camera::Camera;
pub use flat::Medium;
pub use head::HeadState;
pub use performer::Performer;
pub use script::Script;
pub use take::{Frame, SimulatedKind, Take, TakeSettings};
