//! `evenmatch merge`: merges shards of templates, or parts of a cross-match, into the whole.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::output_files::write_atomically;
use evenmatch_core::{Error, ErrorKind, Result, Shown, Stage};
use evenmatch_lab::batch::{STORE_FILE, merge};
use evenmatch_scores::crossmatch::CrossMatchPart;

const EXAMPLES: &str = "\
Examples:
  evenmatch embed --manifest people.csv --out part0 --shard 0/2
  evenmatch embed --manifest people.csv --out part1 --shard 1/2
  evenmatch merge --out templates part0 part1
  evenmatch merge --out all.json tiles0.json tiles1.json

Exit codes: 0 done, 2 error.";

/// Merge the parts of `embed --shard` or `crossmatch --tiles`
///
/// The result has the same bytes as a run without parts.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MergeArguments {
    /// Write templates.parquet and outcomes.csv to this folder, or parts of `crossmatch` to this
    /// file
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The folders of all shards of `embed`, or the files of all parts of `crossmatch`, in any
    /// order
    #[arg(required = true, value_name = "PART")]
    parts: Vec<PathBuf>,
}

/// Merges, and prints how much there is.
pub(crate) fn run(arguments: &MergeArguments) -> anyhow::Result<Exit> {
    if arguments.parts.iter().all(|part| part.is_file()) {
        let parts: Vec<_> = arguments.parts.iter().map(|part| Some(part.as_path())).collect();
        super::output_files::keep_inputs(Some(&arguments.out), &parts)?;
        return merge_tiles(arguments);
    }
    let store = merge(&arguments.parts, &arguments.out)?;
    let path = arguments.out.join(STORE_FILE);
    eprintln!(
        "{} photos from {} shards: {}",
        store.rows.len(),
        arguments.parts.len(),
        path.shown()
    );
    Ok(Exit::Done)
}

fn merge_tiles(arguments: &MergeArguments) -> anyhow::Result<Exit> {
    let read = |path: &PathBuf| -> Result<CrossMatchPart> {
        let bytes = std::fs::read(path).map_err(|e| Error::io(Stage::Compare, path, e))?;
        serde_json::from_slice(&bytes).map_err(|cause| {
            Error::new(
                ErrorKind::InvalidArgument,
                Stage::Compare,
                "this is not a part of a crossmatch",
            )
            .in_path(path)
            .caused_by(cause)
            .next("name the files that evenmatch crossmatch --tiles wrote")
        })
    };
    let parts = arguments.parts.iter().map(read).collect::<Result<Vec<_>>>()?;
    let whole = CrossMatchPart::merge(parts)?;
    write_atomically(&arguments.out, &serde_json::to_vec(&whole)?)?;
    eprintln!(
        "{} pairs of different people, {} pairs of the same person: {}",
        evenmatch_core::numbers::count(whole.nonmated.total()),
        evenmatch_core::numbers::count(whole.mated.len() as u64),
        arguments.out.shown()
    );
    Ok(Exit::Done)
}
