//! Requests that cannot be answered: a kind for programs, a message and a next step for people.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use evenmatch_core::ErrorKind;
use serde_json::json;

use crate::access::Scope;

/// A request that cannot be answered. Boxed, because answers are much more frequent.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Why>);

#[derive(Debug)]
struct Why {
    status: StatusCode,
    kind: &'static str,
    message: String,
    next: String,
    /// When to try again.
    after: Option<Duration>,
    /// How to prove who one is.
    challenge: Option<&'static str>,
    fault: Option<Fault>,
}

/// What went wrong in the service itself. It travels with the answer to where faults are told to the
/// operators, and no client sees it. Errors of the library quote files of the service, and nobody's
/// name.
#[derive(Debug, Clone)]
pub(crate) struct Fault(pub(crate) String);

impl Refusal {
    pub(crate) fn new(status: StatusCode, kind: &'static str, message: &str, next: &str) -> Self {
        let (message, next) = (message.to_owned(), next.to_owned());
        let (after, challenge, fault) = (None, None, None);
        Refusal(Box::new(Why { status, kind, message, next, after, challenge, fault }))
    }

    /// A fault of the service. Its details go to the operators, not to clients.
    pub(crate) fn internal(details: &dyn std::fmt::Display) -> Self {
        let (message, next) = ("the service failed", "try again later, or tell the operators");
        let mut refusal =
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message, next);
        refusal.0.fault = Some(Fault(details.to_string()));
        refusal
    }

    pub(crate) fn busy() -> Self {
        let (message, next) = ("too many requests are already waiting", "try again in a second");
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message, next)
            .after(Duration::from_secs(1))
    }

    /// The caller has not proven who they are, or what they sent is not a key.
    pub(crate) fn no_key() -> Self {
        let (message, next) = ("no valid API key", "send the header `authorization: Bearer evk_…`");
        let mut refusal = Refusal::new(StatusCode::UNAUTHORIZED, "no_key", message, next);
        refusal.0.challenge = Some("Bearer");
        refusal
    }

    /// The key does not allow this.
    pub(crate) fn scope(needed: Scope) -> Self {
        let message = format!("this API key does not have the scope `{}`", needed.name());
        let next = "use a key that has it: evenmatch keys api new --scope …";
        Refusal::new(StatusCode::FORBIDDEN, "missing_scope", &message, next)
    }

    /// A write with a cookie that may have come from another site's page.
    pub(crate) fn not_from_desk() -> Self {
        let (message, next) =
            ("this does not come from the review desk", "send the header `x-evenmatch: desk`");
        Refusal::new(StatusCode::FORBIDDEN, "not_from_desk", message, next)
    }

    /// A link that cannot be used, by its `kind`.
    pub(crate) fn link(kind: &'static str) -> Self {
        let (status, message) = match kind {
            "link_expired" => (StatusCode::GONE, "this link has expired"),
            "link_used" => (StatusCode::GONE, "this link was already used"),
            "link_revoked" => (StatusCode::GONE, "this link was revoked"),
            _ => (StatusCode::UNAUTHORIZED, "there is no such link"),
        };
        let mut refusal = Refusal::new(status, kind, message, "ask for a new link");
        refusal.0.challenge = (status == StatusCode::UNAUTHORIZED).then_some("Link");
        refusal
    }

    pub(crate) fn nothing_here(status: StatusCode) -> Self {
        let (kind, message) = ("no_such_call", "there is no such call");
        Refusal::new(status, kind, message, "see /openapi.json")
    }

    pub(crate) fn bad(kind: &'static str, message: &str, next: &str) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, kind, message, next)
    }

    pub(crate) fn too_many_attempts(wait: Duration) -> Self {
        let message = "too many attempts for this subject";
        let next = "wait, or ask for a review by a person";
        Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message, next).after(wait)
    }

    pub(crate) fn unknown_decision() -> Self {
        let message = "there is no such decision about this subject";
        let next = "use the number in the answer to POST /v1/subjects/ID/verifications";
        Refusal::new(StatusCode::NOT_FOUND, "unknown_decision", message, next)
    }

    /// What clients read.
    pub(crate) fn body(&self) -> serde_json::Value {
        json!({ "error": { "kind": self.0.kind, "message": self.0.message, "next": self.0.next } })
    }

    pub(crate) fn after(mut self, wait: Duration) -> Self {
        self.0.after = Some(wait);
        self
    }
}

impl From<evenmatch_core::Error> for Refusal {
    fn from(error: evenmatch_core::Error) -> Self {
        let (status, kind) = match error.kind() {
            ErrorKind::UnsupportedFormat => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_format")
            }
            ErrorKind::Corrupt => (StatusCode::UNPROCESSABLE_ENTITY, "corrupt"),
            ErrorKind::LimitExceeded => (StatusCode::PAYLOAD_TOO_LARGE, "limit_exceeded"),
            ErrorKind::ModelMismatch => (StatusCode::CONFLICT, "model_mismatch"),
            ErrorKind::TemplateFormMismatch => (StatusCode::CONFLICT, "template_form_mismatch"),
            ErrorKind::InvalidArgument => (StatusCode::BAD_REQUEST, "bad_request"),
            ErrorKind::AlreadyEnrolled => {
                let (message, next) = (
                    "this subject is already enrolled",
                    "delete the enrolment first: DELETE /v1/subjects/ID",
                );
                return Refusal::new(StatusCode::CONFLICT, "already_enrolled", message, next);
            }
            ErrorKind::UnknownSubject => {
                let (message, next) = (
                    "this subject is not enrolled",
                    "enrol the subject: POST /v1/subjects/ID/enrolment",
                );
                return Refusal::new(StatusCode::NOT_FOUND, "unknown_subject", message, next);
            }
            ErrorKind::Busy => return Refusal::busy(),
            _ => return Refusal::internal(&error),
        };
        let next = error.next_step().unwrap_or("check the request");
        Refusal::new(status, kind, &error.to_string(), next)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = self.body();
        let mut response = (self.0.status, Json(body)).into_response();
        if let Some(fault) = self.0.fault {
            response.extensions_mut().insert(fault);
        }
        if let Some(scheme) = self.0.challenge {
            let scheme = HeaderValue::from_static(scheme);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(wait) = self.0.after {
            let seconds = HeaderValue::from(wait.as_secs().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
