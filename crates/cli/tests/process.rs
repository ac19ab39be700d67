//! Every command under hostile conditions of the process: no panic, no signal, the right exit code.
#![cfg(target_os = "linux")]
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr)]

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use evenmatch_registry::DeletionReceipt;
use evenmatch_testkit::{Need, skip};

/// The conditions of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    OutClosed,
    ErrClosed,
    BothClosed,
    OutWithoutReader,
    ErrWithoutReader,
    OutFull,
    ErrFull,
    OneProcess,
    LittleMemory(u64),
}

const ALL: [Given; 10] = [
    Given::OutClosed,
    Given::ErrClosed,
    Given::BothClosed,
    Given::OutWithoutReader,
    Given::ErrWithoutReader,
    Given::OutFull,
    Given::ErrFull,
    Given::OneProcess,
    Given::LittleMemory(400 << 20),
    Given::LittleMemory(120 << 20),
];

/// A user whose processes are counted, unlike those of root.
const NOBODY: u32 = 65_534;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
    command.args(arguments).stdin(Stdio::null()).env_remove("EVENMATCH_MASTER_KEY");
    command
}

/// A pipe that nobody reads.
fn without_reader() -> Stdio {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

fn limit(resource: libc::__rlimit_resource_t, most: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: it reads one initialised structure.
    match unsafe { libc::setrlimit(resource, &limit) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn run(arguments: &[&str], given: Given) -> Option<Output> {
    let mut command = command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let close = |command: &mut Command, files: &'static [i32]| {
        // SAFETY: the closure calls only `close` between fork and exec.
        unsafe {
            command.pre_exec(move || {
                files.iter().for_each(|file| {
                    libc::close(*file);
                });
                Ok(())
            });
        }
    };
    match given {
        Given::OutClosed => close(&mut command, &[1]),
        Given::ErrClosed => close(&mut command, &[2]),
        Given::BothClosed => close(&mut command, &[1, 2]),
        Given::OutWithoutReader => drop(command.stdout(without_reader())),
        Given::ErrWithoutReader => drop(command.stderr(without_reader())),
        Given::OutFull => drop(command.stdout(full())),
        Given::ErrFull => drop(command.stderr(full())),
        Given::OneProcess => {
            // SAFETY: it returns the user and changes nothing.
            if unsafe { libc::geteuid() } != 0 {
                return skip(Need::Other, "only root can run a program as somebody else");
            }
            command.uid(NOBODY).env("HOME", "/nonexistent");
            // SAFETY: the closure calls only `setrlimit`.
            unsafe {
                command.pre_exec(|| limit(libc::RLIMIT_NPROC, 1));
            }
        }
        Given::LittleMemory(bytes) => {
            // SAFETY: the closure calls only `setrlimit`.
            unsafe {
                command.pre_exec(move || limit(libc::RLIMIT_AS, bytes));
            }
        }
    }
    match command.output() {
        Ok(output) => Some(output),
        Err(cause) if given == Given::OneProcess => {
            skip(Need::Other, &format!("nobody may not run the program here ({cause})"))
        }
        Err(cause) => panic!("{arguments:?} {given:?}: {cause}"),
    }
}

/// Checks that the command ended by itself with an exit code of the contract, and returns it.
fn ended(arguments: &[&str], given: Given) -> Option<i32> {
    let output = run(arguments, given)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let at = format!("{arguments:?} {given:?}: {}\n{said}", output.status);
    assert!(!said.contains("panicked"), "{at}");
    assert_eq!(output.status.signal(), None, "{at}");
    let code = output.status.code();
    assert!(matches!(code, Some(0..=3)), "{at}");
    code
}

/// The commands that help lists.
fn commands() -> Vec<String> {
    let help = command(&["--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let listed = help.split("\nOptions:").next().unwrap();
    let names: Vec<String> = listed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    assert!(names.len() > 25, "{names:?}");
    names
}

#[test]
fn every_command_ends_by_itself_whatever_it_is_given() {
    let commands = commands();
    for given in ALL {
        for name in &commands {
            for arguments in
                [&[name.as_str(), "--help"][..], &[name], &[name, "--no-such-\u{1b}[31m"]]
            {
                ended(arguments, given);
            }
        }
    }
}

/// Records on which the rules of NIST fail.
fn failing(folder: &Path) -> PathBuf {
    let mut text = String::from(
        "probe_id,reference_id,probe_subject,reference_subject,mated,score,failure,probe_race,reference_race\n",
    );
    for n in 0..400 {
        let race = ["A", "B"][n % 2];
        let score = if race == "B" && n % 20 == 1 { 0.8 } else { 0.2 };
        let other = (n + 2) % 400;
        text += &format!("p{n},r{other},p{n},p{other},0,{score},,{race},{race}\n");
        text += &format!("p{n}b,q{n},p{n},p{n},1,0.9,,{race},{race}\n");
    }
    let path = folder.join("records.csv");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn work_is_done_whatever_becomes_of_its_words() {
    let folder = tempfile::tempdir().unwrap();
    open_to_all(folder.path());
    let records = failing(folder.path());
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    for (n, given) in ALL.into_iter().enumerate() {
        let out = folder.path().join(format!("report {n}"));
        let (records, path) = (text(&records), text(&out));
        let audit = [
            "audit",
            "--records",
            &records,
            "--out",
            &path,
            "--threshold",
            "0.5",
            "--rules",
            "sp800-63a4",
            "--jobs",
            "100000",
        ];
        let Some(code) = ended(&audit, given) else { continue };
        // Whether this memory suffices depends on how threads share it; an error is allowed too.
        if matches!(given, Given::LittleMemory(_)) && code == 2 {
            continue;
        }
        assert_eq!(code, 1, "{given:?}: a rule fails, whoever hears of it");
        assert!(out.join("report.html").is_file(), "{given:?}");
    }
    for given in ALL {
        ended(&["plan", "--fmr", "1e-3"], given);
        ended(&["models", "list"], given);
        ended(&["explain", "--list-languages"], given);
        ended(&["doctor"], given);
        let challenges = text(&folder.path().join(format!("challenges {given:?}")));
        ended(&["challenge", "new", "--challenges", &challenges], given);
        let place = folder.path().join(format!("registry {given:?}"));
        std::fs::create_dir_all(&place).unwrap();
        open_to_all(&place);
        let (place, key) = (text(&place), text(&place.join("k")));
        ended(&["keys", "new", &key], given);
        for words in [
            &["list"][..],
            &["ledger", "key"],
            &["ledger", "verify"],
            &["receipt", "show"],
            &["retention", "run"],
        ] {
            let words = [words, &["--data", &place]].concat();
            ended(&words, given);
            ended(&[&words[..], &["--key-file", &key]].concat(), given);
        }
    }
    // A full disk is an error if the output is the result.
    assert_eq!(ended(&["plan", "--rate", "1e-3"], Given::OutFull), Some(2));
}

/// Runs a command whose reader closes the pipe after `most` bytes, and returns the exit code and the
/// messages.
fn closed_after(arguments: &[&str], most: usize) -> (Option<i32>, String) {
    let mut command = command(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut reader = child.stdout.take().unwrap();
    let mut seen = vec![0; most];
    reader.read_exact(&mut seen).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Two reports, in the second of which an error rate is higher.
fn reports(folder: &Path) -> [String; 2] {
    let worse = failing(folder);
    let better = folder.join("better.csv");
    std::fs::write(&better, std::fs::read_to_string(&worse).unwrap().replace(",0.8,", ",0.2,"))
        .unwrap();
    [better, worse].map(|records| {
        let out = records.with_extension("report");
        let (records, path) = (records.to_str().unwrap(), out.to_str().unwrap());
        let audit = ["audit", "--records", records, "--out", path, "--threshold", "0.5"];
        assert!(command(&audit).output().unwrap().status.success());
        out.join("report.json").to_str().unwrap().to_owned()
    })
}

#[test]
fn a_reader_may_close_the_pipe_early_and_a_full_disk_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let [before, after] = reports(folder.path());
    let compare = ["compare-audits", &before, &after, "--fail-on-rise"];
    let place = Place::new();
    let receipt = folder.path().join("receipt.json").to_str().unwrap().to_owned();
    let forget = place.words(&["forget", "alice", "--receipt", &receipt]);
    assert!(command(&forget).output().unwrap().status.success());
    let key = crate::registry_support::open(place.folder.path()).ledger().public_key().to_string();
    let of_another = ["receipt", &receipt, "--public-key", &key, "--subject", "bob"];
    let data = place.folder.path().to_str().unwrap();

    let mut cases: Vec<(Vec<&str>, i32)> = vec![
        (vec!["--help"], 0),
        (vec!["--version"], 0),
        (vec!["help"], 0),
        (vec!["help", "audit"], 0),
        (vec!["plan"], 0),
        (vec!["plan", "--json"], 0),
        (vec!["models", "list"], 0),
        (vec!["models", "list", "--json"], 0),
        (vec!["explain", "--list-languages"], 0),
        (vec!["man"], 0),
        (vec!["completions", "bash"], 0),
        (vec!["ledger", "verify", "--data", data], 0),
        (vec!["ledger", "verify", "--data", data, "--json"], 0),
        (vec!["ledger", "show", "--data", data], 0),
        // The exit code is the result, whether or not the output is read.
        (of_another.to_vec(), 1),
        (compare.to_vec(), 1),
        (compare.iter().copied().chain(["--json"]).collect(), 1),
    ];
    let commands = commands();
    // `help` explains the other commands and has no `--help` of its own.
    let others = commands.iter().filter(|name| *name != "help");
    cases.extend(others.map(|name| (vec![name.as_str(), "--help"], 0)));
    for (arguments, code) in &cases {
        let read = command(arguments).output().unwrap();
        assert_eq!(read.status.code(), Some(*code), "{arguments:?}");
        assert!(!read.stdout.is_empty(), "{arguments:?}");
        let closed = run(arguments, Given::OutWithoutReader).unwrap();
        assert_eq!(closed.status.code(), Some(*code), "{arguments:?}");
        let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said(&closed), said(&read), "{arguments:?}");
        let full = run(arguments, Given::OutFull).unwrap();
        let why = said(&full);
        assert_eq!(full.status.code(), Some(2), "{arguments:?}: {why}");
        assert!(why.contains("error: standard output could not be written"), "{why}");
        assert!(why.contains("because:"), "{arguments:?}: {why}");
    }

    // More output than a pipe buffers, so that the reader closes it in the middle of a write.
    let rates = ["1e-3"; 1_000].join(",");
    for arguments in [
        &["plan", "--rate", &rates][..],
        &["plan", "--rate", &rates, "--json"],
        &["completions", "bash"],
        &["completions", "zsh"],
    ] {
        let whole = command(arguments).output().unwrap().stdout.len();
        assert!(whole > 80_000, "{arguments:?} prints {whole} bytes");
        assert_eq!(closed_after(arguments, 10), (Some(0), String::new()), "{arguments:?}");
    }
}

/// Lets the user whose processes are counted write here.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
}

struct Place {
    folder: tempfile::TempDir,
    key: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("k").to_str().unwrap().to_owned();
        crate::registry_support::key().write_new(Path::new(&key)).unwrap();
        let place = Place { folder, key };
        let registry = crate::registry_support::open(place.folder.path());
        let verifier = crate::registry_support::verifier();
        let face = crate::registry_support::of(crate::registry_support::RED_BLUE);
        crate::registry_support::enrol(&registry, &verifier, "alice", &face);
        place
    }

    fn words<'a>(&'a self, words: &[&'a str]) -> Vec<&'a str> {
        let data = self.folder.path().to_str().unwrap();
        [words, &["--data", data, "--key-file", &self.key]].concat()
    }

    fn is_enrolled(&self) -> bool {
        !crate::registry_support::open(self.folder.path()).list().unwrap().is_empty()
    }

    /// Fetches the one undelivered receipt with the command, which marks it as delivered.
    fn fetch(&self) -> DeletionReceipt {
        let listed = command(&self.words(&["receipt", "show"])).output().unwrap();
        let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
        let id = listed["undelivered"][0].as_str().expect("a receipt waits").to_owned();
        let path = self.folder.path().join("fetched.json");
        let out = path.to_str().unwrap();
        let shown = command(&self.words(&["receipt", "show", &id, "--out", out])).output().unwrap();
        assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
        assert!(
            crate::registry_support::open(self.folder.path()).undelivered().unwrap().is_empty()
        );
        DeletionReceipt::from_path(&path).unwrap()
    }

    fn check(&self, receipt: &DeletionReceipt) {
        let registry = crate::registry_support::open(self.folder.path());
        let key = registry.ledger().public_key();
        let check = receipt.check(&key, Some("alice"), None).unwrap();
        assert!(check.is_whole(), "{check:?}");
    }
}

#[test]
fn a_receipt_is_never_lost() {
    for given in [
        Given::OutClosed,
        Given::OutWithoutReader,
        Given::OutFull,
        Given::BothClosed,
        Given::ErrFull,
    ] {
        let place = Place::new();
        ended(&place.words(&["forget", "alice"]), given);
        assert!(!place.is_enrolled(), "{given:?}");
        place.check(&place.fetch());
    }
    // A full disk for the receipt itself.
    let place = Place::new();
    let done =
        command(&place.words(&["forget", "alice", "--receipt", "/dev/full"])).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.code() == Some(2) && said.contains("receipt show r-"), "{said}");
    place.check(&place.fetch());
}

#[test]
fn nothing_is_deleted_where_its_receipt_could_not_be_written() {
    let place = Place::new();
    for path in ["/nonexistent/folder/receipt.json", "-", "~/receipt.json"] {
        let words = place.words(&["forget", "alice", "--receipt", path]);
        let done = command(&words).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(2) && said.contains("next:"), "{said}");
        assert!(place.is_enrolled(), "{path}");
    }
    // The folder for undelivered receipts cannot be created.
    let blocked = place.folder.path().join("ledger/undelivered");
    std::fs::write(&blocked, "in the way").unwrap();
    let done = command(&place.words(&["forget", "alice"])).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(place.is_enrolled());
    std::fs::remove_file(&blocked).unwrap();

    let path = place.folder.path().join("receipt.json");
    let words = place.words(&["forget", "alice", "--receipt", path.to_str().unwrap()]);
    assert!(command(&words).output().unwrap().status.success());
    place.check(&DeletionReceipt::from_path(&path).unwrap());
    assert!(crate::registry_support::open(place.folder.path()).undelivered().unwrap().is_empty());
}

#[test]
fn nothing_is_written_over_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("photo.png");
    crate::registry_support::of(crate::registry_support::RED_BLUE).save(&photo).unwrap();
    let link = folder.path().join("link.png");
    std::os::unix::fs::symlink(&photo, &link).unwrap();
    let before = std::fs::read(&photo).unwrap();
    let (photo, link) = (photo.to_str().unwrap(), link.to_str().unwrap());
    for words in [
        &["detect", photo, "--annotate", photo][..],
        &["detect", photo, "--annotate", link],
        &["detect", link, "--annotate", photo],
        &["verify", "--reference", photo, "--probe", photo, "--save-record", photo],
        &["batch", "--pairs", photo, "--out", link],
        &["calibrate", "--manifest", photo, "--out", photo],
        &["crossmatch", "--manifest", photo, "--templates", "t", "--out", photo],
        &["merge", photo, "--out", photo],
    ] {
        let done = command(words).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(2) && said.contains("read here"), "{words:?}: {said}");
        assert_eq!(std::fs::read(photo).unwrap(), before);
    }
}

#[test]
fn names_that_are_none_get_a_hint_and_escapes_are_not_obeyed() {
    for (name, hint) in [
        ("~/me.jpg", "$HOME"),
        ("https://example.org/me.jpg", "download"),
        ("-", "/dev/stdin"),
        ("C:\\Users\\me.jpg", "/mnt/c/Users/me.jpg"),
    ] {
        for words in [
            &["audit", "--records", name, "--out", "/tmp/never", "--threshold", "0.5"][..],
            &["explain", "--record", name],
            &["compare-audits", name, name],
            &["crossmatch", "--manifest", name, "--templates", "t", "--out", "/tmp/never.json"],
            &["batch", "--pairs", name, "--out", "/tmp/never.csv"],
        ] {
            let done = command(words).output().unwrap();
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            assert!(done.status.code() == Some(2) && said.contains(hint), "{words:?}: {said}");
        }
    }
    let done = command(&["compare-audits", "a\u{1b}[31mb\nerror: c", "x"]).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("a\\u{1b}[31mb\\nerror: c") && !said.contains('\u{1b}'), "{said}");
}
