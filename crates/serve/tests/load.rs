//! The service under load: 32 simultaneous clients over loopback. For a minute on real models:
//! `cargo test -p evenmatch-serve --release load:: -- --ignored --nocapture`.
#![allow(unreachable_pub, dead_code, clippy::unwrap_used, clippy::print_stdout)]

mod bench;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench::{Bench, alice, bob};
use evenmatch::{Policy, Verifier, model::Profile};
use evenmatch_ledger::LedgerFiles;
use evenmatch_serve::{Settings, access::AttemptLimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CLIENTS: usize = 32;

/// Sends one request on its own connection; returns the status and the body.
async fn send(
    to: SocketAddr,
    key: &str,
    path: &str,
    body: &[u8],
) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(to).await?;
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {key}\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    // A busy service answers and closes before it has read the body.
    let sent = stream.write_all(body).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer);
    match text.split(' ').nth(1).and_then(|code| code.parse().ok()) {
        Some(status) => Ok((status, text.into_owned())),
        None => {
            Err(sent.err().or(read.err()).unwrap_or_else(|| std::io::Error::other("no answer")))
        }
    }
}

/// Memory of this process, in kibibytes; `None` if the system does not report it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// What clients send: the subject's photo, another photo, and something that is not a photo.
struct Photos {
    own: Vec<u8>,
    other: Vec<u8>,
}

#[derive(Default)]
struct Counts {
    statuses: BTreeMap<u16, u64>,
    faults: Vec<String>,
}

async fn client(
    to: SocketAddr,
    key: String,
    number: usize,
    photos: Arc<Photos>,
    until: Instant,
) -> Counts {
    let mut counts = Counts::default();
    let subject = format!("s{}", number % 8);
    for turn in number.. {
        if Instant::now() >= until {
            break;
        }
        let path = format!("/v1/subjects/{subject}/verifications");
        let (path, body, allowed): (&str, &[u8], &[u16]) = match turn % 8 {
            0 => ("/v1/subjects/nobody/verifications", &photos.own, &[404, 503]),
            1 => (&path, b"this is no photo", &[415, 422, 429, 503]),
            2 => (&path, &photos.own[..photos.own.len() / 2], &[422, 429, 503]),
            3 | 4 => (&path, &photos.other, &[200, 429, 503]),
            _ => (&path, &photos.own, &[200, 429, 503]),
        };
        match send(to, &key, path, body).await {
            Ok((status, text)) => {
                *counts.statuses.entry(status).or_default() += 1;
                let deliberate = status == 200 || text.contains("\"kind\"");
                if !allowed.contains(&status) || !deliberate {
                    counts.faults.push(format!("{path}: {text}"));
                }
                if status == 503 {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            Err(fault) => counts.faults.push(format!("{path}: {fault}")),
        }
    }
    counts
}

async fn under_load(verifier: Verifier, photos: Photos, time: Duration) {
    let attempts = AttemptLimit { most: 50, within: Duration::from_secs(2) };
    let settings = Settings { attempts, ..Settings::default() };
    let Some(bench) = Bench::with(verifier, settings) else { return };
    let (key, routes) = (bench.key("enrol,verify"), bench.routes.clone());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let to = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    for subject in 0..8 {
        let path = format!("/v1/subjects/s{subject}/enrolment");
        assert_eq!(send(to, &key, &path, &photos.own).await.unwrap().0, 201);
    }

    let (begin, photos) = (Instant::now(), Arc::new(photos));
    let until = begin + time;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| tokio::spawn(client(to, key.clone(), number, Arc::clone(&photos), until)))
        .collect();
    // After a third of the time every buffer has reached its size.
    tokio::time::sleep(time / 3).await;
    let early = resident();
    let mut all = Counts::default();
    for one in clients {
        let Counts { statuses, faults } = one.await.unwrap();
        statuses.into_iter().for_each(|(s, n)| *all.statuses.entry(s).or_default() += n);
        all.faults.extend(faults);
    }
    let (late, seconds) = (resident(), begin.elapsed().as_secs_f64());
    let decided = all.statuses.get(&200).copied().unwrap_or(0);
    println!(
        "{CLIENTS} clients, {seconds:.0} s: answers by status {:?}, {:.1} decisions/s, resident \
         {early:?} KiB after a third, {late:?} at the end",
        all.statuses,
        decided as f64 / seconds
    );
    assert!(all.faults.is_empty(), "{:#?}", &all.faults[..all.faults.len().min(5)]);
    assert!(decided > 0 && all.statuses.contains_key(&503), "{:?}", all.statuses);
    if let (Some(early), Some(late)) = (early, late) {
        assert!(late < early + early / 10 + 16 * 1024, "{early} KiB grew to {late}");
    }
    serving.abort();
    let report = LedgerFiles::open(&bench.folder.path().join("ledger")).unwrap().verify(None, None);
    let report = report.unwrap();
    assert!(report.is_whole() && report.decisions == decided, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_get_answers_or_deliberate_refusals() {
    let photos = Photos { own: alice(), other: bob() };
    let verifier = Verifier::with_null_networks(Policy::default()).unwrap();
    under_load(verifier, photos, Duration::from_secs(6)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a minute; run in release"]
async fn a_minute_of_many_clients_on_real_models() {
    let Some(data) = evenmatch_testfaces::data_dir() else { return };
    let profile = Profile::Throughput { workers: 2 };
    let Some(verifier) = evenmatch_testfaces::verifier(profile, Policy::default()) else { return };
    let all = evenmatch_testfaces::lfw(&data);
    let other = all.iter().find(|photo| photo.subject != all[0].subject).unwrap();
    let read = |photo: &evenmatch_testfaces::LfwPhoto| std::fs::read(&photo.path).unwrap();
    let photos = Photos { own: read(&all[0]), other: read(other) };
    under_load(verifier, photos, Duration::from_secs(60)).await;
}
