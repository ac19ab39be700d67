//! All pairs of templates beside the matrix products alone: `cargo bench --bench crossmatch`.
//!
//! Synthetic unit vectors of 128 dimensions, fixed seed, 1 and 2 threads. The three kinds of work
//! take turns; medians are printed. The memory of the histograms has to be cleared however few rows
//! there are, which shows with 5,050 pairs of classes and 2,500 rows. With the argument `quick`,
//! the runs with 100,000 rows are left out.
#![allow(unreachable_pub, clippy::print_stdout)]

use std::hint::black_box;

use evenmatch_core::random::SplitMix;
use evenmatch_scores::crossmatch::{CrossMatch, Shard, TILE_COLUMNS, TILE_ROWS};
use evenmatch_testkit::timing::{median, seconds};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, s};
use rayon::prelude::*;

const DIMENSION: usize = 128;
const ROUNDS: usize = 7;
/// About one in 10⁵ pairs of random directions in 128 dimensions is as similar as this.
const THRESHOLD: f32 = 0.37;

/// Sums of twelve numbers of 16 bits in place of a normal one.
fn normal(random: &mut SplitMix) -> f32 {
    let sum: u64 = (0..3)
        .map(|_| random.next())
        .map(|z| (0..4).map(|part| (z >> (16 * part)) & 0xffff).sum::<u64>())
        .sum();
    sum as f32 / 65_535.0 - 6.0
}

fn templates(rows: usize) -> Vec<f32> {
    let mut random = SplitMix::from_state(7);
    let mut values: Vec<f32> = (0..rows * DIMENSION).map(|_| normal(&mut random)).collect();
    for template in values.chunks_exact_mut(DIMENSION) {
        let length = template.iter().map(|v| v * v).sum::<f32>().sqrt();
        template.iter_mut().for_each(|v| *v /= length);
    }
    values
}

/// Four templates per subject; the classes alternate by subject.
fn cross_match(values: &[f32], classes: usize) -> CrossMatch {
    let rows = values.len() / DIMENSION;
    let subject: Vec<u32> = (0..rows as u32).map(|row| row / 4).collect();
    let class = subject.iter().map(|&subject| (subject as usize % classes) as u16).collect();
    CrossMatch::new(DIMENSION, values.to_vec(), subject, class).expect("unit vectors")
}

/// The same tile products as in the cross-match, and nothing else.
fn products(values: &[f32]) {
    let rows = values.len() / DIMENSION;
    let matrix = ArrayView2::from_shape((rows, DIMENSION), values).expect("whole rows");
    let tiles: Vec<(usize, usize)> = (0..rows)
        .step_by(TILE_ROWS)
        .flat_map(|row| {
            let first = row / TILE_COLUMNS * TILE_COLUMNS;
            (first..rows).step_by(TILE_COLUMNS).map(move |column| (row, column))
        })
        .collect();
    tiles.into_par_iter().for_each_init(
        || Array2::<f32>::zeros((TILE_ROWS, TILE_COLUMNS)),
        |scores, (row, column)| {
            let a = matrix.slice(s![row..rows.min(row + TILE_ROWS), ..]);
            let b = matrix.slice(s![column..rows.min(column + TILE_COLUMNS), ..]);
            let mut scores = scores.slice_mut(s![..a.nrows(), ..b.nrows()]);
            general_mat_mul(1.0, &a, &b.t(), 0.0, &mut scores);
            black_box(&mut scores);
        },
    );
}

fn compare(threads: usize, rows: usize, classes: usize) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let values = templates(rows);
    let all = cross_match(&values, classes);
    let whole = Shard::whole();
    let mut times = [const { Vec::new() }; 3];
    pool.install(|| {
        for round in 0..=ROUNDS {
            let round_times = [
                seconds(|| products(&values)),
                seconds(|| drop(black_box(all.histograms(whole)))),
                seconds(|| drop(black_box(all.at_or_above(THRESHOLD, whole)))),
            ];
            // The first round warms up.
            if round > 0 {
                times.iter_mut().zip(round_times).for_each(|(times, time)| times.push(time));
            }
        }
    });
    let pairs = rows as f64 * (rows - 1) as f64 / 2.0;
    let [product, histogram, above] = times.map(|times| pairs / median(times));
    println!(
        "| {threads} | {rows} | {classes} | {:.0} | {:.0} | {:.0} | {:.2} | {:.2} | {:.1} | {:.1} |",
        product / 1e6,
        histogram / 1e6,
        above / 1e6,
        histogram / product,
        above / product,
        1e9 / histogram,
        1e9 / above,
    );
}

/// Peak resident memory of this process in MB, if the system reports it.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? * 1024.0 / 1e6)
}

fn main() {
    println!("Millions of pairs per second; seconds for 10⁹ pairs.");
    println!(
        "| threads | rows | classes | products | histograms | at or above | ratio | ratio | s | s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for threads in [1, 2] {
        for (rows, classes) in [(10_000, 1), (10_000, 8), (20_000, 100), (2_500, 100)] {
            compare(threads, rows, classes);
        }
    }
    if std::env::args().any(|argument| argument == "quick") {
        return;
    }
    let rows = 100_000;
    let all = cross_match(&templates(rows), 8);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("a pool");
    pool.install(|| {
        let mut total = 0;
        let counting = seconds(|| total = all.histograms(Shard::whole()).total());
        let mut found = 0;
        let searching = seconds(|| found = all.at_or_above(THRESHOLD, Shard::whole()).len());
        println!("\n{rows} rows, 8 classes, 2 threads:");
        println!("histograms: {total} pairs in {counting:.1} s");
        println!("at or above {THRESHOLD}: {found} pairs in {searching:.1} s");
    });
    if let Some(peak) = peak() {
        println!("peak resident memory of the whole run: {peak:.0} MB");
    }
}
