//! `evenmatch disclose --system`: how this system decides, how often it errs, and for whom.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Exit;
use super::explain::{PageFormat, print_page};
use super::verify::DEFAULT_FMR;
use crate::calibrate;
use crate::disclosure::{DisclosedPoint, OperatorStatement, SystemDisclosure};
use crate::messages::Messages;
use crate::model::ModelStore;
use crate::record::Calibration;

const EXAMPLES: &str = "\
Examples:
  evenmatch disclose --system
  evenmatch disclose --system --format html --lang es --operator us.toml > transparency.html
  evenmatch disclose --system --format json --policy strict.toml | jq .not_stated

Give the policy and the calibration that decisions are made with. What the operator's file does not
state is said to be missing. docs/TRANSPARENCY.md lists what it can state.";

/// Disclose how the system decides, point by point.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiscloseSystemArguments {
    /// The system: its models, thresholds, error rates by group, and what its operator states
    #[arg(long, required = true)]
    system: bool,
    /// Plain text, one HTML page, or JSON
    #[arg(long, value_enum, default_value = "text")]
    format: DisclosureFormat,
    /// The language, such as es, ht or ar
    #[arg(long, value_name = "xx", default_value = "en")]
    lang: String,
    /// What those who run the service state about it
    #[arg(long, value_name = "FILE.toml")]
    operator: Option<PathBuf>,
    /// The rules by which decisions are made
    #[arg(long, value_name = "FILE.toml")]
    policy: Option<PathBuf>,
    /// The calibration with which decisions are made; the one that ships unless told
    #[arg(long, value_name = "FILE")]
    calibration: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DisclosureFormat {
    Text,
    Html,
    Json,
}

/// The facts, and the ten points in words.
#[derive(Serialize)]
struct Output<'a> {
    #[serde(flatten)]
    system: &'a SystemDisclosure,
    language: &'static str,
    points: Vec<DisclosedPoint>,
}

/// Gathers, prints.
pub(crate) fn run(arguments: &DiscloseSystemArguments) -> anyhow::Result<Exit> {
    debug_assert!(arguments.system);
    let messages = Messages::of(&arguments.lang)?;
    let policy = super::policy(arguments.policy.as_deref(), None)?;
    let operator = arguments.operator.as_deref().map(OperatorStatement::from_path).transpose()?;
    // The calibration that ships knows of no false non-matches; another does, from other people.
    let (calibration, elsewhere) = match &arguments.calibration {
        Some(path) => (Calibration::from_path(path)?, None),
        None => (calibrate::shipped_default(true)?, calibrate::shipped()?.pop()),
    };
    let system = SystemDisclosure::gather(
        ModelStore::open()?.manifest(),
        policy,
        &calibration,
        elsewhere.as_ref(),
        DEFAULT_FMR,
        operator.unwrap_or_default(),
    )?;
    match arguments.format {
        DisclosureFormat::Json => super::print_json(&Output {
            language: messages.language().tag,
            points: system.points(&messages),
            system: &system,
        })?,
        DisclosureFormat::Text => print_page(&system.page(&messages), PageFormat::Text)?,
        DisclosureFormat::Html => print_page(&system.page(&messages), PageFormat::Html)?,
    }
    Ok(Exit::Done)
}
