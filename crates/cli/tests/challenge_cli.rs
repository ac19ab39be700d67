//! The command `evenmatch challenge`, and `verify` with the frames that answer one.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use evenmatch::{Policy, Sample, mesh::FaceMesh, model::Profile};
use evenmatch_testfaces::people::people;
use serde_json::Value;

fn evenmatch(desk: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
    command.args(arguments).env("EVENMATCH_CHALLENGES", desk).stdin(Stdio::null());
    command.output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn challenges_are_made_and_bad_answers_are_errors_that_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let desk = folder.path().join("desk");
    let made = evenmatch(&desk, &["challenge", "new", "--json", "--steps", "2"]);
    assert_eq!(made.status.code(), Some(0));
    let challenge = json(&made);
    assert_eq!(challenge["schema"], "evenmatch.challenge/1");
    assert_eq!(challenge["nonce"].as_str().unwrap().len(), 32);
    assert_eq!(challenge["steps"].as_array().unwrap().len(), 2);
    let words = evenmatch(&desk, &["challenge", "new"]);
    assert!(String::from_utf8_lossy(&words.stdout).contains("look into the camera"));

    let nonce = challenge["nonce"].as_str().unwrap();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    std::fs::write(empty.join("notes.txt"), "no picture").unwrap();
    let single = folder.path().join("one.png");
    image::RgbImage::new(9, 9).save(&single).unwrap();
    for (frames, says) in [
        (text(&empty), "there are no images in this folder"),
        (text(&single), "a single image"),
        ("nowhere", "there is no such file"),
    ] {
        let output =
            evenmatch(&desk, &["challenge", "check", "--nonce", nonce, "--frames", frames]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(says) && error.contains(frames), "{error}");
        assert!(output.stdout.is_empty());
    }
    let steps = evenmatch(&desk, &["challenge", "new", "--steps", "7"]);
    assert_eq!(steps.status.code(), Some(2));
    // Frames need liveness and a nonce.
    let alone = evenmatch(&desk, &["verify", "--reference", "a.jpg", "--frames", "b"]);
    assert_eq!(alone.status.code(), Some(2));
}

#[test]
fn a_person_can_ask_for_other_movements_more_time_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let desk = folder.path().join("desk");
    let new = |more: &[&str]| evenmatch(&desk, &[&["challenge", "new"], more].concat());
    let without = ["--json", "--time", "2", "--without", "turn-left,turn-right,blink"];
    for _ in 0..20 {
        let challenge = json(&new(&without));
        for timed in challenge["steps"].as_array().unwrap() {
            let step = timed["step"].as_str().unwrap();
            assert!(!["turn_left", "turn_right", "blink"].contains(&step), "{challenge}");
            let ms = timed["until_ms"].as_u64().unwrap() - timed["from_ms"].as_u64().unwrap();
            assert_eq!(ms, 6000);
        }
        assert!(challenge.get("person_looks").is_none(), "{challenge}");
    }
    let still = json(&new(&["--json", "--steps", "0"]));
    assert_eq!((&still["person_looks"], &still["steps"]), (&true.into(), &serde_json::json!([])));
    let words = String::from_utf8_lossy(&new(&["--steps", "0"]).stdout).into_owned();
    assert!(words.contains("a person must look") && words.contains("within 2 minutes"), "{words}");
    for impossible in [&["--steps", "1"][..], &["--time", "9"], &["--without", "wink"]] {
        assert_eq!(new(impossible).status.code(), Some(2), "{impossible:?}");
    }
    let few = new(&["--without", "turn-left,turn-right,look-up,look-down,blink"]);
    assert_eq!(few.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&few.stderr).contains("leave at least 3"), "{few:?}");
    let help = String::from_utf8_lossy(&new(&["--help"]).stdout).into_owned();
    assert!(help.contains("--without") && help.contains("--time"), "{help}");
}

#[test]
fn a_rehearsed_session_passes_once_and_verifies_its_person() {
    let Some(data) = evenmatch_testfaces::data_dir() else { return };
    let profile = Profile::Throughput { workers: 1 };
    let Some(verifier) = evenmatch_testfaces::verifier(profile, Policy::default()) else { return };
    let Some(mesh) = evenmatch_testfaces::or_skip(FaceMesh::open(profile)) else { return };
    let person = people(&data, "lfw.csv", true, (9, 1), (&verifier, &mesh)).remove(0);
    let folder = tempfile::tempdir().unwrap();
    let desk = folder.path().join("desk");
    let photo = folder.path().join("person.png");
    person.photo.save(&photo).unwrap();
    let rehearse = |name: &str, kind: &str| {
        let made = evenmatch(&desk, &["challenge", "new", "--json", "--steps", "2"]);
        let challenge = folder.path().join(format!("{name}.json"));
        std::fs::write(&challenge, &made.stdout).unwrap();
        let frames = folder.path().join(name);
        let (challenge, frames) = (text(&challenge), text(&frames));
        let drawn = evenmatch(
            &desk,
            &[
                "challenge",
                "rehearse",
                "--challenge",
                challenge,
                "--photo",
                text(&photo),
                "--kind",
                kind,
                "--fps",
                "10",
                "--out",
                frames,
            ],
        );
        assert_eq!(drawn.status.code(), Some(0), "{drawn:?}");
        let nonce = json(&made)["nonce"].as_str().unwrap().to_owned();
        (nonce, frames.to_owned())
    };

    let (nonce, frames) = rehearse("live", "live");
    // An unknown nonce is an error and uses up nothing.
    let other = "0".repeat(32);
    let unknown = evenmatch(&desk, &["challenge", "check", "--nonce", &other, "--frames", &frames]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("challenge new"));

    let arguments = ["challenge", "check", "--nonce", &nonce, "--frames", &frames, "--json"];
    let passed = evenmatch(&desk, &arguments);
    let report = json(&passed);
    assert_eq!(
        (passed.status.code(), &report["outcome"]),
        (Some(0), &Value::from("pass")),
        "{report}"
    );
    assert_eq!(report["schema"], "evenmatch.session/1");
    assert!(report["steps"].as_array().unwrap().iter().all(|step| step["done"] == true));
    // A second answer finds the nonce used up.
    let again = evenmatch(&desk, &arguments);
    let report = json(&again);
    // So does an upload that was tried again: that accuses nobody.
    let open = (Some(3), &Value::from("inconclusive"));
    assert_eq!((again.status.code(), &report["outcome"]), open);
    assert_eq!(report["findings"], serde_json::json!(["nonce_reused"]));

    // Through verify: the person of the photo matches, with the session as evidence.
    let verify = |nonce: &str, frames: &str| {
        let reference = text(&photo);
        let who = ["verify", "--reference", reference, "--liveness", "require", "--json"];
        let output =
            evenmatch(&desk, &[&who[..], &["--nonce", nonce, "--frames", frames]].concat());
        (output.status.code(), json(&output))
    };
    let (nonce, frames) = rehearse("verified", "live");
    let (code, record) = verify(&nonce, &frames);
    assert_eq!(record["liveness"]["outcome"], "pass", "{record}");
    assert_eq!((code, &record["outcome"]), (Some(0), &Value::from("match")));
    assert_eq!(record["liveness"]["session"]["nonce"], nonce.as_str());
    let (nonce, frames) = rehearse("logged", "live");
    a_logged_session_replays_from_its_frame(folder.path(), &photo, &nonce, &frames);

    // A print of the same photo is similar enough, but not a match under `require`.
    let (nonce, frames) = rehearse("print", "print");
    let (code, record) = verify(&nonce, &frames);
    assert_eq!((code, &record["outcome"]), (Some(3), &Value::from("undecided")));
}

/// The frames are not stored, but one of them was the probe. With that one, the decision is the same
/// bit for bit, and the session's evidence is reported as the record's.
fn a_logged_session_replays_from_its_frame(folder: &Path, photo: &Path, nonce: &str, frames: &str) {
    let (desk, key, data) = (folder.join("desk"), folder.join("key"), folder.join("registry"));
    assert_eq!(evenmatch(&desk, &["keys", "new", text(&key)]).status.code(), Some(0));
    let place = ["--data", text(&data), "--key-file", text(&key)];
    let who = ["verify", "--reference", text(photo), "--liveness", "require", "--json", "--log"];
    let session = ["--nonce", nonce, "--frames", frames];
    let record = json(&evenmatch(&desk, &[&who[..], &session, &place].concat()));
    assert_eq!(record["outcome"], "match", "{record}");

    let of =
        |path: &Path| Sample::from_rgb(image::open(path).unwrap().to_rgb8()).digest().to_string();
    let presented = std::fs::read_dir(frames)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "png"))
        .find(|path| record["probe"]["sha256"] == of(path).as_str())
        .unwrap();
    let replay = |probe: &Path| {
        let id = record["id"].as_str().unwrap();
        let words = ["replay", id, "--reference", text(photo), "--probe", text(probe)];
        let output = evenmatch(&desk, &[&words[..], &place].concat());
        (output.status.code(), json(&output))
    };
    let (code, again) = replay(&presented);
    assert_eq!((code, &again["identical"]), (Some(0), &Value::from(true)), "{again}");
    assert_eq!(again["taken_over"], serde_json::json!(["liveness.session"]));
    let (code, again) = replay(photo);
    assert_eq!((code, &again["causes"][0]), (Some(1), &"the probe is another file".into()));
}
