//! `evenmatch compare-audits`: what changed between two reports.

use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::Exit;
use evenmatch_audit::{AuditChange, AuditReport, Direction, SCHEMA, compare_audits};
use evenmatch_core::{Error, ErrorKind, Stage};

const EXAMPLES: &str = "\
Examples:
  evenmatch compare-audits before/report.json after/report.json
  evenmatch compare-audits before/report.json after/report.json --fail-on-rise

Exit codes: 0 done, 1 something rose (with --fail-on-rise), 2 error.";

/// Show what changed between two audits, with intervals
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompareArguments {
    /// The report.json of the first audit
    before: PathBuf,
    /// The report.json of the second audit
    after: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Exit with code 1 if a rate or differential clearly rose
    #[arg(long)]
    fail_on_rise: bool,
}

/// Prints what changed.
pub(crate) fn run(arguments: CompareArguments) -> anyhow::Result<Exit> {
    let change = compare_audits(&read(&arguments.before)?, &read(&arguments.after)?);
    if arguments.json {
        super::terminal::print_json(&change)?;
    } else {
        print(&change);
    }
    let rose = change.changes.iter().any(|change| change.direction == Direction::Rose);
    Ok(if arguments.fail_on_rise && rose { Exit::Negative } else { Exit::Done })
}

fn read(path: &Path) -> evenmatch_core::Result<AuditReport> {
    let bytes = std::fs::read(path).map_err(|cause| Error::io(Stage::Audit, path, cause))?;
    let report: AuditReport = serde_json::from_slice(&bytes).map_err(|cause| {
        Error::new(ErrorKind::Corrupt, Stage::Audit, "this is not a report of `evenmatch audit`")
            .in_path(path)
            .at_line(cause.line() as u64)
            .at_column(cause.column() as u64)
            .next("name the report.json that `evenmatch audit --out DIR` wrote")
            .caused_by(cause)
    })?;
    if report.schema != SCHEMA {
        let message = format!("the schema is `{}`, not `{SCHEMA}`", report.schema);
        return Err(Error::new(ErrorKind::UnsupportedFormat, Stage::Audit, message)
            .in_path(path)
            .next("compare reports of the same schema"));
    }
    Ok(report)
}

#[allow(clippy::print_stdout)]
fn print(change: &AuditChange) {
    if change.same_inputs {
        println!("Both audits read the same files, so the intervals of the changes are too wide.");
    }
    if !change.same_weighing {
        println!(
            "One audit counts each pair of people once, the other each comparison: rates may differ \
             for that reason alone. Run one of them again with --weigh."
        );
    }
    let clear: Vec<_> =
        change.changes.iter().filter(|c| c.direction != Direction::Unclear).collect();
    for change in &clear {
        let at = change.target_fmr.map_or(String::new(), |t| {
            format!(" (target FMR {})", evenmatch_core::numbers::rate(t))
        });
        println!("{}{at}", change.sentence);
    }
    let unclear = change.changes.len() - clear.len();
    println!("{} numbers clearly changed; {unclear} did not.", clear.len());
    for verdict in &change.verdicts {
        let show =
            |v: Option<evenmatch_audit::Verdict>| v.map_or("absent".into(), |v| v.to_string());
        println!("{}: {} → {}", verdict.rule, show(verdict.before), show(verdict.after));
    }
    for name in &change.unmatched {
        println!("only in the first: {name}");
    }
}
