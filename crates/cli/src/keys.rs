//! `evenmatch keys`: makes a master key, or changes it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::place::PlaceArguments;
use evenmatch_core::Shown;
use evenmatch_ledger::vault::{KeySource, SecretKey};

const EXAMPLES: &str = "\
Examples:
  evenmatch keys new ~/keys/evenmatch.key
  evenmatch keys change --key-file old.key --to new.key

The key is 32 random bytes as text. Whoever has it can read every template; without it, nobody can.
Keep a copy away from the data. The key may also come from the environment variable
EVENMATCH_MASTER_KEY or from a command: --key-command 'pass show evenmatch'.";

/// Make a master key for enrolments, or change it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct KeysArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a new key to a file that only you may read
    New {
        /// The file to create, which must not exist yet
        file: PathBuf,
    },
    /// Seal everything with a new key, so that the old one no longer opens anything
    Change {
        /// Read the new key from this file
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        #[command(flatten)]
        place: PlaceArguments,
    },
}

/// Makes or changes a key.
pub(crate) fn run(arguments: &KeysArguments) -> anyhow::Result<Exit> {
    match &arguments.action {
        Action::New { file } => {
            SecretKey::generate()?.write_new(file)?;
            eprintln!("wrote {}; keep a copy away from the data", file.shown());
        }
        Action::Change { to, place } => {
            let new = KeySource::File(to.clone()).read()?;
            place.open()?.change_master_key(&place.key()?, &new)?;
            eprintln!("changed; the old key now opens only copies that were made before");
        }
    }
    Ok(Exit::Done)
}
