//! The library without features, with an inference engine of the user's own.
#![cfg(test)]

use std::sync::Arc;

use evenmatch::model::{ChannelOrder, InputSize, InputSpec, ModelId, Network, NullDetector, Outputs};
use evenmatch::record::Outcome;
use evenmatch::{CROP_SIDE, Digest, Embedder, FaceDetector, Policy, Verifier};
use image::{Rgb, RgbImage};
use ndarray::{ArrayD, ArrayView4, IxDyn};

/// An engine that describes a face by the colours of its four quarters.
#[derive(Debug)]
struct Quarters(ModelId);

impl Network for Quarters {
    fn id(&self) -> &ModelId {
        &self.0
    }

    fn run(&self, input: ArrayView4<'_, f32>) -> evenmatch::Result<Outputs> {
        let (_, channels, height, width) = input.dim();
        let mut features = vec![0.0; 4 * channels];
        for ((_, channel, y, x), value) in input.indexed_iter() {
            let quarter = 2 * usize::from(y >= height / 2) + usize::from(x >= width / 2);
            features[4 * channel + quarter] += value - 127.5;
        }
        let shape = IxDyn(&[1, features.len()]);
        let features = ArrayD::from_shape_vec(shape, features).expect("one row");
        Ok(Outputs::from_iter([("features".into(), features)]))
    }
}

fn photo(above: [u8; 3], below: [u8; 3]) -> RgbImage {
    RgbImage::from_fn(320, 320, |x, y| match (x, y) {
        (96..224, 96..160) => Rgb(above),
        (96..224, 160..256) => Rgb(below),
        _ => Rgb([128; 3]),
    })
}

#[test]
fn a_user_brings_an_engine() -> evenmatch::Result<()> {
    let spec = |size, channels| InputSpec::new(size, channels, [0.0; 3], [1.0; 3]);
    let policy: Policy = "threshold = 0.9".parse()?;
    let engine = Quarters(ModelId { id: "quarters".to_owned(), sha256: Digest::of(b"quarters") });
    let detector = FaceDetector::new(
        Arc::new(NullDetector::new()),
        spec(InputSize::MultipleOf(32), ChannelOrder::Bgr)?,
        policy.detector,
    )?;
    let crop = InputSize::Fixed { width: CROP_SIDE, height: CROP_SIDE };
    let embedder = Embedder::new(Arc::new(engine), spec(crop, ChannelOrder::Rgb)?)?;
    let verifier = Verifier::new(detector, embedder, None, policy)?;

    let (red, blue) = ([250, 20, 20], [20, 20, 250]);
    let same = verifier.verify(&photo(red, blue), &photo(red, blue))?;
    assert_eq!(same.outcome, Outcome::Match);
    let other = verifier.verify(&photo(red, blue), &photo(blue, red))?;
    assert_eq!(other.outcome, Outcome::NonMatch);
    assert_eq!(other.models[1].id, "quarters");
    Ok(())
}
