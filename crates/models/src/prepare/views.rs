//! Several views of one face in one run: the network gives the mean of what it gives for each.
//!
//! The last node of an embedder multiplies by a matrix, which is linear: the mean of its results is
//! its result for the mean of what it reads. Taking the mean first multiplies once for all views.
//! For SFace that saves 7 % of a run with two views, and the result does not depend on the number
//! of threads: the runtime adds up the products of a matrix with one row in one order, and of two
//! rows in an order that depends on the threads. A run with one view gives what it gave before, bit
//! for bit.

use crate::Result;
use crate::onnx_file::{Extent, Node, Tensor, invalid};

use super::graph::Graph;
use super::shape::{dimensions, image_input};

/// Since this operator set, `ReduceMean` has its axes as an input.
const OPSET: i64 = 18;
/// Operators that treat each view of a batch alone, if their other inputs are constants.
const SEPARATE: [&str; 8] = ["Add", "Conv", "Div", "Flatten", "Gemm", "Mul", "Relu", "Sub"];
const AXES: &str = "views.axes";
const MEAN: &str = "views.mean";

/// Leaves the number of views open and takes their mean before the last matrix.
pub(super) fn merge_views(graph: &mut Graph) -> Result<()> {
    let version = graph.model.opset_import.iter().find(|set| set.domain.is_empty());
    if version.is_none_or(|set| set.version < OPSET) {
        return Err(invalid(format!("the file's operator set is older than {OPSET}")));
    }
    if let Some(node) = graph.proto.node.iter().find(|n| !SEPARATE.contains(&n.op_type.as_str())) {
        let message = format!("{} {:?} may mix the views of a face", node.op_type, node.name);
        return Err(invalid(message));
    }
    let flatten = last_flatten(graph)?;
    let image = image_input(graph)?;
    let features = graph.proto.node[flatten].input(0).to_owned();
    graph.set(Tensor::of_ints(AXES, &[0]));
    let inputs = vec![features, AXES.to_owned()];
    let mean = Node::new("ReduceMean", inputs, vec![MEAN.to_owned()]).with_int("keepdims", 1);
    graph.proto.node[flatten].input[0] = MEAN.to_owned();
    graph.proto.node.insert(flatten, mean);
    if let Some(dims) = dimensions(&mut graph.proto.input[image]) {
        dims[0].extent = Some(Extent::Name("views".to_owned()));
    }
    for output in &mut graph.proto.output {
        if let Some([rows, ..]) = dimensions(output).map(Vec::as_mut_slice) {
            rows.extent = Some(Extent::Value(1));
        }
    }
    Ok(())
}

/// The `Flatten` whose result only the network's last node reads, which is a `Gemm`.
fn last_flatten(graph: &Graph) -> Result<usize> {
    let found = || {
        let [output] = graph.proto.output.as_slice() else { return None };
        let gemm = &graph.proto.node[graph.producer(&output.name)?];
        let constant = |place: usize| graph.constant(gemm.input(place)).is_some();
        let of_rows = gemm.op_type == "Gemm"
            && gemm.int("transA", 0) == 0
            && constant(1)
            && (gemm.input(2).is_empty() || constant(2));
        let flatten = graph.producer(gemm.input(0)).filter(|_| of_rows)?;
        let node = &graph.proto.node[flatten];
        let alone = graph.only_consumer(node.output(0)).is_some();
        (node.op_type == "Flatten" && node.int("axis", 1) == 1 && alone).then_some(flatten)
    };
    found().ok_or_else(|| invalid("the network does not end with a Flatten and a Gemm"))
}
