//! `evenmatch enrol`, `list`, `forget`, `retention run`, `receipt`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Exit;
use super::acquisition::calibrated;
use super::gate::GateArgument;
use super::place::PlaceArguments;
use crate::ledger::LedgerFiles;
use crate::model::Profile;
use crate::registry::{DeletionGround, DeletionReceipt, EnrolSettings};
use crate::vault::PublicKey;
use crate::verify::Source;
use crate::{Error, ErrorKind, Stage};

const ENROL_EXAMPLES: &str = "\
Examples:
  evenmatch keys new evenmatch.key
  evenmatch enrol alice front.jpg left.jpg --key-file evenmatch.key
  evenmatch enrol alice new.jpg --replace --purpose visa
  evenmatch verify --subject alice --probe selfie.jpg --json

Photos are not kept. Exit codes: 0 enrolled, 2 error, 3 not enrolled (no face was found, or the
photos look like two people).";

/// Enrol a person from one or more photos.
#[derive(Debug, Args)]
#[command(after_help = ENROL_EXAMPLES)]
pub(crate) struct EnrolArguments {
    /// The person's name, as your own records have it
    subject: String,
    /// Photos of the person
    #[arg(required = true, value_name = "IMG")]
    photos: Vec<PathBuf>,
    /// What for: by this the policy finds how long it is kept
    #[arg(long, default_value = "general")]
    purpose: String,
    /// What the person states of themselves for audits; it stays in the ledger under a pseudonym,
    /// so only with their consent
    #[arg(long = "attribute", value_name = "NAME=VALUE")]
    attributes: Vec<String>,
    /// Enrol anew somebody who is enrolled
    #[arg(long)]
    replace: bool,
    /// A person has checked that all photos show the subject
    #[arg(long)]
    photos_checked: bool,
    /// What is done with photos of poor quality
    #[arg(long, value_enum)]
    gate: Option<GateArgument>,
    /// Rules for acquiring, deciding and keeping
    #[arg(long, value_name = "FILE.toml")]
    policy: Option<PathBuf>,
    /// Print what came of it as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArguments,
}

/// Enrols somebody.
pub(crate) fn enrol(arguments: &EnrolArguments) -> anyhow::Result<Exit> {
    let registry = arguments.place.open()?;
    let mut settings = EnrolSettings {
        purpose: arguments.purpose.clone(),
        replace: arguments.replace,
        checked_by_a_person: arguments.photos_checked,
        ..EnrolSettings::default()
    };
    for attribute in &arguments.attributes {
        let (name, value) = attribute.split_once('=').ok_or_else(|| {
            let message = format!("`{attribute}` is no attribute");
            Error::new(ErrorKind::InvalidArgument, Stage::Enrolment, message)
                .next("write NAME=VALUE, such as race=asian")
        })?;
        settings.attributes.insert(name.to_owned(), value.to_owned());
    }
    let policy = super::policy(arguments.policy.as_deref(), arguments.gate)?;
    let verifier = calibrated(policy, Profile::Latency)?;
    let photos = arguments.photos.iter().map(|path| Source::Path(path.as_path()));
    let outcome = registry.enrol(&verifier, &arguments.subject, photos, &settings)?;
    if arguments.json {
        let mut value = serde_json::to_value(&outcome)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("schema".to_owned(), "evenmatch.enrolment/1".into());
            fields.insert("subject".to_owned(), arguments.subject.as_str().into());
        }
        super::print_json(&value)?;
    } else {
        for (path, photo) in arguments.photos.iter().zip(&outcome.photos) {
            match photo.weight {
                Some(weight) => println!("{}: used, weight {weight:.2}", path.display()),
                None => println!("{}: not used", path.display()),
            }
            for reason in &photo.reasons {
                println!("  - {}", reason.code.meaning());
                if !reason.advice.is_empty() {
                    println!("    {}", reason.advice);
                }
            }
        }
        match (&outcome.enrolled, outcome.unlike) {
            (Some(enrolled), _) => println!(
                "enrolled {} (version {}) for {}, until {}",
                arguments.subject,
                enrolled.version,
                enrolled.purpose,
                enrolled.keep_until.as_deref().unwrap_or("deleted")
            ),
            (None, Some([a, b])) => println!(
                "not enrolled: {} and {} do not look like one person; if somebody has checked that \
                 they are: --photos-checked",
                arguments.photos[a].display(),
                arguments.photos[b].display()
            ),
            (None, None) => println!("not enrolled: no photo shows a face that can be used"),
        }
    }
    Ok(if outcome.enrolled.is_some() { Exit::Done } else { Exit::Undecided })
}

/// List who is enrolled.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArguments,
}

/// Lists.
pub(crate) fn list(arguments: &ListArguments) -> anyhow::Result<Exit> {
    let people = arguments.place.open()?.list()?;
    if arguments.json {
        let value = serde_json::json!({ "schema": "evenmatch.enrolments/1", "enrolled": people });
        super::print_json(&value)?;
    } else {
        for one in &people {
            let until = one.keep_until.as_deref().unwrap_or("deleted");
            println!("{}\t{}\tversion {}\tuntil {until}", one.subject, one.purpose, one.version);
        }
        eprintln!("{} enrolled", people.len());
    }
    Ok(Exit::Done)
}

/// Delete a person's enrolment; the receipt is printed.
#[derive(Debug, Args)]
pub(crate) struct ForgetArguments {
    /// The person's name
    subject: String,
    /// Also write the receipt to this file
    #[arg(long, value_name = "FILE.json")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArguments,
}

/// Deletes somebody.
pub(crate) fn forget(arguments: &ForgetArguments) -> anyhow::Result<Exit> {
    let registry = arguments.place.open()?;
    let receipt = registry.forget(&arguments.subject, DeletionGround::Request)?;
    if let Some(path) = &arguments.receipt {
        super::write_atomically(path, &serde_json::to_vec_pretty(&receipt)?)?;
    }
    super::print_json(&receipt)?;
    eprintln!("deleted; give the receipt to the person: its salt is kept nowhere else");
    Ok(Exit::Done)
}

/// Check a deletion receipt, with the ledger's public key alone.
#[derive(Debug, Args)]
pub(crate) struct ReceiptArguments {
    /// The receipt
    #[arg(value_name = "FILE.json")]
    receipt: PathBuf,
    /// The ledger's public key, as you know it by another way
    #[arg(long, value_name = "KEY")]
    public_key: PublicKey,
    /// Also check that it is of this name
    #[arg(long)]
    subject: Option<String>,
    /// Also look into this ledger, a folder or an export
    #[arg(long, value_name = "PATH")]
    ledger: Option<PathBuf>,
}

/// Checks a receipt.
pub(crate) fn receipt(arguments: &ReceiptArguments) -> anyhow::Result<Exit> {
    let receipt = DeletionReceipt::from_path(&arguments.receipt)?;
    let ledger = arguments.ledger.as_deref().map(LedgerFiles::open).transpose()?;
    let subject = arguments.subject.as_deref();
    let check = receipt.check(&arguments.public_key, subject, ledger.as_ref())?;
    super::print_json(&check)?;
    Ok(if check.is_whole() { Exit::Done } else { Exit::Negative })
}

/// Delete what the policy no longer allows to be kept.
#[derive(Debug, Args)]
pub(crate) struct RetentionArguments {
    #[command(subcommand)]
    action: RetentionAction,
}

#[derive(Debug, Subcommand)]
enum RetentionAction {
    /// Delete every enrolment whose time is over, with a receipt for each
    Run {
        /// Only say what would be deleted
        #[arg(long)]
        dry_run: bool,
        /// The policy with the periods
        #[arg(long, value_name = "FILE.toml")]
        policy: Option<PathBuf>,
        #[command(flatten)]
        place: PlaceArguments,
    },
}

/// Enforces retention.
pub(crate) fn retention(arguments: &RetentionArguments) -> anyhow::Result<Exit> {
    let RetentionAction::Run { dry_run, policy, place } = &arguments.action;
    let policy = super::policy(policy.as_deref(), None)?;
    let run = place.open()?.retain(&policy.retention, crate::ledger::now(), *dry_run)?;
    super::print_json(&run)?;
    let verb = if *dry_run { "would be deleted" } else { "deleted" };
    eprintln!("{} of {} {verb}", run.due.len(), run.enrolled);
    Ok(Exit::Done)
}
