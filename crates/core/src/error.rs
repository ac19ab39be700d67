//! Operational faults: what went wrong, at which stage and place, and what to do next.
//!
//! A face that is not found, or two people who do not match, is *not* an error: those are
//! outcomes with reasons, and live in [`evenmatch_audit::records`]. An [`Error`] means that the question
//! could not be asked at all.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

/// The result of anything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of fault occurred. More kinds may be added; match with a wildcard arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file or folder could not be read or written.
    Io,
    /// The bytes are not in a supported format.
    UnsupportedFormat,
    /// The bytes claim a known format but break its rules, or are truncated.
    Corrupt,
    /// A stated limit on bytes, pixels or memory would have been exceeded.
    LimitExceeded,
    /// A model or the runtime library has not been fetched.
    ModelMissing,
    /// A file's SHA-256 is not the pinned one.
    DigestMismatch,
    /// A model or a manifest entry does not have the form that its role requires.
    InvalidModel,
    /// The inference runtime could not be loaded, or failed while running.
    Runtime,
    /// Two templates come from different models and cannot be compared.
    ModelMismatch,
    /// Two templates were normalised by different normalisers, or one was not normalised.
    NormaliserMismatch,
    /// Templates, or a calibration, are of different forms: plain and mirrored.
    TemplateFormMismatch,
    /// An argument, setting or policy value is out of range or contradictory.
    InvalidArgument,
    /// A row or field of a data file is malformed or contradicts another.
    InvalidRecord,
    /// A program that set-up needs (python3, pip) is missing or failed.
    Tool,
    /// This build lacks the feature that was asked for.
    NotBuiltIn,
    /// The key is not the one that the data was sealed or signed with.
    WrongKey,
    /// Sealed or signed bytes are not what their owner wrote: changed, truncated or forged.
    Tampered,
    /// Sealed bytes are intact but in the wrong place: swapped between people or versions.
    Misplaced,
    /// Data is older than a later version known to exist: an old copy was put back.
    RolledBack,
    /// Nobody is enrolled under this name.
    UnknownSubject,
    /// Somebody is enrolled under this name already.
    AlreadyEnrolled,
    /// Another process is using what is needed; retrying later may help.
    Busy,
}

/// The stage of the work at which a fault occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Fetching, preparing and loading models and the runtime.
    Setup,
    /// Turning bytes into pixels.
    Decode,
    /// Finding faces.
    Detect,
    /// Warping a face to the canonical crop.
    Align,
    /// Turning an aligned face into a template.
    Template,
    /// Checking whether a live person was present.
    Liveness,
    /// Comparing two templates.
    Compare,
    /// Turning a score into a decision.
    Decide,
    /// Reading or writing records.
    Record,
    /// Turning records into rates and verdicts.
    Audit,
    /// Writing a report.
    Export,
    /// Reading, creating and using keys.
    Keys,
    /// Storing, reading and deleting enrolments.
    Enrolment,
    /// Writing and checking the ledger of decisions.
    Ledger,
}

impl Stage {
    /// The stage's name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Setup => "set-up",
            Stage::Decode => "decode",
            Stage::Detect => "detect",
            Stage::Align => "align",
            Stage::Template => "template",
            Stage::Liveness => "liveness",
            Stage::Compare => "compare",
            Stage::Decide => "decide",
            Stage::Record => "records",
            Stage::Audit => "audit",
            Stage::Export => "report",
            Stage::Keys => "keys",
            Stage::Enrolment => "enrolments",
            Stage::Ledger => "ledger",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a fault occurred: a file, with a line and column where that makes sense.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The file, as the caller named it.
    pub file: Option<String>,
    /// 1-based line.
    pub line: Option<u64>,
    /// 1-based column (field number in a table).
    pub column: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            f.write_str(&escaped(file))?;
        }
        if let Some(line) = self.line {
            let separator = if self.file.is_some() { ":" } else { "line " };
            write!(f, "{separator}{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        Ok(())
    }
}

type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// An operational fault.
///
/// Its `Display` form is one line, `place: message`; [`Error::next_step`] says what to do about it,
/// and `source()` gives the cause where another library reported one.
///
/// ```
/// use evenmatch_core::{Error, ErrorKind, Stage};
/// let error = Error::new(ErrorKind::Corrupt, Stage::Decode, "the JPEG ends too early")
///     .in_file("selfie.jpg")
///     .next("take the photo again, or copy the file again");
/// assert_eq!(error.to_string(), "selfie.jpg: the JPEG ends too early");
/// assert_eq!(error.kind(), ErrorKind::Corrupt);
/// ```
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    stage: Stage,
    place: Place,
    message: String,
    next_step: Option<String>,
    /// Whether the next step is about the file's name; a more general one does not replace it.
    hinted: bool,
    cause: Option<Cause>,
}

impl Error {
    /// A fault of this kind at this stage; `message` says what is wrong in one sentence without a
    /// full stop.
    pub fn new(kind: ErrorKind, stage: Stage, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            stage,
            place: Place::default(),
            message: message.into(),
            next_step: None,
            hinted: false,
            cause: None,
        }))
    }

    /// A file that could not be read or written. Where the name looks like something other than a
    /// file name, the next step says so.
    pub fn io(stage: Stage, path: &Path, cause: std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        let (message, next) = match cause.kind() {
            K::NotFound => ("there is no such file", Some("check the name and the folder")),
            K::PermissionDenied => {
                ("permission denied", Some("check the permissions of this file"))
            }
            K::StorageFull | K::QuotaExceeded => {
                ("the disk is full", Some("free some space, or write to another disk"))
            }
            K::IsADirectory => ("this is a folder", Some("name a file")),
            _ => ("could not be read or written", None),
        };
        let mut error = Error::new(ErrorKind::Io, stage, message).in_path(path).caused_by(cause);
        error.0.next_step = next.map(str::to_owned);
        if let Some(hint) = name_hint(path) {
            error.0.next_step = Some(hint);
            error.0.hinted = true;
        }
        error
    }

    /// Names the file, unless a file is named already.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.0.place.file.get_or_insert_with(|| file.into());
        self
    }

    /// Names the file by its path, unless a file is named already.
    #[must_use]
    pub fn in_path(self, path: &Path) -> Self {
        self.in_file(path.display().to_string())
    }

    /// Names the 1-based line.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.0.place.line = Some(line);
        self
    }

    /// Names the 1-based column, or field of a table.
    #[must_use]
    pub fn at_column(mut self, column: u64) -> Self {
        self.0.place.column = Some(column);
        self
    }

    /// Says what the person who sees the fault should do. A hint from [`Error::io`] about the
    /// file's name is kept instead.
    #[must_use]
    pub fn next(mut self, next_step: impl Into<String>) -> Self {
        if !self.0.hinted {
            self.0.next_step = Some(next_step.into());
        }
        self
    }

    /// Keeps the fault that another library reported.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Cause>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The same fault, for another caller that needs it; the cause stays with the first.
    pub fn again(&self) -> Self {
        let Inner { kind, stage, place, message, next_step, hinted, .. } = &*self.0;
        Error(Box::new(Inner {
            kind: *kind,
            stage: *stage,
            place: place.clone(),
            message: message.clone(),
            next_step: next_step.clone(),
            hinted: *hinted,
            cause: None,
        }))
    }

    /// What kind of fault this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stage at which it occurred.
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// Where it occurred.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// What to do about it: the next step given for this fault or for its cause, or else what
    /// usually helps with a fault of this kind.
    pub fn next_step(&self) -> Option<&str> {
        let own = self.0.next_step.as_deref();
        let caused = || self.0.cause.as_ref()?.downcast_ref::<Error>()?.0.next_step.as_deref();
        own.or_else(caused).or_else(|| Some(self.0.kind.usual_step()))
    }
}

impl ErrorKind {
    /// What usually helps. Code that raises a fault should say something more specific.
    fn usual_step(self) -> &'static str {
        match self {
            ErrorKind::Io => {
                "check that the path exists, has free space and is readable and writable"
            }
            ErrorKind::UnsupportedFormat => "convert the file to a format listed in --help",
            ErrorKind::Corrupt => "copy the file again from where it came from",
            ErrorKind::LimitExceeded => "process less data at a time",
            ErrorKind::ModelMissing | ErrorKind::DigestMismatch => "run: evenmatch models fetch",
            ErrorKind::InvalidModel => {
                "run: evenmatch models verify, or correct the manifest if the models are your own"
            }
            ErrorKind::Runtime => "run: evenmatch doctor",
            ErrorKind::ModelMismatch => "make both templates again with the same models",
            ErrorKind::NormaliserMismatch => {
                "make both templates again with the same calibration and models"
            }
            ErrorKind::TemplateFormMismatch => {
                "make both templates again in one form: --templates mirrored or --templates plain"
            }
            ErrorKind::InvalidArgument => "see the command's --help for what it accepts",
            ErrorKind::InvalidRecord => "correct the row or field that the message names",
            ErrorKind::Tool => "install the program that the message names, and add it to PATH",
            ErrorKind::NotBuiltIn => {
                "build with the feature that the message names: cargo --features"
            }
            ErrorKind::WrongKey => "pass the key that it was made with: --key-file",
            ErrorKind::Tampered | ErrorKind::Misplaced | ErrorKind::RolledBack => {
                "restore the last intact copy, and check who has write access here"
            }
            ErrorKind::UnknownSubject => "run: evenmatch list",
            ErrorKind::AlreadyEnrolled => "use another name, or pass --replace",
            ErrorKind::Busy => "wait for the other process to finish, then retry",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.place != Place::default() {
            write!(f, "{}: ", self.0.place)?;
        }
        f.write_str(&self.0.message)
    }
}

/// Text from outside in printable form: control characters, and those that change the direction of
/// writing, are shown as escapes, so that a file name can neither move the cursor nor hide its
/// extension.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmful(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// How a path is printed.
pub trait Shown {
    /// The path as it may be printed, on one line.
    fn shown(&self) -> String;
}

impl Shown for Path {
    fn shown(&self) -> String {
        escaped(&self.to_string_lossy()).into_owned()
    }
}

/// What to do where a file's name is something that people write by mistake in its place.
pub fn name_hint(path: &Path) -> Option<String> {
    let name = path.to_str()?;
    let lower = name.to_ascii_lowercase();
    if name == "-" {
        return Some(
            "`-` does not mean standard input or output here; use /dev/stdin or /dev/stdout, or ./- \
             for a file with this name"
                .to_owned(),
        );
    }
    if name == "~" || name.starts_with("~/") || name.starts_with("~\\") {
        return Some(
            "`~` was not replaced by your home folder: only the shell does that, and not inside \
             quotes or after `=`; write $HOME instead"
                .to_owned(),
        );
    }
    let scheme = lower.split_once(":/").map(|(scheme, _)| scheme);
    let is_scheme = |s: &str| s.len() > 1 && s.chars().all(|c| c.is_ascii_alphanumeric());
    if lower.starts_with("file:/") {
        let plain = name[5..].trim_start_matches('/');
        return Some(format!("write the path without `file:`: /{}", escaped(plain)));
    }
    if scheme.is_some_and(is_scheme) || lower.starts_with("data:") || lower.starts_with("www.") {
        return Some(
            "this is an address, and nothing is fetched from the network; download the file and \
             pass its path"
                .to_owned(),
        );
    }
    let bytes = name.as_bytes();
    let drive =
        bytes.len() > 1 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && !cfg!(windows);
    if drive && (bytes.len() == 2 || matches!(bytes[2], b'\\' | b'/')) {
        let rest = name[2..].replace('\\', "/");
        let disk = lower.chars().next().unwrap_or('c');
        return Some(format!(
            "this is a Windows path; use the path on this system, such as /mnt/{disk}{}",
            escaped(&rest)
        ));
    }
    if name.contains('\\') && !cfg!(windows) {
        let rest = name.replace('\\', "/");
        return Some(format!("folders are separated by / here; try {}", escaped(&rest)));
    }
    None
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_file_line_and_column() {
        let error = Error::new(ErrorKind::InvalidRecord, Stage::Record, "the score is NaN")
            .in_file("scores.csv")
            .at_line(7)
            .at_column(6);
        assert_eq!(error.to_string(), "scores.csv:7:6: the score is NaN");
    }

    #[test]
    fn every_fault_has_a_next_step_and_its_own_comes_first() {
        let bare = || Error::new(ErrorKind::Corrupt, Stage::Decode, "broken");
        assert_eq!(bare().next_step(), Some("copy the file again from where it came from"));
        assert_eq!(bare().next("ask").next_step(), Some("ask"));
        assert_eq!(bare().caused_by(bare().next("ask")).next_step(), Some("ask"));
        assert_eq!(bare().next("own").caused_by(bare().next("ask")).next_step(), Some("own"));
    }

    #[test]
    fn what_is_no_file_name_gets_a_hint_that_stays() {
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        for (name, hint) in [
            ("~/me.jpg", "$HOME"),
            ("https://example.org/a.jpg", "download"),
            ("file:///home/a.jpg", "/home/a.jpg"),
            ("-", "/dev/stdin"),
            ("C:\\photos\\a.jpg", "/mnt/c/photos/a.jpg"),
            ("photos\\a.jpg", "photos/a.jpg"),
        ] {
            let error = Error::io(Stage::Decode, Path::new(name), missing()).next("anything else");
            let next = error.next_step().unwrap_or_default();
            assert!(next.contains(hint), "{name}: {next}");
        }
        for name in ["a.jpg", "./-", "a~", "x:y", "~john.jpg", "folder/a-b.jpg"] {
            assert_eq!(name_hint(Path::new(name)), None, "{name}");
        }
    }

    #[test]
    fn a_file_name_is_printed_without_its_control_characters() {
        let error =
            Error::new(ErrorKind::Io, Stage::Decode, "gone").in_file("a\u{1b}[2Jb\n\u{202e}gpj");
        assert_eq!(error.to_string(), "a\\u{1b}[2Jb\\n\\u{202e}gpj: gone");
        assert_eq!(escaped("Zoë – 照片.jpg"), "Zoë – 照片.jpg");
    }

    #[test]
    fn the_innermost_file_name_wins() {
        let error = Error::new(ErrorKind::Io, Stage::Decode, "gone").in_file("a").in_file("b");
        assert_eq!(error.place().file.as_deref(), Some("a"));
    }
}
