//! The review desk: signing in, looks, judgements, photos that were kept, and what applicants are told.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::bench::{Bench, alice, assert_refused, bob};
use evenmatch::{Policy, Review, Verifier};
use evenmatch_ledger::{EntryKind, LedgerFiles};
use evenmatch_serve::{Settings, access::Purpose};

/// A service that may keep photos, and asks for so many reviewers.
fn bench(reviewers: u8) -> Option<Bench> {
    let review = Review { photo_days: Some(7), reviewers };
    let policy = Policy { review, ..Policy::default() };
    Bench::with(Verifier::with_null_networks(policy).unwrap(), Settings::default())
}

async fn photo(bench: &Bench, link: &str, photo: Vec<u8>, keep: bool) -> Value {
    let mut request = Request::builder().method("POST").uri("/v1/capture/photo?lang=en");
    request = request.header("authorization", link).header("x-consent", "yes");
    if keep {
        request = request.header("x-photos-for-review", "yes");
    }
    let (status, answer) = bench.send(request.body(Body::from(photo)).unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

/// Alice is enrolled, and another face comes with her link: a non-match. The link and the number.
async fn refused(bench: &Bench, keep: bool) -> (String, u64) {
    let (enrol, _) = bench.link("alice", Purpose::Enrol, 5);
    photo(bench, &enrol, alice(), keep).await;
    let (verify, _) = bench.link("alice", Purpose::Verify, 5);
    let done = photo(bench, &verify, bob(), keep).await;
    assert_eq!(done["decision"]["outcome"], "non_match", "{done}");
    (verify, done["decision"]["number"].as_u64().unwrap())
}

fn judgement(same_person: Option<bool>) -> String {
    json!({ "same_person": same_person, "reason": "the ears are the same" }).to_string()
}

fn entries(bench: &Bench, kind: EntryKind) -> Vec<Value> {
    let mut found = Vec::new();
    let files = LedgerFiles::open(&bench.folder.path().join("ledger")).unwrap();
    files
        .each(|entry| {
            if entry.kind == kind {
                found.push(entry.read::<Value>().unwrap());
            }
            Ok(true)
        })
        .unwrap();
    found
}

#[tokio::test]
async fn a_reviewer_overturns_an_appeal_and_the_applicant_is_told() {
    let Some(bench) = bench(1) else { return };
    let (link, number) = refused(&bench, true).await;
    let note = r#"{"note":"I wore glasses"}"#;
    bench.call(&link, "POST", "/v1/capture/appeal", note).await;
    let ana = bench.key("review");
    let (_, listed) = bench.call(&ana, "GET", "/v1/review/cases", Body::empty()).await;
    let case = &listed["cases"][0];
    assert_eq!((&case["number"], &case["appeal"]), (&number.into(), &"open".into()), "{listed}");
    assert_eq!(case["photos"], json!(["probe", "reference"]));

    let path = format!("/v1/review/cases/{number}");
    let early = bench.call(&ana, "POST", &format!("{path}/judgement"), judgement(None)).await;
    assert_refused(&early, StatusCode::CONFLICT, "look_first");
    let (status, case) = bench.call(&ana, "POST", &format!("{path}/look"), Body::empty()).await;
    assert_eq!(status, StatusCode::OK, "{case}");
    assert_eq!(case["notes"], json!(["I wore glasses"]));
    assert!(case["score"].is_null() && case["threshold"].is_null(), "the score is hidden: {case}");
    assert!(!case.to_string().contains("alice"), "no name: {case}");
    for side in ["probe", "reference"] {
        let shown = &case["photos"][side];
        assert_eq!(shown["size"], json!([320, 320]), "{side}");
        assert!(shown["image"].as_str().unwrap().starts_with("data:image/jpeg;base64,/9j/"));
        assert_eq!(shown["landmarks"].as_array().unwrap().len(), 5, "{side}");
    }
    let looks = entries(&bench, EntryKind::ReviewLooked);
    assert_eq!(looks.len(), 1);
    assert_eq!(looks[0]["photos"], json!(["probe", "reference"]));
    let (_, told) = bench.call(&link, "GET", "/v1/capture/decision", Body::empty()).await;
    assert!(told["review"].is_null(), "{told}");

    for wrong in ["", "{}", r#"{"same_person":1,"reason":"x"}"#, r#"{"same_person":true}"#] {
        let (status, _) = bench.call(&ana, "POST", &format!("{path}/judgement"), wrong).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let blank = r#"{"same_person":true,"reason":" "}"#;
    let answer = bench.call(&ana, "POST", &format!("{path}/judgement"), blank).await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, "bad_request");
    let yes = judgement(Some(true));
    let (status, case) = bench.call(&ana, "POST", &format!("{path}/judgement"), yes.clone()).await;
    assert_eq!((status, &case["result"]), (StatusCode::CREATED, &"confirmed".into()), "{case}");
    assert!(case["score"].is_number() && case["threshold"].is_number(), "{case}");
    assert!(case["photos"]["probe"].is_null() && case["photos"]["reference"].is_null(), "{case}");
    let again = bench.call(&ana, "POST", &format!("{path}/judgement"), yes).await;
    assert_refused(&again, StatusCode::CONFLICT, "closed");

    let (_, told) = bench.call(&link, "GET", "/v1/capture/decision", Body::empty()).await;
    assert_eq!((&told["appeal"], &told["review"]), (&"overturned".into(), &"confirmed".into()));
    let (_, listed) = bench.call(&ana, "GET", "/v1/review/cases", Body::empty()).await;
    assert_eq!(listed["cases"], json!([]));
    let (_, listed) = bench.call(&ana, "GET", "/v1/review/cases?all=1", Body::empty()).await;
    assert_eq!(listed["cases"][0]["closed"], true);
    let gone = entries(&bench, EntryKind::Housekeeping);
    assert!(gone.iter().any(|body| body["done"] == "photos_deleted" && body["photos"] == 2));
}

#[tokio::test]
async fn two_reviewers_have_to_agree_and_do_not_see_each_other_before() {
    let Some(bench) = bench(2) else { return };
    let (link, number) = refused(&bench, true).await;
    let [ana, ben] = [bench.key("review"), bench.key("review")];
    let path = format!("/v1/review/cases/{number}");
    for who in [&ana, &ben] {
        bench.call(who, "POST", &format!("{path}/look"), Body::empty()).await;
    }
    let judge = format!("{path}/judgement");
    let (_, case) = bench.call(&ana, "POST", &judge, judgement(Some(false))).await;
    assert_eq!((&case["closed"], &case["result"]), (&false.into(), &Value::Null), "{case}");
    let twice = bench.call(&ana, "POST", &judge, judgement(Some(false))).await;
    assert_refused(&twice, StatusCode::CONFLICT, "already_judged");
    let (_, case) = bench.call(&ben, "POST", &format!("{path}/look"), Body::empty()).await;
    assert_eq!(case["judgements"], json!([]), "what the other found stays hidden: {case}");
    assert!(case["photos"]["probe"].is_object(), "{case}");
    let (_, case) = bench.call(&ben, "POST", &judge, judgement(Some(false))).await;
    assert_eq!((&case["closed"], &case["result"]), (&true.into(), &"not_confirmed".into()));
    assert_eq!(case["judgements"].as_array().unwrap().len(), 2);
    // Nobody has appealed yet, and now somebody may.
    let (_, told) = bench.call(&link, "GET", "/v1/capture/decision", Body::empty()).await;
    assert_eq!(told["review"], "not_confirmed");
    let (status, told) =
        bench.call(&link, "POST", "/v1/capture/appeal", r#"{"note":"please"}"#).await;
    assert_eq!((status, &told["review"]), (StatusCode::CREATED, &Value::Null), "{told}");
}

#[tokio::test]
async fn no_photo_is_kept_without_consent_or_against_the_policy() {
    let Some(bench) = bench(1) else { return };
    let (link, number) = refused(&bench, false).await;
    let (_, state) = bench.call(&link, "GET", "/v1/capture", Body::empty()).await;
    assert_eq!((&state["review_days"], &state["read_only"]), (&7.into(), &false.into()));
    let ana = bench.key("review");
    let look = format!("/v1/review/cases/{number}/look");
    let (_, case) = bench.call(&ana, "POST", &look, Body::empty()).await;
    assert!(case["photos"]["probe"].is_null() && case["photos"]["reference"].is_null(), "{case}");
    // Who matches leaves no photo even with consent: nobody has to look.
    let (verify, _) = bench.link("alice", Purpose::Verify, 5);
    let done = photo(&bench, &verify, alice(), true).await;
    assert_eq!(done["decision"]["outcome"], "match");
    let kept = entries(&bench, EntryKind::Housekeeping);
    assert!(kept.iter().all(|body| body["done"] != "photo_kept"), "{kept:?}");

    let Some(bench) = Bench::new(Settings::default()) else { return };
    let (link, _) = refused(&bench, true).await;
    let (_, state) = bench.call(&link, "GET", "/v1/capture", Body::empty()).await;
    assert!(state["review_days"].is_null(), "this policy keeps none");
    let kept = entries(&bench, EntryKind::Housekeeping);
    assert!(kept.iter().all(|body| body["done"] != "photo_kept"), "{kept:?}");
}

#[tokio::test]
async fn a_backend_that_has_asked_the_person_may_have_photos_kept() {
    let Some(bench) = bench(1) else { return };
    let key = bench.key("enrol,verify");
    let send = |call: &str, photo: Vec<u8>| {
        let request = Request::builder().method("POST").uri(format!("/v1/subjects/alice/{call}"));
        let request = request.header("authorization", &key).header("x-photos-for-review", "yes");
        bench.send(request.body(Body::from(photo)).unwrap())
    };
    assert_eq!(send("enrolment", alice()).await.0, StatusCode::CREATED);
    let (_, record) = send("verifications", bob()).await;
    let look = format!("/v1/review/cases/{}/look", record["id"].as_str().unwrap());
    let (_, case) = bench.call(&bench.key("review"), "POST", &look, Body::empty()).await;
    assert!(case["photos"]["probe"].is_object() && case["photos"]["reference"].is_object());
}

#[tokio::test]
async fn a_reviewer_signs_in_once_and_no_other_site_can_write_for_them() {
    let Some(bench) = bench(1) else { return };
    let (_, number) = refused(&bench, true).await;
    let made = bench
        .access
        .new_api_key("Ana", &evenmatch_serve::access::Scopes::parse("review").unwrap())
        .unwrap();
    let sign_in = Request::builder().method("POST").uri("/v1/review/session");
    let sign_in = sign_in.header("authorization", format!("Bearer {}", made.secret));
    let response =
        tower::ServiceExt::oneshot(bench.routes.clone(), sign_in.body(Body::empty()).unwrap())
            .await
            .unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/v1/review", "Max-Age=28800"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains(&made.secret), "the key itself is in no cookie");
    let value = cookie.split(';').next().unwrap().to_owned();
    let send = |method: &str, path: String, desk: bool, cookie: String| {
        let mut request = Request::builder().method(method).uri(path).header("cookie", cookie);
        if desk {
            request = request.header("x-evenmatch", "desk");
        }
        bench.send(request.body(Body::empty()).unwrap())
    };
    let (status, me) = send("GET", "/v1/review/me".into(), false, value.clone()).await;
    assert_eq!((status, &me["reviewer"]), (StatusCode::OK, &"Ana".into()), "{me}");
    let look = format!("/v1/review/cases/{number}/look");
    let forged = send("POST", look.clone(), false, value.clone()).await;
    assert_refused(&forged, StatusCode::FORBIDDEN, "not_from_desk");
    let (status, case) = send("POST", look.clone(), true, format!("a=b; {value}; c=d")).await;
    assert_eq!(status, StatusCode::OK, "{case}");
    let changed = send("POST", look.clone(), true, format!("{value}0")).await;
    assert_refused(&changed, StatusCode::UNAUTHORIZED, "no_key");
    bench.access.revoke_api_key(&made.key.id).unwrap();
    let revoked = send("POST", look, true, value).await;
    assert_refused(&revoked, StatusCode::UNAUTHORIZED, "no_key");
}

#[tokio::test]
async fn a_result_can_be_read_after_the_link_has_ended_and_nothing_be_decided() {
    let Some(bench) = bench(1) else { return };
    let (link, number) = refused(&bench, false).await;
    let database = rusqlite::Connection::open(bench.folder.path().join("service.sqlite")).unwrap();
    let end = |days: i64| {
        let at = evenmatch_ledger::now() - days * 86_400_000 - 1;
        database.execute("update links set expires_at = ?", [at]).unwrap();
    };
    end(0);
    let (status, state) = bench.call(&link, "GET", "/v1/capture", Body::empty()).await;
    assert_eq!((status, &state["read_only"]), (StatusCode::OK, &true.into()), "{state}");
    assert_eq!(state["decision"]["number"], number);
    for path in ["/v1/capture/photo", "/v1/capture/session"] {
        let body = if path.ends_with("photo") { alice() } else { br#"{"consent":true}"#.to_vec() };
        let answer = bench.call(&link, "POST", path, body).await;
        assert_refused(&answer, StatusCode::GONE, "link_expired");
    }
    let (status, _) = bench.call(&link, "POST", "/v1/capture/appeal", r#"{"note":"me"}"#).await;
    assert_eq!(status, StatusCode::CREATED);
    end(31);
    let answer = bench.call(&link, "GET", "/v1/capture", Body::empty()).await;
    assert_refused(&answer, StatusCode::GONE, "link_expired");
}
