//! Processes that are killed in the middle, and processes that write at once: what was
//! acknowledged is there, nothing is half there, and the ledger verifies.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::support::*;
use evenmatch::Probe;
use evenmatch_ledger::{EntryKind, LedgerFiles};
use evenmatch_registry::{DeletionGround, DeletionReceipt, EnrolSettings};

const FOLDER: &str = "EVENMATCH_TEST_CRASH_FOLDER";
const NAME: &str = "EVENMATCH_TEST_CRASH_NAME";

/// Writes to the parent at once, bypassing the output capture of the test harness.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n@{text}").unwrap();
    out.flush().unwrap();
}

/// Not a test by itself: the work of the child processes until they are killed.
#[test]
fn child() {
    let (Ok(folder), Ok(name)) = (std::env::var(FOLDER), std::env::var(NAME)) else { return };
    let verifier = verifier();
    let looks: Vec<_> = (0..4).map(|n| verifier.acquire::<Probe>(&photo(n)).unwrap()).collect();
    let registry = open(Path::new(&folder));
    say("ready");
    let short = format!("short-{name}");
    for number in 0.. {
        let subject = format!("{name}-{number}");
        let one = &looks[number % 4..number % 4 + 1];
        say(&format!("try enrol {subject}"));
        // Every second one is enrolled with a period that ends at once, for retention.
        let settings = EnrolSettings {
            purpose: if number % 2 == 0 { short.clone() } else { String::new() },
            ..EnrolSettings::default()
        };
        registry.enrol_acquired(&verifier, &subject, one, &settings).unwrap();
        say(&format!("done enrol {subject}"));
        let enrolment = registry.enrolment(&subject).unwrap();
        let reference = enrolment.reference(&verifier, None).unwrap();
        let record = verifier.decide(&reference, &looks[(number + 1) % 4]).unwrap();
        let at = registry.decided(Some(&enrolment), record, verifier.policy()).unwrap();
        say(&format!("done decide {} {}", at.sequence, at.hash));
        if number % 3 == 0 {
            say(&format!("try forget {subject}"));
            let receipt = registry.forget(&subject, DeletionGround::Request).unwrap();
            let json = serde_json::to_string(&receipt).unwrap();
            say(&format!("done forget {subject} {json}"));
        } else if number % 5 == 0 {
            let policy = format!("[retention.purposes]\n{short} = 1");
            let policy: evenmatch::Policy = policy.parse().unwrap();
            let later = enrolment.enrolled_at + 2 * 86_400_000;
            say("try retain");
            let run = registry.retain(&policy.retention, later, false).unwrap();
            for (due, receipt) in run.due.iter().zip(&run.receipts) {
                let json = serde_json::to_string(receipt).unwrap();
                say(&format!("done forget {} {json}", due.subject));
            }
        }
    }
}

fn spawn(folder: &Path, name: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crashes::child", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(NAME, name)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What the children reported.
#[derive(Default)]
struct Said {
    enrolled: BTreeSet<String>,
    /// Those acknowledged as deleted; below, those for whom it is not known.
    forgotten: BTreeSet<String>,
    in_doubt: BTreeSet<String>,
    decisions: Vec<(u64, String)>,
    receipts: Vec<DeletionReceipt>,
}

impl Said {
    /// Records what a child reported; `retaining` marks those whose period has ended as in doubt.
    fn take(&mut self, lines: &[String]) {
        for line in lines {
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            match words[..] {
                ["done", "enrol", subject] => {
                    self.enrolled.insert(subject.to_owned());
                }
                ["done", "decide", sequence, hash] => {
                    self.decisions.push((sequence.parse().unwrap(), hash.to_owned()));
                }
                ["try", "forget", subject] => {
                    self.in_doubt.insert(subject.to_owned());
                }
                ["try", "retain"] => {
                    let short = |subject: &&String| {
                        subject.rsplit('-').next().unwrap().parse::<u32>().unwrap() % 2 == 0
                    };
                    self.in_doubt.extend(self.enrolled.iter().filter(short).cloned());
                }
                ["done", "forget", subject, receipt] => {
                    self.forgotten.insert(subject.to_owned());
                    self.receipts.push(serde_json::from_str(receipt).unwrap());
                }
                _ => {}
            }
        }
    }

    /// Opens everything as the next process would, and checks it.
    fn check(&self, folder: &Path) {
        let registry = open(folder);
        let report = registry.check().unwrap();
        assert!(report.is_whole(), "{report:?}");
        let files = LedgerFiles::open(&folder.join("ledger")).unwrap();
        let verified = files.verify(None, None).unwrap();
        assert!(verified.is_whole() && verified.unfinished_bytes == 0, "{verified:?}");
        let listed: BTreeSet<String> =
            registry.list().unwrap().into_iter().map(|one| one.subject).collect();
        for subject in &self.enrolled {
            let there = listed.contains(subject);
            assert!(there || self.in_doubt.contains(subject), "{subject} was lost");
            assert!(!(there && self.forgotten.contains(subject)), "{subject} is back");
        }
        // Nothing is half there: everyone in the store is in the ledger, and nobody is in the store
        // once the ledger has the receipt.
        let mut told = BTreeSet::new();
        let mut deleted = BTreeSet::new();
        let mut hashes = std::collections::BTreeMap::new();
        files
            .each(|entry| {
                let body: serde_json::Value = entry.read()?;
                let subject = body["subject"].as_str().unwrap_or_default().to_owned();
                match entry.kind {
                    EntryKind::Enrolled => assert!(told.insert(subject), "told twice"),
                    EntryKind::Deleted => assert!(deleted.insert(subject), "told twice"),
                    EntryKind::Decision => {
                        hashes.insert(entry.sequence, entry.hash.to_string());
                    }
                    _ => {}
                }
                Ok(true)
            })
            .unwrap();
        let stored: BTreeSet<String> = listed
            .iter()
            .map(|subject| registry.enrolment(subject).unwrap().details.pseudonym)
            .collect();
        let expected: BTreeSet<String> = told.difference(&deleted).cloned().collect();
        assert_eq!(stored, expected);
        for (sequence, hash) in &self.decisions {
            assert_eq!(hashes.get(sequence), Some(hash), "decision {sequence} was lost");
        }
        let public = registry.ledger().public_key();
        for receipt in self.receipts.iter().rev().take(20) {
            assert!(receipt.check(&public, None, Some(&files)).unwrap().is_whole());
        }
    }
}

/// Reads a child's lines until it ends; the receiver is told when it is ready.
fn listen(child: &mut Child) -> (std::thread::JoinHandle<Vec<String>>, Receiver<()>) {
    let out = BufReader::new(child.stdout.take().unwrap());
    let (ready, heard) = channel();
    let lines = std::thread::spawn(move || {
        let lines = out.lines().map_while(Result::ok);
        // An incomplete line does not count: the child had not finished saying it.
        lines
            .filter_map(|line| line.strip_prefix('@').map(str::to_owned))
            .inspect(|line| {
                if line == "ready" {
                    let _ = ready.send(());
                }
            })
            .collect()
    });
    (lines, heard)
}

fn kill_at_random(rounds: u32) {
    let folder = tempfile::tempdir().unwrap();
    let mut said = Said::default();
    let mut state = u64::from(std::process::id());
    let mut acknowledged = 0;
    for round in 0..rounds {
        let mut child = spawn(folder.path(), &format!("r{round}"));
        let (lines, ready) = listen(&mut child);
        // One in four is killed while it starts.
        if round % 4 != 0 {
            ready.recv().unwrap();
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_millis((state >> 40) % 400));
        child.kill().unwrap();
        child.wait().unwrap();
        let lines = lines.join().unwrap();
        acknowledged += lines.iter().filter(|line| line.starts_with("done")).count();
        // The last line may be incomplete.
        said.take(&lines[..lines.len() - usize::from(lines.last().is_some_and(|l| cut(l)))]);
        said.check(folder.path());
    }
    println!(
        "{rounds} kills, {acknowledged} acknowledged: {} enrolled, {} forgotten, {} decisions; \
         none lost",
        said.enrolled.len(),
        said.forgotten.len(),
        said.decisions.len()
    );
    assert!(acknowledged > rounds as usize, "the children did next to nothing");
}

/// Whether the end of a receipt or a hash is missing.
fn cut(line: &str) -> bool {
    match line.split(' ').nth(1) {
        Some("forget") if line.starts_with("done") => !line.ends_with('}'),
        Some("decide") => line.rsplit(' ').next().is_none_or(|hash| hash.len() != 64),
        _ => false,
    }
}

fn two_at_once(time: Duration) {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let mut children: Vec<Child> =
        ["a", "b"].iter().map(|name| spawn(folder.path(), name)).collect();
    let lines: Vec<_> = children.iter_mut().map(listen).collect();
    lines.iter().for_each(|(_, ready)| ready.recv().unwrap());
    let start = Instant::now();
    while start.elapsed() < time {
        std::thread::sleep(Duration::from_millis(100));
        for child in &mut children {
            assert!(child.try_wait().unwrap().is_none(), "a writer has failed");
        }
    }
    for child in &mut children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let mut said = Said::default();
    let mut each = Vec::new();
    for (lines, _) in lines {
        let lines: Vec<String> = lines.join().unwrap().into_iter().filter(|l| !cut(l)).collect();
        each.push(lines.iter().filter(|line| line.starts_with("done")).count());
        said.take(&lines);
    }
    said.check(folder.path());
    println!("two writers for {time:?}: {each:?} acknowledged, none lost");
    assert!(each.iter().all(|count| *count > 5), "one of them was starved: {each:?}");
}

#[test]
fn thirty_kills_lose_nothing() {
    kill_at_random(30);
}

#[test]
#[ignore = "takes minutes"]
fn two_hundred_kills_lose_nothing() {
    kill_at_random(200);
}

#[test]
fn two_writers_for_three_seconds_lose_nothing() {
    two_at_once(Duration::from_secs(3));
}

#[test]
#[ignore = "takes a minute"]
fn two_writers_for_a_minute_lose_nothing() {
    two_at_once(Duration::from_secs(60));
}
