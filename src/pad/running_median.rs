//! The last values of a quantity, and their median: what is usual for it.

/// How many values are kept.
const REMEMBERED: usize = 15;

/// The last values of a quantity, which show what is usual.
#[derive(Debug, Default)]
pub(super) struct RunningMedian(Vec<f32>);

impl RunningMedian {
    pub(super) fn push(&mut self, value: f32) {
        self.0.push(value);
        if self.0.len() > REMEMBERED {
            self.0.remove(0);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The last value, or one this many before it.
    pub(super) fn back(&self, before_last: usize) -> Option<f32> {
        self.0.iter().rev().nth(before_last).copied()
    }

    pub(super) fn median(&self) -> f32 {
        median(&self.0)
    }
}

pub(super) fn median(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}
