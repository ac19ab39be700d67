//! Making models ready for the processor, once, at set-up.

use std::path::PathBuf;

use super::onnx::write_ready;
use super::{FileState, ModelEntry, ModelStore, ReadyEntry, Role};
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::files::{self, Access};

/// What became of a model that can be made ready for this processor.
#[derive(Debug)]
#[non_exhaustive]
pub enum Readiness {
    /// It was made, and is in this file.
    Made(PathBuf),
    /// It was there, with the right digest.
    Kept(PathBuf),
    /// The runtime made something else of the model than what was reviewed, which was thrown away.
    Differs(Error),
}

/// Makes the default models ready that can be made ready for this processor: the runtime optimises
/// each once, and the result is stored if it has the pinned digest. Nothing depends on these files
/// but the time that it takes to start.
///
/// Models that have not been fetched are passed over.
///
/// # Errors
/// [`ErrorKind::DigestMismatch`] if the runtime is not the pinned one; [`ErrorKind::Io`] if the
/// folder cannot be written.
pub fn make_ready(store: &ModelStore) -> Result<Vec<Readiness>> {
    let mut done = Vec::new();
    for role in [Role::Detector, Role::SecondDetector, Role::Embedder, Role::Mesh] {
        let Ok(entry) = store.manifest().default_for(role) else { continue };
        let Some(ready) = store.ready_of(entry) else { continue };
        if store.state_of(entry)? == FileState::Ready {
            done.push(make(store, entry, ready)?);
        }
    }
    Ok(done)
}

/// A model's file as the runtime has optimised it for this processor, in the runtime's own format.
/// This is for whoever pins such a file.
///
/// # Errors
/// As for [`ModelStore::load`] and [`ModelStore::verify_runtime`]; [`ErrorKind::Io`] if the models'
/// folder cannot be written.
pub fn optimised(store: &ModelStore, entry: &ModelEntry) -> Result<Vec<u8>> {
    let library = store.verify_runtime()?;
    let model = store.load(&entry.id)?;
    let failed = |cause| Error::io(Stage::Setup, store.dir(), cause);
    // The runtime writes files only.
    let scratch = tempfile::Builder::new()
        .prefix(files::UNFINISHED)
        .tempdir_in(store.dir())
        .map_err(failed)?;
    let file = scratch.path().join("model");
    write_ready(model, &library, &file)?;
    std::fs::read(file).map_err(failed)
}

fn make(store: &ModelStore, entry: &ModelEntry, ready: &ReadyEntry) -> Result<Readiness> {
    let path = store.path_of_ready(ready);
    if store.state_of_ready(ready)? == FileState::Ready {
        return Ok(Readiness::Kept(path));
    }
    let mut bytes = optimised(store, entry)?;
    // The runtime writes the names of its operators first, in an order that changes with each
    // process. One of these orders was reviewed; it has the same length as all others.
    let start = ready.start()?;
    if let Some(place) = bytes.get_mut(..start.len()) {
        place.copy_from_slice(&start);
    }
    let found = Digest::of(&bytes);
    if found != ready.sha256 {
        let message =
            format!("wrong digest: expected sha256 {}, the runtime made {found}", ready.sha256);
        let error = Error::new(ErrorKind::DigestMismatch, Stage::Setup, message);
        return Ok(Readiness::Differs(error.in_path(&path)));
    }
    files::write(&path, &bytes, Access::Everyone, Stage::Setup)?;
    Ok(Readiness::Made(path))
}
