//! `evenmatch pad-eval`: labelled presentations to the error rates of ISO/IEC 30107-3.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::Exit;
use super::acquisition::{progress_bar, verifier_at};
use super::audit::invalid;
use super::challenge::analyser_of;
use evenmatch::{LivenessPolicy, Verifier, model::Profile};
use evenmatch_audit::{
    AuditReport, AuditSettings, Thresholds,
    export::{self, write_atomically},
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

A manifest is a CSV with the columns path,subject_id,species, perhaps challenge and reference, and
any attributes. `path` is a photo, a folder of frames or an animated image; an empty species or
`bona_fide` is a live person; `challenge` is the JSON that `evenmatch challenge new --json` printed,
for frames; `reference` is a photo of the person that is claimed, for rates end to end.

  path,subject_id,species,challenge,reference,race
  live/1.jpg,p1,,,enrolled/1.jpg,Black
  takes/7,p1,print,takes/7/challenge.json,enrolled/1.jpg,Black

A folder has bona_fide/* and SPECIES/*: photos, animated images, and folders of frames that hold a
challenge.json. Species that begin with sim_ are labelled as simulated.

Writes report.html, report.json, rates.csv and summary.md; records.csv (comparison records, one a
presentation), outcomes.csv (the same with reasons) and outcomes.jsonl (by digest, for --resume).
docs/PAD-EVAL.md says what is counted. A report is no certification.

Exit codes: 0 done, 2 error.";

/// Measure presentation attack detection on labelled attacks and live people, end to end.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PadEvalArguments {
    /// The presentations: path,subject_id,species and perhaps challenge, reference and attributes
    #[arg(long, value_name = "FILE.csv", required_unless_present = "folder")]
    manifest: Option<PathBuf>,
    /// A folder with bona_fide/ and one folder a species, in place of a manifest
    #[arg(long, value_name = "DIR", conflicts_with = "manifest")]
    folder: Option<PathBuf>,
    /// Folder that the manifest's paths start from; the manifest's own unless told
    #[arg(long, value_name = "DIR", requires = "manifest")]
    root: Option<PathBuf>,
    /// Folder for the report, the records and the journal
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Attributes and intersections, such as race,sex,race×sex (race*sex will do); all
    /// attributes unless told
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    by: Vec<String>,
    /// Match at this plain cosine and above, -1 to 1
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    threshold: Option<f32>,
    /// Match at the threshold that ships for this false match rate; 1e-3 unless told
    #[arg(long, value_name = "RATE", conflicts_with = "threshold")]
    fmr: Option<f64>,
    /// Rules for acquiring and for liveness
    #[arg(long, value_name = "FILE.toml")]
    policy: Option<PathBuf>,
    /// Fewest trials for which a group's rate is given
    #[arg(long, value_name = "N", default_value_t = AuditSettings::default().least_trials)]
    min_trials: u64,
    /// Threads, one a core unless told; the result does not depend on it
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Go on with a run that was cut off, or take what an earlier one has found
    #[arg(long)]
    resume: bool,
}

/// Judges, compares, audits, and writes the report.
pub(crate) fn run(arguments: &PadEvalArguments) -> anyhow::Result<Exit> {
    let (manifest, root) = presentations(arguments)?;
    known_attributes(&arguments.by, &manifest)?;
    let jobs = super::audit::jobs(arguments.jobs.map(NonZeroUsize::get));
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
    // Without a reference nothing is compared, and a threshold would head empty tables.
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
    let report = super::audit::with_threads(jobs, || report(&manifest, &path, &audit))??;
    export::write_report(&report, &arguments.out)?;
    say(&report, &presented, &arguments.out, begun.elapsed().as_secs_f64());
    Ok(Exit::Done)
}

/// What is presented, and where its paths start.
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
            "name --manifest FILE, or --folder DIR",
        )),
    }
}

/// Refuses an attribute that the manifest lacks before the work and not after it.
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

/// A verifier with the threshold that was asked for, which looks at liveness.
fn verifier(arguments: &PadEvalArguments, jobs: usize) -> Result<Verifier> {
    let mut policy = super::policy(arguments.policy.as_deref(), None)?;
    if policy.liveness == LivenessPolicy::Off {
        policy.liveness = LivenessPolicy::Advisory;
    }
    verifier_at(policy, arguments.threshold, arguments.fmr, jobs)
}

/// What judges frames, on the verifier's own networks and the mesh.
fn frames(verifier: &Verifier, jobs: usize) -> Result<SessionJudge> {
    let analyser = analyser_of(verifier, Profile::Throughput { workers: jobs })?;
    Ok(SessionJudge::new(analyser, verifier.policy().limits))
}

/// What should be known at once, on standard error: standard output is for data.
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
        eprintln!("no answer: {count} {why}");
    }
    for answer in report.answers.iter().filter(|a| a.attribute == "presentation attacks") {
        eprintln!("{}", answer.sentence);
    }
    eprintln!("{} presentations in {seconds:.0} s", presented.len());
    eprintln!("report: {}", out.join("report.html").shown());
}
