//! `evenmatch crossmatch`: compares every pair of a template store, whole or in parts.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::jobs::{jobs, with_threads};
use super::output_files::write_atomically;
use evenmatch_audit::records::PeopleManifest;
use evenmatch_core::{Digest, Error, ErrorKind, Result, Shown, Stage};
use evenmatch_lab::batch::{OUTCOMES_FILE, STORE_FILE, Shard, TemplateStore};
use evenmatch_scores::crossmatch::{CrossMatch, CrossMatchPart};

const EXAMPLES: &str = "\
Examples:
  evenmatch crossmatch --manifest people.csv --templates templates --by race --out all.json
  evenmatch crossmatch --manifest people.csv --templates templates --tiles 0/2 --out tiles0.json
  evenmatch merge --out all.json tiles0.json tiles1.json

The file holds histograms of the scores of non-mated pairs, by pair of groups, and every score of a
mated pair. It holds no template.";

/// Compare everyone with everyone, whole or in parts
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CrossMatchArguments {
    /// The list of photos from which the templates were made
    #[arg(long, value_name = "FILE.csv")]
    manifest: PathBuf,
    /// The folder that `embed` or `merge` wrote
    #[arg(long, value_name = "DIR")]
    templates: PathBuf,
    /// Keep scores apart by the groups of this attribute of the manifest
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Compare only tiles whose number modulo N is I, such as 0/2; see `merge`
    #[arg(long, value_name = "I/N")]
    tiles: Option<Shard>,
    /// Write the scores to this file (JSON)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Number of threads; does not change the result [default: one per core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

/// Compares, and writes the part or the whole.
pub(crate) fn run(arguments: &CrossMatchArguments) -> anyhow::Result<Exit> {
    super::output_files::keep_inputs(Some(&arguments.out), &[Some(&arguments.manifest)])?;
    let part = with_threads(jobs(arguments.jobs), || compare(arguments))??;
    write_atomically(&arguments.out, &serde_json::to_vec(&part)?)?;
    eprintln!(
        "{} pairs of different people, {} pairs of the same person: {}",
        evenmatch_core::numbers::count(part.nonmated.total()),
        evenmatch_core::numbers::count(part.mated.len() as u64),
        arguments.out.shown()
    );
    Ok(Exit::Done)
}

fn compare(arguments: &CrossMatchArguments) -> Result<CrossMatchPart> {
    let manifest = PeopleManifest::read(&arguments.manifest)?;
    super::warnings::show(&manifest.warnings);
    let path = arguments.templates.join(STORE_FILE);
    let bytes = std::fs::read(&path).map_err(|cause| Error::io(Stage::Template, &path, cause))?;
    let store = TemplateStore::read(&path)?;
    if store.manifest != manifest.digest || store.shard.is_some() {
        let message = "these templates do not belong to this whole manifest";
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Template, message)
            .in_path(&path)
            .next("make them with evenmatch embed, and merge shards with evenmatch merge"));
    }
    let attribute = match &arguments.by {
        None => None,
        Some(name) => {
            Some(manifest.attributes.iter().position(|a| a == name).ok_or_else(|| {
                let message = format!("the manifest has no attribute `{name}`");
                Error::new(ErrorKind::InvalidArgument, Stage::Record, message)
                    .next(format!("choose among: {}", manifest.attributes.join(", ")))
            })?)
        }
    };
    let value = |entry: usize| {
        attribute.and_then(|a| manifest.entries[entry].values[a].clone()).unwrap_or_default()
    };
    let content = content(&arguments.templates.join(OUTCOMES_FILE))?;
    let features: HashMap<Digest, &[f32]> =
        store.rows.iter().filter_map(|row| Some((row.sha256?, row.features.as_deref()?))).collect();
    let mut names: BTreeMap<String, u16> = BTreeMap::new();
    let mut subjects: HashMap<&str, u32> = HashMap::new();
    let (mut values, mut subject, mut classes) = (Vec::new(), Vec::new(), Vec::new());
    let rows: Vec<(usize, &[f32])> = manifest
        .entries
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| Some((index, *features.get(content.get(&entry.line)?)?)))
        .collect();
    for (entry, _) in &rows {
        names.insert(value(*entry), 0);
    }
    for (code, place) in names.values_mut().zip(0..) {
        *code = place;
    }
    for (entry, features) in &rows {
        values.extend_from_slice(features);
        classes.push(names[&value(*entry)]);
        let next = subjects.len() as u32;
        subject.push(*subjects.entry(&manifest.entries[*entry].subject).or_insert(next));
    }
    let dimension = rows.first().map_or(1, |(_, features)| features.len());
    let matrix = CrossMatch::new(dimension, values, subject, classes)?;
    let data = format!("manifest {}, templates {}", manifest.digest, Digest::of(&bytes));
    let shard = arguments.tiles.map(|tiles| (tiles.index, tiles.count));
    CrossMatchPart::compute(&matrix, data, names.into_keys().collect(), shard)
}

/// The digest of the photo in each line of the manifest, from the table of outcomes.
fn content(path: &std::path::Path) -> Result<HashMap<u64, Digest>> {
    let wrong = |cause: csv::Error| {
        Error::new(ErrorKind::Corrupt, Stage::Template, "this is not a table of outcomes")
            .in_path(path)
            .caused_by(cause)
            .next("make it again: evenmatch embed --resume")
    };
    let mut table = csv::Reader::from_path(path).map_err(wrong)?;
    let mut content = HashMap::new();
    for row in table.records() {
        let row = row.map_err(wrong)?;
        let line = row.get(0).and_then(|line| line.parse::<u64>().ok());
        let digest = row.get(3).and_then(|digest| digest.parse::<Digest>().ok());
        content.extend(line.zip(digest));
    }
    Ok(content)
}
