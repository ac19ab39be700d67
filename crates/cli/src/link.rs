//! `evenmatch link`: one-time links for applicants.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::exit::Exit;
use super::place::PlaceArguments;
use super::serve::access;
use evenmatch_ledger::in_utc;
use evenmatch_serve::access::Purpose;

const EXAMPLES: &str = "\
Examples:
  evenmatch link new alice --purpose enrol --base https://verify.example.org
  evenmatch link new alice --purpose verify --minutes 60
  evenmatch link revoke 3f9c01aa77de

Whoever has the link can act for this person, so send it by a way that only they read. What follows
the # is the secret: browsers send it to nobody, and it is stored nowhere.";

/// Make a one-time link for an applicant, or revoke it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LinkArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a link
    New {
        /// The person, by the name they are enrolled under
        subject: String,
        /// What the link is for
        #[arg(long, value_enum)]
        purpose: PurposeArgument,
        /// How long it lasts
        #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=10_080))]
        minutes: u64,
        /// Where people reach the service
        #[arg(long, value_name = "URL", default_value = "https://127.0.0.1:8443")]
        base: String,
        /// Print the link as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Revoke a link: it opens nothing any more
    Revoke {
        /// Its id
        id: String,
        #[command(flatten)]
        place: PlaceArguments,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PurposeArgument {
    Enrol,
    Verify,
}

/// Makes or revokes a link.
pub(crate) fn run(arguments: &LinkArguments) -> anyhow::Result<Exit> {
    match &arguments.action {
        Action::New { subject, purpose, minutes, base, json, place } => {
            let purpose = match purpose {
                PurposeArgument::Enrol => Purpose::Enrol,
                PurposeArgument::Verify => Purpose::Verify,
            };
            let lasts = Duration::from_secs(60 * minutes);
            let made = access(place)?.new_link(subject, purpose, lasts)?;
            let address = format!("{}/capture#{}", base.trim_end_matches('/'), made.secret);
            let until = in_utc(made.expires_at);
            if *json {
                super::terminal::print_json(
                    &json!({ "id": made.id, "link": address, "expires_at": until }),
                )?;
            } else {
                println!("{address}");
                eprintln!("link {} lasts until {until}", made.id);
            }
        }
        Action::Revoke { id, place } => {
            access(place)?.revoke_link(id)?;
            eprintln!("revoked");
        }
    }
    Ok(Exit::Done)
}
