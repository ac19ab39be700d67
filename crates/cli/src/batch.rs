//! `evenmatch batch`: from pairs of photos to comparison records.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Exit, write_atomically};
use super::acquisition::AcquisitionArguments;
use super::people::with_suffix;
use evenmatch_audit::records::PairList;
use evenmatch_core::{Error, ErrorKind, Stage, Shown};
use evenmatch_lab::batch::{
    ComparedPair, FoldAccuracy, compare_pairs, fold_accuracy, write_records,
};

const EXAMPLES: &str = "\
Examples:
  evenmatch batch --pairs pairs.csv --out records.csv
  evenmatch audit --records records.csv --out report
  evenmatch batch --pairs pairs.txt --root lfw --out records.csv --json

The pairs are a CSV with the columns reference,probe and optionally mated, reference_subject,
probe_subject and attributes (probe_race, reference_race, …); or LFW's pairs.txt, for which the
accuracy over its folds is printed. Templates are deleted once the records are written.

Exit codes: 0 done, 2 error.";

/// Compare many pairs of photos and write one record per pair
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BatchArguments {
    /// Read the pairs from this file: a CSV with reference,probe[,mated,…], or LFW's pairs.txt
    #[arg(long, value_name = "FILE")]
    pairs: PathBuf,
    /// Write the records to this file, with the columns that `audit --records` reads
    #[arg(long, value_name = "FILE.csv")]
    out: PathBuf,
    /// Print the counts and the accuracy over folds as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acquisition: AcquisitionArguments,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Summary {
    schema: &'static str,
    pairs: usize,
    compared: usize,
    failures: BTreeMap<String, usize>,
    /// By LFW's protocol, if the list has folds.
    fold_accuracy: Option<FoldAccuracy>,
}

/// Acquires every photo once, compares, writes the records.
pub(crate) fn run(arguments: &BatchArguments) -> anyhow::Result<Exit> {
    super::keep_inputs(Some(&arguments.out), &[Some(&arguments.pairs)])?;
    let list = PairList::read(&arguments.pairs)?;
    for warning in &list.photos.warnings {
        eprintln!("warning: {}", warning.message);
    }
    // The folder of templates exists until the records are written.
    let folder = with_suffix(&arguments.out, ".unfinished");
    if folder.exists() && !arguments.acquisition.resume {
        let message = "a run that stopped left its templates here";
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Template, message)
            .in_path(&folder)
            .next("add --resume to resume that run, or delete the folder to start again")
            .into());
    }
    let places = (arguments.pairs.as_path(), folder.as_path());
    let acquired = arguments.acquisition.acquire(&list.photos, places, None, Vec::new())?;
    let compared = compare_pairs(&list, &acquired)?;
    let mut records = Vec::new();
    write_records(&list, &compared, &mut records)?;
    write_atomically(&arguments.out, &records)?;
    std::fs::remove_dir_all(&folder).map_err(|cause| Error::io(Stage::Template, &folder, cause))?;
    let summary = summary(&list, &compared);
    say(&list, &summary, &arguments.out);
    if arguments.json {
        super::print_json(&summary)?;
    }
    Ok(Exit::Done)
}

fn summary(list: &PairList, compared: &[ComparedPair]) -> Summary {
    let mut failures = BTreeMap::new();
    for failure in compared.iter().filter_map(|pair| pair.failure.as_ref()) {
        *failures.entry(failure.clone()).or_insert(0) += 1;
    }
    let scored = list.pairs.iter().zip(compared);
    let judged: Option<Vec<(bool, Option<f32>)>> =
        scored.map(|(pair, compared)| Some((pair.mated?, compared.score))).collect();
    Summary {
        schema: "evenmatch.batch/1",
        pairs: compared.len(),
        compared: compared.iter().filter(|pair| pair.score.is_some()).count(),
        failures,
        fold_accuracy: list.folds.zip(judged).and_then(|(n, pairs)| fold_accuracy(&pairs, n)),
    }
}

#[allow(clippy::print_stderr)]
fn say(list: &PairList, summary: &Summary, out: &Path) {
    if let Some(accuracy) = &summary.fold_accuracy {
        eprintln!(
            "accuracy over {} folds, each at the threshold of the others: {:.2} % ± {:.2} % \
             (standard error)",
            accuracy.folds.len(),
            100.0 * accuracy.mean,
            100.0 * accuracy.standard_error
        );
    }
    let foreign = |name: &&String| {
        !["probe_", "reference_"].iter().any(|side| name.starts_with(side))
            && !["split", "attack_species", "pad_outcome", "pad_score"].contains(&name.as_str())
    };
    let foreign: Vec<String> =
        list.columns.iter().filter(foreign).map(|name| format!("{name}=ignore")).collect();
    if !foreign.is_empty() {
        eprintln!(
            "note: to audit these records, add --format evenmatch --map {}",
            foreign.join(",")
        );
    }
    let failed = summary.pairs - summary.compared;
    eprintln!("{} pairs, {failed} of which failed: {}", summary.pairs, out.shown());
}
