//! `evenmatch verify`: does this photo show the enrolled person?

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::challenge::{self, FrameArguments};
use super::exit::Exit;
use super::gate::GateArgument;
use super::normalise_choice::{Choice, shipped_for};
use super::place::PlaceArguments;
use super::templates::TemplatesArgument;
use evenmatch::{
    Acquisition, LivenessPolicy, Policy, Probe, Reference, Verifier, model::Profile,
    pad::LivenessSession,
};
use evenmatch_core::{
    Error, ErrorKind, Stage,
    record::{
        Calibration, DecisionRecord, FmrOf, Liveness, Outcome, SessionEvidence, SignalVerdict,
        TemplateForm,
    },
};
use evenmatch_explain::{
    disclosure::summary,
    messages::{Messages, key},
};

const EXAMPLES: &str = "\
Examples:
  evenmatch verify --reference enrolled.jpg --probe selfie.jpg
  evenmatch verify --reference enrolled.jpg --probe selfie.jpg --json | jq .outcome
  evenmatch verify --reference enrolled.jpg --probe selfie.jpg --threshold 0.42 --save-record d.json
  evenmatch verify --reference enrolled.jpg --probe selfie.jpg --fmr 1e-4 --fmr-of worst-group
  evenmatch verify --reference enrolled.jpg --probe selfie.jpg --calibration c.toml --fmr 1e-4
  evenmatch verify --subject alice --probe selfie.jpg --key-file evenmatch.key
  evenmatch verify --reference enrolled.jpg --liveness require --nonce NONCE --frames frames/

Exit codes: 0 match, 1 non-match, 2 error, 3 undecided (for example, no face was found).";

/// Decide whether two photos show the same person, with reasons
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyArguments {
    /// The photo stored earlier (JPEG, PNG, WebP, BMP or TIFF)
    #[arg(long, value_name = "IMG", required_unless_present = "subject", help_heading = "Input")]
    reference: Option<PathBuf>,
    /// The enrolled person to compare with; the decision goes into the ledger
    #[arg(long, value_name = "ID", conflicts_with = "reference", help_heading = "Input")]
    subject: Option<String>,
    /// Write the decision to the ledger even without --subject
    #[arg(long, help_heading = "Enrolments")]
    log: bool,
    #[command(flatten)]
    place: PlaceArguments,
    /// The photo presented now [default with --frames: the frame that shows the face best]
    #[arg(long, value_name = "IMG", required_unless_present = "frames", help_heading = "Input")]
    probe: Option<PathBuf>,
    /// Frames that answer a challenge: a folder, an animated image, or - for PPM images on standard
    /// input; see `evenmatch challenge --help`
    #[arg(long, value_name = "DIR|FILE|-", requires = "nonce", help_heading = "Liveness")]
    frames: Option<PathBuf>,
    /// The nonce of the challenge that the frames answer
    #[arg(long, value_name = "NONCE", requires = "frames", help_heading = "Liveness")]
    nonce: Option<String>,
    #[command(flatten)]
    how: FrameArguments,
    /// Print the DecisionRecord as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Use the threshold that the calibration measured for this false match rate [default: 1e-3]
    #[arg(long, value_name = "RATE", conflicts_with = "threshold", help_heading = "Threshold")]
    fmr: Option<f64>,
    /// Apply --fmr to every group that the calibration covers, to everyone, or to the upper bound of
    /// the worst group [default: every-group; everyone, where no group is covered]
    #[arg(
        long,
        value_enum,
        value_name = "WHOSE",
        conflicts_with = "threshold",
        help_heading = "Threshold"
    )]
    fmr_of: Option<FmrOfArgument>,
    /// Use the thresholds that `evenmatch calibrate` wrote to this file [default: the calibration
    /// on FairFace that ships]
    #[arg(long, value_name = "FILE", conflicts_with = "threshold", help_heading = "Threshold")]
    calibration: Option<PathBuf>,
    /// Normalise scores with the cohort of a calibration that ships, by what one has learned, or not
    /// at all; a file given as --calibration decides this itself [default: as the calibration that
    /// ships]
    #[arg(
        long,
        value_enum,
        conflicts_with_all = ["threshold", "calibration"],
        help_heading = "Threshold"
    )]
    normalise: Option<NormaliseArgument>,
    /// Accept plain cosine similarities of at least this, -1 to 1
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Threshold")]
    threshold: Option<f32>,
    /// Leave scores closer to the threshold than this undecided, for a person to review
    #[arg(long, value_name = "DISTANCE", help_heading = "Threshold")]
    review_band: Option<f32>,
    /// Whether to ask for evidence of a live person [default: the policy's, or off]
    #[arg(long, value_enum, help_heading = "Liveness")]
    liveness: Option<LivenessArgument>,
    /// What to do with photos of poor quality [default: the policy's, or advise]
    #[arg(long, value_enum, help_heading = "Input")]
    gate: Option<GateArgument>,
    /// Make templates from the face and its mirror image, or from the face alone [default: the
    /// policy's, or those of the calibration; without one, mirrored]
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Input")]
    templates: Option<TemplatesArgument>,
    /// Read the rules for acquiring photos and deciding from this file
    #[arg(long, value_name = "FILE.toml", help_heading = "Input")]
    policy: Option<PathBuf>,
    /// Print for people in this language, such as es, ht or ar
    #[arg(long, value_name = "xx", default_value = "en", help_heading = "Output")]
    lang: String,
    /// Also write the DecisionRecord to this file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    save_record: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LivenessArgument {
    Off,
    Advisory,
    Require,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FmrOfArgument {
    EveryGroup,
    Everyone,
    WorstGroup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NormaliseArgument {
    Off,
    Cohort,
    Learned,
}

impl From<FmrOfArgument> for FmrOf {
    fn from(argument: FmrOfArgument) -> Self {
        match argument {
            FmrOfArgument::EveryGroup => FmrOf::EveryGroup,
            FmrOfArgument::Everyone => FmrOf::Everyone,
            FmrOfArgument::WorstGroup => FmrOf::WorstGroup,
        }
    }
}

impl From<LivenessArgument> for LivenessPolicy {
    fn from(argument: LivenessArgument) -> Self {
        match argument {
            LivenessArgument::Off => LivenessPolicy::Off,
            LivenessArgument::Advisory => LivenessPolicy::Advisory,
            LivenessArgument::Require => LivenessPolicy::Require,
        }
    }
}

/// The policy that the arguments and the policy file ask for together.
fn policy(arguments: &VerifyArguments) -> evenmatch_core::Result<Policy> {
    let refuse = |message: String, next: &str| {
        Err(Error::new(ErrorKind::InvalidArgument, Stage::Decide, message).next(next))
    };
    if let Some(rate) = arguments.fmr.filter(|rate| !(*rate > 0.0 && *rate < 1.0)) {
        return refuse(format!("{rate} is not a rate between 0 and 1"), "try --fmr 1e-3");
    }
    let mut policy =
        super::policy::read(arguments.policy.as_deref(), arguments.gate, arguments.templates)?;
    // The command line takes precedence over the policy.
    if arguments.threshold.is_some() {
        (policy.threshold, policy.fmr) = (arguments.threshold, None);
    }
    let by_rate = arguments.fmr.is_some() || arguments.calibration.is_some();
    if by_rate {
        (policy.threshold, policy.fmr) = (None, arguments.fmr.or(policy.fmr));
    }
    if let Some(of) = arguments.fmr_of {
        policy.fmr_of = of.into();
    }
    policy.review_band = arguments.review_band.unwrap_or(policy.review_band);
    if let Some(liveness) = arguments.liveness {
        policy.liveness = liveness.into();
    }
    policy.check()?;
    Ok(policy)
}

/// Verifies, prints, saves.
pub(crate) fn run(arguments: &VerifyArguments) -> anyhow::Result<Exit> {
    let messages = Messages::of(&arguments.lang)?;
    // The error itself is in English; a sentence before it says in the requested language that
    // something went wrong.
    let english = messages.language().tag == "en";
    let said = |error: anyhow::Error| match english {
        true => error,
        false => error.context(messages.say(key::EXIT_ERROR)),
    };
    verify(arguments, &messages).map_err(said)
}

fn verify(arguments: &VerifyArguments, messages: &Messages) -> anyhow::Result<Exit> {
    let inputs =
        [&arguments.reference, &arguments.probe, &arguments.policy, &arguments.calibration];
    super::output_files::keep_inputs(
        arguments.save_record.as_deref(),
        &inputs.map(|input| input.as_deref()),
    )?;
    let policy = policy(arguments)?;
    let verifier = verifier(arguments, policy)?;
    let record = decide(arguments, &verifier)?;
    // A model that cannot be loaded is an error even where no photo needed it.
    verifier.embedder().ready()?;
    if let Some(path) = &arguments.save_record {
        super::output_files::write_atomically(path, &serde_json::to_vec_pretty(&record)?)?;
    }
    let mut out = match arguments.json {
        true => super::terminal::data(),
        false => super::terminal::text(),
    };
    let printed = if arguments.json {
        serde_json::to_writer_pretty(&mut out, &record)
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(out))
    } else {
        let said = out.write_all(summary(&record, messages).to_text().as_bytes());
        // The signals are meant for operators and are not translated yet.
        match messages.language().tag {
            "en" => said.and_then(|()| signals(&record.liveness, &mut out)),
            _ => said,
        }
    };
    printed.context("standard output could not be written")?;
    Ok(match record.outcome {
        Outcome::Match => Exit::Done,
        Outcome::NonMatch => Exit::Negative,
        Outcome::Undecided => Exit::Undecided,
    })
}

fn verifier(arguments: &VerifyArguments, policy: Policy) -> evenmatch_core::Result<Verifier> {
    // Faces are found while the embedder is being loaded.
    let builder = Verifier::builder().policy(policy).early();
    if let Some(path) = &arguments.calibration {
        let calibration = Calibration::from_path(path)?;
        let verifier = builder.uncalibrated().open()?;
        let rate = verifier.policy().target_fmr();
        return verifier.calibrated(&calibration, rate).map_err(|error| error.in_path(path));
    }
    match arguments.normalise {
        Some(NormaliseArgument::Off) => builder.plain_scores().open(),
        Some(NormaliseArgument::Cohort) => {
            builder.calibration(shipped_for(&Choice::Cohort, TemplateForm::USUAL)?).open()
        }
        Some(NormaliseArgument::Learned) => {
            builder.calibration(shipped_for(&Choice::Learned, TemplateForm::USUAL)?).open()
        }
        None => builder.open(),
    }
}

/// Decides by a photo, or by an enrolment; the latter is always written down.
fn decide(arguments: &VerifyArguments, verifier: &Verifier) -> anyhow::Result<DecisionRecord> {
    // Opening the registry first reports a fault before any photo is read.
    let registry = match arguments.subject.is_some() || arguments.log {
        true => Some(arguments.place.open()?),
        false => None,
    };
    let enrolment = match (&registry, &arguments.subject) {
        (Some(registry), Some(subject)) => Some(registry.enrolment(subject)?),
        _ => None,
    };
    let photo = arguments.reference.as_deref();
    let (photo, presented) = rayon::join(
        || photo.map(|path| verifier.acquire::<Reference>(path)).transpose(),
        || presented(arguments, verifier),
    );
    let (photo, (probe, session)) = (photo?, presented?);
    let reference = match (&enrolment, photo) {
        (Some(enrolment), _) => enrolment.reference(verifier, probe.sample.sha256)?,
        (None, photo) => photo.context("--reference is missing")?,
    };
    let record = verifier.decide_with_session(&reference, &probe, session)?;
    if let Some(registry) = &registry {
        registry.decided(enrolment.as_ref(), record.clone(), verifier.policy())?;
    }
    Ok(record)
}

/// What is presented now: a photo, or frames, which are judged and one of which is compared.
fn presented(
    arguments: &VerifyArguments,
    verifier: &Verifier,
) -> anyhow::Result<(Acquisition<Probe>, Option<SessionEvidence>)> {
    let (Some(frames), Some(nonce)) = (&arguments.frames, &arguments.nonce) else {
        let probe = arguments.probe.as_deref().context("--probe is missing")?;
        return Ok((verifier.acquire(probe)?, None));
    };
    if verifier.policy().liveness == LivenessPolicy::Off {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            Stage::Liveness,
            "frames were given, but the policy does not ask for liveness",
        )
        .next("add --liveness require, or leave out --frames")
        .into());
    }
    // Shares the networks that the verifier has loaded.
    let analyser = || challenge::analyser_of(verifier, Profile::Latency);
    let (report, session) =
        challenge::judge(nonce, frames, &arguments.how, verifier.policy(), analyser)?;
    let best = session.as_ref().and_then(LivenessSession::best_frame);
    let probe = match (&arguments.probe, best) {
        (Some(photo), _) => verifier.acquire(photo.as_path())?,
        (None, Some(frame)) => verifier.acquire(frame)?,
        (None, None) => {
            let why = report.findings.first().map_or("there are no frames", |f| f.meaning());
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Liveness, why)
                .next("run: evenmatch challenge new; then record frames for that challenge")
                .into());
        }
    };
    let likeness = match (&arguments.probe, &session, &probe.template) {
        (Some(_), Some(session), Some(template)) => session.likeness(template)?,
        _ => None,
    };
    Ok((probe, Some(report.evidence(likeness))))
}

/// The verdicts of the passive signals on the new photo; those that are not clear, in full.
fn signals(liveness: &Liveness, out: &mut impl Write) -> std::io::Result<()> {
    if liveness.signals.is_empty() {
        return Ok(());
    }
    let clear = |verdict| verdict == SignalVerdict::Clear;
    let silent = liveness.signals.iter().filter(|signal| clear(signal.verdict)).count();
    let all = liveness.signals.len();
    writeln!(out, "  signs of a photo of a photo: {silent} of {all} signals see none")?;
    for signal in liveness.signals.iter().filter(|signal| !clear(signal.verdict)) {
        let says = match signal.verdict {
            SignalVerdict::Attack => "sees an attack",
            _ => "asks for more evidence",
        };
        let (name, value, limit) = (&signal.name, signal.value, signal.limit);
        let jitter = signal.jitter;
        writeln!(out, "    {name} {value:.2} (limit {limit:.2}, jitter {jitter:.2}) {says}")?;
    }
    Ok(())
}
