//! `evenmatch pad-eval`: from labelled presentations to the error rates of ISO/IEC 30107-3.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::acquisition::{progress_bar, verifier_at};
use super::challenge::analyser_of;
use super::errors::invalid;
use super::exit::Exit;
use super::output_files::write_atomically;
use super::templates::TemplatesArgument;
use evenmatch::{LivenessPolicy, Verifier, model::Profile};
use evenmatch_audit::{
    AuditReport, AuditSettings, Thresholds, export,
    records::{PadOutcome, PresentationManifest},
};
use evenmatch_core::{Result, Shown};
use evenmatch_lab::pad_eval::{
    PadEvalSettings, Presented, SessionJudge, VerifierPresenter, outcomes, pad_eval, records,
    report,
};

const EXAMPLES: &str = "\
Examples:
  evenmatch pad-eval --folder attacks --out report
  evenmatch pad-eval --manifest pad.csv --out report --by race,sex
  evenmatch pad-eval --manifest pad.csv --out report --fmr 1e-4 --jobs 4 --resume
  evenmatch audit --records report/records.csv --out judged --threshold 0.41 --rules sp800-63a4

A manifest is a CSV with the columns path,subject_id,species, optionally challenge and reference,
and any attributes. `path` is a photo, a folder of frames or an animated image; an empty species or
`bona_fide` is a live person; `challenge` is the JSON that `evenmatch challenge new --json` printed,
for frames; `reference` is a photo of the claimed person, for end-to-end rates.

  path,subject_id,species,challenge,reference,race
  live/1.jpg,p1,,,enrolled/1.jpg,Black
  takes/7,p1,print,takes/7/challenge.json,enrolled/1.jpg,Black

A folder has bona_fide/* and SPECIES/*: photos, animated images, and folders of frames with a
challenge.json. Species whose name starts with sim_ are reported as simulated.

The command writes report.html, report.json, rates.csv and summary.md; records.csv (one comparison
record per presentation), outcomes.csv (the same with reasons) and outcomes.jsonl (by digest, for
--resume). docs/PAD-EVAL.md says what is counted. A report is not a certification.

Exit codes: 0 done, 2 error.";

/// Measure presentation attack detection on labelled attacks
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PadEvalArguments {
    /// Read the presentations from this file: path,subject_id,species and optionally challenge,
    /// reference and attributes
    #[arg(
        long,
        value_name = "FILE.csv",
        required_unless_present = "folder",
        help_heading = "Input"
    )]
    manifest: Option<PathBuf>,
    /// Read the presentations from a folder with bona_fide/ and one folder per species
    #[arg(long, value_name = "DIR", conflicts_with = "manifest", help_heading = "Input")]
    folder: Option<PathBuf>,
    /// Resolve the manifest's paths against this folder [default: the manifest's own folder]
    #[arg(long, value_name = "DIR", requires = "manifest", help_heading = "Input")]
    root: Option<PathBuf>,
    /// Write the report, the records and the journal to this folder
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: PathBuf,
    /// Group people by these attributes and intersections, such as race,sex,race×sex (or race*sex)
    /// [default: all attributes]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Output")]
    by: Vec<String>,
    /// Accept plain cosine similarities of at least this, -1 to 1
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Threshold")]
    threshold: Option<f32>,
    /// Use the shipped threshold for this false match rate [default: 1e-3]
    #[arg(long, value_name = "RATE", conflicts_with = "threshold", help_heading = "Threshold")]
    fmr: Option<f64>,
    /// Make templates from the face and its mirror image, or from the face alone [default: the
    /// policy's, or those of the calibration that ships]
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Input")]
    templates: Option<TemplatesArgument>,
    /// Read the rules for acquiring photos and for liveness from this file
    #[arg(long, value_name = "FILE.toml", help_heading = "Input")]
    policy: Option<PathBuf>,
    /// Fewest trials for which a group's rate is printed
    #[arg(
        long,
        value_name = "N",
        default_value_t = AuditSettings::default().least_trials,
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

/// Judges, compares, audits, and writes the report.
pub(crate) fn run(arguments: &PadEvalArguments) -> anyhow::Result<Exit> {
    let (manifest, root) = presentations(arguments)?;
    known_attributes(&arguments.by, &manifest)?;
    let jobs = super::jobs::jobs(arguments.jobs.map(NonZeroUsize::get));
    let verifier = verifier(arguments, jobs)?;
    let frames = frames(&verifier, jobs)?;
    let presenter = VerifierPresenter::new(&verifier, &frames)?;
    let settings =
        PadEvalSettings { jobs, folder: Some(arguments.out.clone()), resume: arguments.resume };
    let (bar, begun) = (progress_bar("presentations"), Instant::now());
    let presented = pad_eval(&manifest, &root, &presenter, &settings, &|progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
    });
    bar.finish_and_clear();
    let presented = presented?;
    let path = arguments.out.join("records.csv");
    write_atomically(&path, &records(&manifest, &presented)?)?;
    write_atomically(&arguments.out.join("outcomes.csv"), &outcomes(&manifest, &presented)?)?;
    // Without a reference, nothing is compared, and tables at a threshold would be empty.
    let compared = manifest.entries.iter().any(|entry| entry.reference.is_some());
    let threshold = f64::from(verifier.operating_point().threshold());
    let audit = AuditSettings {
        by: arguments.by.clone(),
        thresholds: match compared {
            true => Thresholds::Given(threshold),
            false => AuditSettings::default().thresholds,
        },
        least_trials: arguments.min_trials,
        ..AuditSettings::default()
    };
    let report = super::jobs::with_threads(jobs, || report(&manifest, &path, &audit))??;
    export::write_report(&report, &arguments.out)?;
    say(&report, &presented, &arguments.out, begun.elapsed().as_secs_f64());
    Ok(Exit::Done)
}

/// The presentations, and the folder of their paths.
fn presentations(arguments: &PadEvalArguments) -> Result<(PresentationManifest, PathBuf)> {
    match (&arguments.manifest, &arguments.folder) {
        (Some(list), _) => {
            let root = arguments.root.clone();
            let root = root.unwrap_or_else(|| PresentationManifest::default_root(list));
            Ok((PresentationManifest::read(list)?, root))
        }
        (None, Some(folder)) => Ok((PresentationManifest::of_folder(folder)?, folder.clone())),
        (None, None) => Err(invalid(
            "there is nothing to evaluate".to_owned(),
            "add --manifest FILE or --folder DIR",
        )),
    }
}

/// Refuses an attribute that the manifest lacks, before the work instead of after it.
fn known_attributes(by: &[String], manifest: &PresentationManifest) -> Result<()> {
    let joined = by.iter().map(|by| by.replace(" x ", "×").replace('*', "×"));
    for by in joined {
        for part in by.split('×').map(str::trim) {
            if !manifest.attributes.iter().any(|attribute| attribute == part) {
                let message = format!("{}: there is no attribute `{part}`", manifest.file);
                let next = match manifest.attributes.as_slice() {
                    [] => "the presentations have no attributes: leave out --by".to_owned(),
                    known => format!("choose among {}", known.join(", ")),
                };
                return Err(invalid(message, &next));
            }
        }
    }
    Ok(())
}

/// A verifier with the requested threshold that checks liveness.
fn verifier(arguments: &PadEvalArguments, jobs: usize) -> Result<Verifier> {
    let mut policy = super::policy::read(arguments.policy.as_deref(), None, arguments.templates)?;
    if policy.liveness == LivenessPolicy::Off {
        policy.liveness = LivenessPolicy::Advisory;
    }
    verifier_at(policy, arguments.threshold, arguments.fmr, jobs)
}

/// Judges frames with the verifier's own networks and the mesh.
fn frames(verifier: &Verifier, jobs: usize) -> Result<SessionJudge> {
    let analyser = analyser_of(verifier, Profile::Throughput { workers: jobs })?;
    Ok(SessionJudge::new(analyser, verifier.policy().limits))
}

/// Prints the summary on standard error: standard output is for data.
#[allow(clippy::print_stderr)]
fn say(report: &AuditReport, presented: &[Presented], out: &Path, seconds: f64) {
    if let Some(notice) = report.pad.as_ref().and_then(|pad| pad.notice.as_ref()) {
        eprintln!("{notice}");
    }
    let mut silent: BTreeMap<&str, usize> = BTreeMap::new();
    for presented in presented.iter().filter(|p| p.outcome == PadOutcome::NonResponse) {
        let why = presented.reasons.first().map_or("unknown", String::as_str);
        *silent.entry(why).or_default() += 1;
    }
    for (why, count) in &silent {
        eprintln!("no response: {count} {why}");
    }
    for answer in report.answers.iter().filter(|a| a.attribute == "presentation attacks") {
        eprintln!("{}", answer.sentence);
    }
    eprintln!("{} presentations in {seconds:.0} s", presented.len());
    eprintln!("report: {}", out.join("report.html").shown());
}
