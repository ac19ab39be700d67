//! What all requests share: verifier, registry, workers, and the queue for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use evenmatch::Verifier;
use evenmatch_explain::disclosure::OperatorStatement;
use evenmatch_ledger::{DecisionEntry, LedgerFiles};
use evenmatch_registry::Registry;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::attempts::Attempts;
use super::refusal::Refusal;

/// A body that takes longer is rejected, because it occupies a place that others wait for.
const SLOWEST_BODY: Duration = Duration::from_secs(20);

pub(crate) struct Settings {
    /// Requests processed at the same time.
    pub(crate) concurrent: usize,
    /// Requests that may wait in addition; one more gets 503.
    pub(crate) waiting: usize,
    /// Longest body, in bytes; a longer one gets 413.
    pub(crate) max_body: usize,
    /// Attempts for one subject that do not end in a match, and the period in which they count; one
    /// more gets 429.
    pub(crate) attempts: (usize, Duration),
    /// Whether answers contain scores, with which somebody can approach a match image by image.
    pub(crate) show_scores: bool,
    /// What explanations say about the operators of the service.
    pub(crate) operator: OperatorStatement,
}

impl Default for Settings {
    fn default() -> Self {
        let concurrent = std::thread::available_parallelism().map_or(1, usize::from);
        Settings {
            concurrent,
            waiting: 4 * concurrent,
            max_body: 16 << 20,
            attempts: (5, Duration::from_secs(600)),
            show_scores: false,
            operator: OperatorStatement::default(),
        }
    }
}

pub(crate) struct Service {
    verifier: Arc<Verifier>,
    registry: Arc<Registry>,
    attempts: Attempts,
    workers: Arc<Semaphore>,
    places: Arc<Semaphore>,
    pub(crate) show_scores: bool,
    pub(crate) operator: OperatorStatement,
}

/// A place among the requests that are processed or waiting. It is taken before the body is read, so
/// that the memory for bodies is limited too.
pub(crate) struct Turn(OwnedSemaphorePermit);

impl FromRequestParts<Arc<Service>> for Turn {
    type Rejection = Refusal;

    async fn from_request_parts(_: &mut Parts, service: &Arc<Service>) -> Result<Self, Refusal> {
        Arc::clone(&service.places).try_acquire_owned().map(Turn).map_err(|_| Refusal::busy())
    }
}

/// A whole body, within the limits of size and time.
pub(crate) struct Body(pub(crate) Bytes);

impl FromRequest<Arc<Service>> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Refusal> {
        let reading = Bytes::from_request(request, service);
        let Ok(read) = tokio::time::timeout(SLOWEST_BODY, reading).await else {
            let (message, next) = ("the body arrived too slowly", "send it again");
            return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "too_slow", message, next));
        };
        read.map(Body).map_err(|rejection| match rejection.status() {
            status @ StatusCode::PAYLOAD_TOO_LARGE => {
                let (message, next) = ("the body is too large", "send a smaller photo");
                Refusal::new(status, "limit_exceeded", message, next)
            }
            status => {
                Refusal::new(status, "bad_body", &rejection.body_text(), "send the body again")
            }
        })
    }
}

impl Service {
    pub(crate) fn new(
        verifier: Arc<Verifier>,
        registry: Arc<Registry>,
        settings: Settings,
    ) -> Self {
        let Settings { concurrent, waiting, attempts, show_scores, operator, .. } = settings;
        Service {
            verifier,
            registry,
            attempts: Attempts::new(attempts.0, attempts.1),
            workers: Arc::new(Semaphore::new(concurrent)),
            places: Arc::new(Semaphore::new(concurrent + waiting)),
            show_scores,
            operator,
        }
    }

    /// Works on other threads than those that answer requests, which inference and files would block.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        Turn(place): Turn,
        work: impl FnOnce(&Verifier, &Registry) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let worker = Arc::clone(&self.workers).acquire_owned().await;
        let worker = worker.map_err(|closed| Refusal::internal(&closed))?;
        let (verifier, registry) = (Arc::clone(&self.verifier), Arc::clone(&self.registry));
        // Both permits move along, because the work continues if the client disconnects.
        let task = tokio::task::spawn_blocking(move || {
            let _held = (place, worker);
            work(&verifier, &registry)
        });
        task.await.map_err(|fault| Refusal::internal(&fault))?
    }

    /// Counts an attempt for an enrolled subject.
    pub(crate) fn attempt(&self, subject: &str) -> Result<(), Refusal> {
        self.attempts.begin(subject, Instant::now()).map_err(|wait| {
            let message = "too many attempts for this subject";
            let next = "wait, or ask for a review by a person";
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message, next)
                .after(wait)
        })
    }

    /// The subject was confirmed or deleted.
    pub(crate) fn forget_attempts(&self, subject: &str) {
        self.attempts.forget(subject);
    }
}

/// The decision with this number, if it is about this subject.
pub(crate) fn decision_of(
    registry: &Registry,
    subject: &str,
    number: u64,
) -> Result<DecisionEntry, Refusal> {
    let pseudonym = registry.enrolment(subject)?.details.pseudonym;
    let decision = LedgerFiles::open(registry.ledger().folder())?.decision_at(number)?;
    let about = |decision: &DecisionEntry| decision.subject.as_ref() == Some(&pseudonym);
    decision.filter(about).ok_or_else(Refusal::unknown_decision)
}
