//! Constant weights that are kept as 8-bit integers with scales become 32-bit floats.
//!
//! The runtime refuses the block-quantised files as they are shipped, and would gain nothing from
//! them: the weights are dequantised before use in any case.

use crate::Result;
use crate::model::onnx_file::{Node, Tensor, invalid};

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

/// How a node's scales are shared; `dims` are a tensor's, whose product is known to fit.
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
        let message = "the constant does not fit the new shape, or the shape is not spelt out";
        return Err(invalid(format!("Reshape {:?}: {message}", node.name)));
    }
    Ok(reshaped)
}
