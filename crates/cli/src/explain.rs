//! `evenmatch explain`: explains one decision to the person concerned.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::place::PlaceArguments;
use evenmatch_core::{
    Error, ErrorKind, Result, Stage,
    record::{DECISION_SCHEMA, DecisionRecord},
};
use evenmatch_explain::{
    disclosure::{ExplanationView, OperatorStatement, explain},
    messages::{LANGUAGES, Messages, Page},
};

const EXAMPLES: &str = "\
Examples:
  evenmatch verify --reference a.jpg --probe b.jpg --save-record d.json
  evenmatch explain --record d.json --lang ht
  evenmatch explain ID --data registry --lang uk
  evenmatch explain --record d.json --lang ar --format html --operator us.toml > page.html
  evenmatch explain --list-languages

Scores are shown only with --scores, because they help anyone who tries to pass as somebody else.
docs/TRANSPARENCY.md lists what an operator's file can state.";

/// Explain a decision in plain words to the person concerned
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArguments {
    /// The decision's number in the ledger
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Explain the DecisionRecord that `verify --save-record` wrote to this file
    #[arg(long, value_name = "FILE", conflicts_with = "id")]
    record: Option<PathBuf>,
    /// Write in this language, such as es, ht or ar
    #[arg(long, value_name = "xx", default_value = "en")]
    lang: String,
    /// Write plain text or one HTML page
    #[arg(long, value_enum, default_value = "text")]
    format: PageFormat,
    /// Show scores
    #[arg(long)]
    scores: bool,
    /// Read the operator's statements about the service from this file
    #[arg(long, value_name = "FILE.toml")]
    operator: Option<PathBuf>,
    /// List the languages, and whether native speakers have checked them
    #[arg(long)]
    list_languages: bool,
    #[command(flatten)]
    place: PlaceArguments,
}

/// The format of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PageFormat {
    /// Plain text
    Text,
    /// One HTML file
    Html,
}

/// Reads, explains, prints.
pub(crate) fn run(arguments: &ExplainArguments) -> anyhow::Result<Exit> {
    if arguments.list_languages {
        list_languages()?;
        return Ok(Exit::Done);
    }
    let messages = Messages::of(&arguments.lang)?;
    let record = match (&arguments.record, &arguments.id) {
        (Some(path), _) => from_file(path)?,
        // Reading the ledger needs no key.
        (None, Some(id)) => arguments.place.ledger_files()?.decision(id)?.1.record,
        (None, None) => {
            let message = "neither a decision's number nor its record is given";
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Record, message)
                .next("run: evenmatch explain ID, or: evenmatch explain --record FILE")
                .into());
        }
    };
    let operator = arguments.operator.as_deref().map(OperatorStatement::from_path).transpose()?;
    let view = ExplanationView { scores: arguments.scores, operator: operator.as_ref() };
    print_page(&explain(&record, &messages, view), arguments.format)?;
    Ok(Exit::Done)
}

/// Prints a page on standard output.
pub(super) fn print_page(page: &Page<'_>, format: PageFormat) -> anyhow::Result<()> {
    let text = match format {
        PageFormat::Text => page.to_text(),
        PageFormat::Html => page.to_html(),
    };
    let printed = super::terminal::text().write_all(text.as_bytes());
    printed.context("standard output could not be written")
}

/// A record that was saved to a file.
fn from_file(path: &Path) -> Result<DecisionRecord> {
    let bytes = std::fs::read(path).map_err(|cause| Error::io(Stage::Record, path, cause))?;
    let record: DecisionRecord = serde_json::from_slice(&bytes).map_err(|cause| {
        Error::new(ErrorKind::Corrupt, Stage::Record, "this is not a DecisionRecord")
            .in_path(path)
            .at_line(cause.line() as u64)
            .at_column(cause.column() as u64)
            .next("name a file that `evenmatch verify --save-record FILE` wrote")
            .caused_by(cause)
    })?;
    if record.schema != DECISION_SCHEMA {
        let message = format!("the schema is `{}`, not `{DECISION_SCHEMA}`", record.schema);
        return Err(Error::new(ErrorKind::UnsupportedFormat, Stage::Record, message)
            .in_path(path)
            .next("explain it with the version of evenmatch that wrote it"));
    }
    // The id is a digest of the rest. A changed record must not be explained as if it were genuine.
    if record.clone().seal().id != record.id {
        let message = "the record's number does not match its contents";
        return Err(Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
            .in_path(path)
            .next("use the unchanged record, with the version of evenmatch that wrote it"));
    }
    Ok(record)
}

fn list_languages() -> anyhow::Result<()> {
    let mut out = super::terminal::text();
    for language in &LANGUAGES {
        let messages = Messages::in_language(language)?;
        let review = match messages.is_reviewed() {
            true => "checked by a native speaker",
            false => "machine translation, not checked by a native speaker",
        };
        writeln!(
            out,
            "{:<8} {:<21} {}  ({}; {review})",
            language.tag,
            language.english_name,
            messages.language_name(),
            language.direction.html(),
        )?;
    }
    Ok(())
}
