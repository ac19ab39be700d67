//! `evenmatch audit`: records to report and verdict.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::Exit;
use super::audit_manifest::{self, Job};
use super::calibration_file::CalibrationFile;
use super::labels::LabelArguments;
use super::normalise::{Choice, for_embedder_in_use, of_choice};
use super::people::PeopleArguments;
use evenmatch_audit::{
    AuditProgress, AuditReport, AuditSettings, IntervalMethod, OverturnReport, RulePack,
    StressReport, Thresholds, Verdict, audit, export,
    records::{Bins, Format, ReadOptions, RecordFile, RecordWarning},
    worst_verdict,
};
use evenmatch_core::{Error, ErrorKind, Stage, Shown, record::NormaliserRecord, threads};

/// Audits comparison records: rates, differentials and verdicts by group.
#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    /// Comparison records: CSV or JSON (packed with gzip or zstd, or not), or Parquet.
    #[arg(long, value_name = "FILE", required_unless_present = "manifest")]
    records: Option<PathBuf>,
    /// Photos: a CSV with path, subject_id and any number of attributes. Every person is compared
    /// with every other.
    #[arg(long, value_name = "FILE", conflicts_with = "records")]
    manifest: Option<PathBuf>,
    #[command(flatten)]
    people: PeopleArguments,
    /// What a person said of suspected label errors: a suspects.csv with verdicts filled in.
    #[arg(long, value_name = "FILE", requires = "manifest")]
    label_verdicts: Option<PathBuf>,
    /// Scores of photos: cohort (normalised as `verify` does, with the plain ones beside), off
    /// (plain cosines), or by the normaliser of this calibration file. Off with --threshold;
    /// otherwise cohort, or what --calibration says, unless told.
    #[arg(long, value_name = "off|cohort|FILE", requires = "manifest")]
    normalise: Option<Choice>,
    /// Leave out the half of people of whom some may have formed the normaliser.
    #[arg(long, requires = "manifest")]
    held_out: bool,
    /// Folder for report.html, report.json, rates.csv and summary.md.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Attributes and intersections, such as race,sex,race×sex (race*sex will do), of at most
    /// 5,000 groups each. By default every attribute, except those with more than 100 values and
    /// those whose values hardly any two people share.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    by: Vec<String>,
    /// Target false match rates; a rule pack's own, or 1e-3, unless told.
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with = "threshold")]
    fmr: Vec<f64>,
    /// A given threshold, in the direction of the file's own scores: accept if and only if score ≥
    /// this, or ≤ this where lower scores mean more alike.
    #[arg(long, value_name = "X", allow_negative_numbers = true, conflicts_with = "calibration")]
    threshold: Option<f64>,
    /// Thresholds from a calibration; --fmr chooses among its target rates.
    #[arg(long, value_name = "FILE")]
    calibration: Option<PathBuf>,
    /// Rule packs: sp800-63a4, sp800-63b4, fido, fido-15, nist-demographics=LIMIT, or a TOML file.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    rules: Vec<String>,
    /// Record format: evenmatch, bob, bfw, lfw, frte or generic; recognised unless told.
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
    /// What columns mean: column=role,….
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    map: Vec<String>,
    /// Edges that cut a numeric attribute into groups: age=18,30,45 (may be repeated).
    #[arg(long, value_name = "ATTRIBUTE=EDGES")]
    bins: Vec<String>,
    /// Lower scores mean more alike, as with distances. A column called distance says so itself.
    #[arg(long, requires = "records")]
    lower_is_more_similar: bool,
    #[command(flatten)]
    label_rules: LabelArguments,
    /// A table of labels by subject_id or sample_id, for records without attributes.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// A stress test to show in the same report: the stress.json of `evenmatch stress`.
    #[arg(long, value_name = "FILE")]
    stress: Option<PathBuf>,
    /// How often people overturned decisions, to show in the same report: what `evenmatch appeal
    /// rates` printed.
    #[arg(long, value_name = "FILE")]
    appeals: Option<PathBuf>,
    /// Interval of rates.
    #[arg(long, value_enum, default_value_t = Interval::Auto)]
    interval: Interval,
    /// Confidence of two-sided intervals.
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    confidence: f64,
    /// Fewest trials for which a rate is printed.
    #[arg(long, value_name = "N", default_value_t = 30)]
    min_trials: u64,
    /// Seed of every resampling.
    #[arg(long, value_name = "N", default_value_t = AuditSettings::default().seed)]
    seed: u64,
    /// Threads; the result does not depend on it.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Interval {
    /// By the pair graph and the number of errors.
    Auto,
    /// Clopper–Pearson, as if trials were independent.
    Exact,
    /// Wilson's on the effective sample size.
    Wilson,
    /// Percentiles of a subject bootstrap.
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

/// Runs the audit, writes the report and says the answers on standard error.
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
            let normaliser = normaliser(&arguments, calibration)?;
            let job = Job {
                normaliser: normaliser.as_ref(),
                held_out: arguments.held_out,
                manifest,
                people: &arguments.people,
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
            "name --records FILE, or --manifest FILE",
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

/// How many threads: as many as were asked for, or one a core; more than are of use are not
/// started, and that is said.
pub(super) fn jobs(asked: Option<usize>) -> usize {
    let (asked, most) = (asked.unwrap_or_else(threads::cores).max(1), threads::most());
    if asked > most {
        eprintln!("note: --jobs {asked} is more than this machine has a use for: {most} are run");
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

pub(super) fn invalid(message: String, next: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, Stage::Audit, message).next(next)
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

/// The normaliser of the photos' scores; `None` for plain cosines.
fn normaliser(
    arguments: &AuditArguments,
    calibration: Option<CalibrationFile>,
) -> evenmatch_core::Result<Option<NormaliserRecord>> {
    let Some(calibration) = calibration else {
        let usual = match arguments.threshold {
            Some(_) => Choice::Off,
            None => Choice::Cohort,
        };
        return of_choice(arguments.normalise.as_ref().unwrap_or(&usual));
    };
    // Thresholds of a calibration are for its own scores and no others.
    if arguments.normalise.is_some() {
        let message = "the calibration says itself which scores its thresholds are for".to_owned();
        return Err(
            invalid(message, "leave out --normalise, or --calibration").in_path(&calibration.path)
        );
    }
    calibration.normaliser.map(for_embedder_in_use).transpose()
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

/// Where a warning's rows begin, for the end of its line.
pub(super) fn first_lines(warning: &RecordWarning) -> String {
    let lines: Vec<String> = warning.lines.iter().map(u64::to_string).collect();
    match (lines.len() as u64).cmp(&warning.count) {
        _ if lines.is_empty() => String::new(),
        std::cmp::Ordering::Less => format!(" (lines {}, …)", lines.join(", ")),
        _ => format!(" (lines {})", lines.join(", ")),
    }
}

/// The answers, on standard error: standard output is for data.
#[allow(clippy::print_stderr)]
fn say(report: &AuditReport, out: &Path) {
    for answer in &report.answers {
        match answer.verdict {
            Some(verdict) => eprintln!("{verdict}: {}", answer.sentence),
            None => eprintln!("{}", answer.sentence),
        }
    }
    for warning in &report.warnings {
        eprintln!("warning: {}{}", warning.message, first_lines(warning));
    }
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
