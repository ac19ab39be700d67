//! What every inference engine provides, and the null networks for testing everything around it.

use std::sync::Arc;

use ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};

use super::ModelId;
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// A loaded network, ready to run from any thread.
///
/// The same input gives the same output, bit for bit, whichever thread runs it and however many
/// run at once.
pub trait Network: Send + Sync {
    /// Which model this is.
    fn id(&self) -> &ModelId;

    /// Runs one batch: `input` is N×C×H×W, 32-bit floats, in the layout that the model's
    /// [`InputSpec`](super::InputSpec) states.
    fn run(&self, input: ArrayView4<'_, f32>) -> Result<Outputs>;

    /// Whether a batch is several views of one face, and its output one row: the mean of the
    /// outputs for each view. A network that does not say so gets one view at a time.
    fn merges_views(&self) -> bool {
        false
    }

    /// Waits until the network can run, if it is still being loaded, and returns why if it cannot.
    fn ready(&self) -> Result<()> {
        Ok(())
    }
}

/// The named output tensors of one run.
#[derive(Debug, Clone, Default)]
pub struct Outputs(Vec<(Arc<str>, ArrayD<f32>)>);

impl Outputs {
    /// The output with this name; a model without it does not fit its role.
    pub fn get(&self, name: &str) -> Result<ArrayViewD<'_, f32>> {
        self.0
            .iter()
            .find(|(n, _)| n.as_ref() == name)
            .map(|(_, tensor)| tensor.view())
            .ok_or_else(|| self.unfit(format!("the model has no output named {name}")))
    }

    /// The only output; a model with none or several does not fit its role.
    pub fn single(&self) -> Result<ArrayViewD<'_, f32>> {
        match self.0.as_slice() {
            [(_, tensor)] => Ok(tensor.view()),
            all => Err(self.unfit(format!("the model must have one output, not {}", all.len()))),
        }
    }

    /// The only output with this many values; a model with none or several does not fit its role.
    pub fn of_length(&self, length: usize) -> Result<ArrayViewD<'_, f32>> {
        let mut fitting = self.0.iter().filter(|(_, tensor)| tensor.len() == length);
        match (fitting.next(), fitting.next()) {
            (Some((_, tensor)), None) => Ok(tensor.view()),
            _ => Err(self.unfit(format!("the model must have one output of {length} values"))),
        }
    }

    fn unfit(&self, message: String) -> Error {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_ref()).collect();
        Error::new(ErrorKind::InvalidModel, Stage::Setup, message).next(format!(
            "check the manifest entry; the model's outputs are: {}",
            names.join(", ")
        ))
    }
}

impl FromIterator<(Arc<str>, ArrayD<f32>)> for Outputs {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, ArrayD<f32>)>>(iter: I) -> Self {
        Outputs(iter.into_iter().collect())
    }
}

/// A detector that needs no weights: it "finds a face" wherever something differs from the colour
/// of the upper left pixel.
///
/// It has the outputs of YuNet, so that everything after the network runs as with a real one. It is
/// meant for tests and examples; it knows nothing about faces.
#[derive(Debug, Clone)]
pub struct NullDetector {
    id: ModelId,
}

/// An embedder that needs no weights: the template is the image itself, averaged over a grid.
///
/// Equal crops give equal templates and different images different ones, which is what tests of
/// comparing and deciding need. It knows nothing about faces.
#[derive(Debug, Clone)]
pub struct NullEmbedder {
    id: ModelId,
}

fn null_id(name: &str) -> ModelId {
    ModelId { id: name.into(), sha256: Digest::of(name.as_bytes()) }
}

impl NullDetector {
    /// The cell size of the coarsest head, on which components are found.
    const STRIDE: usize = 32;

    /// The null detector.
    pub fn new() -> Self {
        NullDetector { id: null_id("null-detector") }
    }

    /// Rectangles, in cells, around 4-connected components of cells that differ.
    fn components(input: ArrayView4<'_, f32>) -> Vec<[usize; 4]> {
        let (rows, columns) = (input.shape()[2] / Self::STRIDE, input.shape()[3] / Self::STRIDE);
        let stands_out = |row: usize, column: usize| {
            let (y, x) = (row * Self::STRIDE + 16, column * Self::STRIDE + 16);
            // Padding is black on every channel and is never a face.
            let padding = (0..3).all(|c| input[[0, c, y, x]] == 0.0);
            let differs = |c: usize| (input[[0, c, y, x]] - input[[0, c, 0, 0]]).abs() > 24.0;
            !padding && (0..3).any(differs)
        };
        let mut seen = vec![false; rows * columns];
        let mut found = Vec::new();
        for start in 0..rows * columns {
            let mut todo = vec![start];
            let mut rectangle: Option<[usize; 4]> = None;
            while let Some(cell) = todo.pop() {
                let (row, column) = (cell / columns, cell % columns);
                if std::mem::replace(&mut seen[cell], true) || !stands_out(row, column) {
                    continue;
                }
                let r = rectangle.get_or_insert([column, row, column, row]);
                *r = [r[0].min(column), r[1].min(row), r[2].max(column), r[3].max(row)];
                todo.extend((column > 0).then(|| cell - 1));
                todo.extend((column + 1 < columns).then_some(cell + 1));
                todo.extend((row > 0).then(|| cell - columns));
                todo.extend((row + 1 < rows).then_some(cell + columns));
            }
            found.extend(rectangle);
        }
        found
    }
}

impl Default for NullDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl Network for NullDetector {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn run(&self, input: ArrayView4<'_, f32>) -> Result<Outputs> {
        let (height, width) = (input.shape()[2], input.shape()[3]);
        let components = Self::components(input);
        let mut outputs = Vec::new();
        for stride in [8, 16, 32] {
            let columns = width / stride;
            let cells = columns * (height / stride);
            let mut head = |name: &str, length: usize| {
                let tensor = ArrayD::<f32>::zeros(IxDyn(&[1, cells, length]));
                outputs.push((Arc::from(format!("{name}_{stride}")), tensor));
                outputs.len() - 1
            };
            let heads = [head("cls", 1), head("obj", 1), head("bbox", 4), head("kps", 10)];
            if stride != Self::STRIDE {
                continue;
            }
            for [left, top, right, bottom] in &components {
                let cell = top * columns + left;
                let (w, h) = ((right - left + 1) as f32, (bottom - top + 1) as f32);
                let mut set = |head: usize, values: &[f32]| {
                    for (i, value) in values.iter().enumerate() {
                        outputs[heads[head]].1[[0, cell, i]] = *value;
                    }
                };
                set(0, &[0.95]);
                set(1, &[0.95]);
                set(2, &[w / 2.0, h / 2.0, w.ln(), h.ln()]);
                // Eyes, nose and mouth where an upright frontal face of this box would have them.
                let face = [(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)];
                let points: Vec<f32> = face.iter().flat_map(|(x, y)| [x * w, y * h]).collect();
                set(3, &points);
            }
        }
        Ok(outputs.into_iter().collect())
    }
}

impl NullEmbedder {
    /// Rows and columns of the grid over which each colour is averaged.
    const GRID: usize = 8;

    /// The null embedder.
    pub fn new() -> Self {
        NullEmbedder { id: null_id("null-embedder") }
    }
}

impl Default for NullEmbedder {
    fn default() -> Self {
        Self::new()
    }
}

impl Network for NullEmbedder {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn merges_views(&self) -> bool {
        true
    }

    fn run(&self, input: ArrayView4<'_, f32>) -> Result<Outputs> {
        let (height, width) = (input.shape()[2], input.shape()[3]);
        let (h, w) = (height / Self::GRID, width / Self::GRID);
        let mut features = Vec::with_capacity(3 * Self::GRID * Self::GRID);
        for channel in 0..3 {
            for row in 0..Self::GRID {
                for column in 0..Self::GRID {
                    let block = input.slice(ndarray::s![
                        ..,
                        channel,
                        row * h..(row + 1) * h,
                        column * w..(column + 1) * w
                    ]);
                    // Centred on mid-grey, so that different images can have negative cosines.
                    features.push(block.mean().unwrap_or(0.0) - 127.5);
                }
            }
        }
        let length = features.len();
        let tensor = ArrayD::from_shape_vec(IxDyn(&[1, length]), features).map_err(|cause| {
            Error::new(ErrorKind::Runtime, Stage::Template, "the null embedder's grid is uneven")
                .caused_by(cause)
        })?;
        Ok([(Arc::from("features"), tensor)].into_iter().collect())
    }
}
