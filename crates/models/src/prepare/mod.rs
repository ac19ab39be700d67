//! Preparation: from a publisher's file to one that the runtime can run, and run fast.
//!
//! Every step keeps the function that the network computes, up to the rounding of 32-bit floats;
//! `docs/MODELS.md` gives the measured agreement and speed. Equal input bytes give equal output
//! bytes on every platform: constants are combined in 64-bit IEEE arithmetic, in a fixed order, and
//! written in the order in which the nodes use them.

mod batch_norm;
mod dequantise;
mod graph;
mod heads;
mod prelu;
mod shape;
mod tflite;
mod views;

use prost::Message;

use crate::Result;
use crate::onnx_file::{invalid, parse};
use evenmatch::model::{Preparation, check_model};
use graph::Graph;

/// Applies the steps, in this order, to an original ONNX file, or to a TFLite file if the first
/// step converts it.
///
/// # Errors
/// [`crate::ErrorKind::InvalidModel`] if the bytes are not such a model, if a tensor is in another
/// file, or if the graph does not have the form that a step requires.
pub fn prepare(original: &[u8], steps: &[Preparation]) -> Result<Vec<u8>> {
    let (model, steps) = match steps.split_first() {
        Some((Preparation::FromTflite, rest)) => (tflite::convert(original)?, rest),
        _ => {
            check_model(original)?;
            (parse(original)?, steps)
        }
    };
    let mut graph = Graph::new(model)?;
    for step in steps {
        match step {
            Preparation::FromTflite => return Err(invalid("`from_tflite` must be the first step")),
            Preparation::Dequantise => dequantise::dequantise(&mut graph)?,
            Preparation::FoldBatchNorm => batch_norm::fold(&mut graph)?,
            Preparation::SplitPrelu => prelu::split(&mut graph)?,
            Preparation::MergeHeads => heads::merge(&mut graph)?,
            Preparation::OpenSize => shape::open_size(&mut graph)?,
            Preparation::MergeViews => views::merge_views(&mut graph)?,
            Preparation::LowerOpset => shape::lower_opset(&mut graph)?,
            other => return Err(invalid(format!("this build does not know the step {other:?}"))),
        }
    }
    Ok(graph.finish().encode_to_vec())
}
