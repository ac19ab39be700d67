//! `evenmatch disclose`: what is stored about a person; with `--system`, how this system decides, how
//! often it errs, and in which groups.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::exit::Exit;
use super::explain::{PageFormat, print_page};
use super::place::PlaceArguments;
use evenmatch::{Verifier, model::ModelStore};
use evenmatch_core::{Error, ErrorKind, Stage, record::Calibration};
use evenmatch_explain::{
    disclosure::{DisclosedPoint, OperatorStatement, SystemDisclosure},
    messages::Messages,
};
use evenmatch_registry::disclosure_page;

const EXAMPLES: &str = "\
Examples:
  evenmatch disclose alice --key-file evenmatch.key --html alice.html --lang es
  evenmatch disclose --system
  evenmatch disclose --system --format html --lang es --operator us.toml > transparency.html
  evenmatch disclose --system --format json --policy strict.toml | jq .not_stated

Give the policy and the calibration that decisions are made with. What the operator's file does not
state is reported as missing. docs/TRANSPARENCY.md lists what it can state.";

/// Show what is stored about a person, or how the system decides
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiscloseArguments {
    /// Show everything stored about this person, and every decision
    subject: Option<String>,
    /// Write a page for the person to this file instead of printing JSON
    #[arg(long, value_name = "FILE.html", requires = "subject")]
    html: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArguments,
    /// Describe the system: models, thresholds, error rates by group, and the operator's statements
    #[arg(long, conflicts_with = "subject")]
    system: bool,
    /// Write plain text, one HTML page, or JSON
    #[arg(long, value_enum, default_value = "text", conflicts_with = "subject")]
    format: DisclosureFormat,
    /// Write in this language, such as es, ht or ar
    #[arg(long, value_name = "xx", default_value = "en")]
    lang: String,
    /// Read the operator's statements about the service from this file
    #[arg(long, value_name = "FILE.toml", conflicts_with = "subject")]
    operator: Option<PathBuf>,
    /// Read the rules by which decisions are made from this file
    #[arg(long, value_name = "FILE.toml", conflicts_with = "subject")]
    policy: Option<PathBuf>,
    /// The calibration with which decisions are made [default: the one that ships]
    #[arg(long, value_name = "FILE", conflicts_with = "subject")]
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

/// Gathers and prints the disclosure.
pub(crate) fn run(arguments: &DiscloseArguments) -> anyhow::Result<Exit> {
    match (&arguments.subject, arguments.system) {
        (Some(subject), _) => of_person(arguments, subject),
        (None, true) => of_system(arguments),
        (None, false) => {
            let message = "neither a person nor --system is given";
            Err(Error::new(ErrorKind::InvalidArgument, Stage::Enrolment, message)
                .next("run: evenmatch disclose SUBJECT, or: evenmatch disclose --system")
                .into())
        }
    }
}

fn of_person(arguments: &DiscloseArguments, subject: &str) -> anyhow::Result<Exit> {
    let messages = Messages::of(&arguments.lang)?;
    let disclosure = arguments.place.open()?.disclose(subject)?;
    match &arguments.html {
        Some(path) => {
            let page = disclosure_page(&disclosure, &messages);
            super::output_files::write_private(path, page.as_bytes())?;
        }
        None => super::terminal::print_json(&disclosure)?,
    }
    Ok(Exit::Done)
}

fn of_system(arguments: &DiscloseArguments) -> anyhow::Result<Exit> {
    let messages = Messages::of(&arguments.lang)?;
    let policy = super::policy::read(arguments.policy.as_deref(), None, None)?;
    let operator = arguments.operator.as_deref().map(OperatorStatement::from_path).transpose()?;
    let store = ModelStore::open()?;
    let manifest = store.manifest().clone();
    let builder = Verifier::builder().store(store).policy(policy);
    let verifier = match &arguments.calibration {
        Some(path) => builder.calibration(Calibration::from_path(path)?).open()?,
        None => builder.open()?,
    };
    let system = SystemDisclosure::of(&verifier, &manifest, operator.unwrap_or_default())?;
    match arguments.format {
        DisclosureFormat::Json => super::terminal::print_json(&Output {
            language: messages.language().tag,
            points: system.points(&messages),
            system: &system,
        })?,
        DisclosureFormat::Text => print_page(&system.page(&messages), PageFormat::Text)?,
        DisclosureFormat::Html => print_page(&system.page(&messages), PageFormat::Html)?,
    }
    Ok(Exit::Done)
}
