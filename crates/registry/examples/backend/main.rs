//! The reference backend: enrol, verify, explain, appeal, disclose, delete.
//!
//! ```text
//! evenmatch keys new evenmatch.key
//! cargo run --release --example backend -- --data people --key-file evenmatch.key
//! curl --data-binary @enrolled.jpg http://127.0.0.1:8080/enrol/alice
//! curl --data-binary @selfie.jpg   http://127.0.0.1:8080/verify/alice
//! curl -H 'accept: text/html' 'http://127.0.0.1:8080/decisions/alice/3?lang=ht'
//! curl --data 'I wore glasses'     http://127.0.0.1:8080/decisions/alice/3/appeal
//! curl                             http://127.0.0.1:8080/enrol/alice
//! curl -X DELETE                   http://127.0.0.1:8080/enrol/alice
//! ```
//!
//! `GET /openapi.json` describes it. Templates are sealed on the disk and every decision is in the
//! ledger; people resolve appeals with `evenmatch appeal`. A real service needs authentication of its
//! clients and transport encryption in front.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod attempts;
mod refusal;
mod routes;
mod service;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use evenmatch::{Policy, Verifier, model::Profile};
use evenmatch_explain::disclosure::OperatorStatement;
use evenmatch_ledger::{
    Ledger,
    vault::{KEY_VARIABLE, KeySource, SecretKey},
};
use evenmatch_registry::{Registry, store::SqliteStore};

pub(crate) use routes::app;
pub(crate) use service::Settings;

const USAGE: &str = "usage: backend --data DIR [--key-file FILE] [--listen ADDRESS:PORT] \
                     [--operator FILE.toml] [--show-scores]";

/// Enrolments and ledger in a folder.
pub(crate) fn registry(folder: &Path, key: &SecretKey) -> evenmatch_core::Result<Registry> {
    let ledger = Ledger::open(&folder.join("ledger"), key)?;
    let store = SqliteStore::open(&folder.join("enrolments.sqlite"))?;
    Registry::open(Box::new(store), ledger, key)
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let next = error.downcast_ref::<evenmatch_core::Error>().and_then(|e| e.next_step());
            eprintln!("  next: {}", next.unwrap_or("check the arguments"));
            ExitCode::from(2)
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = Settings::default();
    let mut listen = SocketAddr::from(([127, 0, 0, 1], 8080));
    let (mut folder, mut key) = (None, KeySource::Environment(KEY_VARIABLE.to_owned()));
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match argument.as_str() {
            "--show-scores" => settings.show_scores = true,
            "--listen" => listen = value()?.parse()?,
            "--data" => folder = Some(PathBuf::from(value()?)),
            "--key-file" => key = KeySource::File(value()?.into()),
            "--operator" => {
                settings.operator = OperatorStatement::from_path(Path::new(&value()?))?;
            }
            _ => return Err(USAGE.into()),
        }
    }
    let registry = registry(&folder.ok_or(USAGE)?, &key.read()?)?;
    let profile = Profile::Throughput { workers: settings.concurrent };
    let verifier = Verifier::open(profile, Policy::default())?;
    let listener = tokio::net::TcpListener::bind(listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app(Arc::new(verifier), Arc::new(registry), settings)).await?;
    Ok(())
}
