//! Joins YuNet's four heads of each stride into one.
//!
//! For each stride the publisher's graph runs four pairs of small convolutions over the same
//! features: classes (1 channel), objectness (1), box (4) and landmarks (10). Their 16 channels
//! are exactly one block of the runtime's fastest layout, so one pair of convolutions with the
//! weights joined does the same work in a quarter of the time. The outputs keep their names,
//! shapes and order.

use crate::Result;
use crate::onnx_file::{Node, Tensor, invalid};

use super::graph::Graph;

const STRIDES: [u32; 3] = [8, 16, 32];
const HEADS: [&str; 4] = ["cls", "obj", "bbox", "kps"];

/// One head: which nodes it consists of, what it reads, and its two convolutions.
struct Head {
    nodes: Vec<usize>,
    source: String,
    pointwise: Node,
    depthwise: Node,
    sigmoid: bool,
    channels: i64,
}

/// Joins the heads of all three strides.
pub(super) fn merge(graph: &mut Graph) -> Result<()> {
    for stride in STRIDES {
        merge_stride(graph, stride)?;
    }
    Ok(())
}

fn merge_stride(graph: &mut Graph, stride: u32) -> Result<()> {
    let heads = HEADS.map(|name| head(graph, &format!("{name}_{stride}")));
    let [cls, obj, bbox, kps] = heads;
    let heads = [cls?, obj?, bbox?, kps?];
    let source = &heads[0].source;
    if heads.iter().any(|head| &head.source != source) {
        return Err(invalid(format!("the heads of stride {stride} read different features")));
    }
    let prefix = format!("head_{stride}");
    let joined = |suffix: &str| format!("{prefix}.{suffix}");
    let channels: Vec<i64> = heads.iter().map(|head| head.channels).collect();
    let all: i64 = channels.iter().sum();
    for (suffix, index) in [("pointwise_w", 1), ("pointwise_b", 2)] {
        let tensor = join(graph, heads.iter().map(|head| &head.pointwise), index, &joined(suffix))?;
        graph.set(tensor);
    }
    for (suffix, index) in [("depthwise_w", 1), ("depthwise_b", 2)] {
        let tensor = join(graph, heads.iter().map(|head| &head.depthwise), index, &joined(suffix))?;
        graph.set(tensor);
    }
    graph.set(Tensor::of_ints("head.shape", &[1, -1, all]));
    graph.set(Tensor::of_ints("head.split", &channels));
    let node =
        |op: &str, inputs: &[String], output: String| Node::new(op, inputs.to_vec(), vec![output]);
    let pointwise_inputs = [source.clone(), joined("pointwise_w"), joined("pointwise_b")];
    let depthwise_inputs = [joined("pointwise"), joined("depthwise_w"), joined("depthwise_b")];
    let mut nodes = vec![
        node("Conv", &pointwise_inputs, joined("pointwise")).with_ints("kernel_shape", &[1, 1]),
        node("Conv", &depthwise_inputs, joined("depthwise"))
            .with_int("group", all)
            .with_ints("kernel_shape", &[3, 3])
            .with_ints("pads", &[1, 1, 1, 1]),
        node("Transpose", &[joined("depthwise")], joined("rows")).with_ints("perm", &[0, 2, 3, 1]),
        node("Reshape", &[joined("rows"), "head.shape".to_owned()], joined("cells")),
    ];
    let mut parts = Vec::new();
    let mut sigmoids = Vec::new();
    for (name, head) in HEADS.iter().zip(&heads) {
        let output = format!("{name}_{stride}");
        if head.sigmoid {
            let part = joined(name);
            sigmoids.push(node("Sigmoid", std::slice::from_ref(&part), output));
            parts.push(part);
        } else {
            parts.push(output);
        }
    }
    let split = Node::new("Split", vec![joined("cells"), "head.split".to_owned()], parts);
    nodes.push(split.with_int("axis", 2));
    nodes.extend(sigmoids);

    let mut gone: Vec<usize> = heads.iter().flat_map(|head| head.nodes.iter().copied()).collect();
    gone.sort_unstable();
    for index in gone.iter().rev() {
        graph.proto.node.remove(*index);
    }
    graph.proto.node.extend(nodes);
    Ok(())
}

/// Follows a head from its output back to the features that it reads.
fn head(graph: &Graph, output: &str) -> Result<Head> {
    let strange =
        |what: &str| invalid(format!("the head {output:?} does not have YuNet's form: {what}"));
    let mut nodes = Vec::new();
    let mut value = output.to_owned();
    let mut step = |wanted: &str| -> Option<Node> {
        let index = graph.producer(&value)?;
        let node = graph.proto.node[index].clone();
        let alone = value == output || graph.only_consumer(&value).is_some();
        if node.op_type != wanted || !alone {
            return None;
        }
        nodes.push(index);
        node.input(0).clone_into(&mut value);
        Some(node)
    };
    let sigmoid = step("Sigmoid").is_some();
    let reshape = step("Reshape").ok_or_else(|| strange("no Reshape"))?;
    let transpose = step("Transpose").ok_or_else(|| strange("no Transpose"))?;
    let depthwise = step("Conv").ok_or_else(|| strange("no depthwise convolution"))?;
    let pointwise = step("Conv").ok_or_else(|| strange("no pointwise convolution"))?;

    let rows = transpose.attribute("perm").map(|perm| perm.ints.as_slice());
    if rows != Some(&[0, 2, 3, 1]) {
        return Err(strange("another transposition"));
    }
    let channels = match graph.needed(reshape.input(1), &reshape)?.ints()?.as_slice() {
        &[1, -1, channels] => channels,
        _ => return Err(strange("another shape")),
    };
    let is_conv = |node: &Node, group: i64, kernel: i64, pad: i64| -> Result<bool> {
        let dims = &graph.needed(node.input(1), node)?.dims;
        let ints = |name: &str, default: &[i64]| {
            node.attribute(name).map_or(default.to_vec(), |attribute| attribute.ints.clone())
        };
        Ok(dims.first() == Some(&channels)
            && dims.get(2..) == Some(&[kernel, kernel])
            && node.int("group", 1) == group
            && ints("strides", &[1, 1]) == [1, 1]
            && ints("dilations", &[1, 1]) == [1, 1]
            && ints("pads", &[0; 4]) == [pad; 4]
            && node.attribute("auto_pad").is_none()
            && !node.input(2).is_empty())
    };
    if !is_conv(&depthwise, channels, 3, 1)? || !is_conv(&pointwise, 1, 1, 0)? {
        return Err(strange("other convolutions"));
    }
    let source = pointwise.input(0).to_owned();
    Ok(Head { nodes, source, pointwise, depthwise, sigmoid, channels })
}

/// The constant inputs of this number of several nodes, one after the other.
fn join<'a>(
    graph: &Graph,
    nodes: impl Iterator<Item = &'a Node>,
    input: usize,
    name: &str,
) -> Result<Tensor> {
    let mut dims: Vec<i64> = Vec::new();
    let mut values = Vec::new();
    for node in nodes {
        let tensor = graph.needed(node.input(input), node)?;
        values.extend(tensor.floats()?);
        match (dims.split_first_mut(), tensor.dims.split_first()) {
            (None, Some(_)) => dims.clone_from(&tensor.dims),
            (Some((first, rest)), Some((more, same))) if rest == same => *first += more,
            _ => return Err(invalid(format!("the heads' weights do not fit together ({name})"))),
        }
    }
    Ok(Tensor::of_floats(name, &dims, &values))
}
