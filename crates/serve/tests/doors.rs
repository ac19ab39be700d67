//! Nothing is done without a valid key of the right scope, or a link.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;

use crate::bench::{Bench, alice, assert_refused};
use evenmatch_serve::{Settings, access::Scope};

/// Every call of the OpenAPI document: method, path with values in it, and its scope or `link`.
fn calls() -> Vec<(String, String, Option<String>)> {
    let document: Value = serde_json::from_str(include_str!("../src/openapi.json")).unwrap();
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            let path =
                path.replace("{subject}", "alice").replace("{number}", "1").replace("{id}", "00")
                    + if path.ends_with("/frame") { "?at=0" } else { "" };
            let needs = match (call["x-scope"].as_str(), call["security"].get(0)) {
                (Some(scope), _) => Some(scope.to_owned()),
                (None, Some(_)) => Some("link".to_owned()).filter(|_| path.contains("/capture")),
                (None, None) => None,
            };
            calls.push((method.to_uppercase(), path, needs));
        }
    }
    calls
}

#[tokio::test]
async fn every_call_is_there_and_needs_what_the_document_says() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let calls = calls();
    assert!(calls.len() > 20, "{}", calls.len());
    let all: Vec<&str> = Scope::ALL.iter().map(|(_, name)| *name).collect();
    for (method, path, needs) in &calls {
        let (method, path) = (method.as_str(), path.as_str());
        let answer = bench.call("", method, path, Body::empty()).await;
        let Some(needs) = needs else {
            assert!(answer.0.is_success() || path == "/readyz", "{method} {path}: {answer:?}");
            continue;
        };
        if path.contains("/capture") {
            for who in ["", "Link evl_00", "Link ", "Bearer evk_00", &bench.key(&all.join(","))] {
                let answer = bench.call(who, method, path, Body::empty()).await;
                assert_refused(&answer, StatusCode::UNAUTHORIZED, "unknown_link");
            }
            continue;
        }
        assert_refused(&answer, StatusCode::UNAUTHORIZED, "no_key");
        for who in ["Bearer evk_00", "Bearer", "Basic YTpi", "Link evl_00", "Bearer é"] {
            let request = Request::builder().method(method).uri(path);
            let request = request.header("authorization", who.as_bytes()).body(Body::empty());
            let answer = bench.send(request.unwrap()).await;
            assert_refused(&answer, StatusCode::UNAUTHORIZED, "no_key");
        }
        let others: Vec<&str> = all.iter().copied().filter(|scope| scope != needs).collect();
        let answer = bench.call(&bench.key(&others.join(",")), method, path, Body::empty()).await;
        // A body that is no JSON is refused before its scope is looked at; nothing was done either way.
        let refused = [StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST].contains(&answer.0);
        assert!(refused, "{method} {path} with every other scope: {answer:?}");
        let answer = bench.call(&bench.key(needs), method, path, Body::empty()).await;
        let let_in = ![StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED].contains(&answer.0);
        assert!(let_in, "{method} {path} with its scope: {answer:?}");
    }
}

#[tokio::test]
async fn what_the_document_does_not_name_is_not_there() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let (status, _) = bench.call("", "GET", "/v1/subjects", Body::empty()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = bench.call("", "PUT", "/v1/subjects/alice", Body::empty()).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let (status, document) = bench.call("", "GET", "/openapi.json", Body::empty()).await;
    assert_eq!((status, &document["openapi"]), (StatusCode::OK, &Value::from("3.1.0")));
}

#[tokio::test]
async fn a_backend_enrols_verifies_appeals_and_deletes_and_sees_no_score() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let key = bench.key("enrol,verify,read,appeal,delete");
    let of = |rest: &str| format!("/v1/subjects/alice{rest}");
    let (status, enrolled) = bench.call(&key, "POST", &of("/enrolment"), alice()).await;
    assert_eq!(status, StatusCode::CREATED, "{enrolled}");
    let again = bench.call(&key, "POST", &of("/enrolment"), alice()).await;
    assert_refused(&again, StatusCode::CONFLICT, "already_enrolled");
    let (status, decided) = bench.call(&key, "POST", &of("/verifications"), alice()).await;
    assert_eq!((status, &decided["outcome"]), (StatusCode::OK, &Value::from("match")));
    assert!(decided["score"].is_null() && decided["raw_score"].is_null(), "{decided}");
    let number = decided["id"].as_str().unwrap();
    let path = of(&format!("/decisions/{number}"));
    let (status, words) = bench.call(&key, "GET", &format!("{path}?lang=ht"), Body::empty()).await;
    assert!(status.is_success() && words.as_str().unwrap().contains("foto"), "{words}");
    let (status, _) = bench.call(&key, "POST", &format!("{path}/appeal"), "I wore glasses").await;
    assert_eq!(status, StatusCode::CREATED);
    let (_, events) = bench.call(&key, "GET", "/v1/events", Body::empty()).await;
    let kinds: Vec<&str> =
        events["events"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["enrolled", "decision", "appeal_opened"]);
    assert!(!events.to_string().contains("glasses") && !events.to_string().contains("score"));
    let next = format!("/v1/events?after={}", events["after"]);
    let (_, none) = bench.call(&key, "GET", &next, Body::empty()).await;
    assert_eq!((none["events"].as_array().unwrap().len(), &none["after"]), (0, &events["after"]));
    let (status, receipt) = bench.call(&key, "DELETE", &of(""), Body::empty()).await;
    assert!(status.is_success() && receipt["schema"].is_string(), "{receipt}");
    let gone = bench.call(&key, "GET", &of(""), Body::empty()).await;
    assert_refused(&gone, StatusCode::NOT_FOUND, "unknown_subject");
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_and_secrets_are_not_stored() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let key = bench.key("read");
    let id = bench.access.api_keys().unwrap()[0].id.clone();
    let (status, _) = bench.call(&key, "GET", "/v1/events", Body::empty()).await;
    assert_eq!(status, StatusCode::OK);
    let (link, _) = bench.link("alice@example.org", evenmatch_serve::access::Purpose::Enrol, 5);
    bench.access.revoke_api_key(&id).unwrap();
    let answer = bench.call(&key, "GET", "/v1/events", Body::empty()).await;
    assert_refused(&answer, StatusCode::UNAUTHORIZED, "no_key");
    assert!(bench.access.revoke_api_key("none").is_err());
    let secrets = [&key["Bearer evk_".len()..], &link["Link evl_".len()..], "alice@example.org"];
    for file in std::fs::read_dir(bench.folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            for secret in secrets {
                let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!found, "{secret} is in {}", path.display());
            }
        }
    }
}

#[tokio::test]
async fn metrics_are_numbers_without_people() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let key = bench.key("enrol");
    bench.call(&key, "POST", "/v1/subjects/alice/enrolment", alice()).await;
    let (status, text) = bench.call("", "GET", "/metrics", Body::empty()).await;
    let text = text.as_str().unwrap();
    assert!(status.is_success() && text.contains("evenmatch_requests_total 2\n"), "{text}");
    assert!(text.contains("evenmatch_sessions{state=\"live\"} 0\n") && !text.contains("alice"));
}

#[tokio::test]
async fn an_auditor_gets_the_whole_ledger_and_can_verify_it() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let key = bench.key("enrol,verify");
    bench.call(&key, "POST", "/v1/subjects/alice/enrolment", alice()).await;
    bench.call(&key, "POST", "/v1/subjects/alice/verifications", alice()).await;
    let (status, text) = bench.call(&bench.key("audit"), "GET", "/v1/ledger", Body::empty()).await;
    assert!(status.is_success(), "{text}");
    let copy = bench.folder.path().join("copy.log");
    std::fs::write(&copy, text.as_str().unwrap()).unwrap();
    let report = evenmatch_ledger::LedgerFiles::open(&copy).unwrap().verify(None, None).unwrap();
    assert!(report.is_whole() && report.decisions == 1, "{report:?}");
    let refused = bench.call(&key, "GET", "/v1/ledger", Body::empty()).await;
    assert_refused(&refused, StatusCode::FORBIDDEN, "missing_scope");
}
