//! `evenmatch audit`: from comparison records or photos to a report and verdicts.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::audit_manifest::{self, Job};
use super::calibration_file::CalibrationFile;
use super::errors::invalid;
use super::exit::Exit;
use super::jobs::{jobs, with_threads};
use super::labels::LabelArguments;
use super::normalise::{for_embedder_in_use, of_choice};
use super::normalise_choice::Choice;
use super::people::PeopleArguments;
use super::templates::{for_calibration, for_choice};
use super::warnings;
use evenmatch_audit::{
    AuditProgress, AuditReport, AuditSettings, IntervalMethod, OverturnReport, RulePack,
    StressReport, Thresholds, Verdict, audit, export,
    records::{Bins, Format, ReadOptions, RecordFile},
    worst_verdict,
};
use evenmatch_core::{
    Shown,
    record::{NormaliserRecord, TemplateForm},
    threads,
};

const EXAMPLES: &str = "\
Examples:
  evenmatch audit --records scores.csv --out report --by race,sex --threshold 0.36
  evenmatch audit --records scores.csv --out report --fmr 1e-3,1e-4 --rules sp800-63a4
  evenmatch audit --manifest people.csv --out report --by race,sex,race*sex --measure ita
  evenmatch audit --manifest people.csv --out report --label-verdicts report.work/suspects.csv

report.html is for people; report.json, rates.csv and summary.md have the same numbers.

Exit codes: 0 done, 1 a rule failed, 2 error, 3 no rule failed but some are inconclusive.";

/// Report error rates by group, from comparison records or photos
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AuditArguments {
    /// Read comparison records from this file: CSV or JSON (plain, gzip or zstd), or Parquet
    #[arg(long, value_name = "FILE", required_unless_present = "manifest", help_heading = "Input")]
    records: Option<PathBuf>,
    /// Compare everyone in this list of photos with everyone else: a CSV with path, subject_id and
    /// any attributes
    #[arg(long, value_name = "FILE", conflicts_with = "records", help_heading = "Input")]
    manifest: Option<PathBuf>,
    #[command(flatten)]
    people: PeopleArguments,
    /// Apply the verdicts of reviewers on suspected label errors: a suspects.csv with its verdicts
    /// filled in
    #[arg(long, value_name = "FILE", requires = "manifest", help_heading = "Labels and groups")]
    label_verdicts: Option<PathBuf>,
    /// Normalise the scores of photos, and report plain scores too: cohort or learned (with such a
    /// normaliser of a calibration that ships), off (plain cosines only), or with the normaliser of
    /// this calibration file [default: what --calibration says; off with --threshold; otherwise as
    /// `verify` does]
    #[arg(
        long,
        value_name = "off|cohort|learned|FILE",
        requires = "manifest",
        help_heading = "Threshold"
    )]
    normalise: Option<Choice>,
    /// Leave out the half of the people from which the normaliser may have been formed
    #[arg(long, requires = "manifest", help_heading = "Threshold")]
    held_out: bool,
    /// Write report.html, report.json, rates.csv and summary.md to this folder
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: PathBuf,
    /// Group people by these attributes and intersections, such as race,sex,race×sex (or race*sex),
    /// of at most 5,000 groups each [default: every attribute except those with more than 100
    /// values and those whose values hardly any two people share]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Labels and groups")]
    by: Vec<String>,
    /// Target false match rates [default: the rule pack's, or 1e-3]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        conflicts_with = "threshold",
        help_heading = "Threshold"
    )]
    fmr: Vec<f64>,
    /// Accept scores of at least this threshold, or at most this where lower scores mean more
    /// similar
    #[arg(
        long,
        value_name = "X",
        allow_negative_numbers = true,
        conflicts_with = "calibration",
        help_heading = "Threshold"
    )]
    threshold: Option<f64>,
    /// Use the thresholds of this calibration; --fmr selects among its target rates
    #[arg(long, value_name = "FILE", help_heading = "Threshold")]
    calibration: Option<PathBuf>,
    /// Check these rule packs: sp800-63a4, sp800-63b4, fido, fido-15, nist-demographics=LIMIT, or a
    /// TOML file
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Rules and statistics")]
    rules: Vec<String>,
    /// Format of the records: evenmatch, bob, bfw, lfw, frte or generic [default: recognised from
    /// the file]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    format: Option<String>,
    /// Assign roles to columns: column=role,…
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Input")]
    map: Vec<String>,
    /// Cut a numeric attribute into groups at these edges: age=18,30,45 (may be repeated)
    #[arg(long, value_name = "ATTRIBUTE=EDGES", help_heading = "Labels and groups")]
    bins: Vec<String>,
    /// Lower scores mean more similar, as with distances; a column named distance implies it
    #[arg(long, requires = "records", help_heading = "Input")]
    lower_is_more_similar: bool,
    #[command(flatten)]
    label_rules: LabelArguments,
    /// Read labels by subject_id or sample_id from this table, for records without attributes
    #[arg(long, value_name = "FILE", help_heading = "Labels and groups")]
    labels: Option<PathBuf>,
    /// Show this stress test in the same report: the stress.json of `evenmatch stress`
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    stress: Option<PathBuf>,
    /// Show in the same report how often reviewers overturned decisions: the output of `evenmatch
    /// appeal rates`
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    appeals: Option<PathBuf>,
    /// Method for the intervals of rates
    #[arg(
        long,
        value_enum,
        default_value_t = Interval::Auto,
        help_heading = "Rules and statistics"
    )]
    interval: Interval,
    /// Confidence level of two-sided intervals
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 0.95,
        help_heading = "Rules and statistics"
    )]
    confidence: f64,
    /// Fewest trials for which a rate is printed
    #[arg(long, value_name = "N", default_value_t = 30, help_heading = "Rules and statistics")]
    min_trials: u64,
    /// Seed for all resampling
    #[arg(
        long,
        value_name = "N",
        default_value_t = AuditSettings::default().seed,
        help_heading = "Rules and statistics"
    )]
    seed: u64,
    /// Number of threads; does not change the result [default: one per core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Interval {
    /// Chosen by the pair graph and the number of errors
    Auto,
    /// Clopper–Pearson, as if trials were independent
    Exact,
    /// Wilson's interval on the effective sample size
    Wilson,
    /// Percentiles of a bootstrap over subjects
    Bootstrap,
}

impl From<Interval> for IntervalMethod {
    fn from(interval: Interval) -> Self {
        match interval {
            Interval::Auto => IntervalMethod::Auto,
            Interval::Exact => IntervalMethod::Exact,
            Interval::Wilson => IntervalMethod::Wilson,
            Interval::Bootstrap => IntervalMethod::Bootstrap,
        }
    }
}

/// Runs the audit, writes the report and prints the answers on standard error.
pub(crate) fn run(arguments: AuditArguments) -> anyhow::Result<Exit> {
    let rules: Vec<RulePack> =
        arguments.rules.iter().map(|name| RulePack::find(name)).collect::<Result<_, _>>()?;
    let calibration = arguments.calibration.as_deref().map(CalibrationFile::read).transpose()?;
    let settings = AuditSettings {
        by: arguments.by.clone(),
        thresholds: thresholds(&arguments, calibration.as_ref(), &rules)?,
        rules,
        interval: arguments.interval.into(),
        confidence: arguments.confidence,
        least_trials: arguments.min_trials,
        seed: arguments.seed,
    };
    let options = read_options(&arguments)?;
    let stress = arguments.stress.as_deref().map(StressReport::read).transpose()?;
    let appeals = arguments.appeals.as_deref().map(OverturnReport::read).transpose()?;
    let jobs = jobs(arguments.jobs);
    let mut report = with_threads(jobs, || match (&arguments.records, &arguments.manifest) {
        (Some(records), _) => measure(records, &options, &settings),
        (None, Some(manifest)) => {
            let people = arguments.people.with_templates(form(&arguments, calibration.as_ref())?);
            let normaliser = normaliser(&arguments, calibration)?;
            let job = Job {
                normaliser: normaliser.as_ref(),
                held_out: arguments.held_out,
                manifest,
                people: &people,
                verdicts: arguments.label_verdicts.as_deref(),
                out: &arguments.out,
                jobs,
                bins: &options.bins,
                label_rules: &options.label_rules,
            };
            audit_manifest::measure(&job, &settings)
        }
        (None, None) => Err(invalid(
            "there is nothing to audit".to_owned(),
            "add --records FILE or --manifest FILE",
        )),
    })??;
    report.stress = stress;
    report.appeals = appeals;
    export::write_report(&report, &arguments.out)?;
    say(&report, &arguments.out);
    Ok(match worst_verdict(&report) {
        Some(Verdict::Fail) => Exit::Negative,
        Some(Verdict::Inconclusive) => Exit::Undecided,
        Some(Verdict::Pass) | None => Exit::Done,
    })
}

fn measure(
    records: &Path,
    options: &ReadOptions,
    settings: &AuditSettings,
) -> evenmatch_core::Result<AuditReport> {
    let mut source = RecordFile::open(records, options)?;
    let bar = progress_bar();
    let report = audit(&mut source, settings, &mut |progress| match progress {
        AuditProgress::Reading(rows) => bar.set_message(format!("reading, {rows} records")),
        AuditProgress::Thresholds => bar.set_message("choosing thresholds"),
        AuditProgress::Counting => bar.set_message("counting errors"),
        AuditProgress::Comparing => bar.set_message("comparing groups"),
    });
    bar.finish_and_clear();
    report.map_err(|error| match error.place().file {
        None => error.in_path(records),
        Some(_) => error,
    })
}

fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar
}

fn thresholds(
    arguments: &AuditArguments,
    calibration: Option<&CalibrationFile>,
    rules: &[RulePack],
) -> evenmatch_core::Result<Thresholds> {
    if let Some(threshold) = arguments.threshold {
        return Ok(Thresholds::Given(threshold));
    }
    if let Some(calibration) = calibration {
        return calibration.thresholds(&arguments.fmr);
    }
    if !arguments.fmr.is_empty() {
        return Ok(Thresholds::Targets(arguments.fmr.clone()));
    }
    let own = rules.iter().filter_map(|pack| pack.target_fmr).reduce(f64::min);
    Ok(Thresholds::Targets(vec![own.unwrap_or(1e-3)]))
}

/// The normaliser for the photos' scores; `None` for plain cosines.
fn normaliser(
    arguments: &AuditArguments,
    calibration: Option<CalibrationFile>,
) -> evenmatch_core::Result<Option<NormaliserRecord>> {
    let Some(calibration) = calibration else {
        return of_choice(choice(arguments), form(arguments, None)?);
    };
    // The thresholds of a calibration hold for its own scores only.
    if arguments.normalise.is_some() {
        let message =
            "the calibration itself states which scores its thresholds are for".to_owned();
        return Err(
            invalid(message, "leave out --normalise or --calibration").in_path(&calibration.path)
        );
    }
    calibration.normaliser.map(for_embedder_in_use).transpose()
}

/// What normalises the scores where no calibration states it.
fn choice(arguments: &AuditArguments) -> &Choice {
    arguments.normalise.as_ref().unwrap_or(match arguments.threshold {
        Some(_) => &Choice::Off,
        None => &Choice::Shipped,
    })
}

/// The form of the photos' templates: the one that the thresholds and the normaliser are for.
fn form(
    arguments: &AuditArguments,
    calibration: Option<&CalibrationFile>,
) -> evenmatch_core::Result<TemplateForm> {
    let (argument, policy) = (arguments.people.templates, arguments.people.policy.as_deref());
    match calibration {
        Some(calibration) => for_calibration(calibration, argument, policy),
        None => for_choice(choice(arguments), argument, policy),
    }
}

fn read_options(arguments: &AuditArguments) -> evenmatch_core::Result<ReadOptions> {
    let format = match &arguments.format {
        Some(name) => {
            Some(Format::ALL.into_iter().find(|f| f.name() == name).ok_or_else(|| {
                let known: Vec<_> = Format::ALL.iter().map(|f| f.name()).collect();
                let next = format!("choose among {}", known.join(", "));
                invalid(format!("there is no record format `{name}`"), &next)
            })?)
        }
        None => None,
    };
    let mut options = ReadOptions {
        format,
        labels: arguments.labels.clone(),
        lower_is_more_similar: arguments.lower_is_more_similar,
        label_rules: arguments.label_rules.rules(),
        threads: arguments.jobs.map_or(0, |jobs| jobs.min(threads::most())),
        ..ReadOptions::default()
    };
    for pair in &arguments.map {
        let (column, role) = pair.split_once('=').ok_or_else(|| {
            invalid(format!("`{pair}` is not column=role"), "write --map similarity=score")
        })?;
        options.map.insert(column.trim().to_owned(), role.trim().to_owned());
    }
    for bins in &arguments.bins {
        let (attribute, edges) = bins.split_once('=').ok_or_else(|| {
            invalid(format!("`{bins}` is not attribute=edges"), "write --bins age=18,30,45")
        })?;
        options.bins.insert(attribute.trim().to_owned(), Bins::parse(edges)?);
    }
    Ok(options)
}

/// Prints the answers on standard error: standard output is for data.
#[allow(clippy::print_stderr)]
fn say(report: &AuditReport, out: &Path) {
    for answer in &report.answers {
        match answer.verdict {
            Some(verdict) => eprintln!("{verdict}: {}", answer.sentence),
            None => eprintln!("{}", answer.sentence),
        }
    }
    warnings::show(&report.warnings);
    if let Some(verdict) = worst_verdict(report) {
        let rules: Vec<_> = report.operating_points.iter().flat_map(|p| &p.rules).collect();
        let of = |v: Verdict| rules.iter().filter(|rule| rule.verdict == v).count();
        eprintln!(
            "rules: {verdict} ({} failed, {} inconclusive, {} passed)",
            of(Verdict::Fail),
            of(Verdict::Inconclusive),
            of(Verdict::Pass)
        );
    }
    eprintln!("report: {}", out.join("report.html").shown());
}
