//! Files that appear whole or not at all.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::{Error, Result, Stage};

/// Writes a file so that a reader sees either the old content or all of the new.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    replace_all(&[(path.to_owned(), bytes.to_vec())])
}

/// Writes all files beside their places first and renames them only then.
pub(super) fn replace_all(files: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    let mut ready = Vec::with_capacity(files.len());
    for (path, bytes) in files {
        let fault = |cause| Error::io(Stage::Export, path, cause);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(fault)?;
        file.write_all(bytes).map_err(fault)?;
        file.as_file().sync_all().map_err(fault)?;
        readable(&file).map_err(fault)?;
        ready.push((path, file));
    }
    for (path, file) in ready {
        file.persist(path).map_err(|cause| Error::io(Stage::Export, path, cause.error))?;
    }
    Ok(())
}

/// Temporary files are private; a report is an ordinary file.
#[cfg(unix)]
fn readable(file: &NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &NamedTempFile) -> std::io::Result<()> {
    Ok(())
}
