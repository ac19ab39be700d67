//! Manifests of photos: who each photo shows, and what is known about the person.

use std::path::{Path, PathBuf};

use super::source::RecordWarning;
use super::words;
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// How many missing photos a message names; it also gives their total number.
const NAMED: usize = 5;

/// A list of photos with their people, and any number of attributes.
///
/// In a file it is a CSV with the columns `path` and `subject_id`; every further column is an
/// attribute. An empty attribute is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleManifest {
    /// The file, as the caller named it.
    pub file: String,
    /// Names of the attributes, in the order of the columns.
    pub attributes: Vec<String>,
    /// The photos, in the order of the file.
    pub entries: Vec<PeopleEntry>,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Oddities in the file and its labels, sorted by code.
    pub warnings: Vec<RecordWarning>,
}

/// One photo of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleEntry {
    /// 1-based line in the file.
    pub line: u64,
    /// The photo's path as written; relative to the root, usually the manifest's folder.
    pub path: String,
    /// The person it shows.
    pub subject: String,
    /// One value per attribute, in the order of [`PeopleManifest::attributes`].
    pub values: Vec<Option<String>>,
}

impl PeopleManifest {
    /// The folder that relative paths start from by default: the one that contains the manifest.
    pub fn default_root(path: &Path) -> PathBuf {
        path.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// Line and path of every missing photo.
    pub fn missing(&self, root: &Path) -> Vec<(u64, String)> {
        let gone = self.entries.iter().filter(|entry| !root.join(&entry.path).exists());
        gone.map(|entry| (entry.line, entry.path.clone())).collect()
    }

    /// Refuses a manifest if some of its photos are missing.
    ///
    /// # Errors
    /// An error that names the first few with their lines, and the total number.
    pub fn require_photos(&self, root: &Path) -> Result<()> {
        let missing = self.missing(root);
        let Some((first, _)) = missing.first() else { return Ok(()) };
        let mut named: Vec<String> = missing
            .iter()
            .take(NAMED)
            .map(|(line, path)| format!("{} (line {line})", words::shortened(path)))
            .collect();
        if missing.len() > NAMED {
            named.push("…".to_owned());
        }
        let message = format!(
            "{} of {} photos are missing: {}",
            missing.len(),
            self.entries.len(),
            named.join(", ")
        );
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        Err(Error::new(ErrorKind::Io, Stage::Record, message)
            .in_file(self.file.clone())
            .at_line(*first)
            .next(format!(
                "correct the list, or set the folder that paths start from with --root (now {})",
                root.display()
            )))
    }
}
