//! Files that commands write.

use std::path::Path;

use evenmatch_core::{
    Error, ErrorKind, Result, Stage,
    files::{self, Access},
};

/// Writes a file that everyone may read, with the guarantees of [`files`].
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    files::write(path, bytes, Access::Everyone, Stage::Export)
}

/// Writes a file about one person, which only its owner may read.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    files::write(path, bytes, Access::Owner, Stage::Export)
}

/// Refuses to overwrite a file that the same run reads.
pub(super) fn keep_inputs(output: Option<&Path>, inputs: &[Option<&Path>]) -> Result<()> {
    let Some(output) = output else { return Ok(()) };
    if !inputs.iter().flatten().any(|input| files::are_one(output, input)) {
        return Ok(());
    }
    // Writing to a device that is also read, such as /dev/stdin, destroys nothing.
    if std::fs::metadata(output).is_ok_and(|data| !data.is_file()) {
        return Ok(());
    }
    let message = "this file is read here, and writing to it would destroy it";
    Err(Error::new(ErrorKind::InvalidArgument, Stage::Export, message)
        .in_path(output)
        .next("name another output file"))
}
