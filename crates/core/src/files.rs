//! Writing files: the one place that decides what a written file may replace.
//!
//! Guarantees:
//!
//! - An ordinary file appears complete or not at all. It is written next to its destination, synced
//!   and renamed, and then the folder is synced, so that a power cut leaves either the old content
//!   or the new.
//! - A symbolic link stays; the file that it points to is replaced.
//! - A pipe or a character device (`/dev/stdout`, `/dev/null`) is written to, never replaced. A
//!   block device, such as a disk, is refused.
//! - A file for everyone gets the mode that the user's umask gives; one for its owner gets 0600.
//! - A name that is not a file name (`-`, `~/…`, an address, a Windows path) is refused with a
//!   hint, before a file of that name is created.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::name_hint;
use crate::{Error, ErrorKind, Result, Stage};

/// Prefix of the names of unfinished files.
pub const UNFINISHED: &str = ".unfinished-";
/// The most symbolic links to follow; the system has the same limit.
const MOST_LINKS: usize = 40;

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone the user's umask allows: reports, records, calibrations.
    Everyone,
    /// Only its owner: keys, templates, receipts, pages about one person.
    Owner,
}

/// A file being written, which takes its place when it is committed. Dropped before that, it leaves
/// everything as it was.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    stage: Stage,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// An ordinary file: written here, next to its final path.
    Beside(NamedTempFile, PathBuf),
    /// A device or a pipe.
    Straight(File),
}

impl NewFile {
    /// Starts a file. If this succeeds, the file can be written to this place unless the disk fills
    /// up.
    ///
    /// # Errors
    ///
    /// The name is not a file name, names a folder or a disk, or no file can be created next to it.
    pub fn create(path: &Path, access: Access, stage: Stage) -> Result<Self> {
        Self::create_by(path, access, stage, None)
    }

    /// The same, with the unfinished file in another folder of the same file system, so that a
    /// killed process leaves nothing among the finished files.
    pub fn create_in(nursery: &Path, path: &Path, access: Access, stage: Stage) -> Result<Self> {
        Self::create_by(path, access, stage, Some(nursery))
    }

    fn create_by(
        path: &Path,
        access: Access,
        stage: Stage,
        nursery: Option<&Path>,
    ) -> Result<Self> {
        check_name(path, stage)?;
        let fault = |cause| Error::io(stage, path, cause);
        let target = match straight(path, stage)? {
            Some(file) => Target::Straight(file),
            None => {
                let place = followed(path).map_err(fault)?;
                let folder = nursery.unwrap_or_else(|| folder_of(&place));
                Target::Beside(beside(folder, access).map_err(fault)?, place)
            }
        };
        Ok(NewFile { path: path.to_owned(), stage, target })
    }

    /// Whether it is an ordinary file, which is on the disk once it is committed. What was written
    /// to a device or a pipe may never have arrived.
    pub fn is_ordinary(&self) -> bool {
        matches!(self.target, Target::Beside(..))
    }

    /// Syncs what was written and moves it into place.
    ///
    /// # Errors
    ///
    /// For example, the disk is full; the place then keeps its old content.
    pub fn commit(self) -> Result<()> {
        let fault = |cause| Error::io(self.stage, &self.path, cause);
        match self.target {
            Target::Straight(mut file) => file.flush().map_err(fault),
            Target::Beside(file, place) => {
                file.as_file().sync_all().map_err(fault)?;
                file.persist(&place).map_err(|cause| fault(cause.error))?;
                sync_folder(folder_of(&place)).map_err(fault)
            }
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.target {
            Target::Beside(file, _) => file.write(bytes),
            Target::Straight(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Beside(file, _) => file.flush(),
            Target::Straight(file) => file.flush(),
        }
    }
}

/// Writes a file with the guarantees of this module.
pub fn write(path: &Path, bytes: &[u8], access: Access, stage: Stage) -> Result<()> {
    let mut file = NewFile::create(path, access, stage)?;
    file.write_all(bytes).map_err(|cause| Error::io(stage, path, cause))?;
    file.commit()
}

/// Writes all files next to their places first, and moves them there only when all are written.
pub fn write_all(files: &[(PathBuf, Vec<u8>)], access: Access, stage: Stage) -> Result<()> {
    let mut ready = Vec::with_capacity(files.len());
    for (path, bytes) in files {
        let mut file = NewFile::create(path, access, stage)?;
        file.write_all(bytes).map_err(|cause| Error::io(stage, path, cause))?;
        ready.push(file);
    }
    ready.into_iter().try_for_each(NewFile::commit)
}

/// Creates a folder and its parents, unless the name is not the name of a folder.
pub fn create_folder(path: &Path, stage: Stage) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    check_name(path, stage)?;
    fs::create_dir_all(path).map_err(|cause| match cause.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            let message = "there is a file where a folder is needed";
            Error::new(ErrorKind::Io, stage, message).in_path(path).next("name another folder")
        }
        _ => Error::io(stage, path, cause),
    })
}

/// Makes names that were added to a folder, or removed from it, survive a crash.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // File systems that cannot sync a folder, and folders that may be written but not read.
        Err(cause)
            if matches!(
                cause.kind(),
                io::ErrorKind::InvalidInput
                    | io::ErrorKind::Unsupported
                    | io::ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

/// Whether two paths lead to the same existing file.
pub fn are_one(a: &Path, b: &Path) -> bool {
    match (fs::metadata(a), fs::metadata(b)) {
        (Ok(a), Ok(b)) if cfg!(unix) => identity(&a) == identity(&b),
        (Ok(_), Ok(_)) => {
            matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
        }
        _ => false,
    }
}

#[cfg(unix)]
fn identity(file: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> (u64, u64) {
    (0, 0)
}

fn check_name(path: &Path, stage: Stage) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    match name_hint(path) {
        Some(hint) => Err(Error::new(
            ErrorKind::InvalidArgument,
            stage,
            "this is not the name of a file or folder",
        )
        .in_path(path)
        .next(hint)),
        None if path.as_os_str().is_empty() => {
            let message = "the name of the file to write is empty";
            Err(Error::new(ErrorKind::InvalidArgument, stage, message).next("name a file"))
        }
        None => Ok(()),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Opens what must be written to but not replaced; `None` for an ordinary file or no file.
fn straight(path: &Path, stage: Stage) -> Result<Option<File>> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(None) };
    let refuse = |message: &str, next: &str| {
        Err(Error::new(ErrorKind::InvalidArgument, stage, message).in_path(path).next(next))
    };
    if metadata.is_dir() {
        return refuse("this is a folder, not a file", "name a file in it");
    }
    let fault = |cause| Error::io(stage, path, cause);
    // The files that a process has open have no place of their own to be renamed into.
    let of_process = |path: &Path| path.starts_with("/dev") || path.starts_with("/proc");
    if metadata.is_file() {
        if cfg!(unix) && (of_process(path) || followed(path).is_ok_and(|p| of_process(&p))) {
            return fs::OpenOptions::new().append(true).open(path).map(Some).map_err(fault);
        }
        return Ok(None);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_block_device() {
            return refuse(
                "this is a disk, and writing to it would destroy its data",
                "name a file",
            );
        }
        if kind.is_socket() {
            return refuse("this is a socket, not a file", "name a file");
        }
    }
    fs::OpenOptions::new().write(true).open(path).map(Some).map_err(fault)
}

/// The path to which symbolic links lead, whether or not there is a file.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let is_link = fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink());
        if !is_link {
            return Ok(path);
        }
        let leads_to = fs::read_link(&path)?;
        path = folder_of(&path).join(leads_to);
    }
    Err(io::Error::other("too many symbolic links"))
}

/// A new file in this folder, under a name that nobody will look for.
fn beside(folder: &Path, access: Access) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The user's mask is applied to it.
        let mode = match access {
            Access::Everyone => 0o666,
            Access::Owner => 0o600,
        };
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = access;
    builder.tempfile_in(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn put(path: &Path, bytes: &[u8]) -> Result<()> {
        write(path, bytes, Access::Everyone, Stage::Export)
    }

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("elsewhere")).unwrap();
        fs::write(at("elsewhere/real"), "old").unwrap();
        symlink("elsewhere/real", at("link")).unwrap();
        symlink("link", at("link to link")).unwrap();
        symlink("elsewhere/to be", at("dangling")).unwrap();
        put(&at("link to link"), b"new").unwrap();
        put(&at("dangling"), b"made").unwrap();
        assert_eq!(fs::read(at("elsewhere/real")).unwrap(), b"new");
        assert_eq!(fs::read(at("elsewhere/to be")).unwrap(), b"made");
        for link in ["link", "link to link", "dangling"] {
            assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink(), "{link}");
        }
        symlink("round", at("round")).unwrap();
        assert!(put(&at("round"), b"x").is_err());
    }

    #[test]
    fn a_pipe_is_written_to_and_stays_a_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let reader = std::thread::spawn({
            let path = path.clone();
            move || fs::read(path).unwrap()
        });
        put(&path, b"through").unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
        assert!(!fs::metadata(&path).unwrap().is_file());
    }

    #[test]
    fn devices_are_written_to() {
        put(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        if Path::new("/dev/full").exists() {
            let full = put(Path::new("/dev/full"), b"x").unwrap_err();
            assert!(full.to_string().contains("disk is full"), "{full}");
        }
    }

    #[test]
    fn modes_are_those_of_the_promise() {
        let folder = tempfile::tempdir().unwrap();
        let ordinary = folder.path().join("ordinary");
        fs::write(&ordinary, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (report, key) = (folder.path().join("report"), folder.path().join("key"));
        put(&report, b"r").unwrap();
        write(&key, b"k", Access::Owner, Stage::Keys).unwrap();
        assert_eq!(mode(&report), mode(&ordinary), "as any other file of this user");
        assert_eq!(mode(&key), 0o600);
    }

    #[test]
    fn names_that_are_none_are_refused_before_anything_is_made() {
        for name in ["-", "~/a.csv", "https://example.org/a", "C:\\a.csv"] {
            let error = put(Path::new(name), b"x").unwrap_err();
            assert!(error.next_step().is_some(), "{error}");
            assert!(create_folder(Path::new(name), Stage::Export).is_err());
            assert!(!Path::new(name).exists());
        }
        assert!(put(Path::new(""), b"x").is_err());
    }

    #[test]
    fn what_is_not_committed_leaves_all_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        put(&path, b"old").unwrap();
        let before = fs::metadata(&path).unwrap().ino();
        let mut file = NewFile::create(&path, Access::Everyone, Stage::Export).unwrap();
        file.write_all(b"new").unwrap();
        drop(file);
        assert_eq!(fs::metadata(&path).unwrap().ino(), before);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(are_one(&path, &folder.path().join("./file")));
        assert!(NewFile::create(folder.path(), Access::Everyone, Stage::Export).is_err());
    }
}
