//! Requests that cannot be answered: a kind for programs, a message and a next step for people.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use evenmatch_core::ErrorKind;
use serde_json::json;

/// A request that cannot be answered.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
    next: String,
    /// When to try again.
    after: Option<Duration>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, kind: &'static str, message: &str, next: &str) -> Self {
        Refusal { status, kind, message: message.to_owned(), next: next.to_owned(), after: None }
    }

    /// A fault of the service. Its details go to the log, not to clients.
    pub(crate) fn internal(details: &dyn std::fmt::Display) -> Self {
        eprintln!("internal fault: {details}");
        let (message, next) = ("the service failed", "try again later, or tell the operators");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message, next)
    }

    pub(crate) fn busy() -> Self {
        let (message, next) = ("too many requests are already waiting", "try again in a second");
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message, next)
            .after(Duration::from_secs(1))
    }

    pub(crate) fn unknown_decision() -> Self {
        let message = "there is no such decision about this subject";
        let next = "use the number in the answer to POST /verify/ID";
        Refusal::new(StatusCode::NOT_FOUND, "unknown_decision", message, next)
    }

    pub(crate) fn after(self, wait: Duration) -> Self {
        Refusal { after: Some(wait), ..self }
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
                    "delete the enrolment first: DELETE /enrol/ID",
                );
                return Refusal::new(StatusCode::CONFLICT, "already_enrolled", message, next);
            }
            ErrorKind::UnknownSubject => {
                let (message, next) =
                    ("this subject is not enrolled", "enrol the subject: POST /enrol/ID");
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
        let body = json!({
            "error": { "kind": self.kind, "message": self.message, "next": self.next }
        });
        let mut response = (self.status, Json(body)).into_response();
        if let Some(wait) = self.after {
            let seconds = HeaderValue::from(wait.as_secs().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
