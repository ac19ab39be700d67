//! What is printed, to whatever standard output and standard error are.
//!
//! A reader that has gone (`| head`) is nobody's fault: what it does not want is dropped, and the
//! command ends with the code that its work deserves. Any other fault of standard output is told at
//! the end and is an error. A fault of standard error can be told to nobody.
//!
//! Control characters in text that came from outside, such as a file's name, are printed as
//! escapes: a terminal must not obey a file's name.

use std::borrow::Cow;
use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What went wrong with standard output first.
static FAULT: Mutex<Option<io::Error>> = Mutex::new(None);

fn fault() -> MutexGuard<'static, Option<io::Error>> {
    FAULT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Standard output. Writing to it never fails: [`finish`] tells what did.
pub(super) struct Output {
    /// Data goes out as it is; text has its control characters escaped.
    is_text: bool,
}

/// Standard output for people.
pub(super) fn text() -> Output {
    Output { is_text: true }
}

/// Standard output for programs: JSON, say, which has escapes of its own.
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
    // An `Output` takes everything.
    let _ = text().write_all(arguments.to_string().as_bytes());
}

/// Prints on standard error, as far as there is one.
pub(super) fn print_error(arguments: Arguments<'_>) {
    let _ = io::stderr().lock().write_all(visible(&arguments.to_string()).as_bytes());
}

/// Writes what is still due to standard output, and tells what went wrong with it, unless its
/// reader had simply seen enough.
pub(super) fn finish() -> io::Result<()> {
    let _ = data().flush();
    match fault().take() {
        Some(cause) if cause.kind() != ErrorKind::BrokenPipe => Err(cause),
        _ => Ok(()),
    }
}

/// Whether all that was printed lies in an ordinary file, on the disk. Of a pipe nobody knows
/// whether somebody has read it, and what is closed or leads to nowhere takes everything.
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

/// Text whose control characters stand as escapes, apart from line ends and tabs.
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

/// Says what happened where the process is stopped at once, which the system's libraries and the
/// runtime do where memory can't be had, and ends it with the code of an error.
///
/// Without this, little memory would look like a crash: a signal, and no word on what to do.
#[cfg(unix)]
pub(super) fn explain_aborts() {
    extern "C" fn explain(_: libc::c_int) {
        const WHY: &[u8] = b"error: evenmatch was stopped in the middle of its work, most likely \
            because it was allowed too little memory\n  next: allow it more memory (ulimit -v), \
            or give it less to do at once (--jobs 1)\n";
        // SAFETY: both functions may be called from the handler of a signal, and the bytes live as
        // long as the process.
        unsafe {
            libc::write(2, WHY.as_ptr().cast(), WHY.len());
            libc::_exit(i32::from(super::EXIT_ERROR));
        }
    }
    let handler: extern "C" fn(libc::c_int) = explain;
    // SAFETY: the handler calls nothing that a handler may not call, and does not return.
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
