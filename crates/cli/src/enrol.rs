//! `evenmatch enrol`, `list`, `forget`, `retention run`, `receipt`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::Exit;
use super::gate::GateArgument;
use super::place::PlaceArguments;
use evenmatch::{Source, Verifier, model::Profile};
use evenmatch_core::{
    Error, ErrorKind, Stage,
    Shown,
    files::{Access, NewFile},
};
use evenmatch_ledger::{LedgerFiles, vault::PublicKey};
use evenmatch_registry::{DeletionGround, DeletionReceipt, EnrolSettings};

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
    let verifier = Verifier::open(Profile::Latency, policy)?;
    let photos = arguments.photos.iter().map(|path| Source::Path(path.as_path()));
    let outcome = registry.enrol(&verifier, &arguments.subject, photos, &settings)?;
    for [first, again] in &outcome.same {
        eprintln!(
            "warning: {} and {} are the same photo, which adds nothing: enrol another one",
            arguments.photos[*first].shown(),
            arguments.photos[*again].shown()
        );
    }
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
                Some(weight) => println!("{}: used, weight {weight:.2}", path.shown()),
                None => println!("{}: not used", path.shown()),
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
                arguments.photos[a].shown(),
                arguments.photos[b].shown()
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

const FORGET_EXAMPLES: &str = "\
Examples:
  evenmatch forget alice --receipt receipt.json
  evenmatch forget alice > receipt.json
  evenmatch receipt show

The file is begun before anything is deleted. A receipt that did not reach a file (it went to a pipe
or a terminal, or the disk was full) stays sealed beside the ledger until it does: receipt show.";

/// Delete a person's enrolment; the receipt is printed.
#[derive(Debug, Args)]
#[command(after_help = FORGET_EXAMPLES)]
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
    // A place where no file can be made is told before anything is deleted.
    let file = begin(arguments.receipt.as_deref())?;
    let receipt = registry.forget(&arguments.subject, DeletionGround::Request)?;
    let written = deliver(file, &receipt);
    super::print_json(&receipt)?;
    if matches!(written, Ok(true)) || super::terminal::is_kept() {
        registry.receipt_delivered(&receipt.receipt)?;
        eprintln!("deleted; give the receipt to the person: its salt is kept nowhere else");
    } else {
        eprintln!("deleted; {}", waiting(&receipt.receipt));
    }
    written.map(|_| Exit::Done)
}

/// Begins the file of a receipt.
fn begin(path: Option<&Path>) -> evenmatch_core::Result<Option<NewFile>> {
    path.map(|path| NewFile::create(path, Access::Owner, Stage::Enrolment)).transpose()
}

/// Writes a receipt to its file, and says whether it is on the disk.
fn deliver(file: Option<NewFile>, receipt: &DeletionReceipt) -> anyhow::Result<bool> {
    let Some(mut file) = file else { return Ok(false) };
    let is_ordinary = file.is_ordinary();
    let mut json = serde_json::to_vec_pretty(receipt)?;
    json.push(b'\n');
    file.write_all(&json).map_err(|cause| {
        Error::new(ErrorKind::Io, Stage::Enrolment, "the receipt could not be written")
            .caused_by(cause)
            .next(format!(
                "write it elsewhere: evenmatch receipt show {} --out FILE.json",
                receipt.receipt
            ))
    })?;
    file.commit()?;
    Ok(is_ordinary)
}

/// What to do about a receipt that is in no file yet.
fn waiting(id: &str) -> String {
    format!(
        "a sealed copy of the receipt stays beside the ledger until it lies in a file: evenmatch \
         receipt show {id} --out FILE.json; or, where you have it: evenmatch receipt delivered {id}"
    )
}

const RECEIPT_EXAMPLES: &str = "\
Examples:
  evenmatch receipt receipt.json --public-key KEY --subject alice
  evenmatch receipt show
  evenmatch receipt show r-0123456789abcdef01234567 --out receipt.json
  evenmatch receipt delivered r-0123456789abcdef01234567

Exit codes: 0 done, 1 the receipt does not hold, 2 error.";

/// Check a deletion receipt, with the ledger's public key alone; or fetch one that was not delivered.
#[derive(Debug, Args)]
#[command(
    after_help = RECEIPT_EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(crate) struct ReceiptArguments {
    #[command(subcommand)]
    action: Option<ReceiptAction>,
    /// The receipt
    #[arg(value_name = "FILE.json", required = true)]
    receipt: Option<PathBuf>,
    /// The ledger's public key, as you know it by another way
    #[arg(long, value_name = "KEY", required = true)]
    public_key: Option<PublicKey>,
    /// Also check that it is of this name
    #[arg(long)]
    subject: Option<String>,
    /// Also look into this ledger, a folder or an export
    #[arg(long, value_name = "PATH")]
    ledger: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum ReceiptAction {
    /// Print a receipt that was not delivered; without an id, list them
    Show {
        /// The receipt's id
        id: Option<String>,
        /// Write it to this file; the sealed copy is deleted when it is on the disk
        #[arg(long, value_name = "FILE.json", requires = "id")]
        out: Option<PathBuf>,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Say that a receipt has arrived: its sealed copy is deleted
    Delivered {
        /// The receipt's id
        id: String,
        #[command(flatten)]
        place: PlaceArguments,
    },
}

/// Checks a receipt, or fetches one.
pub(crate) fn receipt(arguments: &ReceiptArguments) -> anyhow::Result<Exit> {
    match &arguments.action {
        Some(ReceiptAction::Show { id: None, place, .. }) => {
            let undelivered = place.open()?.undelivered()?;
            let schema = "evenmatch.receipts/1";
            super::print_json(
                &serde_json::json!({ "schema": schema, "undelivered": undelivered }),
            )?;
            return Ok(Exit::Done);
        }
        Some(ReceiptAction::Show { id: Some(id), out, place }) => {
            let registry = place.open()?;
            let receipt = registry.undelivered_receipt(id)?;
            let written = deliver(begin(out.as_deref())?, &receipt)?;
            if out.is_none() {
                super::print_json(&receipt)?;
            }
            if written || out.is_none() && super::terminal::is_kept() {
                registry.receipt_delivered(id)?;
            } else {
                eprintln!("{}", waiting(id));
            }
            return Ok(Exit::Done);
        }
        Some(ReceiptAction::Delivered { id, place }) => {
            let registry = place.open()?;
            registry.undelivered_receipt(id)?;
            registry.receipt_delivered(id)?;
            return Ok(Exit::Done);
        }
        None => {}
    }
    let receipt = arguments.receipt.as_deref().context("the receipt's file is missing")?;
    let key = arguments.public_key.as_ref().context("--public-key is missing")?;
    let receipt = DeletionReceipt::from_path(receipt)?;
    let ledger = arguments.ledger.as_deref().map(LedgerFiles::open).transpose()?;
    let check = receipt.check(key, arguments.subject.as_deref(), ledger.as_ref())?;
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
    let registry = place.open()?;
    let run = registry.retain(&policy.retention, evenmatch_ledger::now(), *dry_run)?;
    super::print_json(&run)?;
    let kept = super::terminal::is_kept();
    for receipt in &run.receipts {
        if kept {
            registry.receipt_delivered(&receipt.receipt)?;
        } else {
            eprintln!("{}", waiting(&receipt.receipt));
        }
    }
    let verb = if *dry_run { "would be deleted" } else { "deleted" };
    eprintln!("{} of {} {verb}", run.due.len(), run.enrolled);
    Ok(Exit::Done)
}
