//! `evenmatch ledger`: verifies, shows and exports the ledger.

use std::io::BufWriter;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::exit::Exit;
use super::place::PlaceArguments;
use evenmatch_core::{
    Result, Stage,
    files::{Access, NewFile},
};
use evenmatch_ledger::{Checkpoint, EntryKind, LedgerFiles, Truth, vault::PublicKey};

const EXAMPLES: &str = "\
Examples:
  evenmatch ledger verify
  evenmatch ledger checkpoint > kept-elsewhere.json
  evenmatch ledger verify --expect kept-elsewhere.json --public-key KEY
  evenmatch ledger export --out ledger.log
  evenmatch ledger verify --file ledger.log --public-key KEY
  evenmatch ledger export --records records.csv --truth claimed
  evenmatch audit --records records.csv --by group --out report
  evenmatch ledger show d-0123456789abcdef01234567

Exit codes: 0 done, 1 the ledger is not whole, 2 error.";

/// Verify, show or export the ledger of decisions
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LedgerArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TruthArgument {
    /// Only decisions for which a reviewer established the truth in an appeal
    Resolved,
    /// Those decisions, and all others as if every claim of identity were true
    Claimed,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Check every entry, and with --enrolments the enrolments too
    Verify {
        /// Verify this export instead of the folder
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// The ledger's public key, from a source other than the ledger
        #[arg(long, value_name = "KEY")]
        public_key: Option<PublicKey>,
        /// A checkpoint that you keep elsewhere, and that the ledger must still contain
        #[arg(long, value_name = "FILE.json")]
        expect: Option<PathBuf>,
        /// Also open every enrolment (needs the master key)
        #[arg(long)]
        enrolments: bool,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Print a decision and its appeal; without an id, the newest decisions
    Show {
        /// The decision's id
        id: Option<String>,
        /// Number of newest decisions to print
        #[arg(long, default_value_t = 10)]
        last: usize,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Write the ledger for an auditor, or its decisions as comparison records
    Export {
        /// Write the whole ledger to this file
        #[arg(long, value_name = "FILE", required_unless_present = "records")]
        out: Option<PathBuf>,
        /// Write comparison records for `audit --records` to this file
        #[arg(long, value_name = "FILE.csv")]
        records: Option<PathBuf>,
        /// Which decisions to export, and how to label their claims of identity
        #[arg(long, value_enum, default_value = "resolved")]
        truth: TruthArgument,
        /// Leave out decisions before this entry
        #[arg(long, value_name = "ENTRY", default_value_t = 0)]
        from: u64,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Print the last signed checkpoint, to keep elsewhere
    Checkpoint {
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Print the ledger's public key
    Key {
        #[command(flatten)]
        place: PlaceArguments,
    },
}

/// Works on the ledger.
pub(crate) fn run(arguments: &LedgerArguments) -> anyhow::Result<Exit> {
    match &arguments.action {
        Action::Verify { file, public_key, expect, enrolments, json, place } => {
            let files = match file {
                Some(path) => LedgerFiles::open(path)?,
                None => place.ledger_files()?,
            };
            let expect = expect.as_deref().map(Checkpoint::from_path).transpose()?;
            let report = files.verify(public_key.as_ref(), expect.as_ref())?;
            let store = match enrolments {
                true => Some(place.open()?.check()?),
                false => None,
            };
            let whole = report.is_whole() && store.as_ref().is_none_or(|store| store.is_whole());
            if *json {
                let mut value = serde_json::to_value(&report)?;
                if let Some(fields) = value.as_object_mut() {
                    fields.insert("whole".to_owned(), whole.into());
                    fields.insert("enrolments".to_owned(), serde_json::to_value(&store)?);
                }
                super::terminal::print_json(&value)?;
            } else {
                for fault in &report.faults {
                    println!("{fault}");
                }
                for fault in store.iter().flat_map(|store| &store.faults) {
                    println!("enrolments: {fault}");
                }
                println!(
                    "{} entries, {} decisions: {}",
                    report.entries,
                    report.decisions,
                    if whole { "whole" } else { "NOT whole" }
                );
                if report.unsigned + report.unfinished_bytes > 0 {
                    println!("the last write is unfinished; the next write removes it");
                }
                println!("public key {}", report.public_key);
                if public_key.is_none() {
                    println!("  (by the ledger's own word: compare it with the key that you know)");
                }
            }
            Ok(if whole { Exit::Done } else { Exit::Negative })
        }
        Action::Show { id, last, place } => {
            show(&place.ledger_files()?, id.as_deref(), *last)?;
            Ok(Exit::Done)
        }
        Action::Export { out, records, truth, from, place } => {
            let files = place.ledger_files()?;
            if let Some(path) = out {
                let mut file = create(path)?;
                let bytes = files.export(BufWriter::new(&mut file))?;
                file.commit()?;
                eprintln!("{bytes} bytes; public key {}", files.genesis().public_key);
            }
            if let Some(path) = records {
                let truth = match truth {
                    TruthArgument::Resolved => Truth::Resolved,
                    TruthArgument::Claimed => Truth::Claimed,
                };
                let mut file = create(path)?;
                let summary = files.records(truth, *from, BufWriter::new(&mut file))?;
                file.commit()?;
                super::terminal::print_json(&summary)?;
            }
            Ok(Exit::Done)
        }
        Action::Checkpoint { place } => {
            super::terminal::print_json(&place.ledger_files()?.last_checkpoint()?)?;
            Ok(Exit::Done)
        }
        Action::Key { place } => {
            println!("{}", place.ledger_files()?.genesis().public_key);
            Ok(Exit::Done)
        }
    }
}

fn create(path: &std::path::Path) -> Result<NewFile> {
    NewFile::create(path, Access::Everyone, Stage::Ledger)
}

fn show(files: &LedgerFiles, id: Option<&str>, last: usize) -> anyhow::Result<()> {
    let Some(id) = id else {
        let mut newest = std::collections::VecDeque::new();
        files.each(|entry| {
            if entry.kind == EntryKind::Decision {
                newest.push_back(entry);
                if newest.len() > last {
                    newest.pop_front();
                }
            }
            Ok(true)
        })?;
        let shown: Vec<serde_json::Value> = newest
            .iter()
            .map(|entry| {
                let decision: evenmatch_ledger::DecisionEntry = entry.read()?;
                Ok(serde_json::json!({
                    "id": decision.record.id,
                    "entry": entry.sequence,
                    "time": evenmatch_ledger::in_utc(entry.time),
                    "outcome": decision.record.outcome,
                    "disposition": decision.disposition,
                    "subject": decision.subject,
                }))
            })
            .collect::<Result<_>>()?;
        let value =
            serde_json::json!({ "schema": "evenmatch.ledger.newest/1", "decisions": shown });
        return super::terminal::print_json(&value);
    };
    let (entry, _) = files.decision(id)?;
    let appeal = files.appeals()?.remove(&entry.sequence);
    let schema = "evenmatch.ledger.entry/1";
    super::terminal::print_json(
        &serde_json::json!({ "schema": schema, "entry": entry, "appeal": appeal }),
    )
}
