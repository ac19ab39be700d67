//! `evenmatch verify`: is this the person on the enrolled photo?

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::Exit;
use super::challenge::{self, FrameArguments};
use super::gate::GateArgument;
use super::place::PlaceArguments;
use evenmatch::{
    Acquisition, LivenessPolicy, Policy, Probe, Reference, Verifier, model::Profile,
    pad::LivenessSession,
};
use evenmatch_core::{
    Error, ErrorKind, Stage,
    record::{
        Calibration, DecisionRecord, FmrOf, Liveness, Outcome, SessionEvidence, SignalVerdict,
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

Exit codes: 0 match, 1 non-match, 2 error, 3 undecided (no face was found, say).";

/// Decide whether two photos show the same person, with reasons.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyArguments {
    /// The photo stored earlier (JPEG, PNG, WebP, BMP or TIFF)
    #[arg(long, value_name = "IMG", required_unless_present = "subject")]
    reference: Option<PathBuf>,
    /// The person who is claimed, as enrolled; the decision goes into the ledger
    #[arg(long, value_name = "ID", conflicts_with = "reference")]
    subject: Option<String>,
    /// Write the decision into the ledger also without --subject
    #[arg(long)]
    log: bool,
    #[command(flatten)]
    place: PlaceArguments,
    /// The photo presented now; with --frames, the frame that shows the face best unless told
    #[arg(long, value_name = "IMG", required_unless_present = "frames")]
    probe: Option<PathBuf>,
    /// Frames that answer a challenge: a folder, an animated picture, or - for PPM pictures on
    /// standard input; see `evenmatch challenge --help`
    #[arg(long, value_name = "DIR|FILE|-", requires = "nonce")]
    frames: Option<PathBuf>,
    /// The nonce of the challenge that the frames answer
    #[arg(long, value_name = "NONCE", requires = "frames")]
    nonce: Option<String>,
    #[command(flatten)]
    how: FrameArguments,
    /// Print the DecisionRecord as JSON
    #[arg(long)]
    json: bool,
    /// Accept at the threshold that the calibration measured for this false match rate; 1e-3
    /// unless told
    #[arg(long, value_name = "RATE", conflicts_with = "threshold")]
    fmr: Option<f64>,
    /// Whose rate --fmr is: everyone's, or the upper bound of the worst measured group's
    #[arg(long, value_enum, value_name = "WHOSE", conflicts_with = "threshold")]
    fmr_of: Option<FmrOfArgument>,
    /// Thresholds that `evenmatch calibrate` measured; those of FairFace that ship unless told
    #[arg(long, value_name = "FILE", conflicts_with = "threshold")]
    calibration: Option<PathBuf>,
    /// What makes scores even between groups: the cohort normaliser of the calibration that
    /// ships, or nothing; a calibration of one's own says itself
    #[arg(long, value_enum, conflicts_with_all = ["threshold", "calibration"])]
    normalise: Option<NormaliseArgument>,
    /// Accept at this plain cosine and above, -1 to 1
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    threshold: Option<f32>,
    /// Leave scores nearer than this to the threshold to a person
    #[arg(long, value_name = "DISTANCE")]
    review_band: Option<f32>,
    /// Whether evidence of a live person is asked for
    #[arg(long, value_enum)]
    liveness: Option<LivenessArgument>,
    /// What is done with photos of poor quality; `advise` unless the policy says otherwise
    #[arg(long, value_enum)]
    gate: Option<GateArgument>,
    /// Rules for acquiring and deciding
    #[arg(long, value_name = "FILE.toml")]
    policy: Option<PathBuf>,
    /// Language of what is printed for people
    #[arg(long, value_name = "xx", default_value = "en")]
    lang: String,
    /// Also write the DecisionRecord to this file
    #[arg(long, value_name = "FILE")]
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
    Everyone,
    WorstGroup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NormaliseArgument {
    Off,
    Cohort,
}

impl From<FmrOfArgument> for FmrOf {
    fn from(argument: FmrOfArgument) -> Self {
        match argument {
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

/// What the arguments and the policy file together ask for.
fn policy(arguments: &VerifyArguments) -> evenmatch_core::Result<Policy> {
    let refuse = |message: String, next: &str| {
        Err(Error::new(ErrorKind::InvalidArgument, Stage::Decide, message).next(next))
    };
    if let Some(rate) = arguments.fmr.filter(|rate| !(*rate > 0.0 && *rate < 1.0)) {
        return refuse(format!("{rate} is not a rate between 0 and 1"), "try --fmr 1e-3");
    }
    let mut policy = super::policy(arguments.policy.as_deref(), arguments.gate)?;
    // What the command line states stands before what the policy does.
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
    // What went wrong is said in English; that something did, in the language asked for.
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
    super::keep_inputs(arguments.save_record.as_deref(), &inputs.map(|input| input.as_deref()))?;
    let policy = policy(arguments)?;
    let verifier = verifier(arguments, policy)?;
    let record = decide(arguments, &verifier)?;
    if let Some(path) = &arguments.save_record {
        super::write_atomically(path, &serde_json::to_vec_pretty(&record)?)?;
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
        // The signals are for an operator, and have no words in other languages yet.
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
    let builder = Verifier::builder().policy(policy);
    if let Some(path) = &arguments.calibration {
        let calibration = Calibration::from_path(path)?;
        let verifier = builder.uncalibrated().open()?;
        let rate = verifier.policy().target_fmr();
        return verifier.calibrated(&calibration, rate).map_err(|error| error.in_path(path));
    }
    match arguments.normalise {
        Some(NormaliseArgument::Off) => builder.plain_scores().open(),
        _ => builder.open(),
    }
}

/// Decides by a photo, or by an enrolment; the latter is always written down.
fn decide(arguments: &VerifyArguments, verifier: &Verifier) -> anyhow::Result<DecisionRecord> {
    // A registry that can't be opened is told before any photo is read.
    let registry = match arguments.subject.is_some() || arguments.log {
        true => Some(arguments.place.open()?),
        false => None,
    };
    let enrolment = match (&registry, &arguments.subject) {
        (Some(registry), Some(subject)) => Some(registry.enrolment(subject)?),
        _ => None,
    };
    let photo = arguments.reference.as_deref();
    let photo = photo.map(|path| verifier.acquire::<Reference>(path)).transpose()?;
    let (probe, session) = presented(arguments, verifier)?;
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

/// What is presented now: a photo, or frames that are judged and one of which is compared.
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
            "frames were given, and the policy does not ask for liveness",
        )
        .next("add --liveness require, or leave out --frames")
        .into());
    }
    // The networks that the verifier has loaded are not loaded twice.
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
                .next("run: evenmatch challenge new, and take frames for it")
                .into());
        }
    };
    let likeness = match (&arguments.probe, &session, &probe.template) {
        (Some(_), Some(session), Some(template)) => session.likeness(template)?,
        _ => None,
    };
    Ok((probe, Some(report.evidence(likeness))))
}

/// What the passive signals of the new photo say, those in full that are not clear.
fn signals(liveness: &Liveness, out: &mut impl Write) -> std::io::Result<()> {
    if liveness.signals.is_empty() {
        return Ok(());
    }
    let clear = |verdict| verdict == SignalVerdict::Clear;
    let silent = liveness.signals.iter().filter(|signal| clear(signal.verdict)).count();
    let all = liveness.signals.len();
    writeln!(out, "  signs of a picture of a picture: {silent} of {all} signals see none")?;
    for signal in liveness.signals.iter().filter(|signal| !clear(signal.verdict)) {
        let says = match signal.verdict {
            SignalVerdict::Attack => "sees an attack",
            _ => "asks for more",
        };
        let (name, value, limit) = (&signal.name, signal.value, signal.limit);
        let jitter = signal.jitter;
        writeln!(out, "    {name} {value:.2} (limit {limit:.2}, jitter {jitter:.2}) {says}")?;
    }
    Ok(())
}
