//! The option `--jobs`: on how many threads a command runs.

use evenmatch_core::threads;

/// The number of threads: as many as requested, or one per core. More than are useful are not
/// started, which a note says.
pub(super) fn jobs(asked: Option<usize>) -> usize {
    let (asked, most) = (asked.unwrap_or_else(threads::cores).max(1), threads::most());
    if asked > most {
        eprintln!("note: --jobs {asked} is more than this machine can use; running {most} threads");
    }
    asked.min(most)
}

/// Runs on a pool of this many threads.
pub(super) fn with_threads<T: Send>(
    jobs: usize,
    work: impl FnOnce() -> T + Send,
) -> anyhow::Result<T> {
    Ok(threads::with(jobs, work)?)
}
