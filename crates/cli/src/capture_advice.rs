//! `evenmatch capture-advice`: what should the person change about this photo?

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde::Serialize;

use super::exit::Exit;
use evenmatch::{CaptureAdvice, Policy, Probe, Source, Verifier, quality::Gate};
use evenmatch_core::record::QualityRecord;

const EXAMPLES: &str = "\
Examples:
  evenmatch capture-advice selfie.jpg
  evenmatch capture-advice selfie.jpg --json | jq -r '.changes[].advice'
  evenmatch capture-advice selfie.jpg --policy strict.toml

The advice is what the policy's gate would say under `enforce`, whether or not it is enforced.

Exit codes: 0 the photo is good enough, 2 error, 3 it is not: no usable face, or refused by the gate.";

/// Say what to change about a photo, most important first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CaptureAdviceArguments {
    /// The photo (JPEG, PNG, WebP, BMP or TIFF)
    #[arg(value_name = "IMG")]
    image: PathBuf,
    /// Read the rules for acquiring photos from this file
    #[arg(long, value_name = "FILE.toml")]
    policy: Option<PathBuf>,
    /// Print the advice as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Output<'a> {
    schema: &'static str,
    face_found: bool,
    #[serde(flatten)]
    advice: &'a CaptureAdvice,
    quality: &'a QualityRecord,
}

/// Inspects the photo and prints the advice.
pub(crate) fn run(arguments: &CaptureAdviceArguments) -> anyhow::Result<Exit> {
    let policy = super::policy::read(arguments.policy.as_deref(), None, None)?;
    // The advice needs the measurements of the gate; it is the same whether or not it is enforced.
    let policy = Policy { gate: Gate::Advise, ..policy };
    // Nothing is compared, so no calibration is needed.
    let verifier = Verifier::builder().policy(policy).uncalibrated().open()?;
    let inspection = verifier.inspect(Source::<Probe>::from(arguments.image.as_path()))?;
    let advice = CaptureAdvice::of(&inspection);
    if arguments.json {
        super::terminal::print_json(&Output {
            schema: "evenmatch.capture_advice/1",
            face_found: !inspection.detections.faces.is_empty(),
            advice: &advice,
            quality: &inspection.record.quality,
        })?;
    } else {
        let printed = explain(&advice, &mut super::terminal::text());
        printed.context("standard output could not be written")?;
    }
    Ok(if advice.would_do { Exit::Done } else { Exit::Undecided })
}

fn explain(advice: &CaptureAdvice, out: &mut impl Write) -> std::io::Result<()> {
    match (advice.would_do, advice.changes.is_empty()) {
        (true, true) => writeln!(out, "This photo is good enough; there is nothing to change.")?,
        (true, false) => writeln!(out, "This photo is good enough. To make it better:")?,
        (false, _) => writeln!(out, "This photo is not good enough. Please:")?,
    }
    for change in &advice.changes {
        writeln!(out, "  - {}", change.advice)?;
        let weight = if change.needed || advice.would_do { "" } else { " (optional, but helps)" };
        writeln!(out, "    because {} [{}]{weight}", change.meaning, change.code)?;
    }
    Ok(())
}
