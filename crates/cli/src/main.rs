//! The command: typed arguments, resolved settings, exit codes. Only this crate prints.

#[macro_use]
mod terminal;

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
mod errors;
mod exit;
mod explain;
mod form_normaliser;
mod gate;
mod help;
mod jobs;
mod keys;
mod label_errors;
mod labels;
mod ledger;
mod link;
mod man;
mod merge;
mod models;
mod normalise;
mod normalise_choice;
mod output_files;
mod pad_eval;
mod people;
mod place;
mod plan;
mod policy;
mod serve;
mod stress;
mod templates;
mod verify;
mod warnings;

use std::process::ExitCode;

use anyhow::Context;

use args::{Arguments, Command};
use evenmatch_core::threads;
use exit::{EXIT_ERROR, Exit};

/// Parses the arguments, runs the subcommand, and turns its result into an exit code.
fn main() -> ExitCode {
    terminal::explain_aborts();
    let done = match help::parse() {
        // Use as many threads as the system grants, so that nothing below fails for lack of them.
        Ok(arguments) => {
            threads::with(0, || run(arguments)).map_err(Into::into).and_then(|done| done)
        }
        Err(error) => match help::show(&error) {
            Some(code) => return code,
            None => Ok(Exit::Done),
        },
    };
    let printed = terminal::finish().context("standard output could not be written");
    match printed.and(done) {
        Ok(exit) => exit.into(),
        Err(error) => {
            errors::report(&error);
            ExitCode::from(EXIT_ERROR)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Exit> {
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
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Link(arguments) => link::run(&arguments),
        Command::Enrol(arguments) => enrol::enrol(&arguments),
        Command::List(arguments) => enrol::list(&arguments),
        Command::Forget(arguments) => enrol::forget(&arguments),
        Command::Receipt(arguments) => enrol::receipt(&arguments),
        Command::Retention(arguments) => enrol::retention(&arguments),
        Command::Ledger(arguments) => ledger::run(&arguments),
        Command::Appeal(arguments) => appeal::run(&arguments),
        Command::Replay(arguments) => appeal::replay(&arguments),
        Command::Completions(arguments) => completions::run(&arguments, help::command()),
        Command::Man(arguments) => man::run(&arguments, help::command()),
    }
}
