//! `evenmatch keys`: makes a master key or changes it, and makes API keys of the service.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::place::PlaceArguments;
use super::serve::access;
use evenmatch_core::Shown;
use evenmatch_ledger::vault::{KeySource, SecretKey};
use evenmatch_serve::access::Scopes;

const EXAMPLES: &str = "\
Examples:
  evenmatch keys new ~/keys/evenmatch.key
  evenmatch keys change --key-file old.key --to new.key
  evenmatch keys api new backend --scope enrol,verify,link
  evenmatch keys api list

The key is 32 random bytes as text. Whoever has it can read every template; without it, nobody can.
Keep a copy away from the data. The key may also come from the environment variable
EVENMATCH_MASTER_KEY or from a command: --key-command 'pass show evenmatch'.";

/// Make or change a master key; make API keys for the service
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
    /// API keys with which backends call the service (evenmatch serve)
    #[command(subcommand)]
    Api(ApiAction),
}

#[derive(Debug, Subcommand)]
enum ApiAction {
    /// Make a key and print it: it is stored nowhere
    New {
        /// Whose key it is; reviewers are known by it in the ledger
        #[arg(default_value = "unnamed")]
        name: String,
        /// What it allows: enrol, verify, read, appeal, delete, link, review, audit
        #[arg(long, alias = "scopes", value_name = "SCOPE,…", required = true)]
        scope: Vec<String>,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// List the keys, without their secrets
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Revoke a key: from now on it allows nothing
    Revoke {
        /// Its id
        id: String,
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
            eprintln!("API keys and links of the service no longer work: make new ones");
        }
        Action::Api(action) => api(action)?,
    }
    Ok(Exit::Done)
}

fn api(action: &ApiAction) -> anyhow::Result<()> {
    match action {
        ApiAction::New { name, scope, place } => {
            let scopes = Scopes::parse(&scope.join(","))?;
            let made = access(place)?.new_api_key(name, &scopes)?;
            println!("{}", made.secret);
            eprintln!("key {} of {name} allows: {scopes}. Keep it secret", made.key.id);
        }
        ApiAction::List { json, place } => {
            let keys = access(place)?.api_keys()?;
            if *json {
                return super::terminal::print_json(&keys);
            }
            for key in keys {
                let ended = key.revoked_at.map(|at| format!(", revoked {at}")).unwrap_or_default();
                let (id, made) = (key.id, key.created_at);
                println!("{id}  {}  {}  made {made}{ended}", key.name, key.scopes);
            }
        }
        ApiAction::Revoke { id, place } => {
            access(place)?.revoke_api_key(id)?;
            eprintln!("revoked");
        }
    }
    Ok(())
}
