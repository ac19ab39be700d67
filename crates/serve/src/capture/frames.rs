//! A live session over HTTP: begin, frames in and guidance out, finish.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use evenmatch::{
    Digest, EncodedSample,
    pad::{Challenge, ChallengeOptions, Finding, SessionProgress, Step},
};

use super::answers::{self, Wanted};
use super::live::Live;
use crate::caller::Applicant;
use crate::extract::{Body, FrameTurn, InLanguage, InPath, InQuery, JsonBody, Turn};
use crate::presented::Presented;
use crate::refusal::Refusal;
use crate::service::{Counts, Service};

type Shared = State<Arc<Service>>;

/// What the page should send.
const FRAMES_PER_SECOND: u32 = 10;
const WIDTH: u32 = 640;
/// Longest frame, in bytes.
pub(crate) const MOST_FRAME: usize = 200 << 10;
/// Seconds after which somebody in line asks again.
const ASK_AGAIN: u64 = 3;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wishes {
    consent: bool,
    #[serde(default = "yes")]
    movement: bool,
    #[serde(default)]
    without: Vec<Step>,
    #[serde(default = "once")]
    time: u32,
    /// Whether photos may be kept for a review by people.
    #[serde(default)]
    photos_for_review: bool,
}

fn yes() -> bool {
    true
}

fn once() -> u32 {
    1
}

pub(crate) async fn begin(
    State(service): Shared,
    applicant: Applicant,
    JsonBody(wishes): JsonBody<Wishes>,
) -> Result<Response, Refusal> {
    let link = applicant.open()?;
    if !wishes.consent {
        let next = "ask the person, and send `consent`: true";
        return Err(Refusal::bad("no_consent", "nobody has consented", next));
    }
    if service.access.attempts_left(&link.subject, service.settings.attempts)? == 0 {
        return Err(Refusal::too_many_attempts(service.settings.attempts.within));
    }
    let steps = if wishes.movement { ChallengeOptions::default().steps } else { 0 };
    let options = ChallengeOptions { steps, without: wishes.without, time: wishes.time };
    let challenge = Challenge::with(&options).map_err(|error| {
        let next = error.next_step().unwrap_or("ask for other movements").to_owned();
        Refusal::new(StatusCode::CONFLICT, "no_movement_left", &error.to_string(), &next)
    })?;
    let analyser = service.analyser.clone();
    let begun = service.sessions.begin(&link.id, challenge, analyser, wishes.photos_for_review)?;
    Ok(match begun {
        Ok(id) => {
            let socket = format!("/v1/capture/session/{id}/socket");
            let answer = json!({ "session": id, "frames_per_s": FRAMES_PER_SECOND,
                "width": WIDTH, "socket": socket });
            (StatusCode::CREATED, Json(answer)).into_response()
        }
        Err(place) => {
            let again = [(header::RETRY_AFTER, ASK_AGAIN.to_string())];
            (StatusCode::ACCEPTED, again, Json(json!({ "place": place }))).into_response()
        }
    })
}

#[derive(Deserialize)]
pub(crate) struct Taken {
    /// Milliseconds since the first frame.
    at: u64,
}

pub(crate) async fn frame(
    State(service): Shared,
    applicant: Applicant,
    InPath(id): InPath<String>,
    InQuery(Taken { at }): InQuery<Taken>,
    FrameTurn(turn): FrameTurn,
    Body(jpeg): Body,
) -> Result<Json<Value>, Refusal> {
    let live = service.sessions.find(&id, &applicant.0.id)?;
    judge(&service, &live, at, jpeg, turn).await.map(Json)
}

/// Judges one frame, and returns what the page tells the person now.
pub(super) async fn judge(
    service: &Arc<Service>,
    live: &Live,
    at: u64,
    jpeg: Bytes,
    turn: Turn,
) -> Result<Value, Refusal> {
    live.hear(Instant::now())?;
    Counts::add(&service.counts.frames);
    // Tokio's mutex is fair: frames are judged in the order in which they came.
    let mut judged = Arc::clone(&live.session).lock_owned().await;
    let work = move |service: &Service| {
        let at = Duration::from_millis(at);
        // Two requests may overtake each other on their way. What comes too late says nothing.
        if judged.last.is_some_and(|last| at < last) {
            return Err(Refusal::new(
                StatusCode::CONFLICT,
                "too_late",
                "a later frame was there before",
                "send the next frame",
            ));
        }
        judged.last = Some(at);
        let limits = &service.verifier.policy().limits;
        let frame = EncodedSample::from_bytes(&jpeg, limits).and_then(|sample| sample.decode());
        let frame = match frame {
            Ok(sample) => sample,
            Err(error) => {
                judged.session.skip();
                return Err(error.into());
            }
        };
        let mut progress = judged.session.feed(frame.pixels(), at)?;
        // A picture that comes again is not examined again, and shows what it showed before.
        let picture = Digest::of(&jpeg);
        match judged.face {
            Some((before, seen)) if before == picture => progress.face_seen = seen,
            _ => judged.face = Some((picture, progress.face_seen)),
        }
        Ok(guidance(&progress, judged.session.challenge(), at))
    };
    service.work(turn, work).await
}

/// What the page tells the person now. The steps to come never leave the server, and neither does
/// what counts against a pass, but for advice that helps.
fn guidance(progress: &SessionProgress, challenge: &Challenge, at: Duration) -> Value {
    let has = |finding| progress.findings.contains(&finding);
    let face = match (progress.face_seen, has(Finding::SecondFace)) {
        (_, true) => "several",
        (true, false) => "seen",
        (false, false) => "not_seen",
    };
    let mut advice = Vec::new();
    if has(Finding::FaceTooSmall) {
        advice.push("come_closer");
    }
    if has(Finding::PictureJumped) || has(Finding::FaceJumped) || has(Finding::AbruptChange) {
        advice.push("hold_still");
    }
    if has(Finding::TooEarly) || has(Finding::WrongMovement) {
        advice.push("look_straight");
    }
    if !progress.face_seen {
        advice.push("clear_view");
    }
    let asked = progress.asked.map_or(json!("look"), |step| json!(step));
    let ms = at.as_secs_f64() * 1000.0;
    let done = (ms / f64::from(challenge.duration_ms().max(1))).min(1.0);
    // How often something new was asked for, so that the same movement twice is two steps.
    let begun = |bound: u32| usize::from(ms >= f64::from(bound));
    let step: usize =
        challenge.steps().iter().map(|step| begun(step.from_ms) + begun(step.until_ms)).sum();
    json!({ "asked": asked, "step": step, "face": face, "advice": advice, "over": progress.over,
        "done": done })
}

pub(crate) async fn finish(
    State(service): Shared,
    applicant: Applicant,
    InPath(id): InPath<String>,
    InQuery(InLanguage { lang }): InQuery<InLanguage>,
    turn: Turn,
) -> Result<Json<Value>, Refusal> {
    let link = applicant.open()?;
    let live = service.sessions.end(&id, &link.id)?;
    let judged = Arc::clone(&live.session).lock_owned().await;
    let photos_for_review = live.photos_for_review;
    let work = move |service: &Service| {
        let session = &judged.session;
        let report = session.finish();
        let Some(frame) = session.best_frame() else {
            let next = "allow the camera, and begin again";
            return Err(Refusal::bad("no_frames", "the session has no picture", next));
        };
        let presented = Presented::Frame(frame, report.evidence(None));
        let wanted = Wanted { photos_for_review, lang: &lang };
        answers::present(service, &link, &presented, &wanted).map(Json)
    };
    service.work(turn, work).await
}

/// The page was hidden, somebody called, the phone was turned: nothing is judged, and it is not an
/// attempt.
pub(crate) async fn abort(
    State(service): Shared,
    applicant: Applicant,
    InPath(id): InPath<String>,
) -> Result<StatusCode, Refusal> {
    service.sessions.end(&id, &applicant.0.id)?;
    Ok(StatusCode::NO_CONTENT)
}
