//! `evenmatch appeal` and `evenmatch replay`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::exit::Exit;
use super::place::PlaceArguments;
use evenmatch::{Acquisition, EncodedSample, Policy, Probe, Sample, Verifier, shipped};
use evenmatch_audit::OverturnReport;
use evenmatch_core::{
    Error, ErrorKind, Stage,
    record::{Calibration, DecisionRecord, TemplateForm},
};
use evenmatch_ledger::{DecisionEntry, HumanOutcome, LedgerFiles};
use evenmatch_registry::Replay;

const EXAMPLES: &str = "\
Examples:
  evenmatch appeal open d-0123456789abcdef01234567 --note 'I wore glasses'
  evenmatch appeal review d-0123456789abcdef01234567 --by 'reviewer 4' --note 'photos seen'
  evenmatch appeal resolve d-0123456789abcdef01234567 --by 'reviewer 4' --outcome overturned \\
      --reason 'the same person'
  evenmatch appeal rates --by race

Ledger entries are permanent: do not put names into notes and reasons.";

/// Open, review and resolve appeals against decisions
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AppealArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OutcomeArgument {
    Upheld,
    Overturned,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum YesNo {
    Yes,
    No,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Open an appeal against a decision
    Open {
        /// The decision's id
        id: String,
        /// What the applicant says
        #[arg(long)]
        note: String,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Record who reviews the decision
    Review {
        /// The decision's id
        id: String,
        /// The reviewer, by number or role
        #[arg(long)]
        by: String,
        /// The reviewer's note
        #[arg(long)]
        note: String,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Record what the reviewer decided
    Resolve {
        /// The decision's id
        id: String,
        /// The reviewer who decided
        #[arg(long)]
        by: String,
        /// Whether the decision stands
        #[arg(long, value_enum)]
        outcome: OutcomeArgument,
        /// Whether the photos show the claimed person [default: follows from the outcome, unless
        /// the decision was undecided]
        #[arg(long, value_enum)]
        same_person: Option<YesNo>,
        /// Why the reviewer decided so
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        place: PlaceArguments,
    },
    /// Print how often reviewers overturned decisions, by group
    Rates {
        /// Group people by this attribute, stated at enrolment
        #[arg(long, value_name = "ATTRIBUTE")]
        by: String,
        #[command(flatten)]
        place: PlaceArguments,
    },
}

/// Opens, reviews or resolves an appeal, or prints the rates.
pub(crate) fn run(arguments: &AppealArguments) -> anyhow::Result<Exit> {
    let appended = match &arguments.action {
        Action::Open { id, note, place } => place.ledger()?.open_appeal(id, note)?,
        Action::Review { id, by, note, place } => place.ledger()?.review_appeal(id, by, note)?,
        Action::Resolve { id, by, outcome, same_person, reason, place } => {
            let outcome = match outcome {
                OutcomeArgument::Upheld => HumanOutcome::Upheld,
                OutcomeArgument::Overturned => HumanOutcome::Overturned,
            };
            let same = same_person.map(|same| matches!(same, YesNo::Yes));
            place.ledger()?.resolve_appeal(id, by, outcome, same, reason)?
        }
        Action::Rates { by, place } => {
            let counts = place.ledger_files()?.overturned(by)?;
            super::terminal::print_json(&OverturnReport::new(counts.by, counts.groups))?;
            return Ok(Exit::Done);
        }
    };
    let schema = "evenmatch.ledger.appended/1";
    super::terminal::print_json(&serde_json::json!({ "schema": schema, "entry": appended }))?;
    Ok(Exit::Done)
}

const REPLAY_EXAMPLES: &str = "\
Examples:
  evenmatch replay d-0123456789abcdef01234567 --subject alice --probe selfie.jpg
  evenmatch replay d-0123456789abcdef01234567 --reference enrolled.jpg --probe selfie.jpg

Exit codes: 0 the same bit for bit, 1 something differs, 2 error.";

/// Repeat a decision from its photos and show what differs
#[derive(Debug, Args)]
#[command(after_help = REPLAY_EXAMPLES)]
pub(crate) struct ReplayArguments {
    /// The decision's id
    id: String,
    /// The photo stored earlier; for a decision by an enrolment, give --subject instead
    #[arg(long, value_name = "IMG", required_unless_present = "subject")]
    reference: Option<PathBuf>,
    /// The person whose enrolment the decision used
    #[arg(long, conflicts_with = "reference")]
    subject: Option<String>,
    /// The photo presented then
    #[arg(long, value_name = "IMG")]
    probe: PathBuf,
    /// The calibration that the decision used, if it is not one that ships
    #[arg(long, value_name = "FILE")]
    calibration: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArguments,
}

/// Decides again and compares.
pub(crate) fn replay(arguments: &ReplayArguments) -> anyhow::Result<Exit> {
    let files = arguments.place.ledger_files()?;
    let (_, then) = files.decision(&arguments.id)?;
    let verifier = verifier(&files, &then, arguments)?;
    let now = decide(&verifier, &then, arguments)?;
    let replay = Replay::of(&then, &now)?;
    super::terminal::print_json(&replay)?;
    Ok(if replay.identical { Exit::Done } else { Exit::Negative })
}

/// A verifier with the policy and the operating point of that decision.
fn verifier(
    files: &LedgerFiles,
    then: &DecisionEntry,
    arguments: &ReplayArguments,
) -> anyhow::Result<Verifier> {
    let policy: Policy = serde_json::from_slice(&files.policy(&then.policy)?)?;
    let point = &then.record.operating_point;
    // A decision that does not state the form was made when all templates were plain.
    let form = then.record.templates.unwrap_or_else(TemplateForm::unstated);
    let verifier = Verifier::builder().policy(policy).templates(form).uncalibrated().open()?;
    let Some(rate) = point.target_fmr else { return Ok(verifier) };
    let calibration = match &arguments.calibration {
        Some(path) => Calibration::from_path(path)?,
        None if point.normaliser.is_some() => shipped::default_calibration()?,
        None => shipped::default_plain()?,
    };
    Ok(verifier.calibrated(&calibration, rate)?)
}

fn decide(
    verifier: &Verifier,
    then: &DecisionEntry,
    arguments: &ReplayArguments,
) -> anyhow::Result<DecisionRecord> {
    let probe = probe(verifier, then, &arguments.probe)?;
    // The frames of a session are not stored, so its recorded judgement is reused.
    let session = then.record.liveness.session.clone();
    if let Some(reference) = &arguments.reference {
        let reference = verifier.acquire(reference.as_path())?;
        return Ok(verifier.decide_with_session(&reference, &probe, session)?);
    }
    let registry = arguments.place.open()?;
    let enrolment = registry.enrolment(arguments.subject.as_deref().unwrap_or_default())?;
    let same = then.subject.as_ref() == Some(&enrolment.details.pseudonym);
    if !same || then.enrolment != Some(enrolment.version) {
        let message =
            "the decision was made with another enrolment, or with an older version of this one";
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Enrolment, message)
            .next("replay a newer decision: templates of former enrolments are not stored")
            .into());
    }
    let reference = enrolment.reference(verifier, probe.sample.sha256)?;
    Ok(verifier.decide_with_session(&reference, &probe, session)?)
}

/// The photo presented then. A frame of a session was not a file but pixels, and is identified by
/// their digest.
fn probe(
    verifier: &Verifier,
    then: &DecisionEntry,
    path: &Path,
) -> anyhow::Result<Acquisition<Probe>> {
    let acquired = verifier.acquire(path)?;
    if then.record.liveness.session.is_none() || then.record.probe.sha256 == acquired.sample.sha256
    {
        return Ok(acquired);
    }
    let file = EncodedSample::from_path(path, &verifier.policy().limits)?.decode()?;
    let pixels = Sample::from_rgb(file.pixels().clone());
    match then.record.probe.sha256 == Some(pixels.digest()) {
        true => Ok(verifier.acquire(pixels.pixels())?),
        false => Ok(acquired),
    }
}
