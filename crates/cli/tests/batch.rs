//! Many photos: order, the store, reuse of finished work, shards, bad photos, pairs; and the
//! command, killed again and again.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use evenmatch::{
    AlignedFace, Embedder, FaceDetector, Policy, Verifier,
    model::{
        ChannelOrder, InputSize, InputSpec, ModelId, Network, NullDetector, NullEmbedder, Outputs,
        Profile,
    },
};
use evenmatch_audit::records::{
    Dictionary, FailureStage, Mating, PairList, PeopleManifest, ReadOptions, RecordBatch,
    RecordFile, RecordSource,
};
use evenmatch_core::{Error, ErrorKind, Stage, record::TemplateForm};
use evenmatch_lab::batch::{
    AcquireOptions, Acquisitions, OUTCOMES_FILE, PartSize, STORE_FILE, Shard, TemplateStore,
    acquire, compare_pairs, merge, outcomes, pipeline_key, write_records,
};
use evenmatch_testfaces::pictures;
use evenmatch_testkit::Random;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;

/// A null detector that counts its runs, and fails from a certain one on.
struct Counted {
    inner: NullDetector,
    runs: Arc<AtomicUsize>,
    fails_at: usize,
}

impl Network for Counted {
    fn id(&self) -> &ModelId {
        self.inner.id()
    }

    fn run(&self, input: ndarray::ArrayView4<'_, f32>) -> evenmatch_core::Result<Outputs> {
        if self.runs.fetch_add(1, Ordering::SeqCst) >= self.fails_at {
            return Err(Error::new(ErrorKind::Runtime, Stage::Detect, "the plug was pulled"));
        }
        self.inner.run(input)
    }
}

fn counted(policy: Policy, fails_at: usize) -> (Verifier, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let spec = |size, order| InputSpec::new(size, order, [0.0; 3], [1.0; 3]).unwrap();
    let network = Counted { inner: NullDetector::new(), runs: runs.clone(), fails_at };
    let detector = FaceDetector::new(
        Arc::new(network),
        spec(InputSize::MultipleOf(32), ChannelOrder::Bgr),
        policy.detector,
    );
    let size = InputSize::Fixed { width: 112, height: 112 };
    let embedder = Embedder::new(Arc::new(NullEmbedder::new()), spec(size, ChannelOrder::Rgb));
    let published = Some((0.9, "a test".to_owned()));
    (Verifier::new(detector.unwrap(), embedder.unwrap(), published, policy).unwrap(), runs)
}

fn null() -> Verifier {
    Verifier::with_null_networks(Policy::default()).unwrap()
}

/// An image with something that the null detector detects as a face; `look` distinguishes faces.
fn portrait(look: usize) -> RgbImage {
    let colour = |n: usize| [(n * 37 % 200) as u8, (n * 91 % 200) as u8, (n * 53 % 200) as u8];
    RgbImage::from_fn(320, 320, |x, y| match (x, y) {
        (96..224, 96..176) => Rgb(colour(look + 1)),
        (96..224, 176..256) => Rgb(colour(look + 60)),
        _ => Rgb([240; 3]),
    })
}

fn bmp(image: &RgbImage) -> Vec<u8> {
    pictures::encode(&DynamicImage::ImageRgb8(image.clone()), ImageFormat::Bmp)
}

/// A folder with photos and a manifest.
struct Album {
    folder: TempDir,
}

impl Album {
    fn new(photos: &[(&str, &str, Option<Vec<u8>>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = "path,subject_id,sex\n".to_owned();
        for (name, subject, bytes) in photos {
            manifest.push_str(&format!("{name},{subject},\n"));
            if let Some(bytes) = bytes {
                std::fs::write(folder.path().join(name), bytes).unwrap();
            }
        }
        std::fs::write(folder.path().join("people.csv"), manifest).unwrap();
        Album { folder }
    }

    /// `count` photos of as many faces, two per person.
    fn of(count: usize) -> Self {
        let names: Vec<(String, String)> =
            (0..count).map(|n| (format!("{n}.bmp"), format!("person{}", n / 2))).collect();
        let photos: Vec<(&str, &str, Option<Vec<u8>>)> = names
            .iter()
            .enumerate()
            .map(|(n, (name, person))| (name.as_str(), person.as_str(), Some(bmp(&portrait(n)))))
            .collect();
        Album::new(&photos)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn manifest(&self) -> PeopleManifest {
        PeopleManifest::read(&self.path("people.csv")).unwrap()
    }

    fn acquire(&self, verifier: &Verifier, options: &AcquireOptions) -> Acquisitions {
        self.try_acquire(verifier, options).unwrap()
    }

    fn try_acquire(
        &self,
        verifier: &Verifier,
        options: &AcquireOptions,
    ) -> evenmatch_core::Result<Acquisitions> {
        acquire(&self.manifest(), self.folder.path(), verifier, options, &|_| {})
    }

    /// Options that keep a store in a folder of the album.
    fn keep_in(&self, folder: &str, jobs: usize) -> AcquireOptions {
        AcquireOptions { folder: Some(self.path(folder)), jobs, ..AcquireOptions::default() }
    }

    fn store(&self, folder: &str) -> Vec<u8> {
        std::fs::read(self.path(folder).join(STORE_FILE)).unwrap()
    }
}

#[test]
fn samples_come_in_the_manifests_order_whatever_the_threads() {
    let album = Album::of(40);
    let one = album.acquire(&null(), &album.keep_in("one", 1));
    let four = album.acquire(&null(), &album.keep_in("four", 4));
    assert_eq!(one.samples, four.samples);
    assert!(one.samples.iter().enumerate().all(|(n, sample)| sample.entry == n));
    assert_eq!(album.store("one"), album.store("four"));
    // The features are those from the façade.
    for n in [0, 7, 39] {
        let path = album.path(&format!("{n}.bmp"));
        let acquisition = null().acquire::<evenmatch::Reference>(path.as_path()).unwrap();
        let template = one.samples[n].template(&one.embedder, one.templates);
        assert_eq!(template, acquisition.template);
        assert_eq!(one.samples[n].sha256, acquisition.sample.sha256);
        assert_eq!(one.samples[n].faces, Some(1));
        assert_eq!(one.samples[n].attempt, Some(1));
    }
    let store = TemplateStore::read(&album.path("one").join(STORE_FILE)).unwrap();
    assert_eq!(store.rows, one.samples);
    assert_eq!(store.pipeline, pipeline_key(&null()));
    assert_eq!(store.manifest, album.manifest().digest);
    // Nothing else remains: no part, no lock, no temporary file.
    let left = std::fs::read_dir(album.path("one")).unwrap().count();
    assert_eq!(left, 1);
}

#[test]
fn what_is_known_is_not_decoded_again() {
    let album = Album::of(12);
    let (verifier, runs) = counted(Policy::default(), usize::MAX);
    let first = album.acquire(&verifier, &album.keep_in("store", 2));
    assert_eq!((first.processed, first.reused), (12, 0));
    let (bytes, before) = (album.store("store"), runs.load(Ordering::SeqCst));
    assert!(before >= 12);
    let again = album.acquire(&verifier, &album.keep_in("store", 2));
    assert_eq!((again.processed, again.reused), (0, 12));
    assert_eq!(runs.load(Ordering::SeqCst), before);
    assert_eq!(again.samples, first.samples);
    assert_eq!(album.store("store"), bytes);

    // A photo with other content is another photo, whatever its name.
    std::fs::write(album.path("3.bmp"), bmp(&portrait(300))).unwrap();
    let changed = album.acquire(&verifier, &album.keep_in("store", 2));
    assert_eq!((changed.processed, changed.reused), (1, 11));
    assert_ne!(changed.samples[3], first.samples[3]);
    let fresh = album.acquire(&null(), &album.keep_in("fresh", 1));
    assert_eq!(changed.samples, fresh.samples);
    assert_eq!(album.store("store"), album.store("fresh"));

    // Under other rules nothing is known; rules that concern only decisions do not matter.
    let (verifier, _) = counted("threshold = 0.5\nliveness = 'require'".parse().unwrap(), 9999);
    assert_eq!(album.acquire(&verifier, &album.keep_in("store", 1)).processed, 0);
    let (verifier, _) = counted("several_faces = 'error'".parse().unwrap(), 9999);
    assert_eq!(album.acquire(&verifier, &album.keep_in("store", 1)).processed, 12);
}

#[test]
fn a_store_has_templates_of_one_form() {
    let album = Album::of(6);
    let of = |text: &str| Verifier::with_null_networks(text.parse().unwrap()).unwrap();
    let (plain, mirrored) = (of("templates = 'plain'"), of("templates = 'mirrored'"));
    let read = |folder: &str| TemplateStore::read(&album.path(folder).join(STORE_FILE)).unwrap();
    for (folder, verifier) in [("plain", &plain), ("mirrored", &mirrored)] {
        let acquired = album.acquire(verifier, &album.keep_in(folder, 2));
        assert_eq!(acquired.templates, verifier.templates());
        let store = read(folder);
        assert_eq!((store.form, store.pipeline), (verifier.templates(), acquired.pipeline));
    }
    assert_ne!(pipeline_key(&plain), pipeline_key(&mirrored));
    assert_eq!(pipeline_key(&mirrored), pipeline_key(&null()));
    // A file that names no form, as before there were two, has plain templates.
    let bytes = |folder: &str| String::from_utf8_lossy(&album.store(folder)).into_owned();
    assert!(bytes("mirrored").contains("evenmatch.form"));
    assert!(!bytes("plain").contains("evenmatch.form"));

    // A run that resumes refuses templates of the other form; one that begins replaces them.
    let resumed = AcquireOptions { resume: true, ..album.keep_in("plain", 1) };
    let error = album.try_acquire(&mirrored, &resumed).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TemplateFormMismatch);
    assert!(error.next_step().is_some_and(|next| next.contains("--templates plain")), "{error}");
    assert_eq!(read("plain").form, plain.templates());
    assert_eq!(album.try_acquire(&plain, &resumed).unwrap().processed, 0);

    // Nor do shards of both forms make one store.
    for (index, verifier) in [(0, &plain), (1, &mirrored)] {
        let folder = format!("shard{index}");
        let shard = Some(Shard { index, count: 2 });
        let options = AcquireOptions { shard, ..album.keep_in(&folder, 1) };
        let acquired = album.acquire(verifier, &options);
        let path = album.path(&folder).join(OUTCOMES_FILE);
        std::fs::write(path, outcomes(&album.manifest(), &acquired).unwrap()).unwrap();
    }
    let shards = ["shard0", "shard1"].map(|folder| album.path(folder));
    let error = merge(&shards, &album.path("merged")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TemplateFormMismatch);
    assert!(error.next_step().is_some_and(|next| next.contains("--templates plain")), "{error}");
}

#[test]
fn a_run_that_breaks_off_goes_on_where_it_was() {
    let album = Album::of(30);
    // A plain template takes one look at a photo, so that looks are photos.
    let plain = || Policy { templates: Some(TemplateForm::Plain), ..Policy::default() };
    let null = || Verifier::with_null_networks(plain()).unwrap();
    let whole = album.acquire(&null(), &album.keep_in("whole", 1));
    for fails_at in [0, 1, 9, 29] {
        for jobs in [1, 4] {
            let name = format!("cut{fails_at}x{jobs}");
            let mut options = album.keep_in(&name, jobs);
            options.part = PartSize { photos: 4, time: Duration::MAX };
            let (broken, _) = counted(plain(), fails_at);
            let error = album.try_acquire(&broken, &options).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Runtime, "{error}");
            assert!(!album.path(&name).join(STORE_FILE).exists());
            let refused = album.try_acquire(&null(), &options).unwrap_err();
            assert!(refused.next_step().unwrap().contains("--resume"), "{refused}");

            let (verifier, runs) = counted(plain(), usize::MAX);
            options.resume = true;
            let rest = album.acquire(&verifier, &options);
            assert_eq!((rest.reused, rest.processed), (fails_at, 30 - fails_at));
            assert_eq!(runs.load(Ordering::SeqCst), 30 - fails_at);
            assert_eq!(rest.samples, whole.samples);
            assert_eq!(album.store(&name), album.store("whole"));
        }
    }
}

#[test]
fn a_bad_photo_is_an_outcome_and_stops_nothing() {
    let good = bmp(&portrait(1));
    let blank = bmp(&RgbImage::from_pixel(320, 320, Rgb([200; 3])));
    let album = Album::new(&[
        ("good.bmp", "a", Some(good.clone())),
        ("missing.bmp", "b", None),
        ("cut.bmp", "c", Some(good[..good.len() / 2].to_vec())),
        ("bomb.png", "d", Some(pictures::huge_png_header())),
        ("notes.txt", "e", Some(b"not a photo".to_vec())),
        ("blank.bmp", "f", Some(blank)),
        ("empty.jpg", "g", Some(Vec::new())),
        ("again.bmp", "h", Some(good)),
    ]);
    let manifest = album.manifest();
    assert_eq!(manifest.missing(album.folder.path()), [(3, "missing.bmp".to_owned())]);
    let error = manifest.require_photos(album.folder.path()).unwrap_err().to_string();
    assert!(error.contains("people.csv:3: 1 of 8 photos are missing"), "{error}");
    assert!(error.contains("missing.bmp (line 3)"), "{error}");

    let acquired = album.acquire(&null(), &album.keep_in("store", 3));
    let failures: Vec<String> = acquired
        .samples
        .iter()
        .map(|sample| sample.failure.as_ref().map(ToString::to_string).unwrap_or_default())
        .collect();
    assert_eq!(
        failures,
        [
            "",
            "decode:no_file",
            "decode:corrupt",
            "decode:limit_exceeded",
            "decode:unsupported_format",
            "detect:no_face_found",
            "decode:corrupt",
            ""
        ]
    );
    for sample in &acquired.samples {
        assert_eq!(sample.acquired(), sample.failure.is_none());
    }
    assert_eq!(acquired.samples[5].faces, Some(0));
    assert_eq!(acquired.samples[5].failure.as_ref().unwrap().stage, FailureStage::Detect);
    // What could be read is known from now on, failures too.
    let again = album.acquire(&null(), &album.keep_in("store", 1));
    assert_eq!((again.processed, again.reused), (0, 7));
    assert_eq!(again.samples, acquired.samples);

    // One photo under two names, and its row in the store.
    let [shared] = &acquired.duplicates(&manifest)[..] else { panic!("one photo is shared") };
    assert_eq!((shared.lines.as_slice(), shared.subjects.len()), (&[2, 9][..], 2));
    let store = TemplateStore::read(&album.path("store").join(STORE_FILE)).unwrap();
    assert_eq!(store.rows.iter().map(|row| row.entry).collect::<Vec<_>>(), [0, 2, 3, 4, 5, 6]);

    let table = String::from_utf8(outcomes(&manifest, &acquired).unwrap()).unwrap();
    assert_eq!(table.lines().count(), 9);
    assert!(table.contains("\n3,missing.bmp,b,,0,decode,no_file,,,,\n"), "{table}");
}

fn brightness(face: &AlignedFace) -> Option<f32> {
    let pixel = face.image().get_pixel(56, 56);
    (pixel[0] > 50).then(|| f32::from(pixel[0]) + 0.5)
}

#[test]
fn measurements_are_taken_stored_and_taken_again_when_they_were_not() {
    let album = Album::of(10);
    let mut options = album.keep_in("store", 2);
    options.measures = vec![("brightness".to_owned(), brightness)];
    let measured = album.acquire(&null(), &options);
    let values: Vec<_> = measured.samples.iter().map(|sample| sample.measured[0]).collect();
    assert!(values.iter().any(Option::is_some) && values.iter().any(Option::is_none));
    let again = album.acquire(&null(), &options);
    assert_eq!((again.processed, again.samples), (0, measured.samples));

    options.measures.push(("coverage".to_owned(), |face| Some(face.coverage())));
    let more = album.acquire(&null(), &options);
    assert_eq!(more.processed, 10);
    assert_eq!(more.samples[0].measured, [values[0], Some(1.0)]);
    // Fewer are there already.
    options.measures.remove(0);
    let fewer = album.acquire(&null(), &options);
    assert_eq!((fewer.processed, fewer.samples[0].measured.as_slice()), (0, &[Some(1.0)][..]));
    let table = String::from_utf8(outcomes(&album.manifest(), &fewer).unwrap()).unwrap();
    assert!(table.lines().next().unwrap().ends_with(",coverage"), "{table}");
}

#[test]
fn shards_in_any_order_make_the_whole() {
    let album = Album::of(23);
    // One photo twice, in different shards.
    std::fs::copy(album.path("4.bmp"), album.path("17.bmp")).unwrap();
    let manifest = album.manifest();
    let keep = |name: &str, shard: Option<Shard>| {
        let acquired = album.acquire(&null(), &AcquireOptions { shard, ..album.keep_in(name, 2) });
        let bytes = outcomes(&manifest, &acquired).unwrap();
        std::fs::write(album.path(name).join(OUTCOMES_FILE), bytes).unwrap();
    };
    keep("whole", None);
    for index in 0..3 {
        keep(&format!("part{index}"), Some(Shard { index, count: 3 }));
    }
    let read = |folder: &str, file: &str| std::fs::read(album.path(folder).join(file)).unwrap();
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0], [2, 1, 0]] {
        let parts = order.map(|n| album.path(&format!("part{n}")));
        merge(&parts, &album.path("merged")).unwrap();
        for file in [STORE_FILE, OUTCOMES_FILE] {
            assert_eq!(read("merged", file), read("whole", file), "{order:?} {file}");
        }
    }
    let part = |n: usize| album.path(&format!("part{n}"));
    let out = album.path("refused");
    let refused = |parts: &[PathBuf]| merge(parts, &out).unwrap_err().to_string();
    assert!(refused(&[part(0), part(2)]).contains("1/3 are missing"));
    assert!(refused(&[part(0), part(0), part(1)]).contains("0/3 does not match"));
    assert!(refused(&[album.path("whole")]).contains("not a shard but a whole store"));
    assert!(refused(&[album.path("nowhere")]).contains("no such file"));
    assert!(!out.exists());
    assert!("3/3".parse::<Shard>().is_err() && "0/0".parse::<Shard>().is_err());
}

#[test]
fn a_damaged_store_is_named() {
    let album = Album::of(3);
    album.acquire(&null(), &album.keep_in("store", 1));
    let bytes = album.store("store");
    for damaged in [&bytes[..bytes.len() / 2], b"PAR1", b""] {
        std::fs::write(album.path("store").join(STORE_FILE), damaged).unwrap();
        let error = album.try_acquire(&null(), &album.keep_in("store", 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert!(error.next_step().unwrap().contains("delete"), "{error}");
        std::fs::remove_dir_all(album.path("store").join("templates.unfinished")).unwrap();
    }
}

#[test]
fn mistakes_in_a_manifest_are_named_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        PeopleManifest::read(&path)
    };
    let cases: [(&[u8], &str); 12] = [
        (b"", "people.csv:1: the manifest is empty"),
        (b"path,subject_id\n", "people.csv:1: the manifest has a header but lists no photos"),
        (b"file,subject_id\na,b\n", "people.csv:1: the manifest has no column `path`"),
        (b"path,person\na,b\n", "people.csv:1: the manifest has no column `subject_id`"),
        (b"path,subject_id,sex,sex\na,b,,\n", "people.csv:1:4: the columns 3 and 4 are both"),
        (b"path,subject_id,path\na,b,c\n", "people.csv:1:3: the columns 1 and 3 are both"),
        (b"path,subject_id\na,x\n ,y\n", "people.csv:3:1: the path is empty"),
        (b"path,subject_id\na,x\nb,\n", "people.csv:3:2: the subject is empty"),
        (
            b"path,subject_id\na,x\nb,y\na,z\n",
            "people.csv:4:1: the photo \"a\" is already listed in line 2",
        ),
        (b"path,subject_id\na,x\nb,\xff\n", "people.csv:3:2: the byte 0xff is not UTF-8"),
        (b"path,subject_id\na,x,y\n", "people.csv:2:3: 3 fields, but there are 2 columns"),
        (b"path,subject_id,sex\na,x\n", "people.csv:2:3: 2 fields, but there are 3 columns"),
    ];
    for (bytes, message) in cases {
        let error = read(bytes).unwrap_err();
        assert!(error.to_string().contains(message), "{error} is not {message}");
        assert!(error.next_step().is_some(), "{error}");
        assert_eq!(error.kind(), ErrorKind::InvalidRecord);
    }
    let text =
        "\u{feff}sex,\"path\",subject_id,age\r\nf,\"a, b.jpg\",x,\r\n\r\n,c.jpg,\"y\",30\r\n";
    let manifest = read(text.as_bytes()).unwrap();
    assert_eq!(manifest.attributes, ["sex", "age"]);
    let [first, second] = &manifest.entries[..] else { panic!("two photos") };
    assert_eq!((first.path.as_str(), first.line), ("a, b.jpg", 2));
    assert_eq!(first.values, [Some("f".to_owned()), None]);
    assert_eq!((second.subject.as_str(), second.line), ("y", 4));
    assert_eq!(second.values, [None, Some("30".to_owned())]);
    assert_eq!(manifest.digest, evenmatch_core::Digest::of(text.as_bytes()));
    let error = PeopleManifest::read(&folder.path().join("none.csv")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
}

#[test]
fn pairs_become_records_that_an_audit_reads() {
    let album = Album::of(4);
    let blank = bmp(&RgbImage::from_pixel(320, 320, Rgb([200; 3])));
    std::fs::write(album.path("blank.bmp"), blank).unwrap();
    let text = "reference,probe,mated,probe_subject,reference_subject,probe_sex\n\
                0.bmp,1.bmp,1,a,a,f\n1.bmp,2.bmp,0,b,a,m\n2.bmp,blank.bmp,1,b,b,\nblank.bmp,0.bmp,0,a,b,f\n";
    std::fs::write(album.path("pairs.csv"), text).unwrap();
    let list = PairList::read(&album.path("pairs.csv")).unwrap();
    assert_eq!(list.photos.entries.len(), 4);
    let options = AcquireOptions::default();
    let verifier = null();
    let root = album.folder.path();
    let acquired = acquire(&list.photos, root, &verifier, &options, &|_| {}).unwrap();
    let compared = compare_pairs(&list, &acquired).unwrap();
    let verified =
        verifier.verify(album.path("0.bmp").as_path(), album.path("1.bmp").as_path()).unwrap();
    assert_eq!(compared[0].score, verified.score);
    assert_eq!(compared[2].failure.as_deref(), Some("detect:no_face_found"));
    assert_eq!(compared[3].failure.as_deref(), Some("detect:reference_no_face_found"));
    let mut out = Vec::new();
    write_records(&list, &compared, &mut out).unwrap();
    std::fs::write(album.path("records.csv"), &out).unwrap();
    let options = ReadOptions::default();
    let mut file = RecordFile::open(&album.path("records.csv"), &options).unwrap();
    let mut rows = RecordBatch::default();
    let mut symbols = Dictionary::default();
    file.scan(&mut symbols, &mut |_, batch| {
        rows = batch.clone();
        Ok(())
    })
    .unwrap();
    assert_eq!(rows.mating, [Mating::Mated, Mating::NonMated, Mating::Mated, Mating::NonMated]);
    assert_eq!(rows.attempt, [1, 1, 0, 1]);
    assert_eq!(rows.score[1] as f32, compared[1].score.unwrap());
    assert_eq!(symbols.failures[0].stage, FailureStage::Detect);
}

#[test]
fn lists_of_pairs_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pairs");
    let read = |text: &str| {
        std::fs::write(&path, text).unwrap();
        PairList::read(&path)
    };
    let lfw = read("2\t1\nAnn_B\t1\t4\nAnn_B\t1\tBo\t12\nBo\t2\t3\nBo\t1\tAnn_B\t2\n").unwrap();
    assert_eq!((lfw.folds, lfw.pairs.len()), (Some(2), 4));
    let pair = &lfw.pairs[1];
    assert_eq!(lfw.photos.entries[pair.reference].path, "Ann_B/Ann_B_0001.jpg");
    assert_eq!(lfw.photos.entries[pair.probe].path, "Bo/Bo_0012.jpg");
    assert_eq!((pair.mated, lfw.pairs[0].mated), (Some(false), Some(true)));
    assert_eq!(lfw.photos.entries[pair.probe].subject, "Bo");
    // Without a header there are pairs but no folds.
    let bare = read("Ann_B 1 4\nAnn_B 1 Bo 12\n").unwrap();
    assert_eq!((bare.folds, bare.pairs.len()), (None, 2));
    for (text, message) in [
        ("", "pairs:1: the list contains no pairs"),
        ("reference,prob\na,b\n", "pairs:1: the list has no column `probe`"),
        (
            "reference,probe,score\na,b,1\n",
            "pairs:1:3: the column `score` is filled in by comparing",
        ),
        ("reference,probe,x,x\na,b,1,2\n", "pairs:1:4: two columns are called `x`"),
        ("reference,probe\na,b\n,c\n", "pairs:3:1: the path of the reference is empty"),
        ("reference,probe,mated\na,b,perhaps\n", "pairs:2:3: unknown value of `mated`"),
        ("reference,probe\na\n", "pairs:2: 1 fields, but there are 2 columns"),
        (
            "reference,probe,probe_subject\na,b,x\nc,b,y\n",
            "pairs:3: the photo \"b\" shows \"y\" here",
        ),
        ("2 1\nA 1 2\nA 1 B 1\n", "pairs:1: 2 folds of 1 mated and 1 non-mated"),
        ("A 1 2\nA 1 2 3 4\n", "pairs:2: 5 fields, where 3 or 4 are expected"),
        ("A 1 x\n", "pairs:1: \"x\" is not a photo number"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.to_string().contains(message), "{error} is not {message}");
        assert!(error.next_step().is_some(), "{error}");
    }
}

/// The command with real models on `count` photos of LFW, or a printed reason to skip.
struct Bench {
    folder: TempDir,
    data: PathBuf,
}

impl Bench {
    fn new(count: usize) -> Option<Self> {
        let data = evenmatch_testfaces::data_dir()?;
        evenmatch_testfaces::verifier(Profile::Latency, Policy::default())?;
        let folder = tempfile::tempdir().unwrap();
        let list = std::fs::read_to_string(data.join("lfw.csv")).unwrap();
        let lines: Vec<&str> = list.lines().take(count + 1).collect();
        std::fs::write(folder.path().join("people.csv"), lines.join("\n")).unwrap();
        Some(Bench { folder, data })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn embed(&self, out: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
        command.arg("embed").arg("--manifest").arg(self.path("people.csv"));
        command.arg("--root").arg(&self.data).arg("--out").arg(out).args(more);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }
}

#[test]
fn killed_at_any_moment_and_resumed_it_gives_the_same_bytes() {
    let Some(bench) = Bench::new(48) else { return };
    let files = |folder: &Path| {
        [STORE_FILE, OUTCOMES_FILE].map(|name| std::fs::read(folder.join(name)).unwrap())
    };
    let whole = bench.path("whole");
    let begun = Instant::now();
    let done = bench.embed(&whole, &["--jobs", "2"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let took = begun.elapsed();
    let expected = files(&whole);

    let cut = bench.path("cut");
    let (mut kills, mut wholes, mut went_on) = (0, 0, 0);
    // The moments are random, and the same in every run of the test.
    let mut random = Random::new(20_260_101);
    let resume =
        |jobs: &str| bench.embed(&cut, &["--resume", "--part-photos", "3", "--jobs", jobs]);
    while kills < 20 {
        let mut child = resume(if kills % 2 == 0 { "1" } else { "2" }).spawn().unwrap();
        std::thread::sleep(took.mul_f64(random.unit()));
        let ended = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        let end = child.wait().unwrap();
        if ended {
            assert!(end.success());
            assert_eq!(files(&cut), expected);
            wholes += 1;
            std::fs::remove_dir_all(&cut).unwrap();
            continue;
        }
        kills += 1;
        let parts = std::fs::read_dir(cut.join("templates.unfinished"));
        went_on += usize::from(parts.is_ok_and(|parts| parts.count() > 1));
    }
    let end = resume("2").output().unwrap();
    let said = String::from_utf8_lossy(&end.stderr).into_owned();
    assert!(end.status.success(), "{said}");
    assert_eq!(files(&cut), expected, "{said}");
    assert_eq!(std::fs::read_dir(&cut).unwrap().count(), 2);
    println!("{kills} kills, {went_on} with parts left, {wholes} runs that ended first: {said}");
    assert!(went_on > 0, "no kill came between two parts: the test shows nothing");
}

#[test]
fn the_command_says_what_is_wrong_before_it_works() {
    let Some(bench) = Bench::new(4) else { return };
    let said = |command: &mut Command, code: i32| {
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        said
    };
    let out = bench.path("out");
    std::fs::create_dir_all(out.join("templates.unfinished")).unwrap();
    assert!(said(&mut bench.embed(&out, &[]), 2).contains("--resume"));
    assert!(said(&mut bench.embed(&out, &["--resume"]), 0).contains("4 decoded"));
    assert!(said(&mut bench.embed(&out, &[]), 0).contains("0 decoded, 4 stored before"));
    let elsewhere = said(bench.embed(&out, &[]).arg("--root").arg(bench.path("none")), 2);
    assert!(elsewhere.contains("cannot be used multiple times"), "{elsewhere}");
    let mut text = std::fs::read_to_string(bench.path("people.csv")).unwrap();
    text.push_str("\nlfw/nobody.jpg,Nobody,,\n");
    std::fs::write(bench.path("people.csv"), text).unwrap();
    let missing = said(&mut bench.embed(&out, &[]), 2);
    assert!(missing.contains("people.csv:6: 1 of 5 photos are missing"), "{missing}");
    assert!(missing.contains("--root"), "{missing}");
}

#[test]
fn the_command_batch_follows_lfws_protocol() {
    let Some(bench) = Bench::new(1) else { return };
    let photos = evenmatch_testfaces::lfw(&bench.data);
    let twice: Vec<&evenmatch_testfaces::LfwPhoto> = photos
        .windows(2)
        .filter(|w| w[0].subject == w[1].subject && w[0].path.to_string_lossy().contains("_0001."))
        .map(|w| &w[0])
        .take(10)
        .collect();
    let mut text = "5\t1\n".to_owned();
    for pair in twice.chunks(2) {
        let (a, b) = (&pair[0].subject, &pair[1].subject);
        text.push_str(&format!("{a}\t1\t2\n{a}\t1\t{b}\t1\n"));
    }
    std::fs::write(bench.path("pairs.txt"), text).unwrap();
    let records = bench.path("records.csv");
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
    command.arg("batch").arg("--pairs").arg(bench.path("pairs.txt")).arg("--json");
    command.arg("--root").arg(bench.data.join("lfw")).arg("--out").arg(&records);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["pairs"], 10);
    assert_eq!(summary["fold_accuracy"]["mean"], 1.0, "{summary}");
    assert_eq!(summary["fold_accuracy"]["folds"].as_array().unwrap().len(), 5);
    assert!(said.contains("accuracy over 5 folds"), "{said}");
    assert!(!bench.path("records.csv.unfinished").exists());

    // A run that stopped before the records were written resumes with --resume.
    let (before, unfinished) =
        (std::fs::read(&records).unwrap(), bench.path("records.csv.unfinished"));
    std::fs::remove_file(&records).unwrap();
    std::fs::create_dir_all(unfinished.join("templates.unfinished")).unwrap();
    let refused = command.output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--resume"));
    assert!(command.arg("--resume").output().unwrap().status.success());
    assert_eq!(std::fs::read(&records).unwrap(), before);
    assert!(!unfinished.exists());

    let audit = Command::new(env!("CARGO_BIN_EXE_evenmatch"))
        .arg("audit")
        .args(["--threshold", "0.363", "--records"])
        .arg(&records)
        .arg("--out")
        .arg(bench.path("report"))
        .output()
        .unwrap();
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stderr));
}
