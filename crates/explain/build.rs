//! Fails the build if a language lacks a message or a variable, has one too many, or does not
//! parse; and writes a constant for each message, so that the code cannot name any other.

#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "src/messages/check.rs"]
mod check;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const FOLDER: &str = "messages";

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed={FOLDER}");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/messages/check.rs");
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            for problem in &problems {
                eprintln!("error: {problem}");
            }
            eprintln!(
                "{} problems in the messages; docs/MESSAGES.md has the rules",
                problems.len()
            );
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Vec<String>> {
    let said = |path: &Path, cause: std::io::Error| vec![format!("{}: {cause}", path.display())];
    let folder = Path::new(FOLDER);
    let entries = std::fs::read_dir(folder).map_err(|cause| said(folder, cause))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "ftl"))
        .collect();
    // English first: the others are compared with it.
    paths.sort_by_key(|path| (path.file_stem().is_none_or(|stem| stem != "en"), path.clone()));
    let mut files = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|cause| said(&path, cause))?;
        files.push((path.display().to_string(), text));
    }
    let english = check::check(&files)?;
    let mut keys = String::new();
    // Reasons are looked up by their codes; a test compares them with the list of codes.
    let named = english.keys().filter(|name| !name.starts_with("reason-") && !name.contains('.'));
    for name in named {
        let constant = name.replace('-', "_").to_uppercase();
        // Writing to a String can't fail.
        let _ = writeln!(
            keys,
            "/// The message `{name}`.\npub const {constant}: Key = Key(\"{name}\");"
        );
    }
    let out =
        std::env::var_os("OUT_DIR").ok_or_else(|| vec!["cargo sets no OUT_DIR".to_owned()])?;
    let path = Path::new(&out).join("message_keys.rs");
    std::fs::write(&path, keys).map_err(|cause| said(&path, cause))
}
