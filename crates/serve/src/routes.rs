//! The routes.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::routing::{delete, get, post};
use axum::{Router, middleware};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::refusal::Refusal;
use crate::service::Service;
use crate::{audit, backend, capture, operate, page, review};

/// Longest JSON body, in bytes.
const MOST_JSON: usize = 64 << 10;
/// Only what the program itself serves may run, and nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: \
                      blob:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// The service's routes.
pub fn routes(service: Arc<Service>) -> Router {
    let photos = DefaultBodyLimit::max(service.settings.max_body);
    let json = DefaultBodyLimit::max(MOST_JSON);
    let frames = DefaultBodyLimit::max(capture::MOST_FRAME);
    let set = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    Router::new()
        .route("/v1/subjects/{subject}/enrolment", post(backend::enrol).layer(photos))
        .route("/v1/subjects/{subject}/verifications", post(backend::verify).layer(photos))
        .route("/v1/subjects/{subject}", get(backend::disclose).delete(backend::forget))
        .route("/v1/subjects/{subject}/decisions/{number}", get(backend::explanation))
        .route(
            "/v1/subjects/{subject}/decisions/{number}/appeal",
            post(backend::appeal).layer(json),
        )
        .route("/v1/links", post(backend::new_link).layer(json))
        .route("/v1/links/{id}", delete(backend::revoke_link))
        .route("/v1/events", get(backend::events))
        .route("/v1/capture", get(capture::state))
        .route("/v1/capture/session", post(capture::begin).layer(json))
        .route("/v1/capture/session/{id}", delete(capture::abort))
        .route("/v1/capture/session/{id}/frame", post(capture::frame).layer(frames))
        .route("/v1/capture/session/{id}/socket", get(capture::socket))
        .route("/v1/capture/session/{id}/finish", post(capture::finish))
        .route("/v1/capture/photo", post(capture::photo).layer(photos))
        .route("/v1/capture/decision", get(capture::decision))
        .route("/v1/capture/appeal", post(capture::appeal).layer(json))
        .route("/v1/capture/held", get(capture::held).delete(capture::forget))
        .route("/v1/review/session", post(review::sign_in).delete(review::sign_out))
        .route("/v1/review/me", get(review::me))
        .route("/v1/review/cases", get(review::cases))
        .route("/v1/review/cases/{number}/look", post(review::look))
        .route("/v1/review/cases/{number}/judgement", post(review::judge).layer(json))
        .route("/v1/ledger", get(audit::ledger))
        .route("/metrics", get(operate::metrics))
        .route("/readyz", get(operate::ready))
        .layer(middleware::from_fn_with_state(Arc::clone(&service), operate::count))
        .route("/healthz", get(operate::health))
        .merge(page::routes())
        .fallback(|| async { Refusal::nothing_here(StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async {
            Refusal::nothing_here(StatusCode::METHOD_NOT_ALLOWED)
        })
        .with_state(service)
        .layer(set(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "no-referrer"))
        .layer(set(header::CACHE_CONTROL, "no-store"))
        .layer(set(HeaderName::from_static("permissions-policy"), "camera=(self), microphone=()"))
        .layer(set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
}
