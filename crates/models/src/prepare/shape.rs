//! Input sizes and operator versions: what a file declares in addition to its nodes.

use crate::onnx_file::{Dimension, Extent, invalid};
use crate::{Error, Result};

use super::graph::Graph;

/// The operator set whose `Resize` the runtime keeps in its blocked layout.
const OPSET: i64 = 13;

/// Makes the height and width of the one image input variable, and so the lengths of the outputs.
///
/// The nodes must not contain fixed sizes: a `Reshape` has to leave one dimension to be computed,
/// and a `Resize` has to give factors.
pub(super) fn open_size(graph: &mut Graph) -> Result<()> {
    for node in &graph.proto.node {
        let flexible = match node.op_type.as_str() {
            "Reshape" => graph.needed(node.input(1), node)?.ints()?.contains(&-1),
            "Resize" => node.input(3).is_empty(),
            _ => true,
        };
        if !flexible {
            let message = format!("{} {:?} needs a fixed input size", node.op_type, node.name);
            return Err(invalid(message));
        }
    }
    let names = ["height", "width"];
    let image = image_input(graph)?;
    let dims = dimensions(&mut graph.proto.input[image]).ok_or_else(no_image)?;
    // One image at a time, whatever batch size the file was traced with.
    dims[0].extent = Some(Extent::Value(1));
    for (dim, name) in dims.iter_mut().skip(2).zip(names) {
        dim.extent = Some(Extent::Name(name.to_owned()));
    }
    for output in &mut graph.proto.output {
        let name = output.name.clone();
        match dimensions(output).map(Vec::as_mut_slice) {
            // A map over the image keeps its two dimensions.
            Some([batch, _, height, width]) => {
                batch.extent = Some(Extent::Value(1));
                height.extent = Some(Extent::Name(format!("{name}_height")));
                width.extent = Some(Extent::Name(format!("{name}_width")));
            }
            // A list of cells has one.
            Some([_, cells, ..]) => cells.extent = Some(Extent::Name(format!("{name}_cells"))),
            _ => {}
        }
    }
    Ok(())
}

fn no_image() -> Error {
    invalid("the network needs one input, of four dimensions")
}

/// The place of the one image input, which has four dimensions.
pub(super) fn image_input(graph: &mut Graph) -> Result<usize> {
    let is_image =
        |name: &str| graph.constant(name).is_none() && graph_input(&graph.proto.node, name);
    let images: Vec<usize> = (0..graph.proto.input.len())
        .filter(|place| is_image(&graph.proto.input[*place].name))
        .collect();
    let [image] = images.as_slice() else { return Err(no_image()) };
    let dims = dimensions(&mut graph.proto.input[*image]);
    dims.filter(|dims| dims.len() == 4).map(|_| *image).ok_or_else(no_image)
}

fn graph_input(nodes: &[crate::onnx_file::Node], name: &str) -> bool {
    nodes.iter().any(|node| node.input.iter().any(|input| input == name))
}

pub(super) fn dimensions(value: &mut crate::onnx_file::ValueInfo) -> Option<&mut Vec<Dimension>> {
    Some(&mut value.r#type.as_mut()?.tensor_type.as_mut()?.shape.as_mut()?.dim)
}

/// Declares operator set 13, in which every operator used means the same as in the newer set that
/// the file declares.
///
/// The runtime (1.24) recognises `Resize` for its blocked layout only up to that version; newer
/// ones cost two reorderings each.
pub(super) fn lower_opset(graph: &mut Graph) -> Result<()> {
    for node in &graph.proto.node {
        // Attributes that later sets added, and operators whose definition they did not change
        // otherwise, except for element types other than 32-bit floats.
        let added: &[&str] = match node.op_type.as_str() {
            "Add" | "Conv" | "MaxPool" | "Relu" | "Sigmoid" | "Transpose" => &[],
            "Reshape" => &["allowzero"],
            "Resize" => &["antialias", "axes", "keep_aspect_ratio_policy"],
            "Split" => &["num_outputs"],
            other => return Err(invalid(format!("{other} may differ in operator set {OPSET}"))),
        };
        if let Some(name) = added.iter().find(|name| node.attribute(name).is_some()) {
            let message =
                format!("{} {:?} has the newer attribute {name}", node.op_type, node.name);
            return Err(invalid(message));
        }
    }
    let mut default = graph.model.opset_import.iter_mut().filter(|set| set.domain.is_empty());
    match default.next() {
        Some(set) if set.version >= OPSET => set.version = OPSET,
        _ => return Err(invalid(format!("the file's operator set is older than {OPSET}"))),
    }
    Ok(())
}
