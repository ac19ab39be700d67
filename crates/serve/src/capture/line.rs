//! The line of people who wait for a live session.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Who has not asked for so long has left.
const LEFT: Duration = Duration::from_secs(20);

/// People in the order in which they came, by the id of their link.
#[derive(Debug, Default)]
pub(super) struct Line(VecDeque<(String, Instant)>);

impl Line {
    /// Whether this person's turn has come while so many places are free; otherwise the place in
    /// line, from 1. Who asks for the first time joins at the end.
    pub(super) fn ask(&mut self, who: &str, free: usize, now: Instant) -> Result<(), usize> {
        self.0.retain(|(other, asked)| other == who || now.duration_since(*asked) < LEFT);
        let place = match self.0.iter().position(|(other, _)| other == who) {
            Some(place) => place,
            None => {
                self.0.push_back((who.to_owned(), now));
                self.0.len() - 1
            }
        };
        self.0[place].1 = now;
        if place < free {
            self.0.remove(place);
            return Ok(());
        }
        Err(place - free + 1)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_come_in_their_order_and_keep_their_place() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut line = Line::default();
        assert_eq!(line.ask("a", 1, at(0)), Ok(()));
        assert_eq!(line.ask("b", 0, at(1)), Err(1));
        assert_eq!(line.ask("c", 0, at(2)), Err(2));
        assert_eq!(line.ask("b", 0, at(3)), Err(1), "the same place again");
        assert_eq!(line.ask("d", 1, at(4)), Err(2), "nobody passes those who wait");
        assert_eq!(line.ask("b", 1, at(5)), Ok(()));
        assert_eq!(line.ask("d", 0, at(21)), Err(2));
        assert_eq!(line.ask("d", 0, at(23)), Err(1), "c has left");
        assert_eq!(line.len(), 1);
    }
}
