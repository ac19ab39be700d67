//! What the commands that acquire many photos share: arguments, progress and summary.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::errors::invalid;
use super::gate::GateArgument;
use super::templates::TemplatesArgument;
use evenmatch::{Policy, Verifier, model::Profile, quality::Gate};
use evenmatch_audit::records::PeopleManifest;
use evenmatch_core::Result;
use evenmatch_lab::batch::{
    AcquireOptions, AcquireProgress, Acquisitions, Measure, PartSize, Shard, acquire,
};

/// How to acquire photos.
#[derive(Debug, Args)]
pub(crate) struct AcquisitionArguments {
    /// Resolve relative paths against this folder [default: the list's own folder]
    #[arg(long, value_name = "DIR", help_heading = "Photos")]
    pub(crate) root: Option<PathBuf>,
    /// Number of threads; does not change the result [default: one per core]
    #[arg(long, value_name = "N", help_heading = "Photos")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Resume a run that stopped
    #[arg(long, help_heading = "Photos")]
    pub(crate) resume: bool,
    /// What to do with photos of poor quality [default: the policy's, or advise]
    #[arg(long, value_enum, help_heading = "Photos")]
    pub(crate) gate: Option<GateArgument>,
    /// Make templates from the face and its mirror image, or from the face alone [default: the
    /// policy's, or mirrored]
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Photos")]
    pub(crate) templates: Option<TemplatesArgument>,
    /// Read the rules for acquiring photos from this file
    #[arg(long, value_name = "FILE.toml", help_heading = "Photos")]
    pub(crate) policy: Option<PathBuf>,
    /// Photos per write to the disk; a run that stops loses at most this many
    #[arg(long, value_name = "N", hide = true, help_heading = "Photos")]
    pub(crate) part_photos: Option<NonZeroUsize>,
}

impl AcquisitionArguments {
    /// Acquires the photos of a manifest that was read from `list` into a store in `folder`.
    ///
    /// # Errors
    /// Reports all missing photos at once, before any work.
    pub(crate) fn acquire(
        &self,
        manifest: &PeopleManifest,
        (list, folder): (&Path, &Path),
        shard: Option<Shard>,
        measures: Vec<Measure>,
    ) -> Result<Acquisitions> {
        let root = self.root.clone().unwrap_or_else(|| PeopleManifest::default_root(list));
        manifest.require_photos(&root)?;
        let mut policy = super::policy::read(self.policy.as_deref(), self.gate, self.templates)?;
        // The store does not keep advice, so there is no point in measuring it.
        if policy.gate == Gate::Advise {
            policy.gate = Gate::Off;
        }
        let jobs = super::jobs::jobs(self.jobs.map(NonZeroUsize::get));
        let profile = Profile::Throughput { workers: jobs };
        // Nothing is decided here, so no calibration is needed.
        let verifier = Verifier::builder().profile(profile).policy(policy).uncalibrated().open()?;
        let mut part = PartSize::default();
        part.photos = self.part_photos.map_or(part.photos, NonZeroUsize::get);
        let options = AcquireOptions {
            folder: Some(folder.to_owned()),
            resume: self.resume,
            jobs,
            shard,
            measures,
            part,
        };
        let (bar, begun) = (progress_bar("photos"), Instant::now());
        let acquired = acquire(manifest, &root, &verifier, &options, &|progress| {
            show(&bar, progress);
        });
        bar.finish_and_clear();
        let acquired = acquired?;
        say(&acquired, begun.elapsed());
        Ok(acquired)
    }
}

/// A bar with rate and time left; hidden unless standard error is a terminal.
pub(super) fn progress_bar(what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let template = format!("{{bar:30}} {{pos}} of {{len}} {what}, {{per_sec}}, {{eta}} left");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, progress: AcquireProgress) {
    bar.set_length(progress.total as u64);
    bar.set_position(progress.done as u64);
}

/// One line with the outcomes of the photos.
#[allow(clippy::print_stderr)]
fn say(acquired: &Acquisitions, took: Duration) {
    let failures = acquired.failures();
    let failed: usize = failures.values().sum();
    let named: Vec<String> = failures.iter().map(|(name, n)| format!("{n} {name}")).collect();
    let failed = if failed == 0 {
        "none failed".to_owned()
    } else {
        format!("{failed} failed: {}", named.join(", "))
    };
    let seconds = took.as_secs_f64();
    let rate = acquired.processed as f64 / seconds.max(1e-3);
    eprintln!(
        "{} photos ({failed}): {} decoded, {} stored before, in {seconds:.1} s ({rate:.1} per second)",
        acquired.samples.len(),
        acquired.processed,
        acquired.reused,
    );
}

/// A verifier for many photos at the given threshold or false match rate; without either, at the
/// policy's, or at the default rate of the calibration that ships.
pub(super) fn verifier_at(
    mut policy: Policy,
    threshold: Option<f32>,
    fmr: Option<f64>,
    jobs: usize,
) -> Result<Verifier> {
    if let Some(rate) = fmr.filter(|rate| !(*rate > 0.0 && *rate < 1.0)) {
        return Err(invalid(format!("{rate} is not a rate between 0 and 1"), "try --fmr 1e-3"));
    }
    // The command line takes precedence over the policy.
    if threshold.is_some() {
        (policy.threshold, policy.fmr) = (threshold, None);
    } else if fmr.is_some() {
        (policy.threshold, policy.fmr) = (None, fmr);
    }
    Verifier::open(Profile::Throughput { workers: jobs }, policy)
}
