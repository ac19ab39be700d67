//! Preparation: the prepared models compute what the publishers' files compute.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use evenmatch::model::{Manifest, ModelStore, Network, OnnxNetwork, Preparation, Profile};
use evenmatch_core::{Digest, ErrorKind};
use evenmatch_models::prepare;
use evenmatch_testfaces::or_skip;
use ndarray::Array4;
use proptest::prelude::*;
use serde::Deserialize;

/// One model's outputs for generated pixels; `scripts/model_reference.py` wrote them.
#[derive(Deserialize)]
struct Reference {
    model: String,
    height: usize,
    width: usize,
    outputs: std::collections::BTreeMap<String, Vec<f32>>,
}

/// The same pixels as in `scripts/model_reference.py`.
fn pixels(height: usize, width: usize) -> Array4<f32> {
    let values = (0..3 * height * width).map(|index| {
        let noise = (index as u32).wrapping_mul(2_654_435_761) >> 26;
        (noise as usize + index % width * 191 / width) as f32
    });
    Array4::from_shape_vec((1, 3, height, width), values.collect()).unwrap()
}

/// Loads a model, or prints why not.
fn network(store: &ModelStore, id: &str) -> Option<OnnxNetwork> {
    let loaded = store.runtime_library().and_then(|library| {
        OnnxNetwork::load(store.load(id)?, &library, Profile::Throughput { workers: 1 })
    });
    or_skip(loaded)
}

#[test]
fn prepared_models_compute_what_the_originals_compute() {
    let text = include_str!("../../../tests/data/model_reference.json");
    let references: Vec<Reference> = serde_json::from_str(text).unwrap();
    let store = ModelStore::open().unwrap();
    let store = ModelStore::at(store.dir(), Manifest::built_in().unwrap());
    assert_eq!(references.len(), 3);
    for reference in references {
        let Some(network) = network(&store, &reference.model) else { return };
        let outputs = network.run(pixels(reference.height, reference.width).view()).unwrap();
        assert!(!reference.outputs.is_empty());
        for (name, expected) in &reference.outputs {
            let found: Vec<f32> = outputs.get(name).unwrap().iter().copied().collect();
            assert_eq!(found.len(), expected.len(), "{name}");
            let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            // The second term is the runtime's own error in `Sigmoid`, near 0.
            let allowed = 1e-5 * largest + 2e-7;
            for (found, expected) in found.iter().zip(expected) {
                let gap = (found - expected).abs();
                assert!(gap <= allowed, "{} {name}: {found} {expected}", reference.model);
            }
            let dot = |a: &[f32], b: &[f32]| -> f64 {
                a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            };
            let norms = (dot(&found, &found) * dot(expected, expected)).sqrt();
            let cosine = dot(&found, expected) / norms;
            assert!(cosine > 0.999_998, "{} {name}: {cosine}", reference.model);
        }
    }
}

#[test]
fn the_detector_takes_every_multiple_of_32() {
    let store = ModelStore::open().unwrap();
    let store = ModelStore::at(store.dir(), Manifest::built_in().unwrap());
    let Some(network) = network(&store, "yunet-2023mar") else { return };
    for (height, width) in [(32, 32), (96, 32), (160, 224), (320, 256)] {
        let outputs = network.run(pixels(height, width).view()).unwrap();
        for stride in [8, 16, 32] {
            let cells = (height / stride) * (width / stride);
            for (head, channels) in [("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)] {
                let output = outputs.get(&format!("{head}_{stride}")).unwrap();
                assert_eq!(output.shape(), [1, cells, channels], "{head}_{stride}");
                assert!(output.iter().all(|value| value.is_finite()));
            }
        }
    }
}

#[test]
fn the_embedder_gives_the_mean_of_the_views_it_is_given() {
    let store = ModelStore::open().unwrap();
    let store = ModelStore::at(store.dir(), Manifest::built_in().unwrap());
    let Some(alone) = network(&store, "sface-2021dec") else { return };
    let library = store.runtime_library().unwrap();
    let model = store.load("sface-2021dec").unwrap();
    let spread = OnnxNetwork::load(model, &library, Profile::Latency).unwrap();
    assert!(alone.merges_views());
    let own = pixels(112, 112);
    let mut other = own.clone();
    other.invert_axis(ndarray::Axis(3));
    let other = other.as_standard_layout().into_owned();
    let both = ndarray::concatenate(ndarray::Axis(0), &[own.view(), other.view()]).unwrap();
    let run = |network: &OnnxNetwork, views: &Array4<f32>| -> Vec<f32> {
        let outputs = network.run(views.view()).unwrap();
        let row = outputs.single().unwrap();
        assert_eq!(row.shape(), [1, 128]);
        row.iter().copied().collect()
    };
    let (a, b, mean) = (run(&alone, &own), run(&alone, &other), run(&alone, &both));
    let largest = mean.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    for ((a, b), mean) in a.iter().zip(&b).zip(&mean) {
        assert!((0.5 * (a + b) - mean).abs() <= 1e-5 * largest, "{a} {b} {mean}");
    }
    assert!(a.iter().zip(&b).any(|(a, b)| (a - b).abs() > 0.01 * largest));
    // The same bits from one thread and from several.
    for views in [&own, &other, &both] {
        assert_eq!(run(&alone, views), run(&spread, views));
    }
    // A model that was not prepared so takes one view at a time.
    let detector = network(&store, "yunet-2023mar").unwrap();
    assert!(!detector.merges_views());
}

const ALL: [Preparation; 7] = [
    Preparation::Dequantise,
    Preparation::FoldBatchNorm,
    Preparation::SplitPrelu,
    Preparation::MergeHeads,
    Preparation::OpenSize,
    Preparation::LowerOpset,
    Preparation::MergeViews,
];

#[test]
fn what_is_no_model_is_refused() {
    for bytes in [&b""[..], b"text", &[0x3a, 0x04, 0x2a, 0x02, 0x70, 0x01]] {
        let error = prepare(bytes, &ALL).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidModel);
    }
    // An empty graph is a model, but no detector's step can work on it.
    let whole = [
        Preparation::MergeHeads,
        Preparation::OpenSize,
        Preparation::LowerOpset,
        Preparation::MergeViews,
    ];
    for step in whole {
        assert_eq!(prepare(&[0x3a, 0x00], &[step]).unwrap_err().kind(), ErrorKind::InvalidModel);
    }
}

/// A field of a protocol buffer: a tag, and bytes with their length.
fn field(tag: u8, body: &[u8]) -> Vec<u8> {
    [&[tag << 3 | 2, u8::try_from(body.len()).unwrap()], body].concat()
}

/// A small model with one node, on constants, of a kind that preparation rewrites.
fn small_model(op: &str, rows: u8, columns: u8, weights: &[u8]) -> Vec<u8> {
    let mut node: Vec<u8> =
        ["x", "w", "w", "w", "w"].iter().flat_map(|n| field(1, n.as_bytes())).collect();
    node.extend(field(2, b"y"));
    node.extend(field(4, op.as_bytes()));
    let tensor =
        [vec![0x08, rows, 0x08, columns, 0x10, 0x01], field(8, b"w"), field(9, weights)].concat();
    let twin = [vec![0x08, rows, 0x10, 0x03], field(8, b"x"), field(9, weights)].concat();
    let graph = [field(1, &node), field(5, &tensor), field(5, &twin)].concat();
    field(7, &graph)
}

proptest! {
    /// Preparation returns for any bytes; it neither panics nor differs between two runs.
    #[test]
    fn preparation_never_panics(
        op in prop::sample::select(vec![
            "DequantizeLinear", "Reshape", "BatchNormalization", "PRelu", "Conv", "Gemm", "Flatten",
        ]),
        rows in 0_u8..4,
        columns in 0_u8..4,
        weights in prop::collection::vec(any::<u8>(), 0..20),
        spoilt in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        steps in prop::sample::subsequence(ALL.to_vec(), 0..=7),
    ) {
        let mut bytes = small_model(op, rows, columns, &weights);
        for (index, value) in spoilt {
            let index = index.index(bytes.len());
            bytes[index] = value;
        }
        let digest = || prepare(&bytes, &steps).ok().map(|prepared| Digest::of(&prepared));
        prop_assert_eq!(digest(), digest());
    }
}
