//! All pairs against a plain double loop, and the same bits whatever the order of work.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::collections::{BTreeMap, HashMap};

use evenmatch_core::ErrorKind;
use evenmatch_scores::crossmatch::{
    BINS, ClassHistograms, CrossMatch, ScoredPair, Shard, TILE_COLUMNS, bin, edge,
};
use evenmatch_testkit::Random;
use proptest::prelude::*;

/// By pair of rows, the lower first.
type Scores = BTreeMap<(u32, u32), f64>;

/// What `CrossMatch::new` takes.
#[derive(Clone)]
struct Data {
    dimension: usize,
    values: Vec<f32>,
    subject: Vec<u32>,
    class: Vec<u16>,
}

impl Data {
    /// Random subjects and classes, so that a subject is in several classes. Half of each template
    /// is its subject's, so that scores cover the whole range.
    fn random(seed: u64, rows: usize, dimension: usize, subjects: usize, classes: usize) -> Data {
        let mut random = Random::new(seed);
        let people: Vec<f64> = (0..subjects * dimension).map(|_| random.unit() - 0.5).collect();
        let subject: Vec<u32> = (0..rows).map(|_| random.below(subjects) as u32).collect();
        let class = (0..rows).map(|_| random.below(classes) as u16 * 3).collect();
        let mut values = Vec::new();
        for &s in &subject {
            let own = &people[s as usize * dimension..][..dimension];
            let template: Vec<f64> = own.iter().map(|v| v + random.unit() - 0.5).collect();
            let length = template.iter().map(|v| v * v).sum::<f64>().sqrt();
            values.extend(template.iter().map(|v| (v / length) as f32));
        }
        // Codes are names, not positions.
        let subject = subject.iter().map(|s| s.wrapping_mul(0x9e37_79b1)).collect();
        Data { dimension, values, subject, class }
    }

    fn rows(&self) -> usize {
        self.subject.len()
    }

    fn template(&self, row: usize) -> &[f32] {
        &self.values[row * self.dimension..][..self.dimension]
    }

    fn build(&self) -> CrossMatch {
        let Data { dimension, values, subject, class } = self.clone();
        CrossMatch::new(dimension, values, subject, class).unwrap()
    }

    /// Row `k` of the result is row `order[k]` of these.
    fn in_order(&self, order: &[usize]) -> Data {
        Data {
            dimension: self.dimension,
            values: order.iter().flat_map(|&row| self.template(row)).copied().collect(),
            subject: order.iter().map(|&row| self.subject[row]).collect(),
            class: order.iter().map(|&row| self.class[row]).collect(),
        }
    }

    /// Every pair and its score: mated ones, and non-mated ones.
    fn naive(&self) -> (Scores, Scores) {
        let (mut mated, mut non_mated) = (Scores::new(), Scores::new());
        for b in 0..self.rows() {
            for a in 0..b {
                let products = self.template(a).iter().zip(self.template(b));
                let score = products.map(|(&x, &y)| f64::from(x) * f64::from(y)).sum::<f64>();
                let same = self.subject[a] == self.subject[b];
                let kind = if same { &mut mated } else { &mut non_mated };
                kind.insert((a as u32, b as u32), score);
            }
        }
        (mated, non_mated)
    }
}

fn samples() -> Vec<Data> {
    vec![
        Data::random(1, 700, 128, 60, 5),
        Data::random(2, TILE_COLUMNS + 1, 512, 7, 1),
        Data::random(3, 300, 3, 300, 40),
        Data::random(4, 2, 16, 2, 2),
        Data::random(5, 260, 1, 1, 2),
    ]
}

/// The score's bits and everything that identifies the pair.
fn bits(pairs: &[ScoredPair]) -> Vec<(u32, u32, u32)> {
    pairs.iter().map(|pair| (pair.a, pair.b, pair.score.to_bits())).collect()
}

/// Everything that a cross-match returns, in bits. The threshold −1 requests every pair.
#[derive(Debug, PartialEq)]
struct Everything {
    histograms: ClassHistograms,
    mated: Vec<(u32, u32, u32)>,
    non_mated: Vec<(u32, u32, u32)>,
    between: Vec<u32>,
}

fn everything(all: &CrossMatch, shard: Shard) -> Everything {
    Everything {
        histograms: all.histograms(shard),
        mated: bits(&all.mated(shard)),
        non_mated: bits(&all.at_or_above(-1.0, shard)),
        between: all.between(0.1, 0.3, shard).iter().map(|score| score.to_bits()).collect(),
    }
}

#[test]
fn all_pairs_agree_with_a_double_loop() {
    for data in samples() {
        let (mated, non_mated) = data.naive();
        let all = data.build();
        let whole = Shard::whole();
        assert_eq!(all.rows(), data.rows());

        let found = all.mated(whole);
        assert!(found.iter().map(|pair| (pair.a, pair.b)).eq(mated.keys().copied()));
        for pair in &found {
            assert!((f64::from(pair.score) - mated[&(pair.a, pair.b)]).abs() < 1e-6);
        }

        for threshold in [-1.0_f32, 0.0, 0.2, 0.5, 0.9] {
            let t = f64::from(threshold);
            let found = all.at_or_above(threshold, whole);
            assert!(found.is_sorted_by(|x, y| (x.a, x.b) < (y.a, y.b)));
            let scores: HashMap<_, _> = found.iter().map(|p| ((p.a, p.b), p.score)).collect();
            for (pair, &expected) in &non_mated {
                match scores.get(pair) {
                    Some(&score) => {
                        assert!(score >= threshold && (f64::from(score) - expected).abs() < 1e-6);
                    }
                    None => assert!(expected < t + 1e-6, "{pair:?} {expected} {threshold}"),
                }
            }
            assert!(scores.keys().all(|pair| non_mated.contains_key(pair)));
        }

        let histograms = all.histograms(whole);
        assert_eq!(histograms.total(), non_mated.len() as u64);
        // By pair of classes, the cumulative counts are between those of the neighbouring bins.
        let mut expected: BTreeMap<(u16, u16), Vec<u64>> = BTreeMap::new();
        for (&(a, b), &score) in &non_mated {
            let (g, h) = (data.class[a as usize], data.class[b as usize]);
            let counts = expected.entry((g.min(h), g.max(h))).or_insert_with(|| vec![0; BINS]);
            counts[bin(score as f32)] += 1;
        }
        for (&(g, h), counts) in &expected {
            assert_eq!(histograms.get(g, h), histograms.get(h, g));
            let below = |counts: &[u64]| -> Vec<u64> {
                let sums = counts.iter().scan(0, |sum, count| {
                    *sum += count;
                    Some(*sum)
                });
                sums.collect()
            };
            let (counts, found) = (below(counts), below(histograms.get(g, h)));
            assert_eq!(counts[BINS - 1], found[BINS - 1]);
            for bin in 1..BINS - 1 {
                assert!((counts[bin - 1]..=counts[bin + 1]).contains(&found[bin]), "{bin}");
            }
        }
    }
}

#[test]
fn methods_agree_to_the_bit() {
    for data in samples() {
        let all = data.build();
        let whole = Shard::whole();
        let non_mated = all.at_or_above(-1.0, whole);
        let mut counts: BTreeMap<(u16, u16), Vec<u64>> = BTreeMap::new();
        for pair in &non_mated {
            let (g, h) = (data.class[pair.a as usize], data.class[pair.b as usize]);
            let counts = counts.entry((g.min(h), g.max(h))).or_insert_with(|| vec![0; BINS]);
            counts[bin(pair.score)] += 1;
        }
        let histograms = all.histograms(whole);
        assert!(counts.iter().all(|(&(g, h), counts)| histograms.get(g, h) == counts));
        assert_eq!(histograms.total(), non_mated.len() as u64);

        let mut scores: Vec<f32> = non_mated.iter().map(|pair| pair.score).collect();
        scores.sort_by(f32::total_cmp);
        for (low, high) in [(edge(bin(0.1)), edge(bin(0.1) + 1)), (0.0, 0.3), (-2.0, 2.0)] {
            let expected: Vec<f32> =
                scores.iter().copied().filter(|&score| low <= score && score < high).collect();
            assert_eq!(all.between(low, high, whole), expected);
        }
        for threshold in [0.0, 0.3, 0.8] {
            let expected: Vec<_> =
                non_mated.iter().copied().filter(|pair| pair.score >= threshold).collect();
            assert_eq!(all.at_or_above(threshold, whole), expected);
        }
    }
}

/// Weights by the caller's numbers of the rows.
fn weights(data: &Data) -> Vec<u32> {
    (0..data.rows() as u32).map(|row| 1 + row.wrapping_mul(0x9e37_79b1) % 1000).collect()
}

#[test]
fn weights_add_up_pair_by_pair() {
    for data in samples() {
        let (all, weights) = (data.build(), weights(&data));
        let (counts, sums) = all.histograms_weighed(&weights, Shard::whole()).unwrap();
        assert_eq!(counts, all.histograms(Shard::whole()));
        let mut expected: BTreeMap<(u16, u16), Vec<u64>> = BTreeMap::new();
        let pairs = all.pairs_between(-1.0, f32::INFINITY, Shard::whole());
        for pair in &pairs {
            let (a, b) = (pair.a as usize, pair.b as usize);
            let (g, h) = (data.class[a], data.class[b]);
            let sums = expected.entry((g.min(h), g.max(h))).or_insert_with(|| vec![0; BINS]);
            sums[bin(pair.score)] += u64::from(weights[a]) * u64::from(weights[b]);
        }
        assert!(expected.iter().all(|(&(g, h), expected)| sums.get(g, h) == expected));
        assert_eq!(sums.total(), expected.values().flatten().sum::<u64>());
        let fewer = &weights[1..];
        let refused = all.histograms_weighed(fewer, Shard::whole()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument);

        let in_order = |x: &ScoredPair, y: &ScoredPair| {
            x.score > y.score || x.score == y.score && (x.a, x.b) < (y.a, y.b)
        };
        assert!(pairs.is_sorted_by(in_order));
        let some = all.pairs_between(0.0, 0.3, Shard::whole());
        let expected: Vec<ScoredPair> =
            pairs.into_iter().filter(|pair| (0.0..0.3).contains(&pair.score)).collect();
        assert_eq!(some, expected);
    }
}

#[test]
fn one_thread_and_four_say_the_same() {
    for data in samples() {
        let (all, weights) = (data.build(), weights(&data));
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let weighed = || all.histograms_weighed(&weights, Shard::whole()).unwrap();
            pool.install(|| (everything(&all, Shard::whole()), weighed()))
        };
        assert_eq!(with(1), with(4));
    }
}

#[test]
fn shards_in_any_order_make_the_whole() {
    for data in samples() {
        let all = data.build();
        let whole = everything(&all, Shard::whole());
        for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
            let mut merged = Everything {
                histograms: ClassHistograms::default(),
                mated: Vec::new(),
                non_mated: Vec::new(),
                between: Vec::new(),
            };
            for index in order {
                let part = everything(&all, Shard::new(index, 3).unwrap());
                merged.histograms.merge(part.histograms);
                merged.mated.extend(part.mated);
                merged.non_mated.extend(part.non_mated);
                merged.between.extend(part.between);
            }
            merged.mated.sort_unstable();
            merged.non_mated.sort_unstable();
            merged.between.sort_unstable();
            assert_eq!(merged, whole);
        }
    }
}

#[test]
fn the_order_of_rows_changes_no_bit_of_a_score() {
    for data in samples() {
        let mut random = Random::new(11);
        let mut order: Vec<usize> = (0..data.rows()).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, random.below(last + 1));
        }
        // Other classes also move rows to other places of the grid.
        let mut moved = data.in_order(&order);
        let histograms =
            (data.build().histograms(Shard::whole()), moved.build().histograms(Shard::whole()));
        assert_eq!(histograms.0, histograms.1);
        moved.class = (0..data.rows()).map(|_| random.below(3) as u16).collect();
        let named = |pairs: Vec<ScoredPair>| {
            let mut pairs: Vec<_> = bits(&pairs)
                .into_iter()
                .map(|(a, b, score)| (order[a as usize], order[b as usize], score))
                .map(|(a, b, score)| (a.min(b) as u32, a.max(b) as u32, score))
                .collect();
            pairs.sort_unstable();
            pairs
        };
        let (first, second) = (data.build(), moved.build());
        let whole = Shard::whole();
        assert_eq!(bits(&first.mated(whole)), named(second.mated(whole)));
        assert_eq!(bits(&first.at_or_above(-1.0, whole)), named(second.at_or_above(-1.0, whole)));
    }
}

#[test]
fn classes_are_counted_by_the_highest() {
    let all = CrossMatch::new(1, vec![1.0; 3], vec![0, 1, 2], vec![9, 2, 9]).unwrap();
    let histograms = all.histograms(Shard::whole());
    assert_eq!((all.classes(), histograms.classes()), (10, 10));
    let of = |g, h| histograms.get(g, h).iter().sum::<u64>();
    assert_eq!((of(2, 9), of(9, 2), of(9, 9), of(2, 2), of(0, 65_535)), (2, 2, 1, 0, 0));
}

#[test]
fn nothing_and_one_row_have_no_pairs() {
    for rows in [0, 1] {
        let all =
            CrossMatch::new(2, [0.6, 0.8].repeat(rows), vec![0; rows], vec![4; rows]).unwrap();
        let classes = if rows == 0 { 0 } else { 5 };
        assert_eq!((all.rows(), all.classes(), all.tiles()), (rows, classes, rows));
        let found = everything(&all, Shard::whole());
        assert_eq!(found.histograms.total(), 0);
        assert_eq!(found.histograms.get(4, 4).len(), BINS);
        assert!(found.mated.is_empty() && found.non_mated.is_empty() && found.between.is_empty());
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let kind = |values: Vec<f32>, subjects: usize, classes: usize| {
        CrossMatch::new(2, values, vec![0; subjects], vec![0; classes]).unwrap_err().kind()
    };
    for (values, subjects, classes) in [
        (vec![1.0, 0.0, 1.0], 1, 1),
        (vec![1.0, 0.0], 2, 1),
        (vec![1.0, 0.0], 1, 0),
        (vec![1.0, f32::NAN], 1, 1),
        (vec![0.6, 0.7], 1, 1),
    ] {
        assert_eq!(kind(values, subjects, classes), ErrorKind::InvalidArgument);
    }
    let error = CrossMatch::new(2, vec![1.0, 0.0, 0.6, 0.7], vec![0; 2], vec![0; 2]).unwrap_err();
    assert!(error.to_string().contains("template 1 "), "{error}");
    assert!(Shard::new(2, 2).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_small_set_agrees_with_a_double_loop(
        seed in any::<u64>(),
        rows in 0_usize..40,
        dimension in 1_usize..20,
        subjects in 1_usize..12,
        classes in 1_usize..6,
    ) {
        let data = Data::random(seed, rows, dimension, subjects, classes);
        let (mated, non_mated) = data.naive();
        let found = everything(&data.build(), Shard::whole());
        prop_assert!(found.mated.iter().map(|pair| (pair.0, pair.1)).eq(mated.into_keys()));
        prop_assert_eq!(found.histograms.total(), non_mated.len() as u64);
        prop_assert!(found.non_mated.iter().map(|pair| (pair.0, pair.1)).eq(non_mated.into_keys()));
    }
}
