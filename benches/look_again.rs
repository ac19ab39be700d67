//! What further attempts to find a face cost: nothing if a photo is good, and how much if it is
//! hopeless.
//!
//! ```sh
//! cargo bench --bench look_again
//! ```
#![allow(unreachable_pub, clippy::print_stdout, clippy::print_stderr, clippy::expect_used)]

use std::hint::black_box;
use std::path::PathBuf;

use evenmatch::{Probe, Template, Verifier, model::Profile};
use evenmatch_testkit::timing::{median, seconds};
use image::{Rgb, RgbImage};

const ROUNDS: usize = 11;

fn verifier(policy: &str) -> Option<Verifier> {
    let policy = policy.parse().expect("a policy");
    match Verifier::open(Profile::Throughput { workers: 1 }, policy) {
        Ok(verifier) => Some(verifier),
        Err(error) => {
            eprintln!("skipped: {error} (run: evenmatch models fetch)");
            None
        }
    }
}

fn template(verifier: &Verifier, photo: &RgbImage) -> Option<Template<Probe>> {
    verifier.acquire(photo).expect("an outcome").template
}

/// Every 64th photo of the LFW subset, decoded.
fn photos() -> Vec<RgbImage> {
    let data = std::env::var_os("EVENMATCH_DATA")
        .map_or_else(|| evenmatch_testkit::workspace().join("../shared/data"), PathBuf::from);
    let Ok(mut rows) = csv::Reader::from_path(data.join("lfw.csv")) else {
        eprintln!("skipped: no data set at {} (set EVENMATCH_DATA)", data.display());
        return Vec::new();
    };
    let paths = rows.records().flatten().step_by(64).map(|row| data.join(&row[0]));
    paths.map(|path| image::open(path).expect("a photo").into_rgb8()).collect()
}

/// A photo of one megapixel without anyone in it, dark and noisy, so that every attempt is made.
fn hopeless() -> RgbImage {
    let mut state = 7_u64;
    RgbImage::from_fn(1_000, 1_000, |_, _| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bytes = state.to_le_bytes();
        Rgb([bytes[5] % 24, bytes[6] % 24, bytes[7] % 24])
    })
}

fn main() {
    let (Some(whole), Some(plain)) =
        (verifier(""), verifier("plain_looks_only = true\ngate = 'off'"))
    else {
        return;
    };
    let picture = hopeless();
    let looked = whole.inspect::<Probe>(&picture).expect("an outcome").detections;
    let times = |verifier: &Verifier| {
        let one = || seconds(|| drop(black_box(template(verifier, &picture))));
        median((0..ROUNDS).map(|_| one()).collect())
    };
    println!(
        "hopeless photo of 1 megapixel, one core: {} attempts, {:.0} ms (bar: 500 ms), {:.0} ms of \
         it for the plain ones",
        looked.attempts.len(),
        1e3 * times(&whole),
        1e3 * times(&plain)
    );

    let Some(silent) = verifier("gate = 'off'") else { return };
    let photos = photos();
    if photos.is_empty() {
        return;
    }
    let pass = |verifier: &Verifier| {
        seconds(|| photos.iter().for_each(|photo| drop(black_box(template(verifier, photo)))))
    };
    // One after the other in each round, so that other load on the machine affects both.
    for (verifier, what) in [(&silent, "(bar: .98)"), (&whole, "with the gate's advice")] {
        let ratio = median((0..ROUNDS).map(|_| pass(&plain) / pass(verifier)).collect());
        println!(
            "{} LFW photos, decoded: rate {ratio:.3} of that with plain attempts only {what}",
            photos.len()
        );
    }
}
