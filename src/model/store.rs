//! The folder that models are in, and the only way to read them: through the digest check.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::manifest::{Manifest, ModelEntry, ReadyEntry, Role, RuntimeEntry};
use super::onnx_check::check_model;
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// The models' folder, in place of the platform's cache folder.
pub const MODELS_VARIABLE: &str = "EVENMATCH_MODELS";
/// A user's manifest, which extends the built-in one.
pub const MANIFEST_VARIABLE: &str = "EVENMATCH_MANIFEST";
/// The runtime's shared library, in place of the fetched one.
pub const RUNTIME_VARIABLE: &str = "EVENMATCH_ORT_LIB";

/// What to do when something has not been fetched.
pub(crate) const FETCH: &str = "run: evenmatch models fetch";
const FETCH_AGAIN: &str = "delete the file, then run: evenmatch models fetch";

/// Identifies a model: its name, and the digest of the file that is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModelId {
    /// The manifest's name for it.
    pub id: String,
    /// The digest of the (prepared) file.
    pub sha256: Digest,
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (sha256 {})", self.id, self.sha256)
    }
}

/// A model file whose digest has been checked; there is no other way to create one.
#[derive(Debug, Clone)]
pub struct VerifiedModel {
    entry: ModelEntry,
    bytes: Vec<u8>,
    is_ready: bool,
}

impl VerifiedModel {
    /// Checks the bytes against the entry's digest, and that they contain all tensors.
    ///
    /// # Errors
    /// [`ErrorKind::DigestMismatch`] if the digest differs; [`ErrorKind::InvalidModel`] if the
    /// bytes are not an ONNX model or a tensor is in another file.
    pub fn check(entry: ModelEntry, bytes: Vec<u8>) -> Result<Self> {
        let next = match entry.source {
            Some(_) => FETCH_AGAIN,
            None => "put the right file there, or correct `sha256` in your manifest",
        };
        expect_digest(&entry.file, entry.sha256, Digest::of(&bytes), next)?;
        check_model(&bytes).map_err(|error| error.in_path(&entry.file))?;
        Ok(VerifiedModel { entry, bytes, is_ready: false })
    }

    /// Which model it is.
    pub fn id(&self) -> ModelId {
        ModelId { id: self.entry.id.clone(), sha256: self.entry.sha256 }
    }

    /// Its entry in the manifest.
    pub fn entry(&self) -> &ModelEntry {
        &self.entry
    }

    /// The file's bytes, in ONNX format.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The file's bytes, in ONNX format.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Whether the bytes are not in ONNX format but in that of the pinned runtime, which no model
    /// of [`ModelStore::load`] is.
    pub fn is_ready(&self) -> bool {
        self.is_ready
    }
}

/// Whether a file is in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// It is there, and its digest is the pinned one.
    Ready,
    /// It is not there.
    Missing,
    /// It is there with a different digest.
    WrongDigest {
        /// The digest that was found.
        found: Digest,
    },
}

/// The models' folder together with the manifest that says what should be in it.
#[derive(Debug, Clone)]
pub struct ModelStore {
    dir: PathBuf,
    manifest: Manifest,
}

impl ModelStore {
    /// The folder that `EVENMATCH_MODELS` names, or else the platform's cache folder; with the
    /// built-in manifest, extended by the one that `EVENMATCH_MANIFEST` names.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the user's manifest cannot be read, [`ErrorKind::InvalidModel`] if it
    /// is malformed, [`ErrorKind::InvalidArgument`] if the platform has no cache folder.
    pub fn open() -> Result<Self> {
        let dir = match std::env::var_os(MODELS_VARIABLE) {
            Some(dir) if !dir.is_empty() => PathBuf::from(dir),
            _ => default_dir()?,
        };
        let mut manifest = Manifest::built_in()?;
        if let Some(path) = std::env::var_os(MANIFEST_VARIABLE).filter(|path| !path.is_empty()) {
            let path = PathBuf::from(path);
            let text = std::fs::read_to_string(&path)
                .map_err(|cause| Error::io(Stage::Setup, &path, cause))?;
            let folder = path.parent().unwrap_or(Path::new(""));
            manifest = manifest.extended(&text, &path.display().to_string(), folder)?;
        }
        Ok(ModelStore::at(dir, manifest))
    }

    /// This folder with this manifest. The folder need not exist yet.
    pub fn at(dir: impl Into<PathBuf>, manifest: Manifest) -> Self {
        ModelStore { dir: dir.into(), manifest }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the model's file is, or will be.
    pub fn path_of(&self, entry: &ModelEntry) -> PathBuf {
        match entry.source {
            Some(_) => self.dir.join(&entry.file),
            None => entry.file.clone(),
        }
    }

    /// Whether the model's file is in place.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the file is there but cannot be read.
    pub fn state_of(&self, entry: &ModelEntry) -> Result<FileState> {
        state(&self.path_of(entry), entry.sha256)
    }

    /// Whether the fetched runtime library is in place.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the file is there but cannot be read.
    pub fn state_of_runtime(&self, entry: &RuntimeEntry) -> Result<FileState> {
        state(&self.dir.join(&entry.file), entry.sha256)
    }

    /// The ready form of a model that can be used here: pinned for this processor and for the
    /// pinned runtime, with no other runtime named in its place. Its file need not be there.
    pub fn ready_of(&self, entry: &ModelEntry) -> Option<&ReadyEntry> {
        let pinned = self.dir.join(&self.manifest.runtime_here()?.file);
        let is_pinned = self.runtime_library().is_ok_and(|library| library == pinned);
        self.manifest.ready_here(entry).filter(|_| is_pinned)
    }

    /// Where the file of a ready form is, or will be.
    pub fn path_of_ready(&self, ready: &ReadyEntry) -> PathBuf {
        self.dir.join(&ready.file)
    }

    /// Whether the file of a ready form is in place.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the file is there but cannot be read.
    pub fn state_of_ready(&self, ready: &ReadyEntry) -> Result<FileState> {
        state(&self.path_of_ready(ready), ready.sha256)
    }

    /// Compares the file of a ready form with its pinned digest.
    ///
    /// # Errors
    /// [`ErrorKind::DigestMismatch`] if it is another file; [`ErrorKind::Io`] if it cannot be read
    /// or is not there.
    pub fn verify_ready(&self, ready: &ReadyEntry) -> Result<()> {
        self.read_ready(ready).map(|_| ())
    }

    fn read_ready(&self, ready: &ReadyEntry) -> Result<Vec<u8>> {
        let path = self.path_of_ready(ready);
        let bytes = std::fs::read(&path).map_err(|cause| Error::io(Stage::Setup, &path, cause))?;
        expect_digest(&path, ready.sha256, Digest::of(&bytes), FETCH_AGAIN)?;
        Ok(bytes)
    }

    /// Reads the model that this role uses by default, for [`OnnxNetwork`](super::OnnxNetwork) on
    /// the library of [`ModelStore::verify_runtime`]: its ready form where that is there, and else
    /// its ONNX file. Either has its pinned digest.
    ///
    /// # Errors
    /// As for [`ModelStore::load`].
    #[cfg(feature = "onnx")]
    pub(crate) fn load_to_run(&self, role: Role) -> Result<VerifiedModel> {
        let entry = self.manifest.default_for(role)?;
        let ready = self.ready_of(entry).filter(|ready| self.path_of_ready(ready).exists());
        match ready {
            Some(ready) => {
                let bytes = self.read_ready(ready)?;
                let entry = ModelEntry { file: self.path_of_ready(ready), ..entry.clone() };
                Ok(VerifiedModel { entry, bytes, is_ready: true })
            }
            None => self.load_entry(entry),
        }
    }

    /// Reads the model of this id and checks its digest.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] if the manifest has no such model,
    /// [`ErrorKind::ModelMissing`] if it has not been fetched, [`ErrorKind::DigestMismatch`] if the
    /// file is not the pinned one, [`ErrorKind::InvalidModel`] if it keeps tensors in other files.
    pub fn load(&self, id: &str) -> Result<VerifiedModel> {
        self.load_entry(self.manifest.model(id)?)
    }

    /// Reads the model that this role uses by default and checks its digest.
    ///
    /// # Errors
    /// As for [`ModelStore::load`].
    pub fn load_default(&self, role: Role) -> Result<VerifiedModel> {
        self.load_entry(self.manifest.default_for(role)?)
    }

    fn load_entry(&self, entry: &ModelEntry) -> Result<VerifiedModel> {
        let path = self.path_of(entry);
        let bytes = std::fs::read(&path).map_err(|cause| self.missing(entry, &path, cause))?;
        let entry = ModelEntry { file: path, ..entry.clone() };
        VerifiedModel::check(entry, bytes)
    }

    /// Checks that the model's file exists, whatever it contains.
    #[cfg(feature = "onnx")]
    pub(crate) fn expect_file(&self, entry: &ModelEntry) -> Result<()> {
        let path = self.path_of(entry);
        match std::fs::metadata(&path) {
            Ok(_) => Ok(()),
            Err(cause) => Err(self.missing(entry, &path, cause)),
        }
    }

    fn missing(&self, entry: &ModelEntry, path: &Path, cause: std::io::Error) -> Error {
        if cause.kind() != std::io::ErrorKind::NotFound {
            return Error::io(Stage::Setup, path, cause);
        }
        let message = format!("the {} {} is missing", entry.role, entry.id);
        let error = Error::new(ErrorKind::ModelMissing, Stage::Setup, message).in_path(path);
        match entry.source {
            Some(_) => error.next(FETCH),
            None => error.next("put the file there, or correct `file` in your manifest"),
        }
    }

    /// The path of the runtime's shared library: the one that `EVENMATCH_ORT_LIB` names, or else
    /// the fetched one. Its digest is not checked here: [`ModelStore::verify_runtime`] does that.
    ///
    /// # Errors
    /// [`ErrorKind::ModelMissing`] if there is no such file, or if no library is pinned for this
    /// platform and none is named.
    pub fn runtime_library(&self) -> Result<PathBuf> {
        if let Some(path) = std::env::var_os(RUNTIME_VARIABLE).filter(|path| !path.is_empty()) {
            let path = PathBuf::from(path);
            if path.is_file() {
                return Ok(path);
            }
            let message = format!("{RUNTIME_VARIABLE} names a file that does not exist");
            return Err(Error::new(ErrorKind::ModelMissing, Stage::Setup, message)
                .in_path(&path)
                .next(format!("set {RUNTIME_VARIABLE} to ONNX Runtime's shared library")));
        }
        let Some(entry) = self.manifest.runtime_here() else {
            let message =
                format!("no ONNX Runtime is pinned for {}", RuntimeEntry::platform_here());
            return Err(Error::new(ErrorKind::ModelMissing, Stage::Setup, message)
                .next(format!("set {RUNTIME_VARIABLE} to ONNX Runtime's shared library")));
        };
        let path = self.dir.join(&entry.file);
        if path.is_file() {
            return Ok(path);
        }
        let message = format!("ONNX Runtime {} is missing", entry.version);
        Err(Error::new(ErrorKind::ModelMissing, Stage::Setup, message).in_path(&path).next(FETCH))
    }

    /// Reads the fetched runtime library, checks its digest and returns its path. A library that
    /// `EVENMATCH_ORT_LIB` names is the user's own, and has no pinned digest.
    ///
    /// # Errors
    /// As for [`ModelStore::runtime_library`]; [`ErrorKind::DigestMismatch`] if the file is not
    /// the pinned one.
    pub fn verify_runtime(&self) -> Result<PathBuf> {
        let path = self.runtime_library()?;
        if let Some(entry) = self.manifest.runtime_here()
            && path == self.dir.join(&entry.file)
        {
            let file = File::open(&path).map_err(|cause| Error::io(Stage::Setup, &path, cause))?;
            let found =
                Digest::of_reader(file).map_err(|cause| Error::io(Stage::Setup, &path, cause))?;
            expect_digest(&path, entry.sha256, found, FETCH_AGAIN)?;
        }
        Ok(path)
    }
}

/// The models' folder if no variable names one.
fn default_dir() -> Result<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "evenmatch").ok_or_else(|| {
        let message = "this account has no home folder, so there is no cache folder";
        Error::new(ErrorKind::InvalidArgument, Stage::Setup, message)
            .next(format!("set {MODELS_VARIABLE} to a folder for the models"))
    })?;
    Ok(dirs.cache_dir().join("models"))
}

fn state(path: &Path, expected: Digest) -> Result<FileState> {
    let failed = |cause| Error::io(Stage::Setup, path, cause);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Ok(FileState::Missing);
        }
        Err(cause) => return Err(failed(cause)),
    };
    let found = Digest::of_reader(file).map_err(failed)?;
    Ok(if found == expected { FileState::Ready } else { FileState::WrongDigest { found } })
}

/// Compares digests; if they differ, the error names the file and both digests.
fn expect_digest(file: &Path, expected: Digest, found: Digest, next: &str) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    let message = format!("wrong digest: expected sha256 {expected}, found {found}");
    Err(Error::new(ErrorKind::DigestMismatch, Stage::Setup, message).in_path(file).next(next))
}
