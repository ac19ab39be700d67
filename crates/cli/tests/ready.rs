//! Models made ready for the processor: the same numbers, and no file but the pinned one.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use evenmatch::model::{FileState, ModelStore, Profile, Readiness, Role, make_ready, optimised};
use evenmatch::{Probe, Verifier};
use evenmatch_core::{Digest, ErrorKind, hex};
use evenmatch_testfaces::{data_dir, lfw, store_without_mesh};
use evenmatch_testkit::{Need, skip};

/// A folder with the models, the file of the embedder's ready form in it, and photos.
struct Bench {
    folder: tempfile::TempDir,
    store: ModelStore,
    ready: PathBuf,
    photos: Vec<PathBuf>,
}

impl Bench {
    fn new() -> Option<Self> {
        let photos = lfw(&data_dir()?).into_iter().take(6).map(|photo| photo.path).collect();
        let folder = tempfile::tempdir().unwrap();
        let store = store_without_mesh(folder.path())?;
        let embedder = store.manifest().default_for(Role::Embedder).unwrap();
        let Some(ready) = store.ready_of(embedder) else {
            return skip(Need::Other, "no ready form is pinned for this processor and runtime");
        };
        let ready = store.path_of_ready(ready);
        Some(Bench { folder, store, ready, photos })
    }

    fn make(&self) -> Vec<Readiness> {
        make_ready(&self.store).unwrap()
    }

    fn open(&self, profile: Profile) -> evenmatch_core::Result<Verifier> {
        Verifier::builder().store(self.store.clone()).profile(profile).open()
    }

    fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
        command.args(arguments).env("EVENMATCH_MODELS", self.folder.path());
        command.env_remove("EVENMATCH_MANIFEST").output().unwrap()
    }

    fn verify(&self) -> Output {
        let [a, b, ..] = self.photos.as_slice() else { panic!("too few photos") };
        let (a, b) = (a.to_str().unwrap(), b.to_str().unwrap());
        self.command(&["verify", "--reference", a, "--probe", b, "--json"])
    }
}

fn templates(verifier: &Verifier, photos: &[PathBuf]) -> Vec<Vec<u8>> {
    let template = |photo: &PathBuf| {
        let acquired = verifier.acquire::<Probe>(photo.as_path()).unwrap();
        acquired.template.map(|template| template.to_bytes()).unwrap_or_default()
    };
    photos.iter().map(template).collect()
}

#[test]
fn a_ready_form_gives_the_same_bytes_from_any_number_of_sessions() {
    let Some(bench) = Bench::new() else { return };
    let workers = Profile::Throughput { workers: 3 };
    let before = bench.verify();
    let plain = templates(&bench.open(workers).unwrap(), &bench.photos);
    assert!(plain.iter().all(|template| !template.is_empty()));

    assert!(matches!(&bench.make()[..], [Readiness::Made(path)] if *path == bench.ready));
    assert!(matches!(&bench.make()[..], [Readiness::Kept(path)] if *path == bench.ready));
    for profile in [Profile::Latency, workers] {
        let verifier = bench.open(profile).unwrap();
        assert_eq!(templates(&verifier, &bench.photos), plain);
        let at_once = std::thread::scope(|scope| {
            let work = || templates(&verifier, &bench.photos);
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(at_once.iter().all(|templates| *templates == plain));
    }
    // The record names the model by the digest of its ONNX file, whichever form ran.
    let after = bench.verify();
    assert_eq!((after.status, after.stdout), (before.status, before.stdout));
    // It is the ready form that runs: without the ONNX file there is nothing else.
    let embedder = bench.store.manifest().default_for(Role::Embedder).unwrap();
    std::fs::remove_file(bench.store.path_of(embedder)).unwrap();
    assert_eq!(bench.verify().status, before.status);
}

#[test]
fn a_ready_form_that_was_changed_is_refused_and_can_be_made_anew() {
    let Some(bench) = Bench::new() else { return };
    bench.make();
    let good = std::fs::read(&bench.ready).unwrap();
    let mut weight = good.clone();
    weight[good.len() / 2] ^= 1;
    let mut name = good.clone();
    name[100] ^= 1;
    let cut = good[..good.len() - 1].to_vec();
    for bad in [weight, name, cut, Vec::new()] {
        std::fs::write(&bench.ready, &bad).unwrap();
        let error = bench.open(Profile::Latency).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DigestMismatch);
        for arguments in [&["models", "verify"][..], &["doctor"]] {
            let output = bench.command(arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        }
        let output = bench.verify();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(output.stdout.is_empty());
        let name = bench.ready.file_name().unwrap().to_str().unwrap();
        let found = Digest::of(&bad).to_string();
        for part in [name, &found, "next: delete the file"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    assert!(matches!(&bench.make()[..], [Readiness::Made(_)]));
    assert_eq!(std::fs::read(&bench.ready).unwrap(), good);
    let output = bench.command(&["models", "verify"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    assert!(said.contains(&Digest::of(&good).to_string()), "{said}");
    assert!(bench.verify().status.code() != Some(2));
}

/// Its bytes are in the format of one build of the runtime.
#[test]
fn a_ready_form_is_not_used_with_another_runtime_and_not_made_without_the_model() {
    let Some(bench) = Bench::new() else { return };
    bench.make();
    std::fs::write(&bench.ready, "not a model").unwrap();
    let library = bench.store.runtime_library().unwrap();
    let own = bench.folder.path().join("own.so");
    std::fs::copy(library, &own).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
    let photos = [&bench.photos[0], &bench.photos[1]].map(|photo| photo.to_str().unwrap());
    command.args(["verify", "--reference", photos[0], "--probe", photos[1]]);
    command.env("EVENMATCH_MODELS", bench.folder.path()).env("EVENMATCH_ORT_LIB", own);
    let output = command.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");

    std::fs::remove_file(&bench.ready).unwrap();
    let embedder = bench.store.manifest().default_for(Role::Embedder).unwrap();
    let model = bench.store.path_of(embedder);
    for bytes in [None, Some("not a model")] {
        match bytes {
            None => std::fs::remove_file(&model).unwrap(),
            Some(bytes) => std::fs::write(&model, bytes).unwrap(),
        }
        assert!(bench.make().is_empty());
        assert!(!bench.ready.exists());
    }
    assert!(left_over(bench.folder.path()).is_empty());
}

/// Unfinished files.
fn left_over(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let unfinished = |path: &PathBuf| {
        path.file_name().unwrap().to_str().unwrap().starts_with(evenmatch_core::files::UNFINISHED)
    };
    files.filter(unfinished).collect()
}

/// Prints what to pin for this processor, after the embedder or the runtime has changed.
#[test]
#[ignore = "prints; run with --nocapture"]
fn what_the_runtime_makes_of_the_embedder() {
    let store = ModelStore::open().unwrap();
    let entry = store.manifest().default_for(Role::Embedder).unwrap();
    assert_eq!(store.state_of(entry).unwrap(), FileState::Ready);
    let bytes = optimised(&store, entry).unwrap();
    // The part that changes from process to process is shorter than this.
    let start = &bytes[..1024];
    println!("of = \"{}\"\nsha256 = \"{}\"", entry.sha256, Digest::of(&bytes));
    println!("start = \"{}\"", hex::encode(start));
}
