//! Live sessions on the real networks, with simulated frames: nobody in them is alive.

use std::io::Cursor;

use axum::body::Body;
use axum::http::StatusCode;
use image::{ImageFormat, RgbImage};
use serde_json::Value;

use crate::bench::{Bench, assert_refused, photos};
use evenmatch::{
    Detections, EncodedSample, LivenessPolicy, Policy, Verifier, mesh::FaceMesh, model::Profile,
    pad::Step,
};
use evenmatch_lab::simulate::{Actor, Performer, TakeSettings};
use evenmatch_serve::{Settings, access::Purpose};
use evenmatch_testkit::{Need, skip};

fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

const CONSENT: &str = r#"{"consent":true}"#;

#[tokio::test]
async fn places_are_limited_and_people_wait_in_line() {
    let Some(bench) = Bench::new(Settings { sessions: 1, ..Settings::default() }) else { return };
    let [a, b, c] = ["a", "b", "c"].map(|name| bench.link(name, Purpose::Enrol, 5).0);
    let (status, begun) = bench.call(&a, "POST", "/v1/capture/session", CONSENT).await;
    assert_eq!(status, StatusCode::CREATED, "{begun}");
    let (status, waits) = bench.call(&b, "POST", "/v1/capture/session", CONSENT).await;
    assert_eq!((status, &waits["place"]), (StatusCode::ACCEPTED, &Value::from(1)));
    let (_, waits) = bench.call(&c, "POST", "/v1/capture/session", CONSENT).await;
    assert_eq!(waits["place"], 2);
    // Another person's session cannot be fed, finished or aborted.
    let path = format!("/v1/capture/session/{}", begun["session"].as_str().unwrap());
    let answer = bench.call(&b, "DELETE", &path, Body::empty()).await;
    assert_refused(&answer, StatusCode::NOT_FOUND, "no_session");
    let (status, _) = bench.call(&a, "DELETE", &path, Body::empty()).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (_, waits) = bench.call(&c, "POST", "/v1/capture/session", CONSENT).await;
    assert_eq!(waits["place"], 1, "b is first");
    let (status, _) = bench.call(&b, "POST", "/v1/capture/session", CONSENT).await;
    assert_eq!(status, StatusCode::CREATED);
    let (_, state) = bench.call(&a, "GET", "/v1/capture", Body::empty()).await;
    assert_eq!(state["attempts_left"], 5, "an aborted session is no attempt");
}

#[tokio::test]
async fn frames_are_guided_and_bad_ones_are_refused() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let (link, _) = bench.link("alice", Purpose::Enrol, 5);
    let (_, begun) = bench.call(&link, "POST", "/v1/capture/session", CONSENT).await;
    let path = format!("/v1/capture/session/{}", begun["session"].as_str().unwrap());
    let empty = jpeg(&RgbImage::from_pixel(640, 480, image::Rgb([90; 3])));
    let (status, told) =
        bench.call(&link, "POST", &format!("{path}/frame?at=0"), empty.clone()).await;
    assert_eq!((status, &told["face"]), (StatusCode::OK, &"not_seen".into()), "{told}");
    assert_eq!((&told["asked"], &told["over"]), (&"look".into(), &Value::Bool(false)));
    assert!(told.get("findings").is_none() && told.get("steps").is_none(), "{told}");
    bench.call(&link, "POST", &format!("{path}/frame?at=200"), empty.clone()).await;
    let late = bench.call(&link, "POST", &format!("{path}/frame?at=100"), empty.clone()).await;
    assert_refused(&late, StatusCode::CONFLICT, "too_late");
    let broken = bench.call(&link, "POST", &format!("{path}/frame?at=300"), "no image").await;
    assert_refused(&broken, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_format");
    let large =
        bench.call(&link, "POST", &format!("{path}/frame?at=400"), vec![0; 300 << 10]).await;
    assert_refused(&large, StatusCode::PAYLOAD_TOO_LARGE, "limit_exceeded");
    let mut fast = false;
    for at in 500..1500 {
        let frame = format!("{path}/frame?at={at}");
        let answer = bench.call(&link, "POST", &frame, "x").await;
        if answer.0 == StatusCode::TOO_MANY_REQUESTS {
            assert_refused(&answer, StatusCode::TOO_MANY_REQUESTS, "too_fast");
            fast = true;
            break;
        }
    }
    assert!(fast, "more than a camera gives");
    let unknown = bench.call(&link, "POST", "/v1/capture/session/00/frame?at=0", empty).await;
    assert_refused(&unknown, StatusCode::NOT_FOUND, "no_session");
}

/// On the networks that ship.
#[tokio::test]
async fn a_session_that_shows_too_little_stays_open_and_is_told_in_words() {
    let policy = Policy { liveness: LivenessPolicy::Require, ..Policy::default() };
    let Ok(verifier) = Verifier::open(Profile::Latency, policy) else {
        return skip::<()>(Need::Models, "no models").unwrap_or_default();
    };
    let Some(bench) = Bench::with(verifier, Settings::default()) else { return };
    let Some(photo) = photos().and_then(|photos| photos.into_iter().next()) else { return };
    let key = bench.key("enrol");
    let (status, told) =
        bench.call(&key, "POST", "/v1/subjects/alice/enrolment", photo.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{told}");
    let (link, _) = bench.link("alice", Purpose::Verify, 5);
    let (_, begun) = bench.call(&link, "POST", "/v1/capture/session", CONSENT).await;
    let path = format!("/v1/capture/session/{}", begun["session"].as_str().unwrap());
    let frame = jpeg(&image::load_from_memory(&photo).unwrap().to_rgb8());
    for at in 0..8 {
        let (_, told) = bench
            .call(&link, "POST", &format!("{path}/frame?at={}", 100 * at), frame.clone())
            .await;
        assert_eq!(told["face"], "seen", "{told}");
    }
    let (status, done) =
        bench.call(&link, "POST", &format!("{path}/finish?lang=en"), Body::empty()).await;
    assert_eq!((status, &done["decision"]["outcome"]), (StatusCode::OK, &"undecided".into()));
    let said = done["decision"]["paragraphs"].to_string();
    assert!(!said.is_empty() && !said.contains("attack"), "{said}");
    let again = bench.call(&link, "POST", &format!("{path}/finish"), Body::empty()).await;
    assert_refused(&again, StatusCode::NOT_FOUND, "no_session");
}

/// The whole way of an applicant, on the networks that ship: a simulated person does each step when it
/// is asked for, and is let in; another one with the same link is not.
#[tokio::test]
async fn who_does_what_is_asked_is_let_in_and_another_person_is_not() {
    let policy = Policy { liveness: LivenessPolicy::Require, ..Policy::default() };
    let Ok(verifier) = Verifier::open(Profile::Latency, policy) else {
        return skip::<()>(Need::Models, "no models").unwrap_or_default();
    };
    let Some(actors) = actors(&verifier) else { return };
    let Some(bench) = Bench::with(verifier, Settings::default()) else { return };
    let enrol = bench.key("enrol");
    let path = "/v1/subjects/alice/enrolment";
    let (status, told) = bench.call(&enrol, "POST", path, actors[0].0.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{told}");
    let (link, _) = bench.link("alice", Purpose::Verify, 5);
    let other = perform(&bench, &link, &actors[1].1).await;
    assert_ne!(other["decision"]["outcome"], "match", "{other}");
    let own = perform(&bench, &link, &actors[0].1).await;
    assert_eq!(own["decision"]["outcome"], "match", "{own}");
    let (_, state) = bench.call(&link, "GET", "/v1/capture", Body::empty()).await;
    assert_eq!(state["state"], "decided");
}

/// Two people of LFW who can be simulated, with their photos.
fn actors(verifier: &Verifier) -> Option<Vec<(Vec<u8>, Actor)>> {
    let mesh = FaceMesh::open(Profile::Latency).unwrap();
    let mut found = Vec::new();
    for bytes in photos()? {
        let photo = EncodedSample::from_bytes(&bytes, &verifier.policy().limits).unwrap();
        let photo = photo.decode().unwrap();
        let Detections { faces, .. } = verifier.detector().detect(&photo).unwrap();
        let [face] = faces.as_slice() else { continue };
        if let Some(actor) = Actor::from_photo(photo.pixels(), face.landmarks(), &mesh, 5).unwrap()
        {
            found.push((bytes, actor));
        }
        if found.len() == 2 {
            return Some(found);
        }
    }
    panic!("too few people look into the camera");
}

/// A session at 10 frames per second, to its end.
async fn perform(bench: &Bench, link: &str, actor: &Actor) -> Value {
    let (status, begun) = bench.call(link, "POST", "/v1/capture/session", CONSENT).await;
    assert_eq!(status, StatusCode::CREATED, "{begun}");
    let path = format!("/v1/capture/session/{}", begun["session"].as_str().unwrap());
    let mut performer = Performer::new(actor, TakeSettings::default());
    let mut asked = Value::from("look");
    for at in (0..60_000).step_by(100) {
        let frame = jpeg(&performer.frame(at));
        let (status, told) =
            bench.call(link, "POST", &format!("{path}/frame?at={at}"), frame).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        if told["over"] == true {
            break;
        }
        if told["asked"] != asked {
            asked = told["asked"].clone();
            if let Ok(step) = serde_json::from_value::<Step>(asked.clone()) {
                performer.ask(step, at);
            }
        }
    }
    let (status, done) =
        bench.call(link, "POST", &format!("{path}/finish?lang=en"), Body::empty()).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    done
}
