//! Reports and other files that everyone may read, written as the module `files` promises.

use std::path::{Path, PathBuf};

use crate::{Result, Stage};
use evenmatch_core::files::{self, Access};

/// Writes a file so that a reader sees either the old content or all of the new content. A
/// symbolic link is followed; a device or a pipe is written to and not replaced.
///
/// # Errors
///
/// The file cannot be written, or its name is not a file name.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    files::write(path, bytes, Access::Everyone, Stage::Export)
}

/// Writes all files next to their final places first, and only then renames them.
pub(super) fn replace_all(ready: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    files::write_all(ready, Access::Everyone, Stage::Export)
}
