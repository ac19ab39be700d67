//! Whether the service lives, is ready, and what it has done, in numbers without people.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::refusal::Fault;
use crate::service::{Counts, Service};

/// The process answers.
pub(crate) async fn health() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// Models are loaded, and the registry and the keys can be read.
pub(crate) async fn ready(State(service): State<Arc<Service>>) -> Response {
    let check = tokio::task::spawn_blocking(move || {
        service.verifier.embedder().ready()?;
        service.access.api_keys()?;
        service.registry.ledger().state().map(|_| ())
    });
    match check.await {
        Ok(Ok(())) => Json(json!({ "status": "ready" })).into_response(),
        _ => {
            let answer = Json(json!({ "status": "not ready" }));
            (StatusCode::SERVICE_UNAVAILABLE, answer).into_response()
        }
    }
}

/// Counters in the text format of Prometheus.
pub(crate) async fn metrics(State(service): State<Arc<Service>>) -> Response {
    let counts = &service.counts;
    let mut text = String::new();
    let mut one = |name: &str, kind: &str, help: &str, values: &[(&str, u64)]| {
        let _ = writeln!(text, "# HELP evenmatch_{name} {help}\n# TYPE evenmatch_{name} {kind}");
        for (labels, value) in values {
            let _ = writeln!(text, "evenmatch_{name}{labels} {value}");
        }
    };
    let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    one("requests_total", "counter", "Requests.", &[("", read(&counts.requests))]);
    one("refused_total", "counter", "Requests refused.", &[("", read(&counts.refused))]);
    one("frames_total", "counter", "Frames of live sessions.", &[("", read(&counts.frames))]);
    let [matched, non_match, undecided] = counts.decisions.each_ref().map(read);
    one(
        "decisions_total",
        "counter",
        "Decisions.",
        &[
            ("{outcome=\"match\"}", matched),
            ("{outcome=\"non_match\"}", non_match),
            ("{outcome=\"undecided\"}", undecided),
        ],
    );
    let (live, waiting) = service.sessions.sizes();
    one(
        "sessions",
        "gauge",
        "Live sessions.",
        &[("{state=\"live\"}", live as u64), ("{state=\"waiting\"}", waiting as u64)],
    );
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// Counts requests and refusals, and tells the operators of faults.
pub(crate) async fn count(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    Counts::add(&service.counts.requests);
    let response = next.run(request).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        Counts::add(&service.counts.refused);
    }
    if let Some(Fault(details)) = response.extensions().get() {
        (service.settings.tell)(details);
    }
    response
}
