//! `evenmatch embed`: from the photos of a manifest to templates and outcomes.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, write_atomically};
use super::acquisition::AcquisitionArguments;
use evenmatch_audit::records::PeopleManifest;
use evenmatch_core::Shown;
use evenmatch_lab::batch::{OUTCOMES_FILE, STORE_FILE, Shard, outcomes};

const EXAMPLES: &str = "\
Examples:
  evenmatch embed --manifest people.csv --out templates
  evenmatch embed --manifest people.csv --out templates --resume
  evenmatch embed --manifest people.csv --out part0 --shard 0/2

The manifest is a CSV with the columns path,subject_id and any attributes. A photo in which no face
is found is an outcome, not an error. Templates are personal data: delete them when you no longer
need them.

Exit codes: 0 done, 2 error.";

/// Make the templates of many photos and list their outcomes
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EmbedArguments {
    /// Read the list of photos from this file: path,subject_id and any attributes
    #[arg(long, value_name = "FILE.csv")]
    manifest: PathBuf,
    /// Write templates.parquet and outcomes.csv to this folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Process only photos whose number modulo N is I, such as 0/2; see `merge`
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    #[command(flatten)]
    acquisition: AcquisitionArguments,
}

/// Acquires all photos and writes both files.
#[allow(clippy::print_stderr)]
pub(crate) fn run(arguments: &EmbedArguments) -> anyhow::Result<Exit> {
    let manifest = PeopleManifest::read(&arguments.manifest)?;
    for warning in &manifest.warnings {
        eprintln!("warning: {}{}", warning.message, super::audit::first_lines(warning));
    }
    let places = (arguments.manifest.as_path(), arguments.out.as_path());
    let acquired = arguments.acquisition.acquire(&manifest, places, arguments.shard, Vec::new())?;
    let path = arguments.out.join(OUTCOMES_FILE);
    write_atomically(&path, &outcomes(&manifest, &acquired)?)?;
    for photo in acquired.duplicates(&manifest) {
        let lines: Vec<String> = photo.lines.iter().map(u64::to_string).collect();
        eprintln!(
            "warning: {}: lines {} are the same photo under the names {}",
            manifest.file,
            lines.join(", "),
            photo.subjects.join(", ")
        );
    }
    eprintln!("templates: {}", arguments.out.join(STORE_FILE).shown());
    Ok(Exit::Done)
}
