//! Whether another person's face took the first one's place: the one thing in the pictures of a session
//! that counts as an attack, because templates and picture both have to say so.

use super::SAME_PERSON;
use super::follower::Likeness;

/// Another person took the first one's place if this many templates in a row are less like the start
/// than this, while they are like each other.
const EXCHANGED: (u32, f32) = (3, 0.15);
/// What is known since the last template that was like the start.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Exchange {
    /// The picture jumped.
    pub(super) cut: bool,
    /// The face was seen in every frame, alone, and no frame was missing.
    pub(super) held: bool,
    /// Templates in a row that are unlike the start and like each other.
    others: u32,
}

impl Exchange {
    /// Takes another template into account, and says whether all of this shows another person.
    pub(super) fn shows_another(&mut self, likeness: &Likeness) -> bool {
        let Likeness { to_start, to_last } = *likeness;
        if to_start >= SAME_PERSON {
            *self = Exchange { held: true, ..Exchange::default() };
        } else if to_start >= EXCHANGED.1 {
            self.others = 0;
        } else if self.others == 0 || to_last.is_some_and(|last| last >= SAME_PERSON) {
            self.others += 1;
        } else {
            self.others = 1;
        }
        self.cut && self.held && self.others >= EXCHANGED.0
    }
}
