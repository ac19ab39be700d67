//! The example backend on null networks: every answer that a client can get.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use crate::example_backend::{Settings, app};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use evenmatch::{Policy, Verifier};
use evenmatch_ledger::vault::SecretKey;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::Value;
use tower::ServiceExt;

const BACKGROUND: Rgb<u8> = Rgb([128, 128, 128]);

/// A "face" for the null detector: a rectangle that stands out, with two colours, one above the
/// other.
fn face(above: [u8; 3], below: [u8; 3]) -> Vec<u8> {
    png(&RgbImage::from_fn(320, 320, |x, y| match (x, y) {
        (96..224, 96..160) => Rgb(above),
        (96..224, 160..256) => Rgb(below),
        _ => BACKGROUND,
    }))
}

fn alice() -> Vec<u8> {
    face([250, 20, 20], [20, 20, 250])
}

fn bob() -> Vec<u8> {
    face([20, 20, 250], [250, 20, 20])
}

fn png(image: &RgbImage) -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).unwrap();
    png.into_inner()
}

/// The routes, and the folder that is deleted with them.
struct Service {
    routes: Router,
    folder: tempfile::TempDir,
}

fn service(settings: Settings) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let registry =
        crate::example_backend::registry(folder.path(), &SecretKey::from_bytes([7; 32])).unwrap();
    let verifier = Verifier::with_null_networks(Policy::default()).unwrap();
    Service { routes: app(Arc::new(verifier), Arc::new(registry), settings), folder }
}

async fn answer(service: &Service, request: Request<Body>) -> (StatusCode, String) {
    let response = service.routes.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn send(service: &Service, method: &str, path: &str, body: Vec<u8>) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
    let (status, text) = answer(service, request).await;
    (status, serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}")))
}

async fn post(service: &Service, path: &str, body: Vec<u8>) -> (StatusCode, Value) {
    send(service, "POST", path, body).await
}

fn codes(json: &Value) -> Vec<&str> {
    json["reasons"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect()
}

/// A refusal has a kind for programs, and a message and a next step for people.
fn assert_refused(answer: &(StatusCode, Value), status: StatusCode, kind: &str) {
    let error = &answer.1["error"];
    assert_eq!((answer.0, error["kind"].as_str()), (status, Some(kind)), "{error}");
    assert!(!error["message"].as_str().unwrap().is_empty());
    assert!(!error["next"].as_str().unwrap().is_empty(), "{error}");
}

#[tokio::test]
async fn the_service_says_that_it_is_up() {
    let (status, json) = send(&service(Settings::default()), "GET", "/healthz", Vec::new()).await;
    assert_eq!((status, json["status"].as_str()), (StatusCode::OK, Some("ok")));
}

#[tokio::test]
async fn the_enrolled_face_matches_and_another_does_not() {
    let service = service(Settings::default());
    let (status, enrolled) = post(&service, "/enrol/alice", alice()).await;
    assert_eq!((status, &enrolled["enrolled"]), (StatusCode::CREATED, &Value::Bool(true)));

    // The same image in different bytes, so that it is not the identical file.
    let mut again = image::load_from_memory(&alice()).unwrap().to_rgb8();
    again.put_pixel(319, 319, Rgb([130, 128, 128]));
    let (status, json) = post(&service, "/verify/alice", png(&again)).await;
    assert_eq!((status, json["outcome"].as_str()), (StatusCode::OK, Some("match")), "{json}");
    assert_eq!(json["schema"], "evenmatch.decision/1");
    assert!(codes(&json).contains(&"score_at_or_above_threshold"));
    assert!(!codes(&json).contains(&"identical_files"));

    let (status, json) = post(&service, "/verify/alice", bob()).await;
    assert_eq!((status, json["outcome"].as_str()), (StatusCode::OK, Some("non_match")), "{json}");
    assert!(codes(&json).contains(&"score_below_threshold"));

    let (_, json) = post(&service, "/verify/alice", alice()).await;
    assert!(codes(&json).contains(&"identical_files"));
}

#[tokio::test]
async fn scores_are_told_only_where_the_operator_asked_for_them() {
    let hidden = service(Settings::default());
    let shown = service(Settings { show_scores: true, ..Settings::default() });
    for (service, shows) in [(&hidden, false), (&shown, true)] {
        post(service, "/enrol/alice", alice()).await;
        let (_, json) = post(service, "/verify/alice", bob()).await;
        assert_eq!(json["outcome"], "non_match");
        assert_eq!(json["score"].is_number(), shows, "{json}");
        assert_eq!(json["reference"]["box"].is_array(), shows);
        let reasons = json["reasons"].as_array().unwrap();
        let compared = reasons.iter().find(|r| r["code"] == "score_below_threshold").unwrap();
        assert_eq!(compared["value"].is_number(), shows);
        assert_eq!(json["raw_score"].is_number(), shows);
        // If the id covered the score, the score could be found by trial and error.
        assert!(json["id"].as_str().unwrap().parse::<u64>().is_ok(), "{json}");
    }
}

#[tokio::test]
async fn a_photo_without_a_face_is_an_outcome_with_advice() {
    let service = service(Settings::default());
    let blank = png(&RgbImage::from_pixel(320, 320, BACKGROUND));
    let (status, json) = post(&service, "/enrol/alice", blank.clone()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(codes(&json), ["no_face_found"]);
    assert_refused(
        &post(&service, "/verify/alice", alice()).await,
        StatusCode::NOT_FOUND,
        "unknown_subject",
    );

    post(&service, "/enrol/alice", alice()).await;
    let (status, json) = post(&service, "/verify/alice", blank).await;
    assert_eq!((status, json["outcome"].as_str()), (StatusCode::OK, Some("undecided")));
    assert_eq!(codes(&json)[0], "no_face_found");
    assert!(!json["reasons"][0]["advice"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn bytes_that_are_no_photo_are_the_clients_fault() {
    let service = service(Settings::default());
    for body in [b"this is no photo".to_vec(), Vec::new(), vec![0xff; 4096]] {
        let answer = post(&service, "/enrol/alice", body.clone()).await;
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
    let answer = post(&service, "/enrol/alice", cut).await;
    assert_refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "corrupt");
}

#[tokio::test]
async fn a_subject_is_enrolled_once_until_forgotten() {
    let service = service(Settings::default());
    let missing = post(&service, "/verify/nobody", alice()).await;
    assert_refused(&missing, StatusCode::NOT_FOUND, "unknown_subject");

    post(&service, "/enrol/alice", alice()).await;
    let again = post(&service, "/enrol/alice", bob()).await;
    assert_refused(&again, StatusCode::CONFLICT, "already_enrolled");
    // The second photo has not replaced the first one.
    assert_eq!(post(&service, "/verify/alice", bob()).await.1["outcome"], "non_match");

    let (status, receipt) = send(&service, "DELETE", "/enrol/alice", Vec::new()).await;
    assert_eq!((status, receipt["salt"].is_string()), (StatusCode::OK, true), "{receipt}");
    let gone = send(&service, "DELETE", "/enrol/alice", Vec::new()).await;
    assert_refused(&gone, StatusCode::NOT_FOUND, "unknown_subject");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let photo = alice();
    let service = service(Settings { max_body: photo.len() - 1, ..Settings::default() });
    let answer = post(&service, "/enrol/alice", photo).await;
    assert_refused(&answer, StatusCode::PAYLOAD_TOO_LARGE, "limit_exceeded");
}

#[tokio::test]
async fn work_beyond_the_limit_is_refused_at_once() {
    let service = service(Settings { concurrent: 0, waiting: 0, ..Settings::default() });
    let request = Request::post("/enrol/alice").body(Body::from(alice())).unwrap();
    let response = service.routes.clone().oneshot(request).await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    let answer = post(&service, "/enrol/alice", alice()).await;
    assert_refused(&answer, StatusCode::SERVICE_UNAVAILABLE, "busy");
}

#[tokio::test]
async fn workers_are_free_again_after_a_fault() {
    let service = service(Settings { concurrent: 1, ..Settings::default() });
    for _ in 0..3 {
        let (status, _) = post(&service, "/enrol/alice", b"no photo".to_vec()).await;
        assert!(status.is_client_error(), "{status}");
    }
    let (status, _) = post(&service, "/enrol/alice", alice()).await;
    assert_eq!(status, StatusCode::CREATED);
}

#[tokio::test]
async fn from_enrolment_over_explanation_and_appeal_to_deletion() {
    let service = service(Settings::default());
    post(&service, "/enrol/alice", alice()).await;
    post(&service, "/enrol/bob", bob()).await;
    let (_, decision) = post(&service, "/verify/alice", bob()).await;
    let path = format!("/decisions/alice/{}", decision["id"].as_str().unwrap());

    let explanation = |lang: &str, accept: &'static str| {
        let request = Request::get(format!("{path}?lang={lang}")).header("accept", accept);
        answer(&service, request.body(Body::empty()).unwrap())
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
    let refused = send(&service, "GET", "/decisions/alice/0", Vec::new()).await;
    assert_refused(&refused, StatusCode::NOT_FOUND, "unknown_decision");

    let note = b"I wore glasses".to_vec();
    let (status, opened) = post(&service, &format!("{path}/appeal"), note.clone()).await;
    assert_eq!((status, &opened["appeal"]), (StatusCode::CREATED, &"open".into()), "{opened}");
    let again = post(&service, &format!("{path}/appeal"), note).await;
    assert_refused(&again, StatusCode::BAD_REQUEST, "bad_request");
    let refused = post(&service, &format!("{path}/appeal"), vec![0xff]).await;
    assert_refused(&refused, StatusCode::BAD_REQUEST, "bad_request");

    let (_, held) = send(&service, "GET", "/enrol/alice", Vec::new()).await;
    assert_eq!(held["decisions"][0]["appeal"], "open", "{held}");
    let (status, _) = send(&service, "DELETE", "/enrol/alice", Vec::new()).await;
    assert_eq!(status, StatusCode::OK);
    let gone = send(&service, "GET", &path, Vec::new()).await;
    assert_refused(&gone, StatusCode::NOT_FOUND, "unknown_subject");
    let files = evenmatch_ledger::LedgerFiles::open(&service.folder.path().join("ledger")).unwrap();
    assert!(files.verify(None, None).unwrap().is_whole());
}

#[tokio::test]
async fn attempts_for_one_subject_run_out() {
    let service =
        service(Settings { attempts: (2, Duration::from_secs(60)), ..Settings::default() });
    post(&service, "/enrol/alice", alice()).await;
    post(&service, "/enrol/bob", bob()).await;
    for _ in 0..2 {
        assert_eq!(post(&service, "/verify/alice", bob()).await.0, StatusCode::OK);
    }
    let refused = post(&service, "/verify/alice", alice()).await;
    assert_refused(&refused, StatusCode::TOO_MANY_REQUESTS, "too_many_attempts");
    // Somebody who matches may continue.
    for _ in 0..4 {
        assert_eq!(post(&service, "/verify/bob", bob()).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_restart_knows_who_is_enrolled_and_no_name_is_taken_that_breaks_rules() {
    let first = service(Settings::default());
    post(&first, "/enrol/alice", alice()).await;
    let key = SecretKey::from_bytes([7; 32]);
    let verifier = Arc::new(Verifier::with_null_networks(Policy::default()).unwrap());
    let Service { routes, folder } = first;
    drop(routes);
    let registry = Arc::new(crate::example_backend::registry(folder.path(), &key).unwrap());
    let again = Service { routes: app(verifier, registry, Settings::default()), folder };
    assert_eq!(post(&again, "/verify/alice", bob()).await.1["outcome"], "non_match");
    for name in ["%20alice", "a%0Ab", &"a".repeat(257)] {
        let refused = post(&again, &format!("/enrol/{name}"), alice()).await;
        assert_refused(&refused, StatusCode::BAD_REQUEST, "bad_request");
    }
}

#[tokio::test]
async fn the_openapi_document_names_what_there_is() {
    let service = service(Settings::default());
    let (status, document) = send(&service, "GET", "/openapi.json", Vec::new()).await;
    assert_eq!(status, StatusCode::OK);
    post(&service, "/enrol/alice", alice()).await;
    let known: Vec<&str> = document["components"]["schemas"]["Refusal"]["properties"]["error"]
        ["properties"]["kind"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind.as_str().unwrap())
        .collect();
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in paths {
        let uri = path.replace("{subject}", "alice").replace("{number}", "3");
        let described = ["get", "post", "put", "patch", "delete"];
        for method in described {
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(&uri);
            let (status, text) = answer(&service, request.body(Body::empty()).unwrap()).await;
            let Some(method) = methods.get(method) else {
                assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {uri}");
                continue;
            };
            let answers = method["responses"].as_object().unwrap();
            assert!(answers.contains_key(status.as_str()), "{status} of {uri}: {text}");
            if let Ok(Value::Object(answer)) = serde_json::from_str(&text)
                && let Some(error) = answer.get("error")
            {
                assert!(known.contains(&error["kind"].as_str().unwrap()), "{error}");
            }
        }
    }
}
