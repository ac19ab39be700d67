//! Printing, whatever standard output and standard error are.
//!
//! A reader that closes the pipe early (`| head`) is not an error: the rest of the output is dropped
//! in silence, the work is finished, and the exit code is that of the work. Any other fault of
//! standard output, such as a full disk, is reported at the end and is an error. A fault of standard
//! error cannot be reported anywhere.
//!
//! Control characters in text that came from outside, such as a file name, are printed as escapes: a
//! terminal must not obey a file name.

use std::borrow::Cow;
use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::exit::EXIT_ERROR;

/// Replaces the standard library's macro, which panics if standard output is a full disk or a pipe
/// that nobody reads.
macro_rules! println {
    ($($arguments:tt)*) => {
        $crate::terminal::print(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

/// Replaces the standard library's macro, which panics if standard error cannot be written.
macro_rules! eprintln {
    ($($arguments:tt)*) => {
        $crate::terminal::print_error(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

/// The first fault of standard output.
static FAULT: Mutex<Option<io::Error>> = Mutex::new(None);

fn fault() -> MutexGuard<'static, Option<io::Error>> {
    FAULT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Standard output. Writing to it never fails: [`finish`] returns the first fault.
pub(super) struct Output {
    /// Data is written as it is; in text, control characters are escaped.
    is_text: bool,
}

/// Standard output for people.
pub(super) fn text() -> Output {
    Output { is_text: true }
}

/// Standard output for programs, such as JSON, which has its own escapes.
pub(super) fn data() -> Output {
    Output { is_text: false }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut fault = fault();
        if fault.is_none() {
            let shown = match std::str::from_utf8(bytes) {
                Ok(text) if self.is_text => Cow::Owned(visible(text).into_owned().into_bytes()),
                _ => Cow::Borrowed(bytes),
            };
            *fault = io::stdout().lock().write_all(&shown).err();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut fault = fault();
        if fault.is_none() {
            *fault = io::stdout().lock().flush().err();
        }
        Ok(())
    }
}

/// Prints on standard output.
pub(super) fn print(arguments: Arguments<'_>) {
    // Writing to an `Output` never fails.
    let _ = text().write_all(arguments.to_string().as_bytes());
}

/// Prints a value as JSON on standard output.
pub(super) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(value)?;
    json.push(b'\n');
    data().write_all(&json)?;
    Ok(())
}

/// Prints on standard error, if there is one.
pub(super) fn print_error(arguments: Arguments<'_>) {
    let _ = io::stderr().lock().write_all(visible(&arguments.to_string()).as_bytes());
}

/// Flushes standard output and returns its first fault, unless that fault is a reader that closed
/// the pipe.
pub(super) fn finish() -> io::Result<()> {
    let _ = data().flush();
    match fault().take() {
        Some(cause) if cause.kind() != ErrorKind::BrokenPipe => Err(cause),
        _ => Ok(()),
    }
}

/// Whether everything that was printed is in an ordinary file, on the disk. For a pipe, nobody knows
/// whether it was read; a closed output or `/dev/null` accepts everything and stores nothing.
pub(super) fn is_kept() -> bool {
    let _ = data().flush();
    if fault().is_some() {
        return false;
    }
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let file = io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from);
        file.is_ok_and(|file| {
            file.metadata().is_ok_and(|data| data.is_file()) && file.sync_all().is_ok()
        })
    }
    #[cfg(not(unix))]
    false
}

/// Text with its control characters escaped, apart from line ends and tabs.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmful(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Reports an abort and exits with the code for errors. The system's libraries and the runtime abort
/// when they cannot allocate memory.
///
/// Without this, a lack of memory would look like a crash: a signal, and no hint on what to do.
#[cfg(unix)]
pub(super) fn explain_aborts() {
    extern "C" fn explain(_: libc::c_int) {
        const WHY: &[u8] = b"error: evenmatch was aborted, most likely because it ran out of \
            memory\n  next: allow it more memory (ulimit -v), or let it do less at once \
            (--jobs 1)\n";
        // SAFETY: both functions may be called from a signal handler, and the bytes live as long as
        // the process.
        unsafe {
            libc::write(2, WHY.as_ptr().cast(), WHY.len());
            libc::_exit(i32::from(EXIT_ERROR));
        }
    }
    let handler: extern "C" fn(libc::c_int) = explain;
    // SAFETY: the handler calls only what a handler may call, and does not return.
    unsafe {
        libc::signal(libc::SIGABRT, handler as libc::sighandler_t);
    }
}

#[cfg(not(unix))]
pub(super) fn explain_aborts() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_no_name() {
        assert_eq!(visible("a\u{1b}[31m\u{9b}b\tc\n"), "a\\u{1b}[31m\\u{9b}b\tc\n");
        assert!(matches!(visible("Zoë\n"), Cow::Borrowed(_)));
    }
}
