//! A backend in one file: enrol a photo, verify selfies against it.
//!
//! ```text
//! cargo run --release --example backend -- --listen 127.0.0.1:8080
//! curl --data-binary @enrolled.jpg http://127.0.0.1:8080/enrol/alice
//! curl --data-binary @selfie.jpg   http://127.0.0.1:8080/verify/alice
//! ```
//!
//! A service in earnest needs besides: authentication, transport encryption, references encrypted
//! on disk, a limit on tries per subject, a ledger of decisions.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use evenmatch::model::Profile;
use evenmatch::record::{DecisionRecord, ReasonStage, SampleRecord};
use evenmatch::{Acquisition, Digest, ErrorKind, Policy, Probe, Reference, Verifier};
use serde_json::json;
use tokio::sync::Semaphore;

pub(crate) struct Settings {
    /// Photos that are worked on at the same time; one more is answered 503.
    pub(crate) concurrent: usize,
    /// Longest body, in bytes; a longer one is answered 413.
    pub(crate) max_body: usize,
    /// Whether answers hold scores, by which one can climb towards a match picture by picture.
    pub(crate) show_scores: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let concurrent = std::thread::available_parallelism().map_or(1, usize::from);
        Settings { concurrent, max_body: 16 << 20, show_scores: false }
    }
}

struct Service {
    verifier: Arc<Verifier>,
    permits: Arc<Semaphore>,
    show_scores: bool,
    /// Templates and what was measured of their photos, never the photos.
    references: RwLock<HashMap<String, Arc<Acquisition<Reference>>>>,
}

/// The service's routes.
pub(crate) fn app(verifier: Arc<Verifier>, settings: Settings) -> Router {
    let service = Service {
        verifier,
        permits: Arc::new(Semaphore::new(settings.concurrent)),
        show_scores: settings.show_scores,
        references: RwLock::default(),
    };
    Router::new()
        .route("/healthz", get(|| async { Json(json!({ "status": "ok" })) }))
        .route("/enrol/{subject}", post(enrol).delete(forget))
        .route("/verify/{subject}", post(verify))
        .layer(DefaultBodyLimit::max(settings.max_body))
        .with_state(Arc::new(service))
}

/// A request that can't be answered.
struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
    next: String,
}

impl Refusal {
    fn new(status: StatusCode, kind: &'static str, message: &str, next: &str) -> Self {
        Refusal { status, kind, message: message.to_owned(), next: next.to_owned() }
    }

    /// A fault of ours: the log has the details, which are nothing for clients.
    fn internal(details: &dyn std::fmt::Display) -> Self {
        eprintln!("internal fault: {details}");
        let (message, next) = ("the service failed", "try again later, or tell its operators");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message, next)
    }
}

impl From<evenmatch::Error> for Refusal {
    fn from(error: evenmatch::Error) -> Self {
        let (status, kind) = match error.kind() {
            ErrorKind::UnsupportedFormat => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_format")
            }
            ErrorKind::Corrupt => (StatusCode::UNPROCESSABLE_ENTITY, "corrupt"),
            ErrorKind::LimitExceeded => (StatusCode::PAYLOAD_TOO_LARGE, "limit_exceeded"),
            ErrorKind::ModelMismatch => (StatusCode::CONFLICT, "model_mismatch"),
            _ => return Refusal::internal(&error),
        };
        Refusal::new(status, kind, &error.to_string(), error.next_step().unwrap_or_default())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "error": { "kind": self.kind, "message": self.message, "next": self.next }
        });
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(1));
        }
        response
    }
}

fn photo(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Refusal> {
    body.map_err(|rejection| match rejection.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            let (message, next) = ("the body is too large", "send a smaller photo");
            Refusal::new(status, "limit_exceeded", message, next)
        }
        status => Refusal::new(status, "bad_body", &rejection.body_text(), "send the body again"),
    })
}

impl Service {
    /// Runs inference off the threads that answer requests, and refuses what exceeds the limit at
    /// once: a queue would only make everybody's wait longer.
    async fn infer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Verifier) -> evenmatch::Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            let (message, next) = ("all workers are busy", "try again in a second");
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message, next));
        };
        let verifier = Arc::clone(&self.verifier);
        // The permit goes along, since the work goes on when the client hangs up.
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&verifier)
        });
        Ok(task.await.map_err(|fault| Refusal::internal(&fault))??)
    }

    fn reference(&self, subject: &str) -> Result<Arc<Acquisition<Reference>>, Refusal> {
        let references = self.references.read().unwrap_or_else(PoisonError::into_inner);
        references.get(subject).cloned().ok_or_else(unknown_subject)
    }
}

fn unknown_subject() -> Refusal {
    let (message, next) = ("this subject is not enrolled", "enrol a photo: POST /enrol/ID");
    Refusal::new(StatusCode::NOT_FOUND, "unknown_subject", message, next)
}

async fn enrol(
    State(service): State<Arc<Service>>,
    Path(subject): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let bytes = photo(body)?;
    let acquired = service.infer(move |v| v.acquire::<Reference>(&bytes[..])).await?;
    let answer = Json(json!({ "enrolled": acquired.template.is_some(), "subject": subject,
        "sample": acquired.sample, "reasons": acquired.reasons }));
    // A face that is not found is an outcome with reasons; the client has to send another photo.
    if acquired.template.is_none() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, answer).into_response());
    }
    let mut references = service.references.write().unwrap_or_else(PoisonError::into_inner);
    if references.contains_key(&subject) {
        let (message, next) = ("this subject is enrolled already", "first: DELETE /enrol/ID");
        return Err(Refusal::new(StatusCode::CONFLICT, "already_enrolled", message, next));
    }
    references.insert(subject, Arc::new(acquired));
    Ok((StatusCode::CREATED, answer).into_response())
}

async fn forget(
    State(service): State<Arc<Service>>,
    Path(subject): Path<String>,
) -> Result<StatusCode, Refusal> {
    let mut references = service.references.write().unwrap_or_else(PoisonError::into_inner);
    references.remove(&subject).ok_or_else(unknown_subject).map(|_| StatusCode::NO_CONTENT)
}

async fn verify(
    State(service): State<Arc<Service>>,
    Path(subject): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<DecisionRecord>, Refusal> {
    let bytes = photo(body)?;
    let reference = service.reference(&subject)?;
    let decide = move |v: &Verifier| v.decide(&reference, &v.acquire::<Probe>(&bytes[..])?);
    let record = service.infer(decide).await?;
    Ok(Json(if service.show_scores { record } else { withhold(record) }))
}

/// Leaves out the score and everything about the enrolled photo. The id is taken anew: it covers
/// the score, and somebody could try all scores until the id fits.
fn withhold(mut record: DecisionRecord) -> DecisionRecord {
    record.score = None;
    record.reference = SampleRecord::of_template();
    for reason in &mut record.reasons {
        if reason.code.stage() == ReasonStage::Compare {
            reason.value = None;
        }
    }
    record.id.clear();
    let shown = serde_json::to_vec(&record).unwrap_or_default();
    record.id = format!("w-{}", &Digest::of(&shown).to_string()[..24]);
    record
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let next = error.downcast_ref::<evenmatch::Error>().and_then(|e| e.next_step());
            eprintln!("  next: {}", next.unwrap_or("check the arguments"));
            ExitCode::from(2)
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = Settings::default();
    let mut listen = SocketAddr::from(([127, 0, 0, 1], 8080));
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--show-scores" => settings.show_scores = true,
            "--listen" => listen = arguments.next().unwrap_or_default().parse()?,
            _ => return Err("usage: backend [--listen ADDRESS:PORT] [--show-scores]".into()),
        }
    }
    let profile = Profile::Throughput { workers: settings.concurrent };
    let verifier = Arc::new(Verifier::open(profile, Policy::default())?);
    let listener = tokio::net::TcpListener::bind(listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app(verifier, settings)).await?;
    Ok(())
}
