//! `evenmatch doctor`: checks that everything a verification needs is there, and says what to do if
//! not.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use clap::Args;

use super::exit::Exit;
use evenmatch::model::{
    FileState, MANIFEST_VARIABLE, MODELS_VARIABLE, ModelStore, RUNTIME_VARIABLE, Role, RuntimeEntry,
};
use evenmatch_core::{Error, ErrorKind, Result, Shown};
use evenmatch_models::PYTHON;

/// Check this machine: folders, tools, runtime and models
#[derive(Debug, Args)]
#[command(after_help = "Exit code 0 if verification can work, 2 if something is missing.

Example:
  evenmatch doctor")]
pub(crate) struct DoctorArgs {}

/// The result of one check.
enum Finding {
    /// As it should be.
    Good(String),
    /// Not ideal, but verification works without it.
    Remark(String),
    /// Verification cannot work.
    Bad(Error),
}

/// Checks everything, and fails if verification cannot work.
pub(crate) fn run(_args: &DoctorArgs) -> anyhow::Result<Exit> {
    let mut out = super::terminal::text();
    writeln!(out, "evenmatch {} on {}", env!("CARGO_PKG_VERSION"), RuntimeEntry::platform_here())?;
    for variable in [MODELS_VARIABLE, MANIFEST_VARIABLE, RUNTIME_VARIABLE] {
        if let Some(value) = std::env::var_os(variable) {
            writeln!(out, "        {variable} is {}", value.display())?;
        }
    }
    let store = ModelStore::open()?;
    let examinations: [(&str, &dyn Fn() -> Finding); 7] = [
        ("folder", &|| folder(store.dir())),
        ("python", &python),
        ("runtime", &|| runtime(&store)),
        ("detector", &|| model(&store, Role::Detector)),
        ("second detector", &|| model(&store, Role::SecondDetector)),
        ("embedder", &|| model(&store, Role::Embedder)),
        ("mesh", &|| model(&store, Role::Mesh)),
    ];
    let mut worst: Option<Error> = None;
    for (name, examine) in examinations {
        match examine() {
            Finding::Good(text) => writeln!(out, "ok      {name}: {text}")?,
            Finding::Remark(text) => writeln!(out, "remark  {name}: {text}")?,
            Finding::Bad(error) => {
                writeln!(out, "FAULT   {name}: {error}")?;
                worst.get_or_insert(error);
            }
        }
    }
    match worst {
        None => {
            writeln!(
                out,
                "Everything is ready. Try: evenmatch verify --reference A.jpg --probe B.jpg"
            )?;
            Ok(Exit::Done)
        }
        Some(error) => Err(error.into()),
    }
}

fn folder(dir: &Path) -> Finding {
    if !dir.exists() {
        return Finding::Remark(format!(
            "{} does not exist yet; `models fetch` creates it",
            dir.shown()
        ));
    }
    match tempfile::tempfile_in(dir) {
        Ok(_) => Finding::Good(format!("{} is writable", dir.shown())),
        // A folder that somebody else filled works too.
        Err(cause) => Finding::Remark(format!("{} is not writable: {cause}", dir.shown())),
    }
}

/// Only fetching needs Python and pip.
fn python() -> Finding {
    match Command::new(PYTHON).args(["-m", "pip", "--version"]).output() {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            let words: Vec<&str> = text.split_whitespace().take(2).collect();
            Finding::Good(format!("{PYTHON} with {}", words.join(" ")))
        }
        Ok(_) => Finding::Remark(format!("{PYTHON} has no pip; `models fetch` needs it")),
        Err(_) => Finding::Remark(format!("there is no {PYTHON}; `models fetch` needs it")),
    }
}

fn runtime(store: &ModelStore) -> Finding {
    match examine_runtime(store) {
        Ok(text) => Finding::Good(text),
        Err(error) => Finding::Bad(error),
    }
}

fn examine_runtime(store: &ModelStore) -> Result<String> {
    let path = store.verify_runtime()?;
    let build = evenmatch::model::runtime_version(&path)?;
    let build = build.split(',').next().unwrap_or_default();
    Ok(format!("{} loads ({})", path.shown(), build.trim_start_matches("ORT Build Info: ")))
}

fn model(store: &ModelStore, role: Role) -> Finding {
    match examine_model(store, role) {
        Ok(text) => Finding::Good(text),
        // A file with the wrong digest is always a fault, even if verification does not need it.
        Err(error) if !role.is_needed() && error.kind() != ErrorKind::DigestMismatch => {
            Finding::Remark(format!("{error}; verification works without it"))
        }
        Err(error) => Finding::Bad(error),
    }
}

fn examine_model(store: &ModelStore, role: Role) -> Result<String> {
    let model = store.load_default(role)?;
    let id = &model.entry().id;
    let ready = store.ready_of(store.manifest().default_for(role)?);
    let ready = match ready.map(|ready| (ready, store.state_of_ready(ready))) {
        None => "",
        Some((_, Ok(FileState::Missing))) => {
            "; to start sooner, make it ready for this processor: evenmatch models fetch"
        }
        Some((ready, _)) => {
            store.verify_ready(ready)?;
            " and is ready for this processor"
        }
    };
    Ok(format!("{id} has the pinned digest{ready}"))
}
