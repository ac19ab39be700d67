//! Threads: as many as help, and as many as the system allows.
//!
//! Answers do not depend on the number of threads, so having fewer is not a fault: where a limit
//! (`ulimit -u`, a container's) leaves only one, that one does all the work.

use std::num::NonZeroUsize;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{Error, ErrorKind, Result, Stage};

/// Threads that may be requested on any machine, so that answers can be compared on a small one.
const FEW: usize = 16;
/// Threads per core that still help, where some of them wait for a disk.
const PER_CORE: usize = 4;

/// Cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The most threads that help on this machine: more cost memory and time and gain nothing.
pub fn most() -> usize {
    cores().saturating_mul(PER_CORE).max(FEW)
}

/// Runs `work` with parallel iterators spread over this many threads (0: one per core), at most
/// [`most`]; over fewer where the system allows no more, down to the calling thread alone.
pub fn with<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T> {
    let wanted = if threads == 0 { cores() } else { threads.min(most()) };
    let sizes = std::iter::successors(Some(wanted), |size| (*size > 1).then_some(size / 2));
    for size in sizes {
        if let Ok(pool) = ThreadPoolBuilder::new().num_threads(size).build() {
            return Ok(pool.install(work));
        }
    }
    match alone() {
        Ok(Some(pool)) => Ok(pool.install(work)),
        // This thread already belongs to a pool.
        Ok(None) => Ok(work()),
        Err(error) => Err(error),
    }
}

/// A pool of the calling thread alone; `None` where that thread already belongs to a pool.
fn alone() -> Result<Option<ThreadPool>> {
    if rayon::current_thread_index().is_some() {
        return Ok(None);
    }
    ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().map(Some).map_err(
        |cause| {
            Error::new(ErrorKind::Runtime, Stage::Setup, "the threads could not be started")
                .caused_by(cause)
                .next("allow this user more processes: ulimit -u")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_as_many_as_were_asked_for_and_not_endless() {
        assert_eq!(with(3, rayon::current_num_threads).unwrap(), 3);
        assert_eq!(with(0, rayon::current_num_threads).unwrap(), cores());
        assert_eq!(with(100_000, rayon::current_num_threads).unwrap(), most());
    }

    #[test]
    fn one_thread_is_enough() {
        // On a thread of its own, which stays a pool of one.
        let done = std::thread::spawn(|| {
            let pool = alone().unwrap().unwrap();
            let sum = |n: u64| rayon::join(|| (0..n).sum::<u64>(), || n);
            let first = pool.install(|| sum(10));
            assert!(alone().unwrap().is_none());
            (first, sum(10))
        });
        assert_eq!(done.join().unwrap(), ((45, 10), (45, 10)));
    }
}
