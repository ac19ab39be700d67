//! The parts of the ONNX file format that preparation reads and writes.
//!
//! Field numbers are those of `onnx.proto` (ONNX 1.16, IR version 10). Fields that inference does
//! not need, such as documentation strings, are left out, so preparation drops them.

use prost::Message;

use crate::{Error, ErrorKind, Result, Stage};

/// `TensorProto.DataType`: the element types that preparation knows.
pub(crate) mod element {
    pub(crate) const FLOAT: i32 = 1;
    pub(crate) const UINT8: i32 = 2;
    pub(crate) const INT8: i32 = 3;
    pub(crate) const INT64: i32 = 7;
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Model {
    #[prost(int64, tag = "1")]
    pub(crate) ir_version: i64,
    #[prost(string, tag = "2")]
    pub(crate) producer_name: String,
    #[prost(message, optional, tag = "7")]
    pub(crate) graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub(crate) opset_import: Vec<OperatorSet>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct OperatorSet {
    #[prost(string, tag = "1")]
    pub(crate) domain: String,
    #[prost(int64, tag = "2")]
    pub(crate) version: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub(crate) node: Vec<Node>,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "5")]
    pub(crate) initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub(crate) input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub(crate) output: Vec<ValueInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub(crate) input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) output: Vec<String>,
    #[prost(string, tag = "3")]
    pub(crate) name: String,
    #[prost(string, tag = "4")]
    pub(crate) op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub(crate) attribute: Vec<Attribute>,
    #[prost(string, tag = "7")]
    pub(crate) domain: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Attribute {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(float, optional, tag = "2")]
    pub(crate) f: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    pub(crate) i: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(crate) s: Option<Vec<u8>>,
    #[prost(message, optional, tag = "5")]
    pub(crate) t: Option<Tensor>,
    #[prost(float, repeated, tag = "7")]
    pub(crate) floats: Vec<f32>,
    #[prost(int64, repeated, tag = "8")]
    pub(crate) ints: Vec<i64>,
    #[prost(int32, tag = "20")]
    pub(crate) kind: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    pub(crate) dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub(crate) data_type: i32,
    #[prost(float, repeated, tag = "4")]
    pub(crate) float_data: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub(crate) int32_data: Vec<i32>,
    #[prost(int64, repeated, tag = "7")]
    pub(crate) int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub(crate) name: String,
    #[prost(bytes = "vec", optional, tag = "9")]
    pub(crate) raw_data: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ValueInfo {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) r#type: Option<Type>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Type {
    #[prost(message, optional, tag = "1")]
    pub(crate) tensor_type: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorType {
    #[prost(int32, tag = "1")]
    pub(crate) elem_type: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) shape: Option<Shape>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Shape {
    #[prost(message, repeated, tag = "1")]
    pub(crate) dim: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Dimension {
    #[prost(oneof = "Extent", tags = "1, 2")]
    pub(crate) extent: Option<Extent>,
}

/// The size of a dimension: a number, or a name for one that is known only at run time.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Extent {
    #[prost(int64, tag = "1")]
    Value(i64),
    #[prost(string, tag = "2")]
    Name(String),
}

/// `AttributeProto.AttributeType` of an integer and of a list of integers.
const ATTRIBUTE_INT: i32 = 2;
const ATTRIBUTE_INTS: i32 = 7;

impl Node {
    /// A node of the default operator set, named after its first output.
    pub(crate) fn new(op_type: &str, input: Vec<String>, output: Vec<String>) -> Self {
        let name = output.first().cloned().unwrap_or_default();
        let op_type = op_type.to_owned();
        Node { input, output, name, op_type, attribute: Vec::new(), domain: String::new() }
    }

    pub(crate) fn with_int(mut self, name: &str, value: i64) -> Self {
        let name = name.to_owned();
        let i = Some(value);
        self.attribute.push(Attribute { name, i, kind: ATTRIBUTE_INT, ..Default::default() });
        self
    }

    pub(crate) fn with_ints(mut self, name: &str, ints: &[i64]) -> Self {
        let (name, ints) = (name.to_owned(), ints.to_vec());
        self.attribute.push(Attribute { name, ints, kind: ATTRIBUTE_INTS, ..Default::default() });
        self
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attribute.iter().find(|attribute| attribute.name == name)
    }

    /// The integer attribute of this name, or its default.
    pub(crate) fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).and_then(|attribute| attribute.i).unwrap_or(default)
    }

    /// The float attribute of this name, or its default.
    pub(crate) fn float(&self, name: &str, default: f32) -> f32 {
        self.attribute(name).and_then(|attribute| attribute.f).unwrap_or(default)
    }

    /// The input of this number, or an empty name, which in ONNX stands for an input left out.
    pub(crate) fn input(&self, index: usize) -> &str {
        self.input.get(index).map_or("", String::as_str)
    }

    /// The output of this number, or an empty name.
    pub(crate) fn output(&self, index: usize) -> &str {
        self.output.get(index).map_or("", String::as_str)
    }
}

impl Tensor {
    /// A tensor of 32-bit floats.
    pub(crate) fn of_floats(name: &str, dims: &[i64], values: &[f32]) -> Self {
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Tensor::raw(name, dims, element::FLOAT, raw)
    }

    /// A list of 64-bit integers.
    pub(crate) fn of_ints(name: &str, values: &[i64]) -> Self {
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Tensor::raw(name, &[values.len() as i64], element::INT64, raw)
    }

    fn raw(name: &str, dims: &[i64], data_type: i32, raw: Vec<u8>) -> Self {
        let (name, dims, raw_data) = (name.to_owned(), dims.to_vec(), Some(raw));
        Tensor { name, dims, data_type, raw_data, ..Default::default() }
    }

    /// How many elements the dimensions promise.
    pub(crate) fn len(&self) -> Result<usize> {
        let length = self.dims.iter().try_fold(1_usize, |length, &dim| {
            usize::try_from(dim).ok().and_then(|dim| length.checked_mul(dim))
        });
        length.ok_or_else(|| self.invalid("has impossible dimensions"))
    }

    /// The values of a tensor of 32-bit floats, in row-major order.
    pub(crate) fn floats(&self) -> Result<Vec<f32>> {
        if self.data_type != element::FLOAT {
            return Err(self.invalid("is not of 32-bit floats"));
        }
        match &self.raw_data {
            Some(raw) => self.exactly(raw.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b))),
            None => self.exactly(self.float_data.iter().copied()),
        }
    }

    /// The values of a tensor of 64-bit integers, in row-major order.
    pub(crate) fn ints(&self) -> Result<Vec<i64>> {
        if self.data_type != element::INT64 {
            return Err(self.invalid("is not of 64-bit integers"));
        }
        match &self.raw_data {
            Some(raw) => self.exactly(raw.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b))),
            None => self.exactly(self.int64_data.iter().copied()),
        }
    }

    /// The values of a tensor of 8-bit integers, with or without sign, in row-major order.
    pub(crate) fn bytes(&self) -> Result<Vec<i32>> {
        match (self.data_type, &self.raw_data) {
            (element::INT8, Some(raw)) => self.exactly(raw.iter().map(|b| i32::from(*b as i8))),
            (element::UINT8, Some(raw)) => self.exactly(raw.iter().map(|b| i32::from(*b))),
            (element::INT8 | element::UINT8, None) => self.exactly(self.int32_data.iter().copied()),
            _ => Err(self.invalid("is not of 8-bit integers")),
        }
    }

    fn exactly<T>(&self, values: impl Iterator<Item = T>) -> Result<Vec<T>> {
        let values: Vec<T> = values.collect();
        if values.len() == self.len()? {
            Ok(values)
        } else {
            Err(self.invalid("does not have the number of values that its dimensions give"))
        }
    }

    fn invalid(&self, what: &str) -> Error {
        invalid(format!("the tensor {:?} {what}", self.name))
    }
}

/// A model that cannot be used or prepared.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidModel, Stage::Setup, message)
}

/// The file as preparation sees it; only for files that passed `check_model`.
pub(crate) fn parse(bytes: &[u8]) -> Result<Model> {
    Model::decode(bytes).map_err(|cause| invalid("this is not an ONNX file").caused_by(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_must_have_as_many_values_as_it_says() {
        let mut tensor = Tensor::of_floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(tensor.floats().unwrap(), [1.0, 2.0, 3.0, 4.0]);
        tensor.dims = vec![2, 3];
        assert!(tensor.floats().is_err());
        for dims in [vec![-1], vec![i64::MAX, i64::MAX]] {
            tensor.dims = dims;
            assert!(tensor.floats().is_err());
        }
        assert!(tensor.ints().is_err() && tensor.bytes().is_err());
    }
}
