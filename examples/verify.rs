//! Verifies one photo against another on the default models.
//!
//! ```text
//! cargo run --release --example verify -- enrolled.jpg selfie.jpg
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::Path;
use std::process::ExitCode;

use evenmatch::{Policy, Verifier, model::Profile};
use evenmatch_core::{Error, ErrorKind, record::Outcome};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [reference, probe] = arguments.as_slice() else {
        eprintln!("usage: verify REFERENCE PROBE (two photos)");
        return ExitCode::from(2);
    };
    match verify(Path::new(reference), Path::new(probe)) {
        Ok(Outcome::Match) => ExitCode::SUCCESS,
        Ok(Outcome::NonMatch) => ExitCode::from(1),
        Ok(Outcome::Undecided) => ExitCode::from(3),
        Err(error) => {
            explain(&error);
            ExitCode::from(2)
        }
    }
}

fn verify(reference: &Path, probe: &Path) -> evenmatch_core::Result<Outcome> {
    // Opening loads both networks, which takes longer than one comparison: a program that
    // verifies often keeps the verifier. See crates/registry/examples/backend.rs.
    let verifier = Verifier::open(Profile::Latency, Policy::default())?;
    let record = verifier.verify(reference, probe)?;
    println!("{:?}", record.outcome);
    if let (Some(score), Some(threshold)) = (record.score, record.threshold) {
        println!("score {score:.3}, threshold {threshold:.3}");
    }
    for reason in &record.reasons {
        let weight = if reason.decisive { "decided by" } else { "note" };
        println!("{weight}: {} ({})", reason.code.meaning(), reason.code);
        if !reason.advice.is_empty() {
            println!("    {}", reason.advice);
        }
    }
    Ok(record.outcome)
}

fn explain(error: &Error) {
    if error.kind() == ErrorKind::ModelMissing {
        eprintln!("This example needs the default models, which are missing on this machine.");
    }
    eprintln!("error: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    if let Some(next) = error.next_step() {
        eprintln!("  next: {next}");
    }
}
