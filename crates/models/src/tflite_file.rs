//! The parts of the TFLite file format that preparation reads.
//!
//! Field numbers, operator codes and defaults are those of TensorFlow Lite's `schema.fbs`, version
//! 3. A network is one subgraph; its tensors are in NHWC order.

use super::flatbuffer::Table;
use crate::Result;
use crate::onnx_file::invalid;

/// The most tensors, operators or buffers; no supported network has more. With the limits on names
/// and dimensions, this bounds the memory that a malicious file can claim.
const MOST: usize = 4096;
const MOST_DIMENSIONS: usize = 4;
const LONGEST_NAME: usize = 256;
/// The largest extent of a tensor.
const LARGEST: usize = 1 << 16;

/// A network as its file describes it.
pub(crate) struct Network<'a> {
    pub(crate) tensors: Vec<Tensor<'a>>,
    pub(crate) operators: Vec<Operator>,
    /// Numbers of tensors.
    pub(crate) inputs: Vec<usize>,
    /// Numbers of tensors.
    pub(crate) outputs: Vec<usize>,
}

/// One tensor; a constant has data.
pub(crate) struct Tensor<'a> {
    pub(crate) name: &'a str,
    pub(crate) shape: Vec<usize>,
    element: u8,
    data: &'a [u8],
}

/// One operator, with the numbers of the tensors that it reads and of the one that it produces.
pub(crate) struct Operator {
    pub(crate) kind: Kind,
    /// `None` for an omitted input.
    pub(crate) inputs: Vec<Option<usize>>,
    pub(crate) output: usize,
}

/// What an operator computes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Add(Activation),
    /// Weights O×H×W×I.
    Conv(Window, Activation),
    /// Weights 1×H×W×O.
    DepthwiseConv(Window, Activation),
    /// With the height and width of its window.
    MaxPool(Window, [usize; 2], Activation),
    /// With zeros; the second input gives how many before and after, by dimension.
    Pad,
    Prelu,
}

/// How a window moves over an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    /// Whether the image is padded so that only the stride makes it smaller.
    pub(crate) same: bool,
    /// Steps downwards and to the right.
    pub(crate) strides: [usize; 2],
    /// Distances between the window's samples, downwards and to the right.
    pub(crate) dilations: [usize; 2],
}

/// What an operator applies to its result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Activation {
    None,
    Relu,
}

/// `TensorType`: the two supported element types.
const FLOAT32: u8 = 0;
const INT32: u8 = 2;

impl<'a> Tensor<'a> {
    pub(crate) fn is_constant(&self) -> bool {
        !self.data.is_empty()
    }

    pub(crate) fn is_float(&self) -> bool {
        self.element == FLOAT32
    }

    /// The values of a constant, in the order of its dimensions.
    pub(crate) fn floats(&self) -> Result<Vec<f32>> {
        Ok(self.words(FLOAT32)?.iter().map(|word| f32::from_le_bytes(*word)).collect())
    }

    /// The values of a constant, in the order of its dimensions.
    pub(crate) fn ints(&self) -> Result<Vec<i32>> {
        Ok(self.words(INT32)?.iter().map(|word| i32::from_le_bytes(*word)).collect())
    }

    fn words(&self, element: u8) -> Result<&'a [[u8; 4]]> {
        let count = self.shape.iter().try_fold(1_usize, |n, side| n.checked_mul(*side));
        let (words, rest) = self.data.as_chunks();
        if self.element == element && rest.is_empty() && Some(words.len()) == count {
            return Ok(words);
        }
        Err(invalid(format!("the constant {:?} has the wrong type or length", self.name)))
    }
}

/// Reads a TFLite file of one subgraph.
pub(crate) fn read(file: &[u8]) -> Result<Network<'_>> {
    if file.get(4..8) != Some(b"TFL3") {
        return Err(invalid("this is not a TFLite file"));
    }
    let model = Table::root(file)?;
    let codes = model.tables(1, MOST)?.iter().map(code).collect::<Result<Vec<i32>>>()?;
    let buffers = model.tables(4, MOST)?;
    let [graph] = model.tables(2, MOST)?[..] else {
        return Err(invalid("the file must contain one network"));
    };
    let tensors = graph.tables(0, MOST)?;
    let tensors = tensors.iter().map(|tensor| read_tensor(tensor, &buffers));
    let tensors = tensors.collect::<Result<Vec<_>>>()?;
    let known = |number: i32| {
        let number = usize::try_from(number).ok().filter(|number| *number < tensors.len());
        number.ok_or_else(|| invalid("the file names a tensor that it does not have"))
    };
    let ends = |field| graph.ints(field, MOST)?.into_iter().map(known).collect::<Result<_>>();
    let operator = |table: &Table<'_>| {
        let code = codes.get(table.index(0)?).ok_or_else(|| invalid("an operator has no kind"))?;
        let optional = |number: i32| if number == -1 { Ok(None) } else { known(number).map(Some) };
        let inputs = table.ints(1, MOST)?.into_iter().map(optional).collect::<Result<_>>()?;
        let [output] = table.ints(2, MOST)?[..] else {
            return Err(invalid("an operator must have one result"));
        };
        Ok(Operator { kind: kind(*code, table.table(4)?)?, inputs, output: known(output)? })
    };
    let operators = graph.tables(3, MOST)?.iter().map(operator).collect::<Result<_>>()?;
    let (inputs, outputs) = (ends(1)?, ends(2)?);
    Ok(Network { tensors, operators, inputs, outputs })
}

/// An operator's code; old files store it in one byte, new ones in four.
fn code(table: &Table<'_>) -> Result<i32> {
    Ok(table.int(3, 0)?.max(i32::from(table.byte(0, 0)?)))
}

fn read_tensor<'a>(table: &Table<'a>, buffers: &[Table<'a>]) -> Result<Tensor<'a>> {
    let side = |side: i32| usize::try_from(side).ok().filter(|side| (1..=LARGEST).contains(side));
    let shape: Option<Vec<usize>> = table.ints(0, MOST_DIMENSIONS)?.into_iter().map(side).collect();
    let name = table.text(3)?;
    let (Some(shape), true) = (shape, name.len() <= LONGEST_NAME) else {
        return Err(invalid("a tensor has impossible dimensions, or too long a name"));
    };
    let buffer = buffers.get(table.index(2)?);
    let buffer = buffer.ok_or_else(|| invalid("a tensor has no buffer"))?;
    Ok(Tensor { name, shape, element: table.byte(1, FLOAT32)?, data: buffer.bytes(0)? })
}

fn kind(code: i32, options: Option<Table<'_>>) -> Result<Kind> {
    let due = || options.ok_or_else(|| invalid(format!("operator {code} has no options")));
    Ok(match code {
        0 => Kind::Add(options.map_or(Ok(Activation::None), |o| activation(&o, 0))?),
        3 => Kind::Conv(window(&due()?, [4, 5])?, activation(&due()?, 3)?),
        4 => Kind::DepthwiseConv(window(&due()?, [5, 6])?, activation(&due()?, 4)?),
        17 => {
            let options = due()?;
            let size = [small(&options, 4, 0)?, small(&options, 3, 0)?];
            // Pools have no dilation: they have no fields with these numbers.
            Kind::MaxPool(window(&options, [NO_FIELD; 2])?, size, activation(&options, 5)?)
        }
        34 => Kind::Pad,
        54 => Kind::Prelu,
        _ => {
            let known = "only ADD, CONV_2D, DEPTHWISE_CONV_2D, MAX_POOL_2D, PAD and PRELU are";
            return Err(invalid(format!("TFLite's operator {code} is not supported; {known}")));
        }
    })
}

/// A field that no table has.
const NO_FIELD: usize = 1000;

/// A window from its table; `dilations` are the numbers of the fields for width and height.
fn window(options: &Table<'_>, dilations: [usize; 2]) -> Result<Window> {
    let same = match options.byte(0, 0)? {
        0 => true,
        1 => false,
        other => return Err(invalid(format!("{other} is not a kind of padding"))),
    };
    let strides = [small(options, 2, 0)?, small(options, 1, 0)?];
    let dilations = [small(options, dilations[1], 1)?, small(options, dilations[0], 1)?];
    Ok(Window { same, strides, dilations })
}

/// A step or a side of a window: from 1 to 64.
fn small(options: &Table<'_>, field: usize, default: i32) -> Result<usize> {
    let value = options.int(field, default)?;
    let small = usize::try_from(value).ok().filter(|value| (1..=64).contains(value));
    small.ok_or_else(|| invalid(format!("a window cannot have the side or step {value}")))
}

fn activation(options: &Table<'_>, field: usize) -> Result<Activation> {
    match options.byte(field, 0)? {
        0 => Ok(Activation::None),
        1 => Ok(Activation::Relu),
        other => Err(invalid(format!("TFLite's activation {other} is not supported"))),
    }
}
