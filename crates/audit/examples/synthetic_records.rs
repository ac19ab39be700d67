//! Writes comparison records of invented people, with known true error rates.
//!
//! ```text
//! cargo run --release --example synthetic_records -- --rows 10000000 --out records.csv
//! ```
//!
//! The model. Every person has a race (four groups), a sex and an age from 18 to 80; every
//! person has a looks effect `a ~ N(0, 0.3²)` (some people look like everyone) and six samples.
//!
//! - Non-mated score: `0.6·[same race] + 0.4·[same sex] + d(race)·[same race] + a_i + a_j + e`.
//! - Mated score: `5 − m(race) + a_i + e`.
//! - `e ~ N(0, 1)`, `d` = 0.45 for Black, 0.2 for Asian, 0.1 for Indian and 0 for White;
//!   `m` = 0.5 for Asian and 0.2 for Black, else 0.
//!
//! So within a race and sex the false match rate at threshold t is `1 − Φ((t − 1 − d)/σ)` with
//! `σ² = 1 + 2·0.3²`, and the false non-match rate is `Φ((t − 5 + m)/σ')` with `σ'² = 1 + 0.3²`.
//! A sample fails to be acquired with probability 0.004 (0.008 for people over 65).
//!
//! All mated pairs are written; then each sample is compared with others at even distances, so that
//! no pair occurs twice. The same arguments give the same bytes.

use std::fs::File;
use std::io::{BufWriter, Write};

use evenmatch_core::random::SplitMix;

const SAMPLES: u64 = 6;
const RACES: [(&str, f64, f64); 4] =
    [("Asian", 0.2, 0.5), ("Black", 0.45, 0.2), ("Indian", 0.1, 0.0), ("White", 0.0, 0.0)];

struct Random(SplitMix);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0.next()
    }

    /// Between 0 and 1, never 0.
    fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

struct Person {
    race: usize,
    sex: char,
    age: u64,
    looks: f64,
}

fn main() -> std::io::Result<()> {
    let (mut rows, mut people, mut seed, mut path) = (100_000_u64, 0_u64, 1_u64, None);
    let mut arguments = std::env::args().skip(1);
    while let (Some(flag), Some(value)) = (arguments.next(), arguments.next()) {
        let number = || value.parse().map_err(std::io::Error::other);
        match flag.as_str() {
            "--rows" => rows = number()?,
            "--people" => people = number()?,
            "--seed" => seed = number()?,
            "--out" => path = Some(value.clone()),
            _ => return Err(std::io::Error::other("flags: --rows --people --seed --out")),
        }
    }
    let path = path.ok_or_else(|| std::io::Error::other("add --out FILE"))?;
    if people == 0 {
        // Enough people that no pair is needed twice and no group is empty.
        people = ((rows as f64).sqrt() * 1.6) as u64 + 24;
    }
    let mut random = Random(SplitMix::from_state(seed));
    let people: Vec<Person> = (0..people)
        .map(|_| Person {
            race: (random.bits() % 4) as usize,
            sex: if random.bits().is_multiple_of(2) { 'F' } else { 'M' },
            age: 18 + random.bits() % 63,
            looks: 0.3 * random.normal(),
        })
        .collect();
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    writeln!(
        out,
        "probe_id,reference_id,probe_subject,reference_subject,mated,score,failure,\
         probe_race,reference_race,probe_sex,reference_sex,probe_age,reference_age"
    )?;
    let mut written = 0;
    let mut write = |p: u64, r: u64, random: &mut Random| -> std::io::Result<bool> {
        let (i, j) = (p / SAMPLES, r / SAMPLES);
        let (a, b) = (&people[i as usize], &people[j as usize]);
        let noise = random.normal();
        let score = if i == j {
            5.0 - RACES[a.race].2 + a.looks + noise
        } else {
            let same_race = if a.race == b.race { 0.6 + RACES[a.race].1 } else { 0.0 };
            let same_sex = if a.sex == b.sex { 0.4 } else { 0.0 };
            same_race + same_sex + a.looks + b.looks + noise
        };
        let loss = if a.age > 65 { 0.008 } else { 0.004 };
        let failed = random.unit() < loss;
        write!(
            out,
            "s{i:05}_{},s{j:05}_{},s{i:05},s{j:05},{},",
            p % SAMPLES,
            r % SAMPLES,
            u8::from(i == j)
        )?;
        if failed {
            write!(out, ",no_face,")?;
        } else {
            write!(out, "{score:.6},,")?;
        }
        writeln!(
            out,
            "{},{},{},{},{},{}",
            RACES[a.race].0, RACES[b.race].0, a.sex, b.sex, a.age, b.age
        )?;
        written += 1;
        Ok(written < rows)
    };
    let samples = people.len() as u64 * SAMPLES;
    let mut more = true;
    'mated: for person in 0..people.len() as u64 {
        for first in 0..SAMPLES {
            for second in first + 1..SAMPLES {
                let base = person * SAMPLES;
                more = write(base + first, base + second, &mut random)?;
                if !more {
                    break 'mated;
                }
            }
        }
    }
    // Distances below half the circle give each unordered pair once.
    let per_sample = rows / samples + 2;
    let stride = ((samples / 2 - SAMPLES) / per_sample).max(1);
    'nonmated: for step in 0..per_sample {
        for probe in 0..samples {
            if !more {
                break 'nonmated;
            }
            let reference = (probe + SAMPLES + step * stride) % samples;
            if probe / SAMPLES != reference / SAMPLES {
                more = write(probe, reference, &mut random)?;
            }
        }
    }
    out.flush()
}
