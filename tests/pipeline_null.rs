//! Everything around inference, with null networks: no models, runtime or faces are needed.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use evenmatch::{
    Embedder, FaceDetector, LivenessPolicy, OperatingPoint, Policy, Probe, Reference, SeveralFaces,
    Source, Template, Verifier,
    model::{
        ChannelOrder, InputSize, InputSpec, ModelId, Network, NullDetector, NullEmbedder, Outputs,
    },
};
use evenmatch_core::{
    Digest, ErrorKind, Stage,
    record::{
        DECISION_SCHEMA, DecisionRecord, LivenessOutcome, Outcome, ReasonCode, ReasonSubject,
        TemplateForm,
    },
};
use image::{Rgb, RgbImage};
use rayon::prelude::*;

const BACKGROUND: Rgb<u8> = Rgb([128, 128, 128]);
const RED: Rgb<u8> = Rgb([250, 20, 20]);
const BLUE: Rgb<u8> = Rgb([20, 20, 250]);
const GREEN: Rgb<u8> = Rgb([20, 250, 20]);

fn blank() -> RgbImage {
    RgbImage::from_pixel(320, 320, BACKGROUND)
}

/// Draws what the null detector takes for a face: a rectangle that stands out, in two colours
/// `above` and `below` its middle, by which the null embedder tells it from others.
fn draw(image: &mut RgbImage, [x, y, width, height]: [u32; 4], above: Rgb<u8>, below: Rgb<u8>) {
    for row in y..y + height {
        for column in x..x + width {
            let colour = if row < y + height / 2 { above } else { below };
            image.put_pixel(column, row, colour);
        }
    }
}

fn portrait(above: Rgb<u8>, below: Rgb<u8>) -> RgbImage {
    let mut image = blank();
    draw(&mut image, [96, 96, 128, 160], above, below);
    image
}

/// A large face with one appearance and a small one with another.
fn group(large: [Rgb<u8>; 2], small: [Rgb<u8>; 2]) -> RgbImage {
    let mut image = blank();
    draw(&mut image, [32, 32, 128, 160], large[0], large[1]);
    draw(&mut image, [224, 224, 64, 64], small[0], small[1]);
    image
}

fn verifier(policy: Policy) -> Verifier {
    Verifier::with_null_networks(policy).unwrap()
}

fn verify(policy: Policy, reference: &RgbImage, probe: &RgbImage) -> DecisionRecord {
    verifier(policy).verify(reference, probe).unwrap()
}

fn has(record: &DecisionRecord, code: ReasonCode) -> bool {
    record.reasons.iter().any(|reason| reason.code == code)
}

fn decisive(record: &DecisionRecord) -> Vec<ReasonCode> {
    record.reasons.iter().filter(|r| r.decisive).map(|r| r.code).collect()
}

#[test]
fn one_look_matches_and_another_does_not() {
    let same = verify(Policy::default(), &portrait(RED, BLUE), &portrait(RED, BLUE));
    assert_eq!(same.outcome, Outcome::Match);
    assert!(same.score.unwrap() > 0.999, "{:?}", same.score);
    assert_eq!(decisive(&same), [ReasonCode::ScoreAtOrAboveThreshold]);

    let other = verify(Policy::default(), &portrait(RED, BLUE), &portrait(BLUE, RED));
    assert_eq!(other.outcome, Outcome::NonMatch);
    assert_eq!(decisive(&other), [ReasonCode::ScoreBelowThreshold]);
    for record in [same, other] {
        assert_eq!(record.schema, DECISION_SCHEMA);
        assert_eq!(record.threshold, Some(0.9));
        assert_eq!(record.operating_point.basis, "publisher");
        assert_eq!(record.operating_point.calibration, None);
        assert!(has(&record, ReasonCode::ThresholdNotCalibrated));
        assert_eq!((record.probe.faces, record.reference.faces), (Some(1), Some(1)));
        let score = record.reasons.iter().find(|r| r.decisive).unwrap();
        assert_eq!((score.value, score.limit), (record.score, record.threshold));
    }
}

#[test]
fn the_box_is_where_the_face_was_drawn() {
    let image = portrait(RED, BLUE);
    let record = verify(Policy::default(), &image, &image);
    assert_eq!(record.probe.bounding_box, Some([96.0, 96.0, 128.0, 160.0]));
    assert_eq!(record.probe.size, Some([320, 320]));
    // In an image twice as large, the box has the same place in that image's own pixels.
    let large = image::imageops::resize(&image, 640, 640, image::imageops::FilterType::Nearest);
    let record = verify(Policy::default(), &large, &large);
    assert_eq!(record.probe.bounding_box, Some([192.0, 192.0, 256.0, 320.0]));
}

#[test]
fn of_several_faces_the_largest_is_compared_and_the_others_are_reported() {
    let reference = portrait(RED, BLUE);
    let record = verify(Policy::default(), &reference, &group([RED, BLUE], [GREEN, RED]));
    assert_eq!(record.outcome, Outcome::Match);
    assert_eq!(record.probe.faces, Some(2));
    assert_eq!(record.probe.bounding_box, Some([32.0, 32.0, 128.0, 160.0]));
    assert_eq!(record.probe.other_faces.len(), 1);
    assert_eq!(record.probe.other_faces[0].bounding_box, [224.0, 224.0, 64.0, 64.0]);
    let reason =
        record.reasons.iter().find(|r| r.code == ReasonCode::SeveralFacesLargestUsed).unwrap();
    assert_eq!(reason.subject, Some(ReasonSubject::Probe));
    assert_eq!((reason.value, reason.limit, reason.decisive), (Some(2.0), Some(1.0), false));
}

#[test]
fn the_best_score_over_all_faces_is_never_taken() {
    // The small face would match; the large one does not.
    let record = verify(Policy::default(), &portrait(RED, BLUE), &group([BLUE, RED], [RED, BLUE]));
    assert_eq!(record.outcome, Outcome::NonMatch);
}

#[test]
fn several_faces_are_refused_where_the_policy_says_so() {
    let policy = Policy { several_faces: SeveralFaces::Error, ..Policy::default() };
    let record = verify(policy.clone(), &portrait(RED, BLUE), &group([RED, BLUE], [GREEN, RED]));
    assert_eq!(record.outcome, Outcome::Undecided);
    assert_eq!(decisive(&record), [ReasonCode::SeveralFacesRefused]);
    assert_eq!((record.score, record.threshold), (None, None));
    assert!(!record.probe.acquired && record.reference.acquired);

    let one = verify(policy, &portrait(RED, BLUE), &portrait(RED, BLUE));
    assert_eq!(one.outcome, Outcome::Match);
}

#[test]
fn no_face_is_an_outcome_about_the_right_photo() {
    let face = portrait(RED, BLUE);
    for (reference, probe, subjects) in [
        (blank(), face.clone(), vec![ReasonSubject::Reference]),
        (face, blank(), vec![ReasonSubject::Probe]),
        (blank(), blank(), vec![ReasonSubject::Reference, ReasonSubject::Probe]),
    ] {
        let record = verify(Policy::default(), &reference, &probe);
        assert_eq!(record.outcome, Outcome::Undecided);
        assert_eq!((record.score, record.threshold), (None, None));
        let found: Vec<_> = record
            .reasons
            .iter()
            .filter(|r| r.code == ReasonCode::NoFaceFound)
            .map(|r| r.subject.unwrap())
            .collect();
        assert_eq!(found, subjects);
        assert!(!has(&record, ReasonCode::ThresholdNotCalibrated));
        for (sample, subject) in
            [(&record.reference, ReasonSubject::Reference), (&record.probe, ReasonSubject::Probe)]
        {
            assert_eq!(sample.acquired, !subjects.contains(&subject));
            assert_eq!(sample.attempts.last().unwrap().found, sample.acquired);
            assert_eq!(
                sample.attempts.len() > 1,
                !sample.acquired,
                "it looks again without success"
            );
        }
    }
}

/// A face at the right border of an image 305 pixels wide: the null detector sees whole cells of 32
/// pixels, the last of which reaches to 320.
fn at_the_border(left: u32) -> RgbImage {
    let mut image = RgbImage::from_pixel(305, 320, BACKGROUND);
    draw(&mut image, [left, 96, 305 - left, 64], RED, BLUE);
    image
}

#[test]
fn a_face_cut_by_the_border_is_compared_and_noted() {
    let image = at_the_border(256);
    let record = verify(Policy::default(), &image, &image);
    assert!(record.probe.acquired);
    assert_eq!(record.outcome, Outcome::Match);
    let coverage = record.probe.quality.coverage.unwrap();
    assert!(0.5 < coverage && coverage < 0.9, "{coverage}");
    let cut = record.reasons.iter().find(|r| r.code == ReasonCode::FaceCutByBorder).unwrap();
    assert!(!cut.decisive && cut.value < cut.limit, "{cut:?}");
}

#[test]
fn a_face_without_its_eye_in_the_image_is_not_compared() {
    let image = at_the_border(288);
    let record = verify(Policy::default(), &portrait(RED, BLUE), &image);
    assert_eq!(record.outcome, Outcome::Undecided);
    assert_eq!(decisive(&record), [ReasonCode::LandmarksOutsideImage]);
    assert_eq!((record.probe.faces, record.probe.acquired), (Some(1), false));
}

#[test]
fn a_small_face_is_compared_and_noted() {
    let mut image = blank();
    draw(&mut image, [96, 96, 32, 32], RED, BLUE);
    let record = verify(Policy::default(), &image, &image);
    assert!(record.probe.acquired);
    let small = record.reasons.iter().find(|r| r.code == ReasonCode::FaceSmall).unwrap();
    assert!(!small.decisive && small.value < small.limit, "{small:?}");
}

#[test]
fn identical_files_are_noted_and_decide_nothing() {
    let record = verify(Policy::default(), &portrait(RED, BLUE), &portrait(RED, BLUE));
    assert!(has(&record, ReasonCode::IdenticalFiles));
    assert_eq!(record.outcome, Outcome::Match);
    let record = verify(Policy::default(), &portrait(RED, BLUE), &portrait(RED, GREEN));
    assert!(!has(&record, ReasonCode::IdenticalFiles));
}

#[test]
fn a_photo_is_named_or_handed_over_in_any_usual_way() {
    let verifier = Verifier::with_null_networks(Policy::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.png");
    RgbImage::from_fn(320, 320, |x, y| match (x, y) {
        (96..224, 96..256) => Rgb([250, 20, 20]),
        _ => Rgb([128; 3]),
    })
    .save(&path)
    .unwrap();
    let name: &str = path.to_str().unwrap();
    let text: String = name.to_owned();
    let bytes: Vec<u8> = std::fs::read(&path).unwrap();
    let expected = verifier.verify(path.as_path(), path.as_path()).unwrap();
    assert_eq!(verifier.verify(name, &text).unwrap(), expected);
    assert_eq!(verifier.verify(&path, &bytes).unwrap(), expected);
    assert_eq!(verifier.verify(bytes.as_slice(), name).unwrap(), expected);
}

#[test]
fn a_ready_template_stands_in_for_a_photo() {
    let verifier = verifier(Policy::default());
    let (reference, probe) = (portrait(RED, BLUE), portrait(RED, GREEN));
    let photo = verifier.verify(&reference, &probe).unwrap();
    let template = verifier.acquire::<Reference>(&reference).unwrap().template.unwrap();
    let stored = Template::<Reference>::from_bytes(&template.to_bytes()).unwrap();
    let record = verifier.verify(&stored, &probe).unwrap();
    assert_eq!((record.outcome, record.score), (photo.outcome, photo.score));
    assert_eq!(record.probe, photo.probe);
    assert!(record.reference.acquired);
    assert_eq!((record.reference.sha256, record.reference.faces), (None, None));
    // Templates of equal photos are not "identical files": there is no file.
    let probe = verifier.acquire::<Probe>(&reference).unwrap().template.unwrap();
    let record = verifier.verify(&stored, &probe).unwrap();
    assert_eq!(record.outcome, Outcome::Match);
    assert!(!has(&record, ReasonCode::IdenticalFiles));
    // And a template contains no photo to inspect.
    let error = verifier.inspect(Source::Template(&stored)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

/// The null embedder under another name, as another model would be.
struct Renamed(ModelId, NullEmbedder);

impl Network for Renamed {
    fn id(&self) -> &ModelId {
        &self.0
    }

    fn run(&self, input: ndarray::ArrayView4<'_, f32>) -> evenmatch_core::Result<Outputs> {
        self.1.run(input)
    }
}

fn with_another_embedder(policy: Policy) -> Verifier {
    let spec = |size, channels| InputSpec::new(size, channels, [0.0; 3], [1.0; 3]).unwrap();
    let id = ModelId { id: "another".into(), sha256: Digest::of(b"another") };
    let detector = FaceDetector::new(
        Arc::new(NullDetector::new()),
        spec(InputSize::MultipleOf(32), ChannelOrder::Bgr),
        policy.detector,
    );
    let embedder = Embedder::new(
        Arc::new(Renamed(id, NullEmbedder::new())),
        spec(InputSize::Fixed { width: 112, height: 112 }, ChannelOrder::Rgb),
    );
    Verifier::new(detector.unwrap(), embedder.unwrap(), None, policy).unwrap()
}

#[test]
fn a_template_of_another_model_is_refused() {
    let ours = verifier(Policy::default());
    let theirs = with_another_embedder(Policy { threshold: Some(0.5), ..Policy::default() });
    let image = portrait(RED, BLUE);
    let template = theirs.acquire::<Reference>(&image).unwrap().template.unwrap();
    let error = ours.verify(&template, &image).unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::ModelMismatch, Stage::Compare));
    assert!(error.to_string().contains("another"), "{error}");
    assert!(error.next_step().is_some_and(|next| next.contains("enrol")));
    // The model that made it accepts it.
    assert_eq!(theirs.verify(&template, &image).unwrap().outcome, Outcome::Match);
}

#[test]
fn thresholds_that_are_no_cosine_are_refused() {
    for threshold in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.01, -1.01] {
        let policy = Policy { threshold: Some(threshold), ..Policy::default() };
        let error = Verifier::with_null_networks(policy).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{threshold}");
        assert!(OperatingPoint::resolve(None, Some((threshold, "it".into()))).is_err());
    }
    for threshold in [-1.0, 0.0, 1.0] {
        let policy = Policy { threshold: Some(threshold), ..Policy::default() };
        let record = verify(policy, &portrait(RED, BLUE), &portrait(RED, BLUE));
        assert_eq!(record.threshold, Some(threshold));
        assert_eq!(record.operating_point.basis, "stated");
    }
    let error = "threshold = nan".parse::<Policy>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let error = "several_faces = 'error'\nthreshhold = 0.4".parse::<Policy>().unwrap_err();
    assert_eq!(error.place().line, Some(2), "{error}");
}

#[test]
fn a_score_at_the_threshold_matches() {
    let (reference, probe) = (portrait(RED, BLUE), portrait(RED, GREEN));
    let score = verify(Policy::default(), &reference, &probe).score.unwrap();
    assert!((-0.99..0.99).contains(&score), "{score}");
    let at = |threshold| {
        let policy = Policy { threshold: Some(threshold), ..Policy::default() };
        verify(policy, &reference, &probe).outcome
    };
    assert_eq!(at(score), Outcome::Match);
    assert_eq!(at(score.next_up()), Outcome::NonMatch);
}

#[test]
fn where_liveness_is_required_there_is_no_match_without_it() {
    let with = |liveness, probe| {
        let policy = Policy { liveness, ..Policy::default() };
        verify(policy, &portrait(RED, BLUE), &probe)
    };
    let live = with(LivenessPolicy::Require, portrait(RED, BLUE));
    assert_eq!(live.outcome, Outcome::Undecided);
    // Passive signals see that the portrait is drawn, and ask for more; a photo never proves more.
    assert_eq!(decisive(&live), [ReasonCode::AttackSignsUnclear; 2]);
    assert_eq!(live.liveness.outcome, LivenessOutcome::Inconclusive);
    assert!(live.score.is_some() && has(&live, ReasonCode::ScoreAtOrAboveThreshold));

    let other = with(LivenessPolicy::Require, portrait(BLUE, RED));
    assert_eq!(other.outcome, Outcome::NonMatch);
    assert_eq!(decisive(&other), [ReasonCode::ScoreBelowThreshold]);

    let advisory = with(LivenessPolicy::Advisory, portrait(RED, BLUE));
    assert_eq!(advisory.outcome, Outcome::Match);
    assert!(has(&advisory, ReasonCode::AttackSignsUnclear));
    let off = with(LivenessPolicy::Off, portrait(RED, BLUE));
    assert!(!has(&off, ReasonCode::LivenessNotChecked));
    assert!(!has(&off, ReasonCode::AttackSignsUnclear) && off.liveness.signals.is_empty());
    // The record says "not checked" even if nobody asked.
    assert_eq!(off.liveness.outcome, LivenessOutcome::NotChecked);
}

#[test]
fn one_and_eight_threads_give_the_same_bytes() {
    let colours = [RED, BLUE, GREEN, Rgb([240, 240, 20]), Rgb([20, 240, 240])];
    let photos: Vec<RgbImage> = colours
        .iter()
        .flat_map(|a| colours.iter().map(|b| portrait(*a, *b)))
        .chain([blank(), group([RED, BLUE], [BLUE, RED])])
        .collect();
    let verifier = verifier(Policy::default());
    let records = |threads: usize| -> Vec<Vec<u8>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            photos
                .par_iter()
                .map(|probe| verifier.verify(&photos[1], probe).unwrap())
                .map(|record| serde_json::to_vec(&record).unwrap())
                .collect()
        })
    };
    let one = records(1);
    assert_eq!(one, records(8));
    // The records are not all the same.
    let distinct: std::collections::BTreeSet<&Vec<u8>> = one.iter().collect();
    assert_eq!(distinct.len(), photos.len());
}

#[test]
fn a_record_comes_back_from_json_as_it_was() {
    for probe in [portrait(RED, BLUE), blank(), group([RED, BLUE], [GREEN, RED])] {
        let record = verify(Policy::default(), &portrait(RED, BLUE), &probe);
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<DecisionRecord>(&json).unwrap(), record);
    }
}

#[test]
fn the_record_has_the_fields_of_the_contract() {
    let record = verify(Policy::default(), &portrait(RED, BLUE), &portrait(BLUE, RED));
    let json = serde_json::to_value(&record).unwrap();
    for pointer in [
        "/schema",
        "/id",
        "/operating_point/target_fmr",
        "/operating_point/calibration",
        "/operating_point/fmr_upper_worst_group",
        "/operating_point/n_nonmated",
        "/reasons/0/code",
        "/reasons/0/stage",
        "/reasons/0/value",
        "/reasons/0/limit",
        "/reasons/0/subject",
        "/reasons/0/advice",
        "/probe/sha256",
        "/probe/acquired",
        "/probe/faces",
        "/probe/box/3",
        "/probe/landmarks/4/1",
        "/probe/detection_score",
        "/probe/attempts/0/step",
        "/probe/attempts/0/found",
        "/probe/quality",
        "/reference/box/3",
        "/models/1/role",
        "/models/1/id",
        "/models/1/sha256",
        "/software/version",
    ] {
        assert!(json.pointer(pointer).is_some(), "{pointer} is missing: {json}");
    }
    assert_eq!(json["outcome"], "non_match");
    assert_eq!(json["liveness"]["outcome"], "not_checked");
    assert_eq!(json["reasons"][0]["stage"], "compare");
}

#[test]
fn the_id_covers_what_was_decided_and_by_what_rule() {
    let id = |threshold, probe: &RgbImage| {
        let policy = Policy { threshold, ..Policy::default() };
        verify(policy, &portrait(RED, BLUE), probe).id
    };
    let probe = portrait(RED, BLUE);
    assert_eq!(id(None, &probe), id(None, &probe));
    assert_ne!(id(None, &probe), id(Some(0.5), &probe));
    assert_ne!(id(Some(0.5), &probe), id(Some(0.6), &probe));
    assert_ne!(id(None, &probe), id(None, &portrait(RED, GREEN)));
}

/// A face whose halves differ, so that its mirror image is another picture.
fn lopsided() -> RgbImage {
    RgbImage::from_fn(320, 320, |x, y| match (x, y) {
        (96..160, 96..256) => RED,
        (160..224, 96..176) => GREEN,
        (160..224, 176..256) => BLUE,
        _ => Rgb([128; 3]),
    })
}

fn features(verifier: &Verifier, image: &RgbImage) -> Vec<f32> {
    let template = verifier.acquire::<Probe>(image).unwrap().template.unwrap();
    assert_eq!(template.form(), verifier.templates());
    template.features().to_vec()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn a_mirrored_template_is_the_mean_of_both_views_and_the_default() {
    let of = |form: Option<TemplateForm>| {
        verifier(Policy { templates: form, threshold: Some(0.5), ..Policy::default() })
    };
    let (usual, plain) = (of(None), of(Some(TemplateForm::Plain)));
    assert_eq!(usual.templates(), TemplateForm::Mirrored);
    assert_eq!(plain.templates(), TemplateForm::Plain);
    let image = lopsided();
    // One look at the face, so that both views are of one crop.
    let crop = plain.inspect::<Probe>(&image).unwrap().aligned.unwrap();
    let embed = |verifier: &Verifier| verifier.embedder().embed_measured::<Probe>(&crop).unwrap();
    let ((own, length), (mirrored, shorter)) = (embed(&plain), embed(&usual));
    let (own, mirrored) = (own.features(), mirrored.features());
    assert_eq!(features(&plain, &image), own);
    // The null embedder's features are a grid of 8 by 8 for each channel.
    let flipped: Vec<f32> = own.chunks_exact(8).flat_map(|row| row.iter().rev().copied()).collect();
    assert!(cosine(own, &flipped) < 0.9, "the face is not lopsided enough to test anything");
    let sum: Vec<f32> = own.iter().zip(&flipped).map(|(a, b)| a + b).collect();
    let norm = cosine(&sum, &sum).sqrt();
    assert!((cosine(&sum, mirrored) / norm - 1.0).abs() < 1e-5);
    // Its length is that of the mean, shorter than that of one view.
    assert!((shorter / length - norm / 2.0).abs() < 1e-4, "{shorter} of {length}");
    // A photo and its mirror image give mirrored templates that are alike, unlike plain ones. They
    // are not the same: the null detector's second look crops the two differently.
    let mirror = image::imageops::flip_horizontal(&image);
    let between = |v: &Verifier| cosine(&features(v, &image), &features(v, &mirror));
    let [usual, plain] = [&usual, &plain].map(between);
    assert!(usual > 0.6 && usual > plain + 0.5, "{usual} and {plain}");
}

#[test]
fn a_network_that_takes_one_view_at_a_time_gives_the_same_template() {
    let policy = || Policy { threshold: Some(0.5), ..Policy::default() };
    let (at_once, one_by_one) = (verifier(policy()), with_another_embedder(policy()));
    let image = lopsided();
    let (a, b) = (features(&at_once, &image), features(&one_by_one, &image));
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn templates_of_different_forms_are_refused() {
    let of = |text: &str| verifier(text.parse().unwrap());
    let (mirrored, plain) = (of("templates = 'mirrored'"), of("templates = 'plain'"));
    let image = portrait(RED, BLUE);
    let enrolled = plain.acquire::<Reference>(&image).unwrap().template.unwrap();
    let enrolled = Template::<Reference>::from_bytes(&enrolled.to_bytes()).unwrap();
    let error = mirrored.verify(&enrolled, &image).unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::TemplateFormMismatch, Stage::Compare));
    assert!(error.next_step().is_some_and(|next| next.contains("--templates plain")));
    let record = plain.verify(&enrolled, &image).unwrap();
    assert_eq!(record.outcome, Outcome::Match);
    // Records state the form; those from before there were two do not.
    let text = serde_json::to_string(&record).unwrap();
    assert!(text.contains("\"templates\":\"plain\""), "{text}");
    let old: DecisionRecord =
        serde_json::from_str(&text.replace("\"templates\":\"plain\",", "")).unwrap();
    assert_eq!(old.templates, None);
    assert!(!serde_json::to_string(&old).unwrap().contains("templates"));
    assert_eq!(mirrored.verify(&image, &image).unwrap().templates, Some(TemplateForm::Mirrored));
    let error = "templates = 'both'".parse::<Policy>().unwrap_err();
    assert_eq!((error.kind(), error.place().line), (ErrorKind::InvalidArgument, Some(1)));
}
