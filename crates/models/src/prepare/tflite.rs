//! From a TFLite network to the same network in ONNX.
//!
//! TFLite stores images as N×H×W×C, ONNX as N×C×H×W. Weights are transposed here, once; the input
//! is then given plane by plane, and so are the outputs, which makes no difference where they have
//! one row and one column. `SAME` padding becomes numbers: where it is odd, TFLite puts the larger
//! part below and to the right.

use std::collections::BTreeSet;

use crate::Result;
use crate::onnx_file::{
    self, Dimension, Extent, Model, Node, OperatorSet, Shape, Tensor, Type, ValueInfo, element,
    invalid,
};
use crate::tflite_file::{self, Activation, Kind, Network, Operator, Window};

/// The format version and operator set to write: the newest whose operators all stay in the
/// runtime's blocked layout (docs/MODELS.md).
const IR_VERSION: i64 = 8;
const OPSET: i64 = 13;

/// Batch, rows, columns and channels of an image.
#[derive(Clone, Copy, PartialEq)]
struct Image {
    rows: usize,
    columns: usize,
    channels: usize,
}

/// The network under conversion.
struct Converter<'a> {
    source: &'a Network<'a>,
    graph: onnx_file::Graph,
    /// Which tensors have been produced so far.
    made: Vec<bool>,
    /// How many weights may still be written: a file has no more of them than it has bytes.
    budget: usize,
}

/// Converts a TFLite file.
///
/// # Errors
/// [`crate::ErrorKind::InvalidModel`] if the bytes are not a TFLite file, or contain an operator or
/// a form of one that is not supported.
pub(super) fn convert(file: &[u8]) -> Result<Model> {
    let source = tflite_file::read(file)?;
    let mut names = BTreeSet::new();
    if !source.tensors.iter().all(|t| !t.name.is_empty() && names.insert(t.name)) {
        return Err(invalid("two tensors have the same name, or one has none"));
    }
    let graph = onnx_file::Graph { name: "from_tflite".to_owned(), ..Default::default() };
    let made = vec![false; source.tensors.len()];
    let mut converter = Converter { source: &source, graph, made, budget: file.len() };
    for &input in &source.inputs {
        let info = converter.value_info(input)?;
        converter.graph.input.push(info);
        converter.made[input] = true;
    }
    for operator in &source.operators {
        converter.convert(operator)?;
    }
    for &output in &source.outputs {
        converter.image(output)?;
        let info = converter.value_info(output)?;
        converter.graph.output.push(info);
    }
    Ok(Model {
        ir_version: IR_VERSION,
        producer_name: "evenmatch".to_owned(),
        graph: Some(converter.graph),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
    })
}

impl Converter<'_> {
    fn convert(&mut self, operator: &Operator) -> Result<()> {
        let output = operator.output;
        let input = self.image(input(operator, 0)?)?;
        let made = self.shape(output)?;
        let expected = match operator.kind {
            Kind::Add(activation) => {
                let (a, b) = (self::input(operator, 0)?, self::input(operator, 1)?);
                if self.image(b)? != input {
                    return Err(self.unfit(output, "adds images of different sizes"));
                }
                let terms = vec![self.name(a), self.name(b)];
                self.push("Add", terms, output, activation, |node| node);
                input
            }
            Kind::Conv(window, activation) => {
                self.convolution(operator, input, made, window, activation, false)?
            }
            Kind::DepthwiseConv(window, activation) => {
                self.convolution(operator, input, made, window, activation, true)?
            }
            Kind::MaxPool(window, size, activation) => {
                let (rows, columns, attributes) = placed(window, size, input);
                let terms = vec![self.name(self::input(operator, 0)?)];
                self.push("MaxPool", terms, output, activation, attributes);
                Image { rows, columns, ..input }
            }
            Kind::Pad => self.pad(operator, input)?,
            Kind::Prelu => {
                let slope = self::input(operator, 1)?;
                let values = self.constant(slope)?;
                if values.len() != input.channels {
                    return Err(self.unfit(output, "needs one slope per channel"));
                }
                self.set(slope, &[values.len(), 1, 1], &values);
                let terms = vec![self.name(self::input(operator, 0)?), self.name(slope)];
                self.push("PRelu", terms, output, Activation::None, |node| node);
                input
            }
        };
        if expected != made || self.made[output] || self.source.tensors[output].is_constant() {
            return Err(self.unfit(output, "does not have the size that its operator gives"));
        }
        self.made[output] = true;
        Ok(())
    }

    fn convolution(
        &mut self,
        operator: &Operator,
        input: Image,
        made: Image,
        window: Window,
        activation: Activation,
        depthwise: bool,
    ) -> Result<Image> {
        let weights = self::input(operator, 1)?;
        let shape = self.source.tensors[weights].shape.clone();
        let &[first, height, width, last] = shape.as_slice() else {
            return Err(self.unfit(operator.output, "has weights of other than four dimensions"));
        };
        // The dimension that the weights share with the image: its channels.
        let (outputs, inputs, fits) = match depthwise {
            true => (last, 1, first == 1 && last.is_multiple_of(input.channels)),
            false => (first, last, last == input.channels),
        };
        if !fits || outputs != made.channels {
            return Err(self.unfit(operator.output, "has weights that do not fit its input"));
        }
        let values = self.constant(weights)?;
        let at = |o: usize, y: usize, x: usize, i: usize| match depthwise {
            true => (y * width + x) * outputs + o,
            false => ((o * height + y) * width + x) * inputs + i,
        };
        let mut transposed = Vec::with_capacity(values.len());
        for o in 0..outputs {
            for i in 0..inputs {
                for y in 0..height {
                    transposed.extend((0..width).map(|x| values[at(o, y, x, i)]));
                }
            }
        }
        self.set(weights, &[outputs, inputs, height, width], &transposed);
        let mut terms = vec![self.name(self::input(operator, 0)?), self.name(weights)];
        if let Some(&Some(bias)) = operator.inputs.get(2) {
            let values = self.constant(bias)?;
            if values.len() != outputs {
                return Err(self.unfit(operator.output, "needs one bias per channel"));
            }
            self.set(bias, &[outputs], &values);
            terms.push(self.name(bias));
        }
        let (rows, columns, attributes) = placed(window, [height, width], input);
        let dilations = window.dilations.map(|d| d as i64);
        let groups = if depthwise { input.channels as i64 } else { 1 };
        self.push("Conv", terms, operator.output, activation, |node| {
            attributes(node).with_ints("dilations", &dilations).with_int("group", groups)
        });
        Ok(Image { rows, columns, channels: outputs })
    }

    fn pad(&mut self, operator: &Operator, input: Image) -> Result<Image> {
        let amounts = self.source.tensors[self::input(operator, 1)?].ints()?;
        let amounts: Option<Vec<usize>> =
            amounts.into_iter().map(|n| usize::try_from(n).ok().filter(|n| *n <= 4096)).collect();
        let Some(&[0, 0, top, bottom, left, right, before, after]) = amounts.as_deref() else {
            return Err(self.unfit(operator.output, "pads by impossible amounts"));
        };
        let name = format!("{}/pads", self.source.tensors[operator.output].name);
        let pads = [0, before, top, left, 0, after, bottom, right].map(|n| n as i64);
        self.graph.initializer.push(Tensor::of_ints(&name, &pads));
        let terms = vec![self.name(self::input(operator, 0)?), name];
        self.push("Pad", terms, operator.output, Activation::None, |node| node);
        Ok(Image {
            rows: input.rows + top + bottom,
            columns: input.columns + left + right,
            channels: input.channels + before + after,
        })
    }

    /// Adds a node that produces a tensor, and one for its activation.
    fn push(
        &mut self,
        op_type: &str,
        terms: Vec<String>,
        output: usize,
        activation: Activation,
        attributes: impl Fn(Node) -> Node,
    ) {
        let name = self.name(output);
        match activation {
            Activation::None => {
                self.graph.node.push(attributes(Node::new(op_type, terms, vec![name])));
            }
            Activation::Relu => {
                let linear = format!("{name}/linear");
                let node = Node::new(op_type, terms, vec![linear.clone()]);
                self.graph.node.push(attributes(node));
                self.graph.node.push(Node::new("Relu", vec![linear], vec![name]));
            }
        }
    }

    /// The size of an image that was already produced.
    fn image(&self, tensor: usize) -> Result<Image> {
        if !self.made[tensor] {
            return Err(self.unfit(tensor, "is used before it is made"));
        }
        self.shape(tensor)
    }

    fn shape(&self, tensor: usize) -> Result<Image> {
        let found = &self.source.tensors[tensor];
        match *found.shape.as_slice() {
            [1, rows, columns, channels] if found.is_float() => {
                Ok(Image { rows, columns, channels })
            }
            _ => Err(self.unfit(tensor, "is not one image of 32-bit floats")),
        }
    }

    /// The values of a constant, taken from the budget.
    fn constant(&mut self, tensor: usize) -> Result<Vec<f32>> {
        let found = &self.source.tensors[tensor];
        let left = self.budget.checked_sub(found.shape.iter().product::<usize>());
        self.budget =
            left.ok_or_else(|| self.unfit(tensor, "is larger than the file can contain"))?;
        found.floats()
    }

    fn set(&mut self, tensor: usize, dims: &[usize], values: &[f32]) {
        let dims: Vec<i64> = dims.iter().map(|side| *side as i64).collect();
        self.graph.initializer.push(Tensor::of_floats(&self.name(tensor), &dims, values));
    }

    fn value_info(&self, tensor: usize) -> Result<ValueInfo> {
        let Image { rows, columns, channels } = self.shape(tensor)?;
        let dim = |side: usize| Dimension { extent: Some(Extent::Value(side as i64)) };
        let shape = Shape { dim: [1, channels, rows, columns].map(dim).to_vec() };
        let of = onnx_file::TensorType { elem_type: element::FLOAT, shape: Some(shape) };
        let r#type = Some(Type { tensor_type: Some(of) });
        Ok(ValueInfo { name: self.name(tensor), r#type })
    }

    fn name(&self, tensor: usize) -> String {
        self.source.tensors[tensor].name.to_owned()
    }

    fn unfit(&self, tensor: usize, what: &str) -> crate::Error {
        invalid(format!("the tensor {:?} {what}", self.source.tensors[tensor].name))
    }
}

/// An input that an operator must have.
fn input(operator: &Operator, number: usize) -> Result<usize> {
    let input = operator.inputs.get(number).copied().flatten();
    input.ok_or_else(|| invalid(format!("{:?} has no input", operator.kind)))
}

/// The rows and columns of the result when a window of this height and width moves over an image,
/// and the attributes that say so.
fn placed(window: Window, size: [usize; 2], image: Image) -> (usize, usize, impl Fn(Node) -> Node) {
    let axis = |axis: usize, side: usize| {
        let (stride, reach) = (window.strides[axis], (size[axis] - 1) * window.dilations[axis] + 1);
        if !window.same {
            return (((side + 1).saturating_sub(reach)).div_ceil(stride), 0, 0);
        }
        let steps = side.div_ceil(stride);
        let padding = ((steps - 1) * stride + reach).saturating_sub(side);
        (steps, padding / 2, padding - padding / 2)
    };
    let (rows, top, bottom) = axis(0, image.rows);
    let (columns, left, right) = axis(1, image.columns);
    let pads = [top, left, bottom, right].map(|n| n as i64);
    let (size, strides) = (size.map(|n| n as i64), window.strides.map(|n| n as i64));
    let attributes = move |node: Node| {
        node.with_ints("kernel_shape", &size)
            .with_ints("strides", &strides)
            .with_ints("pads", &pads)
    };
    (rows, columns, attributes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::prepare::prepare;
    use evenmatch::model::{Preparation, check_model};

    /// What a FlatBuffer contains.
    enum Value {
        Byte(u8),
        Int(i32),
        Bytes(Vec<u8>),
        Ints(Vec<i32>),
        Table(Vec<Option<Value>>),
        Tables(Vec<Value>),
    }
    use Value::{Byte, Bytes, Int, Ints, Table, Tables};

    /// Writes a value and what it points at after it; returns where it starts.
    fn write(file: &mut Vec<u8>, value: &Value) -> usize {
        let words = |file: &mut Vec<u8>, words: &[i32]| {
            words.iter().for_each(|word| file.extend(word.to_le_bytes()));
        };
        let at = file.len();
        match value {
            Byte(_) | Int(_) => unreachable!("numbers lie in their table"),
            Bytes(bytes) => {
                words(file, &[bytes.len() as i32]);
                file.extend(bytes);
            }
            Ints(ints) => {
                words(file, &[ints.len() as i32]);
                words(file, ints);
            }
            Tables(tables) => {
                words(file, &[tables.len() as i32]);
                words(file, &vec![0; tables.len()]);
                for (n, table) in tables.iter().enumerate() {
                    point(file, at + 4 + 4 * n, table);
                }
            }
            Table(fields) => {
                let header = 4 + 2 * fields.len();
                let ends = [header as u16, 4 + 4 * fields.len() as u16];
                ends.iter().for_each(|end| file.extend(end.to_le_bytes()));
                for (n, field) in fields.iter().enumerate() {
                    let place = if field.is_some() { 4 + 4 * n as u16 } else { 0 };
                    file.extend(place.to_le_bytes());
                }
                let table = file.len();
                words(file, &[header as i32]);
                words(file, &vec![0; fields.len()]);
                for (n, field) in fields.iter().enumerate() {
                    let place = table + 4 + 4 * n;
                    match field {
                        None => {}
                        Some(Byte(byte)) => file[place] = *byte,
                        Some(Int(int)) => {
                            file[place..place + 4].copy_from_slice(&int.to_le_bytes());
                        }
                        Some(child) => point(file, place, child),
                    }
                }
                return table;
            }
        }
        at
    }

    /// Writes a value at the end, and the offset to it at `place`.
    fn point(file: &mut Vec<u8>, place: usize, value: &Value) {
        let way = (write(file, value) - place) as u32;
        file[place..place + 4].copy_from_slice(&way.to_le_bytes());
    }

    /// A network of one operator of this code, on `x`, which is 4×4 pixels of two channels, and
    /// on constants of these shapes that count upwards; it makes an image of this shape.
    fn file(
        code: u8,
        options: &[Option<u8>],
        constants: &[(&[i32], bool)],
        made: [i32; 4],
    ) -> Vec<u8> {
        let tensor = |name: &str, shape: &[i32], element: u8, buffer: i32| {
            Table(vec![
                Some(Ints(shape.to_vec())),
                Some(Byte(element)),
                Some(Int(buffer)),
                Some(Bytes(name.as_bytes().to_vec())),
            ])
        };
        let mut buffers = vec![Table(vec![])];
        let mut tensors = vec![tensor("x", &[1, 4, 4, 2], 0, 0), tensor("y", &made, 0, 0)];
        for (n, (shape, float)) in constants.iter().enumerate() {
            let count = shape.iter().product::<i32>();
            let bytes = |k: i32| match float {
                true => (k as f32).to_le_bytes(),
                // Pads one channel at the end.
                false => i32::from(k == count - 1).to_le_bytes(),
            };
            buffers.push(Table(vec![Some(Bytes((0..count).flat_map(bytes).collect()))]));
            let element = if *float { 0 } else { 2 };
            tensors.push(tensor(&format!("c{n}"), shape, element, n as i32 + 1));
        }
        let mut inputs = vec![0];
        inputs.extend(2..2 + constants.len() as i32);
        if code == 0 {
            inputs.push(0);
        }
        let options = options.iter().map(|value| value.map(|v| Int(v.into()))).collect();
        let operator = Table(vec![
            Some(Int(0)),
            Some(Ints(inputs)),
            Some(Ints(vec![1])),
            Some(Byte(1)),
            Some(Table(options)),
        ]);
        let graph = Table(vec![
            Some(Tables(tensors)),
            Some(Ints(vec![0])),
            Some(Ints(vec![1])),
            Some(Tables(vec![operator])),
        ]);
        let model = Table(vec![
            Some(Int(3)),
            Some(Tables(vec![Table(vec![Some(Byte(code))])])),
            Some(Tables(vec![graph])),
            None,
            Some(Tables(buffers)),
        ]);
        let mut file = b"\0\0\0\0TFL3".to_vec();
        point(&mut file, 0, &model);
        file
    }

    const SAME: Option<u8> = Some(0);
    const VALID: Option<u8> = Some(1);
    const RELU: Option<u8> = Some(1);

    /// One file for each operator, with ONNX's name for it.
    fn files() -> Vec<(&'static str, Vec<u8>)> {
        let two = Some(2);
        vec![
            ("Add", file(0, &[], &[], [1, 4, 4, 2])),
            (
                "Conv",
                file(3, &[SAME, two, two], &[(&[3, 3, 3, 2], true), (&[3], true)], [1, 2, 2, 3]),
            ),
            (
                "Conv",
                file(
                    4,
                    &[VALID, Some(1), Some(1), two, RELU],
                    &[(&[1, 3, 2, 4], true), (&[4], true)],
                    [1, 2, 3, 4],
                ),
            ),
            ("MaxPool", file(17, &[SAME, two, two, two, two], &[], [1, 2, 2, 2])),
            ("Pad", file(34, &[], &[(&[4, 2], false)], [1, 4, 4, 3])),
            ("PRelu", file(54, &[], &[(&[1, 1, 2], true)], [1, 4, 4, 2])),
        ]
    }

    fn graph(file: &[u8]) -> onnx_file::Graph {
        convert(file).unwrap().graph.unwrap()
    }

    #[test]
    fn every_operator_has_its_node() {
        for (name, file) in files() {
            let graph = graph(&file);
            assert_eq!(graph.node[0].op_type, name);
            assert_eq!(graph.node.last().unwrap().output, ["y"]);
            let prepared = prepare(&file, &[Preparation::FromTflite]).unwrap();
            check_model(&prepared).unwrap();
            assert_eq!(prepared, prepare(&file, &[Preparation::FromTflite]).unwrap());
        }
    }

    #[test]
    fn weights_are_transposed_and_padding_is_greater_below_and_right() {
        let files = files();
        let conv = graph(&files[1].1);
        let ints = |node: &Node, name: &str| node.attribute(name).unwrap().ints.clone();
        // Two steps of 2 with a window of 3 cover 5 pixels, one more than there are.
        assert_eq!(ints(&conv.node[0], "pads"), [0, 0, 1, 1]);
        let weights = &conv.initializer[0];
        assert_eq!(weights.dims, [3, 2, 3, 3]);
        // O×H×W×I counts upwards: output 1, input 1, row 2, column 0 is ((1·3 + 2)·3 + 0)·2 + 1.
        assert_eq!(weights.floats().unwrap()[((2 + 1) * 3 + 2) * 3], 31.0);
        let depthwise = graph(&files[2].1);
        let kinds: Vec<&str> = depthwise.node.iter().map(|n| n.op_type.as_str()).collect();
        assert_eq!(kinds, ["Conv", "Relu"]);
        assert_eq!(depthwise.node[0].int("group", 1), 2);
        assert_eq!(ints(&depthwise.node[0], "pads"), [0; 4]);
        let weights = &depthwise.initializer[0];
        assert_eq!(weights.dims, [4, 1, 3, 2]);
        assert_eq!(weights.floats().unwrap()[..3], [0.0, 4.0, 8.0]);
        let pads = graph(&files[4].1).initializer[0].ints().unwrap();
        assert_eq!(pads, [0, 0, 0, 0, 0, 1, 0, 0], "one channel at the end");
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let three = Some(3);
        let cases = [
            ("is not a TFLite file", b"hello, this is text".to_vec()),
            ("is not supported", file(99, &[], &[], [1, 4, 4, 2])),
            (
                "size that its operator gives",
                file(17, &[SAME, three, three, three, three], &[], [1, 4, 4, 2]),
            ),
            ("do not fit", file(3, &[SAME, three, three], &[(&[3, 3, 3, 5], true)], [1, 2, 2, 3])),
            ("one slope per channel", file(54, &[], &[(&[3], true)], [1, 4, 4, 2])),
            ("side or step 0", file(17, &[SAME], &[], [1, 4, 4, 2])),
            (
                "kind of padding",
                file(17, &[Some(7), three, three, three, three], &[], [1, 4, 4, 2]),
            ),
            ("type or length", file(54, &[], &[(&[4, 2], false)], [1, 4, 4, 2])),
        ];
        for (message, file) in cases {
            let error = convert(&file).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::InvalidModel);
            let text = error.to_string();
            assert!(text.contains(message) || text.contains("not a TFLite"), "{message}: {text}");
        }
        let second = [Preparation::Dequantise, Preparation::FromTflite];
        assert!(prepare(&[0x3a, 0x00], &second).unwrap_err().to_string().contains("first step"));
    }

    /// A truncated file is an error; a file with any byte changed is an error or another network,
    /// and never a panic.
    #[test]
    fn no_prefix_and_no_flipped_byte_panics() {
        for (name, file) in files() {
            let needed = (1..=file.len()).find(|&end| convert(&file[..end]).is_ok());
            assert!(needed.is_some_and(|end| end + 16 >= file.len()), "{name}: {needed:?}");
            for at in 0..file.len() {
                for flip in [0x01, 0x04, 0x40, 0x80, 0xff] {
                    let mut spoilt = file.clone();
                    spoilt[at] ^= flip;
                    if let Err(error) = convert(&spoilt) {
                        assert_eq!(error.kind(), ErrorKind::InvalidModel);
                    }
                }
            }
        }
    }
}
