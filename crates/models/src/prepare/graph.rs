//! A network under preparation: its nodes in order, its constants by name.

use std::collections::{BTreeMap, BTreeSet};

use crate::Result;
use crate::onnx_file::{self, Model, Node, Tensor, invalid};

/// Nodes keep their topological order: every value is produced before it is used.
pub(super) struct Graph {
    pub(super) model: Model,
    pub(super) proto: onnx_file::Graph,
    constants: BTreeMap<String, Tensor>,
}

impl Graph {
    pub(super) fn new(mut model: Model) -> Result<Self> {
        let mut proto = model.graph.take().ok_or_else(|| invalid("this ONNX file has no graph"))?;
        let constants = proto.initializer.drain(..).map(|t| (t.name.clone(), t)).collect();
        Ok(Graph { model, proto, constants })
    }

    /// The file, with the constants in the order of their first use; unused constants and inputs
    /// are left out, and an input with a constant value is not an input.
    pub(super) fn finish(mut self) -> Model {
        let mut written = BTreeSet::new();
        for node in &self.proto.node {
            for name in &node.input {
                if let Some(tensor) = self.constants.get(name)
                    && written.insert(name.clone())
                {
                    self.proto.initializer.push(tensor.clone());
                }
            }
        }
        let used: BTreeSet<&String> = self.proto.node.iter().flat_map(|n| &n.input).collect();
        let constants = &self.constants;
        self.proto.input.retain(|i| used.contains(&i.name) && !constants.contains_key(&i.name));
        self.model.graph = Some(self.proto);
        self.model
    }

    pub(super) fn constant(&self, name: &str) -> Option<&Tensor> {
        self.constants.get(name)
    }

    /// The constant of this name, which a node of this kind needs.
    pub(super) fn needed(&self, name: &str, node: &Node) -> Result<&Tensor> {
        let message =
            || format!("{} {:?}: the input {name:?} must be constant", node.op_type, node.name);
        self.constant(name).ok_or_else(|| invalid(message()))
    }

    /// The constant floats of this name, which a node of this kind needs, as 64-bit floats.
    pub(super) fn needed_floats(&self, name: &str, node: &Node) -> Result<Vec<f64>> {
        let values = self.needed(name, node)?.floats()?;
        Ok(values.into_iter().map(f64::from).collect())
    }

    pub(super) fn set(&mut self, tensor: Tensor) {
        self.constants.insert(tensor.name.clone(), tensor);
    }

    /// Keeps 64-bit results as 32-bit floats.
    pub(super) fn set_floats(&mut self, name: &str, dims: &[i64], values: &[f64]) {
        let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        self.set(Tensor::of_floats(name, dims, &values));
    }

    /// The node that produces this value.
    pub(super) fn producer(&self, value: &str) -> Option<usize> {
        if value.is_empty() {
            return None;
        }
        self.proto.node.iter().position(|node| node.output.iter().any(|output| output == value))
    }

    /// The one node that uses this value, if there is exactly one and the value is not an output of
    /// the network.
    pub(super) fn only_consumer(&self, value: &str) -> Option<usize> {
        if self.proto.output.iter().any(|output| output.name == value) {
            return None;
        }
        let mut uses = self.proto.node.iter().enumerate().flat_map(|(index, node)| {
            node.input.iter().filter(|input| *input == value).map(move |_| index)
        });
        let first = uses.next()?;
        uses.next().is_none().then_some(first)
    }

    /// Makes every node use another value instead.
    pub(super) fn rename_uses(&mut self, from: &str, to: &str) {
        for input in self.proto.node.iter_mut().flat_map(|node| &mut node.input) {
            if input == from {
                to.clone_into(input);
            }
        }
    }

    pub(super) fn is_output(&self, value: &str) -> bool {
        self.proto.output.iter().any(|output| output.name == value)
    }
}
