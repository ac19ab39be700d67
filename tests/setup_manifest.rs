//! The manifest: what it pins, and what it refuses.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::path::Path;

use evenmatch::model::{Alignment, ChannelOrder, InputSize, Manifest, Role};
use evenmatch_core::ErrorKind;

/// A user's manifest with one embedder that is a file of their own.
const OWN: &str = r#"
schema = "evenmatch.models/1"

[defaults]
embedder = "arcface-r50"

[[model]]
id = "arcface-r50"
role = "embedder"
file = "weights/r50.onnx"
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
input = { width = 112, height = 112, channels = "rgb", mean = [127.5, 127.5, 127.5], scale = [0.00784313725, 0.00784313725, 0.00784313725] }
template_length = 512
alignment = "sface-112"
license = "research only"
training_data = "WebFace600K"
"#;

#[test]
fn the_built_in_manifest_pins_everything_that_is_fetched() {
    let manifest = Manifest::built_in().unwrap();
    for entry in manifest.models() {
        assert!(entry.source.is_some() && entry.original_sha256.is_some(), "{}", entry.id);
        assert!(!entry.license.is_empty() && !entry.training_data.is_empty(), "{}", entry.id);
    }
    let detector = manifest.default_for(Role::Detector).unwrap();
    assert_eq!(detector.input.size(), InputSize::MultipleOf(32));
    assert_eq!(detector.input.channels(), ChannelOrder::Bgr);
    let embedder = manifest.default_for(Role::Embedder).unwrap();
    assert_eq!(embedder.input.size(), InputSize::Fixed { width: 112, height: 112 });
    assert_eq!(embedder.template_length, Some(128));
    assert_eq!(embedder.alignment, Some(Alignment::Sface112));
    assert_eq!(embedder.threshold.as_ref().map(|threshold| threshold.value), Some(0.363));
    let mesh = manifest.default_for(Role::Mesh).unwrap();
    assert_eq!(mesh.input.size(), InputSize::Fixed { width: 192, height: 192 });
    assert!(!Role::Mesh.is_needed() && Role::Detector.is_needed() && Role::Embedder.is_needed());
    let platforms: Vec<&str> = manifest.runtimes().iter().map(|r| r.platform.as_str()).collect();
    assert_eq!(platforms, ["linux-x86_64", "linux-aarch64"]);
    // Original and prepared files differ, and no digest was pasted twice.
    let mut digests: Vec<_> = manifest.models().iter().map(|entry| entry.sha256).collect();
    // A file that is used unchanged is its own original.
    let prepared = manifest.models().iter().filter(|entry| !entry.prepare.is_empty());
    digests.extend(prepared.filter_map(|entry| entry.original_sha256));
    digests.extend(manifest.runtimes().iter().map(|entry| entry.sha256));
    let pins = digests.len();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), pins);
}

#[test]
fn a_users_manifest_adds_models_and_replaces_defaults() {
    let built_in = Manifest::built_in().unwrap();
    let manifest = built_in.extended(OWN, "own.toml", Path::new("folder")).unwrap();
    assert_eq!(manifest.models().len(), built_in.models().len() + 1);
    let embedder = manifest.default_for(Role::Embedder).unwrap();
    assert_eq!(embedder.id, "arcface-r50");
    assert_eq!(embedder.file, Path::new("folder").join("weights/r50.onnx"));
    let detector = manifest.default_for(Role::Detector).unwrap();
    assert_eq!(detector.id, built_in.default_for(Role::Detector).unwrap().id);
    // A default may also be one of the built-in models.
    let text = "schema = \"evenmatch.models/1\"\n[defaults]\nembedder = \"sface-2021dec\"\n";
    assert_eq!(built_in.extended(text, "own.toml", Path::new("")).unwrap(), built_in);
}

#[test]
fn every_fault_is_refused_with_file_and_line() {
    let with = |from: &str, to: &str| {
        assert!(OWN.contains(from), "{from}");
        OWN.replacen(from, to, 1)
    };
    let twice = {
        let entry = &OWN[OWN.find("[[model]]").unwrap()..];
        format!("{OWN}\n{entry}")
    };
    let source = "license = \"x\"\n[model.source]\nregistry = \"pypi\"\npackage = \"p\"\n\
                  version = \"1\"\nmember = \"m\"\narchive_sha256 = \
                  \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"\n";
    let table = [
        ("not TOML", "schema = ".to_owned(), 1),
        ("unknown key", with("role =", "colour = 1\nrole ="), 9),
        ("another schema", with("models/1", "models/2"), 2),
        ("unknown role", with("\"embedder\"\nfile", "\"oracle\"\nfile"), 9),
        ("short digest", with("ba7816", ""), 11),
        ("no licence", with("license = \"research only\"\n", ""), 7),
        ("bad id", with("id = \"arcface-r50\"", "id = \"../arcface\""), 7),
        ("two sizes", with("width = 112,", "width = 112, multiple_of = 32,"), 12),
        ("zero scale", with("0.00784313725,", "0.0,"), 12),
        ("no template length", with("template_length = 512\n", ""), 7),
        ("absurd template length", with("= 512", "= 0"), 7),
        ("unknown alignment", with("sface-112", "sface-113"), 14),
        ("detector with alignment", with("role = \"embedder\"", "role = \"detector\""), 7),
        ("default of another role", with("embedder = ", "detector = "), 5),
        ("default that does not exist", with("\"arcface-r50\"\n\n", "\"arcface-r100\"\n\n"), 5),
        ("the same id twice", twice, 18),
        ("preparation without source", with("license", "prepare = [\"dequantise\"]\nlicense"), 7),
        ("unknown preparation", with("license", "prepare = [\"magic\"]\nlicense"), 15),
        (
            "threshold outside",
            format!("{OWN}threshold = {{ value = 1.5, source = \"x\" }}\n"),
            7,
        ),
        (
            "threshold that is not a number",
            format!("{OWN}threshold = {{ value = nan, source = \"x\" }}\n"),
            7,
        ),
        ("fetched file outside the folder", with("license = \"research only\"\n", "")
            .replace("id = ", "original_sha256 = \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"\nid = ")
            + source, 7),
    ];
    for (what, text, line) in table {
        let error = Manifest::parse(&text, "own.toml").expect_err(what);
        assert_eq!(error.kind(), ErrorKind::InvalidModel, "{what}");
        assert_eq!(error.place().file.as_deref(), Some("own.toml"), "{what}");
        assert_eq!(error.place().line, Some(line), "{what}: {error}");
    }
    Manifest::parse(OWN, "own.toml").unwrap();
}

#[test]
fn unknown_names_are_errors() {
    let manifest = Manifest::parse("schema = \"evenmatch.models/1\"\n", "empty.toml").unwrap();
    assert_eq!(manifest.model("nobody").unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert!(manifest.default_for(Role::Detector).is_err());
    assert!(manifest.runtime_here().is_none());
}

#[test]
fn ready_forms_belong_to_a_model_and_a_runtime_and_only_ship() {
    let manifest = Manifest::built_in().unwrap();
    assert!(!manifest.ready().is_empty());
    for ready in manifest.ready() {
        assert!(manifest.models().iter().any(|model| model.sha256 == ready.of));
        assert!(manifest.runtimes().iter().any(|runtime| runtime.sha256 == ready.runtime));
    }
    let text = include_str!("../models/manifest.toml");
    let at = text.find("[[ready]]").unwrap();
    let own = format!("schema = \"evenmatch.models/1\"\n{}", &text[at..]);
    let error = manifest.extended(&own, "own.toml", Path::new("")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidModel);
    assert!(error.to_string().contains("only the manifest that ships"), "{error}");
    // Whoever pins another model or runtime has to pin this anew, or the manifest is refused.
    for key in ["of", "runtime"] {
        let begins = at + text[at..].find(&format!("{key} = \"")).unwrap() + key.len() + 4;
        let other = format!("{}{}{}", &text[..begins], "0".repeat(64), &text[begins + 64..]);
        let error = Manifest::parse(&other, "other.toml").unwrap_err();
        assert!(error.to_string().contains("has the digest that is named"), "{key}: {error}");
    }
}
