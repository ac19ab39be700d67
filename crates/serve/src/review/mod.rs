//! What people do at the review desk: sign in, list the cases, look at one, judge it.

mod case;

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use evenmatch_explain::messages::Messages;
use evenmatch_ledger::{Case, LedgerFiles, Reviewer};

use crate::access::SIGNED_IN;
use crate::caller::{AtDesk, COOKIE};
use crate::extract::{InLanguage, InPath, InQuery, JsonBody, Turn};
use crate::refusal::Refusal;
use crate::service::Service;

type Shared = State<Arc<Service>>;

/// Most cases in one answer.
const MOST_CASES: usize = 200;

/// A cookie for the desk; scripts cannot read it, and no other site's page makes a browser send it.
fn cookie(value: &str, seconds: i64) -> Result<HeaderValue, Refusal> {
    let cookie = format!(
        "{COOKIE}={value}; Path=/v1/review; Max-Age={seconds}; HttpOnly; Secure; SameSite=Strict"
    );
    HeaderValue::from_str(&cookie).map_err(|fault| Refusal::internal(&fault))
}

/// Signs in with a key.
pub(crate) async fn sign_in(
    State(service): Shared,
    AtDesk(reviewer): AtDesk,
) -> Result<Response, Refusal> {
    let cookie = cookie(&service.access.sign_in(&reviewer.id), SIGNED_IN)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// Signs out.
pub(crate) async fn sign_out(_: AtDesk) -> Result<Response, Refusal> {
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie("", 0)?)]).into_response())
}

/// Who has signed in, and how many people have to agree.
pub(crate) async fn me(State(service): Shared, AtDesk(reviewer): AtDesk) -> Json<Value> {
    let needed = service.verifier.policy().review.reviewers;
    Json(json!({ "reviewer": reviewer.name, "reviewers_needed": needed }))
}

#[derive(Deserialize)]
pub(crate) struct Which {
    /// The number of the last case that was seen.
    #[serde(default)]
    after: u64,
    /// 1: those that are closed too.
    #[serde(default)]
    all: u8,
}

/// The cases, oldest first: by number, without scores and names.
pub(crate) async fn cases(
    State(service): Shared,
    AtDesk(reviewer): AtDesk,
    InQuery(Which { after, all }): InQuery<Which>,
    turn: Turn,
) -> Result<Json<Value>, Refusal> {
    let work = move |service: &Service| {
        let kept = service.registry.decisions_with_photos()?;
        let cases = LedgerFiles::open(service.registry.ledger().folder())?.cases()?;
        let wanted = |case: &Case| case.number > after && (all == 1 || !case.is_closed());
        let mut listed: Vec<Value> = cases
            .values()
            .filter(|case| wanted(case))
            .take(MOST_CASES + 1)
            .map(|case| case::line(case, &reviewer, kept.get(&case.number).copied()))
            .collect();
        let more = listed.len() > MOST_CASES;
        listed.truncate(MOST_CASES);
        Ok(Json(json!({ "cases": listed, "more": more })))
    };
    service.work(turn, work).await
}

fn find(service: &Service, number: u64) -> Result<Case, Refusal> {
    let found = LedgerFiles::open(service.registry.ledger().folder())?.case(number)?;
    found.filter(Case::is_for_people).ok_or_else(Refusal::unknown_decision)
}

/// Opens a case, with the photos that were kept. The look is in the ledger before anything is shown.
pub(crate) async fn look(
    State(service): Shared,
    AtDesk(reviewer): AtDesk,
    InPath(number): InPath<u64>,
    InQuery(InLanguage { lang }): InQuery<InLanguage>,
    turn: Turn,
) -> Result<Json<Value>, Refusal> {
    let work = move |service: &Service| {
        let messages = Messages::of(&lang)?;
        let case = find(service, number)?;
        let photos = service.registry.photos_for_review(number)?;
        let shown: Vec<&str> = [("probe", &photos.probe), ("reference", &photos.reference)]
            .into_iter()
            .filter_map(|(name, photo)| photo.as_ref().map(|_| name))
            .collect();
        service.registry.ledger().looked(&case, &reviewer, &shown)?;
        case::whole(&case, &photos, &reviewer, &messages).map(Json)
    };
    service.work(turn, work).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judged {
    /// Whether the photos show the claimed person; null if the reviewer cannot tell.
    same_person: Option<bool>,
    reason: String,
}

/// Writes down what a reviewer found. When enough of them agree, the review ends, and the photos go.
pub(crate) async fn judge(
    State(service): Shared,
    AtDesk(reviewer): AtDesk,
    InPath(number): InPath<u64>,
    InQuery(InLanguage { lang }): InQuery<InLanguage>,
    turn: Turn,
    JsonBody(Judged { same_person, reason }): JsonBody<Judged>,
) -> Result<Response, Refusal> {
    let work = move |service: &Service| {
        let messages = Messages::of(&lang)?;
        let ended = {
            let _one = service.judging.lock().unwrap_or_else(PoisonError::into_inner);
            may_judge(&find(service, number)?, &reviewer)?;
            let needed = service.verifier.policy().review.reviewers;
            service.registry.ledger().judge(number, &reviewer, same_person, &reason, needed)?
        };
        if ended.is_some() {
            service.registry.end_review(number)?;
        }
        let photos = service.registry.photos_for_review(number)?;
        let shown = case::whole(&find(service, number)?, &photos, &reviewer, &messages)?;
        Ok((StatusCode::CREATED, Json(shown)).into_response())
    };
    service.work(turn, work).await
}

fn may_judge(case: &Case, reviewer: &Reviewer) -> Result<(), Refusal> {
    let refuse =
        |kind, message: &str, next| Err(Refusal::new(StatusCode::CONFLICT, kind, message, next));
    if case.is_closed() {
        return refuse("closed", "the review has ended", "list the cases again");
    }
    if !case.was_looked_at_by(reviewer) {
        let next = "look at it: POST /v1/review/cases/N/look";
        return refuse("look_first", "this reviewer has not looked at the case", next);
    }
    if case.was_judged_by(reviewer) {
        let next = "another person has to judge";
        return refuse("already_judged", "this reviewer has already judged the case", next);
    }
    Ok(())
}
