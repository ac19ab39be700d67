//! Times decode, detect, align and embed on one thread, for `scripts/bench_peers.sh`.
//!
//! ```text
//! bench_pipeline --photos N --root DIR          N photos spread over DIR/lfw.csv
//! bench_pipeline --folder DIR [--full-decode]   every *.jpg of a folder
//! bench_pipeline --folder DIR --agreement       cosine of reduced and full decoding
//! ```
//!
//! Prints one line of JSON: medians in milliseconds, and the processor time per image.

#![allow(clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use evenmatch::{
    DecodeLimits, EncodedSample, Policy, Probe, Reference, Source, Template, Verifier, align,
    compare, model::Profile,
};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let Arguments { photos, full_decode, agreement } = arguments()?;
    if agreement {
        return print_agreement(&photos);
    }
    let policy = Policy { full_decode, ..Policy::default() };
    let verifier = Verifier::open(Profile::Throughput { workers: 1 }, policy)?;
    // The first runs fill caches and memory arenas.
    for photo in photos.iter().cycle().take(5) {
        acquire(&verifier, photo)?;
    }
    let mut totals = Vec::new();
    let before = processor_seconds();
    for photo in &photos {
        let started = Instant::now();
        acquire(&verifier, photo)?;
        totals.push(started.elapsed().as_secs_f64());
    }
    let processor = (processor_seconds() - before) / photos.len() as f64;
    let mut stages: [Vec<f64>; 4] = Default::default();
    for photo in &photos {
        for (stage, seconds) in stages.iter_mut().zip(time_stages(&verifier, photo)?) {
            stage.push(seconds);
        }
    }
    let [decode, detect, align, embed] = stages.map(median);
    println!(
        "{}",
        serde_json::json!({
            "photos": photos.len(), "decode_ms": decode, "detect_ms": detect, "align_ms": align,
            "embed_ms": embed, "total_ms": median(totals), "cpu_ms": 1e3 * processor,
        })
    );
    Ok(())
}

struct Arguments {
    photos: Vec<PathBuf>,
    full_decode: bool,
    agreement: bool,
}

fn arguments() -> Outcome<Arguments> {
    let (mut count, mut root, mut folder) = (200, None, None);
    let (mut full_decode, mut agreement) = (false, false);
    let mut rest = std::env::args().skip(1);
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--photos" => count = value()?.parse()?,
            "--root" => root = Some(PathBuf::from(value()?)),
            "--folder" => folder = Some(PathBuf::from(value()?)),
            "--full-decode" => full_decode = true,
            "--agreement" => agreement = true,
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    let photos = match (root, folder) {
        (Some(root), None) => spread(&root, count)?,
        (None, Some(folder)) => jpegs(&folder)?,
        _ => return Err("give either --root or --folder".into()),
    };
    if photos.is_empty() {
        return Err("there are no photos".into());
    }
    Ok(Arguments { photos, full_decode, agreement })
}

/// Cosine similarity of each photo's templates from reduced and from full decoding.
fn print_agreement(photos: &[PathBuf]) -> Outcome<()> {
    let open = |full_decode| {
        let policy = Policy { full_decode, ..Policy::default() };
        Verifier::open(Profile::Throughput { workers: 1 }, policy)
    };
    let (reduced, full) = (open(false)?, open(true)?);
    let mut cosines = Vec::new();
    for photo in photos {
        let a = reduced.acquire(Source::<Probe>::Path(photo))?.template;
        let b = full.acquire(Source::<Reference>::Path(photo))?.template;
        let (Some(a), Some(b)) = (a, b) else {
            return Err(format!("no face in {}", photo.display()).into());
        };
        cosines.push(compare(&a, &b)?.value());
    }
    cosines.sort_by(f32::total_cmp);
    let median = cosines[cosines.len() / 2];
    println!(
        "{}",
        serde_json::json!({ "photos": cosines.len(), "median": median, "least": cosines[0] })
    );
    Ok(())
}

fn spread(root: &Path, count: usize) -> Outcome<Vec<PathBuf>> {
    let mut rows = csv::Reader::from_path(root.join("lfw.csv"))?;
    let all = rows.records().collect::<Result<Vec<_>, _>>()?;
    let count = count.min(all.len());
    Ok((0..count).map(|i| root.join(&all[i * all.len() / count][0])).collect())
}

fn jpegs(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "jpg"));
    paths.sort();
    Ok(paths)
}

fn acquire(verifier: &Verifier, photo: &Path) -> evenmatch_core::Result<()> {
    verifier.acquire(Source::<Probe>::Path(photo)).map(drop)
}

/// Seconds of each of the four stages, on the path that this photo takes.
fn time_stages(verifier: &Verifier, photo: &Path) -> Outcome<[f64; 4]> {
    let inspection = verifier.inspect(Source::<Probe>::Path(photo))?;
    let started = Instant::now();
    let sample = EncodedSample::from_path(photo, &DecodeLimits::default())?
        .decode_reduced(inspection.sample.reduction())?;
    let decoded = started.elapsed();
    let found = verifier.detector().detect(&sample)?;
    let detected = started.elapsed();
    let Some(face) = found.faces.first().and_then(|face| align(&sample, face)) else {
        return Err(format!("no face in {}", photo.display()).into());
    };
    let aligned = started.elapsed();
    let _: Template<Probe> = verifier.embedder().embed(&face)?;
    let embedded = started.elapsed();
    Ok([decoded, detected - decoded, aligned - detected, embedded - aligned]
        .map(|elapsed| elapsed.as_secs_f64()))
}

/// Median, in milliseconds.
fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    1e3 * seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Processor time of this process so far, user and system, in seconds.
fn processor_seconds() -> f64 {
    let ticks = std::fs::read_to_string("/proc/self/stat").ok().and_then(|stat| {
        // Fields 14 and 15, counted from after the name, which may contain spaces.
        let fields: Vec<f64> = stat
            .rsplit_once(')')?
            .1
            .split_whitespace()
            .skip(11)
            .take(2)
            .map_while(|field| field.parse().ok())
            .collect();
        Some(fields.iter().sum::<f64>())
    });
    // Linux reports in hundredths of a second.
    ticks.map_or(f64::NAN, |ticks| ticks / 100.0)
}
