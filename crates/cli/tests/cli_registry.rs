//! Keys, enrolments, ledger and appeals as people run them. Tests that need faces print
//! that they skip if the models and the data set are missing.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;
use std::process::{Command, Output};

use evenmatch::{Policy, model::Profile};
use serde_json::Value;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        assert_eq!(place.run(&["keys", "new", "{}/k"]).0, 0);
        place
    }

    /// Runs the command; `{}` stands for the folder.
    fn output(&self, words: &[&str]) -> Output {
        let folder = self.folder.path().display().to_string();
        let words = words.iter().map(|word| word.replace("{}", &folder));
        Command::new(env!("CARGO_BIN_EXE_evenmatch"))
            .args(words)
            .env("EVENMATCH_REGISTRY", self.folder.path().join("data"))
            .env_remove("EVENMATCH_MASTER_KEY")
            .output()
            .unwrap()
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        let output = self.output(words);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// With the key, and the output as JSON.
    fn json(&self, words: &[&str]) -> (i32, Value) {
        let (code, out, err) = self.run(&[words, &["--key-file", "{}/k"]].concat());
        (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}\n{err}")))
    }
}

#[test]
fn without_people_everything_answers() {
    let place = Place::new();
    let (code, list) = place.json(&["list", "--json"]);
    assert_eq!((code, list["enrolled"].as_array().unwrap().len()), (0, 0));
    let (code, report) = place.json(&["ledger", "verify", "--enrolments", "--json"]);
    assert_eq!((code, &report["whole"], &report["entries"]), (0, &Value::Bool(true), &2.into()));
    let (code, out, _) = place.run(&["ledger", "verify"]);
    assert!(code == 0 && out.contains("whole") && out.contains("own word"), "{out}");
    let (code, _, err) = place.run(&["forget", "nobody", "--key-file", "{}/k"]);
    assert!(code == 2 && err.contains("nobody is enrolled") && err.contains("next:"), "{err}");
    let (code, run) = place.json(&["retention", "run", "--dry-run"]);
    assert_eq!((code, &run["enrolled"]), (0, &0.into()));
    let (code, _, err) = place.run(&["ledger", "show", "d-0"]);
    assert!(code == 2 && err.contains("no decision"), "{err}");
}

#[test]
fn keys_are_asked_for_and_wrong_ones_refused() {
    let place = Place::new();
    let (code, _, err) = place.run(&["list"]);
    assert!(code == 2 && err.contains("EVENMATCH_MASTER_KEY") && err.contains("keys new"), "{err}");
    assert!(!place.folder.path().join("data").exists(), "without a key nothing is made");
    assert_eq!(place.json(&["list", "--json"]).0, 0);
    assert_eq!(place.run(&["keys", "new", "{}/other"]).0, 0);
    let (code, _, err) = place.run(&["list", "--key-file", "{}/other"]);
    assert!(code == 2 && err.contains("another master key"), "{err}");
    assert_eq!(place.run(&["keys", "new", "{}/k"]).0, 2, "a key is never overwritten");
    assert_eq!(place.run(&["keys", "change", "--key-file", "{}/k", "--to", "{}/other"]).0, 0);
    assert_eq!(place.run(&["list", "--key-file", "{}/other"]).0, 0);
    assert_eq!(place.run(&["list", "--key-file", "{}/k"]).0, 2);
    let (code, out, _) = place.run(&["list", "--json", "--key-command", "cat '{}/other'"]);
    assert!(code == 0 && out.contains("evenmatch.enrolments/1"));
}

#[test]
fn a_changed_ledger_is_reported_with_its_place() {
    let place = Place::new();
    place.json(&["list", "--json"]);
    let path = place.folder.path().join("data/ledger/000001.log");
    let text =
        std::fs::read_to_string(&path).unwrap().replace("evenmatch.ledger/1", "evenmatch.ledger/2");
    std::fs::write(&path, text).unwrap();
    let (code, _, err) = place.run(&["ledger", "verify"]);
    assert!(code == 2 && err.contains("000001.log:1"), "{err}");
}

#[test]
fn one_person_from_enrolment_to_receipt() {
    let Some(data) = evenmatch_testfaces::data_dir() else { return };
    if evenmatch_testfaces::verifier(Profile::Latency, Policy::default()).is_none() {
        return;
    }
    let photos = evenmatch_testfaces::lfw(&data);
    let three = photos.windows(3).find(|w| w[0].subject == w[2].subject).unwrap();
    let other = photos.iter().find(|p| p.subject != three[0].subject).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let [first, second, third] = [0, 1, 2].map(|i| text(&three[i].path));
    let other = text(&other.path);

    let place = Place::new();
    let enrol = ["enrol", "alice", &first, &second, "--attribute", "group=x", "--json"];
    let (code, enrolled) = place.json(&enrol);
    assert_eq!(code, 0, "{enrolled}");
    assert!(enrolled["enrolled"]["spread"]["least_between"].is_f64());
    assert_eq!(place.run(&[&enrol[..], &["--key-file", "{}/k"]].concat()).0, 2, "enrolled already");
    let verify =
        |probe: &str| place.json(&["verify", "--subject", "alice", "--probe", probe, "--json"]);
    let (code, record) = verify(&third);
    assert_eq!((code, &record["outcome"]), (0, &"match".into()));
    let (code, refused) = verify(&other);
    assert_eq!((code, &refused["outcome"]), (1, &"non_match".into()));
    let id = refused["id"].as_str().unwrap();

    let (code, replay) = place.json(&["replay", id, "--subject", "alice", "--probe", &other]);
    assert_eq!((code, &replay["identical"]), (0, &Value::Bool(true)), "{replay}");
    let (code, replay) = place.json(&["replay", id, "--subject", "alice", "--probe", &third]);
    assert_eq!((code, &replay["causes"][0]), (1, &"the probe is another file".into()));

    // The person gets an explanation in their language, from the ledger and without a key.
    let (code, told, _) = place.run(&["explain", id, "--lang", "ht"]);
    assert!(code == 0 && told.contains(id) && !told.contains("Not confirmed"), "{told}");
    let (code, page, _) = place.run(&["explain", id, "--lang", "ar", "--format", "html"]);
    assert!(code == 0 && page.contains("dir=\"rtl\"") && page.contains(id), "{page}");
    assert_eq!(place.run(&["explain", "d-0"]).0, 2);

    assert_eq!(place.json(&["appeal", "open", id, "--note", "it is me"]).0, 0);
    let resolve = ["appeal", "resolve", id, "--by", "r", "--outcome", "upheld", "--reason", "not"];
    assert_eq!(place.json(&resolve).0, 0);
    let (_, shown) = place.json(&["ledger", "show", id]);
    assert_eq!(shown["appeal"]["state"], "upheld");
    assert_eq!(shown["entry"]["body"]["disposition"], "person_must_look");
    let (_, rates) = place.json(&["appeal", "rates", "--by", "group"]);
    assert_eq!(
        (&rates["groups"][0]["group"], &rates["groups"][0]["resolved"]),
        (&"x".into(), &1.into())
    );

    let records = ["ledger", "export", "--records", "{}/r.csv", "--truth", "claimed"];
    assert_eq!(place.json(&records).1["records"], 2);
    let folder = place.folder.path();
    std::fs::write(folder.join("rates.json"), rates.to_string()).unwrap();
    let audit = ["audit", "--records", "{}/r.csv", "--out", "{}/report", "--threshold", "0.4"];
    let (code, _, err) = place.run(&[&audit[..], &["--appeals", "{}/rates.json"]].concat());
    assert!(code != 2, "{err}");
    for (file, says) in [
        ("report.html", "Decisions overturned by group"),
        ("summary.md", "## Appeals by group"),
        ("report.json", "evenmatch.appeal.rates/1"),
    ] {
        let text = std::fs::read_to_string(folder.join("report").join(file)).unwrap();
        assert!(text.contains(says), "{file}");
    }
    let (code, _, err) = place.run(&[&audit[..], &["--appeals", "{}/r.csv"]].concat());
    assert!(code == 2 && err.contains("r.csv") && err.contains("appeal rates"), "{err}");

    let (_, disclosed) = place.json(&["disclose", "alice"]);
    assert_eq!(disclosed["decisions"].as_array().unwrap().len(), 2);
    assert_eq!(disclosed["held"][0]["item"], "template");
    let page = ["disclose", "alice", "--key-file", "{}/k", "--html", "{}/alice.html"];
    assert_eq!(place.run(&[&page[..], &["--lang", "es"]].concat()).0, 0);
    let page = std::fs::read_to_string(folder.join("alice.html")).unwrap();
    assert!(page.contains("Qué guardamos sobre alice") && page.contains(id), "{page}");
    assert_eq!(
        place.run(&["forget", "alice", "--receipt", "{}/receipt.json", "--key-file", "{}/k"]).0,
        0
    );
    let (_, key, _) = place.run(&["ledger", "key"]);
    let check = |subject: &str| {
        let words =
            ["receipt", "{}/receipt.json", "--public-key", key.trim(), "--subject", subject];
        place.run(&[&words[..], &["--ledger", "{}/data/ledger"]].concat()).0
    };
    assert_eq!((check("alice"), check("bob")), (0, 1));
    let (code, report) = place.json(&["ledger", "verify", "--enrolments", "--json"]);
    assert_eq!((code, &report["whole"]), (0, &Value::Bool(true)));
    // A decision by two photos is logged only on request.
    let plain = ["verify", "--reference", &first, "--probe", &third, "--json"];
    let (_, out, _) = place.run(&plain);
    let id = serde_json::from_str::<Value>(&out).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(place.run(&["ledger", "show", &id]).0, 2);
    assert_eq!(place.json(&[&plain[..], &["--log"]].concat()).0, 0);
    let (code, replay) = place.json(&["replay", &id, "--reference", &first, "--probe", &third]);
    assert_eq!((code, &replay["identical"]), (0, &Value::Bool(true)), "{replay}");
}
