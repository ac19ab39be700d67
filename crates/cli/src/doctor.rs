//! `evenmatch doctor`: is everything there that a verification needs, and what to do if not.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use clap::Args;

use super::Exit;
use evenmatch::model::{
    MANIFEST_VARIABLE, MODELS_VARIABLE, ModelStore, RUNTIME_VARIABLE, Role, RuntimeEntry,
};
use evenmatch_core::{Error, ErrorKind, Result, Shown};
use evenmatch_models::PYTHON;

/// Examine this machine: folders, tools, runtime, models; and say what to do next.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 0 if verification can work, 2 if something is missing.

Example:
  evenmatch doctor")]
pub(crate) struct DoctorArgs {}

/// What one examination found.
enum Finding {
    /// As it should be.
    Good(String),
    /// Not as one would wish, but verification works without.
    Remark(String),
    /// Verification can't work.
    Bad(Error),
}

/// Examines everything, and fails if verification can't work.
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
            writeln!(out, "All is ready. Try: evenmatch verify --reference A.jpg --probe B.jpg")?;
            Ok(Exit::Done)
        }
        Some(error) => Err(error.into()),
    }
}

fn folder(dir: &Path) -> Finding {
    if !dir.exists() {
        return Finding::Remark(format!("{} will be made by `models fetch`", dir.shown()));
    }
    match tempfile::tempfile_in(dir) {
        Ok(_) => Finding::Good(format!("{} can be written", dir.shown())),
        // A folder that someone else filled serves as well.
        Err(cause) => Finding::Remark(format!("{} can't be written: {cause}", dir.shown())),
    }
}

/// Python and pip are needed for fetching alone.
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
    Ok(format!("{} can be loaded ({})", path.shown(), build.trim_start_matches("ORT Build Info: ")))
}

fn model(store: &ModelStore, role: Role) -> Finding {
    match examine_model(store, role) {
        Ok(text) => Finding::Good(text),
        // A file that is there but is another one is a fault, whatever needs it.
        Err(error) if !role.is_needed() && error.kind() != ErrorKind::DigestMismatch => {
            Finding::Remark(format!("{error}; verification does without"))
        }
        Err(error) => Finding::Bad(error),
    }
}

fn examine_model(store: &ModelStore, role: Role) -> Result<String> {
    let model = store.load_default(role)?;
    Ok(format!("{} has the pinned digest", model.entry().id))
}
