//! What backends call, with an API key. `openapi.json` describes it, and a test holds it to that.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use evenmatch::Source;
use evenmatch_core::record::{DecisionRecord, Outcome, ReasonStage, SampleRecord};
use evenmatch_explain::{
    disclosure::{ExplanationView, explain},
    messages::Messages,
};
use evenmatch_ledger::{EntryKind, LedgerFiles, in_utc};
use evenmatch_registry::{EnrolSettings, PhotoOf};

use crate::access::{Purpose, Scope};
use crate::caller::Caller;
use crate::extract::{Body, InLanguage, InPath, InQuery, JsonBody, Turn};
use crate::kept;
use crate::presented::Presented;
use crate::refusal::Refusal;
use crate::service::Service;

type Shared = State<Arc<Service>>;

/// Longest life of a link.
const LONGEST_LINK: u64 = 7 * 24 * 60;
/// Most events in one answer.
const MOST_EVENTS: usize = 1000;

pub(crate) async fn enrol(
    State(service): Shared,
    caller: Caller,
    InPath(subject): InPath<String>,
    headers: HeaderMap,
    turn: Turn,
    Body(photo): Body,
) -> Result<Response, Refusal> {
    caller.needs(Scope::Enrol)?;
    let work = move |service: &Service| {
        let photos = [Source::from(&photo[..])];
        let settings = EnrolSettings::default();
        let outcome = service.registry.enrol(&service.verifier, &subject, photos, &settings)?;
        let enrolled = outcome.enrolled.is_some();
        if enrolled && kept::is_agreed(&headers) {
            kept::keep(service, &subject, PhotoOf::Enrolment, &Presented::Photo(&photo));
        }
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
pub(crate) async fn disclose(
    State(service): Shared,
    caller: Caller,
    InPath(subject): InPath<String>,
    turn: Turn,
) -> Result<Response, Refusal> {
    caller.needs(Scope::Read)?;
    let work =
        move |service: &Service| Ok(Json(service.registry.disclose(&subject)?).into_response());
    service.work(turn, work).await
}

/// Deletes. The answer is the signed receipt.
pub(crate) async fn forget(
    State(service): Shared,
    caller: Caller,
    InPath(subject): InPath<String>,
    turn: Turn,
) -> Result<Response, Refusal> {
    caller.needs(Scope::Delete)?;
    let work = move |service: &Service| Ok(Json(service.forget(&subject)?).into_response());
    service.work(turn, work).await
}

pub(crate) async fn verify(
    State(service): Shared,
    caller: Caller,
    InPath(subject): InPath<String>,
    headers: HeaderMap,
    turn: Turn,
    Body(photo): Body,
) -> Result<Json<DecisionRecord>, Refusal> {
    caller.needs(Scope::Verify)?;
    let work = move |service: &Service| {
        let enrolment = service.registry.enrolment(&subject)?;
        service.attempt(&subject)?;
        let presented = Presented::Photo(&photo);
        let (record, number) = service.decide(&subject, &enrolment, presented.source(), None)?;
        if record.outcome != Outcome::Match && kept::is_agreed(&headers) {
            kept::keep(service, &subject, PhotoOf::Decision(number), &presented);
        }
        Ok(Json(withhold(record, number)))
    };
    service.work(turn, work).await
}

/// The decision under its number in the ledger, by which it is asked for again.
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

/// A decision in plain words: an HTML page if the client accepts one, otherwise text.
pub(crate) async fn explanation(
    State(service): Shared,
    caller: Caller,
    InPath((subject, number)): InPath<(String, u64)>,
    InQuery(InLanguage { lang }): InQuery<InLanguage>,
    headers: HeaderMap,
    turn: Turn,
) -> Result<Response, Refusal> {
    caller.needs(Scope::Read)?;
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let html = accepted.is_some_and(|kinds| kinds.contains("text/html"));
    let work = move |service: &Service| {
        let decision = service.case_of(&subject, number)?.decision;
        let messages = Messages::of(&lang)?;
        let operator = Some(&service.settings.operator);
        let view = ExplanationView { scores: false, operator };
        let page = explain(&numbered(decision.record, number), &messages, view);
        Ok(match html {
            true => Html(page.to_html()).into_response(),
            false => page.to_text().into_response(),
        })
    };
    service.work(turn, work).await
}

/// Opens an appeal. People resolve it at the review desk, or with `evenmatch appeal`.
pub(crate) async fn appeal(
    State(service): Shared,
    caller: Caller,
    InPath((subject, number)): InPath<(String, u64)>,
    turn: Turn,
    Body(note): Body,
) -> Result<Response, Refusal> {
    caller.needs(Scope::Appeal)?;
    let note = String::from_utf8(note.to_vec()).map_err(|_| {
        Refusal::bad("bad_request", "the note is not UTF-8 text", "send plain text")
    })?;
    let work = move |service: &Service| {
        let entry = service.appeal(&service.case_of(&subject, number)?, &note)?;
        let answer = json!({ "appeal": "open", "decision": number, "entry": entry });
        Ok((StatusCode::CREATED, Json(answer)).into_response())
    };
    service.work(turn, work).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedLink {
    subject: String,
    purpose: Purpose,
    #[serde(default = "half_an_hour")]
    minutes: u64,
}

fn half_an_hour() -> u64 {
    30
}

/// Makes a link for an applicant. Its secret is in the fragment of the address, which a browser
/// sends to nobody.
pub(crate) async fn new_link(
    State(service): Shared,
    caller: Caller,
    turn: Turn,
    JsonBody(wanted): JsonBody<WantedLink>,
) -> Result<Response, Refusal> {
    caller.needs(Scope::Link)?;
    if !(1..=LONGEST_LINK).contains(&wanted.minutes) {
        let next = format!("choose 1 to {LONGEST_LINK} minutes");
        return Err(Refusal::bad("bad_request", "a link cannot last so long", &next));
    }
    let work = move |service: &Service| {
        let lasts = Duration::from_secs(60 * wanted.minutes);
        let made = service.access.new_link(&wanted.subject, wanted.purpose, lasts)?;
        let answer = json!({ "id": made.id, "link": format!("/capture#{}", made.secret),
            "expires_at": in_utc(made.expires_at) });
        Ok((StatusCode::CREATED, Json(answer)).into_response())
    };
    service.work(turn, work).await
}

pub(crate) async fn revoke_link(
    State(service): Shared,
    caller: Caller,
    InPath(id): InPath<String>,
    turn: Turn,
) -> Result<StatusCode, Refusal> {
    caller.needs(Scope::Link)?;
    let work = move |service: &Service| {
        service.access.revoke_link(&id)?;
        Ok(StatusCode::NO_CONTENT)
    };
    service.work(turn, work).await
}

#[derive(Deserialize)]
pub(crate) struct Since {
    /// The number of the last entry that was seen; events follow it.
    #[serde(default)]
    after: u64,
}

/// What happened after a place in the ledger: enrolments, decisions, appeals and deletions, by
/// pseudonym. A backend asks again with the last number it has seen.
pub(crate) async fn events(
    State(service): Shared,
    caller: Caller,
    InQuery(Since { after }): InQuery<Since>,
    turn: Turn,
) -> Result<Json<Value>, Refusal> {
    caller.needs(Scope::Read)?;
    let work = move |service: &Service| {
        let mut events = Vec::new();
        let mut last = after;
        LedgerFiles::open(service.registry.ledger().folder())?.each(|entry| {
            if entry.sequence > after && is_event(entry.kind) {
                last = entry.sequence;
                events.push(json!({ "number": entry.sequence, "at": in_utc(entry.time),
                    "kind": entry.kind.name(), "of": about(&entry.read()?) }));
            }
            Ok(events.len() < MOST_EVENTS)
        })?;
        Ok(Json(json!({ "events": events, "after": last })))
    };
    service.work(turn, work).await
}

fn is_event(kind: EntryKind) -> bool {
    matches!(
        kind,
        EntryKind::Enrolled
            | EntryKind::Deleted
            | EntryKind::Decision
            | EntryKind::AppealOpened
            | EntryKind::AppealReviewed
            | EntryKind::AppealResolved
    )
}

/// What an event is about: pseudonym, decision's number, outcome. Scores and notes stay in the
/// ledger.
fn about(body: &Value) -> Value {
    let kept = ["subject", "entry", "disposition", "outcome"];
    let mut about: serde_json::Map<String, Value> = kept
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), body.get(name)?.clone())))
        .filter(|(_, value)| !value.is_object())
        .collect();
    if let Some(outcome) = body.pointer("/record/outcome") {
        about.insert("outcome".to_owned(), outcome.clone());
    }
    Value::Object(about)
}
