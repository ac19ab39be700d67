//! What follows a capture: the decision, an appeal, what is held, deletion.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use evenmatch_core::record::Outcome;
use evenmatch_explain::messages::Messages;
use evenmatch_ledger::now;
use evenmatch_registry::{EnrolSettings, PhotoOf, disclosure_page};

use crate::access::{Link, LinkState, Purpose};
use crate::caller::Applicant;
use crate::extract::{Body, InLanguage, InQuery, JsonBody, Turn};
use crate::kept;
use crate::presented::Presented;
use crate::refusal::Refusal;
use crate::service::Service;
use crate::told::Told;

type Shared = State<Arc<Service>>;

/// What a link is for, and how far it has led.
pub(crate) async fn state(
    State(service): Shared,
    applicant: Applicant,
    InQuery(InLanguage { lang }): InQuery<InLanguage>,
    turn: Turn,
) -> Result<Json<Value>, Refusal> {
    let link = applicant.0;
    let work = move |service: &Service| {
        let operator = &service.settings.operator;
        let left = service.access.attempts_left(&link.subject, service.settings.attempts)?;
        let decision = match link.decision {
            Some(number) => Some(told(service, &link, number, &lang)?),
            None => None,
        };
        let retention = &service.verifier.policy().retention;
        let decided = link.state == LinkState::Used;
        Ok(Json(json!({
            "state": if decided { "decided" } else { "open" },
            "purpose": link.purpose,
            "expires_in_s": (link.expires_at - now()).max(0) / 1000,
            "operator": { "name": operator.name, "contact": operator.contact,
                "purpose": operator.purpose },
            "keep_days": retention.purposes.get("general").copied().or(retention.days),
            "decision": decision,
            "attempts_left": left,
            "review_days": service.verifier.policy().review.photo_days,
            "read_only": link.is_over(),
        })))
    };
    service.work(turn, work).await
}

/// What a person has agreed to, and how they are spoken to.
pub(super) struct Wanted<'a> {
    /// Whether their photos may be kept for a review by people.
    pub(super) photos_for_review: bool,
    /// Their language.
    pub(super) lang: &'a str,
}

/// Enrols or decides, and writes down what the link led to.
pub(super) fn present(
    service: &Service,
    link: &Link,
    presented: &Presented<'_>,
    wanted: &Wanted<'_>,
) -> Result<Value, Refusal> {
    let messages = Messages::of(wanted.lang)?;
    service.attempt(&link.subject)?;
    // Of two requests at the same time, one gets the link.
    if !service.access.use_link(&link.id)? {
        return Err(Refusal::link("link_used"));
    }
    let done = match link.purpose {
        Purpose::Enrol => enrol(service, link, presented, wanted, &messages),
        Purpose::Verify => verify(service, link, presented, wanted),
    };
    if done.is_err() {
        service.access.reopen_link(&link.id)?;
    }
    done
}

fn enrol(
    service: &Service,
    link: &Link,
    presented: &Presented<'_>,
    wanted: &Wanted<'_>,
    messages: &Messages,
) -> Result<Value, Refusal> {
    let photos = [presented.source()];
    let settings = EnrolSettings::default();
    let outcome = service.registry.enrol(&service.verifier, &link.subject, photos, &settings)?;
    if outcome.enrolled.is_some() {
        service.access.link_enrolled(&link.id)?;
        service.access.forget_attempts(&link.subject)?;
        if wanted.photos_for_review {
            kept::keep(service, &link.subject, PhotoOf::Enrolment, presented);
        }
        return Ok(json!({ "enrolled": true }));
    }
    service.access.reopen_link(&link.id)?;
    let reasons = outcome.photos.iter().flat_map(|photo| &photo.reasons);
    let said: Vec<String> = reasons.map(|reason| messages.meaning(reason.code)).collect();
    Ok(json!({ "enrolled": false, "reasons": said }))
}

fn verify(
    service: &Service,
    link: &Link,
    presented: &Presented<'_>,
    wanted: &Wanted<'_>,
) -> Result<Value, Refusal> {
    let enrolment = service.registry.enrolment(&link.subject)?;
    let session = match presented {
        Presented::Frame(_, session) => Some(session.clone()),
        Presented::Photo(_) => None,
    };
    let source = presented.source();
    let (record, number) = service.decide(&link.subject, &enrolment, source, session)?;
    if wanted.photos_for_review && record.outcome != Outcome::Match {
        kept::keep(service, &link.subject, PhotoOf::Decision(number), presented);
    }
    // Who was not confirmed may try again with the same link, as long as attempts are left.
    service.access.link_decided(&link.id, number, record.outcome != Outcome::Match)?;
    Ok(json!({ "decision": told(service, link, number, wanted.lang)? }))
}

fn told(service: &Service, link: &Link, number: u64, lang: &str) -> Result<Told, Refusal> {
    let messages = Messages::of(lang)?;
    Ok(Told::of(&service.case_of(&link.subject, number)?, &messages))
}

/// A photo in place of a session, for those whose camera cannot be used.
pub(crate) async fn photo(
    State(service): Shared,
    applicant: Applicant,
    InQuery(InLanguage { lang }): InQuery<InLanguage>,
    headers: HeaderMap,
    turn: Turn,
    Body(photo): Body,
) -> Result<Json<Value>, Refusal> {
    let link = applicant.open()?;
    if headers.get("x-consent").is_none_or(|value| value != "yes") {
        let next = "ask the person, and send the header `x-consent: yes`";
        return Err(Refusal::bad("no_consent", "nobody has consented", next));
    }
    let photos_for_review = kept::is_agreed(&headers);
    let work = move |service: &Service| {
        let wanted = Wanted { photos_for_review, lang: &lang };
        present(service, &link, &Presented::Photo(&photo), &wanted).map(Json)
    };
    service.work(turn, work).await
}

/// The decision that the link led to.
pub(crate) async fn decision(
    State(service): Shared,
    applicant: Applicant,
    InQuery(InLanguage { lang }): InQuery<InLanguage>,
    turn: Turn,
) -> Result<Json<Told>, Refusal> {
    let link = applicant.0;
    let work = move |service: &Service| {
        let number = link.decision.ok_or_else(Refusal::unknown_decision)?;
        told(service, &link, number, &lang).map(Json)
    };
    service.work(turn, work).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    note: String,
}

pub(crate) async fn appeal(
    State(service): Shared,
    applicant: Applicant,
    InQuery(InLanguage { lang }): InQuery<InLanguage>,
    turn: Turn,
    JsonBody(Note { note }): JsonBody<Note>,
) -> Result<Response, Refusal> {
    let link = applicant.0;
    let work = move |service: &Service| {
        let number = link.decision.ok_or_else(Refusal::unknown_decision)?;
        Messages::of(&lang)?;
        service.appeal(&service.case_of(&link.subject, number)?, &note)?;
        Ok((StatusCode::CREATED, Json(told(service, &link, number, &lang)?)).into_response())
    };
    service.work(turn, work).await
}

/// What is held about the person.
pub(crate) async fn held(
    State(service): Shared,
    applicant: Applicant,
    InQuery(InLanguage { lang }): InQuery<InLanguage>,
    turn: Turn,
) -> Result<Html<String>, Refusal> {
    let link = applicant.0;
    let work = move |service: &Service| {
        let messages = Messages::of(&lang)?;
        Ok(Html(disclosure_page(&service.registry.disclose(&link.subject)?, &messages)))
    };
    service.work(turn, work).await
}

/// Deletes everything about the person but the ledger's entries, and this link too. The answer is
/// the signed receipt.
pub(crate) async fn forget(
    State(service): Shared,
    applicant: Applicant,
    turn: Turn,
) -> Result<Response, Refusal> {
    let link = applicant.0;
    let work = move |service: &Service| Ok(Json(service.forget(&link.subject)?).into_response());
    service.work(turn, work).await
}
