//! The models' folder: only files with the pinned digest come out of it.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::path::Path;
use std::process::{Command, Output};

use evenmatch::model::{FileState, Manifest, ModelStore, Role, VerifiedModel};
use evenmatch_core::{Digest, ErrorKind};

/// The smallest ONNX model: an empty graph.
const EMPTY_GRAPH: &[u8] = &[0x3a, 0x00];
/// A graph with one initialiser whose `data_location` is EXTERNAL.
const EXTERNAL: &[u8] = &[0x3a, 0x04, 0x2a, 0x02, 0x70, 0x01];

/// A store whose only model is a user's own file with this digest.
fn own_store(folder: &Path, sha256: Digest) -> ModelStore {
    let text = format!(
        "schema = \"evenmatch.models/1\"\n[defaults]\ndetector = \"own\"\n[[model]]\nid = \"own\"\n\
         role = \"detector\"\nfile = \"own.onnx\"\nsha256 = \"{sha256}\"\nlicense = \"mine\"\n\
         training_data = \"none\"\ninput = {{ multiple_of = 32, channels = \"bgr\", \
         mean = [0, 0, 0], scale = [1, 1, 1] }}\n"
    );
    let nothing = Manifest::parse("schema = \"evenmatch.models/1\"", "nothing").unwrap();
    ModelStore::at(folder, nothing.extended(&text, "own.toml", folder).unwrap())
}

#[test]
fn what_was_not_fetched_is_missing_and_the_next_step_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = ModelStore::at(folder.path().join("not/yet"), Manifest::built_in().unwrap());
    for role in [Role::Detector, Role::Embedder] {
        let error = store.load_default(role).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ModelMissing);
        assert_eq!(error.next_step(), Some("run: evenmatch models fetch"));
        let entry = store.manifest().default_for(role).unwrap();
        assert_eq!(store.state_of(entry).unwrap(), FileState::Missing);
    }
    assert_eq!(store.load("nobody").unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_file_with_another_digest_is_refused_by_name_and_digests() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, found) = (Digest::of(EMPTY_GRAPH), Digest::of(b"something else"));
    let store = own_store(folder.path(), expected);
    std::fs::write(folder.path().join("own.onnx"), b"something else").unwrap();
    let error = store.load("own").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DigestMismatch);
    let text = error.to_string();
    for part in ["own.onnx", &expected.to_string(), &found.to_string()] {
        assert!(text.contains(part), "{text}");
    }
    let entry = store.manifest().default_for(Role::Detector).unwrap();
    assert_eq!(store.state_of(entry).unwrap(), FileState::WrongDigest { found });

    std::fs::write(folder.path().join("own.onnx"), EMPTY_GRAPH).unwrap();
    let model = store.load("own").unwrap();
    assert_eq!((model.id().id.as_str(), model.id().sha256), ("own", expected));
    assert_eq!(model.bytes(), EMPTY_GRAPH);
    assert_eq!(store.state_of(entry).unwrap(), FileState::Ready);
}

#[test]
fn models_with_tensors_elsewhere_are_refused_even_with_the_right_digest() {
    let folder = tempfile::tempdir().unwrap();
    for (bytes, says) in [(EXTERNAL, "in another file"), (&b"text"[..], "not an ONNX file")] {
        let store = own_store(folder.path(), Digest::of(bytes));
        std::fs::write(folder.path().join("own.onnx"), bytes).unwrap();
        let error = store.load("own").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidModel);
        assert!(error.to_string().contains(says), "{error}");
        let entry = store.manifest().model("own").unwrap().clone();
        assert!(VerifiedModel::check(entry, bytes.to_vec()).is_err());
    }
}

/// Runs the command on a models' folder, with nothing else set.
fn evenmatch(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evenmatch"))
        .args(arguments)
        .env("EVENMATCH_MODELS", folder)
        .env_remove("EVENMATCH_MANIFEST")
        .env_remove("EVENMATCH_ORT_LIB")
        .output()
        .unwrap()
}

#[test]
fn the_command_exits_2_on_missing_and_wrong_files_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let check = |arguments: &[&str], code: i32, says: &[&str]| {
        let output = evenmatch(folder.path(), arguments);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        for part in says {
            assert!(stderr.contains(part), "{arguments:?}: {stderr}");
        }
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    check(&["models", "verify"], 2, &["run: evenmatch models fetch"]);
    check(&["doctor"], 2, &["run: evenmatch models fetch"]);
    std::fs::write(folder.path().join("yunet-2023mar.onnx"), b"tampered").unwrap();
    let found = Digest::of(b"tampered").to_string();
    check(&["models", "verify"], 2, &["wrong digest", "yunet-2023mar.onnx", &found]);
    check(&["models", "verify", "--json"], 2, &["wrong digest"]);
    check(&["models", "fetch", "nobody"], 2, &["no model \"nobody\"", "models list"]);

    let table = check(&["models", "list"], 0, &[]);
    for part in ["Apache-2.0", "MIT", "WIDER FACE", "wrong digest", "missing"] {
        assert!(table.contains(part), "{table}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&check(&["models", "list", "--json"], 0, &[])).unwrap();
    assert_eq!(json["schema"], "evenmatch.models-list/1");
    assert_eq!(json["models"][0]["state"], "wrong digest");
    assert_eq!(json["models"][1]["default"], true);
}

#[test]
fn the_command_reads_a_users_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("own.toml");
    std::fs::write(&manifest, "schema = \"evenmatch.models/1\"\ncolour = 1\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_evenmatch"))
        .args(["models", "list"])
        .env("EVENMATCH_MODELS", folder.path())
        .env("EVENMATCH_MANIFEST", &manifest)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("own.toml:2: unknown field `colour`"), "{stderr}");
}

#[test]
fn the_command_does_without_the_mesh() {
    let folder = tempfile::tempdir().unwrap();
    if evenmatch_testfaces::store_without_mesh(folder.path()).is_none() {
        return;
    }
    for (command, says) in [(&["models", "verify"][..], "yunet"), (&["doctor"], "remark  mesh: ")] {
        let output = Command::new(env!("CARGO_BIN_EXE_evenmatch"))
            .args(command)
            .env("EVENMATCH_MODELS", folder.path())
            .env_remove("EVENMATCH_MANIFEST")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains(says), "{command:?}: {text}");
    }
}
