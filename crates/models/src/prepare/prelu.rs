//! Writes `PRelu` as two depthwise 1 × 1 convolutions, which stay in the runtime's blocked layout.
//!
//! The runtime has no `PRelu` for the channel-blocked layout in which its convolutions are fast,
//! so each one costs a reordering of the whole tensor before and after. With the slope `a` of a
//! channel,
//!
//! ```text
//! PRelu(x) = max(x, 0) + a * min(x, 0) = a * x + (1 - a) * max(x, 0)
//! ```
//!
//! and since `k * max(x, 0) = max(k * x, 0)` for `k >= 0`, that is `(a * x) + Relu((1 - a) * x)`
//! for every `a <= 1`: two per-channel multiplications, one with the `Relu` and one with the sum
//! fused into it. Where `a > 1`, the negative of it is computed, `(-a * x) + Relu((a - 1) * x)`,
//! and the sign goes into the weights that read this channel.

use crate::Result;
use crate::onnx_file::Node;

use super::graph::Graph;

/// Rewrites every `PRelu` that has one constant slope per channel; others stay.
pub(super) fn split(graph: &mut Graph) -> Result<()> {
    let nodes = graph.proto.node.clone();
    for node in nodes.iter().filter(|node| node.op_type == "PRelu" && node.domain.is_empty()) {
        let slope = graph.needed(node.input(1), node)?;
        let per_channel = matches!(slope.dims.as_slice(), [_, 1, 1] | [1, _, 1, 1]);
        let slopes = graph.needed_floats(node.input(1), node)?;
        let signs: Vec<f64> = slopes.iter().map(|a| if *a > 1.0 { -1.0 } else { 1.0 }).collect();
        let steep = signs.contains(&-1.0);
        if !per_channel || (steep && !absorb(graph, node, &signs)?) {
            continue;
        }
        let kept: Vec<f64> = slopes.iter().zip(&signs).map(|(a, sign)| a * sign).collect();
        let rectified: Vec<f64> = slopes.iter().map(|a| (1.0 - a).abs()).collect();
        replace(graph, node, &kept, &rectified);
    }
    Ok(())
}

/// Multiplies the weights that read each channel by its sign; false if they cannot be found.
fn absorb(graph: &mut Graph, prelu: &Node, signs: &[f64]) -> Result<bool> {
    let mut value = prelu.output(0).to_owned();
    loop {
        let Some(index) = graph.only_consumer(&value) else { return Ok(false) };
        let node = graph.proto.node[index].clone();
        let plain = match node.op_type.as_str() {
            "Flatten" if node.int("axis", 1) == 1 => {
                value = node.output(0).to_owned();
                continue;
            }
            "Gemm" => node.int("transA", 0) == 0 && node.int("transB", 0) == 1,
            "Conv" => true,
            _ => false,
        };
        if !plain || node.input(0) != value {
            return Ok(false);
        }
        let dims = graph.needed(node.input(1), &node)?.dims.clone();
        let mut weights = graph.needed_floats(node.input(1), &node)?;
        let (Some(&outputs), Some(&inputs)) = (dims.first(), dims.get(1)) else {
            return Ok(false);
        };
        let groups = if node.op_type == "Conv" { node.int("group", 1) } else { 1 };
        // A depthwise kernel reads the channel with its own number; a full one reads them all.
        let depthwise = inputs == 1 && outputs == groups && outputs == signs.len() as i64;
        let inputs = if depthwise { outputs } else { inputs } as usize;
        if !(depthwise || groups == 1) || inputs == 0 || !inputs.is_multiple_of(signs.len()) {
            return Ok(false);
        }
        let rows = if depthwise { 1 } else { outputs as usize };
        let per_sign = weights.len() / rows.max(1) / signs.len();
        let runs = weights.chunks_mut(per_sign.max(1)).zip(signs.iter().cycle());
        for (weights, sign) in runs {
            weights.iter_mut().for_each(|weight| *weight *= sign);
        }
        let name = format!("{}.signed", node.input(1));
        graph.set_floats(&name, &dims, &weights);
        graph.proto.node[index].input[1] = name;
        return Ok(true);
    }
}

fn replace(graph: &mut Graph, prelu: &Node, kept: &[f64], rectified: &[f64]) {
    let (input, output) = (prelu.input(0), prelu.output(0));
    let mut scaled = |suffix: &str, factors: &[f64]| {
        let channels = factors.len() as i64;
        let (name, weights) = (format!("{output}.{suffix}"), format!("{output}.{suffix}_w"));
        graph.set_floats(&weights, &[channels, 1, 1, 1], factors);
        Node::new("Conv", vec![input.to_owned(), weights], vec![name])
            .with_int("group", channels)
            .with_ints("kernel_shape", &[1, 1])
    };
    let (positive, linear) = (scaled("positive", rectified), scaled("linear", kept));
    let rectified = format!("{output}.rectified");
    let relu = Node::new("Relu", vec![positive.output(0).to_owned()], vec![rectified.clone()]);
    let terms = vec![linear.output(0).to_owned(), rectified];
    let sum = Node::new("Add", terms, vec![output.to_owned()]);
    let at = graph.proto.node.iter().position(|node| node.output == prelu.output);
    if let Some(at) = at {
        graph.proto.node.splice(at..=at, [positive, relu, linear, sum]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx_file::{self, Model, Tensor, ValueInfo};

    #[test]
    fn two_convolutions_do_what_prelu_does_for_every_slope() {
        let slopes = [0.25, -0.5, 1.0, 1.75, 0.0];
        let strings = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let prelu = Node::new("PRelu", strings(&["x", "slope"]), strings(&["y"]));
        let reader =
            Node::new("Conv", strings(&["y", "w"]), strings(&["out"])).with_int("group", 5);
        let weights = [1.0, 2.0, 3.0, 4.0, 5.0];
        let graph = onnx_file::Graph {
            node: vec![prelu, reader],
            initializer: vec![
                Tensor::of_floats("slope", &[5, 1, 1], &slopes),
                Tensor::of_floats("w", &[5, 1, 1, 1], &weights),
            ],
            input: vec![ValueInfo { name: "x".to_owned(), r#type: None }],
            output: vec![ValueInfo { name: "out".to_owned(), r#type: None }],
            ..Default::default()
        };
        let mut graph = Graph::new(Model { graph: Some(graph), ..Default::default() }).unwrap();
        split(&mut graph).unwrap();
        let kinds: Vec<&str> = graph.proto.node.iter().map(|node| node.op_type.as_str()).collect();
        assert_eq!(kinds, ["Conv", "Relu", "Conv", "Add", "Conv"]);
        let floats = |name: &str| graph.constant(name).unwrap().floats().unwrap();
        let (positive, linear) = (floats("y.positive_w"), floats("y.linear_w"));
        let signed = floats(graph.proto.node[4].input(1));
        for (channel, slope) in slopes.iter().enumerate() {
            for x in [-3.0_f32, -0.5, 0.0, 2.0] {
                let y = (positive[channel] * x).max(0.0) + linear[channel] * x;
                let expected = if x < 0.0 { slope * x } else { x } * weights[channel];
                assert_eq!(y * signed[channel], expected, "slope {slope}, x {x}");
            }
        }
    }
}
