//! Merging the shards of a store.

use std::fs;
use std::path::{Path, PathBuf};

use super::outcomes::{OUTCOMES_FILE, merge_outcomes};
use super::store::{Shard, TemplateStore, in_order};
use super::work::write_whole;
use crate::{Error, ErrorKind, Result, Stage};

/// Merges the shards in these folders into the folder `out`: the store and the outcomes are, byte
/// for byte, those of a run over the whole manifest. The order of the folders does not matter.
///
/// # Errors
/// A folder without a finished store; shards of different manifests, pipelines or numbers of
/// shards; a shard that is missing or given twice.
pub fn merge(folders: &[PathBuf], out: &Path) -> Result<TemplateStore> {
    let mut parts = Vec::with_capacity(folders.len());
    let mut outcomes = Vec::with_capacity(folders.len());
    for folder in folders {
        let path = TemplateStore::file_in(folder);
        parts.push((TemplateStore::read(&path)?, path));
        let path = folder.join(OUTCOMES_FILE);
        let bytes = fs::read(&path).map_err(|cause| {
            Error::io(Stage::Template, &path, cause)
                .next("finish the shard: evenmatch embed --resume")
        })?;
        outcomes.push((path.display().to_string(), bytes));
    }
    let outcomes = merge_outcomes(&outcomes)?;
    let store = join(parts)?;
    evenmatch_core::files::create_folder(out, Stage::Template)?;
    write_whole(out, &TemplateStore::file_in(out), &store.to_bytes()?)?;
    write_whole(out, &out.join(OUTCOMES_FILE), &outcomes)?;
    Ok(store)
}

/// The whole store from all its shards.
fn join(parts: Vec<(TemplateStore, PathBuf)>) -> Result<TemplateStore> {
    let fault = |path: &Path, message: String| {
        Error::new(ErrorKind::InvalidArgument, Stage::Template, message).in_path(path).next(
            "merge all shards of one manifest, each once, made by the same version and policy",
        )
    };
    let mut seen: Vec<Shard> = Vec::new();
    let mut whole: Option<TemplateStore> = None;
    for (part, path) in parts {
        let Some(shard) = part.shard else {
            return Err(fault(&path, "this store is not a shard but a whole store".to_owned()));
        };
        if seen.first().is_some_and(|first| first.count != shard.count) || seen.contains(&shard) {
            return Err(fault(&path, format!("the shard {shard} does not match the others")));
        }
        seen.push(shard);
        match &mut whole {
            None => whole = Some(TemplateStore { shard: None, ..part }),
            Some(whole) => {
                if part.form != whole.form {
                    let (own, others) = (part.form, whole.form);
                    let message =
                        format!("its templates are {own}, but those of the other shards {others}");
                    return Err(Error::new(
                        ErrorKind::TemplateFormMismatch,
                        Stage::Template,
                        message,
                    )
                    .in_path(&path)
                    .next(format!("make this shard again: evenmatch embed --templates {others}")));
                }
                let agrees = part.manifest == whole.manifest
                    && part.pipeline == whole.pipeline
                    && part.measures == whole.measures;
                if !agrees {
                    let message =
                        "the manifest, model, policy or measurements differ from the other shards";
                    return Err(fault(&path, message.to_owned()));
                }
                whole.rows.extend(part.rows);
            }
        }
    }
    let Some((mut whole, first)) = whole.zip(seen.first().copied()) else {
        let message = "there is nothing to merge";
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Template, message)
            .next("name the folders of the shards"));
    };
    let all = (0..first.count).map(|index| Shard { index, ..first });
    let missing: Vec<String> =
        all.filter(|shard| !seen.contains(shard)).map(|shard| shard.to_string()).collect();
    if !missing.is_empty() {
        let message = format!("the shards {} are missing", missing.join(", "));
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Template, message)
            .next("make them with evenmatch embed --shard …, or name their folders, too"));
    }
    in_order(&mut whole.rows);
    Ok(whole)
}
