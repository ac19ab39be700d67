//! Every signal on images that tests draw, clean and attacked; and what no image may cause.

use super::*;
use evenmatch_core::random::SplitMix;
use evenmatch_core::record::{Liveness, LivenessOutcome};
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

const FACE: [f32; 4] = [90.0, 70.0, 120.0, 150.0];

fn face() -> BoundingBox {
    FACE.into()
}

/// Something round and skin-coloured in front of a coloured wall, with a sensor's noise; `change`
/// adds to its values.
fn drawn(change: impl Fn(f32, f32) -> [f32; 3]) -> RgbImage {
    let mut random = SplitMix::from_state(5);
    RgbImage::from_fn(300, 300, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let (u, v) = ((x - 150.0) / 60.0, (y - 145.0) / 75.0);
        let r = u.hypot(v);
        let skin = [205.0, 150.0, 120.0].map(|value| value * (1.0 - 0.35 * r * r));
        let wall = [70.0 + 0.2 * x, 90.0 + 0.15 * y, 140.0 - 0.2 * x];
        let eye = (u.abs() - 0.4).hypot(v + 0.2) < 0.12;
        let colour = if eye {
            [20.0; 3]
        } else if r < 1.0 {
            skin
        } else {
            wall
        };
        let change = change(x, y);
        let noise = 6.0 * (random.unit_f32() + random.unit_f32() - 1.0);
        Rgb([0, 1, 2].map(|c| (colour[c] + change[c] + noise).clamp(0.0, 255.0) as u8))
    })
}

fn clean() -> RgbImage {
    drawn(|_, _| [0.0; 3])
}

fn jpeg(picture: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    picture.write_with_encoder(encoder).unwrap();
    image::load_from_memory(&bytes).unwrap().into_rgb8()
}

fn look(picture: &RgbImage) -> Vec<SignalRecord> {
    PassiveSignals::new(PassiveLimits::default()).look(picture, &face()).unwrap()
}

fn of(records: &[SignalRecord], signal: Signal) -> SignalRecord {
    records.iter().find(|record| record.name == signal.name()).unwrap().clone()
}

/// A clean image has no sign; this one has one, with this verdict.
fn expect(picture: &RgbImage, signal: Signal, verdict: SignalVerdict) {
    let without = of(&look(&clean()), signal);
    assert_eq!(without.verdict, SignalVerdict::Clear, "{without:?}");
    let with = of(&look(picture), signal);
    assert_eq!(with.verdict, verdict, "{with:?}");
    assert!(with.value > with.limit && without.value < without.limit, "{with:?} {without:?}");
}

#[test]
fn a_clean_picture_has_no_sign_with_or_without_compression() {
    for picture in [clean(), jpeg(&clean(), 90), jpeg(&clean(), 60)] {
        let records = look(&picture);
        assert_eq!(records.len(), Signal::ALL.len() - 1, "all but the network: {records:?}");
        for record in &records {
            assert_eq!(record.verdict, SignalVerdict::Clear, "{record:?}");
        }
        assert_eq!(Liveness::judged(records, None).outcome, LivenessOutcome::NotChecked);
    }
}

#[test]
fn the_grid_of_a_screen_is_a_periodic_pattern() {
    let grid = drawn(|x, y| [7.0 * (1.3 * x + 0.4 * y).sin(); 3]);
    expect(&grid, Signal::PeriodicPattern, SignalVerdict::Attack);
    assert_eq!(Liveness::judged(look(&grid), None).outcome, LivenessOutcome::Fail);
}

#[test]
fn dots_at_a_right_angle_are_a_halftone_and_one_wave_is_none() {
    let (a, b) = (1.1, 0.45);
    let dots = drawn(|x, y| {
        let value = 6.0 * ((a * x + b * y).sin() + (a * y - b * x).sin());
        [value, 0.0, 0.0]
    });
    expect(&dots, Signal::Halftone, SignalVerdict::Attack);
    let wave = drawn(|x, y| [6.0 * (a * x + b * y).sin(), 0.0, 0.0]);
    assert_eq!(of(&look(&wave), Signal::Halftone).verdict, SignalVerdict::Clear);
}

#[test]
fn a_jpeg_that_was_cut_and_saved_again_has_a_second_grid() {
    let cut = image::imageops::crop_imm(&jpeg(&clean(), 60), 3, 5, 290, 290).to_image();
    expect(&jpeg(&cut, 92), Signal::SecondCompression, SignalVerdict::Unclear);
    // Cropped along its grid it has only one.
    let along = image::imageops::crop_imm(&jpeg(&clean(), 60), 8, 8, 288, 288).to_image();
    let record = of(&look(&jpeg(&along, 92)), Signal::SecondCompression);
    assert_eq!(record.verdict, SignalVerdict::Clear, "{record:?}");
}

#[test]
fn a_drawing_lacks_the_noise_of_a_sensor() {
    let smooth = image::imageops::resize(
        &imageproc::filter::gaussian_blur_f32(&clean(), 6.0),
        300,
        300,
        image::imageops::FilterType::Triangle,
    );
    expect(&smooth, Signal::MissingNoise, SignalVerdict::Unclear);
}

#[test]
fn a_bezel_has_lines_that_belong_together_and_one_edge_has_not() {
    let bezel = |x: f32, y: f32| {
        // Rotated by four degrees.
        let (u, v) = (x - 150.0 + 0.07 * (y - 150.0), y - 145.0 - 0.07 * (x - 150.0));
        let (u, v) = (u.abs(), v.abs());
        let inside = u < 80.0 && v < 100.0;
        if inside || u > 95.0 || v > 115.0 { [0.0; 3] } else { [-250.0; 3] }
    };
    expect(&drawn(bezel), Signal::BorderLines, SignalVerdict::Unclear);
    let wall = drawn(|x, _| if x > 240.0 { [60.0; 3] } else { [0.0; 3] });
    let record = of(&look(&wall), Signal::BorderLines);
    assert_eq!(record.verdict, SignalVerdict::Clear, "{record:?}");
}

#[test]
fn black_that_fills_up_a_turned_picture_is_no_bezel() {
    let mut turned = drawn(|x, y| if x < 70.0 || y < 45.0 { [-255.0; 3] } else { [0.0; 3] });
    for (x, y, pixel) in turned.enumerate_pixels_mut() {
        if x < 70 || y < 45 {
            *pixel = Rgb([0; 3]);
        }
    }
    let record = of(&look(&turned), Signal::BorderLines);
    assert_eq!(record.verdict, SignalVerdict::Clear, "{record:?}");
}

#[test]
fn pale_pictures_are_flat_and_colourless_ones_are_not_judged() {
    let mut pale = clean();
    for value in pale.iter_mut() {
        *value = 140 + *value / 12;
    }
    expect(&pale, Signal::FlatColours, SignalVerdict::Unclear);
    let grey = image::DynamicImage::ImageLuma8(image::imageops::grayscale(&clean())).into_rgb8();
    assert!(look(&grey).iter().all(|record| record.name != "flat_colours"));
}

#[test]
fn a_lamp_in_glass_is_hard_edged_and_a_highlight_is_not() {
    let lamp = drawn(|x, y| {
        if (x - 165.0).abs() < 18.0 && (y - 130.0).abs() < 18.0 { [255.0; 3] } else { [0.0; 3] }
    });
    expect(&lamp, Signal::Glare, SignalVerdict::Unclear);
    let shine = drawn(|x, y| {
        let r = (x - 150.0).hypot(y - 130.0) / 30.0;
        [190.0 * (-r * r).exp(); 3]
    });
    assert_eq!(of(&look(&shine), Signal::Glare).verdict, SignalVerdict::Clear);
}

#[test]
fn a_verdict_that_changes_with_the_box_only_asks_for_more() {
    let signals = PassiveSignals::new(PassiveLimits { glare: 2.0, ..Default::default() });
    let judged = |signal, values: &[f32]| signals.judged(signal, values[0], values);
    for (signal, values, verdict) in [
        (Signal::PeriodicPattern, [15.0, 14.0, 20.0], SignalVerdict::Attack),
        (Signal::PeriodicPattern, [15.0, 13.9, 20.0], SignalVerdict::Unclear),
        (Signal::PeriodicPattern, [13.0, 13.9, 14.1], SignalVerdict::Unclear),
        (Signal::PeriodicPattern, [13.0, 13.9, 13.9], SignalVerdict::Clear),
        (Signal::Glare, [3.0, 3.0, 3.0], SignalVerdict::Unclear),
        (Signal::Network, [1.0, 1.0, 1.0], SignalVerdict::Unclear),
    ] {
        let record = judged(signal, &values);
        assert_eq!(record.verdict, verdict, "{record:?}");
        let span = values.iter().copied().fold(f32::MIN, f32::max)
            - values.iter().copied().fold(f32::MAX, f32::min);
        assert_eq!((record.value, record.jitter), (values[0], span));
    }
    // Even an unchecked policy cannot let the network deny.
    let limits = PassiveLimits { deny: vec![Signal::Network], ..Default::default() };
    let record = PassiveSignals::new(limits).judged(Signal::Network, 1.0, &[1.0; 7]);
    assert_eq!(record.verdict, SignalVerdict::Unclear);
}

#[test]
fn a_pattern_beside_the_face_flips_and_asks_for_more() {
    // The pattern starts where the box ends: only a moved or enlarged box reaches it.
    let edge = FACE[0] + FACE[2] / 2.0 + 64.0;
    let beside =
        drawn(|x, y| if x > edge { [60.0 * (1.9 * x + 1.1 * y).sin(); 3] } else { [0.0; 3] });
    let seen: Vec<SignalVerdict> = (0..40)
        .map(|shift| {
            let x = FACE[0] - 20.0 + 2.0 * shift as f32;
            let face = BoundingBox::from_xywh(x, FACE[1], FACE[2], FACE[3]);
            let signals = PassiveSignals::new(PassiveLimits::default());
            of(&signals.look(&beside, &face).unwrap(), Signal::PeriodicPattern).verdict
        })
        .collect();
    let first = |verdict| seen.iter().position(|seen| *seen == verdict);
    // Between not reaching it and lying in it, the verdict is open first.
    let (unclear, attack) = (first(SignalVerdict::Unclear), first(SignalVerdict::Attack));
    assert_eq!(seen[0], SignalVerdict::Clear, "{seen:?}");
    assert!(unclear.is_some() && attack.is_none_or(|attack| unclear < Some(attack)), "{seen:?}");
}

#[test]
fn no_picture_and_no_box_makes_it_fail() {
    let signals = PassiveSignals::new(PassiveLimits::default());
    let sizes = [(1, 1), (1, 400), (7, 3), (16, 16), (64, 64), (130, 90), (300, 300)];
    let pictures = [
        (|_, _| Rgb([0; 3])) as fn(u32, u32) -> Rgb<u8>,
        |_, _| Rgb([255; 3]),
        |x, y| Rgb([(x % 256) as u8, (y % 256) as u8, ((x + y) % 256) as u8]),
        |x, y| Rgb([255 * ((x + y) % 2) as u8; 3]),
    ];
    let boxes = [
        [0.0, 0.0, 1.0, 1.0],
        [-50.0, -50.0, 400.0, 400.0],
        [10.0, 10.0, 40.0, 60.0],
        [1e5, 1e5, 50.0, 50.0],
        [5.0, 5.0, 0.0, 0.0],
        [5.0, 5.0, -9.0, 9.0],
        [f32::NAN, 0.0, 9.0, 9.0],
        [0.0, 0.0, f32::INFINITY, 9.0],
        [250.0, 250.0, 200.0, 200.0],
    ];
    for (width, height) in sizes {
        for picture in pictures {
            let picture = RgbImage::from_fn(width, height, picture);
            for face in boxes {
                for record in signals.look(&picture, &face.into()).unwrap() {
                    let sound = record.value.is_finite() && record.jitter >= 0.0;
                    assert!(sound, "{width}×{height} {face:?} {record:?}");
                }
            }
        }
    }
    assert!(signals.look(&clean(), &[1e5, 1e5, 50.0, 50.0].into()).unwrap().is_empty());
}

#[test]
fn the_same_picture_gives_the_same_records_from_any_thread() {
    let picture = clean();
    let signals = PassiveSignals::new(PassiveLimits::default());
    let first = signals.look(&picture, &face()).unwrap();
    std::thread::scope(|scope| {
        let look = || signals.look(&picture, &face()).unwrap();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(look)).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), first);
        }
    });
}

#[test]
fn the_score_falls_as_signals_rise_and_stays_within_its_range() {
    let record = |value: f32| SignalRecord {
        name: "glare".to_owned(),
        value,
        limit: 4.0,
        jitter: 0.0,
        verdict: SignalVerdict::Clear,
    };
    assert_eq!(score(&[]), 1.0);
    assert_eq!(score(&[record(0.0)]), 1.0);
    assert_eq!(score(&[record(4.0)]), 0.5);
    assert_eq!(score(&[record(4.0), record(4.0)]), 0.25);
    assert!(score(&[record(1.0)]) > score(&[record(2.0)]));
    assert!(score(&[record(f32::MAX)]) >= 0.0);
    let screen = drawn(|x, y| [7.0 * (1.3 * x + 0.4 * y).sin(); 3]);
    assert!(score(&look(&screen)) < 0.2 && score(&look(&clean())) > 0.4);
}
