//! What an applicant does with a link and a photo.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::Value;

use crate::bench::{Bench, access, alice, assert_refused, bob};
use evenmatch_serve::{
    Settings,
    access::{AttemptLimit, Purpose},
};

#[tokio::test]
async fn a_link_enrols_once_and_another_verifies_appeals_and_deletes() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let (enrol, _) = bench.link("alice", Purpose::Enrol, 5);
    let (_, state) = bench.call(&enrol, "GET", "/v1/capture", Body::empty()).await;
    assert_eq!((&state["state"], &state["purpose"]), (&"open".into(), &"enrol".into()), "{state}");
    let (status, done) = bench.call(&enrol, "POST", "/v1/capture/photo", alice()).await;
    assert_eq!((status, &done["enrolled"]), (StatusCode::OK, &Value::Bool(true)), "{done}");
    let again = bench.call(&enrol, "POST", "/v1/capture/photo", alice()).await;
    assert_refused(&again, StatusCode::GONE, "link_used");

    let (verify, _) = bench.link("alice", Purpose::Verify, 5);
    let none = bench.call(&verify, "GET", "/v1/capture/decision", Body::empty()).await;
    assert_refused(&none, StatusCode::NOT_FOUND, "unknown_decision");
    // Who was not confirmed may try again; the result stays readable.
    let (_, other) = bench.call(&verify, "POST", "/v1/capture/photo?lang=es", bob()).await;
    assert_eq!(other["decision"]["outcome"], "non_match", "{other}");
    assert!(other["decision"]["title"].as_str().unwrap().starts_with("Sin"), "{other}");
    assert!(!other.to_string().contains("score"), "{other}");
    assert!(!other.to_string().contains("manejan este servicio"), "advice for operators: {other}");
    let note = r#"{"note":"it was dark"}"#;
    let (status, appealed) = bench.call(&verify, "POST", "/v1/capture/appeal", note).await;
    assert_eq!((status, &appealed["appeal"]), (StatusCode::CREATED, &"open".into()));
    let twice = bench.call(&verify, "POST", "/v1/capture/appeal", note).await;
    assert_refused(&twice, StatusCode::CONFLICT, "appeal_open");
    let (_, own) = bench.call(&verify, "POST", "/v1/capture/photo", alice()).await;
    assert_eq!(own["decision"]["outcome"], "match", "{own}");
    let (_, state) = bench.call(&verify, "GET", "/v1/capture", Body::empty()).await;
    assert_eq!(
        (&state["state"], &state["decision"]["outcome"]),
        (&"decided".into(), &"match".into())
    );
    let (status, held) = bench.call(&verify, "GET", "/v1/capture/held", Body::empty()).await;
    assert!(status.is_success() && held.as_str().unwrap().contains("What we store about alice"));
    for (lang, says) in [("es", "Qué guardamos sobre alice"), ("ar", "dir=\"rtl\"")] {
        let path = format!("/v1/capture/held?lang={lang}");
        let (status, held) = bench.call(&verify, "GET", &path, Body::empty()).await;
        assert!(status.is_success() && held.as_str().unwrap().contains(says), "{held}");
    }
    let unknown = bench.call(&verify, "GET", "/v1/capture/held?lang=xx", Body::empty()).await;
    assert_refused(&unknown, StatusCode::BAD_REQUEST, "bad_request");
    let (status, receipt) = bench.call(&verify, "DELETE", "/v1/capture/held", Body::empty()).await;
    assert!(status.is_success() && receipt["schema"].is_string(), "{receipt}");
    let gone = bench.call(&verify, "GET", "/v1/capture", Body::empty()).await;
    assert_refused(&gone, StatusCode::UNAUTHORIZED, "unknown_link");
}

#[tokio::test]
async fn links_that_ended_say_how() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let (expired, _) = bench.link("alice", Purpose::Verify, 0);
    let answer = bench.call(&expired, "GET", "/v1/capture", Body::empty()).await;
    assert_refused(&answer, StatusCode::GONE, "link_expired");
    let (revoked, id) = bench.link("alice", Purpose::Verify, 5);
    bench.access.revoke_link(&id).unwrap();
    let answer = bench.call(&revoked, "GET", "/v1/capture", Body::empty()).await;
    assert_refused(&answer, StatusCode::GONE, "link_revoked");
    // A link is for one person: nobody is enrolled under its name.
    let (other, _) = bench.link("bob", Purpose::Verify, 5);
    let answer = bench.call(&other, "POST", "/v1/capture/photo", alice()).await;
    assert_refused(&answer, StatusCode::NOT_FOUND, "unknown_subject");
    let (status, state) = bench.call(&other, "GET", "/v1/capture", Body::empty()).await;
    assert_eq!((status, &state["state"]), (StatusCode::OK, &"open".into()), "nothing was decided");
}

#[tokio::test]
async fn a_use_that_a_killed_process_had_taken_is_given_back() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let (link, id) = bench.link("alice", Purpose::Enrol, 5);
    assert!(bench.access.use_link(&id).unwrap());
    assert!(!bench.access.use_link(&id).unwrap(), "of two requests, one gets it");
    let answer = bench.call(&link, "POST", "/v1/capture/photo", alice()).await;
    assert_refused(&answer, StatusCode::GONE, "link_used");
    access(bench.folder.path()).reopen_interrupted().unwrap();
    let (_, done) = bench.call(&link, "POST", "/v1/capture/photo", alice()).await;
    assert_eq!(done["enrolled"], true, "{done}");
    access(bench.folder.path()).reopen_interrupted().unwrap();
    assert!(!bench.access.use_link(&id).unwrap(), "what was used up stays so");
}

#[tokio::test]
async fn attempts_run_out_and_a_restart_forgets_none() {
    let limit = AttemptLimit { most: 2, within: Duration::from_secs(600) };
    let settings = Settings { attempts: limit, ..Settings::default() };
    let Some(bench) = Bench::new(settings) else { return };
    let key = bench.key("enrol,verify");
    bench.call(&key, "POST", "/v1/subjects/alice/enrolment", alice()).await;
    let (link, _) = bench.link("alice", Purpose::Verify, 5);
    for left in [1, 0] {
        bench.call(&link, "POST", "/v1/capture/photo", bob()).await;
        let (_, state) = bench.call(&link, "GET", "/v1/capture", Body::empty()).await;
        assert_eq!(state["attempts_left"], left);
    }
    let answer = bench.call(&link, "POST", "/v1/capture/photo", alice()).await;
    assert_refused(&answer, StatusCode::TOO_MANY_REQUESTS, "too_many_attempts");
    let consent = r#"{"consent":true}"#;
    let answer = bench.call(&link, "POST", "/v1/capture/session", consent).await;
    assert_refused(&answer, StatusCode::TOO_MANY_REQUESTS, "too_many_attempts");
    // Backends share the limit, and so does the next process.
    let answer = bench.call(&key, "POST", "/v1/subjects/alice/verifications", alice()).await;
    assert_refused(&answer, StatusCode::TOO_MANY_REQUESTS, "too_many_attempts");
    assert_eq!(access(bench.folder.path()).attempts_left("alice", limit).unwrap(), 0);
}

#[tokio::test]
async fn nothing_is_taken_without_consent_and_bad_photos_say_what_helps() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let (link, _) = bench.link("alice", Purpose::Enrol, 5);
    for body in [r#"{"consent":false}"#, "{}", "", "[]", r#"{"consent":true,"time":1,"x":1}"#] {
        let (status, _) = bench.call(&link, "POST", "/v1/capture/session", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
    let without =
        r#"{"consent":true,"without":["turn_left","turn_right","look_up","look_down","blink"]}"#;
    let answer = bench.call(&link, "POST", "/v1/capture/session", without).await;
    assert_refused(&answer, StatusCode::CONFLICT, "no_movement_left");
    let answer = bench.call(&link, "POST", "/v1/capture/photo", "no photo").await;
    assert_refused(&answer, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_format");
    let answer = bench.call(&link, "POST", "/v1/capture/photo?lang=xx", alice()).await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, "bad_request");
    let blank = crate::bench::png(&image::RgbImage::from_pixel(64, 64, image::Rgb([128; 3])));
    let (status, answer) = bench.call(&link, "POST", "/v1/capture/photo?lang=fr", blank).await;
    assert_eq!((status, &answer["enrolled"]), (StatusCode::OK, &Value::Bool(false)), "{answer}");
    assert!(answer["reasons"][0].as_str().unwrap().contains("visage"), "{answer}");
    let (_, state) = bench.call(&link, "GET", "/v1/capture", Body::empty()).await;
    assert_eq!(state["state"], "open", "another photo may follow");
}
