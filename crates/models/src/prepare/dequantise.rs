//! Converts constant weights stored as 8-bit integers with scales to 32-bit floats.
//!
//! The runtime refuses the block-quantised files as published, and would gain nothing from them:
//! the weights are dequantised before use in any case.

use crate::Result;
use crate::onnx_file::{Node, Tensor, invalid};

use super::graph::Graph;

/// Computes `DequantizeLinear` and `Reshape` of constants, and drops `Dropout` and `Constant`
/// nodes that inference does not need.
pub(super) fn dequantise(graph: &mut Graph) -> Result<()> {
    let nodes = std::mem::take(&mut graph.proto.node);
    let mut kept = Vec::with_capacity(nodes.len());
    let mut renamed: Vec<(String, String)> = Vec::new();
    for mut node in nodes {
        for input in &mut node.input {
            if let Some((_, to)) = renamed.iter().find(|(from, _)| from == input) {
                to.clone_into(input);
            }
        }
        let of_constant = graph.constant(node.input(0)).is_some();
        match node.op_type.as_str() {
            "DequantizeLinear" if of_constant => {
                let tensor = dequantised(graph, &node)?;
                graph.set(tensor);
            }
            "Reshape" if of_constant && graph.constant(node.input(1)).is_some() => {
                let tensor = reshaped(graph, &node)?;
                graph.set(tensor);
            }
            "Constant" => match node.attribute("value").and_then(|value| value.t.clone()) {
                Some(value) => graph.set(Tensor { name: node.output(0).to_owned(), ..value }),
                None => kept.push(node),
            },
            "Dropout" if !graph.is_output(node.output(0)) => {
                renamed.push((node.output(0).to_owned(), node.input(0).to_owned()));
            }
            _ => kept.push(node),
        }
    }
    graph.proto.node = kept;
    Ok(())
}

/// Which elements share one scale and one zero point.
enum Sharing {
    /// All of them.
    Whole,
    /// Those with the same index along the axis.
    Axis(Extents),
    /// Those in the same run of this many indices along the axis; no others.
    Blocks(Extents, usize),
}

/// The number of elements of one index along an axis, and the number of indices along it.
#[derive(Clone, Copy)]
struct Extents {
    inner: usize,
    axis: usize,
}

impl Sharing {
    fn parameter(&self, element: usize) -> usize {
        match *self {
            Sharing::Whole => 0,
            Sharing::Axis(Extents { inner, axis }) => element / inner % axis,
            Sharing::Blocks(Extents { inner, axis }, block) => {
                let (row, position) = (element / inner, element % inner);
                (row / axis * axis.div_ceil(block) + row % axis / block) * inner + position
            }
        }
    }
}

/// `(x - zero_point) * scale`, rounded once.
fn dequantised(graph: &Graph, node: &Node) -> Result<Tensor> {
    let quantised = graph.needed(node.input(0), node)?;
    let values = quantised.bytes()?;
    let scales = graph.needed(node.input(1), node)?.floats()?;
    let zero_points = match node.input(2) {
        "" => vec![0; scales.len()],
        name => graph.needed(name, node)?.bytes()?,
    };
    let sharing = sharing(node, &quantised.dims, scales.len())?;
    let parameters = values.len().checked_sub(1).map_or(0, |last| sharing.parameter(last) + 1);
    if parameters > scales.len() || zero_points.len() != scales.len() {
        let message = "the scales and zero points do not fit the tensor";
        return Err(invalid(format!("DequantizeLinear {:?}: {message}", node.name)));
    }
    let floats: Vec<f32> = values
        .iter()
        .enumerate()
        .map(|(element, value)| {
            let parameter = sharing.parameter(element);
            let steps = i64::from(*value) - i64::from(zero_points[parameter]);
            steps as f32 * scales[parameter]
        })
        .collect();
    Ok(Tensor::of_floats(node.output(0), &quantised.dims, &floats))
}

/// How a node's scales are shared; `dims` are those of a tensor whose element count does not
/// overflow.
fn sharing(node: &Node, dims: &[i64], scales: usize) -> Result<Sharing> {
    let block = node.int("block_size", 0);
    if block == 0 && scales == 1 {
        return Ok(Sharing::Whole);
    }
    let axis = node.int("axis", 1);
    let axis = if axis < 0 { axis.saturating_add(dims.len() as i64) } else { axis };
    let axis = usize::try_from(axis).ok().filter(|axis| *axis < dims.len());
    let (Some(axis), Ok(block)) = (axis, usize::try_from(block)) else {
        let message = "the axis or the block size is impossible";
        return Err(invalid(format!("DequantizeLinear {:?}: {message}", node.name)));
    };
    let inner = dims[axis + 1..].iter().map(|dim| *dim as usize).product();
    let extents = Extents { inner, axis: dims[axis] as usize };
    Ok(if block == 0 { Sharing::Axis(extents) } else { Sharing::Blocks(extents, block) })
}

fn reshaped(graph: &Graph, node: &Node) -> Result<Tensor> {
    let tensor = graph.needed(node.input(0), node)?;
    let dims = graph.needed(node.input(1), node)?.ints()?;
    let reshaped = Tensor { name: node.output(0).to_owned(), dims, ..tensor.clone() };
    if reshaped.len()? != tensor.len()? {
        let message = "the constant does not fit the new shape, or the shape is not given in full";
        return Err(invalid(format!("Reshape {:?}: {message}", node.name)));
    }
    Ok(reshaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx_file::{self, Model, ValueInfo, element};

    fn int8(name: &str, dims: &[i64], values: &[i8]) -> Tensor {
        let raw_data = Some(values.iter().map(|value| *value as u8).collect());
        let (name, dims) = (name.to_owned(), dims.to_vec());
        Tensor { name, dims, data_type: element::INT8, raw_data, ..Default::default() }
    }

    /// A network whose one output is the `DequantizeLinear` of these constants.
    fn network(x: Tensor, scale: Tensor, zero: Tensor, block: i64, axis: i64) -> Graph {
        let names = ["x", "scale", "zero"].map(str::to_owned).to_vec();
        let node = Node::new("DequantizeLinear", names, vec!["y".to_owned()])
            .with_int("block_size", block)
            .with_int("axis", axis);
        let user = Node::new("Relu", vec!["y".to_owned()], vec!["out".to_owned()]);
        let output = ValueInfo { name: "out".to_owned(), r#type: None };
        let graph = onnx_file::Graph {
            node: vec![node, user],
            initializer: vec![x, scale, zero],
            output: vec![output],
            ..Default::default()
        };
        Graph::new(Model { graph: Some(graph), ..Default::default() }).unwrap()
    }

    /// Dequantises two rows of three, and compares the resulting constant with the expected one.
    fn check(name: &str, scale: (&[i64], &[f32]), zeros: &[i8], place: (i64, i64), due: [f32; 6]) {
        let x = int8("x", &[2, 3], &[1, 2, 3, -4, -5, -6]);
        let (dims, scales) = scale;
        let (block, axis) = place;
        let scale = Tensor::of_floats("scale", dims, scales);
        let mut graph = network(x, scale, int8("zero", dims, zeros), block, axis);
        dequantise(&mut graph).unwrap();
        let model = graph.finish().graph.unwrap();
        assert_eq!(model.node.len(), 1, "{name}");
        assert_eq!(model.initializer.len(), 1, "{name}: dead constants must go");
        assert_eq!(model.initializer[0].dims, [2, 3], "{name}");
        assert_eq!(model.initializer[0].floats().unwrap(), due, "{name}");
    }

    #[test]
    fn scales_serve_a_tensor_an_index_or_a_block() {
        check("whole", (&[], &[0.5]), &[1], (0, 1), [0.0, 0.5, 1.0, -2.5, -3.0, -3.5]);
        let due = [1.0, 2.0, 3.0, -10.0, -12.0, -14.0];
        check("rows", (&[2], &[1.0, 2.0]), &[0, 1], (0, 0), due);
        let due = [1.0, 4.0, 12.0, -4.0, -10.0, -24.0];
        check("columns", (&[3], &[1.0, 2.0, 4.0]), &[0; 3], (0, -1), due);
        // Blocks of two along a row of three: the last block of each row has one element.
        let due = [1.0, 2.0, 20.0, -8.0, -10.0, -100.0];
        check("blocks", (&[2, 2], &[1.0, 10.0, 2.0, 20.0]), &[0, 1, 0, -1], (2, 1), due);
    }

    #[test]
    fn scales_that_do_not_fit_are_refused() {
        let cases: [(&[i64], i64, i64); 5] =
            [(&[2], 2, 1), (&[2], 0, 5), (&[2], 0, -9), (&[2], -1, 1), (&[2], 0, i64::MIN)];
        for (dims, block, axis) in cases {
            let scale = Tensor::of_floats("scale", dims, &[1.0, 2.0]);
            let x = int8("x", &[4, 3], &[1; 12]);
            let mut graph = network(x, scale, int8("zero", dims, &[0, 0]), block, axis);
            assert!(dequantise(&mut graph).is_err(), "{dims:?} {block} {axis}");
        }
    }
}
