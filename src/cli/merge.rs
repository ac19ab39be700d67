//! `evenmatch merge`: shards of templates to the whole.

use std::path::PathBuf;

use clap::Args;

use super::Exit;
use crate::batch::{STORE_FILE, merge};

const EXAMPLES: &str = "\
Examples:
  evenmatch embed --manifest people.csv --out part0 --shard 0/2
  evenmatch embed --manifest people.csv --out part1 --shard 1/2
  evenmatch merge --out templates part0 part1

Exit codes: 0 done, 2 error.";

/// Put together what `embed --shard` made: the same files as without shards.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MergeArguments {
    /// Folder for templates.parquet and outcomes.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The folders of all shards, in any order
    #[arg(required = true, value_name = "PART")]
    parts: Vec<PathBuf>,
}

/// Merges and says how much there is.
#[allow(clippy::print_stderr)]
pub(crate) fn run(arguments: &MergeArguments) -> anyhow::Result<Exit> {
    let store = merge(&arguments.parts, &arguments.out)?;
    let path = arguments.out.join(STORE_FILE);
    eprintln!(
        "{} photos of {} shards: {}",
        store.rows.len(),
        arguments.parts.len(),
        path.display()
    );
    Ok(Exit::Done)
}
