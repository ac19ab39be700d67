//! The command: typed arguments, resolved settings, exit codes. Only this module prints.

/// Replaces the standard library's macro, which panics if standard output is a full disk or a pipe
/// that nobody reads.
macro_rules! println {
    ($($arguments:tt)*) => {
        $crate::terminal::print(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

/// Replaces the standard library's macro, which panics if standard error cannot be written.
macro_rules! eprintln {
    ($($arguments:tt)*) => {
        $crate::terminal::print_error(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

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
mod completions;
mod crossmatch;
mod detect;
mod disclose;
mod doctor;
mod embed;
mod enrol;
mod explain;
mod gate;
mod help;
mod keys;
mod label_errors;
mod labels;
mod ledger;
mod man;
mod merge;
mod models;
mod normalise;
mod numbers;
mod pad_eval;
mod people;
mod place;
mod plan;
mod stress;
mod terminal;
mod verify;

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use args::Command;

use evenmatch::Policy;
use evenmatch_core::{
    Error, ErrorKind, Stage,
    files::{self, Access},
    threads,
};

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

/// The policy from a file, or the default policy, with the gate from the command line.
fn policy(path: Option<&Path>, gate: Option<gate::GateArgument>) -> evenmatch_core::Result<Policy> {
    let mut policy = path.map_or_else(|| Ok(Policy::default()), Policy::from_path)?;
    policy.gate = gate.map_or(policy.gate, Into::into);
    Ok(policy)
}

/// The exit code for every error: bad usage, unreadable file, wrong digest.
const EXIT_ERROR: u8 = 2;

/// Parses the arguments, runs the subcommand, and turns its result into an exit code.
fn main() -> ExitCode {
    terminal::explain_aborts();
    let done = match help::parse() {
        // Use as many threads as the system grants, so that nothing below fails for lack of them.
        Ok(arguments) => {
            threads::with(0, || run(arguments)).map_err(Into::into).and_then(|done| done)
        }
        Err(error) => match usage(&error) {
            Some(code) => return code,
            None => Ok(Exit::Done),
        },
    };
    let printed = terminal::finish().context("standard output could not be written");
    match printed.and(done) {
        Ok(exit) => exit.into(),
        Err(error) => {
            report(&error);
            ExitCode::from(EXIT_ERROR)
        }
    }
}

/// Prints help, which is not an error, or what is wrong with the arguments.
fn usage(error: &clap::Error) -> Option<ExitCode> {
    if !error.use_stderr() {
        // A reader such as `head` may close the pipe early; that is not an error.
        let mut out = terminal::data();
        return match std::io::stdout().is_terminal() {
            true => error.print().and_then(|()| out.flush()).is_err().then(|| ExitCode::from(2)),
            false => {
                let _ = out.write_all(error.to_string().as_bytes());
                None
            }
        };
    }
    let text = error.to_string();
    let _ = match terminal::visible(&text) {
        // Prints in colour on a terminal that has it.
        Cow::Borrowed(_) => error.print(),
        Cow::Owned(visible) => {
            eprintln!("{}", visible.trim_end());
            Ok(())
        }
    };
    Some(ExitCode::from(EXIT_ERROR))
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
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    }
}

/// Prints a value as JSON on standard output.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(value)?;
    json.push(b'\n');
    terminal::data().write_all(&json)?;
    Ok(())
}

/// Prints the error, its causes and the next step on standard error.
fn report(error: &anyhow::Error) {
    eprintln!("error: {error}");
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Many libraries repeat the cause in the error itself.
        if !said.contains(cause.trim()) {
            eprintln!("  because: {}", cause.trim());
        }
        said = cause;
    }
    let next = error.chain().find_map(|e| e.downcast_ref::<evenmatch_core::Error>()?.next_step());
    if let Some(next) = next {
        eprintln!("  next: {next}");
    }
}

/// Writes a file that everyone may read, with the guarantees of the module `files`.
fn write_atomically(path: &Path, bytes: &[u8]) -> evenmatch_core::Result<()> {
    files::write(path, bytes, Access::Everyone, Stage::Export)
}

/// Writes a file about one person, which only its owner may read.
fn write_private(path: &Path, bytes: &[u8]) -> evenmatch_core::Result<()> {
    files::write(path, bytes, Access::Owner, Stage::Export)
}

/// Refuses to overwrite a file that the same run reads.
fn keep_inputs(output: Option<&Path>, inputs: &[Option<&Path>]) -> evenmatch_core::Result<()> {
    let Some(output) = output else { return Ok(()) };
    if !inputs.iter().flatten().any(|input| files::are_one(output, input)) {
        return Ok(());
    }
    // Writing to a device that is also read, such as /dev/stdin, destroys nothing.
    if std::fs::metadata(output).is_ok_and(|data| !data.is_file()) {
        return Ok(());
    }
    let message = "this file is read here, and writing to it would destroy it";
    Err(Error::new(ErrorKind::InvalidArgument, Stage::Export, message)
        .in_path(output)
        .next("name another output file"))
}
