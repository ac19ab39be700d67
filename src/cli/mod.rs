//! The command: typed arguments, resolved settings, exit codes. Only this module prints.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod acquisition;
mod appeal;
mod args;
mod audit;
mod audit_manifest;
mod batch;
mod calibrate;
mod calibration_file;
mod capture_advice;
mod challenge;
mod compare_audits;
mod crossmatch;
mod detect;
mod disclose;
mod doctor;
mod embed;
mod enrol;
mod explain;
mod gate;
mod keys;
mod label_errors;
mod labels;
mod ledger;
mod merge;
mod models;
mod normalise;
mod pad_eval;
mod people;
mod place;
mod plan;
mod stress;
mod verify;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use args::Command;

use crate::decide::Policy;

/// What a finished command means, as its exit code; see the contract in the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: match, pass or done.
    Done,
    /// 1: non-match, or a rule failed.
    Negative,
    /// 3: undecided, or no rule failed but some are inconclusive.
    Undecided,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Negative => 1,
            Exit::Undecided => 3,
        })
    }
}

/// The policy of a file, or the default one, with the gate of the command line.
fn policy(path: Option<&Path>, gate: Option<gate::GateArgument>) -> crate::Result<Policy> {
    let mut policy = path.map_or_else(|| Ok(Policy::default()), Policy::from_path)?;
    policy.gate = gate.map_or(policy.gate, Into::into);
    Ok(policy)
}

/// Exit code of every error: bad usage, unreadable file, wrong digest.
const EXIT_ERROR: u8 = 2;

/// Parses the arguments, runs the subcommand, and turns its result into an exit code.
pub fn main() -> ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { EXIT_ERROR } else { 0 };
            // A closed pipe while printing help is nobody's fault.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match run(arguments) {
        Ok(exit) => exit.into(),
        Err(error) => {
            report(&error);
            ExitCode::from(EXIT_ERROR)
        }
    }
}

fn run(arguments: args::Arguments) -> anyhow::Result<Exit> {
    match arguments.command {
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Disclose(arguments) => disclose::run(&arguments),
        Command::Detect(arguments) => detect::run(&arguments),
        Command::CaptureAdvice(arguments) => capture_advice::run(&arguments),
        Command::Challenge(arguments) => challenge::run(&arguments),
        Command::Embed(arguments) => embed::run(&arguments),
        Command::Crossmatch(arguments) => crossmatch::run(&arguments),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::Merge(arguments) => merge::run(&arguments),
        Command::Batch(arguments) => batch::run(&arguments),
        Command::Models(arguments) => models::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Audit(arguments) => audit::run(*arguments),
        Command::Stress(arguments) => stress::run(&arguments),
        Command::Plan(arguments) => plan::run(arguments),
        Command::PadEval(arguments) => pad_eval::run(&arguments),
        Command::CompareAudits(arguments) => compare_audits::run(arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Enrol(arguments) => enrol::enrol(&arguments),
        Command::List(arguments) => enrol::list(&arguments),
        Command::Forget(arguments) => enrol::forget(&arguments),
        Command::Receipt(arguments) => enrol::receipt(&arguments),
        Command::Retention(arguments) => enrol::retention(&arguments),
        Command::Ledger(arguments) => ledger::run(&arguments),
        Command::Appeal(arguments) => appeal::run(&arguments),
        Command::Replay(arguments) => appeal::replay(&arguments),
    }
}

/// Prints a value as JSON on standard output.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

/// Prints the fault, its causes and the next step on standard error.
fn report(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
    let next = error.chain().find_map(|e| e.downcast_ref::<crate::Error>()?.next_step());
    if let Some(next) = next {
        eprintln!("  next: {next}");
    }
}

/// Writes a file whole or not at all: beside its place first, then renamed into it.
fn write_atomically(path: &Path, bytes: &[u8]) -> crate::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    });
    written.map_err(|cause| crate::Error::io(crate::Stage::Export, path, cause))
}
