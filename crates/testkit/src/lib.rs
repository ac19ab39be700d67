//! What the tests of every crate share: where real data is, and how a test skips.
//!
//! A test that needs models or photos asks for them here. Where they are absent it gets `None`, the
//! reason is printed, and the skip is counted in the file that `EVENMATCH_SKIPPED` names
//! (`scripts/test.sh` prints the count). Where `EVENMATCH_REQUIRE` names what is absent
//! (`models`, `photos`, or both with a comma), the test fails.
#![allow(clippy::print_stderr)]

pub mod timing;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use evenmatch_core::random::SplitMix;

/// Simulated numbers with a fixed stream.
#[derive(Debug, Clone)]
pub struct Random(SplitMix);

impl Random {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Random(SplitMix::from_state(seed))
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.0.unit()
    }

    /// Uniform in 0 to `n` − 1.
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.unit(), self.unit());
        (-2.0 * u.ln()).sqrt() * (2.0 * std::f64::consts::PI * v).cos()
    }
}

/// What a test may need that is not in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The default models and ONNX Runtime, which `evenmatch models fetch` prepares.
    Models,
    /// The photos and records of `../shared/data`, or of the folder that `EVENMATCH_DATA` names.
    Photos,
    /// Anything else, which nobody can require: a server, a program, a published data set.
    Other,
}

impl Need {
    fn name(self) -> &'static str {
        match self {
            Need::Models => "models",
            Need::Photos => "photos",
            Need::Other => "other",
        }
    }

    /// Whether `list`, the value of `EVENMATCH_REQUIRE`, names it.
    fn is_in(self, list: &str) -> bool {
        list.split(',').any(|word| word.trim() == self.name())
    }
}

/// Says that the current test skips, and why; always `None`.
///
/// # Panics
/// Where `EVENMATCH_REQUIRE` names what is needed, and for models where `EVENMATCH_TEST_NETWORK` is
/// set: the test must not pass without it.
pub fn skip<T>(need: Need, why: &str) -> Option<T> {
    let required = std::env::var("EVENMATCH_REQUIRE").unwrap_or_default();
    assert!(!need.is_in(&required), "EVENMATCH_REQUIRE names {}, and {why}", need.name());
    // Where fetching is tested, the models are there.
    let fetched = need == Need::Models && std::env::var_os("EVENMATCH_TEST_NETWORK").is_some();
    assert!(!fetched, "EVENMATCH_TEST_NETWORK is set, and {why}");
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test").to_owned();
    eprintln!("skipped: {test}: {why}");
    if let Some(path) = std::env::var_os("EVENMATCH_SKIPPED") {
        let line = format!("{}\t{test}\t{why}\n", need.name());
        let file = OpenOptions::new().create(true).append(true).open(path);
        // One write of one line, so that tests that run side by side do not mix theirs.
        file.and_then(|mut file| file.write_all(line.as_bytes())).expect("EVENMATCH_SKIPPED");
    }
    None
}

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The folder of real photos and records; `None` skips.
pub fn data_dir() -> Option<PathBuf> {
    let dir = std::env::var_os("EVENMATCH_DATA")
        .map_or_else(|| workspace().join("../shared/data"), PathBuf::from);
    if dir.join("lfw.csv").is_file() {
        return Some(dir);
    }
    skip(Need::Photos, &format!("no data set is at {} (set EVENMATCH_DATA)", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_what_it_names() {
        assert!(Need::Models.is_in("models,photos") && Need::Photos.is_in("models, photos"));
        assert!(!Need::Models.is_in("photos") && !Need::Models.is_in("") && !Need::Other.is_in(""));
    }
}
