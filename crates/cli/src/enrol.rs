//! `evenmatch enrol`, `list`, `forget`, `retention run`, `receipt`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::exit::Exit;
use super::gate::GateArgument;
use super::place::PlaceArguments;
use super::templates::TemplatesArgument;
use evenmatch::{Source, Verifier, model::Profile};
use evenmatch_core::{
    Error, ErrorKind, Shown, Stage,
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

Photos are not stored.

Exit codes: 0 enrolled, 2 error, 3 not enrolled (no face was found, or the photos look like two
people).";

/// Enrol a person from one or more photos
#[derive(Debug, Args)]
#[command(after_help = ENROL_EXAMPLES)]
pub(crate) struct EnrolArguments {
    /// The person's identifier in your own records
    subject: String,
    /// Photos of the person
    #[arg(required = true, value_name = "IMG")]
    photos: Vec<PathBuf>,
    /// Purpose of the enrolment, from which the policy derives how long to keep it
    #[arg(long, default_value = "general", help_heading = "Retention and audits")]
    purpose: String,
    /// An attribute that the person states for audits, and that the ledger stores under a pseudonym:
    /// ask for their consent (may be repeated)
    #[arg(long = "attribute", value_name = "NAME=VALUE", help_heading = "Retention and audits")]
    attributes: Vec<String>,
    /// Replace the enrolment of a person who is already enrolled
    #[arg(long, help_heading = "Retention and audits")]
    replace: bool,
    /// Confirm that a person checked that all photos show the subject
    #[arg(long, help_heading = "Input")]
    photos_checked: bool,
    /// What to do with photos of poor quality [default: the policy's, or advise]
    #[arg(long, value_enum, help_heading = "Input")]
    gate: Option<GateArgument>,
    /// Make templates from the face and its mirror image, or from the face alone [default: the
    /// policy's, or those of the calibration that ships]
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Input")]
    templates: Option<TemplatesArgument>,
    /// Read the rules for acquiring, deciding and retention from this file
    #[arg(long, value_name = "FILE.toml", help_heading = "Input")]
    policy: Option<PathBuf>,
    /// Print the outcome as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,
    #[command(flatten)]
    place: PlaceArguments,
}

/// Enrols a person.
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
            let message = format!("`{attribute}` is not an attribute");
            Error::new(ErrorKind::InvalidArgument, Stage::Enrolment, message)
                .next("write NAME=VALUE, such as race=asian")
        })?;
        settings.attributes.insert(name.to_owned(), value.to_owned());
    }
    let policy =
        super::policy::read(arguments.policy.as_deref(), arguments.gate, arguments.templates)?;
    let verifier = Verifier::open(Profile::Latency, policy)?;
    let photos = arguments.photos.iter().map(|path| Source::Path(path.as_path()));
    let outcome = registry.enrol(&verifier, &arguments.subject, photos, &settings)?;
    for [first, again] in &outcome.same {
        eprintln!(
            "warning: {} and {} are the same photo, which adds nothing; enrol a different one",
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
        super::terminal::print_json(&value)?;
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
                "enrolled {} (version {}) for {}, kept until {}",
                arguments.subject,
                enrolled.version,
                enrolled.purpose,
                enrolled.keep_until.as_deref().unwrap_or("deleted")
            ),
            (None, Some([a, b])) => println!(
                "not enrolled: {} and {} do not look like the same person; if a person has checked \
                 that they are, add --photos-checked",
                arguments.photos[a].shown(),
                arguments.photos[b].shown()
            ),
            (None, None) => println!("not enrolled: no photo shows a usable face"),
        }
    }
    Ok(if outcome.enrolled.is_some() { Exit::Done } else { Exit::Undecided })
}

const LIST_EXAMPLES: &str = "\
Examples:
  evenmatch list
  evenmatch list --json | jq -r '.enrolled[].subject'";

/// List the people who are enrolled
#[derive(Debug, Args)]
#[command(after_help = LIST_EXAMPLES)]
pub(crate) struct ListArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArguments,
}

/// Lists the enrolments.
pub(crate) fn list(arguments: &ListArguments) -> anyhow::Result<Exit> {
    let people = arguments.place.open()?.list()?;
    if arguments.json {
        let value = serde_json::json!({ "schema": "evenmatch.enrolments/1", "enrolled": people });
        super::terminal::print_json(&value)?;
    } else {
        for one in &people {
            let until = one.keep_until.as_deref().unwrap_or("deleted");
            println!(
                "{}\t{}\tversion {}\tkept until {until}",
                one.subject, one.purpose, one.version
            );
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

The file is created before anything is deleted. A receipt that did not reach a file (it went to a
pipe or a terminal, or the disk was full) stays sealed next to the ledger until it does: see
evenmatch receipt show.";

/// Delete a person's enrolment and print a deletion receipt
#[derive(Debug, Args)]
#[command(after_help = FORGET_EXAMPLES)]
pub(crate) struct ForgetArguments {
    /// The person's identifier
    subject: String,
    /// Also write the receipt to this file
    #[arg(long, value_name = "FILE.json")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArguments,
}

/// Deletes a person's enrolment.
pub(crate) fn forget(arguments: &ForgetArguments) -> anyhow::Result<Exit> {
    let registry = arguments.place.open()?;
    // If the file cannot be created, this fails before anything is deleted.
    let file = begin(arguments.receipt.as_deref())?;
    let receipt = registry.forget(&arguments.subject, DeletionGround::Request)?;
    let written = deliver(file, &receipt);
    super::terminal::print_json(&receipt)?;
    if matches!(written, Ok(true)) || super::terminal::is_kept() {
        registry.receipt_delivered(&receipt.receipt)?;
        eprintln!("deleted; give the receipt to the person: its salt is stored nowhere else");
    } else {
        eprintln!("deleted; {}", waiting(&receipt.receipt));
    }
    written.map(|_| Exit::Done)
}

/// Creates the file for a receipt.
fn begin(path: Option<&Path>) -> evenmatch_core::Result<Option<NewFile>> {
    path.map(|path| NewFile::create(path, Access::Owner, Stage::Enrolment)).transpose()
}

/// Writes a receipt to its file, and returns whether it is on the disk.
fn deliver(file: Option<NewFile>, receipt: &DeletionReceipt) -> anyhow::Result<bool> {
    let Some(mut file) = file else { return Ok(false) };
    let is_ordinary = file.is_ordinary();
    let mut json = serde_json::to_vec_pretty(receipt)?;
    json.push(b'\n');
    file.write_all(&json).map_err(|cause| {
        Error::new(ErrorKind::Io, Stage::Enrolment, "the receipt could not be written")
            .caused_by(cause)
            .next(format!(
                "write it to another file: evenmatch receipt show {} --out FILE.json",
                receipt.receipt
            ))
    })?;
    file.commit()?;
    Ok(is_ordinary)
}

/// What to do about a receipt that is not in a file yet.
fn waiting(id: &str) -> String {
    format!(
        "a sealed copy of the receipt stays next to the ledger until it is in a file. Write it: \
         evenmatch receipt show {id} --out FILE.json; or, if you already have it: evenmatch \
         receipt delivered {id}"
    )
}

const RECEIPT_EXAMPLES: &str = "\
Examples:
  evenmatch receipt receipt.json --public-key KEY --subject alice
  evenmatch receipt show
  evenmatch receipt show r-0123456789abcdef01234567 --out receipt.json
  evenmatch receipt delivered r-0123456789abcdef01234567

Exit codes: 0 done, 1 the receipt is not valid, 2 error.";

/// Check a deletion receipt, or fetch one that was not delivered
///
/// Checking needs only the ledger's public key.
#[derive(Debug, Args)]
#[command(
    after_help = RECEIPT_EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(crate) struct ReceiptArguments {
    #[command(subcommand)]
    action: Option<ReceiptAction>,
    /// The receipt to check
    #[arg(value_name = "FILE.json", required = true)]
    receipt: Option<PathBuf>,
    /// The ledger's public key, from a source other than the ledger
    #[arg(long, value_name = "KEY", required = true)]
    public_key: Option<PublicKey>,
    /// Also check that the receipt is for this person
    #[arg(long)]
    subject: Option<String>,
    /// Also check the receipt against this ledger, a folder or an export
    #[arg(long, value_name = "PATH")]
    ledger: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum ReceiptAction {
    /// Print a receipt that was not delivered; without an id, list all of them
    Show {
        /// The receipt's id
        id: Option<String>,
        /// Write the receipt to this file, and then delete the sealed copy
        #[arg(long, value_name = "FILE.json", requires = "id")]
        out: Option<PathBuf>,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Confirm that a receipt has arrived, and delete its sealed copy
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
            super::terminal::print_json(
                &serde_json::json!({ "schema": schema, "undelivered": undelivered }),
            )?;
            return Ok(Exit::Done);
        }
        Some(ReceiptAction::Show { id: Some(id), out, place }) => {
            let registry = place.open()?;
            let receipt = registry.undelivered_receipt(id)?;
            let written = deliver(begin(out.as_deref())?, &receipt)?;
            if out.is_none() {
                super::terminal::print_json(&receipt)?;
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
    super::terminal::print_json(&check)?;
    Ok(if check.is_whole() { Exit::Done } else { Exit::Negative })
}

const RETENTION_EXAMPLES: &str = "\
Examples:
  evenmatch retention run --policy policy.toml --dry-run
  evenmatch retention run --policy policy.toml > receipts.json";

/// Delete enrolments that the policy no longer allows
#[derive(Debug, Args)]
#[command(after_help = RETENTION_EXAMPLES)]
pub(crate) struct RetentionArguments {
    #[command(subcommand)]
    action: RetentionAction,
}

#[derive(Debug, Subcommand)]
enum RetentionAction {
    /// Delete every enrolment whose retention period is over, with a receipt for each
    Run {
        /// Only print what would be deleted
        #[arg(long)]
        dry_run: bool,
        /// Read the retention periods from this file
        #[arg(long, value_name = "FILE.toml")]
        policy: Option<PathBuf>,
        #[command(flatten)]
        place: PlaceArguments,
    },
}

/// Enforces retention.
pub(crate) fn retention(arguments: &RetentionArguments) -> anyhow::Result<Exit> {
    let RetentionAction::Run { dry_run, policy, place } = &arguments.action;
    let policy = super::policy::read(policy.as_deref(), None, None)?;
    let registry = place.open()?;
    let run = registry.retain(&policy.retention, evenmatch_ledger::now(), *dry_run)?;
    super::terminal::print_json(&run)?;
    let kept = super::terminal::is_kept();
    for receipt in &run.receipts {
        if kept {
            registry.receipt_delivered(&receipt.receipt)?;
        } else {
            eprintln!("{}", waiting(&receipt.receipt));
        }
    }
    let verb = if *dry_run { "would be deleted" } else { "deleted" };
    eprintln!("{} of {} enrolments {verb}", run.due.len(), run.enrolled);
    Ok(Exit::Done)
}
