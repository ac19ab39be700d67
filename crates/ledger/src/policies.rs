//! The policies that decisions were made with, named by their SHA-256, so that each is stored once.

use std::path::{Path, PathBuf};

use super::files::write_whole;
use crate::{Digest, Error, ErrorKind, Result, Stage};

fn place(folder: &Path, digest: &Digest) -> PathBuf {
    folder.join("policies").join(format!("{digest}.json"))
}

/// Stores a policy and returns its digest.
pub(super) fn keep(folder: &Path, json: &[u8]) -> Result<Digest> {
    let digest = Digest::of(json);
    let path = place(folder, &digest);
    if !path.exists() {
        let parent = folder.join("policies");
        std::fs::create_dir_all(&parent).map_err(|c| Error::io(Stage::Ledger, &parent, c))?;
        write_whole(&path, json)?;
    }
    Ok(digest)
}

/// Reads a policy, and checks that it is the one with this digest.
pub(super) fn read(folder: &Path, digest: &Digest) -> Result<Vec<u8>> {
    let path = place(folder, digest);
    let json = std::fs::read(&path).map_err(|cause| {
        Error::io(Stage::Ledger, &path, cause).next("name the policy: --policy FILE.toml")
    })?;
    if Digest::of(&json) != *digest {
        let message = "this is not the policy that the decision was made with";
        return Err(Error::new(ErrorKind::DigestMismatch, Stage::Ledger, message)
            .in_path(&path)
            .next("restore the file from an intact copy"));
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_kept_once_and_a_changed_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let digest = keep(folder.path(), b"{}").unwrap();
        assert_eq!(keep(folder.path(), b"{}").unwrap(), digest);
        assert_eq!(read(folder.path(), &digest).unwrap(), b"{}");
        std::fs::write(place(folder.path(), &digest), b"{ }").unwrap();
        let error = read(folder.path(), &digest).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DigestMismatch);
    }
}
