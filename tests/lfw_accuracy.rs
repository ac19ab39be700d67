//! Accuracy on every photo of the LFW subset: every non-mated pair, and the mated pairs among each
//! person's first ten photos. It takes minutes, and is run by hand:
//!
//! `cargo test -p evenmatch --release lfw_accuracy:: -- --ignored --nocapture`

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::collections::HashMap;

use evenmatch::{
    DecodeLimits, EncodedSample, Policy, Probe, Source, Template, model::Profile,
    record::TemplateForm,
};
use image::{ImageEncoder, RgbImage};
use moxcms::{ColorProfile, Layout, TransformOptions};
use rayon::prelude::*;

#[test]
#[ignore = "minutes long: all 6,391 photos and 20 million pairs"]
fn false_non_match_rate_at_a_false_match_rate_of_one_in_a_thousand() {
    accuracy(TemplateForm::Plain, 0.011);
}

#[test]
#[ignore = "minutes long: all 6,391 photos and 20 million pairs"]
fn false_non_match_rate_of_mirrored_templates() {
    accuracy(TemplateForm::Mirrored, 0.0095);
}

fn accuracy(form: TemplateForm, most: f64) {
    let workers = rayon::current_num_threads();
    let profile = Profile::Throughput { workers };
    let (Some(data), Some(verifier)) = (
        evenmatch_testfaces::data_dir(),
        evenmatch_testfaces::verifier(
            profile,
            Policy { templates: Some(form), ..Policy::default() },
        ),
    ) else {
        return;
    };
    let photos = evenmatch_testfaces::lfw(&data);
    let started = std::time::Instant::now();
    let templates: Vec<Option<Template<Probe>>> = photos
        .par_iter()
        .map(|photo| {
            let acquisition = verifier.acquire(Source::Path(&photo.path)).unwrap();
            if acquisition.template.is_none() {
                println!("not acquired: {:?} {:?}", acquisition.reasons, acquisition.sample);
            }
            acquisition.template
        })
        .collect();
    let rate = photos.len() as f64 / started.elapsed().as_secs_f64();
    let lost = templates.iter().filter(|t| t.is_none()).count();

    let mut seen: HashMap<&str, usize> = HashMap::new();
    let kept: Vec<(&str, &Template<Probe>, usize)> = photos
        .iter()
        .zip(&templates)
        .filter_map(|(photo, template)| {
            let rank = seen.entry(&photo.subject).or_insert(0);
            *rank += 1;
            Some((photo.subject.as_str(), template.as_ref()?, *rank))
        })
        .collect();
    let cosine = |a: &Template<Probe>, b: &Template<Probe>| -> f32 {
        a.features().iter().zip(b.features()).map(|(x, y)| x * y).sum()
    };
    let scores: Vec<(Vec<f32>, Vec<f32>)> = (0..kept.len())
        .into_par_iter()
        .map(|i| {
            let (subject, template, rank) = kept[i];
            let (mut mated, mut high) = (Vec::new(), Vec::new());
            for (other, reference, other_rank) in &kept[i + 1..] {
                let score = cosine(template, reference);
                if subject != *other {
                    high.push(score);
                } else if rank <= 10 && *other_rank <= 10 {
                    mated.push(score);
                }
            }
            (mated, high)
        })
        .collect();
    let mut mated: Vec<f32> = scores.iter().flat_map(|(m, _)| m).copied().collect();
    let mut non_mated: Vec<f32> = scores.iter().flat_map(|(_, n)| n).copied().collect();
    mated.sort_by(f32::total_cmp);
    non_mated.par_sort_unstable_by(|a, b| b.total_cmp(a));

    println!(
        "{} photos, {lost} not acquired, {rate:.1} photos/s on {workers} workers",
        photos.len()
    );
    println!("{} mated pairs, {} non-mated pairs", mated.len(), non_mated.len());
    let mut at_one_in_a_thousand = 1.0;
    for target in [1e-2, 1e-3, 1e-4, 1e-5] {
        let allowed = (non_mated.len() as f64 * target).floor() as usize;
        // The smallest observed score that keeps the rate: tied scores stay together.
        let threshold = (1..=allowed)
            .rev()
            .find(|&n| non_mated[n - 1] > non_mated[n])
            .map_or(f32::INFINITY, |n| non_mated[n - 1]);
        let errors = mated.partition_point(|s| *s < threshold);
        let fnmr = errors as f64 / mated.len() as f64;
        println!(
            "FMR {target:.0e}: threshold {threshold:.4}, FNMR {errors}/{} = {:.3} %",
            mated.len(),
            100.0 * fnmr
        );
        if target == 1e-3 {
            at_one_in_a_thousand = fnmr;
        }
    }
    assert!(lost <= 3, "{lost} photos were not acquired");
    assert!(at_one_in_a_thousand <= most, "FNMR {at_one_in_a_thousand}");
}

/// The photo with its colours in another profile's values, as a PNG with or without that profile.
fn in_profile(photo: &RgbImage, profile: &ColorProfile, embedded: bool) -> Vec<u8> {
    let options = TransformOptions::default();
    let transform = ColorProfile::new_srgb()
        .create_transform_8bit(Layout::Rgb, profile, Layout::Rgb, options)
        .unwrap();
    let mut pixels = vec![0; photo.as_raw().len()];
    transform.transform(photo.as_raw(), &mut pixels).unwrap();
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    if embedded {
        encoder.set_icc_profile(profile.encode().unwrap()).unwrap();
    }
    let colour = image::ExtendedColorType::Rgb8;
    encoder.write_image(&pixels, photo.width(), photo.height(), colour).unwrap();
    bytes
}

/// Prints what a wide-gamut profile costs in score if it is applied, and if it is not:
/// docs/FORMATS.md.
#[test]
#[ignore = "a minute or two: 200 mated pairs, five times"]
fn wide_gamut_profiles_cost_no_score() {
    let profile = Profile::Throughput { workers: rayon::current_num_threads() };
    let (Some(data), Some(verifier)) = (
        evenmatch_testfaces::data_dir(),
        evenmatch_testfaces::verifier(profile, Policy::default()),
    ) else {
        return;
    };
    let photos = evenmatch_testfaces::lfw(&data);
    let mut last = "";
    let pairs: Vec<_> = photos
        .windows(2)
        .filter(|pair| {
            let is_first = pair[0].subject == pair[1].subject && pair[0].subject != last;
            last = &pair[0].subject;
            is_first
        })
        .take(200)
        .collect();
    let template = |bytes: &[u8]| -> Option<Template<Probe>> {
        verifier.acquire(Source::Bytes(bytes)).unwrap().template
    };
    let cosine = |a: &Template<Probe>, b: &Template<Probe>| -> f32 {
        a.features().iter().zip(b.features()).map(|(x, y)| x * y).sum()
    };
    let wide = [ColorProfile::new_display_p3(), ColorProfile::new_adobe_rgb()];
    let scores: Vec<Vec<f32>> = pairs
        .par_iter()
        .map(|pair| {
            let reference = template(&std::fs::read(&pair[0].path).unwrap()).unwrap();
            let sample = EncodedSample::from_path(&pair[1].path, &DecodeLimits::default());
            let photo = sample.unwrap().decode().unwrap().pixels().clone();
            let plain = in_profile(&photo, &ColorProfile::new_srgb(), false);
            let kinds = wide
                .iter()
                .flat_map(|wide| [true, false].map(|kept| in_profile(&photo, wide, kept)));
            std::iter::once(plain)
                .chain(kinds)
                .map(|bytes| template(&bytes).map_or(0.0, |probe| cosine(&reference, &probe)))
                .collect()
        })
        .collect();
    let names =
        ["Display P3, applied", "Display P3, ignored", "Adobe RGB, applied", "Adobe RGB, ignored"];
    for (n, name) in names.iter().enumerate() {
        let changes: Vec<f32> = scores.iter().map(|s| s[n + 1] - s[0]).collect();
        let mean = changes.iter().sum::<f32>() / changes.len() as f32;
        let largest = changes.iter().map(|c| c.abs()).fold(0.0, f32::max);
        println!("{name}: mean change {mean:+.4}, largest {largest:.4}, {} pairs", changes.len());
        if n % 2 == 0 {
            assert!(mean.abs() < 0.002, "{name}: {mean}");
        }
    }
}
