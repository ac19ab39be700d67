//! `evenmatch challenge`: was a live person in front of the camera?

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::exit::Exit;
use super::templates::TemplatesArgument;
use evenmatch::{
    Detections, EncodedSample, Policy, Verifier,
    mesh::FaceMesh,
    model::Profile,
    pad::{
        Challenge, ChallengeDesk, ChallengeOptions, Claim, Finding, FrameAnalyser, Frames,
        LivenessSession, SESSION_SCHEMA, SessionReport, Step,
    },
};
use evenmatch_core::{
    Error, ErrorKind, Shown, Stage,
    record::{LivenessOutcome, TemplateForm},
};
use evenmatch_lab::simulate::{Actor, SimulatedKind, Take, TakeSettings};

const EXAMPLES: &str = "\
Examples:
  evenmatch challenge new --json > challenge.json
  evenmatch challenge check --nonce $(jq -r .nonce challenge.json) --frames frames/ --json
  ffmpeg -i selfie.mp4 -vf fps=15,scale=640:-2 -f image2pipe -c:v ppm - \\
    | evenmatch challenge check --nonce NONCE --frames - --fps 15
  evenmatch challenge rehearse --challenge challenge.json --photo me.jpg --out frames/

For people who cannot make a movement, need more time, or cannot move:
  evenmatch challenge new --without turn-left,turn-right,blink
  evenmatch challenge new --time 3
  evenmatch challenge new --steps 0      (a person looks at the pictures; the outcome stays open)

The clock of a challenge starts with the first frame. A folder holds images named in order (frame2
comes before frame10) and may hold timestamps.csv with the columns file,ms. A damaged image is
skipped and counted. docs/LIVENESS.md says which attacks this can stop.

Exit codes: 0 pass, 1 fail (an attack was seen), 2 error, 3 inconclusive (try again).";

/// Check that a live person follows a random challenge
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ChallengeArguments {
    #[command(subcommand)]
    command: ChallengeCommand,
}

#[derive(Debug, Subcommand)]
enum ChallengeCommand {
    /// Make a nonce and random steps, and store them until they are answered
    New(NewArguments),
    /// Judge the frames that answer a challenge, and use up its nonce
    Check(CheckArguments),
    /// Simulate frames that answer a challenge from one photo, to try things out
    Rehearse(RehearseArguments),
}

#[derive(Debug, Args)]
struct NewArguments {
    /// Number of steps; 0 for a session without movements, which a person must judge
    #[arg(long, value_name = "0|2|3", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=3))]
    steps: u8,
    /// Do not ask for these movements; at least three must remain. Without any turn of the head, a
    /// person must judge
    #[arg(long, value_name = "STEP,…", value_enum, value_delimiter = ',')]
    without: Vec<StepArgument>,
    /// Give this many times as long as usual for each step and for the answer
    #[arg(long, value_name = "1|2|3", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3))]
    time: u32,
    /// Store open challenges in this folder [default: $EVENMATCH_CHALLENGES, or the user's data
    /// folder]
    #[arg(long, value_name = "DIR")]
    challenges: Option<PathBuf>,
    /// Print the challenge as JSON
    #[arg(long)]
    json: bool,
}

/// Frames that answer a challenge.
#[derive(Debug, Args)]
pub(super) struct FrameArguments {
    /// Frames per second, if nothing else says when each frame was taken
    #[arg(long, value_name = "N", default_value_t = 15.0, help_heading = "Liveness")]
    fps: f64,
    /// The frames are mirrored, as in the preview of many phones
    #[arg(long, help_heading = "Liveness")]
    mirrored: bool,
    /// Store open challenges in this folder [default: $EVENMATCH_CHALLENGES, or the user's data
    /// folder]
    #[arg(long, value_name = "DIR", help_heading = "Liveness")]
    challenges: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct CheckArguments {
    /// The nonce of the challenge
    #[arg(long, value_name = "NONCE", help_heading = "Input")]
    nonce: String,
    /// A folder of images, an animated GIF, PNG or WebP, or - for PPM images on standard input
    #[arg(long, value_name = "DIR|FILE|-", help_heading = "Input")]
    frames: PathBuf,
    #[command(flatten)]
    how: FrameArguments,
    /// Make templates from the face and its mirror image, or from the face alone [default: the
    /// policy's, or mirrored]
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Input")]
    templates: Option<TemplatesArgument>,
    /// Read the limits for decoding from this file
    #[arg(long, value_name = "FILE.toml", help_heading = "Input")]
    policy: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,
}

#[derive(Debug, Args)]
struct RehearseArguments {
    /// The challenge that `challenge new --json` printed
    #[arg(long, value_name = "FILE.json")]
    challenge: PathBuf,
    /// A photo of one face that looks into the camera
    #[arg(long, value_name = "IMG")]
    photo: PathBuf,
    /// What to simulate
    #[arg(long, value_enum, default_value = "live")]
    kind: KindArgument,
    /// Brightness as a share of ordinary light
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    light: f64,
    /// Frames per second
    #[arg(long, value_name = "N", default_value_t = 12.0)]
    fps: f32,
    /// Seed of the performance: another seed moves differently
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Write the frames to this folder as PNG, with timestamps.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StepArgument {
    TurnLeft,
    TurnRight,
    LookUp,
    LookDown,
    ComeCloser,
    Blink,
    OpenMouth,
}

impl From<StepArgument> for Step {
    fn from(step: StepArgument) -> Self {
        match step {
            StepArgument::TurnLeft => Step::TurnLeft,
            StepArgument::TurnRight => Step::TurnRight,
            StepArgument::LookUp => Step::LookUp,
            StepArgument::LookDown => Step::LookDown,
            StepArgument::ComeCloser => Step::ComeCloser,
            StepArgument::Blink => Step::Blink,
            StepArgument::OpenMouth => Step::OpenMouth,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindArgument {
    Live,
    Print,
    Tablet,
    Replay,
    ReplayOnTablet,
    SplicedTakes,
    SplicedTake,
    SplicedMovement,
    SplicedMatched,
    SplicedStutter,
    SplicedMovementStutter,
}

impl From<KindArgument> for SimulatedKind {
    fn from(kind: KindArgument) -> Self {
        match kind {
            KindArgument::Live => SimulatedKind::Live,
            KindArgument::Print => SimulatedKind::Print,
            KindArgument::Tablet => SimulatedKind::Tablet,
            KindArgument::Replay => SimulatedKind::Replay,
            KindArgument::ReplayOnTablet => SimulatedKind::ReplayOnTablet,
            KindArgument::SplicedTakes => SimulatedKind::SplicedTakes,
            KindArgument::SplicedTake => SimulatedKind::SplicedTake,
            KindArgument::SplicedMovement => SimulatedKind::SplicedMovement,
            KindArgument::SplicedMatched => SimulatedKind::SplicedMatched,
            KindArgument::SplicedStutter => SimulatedKind::SplicedStutter,
            KindArgument::SplicedMovementStutter => SimulatedKind::SplicedMovementStutter,
        }
    }
}

/// Makes, judges or rehearses.
pub(crate) fn run(arguments: &ChallengeArguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        ChallengeCommand::New(arguments) => new(arguments),
        ChallengeCommand::Check(arguments) => check(arguments),
        ChallengeCommand::Rehearse(arguments) => rehearse(arguments),
    }
}

fn desk(folder: Option<&Path>) -> evenmatch_core::Result<ChallengeDesk> {
    folder.map_or_else(ChallengeDesk::open_default, ChallengeDesk::open)
}

fn new(arguments: &NewArguments) -> anyhow::Result<Exit> {
    let challenge = Challenge::with(&ChallengeOptions {
        steps: arguments.steps.into(),
        without: arguments.without.iter().map(|step| (*step).into()).collect(),
        time: arguments.time,
    })?;
    desk(arguments.challenges.as_deref())?.keep(&challenge)?;
    if arguments.json {
        super::terminal::print_json(&challenge)?;
        return Ok(Exit::Done);
    }
    let mut out = super::terminal::text();
    describe(&challenge, &mut out).context("standard output could not be written")?;
    Ok(Exit::Done)
}

fn describe(challenge: &Challenge, out: &mut impl Write) -> std::io::Result<()> {
    let seconds = |ms: u32| f64::from(ms) / 1000.0;
    writeln!(out, "Nonce {}", challenge.nonce())?;
    writeln!(out, "   0.0 s  look into the camera")?;
    for asked in challenge.steps() {
        writeln!(out, "  {:4.1} s  {}", seconds(asked.from_ms), in_words(asked.step))?;
    }
    writeln!(out, "  {:4.1} s  the end", seconds(challenge.duration_ms()))?;
    if challenge.person_looks() {
        writeln!(out, "A machine cannot judge this one: a person must look at the pictures.")?;
    }
    let minutes = (challenge.expires_at() - challenge.issued_at()) / 60;
    writeln!(out, "Answer within {minutes} minutes.")
}

/// The instruction for the person.
fn in_words(step: Step) -> &'static str {
    match step {
        Step::TurnLeft => "turn your head to your left and back",
        Step::TurnRight => "turn your head to your right and back",
        Step::LookUp => "look up and back",
        Step::LookDown => "look down and back",
        Step::ComeCloser => "come closer to the camera and move back",
        Step::Blink => "close both eyes for a moment and open them",
        Step::OpenMouth => "open your mouth and close it",
    }
}

/// Analyses frames with the verifier's own networks and the mesh.
pub(super) fn analyser_of(
    verifier: &Verifier,
    profile: Profile,
) -> evenmatch_core::Result<FrameAnalyser> {
    let (detector, embedder) = (verifier.detector().clone(), verifier.embedder().clone());
    Ok(FrameAnalyser::new(detector, FaceMesh::open(profile)?, embedder))
}

/// Judges frames: the report, and the session itself if there was one.
pub(super) fn judge(
    nonce: &str,
    frames: &Path,
    how: &FrameArguments,
    policy: &Policy,
    analyser: impl FnOnce() -> evenmatch_core::Result<FrameAnalyser>,
) -> anyhow::Result<(SessionReport, Option<LivenessSession>)> {
    // Frames that cannot be read are not an answer: the nonce remains valid.
    let frames = if frames == Path::new("-") {
        Frames::piped(std::io::stdin(), how.fps, &policy.limits)?
    } else {
        Frames::open(frames, how.fps, &policy.limits)?
    };
    let analyser = analyser()?;
    let challenge = match desk(how.challenges.as_deref())?.claim(nonce)? {
        Claim::Taken(challenge) => challenge,
        Claim::Refused(challenge, finding) => return Ok((refused(&challenge, finding), None)),
    };
    let bar = progress(u64::from(challenge.duration_ms()));
    let mut session = LivenessSession::new(challenge, analyser);
    for frame in frames {
        let Some((mut image, at)) = frame? else {
            session.skip();
            continue;
        };
        if how.mirrored {
            image::imageops::flip_horizontal_in_place(&mut image);
        }
        let progress = session.feed(&image, at)?;
        bar.set_position(at.as_millis() as u64);
        if progress.over {
            break;
        }
    }
    bar.finish_and_clear();
    Ok((session.finish(), Some(session)))
}

fn progress(milliseconds: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(milliseconds);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} ms of the session") {
        bar.set_style(style);
    }
    bar
}

/// The report for a challenge that can no longer be answered; no frame is inspected.
fn refused(challenge: &Challenge, finding: Finding) -> SessionReport {
    let attack = finding.is_attack();
    SessionReport {
        schema: SESSION_SCHEMA.to_owned(),
        nonce: challenge.nonce().to_owned(),
        outcome: if attack { LivenessOutcome::Fail } else { LivenessOutcome::Inconclusive },
        score: 0.0,
        findings: vec![finding],
        steps: Vec::new(),
        parallax: Default::default(),
        least_likeness: None,
        frames: 0,
        frames_skipped: 0,
        frames_repeated: 0,
        frames_with_face: 0,
        duration_ms: 0,
    }
}

fn check(arguments: &CheckArguments) -> anyhow::Result<Exit> {
    let policy = super::policy::read(arguments.policy.as_deref(), None, arguments.templates)?;
    let form = policy.templates.unwrap_or(TemplateForm::USUAL);
    let open = || Ok(FrameAnalyser::open(Profile::Latency)?.with_templates(form));
    let (report, _) = judge(&arguments.nonce, &arguments.frames, &arguments.how, &policy, open)?;
    if arguments.json {
        super::terminal::print_json(&report)?;
    } else {
        let printed = explain(&report, &mut super::terminal::text());
        printed.context("standard output could not be written")?;
    }
    Ok(match report.outcome {
        LivenessOutcome::Pass => Exit::Done,
        LivenessOutcome::Fail => Exit::Negative,
        LivenessOutcome::Inconclusive | LivenessOutcome::NotChecked => Exit::Undecided,
    })
}

fn explain(report: &SessionReport, out: &mut impl Write) -> std::io::Result<()> {
    let headline = match report.outcome {
        LivenessOutcome::Pass => {
            "Pass: a live person made the requested movements at the requested times."
        }
        LivenessOutcome::Fail => {
            "Fail: the frames show something that a live person in front of a camera does not."
        }
        _ if report.findings.contains(&Finding::PersonMustLook) => {
            "Inconclusive, as was asked for: a person must look at the frames."
        }
        _ => "Inconclusive: the frames do not show enough. Try again with a new challenge.",
    };
    writeln!(out, "{headline}")?;
    let mut advice: Vec<&str> = Vec::new();
    for finding in &report.findings {
        writeln!(out, "  - {} [{finding}]", finding.meaning())?;
        if !advice.contains(&finding.advice()) {
            advice.push(finding.advice());
        }
    }
    for advice in advice {
        writeln!(out, "  What helps: {advice}.")?;
    }
    for step in &report.steps {
        let done = if step.done { "done" } else { "not done" };
        writeln!(out, "  {}: {done} ({:.2}, needed {:.2})", step.step, step.reached, step.needed)?;
    }
    let parallax = &report.parallax;
    if parallax.frames > 0 {
        writeln!(
            out,
            "  depth of the face: {:.0} % of a solid head's, from {} frames",
            100.0 * parallax.relief,
            parallax.frames
        )?;
    }
    write!(out, "  {} frames, {} of them with a face", report.frames, report.frames_with_face)?;
    match report.frames_skipped {
        0 => writeln!(out),
        n => writeln!(out, "; skipped {n} more that could not be read"),
    }
}

fn rehearse(arguments: &RehearseArguments) -> anyhow::Result<Exit> {
    let text = std::fs::read_to_string(&arguments.challenge)
        .map_err(|cause| Error::io(Stage::Liveness, &arguments.challenge, cause))?;
    let challenge =
        Challenge::from_json(&text).map_err(|error| error.in_path(&arguments.challenge))?;
    let policy = Policy::default();
    let photo = EncodedSample::from_path(&arguments.photo, &policy.limits)?.decode()?;
    let verifier = Verifier::open(Profile::Latency, policy)?;
    let Detections { faces, .. } = verifier.detector().detect(&photo)?;
    let unfit = |message: &str| {
        Error::new(ErrorKind::InvalidArgument, Stage::Liveness, message)
            .in_path(&arguments.photo)
            .next("use a photo of one person who looks into the camera")
    };
    let [face] = faces.as_slice() else {
        return Err(
            unfit(&format!("{} faces found, but exactly one is needed", faces.len())).into()
        );
    };
    let mesh = FaceMesh::open(Profile::Latency)?;
    let actor = Actor::from_photo(photo.pixels(), face.landmarks(), &mesh, arguments.seed)?
        .ok_or_else(|| unfit("the face does not look into the camera"))?;
    let settings =
        TakeSettings { fps: arguments.fps, light: arguments.light, seed: arguments.seed };
    let take = Take::new(&actor, arguments.kind.into(), &challenge, settings)?;
    evenmatch_core::files::create_folder(&arguments.out, Stage::Export)?;
    let bar = progress(u64::from(challenge.duration_ms()));
    let mut times = String::from("file,ms\n");
    for (n, (frame, ms)) in take.enumerate() {
        let name = format!("frame-{n:04}.png");
        let path = arguments.out.join(&name);
        frame.save(&path).map_err(|cause| {
            Error::new(ErrorKind::Io, Stage::Export, "the frame could not be written")
                .in_path(&path)
                .caused_by(cause)
        })?;
        times.push_str(&format!("{name},{ms}\n"));
        bar.set_position(ms);
    }
    bar.finish_and_clear();
    super::output_files::write_atomically(&arguments.out.join("timestamps.csv"), times.as_bytes())?;
    let mut out = super::terminal::text();
    writeln!(out, "Simulated frames, which show no live person: {}", arguments.out.shown())
        .context("standard output could not be written")?;
    Ok(Exit::Done)
}
