//! Merges batch normalisation into the convolution or the matrix next to it.
//!
//! At inference it multiplies each channel by `gamma / sqrt(variance + epsilon)` and adds `beta -
//! mean * gamma / sqrt(variance + epsilon)`. The runtime would merge it too, at every start; doing
//! it once halves the time to load the embedder.

use crate::Result;
use crate::onnx_file::Node;

use super::graph::Graph;

/// What one normalisation does to each channel: `scale * x + shift`.
struct Affine {
    scale: Vec<f64>,
    shift: Vec<f64>,
}

/// Folds every `BatchNormalization` that follows a `Conv` or `Gemm`, or that precedes a `Gemm`
/// through a `Flatten`; others stay.
pub(super) fn fold(graph: &mut Graph) -> Result<()> {
    let mut index = 0;
    while index < graph.proto.node.len() {
        let node = graph.proto.node[index].clone();
        if node.op_type == "BatchNormalization"
            && node.domain.is_empty()
            && (fold_back(graph, &node)? || fold_forward(graph, &node)?)
        {
            graph.proto.node.remove(index);
        } else {
            index += 1;
        }
    }
    Ok(())
}

fn affine(graph: &Graph, node: &Node) -> Result<Affine> {
    let [gamma, beta, mean, variance] =
        [1, 2, 3, 4].map(|index| graph.needed_floats(node.input(index), node));
    let (gamma, beta, mean, variance) = (gamma?, beta?, mean?, variance?);
    let epsilon = f64::from(node.float("epsilon", 1e-5));
    let scale: Vec<f64> =
        gamma.iter().zip(&variance).map(|(gamma, v)| gamma / (v + epsilon).sqrt()).collect();
    let shift = beta.iter().zip(&mean).zip(&scale).map(|((b, m), s)| b - m * s).collect();
    Ok(Affine { scale, shift })
}

/// Into the `Conv` or `Gemm` whose result it normalises: output channel by output channel.
fn fold_back(graph: &mut Graph, norm: &Node) -> Result<bool> {
    let Some(index) = graph.producer(norm.input(0)) else { return Ok(false) };
    let node = graph.proto.node[index].clone();
    let foldable = match node.op_type.as_str() {
        "Conv" => true,
        "Gemm" => is_plain_gemm(&node),
        _ => false,
    };
    if !foldable || graph.only_consumer(norm.input(0)).is_none() {
        return Ok(false);
    }
    let Affine { scale, shift } = affine(graph, norm)?;
    let dims = graph.needed(node.input(1), &node)?.dims.clone();
    let mut weights = graph.needed_floats(node.input(1), &node)?;
    let mut bias = bias_of(graph, &node, scale.len())?;
    if !weights.len().is_multiple_of(scale.len().max(1))
        || bias.len() != scale.len()
        || scale.is_empty()
    {
        return Ok(false);
    }
    let per_channel = weights.len() / scale.len();
    for (weights, scale) in weights.chunks_mut(per_channel.max(1)).zip(&scale) {
        weights.iter_mut().for_each(|weight| *weight *= scale);
    }
    for ((bias, scale), shift) in bias.iter_mut().zip(&scale).zip(&shift) {
        *bias = *bias * scale + shift;
    }
    let output = norm.output(0);
    rewrite(graph, index, output, &dims, &weights, &bias);
    graph.proto.node[index].output = vec![output.to_owned()];
    Ok(true)
}

/// Into the `Gemm` that multiplies what it normalises, with nothing but a `Flatten` in between:
/// input channel by input channel.
fn fold_forward(graph: &mut Graph, norm: &Node) -> Result<bool> {
    let Some(flatten) = graph.only_consumer(norm.output(0)) else { return Ok(false) };
    let flatten = graph.proto.node[flatten].clone();
    if flatten.op_type != "Flatten" || flatten.int("axis", 1) != 1 {
        return Ok(false);
    }
    let Some(index) = graph.only_consumer(flatten.output(0)) else { return Ok(false) };
    let node = graph.proto.node[index].clone();
    if node.op_type != "Gemm" || !is_plain_gemm(&node) || node.input(0) != flatten.output(0) {
        return Ok(false);
    }
    let Affine { scale, shift } = affine(graph, norm)?;
    let dims = graph.needed(node.input(1), &node)?.dims.clone();
    let mut weights = graph.needed_floats(node.input(1), &node)?;
    let &[rows, columns] = dims.as_slice() else { return Ok(false) };
    let (rows, columns) = (rows as usize, columns as usize);
    let mut bias = bias_of(graph, &node, rows)?;
    if scale.is_empty()
        || columns == 0
        || !columns.is_multiple_of(scale.len())
        || bias.len() != rows
    {
        return Ok(false);
    }
    let pixels = columns / scale.len();
    for (row, bias) in weights.chunks_mut(columns).zip(&mut bias) {
        for ((weights, scale), shift) in row.chunks_mut(pixels).zip(&scale).zip(&shift) {
            *bias += weights.iter().sum::<f64>() * shift;
            weights.iter_mut().for_each(|weight| *weight *= scale);
        }
    }
    let output = node.output(0).to_owned();
    rewrite(graph, index, &output, &dims, &weights, &bias);
    graph.rename_uses(norm.output(0), norm.input(0));
    Ok(true)
}

/// Whether a `Gemm` is `x * transposed(w) + b`.
fn is_plain_gemm(node: &Node) -> bool {
    node.int("transB", 0) == 1
        && node.int("transA", 0) == 0
        && node.float("alpha", 1.0) == 1.0
        && node.float("beta", 1.0) == 1.0
}

fn bias_of(graph: &Graph, node: &Node, length: usize) -> Result<Vec<f64>> {
    match node.input(2) {
        "" => Ok(vec![0.0; length]),
        name => graph.needed_floats(name, node),
    }
}

/// Gives a node new weights and a new bias, under names that no other node uses.
fn rewrite(
    graph: &mut Graph,
    index: usize,
    output: &str,
    dims: &[i64],
    weights: &[f64],
    bias: &[f64],
) {
    let (weight_name, bias_name) = (format!("{output}.folded_w"), format!("{output}.folded_b"));
    graph.set_floats(&weight_name, dims, weights);
    graph.set_floats(&bias_name, &[bias.len() as i64], bias);
    let node = &mut graph.proto.node[index];
    node.input.truncate(1);
    node.input.extend([weight_name, bias_name]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx_file::{self, Model, Tensor, ValueInfo};

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn norm(input: &str, output: &str) -> Node {
        Node::new(
            "BatchNormalization",
            strings(&[input, "gamma", "beta", "mean", "var"]),
            strings(&[output]),
        )
    }

    /// `norm` of two channels of two pixels, flattened, times a matrix, `norm` of the result.
    #[test]
    fn before_and_after_a_matrix() {
        let gemm =
            Node::new("Gemm", strings(&["f", "w", "b"]), strings(&["g"])).with_int("transB", 1);
        let (gamma, beta, mean) = ([2.0, -3.0], [0.5, 1.0], [1.0, -1.0]);
        // With the default epsilon of 1e-5 the deviation is 2 and 1.
        let variance = [4.0 - 1e-5, 1.0 - 1e-5];
        let weights = [1.0, 2.0, 3.0, 4.0, -1.0, 0.5, 0.25, -2.0];
        let graph = onnx_file::Graph {
            node: vec![
                norm("x", "n"),
                Node::new("Flatten", strings(&["n"]), strings(&["f"])),
                gemm,
                norm("g", "out"),
            ],
            initializer: vec![
                Tensor::of_floats("gamma", &[2], &gamma),
                Tensor::of_floats("beta", &[2], &beta),
                Tensor::of_floats("mean", &[2], &mean),
                Tensor::of_floats("var", &[2], &variance),
                Tensor::of_floats("w", &[2, 4], &weights),
                Tensor::of_floats("b", &[2], &[10.0, 20.0]),
            ],
            input: vec![ValueInfo { name: "x".to_owned(), r#type: None }],
            output: vec![ValueInfo { name: "out".to_owned(), r#type: None }],
            ..Default::default()
        };
        let mut graph = Graph::new(Model { graph: Some(graph), ..Default::default() }).unwrap();
        fold(&mut graph).unwrap();
        let folded = graph.finish().graph.unwrap();
        assert_eq!(folded.node.len(), 2);
        assert_eq!(folded.node[1].output(0), "out");
        let named = |name: &str| folded.initializer.iter().find(|t| t.name == name).unwrap();
        let w = named(folded.node[1].input(1)).floats().unwrap();
        let b = named(folded.node[1].input(2)).floats().unwrap();

        let x = [1.0, 2.0, -1.5, 4.0_f32];
        let deviation = [2.0, 1.0];
        let normed = |value: f32, c: usize| (value - mean[c]) / deviation[c] * gamma[c] + beta[c];
        for row in 0..2 {
            let product: f32 = (0..4).map(|i| normed(x[i], i / 2) * weights[row * 4 + i]).sum();
            let expected = normed(product + [10.0, 20.0][row], row);
            let found: f32 = (0..4).map(|i| x[i] * w[row * 4 + i]).sum::<f32>() + b[row];
            assert!((expected - found).abs() < 1e-4 * expected.abs(), "{expected} {found}");
        }
    }
}
