//! The check that a model's file keeps all its tensors to itself.

use prost::Message;

use crate::{Error, ErrorKind, Result, Stage};

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidModel, Stage::Setup, message)
}

/// Checks that a file is in ONNX format and contains all of its tensors.
///
/// ONNX lets a tensor name another file, which the runtime would then open; a digest of this
/// file would not cover that one. Weights are skipped, not read: a file of 40 MB takes about a
/// millisecond.
///
/// # Errors
/// [`ErrorKind::InvalidModel`] if the bytes are not an ONNX model, or if a tensor is in another
/// file.
pub fn check_model(bytes: &[u8]) -> Result<()> {
    let model = skim::Model::decode(bytes)
        .map_err(|cause| invalid("this is not an ONNX file").caused_by(cause))?;
    let graph = model.graph.as_ref().ok_or_else(|| invalid("this ONNX file has no graph"))?;
    match model.external(graph) {
        None => Ok(()),
        Some(name) => Err(invalid(format!("the tensor {name:?} is in another file"))
            .next("save the model as a single file, without external data")),
    }
}

/// The file's shape without its weights, down to every place where a tensor can be.
mod skim {
    use prost::Message;

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Model {
        #[prost(message, optional, tag = "7")]
        pub(super) graph: Option<Graph>,
        #[prost(message, repeated, tag = "20")]
        training: Vec<Training>,
        #[prost(message, repeated, tag = "25")]
        functions: Vec<Function>,
    }

    #[derive(Clone, PartialEq, Message)]
    struct Training {
        #[prost(message, optional, tag = "1")]
        initialization: Option<Graph>,
        #[prost(message, optional, tag = "2")]
        algorithm: Option<Graph>,
    }

    #[derive(Clone, PartialEq, Message)]
    struct Function {
        #[prost(message, repeated, tag = "7")]
        node: Vec<Node>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Graph {
        #[prost(message, repeated, tag = "1")]
        node: Vec<Node>,
        #[prost(message, repeated, tag = "5")]
        initializer: Vec<Tensor>,
        #[prost(message, repeated, tag = "15")]
        sparse_initializer: Vec<Sparse>,
    }

    #[derive(Clone, PartialEq, Message)]
    struct Node {
        #[prost(message, repeated, tag = "5")]
        attribute: Vec<Attribute>,
    }

    #[derive(Clone, PartialEq, Message)]
    struct Attribute {
        #[prost(message, optional, tag = "5")]
        t: Option<Tensor>,
        #[prost(message, optional, tag = "6")]
        g: Option<Graph>,
        #[prost(message, repeated, tag = "10")]
        tensors: Vec<Tensor>,
        #[prost(message, repeated, tag = "11")]
        graphs: Vec<Graph>,
        #[prost(message, optional, tag = "22")]
        sparse_tensor: Option<Sparse>,
        #[prost(message, repeated, tag = "23")]
        sparse_tensors: Vec<Sparse>,
    }

    #[derive(Clone, PartialEq, Message)]
    struct Sparse {
        #[prost(message, optional, tag = "1")]
        values: Option<Tensor>,
        #[prost(message, optional, tag = "2")]
        indices: Option<Tensor>,
    }

    #[derive(Clone, PartialEq, Message)]
    struct Tensor {
        #[prost(string, tag = "8")]
        name: String,
        #[prost(message, repeated, tag = "13")]
        external_data: Vec<Entry>,
        #[prost(int32, tag = "14")]
        data_location: i32,
    }

    #[derive(Clone, PartialEq, Message)]
    struct Entry {}

    impl Model {
        /// The name of a tensor that is in another file.
        pub(super) fn external(&self, graph: &Graph) -> Option<String> {
            let training = self.training.iter().flat_map(|t| [&t.initialization, &t.algorithm]);
            let graphs = training.flatten().chain([graph]);
            let nodes = self.functions.iter().flat_map(|function| &function.node);
            graphs
                .map(Graph::external)
                .chain(nodes.map(Node::external))
                .find_map(|name| name.map(str::to_owned))
        }
    }

    impl Graph {
        fn external(&self) -> Option<&str> {
            let tensors = self.initializer.iter().find_map(Tensor::external);
            let sparse = || self.sparse_initializer.iter().find_map(Sparse::external);
            tensors.or_else(sparse).or_else(|| self.node.iter().find_map(Node::external))
        }
    }

    impl Node {
        fn external(&self) -> Option<&str> {
            self.attribute.iter().find_map(Attribute::external)
        }
    }

    impl Attribute {
        fn external(&self) -> Option<&str> {
            let tensors = || self.t.iter().chain(&self.tensors).find_map(Tensor::external);
            let sparse =
                || self.sparse_tensor.iter().chain(&self.sparse_tensors).find_map(Sparse::external);
            let graphs = || self.g.iter().chain(&self.graphs).find_map(Graph::external);
            tensors().or_else(sparse).or_else(graphs)
        }
    }

    impl Sparse {
        fn external(&self) -> Option<&str> {
            self.values.iter().chain(&self.indices).find_map(Tensor::external)
        }
    }

    impl Tensor {
        fn external(&self) -> Option<&str> {
            let elsewhere = self.data_location != 0 || !self.external_data.is_empty();
            elsewhere.then_some(self.name.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, PartialEq, Message)]
    struct ExternalTensor {
        #[prost(string, tag = "8")]
        name: String,
        #[prost(int32, tag = "14")]
        data_location: i32,
    }

    /// A length-delimited field.
    fn field(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        prost::encoding::encode_varint(u64::from(tag) << 3 | 2, &mut bytes);
        prost::encoding::encode_varint(body.len() as u64, &mut bytes);
        bytes.extend_from_slice(body);
        bytes
    }

    #[test]
    fn finds_external_tensors_wherever_they_hide() {
        let tensor = ExternalTensor { name: "w".into(), data_location: 1 }.encode_to_vec();
        let in_attribute = field(5, &field(5, &tensor));
        let places = [
            ("initializer", field(7, &field(5, &tensor))),
            ("sparse initializer", field(7, &field(15, &field(1, &tensor)))),
            ("constant node", field(7, &field(1, &in_attribute))),
            ("subgraph", field(7, &field(1, &field(5, &field(6, &field(5, &tensor)))))),
            ("function", [field(7, &[]), field(25, &field(7, &in_attribute))].concat()),
            ("training", [field(7, &[]), field(20, &field(2, &field(5, &tensor)))].concat()),
        ];
        for (place, bytes) in places {
            let error = check_model(&bytes).expect_err(place);
            assert_eq!(error.kind(), ErrorKind::InvalidModel, "{place}");
            assert!(error.to_string().contains("\"w\" is in another file"), "{place}: {error}");
        }
        let inside = ExternalTensor { name: "w".into(), data_location: 0 }.encode_to_vec();
        check_model(&field(7, &field(5, &inside))).unwrap();
    }

    #[test]
    fn refuses_what_is_no_model() {
        for bytes in [&b""[..], b"hello, this is text", &[0xff; 64]] {
            assert_eq!(check_model(bytes).unwrap_err().kind(), ErrorKind::InvalidModel);
        }
    }
}
