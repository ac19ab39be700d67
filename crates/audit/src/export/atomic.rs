//! Reports and other files for everyone, written as the module `files` promises.

use std::path::{Path, PathBuf};

use crate::{Result, Stage};
use evenmatch_core::files::{self, Access};

/// Writes a file so that a reader sees either the old content or all of the new. A symbolic link
/// is followed; a device or a pipe is written to and not replaced.
///
/// # Errors
///
/// The file can't be written, or its name is none.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    files::write(path, bytes, Access::Everyone, Stage::Export)
}

/// Writes all files beside their places first and renames them only then.
pub(super) fn replace_all(ready: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    files::write_all(ready, Access::Everyone, Stage::Export)
}
