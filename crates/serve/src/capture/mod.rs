//! What applicants do with their link: capture, result, appeal, what is held, delete.

mod answers;
mod frames;
mod line;
mod live;
mod socket;

pub(crate) use answers::{appeal, decision, forget, held, photo, state};
pub(crate) use frames::{MOST_FRAME, abort, begin, finish, frame};
pub(crate) use live::Sessions;
pub(crate) use socket::socket;
