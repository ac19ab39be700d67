//! YuNet's heads: from output tensors to candidate faces.
//!
//! Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023; the decoding is that of
//! OpenCV's FaceDetectorYN, and is tested to agree with it (docs/PARITY.md).

use ndarray::ArrayViewD;

use super::detection::Detection;
use crate::geometry::{BoundingBox, Landmarks5, Point};
use crate::model::Outputs;
use crate::{Error, ErrorKind, Result, Stage};

/// Pixels of the input between neighbouring cells of each head.
const STRIDES: [usize; 3] = [8, 16, 32];

/// Candidate faces with a score of at least `min_score`, in pixels of the network's input, listed
/// from the finest stride to the coarsest and row by row.
///
/// For the cell in row r and column c of stride s, with outputs `cls`, `obj`, `bbox[4]`, `kps[10]`:
///
/// ```text
/// score  = √(clamp(cls, 0, 1) · clamp(obj, 0, 1))
/// centre = ((c + bbox₀)·s, (r + bbox₁)·s)      size = (e^bbox₂·s, e^bbox₃·s)
/// point n = ((c + kps₂ₙ)·s, (r + kps₂ₙ₊₁)·s)
/// ```
pub(super) fn decode(
    outputs: &Outputs,
    (width, height): (usize, usize),
    min_score: f32,
) -> Result<Vec<Detection>> {
    let mut candidates = Vec::new();
    for stride in STRIDES {
        let (rows, columns) = (height / stride, width / stride);
        let head = |name: &str, length: usize| {
            let name = format!("{name}_{stride}");
            let tensor = outputs.get(&name)?;
            check_shape(&name, &tensor, rows * columns, length)?;
            Ok::<_, Error>(tensor)
        };
        let (cls, obj) = (head("cls", 1)?, head("obj", 1)?);
        let (boxes, points) = (head("bbox", 4)?, head("kps", 10)?);
        let s = stride as f32;
        for cell in 0..rows * columns {
            let unit = |tensor: &ArrayViewD<'_, f32>| tensor[[0, cell, 0]].clamp(0.0, 1.0);
            let score = (unit(&cls) * unit(&obj)).sqrt();
            if score.is_nan() || score < min_score {
                continue;
            }
            let (row, column) = ((cell / columns) as f32, (cell % columns) as f32);
            let (centre_x, centre_y) =
                ((column + boxes[[0, cell, 0]]) * s, (row + boxes[[0, cell, 1]]) * s);
            let (w, h) = (boxes[[0, cell, 2]].exp() * s, boxes[[0, cell, 3]].exp() * s);
            let landmarks = std::array::from_fn(|n| {
                Point::new(
                    (column + points[[0, cell, 2 * n]]) * s,
                    (row + points[[0, cell, 2 * n + 1]]) * s,
                )
            });
            candidates.push(Detection {
                bounding_box: BoundingBox::from_xywh(centre_x - w / 2.0, centre_y - h / 2.0, w, h),
                landmarks: Landmarks5(landmarks),
                score,
            });
        }
    }
    Ok(candidates)
}

fn check_shape(
    name: &str,
    tensor: &ArrayViewD<'_, f32>,
    cells: usize,
    length: usize,
) -> Result<()> {
    if tensor.shape() == [1, cells, length] {
        return Ok(());
    }
    let message =
        format!("output {name} has shape {:?}, not [1, {cells}, {length}]", tensor.shape());
    Err(Error::new(ErrorKind::InvalidModel, Stage::Detect, message)
        .next("set the manifest's detector to a model with YuNet's heads"))
}
