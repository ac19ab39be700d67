//! What normalisation costs: per template, and in the comparison of all pairs.
//!
//! ```sh
//! cargo bench --bench normalise
//! ```
#![allow(unreachable_pub, clippy::print_stdout, clippy::expect_used)]

use std::hint::black_box;

use evenmatch::shipped;
use evenmatch_core::{Digest, record::TemplateForm};
use evenmatch_scores::{
    crossmatch::{CrossMatch, Shard},
    normalise::{AttributeLabels, LabelledPeople, LearnedSettings, Normaliser, fit_learned},
};
use evenmatch_testkit::timing::{median, seconds};

const ROWS: usize = 10_000;
const ROUNDS: usize = 9;
const THRESHOLD: f32 = 0.4;

/// Evenly spread directions: their content does not matter here.
fn templates(rows: usize, dimension: usize) -> Vec<f32> {
    let mut state = 7_u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let mut values: Vec<f32> = (0..rows * dimension).map(|_| uniform()).collect();
    for row in values.chunks_exact_mut(dimension) {
        let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
        row.iter_mut().for_each(|value| *value /= length);
    }
    values
}

/// A learned normaliser of the default size: forming it from these rows, opening it, and one
/// template.
fn learned(values: &[f32], dimension: usize) {
    let labels = |groups: usize| AttributeLabels {
        name: format!("of {groups}"),
        labels: (0..ROWS).map(|row| Some((row / 3 % groups) as u32)).collect(),
    };
    let attributes = [labels(7), labels(2), labels(9)];
    let people = LabelledPeople { features: values, dimension, attributes: &attributes };
    let (settings, embedder) = (LearnedSettings::default(), Digest::of(b"bench"));
    let form = || fit_learned(&people, embedder, TemplateForm::USUAL, Vec::new(), &settings);
    let mut record = None;
    let forming = seconds(|| record = form().ok());
    let record = record.expect("a normaliser");
    let opening = median(
        (0..ROUNDS).map(|_| seconds(|| drop(black_box(Normaliser::open(&record))))).collect(),
    );
    let normaliser = Normaliser::open(&record).expect("a normaliser");
    let rows = || values.chunks_exact(dimension);
    let per_side = median(
        (0..ROUNDS)
            .map(|_| seconds(|| rows().for_each(|row| drop(black_box(normaliser.statistics(row))))))
            .collect(),
    ) / ROWS as f64;
    println!("learned, forming from {ROWS} people: {forming:.1} s");
    println!("learned, opening: {:.2} ms", 1e3 * opening);
    println!("learned, statistics of one template: {:.1} µs (bar: 50 µs)", 1e6 * per_side);
}

fn main() {
    let calibrations = shipped::normalised().expect("the shipped calibrations");
    let record = calibrations[0].normaliser.as_ref().expect("a normaliser");
    let opening = median(
        (0..ROUNDS).map(|_| seconds(|| drop(black_box(Normaliser::open(record))))).collect(),
    );
    let parsing =
        median((0..ROUNDS).map(|_| seconds(|| drop(black_box(shipped::normalised())))).collect());
    let normaliser = Normaliser::open(record).expect("a normaliser");
    let values = templates(ROWS, normaliser.dimension());
    let rows = || values.chunks_exact(normaliser.dimension());
    let per_side = median(
        (0..ROUNDS)
            .map(|_| seconds(|| rows().for_each(|row| drop(black_box(normaliser.statistics(row))))))
            .collect(),
    ) / ROWS as f64;
    println!("reading both shipped calibrations: {:.2} ms", 1e3 * parsing);
    println!("opening the normaliser: {:.2} ms", 1e3 * opening);
    println!("statistics of one template: {:.1} µs (bar: 100 µs)", 1e6 * per_side);
    learned(&values, normaliser.dimension());

    let subject: Vec<u32> = (0..ROWS as u32).map(|row| row / 4).collect();
    let plain = || {
        let class = vec![0; ROWS];
        CrossMatch::new(normaliser.dimension(), values.clone(), subject.clone(), class)
            .expect("unit vectors")
    };
    let offsets: Vec<f32> = rows()
        .map(|row| normaliser.statistics(row).expect("the dimension").offset as f32)
        .collect();
    let (plain, shifted) = (plain(), plain().with_offsets(&offsets).expect("one a row"));
    let whole = Shard::whole();
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let mut ratios = [const { Vec::new() }; 2];
        pool.install(|| {
            for round in 0..=ROUNDS {
                let histograms =
                    |all: &CrossMatch| seconds(|| drop(black_box(all.histograms(whole))));
                let tails = |all: &CrossMatch| {
                    seconds(|| drop(black_box(all.at_or_above(THRESHOLD, whole))))
                };
                let round_ratios =
                    [histograms(&plain) / histograms(&shifted), tails(&plain) / tails(&shifted)];
                // The first round warms up.
                if round > 0 {
                    ratios.iter_mut().zip(round_ratios).for_each(|(all, one)| all.push(one));
                }
            }
        });
        let [histograms, tails] = ratios.map(median);
        println!(
            "{threads} threads, {ROWS} rows: rate with offsets over the plain rate: histograms \
             {histograms:.3}, tails {tails:.3} (bar: 0.90)"
        );
    }
}
