//! Where enrolments and the ledger are stored, and which key opens them.

use std::path::PathBuf;

use clap::Args;

use evenmatch_core::{Error, ErrorKind, Result, Stage};
use evenmatch_ledger::{
    Ledger, LedgerFiles,
    vault::{KEY_VARIABLE, KeySource, SecretKey},
};
use evenmatch_registry::{
    Registry,
    store::{EnrolmentStore, SqliteStore},
};

/// The folder and the master key.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlaceArguments {
    /// The folder of enrolments and ledger [default: the user's data folder]
    #[arg(long, value_name = "DIR", env = "EVENMATCH_REGISTRY", help_heading = "Enrolments")]
    data: Option<PathBuf>,
    /// Read the master key from this file [default: the environment variable EVENMATCH_MASTER_KEY]
    #[arg(long, value_name = "FILE", conflicts_with = "key_command", help_heading = "Enrolments")]
    key_file: Option<PathBuf>,
    /// Run this command, which prints the master key
    #[arg(long, value_name = "COMMAND", help_heading = "Enrolments")]
    key_command: Option<String>,
    /// Store enrolments in this PostgreSQL database instead of a file (needs a build with the
    /// feature `postgres`)
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "EVENMATCH_POSTGRES",
        hide_env_values = true,
        help_heading = "Enrolments"
    )]
    postgres: Option<String>,
}

impl PlaceArguments {
    /// The folder.
    pub(crate) fn folder(&self) -> Result<PathBuf> {
        if let Some(folder) = &self.data {
            return Ok(folder.clone());
        }
        let folders = directories::ProjectDirs::from("", "", "evenmatch");
        folders.map(|folders| folders.data_local_dir().join("registry")).ok_or_else(|| {
            Error::new(ErrorKind::Io, Stage::Enrolment, "there is no home folder")
                .next("name a folder: --data DIR")
        })
    }

    /// The master key.
    pub(crate) fn key(&self) -> Result<SecretKey> {
        let source = match (&self.key_file, &self.key_command) {
            (Some(path), _) => KeySource::File(path.clone()),
            (None, Some(command)) => KeySource::Command(command.clone()),
            (None, None) => KeySource::Environment(KEY_VARIABLE.to_owned()),
        };
        source.read()
    }

    /// The ledger's files, which need no key.
    pub(crate) fn ledger_files(&self) -> Result<LedgerFiles> {
        LedgerFiles::open(&self.folder()?.join("ledger"))
    }

    /// The ledger, to write to.
    pub(crate) fn ledger(&self) -> Result<Ledger> {
        Ledger::open(&self.folder()?.join("ledger"), &self.key()?)
    }

    /// Enrolments and ledger.
    pub(crate) fn open(&self) -> Result<Registry> {
        // Read the key first: without one, create nothing.
        let key = self.key()?;
        let folder = self.folder()?;
        let store: Box<dyn EnrolmentStore> = match &self.postgres {
            Some(address) => postgres(address)?,
            None => Box::new(SqliteStore::open(&folder.join("enrolments.sqlite"))?),
        };
        Registry::open(store, Ledger::open(&folder.join("ledger"), &key)?, &key)
    }
}

#[cfg(feature = "postgres")]
fn postgres(address: &str) -> Result<Box<dyn EnrolmentStore>> {
    Ok(Box::new(evenmatch_registry::store::PostgresStore::connect(address)?))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str) -> Result<Box<dyn EnrolmentStore>> {
    Err(Error::new(
        ErrorKind::NotBuiltIn,
        Stage::Enrolment,
        "this build has no support for PostgreSQL",
    )
    .next("build with the feature `postgres`, or leave out --postgres"))
}
