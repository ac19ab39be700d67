//! The routes. `openapi.json` next to this file describes them, and a test checks that it does.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use evenmatch::{Probe, Source, Verifier};
use evenmatch_core::record::{DecisionRecord, Outcome, ReasonStage, SampleRecord};
use evenmatch_explain::{
    disclosure::{ExplanationView, explain},
    messages::Messages,
};
use evenmatch_registry::{DeletionGround, EnrolSettings, Registry};
use serde::Deserialize;
use serde_json::json;

use super::refusal::Refusal;
use super::service::{Body, Service, Settings, Turn, decision_of};

const OPENAPI: &str = include_str!("openapi.json");

/// The service's routes.
pub(crate) fn app(verifier: Arc<Verifier>, registry: Arc<Registry>, settings: Settings) -> Router {
    let max_body = settings.max_body;
    let openapi = || async { ([(header::CONTENT_TYPE, "application/json")], OPENAPI) };
    Router::new()
        .route("/healthz", get(|| async { Json(json!({ "status": "ok" })) }))
        .route("/openapi.json", get(openapi))
        .route("/enrol/{subject}", post(enrol).get(disclose).delete(forget))
        .route("/verify/{subject}", post(verify))
        .route("/decisions/{subject}/{number}", get(explanation))
        .route("/decisions/{subject}/{number}/appeal", post(appeal))
        .layer(DefaultBodyLimit::max(max_body))
        .with_state(Arc::new(Service::new(verifier, registry, settings)))
}

async fn enrol(
    State(service): State<Arc<Service>>,
    Path(subject): Path<String>,
    turn: Turn,
    Body(photo): Body,
) -> Result<Response, Refusal> {
    let work = move |verifier: &Verifier, registry: &Registry| {
        let photos = [Source::from(&photo[..])];
        let outcome = registry.enrol(verifier, &subject, photos, &EnrolSettings::default())?;
        let enrolled = outcome.enrolled.is_some();
        let reasons = outcome.photos.into_iter().flat_map(|photo| photo.reasons);
        let answer = Json(json!({ "enrolled": enrolled, "subject": subject,
            "keep_until": outcome.enrolled.and_then(|summary| summary.keep_until),
            "reasons": reasons.collect::<Vec<_>>() }));
        // A face that is not found is an outcome with reasons: the client has to send another photo.
        let status = if enrolled { StatusCode::CREATED } else { StatusCode::UNPROCESSABLE_ENTITY };
        Ok((status, answer).into_response())
    };
    service.work(turn, work).await
}

/// Everything that is stored about a person.
async fn disclose(
    State(service): State<Arc<Service>>,
    Path(subject): Path<String>,
    turn: Turn,
) -> Result<Response, Refusal> {
    let work = move |_: &Verifier, registry: &Registry| {
        Ok(Json(registry.disclose(&subject)?).into_response())
    };
    service.work(turn, work).await
}

/// Deletes. The answer is the signed receipt, whose salt is stored nowhere else.
async fn forget(
    State(service): State<Arc<Service>>,
    Path(subject): Path<String>,
    turn: Turn,
) -> Result<Response, Refusal> {
    let of = subject.clone();
    let work = move |_: &Verifier, registry: &Registry| {
        Ok(Json(registry.forget(&of, DeletionGround::Request)?).into_response())
    };
    let receipt = service.work(turn, work).await?;
    service.forget_attempts(&subject);
    Ok(receipt)
}

async fn verify(
    State(service): State<Arc<Service>>,
    Path(subject): Path<String>,
    turn: Turn,
    Body(photo): Body,
) -> Result<Json<DecisionRecord>, Refusal> {
    let (all, show_scores) = (Arc::clone(&service), service.show_scores);
    let work = move |verifier: &Verifier, registry: &Registry| {
        let enrolment = registry.enrolment(&subject)?;
        all.attempt(&subject)?;
        let probe = verifier.acquire::<Probe>(&photo[..])?;
        let reference = enrolment.reference(verifier, probe.sample.sha256)?;
        let record = verifier.decide(&reference, &probe)?;
        let at = registry.decided(Some(&enrolment), record.clone(), verifier.policy())?;
        if record.outcome == Outcome::Match {
            all.forget_attempts(&subject);
        }
        Ok(Json(if show_scores {
            numbered(record, at.sequence)
        } else {
            withhold(record, at.sequence)
        }))
    };
    service.work(turn, work).await
}

/// The decision under its number in the ledger, by which the subject asks for it again.
fn numbered(record: DecisionRecord, number: u64) -> DecisionRecord {
    DecisionRecord { id: number.to_string(), ..record }
}

/// Leaves out the score and everything about the enrolled photo. The id goes too, because it covers
/// the score: somebody could try all scores until the id matches.
fn withhold(record: DecisionRecord, number: u64) -> DecisionRecord {
    let mut record = numbered(record, number);
    record.score = None;
    record.raw_score = None;
    record.evidence = None;
    record.reference = SampleRecord::of_template();
    for reason in &mut record.reasons {
        if reason.code.stage() == ReasonStage::Compare {
            reason.value = None;
        }
    }
    record
}

#[derive(Deserialize)]
struct Language {
    #[serde(default = "english")]
    lang: String,
}

fn english() -> String {
    "en".to_owned()
}

/// A decision in plain words: an HTML page if the client accepts one, otherwise text.
async fn explanation(
    State(service): State<Arc<Service>>,
    Path((subject, number)): Path<(String, u64)>,
    Query(Language { lang }): Query<Language>,
    headers: HeaderMap,
    turn: Turn,
) -> Result<Response, Refusal> {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let html = accepted.is_some_and(|kinds| kinds.contains("text/html"));
    let all = Arc::clone(&service);
    let work = move |_: &Verifier, registry: &Registry| {
        let decision = decision_of(registry, &subject, number)?;
        let messages = Messages::of(&lang)?;
        let view = ExplanationView { scores: all.show_scores, operator: Some(&all.operator) };
        let page = explain(&numbered(decision.record, number), &messages, view);
        Ok(match html {
            true => Html(page.to_html()).into_response(),
            false => page.to_text().into_response(),
        })
    };
    service.work(turn, work).await
}

/// Opens an appeal. People resolve it with `evenmatch appeal`.
async fn appeal(
    State(service): State<Arc<Service>>,
    Path((subject, number)): Path<(String, u64)>,
    turn: Turn,
    Body(note): Body,
) -> Result<Response, Refusal> {
    let note = String::from_utf8(note.to_vec()).map_err(|_| {
        let (message, next) = ("the note is not UTF-8 text", "send plain text");
        Refusal::new(StatusCode::BAD_REQUEST, "bad_request", message, next)
    })?;
    let work = move |_: &Verifier, registry: &Registry| {
        let decision = decision_of(registry, &subject, number)?;
        let opened = registry.ledger().open_appeal(&decision.record.id, &note)?;
        let answer = json!({ "appeal": "open", "decision": number, "entry": opened.sequence });
        Ok((StatusCode::CREATED, Json(answer)).into_response())
    };
    service.work(turn, work).await
}
