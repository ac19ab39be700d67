//! A thousand requests of twenty kinds that are wrong: each gets an answer that `openapi.json` names,
//! and afterwards the service works as before.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;

use crate::bench::{Bench, alice};
use evenmatch_serve::{Settings, access::AttemptLimit, access::Purpose};
use evenmatch_testkit::Random;

/// One request: method, path, who asks, body, and the path in the document.
type Wrong = (&'static str, String, String, Vec<u8>, &'static str);

const ENROL: &str = "/v1/subjects/{subject}/enrolment";
const VERIFY: &str = "/v1/subjects/{subject}/verifications";
const SUBJECT: &str = "/v1/subjects/{subject}";
const DECISION: &str = "/v1/subjects/{subject}/decisions/{number}";
const APPEAL: &str = "/v1/subjects/{subject}/decisions/{number}/appeal";
const LINKS: &str = "/v1/links";
const BEGIN: &str = "/v1/capture/session";
const FRAME: &str = "/v1/capture/session/{id}/frame";
const PHOTO: &str = "/v1/capture/photo";

fn noise(random: &mut Random, most: usize) -> Vec<u8> {
    (0..random.below(most)).map(|_| random.below(256) as u8).collect()
}

fn cut(random: &mut Random) -> Vec<u8> {
    let mut photo = alice();
    photo.truncate(random.below(photo.len() - 20));
    photo
}

fn flipped(random: &mut Random) -> Vec<u8> {
    let mut photo = alice();
    for _ in 0..40 {
        let place = random.below(photo.len());
        photo[place] ^= 1 << random.below(8);
    }
    photo
}

fn text(random: &mut Random) -> String {
    noise(random, 60).into_iter().map(|byte| char::from(b' ' + byte % 94)).collect()
}

/// One of twenty kinds.
fn wrong(kind: usize, random: &mut Random, key: &str, link: &str, session: &str) -> Wrong {
    let of = |path: &str| path.replace("{subject}", "alice").replace("{number}", "1");
    let (key, link) = (key.to_owned(), link.to_owned());
    let frame = format!("/v1/capture/session/{session}/frame");
    match kind {
        0 => ("POST", of(ENROL), String::new(), alice(), ENROL),
        1 => ("POST", of(ENROL), format!("Bearer evk_{}", random.below(1 << 30)), alice(), ENROL),
        2 => ("POST", of(VERIFY), key, noise(random, 3000), VERIFY),
        3 => ("POST", of(VERIFY), key, cut(random), VERIFY),
        4 => ("POST", of(VERIFY), key, flipped(random), VERIFY),
        5 => (
            "POST",
            format!("/v1/subjects/nobody{}/verifications", random.below(99)),
            key,
            alice(),
            VERIFY,
        ),
        6 => (
            "GET",
            format!("/v1/subjects/alice/decisions/{}", 1000 + random.below(1 << 20)),
            key,
            vec![],
            DECISION,
        ),
        7 => (
            "GET",
            format!("/v1/subjects/alice/decisions/x{}", random.below(99)),
            key,
            vec![],
            DECISION,
        ),
        8 => ("GET", of(DECISION) + "?lang=xx", key, vec![], DECISION),
        9 => ("POST", of(APPEAL), key, vec![0xff; 1 + random.below(50)], APPEAL),
        10 => ("POST", LINKS.to_owned(), key, text(random).into_bytes(), LINKS),
        11 => {
            ("POST", LINKS.to_owned(), key, br#"{"subject":"a","purpose":"other"}"#.to_vec(), LINKS)
        }
        12 => (
            "POST",
            LINKS.to_owned(),
            key,
            format!(
                r#"{{"subject":"a","purpose":"enrol","minutes":{}}}"#,
                20_000 + random.below(1 << 20)
            )
            .into_bytes(),
            LINKS,
        ),
        13 => ("POST", LINKS.to_owned(), key, vec![b'['; (64 << 10) + 1 + random.below(9)], LINKS),
        14 => ("POST", BEGIN.to_owned(), link, text(random).into_bytes(), BEGIN),
        15 => (
            "POST",
            BEGIN.to_owned(),
            format!("Link evl_{}", random.below(1 << 30)),
            br#"{"consent":true}"#.to_vec(),
            BEGIN,
        ),
        16 => ("POST", format!("{frame}?at={}", random.below(9)), link, noise(random, 2000), FRAME),
        17 => ("POST", format!("{frame}?at=-{}", random.below(9)), link, noise(random, 20), FRAME),
        18 => ("POST", PHOTO.to_owned(), link, noise(random, 3000), PHOTO),
        _ => (
            "GET",
            format!("/v1/subjects/{}", "a".repeat(257 + random.below(50))),
            key,
            vec![],
            SUBJECT,
        ),
    }
}

#[tokio::test]
async fn a_thousand_wrong_requests_get_the_documented_answers() {
    let attempts = AttemptLimit { most: 10_000, ..AttemptLimit::default() };
    let Some(bench) = Bench::new(Settings { attempts, ..Settings::default() }) else { return };
    let document: Value = serde_json::from_str(include_str!("../src/openapi.json")).unwrap();
    let key = bench.key("enrol,verify,read,appeal,delete,link");
    let (status, _) = bench.call(&key, "POST", "/v1/subjects/alice/enrolment", alice()).await;
    assert_eq!(status, StatusCode::CREATED);
    let (link, _) = bench.link("alice", Purpose::Verify, 60);
    let consent = r#"{"consent":true}"#;
    let (_, begun) = bench.call(&link, "POST", BEGIN, consent).await;
    let session = begun["session"].as_str().unwrap().to_owned();
    let mut random = Random::new(11);
    let mut seen = BTreeMap::new();
    for number in 0..1000 {
        let kind = number % 20;
        let (method, path, who, body, named) = wrong(kind, &mut random, &key, &link, &session);
        let request = Request::builder().method(method).uri(&path).header("x-consent", "yes");
        let request = if who.is_empty() { request } else { request.header("authorization", who) };
        let (status, answer) = bench.send(request.body(Body::from(body)).unwrap()).await;
        let documented = &document["paths"][named][method.to_lowercase()]["responses"];
        assert!(documented.get(status.as_str()).is_some(), "kind {kind}: {status} {answer}");
        // Flipped bits may leave a photo whole; every other one is refused with a reason.
        let refused = status.is_client_error() && answer["error"]["kind"].is_string();
        assert!(refused || kind == 4 && status == StatusCode::OK, "kind {kind}: {status} {answer}");
        seen.entry(kind).or_insert(status);
    }
    assert_eq!(seen.len(), 20);
    let (status, decided) =
        bench.call(&key, "POST", "/v1/subjects/alice/verifications", alice()).await;
    assert_eq!((status, &decided["outcome"]), (StatusCode::OK, &"match".into()));
}
