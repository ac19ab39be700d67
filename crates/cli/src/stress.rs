//! `evenmatch stress`: degrades photos step by step and counts in which groups they fail.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::acquisition::{progress_bar, verifier_at};
use super::errors::invalid;
use super::exit::Exit;
use super::gate::GateArgument;
use super::labels::LabelArguments;
use super::templates::TemplatesArgument;
use evenmatch::Verifier;
use evenmatch_audit::{StressReport, export, records::PeopleManifest};
use evenmatch_core::{Result, Shown};
use evenmatch_lab::{
    degrade::{DegradationKind, parse_level},
    stress::{StressPlan, StressSettings, stress},
};

const EXAMPLES: &str = "\
Examples:
  evenmatch stress --manifest people.csv --out stress --by race,sex
  evenmatch stress --manifest people.csv --out dark --degradations under_exposure \\
    --levels 1/16,1/32,1/64 --by race --per-group 100
  evenmatch stress --manifest people.csv --out soft --degradations blur,motion \\
    --levels blur=2%,4% --levels motion=10%
  evenmatch audit --manifest people.csv --out report --stress stress/stress.json

This is a stress test by simulation, not a demographic measurement. report.html has the curves;
stress.json, stress.csv and summary.md have the same numbers; outcomes.jsonl has the outcome of each
photo, by digest and without templates. docs/STRESS.md has the formula of every degradation:
under_exposure, over_exposure, back_light, colour_temperature, blur, motion, noise, jpeg,
downscale, rotation, tight_crop, occlusion.

Exit codes: 0 done, 2 error.";

/// Degrade photos step by step and report which groups fail first
///
/// This is a stress test by simulation, not a measurement of people.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StressArguments {
    /// Read the list of photos from this file: a CSV with path, subject_id and any attributes
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    manifest: PathBuf,
    #[command(flatten)]
    label_rules: LabelArguments,
    /// Resolve the manifest's paths against this folder [default: the manifest's own folder]
    #[arg(long, value_name = "DIR", help_heading = "Input")]
    root: Option<PathBuf>,
    /// Write report.html, stress.json, stress.csv and summary.md to this folder
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: PathBuf,
    /// Group people by these attributes and intersections, such as race,sex,race×sex (or race*sex)
    /// [default: all attributes]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Labels and groups")]
    by: Vec<String>,
    /// Simulate these degradations [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Simulation")]
    degradations: Vec<String>,
    /// Use these levels, from mild to severe, instead of the default ones: NAME=LEVELS (may be
    /// repeated), or LEVELS alone if there is only one degradation
    #[arg(
        long,
        value_name = "[NAME=]LEVELS",
        allow_hyphen_values = true,
        help_heading = "Simulation"
    )]
    levels: Vec<String>,
    /// Use only the first N photos of each group of the first attribute
    #[arg(long, value_name = "N", help_heading = "Labels and groups")]
    per_group: Option<NonZeroUsize>,
    /// Seed for all degradations
    #[arg(
        long,
        value_name = "N",
        default_value_t = StressSettings::default().seed,
        help_heading = "Simulation"
    )]
    seed: u64,
    /// Use the shipped threshold for this false match rate [default: 1e-3]
    #[arg(long, value_name = "RATE", conflicts_with = "threshold", help_heading = "Threshold")]
    fmr: Option<f64>,
    /// Accept plain cosine similarities of at least this, -1 to 1
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Threshold")]
    threshold: Option<f32>,
    /// Make templates from the face and its mirror image, or from the face alone [default: the
    /// policy's, or those of the calibration that ships]
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Input")]
    templates: Option<TemplatesArgument>,
    /// Read the rules for acquiring photos from this file
    #[arg(long, value_name = "FILE.toml", help_heading = "Input")]
    policy: Option<PathBuf>,
    /// What to do with photos of poor quality; unless it is off, refusals are counted [default: the
    /// policy's]
    #[arg(long, value_name = "MODE", help_heading = "Input")]
    gate: Option<GateArgument>,
    /// Fewest trials for which a rate is printed
    #[arg(
        long,
        value_name = "N",
        default_value_t = StressSettings::default().least_trials,
        help_heading = "Output"
    )]
    min_trials: u64,
    /// Number of threads; does not change the result [default: one per core]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Resume a run that stopped, and reuse the outcomes of an earlier one
    #[arg(long)]
    resume: bool,
}

/// Degrades, acquires, counts, and writes the report.
pub(crate) fn run(arguments: &StressArguments) -> anyhow::Result<Exit> {
    let manifest = PeopleManifest::read_with(&arguments.manifest, &arguments.label_rules.rules())?;
    super::warnings::show(&manifest.warnings);
    let root = arguments.root.clone();
    let root = root.unwrap_or_else(|| PeopleManifest::default_root(&arguments.manifest));
    let jobs = super::jobs::jobs(arguments.jobs.map(NonZeroUsize::get));
    let settings = StressSettings {
        plans: plans(&arguments.degradations, &arguments.levels)?,
        by: arguments.by.clone(),
        per_group: arguments.per_group.map(NonZeroUsize::get),
        seed: arguments.seed,
        least_trials: arguments.min_trials,
        jobs,
        folder: Some(arguments.out.clone()),
        resume: arguments.resume,
        ..StressSettings::default()
    };
    let verifier = verifier(arguments, jobs)?;
    let bar = progress_bar("photos, clean and degraded");
    let begun = Instant::now();
    let report = stress(&manifest, &root, &verifier, &settings, &|progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
    });
    bar.finish_and_clear();
    let report = report?;
    export::write_stress(&report, &arguments.out)?;
    say(&report, &arguments.out, begun.elapsed().as_secs_f64());
    Ok(Exit::Done)
}

/// A verifier with the requested threshold.
fn verifier(arguments: &StressArguments, jobs: usize) -> Result<Verifier> {
    let policy =
        super::policy::read(arguments.policy.as_deref(), arguments.gate, arguments.templates)?;
    verifier_at(policy, arguments.threshold, arguments.fmr, jobs)
}

/// The degradations with their levels.
fn plans(names: &[String], levels: &[String]) -> Result<Vec<StressPlan>> {
    let kinds = match names {
        [] => DegradationKind::ALL.to_vec(),
        names => {
            names.iter().map(|name| DegradationKind::named(name.trim())).collect::<Result<_>>()?
        }
    };
    let mut plans: Vec<StressPlan> = kinds.into_iter().map(StressPlan::of).collect();
    for text in levels {
        let (kind, list) = match text.split_once('=') {
            Some((name, list)) => (DegradationKind::named(name.trim())?, list),
            None if plans.len() == 1 => (plans[0].kind, text.as_str()),
            None => {
                let message = format!("`{text}` does not say which degradation its levels are for");
                return Err(invalid(message, "write --levels blur=1%,2%, once per degradation"));
            }
        };
        let plan = plans.iter_mut().find(|plan| plan.kind == kind).ok_or_else(|| {
            let message = format!("{} has levels but is not simulated", kind.name());
            invalid(message, "name it in --degradations too")
        })?;
        plan.levels = list.split(',').map(parse_level).collect::<Result<_>>()?;
    }
    Ok(plans)
}

/// Prints the summary on standard error: standard output is for data.
#[allow(clippy::print_stderr)]
fn say(report: &StressReport, out: &Path, seconds: f64) {
    eprintln!("{}", report.notice);
    for photo in &report.unusable {
        eprintln!("not usable: line {}, {} ({})", photo.line, photo.path, photo.failure);
    }
    let simulated: usize = report.series.iter().map(|series| series.levels.len()).sum();
    eprintln!(
        "{} photos of {} people at {simulated} levels in {seconds:.0} s",
        report.photos, report.people
    );
    eprintln!("report: {}", out.join("report.html").shown());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str], levels: &[&str]) -> Result<Vec<StressPlan>> {
        let owned = |list: &[&str]| -> Vec<String> { list.iter().map(|t| (*t).into()).collect() };
        plans(&owned(names), &owned(levels))
    }

    #[test]
    fn levels_belong_to_their_degradations() {
        assert_eq!(of(&[], &[]).unwrap().len(), DegradationKind::ALL.len());
        let dark = of(&["under_exposure"], &["1/16,1/32"]).unwrap();
        assert_eq!(dark[0].levels, [1.0 / 16.0, 1.0 / 32.0]);
        let two = of(&["blur", "motion"], &["motion=10%"]).unwrap();
        assert_eq!(two[1].levels, [0.1]);
        assert_eq!(two[0].levels, DegradationKind::Blur.default_levels());
        for (names, levels) in [
            (&["blur", "motion"][..], "1%"),
            (&["blur"], "motion=1%"),
            (&["blur"], "a"),
            (&["fog"], "1"),
        ] {
            assert!(of(names, &[levels]).unwrap_err().next_step().is_some(), "{levels}");
        }
    }
}
