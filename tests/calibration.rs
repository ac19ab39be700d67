//! Calibrations: made from samples, sealed, and refused where they do not hold.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod audit_support;

use audit_support::Random;
use evenmatch::audit::{AuditSettings, LabelledSample, SampleSet, Thresholds, audit_samples};
use evenmatch::calibrate::{CalibrationNotes, TARGETS, calibration, carried};
use evenmatch::record::{Calibration, Claim, ModelRecord};
use evenmatch::{Digest, ErrorKind, OperatingPoint, Policy, Verifier};

const DIMENSION: usize = 24;

fn set(people: usize, seed: u64) -> SampleSet {
    let mut random = Random(seed);
    let mut set =
        SampleSet { attributes: vec!["race".into()], dimension: DIMENSION, ..SampleSet::default() };
    // People of group B resemble each other.
    let shared: Vec<f64> = (0..DIMENSION).map(|_| random.normal()).collect();
    for person in 0..people {
        let group = person % 2;
        let pull = if group == 1 { 0.9 } else { 0.0 };
        let centre: Vec<f64> = shared.iter().map(|x| pull * x + random.normal()).collect();
        for _ in 0..2 {
            let raw: Vec<f64> = centre.iter().map(|x| x + 0.6 * random.normal()).collect();
            let norm = raw.iter().map(|x| x * x).sum::<f64>().sqrt();
            set.templates.extend(raw.iter().map(|x| (x / norm) as f32));
            set.samples.push(LabelledSample {
                subject: format!("s{person}"),
                values: vec![Some(["A", "B"][group].to_owned())],
                failure: None,
                attempt: 1,
            });
        }
    }
    set
}

fn models(byte: u8) -> Vec<ModelRecord> {
    vec![ModelRecord {
        role: "embedder".into(),
        id: "e".into(),
        sha256: Digest::from_bytes([byte; 32]),
    }]
}

fn calibrated(people: usize) -> Calibration {
    let set = set(people, 3);
    let pairs = (2 * people * (2 * people - 2) / 2) as u64;
    let (targets, refused) = carried(&TARGETS, pairs);
    let settings =
        AuditSettings { thresholds: Thresholds::Targets(targets), ..AuditSettings::default() };
    let report = audit_samples(&set, &settings, &mut |_| ()).unwrap();
    let notes = CalibrationNotes {
        name: "synthetic".into(),
        date: "2026-01-01".into(),
        description: "made by a test".into(),
        manifest_sha256: Digest::of(b"manifest"),
        acquired: set.samples.len() as u64,
        models: models(1),
    };
    calibration(&report, refused, notes).unwrap()
}

#[test]
fn thresholds_are_claims_with_their_worst_group() {
    let made = calibrated(100);
    // 19,800 comparisons: 198, 20 and 2 errors at 1e-2, 1e-3 and 1e-4.
    assert_eq!(made.data.nonmated, 19_800);
    assert_eq!(made.threshold.iter().map(|t| t.target_fmr).collect::<Vec<_>>(), [1e-2, 1e-3]);
    assert_eq!(made.refused, [1e-4, 1e-5, 1e-6]);
    assert_eq!(
        made.threshold.iter().map(|t| t.claim).collect::<Vec<_>>(),
        [Claim::Measured, Claim::UpperBound]
    );
    for point in &made.threshold {
        assert!(point.fmr.errors as f64 <= point.target_fmr * point.fmr.trials as f64);
        let worst = point.worst_group.as_ref().unwrap();
        assert_eq!((worst.group.as_str(), point.groups.len()), ("B", 2));
        assert!(worst.fmr.high > point.fmr.rate && point.fnmr.is_some());
        let chosen = OperatingPoint::calibrated(&made, point.target_fmr).unwrap();
        assert!(f64::from(chosen.threshold()) >= point.threshold);
        let record = chosen.record();
        assert_eq!(record.target_fmr, Some(point.target_fmr));
        assert_eq!(record.fmr_upper_worst_group, Some(worst.fmr.high));
        assert_eq!(record.n_nonmated, Some(19_800));
        let claim = record.claim.unwrap();
        assert!(claim.contains("of 10,000 pairs") && claim.contains("(B)"), "{claim}");
    }
}

#[test]
fn a_calibration_is_read_back_and_every_change_is_seen() {
    let made = calibrated(60);
    let text = made.to_toml().unwrap();
    assert_eq!(Calibration::parse(&text).unwrap(), made);
    let threshold = format!("threshold = {}", made.threshold[0].threshold);
    assert!(text.contains(&threshold));
    let tampered = text.replacen(&threshold, "threshold = 0.1", 1);
    let error = Calibration::parse(&tampered).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DigestMismatch);
    assert!(error.next_step().is_some());
    for broken in ["", "schema = 1", &text.replace("calibration/1", "calibration/9")] {
        assert_eq!(Calibration::parse(broken).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn what_ships_is_whole_and_of_one_stack() {
    let shipped = evenmatch::calibrate::shipped().unwrap();
    assert_eq!(shipped.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["fairface", "lfw"]);
    for calibration in &shipped {
        assert_eq!(calibration.models, shipped[0].models);
        assert!(calibration.at(1e-3).unwrap().worst_group.is_some());
    }
}

#[test]
fn rates_beyond_the_data_and_other_models_are_refused() {
    let made = calibrated(60);
    let error = OperatingPoint::calibrated(&made, 1e-5).unwrap_err();
    assert!(error.to_string().contains("too few"), "{error}");
    assert!(error.next_step().unwrap().contains("1e-2"), "{error}");
    assert!(OperatingPoint::calibrated(&made, 0.02).is_err());
    assert!(made.check_models(&models(1)).is_ok());
    assert_eq!(made.check_models(&models(2)).unwrap_err().kind(), ErrorKind::ModelMismatch);
    let verifier = Verifier::with_null_networks(Policy::default()).unwrap();
    let error = verifier.calibrated(&made, 1e-2).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelMismatch);
}

#[test]
fn a_calibrated_verifier_states_the_claim() {
    let verifier = Verifier::with_null_networks(Policy::default()).unwrap();
    let mut made = calibrated(60);
    made.models = verifier.models();
    let made = made.sealed().unwrap();
    let verifier = verifier.calibrated(&made, 1e-2).unwrap();
    let photo = image::RgbImage::from_fn(320, 320, |x, y| match (x, y) {
        (96..224, 96..256) => image::Rgb([250, 20, 20]),
        _ => image::Rgb([128; 3]),
    });
    let record = verifier.verify(&photo, &photo).unwrap();
    assert_eq!(record.operating_point.basis, "calibration");
    assert!(record.operating_point.calibration.unwrap().contains(&made.digest.to_string()));
    let codes: Vec<_> = record.reasons.iter().map(|r| r.code).collect();
    assert!(!codes.contains(&evenmatch::record::ReasonCode::ThresholdNotCalibrated), "{codes:?}");
}

/// 200 times: thresholds chosen on half of the people have, on the other half, an FMR within the
/// stated interval at least 95 % of the time. The interval is that of a difference of two
/// independent halves, since both sides vary.
#[test]
#[ignore = "200 audits: run with --release -- --ignored --nocapture"]
fn thresholds_hold_on_people_that_did_not_choose_them() {
    let splits = 200;
    let (mut held, mut exceeded) = (0, 0);
    for split in 0..splits {
        let whole = set(300, 1000 + split);
        let halves = [0, 1].map(|half| {
            let mut part =
                SampleSet { samples: Vec::new(), templates: Vec::new(), ..whole.clone() };
            for (index, sample) in whole.samples.iter().enumerate() {
                if index / 4 % 2 == half {
                    part.samples.push(sample.clone());
                    let row = index * DIMENSION..(index + 1) * DIMENSION;
                    part.templates.extend_from_slice(&whole.templates[row]);
                }
            }
            part
        });
        let audit = |set: &SampleSet, thresholds| {
            let settings = AuditSettings { thresholds, ..AuditSettings::default() };
            audit_samples(set, &settings, &mut |_| ()).unwrap()
        };
        let chosen = audit(&halves[0], Thresholds::Targets(vec![1e-2]));
        let threshold = chosen.operating_points[0].threshold;
        let other = audit(&halves[1], Thresholds::Given(threshold));
        let rate = |report: &evenmatch::audit::AuditReport| match &report.operating_points[0]
            .overall
            .fmr
        {
            evenmatch::audit::RateCell::Measured(rate) => (rate.rate, rate.low, rate.high),
            evenmatch::audit::RateCell::Insufficient { .. } => unreachable!("too few trials"),
        };
        let (stated, low, high) = rate(&chosen);
        let (found, ..) = rate(&other);
        let widen = std::f64::consts::SQRT_2;
        held += u32::from(
            found >= stated - widen * (stated - low) && found <= stated + widen * (high - stated),
        );
        exceeded += u32::from(found > high);
    }
    println!("held in {held} of {splits} splits; above the stated upper end in {exceeded}");
    assert!(f64::from(held) >= 0.95 * splits as f64, "{held}");
}
