//! What a backend gets, on null networks: every answer to its calls.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use image::{Rgb, RgbImage};
use serde_json::Value;

use crate::bench::{Bench, alice, assert_refused, bob, png};
use evenmatch_serve::{Settings, access::AttemptLimit};

/// The service, and a key that allows everything.
type Service = (Bench, String);

fn service(settings: Settings) -> Option<Service> {
    let bench = Bench::new(settings)?;
    let key = bench.key("enrol,verify,read,appeal,delete");
    Some((bench, key))
}

async fn send(service: &Service, method: &str, path: &str, body: Vec<u8>) -> (StatusCode, Value) {
    service.0.call(&service.1, method, path, body).await
}

async fn post(service: &Service, path: &str, body: Vec<u8>) -> (StatusCode, Value) {
    send(service, "POST", path, body).await
}

fn text((status, body): (StatusCode, Value)) -> (StatusCode, String) {
    (status, body.as_str().map_or_else(|| body.to_string(), str::to_owned))
}

fn codes(json: &Value) -> Vec<&str> {
    json["reasons"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_enrolled_face_matches_and_another_does_not() {
    let Some(service) = service(Settings::default()) else { return };
    let (status, enrolled) = post(&service, "/v1/subjects/alice/enrolment", alice()).await;
    assert_eq!((status, &enrolled["enrolled"]), (StatusCode::CREATED, &Value::Bool(true)));

    // The same image in different bytes, so that it is not the identical file.
    let mut again = image::load_from_memory(&alice()).unwrap().to_rgb8();
    again.put_pixel(319, 319, Rgb([130, 128, 128]));
    let (status, json) = post(&service, "/v1/subjects/alice/verifications", png(&again)).await;
    assert_eq!((status, json["outcome"].as_str()), (StatusCode::OK, Some("match")), "{json}");
    assert_eq!(json["schema"], "evenmatch.decision/1");
    assert!(codes(&json).contains(&"score_at_or_above_threshold"));
    assert!(!codes(&json).contains(&"identical_files"));

    let (status, json) = post(&service, "/v1/subjects/alice/verifications", bob()).await;
    assert_eq!((status, json["outcome"].as_str()), (StatusCode::OK, Some("non_match")), "{json}");
    assert!(codes(&json).contains(&"score_below_threshold"));

    let (_, json) = post(&service, "/v1/subjects/alice/verifications", alice()).await;
    assert!(codes(&json).contains(&"identical_files"));
}

#[tokio::test]
async fn scores_are_told_to_nobody() {
    let Some(service) = service(Settings::default()) else { return };
    post(&service, "/v1/subjects/alice/enrolment", alice()).await;
    let (_, json) = post(&service, "/v1/subjects/alice/verifications", bob()).await;
    assert_eq!(json["outcome"], "non_match");
    let reasons = json["reasons"].as_array().unwrap();
    let compared = reasons.iter().find(|r| r["code"] == "score_below_threshold").unwrap();
    assert!(json["score"].is_null() && json["raw_score"].is_null() && compared["value"].is_null());
    assert!(json["reference"]["box"].is_null() && json["evidence"].is_null(), "{json}");
    // If the id covered the score, the score could be found by trial and error.
    assert!(json["id"].as_str().unwrap().parse::<u64>().is_ok(), "{json}");
}

#[tokio::test]
async fn a_photo_without_a_face_is_an_outcome_with_advice() {
    let Some(service) = service(Settings::default()) else { return };
    let blank = png(&RgbImage::from_pixel(320, 320, Rgb([128, 128, 128])));
    let (status, json) = post(&service, "/v1/subjects/alice/enrolment", blank.clone()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(codes(&json), ["no_face_found"]);
    assert_refused(
        &post(&service, "/v1/subjects/alice/verifications", alice()).await,
        StatusCode::NOT_FOUND,
        "unknown_subject",
    );

    post(&service, "/v1/subjects/alice/enrolment", alice()).await;
    let (status, json) = post(&service, "/v1/subjects/alice/verifications", blank).await;
    assert_eq!((status, json["outcome"].as_str()), (StatusCode::OK, Some("undecided")));
    assert_eq!(codes(&json)[0], "no_face_found");
    assert!(!json["reasons"][0]["advice"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn bytes_that_are_no_photo_are_the_clients_fault() {
    let Some(service) = service(Settings::default()) else { return };
    for body in [b"this is no photo".to_vec(), Vec::new(), vec![0xff; 4096]] {
        let answer = post(&service, "/v1/subjects/alice/enrolment", body.clone()).await;
        let kind = answer.1["error"]["kind"].as_str().unwrap_or_default().to_owned();
        let status = match kind.as_str() {
            "unsupported_format" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "corrupt" => StatusCode::UNPROCESSABLE_ENTITY,
            _ => panic!("{} bytes: {answer:?}", body.len()),
        };
        assert_refused(&answer, status, &kind);
    }
    let mut cut = alice();
    cut.truncate(cut.len() / 2);
    let answer = post(&service, "/v1/subjects/alice/enrolment", cut).await;
    assert_refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "corrupt");
}

#[tokio::test]
async fn a_subject_is_enrolled_once_until_forgotten() {
    let Some(service) = service(Settings::default()) else { return };
    let missing = post(&service, "/v1/subjects/nobody/verifications", alice()).await;
    assert_refused(&missing, StatusCode::NOT_FOUND, "unknown_subject");

    post(&service, "/v1/subjects/alice/enrolment", alice()).await;
    let again = post(&service, "/v1/subjects/alice/enrolment", bob()).await;
    assert_refused(&again, StatusCode::CONFLICT, "already_enrolled");
    // The second photo has not replaced the first one.
    assert_eq!(
        post(&service, "/v1/subjects/alice/verifications", bob()).await.1["outcome"],
        "non_match"
    );

    let (status, receipt) = send(&service, "DELETE", "/v1/subjects/alice", Vec::new()).await;
    assert_eq!((status, receipt["salt"].is_string()), (StatusCode::OK, true), "{receipt}");
    let gone = send(&service, "DELETE", "/v1/subjects/alice", Vec::new()).await;
    assert_refused(&gone, StatusCode::NOT_FOUND, "unknown_subject");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let photo = alice();
    let Some(service) = service(Settings { max_body: photo.len() - 1, ..Settings::default() })
    else {
        return;
    };
    let answer = post(&service, "/v1/subjects/alice/enrolment", photo).await;
    assert_refused(&answer, StatusCode::PAYLOAD_TOO_LARGE, "limit_exceeded");
}

#[tokio::test]
async fn work_beyond_the_limit_is_refused_at_once() {
    let Some(service) = service(Settings { concurrent: 0, waiting: 0, ..Settings::default() })
    else {
        return;
    };
    let answer = post(&service, "/v1/subjects/alice/enrolment", alice()).await;
    assert_refused(&answer, StatusCode::SERVICE_UNAVAILABLE, "busy");
}

#[tokio::test]
async fn workers_are_free_again_after_a_fault() {
    let Some(service) = service(Settings { concurrent: 1, ..Settings::default() }) else { return };
    for _ in 0..3 {
        let (status, _) =
            post(&service, "/v1/subjects/alice/enrolment", b"no photo".to_vec()).await;
        assert!(status.is_client_error(), "{status}");
    }
    let (status, _) = post(&service, "/v1/subjects/alice/enrolment", alice()).await;
    assert_eq!(status, StatusCode::CREATED);
}

#[tokio::test]
async fn from_enrolment_over_explanation_and_appeal_to_deletion() {
    let Some(service) = service(Settings::default()) else { return };
    post(&service, "/v1/subjects/alice/enrolment", alice()).await;
    post(&service, "/v1/subjects/bob/enrolment", bob()).await;
    let (_, decision) = post(&service, "/v1/subjects/alice/verifications", bob()).await;
    let path = format!("/v1/subjects/alice/decisions/{}", decision["id"].as_str().unwrap());

    let explanation = |lang: &str, accept: &'static str| {
        let request = Request::get(format!("{path}?lang={lang}")).header("accept", accept);
        let request = request.header("authorization", &service.1).body(Body::empty()).unwrap();
        async { text(service.0.send(request).await) }
    };
    let (status, text) = explanation("es", "text/plain").await;
    assert!(status == StatusCode::OK && text.contains("Sin confirmar"), "{text}");
    let (status, page) = explanation("ar", "text/html").await;
    assert!(status == StatusCode::OK && page.contains("dir=\"rtl\""), "{page}");
    // No number with a fraction except the version: no score, no threshold.
    let rest = text.replace(env!("CARGO_PKG_VERSION"), "");
    assert!(!rest.contains("0,") && !rest.contains("0."), "{text}");
    let (status, _) = explanation("xx", "text/plain").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);

    // A decision is shown only to clients that ask about its subject.
    let others = path.replace("alice", "bob");
    let refused = send(&service, "GET", &others, Vec::new()).await;
    assert_refused(&refused, StatusCode::NOT_FOUND, "unknown_decision");
    let refused = send(&service, "GET", "/v1/subjects/alice/decisions/0", Vec::new()).await;
    assert_refused(&refused, StatusCode::NOT_FOUND, "unknown_decision");

    let note = b"I wore glasses".to_vec();
    let (status, opened) = post(&service, &format!("{path}/appeal"), note.clone()).await;
    assert_eq!((status, &opened["appeal"]), (StatusCode::CREATED, &"open".into()), "{opened}");
    let again = post(&service, &format!("{path}/appeal"), note).await;
    assert_refused(&again, StatusCode::CONFLICT, "appeal_open");
    let refused = post(&service, &format!("{path}/appeal"), vec![0xff]).await;
    assert_refused(&refused, StatusCode::BAD_REQUEST, "bad_request");

    let (_, held) = send(&service, "GET", "/v1/subjects/alice", Vec::new()).await;
    assert_eq!(held["decisions"][0]["appeal"], "open", "{held}");
    let (status, _) = send(&service, "DELETE", "/v1/subjects/alice", Vec::new()).await;
    assert_eq!(status, StatusCode::OK);
    let gone = send(&service, "GET", &path, Vec::new()).await;
    assert_refused(&gone, StatusCode::NOT_FOUND, "unknown_subject");
    let files =
        evenmatch_ledger::LedgerFiles::open(&service.0.folder.path().join("ledger")).unwrap();
    assert!(files.verify(None, None).unwrap().is_whole());
}

#[tokio::test]
async fn attempts_for_one_subject_run_out() {
    let limit = AttemptLimit { most: 2, within: Duration::from_secs(60) };
    let Some(service) = service(Settings { attempts: limit, ..Settings::default() }) else {
        return;
    };
    post(&service, "/v1/subjects/alice/enrolment", alice()).await;
    post(&service, "/v1/subjects/bob/enrolment", bob()).await;
    for _ in 0..2 {
        assert_eq!(
            post(&service, "/v1/subjects/alice/verifications", bob()).await.0,
            StatusCode::OK
        );
    }
    let refused = post(&service, "/v1/subjects/alice/verifications", alice()).await;
    assert_refused(&refused, StatusCode::TOO_MANY_REQUESTS, "too_many_attempts");
    // Somebody who matches may continue.
    for _ in 0..4 {
        assert_eq!(post(&service, "/v1/subjects/bob/verifications", bob()).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_restart_knows_who_is_enrolled_and_no_name_is_taken_that_breaks_rules() {
    let Some(first) = service(Settings::default()) else { return };
    post(&first, "/v1/subjects/alice/enrolment", alice()).await;
    let again = (first.0.again(), first.1);
    let decided = post(&again, "/v1/subjects/alice/verifications", bob()).await;
    assert_eq!(decided.1["outcome"], "non_match");
    for name in ["%20alice", "a%0Ab", &"a".repeat(257)] {
        let refused = post(&again, &format!("/v1/subjects/{name}/enrolment"), alice()).await;
        assert_refused(&refused, StatusCode::BAD_REQUEST, "bad_request");
    }
}

#[tokio::test]
async fn the_same_photo_twice_is_two_decisions_and_each_has_its_own_appeal() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let key = bench.key("enrol,verify,appeal");
    bench.call(&key, "POST", "/v1/subjects/alice/enrolment", alice()).await;
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let (_, record) = bench.call(&key, "POST", "/v1/subjects/alice/verifications", bob()).await;
        numbers.push(record["id"].as_str().unwrap().to_owned());
    }
    for number in &numbers {
        let path = format!("/v1/subjects/alice/decisions/{number}/appeal");
        let (status, opened) = bench.call(&key, "POST", &path, "please look").await;
        assert_eq!(status, StatusCode::CREATED, "{opened}");
        let again = bench.call(&key, "POST", &path, "please look").await;
        assert_refused(&again, StatusCode::CONFLICT, "appeal_open");
    }
}
