//! What describes the commands (help, completion scripts, manual pages) names every one of them.

#![allow(unreachable_pub, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

fn evenmatch(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evenmatch")).args(arguments).output().unwrap()
}

fn text(arguments: &[&str]) -> String {
    let done = evenmatch(arguments);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && said.is_empty(), "{arguments:?}: {said}");
    String::from_utf8(done.stdout).unwrap()
}

/// The first words of the rows of this part of a help text, apart from `help`.
fn names(part: &str) -> Vec<String> {
    let rows = part.lines().filter_map(|line| line.strip_prefix("  "));
    let names = rows.filter(|row| row.starts_with(|c: char| c.is_ascii_lowercase()));
    let names = names.filter_map(|row| row.split_whitespace().next()).map(str::to_owned);
    names.filter(|name| name != "help").collect()
}

/// Every command and subcommand, as the words that call it.
fn commands() -> Vec<Vec<String>> {
    let help = text(&["--help"]);
    let mut all = Vec::new();
    let mut open: Vec<Vec<String>> = names(help.split("\nOptions:").next().unwrap())
        .into_iter()
        .map(|name| vec![name])
        .collect();
    while let Some(words) = open.pop() {
        let call: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let own = text(&call);
        let listed = own.split_once("\nCommands:\n").map(|(_, rest)| rest);
        let listed = listed.and_then(|rest| rest.split("\n\n").next()).unwrap_or_default();
        open.extend(names(listed).into_iter().map(|one| [&words[..], &[one]].concat()));
        all.push(words);
    }
    assert!(all.len() > 45, "{all:?}");
    all
}

#[test]
fn help_has_headings_in_order_and_every_command_once() {
    let help = text(&["--help"]);
    let headings = [
        "Verify:",
        "Liveness:",
        "People and decisions:",
        "Serve:",
        "Audit and calibrate:",
        "Many photos:",
        "Set-up:",
        "Options:",
    ];
    let places: Vec<usize> =
        headings.iter().map(|one| help.find(&format!("\n{one}\n")).expect(one)).collect();
    assert!(places.is_sorted(), "{help}");
    assert!(!help.contains("Other:"), "{help}");
    let listed = names(help.split("\nOptions:").next().unwrap());
    assert_eq!(listed.len(), listed.iter().collect::<BTreeSet<_>>().len(), "{listed:?}");
    assert_eq!(text(&["help"]), help);
}

#[test]
fn every_completion_script_names_every_command() {
    let commands = commands();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = text(&["completions", shell]);
        for words in &commands {
            for word in words {
                assert!(script.contains(word.as_str()), "{shell}: {words:?}");
            }
        }
        assert!(script.contains("save-record"), "{shell}");
    }
    let unknown = evenmatch(&["completions", "ksh"]);
    assert!(unknown.status.code() == Some(2) && unknown.stdout.is_empty());
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man/man1");
    let done = evenmatch(&["man", "--out", out.to_str().unwrap()]);
    assert!(done.status.success() && done.stdout.is_empty());
    let page = |words: &[String]| {
        let name = [&["evenmatch".to_owned()], words].concat().join("-");
        read(&out.join(format!("{name}.1")))
    };
    let commands = commands();
    for words in &commands {
        let page = page(words);
        for part in [".TH evenmatch-", ".SH NAME\n", ".SH SYNOPSIS\n", "evenmatch 0."] {
            assert!(page.contains(part), "{words:?} lacks {part}");
        }
        // Only commands have examples; they are for their subcommands too.
        if words.len() == 1 {
            assert!(page.contains(".SH EXAMPLES\n.nf\n  evenmatch "), "{words:?}");
        }
    }
    let main = page(&[]);
    assert_eq!(main, text(&["man"]));
    for words in commands.iter().filter(|words| words.len() == 1) {
        assert!(main.contains(&format!("evenmatch\\-{}(1)", words[0].replace('-', "\\-"))));
    }
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), commands.len() + 1);

    let taken = folder.path().join("a file");
    std::fs::write(&taken, "").unwrap();
    let refused = evenmatch(&["man", "--out", taken.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && said.contains("a file"), "{said}");
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}
