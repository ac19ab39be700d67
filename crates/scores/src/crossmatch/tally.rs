//! Counting scores by pair of classes, from many threads.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::bins::BINS;

/// Counts of every pair of classes, shared by all threads. Whole numbers are only added, so the
/// order in which threads come does not matter.
#[derive(Debug)]
pub(super) struct Tally {
    /// By pair, empty until something is counted: most pairs of many classes may never occur.
    pairs: Vec<Mutex<Vec<u64>>>,
    /// Numbers of each pair: one per bin, or two.
    width: usize,
}

/// The index of an unordered pair in a triangle.
fn pair(g: usize, h: usize) -> usize {
    let (low, high) = (g.min(h), g.max(h));
    high * (high + 1) / 2 + low
}

impl Tally {
    pub(super) fn new(classes: usize) -> Tally {
        Tally { pairs: (0..pair(0, classes)).map(|_| Mutex::default()).collect(), width: BINS }
    }

    /// A tally of counts and, behind them, of as many sums of weights.
    pub(super) fn with_weights(classes: usize) -> Tally {
        Tally { width: 2 * BINS, ..Tally::new(classes) }
    }

    /// The counts of one pair of classes, for this thread alone until the guard is dropped.
    pub(super) fn lock(&self, g: usize, h: usize) -> MutexGuard<'_, Vec<u64>> {
        // A thread that panicked takes the whole count with it, so poison adds nothing.
        let mut counts = self.pairs[pair(g, h)].lock().unwrap_or_else(PoisonError::into_inner);
        if counts.is_empty() {
            *counts = vec![0; self.width];
        }
        counts
    }

    /// The pairs of classes that were ever locked, as class indices, and their counts.
    pub(super) fn into_counts(self) -> impl Iterator<Item = ((usize, usize), Vec<u64>)> {
        let places = (0..).flat_map(|high: usize| (0..=high).map(move |low| (low, high)));
        places
            .zip(self.pairs)
            .map(|(pair, counts)| {
                (pair, counts.into_inner().unwrap_or_else(PoisonError::into_inner))
            })
            .filter(|(_, counts)| !counts.is_empty())
    }
}

/// One thread's counts of its current pair of classes, small enough for the inner caches; they go
/// to the [`Tally`] when the thread moves to another pair.
#[derive(Debug)]
pub(super) struct Local<'a> {
    tally: &'a Tally,
    pair: (usize, usize),
    counts: Box<[u32; BINS]>,
    /// How many may have been counted since the last time; it bounds each count.
    pending: usize,
}

impl<'a> Local<'a> {
    pub(super) fn new(tally: &'a Tally) -> Local<'a> {
        Local { tally, pair: (0, 0), counts: Box::new([0; BINS]), pending: 0 }
    }

    /// The counts of this pair of classes, to which up to `up_to` will be added.
    pub(super) fn at(&mut self, g: usize, h: usize, up_to: usize) -> &mut [u32] {
        if self.pair != (g, h) || self.pending > u32::MAX as usize - up_to {
            self.flush();
            self.pair = (g, h);
        }
        self.pending += up_to;
        self.counts.as_mut_slice()
    }

    /// Hands all counts over.
    pub(super) fn flush(&mut self) {
        if self.pending > 0 {
            let mut shared = self.tally.lock(self.pair.0, self.pair.1);
            for (shared, own) in shared.iter_mut().zip(self.counts.iter_mut()) {
                *shared += u64::from(*own);
                *own = 0;
            }
            self.pending = 0;
        }
    }
}

/// The same for counts and weights together.
#[derive(Debug)]
pub(super) struct LocalWeights<'a> {
    tally: &'a Tally,
    pair: (usize, usize),
    sums: Vec<u64>,
    used: bool,
}

impl<'a> LocalWeights<'a> {
    pub(super) fn new(tally: &'a Tally) -> LocalWeights<'a> {
        LocalWeights { tally, pair: (0, 0), sums: vec![0; 2 * BINS], used: false }
    }

    /// The sums of this pair of classes.
    pub(super) fn at(&mut self, g: usize, h: usize) -> &mut [u64] {
        if self.pair != (g, h) {
            self.flush();
            self.pair = (g, h);
        }
        self.used = true;
        &mut self.sums
    }

    /// Hands all sums over.
    pub(super) fn flush(&mut self) {
        if self.used {
            let mut shared = self.tally.lock(self.pair.0, self.pair.1);
            for (shared, own) in shared.iter_mut().zip(self.sums.iter_mut()) {
                *shared += *own;
                *own = 0;
            }
            self.used = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_reach_the_tally_when_the_pair_changes_and_before_they_overflow() {
        let tally = Tally::new(3);
        let mut local = Local::new(&tally);
        local.at(0, 1, 10)[5] += 3;
        assert!(tally.pairs.iter().all(|counts| counts.lock().unwrap().is_empty()));
        local.at(2, 2, 10)[5] += 4;
        assert_eq!(tally.lock(1, 0)[5], 3);
        local.at(2, 2, u32::MAX as usize - 10)[5] += u32::MAX - 10;
        local.at(2, 2, 1)[5] += 1;
        assert_eq!(tally.lock(2, 2)[5], u64::from(u32::MAX) - 6);
        local.flush();
        let found: Vec<_> = tally.into_counts().map(|(pair, counts)| (pair, counts[5])).collect();
        assert_eq!(found, [((0, 1), 3), ((2, 2), u64::from(u32::MAX) - 5)]);
    }
}
